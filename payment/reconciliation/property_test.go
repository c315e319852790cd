package reconciliation_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/reconciliation"
)

// found is what identifies a difference in these tests.
type found struct {
	kind      reconciliation.Kind
	attemptID string
	delta     int64
}

func compareFound(a, b found) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.attemptID, b.attemptID), cmp.Compare(a.delta, b.delta))
}

// truth draws a payment as both books have it, if nothing went wrong.
func truth(t *rapid.T, n int) *payment.Attempt {
	a := paid(n)
	a.Currency = rapid.SampledFrom([]string{"usd", "eur", "jpy"}).Draw(t, "currency")
	a.Amount = rapid.Int64Range(2, 100_000).Draw(t, "amount")
	switch rapid.IntRange(0, 5).Draw(t, "course") {
	case 0:
		a.State, a.Class, a.Captured = payment.Authorized, payment.ClassAuthorized, 0
	case 1:
		a.State, a.Class, a.Captured = payment.Declined, payment.ClassDeclined, 0
	case 2:
		a.State, a.Class, a.Captured = payment.Voided, payment.ClassVoided, 0
	case 3:
		a.Captured = rapid.Int64Range(1, a.Amount).Draw(t, "captured")
	case 4:
		a.Captured = a.Amount
		a.Refunded = rapid.Int64Range(1, a.Amount).Draw(t, "refunded")
	default:
		a.Captured = a.Amount
	}
	return a
}

// injections are ways in which two books come to differ, each with what must
// be found then. One that a payment is not fit for does nothing.
var injections = []func(t *rapid.T, w *world, a *payment.Attempt, l *payment.Listed) []found{
	func(*rapid.T, *world, *payment.Attempt, *payment.Listed) []found { return nil },
	// The PSP does not have it.
	func(_ *rapid.T, _ *world, a *payment.Attempt, l *payment.Listed) []found {
		net := netOf(a)
		if !a.State.Paid() || net == 0 {
			return nil
		}
		l.PSPRef = "" // is left out
		return []found{{reconciliation.NotAtProvider, a.ID, -net}}
	},
	// We do not have it.
	func(_ *rapid.T, w *world, a *payment.Attempt, _ *payment.Listed) []found {
		delete(w.attempts, "shop/"+a.ID)
		if net := netOf(a); net != 0 {
			return []found{{reconciliation.Orphan, a.ID, net}}
		}
		return nil
	},
	// Our answer got lost, and the attempt was given up.
	func(_ *rapid.T, _ *world, a *payment.Attempt, _ *payment.Listed) []found {
		net := netOf(a)
		a.State = payment.Failed
		if net != 0 {
			return []found{{reconciliation.ChargedWithoutOrder, a.ID, net}}
		}
		return nil
	},
	// It is not known yet.
	func(_ *rapid.T, _ *world, a *payment.Attempt, _ *payment.Listed) []found {
		kind, net := reconciliation.OpenTooLong, netOf(a)
		if a.State.Paid() {
			kind = reconciliation.ChargedWhileOpen
		}
		a.State = payment.Unknown
		return []found{{kind, a.ID, net}}
	},
	// It was charged once more.
	func(t *rapid.T, w *world, a *payment.Attempt, _ *payment.Listed) []found {
		again := mirror(a)
		again.PSPRef, again.Refunded = a.PSPRef+"_again", 0
		again.Result.Class, again.Result.Captured = payment.ClassCaptured, rapid.Int64Range(1, 100_000).Draw(t, "again")
		again.At = again.At.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, "earlier")) * time.Second)
		w.list = append(w.list, again)
		if !a.State.Paid() {
			return []found{{reconciliation.ChargedWithoutOrder, a.ID, again.Result.Captured}}
		}
		return []found{{reconciliation.ChargedTwice, a.ID, again.Result.Captured}}
	},
	// Another amount.
	func(t *rapid.T, _ *world, a *payment.Attempt, l *payment.Listed) []found {
		more := rapid.Int64Range(1, 1000).Draw(t, "more")
		switch a.State {
		case payment.Authorized:
			l.Result.Amount += more
			return []found{{reconciliation.AmountDiffers, a.ID, more}}
		case payment.Captured:
			l.Result.Captured += more
			return []found{{reconciliation.CapturedDiffers, a.ID, more}}
		}
		return nil
	},
	// Another currency.
	func(_ *rapid.T, _ *world, a *payment.Attempt, l *payment.Listed) []found {
		if !a.State.Paid() || netOf(a) == 0 {
			return nil
		}
		l.Result.Currency = "chf"
		return []found{{reconciliation.CurrencyDiffers, a.ID, -netOf(a)}}
	},
	// Another refund.
	func(t *rapid.T, _ *world, a *payment.Attempt, l *payment.Listed) []found {
		if a.State != payment.Captured {
			return nil
		}
		l.Refunded = rapid.Int64Range(0, a.Captured).Filter(func(n int64) bool { return n != a.Refunded }).Draw(t, "refunded there")
		return []found{{reconciliation.RefundedDiffers, a.ID, a.Refunded - l.Refunded}}
	},
	// A hold that ran out, a capture that came back.
	func(_ *rapid.T, _ *world, a *payment.Attempt, l *payment.Listed) []found {
		switch {
		case a.State == payment.Authorized:
			l.Result.Class = payment.ClassProcessorError
			return []found{{reconciliation.HoldEnded, a.ID, -a.Amount}}
		case a.State == payment.Captured && a.Refunded == 0:
			a.Captured, l.Result.Class, l.Result.Captured = 0, payment.ClassDeclined, 0
			return []found{{reconciliation.CaptureBounced, a.ID, 0}}
		}
		return nil
	},
	// An operation that nobody answers.
	func(_ *rapid.T, w *world, a *payment.Attempt, _ *payment.Listed) []found {
		o := operation(len(w.operations), 1)
		o.AttemptID = a.ID
		w.operations = append(w.operations, o)
		return []found{{reconciliation.OperationOpen, a.ID, 0}}
	},
}

