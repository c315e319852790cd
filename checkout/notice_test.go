package checkout_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
)

// paid is the notice that an attempt's full amount was taken.
func paid(a payment.Attempt) payment.Notice {
	return payment.Notice{ID: "evt_paid", Reference: a.ID, PSPRef: "ch_" + a.ID, Kind: "payment.paid", Final: true,
		Result: payment.Result{Class: payment.ClassCaptured, PSPRef: "ch_" + a.ID, Amount: a.Amount, Captured: a.Amount, Currency: a.Currency}}
}

// refusedAs is the notice that nothing was taken.
func refusedAs(a payment.Attempt, c payment.Class) payment.Notice {
	n := paid(a)
	n.ID, n.Kind, n.Result = "evt_refused", "payment.refused", payment.Result{Class: c, PSPRef: n.PSPRef}
	return n
}

// changed is the notice that something has changed.
func changed(a payment.Attempt) payment.Notice {
	n := refusedAs(a, payment.ClassUnknown)
	n.ID, n.Kind, n.Final = "evt_changed", "payment.changed", false
	return n
}

func (w *world) notice(n payment.Notice) {
	w.t.Helper()
	if err := w.core.Notice(context.Background(), "shop", false, n); err != nil {
		w.t.Fatal(err)
	}
}

// unanswered is a session that was paid for, and the answer was lost.
func (w *world) unanswered(item, token string) (*acp.Session, payment.Attempt) {
	w.t.Helper()
	s := w.create(item)
	w.psp.set(func(f *fakePSP) { f.loseAnswers = 1 })
	w.refused(w.complete(s.ID, token), 503, "payment_outcome_unknown", "")
	w.clock.Advance(time.Second) // the job that asks is not due yet
	return s, w.attempt(s.ID)
}

// attempt is the newest attempt of a session.
func (w *world) attempt(sessionID string) payment.Attempt {
	w.t.Helper()
	all, err := w.store.SessionAttempts(context.Background(), "shop", sessionID)
	if err != nil || len(all) == 0 {
		w.t.Fatal(all, err)
	}
	newest := all[0]
	for _, a := range all {
		if a.CreatedAt.After(newest.CreatedAt) || a.State.Live() || a.State.Paid() {
			newest = a
		}
	}
	return newest
}

// logged makes the world's core log into the buffer that is returned.
func (w *world) logged() *bytes.Buffer {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.core = w.coreWith(func(c *checkout.Config) { c.Log = log })
	return &b
}

// A final notice is as good as the answer that was lost: nobody asks.
func TestANoticeSettlesAPaymentWithoutAsking(t *testing.T) {
	t.Run("paid", func(t *testing.T) {
		w := newWorld(t)
		s, a := w.unanswered("lamp", "tok_ok")
		w.psp.set(func(f *fakePSP) { f.refuseAll = true })
		w.notice(paid(a))
		w.settled(s.ID, true)
		events, err := w.store.AttemptEvents(context.Background(), "shop", a.ID)
		if err != nil || len(events) == 0 || events[len(events)-1].Who != "webhook" || events[len(events)-1].To != payment.Captured {
			t.Errorf("history %+v, %v", events, err)
		}
		w.clock.Advance(time.Hour)
		if done, errs := w.runJobs("payment.reconcile"); done != 0 || errs != nil {
			t.Error("a settled payment is asked about", done, errs)
		}
	})
	t.Run("declined", func(t *testing.T) {
		w := newWorld(t)
		s, a := w.unanswered("lamp", "tok_decline")
		w.psp.set(func(f *fakePSP) { f.refuseAll = true })
		w.notice(refusedAs(a, payment.ClassDeclined))
		w.settled(s.ID, false)
		w.psp.set(func(f *fakePSP) { f.refuseAll = false })
		if got := w.must(w.complete(s.ID, "tok_ok")); got.Status != acp.Completed {
			t.Fatal(got.Status)
		}
		w.settled(s.ID, true)
	})
}

