package stripe

import (
	"strings"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// eventRow says how the object of an event is read, and what the notice is
// about.
type eventRow struct {
	Type  string
	About payment.Subject
	read  func(*Provider, jsontext.Value, *payment.Notice) error
	// Final says when the event itself is the news: of a state that is not left
	// again, or, of an operation, that may only come back. All else may be late,
	// and Stripe is asked.
	Final string
	Means string
}

// eventRows are the events that are read; any other is acknowledged and
// forgotten.
var eventRows = []eventRow{
	{"payment_intent.succeeded", payment.AboutPayment, (*Provider).readTaken, "yes", "the money is taken"},
	{"payment_intent.payment_failed", payment.AboutPayment, (*Provider).readIntentEvent, "", "a try was declined"},
	{"payment_intent.processing", payment.AboutPayment, (*Provider).readIntentEvent, "", "under way"},
	{"payment_intent.requires_action", payment.AboutPayment, (*Provider).readIntentEvent, "", "the buyer has to authenticate"},
	{"payment_intent.amount_capturable_updated", payment.AboutPayment, (*Provider).readIntentEvent, "", "held"},
	{"payment_intent.canceled", payment.AboutPayment, (*Provider).readCanceled, "yes, as voided, of what was held", "given up by us or in the dashboard, or the hold ran out"},
	{"charge.expired", payment.AboutPayment, (*Provider).readExpired, "yes, as voided", "a hold ran out"},
	{"charge.captured", payment.AboutOperation, (*Provider).readCaptured, "yes", "a hold was captured, here or in the dashboard"},
	{"charge.refunded", payment.AboutPayment, (*Provider).readCharge, "", "refunded, in full or in part; the refund's own events say more"},
	{"refund.created", payment.AboutOperation, (*Provider).readRefund, "unless pending", "a refund was made, here or in the dashboard"},
	{"refund.updated", payment.AboutOperation, (*Provider).readRefund, "unless pending", "a refund moved on"},
	{"refund.failed", payment.AboutOperation, (*Provider).readRefund, "unless pending", "a refund came back"},
	{"charge.dispute.created", payment.AboutDispute, (*Provider).readDispute, "when decided", "the buyer disputes the payment"},
	{"charge.dispute.updated", payment.AboutDispute, (*Provider).readDispute, "when decided", "a dispute moved on"},
	{"charge.dispute.closed", payment.AboutDispute, (*Provider).readDispute, "when decided", "the dispute is decided"},
	{"checkout.session.completed", payment.AboutPage, (*Provider).readPage, "", "the buyer finished a payment page"},
	{"checkout.session.async_payment_succeeded", payment.AboutPage, (*Provider).readPage, "", "a slow method paid"},
	{"checkout.session.async_payment_failed", payment.AboutPage, (*Provider).readPage, "", "a slow method did not pay"},
	{"checkout.session.expired", payment.AboutPage, (*Provider).readPage, "", "a payment page ran out or was closed"},
}

// notice reads the object of an event.
func (p *Provider) notice(row eventRow, object jsontext.Value) (payment.Notice, error) {
	n := payment.Notice{Subject: row.About, Result: payment.Result{Class: payment.ClassUnknown}}
	err := row.read(p, object, &n)
	return n, err
}

func (p *Provider) readIntentEvent(object jsontext.Value, n *payment.Notice) error {
	var in intent
	if err := json.Unmarshal(object, &in); err != nil {
		return err
	}
	n.PSPRef, n.Reference, n.Result = in.ID, in.Metadata[metaAttempt], p.result(in, "")
	return nil
}

func (p *Provider) readTaken(object jsontext.Value, n *payment.Notice) error {
	err := p.readIntentEvent(object, n)
	n.Final = n.Result.Class == payment.ClassCaptured
	return err
}

// readCanceled tells a hold that has ended from a payment that never held
// anything, which is asked about: that one may be declined, or its page closed.
func (p *Provider) readCanceled(object jsontext.Value, n *payment.Notice) error {
	var in intent
	if err := json.Unmarshal(object, &in); err != nil {
		return err
	}
	n.PSPRef, n.Reference, n.Result = in.ID, in.Metadata[metaAttempt], p.result(in, "")
	if in.wasHeld() && n.Result.Class.State() == payment.Failed {
		n.Result.Class, n.Result.DeclineCode, n.Final = payment.ClassVoided, in.CancelReason, true
	}
	return nil
}

// readCharge reads whose charge it is, and no more.
func (p *Provider) readCharge(object jsontext.Value, n *payment.Notice) error {
	_, err := readChargeEvent(object, n)
	return err
}

func readChargeEvent(object jsontext.Value, n *payment.Notice) (c charge, err error) {
	if err = json.Unmarshal(object, &c); err == nil {
		n.PSPRef, n.Reference = c.Intent.ID, c.Metadata[metaAttempt]
	}
	return c, err
}

func (p *Provider) readExpired(object jsontext.Value, n *payment.Notice) error {
	c, err := readChargeEvent(object, n)
	if amount, bad := fromStripe(c.Amount, c.Currency); err == nil && bad == nil && c.Intent.ID != "" && !c.Captured {
		n.Result = payment.Result{Class: payment.ClassVoided, PSPRef: c.Intent.ID, Amount: amount, Currency: c.Currency, DeclineCode: "hold_expired"}
		n.Final = true
	}
	return err
}

// readCaptured reads the capture of a hold. It has no id at Stripe; one of ours
// wrote its own on the payment, which may not have reached the charge.
func (p *Provider) readCaptured(object jsontext.Value, n *payment.Notice) error {
	c, err := readChargeEvent(object, n)
	n.OpKind, n.Reference = payment.OpCapture, c.Metadata[metaCapture]
	if amount, bad := fromStripe(c.AmountCaptured, c.Currency); err == nil && bad == nil && c.Intent.ID != "" && c.Captured {
		n.Result = payment.Result{Class: payment.ClassCaptured, PSPRef: c.Intent.ID, Amount: amount, Captured: amount, Currency: c.Currency}
		n.Final = true
	}
	return err
}

// readRefund reads a refund. What is done may still come back, with an event
// of its own; what came back stays so.
func (p *Provider) readRefund(object jsontext.Value, n *payment.Notice) error {
	var r refund
	if err := json.Unmarshal(object, &r); err != nil {
		return err
	}
	n.OpKind, n.PSPRef, n.OpRef, n.Reference, n.Result = payment.OpRefund, r.Intent.ID, r.ID, r.Metadata[metaOp], r.result("")
	n.Final = n.Result.Class.OpState() == payment.OpDone || n.Result.Class.OpState() == payment.OpFailed
	return nil
}

// dispute is a Dispute, as far as it is read.
type dispute struct {
	ID       string             `json:"id"`
	Status   string             `json:"status"`
	Amount   int64              `json:"amount"`
	Currency string             `json:"currency"`
	Intent   expandable[intent] `json:"payment_intent"`
}

// disputeRow says what the status of a Dispute means.
type disputeRow struct {
	Status string
	State  payment.DisputeState
	Source string
}

var disputeRows = []disputeRow{
	{"warning_needs_response", payment.DisputeOpen, verified},
	{"warning_under_review", payment.DisputeOpen, verified},
	{"warning_closed", payment.DisputeWon, verified},
	{"needs_response", payment.DisputeOpen, verified},
	{"under_review", payment.DisputeOpen, verified},
	{"won", payment.DisputeWon, verified},
	{"lost", payment.DisputeLost, verified},
	{"prevented", payment.DisputeLost, assumed}, // refunded before it became one
}

// readDispute reads a dispute. One of a status that is not known is open, so
// that somebody looks at it.
func (p *Provider) readDispute(object jsontext.Value, n *payment.Notice) error {
	var d dispute
	if err := json.Unmarshal(object, &d); err != nil {
		return err
	}
	n.PSPRef, n.OpRef, n.Dispute, n.Result.DeclineCode = d.Intent.ID, d.ID, payment.DisputeOpen, "dispute_"+d.Status
	for _, row := range disputeRows {
		if row.Status == d.Status {
			n.Dispute, n.Final = row.State, row.State != payment.DisputeOpen
		}
	}
	if amount, err := fromStripe(d.Amount, d.Currency); err == nil {
		n.Result.Amount, n.Result.Currency = amount, strings.ToLower(d.Currency)
	}
	return nil
}

// readPage reads which page it is. What became of it is asked: the event may
// come before its payment's.
func (p *Provider) readPage(object jsontext.Value, n *payment.Notice) error {
	var s session
	if err := json.Unmarshal(object, &s); err != nil {
		return err
	}
	n.PageRef, n.PSPRef, n.Reference = s.ID, s.Intent.ID, s.Metadata[metaAttempt]
	return nil
}
