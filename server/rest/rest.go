// Package rest serves the Agentic Commerce Protocol over HTTP. It is thin: it
// finds out who asks and in which version, decodes, calls one method of the
// core, and writes the answer down.
package rest

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/limit"
)

// Config is what the surface needs.
type Config struct {
	Core        *checkout.Service
	Merchants   checkout.Merchants
	Credentials Credentials
	Box         *secret.Box // opens the credentials' signature secrets
	Now         func() time.Time
	Log         *slog.Logger
	BodyLimit   int64 // bytes of a request body; a longer one is 413
	// Requests are the limits on what a body may hold; beyond one it is 400.
	Requests acp.Limits
	// MismatchStatus overrides the status of an idempotency conflict, which is
	// otherwise the version's own; 0 leaves it.
	MismatchStatus int
	// Unreleased accepts the draft of the next version beside the released ones.
	Unreleased bool
	// SignatureWindow is how far the Timestamp of a signed request may be from the
	// clock, in either direction, where its key has no window of its own; 0 is
	// sign.Tolerance.
	SignatureWindow time.Duration
	// Limits are those of requests; nil for none.
	Limits *limit.Limits
	// BaseURL is the public origin, and Currencies what the shops here sell in,
	// for the discovery document.
	BaseURL    string
	Currencies []string
	// DocumentationURL is where the API is described for people; "" names none.
	DocumentationURL string
	// Orders says that some agent here is told what becomes of its orders.
	Orders bool
	// Extensions and InterventionTypes are those of the shops here, for the
	// discovery document too.
	Extensions        []acp.Extension
	InterventionTypes []string
	// Carts says that some shop here has carts; without one there are no routes
	// of them.
	Carts bool
}

// Surface is the http.Handler of the protocol.
type Surface struct {
	Config
	mux   *http.ServeMux
	cache *credentialCache
}

// New makes the surface with its routes:
//
//	POST /checkout_sessions                 create
//	GET  /checkout_sessions/{id}            retrieve
//	POST /checkout_sessions/{id}            update
//	POST /checkout_sessions/{id}/complete
//	POST /checkout_sessions/{id}/cancel
//	POST /carts                             create, and the rest of carts.go
//	GET  /.well-known/acp.json              discovery, for everybody
func New(c Config) *Surface {
	s := &Surface{Config: c, mux: http.NewServeMux(), cache: newCredentialCache(c.Credentials, c.Now)}
	s.mux.Handle("POST /checkout_sessions", s.agent(s.create))
	s.mux.Handle("GET /checkout_sessions/{id}", s.agent(s.get))
	s.mux.Handle("POST /checkout_sessions/{id}", s.agent(s.update))
	s.mux.Handle("POST /checkout_sessions/{id}/complete", s.agent(s.complete))
	s.mux.Handle("POST /checkout_sessions/{id}/cancel", s.agent(s.cancel))
	if c.Carts {
		s.cartRoutes()
	}
	s.mux.Handle("GET /.well-known/acp.json", s.discovery())
	return s
}

// Handles reports whether a path is one of the protocol's, whatever the
// method.
func Handles(path string) bool {
	return path == "/checkout_sessions" || path == "/carts" || path == "/.well-known/acp.json" ||
		strings.HasPrefix(path, "/checkout_sessions/") || strings.HasPrefix(path, "/carts/")
}

// ServeHTTP answers every request, also one that no route fits, with JSON, and
// writes one log line for it.
func (s *Surface) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := newExchange(w, r, s.Now())
	defer s.finish(x)
	var wait time.Duration
	if x.client, wait = s.Limits.Admit(r); wait > 0 {
		x.refuse(nil, tooMany(wait))
		return
	}
	handler, pattern := s.mux.Handler(r)
	x.pattern = pattern
	if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect
		s.nothingHere(x)
		return
	}
	if pattern == "" {
		s.noRoute(x, handler)
		return
	}
	s.mux.ServeHTTP(x, x.r.WithContext(withExchange(r.Context(), x)))
}

// noRoute turns the mux's refusal into a flat error.
func (s *Surface) noRoute(x *exchange, refusal http.Handler) {
	probe := &headerProbe{header: http.Header{}}
	refusal.ServeHTTP(probe, x.r)
	if allow := probe.header.Get("Allow"); allow != "" {
		x.Header().Set("Allow", allow)
		x.refuse(nil, acp.Refused(http.StatusMethodNotAllowed, "method_not_allowed", "",
			"This path takes "+allow+"."))
		return
	}
	s.nothingHere(x)
}

