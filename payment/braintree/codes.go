package braintree

import "github.com/checkstand/checkstand/payment"

// Row is one line of a mapping table: what Braintree says, and what it means
// for a payment. docs/payments/braintree.md is written from these.
type Row struct {
	Code  string
	Says  string // in Braintree's words
	Class payment.Class
}

// statuses says what the status of a sale means. It is the list of the
// official SDKs (Transaction.Status). A status that is not here is unknown.
var statuses = []Row{
	{"authorized", "held, not submitted for settlement", payment.ClassAuthorized},
	{"submitted_for_settlement", "will be settled with the next batch", payment.ClassCaptured},
	{"settling", "the batch is being settled", payment.ClassCaptured},
	{"settlement_pending", "the processor has not confirmed the settlement yet", payment.ClassCaptured},
	{"settlement_confirmed", "the processor has confirmed the settlement", payment.ClassCaptured},
	{"settled", "settled", payment.ClassCaptured},
	{"authorizing", "the processor has not answered yet; Braintree decides by itself", payment.ClassUnknown},
	{"processor_declined", "declined by the processor or the issuer", payment.ClassDeclined},
	{"gateway_rejected", "declined by a rule of the gateway", payment.ClassDeclined},
	{"settlement_declined", "the processor refused to settle; nothing is taken", payment.ClassDeclined},
	{"failed", "the processor could not be asked", payment.ClassProcessorError},
	{"authorization_expired", "no longer held, never taken", payment.ClassProcessorError},
	{"voided", "given back", payment.ClassProcessorError},
}

// refinements give some processor response codes a meaning of their own,
// whatever the status of the failed sale. Every other code of a
// processor_declined sale (2000 to 2999) is a decline.
var refinements = []Row{
	{"2099", "Cardholder Authentication Required", payment.ClassRequiresAction},
	{"3000", "Processor Network Unavailable", payment.ClassProcessorError},
}

