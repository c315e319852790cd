package job

import (
	"errors"
	"fmt"
	"time"
)

// Permanent wraps the error of a job that no further try can cure: it goes to
// the dead letters at once. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

type permanent struct{ err error }

func (p permanent) Error() string { return p.err.Error() }
func (p permanent) Unwrap() error { return p.err }

// IsPermanent reports whether err or one it wraps came from Permanent.
func IsPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}

// RetryAfter asks for the next try after d instead of the back-off. It is an
// error of its own, and returned as it is it means that nothing failed and the
// job is to run again; wrap it with %w to say what failed.
func RetryAfter(d time.Duration) error { return retryAfter(max(d, 0)) }

type retryAfter time.Duration

func (r retryAfter) Error() string { return fmt.Sprintf("try again in %s", time.Duration(r)) }

// AskedDelay gives the delay that RetryAfter put into err's chain.
func AskedDelay(err error) (d time.Duration, ok bool) {
	var r retryAfter
	if !errors.As(err, &r) {
		return 0, false
	}
	return time.Duration(r), true
}
