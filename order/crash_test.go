package order_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
)

// killed is what a process dies of in these tests.
type killed struct{}

// dying carries a command out in a process that dies at a step.
func (w *world) dying(at order.Step, command func(*order.Service) error) {
	w.t.Helper()
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
		}
	}()
	err := command(w.service(func(s order.Step) {
		if s == at {
			panic(killed{})
		}
	}))
	w.t.Fatalf("the process outlived %s: %v", at, err)
}

// moves are the commands that move money, with what they come to.
var moves = map[string]struct {
	held bool
	do   func(*order.Service, *order.Order) error
	want string
}{
	"capture": {true, func(s *order.Service, o *order.Order) error {
		_, err := s.Capture(ctx, cmd(o), total-99)
		return err
	}, "capture done 10400"},
	"void": {true, func(s *order.Service, o *order.Order) error {
		_, err := s.Cancel(ctx, cmd(o), order.Reason{})
		return err
	}, "void done 10499"},
	"refund": {false, func(s *order.Service, o *order.Order) error {
		_, err := s.Refund(ctx, cmd(o), 700, nil, order.Reason{})
		return err
	}, "refund done 700"},
	"shipment": {true, func(s *order.Service, o *order.Order) error {
		_, err := s.Ship(ctx, cmd(o), nil, order.Parcel{})
		return err
	}, "capture done 10499"},
	"cancellation of a charge": {false, func(s *order.Service, o *order.Order) error {
		_, err := s.Cancel(ctx, cmd(o), order.Reason{})
		return err
	}, "refund done 10499"},
}

// Wherever the process dies, the move is made once, and shown.
func TestAMoveSurvivesADeathAtEveryStep(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		for name, move := range moves {
			for _, step := range []order.Step{order.StepCommitted, order.StepAnswered, order.StepRecorded} {
				t.Run(fmt.Sprint(name, " ", step), func(t *testing.T) {
					o := w.sale(move.held)
					before := w.psp.requests()
					w.dying(step, func(s *order.Service) error { return move.do(s, o) })
					if errs := w.runJobs(); errs != nil {
						t.Errorf("a job took the move while its process may live: %v", errs)
					}
					if n := w.psp.requests() - before; step == order.StepCommitted && n != 0 {
						t.Errorf("asked %d times before the lease ended", n)
					}
					w.clock.Advance(lease + time.Second)
					if errs := w.runJobs(); errs != nil {
						t.Errorf("%v", errs)
					}
					if diff := cmp.Diff([]string{move.want}, states(w.ops(o))); diff != "" {
						t.Error(diff)
					}
					if n := w.psp.requests() - before; n != 1 {
						t.Errorf("the PSP was asked %d times for the move", n)
					}
					w.checkBooks(t, o)
					w.clock.Advance(time.Hour)
					if errs := w.runJobs(); errs != nil || w.psp.requests()-before != 1 {
						t.Errorf("a job is left: %v", errs)
					}
				})
			}
		}
	})
}

// The next answers of the PSP, and what the move comes to at once and in the
// end.
func TestAnUnclearAnswerIsNeverSuccessNorFailure(t *testing.T) {
	for name, c := range map[string]struct {
		faults []fault
		silent bool
		now    payment.OpState
		then   payment.OpState
	}{
		"the answer is lost":                         {[]fault{loseAnswer}, false, payment.OpUnknown, payment.OpDone},
		"the request is lost":                        {[]fault{loseRequest}, false, payment.OpUnknown, payment.OpDone},
		"the request is lost, questions too":         {[]fault{loseRequest}, true, payment.OpUnknown, payment.OpDone},
		"the answer is lost, questions too":          {[]fault{loseAnswer}, true, payment.OpUnknown, payment.OpDone},
		"no connection":                              {[]fault{notSent}, false, payment.OpSending, payment.OpDone},
		"no connection, then the rate limit":         {[]fault{notSent, limited}, false, payment.OpSending, payment.OpDone},
		"no connection, then a lost answer":          {[]fault{notSent, loseAnswer}, false, payment.OpSending, payment.OpDone},
		"the rate limit":                             {[]fault{limited}, false, payment.OpSending, payment.OpDone},
		"wrong keys":                                 {[]fault{wrongKeys}, false, payment.OpFailed, payment.OpFailed},
		"a refusal":                                  {[]fault{declines}, false, payment.OpFailed, payment.OpFailed},
		"a lost request, then wrong keys":            {[]fault{loseRequest, wrongKeys}, false, payment.OpUnknown, payment.OpDone},
		"a lost answer, then wrong keys":             {[]fault{loseAnswer, wrongKeys}, true, payment.OpUnknown, payment.OpDone},
		"a lost answer, then the rate limit":         {[]fault{loseAnswer, limited}, true, payment.OpUnknown, payment.OpDone},
		"a lost answer, then no connection":          {[]fault{loseAnswer, notSent}, true, payment.OpUnknown, payment.OpDone},
		"a queued move, then wrong keys":             {[]fault{notSent, wrongKeys}, false, payment.OpSending, payment.OpFailed},
		"a queued move, a lost answer, a lost asker": {[]fault{limited, loseAnswer, loseAnswer}, true, payment.OpSending, payment.OpDone},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, move := range moves {
				w := newWorld(t)
				o := w.sale(move.held)
				w.psp.fail(c.faults...)
				w.psp.mute(c.silent)
				w.must(move.do(w.core, o))
				if got := w.ops(o)[0].State; got != c.now {
					t.Errorf("%s: at once %s, want %s", kind, got, c.now)
				}
				if open := w.ops(o)[0].State.Open(); open {
					list, err := w.store.OpenOperations(ctx, "", 10)
					if err != nil || len(list) != 1 {
						t.Errorf("%s: listed as open: %v, %v", kind, list, err)
					}
				}
				w.settleAll()
				ops := w.ops(o)
				if len(ops) != 1 || ops[0].State != c.then {
					t.Errorf("%s: in the end %v, want %s", kind, states(ops), c.then)
				}
				w.checkBooks(t, o)
			}
		})
	}
}

