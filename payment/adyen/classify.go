package adyen

import (
	"net/http"
	"strings"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/go-json-experiment/json"
)

// paymentAnswer is the 200 answer to a payment, as far as it is read.
type paymentAnswer struct {
	PSPReference      string  `json:"pspReference"`
	ResultCode        string  `json:"resultCode"`
	Amount            *amount `json:"amount"`
	MerchantReference string  `json:"merchantReference"`
	RefusalCode       string  `json:"refusalReasonCode"`
	PaymentMethod     struct {
		Brand string `json:"brand"`
	} `json:"paymentMethod"`
}

// errorAnswer is the answer of every other status. Its message is not read:
// it may quote what was sent.
type errorAnswer struct {
	ErrorCode    string `json:"errorCode"`
	PSPReference string `json:"pspReference"`
}

// classify reads the answer to a payment.
func (p *Provider) classify(r exchange.Reply, sent paymentRequest) payment.Result {
	if r.Status != http.StatusOK {
		return p.refusal(r)
	}
	var a paymentAnswer
	if err := json.Unmarshal(r.Body, &a); err != nil {
		return payment.Result{Class: payment.ClassUnknown, DeclineCode: unexpectedAnswer}
	}
	a.PSPReference = pspReference(a.PSPReference)
	return a.result(sent)
}

// result classifies the answer to the request sent.
func (a paymentAnswer) result(sent paymentRequest) payment.Result {
	result := payment.Result{Class: payment.ClassUnknown, PSPRef: a.PSPReference, RequestID: a.PSPReference, DeclineCode: code(a.ResultCode)}
	if a.MerchantReference != "" && a.MerchantReference != sent.Reference {
		result.DeclineCode = otherReference
		return result
	}
	class, known := resultClass[a.ResultCode]
	if !known {
		return result
	}
	switch class {
	case payment.ClassAuthorized:
		return a.authorised(result, sent)
	case payment.ClassDeclined, payment.ClassProcessorError:
		if refined, ok := refusalClass[a.RefusalCode]; ok && a.ResultCode != "Cancelled" {
			class = refined
		}
		if a.RefusalCode != "" {
			result.DeclineCode += " " + code(a.RefusalCode)
		}
	case payment.ClassUnknown:
		if a.Amount != nil {
			result.Amount, result.Currency, _ = a.Amount.minor()
		}
	}
	if result.Class = class; class == payment.ClassRequiresAction {
		result.Brand = a.brand()
	}
	return result
}

// authorised fills the result of an approved payment in. An answer without an
// amount, which the specification allows and shows, is for the full amount:
// resultCode has another word for less.
func (a paymentAnswer) authorised(result payment.Result, sent paymentRequest) payment.Result {
	held := sent.Amount
	if a.Amount != nil {
		held = *a.Amount
	}
	minor, currency, ok := held.minor()
	switch {
	case !ok:
		result.DeclineCode = unreadableAmount
		return result
	case a.PSPReference == "":
		result.DeclineCode = unexpectedAnswer
		return result
	}
	result.DeclineCode, result.Amount, result.Currency = "", minor, currency
	if result.Class = parseReference(sent.Reference).class(); result.Class == payment.ClassCaptured {
		result.Captured = minor
	}
	return result
}

// refusal reads an answer that is an error: a definite no only when its code,
// or its status by itself, has a row in the tables.
func (p *Provider) refusal(r exchange.Reply) payment.Result {
	var e errorAnswer
	if err := json.Unmarshal(r.Body, &e); err != nil {
		e = errorAnswer{}
	}
	result := payment.Result{Class: payment.ClassUnknown, RequestID: pspReference(e.PSPReference), DeclineCode: code(e.ErrorCode)}
	if strings.EqualFold(r.Header.Get("Transient-Error"), "true") && r.Status != http.StatusTooManyRequests {
		return result // Adyen itself asks for the same request again
	}
	switch r.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity:
		if class, ok := p.errors[e.ErrorCode]; ok {
			result.Class = class
			return result
		}
	}
	for _, s := range statusCodes {
		if s.Status == r.Status {
			result.Class = s.Class
		}
	}
	return result
}

// pspReference is an id of Adyen's, or "" when it cannot be one.
func pspReference(s string) string {
	if code(s) != s {
		return ""
	}
	return s
}

// maxCode bounds a word of Adyen's that is passed on.
const maxCode = 40

// code is a word of Adyen's for the operator: letters, digits and little else,
// so that nothing that quotes a request gets through.
func code(s string) string {
	if len(s) > maxCode || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return unexpectedAnswer
	}
	return s
}
