package seller_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/seller"
)

// A process that stood still sends nothing past one that has said that there is
// no such payment, and no refund either.
func TestALateRequestIsRefused(t *testing.T) {
	w := newWorld(t)
	b := w.issue(t, nil)
	now := time.Now()
	c := payment.Charge{AttemptID: id.New(id.Attempt, now), SessionID: "cs_1", Amount: 500, Currency: "usd", Credential: seller.Credential("vt_1", b.ID)}
	late := seller.New(w.ledger, shop, false, func() time.Time { return now })
	body, err := late.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	later := seller.New(w.ledger, shop, false, func() time.Time { return now.Add(time.Minute) })
	if r, err := later.Reconcile(t.Context(), payment.Attempt{ID: c.AttemptID}); err != nil || r.Class != payment.ClassNotFound {
		t.Fatal(r, err)
	}
	if r, err := late.Send(t.Context(), "key", body); err != nil || r.Class != payment.ClassUnknown {
		t.Errorf("a late charge: %+v, %v", r, err)
	}
	if got, err := w.ledger.Store.Balances(t.Context()).Balance(shop, b.ID); err != nil || got.Available != b.Available {
		t.Errorf("%+v, %v", got, err)
	}
	paid, err := later.Send(t.Context(), "key", body)
	if err != nil || paid.Class != payment.ClassCaptured {
		t.Fatal(paid, err)
	}
	op := payment.Op{ID: id.New(id.Op, now), Kind: payment.OpRefund, AttemptID: c.AttemptID, PSPRef: paid.PSPRef, Amount: 500, Currency: "usd", Key: "op"}
	if r, err := later.ReconcileOp(t.Context(), op); err != nil || r.Class != payment.ClassNotFound {
		t.Fatal(r, err)
	}
	if r, err := late.Operate(t.Context(), op); err != nil || r.Class != payment.ClassUnknown {
		t.Errorf("a late refund: %+v, %v", r, err)
	}
	if r, err := later.Operate(t.Context(), op); err != nil || r.Class != payment.ClassRefunded {
		t.Errorf("%+v, %v", r, err)
	}
}

// Another mode of the shop knows nothing of a charge, and moves nothing of it.
func TestModesAreApart(t *testing.T) {
	w := newWorld(t)
	b := w.issue(t, nil)
	live := seller.New(w.ledger, shop, true, nil)
	c := payment.Charge{AttemptID: id.New(id.Attempt, time.Now()), SessionID: "cs_1", Amount: 500, Currency: "usd", Credential: seller.Credential("vt_1", b.ID)}
	body, err := live.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := live.Send(t.Context(), "key", body); err != nil || r.Class != payment.ClassTokenInvalid {
		t.Errorf("%+v, %v", r, err)
	}
	// Nor does a repeat under the same reference learn what came of it there, nor
	// one under another key.
	for name, repeat := range map[string]struct {
		by  *seller.Provider
		key string
	}{"the other mode": {seller.New(w.ledger, shop, false, nil), "key"}, "another key": {live, "other"}} {
		if r, err := repeat.by.Send(t.Context(), repeat.key, body); err != nil || r.Class != payment.ClassUnknown {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// Whatever points are worth and in whatever pieces a payment comes back, all of
// its points come back with all of its money, never more of them before, and
// the entries add up to the balance.
func TestPointsComeBack(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		rate := balance.Rate{Units: rapid.Int64Range(1, 1000).Draw(rt, "points"), Amount: rapid.Int64Range(1, 1000).Draw(rt, "worth")}
		amount := rapid.Int64Range(1, 100_000).Draw(rt, "amount")
		cost, ok := rate.Cost(amount)
		if !ok || rate.Worth(cost) < amount || rate.Worth(cost-1) >= amount {
			rt.Fatalf("%d cost %d at %+v, which are worth %d", amount, cost, rate, rate.Worth(cost))
		}
		b := w.issue(t, func(b *balance.Balance) { b.Kind, b.Rate, b.Available = balance.Points, rate, cost+7 })
		c := payment.Charge{AttemptID: id.New(id.Attempt, time.Now()), SessionID: "cs_1", Amount: amount, Currency: "usd",
			Credential: seller.Credential(id.Secret("vt"), b.ID)}
		held := rapid.Bool().Draw(rt, "held")
		if held {
			c.Capture = payment.CaptureLater
		}
		body, err := w.provider.Build(c)
		if err != nil {
			rt.Fatal(err)
		}
		paid, err := w.provider.Send(t.Context(), "key", body)
		if err != nil || !paid.Class.State().Paid() {
			rt.Fatal(paid, err)
		}
		move := func(kind payment.OpKind, n int64) {
			op := payment.Op{ID: id.New(id.Op, time.Now()), Kind: kind, AttemptID: c.AttemptID, PSPRef: paid.PSPRef, Amount: n, Currency: "usd", Key: "op"}
			if r, err := w.provider.Operate(t.Context(), op); err != nil || r.Class.OpState() != payment.OpDone {
				rt.Fatalf("%s of %d: %+v, %v", kind, n, r, err)
			}
		}
		if held {
			amount = rapid.Int64Range(1, amount).Draw(rt, "captured")
			move(payment.OpCapture, amount)
		}
		for left := amount; left > 0; {
			n := rapid.Int64Range(1, left).Draw(rt, "refund")
			if amount-left > 3*amount/4 {
				n = left // enough pieces
			}
			left -= n
			move(payment.OpRefund, n)
			got, err := w.ledger.Store.Balances(t.Context()).Balance(shop, b.ID)
			entries, err2 := w.ledger.Store.Balances(t.Context()).Entries(shop, b.ID)
			if err != nil || err2 != nil {
				rt.Fatal(err, err2)
			}
			var sum int64
			for _, e := range entries {
				sum += e.Available
			}
			if got.Held != 0 || got.Available != sum || got.Available > b.Available || left == 0 && got.Available != b.Available {
				rt.Fatalf("%d of %d points are there with %d of %d not given back; entries %d", got.Available, b.Available, left, amount, sum)
			}
		}
	})
}
