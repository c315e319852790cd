package checkout

import (
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

// newAttempt is a try to pay the session's total.
func newAttempt(sess *Session, setup PaymentSetup, now time.Time) *payment.Attempt {
	a := &payment.Attempt{ID: id.New(id.Attempt, now), MerchantID: sess.MerchantID, SessionID: sess.ID,
		OrderID: id.New(id.Order, now), Live: sess.Live, Provider: setup.Provider.Name(), Account: setup.MerchantID,
		Capture: setup.Capture, Amount: sess.Total(), Currency: sess.Currency, State: payment.Sending, CreatedAt: now}
	a.IdemKey = "acp_" + a.ID
	return a
}

// charge is what an adapter needs to know of an attempt.
func (m *Merchant) charge(sess *Session, a *payment.Attempt) payment.Charge {
	c := payment.Charge{AttemptID: a.ID, SessionID: sess.ID, OrderID: a.OrderID, Amount: a.Amount, Currency: a.Currency,
		MerchantID: a.Account, StatementText: m.Name, Capture: a.Capture}
	if sess.Buyer != nil {
		c.BuyerEmail = sess.Buyer.Email
	}
	return c
}

// beginPayment writes everything that has to be committed before a byte is sent
// to the PSP: the stock and the discounts that are held, the attempt, and the job that finishes
// what this process may leave. detail goes into the attempt's history: the saved
// card that pays.
func (s *Session) beginPayment(tx Tx, m *Merchant, a *payment.Attempt, items map[string]*catalog.Item, now time.Time, who, detail string) error {
	if err := s.become(acp.CompleteInProgress); err != nil {
		return err
	}
	s.AttemptID = a.ID
	s.DeletableAt = time.Time{} // never while money is on its way
	if err := s.hold(tx, m, items); err != nil {
		return err
	}
	if err := tx.InsertAttempt(a); err != nil {
		return err
	}
	if err := tx.AppendEvent(a.MerchantID, payment.Event{AttemptID: a.ID, At: now, To: a.State, Who: who, Detail: detail}); err != nil {
		return err
	}
	if err := tx.Enqueue(reconcileJob(a)); err != nil {
		return err
	}
	return tx.SaveSession(s)
}
