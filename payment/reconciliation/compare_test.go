package reconciliation_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/reconciliation"
)

func TestBooksThatAgree(t *testing.T) {
	w := newWorld()
	for n, change := range []func(*payment.Attempt){
		func(*payment.Attempt) {},
		func(a *payment.Attempt) { a.Refunded = 700 },
		func(a *payment.Attempt) { a.Refunded = 1999 },
		func(a *payment.Attempt) { a.Captured = 1000 },
		func(a *payment.Attempt) {
			a.State, a.Class, a.Captured = payment.Authorized, payment.ClassAuthorized, 0
		},
		func(a *payment.Attempt) { a.State, a.Class, a.Captured = payment.Declined, payment.ClassDeclined, 0 },
		func(a *payment.Attempt) { a.State, a.Class, a.Captured = payment.Voided, payment.ClassVoided, 0 },
		func(a *payment.Attempt) { a.Account = "" },
		func(a *payment.Attempt) { a.Currency, a.Amount, a.Captured = "jpy", 300, 300 },
	} {
		a := paid(n)
		change(a)
		w.add(a)
		w.list = append(w.list, mirror(a))
	}
	failed := paid(100) // never reached the PSP
	failed.State, failed.Class, failed.Captured = payment.Failed, payment.ClassNotFound, 0
	w.add(failed)
	r := w.agreed(t)
	if !r.Agrees() || len(r.Differences) != 0 {
		t.Errorf("%+v", r.Differences)
	}
	want := reconciliation.Counts{Listed: 9, Attempts: 10, Paid: 7, Agreed: 7}
	if r.Counts != want {
		t.Errorf("counts are %+v, want %+v", r.Counts, want)
	}
	totals := []reconciliation.Total{
		{Currency: "jpy", Payments: 1, Charged: reconciliation.Sides{Ours: 300, Theirs: 300}, Net: reconciliation.Sides{Ours: 300, Theirs: 300}},
		{Currency: "usd", Payments: 6, Charged: reconciliation.Sides{Ours: 10995, Theirs: 10995}, Refunded: reconciliation.Sides{Ours: 2699, Theirs: 2699},
			Net: reconciliation.Sides{Ours: 8296, Theirs: 8296}},
	}
	if !slices.Equal(r.Totals, totals) {
		t.Errorf("totals are %+v", r.Totals)
	}
	if w.lookUps != 0 {
		t.Errorf("%d attempts were read again", w.lookUps)
	}
}

// want is what is expected of a difference.
type want struct {
	kind          reconciliation.Kind
	ours, theirs  int64
	delta         int64
	atStake       int64
	currency      string
	theirCurrency string
	advice        string
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
			want: []want{{kind: reconciliation.AmountDiffers, ours: 1999, theirs: 2099, delta: 100, atStake: 100, advice: "Capture no more than 19.99 usd"}}},
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
			want: []want{{kind: reconciliation.RefundedDiffers, ours: 500, delta: 500, atStake: 500, advice: "'checkstand payments reconcile " + ref("op", 7) + "'"},
				{kind: reconciliation.OperationOpen, atStake: 500, advice: "'checkstand payments settle " + ref("op", 7) + " --done ID' or '--failed'"}}},
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
				if got := (want{d.Kind, d.Ours, d.Theirs, d.Delta, d.AtStake, d.Currency, d.TheirCurrency, x.advice}); got != x {
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

// operation is the nth refund, open since the day, of the first payment.
func operation(n int, amount int64) payment.Operation {
	return payment.Operation{Op: payment.Op{ID: ref("op", n), Kind: payment.OpRefund, AttemptID: ref("pay", 1), PSPRef: "pi_1", Amount: amount, Currency: "usd",
		CreatedAt: day.Add(5 * time.Hour)}, MerchantID: "shop", OrderID: ref("ord", 1), Provider: "stripe", Account: "acct_1", State: payment.OpUnknown}
}

// An open operation is reported once it is old, whenever its payment was made,
// and of this account alone.
func TestOpenOperations(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*payment.Operation)
		want   int
	}{
		"old":              {func(*payment.Operation) {}, 1},
		"very old":         {func(o *payment.Operation) { o.CreatedAt = day.AddDate(0, -1, 0) }, 1},
		"fresh":            {func(o *payment.Operation) { o.CreatedAt = noon.Add(-reconciliation.Grace) }, 0},
		"done":             {func(o *payment.Operation) { o.State = payment.OpDone }, 0},
		"another shop":     {func(o *payment.Operation) { o.MerchantID = "other" }, 0},
		"another account":  {func(o *payment.Operation) { o.Account = "acct_2" }, 0},
		"another provider": {func(o *payment.Operation) { o.Provider = "adyen" }, 0},
		"another mode":     {func(o *payment.Operation) { o.Live = true }, 0},
	} {
		w := newWorld()
		o := operation(1, 500)
		c.change(&o)
		w.operations = []payment.Operation{o}
		if r := w.agreed(t); len(r.Differences) != c.want {
			t.Errorf("%s: %+v", name, r.Differences)
		}
	}
	w := newWorld()
	for n := range 1200 {
		w.operations = append(w.operations, operation(n, 1))
	}
	if r := w.agreed(t); len(r.Differences) != 1200 {
		t.Errorf("%d of 1200 open operations", len(r.Differences))
	}
}

