package server_test

import (
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/servertest"
)

// Coming for the goods, chosen by keyboard, without scripts or an address.
func TestPickupByKeyboardInBrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t)
	shop := servertest.Start(t, servertest.Options{Shipping: nearby()})
	s, err := shop.Agent(t).Create(t.Context(), acp.CreateRequest{Currency: servertest.Currency, Items: []acp.RequestedItem{{ID: servertest.Mug, Quantity: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	tab := b.Tab(t, browsertest.Options{Width: 390, NoJavaScript: true})
	tab.Go(linkOf(t, s))
	tab.WaitText("h1", "Checkout")
	tab.Check()
	tab.Screenshot("pickup-1-open")

	press(t, tab, `radio "Have it delivered What it costs depends on the address."`)
	tab.Keys("ArrowDown")
	press(t, tab, `button "Change delivery"`)
	tab.Keys("Enter")
	tab.WaitText(".totals", "$19.31")
	tab.Check()
	tab.Screenshot("pickup-2-chosen")

	write(t, tab, `textbox "E-mail"`, "buyer@example.com")
	write(t, tab, `textbox "Full name"`, "Test Buyer")
	press(t, tab, `button "Save and continue"`)
	tab.Keys("Enter")
	tab.WaitText("h1", "Review and pay")
	tab.Check()
	tab.Screenshot("pickup-3-review")
}
