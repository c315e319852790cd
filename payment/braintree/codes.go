package braintree

import "github.com/checkstand/checkstand/payment"

// row is one line of a mapping table: what Braintree says, and what it means
// for a payment. docs/payments/braintree.md is written from these.
type row struct {
	Code   string
	Says   string // what it says, in short
	Class  payment.Class
	Source string // where the code comes from
}

// Sources of the codes. What class each leads to is for us to say.
const (
	sdk     = "SDK"     // constants of the official SDK for Node, 3.39.0
	graphql = "GraphQL" // the public schema of Braintree's GraphQL API
	docs    = "docs"    // Braintree's list of authorisation responses; not re-read
)

// statuses says what the status of a sale means. It is the list of the
// official SDKs (Transaction.Status). A status that is not here is unknown.
var statuses = []row{
	{"authorized", "held, not submitted for settlement", payment.ClassAuthorized, sdk},
	{"submitted_for_settlement", "will be settled with the next batch", payment.ClassCaptured, sdk},
	{"settling", "the batch is being settled", payment.ClassCaptured, sdk},
	{"settlement_pending", "the processor has not confirmed the settlement yet", payment.ClassCaptured, sdk},
	{"settlement_confirmed", "the processor has confirmed the settlement", payment.ClassCaptured, sdk},
	{"settled", "settled", payment.ClassCaptured, sdk},
	{"authorizing", "the processor has not answered yet; Braintree decides by itself", payment.ClassUnknown, sdk},
	{"processor_declined", "declined by the processor or the issuer", payment.ClassDeclined, sdk},
	{"gateway_rejected", "declined by a rule of the gateway", payment.ClassDeclined, sdk},
	{"settlement_declined", "the processor refused to settle; nothing is taken", payment.ClassDeclined, sdk},
	{"failed", "the processor could not be asked", payment.ClassProcessorError, sdk},
	{"authorization_expired", "no longer held, never taken", payment.ClassProcessorError, sdk},
	{"voided", "given back", payment.ClassProcessorError, sdk},
}

// refinements give some processor response codes a meaning of their own,
// whatever the status of the failed sale. Every other code of a
// processor_declined sale (2000 to 2999) is a decline.
var refinements = []row{
	{"2099", "Cardholder Authentication Required", payment.ClassRequiresAction, docs},
	{"3000", "Processor Network Unavailable", payment.ClassProcessorError, docs},
}

// rejections are the reasons of a gateway_rejected sale
// (Transaction.GatewayRejectionReason of the SDKs, and the enum of the same name
// in the GraphQL schema). A reason that is not here is a decline too: the status
// is what says that nothing was charged.
var rejections = []row{
	{"avs", "the address does not match", payment.ClassDeclined, sdk},
	{"cvv", "the security code does not match", payment.ClassDeclined, sdk},
	{"avs_and_cvv", "neither matches", payment.ClassDeclined, sdk},
	{"fraud", "fraud protection", payment.ClassDeclined, sdk},
	{"risk_threshold", "risk threshold", payment.ClassDeclined, sdk},
	{"token_issuance", "no network token was issued", payment.ClassDeclined, sdk},
	{"excessive_retry", "retried too often", payment.ClassDeclined, graphql},
	{"payment_method_blocked", "the payment method is blocked", payment.ClassDeclined, graphql},
	{"too_many_confirmation_attempts", "confirmed too often", payment.ClassDeclined, graphql},
	{"union_pay_enrollment_required", "the card is not enrolled", payment.ClassDeclined, graphql},
	{"manual_transactions_disabled", "the account takes no such transactions", payment.ClassConfig, graphql},
	{"three_d_secure", "3-D Secure is required and was not done", payment.ClassRequiresAction, sdk},
	{"application_incomplete", "the merchant account is not set up yet", payment.ClassConfig, sdk},
	// The account's duplicate checking saw this sale before: it may be our own,
	// with its answer lost. Only a search can tell.
	{"duplicate", "duplicate transaction checking", payment.ClassUnknown, sdk},
}

// requestKeyCodes is how the codes about the request key begin: they speak of
// another request under the key, which may have charged.
const requestKeyCodes = "91523"

// notAllowed is the one code about the request key that says that nothing was
// tried.
const notAllowed = "915231"

