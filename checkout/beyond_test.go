package checkout_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/store"
)

// instant lets so many sales at several nodes go to the database only when all
// of them have read what is there.
type instant struct {
	mu   sync.Mutex
	left int
	all  chan struct{}
}

func (i *instant) of(sales int) { i.left, i.all = sales, make(chan struct{}) }

func (i *instant) arrive() {
	i.mu.Lock()
	i.left--
	if i.left == 0 {
		close(i.all)
	}
	last := i.left <= 0
	i.mu.Unlock()
	if !last {
		<-i.all
	}
}

// readFirst is an engine of one of these nodes.
type readFirst struct {
	store.Engine
	at *instant
}

func (e readFirst) Commit(ctx context.Context, ops []store.Op) error {
	for _, op := range ops {
		if strings.HasPrefix(op.What, "sell item") {
			e.at.arrive()
			break
		}
	}
	return e.Engine.Commit(ctx, ops)
}

// Sales of one instant of what is sold beyond its stock share what is there, and
// what is there afterwards is what it would be had they, and the cancellations and
// refunds that follow, come one after the other.
func TestSalesBeyondTheStockAtOneInstant(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world, all []*world) {
		agree(all)
		var at instant
		for _, n := range all {
			n.core = n.coreWith(patient)
			n.store.Wrap(func(e store.Engine) store.Engine { return readFirst{e, &at} })
		}
		beyond := goods[3]
		beyond.Tracked, beyond.Backorder = true, true
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			beyond.Stock = rapid.Int64Range(0, 7).Draw(rt, "stock")
			demand := rapid.SliceOfN(rapid.Int64Range(1, 4), 2, 4).Draw(rt, "demand")
			fates := rapid.SliceOfN(rapid.SampledFrom([]string{"cancel", "refund", "keep"}), len(demand), len(demand)).Draw(rt, "fates")
			w.stock(beyond)
			at.of(len(demand))
			bought := together(all, len(demand), func(n *world, i int) *acp.Session { return n.buyBeyond(fmt.Sprint(round, "-", i), demand[i]) })
			wanted, taken := int64(0), int64(0)
			for i, s := range bought {
				wanted, taken = wanted+demand[i], taken+w.taken(s.ID)
			}
			if stock := w.item("print").Stock; taken != min(wanted, beyond.Stock) || stock != beyond.Stock-taken {
				rt.Fatalf("of %d %d were wanted and %d taken; %d are left", beyond.Stock, wanted, taken, stock)
			}
			at.of(1)
			late := together(all, len(demand)+1, func(n *world, i int) *acp.Session {
				if i == len(demand) {
					return n.buyBeyond(fmt.Sprint(round, "-late"), 2)
				}
				n.undo(fates[i], bought[i].Order.ID)
				return nil
			})
			kept := w.taken(late[len(demand)].ID)
			for i, s := range bought {
				if fates[i] != "cancel" {
					kept += w.taken(s.ID)
				}
			}
			if it := w.item("print"); it.Stock != beyond.Stock-kept || it.Reserved != 0 {
				rt.Fatalf("of %d %d are sold; %d are left and %d reserved", beyond.Stock, kept, it.Stock, it.Reserved)
			}
		})
	})
}

// together presses so many buttons at once, each at the next node.
func together(all []*world, presses int, press func(n *world, i int) *acp.Session) []*acp.Session {
	got := make([]*acp.Session, presses)
	var done sync.WaitGroup
	for i := range presses {
		done.Go(func() { got[i] = press(all[i%len(all)], i) })
	}
	done.Wait()
	return got
}

// buyBeyond buys so many prints out of a balance of its own.
func (w *world) buyBeyond(name string, quantity int64) *acp.Session {
	b := w.issue("cus_1", 1_000_00, nil)
	s := w.must(w.core.Create(context.Background(), w.callWithKey("/checkout_sessions", "create-"+name), acp.CreateRequest{
		Items: []acp.RequestedItem{{ID: "print", Quantity: quantity}}, Currency: "usd", FulfillmentDetails: california, Buyer: member}))
	path := "/checkout_sessions/" + s.ID + "/complete"
	if s = w.must(w.core.Complete(context.Background(), w.callWithKey(path, "pay-"+name), s.ID, payFrom(b, "vt_"+name))); s.Order == nil {
		w.t.Errorf("%s: %s, %v", name, s.Status, said(s))
	}
	return s
}

// undo cancels or refunds an order, or keeps it.
func (w *world) undo(fate, orderID string) {
	c := order.Command{MerchantID: "shop", OrderID: orderID, Who: "operator:test"}
	var err error
	switch fate {
	case "cancel":
		_, err = w.orders().Cancel(context.Background(), c, order.Reason{})
	case "refund":
		_, err = w.orders().Refund(context.Background(), c, 100, nil, order.Reason{})
	}
	if err != nil {
		w.t.Errorf("%s: %v", fate, err)
	}
}

// taken is how many units the sale of a session took out of the stock.
func (w *world) taken(sessionID string) (n int64) {
	for _, u := range w.usedUp(sessionID) {
		n += u.Quantity
	}
	return n
}