func (s *Surface) nothingHere(x *exchange) {
	x.refuse(nil, acp.Refused(http.StatusNotFound, acp.CodeNotFound, "",
		"There is nothing at this path. The API starts at /checkout_sessions; /.well-known/acp.json describes it."))
}

func (s *Surface) create(ctx context.Context, x *exchange) {
	if doc, req, ok := decoded(s, x, x.codec.DecodeCreate); ok {
		x.answer(s.Core.Create(ctx, s.call(x, doc, http.StatusCreated), req))
	}
}

func (s *Surface) update(ctx context.Context, x *exchange) {
	if doc, req, ok := decoded(s, x, x.codec.DecodeUpdate); ok {
		x.answer(s.Core.Update(ctx, s.call(x, doc, http.StatusOK), x.r.PathValue("id"), req))
	}
}

func (s *Surface) complete(ctx context.Context, x *exchange) {
	if doc, req, ok := decoded(s, x, x.codec.DecodeComplete); ok {
		x.answer(s.Core.Complete(ctx, s.call(x, doc, http.StatusOK), x.r.PathValue("id"), req))
	}
}

func (s *Surface) cancel(ctx context.Context, x *exchange) {
	if doc, req, ok := decoded(s, x, x.codec.DecodeCancel); ok {
		x.answer(s.Core.Cancel(ctx, s.call(x, doc, http.StatusOK), x.r.PathValue("id"), req))
	}
}

// decoded parses and decodes the body, or refuses it.
func decoded[T any](s *Surface, x *exchange, decode func(*wire.Document) (T, error)) (doc *wire.Document, req T, ok bool) {
	doc, err := x.document(s.Requests)
	if err == nil {
		req, err = decode(doc)
	}
	if err != nil {
		x.refuse(x.codec, acp.AsError(err))
		return doc, req, false
	}
	x.doc = doc
	return doc, req, true
}

func (s *Surface) get(ctx context.Context, x *exchange) {
	sess, err := s.Core.Get(ctx, x.caller, x.r.PathValue("id"))
	if err != nil {
		x.refuse(x.codec, acp.AsError(err))
		return
	}
	x.answer(s.render(x, http.StatusOK)(sess, nil))
}

// scopePath is the method and concrete path that an idempotency key belongs
// to, the same however the id in it was escaped.
func scopePath(x *exchange) string {
	return strings.Replace(x.pattern, "{id}", url.PathEscape(x.r.PathValue("id")), 1)
}

// call is the core's view of this exchange.
func (s *Surface) call(x *exchange, doc *wire.Document, success int) *checkout.Call {
	c := s.request(x, doc)
	c.Render = s.render(x, success)
	return &c
}

// request is a call without its answer.
func (s *Surface) request(x *exchange, doc *wire.Document) checkout.Call {
	mismatch := x.codec.MismatchStatus()
	if s.MismatchStatus != 0 {
		mismatch = s.MismatchStatus
	}
	return checkout.Call{Caller: x.caller, Version: x.codec.Version(), Language: strings.Join(x.r.Header.Values("Accept-Language"), ","), Path: scopePath(x),
		Key: x.key, Signed: x.signed, Fingerprint: doc.Fingerprint(), MismatchStatus: mismatch, Completable: x.codec.Completable}
}

// What a session takes in an answer, roughly: the buffer starts at that size.
const (
	sessionBytes = 4096
	lineBytes    = 1280
)

// render makes answers in the version of the exchange.
func (s *Surface) render(x *exchange, success int) func(*checkout.Session, *acp.Error) checkout.Answer {
	codec := x.codec
	return func(sess *checkout.Session, e *acp.Error) checkout.Answer {
		if e == nil {
			setup := x.merchant.Payment(x.caller.Live)
			body, err := codec.AppendSession(make([]byte, 0, sessionBytes+lineBytes*len(sess.LineItems)), x.merchant.Present(sess), wire.SessionView{
				Provider: setup.StandIn, ProviderMerchantID: setup.MerchantID})
			if err == nil {
				return checkout.Answer{Status: success, Body: body}
			}
			e = acp.AsError(err)
		}
		return checkout.Answer{Status: e.Status, Body: codec.AppendError(nil, x.inItsWords(e)), Err: e}
	}
}
