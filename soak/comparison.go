package soak

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/reconciliation"
	"github.com/checkstand/checkstand/store"
)

// ours is the shops' side of a comparison.
type ours struct{ *store.Store }

// Attempt implements reconciliation.Books.
func (b ours) Attempt(ctx context.Context, merchantID, id string) (*payment.Attempt, error) {
	a, err := b.Reader(ctx).Attempt(merchantID, id)
	if errors.Is(err, checkout.ErrNotFound) {
		return nil, nil
	}
	return a, err
}

// Operations implements reconciliation.Books.
func (b ours) Operations(ctx context.Context, merchantID, attemptID string) ([]payment.Operation, error) {
	return b.Orders(ctx).Operations(merchantID, attemptID)
}

// Shipped implements reconciliation.Books.
func (b ours) Shipped(ctx context.Context, merchantID, orderID string) (bool, error) {
	o, err := b.Orders(ctx).Order(merchantID, orderID)
	if errors.Is(err, checkout.ErrNotFound) {
		return false, nil
	}
	return err == nil && o.Shipped(), err
}

// compareDays is how far back the comparison of each morning reaches: a little
// more than to the last.
const compareDays = day + 2*time.Hour

// comparison compares the books of all shops with their providers' lists, as a
// server does each day. What it reports must have been caused.
func (d *desk) comparison(from time.Time) {
	now := d.clock.Now()
	parallel(d.shops, readers, func(sh *shop) { d.compareShop(sh, from, now) })
}

func (d *desk) compareShop(sh *shop, from, now time.Time) {
	d.checkLimits(sh)
	d.checkPurses(sh, false)
	sh.wire.beHonest(true)
	r, err := reconciliation.Compare(d.ctx, reconciliation.Account{MerchantID: sh.merchant.ID, Provider: sh.merchant.Test.Provider,
		ID: sh.merchant.Test.MerchantID}, ours{d.store}, from, now, d.clock.Now)
	sh.wire.beHonest(false)
	if err != nil {
		if d.shut {
			d.fail("comparison of %s: %v", sh.merchant.ID, err)
		}
		d.count("comparisons", "not possible: a list could not be read")
		return
	}
	if !r.Compared {
		d.count("comparisons", "with the stand-in's own books, as "+sh.provider+" has no list")
		d.compareAlone(sh)
	} else {
		d.count("comparisons", "with the list of "+sh.provider)
	}
	for _, t := range r.Totals {
		if t.Unexplained != 0 {
			d.fail("comparison of %s: %d %s are unexplained", sh.merchant.ID, t.Unexplained, t.Currency)
		}
	}
	reported := map[string]bool{}
	for _, diff := range r.Differences {
		d.judge(sh, diff)
		reported[diff.SessionID] = true
	}
	sh.reported, sh.compared = reported, r.Compared
}

// judge takes in what a comparison reports.
func (d *desk) judge(sh *shop, diff reconciliation.Difference) {
	found, ok := d.bySession.Load(diff.SessionID)
	if !ok && diff.OpID != "" {
		d.count("comparisons", "reported: "+string(diff.Kind)) // an operation names no session
		return
	}
	if !ok {
		d.fail("comparison of %s: %s: payment %s of no session: %s", sh.merchant.ID, diff.Kind, diff.PSPRef, diff.What)
		return
	}
	v := found.(*visit)
	why, err := d.cause(v, diff)
	switch {
	case err != nil:
		v.wrong("cannot be read: %v", err)
	case why == "":
		v.count("differences unexplained", string(diff.Kind))
		v.wrong("comparison: %s: ours %d, theirs %d: %s", diff.Kind, diff.Ours, diff.Theirs, diff.What)
	default:
		d.count("comparisons", "reported: "+string(diff.Kind)+": "+why)
	}
}

// cause is what has caused a difference, as far as the simulation knows; "" for
// nothing.
func (d *desk) cause(v *visit, diff reconciliation.Difference) (string, error) {
	a, err := d.store.Reader(d.ctx).Attempt(v.shop.merchant.ID, diff.AttemptID)
	if err != nil {
		return "", err
	}
	if a.State.Live() {
		return "the payment is open", nil
	}
	ops, err := d.store.Orders(d.ctx).Operations(v.shop.merchant.ID, a.ID)
	if err != nil {
		return "", err
	}
	for _, op := range ops {
		if op.State.Open() {
			return "a move of the money is open", nil
		}
	}
	k := v.known()
	switch diff.Kind {
	case reconciliation.RefundedDiffers:
		if k.outside > 0 && diff.Theirs-diff.Ours == k.outside {
			return "given back in the dashboard", nil
		}
	case reconciliation.HoldEnded, reconciliation.NotAtProvider, reconciliation.CapturedDiffers:
		if k.ended {
			return "the hold has run out", nil
		}
	}
	return "", nil
}

// compareAlone holds the money of a shop whose provider has no list against the
// stand-in's own books. What is open may be in one and not yet in the other.
func (d *desk) compareAlone(sh *shop) {
	attempts, err := d.attempts(sh)
	if err != nil {
		d.fail("attempts of %s: %v", sh.merchant.ID, err)
		return
	}
	statement, err := d.statement(d.ctx, sh, slices.Collect(maps.Keys(attempts)))
	if err != nil {
		d.fail("statement of %s: %v", sh.merchant.ID, err)
		return
	}
	moving, err := d.moving()
	if err != nil {
		d.fail("open operations: %v", err)
		return
	}
	for session, list := range attempts {
		found, ok := d.bySession.Load(session)
		if !ok {
			d.fail("%s has attempts of session %s, which nobody has opened", sh.merchant.ID, session)
			continue
		}
		v, r := found.(*visit), record{attempts: list}
		_, _, _, open := r.money()
		if open > 0 || slices.ContainsFunc(list, func(a payment.Attempt) bool { return moving[a.ID] }) {
			continue
		}
		for _, diff := range compareMoney(statement[session], r, v.known()) {
			if !diff.explained {
				v.differ(diff)
			}
		}
	}
}

// moving has the payments whose money is on its way.
func (s *sim) moving() (map[string]bool, error) {
	out := map[string]bool{}
	for after := ""; ; {
		page, err := s.store.OpenOperations(s.ctx, after, attemptPage)
		if err != nil {
			return nil, err
		}
		for _, op := range page {
			out[op.AttemptID], after = true, op.ID
		}
		if len(page) < attemptPage {
			return out, nil
		}
	}
}
