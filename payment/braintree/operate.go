package braintree

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/go-json-experiment/json"
)

const (
	// keysKept is for how long a request key is relied on. Braintree keeps them
	// for 30 days.
	keysKept = 29 * 24 * time.Hour
	// maxRefunds is how many refunds of one payment are looked through.
	maxRefunds = 100
	// voidSuffix makes the key of the void that stands in for a refund.
	voidSuffix = "_void"
)

// opRequest is the body of a capture, a void or a refund.
type opRequest struct {
	Transaction opTransaction `json:"transaction"`
}

type opTransaction struct {
	Key     string `json:"api_request_key,omitzero"`
	Amount  string `json:"amount,omitzero"`
	OrderID string `json:"order_id,omitzero"` // of a refund, our op
}

// Operate implements payment.Operator. A repeat is answered by the request
// key. Where there is none, or it may be forgotten, the adapter looks first
// whether the move was made, which it can tell for a capture and a void by the
// state of the payment and for a refund by its order id; only two requests of
// one refund at the same moment are then not kept apart.
//
// A payment that is not settled yet cannot be refunded at Braintree. All of it
// is given back by a void instead, and the Result is ClassRefunded. A part of
// it has to wait for the settlement, usually until the next day: the Result is
// ClassProcessorError, as nothing moved.
func (p *Provider) Operate(ctx context.Context, op payment.Op) (payment.Result, error) {
	if refused := p.impossible(op); refused != "" {
		return payment.Result{Class: payment.ClassDeclined, DeclineCode: refused}, nil
	}
	if !p.keyed || p.now().Sub(op.CreatedAt) > keysKept {
		r, done, err := p.look(ctx, op)
		if err != nil || done || r.Class == payment.ClassUnknown {
			return r, err
		}
	}
	reply, err := p.request(ctx, op, op.Key)
	if errors.Is(err, payment.ErrNotSent) {
		return payment.Result{}, err
	}
	if err != nil {
		return unknown(reply, noAnswer), nil
	}
	r := p.classifyOp(op, reply)
	switch {
	case op.Kind == payment.OpVoid && r.DeclineCode == cannotBeVoided:
		// Somebody else may have voided it, which is all that was wanted.
		if seen, done, err := p.look(ctx, op); err == nil && done {
			return seen, nil
		}
	case op.Kind == payment.OpRefund && (r.DeclineCode == refundUnlessSettled || r.DeclineCode == refundSettling):
		return p.refundUnsettled(ctx, op, r), nil
	case r.DeclineCode == keyOfFailedRequest:
		return afterSending(p.ReconcileOp(ctx, op))
	}
	return r, nil
}

// impossible names what is wrong with an op that need not be asked for.
func (p *Provider) impossible(op payment.Op) string {
	switch {
	case !identifier.MatchString(op.PSPRef):
		return "no_payment"
	case op.Kind == payment.OpVoid:
		return ""
	case op.Kind != payment.OpCapture && op.Kind != payment.OpRefund:
		return "unknown_move"
	case op.Amount <= 0:
		return "invalid_amount"
	case op.Kind == payment.OpRefund && !identifier.MatchString(op.ID):
		return "invalid_id"
	}
	if _, err := p.decimal(op.Amount, op.Currency); err != nil {
		return "invalid_amount"
	}
	return ""
}

// afterSending turns an error about a question into an unknown outcome: the
// move itself was sent before.
func afterSending(r payment.Result, err error) (payment.Result, error) {
	if err != nil {
		return payment.Result{Class: payment.ClassUnknown, RequestID: r.RequestID, DeclineCode: noAnswer}, nil
	}
	return r, nil
}

// request asks for the move.
func (p *Provider) request(ctx context.Context, op payment.Op, key string) (exchange.Reply, error) {
	method, verb, body := http.MethodPut, "void", opTransaction{}
	if op.Kind != payment.OpVoid {
		var err error
		if body.Amount, err = p.decimal(op.Amount, op.Currency); err != nil {
			return exchange.Reply{}, fmt.Errorf("%w: braintree payments: %w", payment.ErrNotSent, err)
		}
		verb = "submit_for_settlement"
	}
	if op.Kind == payment.OpRefund {
		method, verb, body.OrderID = http.MethodPost, "refund", op.ID
	}
	if p.keyed {
		if key == "" || len(key) > maxKey {
			return exchange.Reply{}, fmt.Errorf("%w: braintree payments: the request key is empty or longer than %d bytes", payment.ErrNotSent, maxKey)
		}
		body.Key = key
	}
	var wire []byte
	if body != (opTransaction{}) {
		var err error
		if wire, err = json.Marshal(opRequest{body}, json.Deterministic(true)); err != nil {
			return exchange.Reply{}, fmt.Errorf("%w: %w", payment.ErrNotSent, err)
		}
	}
	return p.do(ctx, method, wire, "transactions", op.PSPRef, verb)
}

