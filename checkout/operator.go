package checkout

import (
	"context"
	"errors"
	"fmt"

	"github.com/checkstand/checkstand/payment"
)

// Errors of an operator's work on a payment.
var (
	ErrSettled = errors.New("the payment's outcome is known already")
	ErrBusy    = errors.New("a server is working on the payment at this moment; try again in a minute")
)

// Verdict is what an operator has found out about a payment at the PSP.
type Verdict string

const (
	WasCharged Verdict = "charged"     // the PSP has taken the attempt's full amount, or holds it to be captured
	NotCharged Verdict = "not_charged" // and never will be
)

// Decide records an operator's verdict on a payment whose outcome nobody could
// learn, with everything that follows: the order and its webhook, or the stock
// given back and the session open for another try. pspRef is the PSP's id of
// a payment that was charged. It returns ErrNotFound, ErrSettled or ErrBusy
// where there is nothing to decide.
func (s *Service) Decide(ctx context.Context, merchantID, attemptID string, v Verdict, pspRef, operator string) (*payment.Attempt, error) {
	switch {
	case operator == "":
		return nil, errors.New("an operator's verdict needs the operator's name")
	case v != WasCharged && v != NotCharged:
		return nil, fmt.Errorf("%q is no verdict; use %s or %s", v, WasCharged, NotCharged)
	case v == WasCharged && pspRef == "":
		return nil, errors.New("a payment that was charged has an id at the payment provider; give it")
	}
	a, err := s.seize(ctx, merchantID, attemptID)
	if err != nil {
		return nil, err
	}
	r := payment.Result{Class: payment.ClassNotFound}
	if v == WasCharged {
		r = payment.Result{Class: payment.ClassCaptured, PSPRef: pspRef, Amount: a.Amount, Captured: a.Amount, Currency: a.Currency}
		if a.Capture == payment.CaptureLater {
			r.Class, r.Captured = payment.ClassAuthorized, 0
		}
	}
	if _, err := s.settle(ctx, a, r, "operator:"+operator, nil); err != nil {
		return nil, err
	}
	return s.store.Reader(ctx).Attempt(merchantID, attemptID)
}

// Ask asks the PSP about a payment now rather than when its job is due, and
// records what it says. The attempt returned may still be open.
func (s *Service) Ask(ctx context.Context, merchantID, attemptID, operator string) (*payment.Attempt, error) {
	a, err := s.seize(ctx, merchantID, attemptID)
	if err != nil {
		return nil, err
	}
	if _, err := s.askAndSettle(ctx, a, "operator:"+operator); err != nil {
		return nil, err
	}
	return s.store.Reader(ctx).Attempt(merchantID, attemptID)
}

// seize takes an open attempt's lease for an operator.
func (s *Service) seize(ctx context.Context, merchantID, attemptID string) (*payment.Attempt, error) {
	a, ours, err := s.own(ctx, reconcilePayload{MerchantID: merchantID, AttemptID: attemptID})
	switch {
	case err != nil:
		return nil, err
	case a == nil:
		return nil, ErrSettled
	case !ours:
		return nil, ErrBusy
	}
	return a, nil
}
