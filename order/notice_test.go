package order_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
)

// told gives a notice to the service, which has to take it.
func (w *world) told(n payment.Notice) {
	w.t.Helper()
	if handled, err := w.core.Notice(ctx, shop, false, n); err != nil || !handled {
		w.t.Fatalf("handled %t, %v", handled, err)
	}
}

func TestAnAcceptedMoveIsSettledByItsNotice(t *testing.T) {
	for name, move := range moves {
		for _, good := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				o := w.sale(move.held)
				w.psp.fail(accepts)
				w.must(move.do(w.core, o))
				op := w.ops(o)[0]
				if op.State != payment.OpPending {
					t.Fatalf("%+v", op)
				}
				asked := w.psp.requests()
				w.settleAll() // the job asks and learns nothing, and asks for nothing
				if n := w.psp.requests() - asked; n != 0 {
					t.Errorf("asked for what is accepted %d times more", n)
				}
				n := w.psp.decide(op.ID, good)
				w.told(n)
				version := w.order(o).Version
				w.told(n) // twice
				want := payment.OpFailed
				if good {
					want = payment.OpDone
				}
				if got := w.ops(o); len(got) != 1 || got[0].State != want || w.order(o).Version != version {
					t.Errorf("%v", states(got))
				}
				w.checkBooks(t, o)
			})
		}
	}
}

// A notice may come before our own answer was recorded, with or without our id.
func TestANoticeBeforeTheAnswerMakesNoSecondMove(t *testing.T) {
	for name, c := range map[string]struct {
		reference bool
		wait      time.Duration
	}{
		"with our id":                    {true, 0},
		"without, a moment later":        {false, 0},
		"without, when the answer stays": {false, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			o := w.sale(false)
			w.psp.fail(loseAnswer)
			w.psp.mute(true)
			out := w.did(w.core.Refund(ctx, cmd(o), 700, nil, order.Reason{}))
			n := payment.Notice{ID: "n", Subject: payment.AboutOperation, PSPRef: "ch_1", OpRef: w.psp.refOf(out.Operation.ID), OpKind: payment.OpRefund, Final: true,
				Result: payment.Result{Class: payment.ClassRefunded, Amount: 700, Currency: "eur"}}
			if c.reference {
				n.Reference = out.Operation.ID
			}
			w.clock.Advance(c.wait)
			handled, err := w.core.Notice(ctx, shop, false, n)
			switch early := !c.reference && c.wait == 0; {
			case !handled, early != (err != nil):
				t.Fatalf("handled %t, %v", handled, err)
			}
			w.psp.mute(false)
			w.settleAll()
			w.told(n)
			w.told(n)
			ops := w.ops(o)
			if ops[0].State != payment.OpDone || ops[0].OpRef != n.OpRef || w.attempt(o).Refunded != 700 {
				t.Errorf("%+v", ops)
			}
			for _, other := range ops[1:] {
				if other.State != payment.OpFailed || other.OpRef != "" || other.Decline != "same_as_"+ops[0].ID {
					t.Errorf("a second move: %+v", other)
				}
			}
			w.checkBooks(t, o)
		})
	}
}

func TestAMoveMadeAtThePSPIsRecordedOnce(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			held   bool
			kind   payment.OpKind
			amount int64
			want   string
			status string
		}{
			"refund":  {false, payment.OpRefund, 700, "refund done 700", "confirmed"},
			"capture": {true, payment.OpCapture, 9000, "capture done 9000", "confirmed"},
			"void":    {true, payment.OpVoid, total, "void done 10499", "canceled"},
		} {
			t.Run(name, func(t *testing.T) {
				o := w.sale(c.held)
				n := w.psp.dashboard(w.attempt(o).PSPRef, c.kind, c.amount)
				done := make(chan error, 8)
				for range 8 {
					go func() {
						_, err := w.core.Notice(ctx, shop, false, n)
						done <- err
					}()
				}
				for range 8 {
					w.must(<-done)
				}
				ops := w.ops(o)
				if diff := cmp.Diff([]string{c.want}, states(ops)); diff != "" || ops[0].Who != "psp" {
					t.Error(ops, diff)
				}
				if got := w.order(o).Status; got != c.status {
					t.Error(got)
				}
				w.checkBooks(t, o)
			})
		}
	})
}

// What the PSP did is true, also where we would not have allowed it.
func TestMoreThanWeWouldAllowIsRecordedAndShouted(t *testing.T) {
	w := newWorld(t)
	o := w.sale(false)
	w.told(payment.Notice{ID: "n", Subject: payment.AboutOperation, PSPRef: "ch_1", OpRef: "re_over", OpKind: payment.OpRefund, Final: true,
		Result: payment.Result{Class: payment.ClassRefunded, Amount: total + 1, Currency: "eur"}})
	if a := w.attempt(o); a.Refunded != total+1 {
		t.Errorf("%+v", a)
	}
	if !strings.Contains(w.logs.String(), "more money was moved than there was") {
		t.Error("nobody is told")
	}
	_, err := w.core.Refund(ctx, cmd(o), 1, nil, order.Reason{})
	w.refused(t, err, "more than is left")
}

