package stripe

import (
	"strings"

	"github.com/checkstand/checkstand/payment"
)

// Where a row of the tables comes from.
const (
	verified = "specification" // Stripe's OpenAPI document or its SDKs' enumerations
	manual   = "documentation" // Stripe's documentation
	observed = "observed"      // seen by others in test mode; to be confirmed
	assumed  = "assumed"       // not found anywhere; to be confirmed
)

// statusRow says what the status of a PaymentIntent means.
type statusRow struct {
	Status string
	Class  payment.Class
	Means  string
	Source string
}

// statusRows are all the statuses there are. Any other is unknown.
var statusRows = []statusRow{
	{"succeeded", payment.ClassCaptured, "the money is taken", verified},
	{"requires_capture", payment.ClassAuthorized, "the money is held", verified},
	{"processing", payment.ClassPending, "Stripe has not decided", verified},
	{"requires_payment_method", payment.ClassDeclined, "refused; last_payment_error says more", verified},
	{"requires_action", payment.ClassRequiresAction, "wants the buyer to authenticate; the adapter cancels it", verified},
	{"requires_confirmation", payment.ClassUnknown, "created and not confirmed; canceled when nobody can be at it any more", verified},
	{"canceled", payment.ClassProcessorError, "given up; nothing is held", verified},
}

func statusClass(status string) payment.Class {
	for _, row := range statusRows {
		if row.Status == status {
			return row.Class
		}
	}
	return payment.ClassUnknown
}

// anything in a row matches every value, "" only none.
const anything = "*"

// errorRow says what an error means. Rows are read from the top, the first
// that fits counts; what fits none is unknown.
type errorRow struct {
	Status              int // HTTP; 0 for every one
	Type, Code, Decline string
	Param               string
	Class               payment.Class
	// AskToken marks errors that do not say what is wrong with the token or the
	// stored card, which is then asked for itself. Class is what is left when it
	// is in order.
	AskToken bool
	Source   string
}

// tokenParams is the beginning of every place that has carried the token.
const tokenParams = "payment_method_data[shared_payment"