// What moved a moment ago may be in one book only; it is judged next time.
func TestFreshPaymentsAreLeftAlone(t *testing.T) {
	recently := noon.Add(-time.Minute)
	differ := func(a *payment.Attempt, l *payment.Listed) { l.Refunded = 500 }
	for name, c := range map[string]struct {
		change func(w *world, a *payment.Attempt, l *payment.Listed)
		moving int
	}{
		"long ago":      {func(*world, *payment.Attempt, *payment.Listed) {}, 0},
		"just decided":  {func(_ *world, a *payment.Attempt, _ *payment.Listed) { a.FinalAt = recently }, 1},
		"being sent":    {func(_ *world, a *payment.Attempt, _ *payment.Listed) { a.LeaseUntil = noon.Add(time.Second) }, 1},
		"just refunded": {func(w *world, _ *payment.Attempt, _ *payment.Listed) { w.refund(recently, payment.OpDone) }, 1},
		"being refunded": {func(w *world, _ *payment.Attempt, _ *payment.Listed) {
			w.refund(noon.Add(-50*time.Minute), payment.OpPending)
		}, 1},
		"refunded before": {func(w *world, _ *payment.Attempt, _ *payment.Listed) {
			w.refund(noon.Add(-50*time.Minute), payment.OpDone)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			a := paid(1)
			l := mirror(a)
			differ(a, &l)
			c.change(w, a, &l)
			w.add(a)
			w.list = []payment.Listed{l}
			r := w.agreed(t)
			if r.Counts.Moving != c.moving || len(r.Differences) != 1-c.moving || len(r.Totals) != 1-c.moving {
				t.Errorf("%+v, %+v, %+v", r.Counts, r.Differences, r.Totals)
			}
		})
	}
}

func (w *world) refund(at time.Time, state payment.OpState) {
	o := operation(1, 500)
	o.State, o.CreatedAt, o.FinalAt = state, at, at
	w.operations = append(w.operations, o)
}

// A payment that moves between the reading of the two books is read once more.
func TestADifferenceIsReadTwice(t *testing.T) {
	w := newWorld()
	a := paid(1)
	l := mirror(a)
	l.Refunded = 500
	w.add(a)
	w.list = []payment.Listed{l}
	w.onAttempt = func(a *payment.Attempt) { a.Refunded = 500 }
	if r := w.agreed(t); !r.Agrees() || r.Totals[0].Refunded.Ours != 500 {
		t.Errorf("%+v", r)
	}
}

// An open payment has its time, one on a payment page more.
func TestGrace(t *testing.T) {
	for name, c := range map[string]struct {
		kind payment.Kind
		age  time.Duration
		want int
	}{
		"fresh":           {payment.Delegated, reconciliation.Grace, 0},
		"old":             {payment.Delegated, reconciliation.Grace + time.Second, 1},
		"page":            {payment.OnPage, reconciliation.PageLife + reconciliation.Grace, 0},
		"page that ended": {payment.OnPage, reconciliation.PageLife + reconciliation.Grace + time.Second, 1},
	} {
		w := newWorld()
		a := paid(1)
		a.Kind, a.State, a.Captured, a.CreatedAt = c.kind, payment.Pending, 0, noon.Add(-c.age)
		w.add(a)
		r, err := reconciliation.Compare(t.Context(), account(psp{w: w}), w, noon.Add(-48*time.Hour), noon, clock)
		if err != nil || len(r.Differences) != c.want {
			t.Errorf("%s: %+v, %v", name, r.Differences, err)
		}
	}
}

