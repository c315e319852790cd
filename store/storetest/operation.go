package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/store"
)

func newOperation(opID, attemptID string, state payment.OpState, opRef string) *payment.Operation {
	return &payment.Operation{Op: payment.Op{ID: opID, Kind: payment.OpRefund, AttemptID: attemptID, PSPRef: "ch_1", OpRef: opRef, Amount: 700,
		Currency: "eur", Key: "acp_" + opID, CreatedAt: at}, MerchantID: shop, OrderID: "ord_1", Provider: "sandbox", State: state}
}

func testOperation(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	insert := func(o *payment.Operation) func(*store.Tx) error {
		return func(tx *store.Tx) error { return tx.InsertOperation(o) }
	}

	t.Run("reads back what was written", func(t *testing.T) {
		want := &payment.Operation{
			Op: payment.Op{ID: "op_full", Kind: payment.OpCapture, AttemptID: "pay_full", PSPRef: "ch_full", OpRef: "cap_full", Amount: 1 << 52,
				Currency: "eur", Key: "acp_op_full", Reason: "duplicate", CreatedAt: at},
			MerchantID: shop, OrderID: "ord_full", Live: true, Provider: "sandbox", Account: "acct", State: payment.OpSending,
			Who: "operator:test", Tries: 2, LeaseUntil: at.Add(time.Minute)}
		holds(t, s, insert(want))
		got, err := s.Orders(ctx).Operation(shop, "op_full")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || got.Version != 1 {
			t.Error(got.Version, diff)
		}
		want.State, want.Class, want.Decline, want.Tries, want.FinalAt, want.LeaseUntil = payment.OpFailed, payment.ClassDeclined, "no", 3, at, time.Time{}
		holds(t, s, func(tx *store.Tx) error { return tx.SaveOperation(want) })
		if got, err = s.Orders(ctx).OperationByRef(shop, "sandbox", "cap_full"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || got.Version != 2 {
			t.Error(got.Version, diff)
		}
		for name, err := range map[string]error{
			"another merchant":        second(s.Orders(ctx).Operation(otherShop, "op_full")),
			"another merchant's ref":  second(s.Orders(ctx).OperationByRef(otherShop, "sandbox", "cap_full")),
			"another provider's ref":  second(s.Orders(ctx).OperationByRef(shop, "other", "cap_full")),
			"no ref":                  second(s.Orders(ctx).OperationByRef(shop, "sandbox", "")),
			"an operation of no name": second(s.Orders(ctx).Operation(shop, "op_none")),
		} {
			if !errors.Is(err, order.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})

	t.Run("one operation an id of the provider's, whoever comes first", func(t *testing.T) {
		holds(t, s, insert(newOperation("op_r1", "pay_r", payment.OpDone, "re_1")))
		refused(t, s, "the same id again", insert(newOperation("op_r2", "pay_r", payment.OpDone, "re_1")))
		unnamed := newOperation("op_r3", "pay_r", payment.OpUnknown, "")
		holds(t, s, insert(unnamed))
		holds(t, s, insert(newOperation("op_r4", "pay_r", payment.OpUnknown, ""))) // any number without one
		unnamed.OpRef = "re_1"
		refused(t, s, "an id that another one has", func(tx *store.Tx) error { return tx.SaveOperation(unnamed) })
		elsewhere := newOperation("op_r5", "pay_r", payment.OpDone, "re_1")
		elsewhere.Provider = "other"
		holds(t, s, insert(elsewhere))
		theirs := newOperation("op_r1", "pay_r", payment.OpDone, "re_1")
		theirs.MerchantID = otherShop
		holds(t, s, insert(theirs))
		// One frees its id and another takes it, in one transaction.
		first, err := s.Orders(ctx).Operation(shop, "op_r1")
		if err != nil {
			t.Fatal(err)
		}
		first.OpRef = ""
		holds(t, s, func(tx *store.Tx) error { return errors.Join(tx.SaveOperation(first), tx.SaveOperation(unnamed)) })
		if got, err := s.Orders(ctx).OperationByRef(shop, "sandbox", "re_1"); err != nil || got.ID != "op_r3" {
			t.Errorf("%+v, %v", got, err)
		}

		var won atomic.Int64
		together(40, func(i int) {
			if once(ctx, s, insert(newOperation(fmt.Sprintf("op_race_%d", i), "pay_race", payment.OpDone, "re_race"))) == nil {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d operations have one id", won.Load())
		}
	})

	t.Run("the versions guard", func(t *testing.T) {
		o := newOperation("op_v", "pay_v", payment.OpSending, "")
		holds(t, s, insert(o))
		stale := *o
		o.State = payment.OpUnknown
		holds(t, s, func(tx *store.Tx) error { return tx.SaveOperation(o) })
		refused(t, s, "an old version of an operation", func(tx *store.Tx) error { return tx.SaveOperation(&stale) })

		sale := newOrder("ord_v", "cs_v", "V-1")
		holds(t, s, func(tx *store.Tx) error { return tx.InsertOrder(sale) })
		old := *sale
		sale.Status = "shipped"
		if err := s.UpdateOrders(ctx, func(tx order.Tx) error { return tx.SaveOrder(sale) }); err != nil {
			t.Fatal(err)
		}
		refused(t, s, "an old version of an order", func(tx *store.Tx) error { return tx.SaveOrder(&old) })
		if got, err := s.Orders(ctx).Order(shop, "ord_v"); err != nil || got.Status != "shipped" || got.Version != 2 {
			t.Errorf("%+v, %v", got, err)
		}
	})

	t.Run("together or not at all", func(t *testing.T) {
		broken := errors.New("second thoughts")
		sale := newOrder("ord_all", "cs_all", "A-1")
		holds(t, s, func(tx *store.Tx) error { return tx.InsertOrder(sale) })
		err := s.UpdateOrders(ctx, func(tx order.Tx) error {
			sale.Status = "canceled"
			return errors.Join(tx.SaveOrder(sale), tx.InsertOperation(newOperation("op_all", "pay_all", payment.OpSending, "")),
				tx.Enqueue(job.Job{ID: "job_all", MerchantID: shop, Kind: "payment.operate", CreatedAt: at, Due: at}), broken)
		})
		if !errors.Is(err, broken) || sale.Version != 1 {
			t.Errorf("version %d, %v", sale.Version, err)
		}
		if got, err := s.Orders(ctx).Order(shop, "ord_all"); err != nil || got.Status == "canceled" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := s.Orders(ctx).Operation(shop, "op_all"); !errors.Is(err, order.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})

	t.Run("finds a payment by the provider's id", func(t *testing.T) {
		a := newAttempt("pay_ref", "cs_ref", payment.Captured, "")
		a.PSPRef = "ch_ref"
		holds(t, s, func(tx *store.Tx) error { return tx.InsertAttempt(a) })
		if got, err := s.Orders(ctx).AttemptByRef(shop, "sandbox", "ch_ref"); err != nil || got.ID != "pay_ref" {
			t.Errorf("%+v, %v", got, err)
		}
		for _, err := range []error{second(s.Orders(ctx).AttemptByRef(otherShop, "sandbox", "ch_ref")), second(s.Orders(ctx).AttemptByRef(shop, "other", "ch_ref")),
			second(s.Orders(ctx).AttemptByRef(shop, "sandbox", "ch_none")), second(s.Orders(ctx).AttemptByRef(shop, "sandbox", ""))} {
			if !errors.Is(err, checkout.ErrNotFound) {
				t.Errorf("%v", err)
			}
		}
	})

	t.Run("lists", func(t *testing.T) {
		s := open(t)
		var made []string
		for i, state := range []payment.OpState{payment.OpSending, payment.OpDone, payment.OpUnknown, payment.OpFailed, payment.OpPending} {
			o := newOperation(id.New(id.Op, at.Add(time.Duration(i)*time.Second)), fmt.Sprintf("pay_%d", i/4), state, "")
			made = append(made, o.ID)
			holds(t, s, insert(o))
		}
		list := func(ops []payment.Operation, err error) (got []int) {
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range ops {
				got = append(got, slices.Index(made, o.ID))
			}
			return got
		}
		for name, c := range map[string]struct{ got, want []int }{
			"of a payment":           {list(s.Orders(ctx).Operations(shop, "pay_0")), []int{0, 1, 2, 3}},
			"of a payment elsewhere": {list(s.Orders(ctx).Operations(otherShop, "pay_0")), nil},
			"open":                   {list(s.OpenOperations(ctx, "", 2)), []int{0, 2}},
			"open, second page":      {list(s.OpenOperations(ctx, made[2], 2)), []int{4}},
			"of a stretch of time":   {list(s.OperationsBetween(ctx, shop, false, at.Add(time.Second), at.Add(4*time.Second), "", 9)), []int{1, 2, 3}},
			"a page of it":           {list(s.OperationsBetween(ctx, shop, false, at.Add(time.Second), at.Add(4*time.Second), made[1], 1)), []int{2}},
			"of the other mode":      {list(s.OperationsBetween(ctx, shop, true, at, at.Add(time.Hour), "", 9)), nil},
		} {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})

	t.Run("a dead process holds no operation", func(t *testing.T) {
		s := open(t)
		o := newOperation("op_lease", "pay_lease", payment.OpSending, "")
		o.LeaseUntil = time.Now().Add(time.Hour)
		over := newOperation("op_over", "pay_lease", payment.OpDone, "")
		over.LeaseUntil = o.LeaseUntil
		holds(t, s, func(tx *store.Tx) error { return errors.Join(tx.InsertOperation(o), tx.InsertOperation(over)) })
		if err := s.EndLeases(ctx); err != nil {
			t.Fatal(err)
		}
		got, err := s.Orders(ctx).Operation(shop, "op_lease")
		if err != nil || got.LeaseUntil.After(time.Now()) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// second is the error of a call with two results.
func second[T any](_ T, err error) error { return err }
