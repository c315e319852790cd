package checkout

import (
	"context"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
)

// PageReturned is to be called when the buyer's browser comes back from the
// PSP's page. result is the query that it brings. What the browser says proves
// nothing, but some PSPs tell only whoever has what they gave it: it is handed
// to the PSP's adapter once, here, and not kept. Without a result, or with one
// longer than MaxPageResult, the PSP is asked soon.
func (s *Service) PageReturned(ctx context.Context, v Visit, result string) error {
	sess, m, err := s.returning(ctx, v)
	if err != nil || sess.Status != acp.CompleteInProgress {
		return err
	}
	a, err := s.store.Reader(ctx).Attempt(sess.MerchantID, sess.AttemptID)
	if err != nil || a.Kind != payment.OnPage {
		return err
	}
	setup := m.Payment(a.Live)
	pr := setup.Hosted()
	if result == "" || len(result) > MaxPageResult || pr == nil || !setup.took(a) {
		return s.askSoon(ctx, a)
	}
	owned, ours, err := s.own(ctx, reconcilePayload{MerchantID: a.MerchantID, AttemptID: a.ID})
	if err != nil || owned == nil { // settled this moment
		return err
	}
	if !ours {
		return s.askSoon(ctx, a)
	}
	ctx = context.WithoutCancel(ctx)
	asking, cancel := context.WithTimeout(ctx, returnPatience)
	defer cancel()
	r := s.askPage(asking, pr, owned, result)
	if _, err := s.settle(ctx, owned, r, "page", nil); err != nil || r.Class != payment.ClassUnknown {
		return err
	}
	return s.askSoon(ctx, a)
}

// ClosePage makes the open payment page unusable, so that the buyer can change
// the order or pay in another way. A payment that was made before wins. The
// session is returned as it stands then: still complete_in_progress when the
// PSP would not tell. Errors: ErrNotVisitor, ErrBusy, *acp.Error where no page
// is open.
func (s *Service) ClosePage(ctx context.Context, v Visit) (*Session, error) {
	sess, m, err := s.Visited(ctx, v)
	if err != nil {
		return nil, err
	}
	if sess.Status != acp.CompleteInProgress {
		return sess, nil
	}
	a, ours, err := s.own(ctx, reconcilePayload{MerchantID: sess.MerchantID, AttemptID: sess.AttemptID})
	switch {
	case err != nil:
		return nil, err
	case a == nil: // settled this moment
		sess, _, err = s.Visited(ctx, v)
		return sess, err
	case !ours:
		return nil, ErrBusy
	case a.Kind != payment.OnPage:
		return nil, sess.editable()
	}
	pr := m.Payment(a.Live).Hosted()
	if pr == nil || !m.Payment(a.Live).took(a) {
		return nil, otherAccount(a)
	}
	ctx = context.WithoutCancel(ctx)
	closing, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r := payment.Result{Class: payment.ClassUnknown}
	if a.PageRef == "" {
		// The answer with the page was lost: ask for it again, to close it.
		_, r = s.openAgain(closing, pr, a)
	}
	if a.PageRef != "" {
		if r, err = pr.CloseHosted(closing, *a, a.PageRef); err != nil {
			s.log.WarnContext(ctx, "payment provider not reachable", "attempt", a.ID, "error", err)
			r = payment.Result{Class: payment.ClassUnknown}
		}
	}
	if _, err := s.settle(ctx, a, s.verify(a, r), "page", nil); err != nil {
		return nil, err
	}
	sess, _, err = s.Visited(ctx, v)
	return sess, err
}

// askPage learns what became of a payment on a page. result is what the buyer's
// browser has just brought back, if anything. Nothing is sent again but the
// request for the page itself.
func (s *Service) askPage(ctx context.Context, pr payment.Hosted, a *payment.Attempt, result string) payment.Result {
	asking, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := pr.ReconcileHosted(asking, *a, a.PageRef, result)
	if err != nil {
		s.log.WarnContext(ctx, "payment provider not reachable", "attempt", a.ID, "error", err)
		return payment.Result{Class: payment.ClassUnknown}
	}
	if r.Class == payment.ClassUnknown && a.PageRef == "" {
		_, r = s.openAgain(ctx, pr, a)
		if r.DeclineCode == notSent {
			r = payment.Result{Class: payment.ClassUnknown}
		}
		if r.Class == payment.ClassUnknown && s.now().Sub(a.CreatedAt) > pageLifetime {
			// There may be a page that nobody was given the address of, and its
			// time is over.
			r = payment.Result{Class: payment.ClassNotFound}
		}
	}
	return s.verify(a, r)
}
