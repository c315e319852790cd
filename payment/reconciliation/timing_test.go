package reconciliation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/reconciliation"
)

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
