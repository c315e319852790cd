package checkout_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/seller"
)

var member = &acp.Buyer{Email: "member@example.com", CustomerID: "cus_1", AuthenticationStatus: "authenticated"}

// owes makes a world in which the shop owes a member so much.
func owes(t *testing.T, available int64, capture payment.CaptureMode) (*world, *balance.Balance) {
	t.Helper()
	w := newWorld(t)
	w.merchant.Test.Ledger = seller.New(w.store, "shop", false, w.clock.Now)
	w.merchant.Test.Capture = capture
	w.merchant.Identifies = map[string]bool{agent.Agent: true}
	b := w.issue("cus_1", available, nil)
	return w, b
}

// member opens a session of the lamp for the member.
func (w *world) member() *acp.Session {
	w.t.Helper()
	return w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"),
		acp.CreateRequest{Items: want("lamp"), Currency: "usd", FulfillmentDetails: california, Buyer: member}))
}

func payFrom(b *balance.Balance, token string) acp.CompleteRequest {
	req := pay(token)
	req.Payment.HandlerID, req.Payment.InstrumentType = b.ID, "seller_backed_"+string(b.Kind)
	return req
}

// purse is what there is to spend of a balance and what is held, which its
// entries have to add up to.
func (w *world) purse(balanceID string) (available, held int64) {
	w.t.Helper()
	r := w.store.Balances(context.Background())
	b, err := r.Balance("shop", balanceID)
	if err != nil {
		w.t.Fatal(err)
	}
	entries, err := r.Entries("shop", balanceID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		available, held = available+e.Available, held+e.Held
	}
	if available != b.Available || held != b.Held {
		w.t.Fatalf("%d and %d held, by the entries %d and %d", b.Available, b.Held, available, held)
	}
	return available, held
}

// A process that dies while a balance pays neither loses nor doubles anything:
// what was paid is sold, what was not is there again, with the stock.
func TestBalancesOutliveAProcess(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world, all []*world) {
		for _, step := range []checkout.Step{checkout.StepReserved, checkout.StepAnswered, checkout.StepSettled} {
			for _, capture := range []payment.CaptureMode{payment.CaptureNow, payment.CaptureLater} {
				for _, wait := range []time.Duration{10 * time.Second, time.Hour} {
					for _, byAgent := range []bool{false, true} {
						for _, enough := range []bool{true, false} {
							t.Run(fmt.Sprintf("%s, captured %q, found after %s, by the agent: %v, enough: %v", step, capture, wait, byAgent, enough), func(t *testing.T) {
								w.merchant.Test.Capture = capture
								agree(all)
								w, other := w.in(t), all[len(all)-1].in(t)
								killedWhileABalancePays(t, w, other, step, wait, byAgent, enough)
							})
						}
					}
				}
			}
		}
	})
}

// killedWhileABalancePays kills a process of one node, and lets another one find
// what it left.
func killedWhileABalancePays(t *testing.T, w, other *world, step checkout.Step, wait time.Duration, byAgent, enough bool) {
	const has = 500_00
	b := w.issue("cus of "+t.Name(), has, nil)
	before := w.item("mug")
	buyer := *member
	buyer.CustomerID = b.CustomerID
	s := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"),
		acp.CreateRequest{Items: want("mug"), Currency: "usd", FulfillmentDetails: california, Buyer: &buyer}))
	if !enough {
		if err := balance.Block(context.Background(), w.store, "shop", b.ID, true, "test", w.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", t.Name())
	w.dies(step, func(core *checkout.Service) {
		core.Complete(context.Background(), call, s.ID, payFrom(b, "vt "+t.Name()))
	})
	if mug := w.item("mug"); step != checkout.StepSettled && mug.Reserved != 1 {
		t.Fatalf("stock %+v", mug)
	}
	w.clock.Advance(wait)
	if byAgent {
		other.core.Complete(context.Background(), call, s.ID, payFrom(b, "vt "+t.Name()))
	}
	other.runJobs("payment.reconcile")
	w.clock.Advance(time.Minute)
	other.runJobs("payment.reconcile")

	// Nobody pays for goods an hour after the process died before it asked.
	sold := enough && (step != checkout.StepReserved || wait < time.Minute)
	price, mug := total(s, acp.TotalTotal), w.item("mug")
	available, held := w.purse(b.ID)
	switch {
	case !sold && (available != has || held != 0 || mug.Stock != before.Stock || mug.Reserved != 0):
		t.Errorf("nothing was sold: %d and %d held of %d, %+v", available, held, int64(has), mug)
	case sold && (available != has-price || mug.Stock != before.Stock-1 || mug.Reserved != 0):
		t.Errorf("sold for %d: %d of %d, %+v", price, available, int64(has), mug)
	case sold && (held == price) != (w.merchant.Test.Capture == payment.CaptureLater):
		t.Errorf("%d are held, captured %q", held, w.merchant.Test.Capture)
	}
	got, err := other.core.Get(context.Background(), agent, s.ID)
	if err != nil || (got.Status == acp.Completed) != sold {
		t.Errorf("%s, %v", got.Status, err)
	}
}

// in is the world for a subtest.
func (w *world) in(t *testing.T) *world {
	sub := &world{t: t, store: w.store, psp: w.psp, clock: w.clock, merchant: w.merchant, core: w.core}
	sub.keys.Store(int64(keysOfSubtests.Add(1)) << 20)
	sub.core = sub.coreWithBudget(0)
	return sub
}

// keysOfSubtests keeps the keys of subtests in one world apart.
var keysOfSubtests atomic.Int32

// issue gives a customer store credit, or what change makes of it.
func (w *world) issue(customer string, available int64, change func(*balance.Balance)) *balance.Balance {
	w.t.Helper()
	b := &balance.Balance{ID: id.New(balance.Prefix, w.clock.Now()), MerchantID: "shop", Kind: balance.StoreCredit, CustomerID: customer, Currency: "usd",
		Rate: balance.Par, Available: available, CreatedAt: w.clock.Now()}
	if change != nil {
		change(b)
	}
	if err := balance.Issue(context.Background(), w.store, b, "", "test"); err != nil {
		w.t.Fatal(err)
	}
	return b
}

// One session that many try to pay at once, with the same token or with
// others, is paid once.
func TestABalancePaysASessionOnce(t *testing.T) {
	for name, token := range map[string]func(int) string{
		"one token": func(int) string { return "vt_1" }, "tokens of their own": func(i int) string { return fmt.Sprint("vt_", i) },
	} {
		t.Run(name, func(t *testing.T) {
			w, b := owes(t, 5000_00, payment.CaptureNow)
			w.core = w.coreWith(patient)
			s := w.member()
			done := make(chan checkout.Answer)
			for i := range 100 {
				go func() {
					done <- w.core.Complete(context.Background(), w.callWithKey("/checkout_sessions/"+s.ID+"/complete", fmt.Sprint("k", i)), s.ID, payFrom(b, token(i)))
				}()
			}
			for range 100 {
				if a := <-done; a.Status != 200 && a.Status != 409 {
					t.Errorf("%d %s", a.Status, a.Body)
				}
			}
			if available, held := w.purse(b.ID); available != 5000_00-total(s, acp.TotalTotal) || held != 0 {
				t.Errorf("%d and %d held are left", available, held)
			}
		})
	}
}
