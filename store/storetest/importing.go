package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/store"
)

func testImport(t *testing.T, open Open) {
	ctx := t.Context()
	add, replace := store.ImportOptions{}, store.ImportOptions{Replace: true}
	list := func(t *testing.T, s *store.Store) string {
		t.Helper()
		items, err := s.ListItems(ctx, shop, "", 100)
		must(t, err)
		ids := make([]string, len(items))
		for i, it := range items {
			ids[i] = it.ID
		}
		return strings.Join(ids, " ")
	}

	t.Run("items read back as they were put", func(t *testing.T) {
		s := open(t)
		want := newItem("ä \"full\"", 7)
		want.SKU, want.Images, want.Options, want.Backorder, want.ListPrice = "sku", []string{"/a.png"}, []catalog.Option{{Name: "Size", Value: "L"}}, true, 2500
		if res := imported(t, s, shop, add, want); res != (store.ImportResult{Written: 1}) {
			t.Errorf("result = %+v", res)
		}
		got := item(t, s, want.ID)
		if want.CountedBy = got.CountedBy; want.CountedBy == 0 {
			t.Error("no import has counted it")
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("adding keeps the rest, and what is reserved", func(t *testing.T) {
		s := open(t)
		imported(t, s, shop, add, newItem("a", 5), newItem("b", 5))
		holds(t, s, func(tx *store.Tx) error { return tx.Reserve(shop, "a", 2) })
		imported(t, s, shop, add, newItem("a", 9), newItem("c", 1))
		if got := list(t, s); got != "a b c" || stock(t, s, "a") != "9/2" {
			t.Errorf("items %s, a at %s", got, stock(t, s, "a"))
		}
	})

	t.Run("of two items with one id the later counts, also over batches", func(t *testing.T) {
		s := open(t)
		var items []catalog.Item
		for i := range store.ImportBatch + 10 {
			items = append(items, newItem(fmt.Sprintf("i%05d", i%(store.ImportBatch+5)), int64(i)))
		}
		items = append(items, newItem("i00003", 77))
		imported(t, s, shop, replace, items...)
		n, err := s.CountItems(ctx, shop)
		if err != nil || n != store.ImportBatch+5 || stock(t, s, "i00003") != "77/0" {
			t.Errorf("%d items, i00003 at %s, %v", n, stock(t, s, "i00003"), err)
		}
	})

	t.Run("replacing is one step, and carries reservations", func(t *testing.T) {
		s := open(t)
		imported(t, s, shop, add, newItem("kept", 5), newItem("gone", 5), newItem("held", 5))
		holds(t, s, func(tx *store.Tx) error { return errors.Join(tx.Reserve(shop, "kept", 2), tx.Reserve(shop, "held", 3)) })
		im, err := s.Import(ctx, shop, replace)
		must(t, err)
		must(t, im.Put(newItem("kept", 8), newItem("new", 1)))
		if got := list(t, s); got != "gone held kept" {
			t.Errorf("before the commit buyers see %s", got)
		}
		holds(t, s, func(tx *store.Tx) error { return tx.Reserve(shop, "kept", 1) })
		res, err := im.Commit()
		if err != nil || res != (store.ImportResult{Written: 2, Removed: 2}) {
			t.Errorf("result = %+v, %v", res, err)
		}
		if got := list(t, s); got != "kept new" || stock(t, s, "kept") != "8/3" {
			t.Errorf("items %s, kept at %s", got, stock(t, s, "kept"))
		}
		if n, err := s.CountItems(ctx, shop); err != nil || n != 2 || item(t, s, "held") != nil {
			t.Errorf("%d items, %v; an item that is only held is not for sale", n, err)
		}
		refused(t, s, "an item that is gone", func(tx *store.Tx) error { return tx.Reserve(shop, "held", 1) })
		holds(t, s, func(tx *store.Tx) error { return errors.Join(tx.Sell(shop, "kept", 3), tx.Release(shop, "held", 1)) })
		// The reservation outlives further imports, and comes back with the item.
		imported(t, s, shop, replace, newItem("kept", 5))
		imported(t, s, shop, replace, newItem("held", 9))
		if got := list(t, s); got != "held" || stock(t, s, "held") != "9/2" {
			t.Errorf("items %s, held at %s", got, stock(t, s, "held"))
		}
	})

	t.Run("merchants do not see each other's catalogues", func(t *testing.T) {
		s := open(t)
		imported(t, s, shop, replace, newItem("a", 1))
		imported(t, s, otherShop, replace, newItem("b", 1))
		imported(t, s, otherShop, replace, newItem("c", 1))
		if got := list(t, s); got != "a" {
			t.Errorf("items %s", got)
		}
	})

	t.Run("an aborted or failed replacement changes nothing", func(t *testing.T) {
		s := open(t)
		imported(t, s, shop, add, newItem("a", 1))
		im, err := s.Import(ctx, shop, replace)
		must(t, err)
		for i := range store.ImportBatch + 1 {
			must(t, im.Put(newItem(fmt.Sprint(i), 1)))
		}
		must(t, im.Abort())
		must(t, im.Abort())
		if err := im.Put(newItem("b", 1)); !errors.Is(err, store.ErrImportEnded) {
			t.Errorf("Put after Abort = %v", err)
		}
		im, err = s.Import(ctx, shop, replace)
		must(t, err)
		bad := newItem("b", -1)
		if err := im.Put(newItem("a", 1), bad); err == nil || !strings.Contains(err.Error(), "stock") {
			t.Errorf("Put of a negative stock = %v", err)
		}
		if _, err := im.Commit(); err == nil {
			t.Error("a failed import was committed")
		}
		must(t, im.Abort())
		if got := list(t, s); got != "a" {
			t.Errorf("items %s", got)
		}
	})

	t.Run("of two replacements at once the second to end is refused", func(t *testing.T) {
		s := open(t)
		first, err := s.Import(ctx, shop, replace)
		must(t, err)
		second, err := s.Import(ctx, shop, replace)
		must(t, err)
		adding, err := s.Import(ctx, shop, add)
		must(t, err)
		must(t, first.Put(newItem("first", 1)))
		must(t, second.Put(newItem("second", 1)))
		must(t, adding.Put(newItem("added", 1)))
		if _, err := second.Commit(); err != nil {
			t.Fatal(err)
		}
		if _, err := first.Commit(); !errors.Is(err, store.ErrCatalogueReplaced) {
			t.Errorf("first Commit = %v", err)
		}
		if _, err := adding.Commit(); !errors.Is(err, store.ErrCatalogueReplaced) {
			t.Errorf("adding Commit = %v", err)
		}
		if got := list(t, s); got != "second" {
			t.Errorf("items %s", got)
		}
	})

	t.Run("items that cannot be kept are refused by name", func(t *testing.T) {
		s := open(t)
		for field, change := range map[string]func(*catalog.Item){
			"id":    func(it *catalog.Item) { it.ID = "" },
			"NUL":   func(it *catalog.Item) { it.ID = "a\x00" },
			"price": func(it *catalog.Item) { it.Price = -1 },
			"stock": func(it *catalog.Item) { it.Stock = catalog.Unlimited },
		} {
			im, err := s.Import(ctx, shop, add)
			must(t, err)
			it := newItem("a", 1)
			change(&it)
			if err := im.Put(it); err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("%s: err = %v", field, err)
			}
		}
	})

	t.Run("readers see one catalogue or the other, and no reservation is lost in the switch", func(t *testing.T) {
		s := open(t)
		const items, rounds = 40, 6
		catalogue := func(round int) []catalog.Item {
			list := make([]catalog.Item, items)
			for i := range list {
				list[i] = newItem(fmt.Sprintf("i%02d", i), 1_000_000)
				list[i].Price = int64(round)
			}
			return list
		}
		imported(t, s, shop, replace, catalogue(0)...)
		var stop atomic.Bool
		var reserved atomic.Int64
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for n := 0; !stop.Load(); n++ {
					id := fmt.Sprintf("i%02d", n%items)
					if err := s.Do(ctx, func(tx *store.Tx) error { return tx.Reserve(shop, id, 1) }); err != nil {
						t.Error(err)
						return
					}
					reserved.Add(1)
				}
			})
		}
		wg.Go(func() {
			for !stop.Load() {
				list, err := s.ListItems(ctx, shop, "", 1000)
				if err != nil || len(list) != items {
					t.Errorf("%d items, %v", len(list), err)
					return
				}
				for _, it := range list {
					if it.Price != list[0].Price {
						t.Errorf("items of two catalogues: %d and %d", it.Price, list[0].Price)
						return
					}
				}
			}
		})
		for round := range rounds {
			imported(t, s, shop, replace, catalogue(round+1)...)
		}
		stop.Store(true)
		wg.Wait()
		list, err := s.ListItems(ctx, shop, "", 1000)
		must(t, err)
		var held int64
		for _, it := range list {
			held += it.Reserved
		}
		if held != reserved.Load() {
			t.Errorf("%d units are held, %d were reserved", held, reserved.Load())
		}
	})

	t.Run("pages follow each other", func(t *testing.T) {
		s := open(t)
		for _, id := range []string{"c", "a", "b", "e", "d"} {
			imported(t, s, shop, add, newItem(id, 1))
		}
		var ids []string
		after := ""
		for {
			page, err := s.ListItems(ctx, shop, after, 2)
			must(t, err)
			if len(page) == 0 {
				break
			}
			for _, it := range page {
				ids = append(ids, it.ID)
			}
			after = page[len(page)-1].ID
		}
		if got := strings.Join(ids, ""); got != "abcde" {
			t.Errorf("pages give %s", got)
		}
	})
}
