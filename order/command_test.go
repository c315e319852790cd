package order_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
)

// A shell script that died can be repeated.
func TestACommandUnderTheSameKeyIsCarriedOutOnce(t *testing.T) {
	for name, c := range map[string]struct {
		held bool
		do   func(*world, *order.Order, string) (order.Outcome, error)
	}{
		"capture": {true, func(w *world, o *order.Order, key string) (order.Outcome, error) {
			return w.core.Capture(ctx, cmd(o, key), 0)
		}},
		"cancel": {true, func(w *world, o *order.Order, key string) (order.Outcome, error) {
			return w.core.Cancel(ctx, cmd(o, key), order.Reason{})
		}},
		"refund": {false, func(w *world, o *order.Order, key string) (order.Outcome, error) {
			return w.core.Refund(ctx, cmd(o, key), 700, nil, order.Reason{})
		}},
		"refund of a hold": {true, func(w *world, o *order.Order, key string) (order.Outcome, error) {
			return w.core.Refund(ctx, cmd(o, key), 700, nil, order.Reason{})
		}},
		"ship": {true, func(w *world, o *order.Order, key string) (order.Outcome, error) {
			return w.core.Ship(ctx, cmd(o, key), []order.Line{{ID: mugs, Quantity: 1}}, order.Parcel{})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			o := w.sale(c.held)
			first := w.did(c.do(w, o, "script-1"))
			w.clock.Advance(lease * 50)
			second := w.did(c.do(w, o, "script-1"))
			if first.Repeated || !second.Repeated {
				t.Errorf("repeated: %t, %t", first.Repeated, second.Repeated)
			}
			if diff := cmp.Diff(first.Order, second.Order); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(first.Operation, second.Operation); diff != "" {
				t.Error(diff)
			}
			if strings.HasPrefix(name, "refund") {
				if third := w.did(c.do(w, o, "script-2")); third.Repeated {
					t.Error("another key is another refund")
				}
			}
			w.checkBooks(t, o)
		})
	}
	t.Run("another amount under it is refused", func(t *testing.T) {
		w := newWorld(t)
		o := w.sale(false)
		w.did(w.core.Refund(ctx, cmd(o, "k"), 700, nil, order.Reason{}))
		_, err := w.core.Refund(ctx, cmd(o, "k"), 701, nil, order.Reason{})
		w.refused(t, err, "the key was used")
	})
	t.Run("other lines under it are refused", func(t *testing.T) {
		w := newWorld(t)
		o := w.sale(false)
		one := []order.Line{{ID: lamp, Quantity: 1}}
		w.did(w.core.Refund(ctx, cmd(o, "k"), 0, one, order.Reason{}))
		if again := w.did(w.core.Refund(ctx, cmd(o, "k"), 0, one, order.Reason{})); !again.Repeated {
			t.Error("the same lines are no repeat")
		}
		_, err := w.core.Refund(ctx, cmd(o, "k"), 0, []order.Line{{ID: lamp, Quantity: 2}}, order.Reason{})
		w.refused(t, err, "the key was used for other lines")
	})
}

// Two operators at once, or ten, never give back more than was taken, nor
// capture and void the same hold.
func TestOperatorsAtOnceDoNotOverdraw(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		o := w.sale(false)
		const each = total/5 + 1 // four fit
		var refundedTimes, refusedTimes int
		results := make(chan error, 10)
		for range 10 {
			go func() {
				_, err := w.core.Refund(ctx, cmd(o), each, nil, order.Reason{})
				results <- err
			}()
		}
		for range 10 {
			switch err := <-results; {
			case err == nil:
				refundedTimes++
			default:
				w.refused(t, err, "more than is left")
				refusedTimes++
			}
		}
		if refundedTimes != 4 || refusedTimes != 6 {
			t.Errorf("%d refunds, %d refusals", refundedTimes, refusedTimes)
		}
		w.checkBooks(t, o)

		held := w.sale(true)
		done := make(chan error, 12)
		for i := range 12 {
			go func() {
				var err error
				switch i % 4 {
				case 0:
					_, err = w.core.Cancel(ctx, cmd(held), order.Reason{})
				case 1:
					_, err = w.core.Ship(ctx, cmd(held), nil, order.Parcel{})
				case 2:
					_, err = w.core.Capture(ctx, cmd(held), 0)
				case 3:
					_, err = w.core.Refund(ctx, cmd(held), 100, nil, order.Reason{})
				}
				done <- err
			}()
		}
		for range 12 {
			if err := <-done; err != nil {
				w.refused(t, err, "")
			}
		}
		w.settleAll()
		w.checkBooks(t, held)
		ops := w.ops(held)
		moves := slices.DeleteFunc(slices.Clone(ops), func(o payment.Operation) bool { return o.Kind == payment.OpRefund })
		if len(moves) != 1 {
			t.Errorf("a hold was moved %d times: %v", len(moves), states(ops))
		}

		same := w.sale(false)
		for range 8 {
			go func() {
				_, err := w.core.Refund(ctx, cmd(same, "one-key"), 900, nil, order.Reason{})
				done <- err
			}()
		}
		for range 8 {
			w.must(<-done)
		}
		if diff := cmp.Diff([]string{"refund done 900"}, states(w.ops(same))); diff != "" {
			t.Error(diff)
		}
	})
}
