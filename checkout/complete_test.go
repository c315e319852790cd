package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
)

// runJobs carries out the jobs of a kind that are due, as the runner would.
func (w *world) runJobs(kind string) (done int, errs []error) {
	w.t.Helper()
	ctx := context.Background()
	jobs, err := w.store.Claim(ctx, []string{kind}, w.clock.Now(), time.Minute, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, j := range jobs {
		err := w.core.Jobs()[kind](ctx, j)
		if err != nil {
			errs = append(errs, err)
			err = w.store.Retry(ctx, j, w.clock.Now().Add(time.Minute), err.Error())
		} else {
			done++
			err = w.store.Finish(ctx, j)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return done, errs
}

// settled checks invariant 1 for a session: as many charges as orders, at most
// one of each, and the order's total is what was taken.
func (w *world) settled(sessionID string, wantOrder bool) {
	w.t.Helper()
	s, err := w.core.Get(context.Background(), agent, sessionID)
	if err != nil {
		w.t.Fatal(err)
	}
	n, taken := w.psp.taken()
	if !wantOrder {
		if n != 0 || s.Order != nil || len(s.Reserved) > 0 {
			w.t.Fatalf("%d charges, order %+v, reserved %v; want none", n, s.Order, s.Reserved)
		}
		return
	}
	if n != 1 || s.Status != acp.Completed || s.Order == nil || taken != s.Total() {
		w.t.Fatalf("%d charges of %d, session %s with order %+v over %d", n, taken, s.Status, s.Order, s.Total())
	}
	o, err := w.store.Reader(context.Background()).Order("shop", s.Order.ID)
	if err != nil || o.Total != taken || o.CheckoutSessionID != sessionID {
		w.t.Fatalf("order %+v: %v", o, err)
	}
}

func TestPaying(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug", "lamp")
	got := w.must(w.complete(s.ID, "tok_ok"))
	if got.Status != acp.Completed || got.Order == nil || got.Order.PermalinkURL != "https://shop.example/orders/"+got.Order.ID {
		t.Fatalf("%s %+v", got.Status, got.Order)
	}
	w.settled(s.ID, true)
	if mug, lamp := w.item("mug"), w.item("lamp"); mug.Stock != 999 || lamp.Stock != 2 || mug.Reserved != 0 || lamp.Reserved != 0 {
		t.Fatalf("stock after the sale: %+v %+v", mug, lamp)
	}
	jobs, err := w.store.Claim(context.Background(), []string{order.WebhookKind}, w.clock.Now(), time.Minute, 10)
	if err != nil || len(jobs) != 1 || jobs[0].OrderKey != got.Order.ID {
		t.Fatalf("webhook jobs %+v: %v", jobs, err)
	}
	if due, err := w.store.NextDue(context.Background(), []string{"payment.reconcile"}); err != nil || !due.IsZero() {
		t.Fatal("a settled payment leaves no job behind", due, err)
	}
	t.Run("again with the same token is the same order", func(t *testing.T) {
		w.t = t
		if again := w.must(w.complete(s.ID, "tok_ok")); again.Order == nil || again.Order.ID != got.Order.ID {
			t.Fatalf("%+v", again.Order)
		}
		w.settled(s.ID, true)
	})
	t.Run("again with another token is refused", func(t *testing.T) {
		w.t = t
		w.refused(w.complete(s.ID, "tok_ok_2"), 409, "conflict", "")
		w.settled(s.ID, true)
	})
}

func TestARefusedPaymentLeavesTheSessionPayable(t *testing.T) {
	for token, code := range map[string]string{"tok_decline": "error:payment_declined@$.payment_data", "tok_3ds": "error:requires_3ds@$.payment_data"} {
		t.Run(token, func(t *testing.T) {
			w := newWorld(t)
			s := w.create("lamp")
			call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
			a := w.core.Complete(context.Background(), call, s.ID, pay(token))
			got := w.must(a)
			if got.Status != acp.ReadyForPayment || !slices.Equal(said(got)[1:], []string{code}) {
				t.Fatal(got.Status, said(got))
			}
			w.settled(s.ID, false)
			if lamp := w.item("lamp"); lamp.Available() != 3 {
				t.Fatal("the reservation stays", lamp)
			}
			if again := w.core.Complete(context.Background(), call, s.ID, pay(token)); !again.Replayed || string(again.Body) != string(a.Body) {
				t.Fatal("the same key again is the same answer again")
			}
			if w.psp.sent != 1 {
				t.Fatal("the PSP was asked again")
			}
			if got = w.must(w.complete(s.ID, "tok_ok")); got.Status != acp.Completed || len(got.Messages) != 0 {
				t.Fatal(got.Status, said(got))
			}
			w.settled(s.ID, true)
		})
	}
}

func TestATokenPaysForOneSession(t *testing.T) {
	w := newWorld(t)
	first, second := w.create("mug"), w.create("print")
	w.must(w.complete(first.ID, "tok_ok"))
	got := w.must(w.complete(second.ID, "tok_ok"))
	if got.Status != acp.ReadyForPayment || !slices.Contains(said(got), "error:invalid@$.payment_data.instrument.credential.token") {
		t.Fatal(got.Status, said(got))
	}
	if w.psp.sent != 1 {
		t.Fatal("the token was sent for the second session")
	}
	third, fourth := w.create("mug"), w.create("mug")
	if w.must(w.complete(third.ID, "tok_static")).Status != acp.Completed || w.must(w.complete(fourth.ID, "tok_static")).Status != acp.Completed {
		t.Fatal("a static test token serves again and again")
	}
}

func TestHandlersThatWereNotOfferedAreRefused(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug")
	req := pay("tok_ok")
	req.Payment.HandlerID = "crypto"
	a := w.core.Complete(context.Background(), w.call("/checkout_sessions/"+s.ID+"/complete"), s.ID, req)
	w.refused(a, 400, "unsupported", "$.payment_data.handler_id")
	req = pay("tok_ok")
	req.Payment.InstrumentType = "cash"
	a = w.core.Complete(context.Background(), w.call("/checkout_sessions/"+s.ID+"/complete"), s.ID, req)
	w.refused(a, 400, "unsupported", "$.payment_data.instrument.type")
	req.Payment.TokenParam, req.Payment.HandlerParam = "$.payment_data.token", "$.payment_data.provider" // there is no instrument to name
	a = w.core.Complete(context.Background(), w.call("/checkout_sessions/"+s.ID+"/complete"), s.ID, req)
	w.refused(a, 400, "unsupported", "$.payment_data.provider")
	for provider, ok := range map[string]bool{"stripe": true, "fake": true, "braintree": false} {
		req := acp.CompleteRequest{Payment: acp.PaymentData{Provider: provider, Token: "tok_" + provider, HandlerParam: "$.payment_data.provider"}}
		a := w.core.Complete(context.Background(), w.call("/checkout_sessions/"+s.ID+"/complete"), w.create("mug").ID, req)
		if (a.Status == 200) != ok {
			t.Errorf("provider %s: %d %s", provider, a.Status, a.Body)
		}
	}
}

func TestACartThatCostsNothingNeedsNoPayment(t *testing.T) {
	w := newWorld(t)
	s := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want("sample"), Currency: "usd", Buyer: &acp.Buyer{Email: "buyer@example.com"}}))
	got := w.must(w.complete(s.ID, "tok_ok"))
	if got.Status != acp.Completed || got.Order == nil || w.psp.sent != 0 {
		t.Fatal(got.Status, got.Order, w.psp.sent)
	}
}

