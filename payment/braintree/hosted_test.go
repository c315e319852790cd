package braintree_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/secret"
)

var page = payment.HostedCharge{
	Charge: payment.Charge{AttemptID: "pay_page", SessionID: "cs_page", OrderID: "ord_1", Amount: 1999, Currency: "usd", MerchantID: merchantID},
	Lines:  []payment.HostedLine{{Title: "Running shoe", Quantity: 1, Amount: 1499}, {Title: "Delivery", Quantity: 1, Amount: 500}},
}

func TestBuildHosted(t *testing.T) {
	w := newWorld(t)
	const want = `{"client_token":{"version":2,"merchant_account_id":"acme_usd"}}`
	if body, err := w.provider.BuildHosted(page); err != nil || string(body) != want {
		t.Errorf("%s, %v", body, err)
	}
	for name, change := range map[string]func(*payment.HostedCharge){
		"a token":         func(c *payment.HostedCharge) { c.Credential.Token = secret.New("tokencc_1") },
		"other lines":     func(c *payment.HostedCharge) { c.Amount = 1998 },
		"no amount":       func(c *payment.HostedCharge) { c.Amount, c.Lines = 0, nil },
		"a currency more": func(c *payment.HostedCharge) { c.Currency = "chf" },
	} {
		c := page
		change(&c)
		if _, err := w.provider.BuildHosted(c); err == nil {
			t.Errorf("%s was built", name)
		}
	}
}

// The script's nonce is charged as an attempt of its own; the page's own
// attempt takes no money and waits until it is closed.
func TestPage(t *testing.T) {
	w := newWorld(t)
	body, err := w.provider.BuildHosted(page)
	if err != nil {
		t.Fatal(err)
	}
	opened, r, err := w.provider.OpenHosted(t.Context(), "acp_pay_page", body)
	if err != nil || r.Class != payment.ClassPending || opened.URL != "" || opened.ClientToken.IsZero() || !opened.ExpiresAt.After(w.now()) {
		t.Fatalf("%+v, %+v, %v", opened, r, err)
	}
	a := payment.Attempt{ID: "pay_page", SessionID: "cs_page", CreatedAt: w.now()}
	if r, err := w.provider.ReconcileHosted(t.Context(), a, opened.Ref, ""); err != nil || r.Class != payment.ClassPending {
		t.Errorf("an open page: %+v, %v", r, err)
	}
	if r, err := w.provider.CloseHosted(t.Context(), a, opened.Ref); err != nil || r.Class != payment.ClassNotFound {
		t.Errorf("a closed page: %+v, %v", r, err)
	}
	nonce := w.Mint(braintreetest.Allowance{Outcome: braintreetest.Approve, SessionID: "cs_page", MaxAmount: 1999, Lifetime: 3 * time.Hour})
	x := w.tryWith(t, "page", nonce)
	x.send(t, payment.ClassCaptured)
	for name, ask := range map[string]func() (payment.Result, error){
		"reconcile": func() (payment.Result, error) { return w.provider.ReconcileHosted(t.Context(), a, "", "nonce") },
		"close":     func() (payment.Result, error) { return w.provider.CloseHosted(t.Context(), a, "") },
	} {
		if r, err := ask(); err != nil || r.Class != payment.ClassCaptured || r.Amount != 1999 {
			t.Errorf("%s of a paid page: %+v, %v", name, r, err)
		}
		w.Break(braintreetest.LookupFails)
		if r, err := ask(); err != nil || r.Class != payment.ClassUnknown {
			t.Errorf("%s without an answer: %+v, %v", name, r, err)
		}
	}
}

