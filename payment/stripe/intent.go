package stripe

import (
	"context"
	"net/http"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// intent is a PaymentIntent, as far as it is read.
type intent struct {
	ID           string             `json:"id"`
	Status       string             `json:"status"`
	Amount       int64              `json:"amount"`
	Received     int64              `json:"amount_received"`
	Capturable   int64              `json:"amount_capturable"`
	Currency     string             `json:"currency"`
	Live         bool               `json:"livemode"`
	Created      int64              `json:"created"`
	CaptureBy    string             `json:"capture_method"`
	CancelReason string             `json:"cancellation_reason"`
	LastError    *failure           `json:"last_payment_error"`
	LatestCharge expandable[charge] `json:"latest_charge"`
	Metadata     map[string]string  `json:"metadata"`
}

// charge is a Charge, as far as it is read.
type charge struct {
	Amount         int64              `json:"amount"`
	AmountCaptured int64              `json:"amount_captured"`
	Refunded       int64              `json:"amount_refunded"`
	Currency       string             `json:"currency"`
	Captured       bool               `json:"captured"`
	Intent         expandable[intent] `json:"payment_intent"`
	Metadata       map[string]string  `json:"metadata"`
}

// hosted reports whether the payment is made on a payment page, where a buyer
// may try again after a decline, and answers the issuer's questions.
func (in intent) hosted() bool { return in.Metadata[metaHosted] == "true" }

// wasHeld reports whether a payment that is canceled held money before: it was
// to be captured later, a charge was made for it, and none was refused last.
func (in intent) wasHeld() bool {
	return in.Status == "canceled" && in.CaptureBy == "manual" && in.LatestCharge.ID != "" && in.LastError == nil
}

// ended is the result of asking about an attempt: one that was held, and is
// not any more, was given back.
func ended(a payment.Attempt, in intent, result payment.Result) payment.Result {
	if a.State == payment.Authorized && in.Status == "canceled" && result.Class.State() == payment.Failed {
		result.Class, result.DeclineCode = payment.ClassVoided, in.CancelReason
	}
	return result
}

// abandoned is the cancellation_reason of payments that the adapter cancels
// because they wait for the buyer to authenticate. Nothing else here uses it.
const abandoned = "abandoned"

// result classifies a payment. One of the other mode, without an id, with
// amounts that are not exact or a status that is not known is unknown.
func (p *Provider) result(in intent, requestID string) payment.Result {
	r := payment.Result{Class: payment.ClassUnknown, PSPRef: in.ID, RequestID: requestID, Currency: in.Currency}
	if in.ID == "" || in.Live != p.cfg.Live {
		return payment.Result{Class: payment.ClassUnknown, RequestID: requestID, DeclineCode: "payment_of_another_mode"}
	}
	units := in.Amount
	if in.Status == "requires_capture" {
		units = in.Capturable // what is held, should it be less
	}
	var err, err2 error
	r.Amount, err = fromStripe(units, in.Currency)
	r.Captured, err2 = fromStripe(in.Received, in.Currency)
	if err != nil || err2 != nil {
		return payment.Result{Class: payment.ClassUnknown, PSPRef: in.ID, RequestID: requestID, DeclineCode: "amount_not_exact"}
	}
	r.Class = statusClass(in.Status)
	if in.LastError != nil && r.Class != payment.ClassCaptured && r.Class != payment.ClassAuthorized {
		r.DeclineCode = in.LastError.reason()
	}
	switch {
	case in.hosted() && (r.Class == payment.ClassDeclined || r.Class == payment.ClassRequiresAction):
		r.Class = payment.ClassPending // the buyer is still at it; the page decides when it ends
	case r.Class == payment.ClassDeclined && in.LastError != nil:
		if row, ok := errorRowOf(http.StatusPaymentRequired, *in.LastError); ok && row.Class != payment.ClassUnknown {
			r.Class = row.Class
		}
	case in.Status == "canceled" && in.CancelReason == abandoned && !in.hosted():
		r.Class = payment.ClassRequiresAction
		r.DeclineCode = "authentication_required"
	case r.Class == payment.ClassUnknown:
		r.DeclineCode = "status_" + in.Status
	}
	if r.Class == payment.ClassRequiresAction && in.LastError != nil {
		r.Brand = in.LastError.Method.Card.Brand
	}
	return r
}

// readIntent reads a PaymentIntent from an answer of 200.
func (p *Provider) readIntent(r reply) (intent, payment.Result, bool) {
	var in intent
	if err := json.Unmarshal(r.body, &in); err != nil || in.ID == "" || in.Status == "" {
		return intent{}, r.unexpected(), false
	}
	return in, p.result(in, r.requestID), true
}

// finish is the result of a payment that was made with a token: where it waits
// for the buyer to authenticate, which nobody will do, it is canceled, so that
// "nothing was charged" stays true.
func (p *Provider) finish(ctx context.Context, in intent, result payment.Result) payment.Result {
	if result.Class != payment.ClassRequiresAction || in.Status != "requires_action" {
		return result
	}
	return p.giveUp(ctx, in, abandoned)
}

// giveUp cancels a payment that holds nothing and says what became of it.
func (p *Provider) giveUp(ctx context.Context, in intent, reason string) payment.Result {
	var f form
	f.add("cancellation_reason", reason)
	r, err := p.do(ctx, call{method: http.MethodPost, path: []string{"v1", "payment_intents", in.ID, "cancel"}, body: f.b})
	unknown := payment.Result{Class: payment.ClassUnknown, PSPRef: in.ID, RequestID: r.requestID, DeclineCode: "not_canceled_yet"}
	if err != nil {
		return unknown
	}
	if r.status == http.StatusOK {
		if canceled, result, ok := p.readIntent(r); ok && canceled.ID == in.ID && canceled.Status == "canceled" {
			return result
		}
		return unknown
	}
	// It moved on in the meantime.
	if now := r.failure().Intent; now != nil && now.ID == in.ID && now.Status != in.Status {
		return p.result(*now, r.requestID)
	}
	return unknown
}
