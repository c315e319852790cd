package braintree

import (
	"net/http"
	"strings"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
)

// Reasons of ours, beside the gateway's words.
const (
	noAnswer         = "no_answer"
	unexpectedAnswer = "unexpected_answer"
	searchNotSettled = "search_not_settled" // nothing found, and too early to believe it
	severalSales     = "several_transactions"
)

// httpClass are the statuses with which the gateway refuses a request before
// it looks at it. What is neither here nor an answer in the gateway's own
// words is unknown: it may come from anything between here and there.
var httpClass = map[int]payment.Class{
	http.StatusUnauthorized:    payment.ClassConfig,
	http.StatusForbidden:       payment.ClassConfig,
	http.StatusUpgradeRequired: payment.ClassConfig,
	http.StatusTooManyRequests: payment.ClassRateLimited,
}

// unknown is the result of an exchange that tells nothing.
func unknown(r exchange.Reply, why string) payment.Result {
	return payment.Result{Class: payment.ClassUnknown, RequestID: requestID(r), DeclineCode: why}
}

// refusedOutright is the result of an exchange that the gateway refused by its
// HTTP status alone.
func refusedOutright(r exchange.Reply) (payment.Result, bool) {
	class, ok := httpClass[r.Status]
	return payment.Result{Class: class, RequestID: requestID(r), DeclineCode: httpReason(r.Status)}, ok
}

// httpReason names an HTTP status: "http_429".
func httpReason(status int) string {
	return "http_" + strings.ToLower(strings.ReplaceAll(http.StatusText(status), " ", "_"))
}

// made reads the answer to a request that makes or changes a transaction: the
// transaction, in success and decline alike, or the codes of a refusal.
func made(r exchange.Reply) (t *transaction, codes []string, ok bool) {
	switch r.Status {
	case http.StatusOK, http.StatusCreated:
		t = new(transaction)
		if err := decode(r.Body, rootTransaction, t); err != nil || t.ID == "" {
			return nil, nil, false
		}
		return t, nil, true
	case http.StatusUnprocessableEntity:
		var e apiError
		if err := decode(r.Body, rootError, &e); err != nil {
			return nil, nil, false
		}
		if e.Transaction != nil {
			return e.Transaction, nil, e.Transaction.ID != ""
		}
		codes = e.codes()
		return nil, codes, len(codes) > 0
	}
	return nil, nil, false
}

// classifySale reads the answer to a sale.
func (p *Provider) classifySale(r exchange.Reply) payment.Result {
	if refused, ok := refusedOutright(r); ok {
		return refused
	}
	t, codes, ok := made(r)
	if !ok {
		return unknown(r, unexpectedAnswer)
	}
	var result payment.Result
	switch {
	case t == nil:
		result = refusal(codes, p.codes)
	case t.Type != "" && t.Type != typeSale:
		return unknown(r, unexpectedAnswer)
	default:
		result = p.sale(*t)
	}
	result.RequestID = requestID(r)
	return result
}

// refusal classifies a request that was not accepted. With several codes, one
// that tells nothing for certain makes the whole uncertain; otherwise the
// first decides.
func refusal(codes []string, table map[string]payment.Class) payment.Result {
	result := payment.Result{DeclineCode: strings.Join(codes, ",")}
	for _, c := range codes {
		class, ok := table[c]
		if !ok {
			class = payment.ClassUnknown
		}
		if result.Class == "" || class == payment.ClassUnknown {
			result.Class = class
		}
	}
	return result
}

// sale classifies a sale. One that holds or took money counts only with an
// amount that can be read.
func (p *Provider) sale(t transaction) payment.Result {
	class, ok := statusClass[t.Status]
	if !ok || t.ID == "" {
		class = payment.ClassUnknown
	}
	if class == payment.ClassDeclined || class == payment.ClassProcessorError {
		if refined, ok := refinementClass[t.ResponseCode]; ok {
			class = refined
		}
		if refined, ok := rejectionClass[t.Rejection]; ok && t.Status == "gateway_rejected" {
			class = refined
		}
	}
	r := payment.Result{Class: class, PSPRef: t.ID, Currency: strings.ToLower(t.Currency)}
	var err error
	if r.Amount, err = p.minor(t.Amount, r.Currency); err != nil && class.State().Paid() {
		r.Class, r.DeclineCode = payment.ClassUnknown, unexpectedAnswer
		return r
	}
	switch r.Class {
	case payment.ClassCaptured:
		r.Captured = r.Amount
	case payment.ClassAuthorized:
	default:
		r.DeclineCode = t.words()
	}
	return r
}
