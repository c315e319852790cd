package servertest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/webhook/receiver"
)

// pollPause is how often Eventually looks again.
const pollPause = 20 * time.Millisecond

// Outcome is what became of a session: what the PSP's books say, and what
// the shop's database says, which know nothing of each other.
type Outcome struct {
	SessionID string
	Charges   int   // that took or hold money, by the PSP
	Taken     int64 // minor units, by the PSP
	Orders    int   // 0 or 1: the database has a unique index
	Total     int64 // of the order
	Open      int   // attempts in the list of payments whose outcome is not known
}

// Outcome looks a session up on both sides. It is exact while nobody works on
// the session.
func (w *World) Outcome(t testing.TB, sessionID string) Outcome {
	t.Helper()
	o, err := w.outcome(t.Context(), sessionID)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (w *World) outcome(ctx context.Context, sessionID string) (Outcome, error) {
	o := Outcome{SessionID: sessionID}
	attempts, err := w.Store.SessionAttempts(ctx, MerchantID, sessionID)
	if err != nil {
		return o, err
	}
	for _, a := range attempts {
		if a.State.Live() {
			o.Open++
		}
	}
	placed, err := w.Store.OrderOfSession(ctx, MerchantID, sessionID)
	switch {
	case err == nil:
		o.Orders, o.Total = 1, placed.Total
	case !errors.Is(err, checkout.ErrNotFound):
		return o, err
	}
	books, err := w.PSP.Books(ctx, sessionID)
	o.Charges, o.Taken = books.Charges, books.Taken
	return o, err
}

// Lawful is nil when the outcome is exactly one of: one order and one charge of
// its total; no order and no charge; a payment whose outcome is not known, and
// which is listed as such.
func (o Outcome) Lawful() error {
	bought := o.Orders == 1 && o.Charges == 1 && o.Taken == o.Total && o.Open == 0
	nothing := o.Orders == 0 && o.Charges == 0 && o.Open == 0
	unknown := o.Orders == 0 && o.Charges <= 1 && o.Open == 1
	if bought || nothing || unknown {
		return nil
	}
	return fmt.Errorf("unlawful outcome %+v", o)
}

// Bought is nil when there is one order and one charge of its total.
func (o Outcome) Bought() error {
	if err := o.Lawful(); err != nil {
		return err
	}
	if o.Orders != 1 {
		return fmt.Errorf("nothing was bought: %+v", o)
	}
	return nil
}

// Told lists the events that the receiver has about a session, each once,
// however often it was delivered.
func (w *World) Told(sessionID string) []receiver.Event {
	var about []receiver.Event
	for _, e := range w.Webhooks.Events() {
		if e.SessionID == sessionID {
			about = append(about, e)
		}
	}
	return about
}

// ToldOnce is nil when the receiver knows of the session's order: one event,
// signed, of the order's making.
func (w *World) ToldOnce(sessionID string) error {
	events := w.Told(sessionID)
	if len(events) != 1 {
		return fmt.Errorf("%d webhook events about session %s; want one", len(events), sessionID)
	}
	if e := events[0]; !e.Verified || e.Type != "order_create" {
		return fmt.Errorf("the webhook about session %s is %s with a correct signature: %v; want order_create with one", sessionID, e.Type, e.Verified)
	}
	return nil
}

// Eventually waits until try returns nil, which has to be within a time; the
// test fails with the last error otherwise.
func Eventually(t testing.TB, within time.Duration, try func() error) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(pollPause)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("not within %s: %v", within, err)
		case <-tick.C:
		}
	}
}