// What a notice does not make certain is asked for at once.
func TestANoticeMakesThePSPBeAsked(t *testing.T) {
	for name, change := range map[string]func(n *payment.Notice, a *payment.Attempt){
		"something changed":      func(n *payment.Notice, a *payment.Attempt) { *n = changed(*a) },
		"paid, but not for good": func(n *payment.Notice, _ *payment.Attempt) { n.Final = false },
		"another amount":         func(n *payment.Notice, _ *payment.Attempt) { n.Result.Amount-- },
		"another currency":       func(n *payment.Notice, _ *payment.Attempt) { n.Result.Currency = "eur" },
		"no amount":              func(n *payment.Notice, _ *payment.Attempt) { n.Result.Amount, n.Result.Currency = 0, "" },
		"still pending":          func(n *payment.Notice, _ *payment.Attempt) { n.Result.Class = payment.ClassPending },
		"voided":                 func(n *payment.Notice, _ *payment.Attempt) { n.Result.Class = payment.ClassVoided },
		"a refusal of our keys":  func(n *payment.Notice, a *payment.Attempt) { *n = refusedAs(*a, payment.ClassConfig) },
		"a failure without a payment": func(n *payment.Notice, a *payment.Attempt) {
			*n = refusedAs(*a, payment.ClassProcessorError)
			n.PSPRef, n.Result.PSPRef = "", ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			logs := w.logged()
			s, a := w.unanswered("lamp", "tok_ok")
			n := paid(a)
			change(&n, &a)
			if done, _ := w.runJobs("payment.reconcile"); done != 0 {
				t.Fatal("the payment is asked about anyway")
			}
			w.notice(n)
			w.stillUnknown()
			if mismatch := strings.Contains(logs.String(), "level=ERROR"); mismatch != (n.Final && n.Result.Class == payment.ClassCaptured) {
				t.Errorf("an error is logged: %t\n%s", mismatch, logs)
			}
			if done, errs := w.runJobs("payment.reconcile"); done != 1 || errs != nil {
				t.Fatal("the payment is not asked about", done, errs)
			}
			w.settled(s.ID, true)
		})
	}
	t.Run("a refusal of another payment than the PSP has named", func(t *testing.T) {
		w := newWorld(t)
		w.psp.shortBy = 1 // its answers name the payment, and are not believed
		s := w.create("lamp")
		w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
		w.clock.Advance(time.Second)
		n := refusedAs(w.attempt(s.ID), payment.ClassDeclined)
		n.PSPRef, n.Result.PSPRef = "ch_another", "ch_another"
		w.notice(n)
		w.stillUnknown()
	})
}

// Notices about anything else than an open payment of that mode and provider
// change nothing, and make nobody ask.
func TestNoticesThatAreIgnored(t *testing.T) {
	for name, change := range map[string]func(w *world, n *payment.Notice){
		"a later move of money": func(_ *world, n *payment.Notice) { n.OpRef = "re_1" },
		"no reference":          func(_ *world, n *payment.Notice) { n.Reference = "" },
		"somebody else's":       func(_ *world, n *payment.Notice) { n.Reference = "pay_unknown" },
		"no id of ours":         func(_ *world, n *payment.Notice) { n.Reference = "Order 7\x00\xff" },
		"the other mode":        func(_ *world, n *payment.Notice) { n.Live = true },
		"another provider":      func(w *world, _ *payment.Notice) { w.merchant.Test.Provider = otherPSP{newFakePSP()} },
		"no provider any more":  func(w *world, _ *payment.Notice) { w.merchant.Test.Provider = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, a := w.unanswered("lamp", "tok_ok")
			n := paid(a)
			setup := w.merchant.Test
			change(w, &n)
			w.notice(n)
			n.Final = false
			w.notice(n)
			w.merchant.Test = setup
			w.stillUnknown()
			if done, errs := w.runJobs("payment.reconcile"); done != 0 || errs != nil {
				t.Fatal(done, errs)
			}
		})
	}
	w := newWorld(t)
	_, a := w.unanswered("lamp", "tok_ok")
	w.merchant.Live = w.merchant.Test
	n := paid(a)
	n.Live = true
	for _, call := range []struct {
		merchant string
		live     bool
	}{{"shop", true}, {"other", false}} {
		if err := w.core.Notice(context.Background(), call.merchant, call.live, n); err != nil {
			t.Error(err)
		}
	}
	if err := w.core.Notice(context.Background(), "nobody", false, n); err == nil {
		t.Error("a merchant that is not configured has notices")
	}
	w.stillUnknown()
}

