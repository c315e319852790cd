package checkout

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
)

// PaymentTerms are the protocol's, with the days that they give.
var PaymentTerms = map[string]int{"immediate": 0, "net_15": 15, "net_30": 30, "net_60": 60, "net_90": 90}

// ErrNotPending is returned for a session that waits for nobody's approval.
var ErrNotPending = errors.New("the session does not wait for approval")

// Account is a customer whom the shop sends invoices to. Nothing is charged for
// what it orders: the operator has agreed to that by naming it.
type Account struct {
	CustomerID string
	TaxID      string   // of the company; "" is any
	Terms      []string // of PaymentTerms, the usual first
	// Limit is the largest order, in minor units, that is confirmed without an
	// operator; 0 has every order wait for one.
	Limit int64
}

// PurchaseOrder is how a session is paid without a charge.
type PurchaseOrder struct {
	Number     string    `json:"number"`
	CustomerID string    `json:"customer_id"`
	Terms      string    `json:"terms"`
	DueDate    time.Time `json:"due_date"`
	Requested  time.Time `json:"requested_at"`
	// ApprovedBy is who let it pass: an operator, or "limit" for the account's
	// own; RefusedBy who did not.
	ApprovedBy string    `json:"approved_by,omitzero"`
	RefusedBy  string    `json:"refused_by,omitzero"`
	Decided    time.Time `json:"decided_at,omitzero"`
}

// account finds the account that the buyer claims to be of.
func (m *Merchant) account(b *acp.Buyer) *Account {
	if b == nil || b.CustomerID == "" {
		return nil
	}
	i := slices.IndexFunc(m.Accounts, func(a Account) bool {
		return a.CustomerID == b.CustomerID && (a.TaxID == "" || b.Company != nil && b.Company.TaxID == a.TaxID)
	})
	if i < 0 {
		return nil
	}
	return &m.Accounts[i]
}

// onAccount takes a purchase order for a session that can be paid as it was
// shown. Within the account's limit, and from a buyer of whom an agent that the
// shop believes says that it is signed in, it is the sale: nobody pays now, and
// whoever can name a customer could order in its name. Any other waits for an
// operator.
func (p *purchase) onAccount(tx Tx, sess *Session, items map[string]*catalog.Item, now time.Time) error {
	req := p.req.Payment.PurchaseOrder
	account := p.merchant.account(sess.Buyer)
	if account == nil {
		return p.refuseIn(tx, acp.Refused(http.StatusBadRequest, acp.CodeUnsupported, paymentParam+".purchase_order_number",
			"This shop takes no purchase orders from this buyer. Pay with one of capabilities.payment.handlers."))
	}
	terms := req.Terms
	if terms == "" {
		terms = account.Terms[0]
	}
	if !slices.Contains(account.Terms, terms) {
		return p.refuseIn(tx, acp.Refused(http.StatusBadRequest, acp.CodeUnsupported, paymentParam+".payment_terms",
			"This buyer has other payment terms with the shop, such as "+account.Terms[0]+"."))
	}
	due := now.UTC().AddDate(0, 0, PaymentTerms[terms])
	if !req.DueDate.IsZero() {
		if req.DueDate.After(due.AddDate(0, 0, 1)) { // a day, for other time zones
			return p.refuseIn(tx, acp.Invalid(paymentParam+".due_date", "This date is later than the payment terms allow. Leave it out, or send an earlier one."))
		}
		due = req.DueDate
	}
	// A try with a card may have failed before; this sale has no payment.
	sess.AttemptID, sess.Authentication = "", nil
	sess.PurchaseOrder = &PurchaseOrder{Number: req.Number, CustomerID: account.CustomerID, Terms: terms, DueDate: due, Requested: now.UTC()}
	if !req.ApprovalRequired && sess.Total() <= account.Limit && sess.Buyer.AuthenticationStatus == "authenticated" && p.merchant.Identifies[sess.Agent] {
		sess.PurchaseOrder.ApprovedBy, sess.PurchaseOrder.Decided = "limit", now.UTC()
		return p.giveAway(tx, sess, items, now)
	}
	if err := sess.become(acp.PendingApproval); err != nil {
		return err
	}
	sess.DeletableAt = time.Time{} // never while somebody has to decide
	sess.say(acp.Message{Type: acp.Info, ContentType: "plain", Param: paymentParam,
		Content: p.merchant.texts(sess).Say("invoice.pending")})
	return p.answerIn(tx, sess)
}

// Approve is an operator's yes to a session that waits for approval: it becomes
// an order, and the agent is told by the order's webhook. The goods are taken
// out of stock now; *acp.Error says what cannot be had any more.
func (s *Service) Approve(ctx context.Context, merchantID, sessionID, operator string) (*Session, error) {
	return s.decidePending(ctx, merchantID, sessionID, operator, func(tx Tx, m *Merchant, sess *Session, now time.Time) error {
		items, err := tx.Items(merchantID, sess.itemIDs())
		if err != nil {
			return err
		}
		for i := range sess.LineItems {
			it := items[sess.LineItems[i].Item.ID]
			if it == nil {
				it = sess.gone(&sess.LineItems[i])
			}
			if msg, blocking := checkStock(&sess.LineItems[i], i, it, 0, english); blocking {
				return acp.Refused(http.StatusConflict, msg.Code, msg.Param, msg.Content)
			}
		}
		lapsed, err := sess.lapsed(tx, m)
		if err != nil {
			return err
		}
		if lapsed {
			return acp.Refused(http.StatusConflict, acp.CodeConflict, "$.discounts", "A discount of this session is used up. Refuse it, so that the buyer sees the new total.")
		}
		if err := sess.hold(tx, m, items); err != nil {
			return err
		}
		sess.PurchaseOrder.ApprovedBy = operator
		return s.sell(tx, m, sess, nil, now)
	})
}

// Refuse is an operator's no: the session is ready for payment again, in
// another way, and lives as long as a new one.
func (s *Service) Refuse(ctx context.Context, merchantID, sessionID, operator string) (*Session, error) {
	return s.decidePending(ctx, merchantID, sessionID, operator, func(_ Tx, m *Merchant, sess *Session, now time.Time) error {
		sess.PurchaseOrder.RefusedBy = operator
		sess.ExpiresAt = now.Add(m.SessionTTL)
		sess.DeletableAt = sess.ExpiresAt.Add(s.retention.Unsold)
		sess.forgetPaymentMessages()
		sess.say(acp.Message{Type: acp.Info, ContentType: "plain", Param: paymentParam,
			Content: m.texts(sess).Say("invoice.refused")})
		return sess.become(acp.ReadyForPayment)
	})
}

func (s *Service) decidePending(ctx context.Context, merchantID, sessionID, operator string,
	decide func(Tx, *Merchant, *Session, time.Time) error) (*Session, error) {
	if operator == "" {
		return nil, errors.New("an operator's decision needs the operator's name")
	}
	m, err := s.merchants.Merchant(ctx, merchantID)
	if err != nil {
		return nil, err
	}
	var decided *Session
	err = s.store.Update(ctx, func(tx Tx) error {
		now := s.now()
		sess, err := tx.Session(merchantID, sessionID)
		if err != nil {
			return err
		}
		if sess.Status != acp.PendingApproval || sess.PurchaseOrder == nil {
			return ErrNotPending
		}
		sess.UpdatedAt, sess.PurchaseOrder.Decided = now, now.UTC()
		if err := decide(tx, m, sess, now); err != nil {
			return err
		}
		decided = sess
		return tx.SaveSession(sess)
	})
	if err != nil {
		return nil, err
	}
	return decided, nil
}
