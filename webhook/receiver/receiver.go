// Package receiver is an agent's end of the order webhooks: it checks their
// signatures, answers as the protocol says, and keeps a readable log. It is
// for demonstrations and tests on one machine; its log is open to whoever can
// reach it.
//
//	POST /agentic_checkout/webhooks/order_events  the events
//	GET  /events                                  the log as JSON, newest last
//	GET  /                                        the log as a page
package receiver

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/secret"
)

// Path is where events are received.
const Path = "/agentic_checkout/webhooks/order_events"

// Limits of the receiver. The oldest events make room for new ones, those
// without a correct signature first.
const (
	MaxBody      = 1 << 20  // bytes of one event
	MaxEvents    = 500      // events in the log
	MaxLogBytes  = 16 << 20 // bytes of all bodies in the log
	maxRequestID = 255
)

// Config says how events are signed. Secret is required.
type Config struct {
	Secret secret.String // shared with the shop
	Header string        // name of the signature's header; sign.WebhookHeader when empty
	Now    func() time.Time
	Log    *slog.Logger // ids and outcomes, never bodies; silent when nil
}

// Receiver is the handler with its log. It is safe for concurrent use.
type Receiver struct {
	cfg Config
	mux *http.ServeMux

	mu       sync.Mutex
	log      eventLog
	failures []int // statuses of the next deliveries
}

// New returns an empty receiver. It fails without a secret.
func New(cfg Config) (*Receiver, error) {
	if cfg.Secret.IsZero() {
		return nil, errors.New("webhook receiver: secret is empty: give the one that the shop signs with")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	r := &Receiver{cfg: cfg, mux: http.NewServeMux()}
	r.mux.HandleFunc("POST "+Path, r.receive)
	r.mux.HandleFunc("GET /events", r.list)
	r.mux.HandleFunc("GET /{$}", r.page)
	r.mux.HandleFunc("GET "+stylePath, r.style)
	return r, nil
}

// ServeHTTP serves the three routes.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	r.mux.ServeHTTP(w, req)
}

// FailNext has the next n deliveries answered with status, as a receiver in
// trouble does: without looking at them and without a trace in the log.
func (r *Receiver) FailNext(n, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range n {
		r.failures = append(r.failures, status)
	}
}

// failure takes the next ordered failure, if there is one.
func (r *Receiver) failure() (status int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.failures) == 0 {
		return 0, false
	}
	status, r.failures = r.failures[0], r.failures[1:]
	return status, true
}

// Events returns the log, newest last.
func (r *Receiver) Events() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.all()
}

// receive answers 200, or 401 for a signature and 400 for a body that is
// wrong. Whatever has a body of acceptable size is in the log.
func (r *Receiver) receive(w http.ResponseWriter, req *http.Request) {
	requestID := req.Header.Get("Request-Id")
	if requestID == "" || len(requestID) > maxRequestID {
		requestID = id.New(id.Request, r.cfg.Now())
	}
	w.Header().Set("Request-Id", requestID)
	if status, ok := r.failure(); ok {
		refuse(w, status, "processing_error", "ordered_failure", "This failure was ordered by a test.")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, MaxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			refuse(w, http.StatusRequestEntityTooLarge, "invalid_request", "too_large", "The event is larger than 1 MiB.")
			return
		}
		refuse(w, http.StatusBadRequest, "invalid_request", "invalid", "The body could not be read to its end.")
		return
	}

	event, wellFormed := read(body)
	event.ReceivedAt = r.cfg.Now().UTC()
	signed := r.verify(req.Header, body)
	event.Verified = signed == nil
	r.mu.Lock()
	event = r.log.add(event)
	r.mu.Unlock()
	r.cfg.Log.Info("webhook", "request_id", requestID, "type", event.Type, "order_id", event.OrderID,
		"verified", event.Verified, "well_formed", wellFormed, "deliveries", event.Deliveries)

	switch {
	case signed != nil:
		refuse(w, http.StatusUnauthorized, "invalid_request", signatureCode(signed), "The "+signed.Error()+".")
	case !wellFormed:
		refuse(w, http.StatusBadRequest, "invalid_request", "invalid", "The body is not an order event. Send a JSON object with type and data.")
	default:
		answer(w, http.StatusOK, received{Received: true, RequestID: requestID})
	}
}

// verify checks the signature of either scheme; the header's form tells which.
func (r *Receiver) verify(h http.Header, body []byte) error {
	scheme := sign.WebhookScheme{Header: r.cfg.Header}
	value := h.Get(scheme.HeaderName())
	scheme.Timestamped = strings.HasPrefix(strings.TrimSpace(value), "t=")
	return scheme.Verify([]byte(r.cfg.Secret.Reveal()), value, body, r.cfg.Now())
}

// signatureCode is the code that the protocol's webhook examples use.
func signatureCode(err error) string {
	switch {
	case errors.Is(err, sign.ErrSignatureMissing):
		return "missing_signature"
	case errors.Is(err, sign.ErrSignatureMalformed):
		return "malformed_signature"
	case errors.Is(err, sign.ErrSignatureStale):
		return "timestamp_expired"
	}
	return "invalid_signature"
}

type received struct {
	Received  bool   `json:"received"`
	RequestID string `json:"request_id"`
}

type refusal struct {
	Type    string `json:"type"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func refuse(w http.ResponseWriter, status int, kind, code, message string) {
	answer(w, status, refusal{Type: kind, Code: code, Message: message})
}

func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v, jsontext.EscapeForHTML(true))
	if err != nil {
		http.Error(w, "the answer cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body) // a reader that has gone needs no answer
}

// list serves the log as JSON; ?checkout_session_id= narrows it.
func (r *Receiver) list(w http.ResponseWriter, req *http.Request) {
	events := r.Events()
	if session := req.URL.Query().Get("checkout_session_id"); session != "" {
		kept := []Event{}
		for _, e := range events {
			if e.SessionID == session {
				kept = append(kept, e)
			}
		}
		events = kept
	}
	answer(w, http.StatusOK, events)
}