// Braintree's page is a script on a page of ours. As often as it is opened, in
// however many tabs, it takes no money; each nonce that it gives is charged
// once, as an attempt of its own, and the money moves later as any other.
func TestTheDropInTakesNoMoney(t *testing.T) {
	w := newWorld(t)
	held := page
	held.Capture = payment.CaptureLater
	body, err := w.provider.BuildHosted(held)
	if err != nil {
		t.Fatal(err)
	}
	a := payment.Attempt{ID: page.AttemptID, SessionID: page.SessionID, Kind: payment.OnPage, CreatedAt: w.now()}
	for _, fault := range []braintreetest.Fault{"", braintreetest.DropAfter, braintreetest.ErrorAfter, braintreetest.DropBefore, braintreetest.RateLimited} {
		want := payment.ClassPending
		if fault != "" {
			w.Break(fault)
			want = payment.ClassUnknown
		}
		if fault == braintreetest.RateLimited {
			want = payment.ClassRateLimited
		}
		if _, r, err := w.provider.OpenHosted(t.Context(), "acp_pay_page", body); err != nil || r.Class != want {
			t.Errorf("%s: %+v, %v", fault, r, err)
		}
		again, r, err := w.provider.OpenHosted(t.Context(), "acp_pay_page", body)
		if err != nil || r.Class != payment.ClassPending || again.ClientToken.IsZero() {
			t.Errorf("%s, again: %+v, %v", fault, r, err)
		}
		for _, result := range []string{"", "success", "fake-valid-nonce"} {
			if r, err := w.provider.ReconcileHosted(t.Context(), a, "", result); err != nil || r.Class != payment.ClassPending {
				t.Errorf("%q: %+v, %v", result, r, err)
			}
		}
	}
	if b := w.Books(page.SessionID); b != (braintreetest.Books{}) {
		t.Fatalf("an open page took %+v", b)
	}
	psp := w.StandIn()
	nonce := func(o paymenttest.Outcome) secret.String {
		return secret.New(psp.Mint(paymenttest.Allowance{Outcome: o, SessionID: page.SessionID, MaxAmount: 1999, Currency: "usd", Lifetime: 3 * time.Hour}))
	}
	pay := func(id string, nonce secret.String) payment.Result {
		t.Helper()
		c := held.Charge
		c.AttemptID, c.Credential.Token = id, nonce
		body, err := w.provider.Build(c)
		if err != nil {
			t.Fatal(err)
		}
		r, err := w.provider.Send(t.Context(), "acp_"+id, body)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := pay("pay_first", nonce(paymenttest.Decline)); r.Class != payment.ClassDeclined {
		t.Fatalf("%+v", r)
	}
	second := nonce(paymenttest.Approve)
	r := pay("pay_second", second)
	if r.Class != payment.ClassAuthorized || r.Amount != 1999 || r.PSPRef == "" {
		t.Fatalf("%+v", r)
	}
	if r := pay("pay_second", second); r.Class != payment.ClassAuthorized { // the other tab posts the nonce again
		t.Errorf("%+v", r)
	}
	if r := pay("pay_third", second); r.Class != payment.ClassTokenUsed {
		t.Errorf("%+v", r)
	}
	op := payment.Op{ID: "op_1", Kind: payment.OpCapture, PSPRef: r.PSPRef, Amount: 1200, Currency: "usd", Key: "acp_op_1", CreatedAt: w.now()}
	if r := operate(t, w.provider, op); r.Class != payment.ClassCaptured || r.Amount != 1200 {
		t.Errorf("%+v", r)
	}
	if b := w.Books(page.SessionID); b != (braintreetest.Books{Charges: 1, Taken: 1200}) {
		t.Errorf("%+v", b)
	}
	if r, err := w.provider.CloseHosted(t.Context(), a, ""); err != nil || r.Class != payment.ClassNotFound {
		t.Errorf("the page's own attempt took nothing: %+v, %v", r, err)
	}
}

func TestOpenHostedClassifies(t *testing.T) {
	const token = `<client-token><value>abc</value></client-token>`
	for _, c := range []struct {
		status int
		body   string
		want   payment.Class
	}{
		{201, token, payment.ClassPending},
		{200, token, payment.ClassPending},
		{201, `<client-token/>`, payment.ClassUnknown},
		{201, ``, payment.ClassUnknown},
		{401, ``, payment.ClassConfig},
		{422, refusedWith("92807"), payment.ClassConfig},
		{422, `<html>`, payment.ClassUnknown},
		{429, ``, payment.ClassRateLimited},
		{500, token, payment.ClassUnknown},
	} {
		opened, r, err := answering(t, c.status, c.body).OpenHosted(t.Context(), "k", []byte("{}"))
		if err != nil || r.Class != c.want || (opened.ClientToken.Reveal() == "abc") != (c.want == payment.ClassPending) {
			t.Errorf("%d %s: %+v, %+v, %v", c.status, c.body, opened, r, err)
		}
	}
	w := newWorld(t, func(c *braintree.Config) { c.BaseURL = paymenttest.Unreachable })
	if _, _, err := w.provider.OpenHosted(t.Context(), "k", []byte("{}")); !errors.Is(err, payment.ErrNotSent) || strings.Contains(err.Error(), privateKey) {
		t.Errorf("unreachable: %v", err)
	}
}