// An answer about other money is looked at by a person.
func TestAnotherAmountIsUnknownUntilAnOperatorDecides(t *testing.T) {
	for _, done := range []bool{true, false} {
		w := newWorld(t)
		o := w.sale(false)
		w.psp.fail(lessMoney)
		out := w.did(w.core.Refund(ctx, cmd(o), 700, nil, order.Reason{}))
		if out.Operation.State != payment.OpUnknown || out.Operation.Decline != "amount_mismatch" {
			t.Errorf("%+v", out.Operation)
		}
		op, err := w.core.Decide(ctx, shop, out.Operation.ID, done, "re_looked_up", "night shift")
		w.must(err)
		want, refunded, adj := payment.OpFailed, int64(0), "refund failed 700 eur"
		if done {
			want, refunded, adj = payment.OpDone, 700, "refund completed 700 eur"
		}
		if op.State != want || w.attempt(o).Refunded != refunded {
			t.Errorf("%+v", op)
		}
		if diff := cmp.Diff([]string{adj}, adjustments(w.order(o))); diff != "" {
			t.Error(diff)
		}
		if _, err := w.core.Decide(ctx, shop, op.ID, !done, "", "day shift"); !errors.Is(err, order.ErrSettled) {
			t.Errorf("decided twice: %v", err)
		}
		if _, err := w.core.Ask(ctx, shop, op.ID, "day shift"); !errors.Is(err, order.ErrSettled) {
			t.Errorf("asked about what is known: %v", err)
		}
	}
}

func TestAnOperatorDoesNotWorkBesideAProcess(t *testing.T) {
	w := newWorld(t)
	o := w.sale(false)
	w.dying(order.StepCommitted, func(s *order.Service) error {
		_, err := s.Refund(ctx, cmd(o), 700, nil, order.Reason{})
		return err
	})
	op := w.ops(o)[0]
	if _, err := w.core.Decide(ctx, shop, op.ID, false, "", "test"); !errors.Is(err, order.ErrBusy) {
		t.Errorf("%v", err)
	}
	for _, nobody := range []string{"op_nobody", "pay_1", "op_\x00"} {
		if _, err := w.core.Ask(ctx, shop, nobody, "test"); !errors.Is(err, order.ErrNotFound) {
			t.Errorf("%q: %v", nobody, err)
		}
	}
	w.clock.Advance(lease)
	asked, err := w.core.Ask(ctx, shop, op.ID, "test")
	if err != nil || asked.State != payment.OpDone {
		t.Errorf("%+v, %v", asked, err)
	}
	w.checkBooks(t, o)
}

// A process that stood still for longer than its lease asks for nothing, and
// what it failed to learn says nothing about what others did.
func TestAProcessThatWakesUpAfterItsLeaseAsksForNothing(t *testing.T) {
	w := newWorld(t)
	o := w.sale(false)
	slow := w.service(func(s order.Step) {
		if s == order.StepCommitted {
			w.clock.Advance(time.Hour)
			if _, err := w.core.Decide(ctx, shop, w.ops(o)[0].ID, false, "", "test"); err != nil {
				t.Error(err)
			}
		}
	})
	out := w.did(slow.Refund(ctx, cmd(o), 700, nil, order.Reason{}))
	if out.Operation.State != payment.OpFailed || w.psp.requests() != 0 {
		t.Errorf("%+v after %d requests", out.Operation, w.psp.requests())
	}
	w.checkBooks(t, o)
}

type plain struct{ payment.Provider }

type otherBank struct{ *bank }

func (otherBank) Name() string { return "other" }

type accounts func(string, bool) (payment.Provider, string)

func (f accounts) PaymentAccount(m string, live bool) (payment.Provider, string) { return f(m, live) }

// No other account than the one that took a payment can move its money.
func TestAMoveIsAskedForWhereThePaymentWasTaken(t *testing.T) {
	w := newWorld(t)
	o := w.sale(false)
	for words, now := range map[string]accounts{
		"not configured any more":        func(string, bool) (payment.Provider, string) { return otherBank{w.psp}, "acct_1" },
		"which is not configured":        func(string, bool) (payment.Provider, string) { return nil, "" },
		"acct_2 is configured now":       func(string, bool) (payment.Provider, string) { return w.psp, "acct_2" },
		"cannot capture, void or refund": func(string, bool) (payment.Provider, string) { return plain{w.psp}, "acct_1" },
	} {
		core := order.New(order.Config{Store: w.store, Payments: now, Now: w.clock.Now, Timeout: timeout})
		_, err := core.Refund(ctx, cmd(o), 700, nil, order.Reason{})
		w.refused(t, err, words)
	}
	if ops := w.ops(o); len(ops) != 0 || len(w.order(o).Adjustments) != 0 {
		t.Errorf("%v", states(ops))
	}
}
