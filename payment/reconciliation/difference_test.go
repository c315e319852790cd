package reconciliation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/reconciliation"
)

// want is what is expected of a difference.
type want struct {
	kind          reconciliation.Kind
	ours, theirs  int64
	delta         int64
	atStake       int64
	currency      string
	theirCurrency string
	what, advice  string
}

func TestDifferences(t *testing.T) {
	held := func(a *payment.Attempt, l *payment.Listed) {
		a.State, a.Class, a.Captured = payment.Authorized, payment.ClassAuthorized, 0
		l.Result.Class, l.Result.Captured = payment.ClassAuthorized, 0
	}
	state := func(s payment.State) func(*payment.Attempt, *payment.Listed) {
		return func(a *payment.Attempt, _ *payment.Listed) { a.State, a.Captured = s, 0 }
	}
	first := paid(1)
	for name, c := range map[string]struct {
		change func(a *payment.Attempt, l *payment.Listed)
		more   func(w *world)
		want   []want
	}{
		"declined here, charged there": {change: state(payment.Declined),
			want: []want{{kind: reconciliation.ChargedWithoutOrder, theirs: 1999, delta: 1999, atStake: 1999, advice: "Give it back at stripe, payment pi_1. 'checkstand payments show " + first.SessionID}}},
		"failed here, charged there": {change: state(payment.Failed),
			want: []want{{kind: reconciliation.ChargedWithoutOrder, theirs: 1999, delta: 1999, atStake: 1999, advice: "Give it back"}}},
		"voided here, held there": {change: func(a *payment.Attempt, l *payment.Listed) { held(a, l); a.State = payment.Voided },
			want: []want{{kind: reconciliation.ChargedWithoutOrder, theirs: 1999, delta: 1999, atStake: 1999, advice: "Give it back"}}},
		"declined here, charged and given back in part there": {change: func(a *payment.Attempt, l *payment.Listed) {
			a.State, a.Captured, l.Refunded = payment.Declined, 0, 999
		},
			want: []want{{kind: reconciliation.ChargedWithoutOrder, theirs: 1000, delta: 1000, atStake: 1000, advice: "Give it back"}}},
		"declined here, charged and given back there": {change: func(a *payment.Attempt, l *payment.Listed) {
			a.State, a.Captured, l.Refunded = payment.Declined, 0, 1999
		}},
		"charged there, unknown here": {more: func(w *world) { delete(w.attempts, "shop/"+first.ID) },
			want: []want{{kind: reconciliation.Orphan, theirs: 1999, delta: 1999, atStake: 1999, advice: "give it back at stripe, payment pi_1"}}},
		"charged twice": {more: func(w *world) { again := mirror(first); again.PSPRef = "pi_0"; w.list = append(w.list, again) },
			want: []want{{kind: reconciliation.ChargedTwice, theirs: 1999, delta: 1999, atStake: 1999, advice: "Give pi_0 back at stripe, and leave pi_1"}}},
		"charged three times": {more: func(w *world) {
			again := mirror(first)
			again.PSPRef, again.Result.Captured = "pi_2", 500
			third := mirror(first)
			third.PSPRef, third.Result.Class = "pi_3", payment.ClassAuthorized
			w.list = append(w.list, again, third)
		}, want: []want{
			{kind: reconciliation.ChargedTwice, theirs: 1999, delta: 1999, atStake: 1999, advice: "pi_3"},
			{kind: reconciliation.ChargedTwice, theirs: 500, delta: 500, atStake: 500, advice: "pi_2"}}},
		"charged twice, once given back": {more: func(w *world) {
			again := mirror(first)
			again.PSPRef, again.Refunded = "pi_0", 1999
			w.list = append(w.list, again)
		}},
		"declined once there, then charged": {more: func(w *world) {
			refused := mirror(first)
			refused.PSPRef, refused.Result.Class, refused.Result.Captured = "pi_0", payment.ClassDeclined, 0
			w.list = append(w.list, refused)
		}},
		"paid here, not there": {more: func(w *world) { w.list = nil },
			want: []want{{kind: reconciliation.NotAtProvider, ours: 1999, delta: -1999, atStake: 1999, advice: "look pi_1 up at stripe. If it was not paid, 'checkstand orders cancel " + first.OrderID + "'"}}},
		"paid here, declined there": {change: func(_ *payment.Attempt, l *payment.Listed) {
			l.Result.Class, l.Result.Captured = payment.ClassDeclined, 0
		},
			want: []want{{kind: reconciliation.NotAtProvider, ours: 1999, delta: -1999, atStake: 1999, advice: "Do not ship"}}},
		"paid here, undecided there": {change: func(_ *payment.Attempt, l *payment.Listed) {
			l.Result.Class, l.Result.Captured = payment.ClassPending, 0
		},
			want: []want{{kind: reconciliation.NotAtProvider, ours: 1999, delta: -1999, atStake: 1999, advice: "Do not ship"}}},
		"refunded in full here, voided there": {change: func(a *payment.Attempt, l *payment.Listed) {
			a.Refunded = 1999
			l.Result.Class, l.Result.Captured = payment.ClassProcessorError, 0
		}},
		"held here, ended there": {change: func(a *payment.Attempt, l *payment.Listed) { held(a, l); l.Result.Class = payment.ClassProcessorError },
			want: []want{{kind: reconciliation.HoldEnded, ours: 1999, delta: -1999, atStake: 1999, advice: "'checkstand orders cancel " + first.OrderID + "'"}}},
		"more held there": {change: func(a *payment.Attempt, l *payment.Listed) { held(a, l); l.Result.Amount = 2099 },
			want: []want{{kind: reconciliation.AmountDiffers, ours: 1999, theirs: 2099, delta: 100, atStake: 100, advice: "Capture no more than $19.99"}}},
		"less held there": {change: func(a *payment.Attempt, l *payment.Listed) { held(a, l); l.Result.Amount = 1899 },
			want: []want{{kind: reconciliation.AmountDiffers, ours: 1999, theirs: 1899, delta: -100, atStake: 100, advice: "Ship for what is held"}}},
		"another currency": {change: func(_ *payment.Attempt, l *payment.Listed) { l.Result.Currency = "eur" },
			want: []want{{kind: reconciliation.CurrencyDiffers, ours: 1999, theirs: 1999, delta: -1999, atStake: 1999, theirCurrency: "eur", advice: "Give it back at stripe"}}},
		"more captured there": {change: func(_ *payment.Attempt, l *payment.Listed) { l.Result.Amount, l.Result.Captured = 2099, 2099 },
			want: []want{{kind: reconciliation.CapturedDiffers, ours: 1999, theirs: 2099, delta: 100, atStake: 100, advice: "Give back what is too much at stripe, payment pi_1"}}},
		"less captured there": {change: func(_ *payment.Attempt, l *payment.Listed) { l.Result.Captured = 1500 },
			want: []want{{kind: reconciliation.CapturedDiffers, ours: 1999, theirs: 1500, delta: -499, atStake: 499, advice: "'checkstand payments show"}}},
		"held here, captured there": {change: func(a *payment.Attempt, l *payment.Listed) {
			held(a, l)
			l.Result.Class, l.Result.Captured = payment.ClassCaptured, 1999
		},
			want: []want{{kind: reconciliation.CapturedDiffers, ours: 1999, theirs: 1999, atStake: 1999, advice: "Ship the order, or give the money back at stripe"}}},
		"captured here, held there": {change: func(_ *payment.Attempt, l *payment.Listed) {
			l.Result.Class, l.Result.Captured = payment.ClassAuthorized, 0
		},
			want: []want{{kind: reconciliation.CapturedDiffers, ours: 1999, theirs: 1999, atStake: 1999, advice: "Capture it at stripe, payment pi_1"}}},
		"more refunded there": {change: func(_ *payment.Attempt, l *payment.Listed) { l.Refunded = 500 },
			want: []want{{kind: reconciliation.RefundedDiffers, theirs: 500, delta: -500, atStake: 500, advice: "There is nothing to pay"}}},
		"less refunded there": {change: func(a *payment.Attempt, l *payment.Listed) { a.Refunded, l.Refunded = 500, 200 },
			want: []want{{kind: reconciliation.RefundedDiffers, ours: 500, theirs: 200, delta: 300, atStake: 300, advice: "Give back what is missing at stripe, payment pi_1"}}},
		"less refunded there, with a refund open": {change: func(a *payment.Attempt, _ *payment.Listed) { a.Refunded = 500 },
			more: func(w *world) { w.operations = append(w.operations, operation(7, 500)) },
			want: []want{{kind: reconciliation.RefundedDiffers, ours: 500, delta: 500, atStake: 500, what: "which is the difference.", advice: "'checkstand payments reconcile " + ref("op", 7) + "'"},
				{kind: reconciliation.OperationOpen, atStake: 500, advice: "'checkstand payments settle " + ref("op", 7) + " --done ID' or '--failed'"}}},
		"more refunded there, and not all of it open here": {change: func(_ *payment.Attempt, l *payment.Listed) { l.Refunded = 700 },
			more: func(w *world) { w.operations = append(w.operations, operation(7, 500)) },
			want: []want{{kind: reconciliation.RefundedDiffers, theirs: 700, delta: -700, atStake: 700, what: "Refunds of $5.00 are still open here, which is not all of the difference.", advice: "reconcile " + ref("op", 7)},
				{kind: reconciliation.OperationOpen, atStake: 500, advice: "reconcile"}}},
		"captured and refunded differ": {change: func(_ *payment.Attempt, l *payment.Listed) { l.Result.Captured, l.Refunded = 1500, 100 },
			want: []want{{kind: reconciliation.CapturedDiffers, ours: 1999, theirs: 1500, delta: -499, atStake: 499, advice: "show"},
				{kind: reconciliation.RefundedDiffers, theirs: 100, delta: -100, atStake: 100, advice: "nothing to pay"}}},
		"open here, charged there": {change: state(payment.Unknown),
			want: []want{{kind: reconciliation.ChargedWhileOpen, theirs: 1999, delta: 1999, atStake: 1999,
				advice: "'checkstand payments reconcile " + first.ID + "'. If it stays open: 'checkstand payments settle " + first.ID + " --charged pi_1'"}}},
		"open here, another amount charged there": {change: func(a *payment.Attempt, l *payment.Listed) {
			a.State, a.Captured, l.Result.Captured = payment.Pending, 0, 1000
		},
			want: []want{{kind: reconciliation.ChargedWhileOpen, theirs: 1000, delta: 1000, atStake: 1000, advice: "--not-charged"}}},
		"open here, nothing there": {change: state(payment.Sending), more: func(w *world) { w.list = nil },
			want: []want{{kind: reconciliation.OpenTooLong, atStake: 1999, advice: "'checkstand payments settle " + first.ID + " --charged ID' or '--not-charged'"}}},
		"open on both sides": {change: func(a *payment.Attempt, l *payment.Listed) {
			a.State, a.Captured, l.Result.Class = payment.Pending, 0, payment.ClassPending
		}, want: []want{{kind: reconciliation.OpenTooLong, atStake: 1999, advice: "reconcile"}}},
		"a capture that came back": {change: func(a *payment.Attempt, l *payment.Listed) {
			a.Captured = 0
			l.Result.Class, l.Result.Captured = payment.ClassDeclined, 0
		}, want: []want{{kind: reconciliation.CaptureBounced, atStake: 1999, advice: "Do not ship"}}},
		"a capture that came back here only": {change: func(a *payment.Attempt, _ *payment.Listed) { a.Captured = 0 },
			want: []want{{kind: reconciliation.CaptureBounced, theirs: 1999, delta: 1999, atStake: 1999, advice: "Do not ship"}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			a := paid(1)
			l := mirror(a)
			if c.change != nil {
				c.change(a, &l)
			}
			w.add(a)
			w.list = []payment.Listed{l}
			if c.more != nil {
				c.more(w)
			}
			r := w.agreed(t)
			if len(r.Differences) != len(c.want) {
				t.Fatalf("%d differences, want %d: %+v", len(r.Differences), len(c.want), r.Differences)
			}
			if r.Agrees() != (len(c.want) == 0) {
				t.Errorf("Agrees is %v", r.Agrees())
			}
			for i, d := range r.Differences {
				x := c.want[i]
				if x.currency == "" {
					x.currency = "usd"
				}
				if !strings.Contains(d.Advice, x.advice) {
					t.Errorf("advice is %q, want %q in it", d.Advice, x.advice)
				}
				if !strings.Contains(d.What, x.what) {
					t.Errorf("it says %q, want %q in it", d.What, x.what)
				}
				if got := (want{d.Kind, d.Ours, d.Theirs, d.Delta, d.AtStake, d.Currency, d.TheirCurrency, x.what, x.advice}); got != x {
					t.Errorf("got %+v\nwant %+v", got, x)
				}
				if d.AttemptID != first.ID || d.Since.IsZero() {
					t.Errorf("it is about %s since %s", d.AttemptID, d.Since)
				}
				if d.Kind != reconciliation.Orphan && d.OrderID != first.OrderID {
					t.Errorf("it is about order %q", d.OrderID)
				}
			}
		})
	}
}

