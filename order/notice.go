package order

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/payment"
)

// byWebhook is who recorded an outcome, in a payment's history, when the PSP
// told.
const byWebhook = "webhook"

// errTooEarly makes the PSP repeat a notice: it may be about an operation whose
// answer is on its way, and names none.
var errTooEarly = errors.New("an operation of the same kind is open, and the notice may be about it; the provider has to repeat it")

// tooEarly is for how long an operation that is open makes notices of its kind
// wait that do not say whether they are about it.
const tooEarly = 10 * time.Minute

// notice is one report of a PSP about something after the sale.
type notice struct {
	*Service
	payment.Notice
	merchantID string
	live       bool
	provider   string
	account    string
	log        *slog.Logger
}

// Notice takes in what the PSP of a merchant and mode reports about operations,
// disputes and holds that have ended. handled is false for a notice about
// something else. Late, repeated and reordered notices change nothing; what the
// PSP says was done is recorded even where it is more than we would have
// allowed. An error is a failure to record, after which the PSP has to be made
// to repeat the notice.
func (s *Service) Notice(ctx context.Context, merchantID string, live bool, n payment.Notice) (handled bool, err error) {
	x := &notice{Service: s, Notice: n, merchantID: merchantID, live: live,
		log: s.log.With("kind", n.Kind, "psp_ref", n.PSPRef, "op_ref", n.OpRef, "merchant", merchantID, "live", live)}
	about := n.Subject
	if about == payment.AboutPayment && n.OpRef != "" {
		about = payment.AboutOperation // an adapter that does not say
	}
	switch about {
	case payment.AboutOperation, payment.AboutDispute:
	case payment.AboutPayment:
		if !n.Final || (n.Result.Class != payment.ClassVoided && n.Result.Class != payment.ClassCaptured) {
			return false, nil
		}
	default:
		return false, nil
	}
	pr, account := s.payments.PaymentAccount(merchantID, live)
	if pr == nil || n.Live != live {
		x.log.WarnContext(ctx, "notice ignored: it is of the other mode")
		return true, nil
	}
	x.provider, x.account = pr.Name(), account
	switch about {
	case payment.AboutDispute:
		return true, x.dispute(ctx)
	case payment.AboutOperation:
		return true, x.operation(ctx)
	}
	return x.hold(ctx)
}

// operation takes in news of a capture, void or refund.
func (x *notice) operation(ctx context.Context) error {
	op, err := x.known(x.store.Orders(ctx))
	switch {
	case isNotFound(err):
		return x.foreign(ctx)
	case err != nil:
		return err
	case op.Live != x.live || op.Provider != x.provider:
		x.log.WarnContext(ctx, "notice ignored: the operation is of another account", "operation", op.ID)
		return nil
	}
	r, final := x.told(op)
	if final {
		return x.settle(ctx, op, answer{Result: r}, byWebhook)
	}
	if op.State == payment.OpFailed || (op.State == payment.OpDone && x.Result.Class.OpState() == payment.OpDone) {
		x.log.DebugContext(ctx, "notice ignored: the outcome of the operation is known", "operation", op.ID)
		return nil
	}
	x.log.InfoContext(ctx, "the payment provider has news of an operation; it will be asked", "operation", op.ID)
	return x.store.UpdateOrders(ctx, func(tx Tx) error {
		now := x.now()
		if op.State.Open() {
			return tx.HastenJob(op.MerchantID, operateJobID(op.ID), later(now, op.LeaseUntil))
		}
		again := job.Job{ID: id.New(id.Job, now), MerchantID: op.MerchantID, Kind: OperateKind, OrderKey: op.ID,
			Payload: operateJobPayload(op, true), Due: now, CreatedAt: now}
		return tx.Enqueue(again)
	})
}

// known finds the operation that a notice is about: by our id of it, else by
// the PSP's.
func (x *notice) known(r Reader) (*payment.Operation, error) {
	if isOp(x.Reference) {
		op, err := r.Operation(x.merchantID, x.Reference)
		if !isNotFound(err) {
			return op, err
		}
	}
	if x.OpRef == "" || x.OpRef == x.PSPRef {
		return nil, ErrNotFound
	}
	return r.OperationByRef(x.merchantID, x.provider, x.OpRef)
}

// told is the outcome of an operation that a notice makes certain.
func (x *notice) told(op *payment.Operation) (payment.Result, bool) {
	if !x.Final {
		return payment.Result{}, false
	}
	r := x.Result
	if r.PSPRef = x.OpRef; r.PSPRef == "" {
		r.PSPRef = x.Result.PSPRef
	}
	r = x.verify(op, r)
	switch r.Class {
	case payment.ClassDeclined, payment.ClassProcessorError, payment.ClassCaptured, payment.ClassVoided, payment.ClassRefunded:
		return r, true
	}
	return r, false
}

