package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/store"
)

func testStock(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	set := func(id string, change func(*catalog.Item)) {
		it := newItem(id, 5)
		change(&it)
		imported(t, s, shop, store.ImportOptions{}, it)
	}

	t.Run("reserve, release and sell", func(t *testing.T) {
		type step struct {
			verb     string
			quantity int64
			want     string // stock/reserved, or "refused"
		}
		for name, tc := range map[string]struct {
			change func(*catalog.Item)
			steps  []step
		}{
			"a sale": {func(*catalog.Item) {},
				[]step{{"reserve", 3, "5/3"}, {"sell", 3, "2/0"}}},
			"a sale that is canceled": {func(*catalog.Item) {},
				[]step{{"reserve", 3, "5/3"}, {"sell", 3, "2/0"}, {"reserve", 2, "2/2"}, {"restock", 3, "5/2"}}},
			"restocked, and not counted any more": {func(it *catalog.Item) { it.Tracked, it.Stock = false, 0 },
				[]step{{"restock", 3, "0/0"}}},
			"to the last unit": {func(*catalog.Item) {},
				[]step{{"reserve", 5, "5/5"}, {"reserve", 1, "refused"}, {"release", 1, "5/4"}, {"reserve", 1, "5/5"}}},
			"more than there is": {func(*catalog.Item) {},
				[]step{{"reserve", 6, "refused"}}},
			"beyond the stock on backorder": {func(it *catalog.Item) { it.Backorder = true },
				[]step{{"reserve", 9, "5/9"}, {"sell", 9, "0/0"}}},
			"beyond the stock, all of it there": {func(it *catalog.Item) { it.Backorder = true },
				[]step{{"reserve", 3, "5/3"}, {"sell 3 of", 3, "2/0"}}},
			"beyond the stock, less there than was read": {func(it *catalog.Item) { it.Backorder = true },
				[]step{{"reserve", 9, "5/9"}, {"sell 6 of", 9, "refused"}, {"sell 5 of", 9, "0/0"}, {"reserve", 2, "0/2"}, {"sell 0 of", 2, "0/0"}}},
			"beyond the stock, more there than was read": {func(it *catalog.Item) { it.Backorder = true },
				[]step{{"reserve", 3, "5/3"}, {"sell 2 of", 3, "refused"}, {"reserve", 9, "5/12"}, {"sell 0 of", 9, "refused"}}},
			"beyond the stock, and not counted any more": {func(it *catalog.Item) { it.Tracked, it.Stock = false, 0 },
				[]step{{"sell 0 of", 3, "refused"}}},
			"not counted": {func(it *catalog.Item) { it.Tracked, it.Stock = false, 0 },
				[]step{{"reserve", 9, "0/0"}, {"sell", 9, "0/0"}, {"release", 9, "0/0"}}},
			"out of stock": {func(it *catalog.Item) { it.Availability = catalog.OutOfStock },
				[]step{{"reserve", 1, "refused"}}},
			"discontinued": {func(it *catalog.Item) { it.Availability = catalog.Discontinued },
				[]step{{"reserve", 1, "refused"}}},
			"discontinued and not counted": {func(it *catalog.Item) { it.Availability, it.Tracked = catalog.Discontinued, false },
				[]step{{"reserve", 1, "refused"}}},
			"never below zero": {func(*catalog.Item) {},
				[]step{{"release", 1, "5/0"}, {"sell", 9, "0/0"}}},
		} {
			t.Run(name, func(t *testing.T) {
				set(name, tc.change)
				countedBy := item(t, s, name).CountedBy
				for _, st := range tc.steps {
					before := stock(t, s, name)
					move := func(tx *store.Tx) error {
						switch st.verb {
						case "reserve":
							return tx.Reserve(shop, name, st.quantity)
						case "release":
							return tx.Release(shop, name, st.quantity)
						case "restock":
							return tx.Restock(shop, order.Units{ItemID: name, Quantity: st.quantity, CountedBy: countedBy})
						case "sell":
							return tx.Sell(shop, name, st.quantity)
						}
						var counted int64
						_, err := fmt.Sscanf(st.verb, "sell %d of", &counted)
						return errors.Join(err, tx.SellBeyond(shop, name, st.quantity, counted))
					}
					if st.want == "refused" {
						refused(t, s, name, move)
						st.want = before
					} else {
						holds(t, s, move)
					}
					if got := stock(t, s, name); got != st.want {
						t.Fatalf("after %s %d: %s; want %s", st.verb, st.quantity, got, st.want)
					}
				}
			})
		}
	})

	t.Run("what was sold does not come back into a later count", func(t *testing.T) {
		for name, replace := range map[string]bool{"changed": false, "replaced": true} {
			sold := func() order.Units {
				u := order.Units{ItemID: name, Quantity: 2, CountedBy: item(t, s, name).CountedBy}
				holds(t, s, func(tx *store.Tx) error { return tx.Reserve(shop, name, 2) })
				holds(t, s, func(tx *store.Tx) error { return tx.Sell(shop, name, 2) })
				return u
			}
			back := func(want string, units ...order.Units) {
				t.Helper()
				holds(t, s, func(tx *store.Tx) error {
					for _, u := range units {
						must(t, tx.Restock(shop, u))
					}
					return nil
				})
				if got := stock(t, s, name); got != want {
					t.Errorf("%s: %s; want %s", name, got, want)
				}
			}
			imported(t, s, shop, store.ImportOptions{Replace: replace}, newItem(name, 9))
			first := sold()
			imported(t, s, shop, store.ImportOptions{}, newItem("other than "+name, 1))
			back("9/0", first) // an import of others has not counted it
			first = sold()
			imported(t, s, shop, store.ImportOptions{Replace: replace}, newItem(name, 7))
			second := sold()
			back("5/0", first)
			back("7/0", second)
			imported(t, s, shop, store.ImportOptions{Replace: true}, newItem("nothing else", 1))
			imported(t, s, shop, store.ImportOptions{Replace: true}, newItem(name, 7))
			back("7/0", first, second)
		}
	})

	t.Run("an item that is not there cannot be reserved", func(t *testing.T) {
		refused(t, s, "no item", func(tx *store.Tx) error { return tx.Reserve(shop, "nothing", 1) })
		set("ours", func(*catalog.Item) {})
		refused(t, s, "another merchant's item", func(tx *store.Tx) error { return tx.Reserve(otherShop, "ours", 1) })
	})

	t.Run("quantities that make no sense are errors", func(t *testing.T) {
		for _, q := range []int64{0, -1, catalog.Unlimited} {
			err := once(ctx, s, func(tx *store.Tx) error { return tx.Reserve(shop, "ours", q) })
			if err == nil || errors.Is(err, errGuard) {
				t.Errorf("quantity %d: err = %v", q, err)
			}
		}
	})

	t.Run("all lines are held or none", func(t *testing.T) {
		set("many", func(it *catalog.Item) { it.Stock = 10 })
		set("few", func(it *catalog.Item) { it.Stock = 1 })
		refused(t, s, "too few", func(tx *store.Tx) error { return errors.Join(tx.Reserve(shop, "many", 2), tx.Reserve(shop, "few", 2)) })
		if got := stock(t, s, "many"); got != "10/0" {
			t.Errorf("the other line is left at %s", got)
		}
	})

	t.Run("racing buyers get what there is, and no more", func(t *testing.T) {
		set("scarce", func(it *catalog.Item) { it.Stock = 40 })
		var got atomic.Int64
		together(120, func(i int) {
			err := once(ctx, s, func(tx *store.Tx) error { return tx.Reserve(shop, "scarce", 1) })
			switch {
			case err == nil:
				got.Add(1)
			case !errors.Is(err, errGuard):
				t.Error(err)
			}
		})
		if got.Load() != 40 || stock(t, s, "scarce") != "40/40" {
			t.Errorf("%d buyers served, stock %s", got.Load(), stock(t, s, "scarce"))
		}
	})

	t.Run("lines held in opposite orders do not block each other for good", func(t *testing.T) {
		set("left", func(it *catalog.Item) { it.Stock = 1000 })
		set("right", func(it *catalog.Item) { it.Stock = 1000 })
		together(40, func(i int) {
			ids := []string{"left", "right"}
			err := s.Do(ctx, func(tx *store.Tx) error {
				return errors.Join(tx.Reserve(shop, ids[i%2], 1), tx.Reserve(shop, ids[1-i%2], 1))
			})
			if err != nil {
				t.Error(err)
			}
		})
		if l, r := stock(t, s, "left"), stock(t, s, "right"); l != "1000/40" || r != "1000/40" {
			t.Errorf("stock %s and %s", l, r)
		}
	})

	t.Run("items are read by id, any number of them", func(t *testing.T) {
		var items []catalog.Item
		var ids []string
		for i := range 200 {
			items = append(items, newItem(fmt.Sprintf("n%03d", i), int64(i)))
			ids = append(ids, items[i].ID)
		}
		imported(t, s, shop, store.ImportOptions{}, items...)
		for _, n := range []int{0, 1, 2, 3, 7, 64, 65, 200} {
			got, err := s.Reader(ctx).Items(shop, append(ids[:n:n], "absent"))
			if err != nil || len(got) != n {
				t.Errorf("asked for %d and one absent, got %d, %v", n, len(got), err)
			}
			for id, it := range got {
				if it.ID != id {
					t.Errorf("%s is filed under %s", it.ID, id)
				}
			}
		}
		if got, err := s.Reader(ctx).Items(otherShop, ids); err != nil || len(got) != 0 {
			t.Errorf("another merchant sees %d items, %v", len(got), err)
		}
		if _, err := s.Reader(ctx).Items(shop, make([]string, store.MaxItemsAtOnce+1)); err == nil {
			t.Error("more than MaxItemsAtOnce are accepted")
		}
	})
}