// What is shipped cannot be canceled: nobody is told to, nor to hold it back.
func TestAdviceAboutWhatIsShipped(t *testing.T) {
	ended := func(a *payment.Attempt, l *payment.Listed) {
		a.State, a.Captured = payment.Authorized, 0
		l.Result.Class, l.Result.Captured = payment.ClassProcessorError, 0
	}
	for name, c := range map[string]struct {
		change func(*payment.Attempt, *payment.Listed)
		kind   reconciliation.Kind
		advice string
	}{
		"lost there": {func(_ *payment.Attempt, l *payment.Listed) {
			l.Result.Class, l.Result.Captured = payment.ClassDeclined, 0
		}, reconciliation.NotAtProvider, "look pi_1 up at stripe. If it was not paid, ask the buyer"},
		"the hold has ended": {ended, reconciliation.HoldEnded, "cannot be captured any more: ask the buyer to pay in another way"},
		"the capture came back": {func(a *payment.Attempt, l *payment.Listed) {
			a.Captured = 0
			l.Result.Class, l.Result.Captured = payment.ClassDeclined, 0
		}, reconciliation.CaptureBounced, "is shipped; ask the buyer to pay in another way"},
		"another currency": {func(_ *payment.Attempt, l *payment.Listed) { l.Result.Currency = "eur" },
			reconciliation.CurrencyDiffers, "agree with the buyer"},
		"less is held": {func(a *payment.Attempt, l *payment.Listed) {
			a.State, a.Captured = payment.Authorized, 0
			l.Result.Class, l.Result.Captured, l.Result.Amount = payment.ClassAuthorized, 0, 1899
		}, reconciliation.AmountDiffers, "capture what is held"},
		"not captured there": {func(_ *payment.Attempt, l *payment.Listed) {
			l.Result.Class, l.Result.Captured = payment.ClassAuthorized, 0
		}, reconciliation.CapturedDiffers, "capture it at stripe, payment pi_1, before the hold runs out"},
		"captured there": {func(a *payment.Attempt, l *payment.Listed) {
			a.State, a.Captured = payment.Authorized, 0
		}, reconciliation.CapturedDiffers, "is shipped and paid"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, shipped := range []bool{true, false} {
				w := newWorld()
				w.shipped = shipped
				a := paid(1)
				l := mirror(a)
				c.change(a, &l)
				w.add(a)
				w.list = []payment.Listed{l}
				r, err := w.compare()
				if err != nil || len(r.Differences) != 1 || r.Differences[0].Kind != c.kind {
					t.Fatalf("%+v, %v", r.Differences, err)
				}
				advice := r.Differences[0].Advice
				if told := strings.Contains(advice, c.advice); told != shipped {
					t.Errorf("shipped %t: %q", shipped, advice)
				}
				if shipped && (strings.Contains(advice, "orders cancel") || strings.Contains(advice, "Do not ship")) {
					t.Errorf("shipped, and told: %q", advice)
				}
			}
		})
	}
}

// operation is the nth refund, open since the day, of the first payment.
func operation(n int, amount int64) payment.Operation {
	return payment.Operation{Op: payment.Op{ID: ref("op", n), Kind: payment.OpRefund, AttemptID: ref("pay", 1), PSPRef: "pi_1", Amount: amount, Currency: "usd",
		CreatedAt: day.Add(5 * time.Hour)}, MerchantID: "shop", OrderID: ref("ord", 1), Provider: "stripe", Account: "acct_1", State: payment.OpUnknown}
}
