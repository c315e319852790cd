package order

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/text"
)

// byPSP is who made an operation that was not asked for here.
const byPSP = "psp"

// askSoon is how soon an operation is asked about again after an answer that
// left it open, before its job's own pauses take over.
const askSoon = 2 * time.Second

// settle records what was learned about an operation and everything that
// follows from it. Whoever learns an outcome calls it, the command, the job,
// the PSP's webhook, an operator; states only move forward, so the first one to
// come decides and the others find it decided.
func (s *Service) settle(ctx context.Context, sent *payment.Operation, a answer, who string) error {
	var op *payment.Operation
	var b *books
	var moved bool
	err := s.store.UpdateOrders(ctx, func(tx Tx) (err error) {
		now := s.now()
		moved = false
		if op, err = tx.Operation(sent.MerchantID, sent.ID); err != nil {
			return err
		}
		takenOver := op.Version != sent.Version
		if takenOver && (a.queued || a.Class == payment.ClassUnknown) {
			// Another process owns the operation now and may have asked for it:
			// that this one learned nothing says nothing any more.
			return nil
		}
		if a.queued && op.State == payment.OpSending {
			op.Class, op.Decline, op.LeaseUntil = a.Class, a.DeclineCode, now
			op.Tries++
			if err := tx.SaveOperation(op); err != nil {
				return err
			}
			return tx.HastenJob(op.MerchantID, operateJobID(op.ID), now.Add(askSoon))
		}
		if b, err = booksOfPayment(tx, op.MerchantID, op.AttemptID); err != nil {
			return err
		}
		moved, err = s.record(tx, b, op, a.Result, who, now)
		return err
	})
	if err != nil {
		return err
	}
	s.report(ctx, b, op, a.Result, moved, who)
	return nil
}

// record moves an operation and writes what follows. moved is false when
// nothing new was learned.
func (s *Service) record(tx Tx, b *books, op *payment.Operation, r payment.Result, who string, now time.Time) (moved bool, err error) {
	r, merged, err := s.claimRef(tx, b, op, r, now)
	if err != nil {
		return false, err
	}
	was := op.State
	if !op.Move(r, now) {
		switch {
		case merged:
			op.OpRef = r.PSPRef
			b.put(op)
			if err := tx.SaveOperation(op); err != nil {
				return false, err
			}
			return true, s.follow(tx, b, op, was, true, who, now)
		case !op.State.Open():
			return false, nil
		}
		// Nothing new was learned. Give the operation up for others to ask.
		op.LeaseUntil = now
		op.Tries++
		return false, tx.SaveOperation(op)
	}
	op.LeaseUntil = now
	op.Tries++
	b.put(op)
	if err := tx.SaveOperation(op); err != nil {
		return false, err
	}
	if op.State.Open() {
		if err := tx.HastenJob(op.MerchantID, operateJobID(op.ID), now.Add(askSoon)); err != nil {
			return false, err
		}
		if merged {
			return true, s.follow(tx, b, op, was, true, who, now)
		}
		return true, tx.SaveAttempt(b.attempt)
	}
	if err := tx.Dequeue(op.MerchantID, operateJobID(op.ID)); err != nil {
		return false, err
	}
	return true, s.follow(tx, b, op, was, merged, who, now)
}