// Payments near the ends of a window belong to the window of their attempt; a
// second charge belongs to its own.
func TestWindow(t *testing.T) {
	end := day.AddDate(0, 0, 1)
	t.Run("the PSP was later", func(t *testing.T) {
		w := newWorld()
		a := paid(1)
		a.CreatedAt = end.Add(-time.Second)
		l := mirror(a)
		l.At = end.Add(30 * time.Minute)
		w.add(a)
		w.list = []payment.Listed{l}
		if r := w.agreed(t); !r.Agrees() || r.Counts.Paid != 1 {
			t.Errorf("%+v", r)
		}
		if w.asked != [2]time.Time{day.Add(-reconciliation.Margin), end.Add(reconciliation.Margin)} {
			t.Errorf("asked for %v", w.asked)
		}
	})
	t.Run("on a page, much later", func(t *testing.T) {
		w := newWorld()
		a := paid(1)
		a.Kind, a.CreatedAt = payment.OnPage, end.Add(-time.Second)
		l := mirror(a)
		l.At = end.Add(10 * time.Hour)
		w.add(a)
		w.list = []payment.Listed{l}
		if r := w.agreed(t); !r.Agrees() || r.Counts.Paid != 1 {
			t.Errorf("%+v", r)
		}
		if w.asked[1] != noon.Add(reconciliation.Margin) {
			t.Errorf("asked until %v", w.asked[1])
		}
	})
	t.Run("of the neighbours", func(t *testing.T) {
		w := newWorld()
		for n, at := range []time.Time{day.Add(-time.Minute), end.Add(time.Minute)} {
			a := paid(n)
			a.CreatedAt = at
			l := mirror(a)
			l.Result.Captured = 1 // the neighbour will say so
			orphan := mirror(paid(10 + n))
			orphan.At = at
			w.add(a)
			w.list = append(w.list, l, orphan, payment.Listed{PSPRef: "x" + a.PSPRef, Result: l.Result, At: at})
		}
		if r := w.agreed(t); !r.Agrees() || r.Counts.Paid != 0 || r.Counts.Listed != 6 || len(r.Totals) != 0 {
			t.Errorf("%+v", r)
		}
	})
	for name, c := range map[string]struct {
		change func(a *payment.Attempt, l *payment.Listed)
		want   []reconciliation.Kind
	}{
		"an old attempt, paid in the window":        {func(*payment.Attempt, *payment.Listed) {}, nil},
		"an old attempt, charged again":             {func(_ *payment.Attempt, l *payment.Listed) { l.PSPRef = "pi_9" }, []reconciliation.Kind{reconciliation.ChargedTwice}},
		"an old attempt that was declined, charged": {func(a *payment.Attempt, _ *payment.Listed) { a.State, a.Captured, a.PSPRef = payment.Declined, 0, "" }, []reconciliation.Kind{reconciliation.ChargedWithoutOrder}},
		"an old attempt, another refusal": {func(_ *payment.Attempt, l *payment.Listed) {
			l.PSPRef, l.Result.Class, l.Result.Captured = "pi_9", payment.ClassDeclined, 0
		}, nil},
		"an old hold that ended": {func(a *payment.Attempt, l *payment.Listed) {
			a.State, l.Result.Class = payment.Authorized, payment.ClassProcessorError
		}, []reconciliation.Kind{reconciliation.HoldEnded}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			a := paid(1)
			l := mirror(a)
			a.CreatedAt = day.AddDate(0, 0, -3)
			c.change(a, &l)
			w.add(a)
			w.list = []payment.Listed{l}
			r := w.agreed(t)
			var kinds []reconciliation.Kind
			for _, d := range r.Differences {
				kinds = append(kinds, d.Kind)
			}
			if !slices.Equal(kinds, c.want) {
				t.Errorf("%v, want %v", kinds, c.want)
			}
		})
	}
}

