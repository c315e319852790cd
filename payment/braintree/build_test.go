package braintree_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/secret"
	"pgregory.net/rapid"
)

var charge = payment.Charge{AttemptID: "pay_1", SessionID: "cs_1", OrderID: "ord_1", Amount: 1999, Currency: "usd",
	Credential: payment.Credential{Type: "spt", Token: secret.New("tokencc_1")}, MerchantID: merchantID,
	BuyerEmail: "buyer@example.com", StatementText: "The Very Long Name of a Shop",
	Billing: &acp.Address{Name: "Test Buyer", LineOne: "1 Main Street", City: "Springfield", State: "IL", PostalCode: "62701", Country: "US"}}

func TestBuildBytes(t *testing.T) {
	for _, c := range []struct {
		name   string
		config func(*braintree.Config)
		charge func(*payment.Charge)
		want   string
	}{
		{"as configured", nil, nil,
			`{"transaction":{"type":"sale","amount":"19.99","merchant_account_id":"acme_usd","order_id":"pay_1","payment_method_nonce":"tokencc_1",` +
				`"custom_fields":{"acp_session_id":"cs_1"},"options":{"submit_for_settlement":true}}}`},
		{"no custom field", func(c *braintree.Config) { c.SessionField = "" }, nil,
			`{"transaction":{"type":"sale","amount":"19.99","merchant_account_id":"acme_usd","order_id":"pay_1","payment_method_nonce":"tokencc_1",` +
				`"options":{"submit_for_settlement":true}}}`},
		{"captured later", nil, func(c *payment.Charge) { c.Capture = payment.CaptureLater },
			`{"transaction":{"type":"sale","amount":"19.99","merchant_account_id":"acme_usd","order_id":"pay_1","payment_method_nonce":"tokencc_1",` +
				`"custom_fields":{"acp_session_id":"cs_1"},"options":{"submit_for_settlement":false}}}`},
		{"a shared nonce, yen", func(c *braintree.Config) { c.TokenField = braintree.SharedNonceField }, func(c *payment.Charge) { c.Currency = "jpy" },
			`{"transaction":{"type":"sale","amount":"1999","merchant_account_id":"acme_jpy","order_id":"pay_1","shared_payment_method_nonce":"tokencc_1",` +
				`"custom_fields":{"acp_session_id":"cs_1"},"options":{"submit_for_settlement":true}}}`},
		{"a nonce of the drop-in, where agents bring shared ones", func(c *braintree.Config) { c.TokenField = braintree.SharedNonceField },
			func(c *payment.Charge) { c.Credential.Type = payment.FromScript },
			`{"transaction":{"type":"sale","amount":"19.99","merchant_account_id":"acme_usd","order_id":"pay_1","payment_method_nonce":"tokencc_1",` +
				`"custom_fields":{"acp_session_id":"cs_1"},"options":{"submit_for_settlement":true}}}`},
		{"a card of the vault, without an address", func(c *braintree.Config) { c.SendBilling, c.TokenField = true, braintree.SharedNonceField },
			func(c *payment.Charge) { c.Credential.Stored = payment.Stored{Customer: "customer-7", Card: "f4kr2h"} },
			`{"transaction":{"type":"sale","amount":"19.99","merchant_account_id":"acme_usd","order_id":"pay_1","payment_method_token":"f4kr2h","customer_id":"customer-7",` +
				`"custom_fields":{"acp_session_id":"cs_1"},"options":{"submit_for_settlement":true}}}`},
		{"all that can be sent", func(c *braintree.Config) { c.SendBilling = true }, func(c *payment.Charge) { c.StatementText = "ACME   *Running shoe" },
			`{"transaction":{"type":"sale","amount":"19.99","merchant_account_id":"acme_usd","order_id":"pay_1","payment_method_nonce":"tokencc_1",` +
				`"custom_fields":{"acp_session_id":"cs_1"},"descriptor":{"name":"ACME   *Running shoe"},` +
				`"billing":{"first_name":"Test Buyer","street_address":"1 Main Street","locality":"Springfield","region":"IL","postal_code":"62701","country_code_alpha2":"US"},` +
				`"options":{"submit_for_settlement":true}}}`},
	} {
		cfg := config(t)
		if c.config != nil {
			c.config(&cfg)
		}
		p, err := braintree.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ch := charge
		if c.charge != nil {
			c.charge(&ch)
		}
		if got, err := p.Build(ch); err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v\nwant %s", c.name, got, err, c.want)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	p, err := braintree.New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*payment.Charge){
		"upper-case currency":         func(c *payment.Charge) { c.Currency = "USD" },
		"currency without an account": func(c *payment.Charge) { c.Currency = "chf" },
		"another merchant":            func(c *payment.Charge) { c.MerchantID = "other_gateway" },
		"a huge token":                func(c *payment.Charge) { c.Credential.Token = secret.New(strings.Repeat("x", acp.MaxToken+1)) },
		"an attempt id of two words":  func(c *payment.Charge) { c.AttemptID = "pay 1" },
		"no session":                  func(c *payment.Charge) { c.SessionID = "" },
		"more than there is":          func(c *payment.Charge) { c.Amount = money.Max + 1 },
	} {
		c := charge
		change(&c)
		if _, err := p.Build(c); err == nil {
			t.Errorf("%s was built", name)
		}
	}
}

