package stripe_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/secret"
)

// shopCharge is a charge with everything that a charge can have.
func shopCharge() payment.Charge {
	return payment.Charge{AttemptID: "pay_1", SessionID: "cs_1", OrderID: "ord_1", Amount: 1999, Currency: "usd",
		Credential: payment.Credential{Type: "spt", Token: secret.New("spt_123")}, MerchantID: profile, BuyerEmail: "buyer+1@example.com",
		Billing: &acp.Address{Name: "Test Buyer", LineOne: "1 Main St"}, StatementText: "Test Shop & Söhne"}
}

// The bytes are stored and sent again after a crash, so that a change of them
// is a change of what is deployed: an attempt that was built by the release
// before is repeated by this one as it was stored.
func TestBuildMakesExactlyTheseBytes(t *testing.T) {
	for name, c := range map[string]struct {
		config func(*stripe.Config)
		charge func(*payment.Charge)
		want   string
	}{
		"a sale": {want: "amount=1999&currency=usd&confirm=true&payment_method_data[shared_payment_granted_token]=spt_123&capture_method=automatic" +
			"&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never&error_on_requires_action=true" +
			"&description=Test+Shop+%26+S%C3%B6hne+ord_1&metadata[acp_payment_id]=pay_1&metadata[acp_session_id]=cs_1&metadata[acp_order_id]=ord_1"},
		"an authorisation of yen, with a receipt, 3-D Secure left to us, an older parameter": {
			config: func(c *stripe.Config) {
				c.ReceiptEmail, c.AllowAction, c.TokenParameter = true, true, "shared_payment_granted_token"
			},
			charge: func(c *payment.Charge) {
				c.Capture, c.Amount, c.Currency, c.StatementText = payment.CaptureLater, 500, "jpy", ""
			},
			want: "amount=500&currency=jpy&confirm=true&shared_payment_granted_token=spt_123&capture_method=manual" +
				"&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never" +
				"&description=ord_1&receipt_email=buyer%2B1%40example.com&metadata[acp_payment_id]=pay_1&metadata[acp_session_id]=cs_1&metadata[acp_order_id]=ord_1"},
		"a card that Stripe keeps": {
			charge: func(c *payment.Charge) { c.Credential.Stored = payment.Stored{Customer: "cus_1", Card: "pm_1"} },
			want: "amount=1999&currency=usd&confirm=true&customer=cus_1&payment_method=pm_1&capture_method=automatic" +
				"&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never&error_on_requires_action=true" +
				"&description=Test+Shop+%26+S%C3%B6hne+ord_1&metadata[acp_payment_id]=pay_1&metadata[acp_session_id]=cs_1&metadata[acp_order_id]=ord_1"},
		"a test card": {
			charge: func(c *payment.Charge) { c.Credential.Token = secret.New("pm_card_visa") },
			want: "amount=1999&currency=usd&confirm=true&payment_method=pm_card_visa&capture_method=automatic" +
				"&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never&error_on_requires_action=true" +
				"&description=Test+Shop+%26+S%C3%B6hne+ord_1&metadata[acp_payment_id]=pay_1&metadata[acp_session_id]=cs_1&metadata[acp_order_id]=ord_1"},
	} {
		t.Run(name, func(t *testing.T) {
			config, charge := c.config, shopCharge()
			if config == nil {
				config = func(*stripe.Config) {}
			}
			if c.charge != nil {
				c.charge(&charge)
			}
			got, err := adapter(t, stripe.DefaultBaseURL, config).Build(charge)
			if err != nil || string(got) != c.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, c.want)
			}
		})
	}
}

