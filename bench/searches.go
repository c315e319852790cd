package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/postgres"
	"github.com/checkstand/checkstand/store/sqlite"
)

// searchedProducts is how many products there are without -sizes.
const searchedProducts = 1_000_000

// searchKind is a kind of query: the same thing asked in many words.
type searchKind struct {
	name  string
	query func(r *rand.Rand) catalog.Query
}

// vocabulary is what titles and descriptions are made of. Words are drawn so
// that a few are in very many products and most in few, as in any language.
type vocabulary struct {
	kinds, colours, materials, brands, models, prose []string
}

func newVocabulary() *vocabulary {
	r := rand.New(rand.NewPCG(1, 2))
	return &vocabulary{
		kinds: coin(r, 300, 2, 3), colours: coin(r, 24, 2, 2), materials: coin(r, 40, 2, 3),
		brands: coin(r, 3000, 2, 3), models: coin(r, 40_000, 3, 4), prose: coin(r, 8000, 1, 4),
	}
}

// coin makes different words of so many syllables.
func coin(r *rand.Rand, n, least, most int) []string {
	const starts, vowels = "bdfghjklmnprstvwz", "aeiou"
	seen := map[string]bool{}
	var out []string
	for len(out) < n {
		var b strings.Builder
		for range least + r.IntN(most-least+1) {
			b.WriteByte(starts[r.IntN(len(starts))])
			b.WriteByte(vowels[r.IntN(len(vowels))])
			if r.IntN(3) == 0 {
				b.WriteByte("lnrst"[r.IntN(5)])
			}
		}
		if w := b.String(); !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// often draws a word, those in front far more often than the others.
func often(r *rand.Rand, list []string) string {
	f := r.Float64()
	return list[int(f*f*f*float64(len(list)))]
}

func (v *vocabulary) product(r *rand.Rand, i int) []catalog.Item {
	kind, colour, brand := often(r, v.kinds), often(r, v.colours), often(r, v.brands)
	title := fmt.Sprintf("%s %s %s %s %d", brand, often(r, v.materials), kind, often(r, v.models), i%1000)
	var prose strings.Builder
	prose.WriteString("The")
	for range 18 {
		prose.WriteString(" " + often(r, v.prose))
	}
	it := catalog.Item{ProductID: fmt.Sprintf("p%07d", i), Title: title + " - " + colour, ProductTitle: title, Description: prose.String(), Brand: brand,
		Categories: []string{"All > " + v.kinds[i%20] + " > " + kind}, Images: []string{fmt.Sprintf("/pictures/%d.jpg", i)}, SKU: fmt.Sprintf("SKU-%d", i),
		Options: []catalog.Option{{Name: "Colour", Value: colour}}, Price: 500 + int64(r.ExpFloat64()*4000), Currency: "usd",
		Kind: catalog.Physical, Availability: catalog.InStock, Tracked: true, Stock: int64(r.IntN(10))}
	n := 1
	if i%10 == 0 {
		n = 4
	}
	items := make([]catalog.Item, n)
	for k := range items {
		items[k] = it
		items[k].ID = fmt.Sprintf("p%07d-%d", i, k)
		items[k].Price += int64(100 * k)
	}
	return items
}

// searches are the kinds of queries that are measured.
func (v *vocabulary) searches() []searchKind {
	price := func(n int64) *int64 { return &n }
	return []searchKind{
		{"a common word", func(r *rand.Rand) catalog.Query { return catalog.Query{Words: v.kinds[r.IntN(5)]} }},
		{"a word of every product", func(*rand.Rand) catalog.Query { return catalog.Query{Words: "the"} }},
		{"colour and kind", func(r *rand.Rand) catalog.Query {
			return catalog.Query{Words: often(r, v.colours) + " " + often(r, v.kinds)}
		}},
		{"brand, colour, kind", func(r *rand.Rand) catalog.Query {
			return catalog.Query{Words: often(r, v.brands) + " " + often(r, v.colours) + " " + often(r, v.kinds)}
		}},
		{"three words of descriptions", func(r *rand.Rand) catalog.Query {
			return catalog.Query{Words: often(r, v.prose) + " " + often(r, v.prose) + " " + often(r, v.prose)}
		}},
		{"two or three letters", func(r *rand.Rand) catalog.Query { return catalog.Query{Words: often(r, v.models)[:2+r.IntN(2)]} }},
		{"a kind and a beginning", func(r *rand.Rand) catalog.Query {
			return catalog.Query{Words: often(r, v.kinds) + " " + often(r, v.models)[:4]}
		}},
		{"a rare word", func(r *rand.Rand) catalog.Query {
			return catalog.Query{Words: v.models[len(v.models)-1-r.IntN(5000)]}
		}},
		{"no result", func(r *rand.Rand) catalog.Query {
			return catalog.Query{Words: often(r, v.kinds) + " qq" + often(r, v.models)}
		}},
		{"price range, in stock", func(r *rand.Rand) catalog.Query {
			low := int64(r.IntN(8000))
			return catalog.Query{Words: often(r, v.kinds), MinPrice: &low, MaxPrice: price(low + 500), InStock: true}
		}},
		{"the cheapest of a kind", func(r *rand.Rand) catalog.Query {
			return catalog.Query{Words: often(r, v.kinds), Sort: catalog.CheapFirst}
		}},
		{"the dearest with two words", func(r *rand.Rand) catalog.Query {
			return catalog.Query{Words: often(r, v.colours) + " " + often(r, v.kinds), Sort: catalog.DearFirst}
		}},
		{"a brand and a category", func(r *rand.Rand) catalog.Query {
			return catalog.Query{Brand: often(r, v.brands), Category: v.kinds[r.IntN(20)]}
		}},
		{"no words, in stock", func(*rand.Rand) catalog.Query { return catalog.Query{InStock: true} }},
	}
}

// measureSearches fills a catalogue on each store and asks it.
func measureSearches(ctx context.Context, opts options) error {
	fmt.Printf("%d CPUs, %s %s/%s; %d callers, 10 products a page, every second query asks for its second page too\n",
		runtime.GOMAXPROCS(0), runtime.Version(), runtime.GOOS, runtime.GOARCH, searchCallers)
	for _, kind := range opts.stores {
		for _, n := range opts.sizes {
			if err := searchOn(ctx, kind, n, opts); err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
		}
	}
	return nil
}

func searchOn(ctx context.Context, kind string, n int, opts options) error {
	if kind == onPostgres {
		return withDatabases(1, func(urls []string) error {
			s, err := postgres.Open(ctx, urls[0], postgres.Options{})
			if err != nil {
				return err
			}
			return searchIn(ctx, kind, s, postgresSize, urls[0], n, opts)
		})
	}
	path := filepath.Join(opts.dir, fmt.Sprintf("search-%d.db", n))
	s, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	return searchIn(ctx, kind, s, sqliteSize, path, n, opts)
}

// searchIn measures in a store, which it closes. sizeOf measures the database at
// an address in bytes.
func searchIn(ctx context.Context, kind string, s *store.Store, sizeOf func(ctx context.Context, address string) (index, all int64, err error), address string, n int, opts options) (err error) {
	defer func() { err = errors.Join(err, s.Close()) }()
	v := newVocabulary()
	began := time.Now()
	items, err := fillCatalogue(ctx, s, v, n)
	if err != nil {
		return err
	}
	took := time.Since(began)
	index, all, err := sizeOf(ctx, address)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s: %d products, %d variants, imported in %.0f s; the index has %.0f MB of the database's %.0f MB (%.0f bytes a product)\n\n",
		kind, n, items, took.Seconds(), megabytes(uint64(index)), megabytes(uint64(all)), float64(index)/float64(n))
	return askAll(ctx, s, v, opts.duration)
}

func fillCatalogue(ctx context.Context, s *store.Store, v *vocabulary, n int) (items int, err error) {
	im, err := s.Import(ctx, merchantID, store.ImportOptions{Replace: true})
	if err != nil {
		return 0, err
	}
	r := rand.New(rand.NewPCG(3, 4))
	for i := range n {
		p := v.product(r, i)
		items += len(p)
		if err := im.Put(p...); err != nil {
			return 0, errors.Join(err, im.Abort())
		}
		if i%10_000 == 0 {
			progress("%d products written", i)
		}
	}
	_, err = im.Commit()
	return items, err
}

const searchCallers = 2

// askAll measures each kind by itself, and prints what all of them make
// together: the same number of queries of each.
func askAll(ctx context.Context, s *store.Store, v *vocabulary, each time.Duration) error {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	fmt.Fprintln(t, "\tquery\tqueries/s\tproducts\tp50 ms\tp99 ms\tCPU p50 ms\tCPU p99 ms\tCPU most ms\t")
	fmt.Fprintln(t, "\t--\t--:\t--:\t--:\t--:\t--:\t--:\t--:\t")
	var together []asked
	fewest := 0
	var lists [][]asked
	for _, kind := range v.searches() {
		progress("%s", kind.name)
		times, found, took, err := ask(ctx, s, kind, each)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		if fewest == 0 || len(times) < fewest {
			fewest = len(times)
		}
		lists = append(lists, slices.Clone(times))
		searchRow(t, kind.name, times, found, took)
	}
	for _, list := range lists {
		together = append(together, list[:fewest]...)
	}
	searchRow(t, "all alike", together, -1, 0)
	return t.Flush()
}

func searchRow(t *tabwriter.Writer, name string, times []asked, found int64, took time.Duration) {
	at := func(share float64) asked { return times[int(share*float64(len(times)-1))] }
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	rate, products := "", ""
	if found >= 0 {
		rate, products = fmt.Sprintf("%.0f", float64(len(times))/took.Seconds()), fmt.Sprintf("%.1f", float64(found)/float64(len(times)))
	}
	slices.SortFunc(times, func(a, b asked) int { return cmp.Compare(a.took, b.took) })
	fmt.Fprintf(t, "\t%s\t%s\t%s\t%.1f\t%.1f\t", name, rate, products, ms(at(0.5).took), ms(at(0.99).took))
	slices.SortFunc(times, func(a, b asked) int { return cmp.Compare(a.cpu, b.cpu) })
	fmt.Fprintf(t, "%.1f\t%.1f\t%.1f\t\n", ms(at(0.5).cpu), ms(at(0.99).cpu), ms(at(1).cpu))
}

// asked is what one query took, by the clock and of its thread's CPU, which
// counts all of SQLite's work and none of what else the machine does.
type asked struct{ took, cpu time.Duration }

// ask runs queries of one kind, different ones, for a time.
func ask(ctx context.Context, s *store.Store, kind searchKind, d time.Duration) (times []asked, found int64, took time.Duration, err error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var total atomic.Int64
	began := time.Now()
	for c := range searchCallers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(c), 7))
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			var own []asked
			cursor, last := "", catalog.Query{}
			for time.Since(began) < d {
				q := last
				if q.Cursor = cursor; cursor == "" || q.Limit == 0 {
					q = kind.query(r)
					q.Limit = 10
				}
				start, before := time.Now(), threadTime()
				page, e := s.Search(ctx, merchantID, q)
				own = append(own, asked{time.Since(start), threadTime() - before})
				total.Add(int64(len(page.Products)))
				if e != nil {
					mu.Lock()
					err = errors.Join(err, e)
					mu.Unlock()
					return
				}
				if last = q; q.Cursor == "" {
					cursor = page.Next
				} else {
					cursor = ""
				}
			}
			mu.Lock()
			times = append(times, own...)
			mu.Unlock()
		})
	}
	wg.Wait()
	return times, total.Load(), time.Since(began), err
}

func sqliteSize(ctx context.Context, path string) (index, all int64, err error) {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, `SELECT coalesce(sum(CASE WHEN s.tbl_name LIKE 'search%' OR d.name = 'item_product' THEN d.pgsize END), 0), sum(d.pgsize)
FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name WHERE d.aggregate = TRUE`).Scan(&index, &all)
	return index, all, err
}

func postgresSize(ctx context.Context, url string) (index, all int64, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	err = conn.QueryRow(ctx, `SELECT sum(pg_total_relation_size(c.oid))::bigint + pg_relation_size('item_product'), pg_database_size(current_database())
FROM pg_class c WHERE c.relname IN ('search_scope', 'search_product', 'search_word')`).Scan(&index, &all)
	return index, all, err
}