// foreign takes in a move that was not asked for here: somebody made it at the
// PSP. It is recorded as it is.
func (x *notice) foreign(ctx context.Context) error {
	kind := x.kind()
	r := x.store.Orders(ctx)
	a, err := x.payment(r)
	if isNotFound(err) {
		x.log.InfoContext(ctx, "notice ignored: it names no payment of this server")
		return nil
	}
	if err != nil {
		return err
	}
	if kind == payment.OpCapture && a.State == payment.Captured && !x.Final {
		x.log.DebugContext(ctx, "notice ignored: the payment is captured", "attempt", a.ID)
		return nil
	}
	if kind == payment.OpCapture && x.Final && x.Result.Class.OpState() == payment.OpFailed && (x.OpRef == "" || x.OpRef == x.PSPRef) {
		if bounced, err := x.bounced(ctx, r, a); bounced || err != nil {
			return err
		}
	}
	if kind == "" || (kind != payment.OpVoid && x.Result.Amount <= 0) {
		x.log.ErrorContext(ctx, "notice not recorded: it does not tell what was moved; compare with the payment provider", "attempt", a.ID)
		return nil
	}
	var op *payment.Operation
	var b *books
	err = x.store.UpdateOrders(ctx, func(tx Tx) (err error) {
		op, b = nil, nil
		now := x.now()
		if _, err := x.known(tx); !isNotFound(err) {
			return err // recorded meanwhile; what it adds comes with the next notice
		}
		if b, err = booksOfPayment(tx, a.MerchantID, a.ID); err != nil {
			return err
		}
		op, err = x.record(tx, b, kind, now)
		return err
	})
	if err != nil || op == nil {
		return err
	}
	x.report(ctx, b, op, x.Result, true, byWebhook)
	return nil
}

// bounced takes in that captured money was taken back, from a notice that names
// the payment alone. settled is true when it was our own capture's, or is known
// already; a capture that came with the payment has no operation yet.
func (x *notice) bounced(ctx context.Context, r Reader, a *payment.Attempt) (settled bool, err error) {
	if a.Captured == 0 {
		x.log.DebugContext(ctx, "notice ignored: nothing of the payment is captured", "attempt", a.ID)
		return true, nil
	}
	ops, err := r.Operations(a.MerchantID, a.ID)
	if err != nil {
		return false, err
	}
	own := (&books{ops: ops}).standing(payment.OpCapture)
	if own == nil {
		return false, nil
	}
	return true, x.settle(ctx, own, answer{Result: payment.Result{Class: x.Result.Class, DeclineCode: x.Result.DeclineCode}}, byWebhook)
}

// record stores a move that was made at the PSP, once. op is nil when there was
// nothing to store.
func (x *notice) record(tx Tx, b *books, kind payment.OpKind, now time.Time) (op *payment.Operation, err error) {
	a := b.attempt
	amount, state := x.Result.Amount, x.Result.Class.OpState()
	switch {
	case a.State.Live():
		// Its own outcome comes first.
		return nil, fmt.Errorf("payment %s is %s, and the notice is about what was done with it later", a.ID, a.State)
	case !a.State.Paid() && a.State != payment.Voided:
		x.log.Error("notice not recorded: money was moved of a payment that had ended without any; compare with the payment provider", "attempt", a.ID)
		return nil, nil
	case kind == payment.OpCapture && a.State == payment.Captured && b.standing(payment.OpCapture) == nil && state != payment.OpFailed:
		return nil, nil // captured with the payment itself
	case kind == payment.OpVoid && a.State == payment.Captured:
		kind, amount = payment.OpRefund, a.Captured-b.done(payment.OpRefund) // all of it is back
	case kind == payment.OpVoid:
		amount = a.Amount
	}
	if kind != payment.OpRefund && state != payment.OpFailed && a.State != payment.Authorized {
		return nil, nil // captured or given back already
	}
	if x.mayBeOurs(b, kind, amount, now) {
		return nil, errTooEarly
	}
	opID := id.New(id.Op, now)
	op = &payment.Operation{
		Op:         payment.Op{ID: opID, Kind: kind, AttemptID: a.ID, PSPRef: a.PSPRef, Amount: amount, Currency: a.Currency, Key: "acp_" + opID, CreatedAt: now},
		MerchantID: a.MerchantID, OrderID: a.OrderID, Live: a.Live, Provider: a.Provider, Account: x.account,
		State: payment.OpPending, Class: payment.ClassPending, Who: byPSP, LeaseUntil: now,
	}
	if x.OpRef != a.PSPRef {
		op.OpRef = x.OpRef
	}
	if state != payment.OpDone && state != payment.OpFailed {
		x.Final = false
	}
	if x.Final {
		op.State, op.Class, op.Decline, op.FinalAt = state, x.Result.Class, x.Result.DeclineCode, now
		if kind == payment.OpRefund && state == payment.OpDone {
			op.Class = payment.ClassRefunded
		}
	}
	b.put(op)
	if err := tx.InsertOperation(op); err != nil {
		return nil, err
	}
	if op.State.Open() {
		// The PSP is asked what became of it.
		if err := tx.Enqueue(operateJob(op, now)); err != nil {
			return nil, err
		}
		if b.order != nil && kind == payment.OpRefund {
			b.order.adjust(acp.Adjustment{ID: adjustmentID(opID), Type: adjRefund, OccurredAt: now.UTC(), Status: pending}, amount)
			b.order.derive(now)
			if err := saveAndTell(tx, b.order, now); err != nil {
				return nil, err
			}
		}
		if err := tx.SaveAttempt(a); err != nil {
			return nil, err
		}
		return op, note(tx, a, a.State, op, byPSP, now)
	}
	return op, x.follow(tx, b, op, payment.OpPending, false, byPSP, now)
}

