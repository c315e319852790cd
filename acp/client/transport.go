package client

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/secret"
)

// ErrTooLarge is returned for an answer of more than MaxResponse bytes.
var ErrTooLarge = fmt.Errorf("the answer is larger than %d MiB", MaxResponse>>20)

// CallOption changes one call.
type CallOption func(*request)

// IdempotencyKey sends a key of the caller's, 1 to 255 characters, instead of
// a fresh one: what repeats a call without doing it twice.
func IdempotencyKey(key string) CallOption { return func(r *request) { r.key = key } }

// RequestID sends an id of the caller's instead of a fresh one.
func RequestID(id string) CallOption { return func(r *request) { r.id = id } }

// request is one HTTP request of the protocol.
type request struct {
	method, url string
	body        []byte // nil for none
	bearer      secret.String
	signing     secret.String
	versioned   bool        // an API call: it has API-Version and, when it changes something, a key
	version     acp.Version // of another API than the checkout's; the client's when empty
	key, id     string      // fresh ones when empty
}

// answer is a 2xx.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send makes the call and reads the answer within the client's timeout. An
// answer that is not 2xx is an *Error. net/http may send a keyed call a second
// time, with its key, when a kept-alive connection breaks under it.
func (c *Client) send(ctx context.Context, r request) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()

	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if req.Header, err = c.header(r); err != nil {
		return nil, err
	}

	resp, err := c.http.Do(req)
	if err != nil {
		return nil, unanswered(r, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxResponse+1))
	if err != nil {
		return nil, unanswered(r, err)
	}
	if len(body) > MaxResponse {
		return nil, fmt.Errorf("%s %s: %w", r.method, r.url, ErrTooLarge)
	}
	if resp.StatusCode/100 != 2 {
		return nil, readError(resp.StatusCode, resp.Header, body, c.cfg.Now())
	}
	return &answer{status: resp.StatusCode, header: resp.Header, body: body}, nil
}

// header makes the headers that the protocol asks for. Signature, Timestamp and
// a key go with API calls alone.
func (c *Client) header(r request) (http.Header, error) {
	now := c.cfg.Now().UTC()
	h := http.Header{}
	h.Set("Accept", "application/json")
	h.Set("Accept-Language", c.cfg.Language)
	h.Set("User-Agent", c.cfg.UserAgent)
	h.Set("Request-Id", r.id)
	if r.id == "" {
		h.Set("Request-Id", id.New(id.Request, now))
	}
	if !r.bearer.IsZero() {
		h.Set("Authorization", "Bearer "+r.bearer.Reveal())
	}
	if r.body != nil {
		h.Set("Content-Type", "application/json")
	}
	if !r.versioned {
		return h, nil
	}
	h.Set("API-Version", string(cmp.Or(r.version, c.cfg.Version)))
	h.Set("Timestamp", now.Format(time.RFC3339))
	if !r.signing.IsZero() {
		signature, timestamp, err := sign.SignRequest(c.cfg.SignatureMode, r.signing, r.body, now)
		if err != nil {
			return nil, fmt.Errorf("sign the request: %w", err)
		}
		h.Set("Signature", signature)
		h.Set("Timestamp", timestamp)
	}
	if r.method != http.MethodGet {
		h.Set("Idempotency-Key", r.key)
		if r.key == "" {
			h.Set("Idempotency-Key", newKey(now))
		}
	}
	return h, nil
}

// newKey makes an idempotency key that nobody else makes.
func newKey(now time.Time) string { return id.New("idem", now) }

// TransportError is a call that got no complete answer: whether the server has
// acted on it is unknown.
type TransportError struct {
	Method, URL string
	Cause       error // context.DeadlineExceeded after the client's timeout
}

func (e *TransportError) Error() string {
	if errors.Is(e.Cause, context.DeadlineExceeded) {
		return fmt.Sprintf("%s %s: no answer in time", e.Method, e.URL)
	}
	return fmt.Sprintf("%s %s: no answer: %v", e.Method, e.URL, e.Cause)
}

func (e *TransportError) Unwrap() error { return e.Cause }

func unanswered(r request, err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err // its text would say method and URL again
	}
	return &TransportError{Method: r.method, URL: r.url, Cause: err}
}

// clean makes text of a server fit for a terminal and a log line: one line, no
// control characters, at most maxErrorText characters.
func clean(s string) string {
	out := make([]rune, 0, min(len(s), maxErrorText))
	for _, r := range s {
		if len(out) == maxErrorText {
			out[maxErrorText-1] = '…'
			break
		}
		if unicode.IsSpace(r) {
			r = ' '
		}
		if unicode.IsPrint(r) {
			out = append(out, r)
		}
	}
	return strings.TrimSpace(string(out))
}
