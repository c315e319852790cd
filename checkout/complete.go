package checkout

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/payment"
)

const paymentParam = "$.payment_data"

// leaseMargin is how much longer than it may deal with the PSP a process owns
// an attempt: the time to record what it learned.
const leaseMargin = 5 * time.Second

// lease is until when a process owns an attempt that it takes up now.
func (s *Service) lease(now time.Time) time.Time { return now.Add(s.timeout + s.budget + leaseMargin) }

// purchase is one complete request on its way through the steps of
// docs/architecture.md: claim, send, settle.
type purchase struct {
	*Service
	call     *Call
	merchant *Merchant
	provider payment.Provider
	cred     payment.Credential
	req      acp.CompleteRequest
	prints   [][]byte            // digests of the token; nil for a reusable one
	prev     *idempotency.Record // the running record of the call, once claimed
	backed   string              // the balance that pays; "" for an account at a PSP
	saved    string              // the saved card that pays there; "" for the token
	spent    bool                // that card can be charged no more
	brand    string              // of that card
	proof    *payment.Proof      // of the buyer's authentication; nil for none

	// What the claim found:
	answer  *Answer          // decided without a payment
	attempt *payment.Attempt // to be sent, or to be asked about
	body    []byte           // what to send; nil to ask only
}

// Complete pays a session. The order of writes is: one transaction that holds
// the stock and commits the sealed payment request, the call to the PSP, and
// one transaction with the outcome, the order, its webhook and the stored
// answer. A crash anywhere between is picked up by Recover.
//
// A decline is 200 with the session ready_for_payment again and a message. An
// outcome that stays unclear is 503; the same request repeated goes on where
// this one stopped.
func (s *Service) Complete(ctx context.Context, c *Call, sessionID string, req acp.CompleteRequest) Answer {
	m, err := s.merchant(ctx, c.Caller)
	if err != nil {
		return c.refuse(asError(err))
	}
	setup := m.Payment(c.Live)
	p := &purchase{Service: s, call: c, merchant: m, req: req}
	if e := p.choose(setup); e != nil {
		return c.refuse(e)
	}
	if err := s.store.Update(ctx, func(tx Tx) error { return p.claim(tx, sessionID) }); err != nil {
		return c.refuse(asError(err))
	}
	if p.answer != nil {
		return *p.answer
	}
	s.onStep(StepReserved)

	// From here on an agent that hangs up does not stop the payment.
	ctx = context.WithoutCancel(ctx)
	result := p.take(ctx)
	s.onStep(StepAnswered)
	ans, err := s.settle(ctx, p.attempt, result, "complete", p)
	if err != nil {
		// The money may have moved. Whoever asks next records it.
		return c.refuse(outcomeUnknown(err))
	}
	s.onStep(StepSettled)
	return ans
}

// acceptsHandler refuses a way to pay that the session did not offer.
func acceptsHandler(setup PaymentSetup, pay acp.PaymentData) *acp.Error {
	switch {
	case pay.HandlerID != "" && pay.HandlerID != CardHandler,
		pay.HandlerID == "" && pay.Provider != "" && pay.Provider != setup.StandIn && pay.Provider != setup.Provider.Name():
		return notOffered(pay)
	case pay.InstrumentType != "" && pay.InstrumentType != "card":
		return acp.Refused(http.StatusBadRequest, acp.CodeUnsupported, pay.InstrumentParam(),
			"That instrument does not fit the payment handler. Pay by card.")
	}
	return nil
}

// markRunning marks the call's key as being carried out.
func (p *purchase) markRunning(tx Tx, until, now time.Time) error {
	if p.call.Key == "" {
		return nil
	}
	rec := idempotency.Record{Hash: p.call.scope().Hash(), MerchantID: p.call.MerchantID, Fingerprint: p.call.Fingerprint,
		State: idempotency.Running, LeaseUntil: until, ExpiresAt: now.Add(p.retention.Answers)}
	if err := tx.PutIdempotencyRecord(rec, p.prev); err != nil {
		return err
	}
	p.prev = &rec
	return nil
}

// join deals with a complete on a session that is paid or being paid. The same
// token for the same session is the same purchase: it gets that purchase's
// outcome. Any other is refused.
func (p *purchase) join(tx Tx, sess *Session, now time.Time) error {
	a, err := tx.Attempt(sess.MerchantID, sess.AttemptID)
	if isNotFound(err) { // an order that cost nothing has no attempt
		return p.refuseIn(tx, sess.editable())
	}
	if err != nil {
		return err
	}
	if !p.samePayment(a) {
		return p.refuseIn(tx, sess.editable())
	}
	if sess.Status == acp.Completed {
		if err := sess.followOrder(tx); err != nil {
			return err
		}
		return p.finish(tx, sess, nil)
	}
	if a.LeaseUntil.After(now) || !a.State.Live() {
		return p.refuseIn(tx, sess.editable())
	}
	setup, ok := p.merchant.accountOf(a)
	if !ok {
		return otherAccount(a)
	}
	p.provider = setup.Provider
	a.LeaseUntil = p.lease(now)
	if err := tx.SaveAttempt(a); err != nil {
		return err
	}
	p.attempt = a
	return p.markRunning(tx, a.LeaseUntil, now)
}

func (p *purchase) samePayment(a *payment.Attempt) bool {
	if a.Kind == payment.OnPage {
		return false
	}
	if a.TokenFP == nil {
		// A reusable token tells nothing; the key does.
		return p.prev != nil
	}
	return slices.ContainsFunc(p.prints, func(fp []byte) bool { return string(fp) == string(a.TokenFP) })
}

// answerIn saves the session and answers with it.
func (p *purchase) answerIn(tx Tx, sess *Session) error {
	if err := tx.SaveSession(sess); err != nil {
		return err
	}
	return p.finish(tx, sess, nil)
}

// refuseIn stores a refusal, or passes on an error that is not one.
func (p *purchase) refuseIn(tx Tx, err error) error {
	e := acp.AsError(err)
	if !e.Cacheable() {
		return err
	}
	return p.finish(tx, nil, e)
}

// finish decides the call's answer and stores it under its key.
func (p *purchase) finish(tx Tx, sess *Session, e *acp.Error) error {
	if sess != nil {
		if err := sess.offer(tx, p.merchant, p.now()); err != nil {
			return err
		}
	}
	ans := p.call.answer(sess, e)
	if ans.broken() {
		return ans.Err
	}
	p.answer = &ans
	if p.call.Key == "" {
		return nil
	}
	return tx.PutIdempotencyRecord(p.remember(p.call, ans, p.now()), p.prev)
}
