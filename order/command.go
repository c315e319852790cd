package order

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

// Command is what every command of an operator has with it.
type Command struct {
	MerchantID string
	OrderID    string
	// Key makes a repeat harmless: a command that was carried out for the order
	// under the same key gives what the first one came to. "" is no key.
	Key string
	Who string // "operator:<name>"
}

// Outcome is what a command came to. The order and the operation are as they
// stand when the command returns.
type Outcome struct {
	Order     *Order
	Operation *payment.Operation // the move of money; nil when none was needed
	Repeated  bool               // an earlier command had done it under the same key
}

const idTail = 16 // characters of an id after the time

// newID makes an id that tells the command's key, if there is one, so that what
// it made can be found again.
func (c *Command) newID(prefix, verb string, now time.Time) string {
	fresh := id.New(prefix, now)
	if c.Key == "" {
		return fresh
	}
	return fresh[:len(fresh)-idTail] + c.tail(verb)
}

// tail is the end of the ids that a command with this key makes for an order.
// It is in the alphabet of package id.
func (c *Command) tail(verb string) string {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	sum := sha256.Sum256([]byte(strings.Join([]string{c.MerchantID, c.OrderID, verb, c.Key}, "\x00")))
	out := make([]byte, idTail)
	for i := range out {
		out[i] = alphabet[sum[i]&31]
	}
	return string(out)
}

// made reports whether a command with this key made the thing with an id.
func (c *Command) made(thing, verb string) bool {
	return c.Key != "" && strings.HasSuffix(thing, c.tail(verb))
}

// madeOp finds the operation that was made under the command's key.
func (c *Command) madeOp(b *books, verb string) *payment.Operation {
	for i := range b.ops {
		if c.made(b.ops[i].ID, verb) {
			return &b.ops[i]
		}
	}
	return nil
}

// madeAdjustment finds the adjustment that was made under the command's key.
func (c *Command) madeAdjustment(o *Order, verb string) *acp.Adjustment {
	for i := range o.Adjustments {
		if c.made(o.Adjustments[i].ID, verb) {
			return &o.Adjustments[i]
		}
	}
	return nil
}

// plan is what a command decides in its transaction, having changed the order
// as it wants it.
type plan struct {
	op       *payment.Operation // to be carried out; nil for none
	told     bool               // the order has changed, and the agent is told
	repeated bool               // nothing is to be done: op, if any, is the first command's
}

// carryOut commits what a command decides and takes its operation to the PSP.
// When that fails the operation is committed and will be finished by its job.
func (s *Service) carryOut(ctx context.Context, c Command, decide func(b *books, now time.Time) (plan, error)) (Outcome, error) {
	var p plan
	var b *books
	err := s.store.UpdateOrders(ctx, func(tx Tx) (err error) {
		now := s.now()
		if b, err = booksOfOrder(tx, c.MerchantID, c.OrderID); err != nil {
			return err
		}
		if p, err = decide(b, now); err != nil || p.repeated {
			return err
		}
		// Order and attempt are saved even if they are as they were: what was
		// decided holds for these versions of them only.
		if p.told {
			b.order.derive(now)
			err = saveAndTell(tx, b.order, now)
		} else {
			err = tx.SaveOrder(b.order)
		}
		switch {
		case err != nil || b.attempt == nil:
			return err
		case p.op == nil:
			return tx.SaveAttempt(b.attempt)
		}
		b.put(p.op)
		return s.commitOp(tx, b, p.op, now)
	})
	if err != nil {
		return Outcome{}, err
	}
	if p.op != nil && !p.repeated {
		s.log.InfoContext(ctx, "operation begun", "operation", p.op.ID, "kind", string(p.op.Kind), "order", c.OrderID,
			"attempt", p.op.AttemptID, "amount", p.op.Amount, "currency", p.op.Currency, "by", c.Who)
		s.onStep(StepCommitted)
		if err := s.carry(ctx, p.op, true, c.Who); err != nil {
			return Outcome{}, fmt.Errorf("operation %s is stored and will be finished by a running server: %w", p.op.ID, err)
		}
	}
	return s.outcome(ctx, c, p)
}

// outcome reads what a command came to.
func (s *Service) outcome(ctx context.Context, c Command, p plan) (out Outcome, err error) {
	r := s.store.Orders(ctx)
	out.Repeated = p.repeated
	if out.Order, err = r.Order(c.MerchantID, c.OrderID); err != nil || p.op == nil {
		return out, err
	}
	out.Operation, err = r.Operation(c.MerchantID, p.op.ID)
	return out, err
}

// saveAndTell stores an order, with what follows from its being canceled, and
// queues the event for its agent.
func saveAndTell(tx Tx, o *Order, now time.Time) error {
	if err := o.giveBack(tx, now); err != nil {
		return err
	}
	if err := tx.SaveOrder(o); err != nil {
		return err
	}
	event, err := NewEvent(Updated, o, now)
	if err != nil {
		return err
	}
	return tx.Enqueue(event)
}

// commitOp stores a new operation with its job and its line in the payment's
// history.
func (s *Service) commitOp(tx Tx, b *books, op *payment.Operation, now time.Time) error {
	if err := tx.InsertOperation(op); err != nil {
		return err
	}
	if err := tx.Enqueue(operateJob(op, op.LeaseUntil)); err != nil {
		return err
	}
	if err := tx.SaveAttempt(b.attempt); err != nil {
		return err
	}
	return note(tx, b.attempt, b.attempt.State, op, op.Who, now)
}

// newOp makes an operation of an attempt, owned by this process.
func (s *Service) newOp(b *books, kind payment.OpKind, opID string, amount int64, who string, now time.Time) (*payment.Operation, error) {
	a := b.attempt
	_, account, err := s.operator(a)
	if err != nil {
		return nil, err
	}
	return &payment.Operation{
		Op: payment.Op{ID: opID, Kind: kind, AttemptID: a.ID, PSPRef: a.PSPRef, Amount: amount, Currency: a.Currency,
			Key: "acp_" + opID, CreatedAt: now},
		MerchantID: a.MerchantID, OrderID: b.order.ID, Live: a.Live, Provider: a.Provider, Account: account,
		State: payment.OpSending, Who: who, LeaseUntil: s.lease(now),
	}, nil
}

// paid refuses a move of money that there is none for.
func (b *books) paid() error {
	switch {
	case b.attempt == nil:
		return refuse("nothing was charged here for order %s; there is no money to move", b.order.ID)
	case b.attempt.State == payment.Voided:
		return refuse("the payment of order %s was given back before it was captured", b.order.ID)
	case !b.attempt.State.Paid():
		return refuse("the payment of order %s is %s", b.order.ID, b.attempt.State)
	}
	return nil
}

// reusedKey refuses a key that another amount was moved under.
func reusedKey(op *payment.Operation, amount int64) error {
	if amount != 0 && amount != op.Amount {
		return refuse("the key was used for operation %s, of %s; use another key for another amount", op.ID, sum(op.Amount, op.Currency))
	}
	return nil
}
