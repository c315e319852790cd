package reconciliation_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/reconciliation"
)

// The day that is compared, and the noon after it at which that happens.
var (
	day  = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	noon = day.Add(36 * time.Hour)
)

// world is a PSP's list and our books.
type world struct {
	name       string
	list       []payment.Listed
	pageSize   int
	listError  error // in place of the page that begins at listErrorAt
	errorAt    int
	asked      [2]time.Time
	attempts   map[string]*payment.Attempt // by merchant and id
	sorted     []string                    // its keys
	operations []payment.Operation
	onAttempt  func(*payment.Attempt) // what happens between two readings
	lookUps    int
	shipped    bool // all orders
}

func newWorld() *world {
	return &world{name: "stripe", pageSize: 100, attempts: map[string]*payment.Attempt{}}
}

// psp is the PSP as its adapter.
type psp struct {
	payment.Provider
	w *world
}

func (p psp) Name() string { return p.w.name }

func (p psp) List(_ context.Context, from, to time.Time, cursor string) ([]payment.Listed, string, error) {
	start := 0
	if cursor != "" {
		start, _ = strconv.Atoi(cursor)
	}
	p.w.asked = [2]time.Time{from, to}
	if p.w.listError != nil && start >= p.w.errorAt {
		return nil, "", p.w.listError
	}
	var page []payment.Listed
	for ; start < len(p.w.list) && len(page) < p.w.pageSize; start++ {
		if at := p.w.list[start].At; at.IsZero() || (!at.Before(from) && at.Before(to)) {
			page = append(page, p.w.list[start])
		}
	}
	if start == len(p.w.list) {
		return page, "", nil
	}
	return page, strconv.Itoa(start), nil
}

// listless is a PSP without a list.
type listless struct {
	payment.Provider
}

func (listless) Name() string { return "adyen" }

func (w *world) Attempt(_ context.Context, merchantID, id string) (*payment.Attempt, error) {
	w.lookUps++
	a := w.attempts[merchantID+"/"+id]
	if a == nil {
		return nil, nil
	}
	if w.onAttempt != nil {
		w.onAttempt(a)
	}
	found := *a
	return &found, nil
}

func (w *world) Attempts(_ context.Context, merchantID string, live bool, from, to time.Time, after string, limit int) (page []payment.Attempt, err error) {
	if len(w.sorted) != len(w.attempts) {
		w.sorted = w.sorted[:0]
		for key := range w.attempts {
			w.sorted = append(w.sorted, key)
		}
		slices.Sort(w.sorted)
	}
	start, found := slices.BinarySearch(w.sorted, merchantID+"/"+after)
	if found {
		start++
	}
	for _, key := range w.sorted[start:] {
		a := w.attempts[key]
		if len(page) == limit || !strings.HasPrefix(key, merchantID+"/") {
			break
		}
		if a.Live == live && !a.CreatedAt.Before(from) && a.CreatedAt.Before(to) {
			page = append(page, *a)
		}
	}
	return page, nil
}

func (w *world) Operations(_ context.Context, merchantID, attemptID string) (list []payment.Operation, err error) {
	for _, o := range w.operations {
		if o.MerchantID == merchantID && o.AttemptID == attemptID {
			list = append(list, o)
		}
	}
	return list, nil
}

func (w *world) Shipped(context.Context, string, string) (bool, error) { return w.shipped, nil }

func (w *world) OpenOperations(_ context.Context, after string, limit int) (list []payment.Operation, err error) {
	for _, o := range w.operations {
		if o.State.Open() && o.ID > after && len(list) < limit {
			list = append(list, o)
		}
	}
	return list, nil
}

func account(p payment.Provider) reconciliation.Account {
	return reconciliation.Account{MerchantID: "shop", Provider: p, ID: "acct_1"}
}

func (w *world) compare() (reconciliation.Report, error) {
	return reconciliation.Compare(context.Background(), account(psp{w: w}), w, day, day.AddDate(0, 0, 1), clock)
}

func clock() time.Time { return noon }

// agreed compares, and checks what holds of every report.
func (w *world) agreed(t testing.TB) reconciliation.Report {
	t.Helper()
	r, err := w.compare()
	if err != nil {
		t.Fatal(err)
	}
	checkReport(t, r)
	return r
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkReport checks that the differences explain all of what the books differ
// by, that each is worded, and that they are in order.
func checkReport(t fataler, r reconciliation.Report) {
	t.Helper()
	for _, total := range r.Totals {
		if total.Unexplained != 0 {
			t.Fatalf("%d %s are unexplained: %+v\n%+v", total.Unexplained, total.Currency, total, r.Differences)
		}
	}
	for i, d := range r.Differences {
		if d.What == "" || d.Advice == "" || d.Kind.Title() == "" || d.AtStake < 0 {
			t.Fatalf("not worded: %+v", d)
		}
		if strings.Contains(d.What+d.Advice, "  ") || strings.Contains(d.What+d.Advice, "%!") {
			t.Fatalf("badly worded: %+v", d)
		}
		if i > 0 && max(d.Delta, -d.Delta) > max(r.Differences[i-1].Delta, -r.Differences[i-1].Delta) {
			t.Fatalf("not sorted: %+v", r.Differences)
		}
	}
}

// ref makes the nth id of a kind.
func ref(prefix string, n int) string { return fmt.Sprintf("%s_%026d", prefix, n) }

// paid is the nth attempt of the day, captured in full for 19.99 USD.
func paid(n int) *payment.Attempt {
	at := day.Add(time.Hour + time.Duration(n)*time.Second)
	return &payment.Attempt{ID: ref("pay", n), MerchantID: "shop", SessionID: ref("cs", n), OrderID: ref("ord", n), Provider: "stripe", Account: "acct_1",
		Amount: 1999, Currency: "usd", State: payment.Captured, Class: payment.ClassCaptured, PSPRef: fmt.Sprintf("pi_%d", n), Captured: 1999,
		CreatedAt: at, FinalAt: at.Add(time.Second), LeaseUntil: at.Add(time.Minute)}
}

// mirror is how a PSP lists what an attempt says.
func mirror(a *payment.Attempt) payment.Listed {
	return payment.Listed{PSPRef: a.PSPRef, Reference: a.ID, Refunded: a.Refunded, At: a.CreatedAt.Add(time.Second),
		Result: payment.Result{Class: a.Class, PSPRef: a.PSPRef, Amount: a.Amount, Captured: a.Captured, Currency: a.Currency}}
}

func (w *world) add(a *payment.Attempt) { w.attempts[a.MerchantID+"/"+a.ID] = a }
