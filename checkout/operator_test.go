package checkout_test

import (
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
)

// Where the shop captures on shipment, what the operator has found at the
// provider is a hold: recorded as taken, it would never be captured.
func TestAnOperatorsVerdictOnAHold(t *testing.T) {
	for _, mode := range []payment.CaptureMode{payment.CaptureNow, payment.CaptureLater} {
		w := newWorld(t)
		w.merchant.Test.Capture = mode
		s := w.create("lamp")
		w.psp.shortBy = 1 // an answer that nobody should believe
		w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
		a, err := w.core.Decide(t.Context(), "shop", w.attempt(s.ID).ID, checkout.WasCharged, "ch_seen", "night shift")
		if err != nil {
			t.Fatal(err)
		}
		want, taken := payment.Captured, a.Amount
		if mode == payment.CaptureLater {
			want, taken = payment.Authorized, 0
		}
		if a.State != want || a.Captured != taken || a.PSPRef != "ch_seen" {
			t.Errorf("%q: %s, %d taken", mode, a.State, a.Captured)
		}
		if got, err := w.core.Get(t.Context(), agent, s.ID); err != nil || got.Status != acp.Completed || got.Order == nil {
			t.Errorf("%q: %v, %v", mode, got, err)
		}
	}
}
