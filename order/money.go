package order

import (
	"context"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
)

// Capture takes the money that is held for an order: amount minor units, or
// for 0 all that is held less what was canceled of it. PSPs give the rest of a
// hold back, so that one capture is all that there can be.
func (s *Service) Capture(ctx context.Context, c Command, amount int64) (Outcome, error) {
	return s.carryOut(ctx, c, func(b *books, now time.Time) (plan, error) {
		if b.attempt != nil {
			if op := c.madeOp(b, "capture"); op != nil {
				return plan{op: op, repeated: true}, reusedKey(op, amount)
			}
		}
		op, err := s.captureOp(b, c.newID(id.Op, "capture", now), amount, c.Who, now)
		return plan{op: op}, err
	})
}

// captureOp makes the capture of a hold, if one is possible.
func (s *Service) captureOp(b *books, opID string, amount int64, who string, now time.Time) (*payment.Operation, error) {
	if err := b.paid(); err != nil {
		return nil, err
	}
	if op := b.standing(payment.OpCapture); op != nil {
		return nil, refuse("the payment of order %s is captured by operation %s, which is %s", b.order.ID, op.ID, op.State)
	}
	if op := b.standing(payment.OpVoid); op != nil {
		return nil, refuse("the payment of order %s is given back by operation %s, which is %s", b.order.ID, op.ID, op.State)
	}
	bounced := b.attempt.State == payment.Captured && b.attempt.Captured == 0
	if b.attempt.State != payment.Authorized && !bounced {
		return nil, refuse("the payment of order %s is captured already", b.order.ID)
	}
	left := b.capturable()
	switch {
	case amount < 0:
		return nil, refuse("a capture needs a positive amount")
	case amount == 0:
		amount = left
	case amount > left:
		return nil, refuse("%s is more than is held for order %s: %s", sum(amount, b.attempt.Currency), b.order.ID, sum(left, b.attempt.Currency))
	}
	if amount <= 0 {
		return nil, refuse("nothing is left to capture for order %s; cancel it", b.order.ID)
	}
	return s.newOp(b, payment.OpCapture, opID, amount, who, now)
}

// Cancel calls an order off before anything of it was shipped: a hold is
// voided, captured money is refunded in full. The order is canceled when the PSP
// has done that; until then nothing of it can be shipped, and should the PSP
// refuse, it is as it was before. What the sale has used up of the stock and of
// discounts is given back with the cancellation.
func (s *Service) Cancel(ctx context.Context, c Command, reason Reason) (Outcome, error) {
	if err := reason.check(); err != nil {
		return Outcome{}, err
	}
	return s.carryOut(ctx, c, func(b *books, now time.Time) (plan, error) {
		if op := c.madeOp(b, "cancel"); op != nil {
			return plan{op: op, repeated: true}, nil
		}
		if c.madeAdjustment(b.order, "cancel") != nil {
			return plan{repeated: true}, nil
		}
		return s.cancel(b, &c, reason, now)
	})
}

