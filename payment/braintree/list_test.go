package braintree_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
	"github.com/checkstand/checkstand/secret"
)

// list reads a list to its end.
func (w *world) list(t *testing.T, from, to time.Time) (all []payment.Listed, err error) {
	t.Helper()
	for cursor, pages := "", 0; ; pages++ {
		page, next, err := w.provider.List(t.Context(), from, to, cursor)
		if err != nil {
			return all, err
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		if cursor = next; pages > 100 {
			t.Fatal("the list does not end")
		}
	}
}

func TestList(t *testing.T) {
	w := newWorld(t)
	from := w.now().Truncate(time.Second)
	want := map[string]payment.Class{}
	sell := func(n int) {
		for range n {
			c := charge
			c.AttemptID = fmt.Sprintf("pay_%d", len(want))
			c.Credential.Token = secret.New("fake-valid-nonce")
			want[c.AttemptID] = payment.ClassCaptured
			if len(want)%10 == 0 {
				c.Credential.Token = secret.New("fake-processor-declined-visa-nonce")
				want[c.AttemptID] = payment.ClassDeclined
			}
			body, err := w.provider.Build(c)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.provider.Send(t.Context(), c.AttemptID, body); err != nil {
				t.Fatal(err)
			}
		}
	}
	sell(60)
	w.advance(t, 3*time.Hour)
	sell(50)
	w.advance(t, time.Hour)
	x := paid{w, w.IDs("pay_3")[0]}
	w.Settle(x.ref)
	x.operate(t, x.op(payment.OpRefund, "1", 500), payment.ClassRefunded, "")
	x.operate(t, x.op(payment.OpRefund, "2", 300), payment.ClassRefunded, "")
	bounced := x.operate(t, x.op(payment.OpRefund, "3", 200), payment.ClassRefunded, "")
	w.SetStatus(bounced.PSPRef, "processor_declined")
	w.advance(t, time.Hour)

	all, err := w.list(t, from, w.now())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range all {
		if seen[l.Reference] {
			t.Errorf("%s is listed twice", l.Reference)
		}
		seen[l.Reference] = true
		if l.Result.Class != want[l.Reference] || l.PSPRef == "" || l.Result.Amount != 1999 || l.At.IsZero() {
			t.Errorf("%+v, want %s", l, want[l.Reference])
		}
		if refunded := map[bool]int64{true: 800}[l.Reference == "pay_3"]; l.Refunded != refunded {
			t.Errorf("%s: %d refunded, want %d", l.Reference, l.Refunded, refunded)
		}
	}
	if len(seen) != len(want) {
		t.Errorf("%d of %d sales are listed", len(seen), len(want))
	}
	if some, err := w.list(t, from.Add(2*time.Hour), w.now()); err != nil || len(some) != 50 {
		t.Errorf("%d of 50 later sales, %v", len(some), err)
	}
	if none, err := w.list(t, from.Add(-10*time.Hour), from); err != nil || len(none) != 0 {
		t.Errorf("before the first sale: %+v, %v", none, err)
	}
}

func TestListSaysWhenItCannot(t *testing.T) {
	w := newWorld(t)
	from := w.now()
	w.pay(t, "1", payment.CaptureNow)
	w.advance(t, time.Minute)
	for _, cursor := range []string{"x", "12", "/", "12/a b", "12/../x"} {
		if _, _, err := w.provider.List(t.Context(), from, w.now(), cursor); err == nil || !strings.Contains(err.Error(), "cursor") {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
	for _, fault := range []braintreetest.Fault{braintreetest.LookupFails, braintreetest.LookupStops} {
		w.Break(fault)
		if _, err := w.list(t, from, w.now()); err == nil {
			t.Errorf("%s: no error", fault)
		}
	}
	if all, err := w.list(t, from.Add(-time.Second), w.now()); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}
