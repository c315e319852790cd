package sandbox

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/go-json-experiment/json/jsontext"
)

// call is one request that was let in: who sent it, under which key and
// version, and its body in canonical form.
type call struct {
	r       *http.Request
	by      caller
	edition edition
	key     string
	body    jsontext.Value
	raw     []byte // the body as it was sent
	fault   fault
}

// answer is what goes back. processing says that it is not the final word: the
// charge chargeID is to be waited for.
type answer struct {
	status     int
	body       []byte
	code       string // error code, for the log
	retryAfter time.Duration
	replayed   bool
	chargeID   string
	processing bool
	mishap     Outcome // what the card does to the first answer, if anything
}

func reply(status int, v any) (answer, error) {
	body, err := encode(v)
	return answer{status: status, body: body}, err
}

// route is one endpoint.
type route struct {
	method, path string
	callers      caller    // who may call it
	versions     []edition // of its API; nil where it needs no API-Version
	keyed        bool      // needs an Idempotency-Key
	target       target    // whose faults it shows
	handle       func(context.Context, *call) (answer, error)
}

func (p *PSP) routes() []route {
	return []route{
		{"GET", "/healthz", anyone, nil, false, "", p.health},
		{"POST", "/agentic_commerce/delegate_payment", agent, editions, true, onDelegate, p.delegatePayment},
		{"POST", "/delegate_authentication", agent, authenticationEditions, true, "", p.createAuthentication},
		{"POST", "/delegate_authentication/{id}/authenticate", agent, authenticationEditions, true, "", p.authenticate},
		{"GET", "/delegate_authentication/{id}", agent, authenticationEditions, false, onLookup, p.getAuthentication},
		{"POST", "/v1/charges", merchant, nil, true, onCharge, p.createCharge},
		{"GET", "/v1/charges", merchant, nil, false, onLookup, p.listCharges},
		{"GET", "/v1/charges/{id}", merchant, nil, false, onLookup, p.getCharge},
		{"POST", "/v1/charges/{id}/capture", merchant, nil, true, onCharge, p.captureCharge},
		{"POST", "/v1/charges/{id}/void", merchant, nil, true, onCharge, p.voidCharge},
		{"POST", "/v1/charges/{id}/refund", merchant, nil, true, onCharge, p.refundCharge},
		{"POST", "/v1/references/{reference}/close", merchant, nil, false, onPage, p.closeReference},
		{"POST", "/v1/pages", merchant, nil, true, onPage, p.createPage},
		{"GET", "/v1/pages", merchant, nil, false, onLookup, p.listPages},
		{"GET", "/v1/pages/{id}", merchant, nil, false, onLookup, p.getPage},
		{"POST", "/v1/pages/{id}/expire", merchant, nil, false, onPage, p.expirePage},
		{"POST", "/v1/cards", merchant, nil, true, "", p.storeCard},
		{"GET", "/v1/cards", merchant, nil, false, onLookup, p.listCards},
		{"DELETE", "/v1/cards/{id}", merchant, nil, false, "", p.removeCard},
		{"GET", "/v1/webhook_endpoint", merchant, nil, false, "", p.getWebhook},
		{"POST", "/v1/webhook_endpoint", merchant, nil, false, "", p.setWebhook},
		{"DELETE", "/v1/webhook_endpoint", merchant, nil, false, "", p.deleteWebhook},
		{"GET", "/v1/tokens/{id}", merchant, nil, false, "", p.getToken},
		{"POST", "/v1/tokens/{id}/revoke", merchant | agent, nil, false, "", p.revokeToken},
		{"GET", "/v1/ledger", merchant | agent, nil, false, "", p.getLedger},
		{"GET", "/v1/ledger/summary", merchant, nil, false, "", p.getSummary},
		{"GET", "/v1/test/faults", merchant, nil, false, "", p.listFaults},
		{"POST", "/v1/test/faults", merchant, nil, false, "", p.addFault},
		{"DELETE", "/v1/test/faults", merchant, nil, false, "", p.clearFaults},
	}
}

// Handler serves the PSP's two APIs. Its answers to a lost connection are no
// answers: it aborts them with http.ErrAbortHandler.
func (p *PSP) Handler() http.Handler {
	mux := http.NewServeMux()
	allowed := make(map[string][]string)
	for _, rt := range p.routes() {
		mux.HandleFunc(rt.method+" "+rt.path, func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, rt) })
		allowed[rt.path] = append(allowed[rt.path], rt.method)
	}
	for path, methods := range allowed {
		allow := strings.Join(methods, ", ")
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", allow)
			p.refuse(w, r, acp.Refused(http.StatusMethodNotAllowed, "method_not_allowed", "", "This endpoint takes "+allow+" only."))
		})
	}
	p.servePages(mux)
	p.serveIssuer(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.refuse(w, r, acp.Refused(http.StatusNotFound, codeNotFound, "", "There is no such endpoint."))
	})
	return mux
}

func (p *PSP) refuse(w http.ResponseWriter, r *http.Request, e *acp.Error) {
	p.serve(w, r, route{handle: func(context.Context, *call) (answer, error) { return answer{}, e }})
}