func (s *Service) cancel(b *books, c *Command, reason Reason, now time.Time) (plan, error) {
	o := b.order
	switch {
	case o.Shipped():
		return plan{}, refuse("order %s is shipped, at least in part; refund it instead", o.ID)
	case o.Canceled():
		return plan{}, refuse("order %s is canceled already", o.ID)
	case o.beingCanceled():
		return plan{}, refuse("order %s is being canceled; the payment provider has not said yet that it is", o.ID)
	}
	if op := b.open(payment.OpCapture); op != nil {
		return plan{}, refuse("order %s is being captured by operation %s; cancel it when that is over", o.ID, op.ID)
	}
	if op := b.open(payment.OpRefund); op != nil {
		// Should the PSP refuse it, the order would be canceled with the buyer's
		// money still here, or would be wanted again in part.
		return plan{}, refuse("order %s is being refunded by operation %s; cancel it when that is over", o.ID, op.ID)
	}
	opID := c.newID(id.Op, "cancel", now)
	adj := acp.Adjustment{ID: adjustmentID(opID), Type: adjCancellation, OccurredAt: now.UTC(), Status: pending,
		LineItems: o.remaining(), Reason: reason.Code, Description: reason.Note}
	p := plan{told: true}
	var err error
	amount := int64(0)
	switch a := b.attempt; {
	case a != nil && a.State == payment.Authorized:
		amount = b.capturable()
		p.op, err = s.newOp(b, payment.OpVoid, opID, a.Amount, c.Who, now)
	case a != nil && a.State == payment.Captured && b.refundable() > 0:
		amount, adj.Type = b.refundable(), adjRefund
		p.op, err = s.newOp(b, payment.OpRefund, opID, amount, c.Who, now)
	default:
		adj.Status = completed
	}
	if err != nil {
		return plan{}, err
	}
	if p.op != nil {
		p.op.Reason = reason.Code
	}
	o.Sold.Cancellation = adj.ID
	o.adjust(adj, amount)
	return p, nil
}

// remaining lists the units that have not left and that nobody has begun to take
// off the order.
func (o *Order) remaining() (lines []acp.FulfillmentLineItem) {
	off := o.takenOff()
	for i := range o.LineItems {
		l := &o.LineItems[i]
		if n := l.Quantity.Ordered - off[l.ID] - l.Quantity.Fulfilled; n > 0 {
			lines = append(lines, acp.FulfillmentLineItem{ID: l.ID, Quantity: n})
		}
	}
	return lines
}

// Reason says why money goes back.
type Reason struct {
	Code string // for the PSP's books and the agent: requested_by_customer, duplicate, fraudulent; "" for none
	Note string // in the shop's own words, shown to the agent
}

// Reasons are the codes that every PSP's adapter knows.
var Reasons = []string{"requested_by_customer", "duplicate", "fraudulent"}

// maxNote bounds a note, in bytes.
const maxNote = 500

func (r Reason) check() error {
	if r.Code != "" && !slices.Contains(Reasons, r.Code) {
		return refuse("%q is not a reason; use %s, %s or %s, or say it in a note", r.Code, Reasons[0], Reasons[1], Reasons[2])
	}
	if len(r.Note) > maxNote {
		return refuse("the note is longer than %d bytes", maxNote)
	}
	return nil
}

// Line is a number of units of one line of an order.
type Line struct {
	ID       string
	Quantity int64
}

// Refund gives money back: amount minor units, or the price of the units of
// some lines, tax and their share of discounts in it. Units that have not been
// shipped are not wanted any more then. While the money is only held nothing
// goes back: the capture takes that much less.
func (s *Service) Refund(ctx context.Context, c Command, amount int64, lines []Line, reason Reason) (Outcome, error) {
	if err := reason.check(); err != nil {
		return Outcome{}, err
	}
	if (amount == 0) == (len(lines) == 0) || amount < 0 {
		return Outcome{}, refuse("a refund needs either a positive amount or lines with their quantities")
	}
	return s.carryOut(ctx, c, func(b *books, now time.Time) (plan, error) {
		if op := c.madeOp(b, "refund"); op != nil {
			if !b.order.refundsLines(adjustmentID(op.ID), lines) {
				return plan{}, refuse("the key was used for other lines; use another key")
			}
			return plan{op: op, repeated: true}, reusedKey(op, amount)
		}
		if adj := c.madeAdjustment(b.order, "refund"); adj != nil {
			if amount != 0 && adj.Amount != nil && *adj.Amount != amount {
				return plan{}, refuse("the key was used for another amount; use another key")
			}
			if !b.order.refundsLines(adj.ID, lines) {
				return plan{}, refuse("the key was used for other lines; use another key")
			}
			return plan{repeated: true}, nil
		}
		return s.refund(b, &c, amount, lines, reason, now)
	})
}

