package simulator_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// What the model was told of one purchase does not stand beside the next, and a
// call that opened nothing does not say that it did.
func TestNextSessionStandsAlone(t *testing.T) {
	s := open(t)
	tab, widget := ready(t, s, browsertest.Options{Height: 900})
	widget.Click("#buy")
	pay(t, tab, "approve")
	widget.WaitText("h1", "Thank you")
	tab.WaitText("#after", "The widget told the model")
	tab.Click(".stage-bar .actions .plain:last-child")
	tab.WaitGone("#stage-place iframe")
	tab.Click("#open-id")
	tab.Type("no-such-thing")
	tab.Keys("Enter")
	tab.WaitText("#talk .turn.failed", "failed")
	tab.WaitGone("#after .turn")
	tab.Frame("about:srcdoc").WaitText("h1", "The cart could not be shown")
	tab.Screenshot("simulator-failed")
	check(t, tab)
}

// The names of the views stand in one row, also on a phone.
func TestTabsInOneRow(t *testing.T) {
	s := open(t)
	for _, width := range []int{320, 375, 1400} {
		tab := s.visit(t, browsertest.Options{Width: width})
		product(t, tab, "Stoneware Mug")
		tab.WaitText("#inspector-traffic", "Traffic")
		if n := tab.Rows("#inspector .tab"); n != 1 {
			t.Errorf("at %d pixels they stand in %d rows", width, n)
		}
	}
}