// claimRef makes sure that the PSP's id of the move is this operation's. A
// notice that named no operation of ours may have come before the answer and
// have been recorded as a move of its own: that one is taken back.
func (s *Service) claimRef(tx Tx, b *books, op *payment.Operation, r payment.Result, now time.Time) (_ payment.Result, merged bool, err error) {
	if r.PSPRef == "" || r.PSPRef == op.OpRef {
		return r, false, nil
	}
	if op.OpRef != "" {
		r.PSPRef = "" // the id that it was first known by stays
		return r, false, nil
	}
	other, err := tx.OperationByRef(op.MerchantID, op.Provider, r.PSPRef)
	if isNotFound(err) {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	if other.ID == op.ID {
		return r, false, nil // a notice has recorded it this moment: the commit will tell
	}
	if other.Who != byPSP || other.AttemptID != op.AttemptID || other.Kind != op.Kind {
		s.log.Error("the payment provider names one move for two operations; the later one needs an operator", "operation", op.ID, "other", other.ID, "op_ref", r.PSPRef)
		return payment.Result{Class: payment.ClassUnknown, RequestID: r.RequestID, DeclineCode: "move_of_" + other.ID}, false, nil
	}
	other.State, other.Class, other.Decline, other.OpRef, other.FinalAt = payment.OpFailed, payment.ClassNotFound, "same_as_"+op.ID, "", now
	b.put(other)
	if b.order != nil {
		if adj := b.order.adjustment(adjustmentID(other.ID)); adj != nil {
			adj.Status = failed
		}
	}
	if err := tx.Dequeue(other.MerchantID, operateJobID(other.ID)); err != nil {
		return r, false, err
	}
	return r, true, tx.SaveOperation(other)
}

// follow writes what an outcome means for the payment and the order. tell tells
// that the order has changed already.
func (s *Service) follow(tx Tx, b *books, op *payment.Operation, was payment.OpState, tell bool, who string, now time.Time) error {
	a := b.attempt
	from := a.State
	done, bounced := op.State == payment.OpDone, was == payment.OpDone && op.State == payment.OpFailed
	switch {
	case done && op.Kind == payment.OpCapture:
		a.Move(payment.Result{Class: payment.ClassCaptured, Captured: op.Amount}, who, now)
	case done && op.Kind == payment.OpVoid:
		a.Move(payment.Result{Class: payment.ClassVoided}, who, now)
	}
	if op.Kind == payment.OpCapture {
		a.Captured = b.done(payment.OpCapture)
	}
	a.Refunded = b.done(payment.OpRefund)
	if err := tx.SaveAttempt(a); err != nil {
		return err
	}
	if err := note(tx, a, from, op, who, now); err != nil {
		return err
	}
	if b.order == nil {
		return nil
	}
	if !op.State.Open() && b.order.show(b, op, done, bounced, now) {
		tell = true
	}
	if !tell {
		return nil
	}
	b.order.derive(now)
	return saveAndTell(tx, b.order, now)
}

// show puts the outcome of an operation into the order's adjustments. changed
// is false when the order shows nothing of it.
func (o *Order) show(b *books, op *payment.Operation, done, bounced bool, now time.Time) (changed bool) {
	status := failed
	if done {
		status = completed
	}
	if op.Kind == payment.OpCapture {
		rest := b.capturable() - b.attempt.Captured
		adjID := adjustmentID(op.ID)
		switch adj := o.adjustment(adjID); {
		case adj != nil && adj.Status != status:
			adj.Status = status
			return true
		case adj == nil && done && rest > 0:
			o.adjust(acp.Adjustment{ID: adjID, Type: adjPriceChange, OccurredAt: now.UTC(), Status: completed,
				Description: text.For(o.Locale).Say("order.less_taken")}, rest)
			return true
		}
		return false
	}
	adj := o.adjustment(adjustmentID(op.ID))
	if adj == nil {
		if op.State == payment.OpFailed && !bounced {
			return false // a move that was made elsewhere, and came to nothing
		}
		kind := adjRefund
		lines := []acp.FulfillmentLineItem(nil)
		if op.Kind == payment.OpVoid {
			kind, lines = adjCancellation, o.remaining() // nobody pays for them any more
		}
		if op.Kind == payment.OpVoid && !o.beingCanceled() {
			o.Sold.Cancellation = adjustmentID(op.ID)
		}
		o.adjust(acp.Adjustment{ID: adjustmentID(op.ID), Type: kind, OccurredAt: now.UTC(), Status: status, LineItems: lines}, op.Amount)
		return true
	}
	if adj.Status == status {
		return false
	}
	adj.Status = status
	if (bounced || b.attempt.State == payment.Voided) && len(adj.LineItems) > 0 && status == failed {
		// The money came back, or the hold was ended elsewhere before we could: the
		// goods are still not wanted.
		goods := acp.Adjustment{ID: adj.ID + "_goods", Type: adjCancellation, OccurredAt: now.UTC(), Status: completed, LineItems: adj.LineItems}
		if o.Sold.Cancellation == adj.ID {
			o.Sold.Cancellation = goods.ID
		}
		o.adjust(goods, 0)
	}
	return true
}

// note adds a line about an operation to the payment's history.
func note(tx Tx, a *payment.Attempt, from payment.State, op *payment.Operation, who string, now time.Time) error {
	detail := fmt.Sprintf("%s %s of %s: %s", op.Kind, op.ID, money.English(op.Amount, op.Currency), op.State)
	if op.OpRef != "" {
		detail += " " + op.OpRef
	}
	return tx.AppendEvent(a.MerchantID, payment.Event{AttemptID: a.ID, At: now, From: from, To: a.State, Who: who, Detail: detail})
}

// report logs what became of an operation. What only the shop can mend is an
// error.
func (s *Service) report(ctx context.Context, b *books, op *payment.Operation, r payment.Result, moved bool, who string) {
	log := s.log.With("operation", op.ID, "kind", string(op.Kind), "order", op.OrderID, "attempt", op.AttemptID,
		"state", string(op.State), "class", string(op.Class), "op_ref", op.OpRef, "by", who)
	if !moved {
		if r.Class.OpState() == payment.OpDone && op.State == payment.OpFailed {
			log.ErrorContext(ctx, "the payment provider has made a move that was recorded as failed; it needs an operator")
		}
		return
	}
	level, what := slog.LevelInfo, "operation settled"
	switch {
	case op.State.Open():
		what = "operation open"
	case op.Class == payment.ClassConfig:
		level, what = slog.LevelError, "the payment provider refuses the shop's key or account; no money can be moved until that is mended"
	case op.State == payment.OpFailed && op.Kind == payment.OpCapture && b.attempt.State == payment.Captured:
		level, what = slog.LevelError, "captured money was taken back from the shop; it needs an operator"
	case op.State == payment.OpFailed && op.Decline != "":
		level, what = slog.LevelWarn, "the payment provider did not make the move, or took it back"
	}
	log.Log(ctx, level, what, "decline", op.Decline)
	if a := b.attempt; a.Refunded > a.Captured || a.Captured > a.Amount {
		log.ErrorContext(ctx, "more money was moved than there was; it needs an operator", "amount", a.Amount, "captured", a.Captured, "refunded", a.Refunded)
	}
}
