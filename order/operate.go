package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/payment"
)

// OperateKind is the job that looks after an operation until its outcome is
// known.
const OperateKind = "payment.operate"

type operatePayload struct {
	MerchantID  string `json:"merchant_id"`
	OperationID string `json:"operation_id"`
	// Again asks about an operation whose outcome is known: the PSP has news of
	// it.
	Again bool `json:"again,omitzero"`
}

func operateJobID(opID string) string { return "job_" + opID }

// operateJob becomes due when the process that carries an operation out must
// have done so or died. It waits for no other operation of the payment: that
// one may stay open for days, and the guards need no order.
func operateJob(op *payment.Operation, due time.Time) job.Job {
	return job.Job{ID: operateJobID(op.ID), MerchantID: op.MerchantID, Kind: OperateKind, OrderKey: op.ID,
		Payload: operateJobPayload(op, false), Due: due, CreatedAt: op.CreatedAt}
}

func operateJobPayload(op *payment.Operation, again bool) []byte {
	payload, err := json.Marshal(operatePayload{MerchantID: op.MerchantID, OperationID: op.ID, Again: again})
	if err != nil {
		panic(err) // two strings and a bool always marshal
	}
	return payload
}

// Jobs are the durable jobs of this room, by kind. They are to be tried without
// end.
func (s *Service) Jobs() map[string]func(context.Context, job.Job) error {
	return map[string]func(context.Context, job.Job) error{OperateKind: s.operateAgain}
}

// JobTime is how long one try of a job may take, without the recording.
func (s *Service) JobTime() time.Duration { return 2 * s.timeout }

// operateAgain is the job that finishes what a crash or a silent PSP left open.
func (s *Service) operateAgain(ctx context.Context, j job.Job) error {
	var ref operatePayload
	if err := json.Unmarshal(j.Payload, &ref); err != nil {
		return job.Permanent(err)
	}
	if ref.Again {
		return s.checkAgain(ctx, ref)
	}
	op, ours, fresh, err := s.own(ctx, ref.MerchantID, ref.OperationID)
	switch {
	case err != nil || op == nil:
		return err
	case !ours:
		return job.RetryAfter(max(op.LeaseUntil.Sub(s.now()), time.Second))
	}
	if err := s.carry(ctx, op, fresh, "reconcile"); err != nil {
		return err
	}
	now, err := s.store.Orders(ctx).Operation(ref.MerchantID, ref.OperationID)
	if err != nil {
		return err
	}
	if now.State.Open() {
		return fmt.Errorf("%s %s of payment %s is still %s", now.Kind, now.ID, now.AttemptID, now.State)
	}
	return nil
}

// own takes an operation's lease. op is nil when its outcome is known already;
// ours is false while another process holds the lease. fresh tells that the PSP
// has certainly not been asked for it yet.
func (s *Service) own(ctx context.Context, merchantID, opID string) (op *payment.Operation, ours, fresh bool, err error) {
	err = s.store.UpdateOrders(ctx, func(tx Tx) error {
		now := s.now()
		if op, err = tx.Operation(merchantID, opID); err != nil {
			return err
		}
		if !op.State.Open() {
			op, ours = nil, false
			return nil
		}
		if ours = !op.LeaseUntil.After(now); !ours {
			return nil
		}
		fresh = queued(op)
		if fresh {
			op.Class, op.Decline = "", "" // from here on the PSP may have been asked
		}
		op.LeaseUntil = s.lease(now)
		return tx.SaveOperation(op)
	})
	return op, ours, fresh, err
}

// queued reports whether an operation waits for being asked for: the class of
// one that is being sent says why nothing came of it the last time.
func queued(op *payment.Operation) bool { return op.State == payment.OpSending && op.Class != "" }

// answer is what was learned about an operation.
type answer struct {
	payment.Result
	queued bool // the PSP certainly did nothing, and may be asked again later
}

// notSent marks a request that never left this machine.
const notSent = "not_sent"

// carry takes an operation that this process owns to the PSP, and records what
// comes of it. fresh tells that the PSP has certainly not been asked yet.
func (s *Service) carry(ctx context.Context, op *payment.Operation, fresh bool, who string) error {
	ctx = context.WithoutCancel(ctx)
	pr, err := s.operatorOf(op)
	if err != nil {
		return err
	}
	a := s.ask(ctx, pr, op, fresh)
	s.onStep(StepAnswered)
	if err := s.settle(ctx, op, a, who); err != nil {
		return err
	}
	s.onStep(StepRecorded)
	return nil
}

func (s *Service) operatorOf(op *payment.Operation) (payment.Operator, error) {
	pr, _, err := s.operator(&payment.Attempt{ID: op.AttemptID, MerchantID: op.MerchantID, Live: op.Live, Provider: op.Provider, Account: op.Account})
	return pr, err
}

// ask learns what became of an operation, or has it carried out. By the
// contract of payment.Operator asking for the same operation again moves
// nothing twice; so it is asked for again wherever the PSP does not know it or
// cannot tell. It is not when the PSP has accepted it.
func (s *Service) ask(ctx context.Context, pr payment.Operator, op *payment.Operation, fresh bool) answer {
	if fresh {
		return s.operate(ctx, pr, op, true)
	}
	r := s.lookUp(ctx, pr, op)
	if op.State == payment.OpPending || (r.Class != payment.ClassNotFound && r.Class != payment.ClassUnknown) {
		return answer{Result: r}
	}
	if r.DeclineCode == amountMismatch {
		return answer{Result: r} // an operator has to look
	}
	return s.operate(ctx, pr, op, false)
}

