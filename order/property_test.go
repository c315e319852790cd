package order_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
)

// Whatever operators and the PSP do, in whatever order and with whatever
// faults: never is more given back than was taken or more taken than was held,
// and once nothing is open our figures are the PSP's.
func TestMoneyIsNeverLostOrMade(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		o := w.sale(rapid.Bool().Draw(rt, "held"))
		ref := w.attempt(o).PSPRef
		w.psp.clear()
		var notices []payment.Notice
		called := false    // off, by us or at the PSP
		elsewhere := false // money was moved at the PSP without us
		told := func(n payment.Notice) {
			if n.ID != "" {
				notices = append(notices, n)
			}
		}
		step := func(what string) {
			switch what {
			case "capture":
				w.tried(rt, func() (order.Outcome, error) {
					return w.core.Capture(ctx, cmd(o), rapid.Int64Range(0, total).Draw(rt, "amount"))
				})
			case "cancel":
				called = true
				w.tried(rt, func() (order.Outcome, error) { return w.core.Cancel(ctx, cmd(o), order.Reason{}) })
			case "refund":
				w.tried(rt, func() (order.Outcome, error) {
					return w.core.Refund(ctx, cmd(o), rapid.Int64Range(1, total).Draw(rt, "amount"), nil, order.Reason{})
				})
			case "refund lines":
				line := rapid.SampledFrom([]string{mugs, lamp}).Draw(rt, "line")
				w.tried(rt, func() (order.Outcome, error) {
					return w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: line, Quantity: 1}}, order.Reason{})
				})
			case "ship":
				lines := rapid.SampledFrom([][]order.Line{nil, {{ID: mugs, Quantity: 1}}, {{ID: lamp, Quantity: 1}}}).Draw(rt, "lines")
				w.tried(rt, func() (order.Outcome, error) { return w.core.Ship(ctx, cmd(o), lines, order.Parcel{}) })
			case "deliver":
				w.tried(rt, func() (order.Outcome, error) { return w.core.Deliver(ctx, cmd(o), "") })
			case "fault":
				w.psp.fail(rapid.SampledFrom([]fault{loseRequest, loseAnswer, notSent, limited, accepts, declines}).Draw(rt, "fault"))
			case "dashboard":
				elsewhere = true
				kind := rapid.SampledFrom([]payment.OpKind{payment.OpRefund, payment.OpCapture, payment.OpVoid}).Draw(rt, "kind")
				amount := rapid.Int64Range(1, total).Draw(rt, "amount")
				called = called || kind == payment.OpVoid
				n := w.psp.dashboard(ref, kind, amount)
				if kind == payment.OpRefund { // that may be told as news, of which the PSP has to be asked
					n.Final = rapid.Bool().Draw(rt, "final")
				}
				if n.Result.Class.OpState() == payment.OpDone {
					told(n)
				}
			case "come back":
				elsewhere = true
				for _, op := range w.ops(o) {
					if op.Kind == payment.OpRefund && op.State == payment.OpDone && op.OpRef != "" {
						told(w.psp.comeBack(ref, op.OpRef))
						break
					}
				}
			case "decide":
				for _, op := range w.ops(o) {
					if w.psp.accepted(op.ID) {
						told(w.psp.decide(op.ID, rapid.Bool().Draw(rt, "good")))
						break
					}
				}
			case "notice":
				if len(notices) > 0 { // any of them, again and again
					_, _ = w.core.Notice(ctx, shop, false, rapid.SampledFrom(notices).Draw(rt, "notice"))
				}
			case "jobs":
				w.clock.Advance(lease)
				w.runJobs()
			}
			a, p := w.attempt(o), w.psp.books(ref)
			// What was made at the PSP is heard of later, and in any order.
			if !elsewhere && (a.Refunded > a.Captured || a.Captured > a.Amount) || p.refunded > p.captured || p.captured > p.held {
				rt.Fatalf("after %s: recorded %+v, the PSP %+v", what, a, p)
			}
			w.checkDocument(rt, w.order(o))
			w.checkGivenBack(rt, o, called)
		}
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			step(rapid.SampledFrom([]string{"capture", "cancel", "refund", "refund lines", "ship", "deliver", "fault", "dashboard",
				"come back", "decide", "notice", "jobs"}).Draw(rt, "step"))
		}
		// The faults end, the PSP decides, all that it has to say is heard.
		w.psp.clear()
		w.settleAll()
		for _, op := range w.ops(o) {
			if w.psp.accepted(op.ID) {
				told(w.psp.decide(op.ID, true))
			}
		}
		w.clock.Advance(time.Hour)
		for _, n := range notices {
			if _, err := w.core.Notice(ctx, shop, false, n); err != nil {
				rt.Fatalf("%+v: %v", n, err)
			}
		}
		w.settleAll()
		for _, op := range w.ops(o) {
			if op.State.Open() {
				rt.Fatalf("open in the end: %+v", op)
			}
		}
		w.checkBooks(rt, o)
		w.checkGivenBack(rt, o, called)
		before := w.order(o)
		for _, n := range notices { // late and twice
			if _, err := w.core.Notice(ctx, shop, false, n); err != nil {
				rt.Fatal(err)
			}
		}
		w.checkGivenBack(rt, o, called)
		w.checkShelf(rt)
		if after := w.order(o); after.Version != before.Version {
			rt.Fatalf("a repeated notice changed the order: %v to %v", adjustments(before), adjustments(after))
		}
	})
}

// tried carries a command out that may be refused and must not fail.
func (w *world) tried(t testingT, command func() (order.Outcome, error)) {
	if _, err := command(); err != nil {
		if _, ok := errors.AsType[order.Refused](err); !ok {
			t.Fatalf("%v", err)
		}
	}
}

// testingT is what a check needs of a test or of a property.
type testingT interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}
