package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
)

// racers are how many buyers press at once, spread over the nodes.
const racers = 24

// race lets every buyer press at once, each at the next node, and gives the
// sessions as they are shown.
func race(all []*world, press func(w *world, i int) checkout.Answer) []*acp.Session {
	for _, n := range all {
		n.core = n.coreWith(patient)
	}
	got := make([]*acp.Session, racers)
	var ready, done sync.WaitGroup
	ready.Add(racers)
	start := make(chan struct{})
	for i := range racers {
		done.Go(func() {
			w := all[i%len(all)]
			ready.Done()
			<-start
			got[i] = w.must(press(w, i))
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return got
}

func soldOf(got []*acp.Session) (n int64) {
	for _, s := range got {
		if s.Status == acp.Completed {
			n++
		}
	}
	return n
}

// However many pay out of one account at once, at however many nodes, it pays for
// as much as is in it; who came too late has bought nothing.
func TestBuyersRaceForABalance(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world, all []*world) {
		const enoughFor = 5
		agree(all)
		price := total(w.create("mug"), acp.TotalTotal)
		for kind, change := range map[string]func(*balance.Balance){
			"store credit": nil,
			"a gift card": func(b *balance.Balance) {
				b.Kind, b.Code, b.Last4 = balance.GiftCard, []byte("digest of "+b.ID), "WXYZ"
			},
			"points": func(b *balance.Balance) {
				b.Kind, b.Rate = balance.Points, balance.Rate{Units: 3, Amount: 2}
				cost, _ := b.Rate.Cost(price)
				b.Available = cost*enoughFor + cost - 1
			},
		} {
			for name, capture := range map[string]payment.CaptureMode{"captured at once": payment.CaptureNow, "held": payment.CaptureLater} {
				t.Run(kind+", "+name, func(t *testing.T) {
					for _, n := range all {
						n.merchant.Test.Capture = capture
					}
					w := w.in(t)
					b := w.issue("cus of "+t.Name(), price*enoughFor+price-1, change)
					has, mugs := b.Available, w.item("mug").Stock
					buyer := *member
					buyer.CustomerID = b.CustomerID
					var ids [racers]string
					for i := range ids {
						ids[i] = w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"),
							acp.CreateRequest{Items: want("mug"), Currency: "usd", FulfillmentDetails: california, Buyer: &buyer})).ID
					}
					got := race(all, func(n *world, i int) checkout.Answer {
						return n.core.Complete(context.Background(), n.callWithKey("/checkout_sessions/"+ids[i]+"/complete", t.Name()+ids[i]), ids[i],
							payFrom(b, fmt.Sprint("vt ", i, t.Name())))
					})
					cost, _ := b.Rate.Cost(price)
					available, held := w.purse(b.ID)
					if spent := has - available; soldOf(got) != enoughFor || spent != cost*enoughFor || (held == spent) != (capture == payment.CaptureLater) {
						t.Errorf("%d sold, %d of %d left and %d held", soldOf(got), available, has, held)
					}
					if mug := w.item("mug"); mug.Stock != mugs-enoughFor || mug.Reserved != 0 {
						t.Errorf("%d of %d mugs left, %d of them reserved", mug.Stock, mugs, mug.Reserved)
					}
				})
			}
		}
	})
}

// The same of a discount: of all buyers, and of one who presses many times.
func TestBuyersRaceForADiscountAtSeveralNodes(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world, all []*world) {
		const most = 5
		w.offers(ten("few", "FEW", func(d *checkout.Discount) { d.MaxUses = most }),
			ten("each", "EACH", func(d *checkout.Discount) { d.MaxUsesPerBuyer = most }))
		agree(all)
		for _, code := range []string{"FEW", "EACH"} {
			t.Run(code, func(t *testing.T) {
				w := w.in(t)
				var ids [racers]string
				for i := range ids {
					ids[i] = w.withCodes(want("mug"), anyone, code).ID
				}
				got := race(all, func(n *world, i int) checkout.Answer {
					return n.core.Complete(context.Background(), n.callWithKey("/checkout_sessions/"+ids[i]+"/complete", ids[i]), ids[i], pay("tok_"+ids[i]))
				})
				if soldOf(got) != most {
					t.Errorf("%d sold; want %d", soldOf(got), most)
				}
				for _, s := range got {
					if off := s.Status == acp.Completed; off != (len(s.Discounts.Applied) == 1) {
						t.Errorf("%s with %s", s.Status, applied(s))
					}
				}
			})
		}
	})
}

