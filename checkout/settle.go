package checkout

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/payment"
)

// settle is the second transaction: it records what became of an attempt and
// everything that follows from it. Whoever learns an outcome calls it, the
// request that sent the payment, the reconciler, the PSP's webhook, an operator;
// the attempt's states only move forward, so the first one to come decides and
// the others find it decided. p is nil when no request waits for an answer.
func (s *Service) settle(ctx context.Context, sent *payment.Attempt, r payment.Result, who string, p *purchase) (Answer, error) {
	m, err := s.merchants.Merchant(ctx, sent.MerchantID)
	if err != nil {
		return Answer{}, err
	}
	var ans Answer
	var settled *payment.Attempt
	err = s.store.Update(ctx, func(tx Tx) error {
		settled = nil
		now := s.now()
		a, err := tx.Attempt(sent.MerchantID, sent.ID)
		if err != nil {
			return err
		}
		sess, err := tx.Session(a.MerchantID, a.SessionID)
		if err != nil {
			return err
		}
		wasLive, takenOver := a.State.Live(), a.Version != sent.Version
		if wasLive && a.PageRef == "" {
			a.PageRef, a.Page = sent.PageRef, sent.Page
		}
		if takenOver && (r.Class.State().Live() || !ofThePayment(r)) {
			// Another process owns the attempt now and may have sent it: that
			// this one learned nothing, found no trace of it or did not send it
			// says nothing any more.
		} else if ev, ok := a.Move(r, who, now); ok {
			err = s.record(tx, m, sess, a, r.Brand, ev, now)
		} else if wasLive {
			// Nothing new was learned. Give the attempt up for others to ask.
			a.LeaseUntil = now
			a.Tries++
			err = tx.SaveAttempt(a)
		}
		if err != nil {
			return err
		}
		if wasLive && !a.State.Live() {
			settled = a
		}
		if p != nil {
			ans, err = p.conclude(tx, sess, a, now)
		}
		return err
	})
	if err == nil && settled != nil {
		s.report(ctx, settled, who)
	}
	return ans, err
}

// report logs what became of a payment. What only the shop can mend is an
// error.
func (s *Service) report(ctx context.Context, a *payment.Attempt, who string) {
	level, text := slog.LevelInfo, "payment settled"
	if a.Class == payment.ClassConfig {
		level, text = slog.LevelError, "the payment provider refuses the shop's key or account; nobody can pay until that is mended"
	}
	s.log.Log(ctx, level, text, "attempt", a.ID, "session", a.SessionID, "state", string(a.State),
		"class", string(a.Class), "psp_ref", a.PSPRef, "by", who)
}

// verify turns an answer about other money than was asked for into an unknown
// one: an operator has to look.
func (s *Service) verify(a *payment.Attempt, r payment.Result) payment.Result {
	if !r.Class.State().Paid() || (r.Amount == a.Amount && r.Currency == a.Currency) {
		return r
	}
	s.log.Error("the payment provider reports another amount than was asked for; the payment needs an operator",
		"attempt", a.ID, "session", a.SessionID, "psp_ref", r.PSPRef,
		"asked", a.Amount, "asked_currency", a.Currency, "reported", r.Amount, "reported_currency", r.Currency)
	return payment.Result{Class: payment.ClassUnknown, PSPRef: r.PSPRef, RequestID: r.RequestID, DeclineCode: "amount_mismatch"}
}

// record writes an attempt's move and what follows from it. brand is the
// card's, where the PSP told it.
func (s *Service) record(tx Tx, m *Merchant, sess *Session, a *payment.Attempt, brand string, ev payment.Event, now time.Time) error {
	sess.UpdatedAt = now
	var err error
	switch {
	case a.State.Paid():
		err = s.sell(tx, m, sess, a, now)
	case a.State.Live():
		// Unknown or pending: the session stays in progress, others may ask.
		a.LeaseUntil = now
		a.Tries++
		return s.saveAttempt(tx, a, ev)
	default:
		err = s.giveBack(tx, m, sess, a, brand, now)
	}
	if err != nil {
		return err
	}
	if err := tx.Dequeue(a.MerchantID, reconcileJobID(a.ID)); err != nil {
		return err
	}
	if err := tx.SaveSession(sess); err != nil {
		return err
	}
	return s.saveAttempt(tx, a, ev)
}

