package stripe_test

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/secret"
)

// The brand of a card whose bank wants the buyer comes with the refusal, or,
// where the payment waited and was canceled for it, from the token.
func TestTheBrandOfACardWhoseBankWantsTheBuyer(t *testing.T) {
	for _, waits := range []bool{false, true} {
		w := newWorld(t, func(c *stripe.Config) { c.AllowAction = waits })
		c := shopCharge()
		c.Credential.Token = secret.New(w.StandIn().Mint(paymenttest.Allowance{Outcome: paymenttest.Authentication, SessionID: "cs_1",
			MaxAmount: c.Amount, Currency: c.Currency, Lifetime: time.Hour}))
		body, err := w.provider.Build(c)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // and repeated
			if r, err := w.provider.Send(t.Context(), "acp_pay_1", body); err != nil || r.Class != payment.ClassRequiresAction || r.Brand != "visa" {
				t.Errorf("waits %v: %+v, %v", waits, r, err)
			}
		}
	}
}