// errorRows are the errors of a charge: the answer to it, and the
// last_payment_error of a payment, which is as of status 402. A decline code
// that is not here is a decline by its code card_declined; a code that is not
// here is unknown, never a decline.
var errorRows = []errorRow{
	// Refused at the door: nothing was tried.
	{401, anything, anything, anything, anything, payment.ClassConfig, false, manual},
	{403, anything, anything, anything, anything, payment.ClassConfig, false, manual},
	{429, anything, "lock_timeout", anything, anything, payment.ClassUnknown, false, manual},
	{429, anything, anything, anything, anything, payment.ClassRateLimited, false, manual},

	// Another request under the same key was, or is, on its way.
	{0, "idempotency_error", anything, anything, anything, payment.ClassUnknown, false, verified},
	{409, anything, anything, anything, anything, payment.ClassUnknown, false, manual},

	// The buyer has to authenticate.
	{402, "card_error", "authentication_required", anything, anything, payment.ClassRequiresAction, false, manual},
	{402, "card_error", "card_declined", "authentication_required", anything, payment.ClassRequiresAction, false, manual},
	{402, "card_error", "card_declined", "authentication_not_handled", anything, payment.ClassRequiresAction, false, manual},
	{402, anything, "payment_intent_authentication_failure", anything, anything, payment.ClassRequiresAction, false, manual},
	{400, anything, "payment_intent_authentication_failure", anything, anything, payment.ClassRequiresAction, false, manual},
	{402, anything, "payment_intent_action_required", anything, anything, payment.ClassRequiresAction, false, verified},

	// A technical failure at the issuer or on the way to it.
	{402, "card_error", "processing_error", anything, anything, payment.ClassProcessorError, false, manual},
	{402, "card_error", "card_declined", "processing_error", anything, payment.ClassProcessorError, false, manual},
	{402, anything, "payment_method_provider_timeout", anything, anything, payment.ClassProcessorError, false, verified},

	// Declines. insufficient_funds, lost_card, stolen_card, do_not_honor,
	// fraudulent, generic_decline, try_again_later and all the others are decline
	// codes under card_declined.
	{402, "card_error", "card_declined", anything, anything, payment.ClassDeclined, false, manual},
	{402, "card_error", "expired_card", anything, anything, payment.ClassDeclined, false, manual},
	{402, "card_error", "incorrect_cvc", anything, anything, payment.ClassDeclined, false, manual},
	{402, "card_error", "invalid_cvc", anything, anything, payment.ClassDeclined, false, verified},
	{402, "card_error", "incorrect_number", anything, anything, payment.ClassDeclined, false, verified},
	{402, "card_error", "invalid_number", anything, anything, payment.ClassDeclined, false, verified},
	{402, "card_error", "invalid_expiry_month", anything, anything, payment.ClassDeclined, false, verified},
	{402, "card_error", "invalid_expiry_year", anything, anything, payment.ClassDeclined, false, verified},
	{402, "card_error", "incorrect_zip", anything, anything, payment.ClassDeclined, false, verified},
	{402, "card_error", "incorrect_address", anything, anything, payment.ClassDeclined, false, verified},
	{402, "card_error", "insufficient_funds", anything, anything, payment.ClassDeclined, false, verified},
	{402, "card_error", "card_decline_rate_limit_exceeded", anything, anything, payment.ClassDeclined, false, verified},
	{402, anything, "payment_intent_payment_attempt_failed", anything, anything, payment.ClassDeclined, false, verified},
	{402, anything, "payment_intent_payment_attempt_expired", anything, anything, payment.ClassDeclined, false, verified},
	{402, anything, "payment_method_provider_decline", anything, anything, payment.ClassDeclined, false, verified},
	{402, anything, "payment_method_customer_decline", anything, anything, payment.ClassDeclined, false, verified},

	// The token.
	{404, "invalid_request_error", "resource_missing", anything, tokenParams + anything, payment.ClassTokenInvalid, false, assumed},
	{400, "invalid_request_error", "resource_missing", anything, tokenParams + anything, payment.ClassTokenInvalid, false, assumed},
	{400, "invalid_request_error", "livemode_mismatch", anything, anything, payment.ClassTokenInvalid, false, verified},
	{400, "invalid_request_error", "payment_method_currency_mismatch", anything, anything, payment.ClassCurrencyMismatch, false, verified},
	{400, "invalid_request_error", "", anything, anything, payment.ClassProcessorError, true, observed},
	{404, "invalid_request_error", "resource_missing", anything, anything, payment.ClassProcessorError, true, observed},
	{400, "invalid_request_error", "resource_missing", anything, anything, payment.ClassProcessorError, true, observed},

	// A field of our request, or the account: nothing was tried.
	{400, "invalid_request_error", "amount_too_small", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "amount_too_large", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "invalid_charge_amount", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "invalid_charge_amount_no_decimal_compatible", anything, anything, payment.ClassProcessorError, false, manual},
	{400, "invalid_request_error", "parameter_unknown", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "parameter_missing", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "parameters_exclusive", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "parameter_invalid_empty", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "parameter_invalid_integer", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "parameter_invalid_string_blank", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "parameter_invalid_string_empty", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "email_invalid", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "url_invalid", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "testmode_charges_only", anything, anything, payment.ClassConfig, false, verified},
	{400, "invalid_request_error", "account_invalid", anything, anything, payment.ClassConfig, false, verified},
	{400, "invalid_request_error", "platform_account_required", anything, anything, payment.ClassConfig, false, verified},
}

// errorRowOf finds the row of an error that came with an HTTP status. ok is
// false when nothing is known about it; then it is unknown.
func errorRowOf(status int, f failure) (row errorRow, ok bool) {
	for _, row := range errorRows {
		if (row.Status == 0 || row.Status == status) && fits(row.Type, f.Type) && fits(row.Code, f.Code) &&
			fits(row.Decline, f.Decline) && fits(row.Param, f.Param) {
			return row, true
		}
	}
	return errorRow{Class: payment.ClassUnknown}, false
}

// fits compares a value with a pattern: itself, or a beginning and "*".
func fits(pattern, value string) bool {
	if begin, ok := strings.CutSuffix(pattern, anything); ok {
		return strings.HasPrefix(value, begin)
	}
	return pattern == value
}

