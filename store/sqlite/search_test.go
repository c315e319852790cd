package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/sqlite"
)

func lamp(id, title string) catalog.Item {
	return catalog.Item{ID: id, ProductID: "p-" + id, Title: title, ProductTitle: title, Price: 100, Currency: "eur",
		Kind: catalog.Physical, Availability: catalog.InStock}
}

func put(t testing.TB, s *store.Store, opts store.ImportOptions, items ...catalog.Item) {
	t.Helper()
	im, err := s.Import(t.Context(), "shop", opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := im.Put(items...); err != nil {
		t.Fatal(err)
	}
	if _, err := im.Commit(); err != nil {
		t.Fatal(err)
	}
}

func found(t testing.TB, s *store.Store, words string) (out []string) {
	t.Helper()
	page, err := s.Search(t.Context(), "shop", catalog.Query{Words: words, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range page.Products {
		out = append(out, p.ID)
	}
	return out
}

// raw runs statements beside the store.
func raw(t testing.TB, path string, fn func(*sql.DB)) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	fn(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// A database of before there was a search is searched after it is opened, and
// so is one whose opening was cut off half way.
func TestOpenIndexesWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openFile(t, path)
	var items []catalog.Item
	for i := range 2*store.ImportBatch + 5 {
		items = append(items, lamp(fmt.Sprintf("%05d", i), fmt.Sprintf("Lamp number%d", i)))
	}
	put(t, s, store.ImportOptions{}, items...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, statements := range map[string][]string{
		"none":     {`DELETE FROM search_words WHERE rowid IN (SELECT doc FROM search_product)`, `DELETE FROM search_product`, `DELETE FROM search_word`, `DELETE FROM search_scope`},
		"half way": {`DELETE FROM search_words WHERE rowid IN (SELECT doc FROM search_product WHERE doc % 2 = 0)`, `DELETE FROM search_product WHERE doc % 2 = 0`, `UPDATE search_scope SET ready = 0`},
	} {
		raw(t, path, func(db *sql.DB) {
			for _, q := range statements {
				if _, err := db.Exec(q); err != nil {
					t.Fatal(err)
				}
			}
		})
		s := openFile(t, path)
		for _, i := range []int{0, 1, 2, 3, store.ImportBatch, 2*store.ImportBatch + 4} {
			if got := found(t, s, fmt.Sprintf("number%d", i)); len(got) == 0 || got[0] != fmt.Sprintf("p-%05d", i) {
				t.Errorf("%s: number %d: %v", name, i, got)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		raw(t, path, func(db *sql.DB) {
			var docs, ready int
			if err := db.QueryRow(`SELECT (SELECT count(*) FROM search_product), (SELECT sum(ready) FROM search_scope)`).Scan(&docs, &ready); err != nil {
				t.Fatal(err)
			}
			if docs != len(items) || ready != 1 {
				t.Errorf("%s: %d of %d products in the index, %d ready", name, docs, len(items), ready)
			}
		})
	}
}

// Catalogues that were replaced and imports that were dropped leave nothing in
// the index.
func TestTheIndexKeepsNothingThatIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openFile(t, path)
	many := func(word string) (items []catalog.Item) {
		for i := range store.ImportBatch + 100 {
			items = append(items, lamp(fmt.Sprintf("%s%d", word, i), word))
		}
		return items
	}
	put(t, s, store.ImportOptions{Replace: true}, many("first")...)
	im, err := s.Import(t.Context(), "shop", store.ImportOptions{Replace: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(im.Put(many("aborted")...), im.Abort()); err != nil {
		t.Fatal(err)
	}
	put(t, s, store.ImportOptions{Replace: true}, lamp("last", "Last"))
	if got := fmt.Sprint(found(t, s, "last"), found(t, s, "first"), found(t, s, "aborted")); got != "[p-last] [] []" {
		t.Errorf("found %s", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw(t, path, func(db *sql.DB) {
		for table, want := range map[string]int{"search_product": 1, "search_word": 1, "search_scope": 1, "search_words_docsize": 1, "stale_generation": 0} {
			var n int
			if err := db.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil || n != want {
				t.Errorf("%s has %d rows, %v; want %d", table, n, err, want)
			}
		}
		if _, err := db.Exec(`INSERT INTO search_words (search_words) VALUES ('integrity-check')`); err != nil {
			t.Errorf("the index is damaged: %v", err)
		}
	})
}

// A search remembers where the catalogue is. When another process replaces it,
// the next search finds the new one, and what is left of none.
func TestSearchAfterAnotherProcessReplacedTheCatalogue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, other := openFile(t, path), openFile(t, path)
	for _, word := range []string{"first", "second", "third"} {
		put(t, other, store.ImportOptions{Replace: true}, lamp(word, "Lamp "+word))
		if got := fmt.Sprint(found(t, s, word), found(t, s, "lamp"), found(t, s, "")); got != fmt.Sprintf("[p-%[1]s] [p-%[1]s] [p-%[1]s]", word) {
			t.Errorf("%s: found %s", word, got)
		}
	}
	put(t, other, store.ImportOptions{Replace: true})
	if got := found(t, s, "lamp"); len(got) != 0 {
		t.Errorf("an empty catalogue has %v", got)
	}
}

// A search remembers how the products rank, and finds what another process has
// added, changed or taken from sale since as soon as that is in the catalogue.
func TestSearchAfterAnotherProcessChangedTheCatalogue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, other := openFile(t, path), openFile(t, path)
	gone := lamp("first", "Lamp first")
	gone.Availability = catalog.Discontinued
	for _, step := range []struct {
		put  catalog.Item
		want string
	}{
		{lamp("first", "Lamp first"), "[p-first]"},
		{lamp("second", "Lamp second"), "[p-first p-second]"},
		{lamp("second", "Mirror second"), "[p-first]"},
		{gone, "[]"},
	} {
		put(t, other, store.ImportOptions{}, step.put)
		for range 3 {
			if got := fmt.Sprint(found(t, s, "lamp")); got != step.want {
				t.Errorf("after %s, %s: found %s; want %s", step.put.ID, step.put.Title, got, step.want)
			}
		}
	}
}

// Whatever a query holds, it is words: no error but of the cursor, and only
// products that have one of them.
func FuzzSearch(f *testing.F) {
	s, err := sqlite.Open(f.Context(), filepath.Join(f.TempDir(), "store.db"), sqlite.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.Error(err)
		}
	})
	put(f, s, store.ImportOptions{}, lamp("red", "Red lamp"), lamp("blue", "Blue lamp"), lamp("cat", "黒猫"))
	page, err := s.Search(f.Context(), "shop", catalog.Query{Limit: 1})
	if err != nil {
		f.Fatal(err)
	}
	for _, q := range []string{"red", `"red" OR "blue"`, "red*", "NEAR(red, blue)", "words:red", "a-b", "' ; DROP TABLE item; --", "猫", "\x00", "1tred", strings.Repeat("a ", 99)} {
		f.Add(q, "", "", "", int64(0), int64(1000), byte(0))
		f.Add("", q, q, page.Next, int64(-5), int64(5), byte(1))
	}
	f.Fuzz(func(t *testing.T, words, brand, category, cursor string, low, high int64, sort byte) {
		q := catalog.Query{Words: words, Brand: brand, Category: category, Cursor: cursor, MinPrice: &low, MaxPrice: &high, Limit: 50,
			Sort: []catalog.Sort{catalog.ByRelevance, catalog.CheapFirst, catalog.DearFirst}[sort%3], InStock: sort%2 == 1}
		page, err := s.Search(t.Context(), "shop", q)
		if err != nil && !errors.Is(err, catalog.ErrCursor) {
			t.Fatalf("%+v: %v", q, err)
		}
		for _, p := range page.Products {
			if p.Variants[0].Price < low || p.Variants[0].Price > high {
				t.Errorf("%+v finds %s at %d", q, p.ID, p.Variants[0].Price)
			}
		}
	})
}
