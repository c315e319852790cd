package stripe

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// keyLife is how long Stripe surely knows a key: 24 hours, less a margin for
// clocks. An older Op is looked for before it is asked for again.
const keyLife = 23 * time.Hour

// reasons are the reasons of a refund that Stripe knows.
var reasons = map[string]bool{"requested_by_customer": true, "duplicate": true, "fraudulent": true}

// refund is a Refund, as far as it is read.
type refund struct {
	ID       string             `json:"id"`
	Status   string             `json:"status"`
	Amount   int64              `json:"amount"`
	Currency string             `json:"currency"`
	Failure  string             `json:"failure_reason"`
	Intent   expandable[intent] `json:"payment_intent"`
	Metadata map[string]string  `json:"metadata"`
}

// Operate implements payment.Operator. PSPRef of the result is the payment's
// own id for a capture or a void, which have none at Stripe, and the refund's
// id for a refund.
func (p *Provider) Operate(ctx context.Context, op payment.Op) (payment.Result, error) {
	request, refused := p.request(op)
	if refused != "" {
		return payment.Result{Class: payment.ClassDeclined, DeclineCode: refused}, nil
	}
	if p.age(op.CreatedAt) > keyLife {
		if r, err := p.ReconcileOp(ctx, op); err != nil || r.Class != payment.ClassNotFound {
			return r, err
		}
	}
	r, err := p.do(ctx, request)
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return payment.Result{}, err
	case err != nil:
		return payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: "no_answer"}, nil
	case r.status == http.StatusOK && op.Kind == payment.OpRefund:
		var made refund
		if json.Unmarshal(r.body, &made) != nil || made.ID == "" {
			return r.unexpected(), nil
		}
		return made.result(r.requestID), nil
	case r.status == http.StatusOK:
		in, result, ok := p.readIntent(r)
		if !ok {
			return result, nil
		}
		return p.moved(op, in, r.requestID), nil
	case r.status >= 500 && r.replayed:
		// The stored failure says nothing; the payment does.
		result, err := p.ReconcileOp(ctx, op)
		if err != nil || result.Class == payment.ClassNotFound {
			result = payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: "stored_http_" + strconv.Itoa(r.status)}
		}
		return result, nil
	}
	f := r.failure()
	if in := f.Intent; in != nil && f.Code == "payment_intent_unexpected_state" {
		// What was asked for may be what is there.
		if result := p.moved(op, *in, r.requestID); result.Class == payment.ClassCaptured || result.Class == payment.ClassVoided {
			return result, nil
		}
	}
	result := payment.Result{Class: opClass(r.status, f), RequestID: r.requestID, DeclineCode: f.reason()}
	if result.DeclineCode == "" {
		result.DeclineCode = "http_" + strconv.Itoa(r.status)
	}
	return result, nil
}

// request makes the call of a move; refused says why there is none.
func (p *Provider) request(op payment.Op) (c call, refused string) {
	if op.PSPRef == "" || op.ID == "" || op.Key == "" || len(op.Key) > maxKey {
		return call{}, "payment_or_key_missing"
	}
	var f form
	path := []string{"v1", "payment_intents", op.PSPRef}
	units, err := toStripe(op.Amount, op.Currency)
	if op.Kind != payment.OpVoid && (err != nil || units <= 0) {
		return call{}, "amount_invalid"
	}
	switch op.Kind {
	case payment.OpCapture:
		path = append(path, "capture")
		f.addInt("amount_to_capture", units)
		f.add("metadata["+metaCapture+"]", op.ID)
	case payment.OpVoid:
		path = append(path, "cancel")
		if reasons[op.Reason] {
			f.add("cancellation_reason", op.Reason)
		}
	case payment.OpRefund:
		path = []string{"v1", "refunds"}
		f.add("payment_intent", op.PSPRef)
		f.addInt("amount", units)
		if reasons[op.Reason] {
			f.add("reason", op.Reason)
		}
		f.add("metadata["+metaOp+"]", op.ID)
	default:
		return call{}, "operation_unknown"
	}
	return call{method: http.MethodPost, path: path, body: f.b, key: op.Key}, ""
}

