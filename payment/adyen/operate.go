package adyen

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/go-json-experiment/json"
)

// Reasons of this adapter, as DeclineCode of an operation.
const (
	invalidAmount = "invalid_amount"
	keyForgotten  = "key_forgotten" // too old to be asked for again safely
)

// refundReasons are the values of merchantRefundReason (v72).
var refundReasons = map[string]string{
	"requested_by_customer": "CUSTOMER REQUEST",
	"duplicate":             "DUPLICATE",
	"fraudulent":            "FRAUD",
}

// modification is the body of a capture, cancel or refund.
type modification struct {
	MerchantAccount  string  `json:"merchantAccount"`
	Reference        string  `json:"reference"`
	Amount           *amount `json:"amount,omitzero"`
	PaymentReference string  `json:"paymentReference,omitzero"`
	RefundReason     string  `json:"merchantRefundReason,omitzero"`
}

// received is the 201 answer to a modification.
type received struct {
	PSPReference        string  `json:"pspReference"`
	PaymentPSPReference string  `json:"paymentPspReference"`
	PaymentReference    string  `json:"paymentReference"`
	Reference           string  `json:"reference"`
	Status              string  `json:"status"`
	Amount              *amount `json:"amount"`
}

// Operate implements payment.Operator. What Adyen accepts is ClassPending: the
// outcome, also that it is refused, comes in a webhook whose reference is
// op.ID. Asking again within the life of the key gets the same answer; later
// nothing is sent, and the result is ClassUnknown.
//
// A void of a payment whose PSPRef is not known is asked for by our reference.
// Only one that was to be held can be found that way; money that is taken at
// once is given back with a refund.
func (p *Provider) Operate(ctx context.Context, op payment.Op) (payment.Result, error) {
	if op.Amount <= 0 && op.Kind != payment.OpVoid {
		return payment.Result{Class: payment.ClassDeclined, DeclineCode: invalidAmount}, nil
	}
	if p.cfg.Now().Sub(op.CreatedAt) > MaxResendFor {
		return payment.Result{Class: payment.ClassUnknown, PSPRef: op.OpRef, DeclineCode: keyForgotten}, nil
	}
	path, body, err := p.buildOp(op)
	if err != nil {
		return payment.Result{Class: payment.ClassConfig, DeclineCode: "cannot_be_built"}, nil
	}
	r, err := p.post(ctx, op.Key, body, path...)
	if errors.Is(err, payment.ErrNotSent) {
		return payment.Result{}, err
	}
	if err != nil {
		return payment.Result{Class: payment.ClassUnknown, DeclineCode: noAnswer}, nil
	}
	if r.Status != http.StatusCreated {
		return p.refusal(r), nil
	}
	return accepted(r, op), nil
}

// ReconcileOp implements payment.Operator. Like Reconcile it never knows:
// Operate may be called again, and the webhook tells.
func (p *Provider) ReconcileOp(_ context.Context, op payment.Op) (payment.Result, error) {
	return payment.Result{Class: payment.ClassUnknown, PSPRef: op.OpRef, DeclineCode: NoLookup}, nil
}

// buildOp makes the path and the exact body of an operation; pure, so that a
// repeat is the same request.
func (p *Provider) buildOp(op payment.Op) (path []string, body []byte, err error) {
	m := modification{MerchantAccount: p.cfg.MerchantAccount, Reference: op.ID}
	if op.ID == "" || len(op.ID) > maxReference {
		return nil, nil, fmt.Errorf("adyen payments: the operation has no id, or one longer than %d bytes", maxReference)
	}
	switch op.Kind {
	case payment.OpCapture:
		path = []string{"payments", op.PSPRef, "captures"}
	case payment.OpRefund:
		path = []string{"payments", op.PSPRef, "refunds"}
		m.RefundReason = refundReasons[op.Reason]
	case payment.OpVoid:
		path = []string{"payments", op.PSPRef, "cancels"}
	default:
		return nil, nil, fmt.Errorf("adyen payments: the operation %q is not known", op.Kind)
	}
	switch {
	case op.PSPRef == "" && op.Kind == payment.OpVoid && op.AttemptID != "":
		path = []string{"cancels"}
		m.PaymentReference = reference{attempt: op.AttemptID, held: true}.String()
	case pspReference(op.PSPRef) == "":
		return nil, nil, errors.New("adyen payments: the operation names no payment")
	}
	if op.Kind != payment.OpVoid {
		value, err := wire(op.Amount, op.Currency)
		if err != nil {
			return nil, nil, fmt.Errorf("adyen payments: %w", err)
		}
		m.Amount = &value
	}
	body, err = json.Marshal(m, json.Deterministic(true))
	return path, body, err
}

// accepted reads the answer "received". One that is about another operation is
// unknown.
func accepted(r exchange.Reply, op payment.Op) payment.Result {
	unknown := payment.Result{Class: payment.ClassUnknown, DeclineCode: unexpectedAnswer}
	var a received
	if err := json.Unmarshal(r.Body, &a); err != nil || a.Status != "received" || pspReference(a.PSPReference) == "" {
		return unknown
	}
	if a.Reference != op.ID || (op.PSPRef != "" && a.PaymentPSPReference != op.PSPRef) {
		unknown.DeclineCode = otherReference
		return unknown
	}
	result := payment.Result{Class: payment.ClassPending, PSPRef: a.PSPReference, RequestID: a.PSPReference, Amount: op.Amount, Currency: op.Currency}
	if a.Amount != nil {
		var ok bool
		if result.Amount, result.Currency, ok = a.Amount.minor(); !ok {
			unknown.DeclineCode = unreadableAmount
			return unknown
		}
	}
	return result
}
