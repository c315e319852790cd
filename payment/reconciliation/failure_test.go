package reconciliation_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/reconciliation"
)

// broken are books that cannot be read at some point.
type broken struct {
	*world
	what string
}

var errBroken = errors.New("the database is away")

func (b broken) Attempt(ctx context.Context, merchantID, id string) (*payment.Attempt, error) {
	switch b.what {
	case "attempt":
		return nil, errBroken
	case "gone":
		return nil, nil
	}
	return b.world.Attempt(ctx, merchantID, id)
}

func (b broken) Attempts(ctx context.Context, merchantID string, live bool, from, to time.Time, after string, limit int) ([]payment.Attempt, error) {
	if b.what == "attempts" {
		return nil, errBroken
	}
	page, err := b.world.Attempts(ctx, merchantID, live, from, to, after, limit)
	if b.what == "order" {
		slices.Reverse(page)
	}
	return page, err
}

func (b broken) Operations(ctx context.Context, merchantID, attemptID string) ([]payment.Operation, error) {
	if b.what == "operations" {
		return nil, errBroken
	}
	return b.world.Operations(ctx, merchantID, attemptID)
}

func (b broken) OpenOperations(ctx context.Context, after string, limit int) ([]payment.Operation, error) {
	if b.what == "open operations" {
		return nil, errBroken
	}
	return b.world.OpenOperations(ctx, after, limit)
}

// round is a list that comes round to its first page.
type round struct{ psp }

func (r round) List(context.Context, time.Time, time.Time, string) ([]payment.Listed, string, error) {
	return r.w.list, "again", nil
}

// What cannot be read to its end is an error and no report.
func TestNoReport(t *testing.T) {
	fill := func() *world {
		w := newWorld()
		for n := range 3 {
			a := paid(n)
			l := mirror(a)
			l.Refunded = 1
			w.add(a)
			w.list = append(w.list, l)
		}
		return w
	}
	for _, what := range []string{"attempts", "order", "attempt", "gone", "operations", "open operations"} {
		w := fill()
		r, err := reconciliation.Compare(t.Context(), account(psp{w: w}), broken{w, what}, day, day.AddDate(0, 0, 1), clock)
		if err == nil || r.MerchantID != "" || (what != "gone" && what != "order" && !errors.Is(err, errBroken)) {
			t.Errorf("%s: %+v, %v", what, r, err)
		}
	}
	for name, change := range map[string]func(*world){
		"the first page": func(w *world) { w.listError = payment.ErrNotSent },
		"the last page":  func(w *world) { w.listError, w.errorAt, w.pageSize = payment.ErrNotSent, 2, 1 },
	} {
		w := fill()
		change(w)
		if r, err := w.compare(); !errors.Is(err, payment.ErrNotSent) || r.MerchantID != "" || !strings.Contains(err.Error(), "shop shop with stripe: the list") {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	w := fill()
	if _, err := reconciliation.Compare(t.Context(), account(round{psp{w: w}}), w, day, day.AddDate(0, 0, 1), clock); err == nil || !strings.Contains(err.Error(), "comes round") {
		t.Errorf("a list without an end: %v", err)
	}
	w.list[1].PSPRef = ""
	if _, err := w.compare(); err == nil || !strings.Contains(err.Error(), "without an id") {
		t.Errorf("a payment without an id: %v", err)
	}
	w = newWorld()
	for n := range 2 {
		a := paid(n)
		a.Amount, a.Captured = money.Max, money.Max
		w.add(a)
		w.list = append(w.list, mirror(a))
	}
	if _, err := w.compare(); !errors.Is(err, money.ErrRange) {
		t.Errorf("more money than there is: %v", err)
	}
}
