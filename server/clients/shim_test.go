package clients_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// The widget under a window.openai that is not ours: that of MCPJam, which
// shares the window and the bridge with it. The host has a payment sheet, which
// calls complete_checkout as MCPJam's does.
func TestMCPJamShim(t *testing.T) {
	h := openHost(t)
	for name, tt := range map[string]struct {
		refused, codes []string // tokens tried before a good one, in the same sheet, and why they fail
	}{
		"approved":                          {},
		"declined, 3-D Secure and approved": {[]string{"tok_chargeDeclined", "tok_threeDSecure2Required"}, []string{"payment_declined", "requires_3ds"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			tab, widget := h.show(t, s, opening{items: oneMug, address: address, negotiation: "legacy", shim: true}, browsertest.Options{Height: 1000, ReducedMotion: true})
			id := said(t, tab, "session")
			widget.WaitText("#buy", "Pay $25.64")
			widget.Click(".lines > li .step:last-child") // by the bridge, whose answers the shim sees too
			widget.WaitText("#buy", "Pay $44.94")

			// Nothing is paid by a sheet that was closed.
			widget.Click("#buy")
			tab.WaitText("#sheet", "USD 4494")
			tab.Click("#cancel")
			widget.WaitText("#notice", "You closed the payment")

			widget.Click("#buy")
			tab.WaitText("#sheet", "terms_of_use privacy_policy")
			if got, want := said(t, tab, "sheet"), id+" stripe test"; got != want {
				t.Errorf("the sheet is asked for %q, want %q", got, want)
			}
			for i, token := range tt.refused {
				tab.Click("#" + token)
				tab.WaitText("#said [data-what=paid]", token+" "+tt.codes[i])
				tab.WaitText("#notice", "You have not been charged")
				// The sheet deals with it: the widget goes on waiting.
				widget.WaitText("#buy", "Paying")
			}
			tab.Screenshot("shim-sheet-" + name)
			tab.Click("#tok_visa")
			widget.WaitText(".done h1", "Thank you")
			tab.WaitText("#said", "context ")
			if got := said(t, tab, "paid"); got != "tok_visa completed" {
				t.Errorf("the sheet's last call came to %s", got)
			}
			order := wantBought(t, s, id)
			if got := widget.Text(".order"); !strings.Contains(got, order.OrderNumber) {
				t.Errorf("the widget shows %q for order %s", got, order.OrderNumber)
			}
			tab.Screenshot("shim-done-" + name)
			// Shim and widget each greet the host, as they do in MCPJam.
			clean(t, tab, s, "AppBridge received a second ui/initialize")
		})
	}
}