// Payments that are none of ours are counted and summed, and no more is said.
func TestOtherBusiness(t *testing.T) {
	w := newWorld()
	for n, reference := range []string{"", "cart 7", "pay_29QQoUBi66xm2f", "ord_1"} {
		l := mirror(paid(n))
		l.Reference, l.Refunded = reference, 999
		w.list = append(w.list, l)
	}
	declined := mirror(paid(9))
	declined.Reference, declined.Result.Class, declined.Result.Captured = "", payment.ClassDeclined, 0
	w.list = append(w.list, declined)
	theirs := paid(20)
	theirs.MerchantID = "sister"
	w.add(theirs)
	w.list = append(w.list, mirror(theirs))
	shop := account(psp{w: w})
	shop.Shared = []string{"aunt", "sister"}
	r, err := reconciliation.Compare(t.Context(), shop, w, day, day.AddDate(0, 0, 1), clock)
	if err != nil || !r.Agrees() || r.Counts != (reconciliation.Counts{Listed: 6, OtherBusiness: 4, OtherShops: 1}) {
		t.Errorf("%+v, %v", r, err)
	}
	if len(r.Totals) != 1 || r.Totals[0] != (reconciliation.Total{Currency: "usd", OtherBusiness: 4000}) {
		t.Errorf("%+v", r.Totals)
	}
	// Without a word about the sister, it is an orphan.
	if r := w.agreed(t); len(r.Differences) != 1 || r.Differences[0].Kind != reconciliation.Orphan {
		t.Errorf("%+v", r.Differences)
	}
}

// An operator may have settled with a payment that was made by hand and bears
// no reference.
func TestAPaymentMadeByHand(t *testing.T) {
	w := newWorld()
	a := paid(1)
	l := mirror(a)
	l.Reference = ""
	w.add(a)
	w.list = []payment.Listed{l}
	if r := w.agreed(t); !r.Agrees() || r.Counts.Paid != 1 || r.Counts.OtherBusiness != 0 {
		t.Errorf("%+v", r)
	}
}

// Attempts of another account are compared with that one.
func TestOtherAccounts(t *testing.T) {
	w := newWorld()
	for n, change := range []func(*payment.Attempt){
		func(a *payment.Attempt) { a.Account = "acct_2" },
		func(a *payment.Attempt) { a.Provider = "adyen" },
	} {
		a := paid(n)
		change(a)
		w.add(a)
	}
	if r := w.agreed(t); !r.Agrees() || r.Counts.OtherAccounts != 2 || r.Counts.Attempts != 0 {
		t.Errorf("%+v", r)
	}
	w.list = []payment.Listed{mirror(paid(1))} // and this one has it too
	if r := w.agreed(t); len(r.Differences) != 1 || r.Differences[0].Kind != reconciliation.Orphan || r.Differences[0].OrderID != ref("ord", 1) {
		t.Errorf("%+v", r.Differences)
	}
}

// What the PSP says in words that nobody knows is neither paid nor declined.
func TestUnreadablePayments(t *testing.T) {
	w := newWorld()
	for n := range 12 {
		a := paid(n)
		l := mirror(a)
		switch n {
		case 10:
			l.Result.Currency = "xxz"
		case 11:
			delete(w.attempts, "shop/"+a.ID)
			l.Reference, l.Result.Class = ref("pay", 99), payment.ClassUnknown
			a = nil
		default:
			l.Result.Class, l.Result.Captured = payment.ClassUnknown, 0
		}
		if a != nil {
			w.add(a)
		}
		w.list = append(w.list, l)
	}
	r := w.agreed(t)
	if r.Agrees() || len(r.Differences) != 0 || r.Counts.Unreadable != 12 || len(r.Totals) != 0 {
		t.Errorf("%+v", r)
	}
	if len(r.Limits) != 1 || !strings.HasPrefix(r.Limits[0], "12 payments at stripe cannot be told to be paid or not, and are in no total: pi_0, pi_1, ") || !strings.HasSuffix(r.Limits[0], " and 2 more.") {
		t.Errorf("%q", r.Limits)
	}
}

