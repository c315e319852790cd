package braintree_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
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
	w := newWorld(t, func(c *braintree.Config) { c.BaseURL = closedPort(t) })
	if _, _, err := w.provider.OpenHosted(t.Context(), "k", []byte("{}")); !errors.Is(err, payment.ErrNotSent) || strings.Contains(err.Error(), privateKey) {
		t.Errorf("unreachable: %v", err)
	}
}
