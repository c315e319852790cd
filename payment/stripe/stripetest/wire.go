package stripetest

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// maxKey is the longest Idempotency-Key.
const maxKey = 255

// answer is what a request comes to. began is false of refusals before the
// request was carried out, which are not stored under a key.
type answer struct {
	status int
	body   any
	began  bool
	drop   bool // the connection breaks instead
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body, began: true} }

// refuse is an error before anything was tried.
func refuse(status int, kind, code, param, message string) answer {
	return answer{status: status, body: object{"error": failure(kind, code, param, message)}}
}

type object = map[string]any

func failure(kind, code, param, message string) object {
	f := object{"type": kind, "message": message}
	if code != "" {
		f["code"] = code
	}
	if param != "" {
		f["param"] = param
	}
	return f
}

const invalid = "invalid_request_error"

// stored is the first answer under a key.
type stored struct {
	path    string
	body    [32]byte
	running bool
	answer  answer
}

// request is a request as handlers see it.
type request struct {
	params url.Values
	id     string // from the path, the last one
	owner  string // from the path, the one before
	beta   bool   // a preview version
	test   bool   // sk_test or rk_test
}

// endpoint is one of Stripe's. params are the parameters that it knows, with
// brackets for any key or index inside.
type endpoint struct {
	method, pattern string
	params          []string
	handle          func(*Server, request) answer
}

var endpoints = []endpoint{
	{"POST", "/v1/payment_intents", intentParams, (*Server).createIntent},
	{"GET", "/v1/payment_intents", listParams, (*Server).listIntents},
	{"GET", "/v1/payment_intents/search", []string{"query", "limit", "page"}, (*Server).searchIntents},
	{"GET", "/v1/payment_intents/*", []string{"expand[]", "client_secret"}, (*Server).getIntent},
	{"POST", "/v1/payment_intents/*/capture", []string{"amount_to_capture", "metadata[]", "final_capture"}, (*Server).captureIntent},
	{"POST", "/v1/payment_intents/*/cancel", []string{"cancellation_reason"}, (*Server).cancelIntent},
	{"POST", "/v1/refunds", []string{"payment_intent", "amount", "reason", "metadata[]"}, (*Server).createRefund},
	{"GET", "/v1/refunds", append([]string{"payment_intent"}, listParams...), (*Server).listRefunds},
	{"GET", "/v1/refunds/*", []string{"expand[]"}, (*Server).getRefund},
	{"POST", "/v1/checkout/sessions", sessionParams, (*Server).createSession},
	{"GET", "/v1/checkout/sessions", listParams, (*Server).listSessions},
	{"GET", "/v1/checkout/sessions/*", []string{"expand[]"}, (*Server).getSession},
	{"POST", "/v1/checkout/sessions/*/expire", nil, (*Server).expireSession},
	{"GET", "/v1/customers/*/payment_methods/*", []string{"expand[]"}, (*Server).getMethod},
	{"GET", "/v1/shared_payment/granted_tokens/*", nil, (*Server).getToken},
	{"POST", "/v1/test_helpers/shared_payment/granted_tokens", tokenParams, (*Server).createToken},
	{"POST", "/v1/test_helpers/shared_payment/granted_tokens/*/revoke", nil, (*Server).revokeToken},
}

var listParams = []string{"limit", "starting_after", "created[]", "expand[]"}

