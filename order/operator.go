package order

import (
	"context"
	"errors"

	"github.com/checkstand/checkstand/payment"
)

// Decide records what an operator has found out about an operation whose
// outcome nobody could learn, with everything that follows. opRef is the PSP's
// id of the move that was done, "" where the PSP has none. It returns
// ErrNotFound, ErrSettled or ErrBusy where there is nothing to decide.
func (s *Service) Decide(ctx context.Context, merchantID, opID string, done bool, opRef, operator string) (*payment.Operation, error) {
	if operator == "" {
		return nil, errors.New("an operator's verdict needs the operator's name")
	}
	op, _, err := s.seize(ctx, merchantID, opID)
	if err != nil {
		return nil, err
	}
	r := payment.Result{Class: payment.ClassNotFound, DeclineCode: "operator"}
	if done {
		r = payment.Result{Class: doneClass(op.Kind), PSPRef: opRef, Amount: op.Amount, Currency: op.Currency}
		if r.PSPRef == op.PSPRef {
			r.PSPRef = ""
		}
	}
	if err := s.settle(ctx, op, answer{Result: r}, "operator:"+operator); err != nil {
		return nil, err
	}
	return s.store.Orders(ctx).Operation(merchantID, opID)
}

// Ask asks the PSP about an operation now rather than when its job is due, has
// it carried out if it was not, and records what it says. The operation
// returned may still be open.
func (s *Service) Ask(ctx context.Context, merchantID, opID, operator string) (*payment.Operation, error) {
	op, fresh, err := s.seize(ctx, merchantID, opID)
	if err != nil {
		return nil, err
	}
	if err := s.carry(ctx, op, fresh, "operator:"+operator); err != nil {
		return nil, err
	}
	return s.store.Orders(ctx).Operation(merchantID, opID)
}

// seize takes an open operation's lease for an operator.
func (s *Service) seize(ctx context.Context, merchantID, opID string) (*payment.Operation, bool, error) {
	if !isOp(opID) {
		return nil, false, ErrNotFound
	}
	op, ours, fresh, err := s.own(ctx, merchantID, opID)
	switch {
	case err != nil:
		return nil, false, err
	case op == nil:
		return nil, false, ErrSettled
	case !ours:
		return nil, false, ErrBusy
	}
	return op, fresh, nil
}
