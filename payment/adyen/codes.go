package adyen

import (
	"net/http"

	"github.com/checkstand/checkstand/payment"
)

// What Adyen's words mean, as data: docs/payments/adyen.md is made from these
// tables. What is in none of them is payment.ClassUnknown.

// Where the rows of the tables come from.
const (
	fromSpec    = "Checkout API v72, OpenAPI document"
	fromDocs    = "docs.adyen.com"
	fromGeneral = "general knowledge of the API, not read again"
)

// row says what one word of Adyen's means.
type row struct {
	Word, Text string
	Class      payment.Class
	Source     string
}

// resultCodes are the values of resultCode in the 200 answer to a payment.
// Authorised means authorised with the captured class where the request asked
// for that. Refused and Error are refined by refusalCodes.
var resultCodes = []row{
	{"Authorised", "approved in full", payment.ClassAuthorized, fromSpec},
	{"PartiallyAuthorised", "less than was asked is held: an operator has to void it", payment.ClassUnknown, fromSpec},
	{"Refused", "see the refusal codes", payment.ClassDeclined, fromSpec},
	{"Cancelled", "cancelled before it was done", payment.ClassDeclined, fromSpec},
	{"Error", "a technical failure; a new attempt may be made", payment.ClassProcessorError, fromSpec},
	{"Pending", "the final status comes by webhook", payment.ClassPending, fromSpec},
	{"Received", "the final status comes by webhook", payment.ClassPending, fromSpec},
	{"PresentToShopper", "the final status comes by webhook", payment.ClassPending, fromSpec},
	{"RedirectShopper", "3-D Secure by redirect, which an agent cannot show", payment.ClassRequiresAction, fromSpec},
	{"IdentifyShopper", "3-D Secure device fingerprint", payment.ClassRequiresAction, fromSpec},
	{"ChallengeShopper", "3-D Secure challenge", payment.ClassRequiresAction, fromSpec},
	{"AuthenticationFinished", "of authentication alone, not of a payment", payment.ClassUnknown, fromSpec},
	{"AuthenticationNotRequired", "of authentication alone, not of a payment", payment.ClassUnknown, fromSpec},
	{"Success", "of authentication alone, not of a payment", payment.ClassUnknown, fromSpec},
}

// refusalCodes are the values of refusalReasonCode beside resultCode Refused,
// Cancelled or Error. Where a code has no row, the resultCode alone decides.
var refusalCodes = []row{
	{"2", "Refused", payment.ClassDeclined, fromDocs},
	{"3", "Referral", payment.ClassDeclined, fromDocs},
	{"4", "Acquirer Error", payment.ClassProcessorError, fromDocs},
	{"5", "Blocked Card", payment.ClassDeclined, fromDocs},
	{"6", "Expired Card", payment.ClassDeclined, fromDocs},
	{"7", "Invalid Amount", payment.ClassDeclined, fromDocs},
	{"8", "Invalid Card Number", payment.ClassDeclined, fromDocs},
	{"9", "Issuer Unavailable", payment.ClassProcessorError, fromDocs},
	{"10", "Not supported", payment.ClassDeclined, fromDocs},
	{"11", "3D Not Authenticated", payment.ClassRequiresAction, fromDocs},
	{"12", "Not enough balance", payment.ClassDeclined, fromDocs},
	{"14", "Acquirer Fraud", payment.ClassDeclined, fromDocs},
	{"15", "Cancelled", payment.ClassDeclined, fromDocs},
	{"16", "Shopper Cancelled", payment.ClassDeclined, fromDocs},
	{"20", "FRAUD", payment.ClassDeclined, fromDocs},
	{"22", "FRAUD-CANCELLED", payment.ClassDeclined, fromDocs},
	{"23", "Transaction Not Permitted", payment.ClassDeclined, fromGeneral},
	{"24", "CVC Declined", payment.ClassDeclined, fromGeneral},
	{"25", "Restricted Card", payment.ClassDeclined, fromGeneral},
	{"26", "Revocation Of Auth", payment.ClassDeclined, fromGeneral},
	{"27", "Declined Non Generic", payment.ClassDeclined, fromGeneral},
	{"31", "Issuer Suspected Fraud", payment.ClassDeclined, fromGeneral},
	{"32", "AVS Declined", payment.ClassDeclined, fromGeneral},
	{"38", "Authentication required", payment.ClassRequiresAction, fromGeneral},
	{"42", "3DS Authentication Error", payment.ClassRequiresAction, fromGeneral},
}

// codeInProgress says that a request under the same key is being carried out.
const codeInProgress = "704"

// errorCodes are the values of errorCode in answers of status 400, 401, 403
// and 422: each a definite no before any payment, except for 704.
var errorCodes = []row{
	{"010", "Not allowed: the API credential lacks a role", payment.ClassConfig, fromDocs},
	{"100", "amount is missing", payment.ClassProcessorError, fromDocs},
	{"101", "Invalid card number", payment.ClassDeclined, fromDocs},
	{"129", "Expiry date invalid", payment.ClassDeclined, fromGeneral},
	{"130", "Reference missing", payment.ClassProcessorError, fromGeneral},
	{"137", "Invalid amount specified", payment.ClassProcessorError, fromGeneral},
	{"138", "Unsupported currency specified", payment.ClassConfig, fromGeneral},
	{"177", "Metadata size exceeds limit", payment.ClassProcessorError, fromSpec},
	{"178", "Metadata key size exceeds limit", payment.ClassProcessorError, fromSpec},
	{"14_030", "Return URL is missing", payment.ClassConfig, fromSpec},
	{"702", "the request's JSON or its fields are not understood", payment.ClassProcessorError, fromSpec},
	{codeInProgress, "Request already processed or in progress: says nothing about the outcome", payment.ClassUnknown, fromGeneral},
	{"800", "Contract not found: the shopper has no stored payment details", payment.ClassTokenInvalid, fromDocs},
	{"803", "PaymentDetail not found: no such token on this account, or of this shopper", payment.ClassTokenInvalid, fromDocs},
	{"901", "Invalid Merchant Account", payment.ClassConfig, fromSpec},
	{"905", "Payment details are not supported by this account", payment.ClassConfig, fromSpec},
}

// statusCodes say what an HTTP status means by itself, when its errorCode has
// no row. Every other status without a row is unknown, above all 500 and up.
var statusCodes = []struct {
	Status int
	Text   string
	Class  payment.Class
	Source string
}{
	{http.StatusUnauthorized, "the API key is refused", payment.ClassConfig, fromSpec},
	{http.StatusForbidden, "the API key may not do this", payment.ClassConfig, fromSpec},
	{http.StatusTooManyRequests, "too many requests", payment.ClassRateLimited, fromGeneral},
}

// scale are the currencies that Adyen counts with other decimals than ISO 4217
// (docs.adyen.com, currency codes).
var scale = payment.Scale{"clp": 2, "isk": 2, "cve": 0, "idr": 0}

var (
	resultClass  = index(resultCodes)
	refusalClass = index(refusalCodes)
	errorClass   = index(errorCodes)
)

func index(rows []row) map[string]payment.Class {
	m := make(map[string]payment.Class, len(rows))
	for _, r := range rows {
		m[r.Word] = r.Class
	}
	return m
}
