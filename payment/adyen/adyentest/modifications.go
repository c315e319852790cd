package adyentest

import "net/http"

type modification struct {
	MerchantAccount      string  `json:"merchantAccount"`
	Reference            string  `json:"reference"`
	Amount               *amount `json:"amount"`
	PaymentReference     string  `json:"paymentReference"`
	MerchantRefundReason string  `json:"merchantRefundReason"`
}

type received struct {
	MerchantAccount     string  `json:"merchantAccount"`
	PaymentPSPReference string  `json:"paymentPspReference,omitzero"`
	PaymentReference    string  `json:"paymentReference,omitzero"`
	Reference           string  `json:"reference"`
	PSPReference        string  `json:"pspReference"`
	Status              string  `json:"status"`
	Amount              *amount `json:"amount,omitzero"`
}

var refundReasons = map[string]bool{"": true, "FRAUD": true, "CUSTOMER REQUEST": true, "RETURN": true, "DUPLICATE": true, "OTHER": true}

// modify accepts a capture, cancel or refund. Like Adyen it answers "received"
// to all that is well formed, and says by webhook whether it was done.
func (f *Fake) modify(psp, kind string, body []byte) answer {
	var m modification
	if a, ok := decode(body, &m); !ok {
		return a
	}
	of := m.Amount
	if kind == "cancels" {
		if m.Amount != nil {
			return fail(http.StatusUnprocessableEntity, "702", "the request contains unknown fields: amount")
		}
		of = &amount{Currency: "EUR", Value: 1} // a cancel names no amount
	}
	if a, ok := checkMoney(m.MerchantAccount, m.Reference, of); !ok {
		return a
	}
	if (psp == "") != (m.PaymentReference != "") || !refundReasons[m.MerchantRefundReason] || (kind != "refunds" && m.MerchantRefundReason != "") {
		return fail(http.StatusUnprocessableEntity, "702", "the request contains unknown fields or values")
	}
	op := newReference()
	find := func() *charge {
		for _, c := range f.payments {
			if (psp != "" && c.psp == psp) || (psp == "" && c.reference == m.PaymentReference && c.state == authorised) {
				return c
			}
		}
		return nil
	}
	if psp != "" && find() == nil {
		return fail(http.StatusUnprocessableEntity, "167", "Original pspReference required for this operation")
	}
	var do func()
	switch kind {
	case "captures":
		do = func() { f.capture(find(), op, m) }
	case "refunds":
		do = func() { f.refund(find(), op, m) }
	case "cancels":
		do = func() { f.cancel(find(), op, m) }
	default:
		return fail(http.StatusNotFound, "000", "Not Found")
	}
	f.later = append(f.later, do)
	return answer{status: http.StatusCreated, body: received{MerchantAccount: m.MerchantAccount, PaymentPSPReference: psp,
		PaymentReference: m.PaymentReference, Reference: m.Reference, PSPReference: op, Status: "received", Amount: m.Amount}}
}

// capture takes held money once; what it leaves is given back, as on an
// account without multiple partial captures.
func (f *Fake) capture(c *charge, op string, m modification) {
	why := ""
	switch {
	case c.state != authorised || c.captured > 0:
		why = "Transaction not in a state to be captured"
	case m.Amount.Currency != c.amount.Currency:
		why = "Currency of the modification differs"
	case m.Amount.Value > c.amount.Value:
		why = "Insufficient balance on payment"
	default:
		c.captured = m.Amount.Value
	}
	f.notifyOp(c, op, "CAPTURE", m, *m.Amount, why)
}

func (f *Fake) refund(c *charge, op string, m modification) {
	why := ""
	switch {
	case c.captured == 0:
		why = "Transaction hasn't been captured, refund not possible"
	case m.Amount.Currency != c.amount.Currency:
		why = "Currency of the modification differs"
	case c.refunded+m.Amount.Value > c.captured:
		why = "Insufficient balance on payment"
	default:
		c.refunded += m.Amount.Value
	}
	f.notifyOp(c, op, "REFUND", m, *m.Amount, why)
}

func (f *Fake) cancel(c *charge, op string, m modification) {
	event := "CANCELLATION"
	if m.PaymentReference != "" {
		event = "TECHNICAL_CANCEL"
	}
	if c == nil {
		c = &charge{reference: m.PaymentReference}
	}
	why := ""
	switch {
	case c.state != authorised:
		why = "Transaction not found or already cancelled"
	case c.captured > 0:
		why = "Transaction already captured"
	default:
		c.state = cancelled
	}
	f.notifyOp(c, op, event, m, c.amount, why)
}