// classifyOp reads the answer to a move.
func (p *Provider) classifyOp(op payment.Op, r exchange.Reply) payment.Result {
	if refused, ok := refusedOutright(r); ok {
		return refused
	}
	t, codes, ok := made(r)
	if !ok {
		return unknown(r, unexpectedAnswer)
	}
	var result payment.Result
	switch {
	case t == nil:
		result = refusal(codes, opCodeClass)
	case op.Kind == payment.OpRefund:
		result = p.refund(op, *t)
	case t.ID != op.PSPRef:
		return unknown(r, unexpectedAnswer)
	case op.Kind == payment.OpVoid:
		result = p.void(*t)
	default:
		if result = p.sale(*t); result.Class == payment.ClassAuthorized {
			result.Class = payment.ClassUnknown // accepted, and yet not captured
		}
	}
	result.RequestID = requestID(r)
	return result
}

// void classifies a payment as the result of a void.
func (p *Provider) void(t transaction) payment.Result {
	r := p.sale(t)
	r.Captured = 0
	if t.Status == "voided" {
		r.Class, r.DeclineCode = payment.ClassVoided, ""
	} else {
		r.Class = payment.ClassUnknown
	}
	return r
}

// refund classifies a credit as the result of a refund.
func (p *Provider) refund(op payment.Op, t transaction) payment.Result {
	r := payment.Result{Class: payment.ClassUnknown, PSPRef: t.ID, Currency: strings.ToLower(t.Currency), DeclineCode: t.words()}
	if t.Type != typeCredit || (t.RefundOf != "" && t.RefundOf != op.PSPRef) {
		r.DeclineCode = unexpectedAnswer
		return r
	}
	if class, ok := refundClass[t.Status]; ok {
		r.Class = class
	}
	var err error
	if r.Amount, err = p.minor(t.Amount, r.Currency); err != nil && r.Class == payment.ClassRefunded {
		r.Class, r.DeclineCode = payment.ClassUnknown, unexpectedAnswer
	}
	if r.Class == payment.ClassRefunded {
		r.DeclineCode = ""
	}
	return r
}

// refundUnsettled gives back a payment that cannot be refunded yet. later is
// the refusal, which says so.
func (p *Provider) refundUnsettled(ctx context.Context, op payment.Op, later payment.Result) payment.Result {
	t, seen, err := p.find(ctx, op.PSPRef)
	if err != nil || t == nil {
		return payment.Result{Class: payment.ClassUnknown, RequestID: seen.RequestID, DeclineCode: later.DeclineCode}
	}
	state := p.sale(*t)
	switch {
	case t.Status == "voided" && state.Amount == op.Amount:
		state.RequestID = seen.RequestID
		return p.refundedByVoid(ctx, op, state)
	case state.Class != payment.ClassCaptured:
		later.Class = payment.ClassDeclined // nothing was taken that could be given back
		return later
	case op.Amount > state.Amount:
		later.Class = payment.ClassDeclined
		return later
	case op.Amount < state.Amount:
		return later
	}
	void := op
	void.Kind = payment.OpVoid
	reply, err := p.request(ctx, void, op.Key+voidSuffix)
	if errors.Is(err, payment.ErrNotSent) {
		return later // nothing moved: neither refund nor void
	}
	if err != nil {
		return unknown(reply, noAnswer)
	}
	switch r := p.classifyOp(void, reply); {
	case r.Class == payment.ClassVoided:
		r.Class = payment.ClassRefunded
		return r
	case r.DeclineCode == cannotBeVoided:
		return later // it is being settled this moment
	default:
		return r
	}
}