// netOf is what a payment leaves with the shop.
func netOf(a *payment.Attempt) int64 {
	switch a.State {
	case payment.Authorized:
		return a.Amount
	case payment.Captured:
		return a.Captured - a.Refunded
	}
	return 0
}

// Exactly what was made to differ is found, and it explains all the money that
// the books differ by. With nothing made to differ, nothing is found. The order
// of the list, its pages and what is on two of them do not matter.
func TestExactlyTheInjectedIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		var want []found
		faulty := rapid.Bool().Draw(t, "faulty")
		for n := range rapid.IntRange(0, 40).Draw(t, "payments") {
			a := truth(t, n)
			w.add(a)
			l := mirror(a)
			if faulty && rapid.IntRange(0, 2).Draw(t, "inject") == 0 {
				want = append(want, rapid.SampledFrom(injections).Draw(t, "injection")(t, w, a, &l)...)
			}
			if l.PSPRef != "" {
				w.list = append(w.list, l)
			}
		}
		others := rapid.IntRange(0, 5).Draw(t, "others")
		for n := range others {
			l := mirror(paid(1000 + n))
			l.Reference = ""
			w.list = append(w.list, l)
		}
		w.pageSize = rapid.IntRange(1, 50).Draw(t, "page size")
		w.shuffle(t)
		r, err := w.compare()
		if err != nil {
			t.Fatal(err)
		}
		checkReport(t, r)
		var got []found
		for _, d := range r.Differences {
			got = append(got, found{d.Kind, d.AttemptID, d.Delta})
		}
		slices.SortFunc(got, compareFound)
		slices.SortFunc(want, compareFound)
		if !slices.Equal(got, want) {
			t.Fatalf("found    %v\ninjected %v", got, want)
		}
		if r.Agrees() != (len(want) == 0) || r.Counts.OtherBusiness != others {
			t.Fatalf("Agrees is %v; %d of %d other payments", r.Agrees(), r.Counts.OtherBusiness, others)
		}
	})
}

// shuffle changes the order of the list and puts some of it on it twice.
func (w *world) shuffle(t *rapid.T) {
	if len(w.list) == 0 {
		return
	}
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(w.list)-1), 0, 5).Draw(t, "twice on the list") {
		w.list = append(w.list, w.list[i])
	}
	w.list = rapid.Permutation(w.list).Draw(t, "order")
}

// Whatever the books hold, lawful or not, the report adds up, and says the same
// for every order of the list.
func TestAnythingAddsUp(t *testing.T) {
	states := []payment.State{payment.Sending, payment.Unknown, payment.Pending, payment.Authorized, payment.Captured, payment.Declined, payment.Failed, payment.Voided}
	classes := []payment.Class{payment.ClassAuthorized, payment.ClassCaptured, payment.ClassPending, payment.ClassDeclined, payment.ClassProcessorError, payment.ClassUnknown, payment.ClassVoided}
	currencies := []string{"usd", "eur"}
	small := rapid.Int64Range(0, 5)
	// Around the day's beginning, its end, and the time of the comparison.
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		base := rapid.SampledFrom([]time.Time{day, day.AddDate(0, 0, 1), noon.Add(-2 * reconciliation.Grace)}).Draw(t, "base")
		return base.Add(time.Duration(rapid.IntRange(-120, 120).Draw(t, "minutes")) * time.Minute)
	})
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		for n := range rapid.IntRange(0, 12).Draw(t, "attempts") {
			a := paid(n)
			a.State, a.Currency = rapid.SampledFrom(states).Draw(t, "state"), rapid.SampledFrom(currencies).Draw(t, "currency")
			a.Amount, a.Captured, a.Refunded = small.Draw(t, "amount"), small.Draw(t, "captured"), small.Draw(t, "refunded")
			a.CreatedAt, a.FinalAt = moment.Draw(t, "created"), moment.Draw(t, "final")
			a.PSPRef = rapid.SampledFrom([]string{"", fmt.Sprintf("pi_%d", n)}).Draw(t, "PSP's id")
			w.add(a)
		}
		for n := range rapid.IntRange(0, 25).Draw(t, "listed") {
			w.list = append(w.list, payment.Listed{PSPRef: fmt.Sprintf("pi_%d", n), At: moment.Draw(t, "at"), Refunded: small.Draw(t, "refunded there"),
				Reference: rapid.SampledFrom([]string{"", ref("pay", rapid.IntRange(0, 14).Draw(t, "nth"))}).Draw(t, "reference"),
				Result: payment.Result{Class: rapid.SampledFrom(classes).Draw(t, "class"), Currency: rapid.SampledFrom(currencies).Draw(t, "currency there"),
					Amount: small.Draw(t, "amount there"), Captured: small.Draw(t, "captured there")}})
		}
		first, err := w.compare()
		if err != nil {
			t.Fatal(err)
		}
		checkReport(t, first)
		w.pageSize = rapid.IntRange(1, 9).Draw(t, "page size")
		w.shuffle(t)
		second, err := w.compare()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(first.Differences, second.Differences) || !slices.Equal(first.Totals, second.Totals) || first.Counts != second.Counts || !slices.Equal(first.Limits, second.Limits) {
			t.Fatalf("in another order:\n%+v\n%+v", first, second)
		}
	})
}
