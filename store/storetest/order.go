package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/store"
)

func testOrder(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	insert := func(o *order.Order) func(*store.Tx) error {
		return func(tx *store.Tx) error { return tx.InsertOrder(o) }
	}

	t.Run("reads back what was written", func(t *testing.T) {
		want := newOrder("ord_full", "cs_full", "1001")
		want.Live, want.APIVersion, want.AttemptID = true, acp.V20260417, "pay_1"
		want.Status, want.PermalinkURL = "created", "https://shop.example.com/orders/1001"
		want.LineItems = []acp.OrderLineItem{{ID: "li_1", Title: "Hoodie", Quantity: acp.OrderQuantity{Ordered: 2, Current: 2}}}
		holds(t, s, insert(want))
		got, err := s.Reader(ctx).Order(shop, "ord_full")
		if diff := cmp.Diff(want, got); err != nil || diff != "" || want.Version != 1 {
			t.Error(err, diff)
		}
		want.Status, want.Sold.Cancellation = "shipped", "adj_1"
		holds(t, s, func(tx *store.Tx) error { return tx.SaveOrder(want) })
		got, err = s.OrderOfSession(ctx, shop, "cs_full")
		if diff := cmp.Diff(want, got); err != nil || diff != "" || got.Version != 2 {
			t.Error(err, diff)
		}
		if _, err := s.Reader(ctx).Order(otherShop, "ord_full"); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("another merchant: %v", err)
		}
		if _, err := s.OrderOfSession(ctx, otherShop, "cs_full"); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("another merchant: %v", err)
		}
	})

	t.Run("guards", func(t *testing.T) {
		first := newOrder("ord_g", "cs_g", "2001")
		holds(t, s, insert(first))
		refused(t, s, "a second order of the session", insert(newOrder("ord_h", "cs_g", "2002")))
		refused(t, s, "a number in use", insert(newOrder("ord_i", "cs_i", "2001")))
		holds(t, s, insert(newOrder("ord_j", "cs_j", "")))
		holds(t, s, insert(newOrder("ord_k", "cs_k", "")))
		theirs := newOrder("ord_g", "cs_g", "2001")
		theirs.MerchantID = otherShop
		holds(t, s, insert(theirs))
		stale := *first
		holds(t, s, func(tx *store.Tx) error { return tx.SaveOrder(first) })
		refused(t, s, "an old version", func(tx *store.Tx) error { return tx.SaveOrder(&stale) })
	})

	t.Run("racing orders of one session: one wins", func(t *testing.T) {
		var won atomic.Int64
		together(40, func(i int) {
			if once(ctx, s, insert(newOrder(fmt.Sprintf("ord_race_%d", i), "cs_race", ""))) == nil {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d orders", won.Load())
		}
	})

	t.Run("lists the newest first, by page", func(t *testing.T) {
		s := open(t)
		for i := range 5 {
			o := newOrder(fmt.Sprintf("ord_%d", i), fmt.Sprintf("cs_%d", i), "")
			o.CreatedAt = at.Add(time.Duration(i/2) * time.Second) // two share a time
			o.Live = i == 4
			holds(t, s, insert(o))
		}
		var seen []string
		var last *order.Order
		for {
			page, err := s.ListOrders(ctx, shop, false, last, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, o := range page {
				seen = append(seen, o.ID)
			}
			last = &page[len(page)-1]
		}
		if fmt.Sprint(seen) != "[ord_3 ord_2 ord_1 ord_0]" {
			t.Errorf("test orders: %v", seen)
		}
	})
}