// saleCodes are validation codes of a sale (ValidationErrorCodes.Transaction of
// the SDKs). A sale that fails validation is not sent to a processor and leaves
// no transaction. A code that is not here, nor in Config.Codes, is unknown all
// the same: it may be about another request, as those of the request key are.
var saleCodes = []row{
	// The token.
	{"91564", "payment method nonce consumed", payment.ClassTokenUsed, sdk},
	{"91565", "payment method nonce unknown or expired", payment.ClassTokenExpired, sdk},
	{"91566", "payment method nonce locked", payment.ClassTokenInvalid, sdk},
	{"91569", "payment method nonce has no valid payment instrument", payment.ClassTokenInvalid, sdk},
	{"91515", "payment method conflict", payment.ClassTokenInvalid, sdk},
	{"91516", "payment method does not belong to customer", payment.ClassTokenInvalid, sdk},
	{"91518", "payment method token is invalid", payment.ClassTokenInvalid, sdk},
	{"91510", "customer id is invalid", payment.ClassTokenInvalid, sdk},
	{"91511", "customer does not have a credit card", payment.ClassTokenInvalid, sdk},
	{"93107", "payment method nonce consumed", payment.ClassTokenUsed, sdk},
	{"93108", "payment method nonce unknown or expired", payment.ClassTokenExpired, sdk},
	{"93109", "payment method nonce locked", payment.ClassTokenInvalid, sdk},
	// The card: another one may do.
	{"91567", "card type is not accepted", payment.ClassDeclined, sdk},
	{"91517", "card type is not accepted", payment.ClassDeclined, sdk},
	{"81509", "card type is not accepted", payment.ClassDeclined, sdk},
	{"91577", "payment instrument not supported by merchant account", payment.ClassDeclined, sdk},
	{"915101", "payment instrument type is not accepted", payment.ClassDeclined, sdk},
	{"81571", "3-D Secure authentication failed", payment.ClassDeclined, sdk},
	// The proof of an authentication: it would be refused again, so that the buyer
	// pays in another way.
	{"942113", "3-D Secure indicator is required", payment.ClassDeclined, sdk},
	{"942114", "3-D Secure indicator is invalid", payment.ClassDeclined, sdk},
	{"942116", "3-D Secure cryptogram is required", payment.ClassDeclined, sdk},
	{"942117", "3-D Secure version is required", payment.ClassDeclined, sdk},
	{"942119", "3-D Secure version is invalid", payment.ClassDeclined, sdk},
	{"942121", "3-D Secure directory response is invalid", payment.ClassDeclined, sdk},
	{"94271", "3-D Secure authentication failed", payment.ClassDeclined, sdk},
	{"942169", "merchant account does not support 3-D Secure", payment.ClassConfig, sdk},
	// Our account and our configuration.
	{"91513", "merchant account id is invalid", payment.ClassConfig, sdk},
	{"91514", "merchant account is suspended", payment.ClassConfig, sdk},
	{"91546", "processor does not support credits", payment.ClassConfig, sdk},
	{"915104", "processor does not support authorisations", payment.ClassConfig, sdk},
	{"91526", "custom field is invalid", payment.ClassConfig, sdk},
	{"915230", "request key is too long", payment.ClassProcessorError, sdk},
	{notAllowed, "request key is not allowed", payment.ClassConfig, sdk},
	{"92201", "descriptor name is invalid", payment.ClassProcessorError, sdk},
	// The request: a fault of ours.
	{"81501", "amount cannot be negative", payment.ClassProcessorError, sdk},
	{"81502", "amount is required", payment.ClassProcessorError, sdk},
	{"81503", "amount is invalid", payment.ClassProcessorError, sdk},
	{"81527", "custom field is too long", payment.ClassProcessorError, sdk},
	{"81528", "amount is too large", payment.ClassProcessorError, sdk},
	{"81531", "amount must be greater than zero", payment.ClassProcessorError, sdk},
	{"815193", "amount is not supported by the processor", payment.ClassProcessorError, sdk},
	{"91501", "order id is too long", payment.ClassProcessorError, sdk},
	{"91508", "payment method is required", payment.ClassProcessorError, sdk},
	{"91523", "transaction type is invalid", payment.ClassProcessorError, sdk},
	{"91524", "transaction type is required", payment.ClassProcessorError, sdk},
	{"91530", "billing address conflict", payment.ClassProcessorError, sdk},
	// Another request under the key: what it did is for a search to tell.
	{"915232", "request key was used with another request", payment.ClassUnknown, sdk},
	{"915233", "request key is in flight", payment.ClassUnknown, sdk},
	{"915234", "request key belongs to a request that failed", payment.ClassUnknown, sdk},
	{"915235", "server error with the request key", payment.ClassUnknown, sdk},
}