// An answer that got lost after the PSP had charged.
func TestALostAnswerIsFoundAgain(t *testing.T) {
	t.Run("within the request", func(t *testing.T) {
		w := newWorld(t)
		core := w.coreWithBudget(5 * time.Second)
		s := w.create("lamp")
		w.psp.loseAnswers = 1
		got := w.must(core.Complete(context.Background(), w.call("/checkout_sessions/"+s.ID+"/complete"), s.ID, pay("tok_ok")))
		if got.Status != acp.Completed {
			t.Fatal(got.Status)
		}
		w.settled(s.ID, true)
	})
	t.Run("by repeating the request", func(t *testing.T) {
		w := newWorld(t)
		s := w.create("lamp")
		call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
		w.psp.loseAnswers = 1
		w.refused(w.core.Complete(context.Background(), call, s.ID, pay("tok_ok")), 503, "payment_outcome_unknown", "")
		w.refused(w.complete(s.ID, "tok_other"), 409, "conflict", "")
		got := w.must(w.core.Complete(context.Background(), call, s.ID, pay("tok_ok")))
		if got.Status != acp.Completed {
			t.Fatal(got.Status)
		}
		w.settled(s.ID, true)
		if again := w.core.Complete(context.Background(), call, s.ID, pay("tok_ok")); !again.Replayed {
			t.Fatal("not stored")
		}
	})
	t.Run("by the reconciler", func(t *testing.T) {
		w := newWorld(t)
		s := w.create("lamp")
		w.psp.loseAnswers = 1
		w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
		w.clock.Advance(10 * time.Second)
		if done, errs := w.runJobs("payment.reconcile"); done != 1 || errs != nil {
			t.Fatal(done, errs)
		}
		w.settled(s.ID, true)
	})
}

