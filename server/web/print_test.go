package web_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/web"
)

// On paper is what was ordered, for whom and for how much; nothing is there to
// be pressed.
func TestPagesOnPaper(t *testing.T) {
	b := browsertest.Open(t)
	reduced := with(given(), func(c *web.Checkout) { c.Codes = reduced().Codes })
	states := map[string]struct {
		c        *checkouts // nil is the page of an order
		path     string
		has, not []string
	}{
		"order": {nil, "/orders/ord_1", []string{"Order 1042", "Stoneware Mug", "$40.50", "Standard shipping", "Placed"}, nil},
		"review": {&checkouts{view: reduced}, session, []string{"Test Buyer", "1 Example Street", "Standard", "$5.90", "SPRING10", "Gift wrap", "Tip", "$65.00"},
			[]string{"Express", "Pick up", "Change", "Remove", "Pay $", "Wrap as", "15%", "Without", "Another amount", "Enter a discount code", "I accept", "May the shop", "You pay on"}},
		"done":    {&checkouts{view: done()}, session, []string{"Thank you", "KHHFE-FBTG9", "Stoneware Mug", "$54.78"}, []string{"Back to", "See your order", "Terms"}},
		"pending": {&checkouts{view: pending()}, session, []string{"waits for the shop", "PO-1042", "March 28, 2026", "$54.78"}, []string{"Back to"}},
	}
	for name, state := range states {
		for scheme, dark := range map[string]bool{"light": false, "dark": true} {
			t.Run(name+"-"+scheme, func(t *testing.T) {
				t.Parallel()
				base := ""
				if state.c != nil {
					base = visited(t, state.c)
				} else {
					base = shopInBrowser(t, nil)
				}
				tab := b.Tab(t, browsertest.Options{Width: 700, Print: true, Dark: dark, NoJavaScript: true})
				tab.Go(base + state.path)
				tab.Screenshot("print-" + name + "-" + scheme)
				said := tab.Text("body")
				for _, want := range state.has {
					if !strings.Contains(said, want) {
						t.Errorf("the sheet lacks %q: %s", want, said)
					}
				}
				for _, not := range state.not {
					if strings.Contains(said, not) {
						t.Errorf("the sheet has %q: %s", not, said)
					}
				}
				if over := tab.OverflowsX(); len(over) != 0 {
					t.Errorf("the sheet is not wide enough: %s", over)
				}
				for _, v := range tab.Axe() {
					if v.Rule == "color-contrast" {
						t.Errorf("%s", v)
					}
				}
			})
		}
	}
}
