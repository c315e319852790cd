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
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/store"
)

func testDiscountUse(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	count := func(t *testing.T, merchant string, live bool, u checkout.Use) int64 {
		t.Helper()
		counts, err := s.Reader(ctx).DiscountUses(merchant, live, []checkout.Use{u})
		must(t, err)
		return counts[u]
	}

	t.Run("hold, release and spend", func(t *testing.T) {
		u := checkout.Use{DiscountID: "spring"}
		hold := func(tx *store.Tx) error { return tx.HoldUse(shop, false, u, 2) }
		release := func(tx *store.Tx) error { return tx.ReleaseUse(shop, false, u) }
		spend := func(tx *store.Tx) error { return tx.SpendUse(shop, false, u) }
		for i, step := range []struct {
			do      func(*store.Tx) error
			refused bool
			want    int64
		}{
			{do: hold, want: 1}, {do: hold, want: 2}, {do: hold, refused: true, want: 2},
			{do: release, want: 1}, {do: hold, want: 2}, {do: spend, want: 2}, {do: spend, want: 2},
			{do: hold, refused: true, want: 2}, {do: release, want: 2}, {do: spend, want: 2},
		} {
			if step.refused {
				refused(t, s, fmt.Sprint("step ", i), step.do)
			} else {
				holds(t, s, step.do)
			}
			if got := count(t, shop, false, u); got != step.want {
				t.Fatalf("after step %d: %d uses; want %d", i, got, step.want)
			}
		}
	})

	t.Run("a use that was made comes back, and no other", func(t *testing.T) {
		u := checkout.Use{DiscountID: "autumn", Buyer: "one"}
		back := func(tx *store.Tx) error { return tx.ReturnUse(shop, false, u) }
		holds(t, s, func(tx *store.Tx) error { return tx.HoldUse(shop, false, u, 1) })
		holds(t, s, back)
		if got := count(t, shop, false, u); got != 1 {
			t.Fatalf("one that is only held: %d uses", got)
		}
		holds(t, s, func(tx *store.Tx) error { return tx.SpendUse(shop, false, u) })
		holds(t, s, func(tx *store.Tx) error { return tx.ReturnUse(shop, true, u) })
		if got := count(t, shop, false, u); got != 1 {
			t.Fatalf("one of the other mode: %d uses", got)
		}
		if list, err := s.BuyerUseCounts(ctx, shop, false, u.DiscountID, "", 10); err != nil || len(list) != 1 || list[0].Used != 1 {
			t.Errorf("listed %+v, %v", list, err)
		}
		holds(t, s, back)
		holds(t, s, back)
		if got := count(t, shop, false, u); got != 0 {
			t.Fatalf("%d uses", got)
		}
		if list, err := s.BuyerUseCounts(ctx, shop, false, u.DiscountID, "", 10); err != nil || len(list) != 0 {
			t.Errorf("listed %+v, %v", list, err)
		}
	})

	t.Run("orders with a discount are listed, the newest first, and added up", func(t *testing.T) {
		const d = "listed"
		sold := func(orderID, buyer string, live bool, amount int64) order.Discounted {
			x := order.Discounted{MerchantID: shop, OrderID: orderID, DiscountID: d, Live: live, Buyer: buyer, Amount: amount, Currency: "usd", At: at}
			holds(t, s, func(tx *store.Tx) error { return tx.InsertDiscounted(x) })
			return x
		}
		one, two, three := sold("ord_1", "a", false, 100), sold("ord_2", "", false, 50), sold("ord_3", "a", false, 25)
		sold("ord_4", "a", true, 7)
		holds(t, s, func(tx *store.Tx) error { return tx.GiveBackDiscounts(shop, "ord_2", at.Add(time.Hour)) })
		holds(t, s, func(tx *store.Tx) error { return tx.GiveBackDiscounts(shop, "ord_2", at.Add(2*time.Hour)) }) // the first time counts
		two.GivenBack = at.Add(time.Hour)
		page, err := s.DiscountOrders(ctx, shop, false, d, "", 2)
		must(t, err)
		rest, err := s.DiscountOrders(ctx, shop, false, d, "ord_2", 2)
		must(t, err)
		if diff := cmp.Diff([]order.Discounted{three, two, one}, append(page, rest...)); diff != "" {
			t.Error(diff)
		}
		sums, err := s.DiscountSums(ctx, shop, false)
		must(t, err)
		want := store.DiscountSum{DiscountID: d, Currency: "usd", Orders: 3, Amount: 175, Canceled: 1, GivenUp: 50, Last: at}
		if !slices.Contains(sums, want) {
			t.Errorf("%+v; want %+v", sums, want)
		}
		if err := s.Do(ctx, func(tx *store.Tx) error {
			return tx.InsertDiscounted(order.Discounted{MerchantID: shop, DiscountID: d})
		}); err == nil {
			t.Error("a discount of no order is noted")
		}
	})

	t.Run("buyers, modes, discounts and shops are counted apart", func(t *testing.T) {
		u := checkout.Use{DiscountID: "apart", Buyer: "one"}
		holds(t, s, func(tx *store.Tx) error { return tx.HoldUse(shop, false, u, 1) })
		for name, other := range map[string]func(tx *store.Tx) error{
			"buyer": func(tx *store.Tx) error {
				return tx.HoldUse(shop, false, checkout.Use{DiscountID: "apart", Buyer: "two"}, 1)
			},
			"all":  func(tx *store.Tx) error { return tx.HoldUse(shop, false, checkout.Use{DiscountID: "apart"}, 1) },
			"mode": func(tx *store.Tx) error { return tx.HoldUse(shop, true, u, 1) },
			"discount": func(tx *store.Tx) error {
				return tx.HoldUse(shop, false, checkout.Use{DiscountID: "another", Buyer: "one"}, 1)
			},
			"shop": func(tx *store.Tx) error { return tx.HoldUse(otherShop, false, u, 1) },
		} {
			t.Run(name, func(t *testing.T) { holds(t, s, other) })
		}
		refused(t, s, "the same once more", func(tx *store.Tx) error { return tx.HoldUse(shop, false, u, 1) })
		if got := count(t, shop, false, u); got != 1 {
			t.Errorf("%d uses", got)
		}
	})

	t.Run("a use is held with all that belongs to it, or not", func(t *testing.T) {
		free, full := checkout.Use{DiscountID: "free"}, checkout.Use{DiscountID: "full"}
		holds(t, s, func(tx *store.Tx) error { return tx.HoldUse(shop, false, full, 1) })
		refused(t, s, "one of two is used up", func(tx *store.Tx) error {
			return errors.Join(tx.HoldUse(shop, false, free, 1), tx.HoldUse(shop, false, full, 1))
		})
		if got := count(t, shop, false, free); got != 0 {
			t.Errorf("the other one is left at %d uses", got)
		}
		if err := s.Do(ctx, func(tx *store.Tx) error { return tx.HoldUse("", false, free, 1) }); err == nil {
			t.Error("a use of no shop is held")
		}
	})

	t.Run("racing buyers get as many as there are, and no more", func(t *testing.T) {
		u := checkout.Use{DiscountID: "scarce"}
		var got atomic.Int64
		together(120, func(i int) {
			err := once(ctx, s, func(tx *store.Tx) error { return tx.HoldUse(shop, false, u, 40) })
			switch {
			case err == nil:
				got.Add(1)
			case !errors.Is(err, errGuard):
				t.Error(err)
			}
		})
		if got.Load() != 40 || count(t, shop, false, u) != 40 {
			t.Errorf("%d buyers served, %d uses", got.Load(), count(t, shop, false, u))
		}
	})

	t.Run("uses held in opposite orders do not block each other for good", func(t *testing.T) {
		together(40, func(i int) {
			ids := []string{"left", "right"}
			err := s.Do(ctx, func(tx *store.Tx) error {
				return errors.Join(tx.HoldUse(shop, false, checkout.Use{DiscountID: ids[i%2]}, 100), tx.HoldUse(shop, false, checkout.Use{DiscountID: ids[1-i%2]}, 100))
			})
			if err != nil {
				t.Error(err)
			}
		})
		if l, r := count(t, shop, false, checkout.Use{DiscountID: "left"}), count(t, shop, false, checkout.Use{DiscountID: "right"}); l != 40 || r != 40 {
			t.Errorf("%d and %d uses", l, r)
		}
	})
}
