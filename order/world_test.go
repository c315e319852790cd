package order_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/pgtest"
	"github.com/checkstand/checkstand/store/postgres"
	"github.com/checkstand/checkstand/store/sqlite"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// world is one shop after its sales: a store, a PSP and a clock that stands
// still until a test moves it.
type world struct {
	t     testing.TB
	store *store.Store
	psp   *bank
	clock *clock
	logs  bytes.Buffer
	log   *slog.Logger
	core  *order.Service
	sales int
	sold  []string // the orders
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func openSQLite(t testing.TB) *store.Store {
	t.Helper()
	return sqlitetest.Open(t, sqlitetest.File(t), sqlite.Options{})
}

func openPostgres(t testing.TB) *store.Store {
	t.Helper()
	return pgtest.Open(t, pgtest.Migrated(t), postgres.Options{})
}

// onBothStores runs a test on a world of each engine.
func onBothStores(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": openSQLite, "postgres": openPostgres} {
		t.Run(name, func(t *testing.T) { test(t, newWorldOn(t, open(t))) })
	}
}

func newWorld(t testing.TB) *world { return newWorldOn(t, openSQLite(t)) }

const (
	shop    = "shop"
	timeout = 2 * time.Second
	// lease is how long a process owns an operation that it takes up.
	lease = 2*timeout + 5*time.Second
)

func newWorldOn(t testing.TB, s *store.Store) *world {
	w := &world{t: t, store: s, psp: newBank(), clock: &clock{now: time.Date(2026, 4, 17, 9, 30, 0, 0, time.UTC)}}
	w.log = slog.New(slog.NewTextHandler(&w.logs, nil))
	w.core = w.service(nil)
	w.open()
	return w
}

func (w *world) service(onStep func(order.Step)) *order.Service {
	return order.New(order.Config{Store: w.store, Payments: w, Now: w.clock.Now, Log: w.log, Timeout: timeout, OnStep: onStep})
}

func (w *world) PaymentAccount(merchantID string, live bool) (payment.Provider, string) {
	if merchantID != shop || live {
		return nil, ""
	}
	return w.psp, "acct_1"
}

// Lines of every sale: two mugs of 10.00 and a lamp of 79.99, delivery 5.00.
const (
	mugs, lamp = "li_mugs", "li_lamp"
	total      = 2*1000 + 7999 + 500
)

// sale makes an order whose payment is held or captured at the PSP.
func (w *world) sale(held bool) *order.Order { return w.saleIn(held, acp.V20260417) }

func (w *world) saleIn(held bool, version acp.Version) *order.Order {
	w.t.Helper()
	w.sales++
	now := w.clock.Now()
	a := &payment.Attempt{ID: id.New(id.Attempt, now), MerchantID: shop, SessionID: fmt.Sprintf("cs_%d", w.sales), OrderID: id.New(id.Order, now),
		Provider: "bank", Account: "acct_1", Amount: total, Currency: "eur", IdemKey: fmt.Sprint("key-", w.sales),
		State: payment.Captured, Class: payment.ClassCaptured, PSPRef: fmt.Sprintf("ch_%d", w.sales), Captured: total, CreatedAt: now}
	if held {
		a.State, a.Class, a.Captured, a.Capture = payment.Authorized, payment.ClassAuthorized, 0, payment.CaptureLater
	}
	w.psp.sell(a.PSPRef, total, held)
	o := newOrder(a, version, w.sales, now)
	shelves, err := w.store.Reader(context.Background()).Items(shop, []string{"mug", "lamp"})
	w.must(err)
	o.Sold = order.Sold{Uses: usesOf(o), Stock: []order.Units{{ItemID: "mug", Quantity: 2, CountedBy: shelves["mug"].CountedBy},
		{ItemID: "lamp", Quantity: 1, CountedBy: shelves["lamp"].CountedBy}}}
	w.must(w.store.Do(context.Background(), func(tx *store.Tx) error {
		if err := tx.InsertAttempt(a); err != nil {
			return err
		}
		return tx.InsertOrder(o)
	}))
	w.use(o)
	return o
}

