package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/servertest"
)

// press moves the keyboard on until the focus is on an element.
func press(t *testing.T, tab *browsertest.Tab, want string) {
	t.Helper()
	var seen []string
	for range 40 {
		tab.Keys("Tab")
		got := tab.Focused()
		if got.String() == want {
			if got.Covered || got.Ring == 0 {
				t.Errorf("the focus on %s cannot be seen", want)
			}
			return
		}
		seen = append(seen, got.String())
	}
	t.Fatalf("the keyboard does not come to %s, but to %s", want, strings.Join(seen, ", "))
}

// write fills a field in, which the keyboard has to come to.
func write(t *testing.T, tab *browsertest.Tab, field, text string) {
	t.Helper()
	press(t, tab, field)
	tab.Type(text)
}

// A whole purchase by keyboard alone, in a browser that runs no scripts: from
// the link in the conversation over the payment provider's page to the order.
func TestPurchaseByKeyboardWithoutScripts(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t)
	shop := servertest.Start(t, servertest.Options{Configure: generous})
	agent := shop.Agent(t)
	s, err := agent.Create(t.Context(), acp.CreateRequest{Currency: servertest.Currency, Items: []acp.RequestedItem{{ID: servertest.Mug, Quantity: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	tab := b.Tab(t, browsertest.Options{Width: 390, NoJavaScript: true})
	tab.Go(linkOf(t, s) + "?redirectUrl=https%3A%2F%2Fchatgpt.com%2Fc%2F1")
	tab.WaitText("h1", "Checkout")
	if strings.Contains(tab.URL(), linkOf(t, s)[strings.LastIndex(linkOf(t, s), "/"):]) {
		t.Error("the address still shows what opens the page")
	}
	tab.Check()
	tab.Screenshot("purchase-1-empty")

	write(t, tab, `textbox "E-mail"`, "buyer@example.com")
	write(t, tab, `textbox "Full name"`, "Test Buyer")
	write(t, tab, `textbox "Street and number"`, "1 Example Street")
	write(t, tab, `textbox "City"`, "San Francisco")
	write(t, tab, `textbox "State or province"`, "CA")
	write(t, tab, `textbox "Postal code"`, "94105")
	press(t, tab, `button "Save and continue"`)
	tab.Keys("Enter")
	tab.WaitText("h1", "Review and pay")
	tab.Check()
	tab.Screenshot("purchase-2-review")

	press(t, tab, fmt.Sprintf("radio %q", tab.Text("label.choice:first-of-type")))
	tab.Keys("ArrowDown")
	press(t, tab, `button "Change delivery"`)
	tab.Keys("Enter")
	tab.WaitText(".totals", "$14.90")
	press(t, tab, `button "Wrap as a gift"`)
	tab.Keys("Enter")
	tab.WaitText(".totals", "Gift wrap")
	press(t, tab, `button "12.5% $2.25"`)
	tab.Keys("Enter")
	tab.WaitText(".totals", "$2.25")

	// What has to be ticked is, after the page has said so.
	pay := tab.Text(".button.full")
	press(t, tab, fmt.Sprintf("button %q", pay))
	tab.Keys("Enter")
	tab.WaitText(".problems", "Accept the shop's terms to go on. You have not been charged.")
	tab.Check()
	tab.Screenshot("purchase-3-refused")
	press(t, tab, `link "Accept the shop's terms to go on. You have not been charged."`)
	press(t, tab, `checkbox "I accept the shop's terms."`)
	if got := tab.Focused(); got.String() != `checkbox "I accept the shop's terms."` || !got.Invalid || got.Description != "Accept the shop's terms to go on. You have not been charged." {
		t.Errorf("the box says %+v", got)
	}
	tab.Keys("Space")
	press(t, tab, fmt.Sprintf("button %q", pay))
	tab.Keys("Enter")

	tab.WaitText("h1", strings.TrimPrefix(pay, "Pay "))
	if !strings.HasPrefix(tab.URL(), shop.PSPURL+"/pay/") {
		t.Fatalf("the buyer is at %s", tab.URL())
	}
	write(t, tab, `textbox "Card number"`, "4242424242424242")
	write(t, tab, `textbox "Expiry date"`, "12 / 40")
	write(t, tab, `textbox "Security code"`, "123")
	write(t, tab, `textbox "Name on the card"`, "Test Buyer")
	tab.Keys("Enter")

	tab.WaitText("h1", "Thank you") // over the page that waits, which looks again by itself
	tab.Check()
	tab.Screenshot("purchase-4-done")
	press(t, tab, `link "Back to chatgpt.com"`)
	press(t, tab, `link "See your order"`)
	tab.Keys("Enter")
	tab.WaitText("h1", "Your order is confirmed")
	if err := shop.Outcome(t, s.ID).Bought(); err != nil {
		t.Error(err)
	}
	for _, problem := range tab.Problems() {
		// Pages that lead on by themselves are passed over by the button back,
		// as they should be.
		if !strings.Contains(problem, "NavigationEntryMarkedSkippable") && !strings.Contains(problem, "422") {
			t.Error(problem)
		}
	}
}
