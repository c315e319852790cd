package braintree

import (
	"strings"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

// notice is <notification>.
type notice struct {
	Kind      string `xml:"kind"`
	Timestamp string `xml:"timestamp"`
	Subject   struct {
		Transaction *transaction `xml:"transaction"`
		Review      *review      `xml:"transaction-review"`
		Dispute     *dispute     `xml:"dispute"`
	} `xml:"subject"`
}

type review struct {
	TransactionID string `xml:"transaction-id"`
	Decision      string `xml:"decision"`
}

type dispute struct {
	ID          string      `xml:"id"`
	Status      string      `xml:"status"`
	Amount      string      `xml:"amount"`
	Disputed    string      `xml:"amount-disputed"` // where there is no amount
	Currency    string      `xml:"currency-iso-code"`
	Transaction transaction `xml:"transaction"`
}

// Kinds of notice that are told apart; of the others it is enough that they are
// about a transaction.
const (
	disputeKinds       = "dispute_" // how they begin
	transactionKinds   = "transaction_"
	kindReviewed       = "transaction_reviewed"
	kindSettled        = "transaction_settled"
	kindSettleDeclined = "transaction_settlement_declined"
	kindRefundFailed   = "refund_failed"
)

// disputeState says where a dispute stands by its status.
var disputeState = map[string]payment.DisputeState{
	"open":          payment.DisputeOpen,
	"disputed":      payment.DisputeOpen, // evidence was handed in
	"under_review":  payment.DisputeOpen,
	"won":           payment.DisputeWon,
	"lost":          payment.DisputeLost,
	"accepted":      payment.DisputeLost,
	"auto_accepted": payment.DisputeLost,
	"expired":       payment.DisputeLost, // nobody answered in time
}

// read makes a Notice of what concerns a payment.
//
// What a settlement came to is taken as it is, and that a refund failed: none
// of these is undone. Everything else is asked about.
func (p *Provider) read(n notice) (payment.Notice, bool) {
	at, err := time.Parse(time.RFC3339, n.Timestamp)
	if err != nil {
		at = p.now()
	}
	out := payment.Notice{Kind: clean(n.Kind), Live: p.live, At: at, Result: payment.Result{Class: payment.ClassUnknown}}
	var subject, state string
	switch s := n.Subject; {
	case strings.HasPrefix(n.Kind, disputeKinds) && s.Dispute != nil:
		subject, state = s.Dispute.ID, s.Dispute.Status
		p.readDispute(*s.Dispute, &out)
	case n.Kind == kindReviewed && s.Review != nil:
		out.PSPRef = s.Review.TransactionID
		subject, state = s.Review.TransactionID, s.Review.Decision
	case s.Transaction != nil && (strings.HasPrefix(n.Kind, transactionKinds) || n.Kind == kindRefundFailed):
		subject, state = s.Transaction.ID, s.Transaction.Status
		if s.Transaction.Type == typeCredit || n.Kind == kindRefundFailed {
			p.readRefund(n.Kind, *s.Transaction, &out)
		} else {
			p.readSale(n.Kind, *s.Transaction, &out)
		}
	default:
		return payment.Notice{}, false
	}
	out.ID = clean(strings.Join([]string{n.Kind, subject, state}, ":"))
	return out, subject != ""
}

// readDispute reads a dispute. One of a status that is not known is open, so
// that somebody looks at it.
func (p *Provider) readDispute(d dispute, out *payment.Notice) {
	out.Subject, out.OpRef = payment.AboutDispute, d.ID
	out.PSPRef, out.Reference = d.Transaction.ID, d.Transaction.OrderID
	out.Result.DeclineCode = clean(d.Status)
	out.Dispute = payment.DisputeOpen
	if state, known := disputeState[d.Status]; known {
		out.Dispute, out.Final = state, state != payment.DisputeOpen
	}
	sum := d.Amount
	if sum == "" {
		sum = d.Disputed
	}
	currency := strings.ToLower(d.Currency)
	if amount, err := p.minor(sum, currency); err == nil {
		out.Result.Amount, out.Result.Currency = amount, currency
	}
}

// readRefund reads a notice of a refund. One that was made in the Control Panel
// has the order id of its sale, or none.
func (p *Provider) readRefund(kind string, t transaction, out *payment.Notice) {
	out.Subject, out.OpKind = payment.AboutOperation, payment.OpRefund
	out.PSPRef, out.OpRef = t.RefundOf, t.ID
	if strings.HasPrefix(t.OrderID, id.Op+"_") {
		out.Reference = t.OrderID
	}
	r := p.refund(payment.Op{PSPRef: t.RefundOf}, t)
	switch {
	case kind == kindRefundFailed:
		// The kind is the news: the status may be that of before.
		out.Result = payment.Result{Class: payment.ClassDeclined, PSPRef: t.ID, DeclineCode: t.words()}
		if amount, err := p.minor(t.Amount, strings.ToLower(t.Currency)); err == nil {
			out.Result.Amount, out.Result.Currency = amount, strings.ToLower(t.Currency)
		}
		out.Final = true
	case kind == kindSettled && t.Status == "settled" && r.Class == payment.ClassRefunded,
		kind == kindSettleDeclined && t.Status == "settlement_declined" && r.Class == payment.ClassDeclined:
		out.Result, out.Final = r, true
	}
}

// readSale reads a notice of a payment. A settlement that is declined is a
// capture that bounces, which has no id and no reference of its own.
func (p *Provider) readSale(kind string, t transaction, out *payment.Notice) {
	out.PSPRef, out.Reference = t.ID, t.OrderID
	r := p.sale(t)
	switch {
	case t.Type != typeSale:
	case kind == kindSettled && t.Status == "settled" && r.Class == payment.ClassCaptured:
		out.Result, out.Final = r, true
	case kind == kindSettleDeclined && t.Status == "settlement_declined" && r.Class == payment.ClassDeclined:
		out.Subject, out.OpKind, out.Reference = payment.AboutOperation, payment.OpCapture, ""
		out.Result, out.Final = r, true
	}
}