func TestBuildRefuses(t *testing.T) {
	p := adapter(t, stripe.DefaultBaseURL)
	for name, c := range map[string]struct {
		change func(*payment.Charge)
		want   string
	}{
		"a token that is too long":  {func(c *payment.Charge) { c.Credential.Token = secret.New(strings.Repeat("x", acp.MaxToken+1)) }, "token"},
		"no session":                {func(c *payment.Charge) { c.SessionID = "" }, "session"},
		"another shop's charge":     {func(c *payment.Charge) { c.MerchantID = "profile_test_other" }, "profile_test_other"},
		"an upper-case currency":    {func(c *payment.Charge) { c.Currency = "USD" }, "currency"},
		"a fil too many":            {func(c *payment.Charge) { c.Currency, c.Amount = "kwd", 1234 }, "amount"},
		"ariary with a centime":     {func(c *payment.Charge) { c.Currency, c.Amount = "mga", 1050 }, "amount"},
		"more than an exact number": {func(c *payment.Charge) { c.Amount = money.Max + 1 }, "amount"},
		"krónur that do not fit":    {func(c *payment.Charge) { c.Currency, c.Amount = "isk", money.Max }, "amount"},
	} {
		t.Run(name, func(t *testing.T) {
			charge := shopCharge()
			c.change(&charge)
			if _, err := p.Build(charge); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "spt_123") {
				t.Errorf("got %v, want an error about %s", err, c.want)
			}
		})
	}
}

// A live adapter takes no test card.
func TestTestCardsAreForTestMode(t *testing.T) {
	live := adapter(t, stripe.DefaultBaseURL, func(c *stripe.Config) { c.Live, c.Key = true, secret.New("sk_live_1") })
	card := payment.Credential{Token: secret.New("pm_card_visa")}
	if live.Reusable(card) {
		t.Error("a test card counts as reusable in live mode")
	}
	charge := shopCharge()
	charge.Credential = card
	if body, err := live.Build(charge); err != nil || !strings.Contains(string(body), "[shared_payment_granted_token]=pm_card_visa") {
		t.Errorf("%s, %v: want it sent as the token that it claims to be, to be refused", body, err)
	}
}

func TestAmountsAreStripes(t *testing.T) {
	p := adapter(t, stripe.DefaultBaseURL)
	for _, c := range []struct {
		currency string
		minor    int64
		units    string
	}{
		{"usd", 1999, "1999"}, {"eur", 1, "1"}, {"huf", 100000, "100000"}, {"twd", 5000, "5000"},
		{"jpy", 500, "500"}, {"krw", 12000, "12000"}, {"clp", 990, "990"},
		{"isk", 500, "50000"}, {"ugx", 3700, "370000"}, {"mga", 500000, "5000"},
		{"kwd", 1230, "1230"}, {"bhd", 10, "10"}, {"jod", 5550, "5550"},
	} {
		charge := shopCharge()
		charge.Amount, charge.Currency = c.minor, c.currency
		body, err := p.Build(charge)
		sent, err2 := url.ParseQuery(string(body))
		if err != nil || err2 != nil || sent.Get("amount") != c.units {
			t.Errorf("%d %s is sent as %q, want %q (%v)", c.minor, c.currency, sent.Get("amount"), c.units, errors.Join(err, err2))
		}
	}
}

// Whatever can be charged comes back as the same amount, in our minor units.
func TestAnAmountComesBackAsItWas(t *testing.T) {
	w := newWorld(t)
	currencies := strings.Fields("usd eur jpy isk ugx mga kwd tnd huf clp")
	rapid.Check(t, func(rt *rapid.T) {
		c := w.charge("pm_card_visa")
		c.Currency = rapid.SampledFrom(currencies).Draw(rt, "currency")
		c.Amount = rapid.Int64Range(100, 99_999).Draw(rt, "amount") * 100
		c.Credential.Token = secret.New(w.Grant(grant(c.Currency, 1<<50)))
		r := send(t, w.provider, c)
		if r.Class != payment.ClassCaptured || r.Amount != c.Amount || r.Captured != c.Amount || r.Currency != c.Currency {
			rt.Fatalf("%d %s: %+v", c.Amount, c.Currency, r)
		}
		if again, err := w.provider.Reconcile(t.Context(), attempt(c, time.Now())); err != nil || again.Amount != c.Amount {
			rt.Fatalf("%d %s: %+v, %v", c.Amount, c.Currency, again, err)
		}
	})
}
