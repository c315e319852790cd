package storetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/store"
)

// callersPerCPU is how many units of work wait at once in BenchmarkUpdate.
const callersPerCPU = 32

// BenchmarkUpdate measures units of work that insert a session of about 2 KB
// and an idempotency record with its answer, as creating a session does.
func BenchmarkUpdate(b *testing.B, open Open) {
	s := open(b)
	ctx := b.Context()
	var n atomic.Int64
	expires := time.Now().Add(time.Hour)
	body := make([]byte, 1500)
	b.SetParallelism(callersPerCPU)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := fmt.Sprintf("cs_%d", n.Add(1))
			ses := newSession(shop, id)
			for i := range 3 {
				ses.LineItems = append(ses.LineItems, acp.LineItem{ID: fmt.Sprint(i), Item: acp.ItemRef{ID: "item"}, Quantity: 1, Name: "Hoodie - Red, Logo",
					Description: "A hoodie of heavy cotton with a kangaroo pocket, made to be worn for years.",
					Totals:      []acp.Total{{Type: acp.TotalSubtotal, DisplayText: "Subtotal", Amount: 1999}, {Type: acp.TotalTotal, DisplayText: "Total", Amount: 1999}}})
			}
			rec := idempotency.Record{Hash: sha256.Sum256([]byte(id)), MerchantID: shop, State: idempotency.Done, Status: 201, Body: body, ExpiresAt: expires}
			err := s.Update(ctx, func(tx checkout.Tx) error {
				return errors.Join(tx.InsertSession(ses), tx.PutIdempotencyRecord(rec, nil))
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "txn/s")
}

// BenchmarkImport measures a replacing import; an operation is one item of
// about half a kilobyte.
func BenchmarkImport(b *testing.B, open Open) {
	s := open(b)
	im, err := s.Import(b.Context(), shop, store.ImportOptions{Replace: true})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for i := range b.N {
		it := newItem(fmt.Sprintf("item-%09d", i), 10)
		it.Description = "A hoodie of heavy cotton with a kangaroo pocket, made to be worn for years."
		if err := im.Put(it); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := im.Commit(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
}

// BenchmarkItems measures the read of five items by id.
func BenchmarkItems(b *testing.B, open Open) {
	s := open(b)
	im, err := s.Import(b.Context(), shop, store.ImportOptions{Replace: true})
	if err != nil {
		b.Fatal(err)
	}
	const items = 20_000
	for i := range items {
		if err := im.Put(newItem(fmt.Sprintf("item-%09d", i), 10)); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := im.Commit(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		ids := make([]string, 5)
		for n := 0; pb.Next(); n++ {
			for i := range ids {
				ids[i] = fmt.Sprintf("item-%09d", (n*7919+i)%items)
			}
			got, err := s.Reader(b.Context()).Items(shop, ids)
			if err != nil || len(got) != len(ids) {
				b.Errorf("%d items, %v", len(got), err)
				return
			}
		}
	})
}
