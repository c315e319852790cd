package storetest

import (
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/store"
)

// testPastPrice holds imports of either kind to remembering what they change.
func testPastPrice(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	began := time.Now().Add(-time.Minute)
	priced := func(id string, price int64) catalog.Item {
		it := newItem(id, 5)
		it.Price = price
		return it
	}
	prices := func(since time.Time, ids ...string) map[string][]int64 {
		t.Helper()
		past, err := s.Reader(ctx).PastPrices(shop, ids, since)
		must(t, err)
		out := map[string][]int64{}
		for id, list := range past {
			for i, p := range list {
				out[id] = append(out[id], p.Price)
				if p.Currency != "eur" || !p.Until.After(began) || i > 0 && !p.Until.After(list[i-1].Until) {
					t.Errorf("%s: %+v", id, list)
				}
			}
		}
		return out
	}
	next := func() { // past prices are told apart by the millisecond
		for from := time.Now().UnixMilli(); time.Now().UnixMilli() <= from+1; {
			runtime.Gosched()
		}
	}
	imported(t, s, shop, store.ImportOptions{Replace: true}, priced("a", 100), priced("b", 200), priced("c", 300))
	imported(t, s, otherShop, store.ImportOptions{Replace: true}, priced("a", 7))
	if diff := cmp.Diff(map[string][]int64{}, prices(began, "a", "b", "c", "none")); diff != "" {
		t.Error("before any change:", diff)
	}
	next()
	imported(t, s, shop, store.ImportOptions{Replace: true}, priced("a", 110), priced("b", 200))
	next()
	imported(t, s, shop, store.ImportOptions{}, priced("a", 120), priced("b", 200), priced("d", 400))
	next()
	between := time.Now()
	next()
	imported(t, s, shop, store.ImportOptions{}, priced("b", 210), priced("d", 400))
	if diff := cmp.Diff(map[string][]int64{"a": {100, 110}, "b": {200}}, prices(began, "a", "b", "c", "d")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][]int64{"b": {200}}, prices(between, "a", "b", "a")); diff != "" {
		t.Error("since then:", diff)
	}
	for {
		n, err := s.SweepExpired(ctx, time.Now().Add(checkout.MaxSuggestedPriceWindow+time.Minute), 2)
		must(t, err)
		if n == 0 {
			break
		}
	}
	if diff := cmp.Diff(map[string][]int64{}, prices(began, "a", "b")); diff != "" {
		t.Error("after the sweep:", diff)
	}
}