// The same of stock: three lamps are three sales.
func TestBuyersRaceForTheLastPieces(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world, all []*world) {
		agree(all)
		var ids [racers]string
		for i := range ids {
			ids[i] = w.create("lamp").ID
		}
		got := race(all, func(n *world, i int) checkout.Answer {
			return n.core.Complete(context.Background(), n.callWithKey("/checkout_sessions/"+ids[i]+"/complete", ids[i]), ids[i], pay("tok_"+ids[i]))
		})
		lamp := w.item("lamp")
		if n, _ := w.psp.taken(); soldOf(got) != 3 || n != 3 || lamp.Stock != 0 || lamp.Reserved != 0 {
			t.Errorf("%d sold, %d charged, %+v", soldOf(got), n, lamp)
		}
	})
}

// ledgers are the accounts of a world whose payments come out of balances.
type ledgers struct{ *world }

func (l ledgers) PaymentAccount(string, bool) (payment.Provider, string) { return nil, "" }
func (l ledgers) LedgerAccount(string, bool) (payment.Provider, string) {
	return l.merchant.Test.Ledger, "shop"
}

// orders is what looks after the orders of a world.
func (w *world) orders() *order.Service {
	return order.New(order.Config{Store: w.store, Payments: ledgers{w}, Now: w.clock.Now, Timeout: time.Minute})
}

// What is scarce can be bought again when orders are canceled, by everybody at
// once, and still by no more than there are; and an agent that reads its session
// again is told.
func TestWhatIsCanceledIsSoldAgain(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world, all []*world) {
		const most = 3 // lamps, and uses of the code
		w.offers(ten("few", "FEW", func(d *checkout.Discount) { d.MaxUses, d.MaxUsesPerBuyer = most, most }))
		agree(all)
		b := w.issue("cus_1", 5000_00, nil)
		buy := func() (sold []*acp.Session) {
			t.Helper()
			var ids [racers]string
			for i := range ids {
				s := w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want("lamp"), Currency: "usd",
					FulfillmentDetails: california, Buyer: member, DiscountCodes: []string{"FEW"}})
				ids[i] = w.must(s).ID
			}
			for _, s := range race(all, func(n *world, i int) checkout.Answer {
				return n.core.Complete(context.Background(), n.callWithKey("/checkout_sessions/"+ids[i]+"/complete", ids[i]), ids[i], payFrom(b, "vt_"+ids[i]))
			}) {
				if s.Status == acp.Completed {
					sold = append(sold, s)
				}
			}
			return sold
		}
		left := func(lamps, uses int64) {
			t.Helper()
			if lamp := w.item("lamp"); lamp.Stock != lamps || lamp.Reserved != 0 {
				t.Errorf("%d lamps, %d reserved; want %d", lamp.Stock, lamp.Reserved, lamps)
			}
			if got := w.uses(few); got != uses {
				t.Errorf("the code is used %d times; want %d", got, uses)
			}
		}
		first := buy()
		if len(first) != most {
			t.Fatalf("%d sold", len(first))
		}
		left(0, most)
		for _, s := range first[1:] {
			var done sync.WaitGroup
			for _, n := range append(all, all...) { // several operators at once
				done.Go(func() {
					_, err := n.orders().Cancel(context.Background(), order.Command{MerchantID: "shop", OrderID: s.Order.ID, Who: "operator:test"}, order.Reason{})
					if _, refused := errors.AsType[order.Refused](err); err != nil && !refused {
						t.Error(err)
					}
				})
			}
			done.Wait()
		}
		left(most-1, 1)
		if available, _ := w.purse(b.ID); available != 5000_00-total(first[0], acp.TotalTotal) {
			t.Errorf("%d are left", available)
		}
		for i, s := range first {
			again, err := all[len(all)-1].core.Get(context.Background(), agent, s.ID)
			want := "canceled"
			if i == 0 {
				want = "confirmed"
			}
			if err != nil || again.Status != acp.Completed || again.Order.Status != want {
				t.Errorf("the session shows its order as %+v, %v; want %s", again.Order, err, want)
			}
			if repeat := w.must(w.send(s.ID, payFrom(b, "vt_"+s.ID))); repeat.Order.Status != want {
				t.Errorf("paid once more, it shows its order as %+v; want %s", repeat.Order, want)
			}
		}
		if n := len(buy()); n != most-1 {
			t.Errorf("%d sold of what came back", n)
		}
		left(0, most)
	})
}
