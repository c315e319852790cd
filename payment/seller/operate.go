package seller

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/bits"
	"strings"
	"time"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

// operations are what the ledger calls the moves.
var operations = map[payment.OpKind]balance.RequestKind{
	payment.OpCapture: balance.Capture, payment.OpVoid: balance.Void, payment.OpRefund: balance.Refund,
}

// Operate implements payment.Operator: one transaction that decides the move
// and makes it. Refunds go back to the balance that paid, in the units that
// were paid with, also where it has expired since.
func (p *Provider) Operate(ctx context.Context, op payment.Op) (payment.Result, error) {
	kind, known := operations[op.Kind]
	if !known || op.ID == "" {
		return payment.Result{Class: payment.ClassDeclined, DeclineCode: "no_such_operation"}, nil
	}
	sent := p.now()
	return p.once(ctx, balance.Request{Reference: op.ID, Kind: kind, Of: op.AttemptID, Key: op.Key, Body: opDigest(op),
		State: balance.Refused, Reason: "not_possible", Amount: max(op.Amount, 0), Currency: op.Currency, CreatedAt: sent}, moved,
		func(tx balance.Tx, q *balance.Request) error { return p.move(tx, q, op, sent) })
}

// opDigest stands for what was asked for.
func opDigest(op payment.Op) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %s", op.Kind, op.PSPRef, op.Amount, op.Currency))
	return sum[:]
}

// move makes the move on the charge that it is about, as far as the charge
// allows it, and fills in what came of it.
func (p *Provider) move(tx balance.Tx, q *balance.Request, op payment.Op, now time.Time) error {
	charge, err := tx.BalanceRequest(p.merchant, op.AttemptID)
	if err != nil {
		return err
	}
	if charge == nil || charge.Kind != balance.Charge || charge.Live != p.live || op.PSPRef != chargeRef(charge.Reference) ||
		op.Kind != payment.OpVoid && (op.Currency != charge.Currency || op.Amount <= 0) {
		return nil
	}
	q.BalanceID, q.SessionID = charge.BalanceID, charge.SessionID
	var e balance.Entry
	switch {
	case op.Kind == payment.OpCapture && charge.State == balance.Held && op.Amount <= charge.Amount:
		taken, err := p.cost(tx, charge, op.Amount)
		if err != nil {
			return err
		}
		e = balance.Entry{Kind: balance.Spends, Available: charge.Units - taken, Held: -charge.Units}
		charge.State, charge.Captured, charge.Units, q.Units = balance.Taken, op.Amount, taken, taken
	case op.Kind == payment.OpVoid && charge.State == balance.Held:
		e = balance.Entry{Kind: balance.Releases, Available: charge.Units, Held: -charge.Units}
		q.Units, q.Amount, q.Currency = charge.Units, charge.Amount, charge.Currency
		charge.State = balance.Released
	case op.Kind == payment.OpRefund && charge.State == balance.Taken && op.Amount <= charge.Captured-charge.Refunded:
		back := share(charge.Units, charge.Refunded+op.Amount, charge.Captured) - charge.UnitsBack
		e = balance.Entry{Kind: balance.Refunds, Available: back}
		charge.Refunded += op.Amount
		charge.UnitsBack += back
		q.Units = back
	default:
		return nil
	}
	q.State, q.Reason = balance.Done, ""
	if err := tx.SaveRequest(charge); err != nil {
		return err
	}
	if err := tx.MoveBalance(p.merchant, charge.BalanceID, e.Available, e.Held); err != nil {
		return err
	}
	return p.note(tx, e, q, q.Amount, now)
}

// cost is what a part of a hold takes of its units.
func (p *Provider) cost(tx balance.Tx, charge *balance.Request, amount int64) (int64, error) {
	if amount == charge.Amount {
		return charge.Units, nil
	}
	b, err := tx.Balance(p.merchant, charge.BalanceID)
	if err != nil {
		return 0, err
	}
	n, ok := b.Rate.Cost(amount)
	if !ok {
		return 0, fmt.Errorf("balance %s: %d cannot be counted", b.ID, amount)
	}
	return min(n, charge.Units), nil
}

// share is units*part/whole, rounded down, and all of the units for the whole:
// what is refunded piece by piece adds up to what was paid.
func share(units, part, whole int64) int64 {
	hi, lo := bits.Mul64(uint64(units), uint64(part))
	n, _ := bits.Div64(hi, lo, uint64(whole)) // part <= whole, so that it is no more than units
	return int64(n)
}

// moved is the result of a move as the ledger has it.
func moved(q *balance.Request) payment.Result {
	switch q.State {
	case balance.Refused:
		return payment.Result{Class: payment.ClassDeclined, DeclineCode: q.Reason}
	case balance.Done:
	default:
		return unknown("")
	}
	r := payment.Result{PSPRef: "bop_" + strings.TrimPrefix(q.Reference, id.Op+"_"), Amount: q.Amount, Currency: q.Currency}
	switch q.Kind {
	case balance.Capture:
		r.Class, r.Captured = payment.ClassCaptured, q.Amount
	case balance.Void:
		r.Class = payment.ClassVoided
	case balance.Refund:
		r.Class = payment.ClassRefunded
	}
	return r
}

// ReconcileOp implements payment.Operator, as Reconcile does for payments.
func (p *Provider) ReconcileOp(ctx context.Context, op payment.Op) (payment.Result, error) {
	q, err := p.find(ctx, op.ID, operations[op.Kind])
	switch {
	case err != nil:
		return payment.Result{Class: payment.ClassUnknown}, err
	case q == nil:
		return unknown("reference_in_use"), nil
	case q.State == balance.Closed:
		return payment.Result{Class: payment.ClassNotFound}, nil
	case string(q.Body) != string(opDigest(op)):
		return unknown("unexpected_answer"), nil
	}
	return moved(q), nil
}
