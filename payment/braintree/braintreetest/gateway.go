// Package braintreetest is a Braintree gateway for tests: it keeps
// transactions, tokens, request keys and books, speaks the wire format of the
// classic API, refuses what the real one refuses, and can fail at the worst
// moments.
//
// Where Braintree does not publish what it does, the Gateway does what
// docs/payments/braintree.md says it assumes, or has a switch for it.
package braintreetest

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment/paymenttest"
)

// maxBody is the largest request that is read.
const maxBody = 1 << 20

// pageSize is how many transactions a page of a search has.
const pageSize = 50

// Options are the account that a Gateway has.
type Options struct {
	MerchantID string
	PublicKey  string
	PrivateKey string
	// Accounts has the currency (lower case) of each merchant account.
	Accounts map[string]string
	// CustomFields are the API names of the custom fields that are set up.
	CustomFields []string
	Now          func() time.Time // time.Now when nil
}

// Gateway is the PSP. Its exported fields are switches; set them before the
// requests that they concern. It is safe for concurrent use.
type Gateway struct {
	paymenttest.Troubles[Fault]

	URL string

	options Options
	server  *httptest.Server

	mu           sync.Mutex
	transactions map[string]*transaction
	order        []string // ids as they were made
	tokens       map[string]*token
	vault        map[string]*kept // cards by their token
	keys         map[string]*keyUse
	outbox       []string          // documents of webhooks that wait
	disputes     map[string]string // their transactions
	delivery     paymenttest.Delivery
	hold         *Hold
	ahead        time.Duration // of options.Now
	searchLag    time.Duration
	noKeys       bool
	failedStick  bool
	consumeAll   bool
	hideTokens   bool
	requests     []string
	requestCount int
}

// New starts a gateway. It is closed when the test ends.
func New(t testing.TB, o Options) *Gateway {
	t.Helper()
	g := &Gateway{options: o, transactions: map[string]*transaction{}, tokens: map[string]*token{}, vault: map[string]*kept{}, keys: map[string]*keyUse{}, disputes: map[string]string{}}
	if g.options.Now == nil {
		g.options.Now = time.Now
	}
	base := "/merchants/" + o.MerchantID
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+base+"/transactions", g.authorised(g.sale))
	mux.HandleFunc("GET "+base+"/transactions/{id}", g.authorised(g.find))
	mux.HandleFunc("PUT "+base+"/transactions/{id}/submit_for_settlement", g.authorised(g.submit))
	mux.HandleFunc("PUT "+base+"/transactions/{id}/void", g.authorised(g.void))
	mux.HandleFunc("POST "+base+"/transactions/{id}/refund", g.authorised(g.refund))
	mux.HandleFunc("POST "+base+"/transactions/advanced_search_ids", g.authorised(g.searchIDs))
	mux.HandleFunc("POST "+base+"/transactions/advanced_search", g.authorised(g.searchPage))
	mux.HandleFunc("POST "+base+"/client_token", g.authorised(g.clientToken))
	mux.HandleFunc("GET "+base+"/payment_method_nonces/{id}", g.authorised(g.findNonce))
	mux.HandleFunc("GET "+base+"/payment_methods/any/{id}", g.authorised(g.findCard))
	g.server = httptest.NewServer(mux)
	g.URL = g.server.URL
	t.Cleanup(func() {
		g.server.CloseClientConnections()
		g.server.Close()
	})
	return g
}

// now is the gateway's clock, in whole seconds as its answers are.
func (g *Gateway) now() time.Time { return g.clock().UTC().Truncate(time.Second) }

// clock is the same to the nanosecond. The lock is held.
func (g *Gateway) clock() time.Time { return g.options.Now().Add(g.ahead) }

// answer is an HTTP answer.
type answer struct {
	status int
	body   string
}

// refusals that have no document.
var (
	notFound    = answer{status: http.StatusNotFound}
	badRequest  = answer{http.StatusBadRequest, "Unknown or missing parameters"}
	unsupported = answer{status: http.StatusUpgradeRequired}
)

// authorised wraps a handler with what holds for all requests: the key pair,
// the version, and the faults.
func (g *Gateway) authorised(handle func(id string, body []byte) answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		g.mu.Lock()
		g.requestCount++
		n := g.requestCount
		g.requests = append(g.requests, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/merchants/"+g.options.MerchantID)+" "+string(body))
		g.mu.Unlock()
		w.Header().Set("X-Request-Id", fmt.Sprintf("req-%d", n))
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")

		if g.Stormy() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		want := base64.StdEncoding.EncodeToString([]byte(g.options.PublicKey + ":" + g.options.PrivateKey))
		got, basic := strings.CutPrefix(r.Header.Get("Authorization"), "Basic ")
		switch {
		case !basic || subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1:
			w.WriteHeader(http.StatusUnauthorized)
			return
		case r.Header.Get("X-ApiVersion") != "6":
			w.WriteHeader(unsupported.status)
			return
		case len(body) > 0 && r.Header.Get("Content-Type") != "application/json":
			w.WriteHeader(http.StatusUnsupportedMediaType)
			return
		}
		fault := g.NextFault(func(next Fault) bool { return next.ofLookup() == isLookup(r) })
		fault.before(w, r)
		if fault.answersBefore(w) {
			return
		}
		a := handle(r.PathValue("id"), body)
		fault.after(w, r)
		if fault == WrongAmount {
			a.body = otherAmount(a.body)
		}
		if fault == ErrorAfter {
			a = answer{http.StatusInternalServerError, ""}
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}
}

// isLookup reports whether a request only asks.
func isLookup(r *http.Request) bool {
	return r.Method == http.MethodGet || strings.Contains(r.URL.Path, "/advanced_search")
}

// Requests lists what arrived: "POST /transactions {…}".
func (g *Gateway) Requests() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.requests...)
}

// RefuseRequestKeys makes every request with a request key fail with 915231,
// as for accounts that do not have them.
func (g *Gateway) RefuseRequestKeys(on bool) { g.set(func() { g.noKeys = on }) }

// KeepFailedKeys makes a request key whose request was refused answer 915234
// ever after; otherwise it is free again.
func (g *Gateway) KeepFailedKeys(on bool) { g.set(func() { g.failedStick = on }) }

// ConsumeOnDecline makes a declined sale use the token up.
func (g *Gateway) ConsumeOnDecline(on bool) { g.set(func() { g.consumeAll = on }) }

// SetSearchLag makes searches miss transactions younger than d.
func (g *Gateway) SetSearchLag(d time.Duration) { g.set(func() { g.searchLag = d }) }

func (g *Gateway) set(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
}
