package order_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/store"
)

var ctx = context.Background()

func (w *world) refused(t *testing.T, err error, words string) {
	t.Helper()
	if refused, ok := errors.AsType[order.Refused](err); !ok || !strings.Contains(string(refused), words) {
		t.Errorf("err = %v; want a refusal with %q", err, words)
	}
}

func adjustments(o *order.Order) (out []string) {
	for _, a := range o.Adjustments {
		line := a.Type + " " + a.Status
		if a.Amount != nil {
			line += fmt.Sprintf(" %d %s", *a.Amount, a.Currency)
		}
		out = append(out, line)
	}
	return out
}

func kindsOf(events []order.Event) (out []string) {
	for _, e := range events {
		line := string(e.Kind) + " " + e.Order.Status
		for _, a := range e.Order.Adjustments {
			line += " " + a.Type + "=" + a.Status
		}
		out = append(out, line)
	}
	return out
}

func TestACaptureTakesWhatIsHeld(t *testing.T) {
	w := newWorld(t)
	o := w.sale(true)
	out := w.did(w.core.Capture(ctx, cmd(o), 0))
	if out.Operation.State != payment.OpDone || out.Operation.Amount != total || out.Operation.OpRef != "" {
		t.Errorf("%+v", out.Operation)
	}
	a := w.attempt(o)
	if a.State != payment.Captured || a.Captured != total || a.PSPRef != "ch_1" {
		t.Errorf("%+v", a)
	}
	_, err := w.core.Capture(ctx, cmd(o), 0)
	w.refused(t, err, "is captured by operation")
	w.checkBooks(t, o)
	if events := w.events(o); len(events) != 0 {
		t.Errorf("the agent is told of a capture: %v", kindsOf(events))
	}
	history, err := w.store.AttemptEvents(ctx, shop, a.ID)
	w.must(err)
	if len(history) != 2 || history[0].Who != "operator:test" || history[1].From != payment.Authorized || history[1].To != payment.Captured {
		t.Errorf("history: %+v", history)
	}
}

func TestACaptureOfLessShowsWhatWasNotTaken(t *testing.T) {
	w := newWorld(t)
	o := w.sale(true)
	w.did(w.core.Capture(ctx, cmd(o), total-1500))
	if diff := cmp.Diff([]string{"price_adjustment completed 1500 eur"}, adjustments(w.order(o))); diff != "" {
		t.Error(diff)
	}
	w.checkBooks(t, o)
	_, err := w.core.Refund(ctx, cmd(o), total, nil, order.Reason{})
	w.refused(t, err, "more than is left to refund")
	w.did(w.core.Refund(ctx, cmd(o), total-1500, nil, order.Reason{}))
	w.checkBooks(t, o)
}