// messageRow reads an error's text, which is no contract: only when the error
// has no code and the token cannot be asked.
type messageRow struct {
	Contains string
	Class    payment.Class
	Source   string
}

var messageRows = []messageRow{
	{"greater than the remaining amount capturable", payment.ClassAmountExceeded, observed},
	{"already in a deactivated state", payment.ClassTokenExpired, observed},
}

func messageClass(message string) (payment.Class, bool) {
	for _, row := range messageRows {
		if strings.Contains(message, row.Contains) {
			return row.Class, true
		}
	}
	return "", false
}

// tokenRow says what the deactivated_reason of a token means.
type tokenRow struct {
	Reason string
	Class  payment.Class
	Source string
}

var tokenRows = []tokenRow{
	{"consumed", payment.ClassTokenUsed, verified},
	{"expired", payment.ClassTokenExpired, verified},
	{"revoked", payment.ClassTokenExpired, verified},
	{"resolved", payment.ClassTokenExpired, verified}, // that it is over is verified, what ended it is not
}

// refundRow says what the status of a Refund means.
type refundRow struct {
	Status string
	Class  payment.Class
	Source string
}

var refundRows = []refundRow{
	{"succeeded", payment.ClassRefunded, verified},
	{"pending", payment.ClassPending, verified},
	{"requires_action", payment.ClassPending, verified},
	{"failed", payment.ClassDeclined, verified},
	{"canceled", payment.ClassDeclined, verified},
}

// opRows are the errors of captures, voids and refunds: everything that Stripe
// refuses with 400 or 402 has moved nothing.
var opRows = []errorRow{
	{401, anything, anything, anything, anything, payment.ClassConfig, false, manual},
	{403, anything, anything, anything, anything, payment.ClassConfig, false, manual},
	{429, anything, "lock_timeout", anything, anything, payment.ClassUnknown, false, manual},
	{429, anything, anything, anything, anything, payment.ClassRateLimited, false, manual},
	{0, "idempotency_error", anything, anything, anything, payment.ClassUnknown, false, verified},
	{400, "invalid_request_error", "balance_insufficient", anything, anything, payment.ClassProcessorError, false, verified},
	{400, "invalid_request_error", "payment_intent_unexpected_state", anything, anything, payment.ClassDeclined, false, verified},
	{400, "invalid_request_error", "charge_already_captured", anything, anything, payment.ClassDeclined, false, verified},
	{400, "invalid_request_error", "charge_already_refunded", anything, anything, payment.ClassDeclined, false, verified},
	{400, "invalid_request_error", "charge_disputed", anything, anything, payment.ClassDeclined, false, verified},
	{400, "invalid_request_error", "refund_disputed_payment", anything, anything, payment.ClassDeclined, false, verified},
	{400, "invalid_request_error", "charge_not_refundable", anything, anything, payment.ClassDeclined, false, verified},
	{400, "invalid_request_error", "charge_expired_for_capture", anything, anything, payment.ClassDeclined, false, verified},
	{400, "invalid_request_error", "capture_charge_authorization_expired", anything, anything, payment.ClassDeclined, false, verified},
	{400, "invalid_request_error", "amount_too_large", anything, anything, payment.ClassDeclined, false, verified},
	{400, "invalid_request_error", "amount_too_small", anything, anything, payment.ClassDeclined, false, verified},
	{400, "invalid_request_error", "parameter_*", anything, anything, payment.ClassDeclined, false, verified},
	{400, "invalid_request_error", "", anything, anything, payment.ClassDeclined, false, observed},
	{404, "invalid_request_error", "resource_missing", anything, anything, payment.ClassDeclined, false, verified},
	{402, "card_error", anything, anything, anything, payment.ClassDeclined, false, manual},
}

// opClass gives what an error of a capture, void or refund means.
func opClass(status int, f failure) payment.Class {
	for _, row := range opRows {
		if (row.Status == 0 || row.Status == status) && fits(row.Type, f.Type) && fits(row.Code, f.Code) {
			return row.Class
		}
	}
	return payment.ClassUnknown
}
