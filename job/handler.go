package job

import (
	"context"
	"math/rand/v2"
	"time"
)

// Defaults of a Handler.
const (
	DefaultTimeout     = time.Minute
	DefaultMaxAttempts = 20
	DefaultFirst       = 2 * time.Second
	DefaultLongest     = time.Hour
)

// NoLimit as MaxAttempts retries for ever.
const NoLimit = -1

// Handler does the jobs of one kind.
type Handler struct {
	// Do does the job. It may be called again for a job that was done before
	// (the process died before it could say so), and must not mind. An error
	// means one more try, after the back-off or what RetryAfter asks for; one
	// wrapped in Permanent means none. The error's text is kept with the job
	// and logged, so it must hold nothing secret or personal.
	Do func(ctx context.Context, j Job) error
	// Timeout bounds one call, DefaultTimeout by default.
	Timeout time.Duration
	// MaxAttempts is how often a job is tried before it is parked,
	// DefaultMaxAttempts by default, NoLimit for no end. A job that is
	// replayed after it was parked gets as many tries again.
	MaxAttempts int64
	// First and Longest are the pauses after the first failure and at most;
	// each pause is twice the one before, less up to a half at random.
	First, Longest time.Duration
}

func (h Handler) timeout() time.Duration {
	if h.Timeout > 0 {
		return h.Timeout
	}
	return DefaultTimeout
}

func (h Handler) maxAttempts() int64 {
	if h.MaxAttempts == 0 {
		return DefaultMaxAttempts
	}
	return h.MaxAttempts
}

// gaveUp reports whether a failed job goes to the dead letters. Attempt counts
// on over a replay, so every multiple of the limit is an end.
func (h Handler) gaveUp(j Job, err error) bool {
	limit := h.maxAttempts()
	return IsPermanent(err) || (limit > 0 && j.Attempt%limit == 0)
}

// delay gives the pause before the next try.
func (h Handler) delay(j Job, err error, random func() float64) time.Duration {
	if d, ok := AskedDelay(err); ok {
		return d
	}
	first, longest := h.First, h.Longest
	if first <= 0 {
		first = DefaultFirst
	}
	if longest <= 0 {
		longest = max(first, DefaultLongest)
	}
	try := j.Attempt - 1
	if limit := h.maxAttempts(); limit > 0 {
		try %= limit
	}
	d := first
	for ; try > 0 && d < longest; try-- {
		d *= 2
	}
	d = min(d, longest)
	if random == nil {
		random = rand.Float64
	}
	return d - time.Duration(random()*float64(d/2))
}