// lookUp asks what became of an operation.
func (s *Service) lookUp(ctx context.Context, pr payment.Operator, op *payment.Operation) payment.Result {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := pr.ReconcileOp(ctx, op.Op)
	if err != nil {
		s.log.WarnContext(ctx, "payment provider not reachable", "operation", op.ID, "error", err)
		return payment.Result{Class: payment.ClassUnknown}
	}
	switch r.Class {
	case payment.ClassConfig, payment.ClassRateLimited:
		// It says nothing about the operation.
		s.log.ErrorContext(ctx, "the payment provider does not answer questions", "operation", op.ID, "class", string(r.Class), "detail", r.DeclineCode)
		return payment.Result{Class: payment.ClassUnknown, DeclineCode: r.DeclineCode}
	case payment.ClassNotFound:
		if op.State == payment.OpPending {
			s.log.WarnContext(ctx, "the payment provider does not know an operation that it has accepted", "operation", op.ID)
			return payment.Result{Class: payment.ClassUnknown}
		}
	}
	return s.verify(op, r)
}

// operate asks the PSP for the move under its own key. A process whose lease
// has ended asks for nothing: it may have stood still for long, and whoever
// took the operation over may have closed it.
func (s *Service) operate(ctx context.Context, pr payment.Operator, op *payment.Operation, first bool) answer {
	unknown := answer{Result: payment.Result{Class: payment.ClassUnknown}}
	if !s.now().Before(op.LeaseUntil) {
		s.log.WarnContext(ctx, "operation not asked for: this process was slower than its lease", "operation", op.ID)
		return unknown
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := pr.Operate(ctx, op.Op)
	switch {
	case errors.Is(err, payment.ErrNotSent):
		s.log.WarnContext(ctx, "payment provider not reachable", "operation", op.ID, "error", err)
		if first {
			return answer{Result: payment.Result{Class: payment.ClassNotFound, DeclineCode: notSent}, queued: true}
		}
		return unknown
	case err != nil:
		s.log.ErrorContext(ctx, "operation not asked for", "operation", op.ID, "error", err)
		return unknown
	case first && r.Class == payment.ClassRateLimited:
		return answer{Result: r, queued: true}
	case !first && !ofTheOperation(r):
		// It may have been done the first time.
		return answer{Result: payment.Result{Class: payment.ClassUnknown, DeclineCode: r.DeclineCode, RequestID: r.RequestID}}
	}
	return answer{Result: s.verify(op, r)}
}

// ofTheOperation reports whether an answer to a repeated request tells what
// became of the operation. That the PSP now refuses our keys, the rate or the
// request says nothing about the first time.
func ofTheOperation(r payment.Result) bool {
	switch r.Class {
	case payment.ClassConfig, payment.ClassRateLimited, payment.ClassNotFound:
		return false
	case payment.ClassProcessorError:
		return r.PSPRef != "" // there is a move, and it failed
	}
	return true
}

// amountMismatch marks an answer about other money than was asked for.
const amountMismatch = "amount_mismatch"

// verify turns an answer about other money than was asked for into an unknown
// one: an operator has to look. A void is of all that is held, whatever amount
// the PSP names. An id that is the payment's own is none of the move.
func (s *Service) verify(op *payment.Operation, r payment.Result) payment.Result {
	if r.PSPRef == op.PSPRef {
		r.PSPRef = ""
	}
	if r.Class.OpState() != payment.OpDone {
		return r
	}
	if class := doneClass(op.Kind); r.Class != class {
		s.log.Error("the payment provider reports another move than was asked for; the operation needs an operator",
			"operation", op.ID, "asked", string(class), "reported", string(r.Class))
		return payment.Result{Class: payment.ClassUnknown, PSPRef: r.PSPRef, RequestID: r.RequestID, DeclineCode: amountMismatch}
	}
	if op.Kind == payment.OpVoid || (r.Amount == op.Amount && r.Currency == op.Currency) {
		return r
	}
	s.log.Error("the payment provider reports another amount than was asked for; the operation needs an operator",
		"operation", op.ID, "attempt", op.AttemptID, "psp_ref", r.PSPRef,
		"asked", op.Amount, "asked_currency", op.Currency, "reported", r.Amount, "reported_currency", r.Currency)
	return payment.Result{Class: payment.ClassUnknown, PSPRef: r.PSPRef, RequestID: r.RequestID, DeclineCode: amountMismatch}
}

// doneClass is the class of an operation's success.
func doneClass(k payment.OpKind) payment.Class {
	switch k {
	case payment.OpCapture:
		return payment.ClassCaptured
	case payment.OpVoid:
		return payment.ClassVoided
	}
	return payment.ClassRefunded
}

// checkAgain asks about an operation whose outcome is known, because the PSP
// has news of it: a refund may have come back. Only a definite failure is
// another outcome.
func (s *Service) checkAgain(ctx context.Context, ref operatePayload) error {
	op, err := s.store.Orders(ctx).Operation(ref.MerchantID, ref.OperationID)
	if err != nil || op.State != payment.OpDone {
		return err // an open one has a job of its own
	}
	pr, err := s.operatorOf(op)
	if err != nil {
		return err
	}
	r := s.lookUp(ctx, pr, op)
	switch r.Class {
	case payment.ClassDeclined, payment.ClassProcessorError:
		return s.settle(ctx, op, answer{Result: r}, "reconcile")
	case payment.ClassUnknown, payment.ClassPending:
		return fmt.Errorf("what became of %s %s, which was done, is not known", op.Kind, op.ID)
	}
	return nil
}
