package checkout_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
)

// A process that stood still for longer than its lease must not send what
// others have given up meanwhile.
func TestAProcessThatWakesUpAfterItsLeaseSendsNothing(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	slow := w.coreAt(checkout.StepReserved, func() {
		w.clock.Advance(time.Hour)
		w.runJobs("payment.reconcile") // finds no trace of the payment: failed
		w.settled(s.ID, false)
	})
	w.refused(slow.Complete(context.Background(), w.call("/checkout_sessions/"+s.ID+"/complete"), s.ID, pay("tok_ok")),
		503, "payment_provider_unavailable", "")
	if w.psp.sent != 0 {
		t.Fatal("sent after the lease had ended")
	}
	w.settled(s.ID, false)
	if got := w.must(w.complete(s.ID, "tok_ok")); got.Status != acp.Completed {
		t.Fatal(got.Status, said(got))
	}
	w.settled(s.ID, true)
}

// What a process could not send says nothing once another one has the attempt.
func TestNotSentIsNoOutcomeForAnAttemptThatWasTakenOver(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	gate := make(chan struct{})
	w.psp.gate = gate
	reserved := make(chan struct{})
	slow := w.coreAt(checkout.StepReserved, func() { close(reserved) })
	done := make(chan checkout.Answer)
	go func() {
		done <- slow.Complete(context.Background(), w.call("/checkout_sessions/"+s.ID+"/complete"), s.ID, pay("tok_ok"))
	}()
	<-reserved
	for w.gated() { // until the first request stands at the gate
		runtime.Gosched()
	}
	w.clock.Advance(10 * time.Second)
	w.psp.set(func(f *fakePSP) { f.loseAnswers = 1 })
	w.runJobs("payment.reconcile") // sends it; the answer is lost, the buyer is charged
	w.psp.set(func(f *fakePSP) { f.refuseAll = true })
	close(gate)
	if a := <-done; a.Status != 503 || a.Err.Code != "payment_outcome_unknown" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	w.psp.set(func(f *fakePSP) { f.refuseAll = false })
	w.clock.Advance(time.Minute)
	w.runJobs("payment.reconcile")
	w.settled(s.ID, true)
}

func (w *world) gated() bool {
	w.psp.mu.Lock()
	defer w.psp.mu.Unlock()
	return w.psp.gate != nil
}

func (f *fakePSP) set(change func(*fakePSP)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// A process owns its attempt for as long as it may go on asking about it.
func TestTheLeaseCoversTheWholeWait(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	const timeout, budget = 2 * time.Second, 20 * time.Second
	w.psp.loseAnswers = 1
	core := w.coreWith(func(c *checkout.Config) {
		c.PaymentTimeout, c.UnknownBudget = timeout, budget
		c.OnStep = func(at checkout.Step) {
			if at != checkout.StepReserved {
				return
			}
			w.clock.Advance(timeout + budget)
			if done, errs := w.runJobs("payment.reconcile"); done != 0 || errs != nil {
				t.Error("the reconciler took a payment over that its process still waits for")
			}
		}
	})
	if got := w.must(core.Complete(context.Background(), w.call("/checkout_sessions/"+s.ID+"/complete"), s.ID, pay("tok_ok"))); got.Status != acp.Completed {
		t.Fatal(got.Status)
	}
	w.settled(s.ID, true)
}

// An open payment is never left without its session, however long it takes.
func TestASessionWithAnOpenPaymentIsNotSweptAway(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	w.psp.loseAnswers = 1
	w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
	w.clock.Advance(90 * 24 * time.Hour)
	if _, err := w.store.SweepExpired(context.Background(), w.clock.Now(), 100); err != nil {
		t.Fatal(err)
	}
	w.runJobs("payment.reconcile")
	w.settled(s.ID, true)

	t.Run("one whose payment failed is, in its time", func(t *testing.T) {
		w := newWorld(t)
		s := w.create("lamp")
		w.must(w.complete(s.ID, "tok_decline"))
		w.clock.Advance(90 * 24 * time.Hour)
		if _, err := w.store.SweepExpired(context.Background(), w.clock.Now(), 100); err != nil {
			t.Fatal(err)
		}
		if _, err := w.core.Get(context.Background(), agent, s.ID); err == nil {
			t.Fatal("it is kept for ever")
		}
	})
}

// No other PSP than the one it was sent to can say what became of a payment.
func TestAnOpenPaymentIsNotAskedAboutElsewhere(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
	w.psp.loseAnswers = 1
	w.refused(w.core.Complete(context.Background(), call, s.ID, pay("tok_ok")), 503, "payment_outcome_unknown", "")
	setup := w.merchant.Test
	w.merchant.Test.Provider = otherPSP{newFakePSP()}
	if a := w.core.Complete(context.Background(), call, s.ID, pay("tok_ok")); a.Status != 500 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	w.merchant.Test = setup
	if got := w.must(w.core.Complete(context.Background(), call, s.ID, pay("tok_ok"))); got.Status != acp.Completed {
		t.Fatal(got.Status)
	}
	w.settled(s.ID, true)
}

type otherPSP struct{ *fakePSP }

func (otherPSP) Name() string { return "other" }

var _ payment.Provider = otherPSP{}
