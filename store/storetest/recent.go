package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/store"
)

// testRecent proves that RecentItems is Items, except for what another process
// changed a moment ago.
func testRecent(t *testing.T, open Open) {
	s := open(t)
	recent := func(t *testing.T, merchantID, id string) *catalog.Item {
		t.Helper()
		items, err := s.Reader(t.Context()).RecentItems(merchantID, []string{id, "unknown"})
		if err != nil || len(items) > 1 {
			t.Fatal(items, err)
		}
		return items[id]
	}
	it := newItem("recent", 5)
	imported(t, s, shop, store.ImportOptions{}, it)

	t.Run("what this process changes is seen at once", func(t *testing.T) {
		if got := recent(t, shop, it.ID); got == nil || got.Available() != 5 {
			t.Fatal(got)
		}
		holds(t, s, func(tx *store.Tx) error { return tx.Reserve(shop, it.ID, 2) })
		if got := recent(t, shop, it.ID); got.Available() != 3 {
			t.Errorf("after a reservation: %d", got.Available())
		}
		holds(t, s, func(tx *store.Tx) error { return tx.Sell(shop, it.ID, 2) })
		if got := recent(t, shop, it.ID); got.Stock != 3 || got.Reserved != 0 {
			t.Errorf("after a sale: %d, %d reserved", got.Stock, got.Reserved)
		}
		dearer := it
		dearer.Price++
		imported(t, s, shop, store.ImportOptions{}, dearer)
		if got := recent(t, shop, it.ID); got.Price != dearer.Price {
			t.Errorf("after an import: price %d", got.Price)
		}
		imported(t, s, shop, store.ImportOptions{Replace: true}, newItem("other", 1))
		if got := recent(t, shop, it.ID); got != nil {
			t.Errorf("after it was removed: %+v", got)
		}
	})
	t.Run("another merchant has none of it", func(t *testing.T) {
		if recent(t, shop, "other") == nil || recent(t, "somebody else", "other") != nil {
			t.Error("items are shared between merchants")
		}
	})
	t.Run("readers among sales never see older stock than their own sale", func(t *testing.T) {
		imported(t, s, shop, store.ImportOptions{}, newItem("race", 400))
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				last := int64(400)
				for i := range 25 {
					holds(t, s, func(tx *store.Tx) error {
						if err := tx.Reserve(shop, "race", 1); err != nil {
							return err
						}
						return tx.Sell(shop, "race", 1)
					})
					items, err := s.Reader(t.Context()).RecentItems(shop, []string{"race"})
					if err != nil || items["race"].Stock >= last {
						t.Errorf("%s: stock %v after %d, %v", fmt.Sprint(w, ".", i), items["race"], last, err)
						return
					}
					last = items["race"].Stock
				}
			})
		}
		wg.Wait()
	})
	t.Run("what another process changes is seen after RecentFor", func(t *testing.T) {
		imported(t, s, shop, store.ImportOptions{}, newItem("late", 7))
		recent(t, shop, "late")
		s.Wrap(func(e store.Engine) store.Engine { // what passes the store by, it cannot notice
			must(t, e.Commit(t.Context(), []store.Op{{SQL: `UPDATE item SET stock = 6 WHERE merchant_id = $1 AND id = $2`, Args: []any{shop, "late"}, What: "sell elsewhere"}}))
			return e
		})
		time.Sleep(store.RecentFor) // the age of what is remembered is real time
		if got := recent(t, shop, "late"); got == nil || got.Available() != 6 {
			t.Error(got)
		}
	})
}
