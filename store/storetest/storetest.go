// Package storetest holds every engine of package store to the same promises.
// An engine's test calls Run with a function that opens an empty store.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/store"
)

// Open opens an empty store that is closed after the test.
type Open func(t testing.TB) *store.Store

// Run runs the suite, its parts side by side.
func Run(t *testing.T, open Open) {
	for name, part := range map[string]func(*testing.T, Open){
		"Update":      testUpdate,
		"Session":     testSession,
		"Cart":        testCart,
		"Stock":       testStock,
		"DiscountUse": testDiscountUse,
		"Balance":     testBalance,
		"SavedCard":   testSavedCard,
		"RecentItems": testRecent,
		"Attempt":     testAttempt,
		"Operation":   testOperation,
		"Order":       testOrder,
		"Idempotency": testIdempotency,
		"Job":         testJob,
		"JobModel":    testJobModel,
		"Import":      testImport,
		"PastPrice":   testPastPrice,
		"Sessions":    testListSessions,
		"Credential":  testCredential,
		"Sweep":       testSweep,
		"Search":      testSearch,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part(t, open)
		})
	}
}

// at is a moment that survives storing: whole milliseconds, UTC.
var at = time.Date(2026, 4, 17, 9, 30, 0, 250e6, time.UTC)

const shop, otherShop = "shop", "other-shop"

// errGuard is what once returns when a guard did not hold.
var errGuard = errors.New("a guard did not hold")

// once runs a unit of work and gives up, with errGuard, where Update would run
// it again.
func once(ctx context.Context, s *store.Store, fn func(*store.Tx) error) error {
	return s.Do(ctx, func(tx *store.Tx) error {
		if tx.Run() > 0 {
			return errGuard
		}
		return fn(tx)
	})
}

// holds fails the test unless the writes commit.
func holds(t testing.TB, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := once(t.Context(), s, fn); err != nil {
		t.Fatal(err)
	}
}

// refused fails the test unless a guard stops the writes.
func refused(t testing.TB, s *store.Store, why string, fn func(*store.Tx) error) {
	t.Helper()
	if err := once(t.Context(), s, fn); !errors.Is(err, errGuard) {
		t.Errorf("%s: err = %v; want a guard to stop it", why, err)
	}
}

// together runs fn n times at once and waits.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}

func newSession(merchantID, id string) *checkout.Session {
	return &checkout.Session{MerchantID: merchantID, Agent: "agent", Session: acp.Session{ID: id, Status: acp.NotReadyForPayment, Currency: "eur"}}
}

func newAttempt(id, sessionID string, state payment.State, token string) *payment.Attempt {
	a := &payment.Attempt{ID: id, MerchantID: shop, SessionID: sessionID, Provider: "sandbox", Amount: 1999, Currency: "eur", State: state, CreatedAt: at}
	if token != "" {
		a.TokenFP = []byte(token)
	}
	return a
}

func newOrder(id, sessionID, number string) *order.Order {
	return &order.Order{MerchantID: shop, Agent: "agent", Currency: "eur", Total: 1999, CreatedAt: at,
		Order: acp.Order{ID: id, CheckoutSessionID: sessionID, OrderNumber: number}}
}

func newJob(id, key string, due time.Time) job.Job {
	return job.Job{ID: id, MerchantID: shop, Kind: "webhook", OrderKey: key, Payload: []byte(`{"n":1}`), Due: due, CreatedAt: at}
}

// newItem is a tracked item.
func newItem(id string, stock int64) catalog.Item {
	return catalog.Item{ID: id, ProductID: "p-" + id, Title: "Item " + id, ProductTitle: "Product", Price: 1999, Currency: "eur",
		Kind: catalog.Physical, Availability: catalog.InStock, Tracked: true, Stock: stock}
}

func imported(t testing.TB, s *store.Store, merchantID string, opts store.ImportOptions, items ...catalog.Item) store.ImportResult {
	t.Helper()
	im, err := s.Import(t.Context(), merchantID, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := im.Put(items...); err != nil {
		t.Fatal(err)
	}
	res, err := im.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func item(t testing.TB, s *store.Store, id string) *catalog.Item {
	t.Helper()
	items, err := s.Reader(t.Context()).Items(shop, []string{id})
	if err != nil {
		t.Fatal(err)
	}
	return items[id]
}

// stock is "stock/reserved" of an item, or "none".
func stock(t testing.TB, s *store.Store, id string) string {
	t.Helper()
	it := item(t, s, id)
	if it == nil {
		return "none"
	}
	return fmt.Sprintf("%d/%d", it.Stock, it.Reserved)
}