// A request that never arrived, though bytes were sent.
func TestALostRequest(t *testing.T) {
	t.Run("soon after is sent again under the same key", func(t *testing.T) {
		w := newWorld(t)
		s := w.create("lamp")
		w.psp.loseRequests = 1
		w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
		w.clock.Advance(10 * time.Second)
		w.runJobs("payment.reconcile")
		w.settled(s.ID, true)
	})
	t.Run("long after has failed", func(t *testing.T) {
		w := newWorld(t)
		s := w.create("lamp")
		w.psp.loseRequests = 1
		w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
		w.clock.Advance(time.Hour)
		w.runJobs("payment.reconcile")
		w.settled(s.ID, false)
		if lamp := w.item("lamp"); lamp.Available() != 3 {
			t.Fatal("the reservation stays", lamp)
		}
		if got := w.must(w.complete(s.ID, "tok_ok")); got.Status != acp.Completed {
			t.Fatal(got.Status, said(got))
		}
	})
}

func TestAPSPThatCannotBeReachedChargesNothing(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
	w.psp.refuseAll = true
	w.refused(w.core.Complete(context.Background(), call, s.ID, pay("tok_ok")), 503, "payment_provider_unavailable", "")
	w.settled(s.ID, false)
	w.psp.refuseAll = false
	if got := w.must(w.core.Complete(context.Background(), call, s.ID, pay("tok_ok"))); got.Status != acp.Completed {
		t.Fatal("the same key goes on", got.Status)
	}
	w.settled(s.ID, true)
}

func TestAnotherAmountThanAskedForIsUnknownAndListed(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	w.psp.shortBy = 1
	w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
	got, err := w.core.Get(context.Background(), agent, s.ID)
	if err != nil || got.Status != acp.CompleteInProgress || got.Order != nil {
		t.Fatal(got.Status, got.Order, err)
	}
	w.clock.Advance(10 * time.Second)
	if done, errs := w.runJobs("payment.reconcile"); done != 0 || len(errs) != 1 {
		t.Fatal("the job goes on asking", done, errs)
	}
	open, err := w.store.OpenAttempts(context.Background(), w.clock.Now(), "", 10)
	if err != nil || len(open) != 1 || open[0].State != payment.Unknown {
		t.Fatalf("%+v %v", open, err)
	}
}