// serve lets a request in, carries it out and answers it. The client hanging
// up does not stop what has begun.
func (p *PSP) serve(w http.ResponseWriter, r *http.Request, rt route) {
	start := time.Now()
	requestID := r.Header.Get("Request-Id")
	if requestID == "" || len(requestID) > MaxKey {
		requestID = id.New(id.Request, p.now())
	}
	c := &call{r: r}
	var a answer
	sent := false
	defer func() {
		p.logCall(r, rt, c, requestID, a, sent, time.Since(start))
	}()

	a, err := p.answer(w, rt, c)
	if err != nil {
		e := acp.AsError(err)
		if e.Cause != nil {
			p.log.Error("request failed", "request_id", requestID, "error", e.Cause)
		}
		if a, err = refusalAnswer(e); err != nil {
			panic(http.ErrAbortHandler) // an error that cannot be written: say nothing rather than half of it
		}
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Request-Id", requestID)
	if c.key != "" {
		h.Set("Idempotency-Key", c.key)
	}
	if a.replayed {
		h.Set("Idempotent-Replayed", "true")
	}
	if a.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((a.retryAfter+time.Second-1)/time.Second)))
	}
	w.WriteHeader(a.status)
	if _, err := w.Write(a.body); err != nil {
		p.log.Info("the answer could not be sent", "request_id", requestID, "error", err)
		return
	}
	sent = true
}

func (p *PSP) answer(w http.ResponseWriter, rt route, c *call) (answer, error) {
	if err := p.admit(w, rt, c); err != nil {
		return answer{}, err
	}
	ctx := context.WithoutCancel(c.r.Context())
	var err error
	if c.fault, err = p.takeFault(ctx, rt.target); err != nil {
		return answer{}, err
	}
	if err := c.fault.before(); err != nil {
		return answer{}, err
	}
	a, err := rt.handle(ctx, c)
	if err != nil {
		return answer{}, err
	}
	return p.after(c.fault, a)
}

// admit checks what a request must have before its content matters, in the
// order authorization, version, key, body, signature.
func (p *PSP) admit(w http.ResponseWriter, rt route, c *call) error {
	if rt.callers != anyone {
		if c.by = p.keys.identify(c.r); c.by&rt.callers == 0 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			return unauthorized()
		}
	}
	c.edition = merchantEdition
	if rt.versions != nil {
		ed, err := editionOf(rt.versions, c.r.Header)
		if err != nil {
			return err
		}
		c.edition = ed
	}
	if rt.keyed {
		if err := c.readKey(); err != nil {
			return err
		}
	}
	if rt.method == http.MethodPost {
		if err := c.readBody(w, rt); err != nil {
			return err
		}
	}
	if rt.versions != nil {
		return p.checkSignature(c)
	}
	return nil
}

func (c *call) readKey() error {
	switch keys := c.r.Header.Values("Idempotency-Key"); {
	case len(keys) == 0 && c.edition.keyOptional:
		return nil
	case len(keys) == 0 || keys[0] == "":
		return acp.Refused(http.StatusBadRequest, codeKeyRequired, "",
			"The Idempotency-Key header is missing. Send a new random key with every new request.")
	case len(keys) > 1 || len(keys[0]) > MaxKey:
		return acp.Refused(http.StatusBadRequest, codeKeyRequired, "",
			"The Idempotency-Key header must come once and have at most "+strconv.Itoa(MaxKey)+" characters.")
	default:
		c.key = keys[0]
		return nil
	}
}

func (c *call) readBody(w http.ResponseWriter, rt route) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, c.r.Body, MaxBody))
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return acp.Refused(http.StatusRequestEntityTooLarge, "request_too_large", "", "The body is longer than 64 KiB.")
	}
	if err != nil {
		return acp.Refused(http.StatusBadRequest, "request_incomplete", "", "The body did not arrive completely.")
	}
	if len(body) == 0 && rt.versions == nil {
		c.body = jsontext.Value("{}")
		return nil
	}
	if media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return acp.Refused(http.StatusUnsupportedMediaType, "unsupported_media_type", "", "Send the body as Content-Type: application/json.")
	}
	fail := complain(acp.Invalid)
	if rt.versions != nil {
		fail = malformed
	}
	v, refusal := canonical(body, fail)
	if refusal != nil {
		return refusal
	}
	c.body, c.raw = v, body
	return nil
}

// logCall writes the one line of a request. The route stands for the path,
// which may hold a token.
func (p *PSP) logCall(r *http.Request, rt route, c *call, requestID string, a answer, sent bool, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("request_id", requestID),
		slog.String("method", r.Method),
		slog.String("route", rt.path),
		slog.String("caller", c.by.String()),
		slog.Duration("took", took),
	}
	if a.code != "" {
		attrs = append(attrs, slog.String("code", a.code))
	}
	if c.fault.Next != "" {
		attrs = append(attrs, slog.String("fault", string(c.fault.Next)))
	}
	if rt.keyed && c.key == "" && a.status < 300 {
		attrs = append(attrs, slog.Bool("without_key", true))
	}
	if sent {
		attrs = append(attrs, slog.Int("status", a.status), slog.Bool("replayed", a.replayed))
	} else {
		attrs = append(attrs, slog.String("status", "unanswered"))
	}
	p.log.LogAttrs(context.Background(), slog.LevelInfo, "request", attrs...)
}

func (p *PSP) health(ctx context.Context, _ *call) (answer, error) {
	if err := p.read.PingContext(ctx); err != nil {
		return answer{}, acp.Unavailable("storage_unavailable", "The data file cannot be read.", retrySoon, err)
	}
	return reply(http.StatusOK, struct {
		Status string `json:"status"`
		PSP    string `json:"psp"`
		Mode   string `json:"mode"`
	}{"ok", p.name, "test"})
}
