package adyentest

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
)

// maxBody bounds a request.
const maxBody = 1 << 20

type amount struct {
	Currency string `json:"currency"`
	Value    int64  `json:"value"`
}

// answer is what goes back. after is a fault that strikes once it is stored.
type answer struct {
	status int
	body   any
	after  Fault
}

// stored is the first answer under a key.
type stored struct {
	request [sha256.Size]byte
	answer  answer
}

// failure is an error as Adyen writes it.
type failure struct {
	Status       int    `json:"status"`
	ErrorCode    string `json:"errorCode"`
	Message      string `json:"message"`
	ErrorType    string `json:"errorType"`
	PSPReference string `json:"pspReference,omitzero"`
}

func fail(status int, code, message string) answer {
	kind := "validation"
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		kind = "security"
	case http.StatusInternalServerError:
		kind = "internal"
	}
	return answer{status: status, body: failure{status, code, message, kind, newReference()}}
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	if f.Stormy() {
		f.strike(w, r, Unavailable)
		return
	}
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("X-API-Key")), []byte(APIKey)) != 1 {
		f.write(w, r, fail(http.StatusUnauthorized, "000", "HTTP Status Response - Unauthorized"))
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/v72/"), "/")
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); len(body) > 0 && (err != nil || kind != "application/json") {
		f.write(w, r, fail(http.StatusBadRequest, "702", "the body is not application/json"))
		return
	}
	switch r.Method {
	case http.MethodPost, http.MethodPatch:
		f.change(w, r, path, body)
	case http.MethodGet:
		if f.NextFault(Fault.ofLookup) != "" {
			f.strike(w, r, Unavailable)
			return
		}
		f.mu.Lock()
		a := f.read(path, r.URL.Query(), body)
		f.mu.Unlock()
		f.write(w, r, a)
	default:
		f.write(w, r, fail(http.StatusMethodNotAllowed, "000", "method not allowed"))
	}
}

// change carries out a PATCH, or a POST once per key.
func (f *Fake) change(w http.ResponseWriter, r *http.Request, path []string, body []byte) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > 64 {
		f.write(w, r, fail(http.StatusUnprocessableEntity, "702", "Idempotency-Key is longer than 64 characters"))
		return
	}
	fault := f.NextFault(func(next Fault) bool { return !next.ofLookup() })
	f.mu.Lock()
	if r.Method == http.MethodPost {
		f.posts++
	}
	switch fault {
	case DropBefore, HangBefore, ErrorBefore, Unavailable, RateLimited, InProgress:
		f.mu.Unlock()
		f.strike(w, r, fault)
		return
	}
	var a answer
	if r.Method == http.MethodPost {
		a = f.once(key, path, body)
	} else {
		a = f.linkRequest(r.Method, path, body)
	}
	f.mu.Unlock()
	if a.after != "" && fault == "" {
		fault = a.after
	}
	switch fault {
	case DropAfter, HangAfter, ErrorAfter:
		f.strike(w, r, fault)
		return
	case WrongAmount, WithoutAmount:
		a.body = misstate(a.body, fault)
	}
	if key != "" {
		w.Header().Set("Idempotency-Key", key)
	}
	f.write(w, r, a)
}

// once runs the request, or repeats the first answer under its key. Errors are
// not kept: only what was carried out is.
func (f *Fake) once(key string, path []string, body []byte) answer {
	request := sha256.Sum256(append([]byte(strings.Join(path, "/")+"\n"), body...))
	if s, seen := f.answers[key]; seen && key != "" {
		if s.request != request {
			// What Adyen does is not published; it must not be another payment.
			return fail(http.StatusUnprocessableEntity, "704", "request already processed or in progress")
		}
		return s.answer
	}
	a := f.route(path, body)
	if a.status < http.StatusMultipleChoices && key != "" {
		kept := a
		kept.after = "" // the fault of a token strikes the first answer alone
		f.answers[key] = stored{request, kept}
	}
	return a
}

func (f *Fake) route(path []string, body []byte) answer {
	switch {
	case len(path) == 1 && path[0] == "payments":
		return f.pay(body)
	case len(path) == 1 && path[0] == "paymentLinks":
		return f.openLink(body)
	case len(path) == 1 && path[0] == "sessions":
		return f.openSession(body)
	case len(path) == 1 && path[0] == "cancels":
		return f.modify("", "cancels", body)
	case len(path) == 3 && path[0] == "payments":
		return f.modify(path[1], path[2], body)
	}
	return fail(http.StatusNotFound, "000", "Not Found")
}

// read is a GET: of a link, or of a session with the result that a browser has
// brought back.
func (f *Fake) read(path []string, query url.Values, body []byte) answer {
	if path[0] == "sessions" {
		return f.readSession(path, query.Get("sessionResult"))
	}
	return f.linkRequest(http.MethodGet, path, body)
}

func (f *Fake) strike(w http.ResponseWriter, r *http.Request, fault Fault) {
	switch fault {
	case DropBefore, DropAfter:
		panic(http.ErrAbortHandler)
	case HangBefore, HangAfter:
		select {
		case <-r.Context().Done():
		case <-f.closed:
		}
		panic(http.ErrAbortHandler)
	case ErrorBefore, ErrorAfter:
		w.Header().Set("Transient-Error", "true")
		f.write(w, r, fail(http.StatusInternalServerError, "903", "Internal error"))
	case Unavailable:
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "<html>upstream unavailable</html>")
	case RateLimited:
		f.write(w, r, fail(http.StatusTooManyRequests, "000", "too many requests"))
	case InProgress:
		w.Header().Set("Transient-Error", "true")
		f.write(w, r, fail(http.StatusUnprocessableEntity, "704", "request already processed or in progress"))
	}
}

func (f *Fake) write(w http.ResponseWriter, _ *http.Request, a answer) {
	body, err := json.Marshal(a.body, json.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("adyentest: %v", err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}

// decode reads a body and refuses fields that are not known, in Adyen's words.
func decode(body []byte, into any) (answer, bool) {
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true)); err != nil {
		if strings.Contains(err.Error(), "unknown object member") {
			return fail(http.StatusUnprocessableEntity, "702", "the request contains unknown fields"), false
		}
		return fail(http.StatusBadRequest, "702", "Unexpected input"), false
	}
	return answer{}, true
}
