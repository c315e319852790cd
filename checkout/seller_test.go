package checkout_test

import (
	"context"
	"fmt"
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
	b := &balance.Balance{ID: id.New(balance.Prefix, w.clock.Now()), MerchantID: "shop", Kind: balance.StoreCredit, CustomerID: "cus_1", Currency: "usd",
		Rate: balance.Par, Available: available, CreatedAt: w.clock.Now()}
	if err := balance.Issue(context.Background(), w.store, b, "", "test"); err != nil {
		t.Fatal(err)
	}
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
	for _, step := range []checkout.Step{checkout.StepReserved, checkout.StepAnswered, checkout.StepSettled} {
		for _, capture := range []payment.CaptureMode{payment.CaptureNow, payment.CaptureLater} {
			for _, wait := range []time.Duration{10 * time.Second, time.Hour} {
				for _, byAgent := range []bool{false, true} {
					for _, enough := range []bool{true, false} {
						t.Run(fmt.Sprintf("%s, captured %q, found after %s, by the agent: %v, enough: %v", step, capture, wait, byAgent, enough), func(t *testing.T) {
							killedWhileABalancePays(t, step, capture, wait, byAgent, enough)
						})
					}
				}
			}
		}
	}
}

func killedWhileABalancePays(t *testing.T, step checkout.Step, capture payment.CaptureMode, wait time.Duration, byAgent, enough bool) {
	const has = 500_00
	w, b := owes(t, has, capture)
	s := w.member()
	if !enough {
		if err := balance.Block(context.Background(), w.store, "shop", b.ID, true, "test", w.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
	reached := make(chan struct{})
	dying := checkout.New(checkout.Config{Store: w.store, Merchants: w, Box: w.box(), Now: w.clock.Now, PaymentTimeout: 2 * time.Second,
		OnStep: func(at checkout.Step) {
			if at == step {
				close(reached)
				select {}
			}
		}})
	go dying.Complete(context.Background(), call, s.ID, payFrom(b, "vt_1"))
	<-reached
	if lamp := w.item("lamp"); step != checkout.StepSettled && lamp.Reserved != 1 {
		t.Fatalf("stock %+v", lamp)
	}
	w.clock.Advance(wait)
	if byAgent {
		w.core.Complete(context.Background(), call, s.ID, payFrom(b, "vt_1"))
	}
	w.runJobs("payment.reconcile")
	w.clock.Advance(time.Minute)
	w.runJobs("payment.reconcile")

	// Nobody pays for goods an hour after the process died before it asked.
	sold := enough && (step != checkout.StepReserved || wait < time.Minute)
	price, lamp := total(s, acp.TotalTotal), w.item("lamp")
	available, held := w.purse(b.ID)
	switch {
	case !sold && (available != has || held != 0 || lamp.Stock != 3 || lamp.Reserved != 0):
		t.Errorf("nothing was sold: %d and %d held of %d, %+v", available, held, int64(has), lamp)
	case sold && (available != has-price || lamp.Stock != 2 || lamp.Reserved != 0):
		t.Errorf("sold for %d: %d of %d, %+v", price, available, int64(has), lamp)
	case sold && (held == price) != (capture == payment.CaptureLater):
		t.Errorf("%d are held, captured %q", held, capture)
	}
	got, err := w.core.Get(context.Background(), agent, s.ID)
	if err != nil || (got.Status == acp.Completed) != sold {
		t.Errorf("%s, %v", got.Status, err)
	}
}

// One session that many try to pay at once, with the same token or with
// others, is paid once.
func TestABalancePaysASessionOnce(t *testing.T) {
	for name, token := range map[string]func(int) string{
		"one token": func(int) string { return "vt_1" }, "tokens of their own": func(i int) string { return fmt.Sprint("vt_", i) },
	} {
		t.Run(name, func(t *testing.T) {
			w, b := owes(t, 5000_00, payment.CaptureNow)
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
