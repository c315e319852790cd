package checkout

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"slices"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
)

// maxDisplaced is how many browsers of a session are remembered that another
// one has taken the checkout page over from.
const maxDisplaced = 8

// Displaced is a browser that the checkout page was taken over from while a
// payment was under way, or after it. It may have been the one to pay.
type Displaced struct {
	Visitor   []byte `json:"visitor"`              // digest of its secret
	AttemptID string `json:"attempt_id,omitempty"` // "" of an order that cost nothing
}

// Outcome is what became of a payment, for a browser that may see nothing else
// of the session any more.
type Outcome struct {
	Live  bool
	Order *acp.OrderRef // that it paid for; nil is none
	Open  bool          // nobody knows yet
}

// displace keeps in mind the browser that sees the session now, where it may
// wait for the outcome of a payment.
func (s *Session) displace() {
	if len(s.Visitor) == 0 || s.Status != acp.CompleteInProgress && s.Status != acp.Completed {
		return
	}
	s.Displaced = append(s.Displaced, Displaced{Visitor: s.Visitor, AttemptID: s.AttemptID})
	s.Displaced = s.Displaced[max(0, len(s.Displaced)-maxDisplaced):]
}

// displaced finds the browser of a visit among those that were displaced; nil is
// none of them.
func (s *Session) displaced(visitor string) *Displaced {
	digest := sha256.Sum256([]byte(visitor))
	i := slices.IndexFunc(s.Displaced, func(d Displaced) bool { return subtle.ConstantTimeCompare(d.Visitor, digest[:]) == 1 })
	if i < 0 {
		return nil
	}
	return &s.Displaced[i]
}

// OutcomeFor tells a browser that the checkout page was taken over from what
// became of the payment that was under way then. Errors: ErrNotFound, and
// ErrNotVisitor for every other browser.
func (s *Service) OutcomeFor(ctx context.Context, v Visit) (Outcome, error) {
	sess, _, d, err := s.displacedFrom(ctx, v)
	if err != nil {
		return Outcome{}, err
	}
	o := Outcome{Live: sess.Live}
	if d.AttemptID != "" {
		a, err := s.store.Reader(ctx).Attempt(sess.MerchantID, d.AttemptID)
		if err != nil {
			return Outcome{}, err
		}
		o.Open = a.State.Live()
		if o.Open || a.State == payment.Declined || a.State == payment.Failed {
			return o, nil
		}
	}
	if sess.AttemptID == d.AttemptID {
		o.Order = sess.Order
	}
	return o, nil
}

// displacedFrom returns the session of a browser that it was taken over from.
func (s *Service) displacedFrom(ctx context.Context, v Visit) (*Session, *Merchant, *Displaced, error) {
	sess, m, err := s.sessionAt(ctx, s.store.Reader(ctx), v)
	if err != nil {
		return nil, nil, nil, err
	}
	if d := sess.displaced(v.Visitor); d != nil {
		return sess, m, d, nil
	}
	return nil, nil, nil, ErrNotVisitor
}

// returning is the session of a browser that comes back from the payment page,
// also of one that was displaced meanwhile: some PSPs tell only whoever has what
// they gave it.
func (s *Service) returning(ctx context.Context, v Visit) (*Session, *Merchant, error) {
	sess, m, err := s.Visited(ctx, v)
	if !errors.Is(err, ErrNotVisitor) {
		return sess, m, err
	}
	sess, m, d, err := s.displacedFrom(ctx, v)
	if err == nil && d.AttemptID != sess.AttemptID {
		err = ErrNotVisitor
	}
	return sess, m, err
}