// Nothing but the request key keeps a sale on a card of the vault from being
// made twice.
func TestCardsOfTheVaultNeedRequestKeys(t *testing.T) {
	for _, keyless := range []bool{false, true} {
		cfg := config(t)
		cfg.NoRequestKeys = keyless
		p, err := braintree.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		c := charge
		c.Credential.Stored = payment.Stored{Customer: "customer-7", Card: "f4kr2h"}
		if _, err := p.Build(c); (err != nil) != keyless {
			t.Errorf("keyless %v: %v", keyless, err)
		}
	}
}

// What goes over the wire is the sealed body with the request key put in.
func TestTheKeyIsSentWithTheBody(t *testing.T) {
	for _, keyless := range []bool{false, true} {
		w := newWorld(t, func(c *braintree.Config) { c.NoRequestKeys = keyless })
		body, err := w.provider.Build(charge)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.provider.Send(t.Context(), `acp_"1"`, body); err != nil {
			t.Fatal(err)
		}
		want := "POST /transactions " + strings.Replace(string(body), `{"type"`, `{"api_request_key":"acp_\"1\"","type"`, 1)
		if keyless {
			want = "POST /transactions " + string(body)
		}
		if got := w.Requests(); got[0] != want {
			t.Errorf("keyless %v: got %s\nwant %s", keyless, got[0], want)
		}
	}
	w := newWorld(t)
	for _, c := range []struct{ key, body string }{
		{"", `{"transaction":{"type":"sale"}}`},
		{strings.Repeat("k", 256), `{"transaction":{"type":"sale"}}`},
		{"k", `{}`},
	} {
		if _, err := w.provider.Send(t.Context(), c.key, []byte(c.body)); !errors.Is(err, payment.ErrNotSent) {
			t.Errorf("%.10q %s: %v", c.key, c.body, err)
		}
	}
	if n := len(w.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestAmounts(t *testing.T) {
	w := newWorld(t, func(c *braintree.Config) {
		c.MerchantAccounts = map[string]string{"usd": "a", "jpy": "b", "kwd": "c", "isk": "d", "huf": "e", "clf": "f", "cve": "g"}
		c.Decimals = payment.Scale{"isk": 2, "cve": 0}
	})
	for _, c := range []struct {
		currency string
		minor    int64
		want     string
		err      error
	}{
		{"usd", 1, "0.01", nil},
		{"usd", 1999, "19.99", nil},
		{"usd", 100000, "1000.00", nil},
		{"jpy", 1000, "1000", nil},
		{"kwd", 1234, "1.234", nil},
		{"kwd", 5, "0.005", nil},
		{"clf", 12345, "1.2345", nil},
		{"huf", 150000, "1500.00", nil},
		{"isk", 500, "500.00", nil}, // counted with two decimals by configuration
		{"cve", 500, "5", nil},
		{"cve", 505, "", money.ErrScale},
		{"isk", money.Max, "", money.ErrRange},
	} {
		ch := charge
		ch.Currency, ch.Amount = c.currency, c.minor
		body, err := w.provider.Build(ch)
		if !errors.Is(err, c.err) || (err == nil && !strings.Contains(string(body), `"amount":"`+c.want+`"`)) {
			t.Errorf("%d %s: %s, %v", c.minor, c.currency, body, err)
		}
	}
}

// What is charged is what the answer says was charged, in every currency.
func TestAmountsThereAndBack(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		currency := rapid.SampledFrom([]string{"usd", "eur", "jpy", "kwd"}).Draw(rt, "currency")
		// Below 1000.00: from there on the sandbox decides by the amount.
		amount := rapid.Int64Range(1, 99999).Draw(rt, "amount")
		if currency == "jpy" {
			amount = amount%999 + 1
		}
		c := charge
		c.AttemptID, c.Amount, c.Currency = rapid.StringMatching(`pay_[a-z0-9]{16}`).Draw(rt, "id"), amount, currency
		c.Credential.Token = secret.New("fake-valid-nonce")
		body, err := w.provider.Build(c)
		if err != nil {
			rt.Fatal(err)
		}
		r, err := w.provider.Send(t.Context(), fmt.Sprintf("%x", sha256.Sum256(body)), body)
		if err != nil || r.Class != payment.ClassCaptured || r.Amount != amount || r.Captured != amount || r.Currency != currency {
			rt.Fatalf("charged %d %s, got %+v, %v", amount, currency, r, err)
		}
	})
}
