package order_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/checkstand/checkstand/payment"
)

// pay is what the bank knows of one payment.
type pay struct {
	held, captured, refunded int64
	voided, bounced          bool
}

// fault is what goes wrong with the next request.
type fault string

const (
	loseRequest fault = "the request is lost"
	loseAnswer  fault = "the answer is lost"
	notSent     fault = "no connection"
	limited     fault = "rate limit"
	wrongKeys   fault = "wrong keys"
	accepts     fault = "accepted, decided later"
	declines    fault = "declined"
	lessMoney   fault = "another amount"
)

// bank is a PSP in memory that keeps books. Every request for a move counts;
// the same key moves nothing twice.
type bank struct {
	mu      sync.Mutex
	pays    map[string]*pay
	byKey   map[string]payment.Result
	byOp    map[string]string // our op → key
	asked   int
	faults  []fault
	silent  bool // questions are not answered
	refs    int
	pending map[string]payment.Op // accepted moves, by our id
}

var _ payment.Operator = (*bank)(nil)

func newBank() *bank {
	return &bank{pays: map[string]*pay{}, byKey: map[string]payment.Result{}, byOp: map[string]string{}, pending: map[string]payment.Op{}}
}

func (f *bank) Name() string                         { return "bank" }
func (f *bank) Reusable(payment.Credential) bool     { return false }
func (f *bank) Build(payment.Charge) ([]byte, error) { return nil, nil }
func (f *bank) Send(context.Context, string, []byte) (payment.Result, error) {
	return payment.Result{}, payment.ErrNotSent
}

func (f *bank) Reconcile(context.Context, payment.Attempt) (payment.Result, error) {
	return payment.Result{Class: payment.ClassUnknown}, nil
}

func (f *bank) sell(ref string, amount int64, held bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := &pay{held: amount}
	if !held {
		p.captured = amount
	}
	f.pays[ref] = p
}

func (f *bank) books(ref string) pay {
	f.mu.Lock()
	defer f.mu.Unlock()
	return *f.pays[ref]
}

func (f *bank) fail(faults ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, faults...)
}

func (f *bank) mute(silent bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent = silent
}

func (f *bank) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

func (f *bank) Operate(_ context.Context, op payment.Op) (payment.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var bad fault
	if len(f.faults) > 0 {
		bad, f.faults = f.faults[0], f.faults[1:]
	}
	unknown := payment.Result{Class: payment.ClassUnknown, DeclineCode: "no_answer"}
	switch bad {
	case notSent:
		return payment.Result{}, payment.ErrNotSent
	case loseRequest:
		return unknown, nil
	case limited:
		return payment.Result{Class: payment.ClassRateLimited}, nil
	case wrongKeys:
		return payment.Result{Class: payment.ClassConfig}, nil
	}
	f.asked++
	r, seen := f.byKey[op.Key]
	if !seen {
		switch bad {
		case accepts:
			f.pending[op.ID] = op
			r = payment.Result{Class: payment.ClassPending, PSPRef: f.newRef(op)}
		case declines:
			r = payment.Result{Class: payment.ClassDeclined, DeclineCode: "not_possible"}
		default:
			r = f.move(op)
		}
		f.byKey[op.Key], f.byOp[op.ID] = r, op.Key
	}
	switch bad {
	case loseAnswer:
		return unknown, nil
	case lessMoney:
		r.Amount--
	}
	return r, nil
}

func (f *bank) newRef(op payment.Op) string {
	if op.Kind != payment.OpRefund {
		return op.PSPRef // captures and voids have no id of their own here
	}
	f.refs++
	return fmt.Sprintf("re_%d", f.refs)
}

// move moves the money as the rules of PSPs are.
func (f *bank) move(op payment.Op) payment.Result {
	p := f.pays[op.PSPRef]
	no := payment.Result{Class: payment.ClassDeclined, DeclineCode: "not_possible"}
	yes := payment.Result{PSPRef: f.newRef(op), Amount: op.Amount, Currency: op.Currency}
	open := !p.voided && p.captured == 0 && !p.bounced
	switch op.Kind {
	case payment.OpCapture:
		if !open || op.Amount > p.held {
			return no
		}
		p.captured, yes.Class, yes.Captured = op.Amount, payment.ClassCaptured, op.Amount
	case payment.OpVoid:
		if !open {
			return no
		}
		p.voided, yes.Class = true, payment.ClassVoided
	case payment.OpRefund:
		if p.refunded+op.Amount > p.captured {
			return no
		}
		p.refunded, yes.Class = p.refunded+op.Amount, payment.ClassRefunded
	}
	return yes
}

func (f *bank) ReconcileOp(_ context.Context, op payment.Op) (payment.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.silent {
		return payment.Result{Class: payment.ClassUnknown}, nil
	}
	r, ok := f.byKey[op.Key]
	if !ok && op.OpRef != "" { // made here without a key of the shop's
		for _, r := range f.byKey {
			if r.PSPRef == op.OpRef {
				return r, nil
			}
		}
	}
	if !ok {
		return payment.Result{Class: payment.ClassNotFound}, nil
	}
	return r, nil
}

// decide ends a move that was only accepted, and gives the notice of it.
func (f *bank) decide(opID string, good bool) payment.Notice {
	f.mu.Lock()
	defer f.mu.Unlock()
	op, key := f.pending[opID], f.byOp[opID]
	delete(f.pending, opID)
	ref := f.byKey[key].PSPRef
	r := payment.Result{Class: payment.ClassDeclined, DeclineCode: "refused_later"}
	if good {
		r = f.move(op)
	}
	r.PSPRef = ref
	f.byKey[key] = r
	return payment.Notice{ID: "n_" + opID, Subject: payment.AboutOperation, Reference: opID, PSPRef: op.PSPRef, OpRef: ref, OpKind: op.Kind,
		Result: r, Final: true}
}

// dashboard makes a move at the PSP that the shop's server has not asked for,
// and gives the notice of it.
func (f *bank) dashboard(ref string, kind payment.OpKind, amount int64) payment.Notice {
	f.mu.Lock()
	defer f.mu.Unlock()
	op := payment.Op{Kind: kind, PSPRef: ref, Amount: amount, Currency: "eur"}
	r := f.move(op)
	f.byKey["dashboard "+r.PSPRef] = r
	return payment.Notice{ID: "n_" + r.PSPRef, Subject: payment.AboutOperation, PSPRef: ref, OpRef: r.PSPRef, OpKind: kind, Result: r, Final: true}
}

// comeBack takes a refund back that was made, and gives the notice of it.
func (f *bank) comeBack(ref, opRef string) payment.Notice {
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, r := range f.byKey {
		if r.PSPRef == opRef && r.Class == payment.ClassRefunded {
			f.pays[ref].refunded -= r.Amount
			r.Class, r.DeclineCode = payment.ClassDeclined, "account_closed"
			f.byKey[key] = r
			return payment.Notice{ID: "b_" + opRef, Subject: payment.AboutOperation, PSPRef: ref, OpRef: opRef, OpKind: payment.OpRefund, Result: r, Final: true}
		}
	}
	return payment.Notice{}
}

// refOf finds the PSP's id of an operation.
func (f *bank) refOf(opID string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.byKey[f.byOp[opID]].PSPRef
}

// clear ends the faults.
func (f *bank) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = nil
}

// accepted reports whether the bank has still to decide on an operation.
func (f *bank) accepted(opID string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.pending[opID]
	return ok
}
