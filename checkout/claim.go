package checkout

import (
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/payment"
)

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