func TestARefundThatComesBackIsTakenBack(t *testing.T) {
	for name, final := range map[string]bool{"for certain": true, "when asked": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			o := w.sale(false)
			out := w.did(w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: lamp, Quantity: 1}}, order.Reason{}))
			n := w.psp.comeBack("ch_1", out.Operation.OpRef)
			if n.Final = final; !final {
				n.Result = payment.Result{Class: payment.ClassUnknown}
			}
			w.told(n)
			w.told(n)
			w.runJobs()
			w.runJobs()
			got := w.order(o)
			if diff := cmp.Diff([]string{"refund failed 7999 eur", "cancellation completed"}, adjustments(got)); diff != "" {
				t.Error(diff)
			}
			if q := got.LineItems[1].Quantity; q.Current != 0 {
				t.Errorf("the lamp is wanted again: %+v", q)
			}
			w.checkBooks(t, o)
			w.did(w.core.Refund(ctx, cmd(o), 7999, nil, order.Reason{})) // once more
			w.checkBooks(t, o)
		})
	}
	t.Run("the failure before the success", func(t *testing.T) {
		w := newWorld(t)
		o := w.sale(false)
		success := w.psp.dashboard("ch_1", payment.OpRefund, 700)
		failure := w.psp.comeBack("ch_1", success.OpRef)
		w.told(failure)
		w.told(success)
		if diff := cmp.Diff([]string{"refund failed 700"}, states(w.ops(o))); diff != "" {
			t.Error(diff)
		}
		w.checkBooks(t, o)
	})
}

