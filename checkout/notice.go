package checkout

import (
	"context"
	"log/slog"
	"time"

	"github.com/checkstand/checkstand/payment"
)

// byWebhook is who settled a payment, in its history, when the PSP told.
const byWebhook = "webhook"

// Notice takes in what the PSP of a merchant and mode reports of its own
// accord. A final outcome of an open payment is recorded as an answer would
// be; any other news makes the PSP be asked at once. Late, repeated and
// reordered notices change nothing, as an attempt only moves forward, and
// neither do those that are about nothing of ours. An error is a failure to
// record, after which the PSP has to be made to repeat the notice.
func (s *Service) Notice(ctx context.Context, merchantID string, live bool, n payment.Notice) error {
	log := s.log.With("kind", n.Kind, "psp_ref", n.PSPRef, "merchant", merchantID, "live", live)
	if n.OpRef != "" {
		log.InfoContext(ctx, "notice ignored: it is about a later move of a payment's money")
		return nil
	}
	if !wellFormed(n.Reference) {
		log.InfoContext(ctx, "notice ignored: it names no payment of this server")
		return nil
	}
	m, err := s.merchants.Merchant(ctx, merchantID)
	if err != nil {
		return err
	}
	a, err := s.store.Reader(ctx).Attempt(merchantID, n.Reference)
	if isNotFound(err) {
		log.InfoContext(ctx, "notice ignored: it names no payment of this server")
		return nil
	}
	if err != nil {
		return err
	}
	log = log.With("attempt", a.ID)
	switch {
	case n.Live != live || a.Live != live:
		log.WarnContext(ctx, "notice ignored: the payment is of the other mode")
		return nil
	case !m.Payment(live).took(a):
		log.WarnContext(ctx, "notice ignored: the payment was sent to another account", "provider", a.Provider)
		return nil
	case !a.State.Live():
		s.compare(ctx, log, a, n)
		return nil
	}
	if r, ok := s.told(a, n); ok {
		_, err := s.settle(ctx, a, r, byWebhook, nil)
		return err
	}
	log.InfoContext(ctx, "the payment provider has news of an open payment; it will be asked")
	return s.askSoon(ctx, a)
}

// told is the outcome of an open attempt that a notice makes certain. A refusal
// of another payment than the one that the PSP has named before does not: the
// first may have been taken.
func (s *Service) told(a *payment.Attempt, n payment.Notice) (payment.Result, bool) {
	if !n.Final {
		return payment.Result{}, false
	}
	r := n.Result
	if r.PSPRef == "" {
		r.PSPRef = n.PSPRef
	}
	r = s.verify(a, r)
	switch {
	case !ofThePayment(r) || r.Class.State().Live():
		return payment.Result{}, false
	case !r.Class.State().Paid() && a.PSPRef != "" && r.PSPRef != a.PSPRef:
		return payment.Result{}, false
	}
	return r, true
}

// compare looks at news of a payment that is over. Mostly it is what is known;
// money for a payment that was given up is the shop's to give back.
func (s *Service) compare(ctx context.Context, log *slog.Logger, a *payment.Attempt, n payment.Notice) {
	if n.Final && n.Result.Class.State().Paid() && (a.State == payment.Declined || a.State == payment.Failed) {
		log.ErrorContext(ctx, "the payment provider has taken money for a payment that had ended without; it needs an operator", "state", string(a.State))
		return
	}
	log.DebugContext(ctx, "notice ignored: the outcome of the payment is known", "state", string(a.State))
}

// askSoon makes the job that asks about an attempt due now, or when the process
// that is asking already gives the attempt up.
func (s *Service) askSoon(ctx context.Context, a *payment.Attempt) error {
	due := later(s.now(), a.LeaseUntil)
	return s.store.Update(ctx, func(tx Tx) error {
		return tx.HastenJob(a.MerchantID, reconcileJobID(a.ID), due)
	})
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
