package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/store"
)

// product makes the variants of a product: "id option, id option".
func product(id, title string, price int64, change func(*catalog.Item), variants ...string) []catalog.Item {
	if len(variants) == 0 {
		variants = []string{id + "-1 "}
	}
	var items []catalog.Item
	for i, v := range variants {
		name, option, _ := strings.Cut(v, " ")
		it := catalog.Item{ID: name, ProductID: id, Title: title, ProductTitle: title, Price: price + int64(i), Currency: "eur",
			Kind: catalog.Physical, Availability: catalog.InStock}
		if option != "" {
			it.Title += " - " + option
			it.Options = []catalog.Option{{Name: "Option", Value: option}}
		}
		if change != nil {
			change(&it)
		}
		items = append(items, it)
	}
	return items
}

// search gives the products of a page as "p1(v1 v2) p2(v3)".
func search(t testing.TB, s *store.Store, q catalog.Query) (string, string) {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 10
	}
	found, err := s.Search(t.Context(), shop, q)
	if err != nil {
		t.Fatalf("search for %+v: %v", q, err)
	}
	return shown(found), found.Next
}

func shown(found catalog.Found) string {
	var out []string
	for _, p := range found.Products {
		ids := make([]string, len(p.Variants))
		for i, v := range p.Variants {
			ids[i] = v.ID
		}
		out = append(out, p.ID+"("+strings.Join(ids, " ")+")")
	}
	return strings.Join(out, " ")
}

// ids gives the products of all pages of a search.
func ids(t testing.TB, s *store.Store, q catalog.Query) []string {
	t.Helper()
	var out []string
	for range 10_000 {
		found, err := s.Search(t.Context(), shop, q)
		if err != nil {
			t.Fatalf("search for %+v: %v", q, err)
		}
		for _, p := range found.Products {
			out = append(out, p.ID)
		}
		if q.Cursor = found.Next; q.Cursor == "" {
			return out
		}
	}
	t.Fatalf("search for %+v does not end", q)
	return nil
}

func amount(n int64) *int64 { return &n }

// assortment is a small catalogue in which every kind of match occurs.
func assortment() []catalog.Item {
	with := func(fn func(*catalog.Item)) func(*catalog.Item) { return fn }
	return slices.Concat(
		product("mug", "Red Mug", 1200, with(func(it *catalog.Item) {
			it.Brand, it.Categories, it.Description, it.SKU = "Pottery", []string{"Kitchen > Mugs"}, "Holds tea. For the office.", "MUG-77"
		})),
		product("teamug", "Tea Mug with a very long name and a red rim", 1500, with(func(it *catalog.Item) {
			it.Brand, it.Categories = "Pottery", []string{"Kitchen > Mugs"}
		})),
		product("hoodie", "Hoodie", 4500, with(func(it *catalog.Item) {
			it.Brand, it.Categories, it.Description = "Acme Red", []string{"Clothing > Hoodies"}, "Heavy cotton, made in Kraków."
		}), "hoodie-blue-s Blue, S", "hoodie-red-s Red, S", "hoodie-red-m Red, M"),
		product("cafe", "Café crème brûlée", 900, with(func(it *catalog.Item) { it.Tags = []string{"dessert"} })),
		product("shirt", "Men's T-Shirt", 2000, with(func(it *catalog.Item) { it.Description = "A red print." })),
		product("cat", "黒猫のぬいぐるみ", 3000, nil),
		product("berries", "Dried berries", 700, nil),
		product("soldout", "Sold out mug", 100, with(func(it *catalog.Item) { it.Tracked, it.Stock = true, 0 })),
		product("gone", "Discontinued mug", 100, with(func(it *catalog.Item) { it.Availability = catalog.Discontinued })),
		product("not", "Unsold mug", 100, with(func(it *catalog.Item) { it.Availability = catalog.OutOfStock })),
		product("half", "Half there", 100, with(func(it *catalog.Item) {
			if it.ID == "half-a" {
				it.Availability = catalog.Discontinued
			}
		}), "half-a Ash", "half-b Birch"),
	)
}

