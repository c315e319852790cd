package braintree_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/secret"
)

// demanding is a try that the shop wants to have authenticated; what changes the
// charge further.
func (w *world) demanding(t *testing.T, id, token string, change ...func(*payment.Charge)) try {
	t.Helper()
	x := w.tryWith(t, id, token)
	c := charge
	c.AttemptID, c.SessionID, c.RequireAuthentication = x.attempt.ID, x.attempt.SessionID, true
	c.Credential.Token = secret.New(token)
	for _, f := range change {
		f(&c)
	}
	body, err := w.provider.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	x.body = body
	return x
}

func with(proof payment.Proof) func(*payment.Charge) {
	return func(c *payment.Charge) { c.Proof = &proof }
}

// sales counts the sales that the gateway was asked for.
func (w *world) sales() (n int) {
	for _, r := range w.Requests() {
		if strings.HasPrefix(r, "POST /transactions ") {
			n++
		}
	}
	return n
}

func TestBuildBytesOf3DSecure(t *testing.T) {
	p := newWorld(t).provider
	proof := paymenttest.AnyProof(t, charge)
	for name, c := range map[string]struct {
		change func(*payment.Charge)
		want   string
	}{
		"demanded": {func(c *payment.Charge) { c.RequireAuthentication = true }, `"options":{"submit_for_settlement":true,"three_d_secure":{"required":true}}}}`},
		"proved": {func(c *payment.Charge) { c.RequireAuthentication, c.Proof = true, &proof },
			`"three_d_secure_pass_thru":{"eci_flag":"05","cavv":"AQIDBAUGBwgJCgsMDQ4PEBESExQ=","ds_transaction_id":"c4e59ceb-a382-4d6a-bc87-385d591fa09d",` +
				`"three_d_secure_version":"2.2.0","directory_response":"Y"},"options":{"submit_for_settlement":true}}}`},
		"attempted, in a short version": {func(c *payment.Charge) {
			x := proof
			x.Status, x.ECI, x.Version = payment.Attempted, "06", "2.1"
			c.Proof = &x
		}, `"three_d_secure_version":"2.1.0","directory_response":"A"},"options":{"submit_for_settlement":true}}}`},
		"informational": {func(c *payment.Charge) {
			x := proof
			x.Status, x.ECI = payment.Informational, "07"
			c.Proof = &x
		}, `"three_d_secure_version":"2.2.0"},"options":{"submit_for_settlement":true}}}`},
	} {
		ch := charge
		c.change(&ch)
		if got, err := p.Build(ch); err != nil || !strings.HasSuffix(string(got), c.want) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

// A token works once. What the shop demands is asked for before it is used up.
func TestADemandLeavesTheTokenAsItIs(t *testing.T) {
	w := newWorld(t)
	w.ConsumeOnDecline(true)
	x := w.demanding(t, "1", w.try(t, "1", braintreetest.Approve).token)
	for range 2 { // and repeated
		if r := x.send(t, payment.ClassRequiresAction); r.Brand != "visa" || r.PSPRef != "" {
			t.Errorf("%+v", r)
		}
	}
	if w.sales() != 0 || !slices.ContainsFunc(w.Requests(), func(r string) bool { return strings.HasPrefix(r, "GET /payment_method_nonces/tokencc_") }) {
		t.Errorf("asked for %q", w.Requests())
	}
	y := w.demanding(t, "2", x.token, with(paymenttest.AnyProof(t, charge)))
	y.send(t, payment.ClassCaptured)
	y.send(t, payment.ClassCaptured) // and repeated
	if b := w.Books("cs_2"); b.Charges != 1 || w.Books("cs_1").Charges != 0 {
		t.Errorf("%+v", b)
	}
}

// A token that the gateway does not show is for the gateway to decide about: it
// rejects what is not authenticated.
func TestADemandOfATokenThatIsNotShown(t *testing.T) {
	w := newWorld(t)
	w.HideTokens(true)
	x := w.demanding(t, "1", w.try(t, "1", braintreetest.Approve).token)
	if r := x.send(t, payment.ClassRequiresAction); r.Brand != "" {
		t.Errorf("%+v: the token may be used up", r)
	}
	if w.sales() != 1 || w.Books("cs_1").Charges != 0 {
		t.Errorf("%d sales, %+v", w.sales(), w.Books("cs_1"))
	}
	x.reconcile(t, payment.ClassRequiresAction)
}

// One that was authenticated when it was made needs no more; a lost answer is
// learned as that of any sale.
func TestADemandOfATokenThatIsAuthenticated(t *testing.T) {
	w := newWorld(t)
	x := w.demanding(t, "1", w.try(t, "1", braintreetest.ApproveAndDrop).token)
	w.Shift(x.token)
	x.send(t, payment.ClassUnknown)
	x.send(t, payment.ClassCaptured)
	if b := w.Books("cs_1"); b.Charges != 1 {
		t.Errorf("%+v", b)
	}
}

func TestADemandOfACardOfTheVault(t *testing.T) {
	w := newWorld(t)
	stored := w.Vault("customer-7", braintreetest.Approve)
	kept := func(c *payment.Charge) { c.Credential.Stored = stored }
	x := w.demanding(t, "1", "tokencc_1", kept)
	if r := x.send(t, payment.ClassRequiresAction); r.Brand != "visa" || w.sales() != 0 {
		t.Errorf("%+v, %d sales", r, w.sales())
	}
	w.demanding(t, "2", "tokencc_1", kept, with(paymenttest.AnyProof(t, charge))).send(t, payment.ClassCaptured)
}

// A proof that the gateway does not take is a no, and not a doubt.
func TestProofsThatAreRefused(t *testing.T) {
	for name, change := range map[string]func(*payment.Proof){
		"indicator": func(p *payment.Proof) { p.ECI = "99" },
		"version":   func(p *payment.Proof) { p.Version = "two.two.zero" },
	} {
		w := newWorld(t)
		proof := paymenttest.AnyProof(t, charge)
		change(&proof)
		x := w.demanding(t, "1", w.try(t, "1", braintreetest.Approve).token, with(proof))
		x.send(t, payment.ClassDeclined)
		if w.Books("cs_1").Charges != 0 {
			t.Errorf("%s: charged", name)
		}
	}
}

// What cannot be part of an address is not looked up.
func TestADemandOfATokenThatIsNoToken(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{"../transactions/x", "a/b", "a?b", "a%2fb", strings.Repeat("x", 300)} {
		x := w.demanding(t, "1", token)
		x.attempt.CreatedAt = x.attempt.CreatedAt.Add(-time.Hour)
		x.send(t, payment.ClassTokenExpired)
	}
	for _, r := range w.Requests() {
		if strings.HasPrefix(r, "GET") {
			t.Errorf("asked for %q", r)
		}
	}
}

// A lookup that fails uses no token up: it is made again, and nothing is taken
// for an answer meanwhile.
func TestADemandThatCannotBeLookedUp(t *testing.T) {
	w := newWorld(t)
	w.ConsumeOnDecline(true)
	x := w.demanding(t, "1", w.try(t, "1", braintreetest.Approve).token)
	w.Break(braintreetest.LookupFails)
	x.send(t, payment.ClassUnknown)
	x.send(t, payment.ClassRequiresAction)
	if w.sales() != 0 {
		t.Errorf("%d sales", w.sales())
	}
	w.demanding(t, "2", x.token, with(paymenttest.AnyProof(t, charge))).send(t, payment.ClassCaptured)

	for status, class := range map[int]payment.Class{401: payment.ClassConfig, 403: payment.ClassConfig, 429: payment.ClassRateLimited,
		500: payment.ClassUnknown, 503: payment.ClassUnknown, 302: payment.ClassUnknown} {
		psp := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				t.Errorf("%d: %s %s", status, r.Method, r.URL)
			}
			rw.WriteHeader(status)
		}))
		x.p = w.adapter(t, func(c *braintree.Config) { c.BaseURL = psp.URL })
		x.send(t, class)
		psp.CloseClientConnections()
		psp.Close()
	}
	x.p = w.adapter(t, func(c *braintree.Config) { c.BaseURL = paymenttest.Unreachable })
	if _, err := x.p.Send(t.Context(), x.attempt.IdemKey, x.body); !errors.Is(err, payment.ErrNotSent) {
		t.Errorf("%v", err)
	}
}
