package acp

import (
	"errors"
	"net/http"
	"time"
)

// Error types of the flat error object.
const (
	InvalidRequest     = "invalid_request"
	ProcessingError    = "processing_error"
	ServiceUnavailable = "service_unavailable"
	RateLimitExceeded  = "rate_limit_exceeded" // delegate payment only
)

// Error is the flat error of the protocol: what an agent gets when no valid
// session can be returned. It is built where the fault is found and rendered
// in one place a surface.
type Error struct {
	Type              string    `json:"type"`
	Code              string    `json:"code"`
	Message           string    `json:"message"`
	Param             string    `json:"param,omitzero"` // RFC 9535 JSONPath into the request
	SupportedVersions []Version `json:"supported_versions,omitzero"`

	// Sent marks a Param that is the path of what was sent, as it was sent. Others
	// are paths of the newest request, and each version puts them into its own
	// words.
	Sent       bool          `json:"-"`
	Status     int           `json:"-"` // HTTP status
	RetryAfter time.Duration `json:"-"` // for Retry-After; 0 sends none
	Cause      error         `json:"-"` // for the log, never for the agent
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }
func (e *Error) Unwrap() error { return e.Cause }

// Cacheable reports whether the answer may be stored under an idempotency key:
// business refusals are; refusals of identity, version or rate, those that ask
// for a repeat and everything the server itself got wrong are not.
func (e *Error) Cacheable() bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return false
	}
	return e.Status < 500 && e.RetryAfter == 0 && e.Code != "idempotency_in_flight" && e.Code != "idempotency_conflict"
}

// Invalid is a 400 about one field: param is its JSONPath, message says what
// is wrong and what to send instead.
func Invalid(param, message string) *Error {
	return &Error{Type: InvalidRequest, Code: CodeInvalid, Param: param, Message: message, Status: http.StatusBadRequest}
}

// Missing is a 400 about a required field that was not sent.
func Missing(param, message string) *Error {
	return &Error{Type: InvalidRequest, Code: CodeMissing, Param: param, Message: message, Status: http.StatusBadRequest}
}

// Refused is any other refusal of type invalid_request.
func Refused(status int, code, param, message string) *Error {
	return &Error{Type: InvalidRequest, Code: code, Param: param, Message: message, Status: status}
}

// Unavailable is a 503 that may be retried with the same idempotency key.
func Unavailable(code, message string, retryAfter time.Duration, cause error) *Error {
	return &Error{Type: ServiceUnavailable, Code: code, Message: message, Status: http.StatusServiceUnavailable, RetryAfter: retryAfter, Cause: cause}
}

// AsError finds the protocol error in err's chain. Any other error becomes a
// 500 that tells the agent nothing but that it was not at fault; the cause
// stays in Cause.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Type: ProcessingError, Code: "internal_error", Status: http.StatusInternalServerError, Cause: err,
		Message: "Something went wrong on our side. Repeat this request with the same Idempotency-Key: it is carried out once at most."}
}