// A process that dies at a step leaves everything to the next one. Nothing of
// the dead one's memory survives here: the request's goroutine is abandoned.
func TestAProcessThatDies(t *testing.T) {
	for _, step := range []checkout.Step{checkout.StepReserved, checkout.StepAnswered, checkout.StepSettled} {
		for _, byAgent := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, found by the agent: %v", step, byAgent), func(t *testing.T) {
				w := newWorld(t)
				s := w.create("lamp")
				call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
				w.dieAt(step, call, s.ID)
				w.clock.Advance(10 * time.Second) // leases end
				if byAgent {
					if got := w.must(w.core.Complete(context.Background(), call, s.ID, pay("tok_ok"))); got.Status != acp.Completed {
						t.Fatal(got.Status, said(got))
					}
				} else {
					w.runJobs("payment.reconcile")
				}
				w.settled(s.ID, true)
				w.clock.Advance(time.Minute)
				w.runJobs("payment.reconcile")
				w.settled(s.ID, true)
			})
		}
	}
}

// dieAt runs a complete up to a step and never lets it go on.
func (w *world) dieAt(step checkout.Step, call *checkout.Call, sessionID string) {
	w.dieAtWith(step, call, sessionID, "tok_ok")
}

func (w *world) dieAtWith(step checkout.Step, call *checkout.Call, sessionID, token string) {
	w.dies(step, func(core *checkout.Service) { core.Complete(context.Background(), call, sessionID, pay(token)) })
}

func TestAHundredCompletesMakeOneOrder(t *testing.T) {
	for name, key := range map[string]func(i int) string{
		"with one key":           func(int) string { return "same" },
		"with keys of their own": func(i int) string { return fmt.Sprint("k", i) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.create("lamp")
			answers := make([]checkout.Answer, 100)
			var wg sync.WaitGroup
			for i := range answers {
				wg.Go(func() {
					answers[i] = w.core.Complete(context.Background(), w.callWithKey("/checkout_sessions/"+s.ID+"/complete", key(i)), s.ID, pay("tok_ok"))
				})
			}
			wg.Wait()
			for _, a := range answers {
				if a.Status != 200 && a.Status != 409 {
					t.Errorf("answer %d %s", a.Status, a.Body)
				}
			}
			w.settled(s.ID, true)
			if lamp := w.item("lamp"); lamp.Stock != 2 || lamp.Reserved != 0 {
				t.Errorf("stock %+v", lamp)
			}
		})
	}
}

func TestTwoHundredCreatesWithOneKeyMakeOneSession(t *testing.T) {
	w := newWorld(t)
	bodies := make([]string, 200)
	var wg sync.WaitGroup
	for i := range bodies {
		wg.Go(func() {
			a := w.core.Create(context.Background(), w.callWithKey("/checkout_sessions", "same"), acp.CreateRequest{Items: want("mug"), Currency: "usd"})
			bodies[i] = string(a.Body)
		})
	}
	wg.Wait()
	for _, b := range bodies {
		if b != bodies[0] {
			t.Fatalf("two answers under one key:\n%s\n%s", bodies[0], b)
		}
	}
	other := w.callWithKey("/checkout_sessions", "same")
	other.Fingerprint = [32]byte{2}
	w.refused(w.core.Create(context.Background(), other, acp.CreateRequest{Items: want("print"), Currency: "usd"}), 422, "idempotency_conflict", "")
}

func TestTheLastLampIsSoldOnce(t *testing.T) {
	w := newWorld(t)
	last := goods[1]
	last.Stock = 1
	w.stock(last)
	var sessions []*acp.Session
	for range 20 {
		sessions = append(sessions, w.create("lamp"))
	}
	var wg sync.WaitGroup
	for i, s := range sessions {
		wg.Go(func() { w.complete(s.ID, fmt.Sprint("tok_ok_", i)) })
	}
	wg.Wait()
	if n, _ := w.psp.taken(); n != 1 {
		t.Fatalf("%d charges for one lamp", n)
	}
	if lamp := w.item("lamp"); lamp.Stock != 0 || lamp.Reserved != 0 || lamp.Available() != 0 {
		t.Fatalf("%+v", lamp)
	}
}