// Codes of an operation that the adapter acts on, see Operate.
const (
	cannotBeVoided      = "91504"
	cannotSubmit        = "91507"
	refundUnlessSettled = "91506"
	refundSettling      = "91574"
	keyOfFailedRequest  = "915234"
)

// opCodes are validation codes of captures, voids and refunds.
// ClassProcessorError says that nothing moved now and may move later.
var opCodes = []row{
	{cannotBeVoided, "cannot be voided", payment.ClassDeclined, sdk},
	{cannotSubmit, "cannot be submitted for settlement", payment.ClassDeclined, sdk},
	{"91522", "settlement amount is too large", payment.ClassDeclined, sdk},
	{"91505", "a credit cannot be refunded", payment.ClassDeclined, sdk},
	{"91512", "has already been refunded", payment.ClassDeclined, sdk},
	{"91521", "refund amount is too large", payment.ClassDeclined, sdk},
	{"91547", "merchant account does not support refunds", payment.ClassDeclined, sdk},
	{"915102", "processor does not support partial settlement", payment.ClassDeclined, sdk},
	{"915200", "refund declined for good", payment.ClassDeclined, sdk},
	{"915201", "refund declined", payment.ClassDeclined, sdk},
	{"81501", "amount cannot be negative", payment.ClassDeclined, sdk},
	{"81502", "amount is required", payment.ClassDeclined, sdk},
	{"81503", "amount is invalid", payment.ClassDeclined, sdk},
	{"81531", "amount must be greater than zero", payment.ClassDeclined, sdk},
	{refundUnlessSettled, "cannot be refunded unless settled", payment.ClassProcessorError, sdk},
	{refundSettling, "cannot be refunded while settling", payment.ClassProcessorError, sdk},
	{"91538", "cannot be refunded: merchant account is suspended", payment.ClassConfig, sdk},
	{"91559", "cannot be refunded: merchant account is pending", payment.ClassConfig, sdk},
	{"915230", "request key is too long", payment.ClassProcessorError, sdk},
	{notAllowed, "request key is not allowed", payment.ClassConfig, sdk},
	{"915232", "request key was used with another request", payment.ClassUnknown, sdk},
	{"915233", "request key is in flight", payment.ClassUnknown, sdk},
	{keyOfFailedRequest, "request key belongs to a request that failed", payment.ClassUnknown, sdk},
	{"915235", "server error with the request key", payment.ClassUnknown, sdk},
}

// refundStatuses says what the status of a refund means. Braintree has
// accepted a refund when it is submitted; that it failed afterwards is told by
// the webhook refund_failed.
var refundStatuses = []row{
	{"submitted_for_settlement", "will be settled with the next batch", payment.ClassRefunded, sdk},
	{"settling", "the batch is being settled", payment.ClassRefunded, sdk},
	{"settlement_pending", "the processor has not confirmed the settlement yet", payment.ClassRefunded, sdk},
	{"settlement_confirmed", "the processor has confirmed the settlement", payment.ClassRefunded, sdk},
	{"settled", "settled", payment.ClassRefunded, sdk},
	{"authorizing", "the processor has not answered yet", payment.ClassUnknown, sdk},
	{"processor_declined", "declined by the processor or the issuer", payment.ClassDeclined, sdk},
	{"gateway_rejected", "declined by a rule of the gateway", payment.ClassDeclined, sdk},
	{"settlement_declined", "the processor refused to settle", payment.ClassDeclined, sdk},
	{"failed", "the processor could not be asked", payment.ClassDeclined, sdk},
	{"voided", "taken back before it was settled", payment.ClassDeclined, sdk},
}

var (
	statusClass     = index(statuses)
	refinementClass = index(refinements)
	rejectionClass  = index(rejections)
	opCodeClass     = index(opCodes)
	refundClass     = index(refundStatuses)
)

func index(rows []row) map[string]payment.Class {
	m := make(map[string]payment.Class, len(rows))
	for _, r := range rows {
		m[r.Code] = r.Class
	}
	return m
}

// table is one of the mapping tables with its title.
type table struct {
	Title string
	Rows  []row
}

// tables are all of the mapping tables, for their test and the documentation.
func tables() []table {
	return []table{
		{"Status of a sale", statuses},
		{"Processor response codes with a meaning of their own", refinements},
		{"Reasons of a gateway rejection", rejections},
		{"Validation codes of a sale", saleCodes},
		{"Status of a refund", refundStatuses},
		{"Validation codes of captures, voids and refunds", opCodes},
	}
}