// Notices come late, twice and in any order. As long as each is true, there is
// one order, whoever learns the outcome first.
func TestNoticesInAnyOrderMakeOneOrder(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		w.psp.forget()
		s, a := w.unanswered("mug", fmt.Sprintf("tok_ok_%d", w.keys.Add(1)))
		for _, what := range rapid.SliceOfN(rapid.SampledFrom([]string{"paid", "changed", "op", "mode", "short", "ask"}), 1, 8).Draw(rt, "events") {
			n := paid(a)
			switch what {
			case "changed":
				n = changed(a)
			case "op":
				n.OpRef = "re_1"
			case "mode":
				n.Live = true
			case "short":
				n.Result.Amount--
			case "ask":
				w.clock.Advance(time.Minute)
				w.runJobs("payment.reconcile")
				continue
			}
			w.notice(n)
		}
		w.notice(paid(a))
		w.settled(s.ID, true)
	})
}

// A notice about a payment that is over changes nothing; money for one that
// ended without is told to the operator.
func TestALateNotice(t *testing.T) {
	w := newWorld(t)
	logs := w.logged()
	s := w.create("lamp")
	w.must(w.complete(s.ID, "tok_decline"))
	declined := w.attempt(s.ID)
	w.clock.Advance(time.Second)
	w.must(w.complete(s.ID, "tok_ok"))
	w.settled(s.ID, true)
	bought := w.attempt(s.ID)
	for _, n := range []payment.Notice{changed(declined), refusedAs(declined, payment.ClassDeclined), changed(bought), paid(bought),
		refusedAs(bought, payment.ClassDeclined)} {
		w.notice(n)
		w.settled(s.ID, true)
	}
	if strings.Contains(logs.String(), "level=ERROR") {
		t.Errorf("nothing is wrong:\n%s", logs)
	}
	w.notice(paid(declined))
	w.settled(s.ID, true)
	if !strings.Contains(logs.String(), "level=ERROR") || !strings.Contains(logs.String(), declined.ID) {
		t.Errorf("money without an order is not told:\n%s", logs)
	}
}

// The request that waits finds what a webhook has settled meanwhile.
func TestANoticeBeforeTheAnswerOfThePSP(t *testing.T) {
	for name, lost := range map[string]int{"the answer comes": 0, "the answer is lost": 1} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.create("lamp")
			w.psp.loseAnswers = lost
			core := w.coreAt(checkout.StepAnswered, func() {
				w.notice(changed(w.attempt(s.ID))) // takes the attempt from nobody
				if done, errs := w.runJobs("payment.reconcile"); done != 0 || errs != nil {
					t.Error("a payment is asked about that its process waits for", done, errs)
				}
				w.notice(paid(w.attempt(s.ID)))
			})
			call := w.call("/checkout_sessions/" + s.ID + "/complete")
			first := w.must(core.Complete(context.Background(), call, s.ID, pay("tok_ok")))
			if first.Status != acp.Completed || first.Order == nil {
				t.Fatal(first.Status)
			}
			w.settled(s.ID, true)
			if again := w.must(core.Complete(context.Background(), call, s.ID, pay("tok_ok"))); again.Order == nil || again.Order.ID != first.Order.ID {
				t.Errorf("a repeat is told of %+v", again.Order)
			}
		})
	}
}

// Webhooks, the reconciler and the agent's repeat race for one payment.
func TestNoticesRaceWithTheRequest(t *testing.T) {
	w := newWorld(t)
	core := w.coreWithBudget(5 * time.Second)
	s := w.create("lamp")
	call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "one")
	w.psp.loseAnswers = 1
	w.refused(w.core.Complete(context.Background(), call, s.ID, pay("tok_ok")), 503, "payment_outcome_unknown", "")
	a := w.attempt(s.ID)
	w.clock.Advance(time.Minute)
	var racing sync.WaitGroup
	for range 4 {
		racing.Go(func() {
			for _, n := range []payment.Notice{changed(a), paid(a)} {
				if err := w.core.Notice(context.Background(), "shop", false, n); err != nil {
					t.Error(err)
				}
			}
		})
	}
	racing.Go(func() {
		if _, err := core.Ask(context.Background(), "shop", a.ID, "test"); err != nil && !errors.Is(err, checkout.ErrSettled) && !errors.Is(err, checkout.ErrBusy) {
			t.Error(err)
		}
	})
	racing.Go(func() {
		repeat := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "one")
		if got := core.Complete(context.Background(), repeat, s.ID, pay("tok_ok")); got.Status != 200 && got.Status != 503 && got.Status != 409 {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	})
	racing.Wait()
	w.settled(s.ID, true)
}
