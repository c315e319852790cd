package reconciliation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

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
