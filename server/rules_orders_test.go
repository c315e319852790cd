package server_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
)

// carriesOrders are the versions whose events carry the whole order.
var carriesOrders = []acp.Version{acp.V20260417, acp.Unreleased}

// fitting are the statuses that a fulfillment of each type can have.
var fitting = map[string][]string{
	"shipping": {"pending", "processing", "shipped", "in_transit", "out_for_delivery", "delivered", "failed", "canceled"},
	"pickup":   {"pending", "processing", "ready_for_pickup", "delivered", "failed", "canceled"},
	"digital":  {"pending", "processing", "delivered", "failed", "canceled"},
}

func TestRulesOfOrders(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	// story is what befalls an order, and every event of it: one of three goes,
	// one is not wanted any more, the rest goes, all arrives, money goes back.
	story := func(t *testing.T, v dialect) (s answer, states []object) {
		t.Helper()
		s, o := m.bought(t, v, line("ok", 3), line("other", 1), line("download", 1))
		ids := map[string]string{}
		for _, l := range o.LineItems {
			ids[l.ProductID] = l.ID
		}
		ok, other := ids["p-ok"], ids["p-other"]
		if ok == "" || other == "" {
			t.Fatalf("lines %+v", o.LineItems)
		}
		orders := m.app.Orders()
		did(t, "ship one")(orders.Ship(t.Context(), by(o), []order.Line{{ID: ok, Quantity: 1}}, order.Parcel{Carrier: "Post", TrackingNumber: "T1"}))
		did(t, "call one off")(orders.Refund(t.Context(), by(o), 0, []order.Line{{ID: other, Quantity: 1}}, order.Reason{Code: "requested_by_customer"}))
		did(t, "ship the rest")(orders.Ship(t.Context(), by(o), nil, order.Parcel{Carrier: "Post", TrackingNumber: "T2"}))
		did(t, "deliver")(orders.Deliver(t.Context(), by(o), ""))
		did(t, "give something back")(orders.Refund(t.Context(), by(o), 250, nil, order.Reason{}))
		for _, e := range m.heard(t, s.text("id"), 8) {
			states = append(states, e.at("data"))
		}
		return s, states
	}
	// lineAt is a line of an order by its product.
	lineAt := func(o object, product string) object {
		for _, l := range o.list("line_items") {
			if l.text("product_id") == product {
				return l
			}
		}
		return nil
	}
	eachVersion(t, "ORD-01, ORD-02 quantities hold, and give each line its status", func(t *testing.T, v dialect) {
		_, states := story(t, v)
		var seen []string
		for _, o := range states {
			for _, l := range o.list("line_items") {
				q := l.at("quantity")
				ordered, current, fulfilled := q.integer("ordered"), q.integer("current"), q.integer("fulfilled")
				if ordered < 1 || fulfilled < 0 || fulfilled > current || current > ordered {
					t.Errorf("ORD-01: %v", l)
				}
				want := "processing"
				switch {
				case current == 0:
					want = "removed"
				case fulfilled == current:
					want = "fulfilled"
				case fulfilled > 0:
					want = "partial"
				}
				if l.text("status") != want {
					t.Errorf("ORD-02: %v; want %s", l, want)
				}
			}
			seen = append(seen, lineAt(o, "p-ok").text("status")+"/"+lineAt(o, "p-other").text("status"))
		}
		if got := slices.Compact(seen); !slices.Equal(got, []string{"processing/processing", "partial/processing", "partial/removed", "fulfilled/removed"}) {
			t.Errorf("%v", got)
		}
	}, carriesOrders...)
	eachVersion(t, "ORD-03 the order's status follows from lines and fulfillments", func(t *testing.T, v dialect) {
		_, states := story(t, v)
		var seen []string
		for _, o := range states {
			removed, all, some, arrived := true, true, false, true
			for _, l := range o.list("line_items") {
				q := l.at("quantity")
				removed = removed && q.integer("current") == 0
				all = all && q.integer("fulfilled") == q.integer("current")
				some = some || q.integer("fulfilled") > 0
			}
			for _, f := range o.list("fulfillments") {
				arrived = arrived && (f.text("status") == "delivered" || f.text("status") == "canceled")
				some = some || !slices.Contains([]string{"pending", "canceled"}, f.text("status"))
			}
			want := "confirmed"
			switch {
			case removed:
				want = "canceled"
			case all && arrived:
				want = "completed"
			case all:
				want = "shipped"
			case some:
				want = "processing"
			}
			if o.text("status") != want {
				t.Errorf("%s; want %s: %v", o.text("status"), want, o)
			}
			seen = append(seen, o.text("status"))
		}
		if got := slices.Compact(seen); got[0] == got[len(got)-1] || got[len(got)-1] != "completed" || !slices.Contains(got, "processing") || !slices.Contains(got, "shipped") {
			t.Errorf("%v", got)
		}
		s, o := m.bought(t, v, line("ok", 1))
		did(t, "cancel")(m.app.Orders().Cancel(t.Context(), by(o), order.Reason{Note: "sold out"}))
		events := m.heard(t, s.text("id"), 3)
		if last := events[2].at("data"); last.text("status") != "canceled" {
			t.Errorf("%v", last)
		}
	}, carriesOrders...)
	eachVersion(t, "ORD-04, ORD-06 fulfillments have a status of their type, and lines that exist", func(t *testing.T, v dialect) {
		_, states := story(t, v)
		types := map[string]int{}
		for _, o := range states {
			inDeliveries := map[string]int64{}
			for _, f := range o.list("fulfillments") {
				types[f.text("type")]++
				if !slices.Contains(fitting[f.text("type")], f.text("status")) {
					t.Errorf("ORD-04: %v", f)
				}
				if f.text("status") == "canceled" {
					continue
				}
				for _, l := range f.list("line_items") {
					inDeliveries[l.text("id")] += l.integer("quantity")
					if l.integer("quantity") < 1 {
						t.Errorf("ORD-06: %v", f)
					}
				}
			}
			for _, l := range o.list("line_items") {
				if n := inDeliveries[l.text("id")]; n > l.at("quantity").integer("current") {
					t.Errorf("ORD-06: %d in deliveries of %v", n, l)
				}
				delete(inDeliveries, l.text("id"))
			}
			if len(inDeliveries) != 0 {
				t.Errorf("ORD-06: of no line: %v", inDeliveries)
			}
		}
		if types["shipping"] == 0 || types["digital"] == 0 {
			t.Errorf("%v", types)
		}
	}, carriesOrders...)
	eachVersion(t, "ORD-05 the total stays, and refunds add up beside it with their tax", func(t *testing.T, v dialect) {
		s, states := story(t, v)
		for i, o := range states {
			var back int64
			for _, a := range o.list("adjustments") {
				if a.text("type") == "refund" && a.text("status") == "completed" {
					back += a.integer("amount")
				}
			}
			if o.total("total") != s.total("total") || o.total("amount_refunded") != back {
				t.Errorf("state %d: a total of %d, was %d; %d refunded, want %d", i, o.total("total"), s.total("total"), o.total("amount_refunded"), back)
			}
		}
		last := states[len(states)-1]
		other := int64(333) + taxOf(333)
		if got := last.total("amount_refunded"); got != other+250 {
			t.Errorf("%d was refunded; want %d with tax and 250", got, other)
		}
		if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total")-other-250 {
			t.Errorf("the PSP has kept %d of %d", taken, s.total("total"))
		}
	}, carriesOrders...)
	eachVersion(t, "ORD-08 what happens to a fulfillment is dated, only added to, and keeps its id", func(t *testing.T, v dialect) {
		_, states := story(t, v)
		history := map[string][]string{} // by fulfillment
		n := 0
		for i, o := range states {
			ids := map[string]bool{}
			for _, f := range o.list("fulfillments") {
				var now []string
				for _, e := range f.list("events") {
					if _, err := time.Parse(time.RFC3339Nano, e.text("occurred_at")); err != nil || e.text("id") == "" || ids[e.text("id")] || e.text("type") == "" {
						t.Errorf("state %d: %v", i, e)
					}
					ids[e.text("id")] = true
					now = append(now, fmt.Sprint(e.text("id"), e.text("type"), e.text("occurred_at")))
				}
				before := history[f.text("id")]
				if len(now) < len(before) || !slices.Equal(now[:len(before)], before) {
					t.Errorf("state %d: %v became %v", i, before, now)
				}
				history[f.text("id")] = now
				n = max(n, len(now))
			}
			for _, a := range o.list("adjustments") {
				if _, err := time.Parse(time.RFC3339Nano, a.text("occurred_at")); err != nil || a.text("id") == "" {
					t.Errorf("state %d: %v", i, a)
				}
			}
		}
		if n < 2 {
			t.Errorf("at most %d events of a fulfillment", n)
		}
	}, carriesOrders...)
}
