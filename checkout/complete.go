package checkout

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
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

// claim is the first transaction. It leaves either an answer, or an attempt
// that this process owns until the attempt's lease ends.
func (p *purchase) claim(tx Tx, sessionID string) error {
	p.answer, p.attempt, p.body, p.prev = nil, nil, nil, nil
	c, now := p.call, p.now()
	if err := p.recall(tx, now); err != nil || p.answer != nil {
		return err
	}
	if e := c.refuseReplay(tx); e != nil {
		return e
	}
	sess, err := p.session(tx, c.Caller, sessionID)
	if err != nil {
		return p.refuseIn(tx, err)
	}
	switch sess.Status {
	case acp.Completed, acp.CompleteInProgress:
		return p.join(tx, sess, now)
	case acp.Canceled, acp.Expired, acp.PendingApproval:
		return p.refuseIn(tx, sess.editable())
	}
	if c.script {
		if err := sess.toPage(p.merchant); err != nil {
			return err
		}
	}
	if err := p.admit(tx, sess, now); err != nil {
		return p.refuseIn(tx, err)
	}
	var goOn bool
	if sess.Status == acp.AuthenticationRequired {
		goOn, err = p.authenticated(tx, sess, now)
	} else {
		goOn, err = p.unasked(tx, sess)
	}
	if err != nil {
		return p.refuseIn(tx, err)
	}
	if !goOn {
		return p.answerIn(tx, sess)
	}
	return p.payFor(tx, sess, now)
}

// recall looks for the answer that the request had before, under its key.
func (p *purchase) recall(tx Tx, now time.Time) error {
	if p.call.Key == "" {
		return nil
	}
	rec, err := tx.IdempotencyRecord(p.call.scope())
	if err != nil {
		return err
	}
	if a, ok := p.call.recall(rec, now); ok {
		p.answer = &a
		return nil
	}
	p.prev = rec
	return nil
}

// admit refuses what cannot be a payment of this session, and applies what
// comes with it.
func (p *purchase) admit(tx Tx, sess *Session, now time.Time) error {
	if e := p.takeProof(sess); e != nil {
		return e
	}
	if e := p.contact(sess); e != nil {
		return e
	}
	sess.APIVersion, sess.UpdatedAt = p.call.Version, now
	p.takeOver(sess, now)
	if e := p.known(sess); e != nil {
		return e
	}
	return p.entitled(tx, sess)
}

// payFor begins the payment of a session, or makes an order that needs none;
// what keeps it from being paid is said in the session.
func (p *purchase) payFor(tx Tx, sess *Session, now time.Time) error {
	payable, items, err := p.recheck(tx, sess, now)
	if err != nil {
		return p.refuseIn(tx, err)
	}
	if !payable || p.proof != nil && sess.Total() != sess.Authentication.Amount {
		return p.answerIn(tx, sess)
	}
	if sess.Total() == 0 {
		return p.giveAway(tx, sess, items, now)
	}
	if p.req.Payment.PurchaseOrder != nil {
		return p.onAccount(tx, sess, items, now)
	}
	if p.spent {
		sess.Authentication = nil
		sess.say(goneMessage(p.merchant.texts(sess)))
		return p.answerIn(tx, sess)
	}
	if used, err := p.tokenElsewhere(tx); err != nil || used {
		if used {
			sess.say(declineMessage(payment.ClassTokenUsed, p.req.Payment.TokenParam, p.merchant.texts(sess)))
			return p.answerIn(tx, sess)
		}
		return err
	}
	return p.reserve(tx, sess, items, now)
}

// takeOver applies what a complete request may still change.
func (p *purchase) takeOver(sess *Session, now time.Time) {
	if p.req.Buyer != nil {
		sess.Buyer = p.req.Buyer
	}
	if p.req.OrderNotes != "" {
		sess.OrderNotes = p.req.OrderNotes
	}
	if sess.LastTouch == nil { // the first claim stands (AFF-06)
		sess.LastTouch = p.req.Attribution
	}
	sess.consent(p.merchant, p.req.Consents, p.call.Agent, now)
	sess.forgetPaymentMessages()
}

