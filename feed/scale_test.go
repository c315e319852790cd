package feed_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/feed"
	"github.com/checkstand/checkstand/feed/feedtest"
)

// generated streams a Shopify export of n variants.
func generated(n int) io.Reader {
	r, w := io.Pipe()
	go func() { w.CloseWithError(feedtest.WriteShopify(w, n)) }()
	return r
}

func TestGeneratedCatalogueImports(t *testing.T) {
	const n = 1001
	got := read(t, generated(n), feed.Options{Currency: "eur"})
	want := (n + feedtest.VariantsPerProduct - 1) / feedtest.VariantsPerProduct
	if s := got.summary; s.Variants != n || s.Products != want || s.Rejected != 0 || len(got.findings) != 0 {
		t.Errorf("summary %+v", s)
	}
	it := got.item(t, "shirt-0000003--extra-large")
	if it.Price != 1003 || it.ListPrice != 1503 || !it.Tracked || it.Stock != 15 || len(it.Images) != 3 || it.WeightGrams != 240 {
		t.Errorf("%+v", it)
	}
}

// liveHeap imports n variants and gives the bytes that are alive when the
// last item is handed over.
func liveHeap(t *testing.T, n int) int64 {
	t.Helper()
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	items := 0
	_, err := feed.Read(context.Background(), generated(n), feed.Options{Currency: "eur"}, func(catalog.Item) error {
		if items++; items == n-1 {
			runtime.GC()
			runtime.ReadMemStats(&during)
		}
		return nil
	}, nil)
	if err != nil || items != n {
		t.Fatalf("%d items, %v", items, err)
	}
	return int64(during.HeapAlloc) - int64(before.HeapAlloc)
}

// Nothing grows with the file: what finds duplicates has a fixed size.
func TestMemoryStaysFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a long catalogue")
	}
	const few, many = 10_000, 200_000
	small, large := liveHeap(t, few), liveHeap(t, many)
	t.Logf("live heap: %d KiB at %d variants, %d KiB at %d", small>>10, few, large>>10, many)
	if limit := small + 2<<20; large > limit {
		t.Errorf("%d bytes alive at %d variants, more than %d", large, many, limit)
	}
}

func BenchmarkReadShopify(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var text bytes.Buffer
			if err := feedtest.WriteShopify(&text, n); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(text.Len()))
			for b.Loop() {
				s, err := feed.Read(context.Background(), bytes.NewReader(text.Bytes()), feed.Options{Currency: "eur"}, func(catalog.Item) error { return nil }, nil)
				if err != nil || s.Variants != n {
					b.Fatalf("%+v, %v", s, err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "variants/s")
		})
	}
}
