package order

import (
	"slices"

	"github.com/checkstand/checkstand/payment"
)

// books is one order with its payment and all that was done with the money.
//
// In a transaction the attempt is read before its operations and is always
// saved when one of them changes: that the attempt is unchanged at the commit
// says that the list of operations is.
type books struct {
	order   *Order           // nil when the payment has made none
	attempt *payment.Attempt // nil for an order that nothing was charged for
	ops     []payment.Operation
}

// booksOfOrder reads the books of an order, or ErrNotFound.
func booksOfOrder(r Reader, merchantID, orderID string) (*books, error) {
	if !isID(orderID, "ord") {
		return nil, ErrNotFound
	}
	o, err := r.Order(merchantID, orderID)
	if err != nil {
		return nil, err
	}
	b := &books{order: o}
	if o.AttemptID == "" {
		return b, nil
	}
	return b, b.readPayment(r, merchantID, o.AttemptID)
}

// booksOfPayment reads the books of a payment, or ErrNotFound.
func booksOfPayment(r Reader, merchantID, attemptID string) (*books, error) {
	b := &books{}
	if err := b.readPayment(r, merchantID, attemptID); err != nil {
		return nil, err
	}
	if b.attempt.OrderID == "" {
		return b, nil
	}
	o, err := r.Order(merchantID, b.attempt.OrderID)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	if err == nil {
		b.order = o
	}
	return b, nil
}

func (b *books) readPayment(r Reader, merchantID, attemptID string) (err error) {
	if b.attempt, err = r.Attempt(merchantID, attemptID); err != nil {
		return err
	}
	b.ops, err = r.Operations(merchantID, attemptID)
	return err
}

// put replaces an operation in the list, or adds it.
func (b *books) put(op *payment.Operation) {
	i := slices.IndexFunc(b.ops, func(o payment.Operation) bool { return o.ID == op.ID })
	if i < 0 {
		b.ops = append(b.ops, *op)
		return
	}
	b.ops[i] = *op
}

// standing gives an operation of a kind that has not failed: it is done, or may
// be.
func (b *books) standing(kind payment.OpKind) *payment.Operation {
	for i := range b.ops {
		if b.ops[i].Kind == kind && b.ops[i].State != payment.OpFailed {
			return &b.ops[i]
		}
	}
	return nil
}

// open finds an operation of a kind of which the PSP has not said yet that it is
// done; nil when there is none.
func (b *books) open(kind payment.OpKind) *payment.Operation {
	for i := range b.ops {
		if b.ops[i].Kind == kind && b.ops[i].State.Open() {
			return &b.ops[i]
		}
	}
	return nil
}

// done adds up what operations of a kind have moved, in minor units.
func (b *books) done(kind payment.OpKind) (sum int64) {
	for i := range b.ops {
		if b.ops[i].Kind == kind && b.ops[i].State == payment.OpDone {
			sum += b.ops[i].Amount
		}
	}
	return sum
}

// promised adds up what operations of a kind have moved or may move.
func (b *books) promised(kind payment.OpKind) (sum int64) {
	for i := range b.ops {
		if b.ops[i].Kind == kind && b.ops[i].State != payment.OpFailed {
			sum += b.ops[i].Amount
		}
	}
	return sum
}

// refundable is what was taken and not given back nor promised back.
func (b *books) refundable() int64 {
	return max(b.attempt.Captured-b.promised(payment.OpRefund), 0)
}

// capturable is what is held, less what was canceled of it.
func (b *books) capturable() int64 { return b.attempt.Amount - b.order.canceledOfHold() }

// held reports whether the money is held and nobody has begun to take it or to
// give it back.
func (b *books) held() bool {
	return b.attempt.State == payment.Authorized && b.standing(payment.OpCapture) == nil && b.standing(payment.OpVoid) == nil
}
