package order_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/store"
)

// shelf is how many of each of its goods the shop has before the first sale.
const shelf = 1_000_000

// open fills the shop's shelves with what every sale is of.
func (w *world) open() {
	w.t.Helper()
	imp, err := w.store.Import(ctx, shop, store.ImportOptions{})
	w.must(err)
	for _, itemID := range []string{"mug", "lamp"} {
		w.must(imp.Put(catalog.Item{ID: itemID, ProductID: itemID, Title: itemID, ProductTitle: itemID, Price: 1000, Currency: "eur",
			Kind: catalog.Physical, Availability: catalog.InStock, Tracked: true, Stock: shelf}))
	}
	_, err = imp.Commit()
	w.must(err)
}

// uses are those of the sale's own discount: of everybody, and of its buyer.
func usesOf(o *order.Order) []order.Use {
	return []order.Use{{DiscountID: "d_" + o.ID}, {DiscountID: "d_" + o.ID, Buyer: "somebody"}}
}

// use takes out of the shop what an order was made of.
func (w *world) use(o *order.Order) {
	w.t.Helper()
	w.must(w.store.Do(ctx, func(tx *store.Tx) error {
		for _, u := range o.Sold.Stock {
			if err := tx.Reserve(shop, u.ItemID, u.Quantity); err != nil {
				return err
			}
		}
		for _, u := range o.Sold.Uses {
			if err := tx.HoldUse(shop, false, u, 1); err != nil {
				return err
			}
		}
		return nil
	}))
	w.must(w.store.Do(ctx, func(tx *store.Tx) error {
		for _, u := range o.Sold.Stock {
			if err := tx.Sell(shop, u.ItemID, u.Quantity); err != nil {
				return err
			}
		}
		for _, u := range o.Sold.Uses {
			if err := tx.SpendUse(shop, false, u); err != nil {
				return err
			}
		}
		return tx.InsertDiscounted(order.Discounted{MerchantID: shop, OrderID: o.ID, DiscountID: "d_" + o.ID, Buyer: "somebody",
			Amount: 100, Currency: "eur", At: o.CreatedAt})
	}))
	w.sold = append(w.sold, o.ID)
}

// gone is how often the discount of an order is used, by both counts.
func (w *world) gone(t testingT, o *order.Order) int64 {
	t.Helper()
	uses := usesOf(o)
	counts, err := w.store.Reader(ctx).DiscountUses(shop, false, uses)
	if err != nil || counts[uses[0]] != counts[uses[1]] {
		t.Fatalf("uses %v, %v", counts, err)
	}
	return counts[uses[0]]
}

// checkGivenBack checks what the sales of the world have left in the shop. called
// tells whether anybody has called the order off; a refund does not.
func (w *world) checkGivenBack(t testingT, o *order.Order, called bool) {
	t.Helper()
	now, gone := w.order(o), w.gone(t, o)
	for i := range now.LineItems {
		if gone == 0 && (now.Status != "canceled" || now.LineItems[i].Quantity.Fulfilled > 0) {
			t.Fatalf("given back: %s, %+v", now.Status, now.LineItems)
		}
	}
	voided := false
	for _, op := range w.ops(o) {
		voided = voided || op.Kind == payment.OpVoid && op.State == payment.OpDone
	}
	switch {
	case gone != 0 && gone != 1:
		t.Fatalf("used %d times", gone)
	case gone == 0 && !called:
		t.Fatalf("given back for %v", adjustments(now))
	case gone == 1 && voided && now.Status == "canceled":
		t.Fatalf("kept, and the order is canceled: %v", adjustments(now))
	}
}

// checkShelf checks that the stock is what was not sold and what came back, and
// that the shop's list of discounted orders agrees.
func (w *world) checkShelf(t testingT) {
	t.Helper()
	var kept int64
	for _, orderID := range w.sold {
		o := &order.Order{}
		o.ID = orderID
		kept += w.gone(t, o)
		list, err := w.store.DiscountOrders(ctx, shop, false, "d_"+orderID, "", 10)
		if err != nil || len(list) != 1 || list[0].GivenBack.IsZero() != (w.gone(t, o) == 1) {
			t.Fatalf("discounted orders %+v, %v", list, err)
		}
	}
	items, err := w.store.Reader(ctx).Items(shop, []string{"mug", "lamp"})
	if err != nil || items["mug"].Stock != shelf-2*kept || items["lamp"].Stock != shelf-kept || items["mug"].Reserved != 0 {
		t.Fatalf("of %d sales %d are kept, and there are %+v, %v", len(w.sold), kept, items, err)
	}
}

