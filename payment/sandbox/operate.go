package sandbox

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// moveRequest is the body of a capture, a void or a refund.
type moveRequest struct {
	Amount    *int64 `json:"amount,omitzero"` // none for a void
	Reason    string `json:"reason,omitzero"`
	Reference string `json:"reference"`
}

// operation is a move as the PSP shows it.
type operation struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	Charge    string `json:"charge"`
	Reference string `json:"reference"`
	Amount    int64  `json:"amount"`
	Currency  string `json:"currency"`
}

// moveRefusals are the codes that say for certain that nothing has moved and
// nothing will.
var moveRefusals = map[string]bool{"invalid": true, "not_possible": true, "amount_too_large": true, "not_found": true}

// Operate implements payment.Operator. A move is named by the Op's id, so that
// the PSP makes it once, even when it has forgotten the key.
func (p *Provider) Operate(ctx context.Context, op payment.Op) (payment.Result, error) {
	if _, known := operationClass[op.Kind]; !known || op.PSPRef == "" {
		return payment.Result{Class: payment.ClassDeclined, DeclineCode: "no_such_operation"}, nil
	}
	request := moveRequest{Reference: op.ID, Reason: op.Reason}
	if op.Kind != payment.OpVoid {
		request.Amount = &op.Amount
	}
	body, err := json.Marshal(request, json.Deterministic(true))
	if err != nil {
		return payment.Result{Class: payment.ClassDeclined, DeclineCode: "not_encodable"}, nil
	}
	r, err := p.exchange(ctx, http.MethodPost, "/v1/charges/"+url.PathEscape(op.PSPRef)+"/"+string(op.Kind), nil, body, op.Key)
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return payment.Result{}, err
	case err != nil:
		return payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: "no_answer"}, nil
	}
	result, used := classifyMove(r, op)
	if used {
		return p.ReconcileOp(ctx, op)
	}
	return result, nil
}

// classifyMove reads the answer to a move. used says that there is a move of
// the same reference under another key.
func classifyMove(r reply, op payment.Op) (result payment.Result, used bool) {
	unknown := payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID}
	switch r.status {
	case http.StatusOK, http.StatusCreated:
		var made operation // the answer of a refund is the move itself
		into := any(&made)
		if op.Kind != payment.OpRefund {
			into = &struct {
				Operation *operation `json:"operation"`
			}{&made}
		}
		if err := json.Unmarshal(r.body, into); err != nil {
			return unknown, false
		}
		if op.Kind == payment.OpRefund {
			made.Kind = string(payment.OpRefund)
		}
		return made.result(op, r.requestID), false
	case http.StatusUnauthorized, http.StatusForbidden:
		unknown.Class = payment.ClassConfig
	case http.StatusTooManyRequests:
		unknown.Class = payment.ClassRateLimited
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
		var e refusal
		if err := json.Unmarshal(r.body, &e); err != nil {
			return unknown, false
		}
		unknown.DeclineCode = e.Code
		if moveRefusals[e.Code] {
			unknown.Class = payment.ClassDeclined
		}
		return unknown, e.Code == "reference_in_use"
	}
	return unknown, false
}

// result classifies a move. One that is not the Op's is unknown.
func (o operation) result(op payment.Op, requestID string) payment.Result {
	if o.ID == "" || o.Reference != op.ID || o.Charge != op.PSPRef || o.Kind != string(op.Kind) {
		return payment.Result{Class: payment.ClassUnknown, RequestID: requestID, DeclineCode: "unexpected_answer"}
	}
	result := payment.Result{Class: operationClass[op.Kind], PSPRef: o.ID, RequestID: requestID, Amount: o.Amount, Currency: o.Currency}
	if op.Kind == payment.OpCapture {
		result.Captured = o.Amount
	}
	return result
}

// ReconcileOp implements payment.Operator, as Reconcile does for payments: what
// is not there is closed to everything that was sent until now.
func (p *Provider) ReconcileOp(ctx context.Context, op payment.Op) (payment.Result, error) {
	found, result, err := p.ask(ctx, http.MethodGet, "/v1/charges", url.Values{"merchant_id": {p.merchant}, "reference": {op.ID}}, nil)
	if err != nil || found == nil {
		return result, err
	}
	if len(found.Operations) == 0 {
		closing, err := json.Marshal(map[string]string{"sent_before": p.now().UTC().Format(time.RFC3339Nano)})
		if err != nil {
			return payment.Result{Class: payment.ClassUnknown}, err
		}
		if found, result, err = p.close(ctx, op.ID, closing); err != nil || found == nil {
			return result, err
		}
	}
	switch {
	case len(found.Operations) == 1:
		return found.Operations[0].result(op, result.RequestID), nil
	case len(found.Operations) == 0 && found.Closed:
		return payment.Result{Class: payment.ClassNotFound, RequestID: result.RequestID}, nil
	}
	result.DeclineCode = "unexpected_answer"
	return result, nil
}
