package adyen

import (
	"strings"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

// notice says what an item means. Outcomes are final, because Adyen has no
// place to ask for them again; that a refund or a capture comes back is told by
// an event of its own.
func (p *Provider) notice(i item) payment.Notice {
	n := payment.Notice{
		ID:        strings.Join([]string{i.EventCode, i.PSPReference, i.Success}, ":"),
		Reference: parseReference(i.MerchantReference).attempt,
		PSPRef:    i.PSPReference,
		Kind:      code(i.EventCode),
		Result:    payment.Result{Class: payment.ClassUnknown, PSPRef: i.PSPReference, RequestID: i.PSPReference},
		Live:      p.cfg.Live,
	}
	if i.OriginalReference != "" {
		n.PSPRef, n.OpRef = i.OriginalReference, i.PSPReference
	}
	if at, err := time.Parse(time.RFC3339, i.EventDate); err == nil {
		n.At = at
	}
	e, known := eventByCode[i.EventCode]
	if !known {
		return n
	}
	n.Subject = e.About
	readable := false
	if i.Amount.Value != nil {
		if minor, currency, ok := (amount{Currency: i.Amount.Currency, Value: *i.Amount.Value}).minor(); ok {
			n.Result.Amount, n.Result.Currency, readable = minor, currency, true
		}
	}
	if e.About == payment.AboutDispute {
		n.Dispute, n.Final, n.Result.DeclineCode = e.State, e.Decided, n.Kind
		if i.Success != "true" {
			n.Dispute, n.Final = payment.DisputeOpen, false
		}
		return n
	}
	switch i.Success {
	case "true":
		n.Result.Class = e.Ok
	case "false":
		n.Result.Class, n.Result.DeclineCode = e.Failed, reason(i.Reason)
	}
	if e.About == payment.AboutOperation {
		ofOperation(&n, e)
	} else {
		ofPayment(&n, i)
	}
	n.Final = n.Result.Class != payment.ClassUnknown
	switch {
	case !readable && n.Final && n.Result.Class != payment.ClassDeclined:
		// Money has moved, or is free again, and it is not said how much.
		n.Result.Class, n.Result.DeclineCode, n.Final = payment.ClassUnknown, unreadableAmount, false
	case n.Result.Class == payment.ClassCaptured:
		n.Result.Captured = n.Result.Amount
	}
	return n
}

// ofPayment completes a notice about a payment itself.
func ofPayment(n *payment.Notice, i item) {
	n.OpRef, n.Result.PSPRef = "", n.PSPRef
	if i.EventCode != "AUTHORISATION" {
		return
	}
	ref := parseReference(i.MerchantReference)
	switch {
	case n.Result.Class == payment.ClassAuthorized:
		n.Result.Class = ref.class()
	case ref.page:
		// The buyer may try another card on the same page.
		n.Result.Class = payment.ClassUnknown
	case n.Result.Class == payment.ClassDeclined && wantsBuyer(i.Reason):
		n.Result.Class, n.Result.Brand = payment.ClassRequiresAction, brands[i.PaymentMethod]
	}
}

// ofOperation completes a notice about a move. One that was made in the
// Customer Area carries the payment's reference, or what somebody has typed: it
// is no operation of ours, and a hold that was canceled there has just ended.
func ofOperation(n *payment.Notice, e event) {
	n.OpKind = e.Kind
	if strings.HasPrefix(n.Reference, id.Op+"_") {
		return
	}
	if e.Kind == payment.OpVoid && n.Result.Class == payment.ClassVoided {
		n.Subject, n.OpKind, n.OpRef, n.Result.PSPRef = payment.AboutPayment, "", "", n.PSPRef
		if !strings.HasPrefix(n.Reference, id.Attempt+"_") {
			n.Reference = ""
		}
		return
	}
	n.Reference = ""
}

// maxReason bounds the reason that is kept of a failure.
const maxReason = 80

// reason is Adyen's text for a failure, for the operator. It is not signed,
// and of a success it holds card data, which is why only failures are read.
func reason(s string) string {
	kept := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	return kept[:min(len(kept), maxReason)]
}