// refundedByVoid says whether it was for this refund that a payment was voided,
// and not for another or by somebody at Braintree. The void is asked for once
// more under its key: the first is answered with what came of it, and another
// is refused, because what is voided cannot be voided again. Without keys nobody
// can tell; the money is back with the buyer. seen is the payment as it is.
func (p *Provider) refundedByVoid(ctx context.Context, op payment.Op, seen payment.Result) payment.Result {
	refunded := payment.Result{Class: payment.ClassRefunded, PSPRef: seen.PSPRef, RequestID: seen.RequestID, Amount: seen.Amount, Currency: seen.Currency}
	if !p.keyed || p.now().Sub(op.CreatedAt) > keysKept {
		return refunded
	}
	void := op
	void.Kind = payment.OpVoid
	reply, err := p.request(ctx, void, op.Key+voidSuffix)
	if err != nil {
		return unknown(reply, noAnswer)
	}
	switch r := p.classifyOp(void, reply); {
	case r.Class == payment.ClassVoided:
		return refunded
	case r.DeclineCode == cannotBeVoided, r.DeclineCode == keyOfFailedRequest:
		return payment.Result{Class: payment.ClassDeclined, RequestID: r.RequestID, DeclineCode: cannotBeVoided}
	default:
		return unknown(reply, r.DeclineCode)
	}
}

// ReconcileOp implements payment.Operator. The state of a payment is read, not
// searched for, so that it is as it is; but a request that was given up may
// still be worked on for a while, and until then nothing done is ClassUnknown.
func (p *Provider) ReconcileOp(ctx context.Context, op payment.Op) (payment.Result, error) {
	if p.impossible(op) != "" {
		return payment.Result{Class: payment.ClassNotFound}, nil // Operate never asks for it
	}
	r, done, err := p.look(ctx, op)
	if err != nil || done || r.Class == payment.ClassUnknown {
		return r, err
	}
	r.Class = payment.ClassNotFound
	if op.CreatedAt.IsZero() || p.now().Sub(op.CreatedAt) <= p.inFlight {
		r.Class = payment.ClassUnknown
	}
	return r, nil
}

// look reports whether the move was made. Without a usable answer the Result
// is of ClassUnknown, and of no class when the move was not made.
func (p *Provider) look(ctx context.Context, op payment.Op) (r payment.Result, done bool, err error) {
	if op.Kind == payment.OpRefund && op.OpRef != "" && op.OpRef != op.PSPRef {
		t, r, err := p.find(ctx, op.OpRef)
		if err != nil || t == nil {
			return r, false, err
		}
		result := p.refund(op, *t)
		result.RequestID = r.RequestID
		return result, result.Class != payment.ClassUnknown, nil
	}
	t, r, err := p.find(ctx, op.PSPRef)
	if err != nil || t == nil {
		return r, false, err
	}
	state := p.sale(*t)
	state.RequestID = r.RequestID
	if state.DeclineCode == unexpectedAnswer {
		return state, false, nil
	}
	none := payment.Result{RequestID: r.RequestID, DeclineCode: clean(t.Status)}
	switch op.Kind {
	case payment.OpCapture:
		if state.Class == payment.ClassCaptured && state.Amount == op.Amount {
			return state, true, nil
		}
	case payment.OpVoid:
		if void := p.void(*t); void.Class == payment.ClassVoided {
			void.RequestID = r.RequestID
			return void, true, nil
		}
	case payment.OpRefund:
		if t.Status == "voided" && state.Amount == op.Amount {
			if state = p.refundedByVoid(ctx, op, state); state.Class == payment.ClassDeclined {
				return none, false, nil
			}
			return state, state.Class == payment.ClassRefunded, nil
		}
		return p.lookForRefund(ctx, op, *t, none)
	}
	return none, false, nil
}

// lookForRefund goes through the refunds of a payment for the one that carries
// the op's id.
func (p *Provider) lookForRefund(ctx context.Context, op payment.Op, sale transaction, none payment.Result) (payment.Result, bool, error) {
	if len(sale.RefundIDs) > maxRefunds {
		none.Class = payment.ClassUnknown
		return none, false, nil
	}
	for _, id := range slices.Backward(sale.RefundIDs) { // the latest first
		t, r, err := p.find(ctx, id)
		if err != nil || t == nil {
			return r, false, err
		}
		if t.OrderID == op.ID {
			result := p.refund(op, *t)
			result.RequestID = r.RequestID
			return result, result.Class != payment.ClassUnknown, nil
		}
	}
	return none, false, nil
}