func TestWhatIsNotPossibleIsRefusedAndChangesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		held   bool
		before func(*world, *order.Order)
		do     func(*world, *order.Order) error
		words  string
	}{
		"capture above the hold": {true, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Capture(ctx, cmd(o), total+1)
			return err
		}, " is more than is held"},
		"capture of a negative amount": {true, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Capture(ctx, cmd(o), -1)
			return err
		}, "positive"},
		"capture of what is captured": {false, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Capture(ctx, cmd(o), 0)
			return err
		}, "captured already"},
		"capture after a cancellation": {true, func(w *world, o *order.Order) { w.did(w.core.Cancel(ctx, cmd(o), order.Reason{})) }, func(w *world, o *order.Order) error {
			_, err := w.core.Capture(ctx, cmd(o), 0)
			return err
		}, "given back"},
		"refund above what was taken": {false, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Refund(ctx, cmd(o), total+1, nil, order.Reason{})
			return err
		}, "more than is left"},
		"refund above what is left": {false, func(w *world, o *order.Order) { w.did(w.core.Refund(ctx, cmd(o), 1, nil, order.Reason{})) }, func(w *world, o *order.Order) error {
			_, err := w.core.Refund(ctx, cmd(o), total, nil, order.Reason{})
			return err
		}, "more than is left"},
		"refund beside a pending one": {false, func(w *world, o *order.Order) {
			w.psp.fail(accepts)
			w.did(w.core.Refund(ctx, cmd(o), total-5, nil, order.Reason{}))
		}, func(w *world, o *order.Order) error {
			_, err := w.core.Refund(ctx, cmd(o), 6, nil, order.Reason{})
			return err
		}, "more than is left"},
		"refund of all that is held": {true, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Refund(ctx, cmd(o), total, nil, order.Reason{})
			return err
		}, "cancel the order"},
		"refund without amount or lines": {false, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Refund(ctx, cmd(o), 0, nil, order.Reason{})
			return err
		}, "either"},
		"refund of more units than there are": {false, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: mugs, Quantity: 3}}, order.Reason{})
			return err
		}, "2 of 2"},
		"refund of the same units twice in one": {false, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: lamp, Quantity: 1}, {ID: lamp, Quantity: 1}}, order.Reason{})
			return err
		}, "0 of 1"},
		"refund of a line that is not there": {false, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: "li_x", Quantity: 1}}, order.Reason{})
			return err
		}, "no line"},
		"refund for a reason that no PSP knows": {false, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Refund(ctx, cmd(o), 1, nil, order.Reason{Code: "sorry"})
			return err
		}, "not a reason"},
		"cancellation of what is shipped": {false, func(w *world, o *order.Order) {
			w.did(w.core.Ship(ctx, cmd(o), []order.Line{{ID: lamp, Quantity: 1}}, order.Parcel{}))
		}, func(w *world, o *order.Order) error {
			_, err := w.core.Cancel(ctx, cmd(o), order.Reason{})
			return err
		}, "shipped"},
		"cancellation twice": {false, func(w *world, o *order.Order) { w.did(w.core.Cancel(ctx, cmd(o), order.Reason{})) }, func(w *world, o *order.Order) error {
			_, err := w.core.Cancel(ctx, cmd(o), order.Reason{})
			return err
		}, "canceled already"},
		"cancellation while it is captured": {true, func(w *world, o *order.Order) {
			w.psp.fail(accepts)
			w.did(w.core.Capture(ctx, cmd(o), 0))
		}, func(w *world, o *order.Order) error {
			_, err := w.core.Cancel(ctx, cmd(o), order.Reason{})
			return err
		}, "being captured"},
		"shipment of a canceled order": {true, func(w *world, o *order.Order) { w.did(w.core.Cancel(ctx, cmd(o), order.Reason{})) }, func(w *world, o *order.Order) error {
			_, err := w.core.Ship(ctx, cmd(o), nil, order.Parcel{})
			return err
		}, "canceled"},
		"shipment of more than is left": {false, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Ship(ctx, cmd(o), []order.Line{{ID: mugs, Quantity: 2}, {ID: mugs, Quantity: 1}}, order.Parcel{})
			return err
		}, "2 left to ship"},
		"shipment of all twice": {false, func(w *world, o *order.Order) { w.did(w.core.Ship(ctx, cmd(o), nil, order.Parcel{})) }, func(w *world, o *order.Order) error {
			_, err := w.core.Ship(ctx, cmd(o), nil, order.Parcel{})
			return err
		}, "nothing of order"},
		"a tracking URL that is none": {false, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Ship(ctx, cmd(o), nil, order.Parcel{TrackingURL: "javascript:alert(1)"})
			return err
		}, "http"},
		"delivery of what has not left": {false, nil, func(w *world, o *order.Order) error {
			_, err := w.core.Deliver(ctx, cmd(o), "")
			return err
		}, "on its way"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			o := w.sale(c.held)
			if c.before != nil {
				c.before(w, o)
			}
			was, attempt, asked := w.order(o), w.attempt(o), w.psp.requests()
			w.refused(t, c.do(w, o), c.words)
			if diff := cmp.Diff(was, w.order(o)); diff != "" {
				t.Error(diff)
			}
			if now := w.attempt(o); now.Version != attempt.Version || w.psp.requests() != asked {
				t.Error("the payment was touched")
			}
		})
	}
	t.Run("an order of nobody", func(t *testing.T) {
		w := newWorld(t)
		for _, stranger := range []order.Command{{MerchantID: shop, OrderID: "ord_1"}, {MerchantID: "other", OrderID: w.sale(false).ID}, {MerchantID: shop, OrderID: "x\x00"}} {
			if _, err := w.core.Cancel(ctx, stranger, order.Reason{}); !errors.Is(err, order.ErrNotFound) {
				t.Errorf("%+v: %v", stranger, err)
			}
		}
	})
}

