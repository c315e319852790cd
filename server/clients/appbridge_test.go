package clients_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/servertest"
)

// The widget in a host made of the official client and the official AppBridge,
// which has no window.openai: it is changed over the bridge alone, and paid for
// on the shop's own page.
func TestOfficialAppBridge(t *testing.T) {
	h := openHost(t)
	for negotiation, revision := range map[string]string{"legacy": "2025-11-25", "auto": "2026-07-28"} {
		t.Run(revision, func(t *testing.T) {
			s := openShop(t)
			tab, widget := h.show(t, s, opening{items: oneMug, negotiation: negotiation}, browsertest.Options{Height: 1000, ReducedMotion: true})
			for what, want := range map[string]string{
				"revision":    revision,
				"resource":    "ui://widget/checkout-session.html text/html;profile=mcp-app",
				"initialized": `checkstand-checkout {"availableDisplayModes":["inline","fullscreen"]}`,
				// What the sheet alone may call is not for the model.
				"model": "cancel_checkout_session checkout_session get_checkout_session get_order get_product search_products start_external_checkout update_checkout_session",
			} {
				if got := said(t, tab, what); got != want {
					t.Errorf("%s is %s, want %s", what, got, want)
				}
			}
			id := said(t, tab, "session")
			widget.WaitText(".title", servertest.Mug)
			widget.WaitText(".totals", "$18.00")

			widget.Click(".lines > li .step:last-child")
			widget.WaitText(".number", "2")
			widget.WaitText(".totals", "$36.00")
			deliver(widget)
			widget.Click("#delivery-express")
			widget.WaitText(".totals", "$14.90")
			stored := session(t, s, id)
			if got := stored.LineItems[0].Quantity; got != 2 {
				t.Errorf("the shop has a quantity of %d", got)
			}
			if got := *stored.FulfillmentDetails.Address; got != *servertest.Address() {
				t.Errorf("the shop has the address %+v", got)
			}
			if got := stored.SelectedFulfillmentOptions[0].OptionID; got != "express" {
				t.Errorf("the shop delivers by %s", got)
			}
			wantShown(t, widget, stored)
			for _, call := range []string{`{"checkout_session_id":"` + id + `","items":[{"id":"mug","quantity":2}]}`, `"fulfillment_option_id":"express"`} {
				tab.WaitText("#said", call)
			}

			widget.Click(".entry summary")
			widget.Click("#code")
			widget.Type("NONE")
			widget.Keys("Enter")
			tab.WaitText("#said", `"discount_codes":["NONE"]`)
			widget.WaitText(".discount", "NONE")

			tab.Click("#dark")
			widget.WaitText(`html[data-scheme="dark"] .totals`, "14,90 $")
			widget.WaitText("h1", "Ihr Warenkorb")
			widget.Click(".header .step")
			if got := said(t, tab, "display"); got != "fullscreen" {
				t.Errorf("the widget asked for %s", got)
			}
			widget.WaitText(`html[data-mode="fullscreen"] .title`, servertest.Mug)
			if over := widget.OverflowsX(); len(over) != 0 {
				t.Errorf("the widget is too wide: %s", over)
			}
			tab.Screenshot("appbridge-" + revision + "-cart")

			widget.Click("#buy")
			if got := said(t, tab, "open-link"); got != s.BaseURL {
				t.Errorf("the widget opens a page of %s", got)
			}
			payOutside(tab.Popup(s.BaseURL + "/checkout/"))
			widget.WaitText(".done .order", "")
			order := wantBought(t, s, id)
			if got := widget.Text(".order"); !strings.Contains(got, order.OrderNumber) {
				t.Errorf("the widget shows %q for order %s", got, order.OrderNumber)
			}
			if got := said(t, tab, "context"); !strings.Contains(got, order.ID) {
				t.Errorf("the model is told %s", got)
			}
			tab.Screenshot("appbridge-" + revision + "-done")
			tab.Click("#teardown")
			if got := said(t, tab, "teardown"); got != "{}" {
				t.Errorf("the widget's answer to its end is %s", got)
			}
			clean(t, tab, s)
		})
	}
}

// deliver types the buyer's address into the widget.
func deliver(widget *browsertest.Tab) {
	widget.Click("#address-add")
	widget.WaitText("label[for=postal_code]", "Postal code")
	widget.Click("#name")
	at := servertest.Address()
	for i, value := range []string{at.Name, at.LineOne, "", at.PostalCode, at.City, at.State} {
		if i > 0 {
			widget.Keys("Tab")
		}
		widget.Type(value)
	}
	widget.Keys("Enter")
	widget.WaitText(".totals", "Tax")
}

// payOutside pays on the shop's own page, with the sandbox's form for cards.
func payOutside(page *browsertest.Tab) {
	page.WaitText("h1", "Checkout")
	page.Click("[name=email]")
	page.Type(servertest.Buyer().Email)
	page.Keys("Enter")
	page.WaitText("h1", "Review and pay")
	page.Click("button.primary")
	page.WaitText("form", "Card number")
	page.Click("#number")
	for i, value := range []string{"4242424242424242", "12 / 40", "123", "Test Buyer"} {
		if i > 0 {
			page.Keys("Tab")
		}
		page.Type(value)
	}
	page.Keys("Enter")
	page.WaitText("h1", "Thank you")
}

// session reads what the shop has stored.
func session(t *testing.T, s *servertest.Server, id string) *checkout.Session {
	t.Helper()
	stored, err := s.Store.Reader(t.Context()).Session(servertest.MerchantID, id)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// wantShown compares the widget's total with the shop's.
func wantShown(t *testing.T, widget *browsertest.Tab, stored *checkout.Session) {
	t.Helper()
	for _, total := range stored.Totals {
		if total.Type == acp.TotalTotal {
			widget.WaitText(".totals", fmt.Sprintf("$%d.%02d", total.Amount/100, total.Amount%100))
			return
		}
	}
	t.Error("the session has no total")
}

// wantBought holds the books of shop and payment provider to one order and one
// charge.
func wantBought(t *testing.T, s *servertest.Server, id string) acp.Order {
	t.Helper()
	servertest.Eventually(t, time.Minute, s.Outcome(t, id).Bought)
	order, err := s.Store.OrderOfSession(t.Context(), servertest.MerchantID, id)
	if err != nil {
		t.Fatal(err)
	}
	return order.Order
}
