package checkout_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// reachable lists what a status can become by any number of moves.
func reachable(from acp.Status) map[acp.Status]bool {
	seen := map[acp.Status]bool{from: true}
	for todo := []acp.Status{from}; len(todo) > 0; todo = todo[1:] {
		for _, next := range checkout.Transitions[todo[0]] {
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return seen
}

func TestFinalStatusesAreFinal(t *testing.T) {
	for _, s := range []acp.Status{acp.Completed, acp.Canceled, acp.Expired} {
		if !checkout.Final(s) {
			t.Errorf("%s can become %v", s, checkout.Transitions[s])
		}
	}
	for from, next := range checkout.Transitions {
		for _, to := range next {
			if _, known := checkout.Transitions[to]; !known && !slices.Contains([]acp.Status{acp.Completed, acp.Canceled, acp.Expired}, to) {
				t.Errorf("%s can become %s, which is in no row", from, to)
			}
		}
	}
}

// Whatever agents do, a session moves by the table, its totals add up, and the
// money taken is the money of the orders.
func TestAnyConversationKeepsTheRules(t *testing.T) {
	w := newWorld(t)
	var orders int
	var owed int64
	rapid.Check(t, func(rt *rapid.T) {
		var s *acp.Session
		var last acp.Status
		token := 0
		see := func(a checkout.Answer, id string) {
			got, err := w.core.Get(context.Background(), agent, id)
			if err != nil {
				rt.Fatal(err)
			}
			if !reachable(last)[got.Status] {
				rt.Fatalf("%s became %s", last, got.Status)
			}
			if a.Err == nil && a.Status != 200 {
				rt.Fatalf("answer %d without an error: %s", a.Status, a.Body)
			}
			if a.Status >= 500 && a.Status != 503 {
				rt.Fatalf("answer %d: %v", a.Status, a.Err.Cause)
			}
			checkTotals(rt, &got.Session)
			if (got.Status == acp.ReadyForPayment) == slices.ContainsFunc(got.Messages, func(m acp.Message) bool {
				return m.Type == acp.ErrorMessage && m.Param != "$.payment_data"
			}) && !checkout.Final(got.Status) && got.Status != acp.CompleteInProgress {
				rt.Fatalf("%s with messages %v", got.Status, said(&got.Session))
			}
			if got.Status == acp.Completed && last != acp.Completed {
				orders++
				owed += got.Total()
			}
			s, last = &got.Session, got.Status
		}
		items := rapid.SliceOfNDistinct(rapid.Custom(func(rt *rapid.T) acp.RequestedItem {
			return acp.RequestedItem{ID: rapid.SampledFrom([]string{"mug", "lamp", "vase", "print", "ebook"}).Draw(rt, "item"),
				Quantity: rapid.Int64Range(1, 4).Draw(rt, "quantity")}
		}), 1, 4, func(it acp.RequestedItem) string { return it.ID })
		address := rapid.Custom(func(rt *rapid.T) acp.Address {
			a := *california.Address
			switch rapid.IntRange(0, 3).Draw(rt, "place") {
			case 1:
				a.Country, a.State, a.PostalCode = "DE", "", "10115"
			case 2:
				a.Country = "NZ"
			case 3:
				a.PostalCode = "nonsense"
			}
			return a
		})
		created := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Items: items.Draw(rt, "items"), Currency: "usd"}))
		last = created.Status
		path := "/checkout_sessions/" + created.ID
		see(checkout.Answer{Status: 200}, created.ID)
		for range rapid.IntRange(1, 12).Draw(rt, "requests") {
			ctx := context.Background()
			switch rapid.IntRange(0, 6).Draw(rt, "request") {
			case 0:
				see(w.core.Update(ctx, w.call(path), s.ID, acp.UpdateRequest{Items: acp.Some(items.Draw(rt, "items"))}), s.ID)
			case 1:
				see(w.core.Update(ctx, w.call(path), s.ID, acp.UpdateRequest{FulfillmentDetails: acp.Some(acp.FulfillmentDetailsPatch{Address: acp.Some(address.Draw(rt, "address"))})}), s.ID)
			case 2:
				option := rapid.SampledFrom([]string{"express", "standard", "download", "nope"}).Draw(rt, "option")
				see(w.core.Update(ctx, w.call(path), s.ID, acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{{OptionID: option}})}), s.ID)
			case 3, 4:
				token++
				kind := rapid.SampledFrom([]string{"tok_ok", "tok_decline", "tok_3ds"}).Draw(rt, "token")
				w.psp.loseAnswers = rapid.IntRange(0, 1).Draw(rt, "answers lost")
				see(w.complete(s.ID, fmt.Sprintf("%s_%s_%d", kind, s.ID, token)), s.ID)
				w.psp.loseAnswers = 0
			case 5:
				if rapid.IntRange(0, 4).Draw(rt, "cancel") == 0 {
					see(w.core.Cancel(ctx, w.call(path+"/cancel"), s.ID, acp.CancelRequest{}), s.ID)
				}
			case 6:
				w.clock.Advance(rapid.SampledFrom([]time.Duration{time.Minute, 31 * time.Minute}).Draw(rt, "time"))
				w.t = t
				w.runJobs("payment.reconcile")
				see(checkout.Answer{Status: 200}, s.ID)
			}
		}
		w.clock.Advance(time.Minute)
		w.runJobs("payment.reconcile")
		see(checkout.Answer{Status: 200}, s.ID)
	})
	if n, taken := w.psp.taken(); n != orders || taken != owed {
		t.Fatalf("%d charges over %d for %d orders over %d", n, taken, orders, owed)
	}
	for _, id := range []string{"mug", "lamp"} {
		if it := w.item(id); it.Reserved != 0 || it.Stock < 0 {
			t.Errorf("%s: stock %d, %d reserved by nobody", id, it.Stock, it.Reserved)
		}
	}
}