func TestARefundOfLinesComesToWhatWasPaidForThem(t *testing.T) {
	w := newWorld(t)
	o := w.sale(false)
	w.must(w.store.Do(ctx, func(tx *store.Tx) error { // two mugs for 20.01 together
		o.LineItems[0].Totals[1].Amount = 2001
		return tx.SaveOrder(o)
	}))
	first := w.did(w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: mugs, Quantity: 1}}, order.Reason{Code: "requested_by_customer", Note: "chipped"}))
	second := w.did(w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: mugs, Quantity: 1}, {ID: lamp, Quantity: 1}}, order.Reason{}))
	if first.Operation.Amount != 1000 || second.Operation.Amount != 1001+7999 {
		t.Errorf("%d and %d", first.Operation.Amount, second.Operation.Amount)
	}
	if first.Operation.Reason != "requested_by_customer" || first.Order.Adjustments[0].Description != "chipped" {
		t.Errorf("%+v", first.Order.Adjustments)
	}
	if q := first.Order.LineItems[0].Quantity; q.Current != 1 || first.Order.Status != "confirmed" {
		t.Errorf("%+v %s", q, first.Order.Status)
	}
	if second.Order.Status != "canceled" || second.Order.LineItems[0].Status != "removed" || second.Order.Fulfillments[0].Status != "canceled" {
		t.Errorf("nothing is left to send: %s", second.Order.Status)
	}
	w.checkBooks(t, o)
}

func TestAShipmentCapturesOnce(t *testing.T) {
	w := newWorld(t)
	o := w.sale(true)
	out := w.did(w.core.Ship(ctx, cmd(o), []order.Line{{ID: mugs, Quantity: 1}}, order.Parcel{Carrier: "DHL", TrackingNumber: "T1", TrackingURL: "https://dhl.example/T1"}))
	if out.Operation == nil || out.Operation.Kind != payment.OpCapture || out.Operation.Amount != total || out.Order.Status != "processing" {
		t.Fatalf("%+v %s", out.Operation, out.Order.Status)
	}
	second := w.did(w.core.Ship(ctx, cmd(o), nil, order.Parcel{Carrier: "UPS"}))
	if second.Operation != nil || second.Order.Status != "shipped" {
		t.Errorf("%+v %s", second.Operation, second.Order.Status)
	}
	third := w.did(w.core.Deliver(ctx, cmd(o), "ful_1"))
	if third.Order.Status != "shipped" {
		t.Error(third.Order.Status)
	}
	last := w.did(w.core.Deliver(ctx, cmd(o), ""))
	if last.Order.Status != "completed" {
		t.Error(last.Order.Status)
	}
	var got []string
	for _, f := range last.Order.Fulfillments {
		line := f.Carrier + " " + f.TrackingNumber + " " + f.Status
		for _, e := range f.Events {
			line += " " + e.Type
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"UPS  delivered shipped delivered", "DHL T1 delivered shipped delivered"}, got); diff != "" {
		t.Error(diff)
	}
	want := []string{"updated processing", "updated shipped", "updated shipped", "updated completed"}
	if diff := cmp.Diff(want, kindsOf(w.events(o))); diff != "" {
		t.Error(diff)
	}
	w.checkBooks(t, o)
	if diff := cmp.Diff([]string{"capture done 10499"}, states(w.ops(o))); diff != "" {
		t.Error(diff)
	}
}