func TestAConflictingKeyKeepsTheFirstAnswer(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
	first := w.core.Complete(context.Background(), call, s.ID, pay("tok_ok"))
	other := *call
	other.Fingerprint = [32]byte{9}
	w.refused(w.core.Complete(context.Background(), &other, s.ID, pay("tok_ok")), 422, "idempotency_conflict", "")
	if again := w.core.Complete(context.Background(), call, s.ID, pay("tok_ok")); !again.Replayed || string(again.Body) != string(first.Body) {
		t.Fatal("the first answer is lost")
	}
}

func TestAKeyInFlightIsSaidToBe(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	gate := make(chan struct{})
	w.psp.gate = gate
	call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
	done := make(chan checkout.Answer)
	reserved := make(chan struct{})
	slow := w.coreAt(checkout.StepReserved, func() { close(reserved) })
	go func() { done <- slow.Complete(context.Background(), call, s.ID, pay("tok_ok")) }()
	<-reserved
	a := w.core.Complete(context.Background(), call, s.ID, pay("tok_ok"))
	w.refused(a, 409, "idempotency_in_flight", "")
	if a.RetryAfter <= 0 {
		t.Error("no Retry-After")
	}
	w.refused(w.core.Cancel(context.Background(), w.call("/checkout_sessions/"+s.ID+"/cancel"), s.ID, acp.CancelRequest{}), 409, "conflict", "")
	close(gate)
	if a := <-done; a.Status != 200 {
		t.Fatal(a.Status)
	}
	w.settled(s.ID, true)
}

