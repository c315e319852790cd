package server_test

import (
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/order"
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
