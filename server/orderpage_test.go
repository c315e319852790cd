package server_test

import (
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// page reads an order's page as its buyer does: without markup.
func page(t *testing.T, shop *servertest.Server, o *order.Order) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, shop.BaseURL+"/orders/"+o.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.StatusCode, err)
	}
	text := regexp.MustCompile(`(?s)<style.*?</style>|<[^>]*>`).ReplaceAllString(string(body), " ")
	return regexp.MustCompile(`\s+`).ReplaceAllString(html.UnescapeString(text), " ")
}

// The page of an order shows its buyer what has become of it.
func TestThePageOfAnOrderKeepsUp(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{})
	orders := shop.App.Orders()
	says := func(o *order.Order, words ...string) {
		t.Helper()
		text := page(t, shop, o)
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("the page lacks %q:\n%s", w, text)
			}
		}
	}
	must := func(_ order.Outcome, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	o := sold(t, shop, servertest.Mug, servertest.Mug)
	says(o, "Your order is confirmed", "Order placed")
	line := o.LineItems[0]
	must(orders.Ship(t.Context(), byOperator(o, ""), []order.Line{{ID: line.ID, Quantity: 1}},
		order.Parcel{Carrier: "Swift", TrackingURL: "https://swift.example/T1"}))
	says(o, "Part of your order is on its way", "Follow the parcel with Swift", "Shipped")
	must(orders.Refund(t.Context(), byOperator(o, ""), 0, []order.Line{{ID: line.ID, Quantity: 1}}, order.Reason{}))
	says(o, "Your order is on its way", "Quantity 2", "1 canceled", "Refunded", "refunded")
	must(orders.Deliver(t.Context(), byOperator(o, ""), ""))
	says(o, "Your order has arrived", "arrived", "Arrived")

	called := sold(t, shop, servertest.Mug)
	must(orders.Cancel(t.Context(), byOperator(called, ""), order.Reason{}))
	says(called, "Your order was canceled", "Your money has been sent back", "canceled")
	if text := page(t, shop, called); strings.Contains(text, "This order has no items left") {
		t.Error("the page does not say what was bought")
	}
}

// Where less is taken than the buyer had agreed to, the figure that counts is
// what is taken.
func TestThePageOfAnOrderSaysWhatIsCharged(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{Configure: func(cfg *config.Config) { cfg.Merchants[0].Payment.Test.Capture = "on_shipment" }})
	orders := shop.App.Orders()
	must := func(_ order.Outcome, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	total := func(o *order.Order) string { // the strong figure
		t.Helper()
		resp := newBuyer(t).send(http.MethodGet, shop.BaseURL+"/orders/"+o.ID, nil)
		m := regexp.MustCompile(`<div class="strong"><dt>([^<]*)</dt><dd class="amount"><bdi>([^<]*)</bdi>`).FindAllStringSubmatch(resp.text, -1)
		if len(m) != 1 {
			t.Fatalf("%d strong figures", len(m))
		}
		return m[0][1] + " " + m[0][2]
	}
	mugs := sold(t, shop, servertest.Mug, servertest.Mug)
	agreed := total(mugs)
	if !strings.HasPrefix(agreed, "Total ") {
		t.Errorf("held: %s", agreed)
	}
	must(orders.Capture(t.Context(), byOperator(mugs, ""), mugs.Total-1500))
	want := "You pay " + money.Format(mugs.Total-1500, servertest.Currency, "en-US")
	if got := total(mugs); got != want {
		t.Errorf("after a capture of less: %s, want %s", got, want)
	}
	if text := page(t, shop, mugs); !strings.Contains(text, "Not charged -$15.00") || !strings.Contains(text, "$15.00 less was charged") || !strings.Contains(text, agreed) {
		t.Errorf("%s", text)
	}
	must(orders.Refund(t.Context(), byOperator(mugs, ""), 1000, nil, order.Reason{}))
	if text := page(t, shop, mugs); total(mugs) != want || !strings.Contains(text, "Refunded -$10.00") {
		t.Errorf("after a refund: %s", text)
	}

	// What is taken off while the money is held is not charged either.
	part := sold(t, shop, servertest.Mug, servertest.Mug)
	must(orders.Refund(t.Context(), byOperator(part, ""), 0, []order.Line{{ID: part.LineItems[0].ID, Quantity: 1}}, order.Reason{}))
	if got := total(part); !strings.HasPrefix(got, "You pay ") || strings.Contains(page(t, shop, part), "Refunded") {
		t.Errorf("after a part was canceled: %s", got)
	}

	whole := sold(t, shop, servertest.Mug)
	must(orders.Capture(t.Context(), byOperator(whole, ""), 0))
	if got := total(whole); !strings.HasPrefix(got, "Total ") {
		t.Errorf("after a capture of all: %s", got)
	}
}
