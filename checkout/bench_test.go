package checkout_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/pricing"
)

// noStore sells the goods and forgets what is written, so that a benchmark
// shows the work of the core alone.
type noStore struct {
	checkout.Tx
	items map[string]*catalog.Item
}

func (s noStore) Update(_ context.Context, fn func(checkout.Tx) error) error { return fn(s) }
func (s noStore) Reader(context.Context) checkout.Reader                     { return s }
func (s noStore) Run() int                                                   { return 0 }
func (s noStore) RecentItems(string, []string) (map[string]*catalog.Item, error) {
	return s.items, nil
}
func (s noStore) InsertSession(*checkout.Session) error { return nil }
func (s noStore) PutIdempotencyRecord(idempotency.Record, *idempotency.Record) error {
	return nil
}
func (s noStore) DiscountUses(_ string, _ bool, uses []checkout.Use) (map[checkout.Use]int64, error) {
	return make(map[checkout.Use]int64, len(uses)), nil
}

// BenchmarkCreate tells what discounts cost a session that is created, without
// its answer and its commit. A shop that has none pays nothing for them.
func BenchmarkCreate(b *testing.B) {
	var many []checkout.Discount
	for i := range pricing.MaxDiscounts - 1 {
		many = append(many, ten(fmt.Sprint("d", i), fmt.Sprint("CODE", i), nil))
	}
	many = append(many, limited(100, 1))
	automatic := ten("auto", "", func(d *checkout.Discount) { d.MinSubtotal = 1000 })
	for _, c := range []struct {
		name      string
		discounts []checkout.Discount
		codes     []string
	}{
		{"shop without discounts", nil, nil},
		{"shop without discounts, a code", nil, []string{"CODE1"}},
		{"no code", many, nil},
		{"one code", many, []string{"code1"}},
		{"one code that is counted", many, []string{"FEW"}},
		{"three codes and one automatic", append(many[:3:3], automatic), []string{"CODE0", "CODE1", "CODE2"}},
		{"a wrong code", many[:1], []string{"WHAT"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := newWorld(b)
			w.offers(c.discounts...)
			items := map[string]*catalog.Item{}
			for i := range goods {
				items[goods[i].ID] = &goods[i]
			}
			core := checkout.New(checkout.Config{Store: noStore{items: items}, Merchants: w, Box: w.box(), Now: w.clock.Now})
			answered := func(s *checkout.Session, e *acp.Error) checkout.Answer {
				if e != nil {
					b.Fatal(e)
				}
				return checkout.Answer{Status: 201}
			}
			req := acp.CreateRequest{Items: want("mug", "lamp", "print"), Currency: "usd", FulfillmentDetails: california, Buyer: anyone, DiscountCodes: c.codes}
			call := w.call("/checkout_sessions")
			call.Render = answered
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if c.name == "a wrong code" {
					w.clock.Advance(1e10) // guesses are limited
				}
				core.Create(context.Background(), call, req)
			}
		})
	}
}