func testSearch(t *testing.T, open Open) {
	add, replace := store.ImportOptions{}, store.ImportOptions{Replace: true}
	s := open(t)
	imported(t, s, shop, replace, assortment()...)
	imported(t, s, otherShop, replace, product("theirs", "Red Mug", 1200, nil)...)

	for _, c := range []struct {
		name string
		q    catalog.Query
		want string
	}{
		{"a title before a variant, a longer title, a brand and a description", catalog.Query{Words: "red"}, "mug(mug-1) teamug(teamug-1) hoodie(hoodie-red-s hoodie-red-m) shirt(shirt-1)"},
		{"all words count", catalog.Query{Words: "red mug"}, "mug(mug-1) teamug(teamug-1)"},
		{"in any order", catalog.Query{Words: "mug red"}, "mug(mug-1) teamug(teamug-1)"},
		{"words of different fields", catalog.Query{Words: "pottery office"}, "mug(mug-1)"},
		{"the variants that fit best", catalog.Query{Words: "hoodie red s"}, "hoodie(hoodie-red-s)"},
		{"upper case", catalog.Query{Words: "HOODIE blue"}, "hoodie(hoodie-blue-s)"},
		{"without accents", catalog.Query{Words: "creme brulee"}, "cafe(cafe-1)"},
		{"with other accents", catalog.Query{Words: "cafê"}, "cafe(cafe-1)"},
		{"a letter that people replace", catalog.Query{Words: "krakow"}, "hoodie(hoodie-blue-s hoodie-red-s hoodie-red-m)"},
		{"with and without a hyphen", catalog.Query{Words: "tshirt"}, "shirt(shirt-1)"},
		{"with a hyphen", catalog.Query{Words: "t-shirt"}, "shirt(shirt-1)"},
		{"without an apostrophe", catalog.Query{Words: "mens"}, "shirt(shirt-1)"},
		{"a plural for a singular", catalog.Query{Words: "red mugs pottery"}, "mug(mug-1) teamug(teamug-1)"},
		{"a singular for a plural", catalog.Query{Words: "berry"}, "berries(berries-1)"},
		{"the last word as it is typed", catalog.Query{Words: "red mu"}, "mug(mug-1) teamug(teamug-1)"},
		{"two letters begin a word", catalog.Query{Words: "ho"}, "hoodie(hoodie-blue-s hoodie-red-s hoodie-red-m)"},
		{"only the last", catalog.Query{Words: "mu red"}, ""},
		{"the number of an item", catalog.Query{Words: "mug-77"}, "mug(mug-1)"},
		{"a tag", catalog.Query{Words: "dessert"}, "cafe(cafe-1)"},
		{"characters without spaces", catalog.Query{Words: "黒猫"}, "cat(cat-1)"},
		{"a part of them", catalog.Query{Words: "ぬいぐるみ"}, "cat(cat-1)"},
		{"one of them", catalog.Query{Words: "猫"}, "cat(cat-1)"},
		{"the last of them", catalog.Query{Words: "み"}, "cat(cat-1)"},
		{"others", catalog.Query{Words: "白猫"}, ""},
		{"sold out goes last", catalog.Query{Words: "mug"}, "mug(mug-1) teamug(teamug-1) soldout(soldout-1)"},
		{"in stock", catalog.Query{Words: "mug", InStock: true}, "mug(mug-1) teamug(teamug-1)"},
		{"what is not for sale", catalog.Query{Words: "unsold discontinued"}, ""},
		{"a variant that is not for sale", catalog.Query{Words: "half"}, "half(half-b)"},
		{"nor by its words", catalog.Query{Words: "ash"}, ""},
		{"a brand", catalog.Query{Brand: "POTTERY"}, "mug(mug-1) teamug(teamug-1)"},
		{"a brand is not a title", catalog.Query{Brand: "red"}, "hoodie(hoodie-blue-s hoodie-red-s hoodie-red-m)"},
		{"a category", catalog.Query{Category: "mugs", Words: "tea"}, "teamug(teamug-1) mug(mug-1)"},
		{"a category path", catalog.Query{Category: "Clothing > Hoodies"}, "hoodie(hoodie-blue-s hoodie-red-s hoodie-red-m)"},
		{"a least price", catalog.Query{Words: "red", MinPrice: amount(2000)}, "hoodie(hoodie-red-s hoodie-red-m) shirt(shirt-1)"},
		{"a range of prices", catalog.Query{MinPrice: amount(900), MaxPrice: amount(1200)}, "cafe(cafe-1) mug(mug-1)"},
		{"prices of single variants", catalog.Query{MinPrice: amount(4501), MaxPrice: amount(4501)}, "hoodie(hoodie-red-s)"},
		{"a range without a price", catalog.Query{MinPrice: amount(1300), MaxPrice: amount(1200)}, ""},
		{"the cheapest first", catalog.Query{Words: "red", Sort: catalog.CheapFirst}, "mug(mug-1) teamug(teamug-1) shirt(shirt-1) hoodie(hoodie-red-s hoodie-red-m)"},
		{"the dearest first", catalog.Query{Words: "red", Sort: catalog.DearFirst}, "hoodie(hoodie-red-s hoodie-red-m) shirt(shirt-1) teamug(teamug-1) mug(mug-1)"},
		{"everything", catalog.Query{}, "berries(berries-1) cafe(cafe-1) cat(cat-1) half(half-b) hoodie(hoodie-blue-s hoodie-red-s hoodie-red-m) mug(mug-1) shirt(shirt-1) soldout(soldout-1) teamug(teamug-1)"},
		{"everything, the cheapest first", catalog.Query{Sort: catalog.CheapFirst, Limit: 4}, "soldout(soldout-1) half(half-b) berries(berries-1) cafe(cafe-1)"},
		{"everything, the dearest first", catalog.Query{Sort: catalog.DearFirst, Limit: 2}, "hoodie(hoodie-blue-s hoodie-red-s hoodie-red-m) cat(cat-1)"},
		{"everything in stock", catalog.Query{Sort: catalog.CheapFirst, Limit: 2, InStock: true}, "half(half-b) berries(berries-1)"},
		{"no word at all", catalog.Query{Words: " -- !? "}, "berries(berries-1) cafe(cafe-1) cat(cat-1) half(half-b) hoodie(hoodie-blue-s hoodie-red-s hoodie-red-m) mug(mug-1) shirt(shirt-1) soldout(soldout-1) teamug(teamug-1)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := search(t, s, c.q); got != c.want {
				t.Errorf("search for %q gives\n%s\nwant\n%s", c.q.Words, got, c.want)
			}
		})
	}

	t.Run("nothing in a query is an operator", func(t *testing.T) {
		for _, words := range []string{`"red`, `red" OR "berries`, `red*`, `red NEAR berries`, `NEAR(red berries)`, `red:mug`, `^red`, `-red mug`,
			`red AND`, `(red`, `red') | ('berries`, `'red'`, `red\`, `red & !mug`, `red:*`, `{words}: red`, "red\x00mug", "red\xff\xfe", `words:red`} {
			got, _ := search(t, s, catalog.Query{Words: words})
			if strings.Contains(got, "berries") {
				t.Errorf("%q finds %s", words, got)
			}
		}
		if got, _ := search(t, s, catalog.Query{Words: `"red" * (mug):`}); got != "mug(mug-1) teamug(teamug-1)" {
			t.Errorf("signs between the words: %s", got)
		}
		for _, q := range []catalog.Query{{Brand: `"`}, {Category: `' OR 1=1 --`}, {Brand: "Acme\" OR \"1amug"}} {
			if got, _ := search(t, s, q); strings.Contains(got, "mug") && len(q.Brand) > 1 {
				t.Errorf("%+v finds %s", q, got)
			}
		}
	})

	t.Run("a product by its id and by that of a variant", func(t *testing.T) {
		for _, id := range []string{"hoodie", "hoodie-red-s"} {
			p, err := s.Product(t.Context(), shop, id)
			if got := shown(catalog.Found{Products: []catalog.Product{p}}); err != nil || got != "hoodie(hoodie-blue-s hoodie-red-m hoodie-red-s)" {
				t.Errorf("%s: %s, %v", id, got, err)
			}
		}
		for _, id := range []string{"", "none", "theirs", "gone", "gone-1"} {
			if p, err := s.Product(t.Context(), shop, id); !errors.Is(err, catalog.ErrNotFound) {
				t.Errorf("%q: %+v, %v", id, p, err)
			}
		}
	})

	t.Run("a cursor is of its search alone", func(t *testing.T) {
		_, next := search(t, s, catalog.Query{Words: "red", Limit: 1})
		for _, q := range []catalog.Query{{Words: "mug", Cursor: next}, {Words: "red", Sort: catalog.CheapFirst, Cursor: next},
			{Words: "red", Brand: "x", Cursor: next}, {Words: "red", Cursor: next[:5]}, {Words: "red", Cursor: "?"}, {Words: "red", Cursor: next + "="}} {
			q.Limit = 1
			if _, err := s.Search(t.Context(), shop, q); !errors.Is(err, catalog.ErrCursor) {
				t.Errorf("%+v: %v", q, err)
			}
		}
		if _, err := s.Search(t.Context(), otherShop, catalog.Query{Words: "red", Limit: 1, Cursor: next}); !errors.Is(err, catalog.ErrCursor) {
			t.Errorf("at another shop: %v", err)
		}
	})

	t.Run("pages follow each other, whatever their size", func(t *testing.T) {
		for _, q := range []catalog.Query{{}, {Words: "red"}, {Words: "m"}, {Sort: catalog.CheapFirst}, {Sort: catalog.DearFirst}, {Words: "red", Sort: catalog.DearFirst},
			{InStock: true}, {MaxPrice: amount(1500)}} {
			q.Limit = catalog.MaxFound
			want := ids(t, s, q)
			for _, q.Limit = range []int{1, 2, 3} {
				if diff := cmp.Diff(want, ids(t, s, q)); diff != "" {
					t.Errorf("%+v: %s", q, diff)
				}
			}
		}
	})

	t.Run("what is remembered of a search is not its stock and prices", func(t *testing.T) {
		s := open(t)
		tracked := func(it *catalog.Item) { it.Tracked, it.Stock = true, 1 }
		imported(t, s, shop, add, slices.Concat(product("p", "Red cup", 100, tracked), product("q", "Red jug", 200, tracked))...)
		in := catalog.Query{Words: "red", InStock: true}
		for range 2 {
			if got, _ := search(t, s, in); got != "p(p-1) q(q-1)" {
				t.Fatalf("found %s", got)
			}
		}
		holds(t, s, func(tx *store.Tx) error { return tx.Reserve(shop, "p-1", 1) })
		if got, _ := search(t, s, in); got != "q(q-1)" {
			t.Errorf("after the last one was sold: %s", got)
		}
		imported(t, s, shop, add, product("q", "Red jug", 300, tracked)...)
		found, err := s.Search(t.Context(), shop, catalog.Query{Words: "red", InStock: true, Limit: 5})
		if err != nil || len(found.Products) != 1 || found.Products[0].Variants[0].Price != 300 {
			t.Errorf("after its price was changed: %+v, %v", found, err)
		}
	})

	t.Run("what a page cannot be", func(t *testing.T) {
		for _, q := range []catalog.Query{{}, {Limit: -1}, {Limit: catalog.MaxFound + 1}, {Limit: 1, Sort: "newest"}} {
			if _, err := s.Search(t.Context(), shop, q); err == nil {
				t.Errorf("%+v is a page", q)
			}
		}
		if found, err := s.Search(t.Context(), "no such shop", catalog.Query{Limit: 1}); err != nil || len(found.Products) > 0 {
			t.Errorf("a shop without a catalogue: %+v, %v", found, err)
		}
	})

	t.Run("imports", func(t *testing.T) { testSearchImports(t, open, add, replace) })
	t.Run("more matches than are ranked", func(t *testing.T) { testManyMatches(t, open) })
	t.Run("every item is found by every word of its title", func(t *testing.T) { testFoundByTitle(t, open) })
}

