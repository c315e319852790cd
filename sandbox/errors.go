package sandbox

import (
	"net/http"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// Error codes of delegate_payment. Its list has one code for whatever is wrong
// with a body, invalid_card; param says which field.
const (
	codeInvalidCard = "invalid_card"
	codeDuplicate   = "duplicate_request"
	codeConflict    = "idempotency_conflict"
	codeKeyRequired = "idempotency_key_required"
	codeInFlight    = "idempotency_in_flight"
)

// Error codes of the merchant API. A refused charge changed nothing: the token
// may still be used where it was valid.
const (
	codeUnauthorized    = "unauthorized"
	codeForbidden       = "forbidden"
	codeNotFound        = "not_found"
	codeTokenUnknown    = "token_not_found"
	codeTokenMerchant   = "token_wrong_merchant"
	codeTokenSession    = "token_wrong_session"
	codeTokenExpired    = "token_expired"
	codeTokenRevoked    = "token_revoked"
	codeTokenUsed       = "token_used"
	codeCurrency        = "currency_mismatch"
	codeAmount          = "amount_exceeds_allowance"
	codeCardUnknown     = "card_not_found"
	codeCardCustomer    = "card_wrong_customer"
	codeCardRemoved     = "card_removed"
	codeReferenceClosed = "reference_closed"
	codeReferenceInUse  = "reference_in_use"
	codeNotPossible     = "not_possible" // in the charge's status
)

// retrySoon is what Retry-After says when the cause passes by itself.
const retrySoon = time.Second

// malformed is a 400 about a field of a delegate_payment body, unacceptable a
// 422: well-formed, but not a card or an allowance that can be taken.
func malformed(param, message string) *acp.Error {
	return acp.Refused(http.StatusBadRequest, codeInvalidCard, param, message)
}

func unacceptable(param, message string) *acp.Error {
	return acp.Refused(http.StatusUnprocessableEntity, codeInvalidCard, param, message)
}

// refused is a 422 of the merchant API.
func refused(code, param, message string) *acp.Error {
	return acp.Refused(http.StatusUnprocessableEntity, code, param, message)
}

func unauthorized() *acp.Error {
	return acp.Refused(http.StatusUnauthorized, codeUnauthorized, "",
		"The Authorization header has no key that this endpoint accepts. Send 'Authorization: Bearer <key>'.")
}

func inFlightError(code string) *acp.Error {
	e := acp.Refused(http.StatusConflict, code, "",
		"The first request with this Idempotency-Key is still being processed. Repeat it unchanged in a moment.")
	e.RetryAfter = retrySoon
	return e
}