// A process that was slower than its lease is not dead. Its request was taken
// over by a repeat; both get the one answer.
// What no machine could learn, a person can look up and say.
func TestAnOperatorsVerdict(t *testing.T) {
	open := func(t *testing.T) (*world, *acp.Session, string) {
		w := newWorld(t)
		s := w.create("lamp")
		w.psp.shortBy = 1 // an answer that nobody should believe
		w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
		got, err := w.core.Get(context.Background(), agent, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		return w, s, got.AttemptID
	}
	ctx := context.Background()
	t.Run("charged", func(t *testing.T) {
		w, s, id := open(t)
		a, err := w.core.Decide(ctx, "shop", id, checkout.WasCharged, "ch_seen", "night shift")
		if err != nil || a.State != payment.Captured || a.PSPRef != "ch_seen" {
			t.Fatalf("%+v %v", a, err)
		}
		got, err := w.core.Get(ctx, agent, s.ID)
		if err != nil || got.Status != acp.Completed || got.Order == nil {
			t.Fatalf("%+v %v", got, err)
		}
		events, err := w.store.AttemptEvents(ctx, "shop", id)
		if err != nil || events[len(events)-1].Who != "operator:night shift" {
			t.Fatalf("%+v %v", events, err)
		}
		if lamp := w.item("lamp"); lamp.Stock != 2 || lamp.Reserved != 0 {
			t.Fatalf("%+v", lamp)
		}
		if _, err := w.core.Decide(ctx, "shop", id, checkout.NotCharged, "", "day shift"); !errors.Is(err, checkout.ErrSettled) {
			t.Fatal("a verdict was taken back", err)
		}
	})
	t.Run("not charged", func(t *testing.T) {
		w, s, id := open(t)
		if a, err := w.core.Decide(ctx, "shop", id, checkout.NotCharged, "", "night shift"); err != nil || a.State != payment.Failed {
			t.Fatalf("%+v %v", a, err)
		}
		got, err := w.core.Get(ctx, agent, s.ID)
		if err != nil || got.Status != acp.ReadyForPayment || got.Order != nil {
			t.Fatalf("%+v %v", got, err)
		}
		if lamp := w.item("lamp"); lamp.Available() != 3 {
			t.Fatalf("%+v", lamp)
		}
	})
	t.Run("asking first", func(t *testing.T) {
		w, _, id := open(t)
		if a, err := w.core.Ask(ctx, "shop", id, "night shift"); err != nil || !a.State.Live() {
			t.Fatalf("an answer about other money settled it: %+v %v", a, err)
		}
		w.psp.shortBy = 0
		w.psp.forget()
		if a, err := w.core.Ask(ctx, "shop", id, "night shift"); err != nil || a.State != payment.Captured {
			t.Fatalf("%+v %v", a, err)
		}
	})
	t.Run("refusals", func(t *testing.T) {
		w, _, id := open(t)
		for name, err := range map[string]error{
			"nobody":        second(w.core.Decide(ctx, "shop", id, checkout.NotCharged, "", "")),
			"no reference":  second(w.core.Decide(ctx, "shop", id, checkout.WasCharged, "", "night shift")),
			"no verdict":    second(w.core.Decide(ctx, "shop", id, "perhaps", "", "night shift")),
			"another shop":  second(w.core.Decide(ctx, "other", id, checkout.NotCharged, "", "night shift")),
			"at work on it": second(w.core.Ask(ctx, "shop", w.dying(), "night shift")),
		} {
			if err == nil || errors.Is(err, checkout.ErrBusy) != (name == "at work on it") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// dying gives the attempt of a process that has just died, whose lease lasts.
func (w *world) dying() string {
	s := w.create("mug")
	w.dieAtWith(checkout.StepReserved, w.call("/checkout_sessions/"+s.ID+"/complete"), s.ID, "tok_dying")
	got, err := w.core.Get(context.Background(), agent, s.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return got.AttemptID
}

func TestASlowProcessThatWasTakenOver(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	gate := make(chan struct{})
	w.psp.gate = gate
	reserved := make(chan struct{})
	slow := w.coreAt(checkout.StepReserved, func() { close(reserved) })
	call := func() *checkout.Call { return w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first") }
	done := make(chan checkout.Answer)
	go func() { done <- slow.Complete(context.Background(), call(), s.ID, pay("tok_ok")) }()
	<-reserved
	for w.gated() { // until the first request stands at the gate
		runtime.Gosched()
	}
	w.clock.Advance(10 * time.Second)
	second := w.core.Complete(context.Background(), call(), s.ID, pay("tok_ok"))
	close(gate)
	first := <-done
	if w.must(second).Status != acp.Completed || string(first.Body) != string(second.Body) {
		t.Fatalf("two answers under one key:\n%d %s\n%d %s", first.Status, first.Body, second.Status, second.Body)
	}
	w.settled(s.ID, true)
}

// A count that begins while a payment is on its way is the shop's own: the
// session holds nothing of it, and others' reservations stay theirs.
func TestAnItemThatIsCountedFromNowOn(t *testing.T) {
	w := newWorld(t)
	early, late := w.create("print"), w.create("print")
	w.dieAt(checkout.StepReserved, w.callWithKey("/checkout_sessions/"+early.ID+"/complete", "early"), early.ID)
	counted := goods[3]
	counted.Tracked, counted.Stock = true, 1
	w.stock(counted)
	w.dieAtWith(checkout.StepReserved, w.callWithKey("/checkout_sessions/"+late.ID+"/complete", "late"), late.ID, "tok_ok_2")
	w.clock.Advance(10 * time.Second)
	if done, errs := w.runJobs("payment.reconcile"); done != 2 {
		t.Fatal(done, errs)
	}
	if n, _ := w.psp.taken(); n != 2 {
		t.Fatalf("%d charges", n)
	}
	if it := w.item("print"); it.Stock != 0 || it.Reserved != 0 {
		t.Fatalf("%+v", it)
	}
}

func TestAReservationHoldsAgainstAnImport(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
	w.dieAt(checkout.StepReserved, call, s.ID)
	if lamp := w.item("lamp"); lamp.Reserved != 1 || lamp.Available() != 2 {
		t.Fatalf("%+v", lamp)
	}
	fewer := goods[1]
	fewer.Stock = 1
	w.stock(fewer)
	if lamp := w.item("lamp"); lamp.Available() != 0 {
		t.Fatalf("%+v", lamp)
	}
	w.clock.Advance(10 * time.Second)
	w.runJobs("payment.reconcile")
	w.settled(s.ID, true)
	if lamp := w.item("lamp"); lamp.Stock != 0 || lamp.Reserved != 0 {
		t.Fatalf("%+v", lamp)
	}
}
