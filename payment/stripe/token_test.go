package stripe_test

import (
	"errors"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
	"github.com/checkstand/checkstand/secret"
)

func TestInspectToken(t *testing.T) {
	w := newWorld(t)
	until := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	mint := func(change func(*stripetest.Grant)) payment.Credential {
		g := stripetest.Grant{Currency: "usd", MaxAmount: 5000, ExpiresAt: until}
		change(&g)
		return payment.Credential{Type: "spt", Token: secret.New(w.Grant(g))}
	}
	inspect := func(t *testing.T, p *stripe.Provider, c payment.Credential) payment.TokenInfo {
		t.Helper()
		info, err := p.InspectToken(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	good := mint(func(*stripetest.Grant) {})
	want := payment.TokenInfo{Class: payment.ClassAuthorized, MaxAmount: 5000, Currency: "usd", ExpiresAt: until, Brand: "visa", Last4: "4242"}
	if got := inspect(t, w.provider, good); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	blocked := mint(func(g *stripetest.Grant) { g.Block = true })
	if got := inspect(t, w.provider, blocked); !got.Block || got.Class != payment.ClassAuthorized {
		t.Errorf("a token that Stripe warns of: %+v", got)
	}
	if got := inspect(t, w.provider, mint(func(g *stripetest.Grant) { g.Currency, g.MaxAmount = "isk", 50000 })); got.MaxAmount != 500 {
		t.Errorf("krónur: %+v", got)
	}

	w.Revoke(blocked.Token.Reveal())
	c := w.charge("pm_card_visa")
	send(t, w.provider, c)
	for name, x := range map[string]struct {
		credential payment.Credential
		want       payment.Class
	}{
		"revoked":            {blocked, payment.ClassTokenExpired},
		"used":               {c.Credential, payment.ClassTokenUsed},
		"expired":            {mint(func(g *stripetest.Grant) { g.ExpiresAt = time.Now().Add(-time.Second) }), payment.ClassTokenExpired},
		"of another account": {mint(func(g *stripetest.Grant) { g.Account = "acct_other" }), payment.ClassTokenInvalid},
		"invented":           {payment.Credential{Token: secret.New("spt_nobody")}, payment.ClassTokenInvalid},
		"with a path in it":  {payment.Credential{Token: secret.New("../../payment_intents")}, payment.ClassUnknown},
		"a test card":        {payment.Credential{Token: secret.New("pm_card_visa")}, payment.ClassTokenInvalid},
		"nothing":            {payment.Credential{}, payment.ClassTokenInvalid},
	} {
		if got := inspect(t, w.provider, x.credential); got.Class != x.want {
			t.Errorf("%s: %+v, want %s", name, got, x.want)
		}
	}

	t.Run("of the other mode", func(t *testing.T) {
		live := stripetest.New(stripetest.Config{Key: "sk_live_1", Live: true})
		t.Cleanup(live.Close)
		p := adapter(t, live.URL(), func(c *stripe.Config) { c.Live, c.Key = true, secret.New("sk_live_1") })
		token := payment.Credential{Token: secret.New(live.Grant(grant("usd", 5000)))}
		if got := inspect(t, p, token); got.Class != payment.ClassAuthorized || !got.Live {
			t.Errorf("in live mode: %+v", got)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		for _, f := range []stripetest.Fault{stripetest.LookupFails, stripetest.LookupNotJSON} {
			w.Break(f)
			if got := inspect(t, w.provider, good); got.Class != payment.ClassUnknown {
				t.Errorf("%s: %+v", f, got)
			}
		}
		if got := inspect(t, adapter(t, w.URL(), func(c *stripe.Config) { c.Key = secret.New("sk_test_other") }), good); got.Class != payment.ClassConfig {
			t.Errorf("wrong key: %+v", got)
		}
		if got, err := adapter(t, paymenttest.Unreachable).InspectToken(t.Context(), good); !errors.Is(err, payment.ErrNotSent) || got.Class != payment.ClassUnknown {
			t.Errorf("unreachable: %+v, %v", got, err)
		}
	})
}