// Before the money is taken a refund is one thing less to capture.
func TestWhatIsTakenOffBeforeTheShipmentIsNotCaptured(t *testing.T) {
	w := newWorld(t)
	o := w.sale(true)
	out := w.did(w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: lamp, Quantity: 1}}, order.Reason{}))
	if out.Operation != nil || w.psp.requests() != 0 {
		t.Error("the PSP was asked for something")
	}
	out = w.did(w.core.Ship(ctx, cmd(o), nil, order.Parcel{}))
	if out.Operation.Amount != total-7999 {
		t.Errorf("captured %d", out.Operation.Amount)
	}
	if diff := cmp.Diff([]string{"cancellation completed 7999 eur"}, adjustments(out.Order)); diff != "" || out.Order.Status != "shipped" {
		t.Error(out.Order.Status, diff)
	}
	w.checkBooks(t, o)
}

func TestACancellationGivesTheMoneyBack(t *testing.T) {
	for name, c := range map[string]struct {
		held bool
		op   string
		adj  string
	}{
		"of a hold":   {true, "void done 10499", "cancellation completed 10499 eur"},
		"of a charge": {false, "refund done 10499", "refund completed 10499 eur"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			o := w.sale(c.held)
			out := w.did(w.core.Cancel(ctx, cmd(o), order.Reason{Note: "sold out"}))
			if out.Order.Status != "canceled" || out.Order.Fulfillments[0].Status != "canceled" || out.Order.Fulfillments[0].LineItems != nil {
				t.Errorf("%s, delivery %+v", out.Order.Status, out.Order.Fulfillments[0])
			}
			if diff := cmp.Diff([]string{c.op}, states(w.ops(o))); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{c.adj}, adjustments(out.Order)); diff != "" {
				t.Error(diff)
			}
			events := w.events(o)
			kind, _, _ := strings.Cut(c.adj, " ")
			want := []string{"updated confirmed " + kind + "=pending", "updated canceled " + kind + "=completed"}
			if diff := cmp.Diff(want, kindsOf(events)); diff != "" {
				t.Error(diff)
			}
			w.checkBooks(t, o)
		})
	}
	t.Run("one that the PSP refuses leaves the order as it was", func(t *testing.T) {
		w := newWorld(t)
		o := w.sale(true)
		w.psp.fail(declines)
		out := w.did(w.core.Cancel(ctx, cmd(o), order.Reason{}))
		if out.Operation.State != payment.OpFailed || out.Order.Status != "confirmed" || out.Order.Fulfillments[0].Status != "pending" ||
			len(out.Order.Fulfillments[0].LineItems) != 2 {
			t.Errorf("%s: %s, delivery %+v", out.Operation.State, out.Order.Status, out.Order.Fulfillments[0])
		}
		w.checkBooks(t, o)
		if out = w.did(w.core.Cancel(ctx, cmd(o), order.Reason{})); out.Order.Status != "canceled" {
			t.Error(out.Order.Status)
		}
		w.checkBooks(t, o)
	})
	t.Run("one of an order that cost nothing", func(t *testing.T) {
		w := newWorld(t)
		a := &payment.Attempt{OrderID: "ord_free", SessionID: "cs_free"}
		o := newOrder(a, acp.V20260417, 7, w.clock.Now())
		w.must(w.store.Do(ctx, func(tx *store.Tx) error { return tx.InsertOrder(o) }))
		if _, err := w.core.Refund(ctx, cmd(o), 5, nil, order.Reason{}); err == nil {
			t.Error("refunded what was never paid")
		}
		out := w.did(w.core.Cancel(ctx, cmd(o, "k"), order.Reason{}))
		if out.Order.Status != "canceled" || out.Operation != nil {
			t.Errorf("%+v", out)
		}
		if again := w.did(w.core.Cancel(ctx, cmd(o, "k"), order.Reason{})); !again.Repeated {
			t.Error("not recognised")
		}
	})
}