// A bank takes a capture back, and the notice names the payment alone: it is
// the one capture that there was, however often it is told.
func TestACaptureThatBouncesIsTakenBackOnce(t *testing.T) {
	bounce := payment.Notice{ID: "n", Subject: payment.AboutOperation, PSPRef: "ch_1", OpKind: payment.OpCapture, Final: true,
		Result: payment.Result{Class: payment.ClassDeclined, DeclineCode: "settlement_declined", Amount: total, Currency: "eur"}}
	for name, held := range map[string]bool{"taken with the payment": false, "taken later": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			o := w.sale(held)
			if held {
				w.did(w.core.Capture(ctx, cmd(o), 0))
			}
			for range 3 {
				w.told(bounce)
			}
			if a := w.attempt(o); a.Captured != 0 || a.State != payment.Captured {
				t.Errorf("captured %d, %s", a.Captured, a.State)
			}
			if diff := cmp.Diff([]string{fmt.Sprintf("capture failed %d", total)}, states(w.ops(o))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNewsThatIsNotFinalMakesThePSPBeAsked(t *testing.T) {
	w := newWorld(t)
	o := w.sale(false)
	n := w.psp.dashboard("ch_1", payment.OpRefund, 700)
	n.Final = false
	w.told(n)
	w.told(n)
	if diff := cmp.Diff([]string{"refund pending 700"}, states(w.ops(o))); diff != "" {
		t.Error(diff)
	}
	w.runJobs()
	if diff := cmp.Diff([]string{"refund done 700"}, states(w.ops(o))); diff != "" {
		t.Error(diff)
	}
	w.checkBooks(t, o)
}

func TestAHoldThatEndsCancelsTheOrder(t *testing.T) {
	w := newWorld(t)
	o := w.sale(true)
	w.psp.dashboard("ch_1", payment.OpVoid, total)
	n := payment.Notice{ID: "n", Reference: o.AttemptID, PSPRef: "ch_1", Final: true, Result: payment.Result{Class: payment.ClassVoided}}
	w.told(n)
	if handled, err := w.core.Notice(ctx, shop, false, n); handled || err != nil {
		t.Errorf("the repeat: %t, %v", handled, err)
	}
	if got := w.order(o); got.Status != "canceled" || !strings.Contains(w.logs.String(), "has ended before it was captured") {
		t.Error(got.Status)
	}
	w.checkBooks(t, o)

	t.Run("one that our own void ended does nothing more", func(t *testing.T) {
		o := w.sale(true)
		w.psp.fail(loseAnswer)
		w.did(w.core.Cancel(ctx, cmd(o), order.Reason{}))
		w.told(payment.Notice{ID: "m", Reference: o.AttemptID, PSPRef: "ch_2", Final: true, Result: payment.Result{Class: payment.ClassVoided}})
		w.settleAll()
		if diff := cmp.Diff([]string{"void done 10499"}, states(w.ops(o))); diff != "" {
			t.Error(diff)
		}
		w.checkBooks(t, o)
	})
	t.Run("one that was captured at the PSP is captured", func(t *testing.T) {
		o := w.sale(true)
		w.psp.dashboard("ch_3", payment.OpCapture, total)
		w.told(payment.Notice{ID: "m", Reference: o.AttemptID, PSPRef: "ch_3", Final: true,
			Result: payment.Result{Class: payment.ClassCaptured, Amount: total, Captured: total, Currency: "eur"}})
		w.checkBooks(t, o)
	})
}

func TestADisputeIsShownAndDecided(t *testing.T) {
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	news := func(state payment.DisputeState, day int) payment.Notice {
		return payment.Notice{ID: string(state), Subject: payment.AboutDispute, PSPRef: "ch_1", OpRef: "dp_1", Dispute: state,
			Result: payment.Result{Class: payment.ClassUnknown, Amount: 4000, Currency: "eur"}, At: at.AddDate(0, 0, day)}
	}
	for name, c := range map[string]struct {
		notices []payment.Notice
		want    string
		events  int
	}{
		"open":                       {[]payment.Notice{news(payment.DisputeOpen, 0), news(payment.DisputeOpen, 0)}, "dispute pending 4000 eur", 1},
		"won":                        {[]payment.Notice{news(payment.DisputeOpen, 0), news(payment.DisputeWon, 9), news(payment.DisputeWon, 9)}, "dispute failed 4000 eur", 2},
		"lost":                       {[]payment.Notice{news(payment.DisputeOpen, 0), news(payment.DisputeLost, 9)}, "dispute completed 4000 eur", 2},
		"the end before the begin":   {[]payment.Notice{news(payment.DisputeLost, 9), news(payment.DisputeOpen, 0)}, "dispute completed 4000 eur", 1},
		"lost and then won":          {[]payment.Notice{news(payment.DisputeLost, 9), news(payment.DisputeWon, 20)}, "dispute failed 4000 eur", 2},
		"won after all, out of turn": {[]payment.Notice{news(payment.DisputeWon, 20), news(payment.DisputeLost, 9)}, "dispute failed 4000 eur", 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			o := w.sale(false)
			for _, n := range c.notices {
				w.told(n)
			}
			got := w.order(o)
			if diff := cmp.Diff([]string{c.want}, adjustments(got)); diff != "" {
				t.Error(diff)
			}
			if events := w.events(o); len(events) != c.events {
				t.Errorf("the agent was told %d times: %v", len(events), kindsOf(events))
			}
			if a := w.attempt(o); a.Refunded != 0 {
				t.Errorf("a dispute is no refund: %+v", a)
			}
			for _, adj := range got.Adjustments {
				if strings.Contains(adj.ID, "dp_1") {
					t.Error("the agent is shown the PSP's id")
				}
			}
		})
	}
}

func TestNoticesAboutOtherThingsAreLeftAlone(t *testing.T) {
	w := newWorld(t)
	o := w.sale(false)
	refund := payment.Notice{ID: "n", Subject: payment.AboutOperation, PSPRef: "ch_1", OpRef: "re_x", OpKind: payment.OpRefund, Final: true,
		Result: payment.Result{Class: payment.ClassRefunded, Amount: 700, Currency: "eur"}}
	for name, c := range map[string]struct {
		change  func(*payment.Notice)
		handled bool
	}{
		"a payment that we do not know":   {func(n *payment.Notice) { n.PSPRef = "ch_unknown" }, true},
		"the other mode":                  {func(n *payment.Notice) { n.Live = true }, true},
		"a move of nobody knows what":     {func(n *payment.Notice) { n.OpKind, n.Result = "", payment.Result{Class: payment.ClassUnknown} }, true},
		"a move of nobody knows how much": {func(n *payment.Notice) { n.Result.Amount = 0 }, true},
		"the capture of what was taken":   {func(n *payment.Notice) { n.OpKind, n.Result.Class = payment.OpCapture, payment.ClassCaptured }, true},
		"a dispute that does not say how": {func(n *payment.Notice) { n.Subject, n.Dispute = payment.AboutDispute, "" }, true},
		"a payment page":                  {func(n *payment.Notice) { n.Subject = payment.AboutPage }, false},
		"a payment":                       {func(n *payment.Notice) { n.Subject, n.OpRef = payment.AboutPayment, "" }, false},
		"the end of a hold that was a sale": {func(n *payment.Notice) {
			n.Subject, n.OpRef, n.Result.Class = payment.AboutPayment, "", payment.ClassVoided
		}, false},
	} {
		n := refund
		c.change(&n)
		handled, err := w.core.Notice(ctx, shop, false, n)
		if err != nil || handled != c.handled {
			t.Errorf("%s: handled %t, %v", name, handled, err)
		}
	}
	if ops := w.ops(o); len(ops) != 0 || w.order(o).Version != 1 {
		t.Errorf("%v", states(ops))
	}
}
