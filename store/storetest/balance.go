package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/seller"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/store"
)

func newBalance(name string, available int64) *balance.Balance {
	return &balance.Balance{ID: "bal_" + name, MerchantID: shop, Kind: balance.StoreCredit, CustomerID: "cus_" + name, Currency: "usd",
		Rate: balance.Par, Available: available, CreatedAt: at}
}

// agrees checks that a balance is what its entries add up to.
func agrees(t *testing.T, s *store.Store, balanceID string, available, held int64) {
	t.Helper()
	r := s.Balances(t.Context())
	b, err := r.Balance(shop, balanceID)
	must(t, err)
	entries, err := r.Entries(shop, balanceID)
	must(t, err)
	var sumAvailable, sumHeld int64
	for _, e := range entries {
		sumAvailable, sumHeld = sumAvailable+e.Available, sumHeld+e.Held
	}
	if b.Available != available || b.Held != held || sumAvailable != available || sumHeld != held {
		t.Errorf("%d and %d held, by the entries %d and %d; want %d and %d", b.Available, b.Held, sumAvailable, sumHeld, available, held)
	}
}

func same(t *testing.T, got, want *balance.Balance) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func testBalance(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	issue := func(t *testing.T, b *balance.Balance) {
		t.Helper()
		must(t, balance.Issue(ctx, s, b, "", "test"))
	}

	t.Run("it comes back as it was", func(t *testing.T) {
		b := newBalance("kept", 250)
		b.Kind, b.Code, b.Last4, b.Live, b.ExpiresAt = balance.GiftCard, []byte("digest"), "WXYZ", true, at.Add(time.Hour)
		issue(t, b)
		got, err := s.Balances(ctx).Balance(shop, b.ID)
		must(t, err)
		same(t, got, b)
		byCode, err := s.BalanceByCode(ctx, shop, true, []byte("digest"))
		must(t, err)
		same(t, byCode, b)
		for name, err := range map[string]error{
			"another shop's": second(s.Balances(ctx).Balance(otherShop, b.ID)),
			"another mode's": second(s.BalanceByCode(ctx, shop, false, []byte("digest"))),
		} {
			if !errors.Is(err, balance.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		twin := newBalance("twin", 1)
		twin.Kind, twin.Code, twin.Live = balance.GiftCard, []byte("digest"), true
		refused(t, s, "a code twice", func(tx *store.Tx) error { return tx.InsertBalance(twin) })
	})

	t.Run("a customer's are those that can be spent now", func(t *testing.T) {
		for i, change := range []func(*balance.Balance){
			func(b *balance.Balance) {},
			func(b *balance.Balance) { b.Available = 0 },
			func(b *balance.Balance) { b.Blocked = true },
			func(b *balance.Balance) { b.ExpiresAt = at },
			func(b *balance.Balance) { b.ExpiresAt = at.Add(time.Millisecond) },
			func(b *balance.Balance) { b.Live = true },
			func(b *balance.Balance) { b.CustomerID = "another" },
			func(b *balance.Balance) { b.MerchantID = otherShop },
		} {
			b := newBalance(fmt.Sprint("of", i), 10)
			b.CustomerID = "cus_of"
			change(b)
			issue(t, b)
		}
		list, err := s.Balances(ctx).CustomerBalances(shop, false, "cus_of", at)
		must(t, err)
		var got []string
		for _, b := range list {
			got = append(got, b.ID)
		}
		if fmt.Sprint(got) != "[bal_of0 bal_of4]" {
			t.Errorf("got %v", got)
		}
	})

	t.Run("no more is spent, held or given up than there is", func(t *testing.T) {
		b := newBalance("guarded", 100)
		b.ExpiresAt = at.Add(time.Hour)
		issue(t, b)
		for _, c := range []struct {
			name    string
			do      func(*store.Tx) error
			refused bool
		}{
			{"too much", func(tx *store.Tx) error { return tx.SpendBalance(shop, b.ID, -101, 0, at) }, true},
			{"expired", func(tx *store.Tx) error { return tx.SpendBalance(shop, b.ID, -1, 0, at.Add(time.Hour)) }, true},
			{"another shop", func(tx *store.Tx) error { return tx.SpendBalance(otherShop, b.ID, -1, 0, at) }, true},
			{"all of it, held", func(tx *store.Tx) error { return tx.SpendBalance(shop, b.ID, -100, 100, at) }, false},
			{"once more", func(tx *store.Tx) error { return tx.SpendBalance(shop, b.ID, -1, 1, at) }, true},
			{"more of the hold than there is", func(tx *store.Tx) error { return tx.MoveBalance(shop, b.ID, 0, -101) }, true},
			{"the hold given back", func(tx *store.Tx) error { return tx.MoveBalance(shop, b.ID, 100, -100) }, false},
			{"blocked", func(tx *store.Tx) error { return tx.BlockBalance(shop, b.ID, true) }, false},
			{"spent while it is blocked", func(tx *store.Tx) error { return tx.SpendBalance(shop, b.ID, -1, 0, at) }, true},
			{"refunded while it is blocked", func(tx *store.Tx) error { return tx.MoveBalance(shop, b.ID, 1, 0) }, false},
		} {
			if c.refused {
				refused(t, s, c.name, c.do)
			} else {
				holds(t, s, c.do)
			}
		}
	})

	t.Run("two hundred buyers of one balance spend what there is, and no more", func(t *testing.T) {
		const buyers, enough, price = 200, 70, 10
		b := newBalance("raced", enough*price+price-1)
		issue(t, b)
		p := seller.New(s, shop, false, func() time.Time { return at })
		var paid, declined atomic.Int64
		together(buyers, func(i int) {
			now := time.Now()
			c := payment.Charge{AttemptID: id.New(id.Attempt, now), SessionID: id.New(id.Session, now), OrderID: id.New(id.Order, now),
				Amount: price, Currency: "usd", Credential: seller.Credential(fmt.Sprint("vt_", i), b.ID)}
			if i%2 == 1 {
				c.Capture = payment.CaptureLater
			}
			body, err := p.Build(c)
			if err != nil {
				t.Error(err)
				return
			}
			for { // a ledger that is too busy has done nothing
				r, err := p.Send(ctx, "acp_"+c.AttemptID, body)
				switch {
				case err != nil:
					t.Error(err)
				case r.Class == payment.ClassRateLimited:
					continue
				case r.Class.State().Paid():
					paid.Add(1)
				case r.Class == payment.ClassDeclined && r.DeclineCode == "insufficient":
					declined.Add(1)
				default:
					t.Errorf("%+v", r)
				}
				return
			}
		})
		if paid.Load() != enough || declined.Load() != buyers-enough {
			t.Errorf("%d paid, %d declined", paid.Load(), declined.Load())
		}
		got, err := s.Balances(ctx).Balance(shop, b.ID)
		must(t, err)
		agrees(t, s, b.ID, price-1, got.Held)
		charges, err := s.Balances(ctx).Charges(shop, false, at.Add(-time.Hour), at.Add(time.Hour), "", 1000)
		must(t, err)
		var units int64
		for _, q := range charges {
			if q.BalanceID == b.ID {
				units += q.Units
			}
		}
		if units != enough*price {
			t.Errorf("%d units charged; want %d", units, enough*price)
		}
	})

	t.Run("one token serves one of many payments", func(t *testing.T) {
		b := newBalance("token", 10_000)
		issue(t, b)
		p := seller.New(s, shop, false, func() time.Time { return at })
		var paid atomic.Int64
		together(40, func(int) {
			now := time.Now()
			c := payment.Charge{AttemptID: id.New(id.Attempt, now), SessionID: id.New(id.Session, now), Amount: 10, Currency: "usd",
				Credential: payment.Credential{Token: secret.New("vt_one@" + b.ID)}}
			body, err := p.Build(c)
			if err != nil {
				t.Error(err)
				return
			}
			for {
				r, err := p.Send(ctx, "acp_"+c.AttemptID, body)
				switch {
				case err != nil:
					t.Error(err)
				case r.Class == payment.ClassRateLimited:
					continue
				case r.Class == payment.ClassCaptured:
					paid.Add(1)
				case r.Class != payment.ClassTokenUsed:
					t.Errorf("%+v", r)
				}
				return
			}
		})
		if paid.Load() != 1 {
			t.Errorf("%d payments by one token", paid.Load())
		}
		agrees(t, s, b.ID, 9_990, 0)
	})
}
