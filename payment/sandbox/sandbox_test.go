package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/sandbox"
	psp "github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
)

var charge = payment.Charge{AttemptID: "pay_1", SessionID: "cs_1", OrderID: "ord_1", Amount: 1999, Currency: "usd",
	Credential: payment.Credential{Type: "spt", Token: secret.New("tok_visa")}, MerchantID: shop,
	BuyerEmail: "buyer@example.com", StatementText: "The Very Long Name of a Shop"}

func TestNewSaysWhatIsWrong(t *testing.T) {
	good := sandbox.Config{BaseURL: "https://psp.example.com/base", MerchantKey: secret.New(merchantKey), MerchantID: shop}
	if _, err := sandbox.New(good); err != nil {
		t.Errorf("a good configuration: %v", err)
	}
	for field, change := range map[string]func(*sandbox.Config){
		"url":         func(c *sandbox.Config) { c.BaseURL = "psp.example.com" },
		"key":         func(c *sandbox.Config) { c.MerchantKey = secret.String{} },
		"merchant_id": func(c *sandbox.Config) { c.MerchantID = "" },
		"timeout":     func(c *sandbox.Config) { c.Timeout = -1 },
	} {
		c := good
		change(&c)
		if _, err := sandbox.New(c); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestBuildBytes(t *testing.T) {
	p := adapter(t, "http://127.0.0.1:1", merchantKey)
	got, err := p.Build(charge)
	const want = `{"token":"tok_visa","amount":1999,"currency":"usd","merchant_id":"acme_store","checkout_session_id":"cs_1",` +
		`"reference":"pay_1","capture":true,"statement_descriptor":"The Very Long Name of","metadata":{"order_id":"ord_1"}}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
	for name, change := range map[string]func(*payment.Charge){
		"upper-case currency": func(c *payment.Charge) { c.Currency = "USD" },
		"another account":     func(c *payment.Charge) { c.MerchantID = otherShop },
		"a huge token":        func(c *payment.Charge) { c.Credential.Token = secret.New(strings.Repeat("x", 4097)) },
		"no session":          func(c *payment.Charge) { c.SessionID = "" },
	} {
		c := charge
		change(&c)
		if _, err := p.Build(c); err == nil {
			t.Errorf("%s was built", name)
		}
	}
}

func TestReusableNamesThePSPsStaticTokens(t *testing.T) {
	p := adapter(t, "http://127.0.0.1:1", merchantKey)
	for _, s := range psp.StaticTokens() {
		if !p.Reusable(payment.Credential{Token: secret.New(s.Token)}) {
			t.Errorf("%s is not reusable", s.Token)
		}
	}
	for _, token := range []string{"vt_1", "tok_", "tok_Visa", ""} {
		if p.Reusable(payment.Credential{Token: secret.New(token)}) {
			t.Errorf("%q is reusable", token)
		}
	}
}

// What is not clearly an answer of the PSP is unknown.
func TestSendClassifies(t *testing.T) {
	const captured = `{"id": "ch_1", "status": "captured", "amount": 1999, "amount_captured": 1999, "currency": "usd"}`
	for _, c := range []struct {
		status int
		body   string
		want   payment.Class
	}{
		{201, captured, payment.ClassCaptured},
		{201, strings.Replace(captured, "captured", "authorized", 1), payment.ClassAuthorized},
		{201, strings.Replace(captured, "captured", "processing", 1), payment.ClassPending},
		{201, strings.Replace(captured, "captured", "teleported", 1), payment.ClassUnknown},
		{201, strings.Replace(captured, "ch_1", "", 1), payment.ClassUnknown},
		{201, `{}`, payment.ClassUnknown},
		{201, captured[:20], payment.ClassUnknown},
		{201, captured + captured, payment.ClassUnknown},
		{201, `{"pad": "` + strings.Repeat("x", 1<<20) + `"}`, payment.ClassUnknown},
		{200, captured, payment.ClassUnknown},
		{204, ``, payment.ClassUnknown},
		{302, captured, payment.ClassUnknown},
		{400, `{"code": "invalid"}`, payment.ClassProcessorError},
		{400, `<html>`, payment.ClassUnknown},
		{401, ``, payment.ClassConfig},
		{403, `{"code": "forbidden"}`, payment.ClassConfig},
		{402, `{"code": "card_declined", "charge": {"id": "ch_1", "status": "declined", "decline_code": "card_declined"}}`, payment.ClassDeclined},
		{402, `{"code": "card_declined"}`, payment.ClassUnknown},
		{404, `{"code": "not_found"}`, payment.ClassUnknown},
		{404, `{"code": "token_not_found"}`, payment.ClassUnknown},
		{409, `{"code": "idempotency_in_flight"}`, payment.ClassUnknown},
		{409, `{"code": "reference_in_use"}`, payment.ClassUnknown},
		{409, `{"code": "reference_closed"}`, payment.ClassUnknown},
		{422, `{"code": "idempotency_conflict"}`, payment.ClassUnknown},
		{422, `{"code": "token_revoked"}`, payment.ClassTokenExpired},
		{422, `{"code": "something_new"}`, payment.ClassUnknown},
		{429, ``, payment.ClassRateLimited},
		{500, captured, payment.ClassUnknown},
		{503, `{"code": "card_declined"}`, payment.ClassUnknown},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
			w.Header().Set("Request-Id", "req_7")
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		}))
		r, err := adapter(t, srv.URL, merchantKey).Send(t.Context(), "k", []byte("{}"))
		if err != nil || r.Class != c.want {
			t.Errorf("%d %.60s: got %+v, %v, want %s", c.status, c.body, r, err, c.want)
		}
		if err == nil && r.RequestID != "req_7" && len(c.body) < 1<<20 {
			t.Errorf("%d %.60s: request id %q", c.status, c.body, r.RequestID)
		}
		srv.Close()
	}
}

// A no counts only when the PSP gives it in full.
func TestReconcileClassifies(t *testing.T) {
	const none, closed = `{"charges": [], "closed": false}`, `{"charges": [], "closed": true}`
	one := `{"charges": [{"id": "ch_1", "status": "captured", "reference": "pay_1"}], "closed": false}`
	for _, c := range []struct {
		name         string
		status       int
		look, closes string
		want         payment.Class
	}{
		{"found", 200, one, "", payment.ClassCaptured},
		{"found when closing", 200, none, one, payment.ClassCaptured},
		{"none, and closed", 200, none, closed, payment.ClassNotFound},
		{"none, and not closed", 200, none, none, payment.ClassUnknown},
		{"of another reference", 200, strings.Replace(one, "pay_1", "pay_2", 1), "", payment.ClassUnknown},
		{"no list", 200, `{}`, closed, payment.ClassUnknown},
		{"nonsense", 200, `nonsense`, closed, payment.ClassUnknown},
		{"nonsense when closing", 200, none, `nonsense`, payment.ClassUnknown},
		{"not found", 404, none, closed, payment.ClassUnknown},
		{"keys refused", 401, none, closed, payment.ClassUnknown},
		{"an error", 500, none, closed, payment.ClassUnknown},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(c.status)
			if r.Method == http.MethodGet {
				io.WriteString(w, c.look)
			} else {
				io.WriteString(w, c.closes)
			}
		}))
		r, err := adapter(t, srv.URL, merchantKey).Reconcile(t.Context(), payment.Attempt{ID: "pay_1"})
		if err != nil || r.Class != c.want {
			t.Errorf("%s: got %+v, %v, want %s", c.name, r, err, c.want)
		}
		srv.Close()
	}
}

// A PSP whose certificate is not trusted got nothing.
func TestUntrustedCertificateIsNotSent(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the request arrived") }))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	defer srv.Close()
	if _, err := adapter(t, srv.URL, merchantKey).Send(t.Context(), "k", []byte("{}")); !errors.Is(err, payment.ErrNotSent) {
		t.Errorf("got %v", err)
	}
}

// net/http would repeat a request with an Idempotency-Key when a kept-alive
// connection breaks; the adapter does not let it.
func TestOneSendIsOnePost(t *testing.T) {
	var posts atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if posts.Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	p := adapter(t, srv.URL, merchantKey)
	for range 2 { // the second finds the connection of the first
		if r, err := p.Send(t.Context(), "k", []byte("{}")); err != nil || r.Class != payment.ClassUnknown {
			t.Errorf("got %+v, %v", r, err)
		}
	}
	if n := posts.Load(); n != 2 {
		t.Errorf("%d requests for two sends", n)
	}
}

// slowLane stands before the PSP and can hold one charge back.
type slowLane struct {
	psp  http.Handler
	hold atomic.Bool
	held chan struct{}
	free chan struct{}
	done chan struct{}
}

func (l *slowLane) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if r.URL.Path == "/v1/charges" && r.Method == http.MethodPost && l.hold.CompareAndSwap(true, false) {
		close(l.held)
		<-l.free
		defer close(l.done)
	}
	l.psp.ServeHTTP(w, r)
}

// A request that arrives after the PSP said "there is no charge and will be
// none" charges nothing; the same request sent again afterwards charges once.
func TestNotFoundIsDefinite(t *testing.T) {
	w := newWorld(t)
	lane := &slowLane{psp: w.psp.Handler(), held: make(chan struct{}), free: make(chan struct{}), done: make(chan struct{})}
	srv := httptest.NewServer(lane)
	defer srv.Close()
	p := adapter(t, srv.URL, merchantKey)
	body, err := p.Build(charge)
	if err != nil {
		t.Fatal(err)
	}
	attempt := payment.Attempt{ID: charge.AttemptID}

	lane.hold.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-lane.held; cancel() }()
	if r, err := p.Send(ctx, "k", body); err != nil || r.Class != payment.ClassUnknown {
		t.Fatalf("Send: %+v, %v", r, err)
	}
	if r, err := p.Reconcile(t.Context(), attempt); err != nil || r.Class != payment.ClassNotFound {
		t.Fatalf("Reconcile: %+v, %v", r, err)
	}
	close(lane.free)
	<-lane.done
	if got := w.books(t, charge.SessionID); got.Charges != 0 {
		t.Fatalf("the late request charged: %+v", got)
	}
	if r, err := p.Send(t.Context(), "k", body); err != nil || r.Class != payment.ClassCaptured {
		t.Errorf("sent again: %+v, %v", r, err)
	}
	if got := w.books(t, charge.SessionID); got.Charges != 1 || got.Taken != 1999 {
		t.Errorf("books: %+v", got)
	}
}

// While a slow card is processed, the PSP says so, and the answer comes in the
// end.
func TestProcessingIsPending(t *testing.T) {
	w := newWorld(t)
	token := w.issue(t, "4000000000000077", shop, "cs_slow", "usd", 1999, time.Hour)
	c := charge
	c.AttemptID, c.SessionID, c.Credential.Token = "pay_slow", "cs_slow", secret.New(token)
	body, err := w.provider.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		r   payment.Result
		err error
	}
	answer := make(chan outcome, 1)
	go func() {
		r, err := w.provider.Send(context.WithoutCancel(t.Context()), "k", body)
		answer <- outcome{r, err}
	}()
	pending := false
	for {
		select {
		case a := <-answer:
			if a.err != nil || a.r.Class != payment.ClassCaptured || !pending {
				t.Errorf("got %+v, %v; pending seen: %v", a.r, a.err, pending)
			}
			return
		default:
		}
		l, err := w.psp.Ledger(t.Context(), "cs_slow")
		if err != nil {
			t.Fatal(err)
		}
		if len(l.List) == 0 {
			continue // not there yet: asking now would close the reference
		}
		r, err := w.provider.Reconcile(t.Context(), payment.Attempt{ID: "pay_slow"})
		if err != nil || (r.Class != payment.ClassPending && r.Class != payment.ClassCaptured) {
			t.Errorf("Reconcile: %+v, %v", r, err)
		}
		pending = pending || r.Class == payment.ClassPending
	}
}

// Printing what goes wrong shows neither key nor token.
func TestErrorsAreDiscreet(t *testing.T) {
	p := adapter(t, paymenttest.Unreachable, merchantKey)
	body, err := p.Build(charge)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Send(t.Context(), "k", body)
	for _, secret := range []string{merchantKey, "tok_visa"} {
		if strings.Contains(fmt.Sprintf("%v %+v", err, p), secret) {
			t.Errorf("%v shows %q", err, secret)
		}
	}
}
