package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/secret"
)

// maxLoggedID bounds a session id in the log, in bytes.
const maxLoggedID = 64

// maxRequestID bounds a Request-Id that is echoed; a longer one is replaced.
const maxRequestID = 255

// exchange is one request and its answer: what was found out about the caller
// so far, and what the log line will say.
type exchange struct {
	http.ResponseWriter
	r         *http.Request
	started   time.Time
	requestID string
	key       string
	pattern   string
	client    netip.Addr

	codec    wire.Codec
	caller   checkout.Caller
	merchant *checkout.Merchant
	raw      []byte
	form     []byte         // canonical raw, once somebody has asked for it
	doc      *wire.Document // of a body that was understood
	signed   *checkout.Signed

	status   int
	replayed bool
	err      *acp.Error
}

type exchangeKey struct{}

func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

func newExchange(w http.ResponseWriter, r *http.Request, now time.Time) *exchange {
	x := &exchange{ResponseWriter: w, r: r, started: now, requestID: r.Header.Get("Request-Id"), key: r.Header.Get("Idempotency-Key")}
	h := w.Header()
	if x.requestID == "" || len(x.requestID) > maxRequestID || !printable(x.requestID) || secret.HasCardNumber(x.requestID) {
		x.requestID = id.New(id.Request, now)
	}
	h.Set("Request-Id", x.requestID)
	if x.key != "" && printable(x.key) {
		h.Set("Idempotency-Key", x.key)
	}
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	return x
}

// printable reports whether a header value can be echoed and logged as it is.
func printable(v string) bool {
	for i := range len(v) {
		if v[i] < 0x20 || v[i] > 0x7e {
			return false
		}
	}
	return true
}

func (x *exchange) WriteHeader(status int) {
	x.status = status
	x.ResponseWriter.WriteHeader(status)
}

// Write is for the routes that answer without the protocol's help.
func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.WriteHeader(http.StatusOK)
	}
	return x.ResponseWriter.Write(b)
}

// refuse writes an error in the form of a codec; without one, in the newest.
func (x *exchange) refuse(codec wire.Codec, e *acp.Error) {
	if codec == nil {
		codec = wire.Newest()
	}
	x.answer(checkout.Answer{Status: e.Status, Body: codec.AppendError(nil, e), RetryAfter: e.RetryAfter, Err: e})
}

func (x *exchange) answer(a checkout.Answer) {
	x.err, x.replayed = a.Err, a.Replayed
	h := x.Header()
	if a.Replayed {
		h.Set("Idempotent-Replayed", "true")
	}
	if a.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(a.RetryAfter.Seconds()))))
	}
	if a.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="checkstand"`)
	}
	h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	x.WriteHeader(a.Status)
	// An agent that has hung up gets nothing; what was done stays done.
	_, _ = x.ResponseWriter.Write(a.Body)
}

// readBody takes the body in, at most limit bytes of it.
func (x *exchange) readBody(limit int64) *acp.Error {
	if x.r.ContentLength > limit {
		return tooLong(limit)
	}
	size := x.r.ContentLength
	if size < 0 {
		size = 512
	}
	body := make([]byte, 0, size+1)
	src := io.LimitReader(x.r.Body, limit+1)
	for {
		n, err := src.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			e := acp.Refused(http.StatusBadRequest, acp.CodeInvalid, "", "The request body ended early. Send it again.")
			e.Cause = err
			return e
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
	}
	if int64(len(body)) > limit {
		return tooLong(limit)
	}
	x.raw = body
	return nil
}

func tooLong(limit int64) *acp.Error {
	return acp.Refused(http.StatusRequestEntityTooLarge, "body_too_large", "",
		fmt.Sprintf("The request body is larger than %d bytes.", limit))
}

// canonical makes the canonical form of the body, once: the signature and the
// fingerprint are both of it.
func (x *exchange) canonical(body []byte) (form []byte, err error) {
	if x.form == nil {
		x.form, err = sign.Canonical(body)
	}
	return x.form, err
}

// inItsWords is an error with the path that this request has for what it is
// about.
func (x *exchange) inItsWords(e *acp.Error) *acp.Error {
	if x.doc == nil {
		return e
	}
	return x.doc.Located(e)
}

func (x *exchange) document(limits acp.Limits) (*wire.Document, error) {
	doc, err := wire.Parse(x.raw, limits)
	if err == nil && x.form != nil {
		doc.SetCanonical(x.form)
	}
	return doc, err
}

// finish recovers from a panic in a handler and writes the log line.
func (s *Surface) finish(x *exchange) {
	if v := recover(); v != nil {
		if v == http.ErrAbortHandler { //nolint:errorlint // the sentinel is compared as net/http does
			panic(v)
		}
		s.Log.Error("panic while answering", "request_id", x.requestID, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		if x.status == 0 {
			x.refuse(x.codec, acp.AsError(errors.New("panic")))
		}
	}
	level := slog.LevelInfo
	if x.status >= 500 {
		level = slog.LevelError
	}
	ctx := x.r.Context()
	if !s.Log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs, slog.String("method", x.r.Method), slog.String("route", x.pattern), slog.Int("status", x.status),
		slog.Duration("took", s.Now().Sub(x.started)), slog.String("request_id", x.requestID))
	if x.caller.MerchantID != "" {
		attrs = append(attrs, slog.String("merchant", x.caller.MerchantID), slog.String("agent", x.caller.Agent),
			slog.String("credential", x.caller.CredentialID))
	}
	if x.codec != nil {
		attrs = append(attrs, slog.String("version", string(x.codec.Version())))
	}
	// Other ids are whatever a client put there.
	if named := x.r.PathValue("id"); len(named) <= maxLoggedID {
		if strings.HasPrefix(named, id.Session+"_") {
			attrs = append(attrs, slog.String("session", named))
		} else if strings.HasPrefix(named, id.Cart+"_") {
			attrs = append(attrs, slog.String("cart", named))
		}
	}
	if x.key == "" && x.codec != nil && x.status < 300 && x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		attrs = append(attrs, slog.Bool("repeatable", false)) // older versions do without a key
	}
	if x.doc != nil {
		attrs = append(attrs, spellings(x.doc, s.Log.Enabled(ctx, slog.LevelDebug))...)
	}
	if x.replayed {
		attrs = append(attrs, slog.Bool("replayed", true))
	}
	if x.err != nil {
		attrs = append(attrs, slog.String("code", x.err.Code))
		if x.err.Param != "" {
			attrs = append(attrs, slog.String("param", x.err.Param))
		}
		if x.err.Cause != nil {
			attrs = append(attrs, slog.String("cause", x.err.Cause.Error()))
		}
	}
	s.Log.LogAttrs(ctx, level, "request", attrs...)
}

// spellings are what a body had under other names than the version's, and, where
// all of it is asked for, what nobody has looked at. These are names out of a
// request: what does not look like the name of a field is left out.
func spellings(doc *wire.Document, all bool) (attrs []slog.Attr) {
	if aliases := doc.Aliases(); len(aliases) > 0 {
		attrs = append(attrs, slog.Any("aliases", aliases))
	}
	if !all {
		return attrs
	}
	unknown := slices.DeleteFunc(doc.Unknown(), func(path string) bool { return strings.Contains(path, `["`) || secret.HasCardNumber(path) })
	if len(unknown) > 0 {
		attrs = append(attrs, slog.Any("ignored", unknown))
	}
	return attrs
}

// headerProbe collects the headers of a handler's answer and drops the rest.
type headerProbe struct{ header http.Header }

func (p *headerProbe) Header() http.Header         { return p.header }
func (p *headerProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *headerProbe) WriteHeader(int)             {}
