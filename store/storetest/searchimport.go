package storetest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/store"
)

func testSearchImports(t *testing.T, open Open, add, replace store.ImportOptions) {
	ctx := t.Context()
	expect := func(t *testing.T, s *store.Store, words, want string) {
		t.Helper()
		if got, _ := search(t, s, catalog.Query{Words: words}); got != want {
			t.Errorf("%q finds %q; want %q", words, got, want)
		}
	}

	t.Run("a changed item is found by its new words alone", func(t *testing.T) {
		s := open(t)
		imported(t, s, shop, add, product("p", "Old name", 100, nil, "a Ash", "b Birch")...)
		imported(t, s, shop, add, product("p", "Old name", 300, nil, "b Beech")...)
		expect(t, s, "birch", "")
		expect(t, s, "beech", "p(b)")
		expect(t, s, "old", "p(a b)")
		if got, _ := search(t, s, catalog.Query{MinPrice: amount(300)}); got != "p(b)" {
			t.Errorf("by its price: %s", got)
		}
		imported(t, s, shop, add, product("q", "Other product", 100, nil, "b Beech")...) // it moves
		expect(t, s, "beech", "q(b)")
		expect(t, s, "old", "p(a)")
		imported(t, s, shop, add, product("q", "Other product", 100, nil, "a Ash")...) // the last one leaves
		expect(t, s, "old", "")
		expect(t, s, "other", "q(a b)")
		imported(t, s, shop, add, product("q", "Other product", 100, func(it *catalog.Item) { it.Availability = catalog.Discontinued }, "a Ash", "b Birch")...)
		expect(t, s, "other", "")
	})

	t.Run("an item without a product is its own", func(t *testing.T) {
		s := open(t)
		it := newItem("lone", 1)
		it.ProductID, it.ProductTitle, it.Title = "", "", "Lone wolf"
		imported(t, s, shop, replace, it)
		expect(t, s, "wolf", "lone(lone)")
		if got := item(t, s, "lone"); got.ProductID != "" {
			t.Errorf("its product is %q", got.ProductID)
		}
	})

	t.Run("variants may be far apart in a file", func(t *testing.T) {
		s := open(t)
		var first, second []catalog.Item
		for i := range store.ImportBatch + 7 {
			p := product(fmt.Sprintf("p%05d", i), "Thing", 100, nil, fmt.Sprintf("a%05d Ash", i), fmt.Sprintf("b%05d Birch", i))
			first, second = append(first, p[0]), append(second, p[1])
		}
		// The same item again, of another product.
		moved := product("moved", "Thing", 100, nil, "a00000 Ash")
		imported(t, s, shop, replace, slices.Concat(first, second, moved)...)
		if got := ids(t, s, catalog.Query{Limit: 50}); len(got) != store.ImportBatch+8 {
			t.Errorf("%d products", len(got))
		}
		p, err := s.Product(ctx, shop, "p00000")
		if err != nil || len(p.Variants) != 1 || p.Variants[0].ID != "b00000" {
			t.Errorf("p00000: %+v, %v", p, err)
		}
		for _, c := range []struct{ words, want string }{{"ash", "p00001(a00001)"}, {"birch", "p00000(b00000)"}} {
			if got, _ := search(t, s, catalog.Query{Words: c.words, Limit: 1}); got != c.want {
				t.Errorf("%s: %s", c.words, got)
			}
		}
	})

	t.Run("a catalogue is replaced in one step", func(t *testing.T) {
		s := open(t)
		imported(t, s, shop, replace, product("old", "Old thing", 100, nil)...)
		im, err := s.Import(ctx, shop, replace)
		must(t, err)
		for i := range store.ImportBatch + 1 {
			must(t, im.Put(product(fmt.Sprintf("new%d", i), "New thing", 100, nil)...))
		}
		expect(t, s, "thing", "old(old-1)")
		expect(t, s, "new", "")
		must(t, im.Abort())
		expect(t, s, "thing", "old(old-1)")
		imported(t, s, shop, replace, product("new", "New thing", 100, nil)...)
		expect(t, s, "thing", "new(new-1)")
		expect(t, s, "old", "")
	})

	t.Run("what is only kept for a payment is not found", func(t *testing.T) {
		s := open(t)
		imported(t, s, shop, replace, newItem("held", 5), newItem("kept", 5))
		holds(t, s, func(tx *store.Tx) error { return tx.Reserve(shop, "held", 5) })
		if got, _ := search(t, s, catalog.Query{Words: "item", InStock: true}); got != "p-kept(kept)" {
			t.Errorf("in stock: %s", got)
		}
		imported(t, s, shop, replace, newItem("kept", 5))
		expect(t, s, "item", "p-kept(kept)")
	})

	t.Run("imports at once do not lose each other's words", func(t *testing.T) {
		s := open(t)
		const writers, rounds = 4, 5
		together(writers, func(w int) {
			for r := range rounds {
				imported(t, s, shop, add, product("p", "Thing", 100, nil, fmt.Sprintf("v%d%d word%d%d", w, r, w, r))...)
			}
		})
		for w := range writers {
			for r := range rounds {
				expect(t, s, fmt.Sprintf("word%d%d", w, r), fmt.Sprintf("p(v%d%d)", w, r))
			}
		}
	})

	t.Run("searches beside imports see one catalogue or the other", func(t *testing.T) {
		s := open(t)
		const products, rounds = 60, 6
		list := func(round int) (items []catalog.Item) {
			for i := range products {
				items = append(items, product(fmt.Sprintf("p%02d", i), fmt.Sprintf("Thing of round %d", round), int64(round), nil)...)
			}
			return items
		}
		imported(t, s, shop, replace, list(0)...)
		var stop atomic.Bool
		var wg sync.WaitGroup
		for _, q := range []catalog.Query{{Words: "thing"}, {Sort: catalog.CheapFirst}, {}} {
			wg.Go(func() {
				q.Limit = catalog.MaxFound
				for !stop.Load() {
					found, err := s.Search(ctx, shop, q)
					if err != nil || len(found.Products) != q.Limit {
						t.Errorf("%d products, %v", len(found.Products), err)
						return
					}
					for _, p := range found.Products {
						if p.Variants[0].Price != found.Products[0].Variants[0].Price {
							t.Error("products of two catalogues")
							return
						}
					}
				}
			})
		}
		for round := range rounds {
			imported(t, s, shop, replace, list(round+1)...)
		}
		stop.Store(true)
		wg.Wait()
		expect(t, s, "round 1", "")
	})
}