// checkTotals holds a session to the identities of totals.
func checkTotals(t *rapid.T, s *acp.Session) {
	amounts := func(where string, list []acp.Total) map[acp.TotalType]int64 {
		m := map[acp.TotalType]int64{}
		for _, e := range list {
			if _, twice := m[e.Type]; twice || e.DisplayText == "" || e.Amount < 0 {
				t.Fatalf("%s: total %+v", where, e)
			}
			m[e.Type] = e.Amount
		}
		return m
	}
	var base, discount, tax int64
	for i := range s.LineItems {
		l := &s.LineItems[i]
		m := amounts(l.ID, l.Totals)
		if m["items_base_amount"] != *l.UnitAmount*l.Quantity || m["subtotal"] != m["items_base_amount"]-m["items_discount"] || m["total"] != m["subtotal"]+m["tax"] {
			t.Fatalf("line %d × %d: %v", *l.UnitAmount, l.Quantity, m)
		}
		base, discount, tax = base+m["items_base_amount"], discount+m["items_discount"], tax+m["tax"]
	}
	var delivery, deliveryTax int64
	for _, sel := range s.SelectedFulfillmentOptions {
		for _, o := range s.FulfillmentOptions {
			if o.ID == sel.OptionID {
				m := amounts(o.ID, o.Totals)
				delivery, deliveryTax = delivery+m["fulfillment"], deliveryTax+m["tax"]
			}
		}
	}
	m := amounts("session", s.Totals)
	switch {
	case m["items_base_amount"] != base, m["items_discount"] != discount, m["subtotal"] != base-discount,
		m["fulfillment"] != delivery, m["tax"] != tax+deliveryTax,
		m["total"] != m["subtotal"]-m["discount"]+m["fulfillment"]+m["tax"]+m["fee"]:
		t.Fatalf("session totals %v; lines %d - %d + tax %d, delivery %d + tax %d", m, base, discount, tax, delivery, deliveryTax)
	}
}