// A word that more products have than are ranked: the order is still defined,
// and pages by price and without words go on to the end.
func testManyMatches(t *testing.T, open Open) {
	s := open(t)
	const n = catalog.MaxRanked + 500
	var items []catalog.Item
	for i := range n {
		items = append(items, product(fmt.Sprintf("p%05d", i), "Common thing", int64(100+(i*7919)%n), func(it *catalog.Item) {
			it.Brand, it.Tracked, it.Stock = "Acme", true, int64(i%2)
		})...)
	}
	for i := range 3 {
		items = append(items, product(fmt.Sprintf("z%d", i), "Rare common thing", 50, nil)...)
	}
	imported(t, s, shop, store.ImportOptions{Replace: true}, items...)
	ranked := ids(t, s, catalog.Query{Words: "common", Limit: 50})
	if len(ranked) != catalog.MaxRanked || ranked[0] != "p00001" {
		t.Errorf("%d products ranked, the first is %s", len(ranked), ranked[0])
	}
	if got := ids(t, s, catalog.Query{Words: "common rare", Limit: 50}); len(got) != 3 {
		t.Errorf("with a rare word: %v", got)
	}
	for name, c := range map[string]struct {
		q    catalog.Query
		want int
	}{
		"all":                   {catalog.Query{}, n + 3},
		"all in stock":          {catalog.Query{InStock: true}, n/2 + 3},
		"words by price":        {catalog.Query{Words: "common", Sort: catalog.CheapFirst}, n + 3},
		"words by price, down":  {catalog.Query{Words: "common thing", Sort: catalog.DearFirst}, n + 3},
		"brand":                 {catalog.Query{Brand: "acme"}, n},
		"brand by price":        {catalog.Query{Brand: "acme", Sort: catalog.CheapFirst}, n},
		"prices":                {catalog.Query{MinPrice: amount(100), MaxPrice: amount(100 + n)}, n},
		"few prices":            {catalog.Query{MinPrice: amount(100), MaxPrice: amount(109)}, 10},
		"words and few prices":  {catalog.Query{Words: "common", MinPrice: amount(100), MaxPrice: amount(109)}, 10},
		"words by price, begun": {catalog.Query{Words: "comm", Sort: catalog.CheapFirst}, n + 3},
	} {
		c.q.Limit = 50
		got := ids(t, s, c.q)
		if len(got) != c.want || len(slices.Compact(slices.Sorted(slices.Values(got)))) != c.want {
			t.Errorf("%s: %d products; want %d, each once", name, len(got), c.want)
		}
	}
}

