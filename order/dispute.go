package order

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
)

// disputeStatus is how an order shows a dispute: completed is the buyer's bank
// having taken the money back, failed the shop keeping it.
var disputeStatus = map[payment.DisputeState]string{
	payment.DisputeOpen: pending,
	payment.DisputeLost: completed,
	payment.DisputeWon:  failed,
}

// dispute takes in where a dispute of a payment stands.
func (x *notice) dispute(ctx context.Context) error {
	a, err := x.payment(x.store.Orders(ctx))
	if isNotFound(err) {
		x.log.ErrorContext(ctx, "a payment is disputed that this server does not know")
		return nil
	}
	if err != nil {
		return err
	}
	status, ok := disputeStatus[x.Dispute]
	if !ok || x.OpRef == "" {
		x.log.ErrorContext(ctx, "a payment is disputed; look it up at the payment provider", "attempt", a.ID, "order", a.OrderID)
		return nil
	}
	changed := false
	err = x.store.UpdateOrders(ctx, func(tx Tx) (err error) {
		changed, err = x.showDispute(tx, a, status, x.now())
		return err
	})
	if err == nil && changed {
		x.log.ErrorContext(ctx, "a payment is disputed; see to it at the payment provider", "dispute", string(x.Dispute),
			"attempt", a.ID, "order", a.OrderID, "amount", x.Result.Amount, "currency", x.Result.Currency)
	}
	return err
}

// showDispute writes where a dispute stands into the order. It is dated with
// the PSP's time, and older news changes nothing.
func (x *notice) showDispute(tx Tx, a *payment.Attempt, status string, now time.Time) (changed bool, err error) {
	b, err := booksOfPayment(tx, a.MerchantID, a.ID)
	if err != nil {
		return false, err
	}
	if b.order == nil && b.attempt.State.Live() {
		return false, fmt.Errorf("payment %s is disputed while its own outcome is not known", a.ID)
	}
	if b.order == nil {
		x.log.Error("a payment is disputed that has made no order", "attempt", a.ID)
		return false, nil
	}
	at := x.At.UTC()
	if x.At.IsZero() {
		at = now.UTC()
	}
	o, adjID := b.order, disputeID(x.provider, x.OpRef)
	switch adj := o.adjustment(adjID); {
	case adj == nil:
		amount := x.Result.Amount
		if amount <= 0 || x.Result.Currency != o.Currency {
			amount = b.attempt.Captured
		}
		o.adjust(acp.Adjustment{ID: adjID, Type: adjDispute, OccurredAt: at, Status: status}, amount)
	case adj.Status == status || at.Before(adj.OccurredAt) || status == pending:
		return false, nil
	default:
		adj.Status, adj.OccurredAt = status, at
	}
	b.order.derive(now)
	if err := saveAndTell(tx, b.order, now); err != nil {
		return false, err
	}
	if err := tx.SaveAttempt(b.attempt); err != nil {
		return false, err
	}
	ev := payment.Event{AttemptID: a.ID, At: now, From: b.attempt.State, To: b.attempt.State, Who: byWebhook,
		Detail: fmt.Sprintf("dispute %s: %s", x.OpRef, x.Dispute)}
	return true, tx.AppendEvent(a.MerchantID, ev)
}

// Disputed reports whether a dispute of the order is open.
func (o *Order) Disputed() bool {
	return slices.ContainsFunc(o.Adjustments, func(a acp.Adjustment) bool { return a.Type == adjDispute && a.Status == pending })
}