// ReconcileOp implements payment.Operator. A capture is known by the Op's id
// that it wrote on the payment, a refund by the one that it carries itself; a
// payment that is canceled is voided, whoever did it. ClassNotFound is said of
// an Op only when no request for it can be on its way any more, see settled.
func (p *Provider) ReconcileOp(ctx context.Context, op payment.Op) (payment.Result, error) {
	if op.Kind == payment.OpRefund {
		return p.reconcileRefund(ctx, op)
	}
	in, result, err := p.retrieve(ctx, op.PSPRef)
	if err != nil || in.ID == "" {
		return result, err
	}
	return p.moved(op, in, result.RequestID), nil
}

// moved says what a payment shows of a capture or void.
func (p *Provider) moved(op payment.Op, in intent, requestID string) payment.Result {
	result := p.result(in, requestID)
	if result.PSPRef == "" || result.DeclineCode == "amount_not_exact" {
		return result
	}
	result.DeclineCode = ""
	capture := op.Kind == payment.OpCapture
	switch in.Status {
	case "succeeded":
		if capture && in.Metadata[metaCapture] == op.ID {
			result.Class, result.Amount = payment.ClassCaptured, result.Captured
			return result
		}
		result.Class = payment.ClassDeclined
	case "canceled":
		result.Class = payment.ClassVoided
		if capture {
			result.Class = payment.ClassDeclined
		}
	case "requires_capture", "requires_action", "requires_confirmation", "requires_payment_method":
		return p.notMoved(op, requestID)
	case "processing":
		result.Class = payment.ClassPending
	default:
		result.Class = payment.ClassUnknown
	}
	if result.Class != payment.ClassVoided {
		result.DeclineCode = "status_" + in.Status
	}
	return result
}

// notMoved is what may be said of an Op that has left no trace.
func (p *Provider) notMoved(op payment.Op, requestID string) payment.Result {
	if p.age(op.CreatedAt) < settled {
		return payment.Result{Class: payment.ClassUnknown, RequestID: requestID, DeclineCode: "may_be_on_its_way"}
	}
	return payment.Result{Class: payment.ClassNotFound, RequestID: requestID}
}

func (p *Provider) reconcileRefund(ctx context.Context, op payment.Op) (payment.Result, error) {
	if op.OpRef != "" {
		var made refund
		r, result, ok, err := p.get(ctx, call{path: []string{"v1", "refunds", op.OpRef}}, &made)
		if !ok {
			return result, err
		}
		if made.ID != op.OpRef {
			return r.unexpected(), nil
		}
		return made.result(r.requestID), nil
	}
	var made refund
	whole, result, err := eachPage(ctx, p, []string{"v1", "refunds"}, url.Values{"payment_intent": {op.PSPRef}}, maxPages, func(next refund) bool {
		if next.Metadata[metaOp] == op.ID {
			made = next
		}
		return made.ID == ""
	}, func(r refund) string { return r.ID })
	switch {
	case made.ID != "":
		return made.result(result.RequestID), nil
	case err != nil || result.DeclineCode != "":
		return result, err
	case !whole:
		result.DeclineCode = "too_many_refunds_to_list"
		return result, nil
	}
	return p.notMoved(op, result.RequestID), nil
}

// result classifies a refund. One of a status that is not known, or with an
// amount that is not exact, is unknown.
func (r refund) result(requestID string) payment.Result {
	result := payment.Result{Class: payment.ClassUnknown, PSPRef: r.ID, RequestID: requestID, DeclineCode: r.Failure, Currency: r.Currency}
	amount, err := fromStripe(r.Amount, r.Currency)
	if err != nil {
		result.DeclineCode = "amount_not_exact"
		return result
	}
	result.Amount = amount
	for _, row := range refundRows {
		if row.Status == r.Status {
			result.Class = row.Class
		}
	}
	return result
}