// find gives the endpoint of a path and the ids in it: the last, and the one
// before.
func find(method, path string) (e endpoint, id, owner string, found bool) {
	for _, e := range endpoints {
		want, have := strings.Split(e.pattern, "/"), strings.Split(path, "/")
		if e.method != method || len(want) != len(have) {
			continue
		}
		id, owner, match := "", "", true
		for i := range want {
			if want[i] == "*" {
				id, owner = have[i], id
			} else if want[i] != have[i] {
				match = false
			}
		}
		if match {
			return e, id, owner, true
		}
	}
	return endpoint{}, "", "", false
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	s.requests++
	w.Header().Set("Request-Id", fmt.Sprintf("req_%08d", s.requests))
	s.mu.Unlock()
	if s.Stormy() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	a, hang := s.respond(w, r, body)
	if hang {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	if a.drop {
		panic(http.ErrAbortHandler)
	}
	if page, ok := a.body.(string); ok {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, page)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_ = json.MarshalWrite(w, a.body, json.Deterministic(true))
}

const proxyPage = "<html><body>Hello from a proxy</body></html>"

// respond authenticates, applies faults and keys, and carries the request out.
func (s *Server) respond(w http.ResponseWriter, r *http.Request, body []byte) (a answer, hang bool) {
	if key, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); !found || key != s.cfg.Key {
		return refuse(401, invalid, "", "", "Invalid API Key provided"), false
	}
	if account := r.Header.Get("Stripe-Account"); account != "" && account != s.cfg.Account {
		return refuse(403, invalid, "account_invalid", "", "The provided key does not have access to this account"), false
	}
	e, id, owner, found := find(r.Method, r.URL.Path)
	if !found {
		return refuse(404, invalid, "", "", "Unrecognized request URL"), false
	}
	encoded := r.URL.RawQuery
	if r.Method == http.MethodPost {
		if len(body) > 0 && r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			return refuse(400, invalid, "", "", "Invalid content type"), false
		}
		encoded = string(body)
	}
	params, err := url.ParseQuery(encoded)
	if err != nil {
		return refuse(400, invalid, "", "", "The body is not form-encoded"), false
	}
	req := request{params: params, id: id, owner: owner, beta: strings.HasSuffix(r.Header.Get("Stripe-Version"), ".preview"), test: !s.cfg.Live}
	if r.Method == http.MethodGet {
		return s.read(e, req), false
	}
	return s.write(w, e, r, req, body)
}

func (s *Server) read(e endpoint, req request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.fault(LookupFails, LookupNotJSON) {
	case LookupFails:
		return answer{status: 503, body: object{"error": failure("api_error", "", "", "Try again later")}}
	case LookupNotJSON:
		return answer{status: 200, body: proxyPage}
	}
	if a, bad := unknownParam(e, req); bad {
		return a
	}
	return e.handle(s, req)
}

// write carries a POST out, once a key.
func (s *Server) write(w http.ResponseWriter, e endpoint, r *http.Request, req request, body []byte) (a answer, hang bool) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxKey {
		return refuse(400, invalid, "", "", "Idempotency-Key is longer than 255 characters"), false
	}
	s.mu.Lock()
	var fault Fault
	if !strings.Contains(e.pattern, "test_helpers") {
		fault = s.fault(DropBefore, ErrorBefore, HangBefore, RateLimit, LockTimeout)
	}
	if fault == "" && strings.HasSuffix(e.pattern, "/cancel") {
		fault = s.fault(CancelConflict)
	}
	s.mu.Unlock()
	switch fault {
	case DropBefore:
		return answer{drop: true}, false
	case HangBefore:
		return answer{}, true
	case ErrorBefore:
		return answer{status: 500, body: object{"error": failure("api_error", "", "", "Something went wrong")}}, false
	case RateLimit:
		return refuse(429, invalid, "rate_limit", "", "Too many requests"), false
	case LockTimeout:
		return refuse(429, invalid, "lock_timeout", "", "This object cannot be accessed right now"), false
	case CancelConflict:
		return refuse(409, invalid, "lock_timeout", "", "This object cannot be accessed right now"), false
	}
	if key == "" {
		return s.carryOut(e, req)
	}
	s.mu.Lock()
	sum := sha256.Sum256(body)
	first, known := s.keys[key]
	switch {
	case known && first.running:
		s.mu.Unlock()
		return refuse(409, "idempotency_error", "idempotency_key_in_use", "", "There is a request in flight under this key"), false
	case known && (first.path != r.URL.Path || first.body != sum):
		s.mu.Unlock()
		return refuse(400, "idempotency_error", "", "", "Keys for idempotent requests can only be used with the same parameters"), false
	case known:
		s.mu.Unlock()
		w.Header().Set("Idempotent-Replayed", "true")
		return first.answer, false
	}
	first = &stored{path: r.URL.Path, body: sum, running: true}
	s.keys[key] = first
	stall := s.fault(Stall) != ""
	s.mu.Unlock()
	finish := func() (answer, bool) {
		a, hang := s.carryOut(e, req)
		s.mu.Lock()
		defer s.mu.Unlock()
		if !a.began {
			delete(s.keys, key)
			return a, hang
		}
		first.running, first.answer = false, a
		first.answer.drop = false // the answer is kept although it did not arrive
		return a, hang
	}
	if stall {
		s.mu.Lock()
		s.stalled = append(s.stalled, func() { finish() })
		s.mu.Unlock()
		return answer{drop: true}, false
	}
	return finish()
}

