package braintree_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/secret"
)

func TestNewSaysWhatIsWrong(t *testing.T) {
	for name, change := range map[string]func(*braintree.Config){
		"sandbox": func(*braintree.Config) {},
		"live":    func(c *braintree.Config) { c.Live = true },
		"all options": func(c *braintree.Config) {
			c.TokenField, c.NoRequestKeys, c.SearchLag, c.Decimals = braintree.SharedNonceField, true, time.Minute, payment.Scale{"isk": 2}
		},
	} {
		c := config(t)
		change(&c)
		if _, err := braintree.New(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct {
		field  string
		change func(*braintree.Config)
	}{
		{"merchant_id", func(c *braintree.Config) { c.MerchantID = "" }},
		{"merchant_id", func(c *braintree.Config) { c.MerchantID = "acme/../other" }},
		{"public_key", func(c *braintree.Config) { c.PublicKey = "" }},
		{"public_key", func(c *braintree.Config) { c.PublicKey = "a|b" }},
		{"public_key", func(c *braintree.Config) { c.PublicKey = "sandbox_f252zhq7_hh4cpc39zq4rgjcg" }},
		{"key is empty", func(c *braintree.Config) { c.PrivateKey = secret.String{} }},
		{"key is an OAuth", func(c *braintree.Config) { c.PrivateKey = secret.New("access_token$production$abc$def") }},
		{"key is a tokenization", func(c *braintree.Config) { c.PrivateKey = secret.New("production_f252zhq7_hh4cpc39zq4rgjcg") }},
		{"the same", func(c *braintree.Config) { c.PrivateKey = secret.New(c.PublicKey) }},
		{"url", func(c *braintree.Config) { c.BaseURL = "api.braintreegateway.com" }},
		{"other mode", func(c *braintree.Config) { c.BaseURL = braintree.LiveURL }},
		{"other mode", func(c *braintree.Config) { c.Live, c.BaseURL = true, braintree.SandboxURL }},
		{"https", func(c *braintree.Config) { c.Live, c.BaseURL = true, "http://gateway.example.com" }},
		{"merchant_accounts", func(c *braintree.Config) { c.MerchantAccounts = nil }},
		{"merchant_accounts", func(c *braintree.Config) { c.MerchantAccounts = map[string]string{"USD": "acme_usd"} }},
		{"merchant_accounts.usd", func(c *braintree.Config) { c.MerchantAccounts = map[string]string{"usd": ""} }},
		{"one currency", func(c *braintree.Config) { c.MerchantAccounts = map[string]string{"usd": "acme", "eur": "acme"} }},
		{"timeout", func(c *braintree.Config) { c.Timeout = -1 }},
		{"timeout", func(c *braintree.Config) { c.Timeout = time.Hour }},
		{"search_lag", func(c *braintree.Config) { c.SearchLag = -1 }},
		{"token_field", func(c *braintree.Config) { c.TokenField = "nonce" }},
		{"session_field", func(c *braintree.Config) { c.SessionField = "ACP session" }},
		{"decimals", func(c *braintree.Config) { c.Decimals = payment.Scale{"isk": 7} }},
		{"codes", func(c *braintree.Config) { c.Codes = map[string]payment.Class{"x": payment.ClassDeclined} }},
		{"codes", func(c *braintree.Config) { c.Codes = map[string]payment.Class{"999901": payment.ClassCaptured} }},
		{"codes", func(c *braintree.Config) { c.Codes = map[string]payment.Class{"999901": payment.ClassNotFound} }},
		{"request key", func(c *braintree.Config) { c.Codes = map[string]payment.Class{"915232": payment.ClassDeclined} }},
	} {
		cfg := config(t)
		c.change(&cfg)
		_, err := braintree.New(cfg)
		if err == nil || !strings.Contains(err.Error(), c.field) {
			t.Errorf("%s: %v", c.field, err)
		}
		if err != nil && !cfg.PrivateKey.IsZero() && strings.Contains(err.Error(), cfg.PrivateKey.Reveal()) && cfg.PublicKey != cfg.PrivateKey.Reveal() {
			t.Errorf("%v shows the key", err)
		}
	}
}

func TestReusableAreTheSandboxsOwnNonces(t *testing.T) {
	w := newWorld(t)
	cfg := config(t)
	cfg.Live = true
	live, err := braintree.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]bool{
		"fake-valid-nonce": true, "fake-processor-declined-visa-nonce": true,
		"tokencc_bh_123456": false, "fake-valid": false, "nonce": false, "": false,
	} {
		c := payment.Credential{Token: secret.New(token)}
		if got := w.provider.Reusable(c); got != want {
			t.Errorf("%q: %v", token, got)
		}
		if live.Reusable(c) {
			t.Errorf("%q is reusable in live mode", token)
		}
	}
}

// Printing what goes wrong shows neither key nor token.
func TestErrorsAreDiscreet(t *testing.T) {
	w := newWorld(t, func(c *braintree.Config) { c.BaseURL = paymenttest.Unreachable })
	body, err := w.provider.Build(charge)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.provider.Send(t.Context(), "k", body)
	_, listErr := w.list(t, time.Now().Add(-time.Hour), time.Now())
	for _, secret := range []string{privateKey, charge.Credential.Token.Reveal()} {
		if text := fmt.Sprintf("%v %v %+v %#v", err, listErr, w.provider, *w.provider); strings.Contains(text, secret) {
			t.Errorf("%s shows %q", text, secret)
		}
	}
}