// mayBeOurs reports whether an operation that was asked for here a moment ago,
// and has not been answered, may be the one of a notice that names none.
func (x *notice) mayBeOurs(b *books, kind payment.OpKind, amount int64, now time.Time) bool {
	for i := range b.ops {
		o := &b.ops[i]
		if o.Kind == kind && o.Amount == amount && o.OpRef == "" && o.State.Open() && now.Sub(o.CreatedAt) < tooEarly {
			return true
		}
	}
	return false
}

// kind is the kind of move, from what the notice says was done when it does not
// say it itself.
func (x *notice) kind() payment.OpKind {
	if x.OpKind != "" {
		return x.OpKind
	}
	switch x.Result.Class {
	case payment.ClassCaptured:
		return payment.OpCapture
	case payment.ClassVoided:
		return payment.OpVoid
	case payment.ClassRefunded:
		return payment.OpRefund
	}
	return ""
}

// payment finds the attempt that a notice is about: by our id of it, else by
// the PSP's id of the payment.
func (x *notice) payment(r Reader) (a *payment.Attempt, err error) {
	err = ErrNotFound
	if isID(x.Reference, id.Attempt) {
		a, err = r.Attempt(x.merchantID, x.Reference)
	}
	if isNotFound(err) && x.PSPRef != "" {
		a, err = r.AttemptByRef(x.merchantID, x.provider, x.PSPRef)
	}
	if err == nil && (a.Live != x.live || a.Provider != x.provider) {
		return nil, ErrNotFound
	}
	return a, err
}

// hold takes in that the hold of an authorised payment has ended, or was
// captured, at the PSP. handled is false when the payment is none that is held.
func (x *notice) hold(ctx context.Context) (handled bool, err error) {
	a, err := x.payment(x.store.Orders(ctx))
	if isNotFound(err) || (err == nil && a.State != payment.Authorized) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	voided := x.Result.Class == payment.ClassVoided
	kind, asked := payment.OpVoid, payment.OpVoid
	if !voided {
		kind, asked = payment.OpCapture, payment.OpCapture
		if x.Result.Amount = x.Result.Captured; x.Result.Amount <= 0 {
			return true, nil
		}
	}
	x.OpRef, x.OpKind = "", kind
	var ours *payment.Operation
	err = x.store.UpdateOrders(ctx, func(tx Tx) error {
		b, err := booksOfPayment(tx, a.MerchantID, a.ID)
		if err != nil {
			return err
		}
		if ours = b.standing(asked); ours != nil && ours.State.Open() {
			return tx.HastenJob(ours.MerchantID, operateJobID(ours.ID), later(x.now(), ours.LeaseUntil))
		}
		ours = nil
		return nil
	})
	if err != nil || ours != nil {
		return true, err // the operation's own answer tells
	}
	if voided {
		x.log.ErrorContext(ctx, "the hold on a buyer's money has ended before it was captured; the order cannot be paid for", "attempt", a.ID, "order", a.OrderID)
	}
	return true, x.foreign(ctx)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
