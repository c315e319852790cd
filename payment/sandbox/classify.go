package sandbox

import (
	"net/http"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// charge is a charge as the PSP shows it.
type charge struct {
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	Decline   string    `json:"decline_code"`
	Amount    int64     `json:"amount"`
	Captured  int64     `json:"amount_captured"`
	Refunded  int64     `json:"amount_refunded"`
	Currency  string    `json:"currency"`
	Reference string    `json:"reference"`
	Created   time.Time `json:"created"`
	Card      struct {
		Brand string `json:"brand"`
	} `json:"card"`
}

// refusal is a flat error; a decline has the charge with it.
type refusal struct {
	Code   string  `json:"code"`
	Charge *charge `json:"charge"`
}

// statusClass says what a charge's status means. A status that is not here is
// unknown. A voided charge holds no money any more.
var statusClass = map[string]payment.Class{
	"processing":      payment.ClassPending,
	"authorized":      payment.ClassAuthorized,
	"captured":        payment.ClassCaptured,
	"declined":        payment.ClassDeclined,
	"requires_action": payment.ClassRequiresAction,
	"failed":          payment.ClassProcessorError,
	"voided":          payment.ClassProcessorError,
}

// refusalClass says what a refusal without a charge means: each of these is a
// definite no. What is not here is unknown; among it are
// idempotency_in_flight, idempotency_conflict, reference_in_use and
// reference_closed, which say that another request of this attempt was or is
// on its way.
var refusalClass = map[string]payment.Class{
	"token_not_found":          payment.ClassTokenInvalid,
	"token_wrong_merchant":     payment.ClassTokenInvalid,
	"token_wrong_session":      payment.ClassTokenInvalid,
	"token_expired":            payment.ClassTokenExpired,
	"token_revoked":            payment.ClassTokenExpired,
	"token_used":               payment.ClassTokenUsed,
	"card_not_found":           payment.ClassTokenInvalid,
	"card_wrong_customer":      payment.ClassTokenInvalid,
	"card_removed":             payment.ClassTokenInvalid,
	"currency_mismatch":        payment.ClassCurrencyMismatch,
	"amount_exceeds_allowance": payment.ClassAmountExceeded,
	"invalid":                  payment.ClassProcessorError, // a field of our request: a fault of ours
	"idempotency_key_required": payment.ClassProcessorError,
}

// classify reads the answer to a charge. Only what the PSP says in its own
// words counts: a status code alone may come from anything between here and
// there, except that nobody charges who refuses the key or the rate.
func classify(r reply) payment.Result {
	unknown := payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID}
	switch r.status {
	case http.StatusCreated:
		var c charge
		if err := json.Unmarshal(r.body, &c); err != nil {
			return unknown
		}
		return c.answer(r)
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusPaymentRequired,
		http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity:
	default:
		return unknown
	}
	var e refusal
	if err := json.Unmarshal(r.body, &e); err != nil {
		e = refusal{}
	}
	result := payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: e.Code}
	switch r.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		result.Class = payment.ClassConfig
	case http.StatusTooManyRequests:
		result.Class = payment.ClassRateLimited
	case http.StatusPaymentRequired:
		if e.Charge != nil {
			return e.Charge.answer(r)
		}
	default:
		if class, ok := refusalClass[e.Code]; ok {
			result.Class = class
		}
	}
	return result
}

// answer is the result of a charge as the answer to the request that made it.
func (c charge) answer(r reply) payment.Result {
	result := c.result()
	result.RequestID = r.requestID
	return result
}

// result classifies a charge. One without an id, or with a status that is not
// known, is unknown.
func (c charge) result() payment.Result {
	class, ok := statusClass[c.Status]
	if !ok || c.ID == "" {
		class = payment.ClassUnknown
	}
	r := payment.Result{Class: class, PSPRef: c.ID, DeclineCode: c.Decline, Amount: c.Amount, Captured: c.Captured, Currency: c.Currency}
	if class == payment.ClassRequiresAction {
		r.Brand = c.Card.Brand
	}
	return r
}