func testFoundByTitle(t *testing.T, open Open) {
	s := open(t)
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("abcdeéßØøñÅ1239-' ./猫犬のカー가나กขйЙİıﬁ½²ΣςάÆ\"*:(")), 1, 24, -1)
	rapid.Check(t, func(rt *rapid.T) {
		titles := rapid.SliceOfN(letters, 1, 6).Draw(rt, "titles")
		var items []catalog.Item
		for i, title := range titles {
			items = append(items, product(fmt.Sprintf("p%d", i), title, 100, nil)...)
		}
		imported(t, s, shop, store.ImportOptions{Replace: true}, items...)
		for i, title := range titles {
			for _, part := range strings.FieldsFunc(title, func(r rune) bool { return strings.ContainsRune(" ./\"*:(", r) }) {
				found := ids(t, s, catalog.Query{Words: part, Limit: 50})
				if !slices.Contains(found, fmt.Sprintf("p%d", i)) {
					rt.Fatalf("%q is not found by %q but %v", title, part, found)
				}
			}
		}
	})
}

// EqualSearch imports the same random catalogues into two stores and compares
// what searches give, and in which order.
func EqualSearch(t *testing.T, openA, openB Open) {
	a, b := openA(t), openB(t)
	vocabulary := []string{"red", "blue", "mug", "mugs", "hoodie", "tea", "Crème", "猫", "黒猫", "t-shirt", "n1", "n12", "n13"}
	word := rapid.SampledFrom(vocabulary)
	text := rapid.Custom(func(rt *rapid.T) string { return strings.Join(rapid.SliceOfN(word, 0, 4).Draw(rt, "words"), " ") })
	one := rapid.Custom(func(rt *rapid.T) catalog.Item {
		n := rapid.IntRange(0, 30).Draw(rt, "item")
		return catalog.Item{ID: fmt.Sprintf("i%d", n), ProductID: fmt.Sprintf("P%c%d", "aZ_é"[n%4], rapid.IntRange(0, 12).Draw(rt, "product")), Title: text.Draw(rt, "title"),
			ProductTitle: text.Draw(rt, "product title"), Brand: text.Draw(rt, "brand"), Description: text.Draw(rt, "description"), Currency: "eur",
			Price: int64(rapid.IntRange(0, 40).Draw(rt, "price")), Availability: rapid.SampledFrom([]catalog.Availability{catalog.InStock, catalog.Preorder, catalog.OutOfStock}).Draw(rt, "availability"),
			Tracked: rapid.Bool().Draw(rt, "tracked"), Stock: int64(rapid.IntRange(0, 1).Draw(rt, "stock"))}
	})
	rapid.Check(t, func(rt *rapid.T) {
		items := rapid.SliceOfN(one, 0, 30).Draw(rt, "items")
		opts := store.ImportOptions{Replace: rapid.Bool().Draw(rt, "replace")}
		imported(t, a, shop, opts, items...)
		imported(t, b, shop, opts, items...)
		for range 4 {
			q := catalog.Query{Words: text.Draw(rt, "query"), Limit: rapid.IntRange(1, 9).Draw(rt, "limit"), InStock: rapid.Bool().Draw(rt, "in stock"),
				Sort: rapid.SampledFrom([]catalog.Sort{catalog.ByRelevance, catalog.CheapFirst, catalog.DearFirst}).Draw(rt, "sort")}
			if rapid.Bool().Draw(rt, "with brand") {
				q.Brand = word.Draw(rt, "brand")
			}
			if rapid.Bool().Draw(rt, "with price") {
				q.MinPrice = amount(int64(rapid.IntRange(0, 40).Draw(rt, "least")))
			}
			for range 6 {
				foundA, errA := a.Search(t.Context(), shop, q)
				foundB, errB := b.Search(t.Context(), shop, q)
				if errA != nil || errB != nil {
					rt.Fatal(errA, errB)
				}
				if diff := cmp.Diff(foundA, foundB); diff != "" {
					rt.Fatalf("%+v: %s", q, diff)
				}
				if q.Cursor = foundA.Next; q.Cursor == "" {
					break
				}
			}
		}
	})
}
