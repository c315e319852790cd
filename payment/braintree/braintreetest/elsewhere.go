package braintreetest

import (
	"crypto/rand"
	"strings"

	"github.com/checkstand/checkstand/money"
)

// FailRefund lets a refund fail after it was accepted.
func (g *Gateway) FailRefund(id string) {
	g.set(func() {
		t := g.transactions[id]
		t.Status, t.Code, t.Text = "processor_declined", maybe("2005"), maybe("Invalid Credit Card Number")
		g.queue("refund_failed", t)
	})
}

// ExpireHold lets the hold of a payment run out. No webhook tells of it.
func (g *Gateway) ExpireHold(id string) {
	g.set(func() {
		if t := g.transactions[id]; t.held() {
			t.Status = "authorization_expired"
		}
	})
}

// CancelElsewhere voids a hold in the Control Panel. No webhook tells of it.
func (g *Gateway) CancelElsewhere(id string) {
	g.set(func() {
		if t := g.transactions[id]; t.held() {
			t.Status = "voided"
		}
	})
}

// RefundElsewhere refunds a part of a settled payment in the Control Panel,
// where a refund has the order id of its sale. It gives the refund's id, "" when
// there is not so much to give back.
func (g *Gateway) RefundElsewhere(id string, amount int64) (refund string) {
	g.set(func() {
		t := g.transactions[id]
		if t.Status == "settled" && t.minor-g.refunded(t) >= amount {
			refund = g.credit(t, amount, t.OrderID.Value).ID
		}
	})
	return refund
}

// credit makes a refund of a sale. The lock is held.
func (g *Gateway) credit(sale *transaction, amount int64, orderID string) *transaction {
	credit := &transaction{Type: "credit", Status: "submitted_for_settlement", Amount: money.Decimal(amount, sale.Currency), Currency: sale.Currency,
		Account: sale.Account, OrderID: maybe(orderID), RefundOf: maybe(sale.ID), Code: maybe("1000"), Text: maybe("Approved"),
		Card: sale.Card, minor: amount, session: sale.session}
	g.record(credit)
	sale.RefundIDs.Items = append(sale.RefundIDs.Items, credit.ID)
	return credit
}

// Dispute opens a dispute over all of a payment and gives its id.
func (g *Gateway) Dispute(id string) string {
	dispute := strings.ToLower(rand.Text()[:16])
	g.set(func() {
		g.disputes[dispute] = id
		g.queueDispute("dispute_opened", dispute, "open")
	})
	return dispute
}

// CloseDispute decides a dispute.
func (g *Gateway) CloseDispute(dispute string, won bool) {
	g.set(func() {
		switch _, known := g.disputes[dispute]; {
		case !known:
		case won:
			g.queueDispute("dispute_won", dispute, "won")
		default:
			g.queueDispute("dispute_lost", dispute, "lost")
		}
	})
}