// Without a list only our own books speak.
func TestAProviderWithoutAList(t *testing.T) {
	w := newWorld()
	for n, state := range []payment.State{payment.Captured, payment.Unknown, payment.Declined, payment.Captured} {
		a := paid(n)
		a.Provider, a.State = "adyen", state
		if n > 0 {
			a.Captured = 0
		}
		w.add(a)
	}
	fresh := paid(5)
	fresh.Provider, fresh.State, fresh.LeaseUntil = "adyen", payment.Unknown, noon.Add(time.Second)
	w.add(fresh)
	open := operation(1, 500)
	open.Provider = "adyen"
	w.operations = []payment.Operation{open}
	r, err := reconciliation.Compare(t.Context(), account(listless{}), w, day, day.AddDate(0, 0, 1), clock)
	if err != nil {
		t.Fatal(err)
	}
	checkReport(t, r)
	var kinds []reconciliation.Kind
	for _, d := range r.Differences {
		kinds = append(kinds, d.Kind)
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, []reconciliation.Kind{reconciliation.CaptureBounced, reconciliation.OpenTooLong, reconciliation.OperationOpen}) {
		t.Errorf("%v", kinds)
	}
	if r.Compared || r.Agrees() || len(r.Limits) != 1 || !strings.Contains(r.Limits[0], "adyen has no list") {
		t.Errorf("%+v", r)
	}
	if r.Totals[0].Charged != (reconciliation.Sides{Ours: 1999}) {
		t.Errorf("%+v", r.Totals)
	}
}

// broken are books that cannot be read at some point.
type broken struct {
	*world
	what string
}

var errBroken = errors.New("the database is away")

func (b broken) Attempt(ctx context.Context, merchantID, id string) (*payment.Attempt, error) {
	switch b.what {
	case "attempt":
		return nil, errBroken
	case "gone":
		return nil, nil
	}
	return b.world.Attempt(ctx, merchantID, id)
}

func (b broken) Attempts(ctx context.Context, merchantID string, live bool, from, to time.Time, after string, limit int) ([]payment.Attempt, error) {
	if b.what == "attempts" {
		return nil, errBroken
	}
	page, err := b.world.Attempts(ctx, merchantID, live, from, to, after, limit)
	if b.what == "order" {
		slices.Reverse(page)
	}
	return page, err
}

func (b broken) Operations(ctx context.Context, merchantID, attemptID string) ([]payment.Operation, error) {
	if b.what == "operations" {
		return nil, errBroken
	}
	return b.world.Operations(ctx, merchantID, attemptID)
}

func (b broken) OpenOperations(ctx context.Context, after string, limit int) ([]payment.Operation, error) {
	if b.what == "open operations" {
		return nil, errBroken
	}
	return b.world.OpenOperations(ctx, after, limit)
}

// round is a list that comes round to its first page.
type round struct{ psp }

func (r round) List(context.Context, time.Time, time.Time, string) ([]payment.Listed, string, error) {
	return r.w.list, "again", nil
}

// What cannot be read to its end is an error and no report.
func TestNoReport(t *testing.T) {
	fill := func() *world {
		w := newWorld()
		for n := range 3 {
			a := paid(n)
			l := mirror(a)
			l.Refunded = 1
			w.add(a)
			w.list = append(w.list, l)
		}
		return w
	}
	for _, what := range []string{"attempts", "order", "attempt", "gone", "operations", "open operations"} {
		w := fill()
		r, err := reconciliation.Compare(t.Context(), account(psp{w: w}), broken{w, what}, day, day.AddDate(0, 0, 1), clock)
		if err == nil || r.MerchantID != "" || (what != "gone" && what != "order" && !errors.Is(err, errBroken)) {
			t.Errorf("%s: %+v, %v", what, r, err)
		}
	}
	for name, change := range map[string]func(*world){
		"the first page": func(w *world) { w.listError = payment.ErrNotSent },
		"the last page":  func(w *world) { w.listError, w.errorAt, w.pageSize = payment.ErrNotSent, 2, 1 },
	} {
		w := fill()
		change(w)
		if r, err := w.compare(); !errors.Is(err, payment.ErrNotSent) || r.MerchantID != "" || !strings.Contains(err.Error(), "shop shop with stripe: the list") {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	w := fill()
	if _, err := reconciliation.Compare(t.Context(), account(round{psp{w: w}}), w, day, day.AddDate(0, 0, 1), clock); err == nil || !strings.Contains(err.Error(), "comes round") {
		t.Errorf("a list without an end: %v", err)
	}
	w.list[1].PSPRef = ""
	if _, err := w.compare(); err == nil || !strings.Contains(err.Error(), "without an id") {
		t.Errorf("a payment without an id: %v", err)
	}
	w = newWorld()
	for n := range 2 {
		a := paid(n)
		a.Amount, a.Captured = money.Max, money.Max
		w.add(a)
		w.list = append(w.list, mirror(a))
	}
	if _, err := w.compare(); !errors.Is(err, money.ErrRange) {
		t.Errorf("more money than there is: %v", err)
	}
}