// What a sale has used up comes back with its cancellation, and with nothing
// else.
func TestWhatACancellationGivesBack(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			held  bool
			do    func(*order.Order)
			after int64
		}{
			"a hold is canceled":   {true, func(o *order.Order) { w.did(w.core.Cancel(ctx, cmd(o), order.Reason{})) }, 0},
			"a charge is canceled": {false, func(o *order.Order) { w.did(w.core.Cancel(ctx, cmd(o), order.Reason{})) }, 0},
			"the same command twice": {false, func(o *order.Order) {
				w.did(w.core.Cancel(ctx, cmd(o, "k"), order.Reason{}))
				w.did(w.core.Cancel(ctx, cmd(o, "k"), order.Reason{}))
			}, 0},
			"canceled after a refund of a part": {false, func(o *order.Order) {
				w.did(w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: lamp, Quantity: 1}}, order.Reason{}))
				w.did(w.core.Cancel(ctx, cmd(o), order.Reason{}))
			}, 0},
			"the hold ends at the provider": {true, func(o *order.Order) {
				n := w.psp.dashboard(w.attempt(o).PSPRef, payment.OpVoid, total)
				w.told(n)
				w.told(n)
			}, 0},
			"refunded, all of it": {false, func(o *order.Order) { w.did(w.core.Refund(ctx, cmd(o), total, nil, order.Reason{})) }, 1},
			"refunded, all lines": {false, func(o *order.Order) {
				w.did(w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: mugs, Quantity: 2}, {ID: lamp, Quantity: 1}}, order.Reason{}))
			}, 1},
			"a cancellation that was refused, and all lines refunded": {false, func(o *order.Order) {
				w.psp.fail(declines)
				w.did(w.core.Cancel(ctx, cmd(o), order.Reason{}))
				w.did(w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: mugs, Quantity: 2}, {ID: lamp, Quantity: 1}}, order.Reason{}))
			}, 1},
			"shipped and refunded": {true, func(o *order.Order) {
				w.did(w.core.Ship(ctx, cmd(o), nil, order.Parcel{}))
				w.did(w.core.Refund(ctx, cmd(o), total, nil, order.Reason{}))
			}, 1},
		} {
			t.Run(name, func(t *testing.T) {
				o := w.sale(c.held)
				c.do(o)
				if gone := w.gone(t, o); gone != c.after {
					t.Errorf("used %d times, want %d; %s %v", gone, c.after, w.order(o).Status, adjustments(w.order(o)))
				}
				w.checkShelf(t)
			})
		}
	})
}

// While the PSP has not said so an order is not canceled: it shows what it was,
// keeps what it used up, and nothing of it can leave meanwhile.
func TestACancellationThatIsUnderWay(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		for _, held := range []bool{true, false} {
			for _, good := range []bool{true, false} {
				t.Run(fmt.Sprintf("held %t, done in the end %t", held, good), func(t *testing.T) {
					o := w.sale(held)
					w.psp.fail(accepts)
					out := w.did(w.core.Cancel(ctx, cmd(o), order.Reason{}))
					now := w.order(o)
					if now.Status != "confirmed" || now.Fulfillments[0].Status != "pending" || now.LineItems[0].Quantity.Current != 2 ||
						now.LineItems[0].Status != "processing" || w.gone(t, o) != 1 {
						t.Errorf("%s, %+v, %+v", now.Status, now.Fulfillments[0], now.LineItems[0])
					}
					_, err := w.core.Ship(ctx, cmd(o), nil, order.Parcel{})
					w.refused(t, err, "is being canceled")
					_, err = w.core.Cancel(ctx, cmd(o), order.Reason{})
					w.refused(t, err, "is being canceled")
					_, err = w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: lamp, Quantity: 1}}, order.Reason{})
					w.refused(t, err, "")
					w.told(w.psp.decide(out.Operation.ID, good))
					now = w.order(o)
					status, gone := "confirmed", int64(1)
					if good {
						status, gone = "canceled", 0
					}
					if now.Status != status || w.gone(t, o) != gone {
						t.Errorf("%s, used %d times", now.Status, w.gone(t, o))
					}
					w.checkShelf(t)
					if !good {
						w.did(w.core.Ship(ctx, cmd(o), nil, order.Parcel{}))
					}
					w.checkBooks(t, o)
				})
			}
		}
	})
}

