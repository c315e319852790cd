package stripe_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
)

// onFile is a charge of a card that Stripe keeps.
func (w *world) onFile(card string) payment.Charge {
	c := w.charge("pm_card_visa")
	c.Credential.Stored = w.Attach("one", card)
	return c
}

// A payment with a stored card is of the released API version: that of shared
// payment tokens is a preview.
func TestStoredCardsAreChargedInTheReleasedVersion(t *testing.T) {
	var mu sync.Mutex
	var versions []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		versions = append(versions, r.Header.Get("Stripe-Version"))
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(srv.Close)
	p := adapter(t, srv.URL)
	stored, delegated := shopCharge(), shopCharge()
	stored.Credential.Stored = payment.Stored{Customer: "cus_1", Card: "pm_1"}
	for _, c := range []payment.Charge{stored, delegated} {
		if r := send(t, p, c); r.Class != payment.ClassUnknown {
			t.Errorf("%+v", r)
		}
	}
	if len(versions) != 2 || versions[0] != stripe.DefaultAPIVersion || versions[1] != stripe.DefaultTokenAPIVersion {
		t.Errorf("versions %q", versions)
	}
}

// A refusal without a code says nothing of the card; when nobody can be asked
// either, the request was refused all the same, and nothing charged.
func TestARefusalThatCannotBeExplained(t *testing.T) {
	for _, fault := range []stripetest.Fault{stripetest.LookupFails, stripetest.LookupNotJSON} {
		w := newWorld(t)
		c := w.onFile("pm_card_visa")
		w.Detach(c.Credential.Stored.Card)
		w.Break(fault)
		if r := send(t, w.provider, c); r.Class != payment.ClassProcessorError {
			t.Errorf("%s: %+v", fault, r)
		}
		if b := w.Books(c.SessionID); b.Charges != 0 {
			t.Errorf("%s: %+v", fault, b)
		}
	}
}

// Where Stripe is left to ask for an authentication, the payment that waits for
// it is canceled: nobody is there.
func TestAStoredCardThatWaitsForItsBuyerIsLetGo(t *testing.T) {
	w := newWorld(t, func(c *stripe.Config) { c.AllowAction = true })
	c := w.onFile("pm_card_authenticationRequired")
	if r := send(t, w.provider, c); r.Class != payment.ClassRequiresAction {
		t.Errorf("%+v", r)
	}
	if b := w.Books(c.SessionID); b.Charges != 0 || b.Held != 0 {
		t.Errorf("%+v", b)
	}
}