// carryOut does what a POST asks for, and lies about it where it was told to.
func (s *Server) carryOut(e endpoint, req request) (a answer, hang bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, bad := unknownParam(e, req); bad {
		return a, false
	}
	helper := strings.Contains(e.pattern, "test_helpers")
	if !helper && s.fault(ErrorStored) != "" {
		return answer{status: 500, body: object{"error": failure("api_error", "", "", "Something went wrong")}, began: true}, false
	}
	a = e.handle(s, req)
	if helper || a.status != http.StatusOK {
		return a, false
	}
	switch s.fault(DropAfter, ErrorAfter, HangAfter, WrongAmount, WrongCurrency, UnknownStatus, OtherMode, NotJSON) {
	case DropAfter:
		a.drop = true
	case HangAfter:
		return a, true
	case ErrorAfter:
		a.status, a.body = 500, object{"error": failure("api_error", "", "", "Something went wrong")}
	case WrongAmount:
		lie(a.body, "amount", func(v any) any { return v.(int64) + 1 })
		lie(a.body, "amount_received", func(v any) any { return v.(int64) + 1 })
	case WrongCurrency:
		lie(a.body, "currency", func(any) any { return "eur" })
	case UnknownStatus:
		lie(a.body, "status", func(any) any { return "something_new" })
	case OtherMode:
		lie(a.body, "livemode", func(v any) any { return !v.(bool) })
	case NotJSON:
		a.body = proxyPage
	}
	return a, false
}

func lie(body any, field string, change func(any) any) {
	if o, isObject := body.(object); isObject && o[field] != nil {
		o[field] = change(o[field])
	}
}

var inside = regexp.MustCompile(`\[[^\]]*\]`)

// unknownParam refuses what the endpoint does not know. Metadata and created
// take any key; elsewhere a key is known by name.
func unknownParam(e endpoint, req request) (answer, bool) {
	for name, values := range req.params {
		general := name
		if open := strings.IndexByte(name, '['); open >= 0 && !slices.Contains(e.params, name) {
			general = name[:open] + inside.ReplaceAllStringFunc(name[open:], func(key string) string {
				if strings.Trim(key, "[]0123456789") == "" {
					return "[]"
				}
				return key
			})
			if !slices.Contains(e.params, general) { // the last key may be free
				general = general[:strings.LastIndexByte(general, '[')] + "[]"
			}
		}
		if !slices.Contains(e.params, general) {
			return refuse(400, invalid, "parameter_unknown", name, "Received unknown parameter: "+name), true
		}
		if len(values) != 1 {
			return refuse(400, invalid, "", name, "Received the parameter twice"), true
		}
		if values[0] == "" {
			return refuse(400, invalid, "parameter_invalid_empty", name, "You passed an empty string"), true
		}
	}
	return answer{}, false
}
