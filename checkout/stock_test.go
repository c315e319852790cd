package checkout_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/order"
)

// Of an item that is sold beyond its stock a sale has used up what was there at
// the sale, whoever held it before: that much comes back with a cancellation.
func TestWhatASaleBeyondTheStockHasUsedUp(t *testing.T) {
	for name, c := range map[string]struct {
		first       string // token of who holds the one that is there, and pays later
		last, other []order.Units
	}{
		"the one who held it pays later":     {"tok_ok_1", nil, []order.Units{{ItemID: "print", Quantity: 1}}},
		"the one who held it is declined":    {"tok_decline_1", nil, []order.Units{{ItemID: "print", Quantity: 1}}},
		"nobody else wants it in the middle": {"tok_ok_1", []order.Units{{ItemID: "print", Quantity: 1}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			beyond := goods[3]
			beyond.Tracked, beyond.Stock, beyond.Backorder = true, 1, true
			w.stock(beyond)
			held, other := w.create("print"), w.create("print")
			w.dieAtWith(checkout.StepReserved, w.callWithKey("/checkout_sessions/"+held.ID+"/complete", "held"), held.ID, c.first)
			if c.last == nil {
				w.must(w.complete(other.ID, "tok_ok_2"))
			}
			w.clock.Advance(10 * time.Second)
			if done, errs := w.runJobs("payment.reconcile"); done != 1 {
				t.Fatal(done, errs)
			}
			if c.last != nil {
				w.must(w.complete(other.ID, "tok_ok_2"))
			}
			for _, units := range [][]order.Units{c.other, c.last} {
				for i := range units {
					units[i].CountedBy = w.item("print").CountedBy
				}
			}
			if got := w.usedUp(other.ID); !slices.Equal(got, c.other) {
				t.Errorf("the other sale has used up %v, want %v", got, c.other)
			}
			if got := w.usedUp(held.ID); !slices.Equal(got, c.last) {
				t.Errorf("the one that held it first has used up %v, want %v", got, c.last)
			}
			if it := w.item("print"); it.Stock != 0 || it.Reserved != 0 {
				t.Errorf("%+v", it)
			}
		})
	}
}

// usedUp is what the sale of a session took out of the stock; nil without a sale.
func (w *world) usedUp(sessionID string) []order.Units {
	w.t.Helper()
	r := w.store.Reader(context.Background())
	s, err := r.Session("shop", sessionID)
	if err != nil {
		w.t.Fatal(err)
	}
	if s.Order == nil {
		return nil
	}
	o, err := r.Order("shop", s.Order.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return o.Sold.Stock
}

// What is canceled does not come back into a count that may not know of its
// sale: the next import tells. Until then there may be too few, and never too many.
func TestWhatAnImportHasCountedSinceTheSale(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world, all []*world) {
		agree(all)
		for _, n := range all {
			n.core = n.coreWith(patient)
		}
		shelf := goods[3]
		shelf.Tracked = true
		elsewhere := goods[0]
		for name, c := range map[string]struct {
			counted  catalog.Item // by the import between
			at       checkout.Step
			canceled int64 // what there is of five in the end
		}{
			"nothing":                             {elsewhere, checkout.StepSettled, 5},
			"as the sale has left it":             {with(shelf, 3), checkout.StepSettled, 3},
			"without the sale":                    {with(shelf, 5), checkout.StepSettled, 5},
			"without the sale, before it ended":   {with(shelf, 5), checkout.StepReserved, 3},
			"fewer than it took, before it ended": {with(shelf, 1), checkout.StepReserved, 0},
		} {
			t.Run(name, func(t *testing.T) {
				w := w.in(t)
				w.stock(with(shelf, 5))
				importing := w.coreAt(c.at, func() { all[len(all)-1].stock(c.counted) })
				w.core = importing
				s := w.buyBeyond(t.Name(), 2)
				w.undo("cancel", s.Order.ID)
				if it := w.item("print"); it.Stock != c.canceled || it.Reserved != 0 {
					t.Errorf("%d left and %d reserved; want %d", it.Stock, it.Reserved, c.canceled)
				}
			})
		}
	})
}

func with(it catalog.Item, stock int64) catalog.Item {
	it.Stock = stock
	return it
}
