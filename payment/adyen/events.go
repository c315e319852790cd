package adyen

import "github.com/checkstand/checkstand/payment"

// event says what a webhook means by its eventCode.
type event struct {
	Code, Text string
	Ok, Failed payment.Class // with success true and false
	// About says what the outcome is of, and Kind, of an operation, which one.
	About payment.Subject
	Kind  payment.OpKind
	// State is where a dispute stands, and Decided that it stays there.
	State   payment.DisputeState
	Decided bool
	Source  string
}

// eventCodes are the webhooks that are understood. Each is as good as an
// answer, because Adyen has no other place where the outcome can be read.
var eventCodes = []event{
	{Code: "AUTHORISATION", Text: "outcome of a payment; of one try, when it is on a payment page", Ok: payment.ClassAuthorized, Failed: payment.ClassDeclined, Source: fromSpec},
	{Code: "EXPIRE", Text: "the hold has expired", Ok: payment.ClassVoided, Failed: payment.ClassUnknown, Source: fromSpec},

	{Code: "CAPTURE", Text: "outcome of a capture", Ok: payment.ClassCaptured, Failed: payment.ClassDeclined, About: payment.AboutOperation, Kind: payment.OpCapture, Source: fromSpec},
	{Code: "CAPTURE_FAILED", Text: "a capture failed after it was accepted", Ok: payment.ClassDeclined, Failed: payment.ClassUnknown, About: payment.AboutOperation, Kind: payment.OpCapture, Source: fromSpec},
	{Code: "CANCELLATION", Text: "outcome of a void; of the payment itself, when it was made in the Customer Area", Ok: payment.ClassVoided, Failed: payment.ClassDeclined, About: payment.AboutOperation, Kind: payment.OpVoid, Source: fromSpec},
	{Code: "TECHNICAL_CANCEL", Text: "outcome of a void by our reference", Ok: payment.ClassVoided, Failed: payment.ClassDeclined, About: payment.AboutOperation, Kind: payment.OpVoid, Source: fromSpec},
	{Code: "REFUND", Text: "outcome of a refund", Ok: payment.ClassRefunded, Failed: payment.ClassDeclined, About: payment.AboutOperation, Kind: payment.OpRefund, Source: fromSpec},
	{Code: "REFUND_FAILED", Text: "a refund failed after it was accepted", Ok: payment.ClassDeclined, Failed: payment.ClassUnknown, About: payment.AboutOperation, Kind: payment.OpRefund, Source: fromSpec},
	{Code: "REFUNDED_REVERSED", Text: "a refund came back", Ok: payment.ClassDeclined, Failed: payment.ClassUnknown, About: payment.AboutOperation, Kind: payment.OpRefund, Source: fromSpec},
	{Code: "CANCEL_OR_REFUND", Text: "outcome of a reversal made in the Customer Area; which of both is not signed", Ok: payment.ClassUnknown, Failed: payment.ClassUnknown, About: payment.AboutOperation, Source: fromSpec},

	{Code: "NOTIFICATION_OF_CHARGEBACK", Text: "a dispute was opened", About: payment.AboutDispute, State: payment.DisputeOpen, Source: fromDocs},
	{Code: "CHARGEBACK", Text: "the disputed sum was taken from the shop, which may still defend", About: payment.AboutDispute, State: payment.DisputeOpen, Source: fromDocs},
	{Code: "INFORMATION_SUPPLIED", Text: "the defence was handed in", About: payment.AboutDispute, State: payment.DisputeOpen, Source: fromDocs},
	{Code: "CHARGEBACK_REVERSED", Text: "the dispute was defended; the bank may come back", About: payment.AboutDispute, State: payment.DisputeWon, Source: fromDocs},
	{Code: "ISSUER_RESPONSE_TIMEFRAME_EXPIRED", Text: "the bank accepted the defence, or did not answer", About: payment.AboutDispute, State: payment.DisputeWon, Decided: true, Source: fromDocs},
	{Code: "SECOND_CHARGEBACK", Text: "the bank refused the defence; it may go on to arbitration", About: payment.AboutDispute, State: payment.DisputeLost, Source: fromDocs},
	{Code: "PREARBITRATION_WON", Text: "the bank gave in before arbitration", About: payment.AboutDispute, State: payment.DisputeWon, Decided: true, Source: fromGeneral},
	{Code: "PREARBITRATION_ISSUER_WITHDRAWN", Text: "the bank withdrew before arbitration", About: payment.AboutDispute, State: payment.DisputeWon, Decided: true, Source: fromDocs},
	{Code: "PREARBITRATION_LOST", Text: "the bank declined before arbitration; the scheme may still rule", About: payment.AboutDispute, State: payment.DisputeLost, Source: fromDocs},
	{Code: "SCHEME_ARBITRATION_WON", Text: "the scheme ruled for the shop", About: payment.AboutDispute, State: payment.DisputeWon, Decided: true, Source: fromDocs},
	{Code: "SCHEME_ARBITRATION_LOST", Text: "the scheme ruled for the bank", About: payment.AboutDispute, State: payment.DisputeLost, Decided: true, Source: fromDocs},
	{Code: "DISPUTE_DEFENSE_PERIOD_ENDED", Text: "the shop did not defend", About: payment.AboutDispute, State: payment.DisputeLost, Decided: true, Source: fromDocs},

	{Code: "MANUAL_REVIEW_ACCEPT", Text: "a reviewer accepted the payment; for the log", Ok: payment.ClassUnknown, Failed: payment.ClassUnknown, Source: fromSpec},
	{Code: "MANUAL_REVIEW_REJECT", Text: "a reviewer rejected the payment, and a CANCEL_OR_REFUND follows; for the log", Ok: payment.ClassUnknown, Failed: payment.ClassUnknown, Source: fromSpec},
}

var eventByCode = func() map[string]event {
	m := make(map[string]event, len(eventCodes))
	for _, e := range eventCodes {
		m[e.Code] = e
	}
	return m
}()