// rejections are the reasons of a gateway_rejected sale
// (Transaction.GatewayRejectionReason of the SDKs). A reason that is not here
// is a decline too: the status is what says that nothing was charged.
var rejections = []Row{
	{"avs", "the address does not match", payment.ClassDeclined},
	{"cvv", "the security code does not match", payment.ClassDeclined},
	{"avs_and_cvv", "neither matches", payment.ClassDeclined},
	{"fraud", "fraud protection", payment.ClassDeclined},
	{"risk_threshold", "risk threshold", payment.ClassDeclined},
	{"token_issuance", "no network token was issued", payment.ClassDeclined},
	{"excessive_retry", "retried too often", payment.ClassDeclined},
	{"three_d_secure", "3-D Secure is required and was not done", payment.ClassRequiresAction},
	{"application_incomplete", "the merchant account is not set up yet", payment.ClassConfig},
	// The account's duplicate checking saw this sale before: it may be our own,
	// with its answer lost. Only a search can tell.
	{"duplicate", "duplicate transaction checking", payment.ClassUnknown},
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
var saleCodes = []Row{
	// The token.
	{"91564", "payment method nonce consumed", payment.ClassTokenUsed},
	{"91565", "payment method nonce unknown or expired", payment.ClassTokenExpired},
	{"91566", "payment method nonce locked", payment.ClassTokenInvalid},
	{"91569", "payment method nonce has no valid payment instrument", payment.ClassTokenInvalid},
	{"91515", "payment method conflict", payment.ClassTokenInvalid},
	{"91516", "payment method does not belong to customer", payment.ClassTokenInvalid},
	{"91518", "payment method token is invalid", payment.ClassTokenInvalid},
	{"93107", "payment method nonce consumed", payment.ClassTokenUsed},
	{"93108", "payment method nonce unknown or expired", payment.ClassTokenExpired},
	{"93109", "payment method nonce locked", payment.ClassTokenInvalid},
	// The card: another one may do.
	{"91567", "card type is not accepted", payment.ClassDeclined},
	{"91517", "card type is not accepted", payment.ClassDeclined},
	{"81509", "card type is not accepted", payment.ClassDeclined},
	{"91577", "payment instrument not supported by merchant account", payment.ClassDeclined},
	{"915101", "payment instrument type is not accepted", payment.ClassDeclined},
	{"81571", "3-D Secure authentication failed", payment.ClassDeclined},
	// Our account and our configuration.
	{"91513", "merchant account id is invalid", payment.ClassConfig},
	{"91514", "merchant account is suspended", payment.ClassConfig},
	{"91546", "processor does not support credits", payment.ClassConfig},
	{"915104", "processor does not support authorisations", payment.ClassConfig},
	{"91526", "custom field is invalid", payment.ClassConfig},
	{"915230", "request key is too long", payment.ClassProcessorError},
	{notAllowed, "request key is not allowed", payment.ClassConfig},
	{"92201", "descriptor name is invalid", payment.ClassProcessorError},
	// The request: a fault of ours.
	{"81501", "amount cannot be negative", payment.ClassProcessorError},
	{"81502", "amount is required", payment.ClassProcessorError},
	{"81503", "amount is invalid", payment.ClassProcessorError},
	{"81527", "custom field is too long", payment.ClassProcessorError},
	{"81528", "amount is too large", payment.ClassProcessorError},
	{"81531", "amount must be greater than zero", payment.ClassProcessorError},
	{"815193", "amount is not supported by the processor", payment.ClassProcessorError},
	{"91501", "order id is too long", payment.ClassProcessorError},
	{"91508", "payment method is required", payment.ClassProcessorError},
	{"91523", "transaction type is invalid", payment.ClassProcessorError},
	{"91524", "transaction type is required", payment.ClassProcessorError},
	{"91530", "billing address conflict", payment.ClassProcessorError},
	// Another request under the key: what it did is for a search to tell.
	{"915232", "request key was used with another request", payment.ClassUnknown},
	{"915233", "request key is in flight", payment.ClassUnknown},
	{"915234", "request key belongs to a request that failed", payment.ClassUnknown},
	{"915235", "server error with the request key", payment.ClassUnknown},
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
var opCodes = []Row{
	{cannotBeVoided, "cannot be voided", payment.ClassDeclined},
	{cannotSubmit, "cannot be submitted for settlement", payment.ClassDeclined},
	{"91522", "settlement amount is too large", payment.ClassDeclined},
	{"91505", "a credit cannot be refunded", payment.ClassDeclined},
	{"91512", "has already been refunded", payment.ClassDeclined},
	{"91521", "refund amount is too large", payment.ClassDeclined},
	{"91547", "merchant account does not support refunds", payment.ClassDeclined},
	{"915102", "processor does not support partial settlement", payment.ClassDeclined},
	{"915200", "refund declined for good", payment.ClassDeclined},
	{"915201", "refund declined", payment.ClassDeclined},
	{"81501", "amount cannot be negative", payment.ClassDeclined},
	{"81502", "amount is required", payment.ClassDeclined},
	{"81503", "amount is invalid", payment.ClassDeclined},
	{"81531", "amount must be greater than zero", payment.ClassDeclined},
	{refundUnlessSettled, "cannot be refunded unless settled", payment.ClassProcessorError},
	{refundSettling, "cannot be refunded while settling", payment.ClassProcessorError},
	{"91538", "cannot be refunded: merchant account is suspended", payment.ClassConfig},
	{"91559", "cannot be refunded: merchant account is pending", payment.ClassConfig},
	{"915230", "request key is too long", payment.ClassProcessorError},
	{notAllowed, "request key is not allowed", payment.ClassConfig},
	{"915232", "request key was used with another request", payment.ClassUnknown},
	{"915233", "request key is in flight", payment.ClassUnknown},
	{keyOfFailedRequest, "request key belongs to a request that failed", payment.ClassUnknown},
	{"915235", "server error with the request key", payment.ClassUnknown},
}

// refundStatuses says what the status of a refund means. Braintree has
// accepted a refund when it is submitted; that it failed afterwards is told by
// the webhook refund_failed.
var refundStatuses = []Row{
	{"submitted_for_settlement", "will be settled with the next batch", payment.ClassRefunded},
	{"settling", "the batch is being settled", payment.ClassRefunded},
	{"settlement_pending", "the processor has not confirmed the settlement yet", payment.ClassRefunded},
	{"settlement_confirmed", "the processor has confirmed the settlement", payment.ClassRefunded},
	{"settled", "settled", payment.ClassRefunded},
	{"authorizing", "the processor has not answered yet", payment.ClassUnknown},
	{"processor_declined", "declined by the processor or the issuer", payment.ClassDeclined},
	{"gateway_rejected", "declined by a rule of the gateway", payment.ClassDeclined},
	{"settlement_declined", "the processor refused to settle", payment.ClassDeclined},
	{"failed", "the processor could not be asked", payment.ClassDeclined},
	{"voided", "taken back before it was settled", payment.ClassDeclined},
}

var (
	statusClass     = index(statuses)
	refinementClass = index(refinements)
	rejectionClass  = index(rejections)
	opCodeClass     = index(opCodes)
	refundClass     = index(refundStatuses)
)

func index(rows []Row) map[string]payment.Class {
	m := make(map[string]payment.Class, len(rows))
	for _, r := range rows {
		m[r.Code] = r.Class
	}
	return m
}

// Table is one of the mapping tables with its title.
type Table struct {
	Title string
	Rows  []Row
}

// Tables are all of the mapping tables, for the documentation.
func Tables() []Table {
	return []Table{
		{"Status of a sale", statuses},
		{"Processor response codes with a meaning of their own", refinements},
		{"Status of a refund", refundStatuses},
		{"Reasons of a gateway rejection", rejections},
		{"Validation codes of a sale", saleCodes},
		{"Validation codes of captures, voids and refunds", opCodes},
	}
}