// refundsLines reports whether an adjustment is of exactly these units. One that
// is not there yet is: operation and order are not read at one moment.
func (o *Order) refundsLines(adjID string, lines []Line) bool {
	adj := o.adjustment(adjID)
	if adj == nil {
		return true
	}
	if len(adj.LineItems) != len(lines) {
		return false
	}
	for i, l := range lines {
		if adj.LineItems[i].ID != l.ID || adj.LineItems[i].Quantity != l.Quantity {
			return false
		}
	}
	return true
}

func (s *Service) refund(b *books, c *Command, amount int64, lines []Line, reason Reason, now time.Time) (plan, error) {
	o := b.order
	if err := b.paid(); err != nil {
		return plan{}, err
	}
	units, price, err := o.priceOf(lines)
	if err != nil {
		return plan{}, err
	}
	if len(lines) > 0 {
		amount = price
	}
	opID := c.newID(id.Op, "refund", now)
	adj := acp.Adjustment{ID: adjustmentID(opID), Type: adjRefund, OccurredAt: now.UTC(), Status: pending, LineItems: units,
		Reason: reason.Code, Description: reason.Note}
	if b.held() {
		if left := b.capturable(); amount >= left {
			return plan{}, refuse("only %s is held for order %s; cancel the order to give all of it back", sum(left, o.Currency), o.ID)
		}
		adj.Type, adj.Status = adjCancellation, completed
		o.adjust(adj, amount)
		return plan{told: true}, nil
	}
	if b.attempt.State != payment.Captured {
		return plan{}, refuse("the payment of order %s is being captured or given back; wait for that", o.ID)
	}
	if left := b.refundable(); amount > left {
		return plan{}, refuse("%s is more than is left to refund of order %s: %s", sum(amount, o.Currency), o.ID, sum(left, o.Currency))
	}
	if amount <= 0 {
		return plan{}, refuse("those lines of order %s cost nothing; there is nothing to refund", o.ID)
	}
	op, err := s.newOp(b, payment.OpRefund, opID, amount, c.Who, now)
	if err != nil {
		return plan{}, err
	}
	op.Reason = reason.Code
	o.adjust(adj, amount)
	return plan{op: op, told: true}, nil
}

// priceOf adds the price of units up. All refunds of a line together come to
// what was paid for it, to the last minor unit.
func (o *Order) priceOf(lines []Line) (units []acp.FulfillmentLineItem, price int64, err error) {
	off := o.takenOff()
	for _, want := range lines {
		i := slices.IndexFunc(o.LineItems, func(l acp.OrderLineItem) bool { return l.ID == want.ID })
		if i < 0 {
			return nil, 0, refuse("order %s has no line %s", o.ID, want.ID)
		}
		l := &o.LineItems[i]
		ordered, before := l.Quantity.Ordered, off[l.ID]
		if want.Quantity < 1 || want.Quantity > ordered-before {
			return nil, 0, refuse("line %s has %d of %d units that are not refunded or canceled yet; %d is not possible",
				l.ID, ordered-before, ordered, want.Quantity)
		}
		total, ok := acp.Amount(l.Totals, acp.TotalTotal)
		if !ok && l.Subtotal != nil {
			total = *l.Subtotal
		}
		upTo, err := money.MulDiv(total, before+want.Quantity, ordered, money.Down)
		if err != nil {
			return nil, 0, err
		}
		already, err := money.MulDiv(total, before, ordered, money.Down)
		if err != nil {
			return nil, 0, err
		}
		if price, err = money.Add(price, upTo-already); err != nil {
			return nil, 0, err
		}
		off[l.ID] += want.Quantity
		units = append(units, acp.FulfillmentLineItem{ID: l.ID, Quantity: want.Quantity})
	}
	return units, price, nil
}

// sum is an amount with its currency, for an operator.
func sum(minor int64, currency string) string { return money.English(minor, currency) }
