package simulator_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/config"
)

// Discount codes at the shop's own server: those in force with their amounts,
// the others with a reason in the buyer's language; the session stays as the
// payment sheet lists it.
func TestDiscountCodes(t *testing.T) {
	s := open(t, func(c *config.Config) {
		c.Merchants[0].Discounts = []config.DiscountConfig{
			{ID: "ten", Code: "TEN", Name: "Ten percent", Kind: "percent", Percent: "10", Priority: 1},
			{ID: "large", Code: "LARGE", Name: "Large orders", Kind: "percent", Percent: "5", MinSubtotal: "500.00", Priority: 1},
		}
	})
	tab, widget := ready(t, s, browsertest.Options{Height: 900})
	enter := entering(widget)
	widget.WaitText("#buy", "Pay $25.64")
	enter("ten")
	widget.WaitText(".codes", "ten")
	widget.WaitText(".codes", "-$1.80")
	widget.WaitText(".totals", "$16.20")
	tab.Screenshot("simulator-discount")
	enter("LARGE")
	widget.WaitText(".refused", "LARGE Your order is too small for this code.")
	enter("NOTHING")
	widget.WaitText(".refused", "NOTHING This code is not valid.")
	widget.WaitText(".codes", "-$1.80") // the other has stayed
	tab.Click("#inspector-switches")
	tab.Select("#switch-locale", "German")
	widget.WaitText(".refused", "NOTHING Dieser Code ist ungültig.")
	tab.Screenshot("simulator-discount-refused")
	tab.Select("#switch-locale", "English (United States)")
	widget.Click(".codes .step")
	widget.WaitGone(".codes")
	widget.WaitText("#buy", "Pay $25.64")
	enter("Ten")
	widget.WaitText(".codes", "-$1.80")
	widget.Click("#buy")
	pay(t, tab, "approve")
	widget.WaitText("h1", "Thank you")
	s.onceCharged(t)
	clean(t, tab)
}

// entering types discount codes into a widget.
func entering(widget *browsertest.Tab) func(code string) {
	return func(code string) {
		if widget.Count(".entry[open]") == 0 {
			widget.Click(".entry summary")
		}
		widget.Click("#code")
		widget.Keys("Control+a")
		widget.Type(code)
		widget.Keys("Enter")
	}
}

// A code that waits for the delivery outlives one that is refused, and pays for
// the delivery in the end.
func TestCodeThatWaitsForTheDelivery(t *testing.T) {
	s := open(t, func(c *config.Config) {
		c.Merchants[0].Discounts = []config.DiscountConfig{{ID: "ship", Code: "FREESHIP", Name: "Free delivery", Kind: "free_delivery", Priority: 1}}
	})
	tab := s.visit(t, browsertest.Options{Height: 900, ReducedMotion: true})
	widget := product(t, tab, "Stoneware Mug")
	enter := entering(widget)
	enter("FREESHIP")
	widget.WaitText(".codes", "FREESHIP Free delivery")
	enter("LASTYEAR")
	widget.WaitText(".refused", "LASTYEAR This code is not valid.")
	widget.WaitText(".codes", "FREESHIP Free delivery")
	tab.Screenshot("simulator-code-waits")
	deliver(t, widget)
	widget.WaitText(".codes", "FREESHIP -$")
	clean(t, tab)
}