func newOrder(a *payment.Attempt, version acp.Version, number int, now time.Time) *order.Order {
	line := func(lineID string, units, amount int64) acp.OrderLineItem {
		return acp.OrderLineItem{ID: lineID, Title: lineID, Status: "processing", Quantity: acp.OrderQuantity{Ordered: units, Current: units},
			Totals: []acp.Total{{Type: acp.TotalSubtotal, DisplayText: "Subtotal", Amount: amount}, {Type: acp.TotalTotal, DisplayText: "Total", Amount: amount}}}
	}
	o := &order.Order{MerchantID: shop, Agent: "agent", APIVersion: version, AttemptID: a.ID, Currency: "eur", Total: total, CreatedAt: now,
		Order: acp.Order{Type: "order", ID: a.OrderID, CheckoutSessionID: a.SessionID, PermalinkURL: "https://shop.example/orders/" + a.OrderID,
			OrderNumber: fmt.Sprint(number), Status: "confirmed",
			LineItems: []acp.OrderLineItem{line(mugs, 2, 2000), line(lamp, 1, 7999)},
			Totals:    []acp.Total{{Type: acp.TotalFulfillment, DisplayText: "Delivery", Amount: 500}, {Type: acp.TotalTotal, DisplayText: "Total", Amount: total}},
			Fulfillments: []acp.Fulfillment{{ID: "ful_1", Type: acp.FulfillmentShipping, Status: "pending", Carrier: "Post",
				LineItems: []acp.FulfillmentLineItem{{ID: mugs, Quantity: 2}, {ID: lamp, Quantity: 1}}}}}}
	return o
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func cmd(o *order.Order, key ...string) order.Command {
	c := order.Command{MerchantID: shop, OrderID: o.ID, Who: "operator:test"}
	if len(key) > 0 {
		c.Key = key[0]
	}
	return c
}

// did fails the test unless a command was carried out.
func (w *world) did(out order.Outcome, err error) order.Outcome {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) order(o *order.Order) *order.Order {
	w.t.Helper()
	got, err := w.store.Orders(context.Background()).Order(shop, o.ID)
	w.must(err)
	return got
}

func (w *world) attempt(o *order.Order) *payment.Attempt {
	w.t.Helper()
	a, err := w.store.Orders(context.Background()).Attempt(shop, o.AttemptID)
	w.must(err)
	return a
}

func (w *world) ops(o *order.Order) []payment.Operation {
	w.t.Helper()
	ops, err := w.store.Orders(context.Background()).Operations(shop, o.AttemptID)
	w.must(err)
	return ops
}

// runJobs does the due jobs of the service, as a server does, and returns what
// they said.
func (w *world) runJobs() (errs []error) {
	w.t.Helper()
	ctx := context.Background()
	jobs, err := w.store.Claim(ctx, []string{order.OperateKind}, w.clock.Now(), time.Minute, 1000)
	w.must(err)
	for _, j := range jobs {
		if err := w.core.Jobs()[j.Kind](ctx, j); err != nil {
			errs = append(errs, err)
			w.must(w.store.Retry(ctx, j, w.clock.Now().Add(time.Second), err.Error()))
			continue
		}
		w.must(w.store.Finish(ctx, j))
	}
	return errs
}

// settleAll runs jobs until nothing is due any more, at most for a while.
func (w *world) settleAll() {
	w.t.Helper()
	for range 6 {
		w.clock.Advance(lease + time.Second)
		w.runJobs()
	}
}

// events reads the queued events of an order that were not read before, the
// oldest first.
func (w *world) events(o *order.Order) (out []order.Event) {
	w.t.Helper()
	ctx := context.Background()
	for {
		jobs, err := w.store.Claim(ctx, []string{order.WebhookKind}, w.clock.Now().Add(time.Hour), time.Minute, 100)
		w.must(err)
		if len(jobs) == 0 {
			return out
		}
		for _, j := range jobs {
			var ev order.Event
			w.must(json.Unmarshal(j.Payload, &ev))
			w.must(w.store.Finish(ctx, j))
			if ev.Order.ID == o.ID {
				out = append(out, ev)
			}
		}
	}
}

// checkBooks compares what we have recorded of a payment with the PSP's books,
// and the order with both.
func (w *world) checkBooks(t testingT, o *order.Order) {
	t.Helper()
	o, a := w.order(o), w.attempt(o)
	p := w.psp.books(a.PSPRef)
	state := payment.Authorized
	switch {
	case p.voided:
		state = payment.Voided
	case p.captured > 0 || p.bounced:
		state = payment.Captured
	}
	if a.State != state || a.Captured != p.captured || a.Refunded != p.refunded {
		t.Errorf("recorded: %s, %d captured, %d refunded; the PSP has %+v\n%+v", a.State, a.Captured, a.Refunded, p, w.ops(o))
	}
	if shown, _ := acp.Amount(o.Totals, acp.TotalAmountRefunded); shown != p.refunded {
		t.Errorf("the order shows %d refunded; the PSP has given back %d", shown, p.refunded)
	}
	if sum, _ := acp.Amount(o.Totals, acp.TotalTotal); sum != total {
		t.Errorf("the order's total became %d", sum)
	}
	w.checkDocument(t, o)
}

// checkDocument checks what holds for every order that an agent is shown.
func (w *world) checkDocument(t testingT, o *order.Order) {
	t.Helper()
	inDeliveries := map[string]int64{}
	for _, f := range o.Fulfillments {
		for _, l := range f.LineItems {
			inDeliveries[l.ID] += l.Quantity
			if l.Quantity < 1 {
				t.Errorf("delivery %s has %d of %s", f.ID, l.Quantity, l.ID)
			}
		}
	}
	for _, l := range o.LineItems {
		q := l.Quantity
		if q.Fulfilled < 0 || q.Fulfilled > q.Current || q.Current > q.Ordered || inDeliveries[l.ID] > q.Current {
			t.Errorf("line %s: %+v, %d in deliveries", l.ID, q, inDeliveries[l.ID])
		}
	}
	ids := map[string]bool{}
	for _, a := range o.Adjustments {
		if ids[a.ID] || (a.Amount != nil && *a.Amount <= 0) {
			t.Errorf("adjustment %+v", a)
		}
		ids[a.ID] = true
	}
	for _, f := range o.Fulfillments {
		for _, e := range f.Events {
			if ids[e.ID] {
				t.Errorf("two events have the id %s", e.ID)
			}
			ids[e.ID] = true
		}
	}
}

func states(ops []payment.Operation) (out []string) {
	for _, o := range ops {
		out = append(out, fmt.Sprintf("%s %s %d", o.Kind, o.State, o.Amount))
	}
	slices.Sort(out)
	return out
}
