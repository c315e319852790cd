package checkout_test

import (
	"context"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
)

// silentPSP cannot be asked what became of a payment: only the same bytes sent
// again tell. answers, when it is set, replaces what a repeat is told.
type silentPSP struct {
	*fakePSP
	window  time.Duration
	answers func() payment.Result
	tells   bool // repeats get answers()
}

func (p *silentPSP) ResendToLearn() time.Duration { return p.window }

func (p *silentPSP) Reconcile(context.Context, payment.Attempt) (payment.Result, error) {
	return payment.Result{Class: payment.ClassUnknown, DeclineCode: "no_lookup"}, nil
}

func (p *silentPSP) Send(ctx context.Context, key string, body []byte) (payment.Result, error) {
	if p.tells {
		return p.answers(), nil
	}
	return p.fakePSP.Send(ctx, key, body)
}

func silentWorld(t *testing.T) (*world, *silentPSP) {
	w := newWorld(t)
	p := &silentPSP{fakePSP: w.psp, window: time.Hour}
	w.merchant.Test.Provider = p
	return w, p
}

// A PSP that tells nothing but the answer to a repeat is sent one.
func TestAPSPThatCannotBeAskedIsSentThePaymentAgain(t *testing.T) {
	for name, lose := range map[string]func(*fakePSP){
		"the answer was lost":  func(p *fakePSP) { p.loseAnswers = 1 },
		"the request was lost": func(p *fakePSP) { p.loseRequests = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			w, p := silentWorld(t)
			s := w.create("lamp")
			lose(p.fakePSP)
			w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
			w.clock.Advance(30 * time.Minute)
			if done, errs := w.runJobs("payment.reconcile"); done != 1 || errs != nil {
				t.Fatal(done, errs)
			}
			w.settled(s.ID, true)
		})
	}
	t.Run("within the request", func(t *testing.T) {
		w, p := silentWorld(t)
		core := w.coreWithBudget(5 * time.Second)
		s := w.create("lamp")
		p.loseAnswers = 1
		got := w.must(core.Complete(context.Background(), w.call("/checkout_sessions/"+s.ID+"/complete"), s.ID, pay("tok_ok")))
		if got.Status != acp.Completed {
			t.Fatal(got.Status)
		}
		w.settled(s.ID, true)
	})
	t.Run("not when the answer is no longer kept", func(t *testing.T) {
		w, p := silentWorld(t)
		s := w.create("lamp")
		p.loseAnswers = 1
		w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
		sent := p.sent
		w.clock.Advance(2 * time.Hour)
		if done, errs := w.runJobs("payment.reconcile"); done != 0 || len(errs) != 1 || p.sent != sent {
			t.Fatal(done, errs, p.sent)
		}
		w.stillUnknown()
	})
}

// What a repeat is refused for need not be what became of the payment.
func TestARefusedRepeatSaysNothingOfTheFirst(t *testing.T) {
	for _, r := range []payment.Result{
		{Class: payment.ClassConfig},
		{Class: payment.ClassRateLimited},
		{Class: payment.ClassTokenUsed},
		{Class: payment.ClassTokenExpired},
		{Class: payment.ClassProcessorError},
	} {
		t.Run(string(r.Class), func(t *testing.T) {
			w, p := silentWorld(t)
			s := w.create("lamp")
			p.loseAnswers = 1
			w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
			p.tells, p.answers = true, func() payment.Result { return r }
			w.clock.Advance(10 * time.Second)
			if done, errs := w.runJobs("payment.reconcile"); done != 0 || len(errs) != 1 {
				t.Fatal(done, errs)
			}
			w.stillUnknown()
			p.tells = false
			w.clock.Advance(time.Minute)
			if done, errs := w.runJobs("payment.reconcile"); done != 1 || errs != nil {
				t.Fatal(done, errs)
			}
			w.settled(s.ID, true)
		})
	}
}

// stillUnknown checks that the one open attempt waits for an answer.
func (w *world) stillUnknown() {
	w.t.Helper()
	open, err := w.store.OpenAttempts(context.Background(), w.clock.Now(), "", 10)
	if err != nil || len(open) != 1 || open[0].State != payment.Unknown {
		w.t.Fatalf("%+v %v", open, err)
	}
}
