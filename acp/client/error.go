package client

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// ErrUnsupported is wrapped by the errors about what an API version cannot
// express.
var ErrUnsupported = errors.New("not possible in this API version")

// maxRetryAfter bounds what a Retry-After header may ask for.
const maxRetryAfter = time.Hour

// Error is a refusal: the flat error of the protocol, as far as the server
// sent one. Type and Code are empty for an answer that is not of the protocol,
// such as a gateway's page.
type Error struct {
	HTTPStatus        int
	Type              string // invalid_request, processing_error, …
	Code              string
	Message           string // one line, shortened
	Param             string // RFC 9535 JSONPath
	SupportedVersions []acp.Version
	RetryAfter        time.Duration // 0 when the server gave none
	RequestID         string
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP %d", e.HTTPStatus)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	b.WriteString(": " + e.Message)
	if e.Param != "" {
		b.WriteString(" (" + e.Param + ")")
	}
	if len(e.SupportedVersions) > 0 {
		b.WriteString(" [supported:")
		for _, v := range e.SupportedVersions {
			b.WriteString(" " + string(v))
		}
		b.WriteString("]")
	}
	return b.String()
}

// Repeatable reports whether the same call with the same Idempotency-Key may
// succeed later: it is still in flight, the server is busy, or it failed.
func (e *Error) Repeatable() bool {
	switch e.HTTPStatus {
	case http.StatusConflict:
		return e.Code == "idempotency_in_flight" || e.Code == "duplicate_request" || e.RetryAfter > 0
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// readError reads a refusal, whatever its body is.
func readError(status int, h http.Header, body []byte, now time.Time) *Error {
	e := &Error{HTTPStatus: status, RetryAfter: retryAfter(h.Get("Retry-After"), now), RequestID: clean(h.Get("Request-Id"))}
	if root, err := parse(body); err == nil {
		e.Type, e.Code, e.Param = root.get("type").line(), root.get("code").line(), root.get("param").line()
		e.Message = root.get("message").line()
		for _, v := range root.get("supported_versions").items() {
			if s := v.line(); s != "" {
				e.SupportedVersions = append(e.SupportedVersions, acp.Version(s))
			}
		}
	}
	switch {
	case e.Message != "":
	case status/100 == 3:
		e.Message = "the server redirects, which is not followed; use the address it points to: " + clean(h.Get("Location"))
	default:
		e.Message = strings.TrimSpace(http.StatusText(status) + ", without an error object of the protocol")
	}
	return e
}

// retryAfter reads seconds or an HTTP date.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if seconds, err := strconv.ParseUint(s, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(s); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