func (s *Service) saveAttempt(tx Tx, a *payment.Attempt, ev payment.Event) error {
	if err := tx.SaveAttempt(a); err != nil {
		return err
	}
	return tx.AppendEvent(a.MerchantID, ev)
}

// giveBack opens the session for another try to pay, or for the proof that the
// buyer has been authenticated.
func (s *Service) giveBack(tx Tx, m *Merchant, sess *Session, a *payment.Attempt, brand string, now time.Time) error {
	if err := sess.letGo(tx); err != nil {
		return err
	}
	sess.DeletableAt = sess.ExpiresAt.Add(s.retention.Unsold)
	if sess.askForAuthentication(m, a, brand) {
		sess.say(authenticationMessage(m.texts(sess)))
		if sess.Authentication.Browser != nil {
			if err := tx.Enqueue(expiryJob(sess, a, now)); err != nil {
				return err
			}
		}
		return sess.become(acp.AuthenticationRequired)
	}
	sess.Authentication = nil
	if a.State == payment.Declined {
		msg := declineMessage(a.Class, paymentParam+".instrument.credential.token", m.texts(sess))
		if a.Kind == payment.OnFile && (a.Class == payment.ClassTokenInvalid || a.Class == payment.ClassTokenExpired) {
			msg = goneMessage(m.texts(sess))
		}
		sess.say(msg)
	}
	return sess.become(acp.ReadyForPayment)
}

// conclude makes the answer for the request that waits.
func (p *purchase) conclude(tx Tx, sess *Session, a *payment.Attempt, now time.Time) (Answer, error) {
	c := p.call
	if c.Key != "" && tx.Run() > 0 {
		// A repeat of this request may have taken over meanwhile, when this one
		// was slower than its lease. Whoever stores the answer first decides it.
		rec, err := tx.IdempotencyRecord(c.scope())
		if err != nil {
			return Answer{}, err
		}
		if rec != nil && rec.State == idempotency.Done {
			ans, _ := c.recall(rec, now)
			return ans, nil
		}
		p.prev = rec
	}
	var fault *acp.Error
	switch {
	case a.State == payment.Unknown || a.State == payment.Sending:
		fault = outcomeUnknown(nil)
	case a.Class == payment.ClassConfig:
		fault = &acp.Error{Type: acp.ProcessingError, Code: "payment_provider_error", Status: http.StatusInternalServerError,
			Message: "The shop's payment account refused the request. The buyer was not charged. The shop has to look into it before anybody can pay."}
	case a.State == payment.Failed:
		fault = acp.Unavailable("payment_provider_unavailable",
			"The payment could not be processed. The buyer was not charged. Repeat this request with the same Idempotency-Key.",
			2*time.Second, nil)
	}
	ans := Answer{}
	if fault == nil {
		if err := sess.offer(tx, p.merchant, now); err != nil {
			return Answer{}, err
		}
		if ans = c.answer(sess, nil); !ans.broken() {
			if c.Key == "" {
				return ans, nil
			}
			return ans, tx.PutIdempotencyRecord(p.remember(c, ans, now), p.prev)
		}
	} else {
		ans = c.refuse(fault)
	}
	if c.Key == "" {
		return ans, nil
	}
	// Not an answer to keep: the next request under this key goes on.
	return ans, tx.PutIdempotencyRecord(idempotency.Record{Hash: c.scope().Hash(), MerchantID: c.MerchantID,
		Fingerprint: c.Fingerprint, State: idempotency.Resumable, ExpiresAt: now.Add(p.retention.Answers)}, p.prev)
}

// outcomeUnknown is the answer while nobody knows whether the buyer was charged.
func outcomeUnknown(cause error) *acp.Error {
	return acp.Unavailable("payment_outcome_unknown",
		"The payment provider has not answered clearly yet. The buyer is charged at most once. Repeat this request with the same Idempotency-Key to learn the outcome.",
		2*time.Second, cause)
}

// giveAway completes a session whose total is zero: there is nothing to charge,
// so there is no attempt and no PSP.
func (p *purchase) giveAway(tx Tx, sess *Session, items map[string]*catalog.Item, now time.Time) error {
	if err := sess.hold(tx, p.merchant, items); err != nil {
		return err
	}
	if err := p.sell(tx, p.merchant, sess, nil, now); err != nil {
		return err
	}
	return p.answerIn(tx, sess)
}
