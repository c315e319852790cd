package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// nearby are a place to come to and a courier's round, for a shop of tests.
func nearby() []config.ShippingConfig {
	pickup := config.ShippingConfig{ID: "market", Title: "Pick up at the market", Kind: "flat", Price: "0"}
	pickup.Pickup = config.PickupConfig{Type: "in_store", Name: "Market shop", ReadyAfter: 2 * time.Hour, KeepDays: 7, Instructions: "Ring at the side door",
		Address: config.PickupAddressConfig{LineOne: "1 Market Street", City: "San Francisco", State: "CA", PostalCode: "94105"}}
	courier := config.ShippingConfig{ID: "courier", Title: "Courier", Kind: "flat", Price: "7.00"}
	courier.LocalDelivery = config.LocalDeliveryConfig{PostalPrefixes: []string{"941"}, Windows: []string{"daily 00:00-12:00,12:00-24:00"}, Rounds: 2}
	return []config.ShippingConfig{pickup, courier}
}

// A buyer who comes for the goods gives no address; one who would rather not
// is asked for it again.
func TestBuyerChoosesToComeForTheGoods(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{Shipping: nearby()})
	agent := shop.Agent(t)
	s, err := agent.Create(t.Context(), acp.CreateRequest{Currency: servertest.Currency, Items: []acp.RequestedItem{{ID: servertest.Mug, Quantity: 1}, {ID: servertest.Book, Quantity: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	b := newBuyer(t)
	b.take(linkOf(t, s))
	page := b.wants("Checkout")
	for _, want := range []string{"Have it delivered", "Pick up at the market", "Market shop, 1 Market Street, San Francisco. Ready on", "Ring at the side door", `name="postal_code"`} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if got := b.post("delivery", "delivery", "courier"); got.status != http.StatusSeeOther {
		t.Fatalf("a delivery that is not offered: %d %s", got.status, got.text)
	}
	if got := b.post("delivery", "delivery", "market"); got.status != http.StatusSeeOther {
		t.Fatalf("delivery: %d %s", got.status, got.text)
	}
	if page = b.wants("Checkout"); strings.Contains(page.text, `name="postal_code"`) || !strings.Contains(page.text, `value="market" checked`) {
		t.Error("an address is asked for of somebody who comes for the goods")
	}
	if got := b.post("delivery", "delivery", ":address"); got.status != http.StatusSeeOther {
		t.Fatalf("delivery: %d %s", got.status, got.text)
	}
	if page = b.wants("Checkout"); !strings.Contains(page.text, `name="postal_code"`) || !strings.Contains(page.text, `value=":address" checked`) {
		t.Error("no address is asked for of somebody who wants the goods delivered")
	}
	b.post("delivery", "delivery", "market")
	if got := b.post("details", "email", "buyer@example.com", "name", "Test Buyer"); got.status != http.StatusSeeOther {
		t.Fatalf("details: %d %s", got.status, got.text)
	}
	page = b.wants("Review and pay")
	if !strings.Contains(page.text, "Pay <bdi>$31.31") { // 18.00 at 7.25 %, and a book that goes nowhere
		t.Errorf("%s", page.text)
	}
	b.atSandbox(b.pay(), "4242424242424242")
	b.becomes("Thank you")

	out := shop.Outcome(t, s.ID)
	if err := out.Bought(); err != nil {
		t.Fatal(err)
	}
	stored, err := shop.App.Store().Reader(t.Context()).Session(servertest.MerchantID, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	o := &order.Order{Order: acp.Order{ID: stored.Order.ID}}
	orderPage := func() string { return b.send(http.MethodGet, stored.Order.PermalinkURL, nil).text }
	if text := orderPage(); !strings.Contains(text, "Pick up at the market") || !strings.Contains(text, "Market shop, 1 Market Street") {
		t.Errorf("the order's page does not say where to come: %s", text)
	}
	if _, err := shop.App.Orders().Ship(t.Context(), byOperator(o, ""), nil, order.Parcel{}); err != nil {
		t.Fatal(err)
	}
	if text := orderPage(); !strings.Contains(text, "Your order is ready to be picked up") {
		t.Errorf("%s", text)
	}
	if _, err := shop.App.Orders().Deliver(t.Context(), byOperator(o, ""), ""); err != nil {
		t.Fatal(err)
	}
	if text := orderPage(); !strings.Contains(text, "Your order has arrived") || strings.Contains(text, "Ready on") {
		t.Errorf("%s", text)
	}
}

// Where parts of the order are delivered in ways of their own, the page shows
// them and offers none to choose: that would undo what the agent has arranged.
func TestSeveralDeliveriesAreShown(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{Shipping: nearby()})
	agent := shop.Agent(t)
	details := &acp.FulfillmentDetails{Name: "Test Buyer", Address: servertest.Address()}
	s, err := agent.Create(t.Context(), acp.CreateRequest{Currency: servertest.Currency, FulfillmentDetails: details, Buyer: servertest.Buyer(),
		Items: []acp.RequestedItem{{ID: servertest.Mug, Quantity: 1}, {ID: servertest.Lamp, Quantity: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	b := newBuyer(t)
	b.take(linkOf(t, s))
	if page := b.wants("Review and pay"); strings.Count(page.text, `name="delivery"`) != 5 || !strings.Contains(page.text, "Courier, ") {
		t.Errorf("%s", page.text)
	}
	if s, err = agent.Update(t.Context(), s.ID, acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{
		{Type: acp.FulfillmentPickup, OptionID: "market", ItemIDs: []string{s.Lines[1].ID}}, {Type: acp.FulfillmentShipping, OptionID: "express"}})}); err != nil {
		t.Fatal(err)
	}
	page := b.wants("Review and pay")
	if strings.Contains(page.text, `name="delivery"`) || !strings.Contains(page.text, "Express") || !strings.Contains(page.text, "Pick up at the market") || strings.Contains(page.text, "Standard") {
		t.Errorf("%s", page.text)
	}
	b.post("delivery", "delivery", "express")
	if s, err = agent.Get(t.Context(), s.ID); err != nil || len(s.Selected) != 2 {
		t.Errorf("%+v, %v", s.Selected, err)
	}
}