// While the PSP may still refuse a refund, no cancellation says that the order
// is over: the money would still be here, or its goods be wanted again.
func TestNoCancellationBesideARefundThatIsUnderWay(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		for name, lines := range map[string][]order.Line{"all the money": nil, "a line": {{ID: lamp, Quantity: 1}}} {
			for _, good := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, done in the end %t", name, good), func(t *testing.T) {
					o := w.sale(false)
					amount := int64(total)
					if lines != nil {
						amount = 0
					}
					w.psp.fail(accepts)
					out := w.did(w.core.Refund(ctx, cmd(o), amount, lines, order.Reason{}))
					_, err := w.core.Cancel(ctx, cmd(o), order.Reason{})
					w.refused(t, err, "is being refunded")
					if now := w.order(o); now.Status != "confirmed" || w.gone(t, o) != 1 {
						t.Errorf("%s, used %d times", now.Status, w.gone(t, o))
					}
					w.told(w.psp.decide(out.Operation.ID, good))
					w.did(w.core.Cancel(ctx, cmd(o), order.Reason{}))
					if now, p := w.order(o), w.psp.books(w.attempt(o).PSPRef); now.Status != "canceled" || w.gone(t, o) != 0 || p.refunded != total {
						t.Errorf("%s, used %d times, %+v", now.Status, w.gone(t, o), p)
					}
					w.checkShelf(t)
					w.checkBooks(t, o)
				})
			}
		}
	})
}

// The PSP refuses to end a hold that somebody ended in its dashboard meanwhile:
// the order is canceled all the same, as nobody pays for it any more.
func TestACancellationThatTheDashboardCameBefore(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		o := w.sale(true)
		w.psp.fail(accepts)
		out := w.did(w.core.Cancel(ctx, cmd(o), order.Reason{}))
		n := w.psp.dashboard(w.attempt(o).PSPRef, payment.OpVoid, total)
		w.clock.Advance(time.Hour) // until then the notice may be about our own
		w.told(n)
		w.told(w.psp.decide(out.Operation.ID, true))
		if diff := cmp.Diff([]string{"void done 10499", "void failed 10499"}, states(w.ops(o))); diff != "" {
			t.Error(diff)
		}
		if now := w.order(o); now.Status != "canceled" || w.gone(t, o) != 0 {
			t.Errorf("%s, used %d times: %v", now.Status, w.gone(t, o), adjustments(now))
		}
		w.checkShelf(t)
		w.checkBooks(t, o)
	})
}

// A process that dies while it cancels gives back once, and operators who cancel
// at once do too.
func TestWhatIsGivenBackOutlivesAProcess(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		for _, held := range []bool{true, false} {
			for _, step := range []order.Step{order.StepCommitted, order.StepAnswered, order.StepRecorded} {
				o := w.sale(held)
				w.dying(step, func(s *order.Service) error {
					_, err := s.Cancel(ctx, cmd(o), order.Reason{})
					return err
				})
				if gone := w.gone(t, o); (gone == 0) != (step == order.StepRecorded) {
					t.Errorf("%s: used %d times", step, gone)
				}
				w.clock.Advance(lease + time.Second)
				w.runJobs()
				w.runJobs()
				if gone := w.gone(t, o); gone != 0 {
					t.Errorf("%s: used %d times in the end", step, gone)
				}
				w.checkShelf(t)
			}
			o := w.sale(held)
			done := make(chan error)
			for range 8 {
				go func() {
					_, err := w.service(nil).Cancel(ctx, cmd(o), order.Reason{})
					done <- err
				}()
			}
			for range 8 {
				if err := <-done; err != nil {
					w.refused(t, err, "cancel")
				}
			}
			w.checkGivenBack(t, o, true)
			w.checkShelf(t)
		}
	})
}
