package simulator_test

import (
	"fmt"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// Without a payment sheet the buyer pays on the shop's own page, in a tab of
// its own, and comes back to the conversation.
func TestExternalCheckoutAndReturn(t *testing.T) {
	s := open(t)
	tab := s.visit(t, browsertest.Options{ReducedMotion: true})
	tab.Click("#inspector-switches")
	tab.Click("#switch-sheet")
	tab.Click("#inspector-traffic")
	widget := product(t, tab, "Linen Apron")
	deliver(t, widget)
	conversation := tab.URL()
	widget.Click("#buy")

	page := tab.Popup(s.BaseURL + "/checkout/")
	page.WaitText("h1", "Checkout")
	page.Click("[name=email]")
	page.Type("buyer@example.com")
	page.Keys("Enter")
	page.WaitText("h1", "Review and pay")
	page.Click("button.primary")
	page.WaitText("form", "Card number")
	page.Click("#number")
	page.Type("4242424242424242")
	page.Keys("Tab")
	page.Type("12 / 40")
	page.Keys("Tab")
	page.Type("123")
	page.Keys("Tab")
	page.Type("Test Buyer")
	page.Keys("Enter")
	page.WaitText("h1", "Thank you")

	// The widget that is still open finds the order when the buyer looks at it.
	widget.WaitText("h1", "Thank you")
	clean(t, tab)

	// The way back leads to the same conversation, which is opened as it was left.
	page.Click(fmt.Sprintf("a[href^=%q]", s.page))
	page.WaitURL(conversation)
	again := page.Frame("about:srcdoc")
	again.WaitText("h1", "Thank you")
}