// recheck looks whether the session can be paid as it was last shown. Stock is
// always the stock of now, and a discount that is used up is gone; the price is
// binding otherwise while the quote lasts, and quoted anew after it. A new price
// is shown, not charged.
func (p *purchase) recheck(tx Reader, sess *Session, now time.Time) (payable bool, items map[string]*catalog.Item, err error) {
	if items, err = tx.Items(sess.MerchantID, sess.itemIDs()); err != nil {
		return false, nil, err
	}
	if sess.Status != acp.ReadyForPayment {
		return false, items, nil
	}
	shown := sess.Total()
	frozen, changed := sess.frozen(now), "quote.expired"
	if frozen {
		lapsed, err := sess.lapsed(tx, p.merchant)
		if err != nil {
			return false, nil, err
		}
		if sess.Standing != sess.standing(p.merchant, now) {
			frozen, changed = false, "quote.other_buyer"
		}
		if lapsed {
			frozen, changed = false, "quote.discount_gone"
		}
	}
	if !frozen {
		delivery := sess.SelectedFulfillmentOptions
		if err := sess.quote(tx, p.merchant, items, nil, now); err != nil {
			return false, nil, err
		}
		if sess.Status == acp.ReadyForPayment && !sess.deliveredAs(delivery) {
			sess.say(acp.Message{Type: acp.Info, ContentType: "plain", Param: "$.selected_fulfillment_options",
				Content: p.merchant.texts(sess).Say("delivery.changed")})
			return false, items, nil
		}
		if sess.Status == acp.ReadyForPayment && sess.Total() != shown && !hasCode(sess.Messages, acp.CodePriceChange) {
			sess.say(acp.Message{Type: acp.Info, ContentType: "plain", Param: "$.totals",
				Content: p.merchant.texts(sess).Say(changed)})
		}
		return sess.Status == acp.ReadyForPayment && sess.Total() == shown, items, nil
	}
	for i := range sess.LineItems {
		it := items[sess.LineItems[i].Item.ID]
		if it == nil {
			it = sess.gone(&sess.LineItems[i])
		}
		if msg, blocking := checkStock(&sess.LineItems[i], i, it, 0, p.merchant.texts(sess)); blocking {
			sess.say(*msg)
		}
	}
	if blocked(sess.Messages) {
		sess.QuoteID, sess.QuoteExpiresAt = "", time.Time{}
		return false, items, sess.become(acp.NotReadyForPayment)
	}
	return true, items, nil
}

// tokenElsewhere reports whether the token pays for another session already.
func (p *purchase) tokenElsewhere(tx Reader) (bool, error) {
	if p.prints == nil {
		return false, nil
	}
	_, used, err := tx.TokenUsed(p.provider.Name(), p.prints)
	return used, err
}

// reserve holds the stock and commits the payment request, sealed, before a
// byte of it is sent.
func (p *purchase) reserve(tx Tx, sess *Session, items map[string]*catalog.Item, now time.Time) error {
	a := newAttempt(sess, p.setup(sess.Live), now)
	a.LeaseUntil = p.lease(now)
	if p.saved != "" {
		a.Kind = payment.OnFile
	}
	if p.prints != nil {
		a.TokenFP = p.prints[0]
	}
	charge := p.merchant.charge(sess, a)
	charge.Credential, charge.Billing = p.cred, p.req.Payment.Billing
	p.prepareAuthentication(sess, a, &charge)
	body, err := p.provider.Build(charge)
	if err != nil {
		return err
	}
	a.Sealed = p.box.Seal(body, a.ID)
	if err := sess.beginPayment(tx, p.merchant, a, items, now, "complete", p.saved); err != nil {
		return err
	}
	p.attempt, p.body = a, body
	return p.markRunning(tx, a.LeaseUntil, now)
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
