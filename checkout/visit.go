package checkout

import (
	"context"
	"errors"
	"net/http"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
)

// Visit is a buyer's browser at the checkout page of a session. What the agent
// sees and what the buyer sees is one session: either may change it until one
// of them pays.
type Visit struct {
	MerchantID, SessionID string
	Visitor               string // what Redeem gave
}

// Visited returns the session of a visit as it stands, with the shop's
// settings. Errors: ErrNotFound, ErrNotVisitor.
func (s *Service) Visited(ctx context.Context, v Visit) (*Session, *Merchant, error) {
	return s.visited(ctx, s.store.Reader(ctx), v)
}

func (s *Service) visited(ctx context.Context, r Reader, v Visit) (*Session, *Merchant, error) {
	sess, m, err := s.sessionAt(ctx, r, v)
	if err != nil {
		return nil, nil, err
	}
	if !sess.isVisitor(v.Visitor) {
		return nil, nil, ErrNotVisitor
	}
	sess.expire(s.now())
	return sess, m, nil
}

// sessionAt is the session that a visit is to, whoever makes it.
func (s *Service) sessionAt(ctx context.Context, r Reader, v Visit) (*Session, *Merchant, error) {
	m, err := s.merchants.Merchant(ctx, v.MerchantID)
	if err != nil {
		return nil, nil, err
	}
	if !wellFormed(v.SessionID) {
		return nil, nil, ErrNotFound
	}
	sess, err := r.Session(v.MerchantID, v.SessionID)
	return sess, m, err
}

// Revise changes the session as the agent's Update does. A refusal is an
// *acp.Error.
func (s *Service) Revise(ctx context.Context, v Visit, req acp.UpdateRequest) (*Session, error) {
	return s.forVisitor(ctx, v, func(c *Call) Answer { return s.Update(ctx, c, v.SessionID, req) })
}

// PayEmbedded pays the session with what the PSP's script on the checkout page
// handed back. A decline is no error: the session is ready_for_payment again,
// with a message. A refusal and an outcome that nobody knows yet are *acp.Error.
func (s *Service) PayEmbedded(ctx context.Context, v Visit, cred payment.Credential) (*Session, error) {
	return s.forVisitor(ctx, v, func(c *Call) Answer {
		m, err := s.merchants.Merchant(ctx, v.MerchantID)
		if err != nil {
			return c.refuse(asError(err))
		}
		pr := m.Payment(c.Live).Provider
		if pr == nil {
			return c.refuse(acp.Refused(http.StatusForbidden, "forbidden", "", "This shop takes no payments in this mode."))
		}
		c.script = true
		return s.Complete(ctx, c, v.SessionID, acp.CompleteRequest{Payment: acp.PaymentData{Provider: pr.Name(),
			CredentialType: cred.Type, Token: cred.Token.Reveal(), TokenParam: paymentParam, HandlerParam: paymentParam}})
	})
}

// ClientToken is what the PSP's script on the checkout page works with, where
// the PSP is payment.Embedded. It moves no money.
func (s *Service) ClientToken(ctx context.Context, v Visit) (secret.String, error) {
	sess, m, err := s.Visited(ctx, v)
	if err != nil {
		return secret.String{}, err
	}
	pr, ok := m.Payment(sess.Live).Provider.(payment.Embedded)
	if !ok {
		return secret.String{}, errors.New("the payment provider has no script for a page")
	}
	a := &payment.Attempt{ID: "page_" + sess.ID, SessionID: sess.ID, Amount: sess.Total(), Currency: sess.Currency}
	body, err := pr.BuildHosted(s.hostedCharge(m, sess, a))
	if err != nil {
		return secret.String{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	page, r, err := pr.OpenHosted(ctx, a.ID, body)
	if err != nil {
		return secret.String{}, err
	}
	if page.ClientToken.IsZero() {
		return secret.String{}, errors.New("the payment provider gave no client token: " + string(r.Class) + " " + r.DeclineCode)
	}
	return page.ClientToken, nil
}

// forVisitor makes a call of the agent's kind for a buyer at the checkout page,
// with the rights of the agent that opened the session.
func (s *Service) forVisitor(ctx context.Context, v Visit, do func(*Call) Answer) (*Session, error) {
	sess, _, err := s.Visited(ctx, v)
	if err != nil {
		return nil, err
	}
	var seen *Session
	ans := do(&Call{
		Caller:  Caller{MerchantID: sess.MerchantID, CredentialID: sess.CredentialID, Agent: sess.Agent, Live: sess.Live},
		Version: sess.APIVersion,
		Render: func(s *Session, e *acp.Error) Answer {
			if e != nil {
				return Answer{Status: e.Status, Err: e}
			}
			seen = s
			return Answer{Status: http.StatusOK}
		},
	})
	if ans.Err != nil {
		return nil, ans.Err
	}
	return seen, nil
}
