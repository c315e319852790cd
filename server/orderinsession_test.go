package server_test

import (
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
)

// An agent that reads its session again sees what became of the order, in the words
// that its version has.
func TestASessionShowsItsOrderAsItIsNow(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	for _, version := range spoken() {
		t.Run(string(version), func(t *testing.T) {
			v := dialect(version)
			shows := func(o *order.Order, want string) {
				t.Helper()
				switch {
				case version < acp.V20260130: // there is no status
					want = ""
				case version == acp.V20260130 && want == "canceled": // nor a word for it
					want = ""
				}
				got := m.get(t, v, o.CheckoutSessionID).is(t, "completed").at("order")
				if got.text("id") != o.ID || got.text("status") != want {
					t.Errorf("the session shows %v; want status %q", got, want)
				}
			}
			_, o := m.bought(t, v, line("ok", 1))
			shows(o, "confirmed")
			did(t, "cancel")(m.app.Orders().Cancel(t.Context(), by(o), order.Reason{}))
			shows(o, "canceled")
			_, o = m.bought(t, v, line("ok", 1))
			did(t, "ship")(m.app.Orders().Ship(t.Context(), by(o), nil, order.Parcel{Carrier: "Post"}))
			shows(o, "shipped")
		})
	}
}
