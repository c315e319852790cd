package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// hostedCheckout is a shop whose payment pages are Adyen's sessions.
func hostedCheckout(t *testing.T) (*adyentest.Fake, hosted) {
	fake := adyentest.New(t)
	fake.Advance(time.Since(fake.Now())) // pages close by the clock of the shop
	h := hosted{charges: func(id string) int { return fake.Books(id).Charges }, webhooks: fake.Notifications}
	h.shop = servertest.Start(t, servertest.Options{UnknownBudget: time.Millisecond, Configure: func(cfg *config.Config) {
		p := &cfg.Merchants[0].Payment.Test
		p.Provider, p.URL, p.Key, p.MerchantID = adyen.Name, fake.URL(), secret.New(adyentest.APIKey), adyentest.MerchantAccount
		p.Adyen.ReturnURL, p.Adyen.Page = "https://shop.example.com", adyen.PageSession
		p.Adyen.HMACKeys = []secret.String{secret.New(adyentest.HMACKey)}
	}})
	return fake, h
}

// A buyer who has paid on a session and comes back has the order at once. What
// another buyer's browser has brought back buys nothing.
func TestBuyerReturnsFromHostedCheckout(t *testing.T) {
	t.Parallel()
	fake, h := hostedCheckout(t)
	s, b, ref := h.opened(t, servertest.Mug)
	other, thief, unpaid := h.opened(t, servertest.Mug)
	fake.PayPage(t, ref, adyentest.Authorised)
	result := fake.Return(t, ref)
	for _, brought := range []string{result, strings.Replace(result, ref, unpaid, 1), "sessionResult=completed", fake.Return(t, unpaid)} {
		if got := thief.send(http.MethodGet, thief.page+"/return?"+brought, nil); got.status != http.StatusSeeOther {
			t.Errorf("%d", got.status)
		}
		if got := status(t, h.shop.Agent(t), other.ID); got != acp.CompleteInProgress {
			t.Fatalf("what was paid elsewhere leads to %s", got)
		}
	}
	// The shop may be asking about the page just then, and waits for the webhook.
	servertest.Eventually(t, webhookTime, func() error {
		if got := b.send(http.MethodGet, b.page+"/return?"+result, nil); got.status != http.StatusSeeOther {
			return fmt.Errorf("%d %s", got.status, got.heading())
		}
		if got := b.look().heading(); got != "Thank you" {
			return fmt.Errorf("the page says %q", got)
		}
		return nil
	})
	h.bought(t, s)
	h.told(t) // the webhook says it once more
	h.bought(t, s)
	if n := h.charges(other.ID); n != 0 {
		t.Errorf("%d charges", n)
	}
}

// The webhook settles a session that nobody comes back from.
func TestHostedCheckoutWithoutTheBuyersReturn(t *testing.T) {
	t.Parallel()
	fake, h := hostedCheckout(t)
	s, b, ref := h.opened(t, servertest.Mug)
	fake.PayPage(t, ref, adyentest.NoBalance)
	h.told(t)
	b.wants("Your payment page is open")
	fake.PayPage(t, ref, adyentest.Authorised)
	h.told(t)
	b.wants("Thank you")
	h.bought(t, s)
}

// A session cannot be closed: the order stays as it is, and what is paid counts.
func TestHostedCheckoutCannotBeLeft(t *testing.T) {
	t.Parallel()
	fake, h := hostedCheckout(t)
	s, b, ref := h.opened(t, servertest.Mug)
	if got := b.post("leave"); got.status != http.StatusSeeOther {
		t.Fatalf("leave: %d", got.status)
	}
	b.wants("Your payment page is open")
	if got := status(t, h.shop.Agent(t), s.ID); got != acp.CompleteInProgress {
		t.Errorf("the agent sees %s", got)
	}
	fake.PayPage(t, ref, adyentest.Authorised)
	h.told(t)
	b.wants("Thank you")
	h.bought(t, s)
}
