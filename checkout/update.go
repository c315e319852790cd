package checkout

import (
	"context"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// Update changes a session and answers with all of it (200). What the request
// does not name stays. Refusals: 404, 409 for a session that is over or being
// paid, 400 for an item or a delivery option that is not there.
func (s *Service) Update(ctx context.Context, c *Call, sessionID string, req acp.UpdateRequest) Answer {
	m, err := s.merchant(ctx, c.Caller)
	if err != nil {
		return c.refuse(asError(err))
	}
	wrong := 0
	ans := s.once(ctx, c, func(tx Tx) (*Session, error) {
		now := s.now()
		sess, err := s.session(tx, c.Caller, sessionID)
		if err != nil {
			return nil, err
		}
		if err := sess.editable(); err != nil {
			return nil, err
		}
		wasFrozen := sess.frozen(now)
		if !wasFrozen || reprices(m, req) {
			sess.speak(c.Language)
		}
		sess.patchPeople(req)
		if err := sess.wantExtras(m, req.GiftWrap, req.Tip); err != nil {
			return nil, err
		}
		sess.consentEarly(m, req.Consents, c.Agent, now)
		if req.OrderNotes.Set {
			sess.OrderNotes = req.OrderNotes.Value
		}
		if wrong, err = s.enterCodes(c, m, sess, req.DiscountCodes, now); err != nil {
			return nil, err
		}
		if wasFrozen && !reprices(m, req) {
			sess.forgetPaymentMessages()
			if err := s.translate(tx, m, sess, c.Language, now); err != nil {
				return nil, err
			}
		} else if err := s.reprice(tx, m, sess, req, now); err != nil {
			return nil, err
		}
		sess.APIVersion, sess.UpdatedAt = c.Version, now
		return sess, tx.SaveSession(sess)
	})
	s.countWrong(c, ans, wrong)
	return ans
}

// reprices reports whether a request changes anything that the price depends
// on. What does not leaves a binding quote as it is.
func reprices(m *Merchant, req acp.UpdateRequest) bool {
	if req.DiscountCodes.Set || m.hasDiscounts() && req.Buyer.Set && m.Discounts.personal {
		return true
	}
	if req.Buyer.Set && m.heedsBuyer() || req.GiftWrap.Set && m.GiftWrap != nil || req.Tip.Set && m.MaxTip > 0 {
		return true
	}
	return req.Items.Set || req.Selected.Set || req.FulfillmentGroups.Set ||
		(req.FulfillmentDetails.Set && (req.FulfillmentDetails.Null || req.FulfillmentDetails.Value.Address.Set))
}

// reprice applies the items and the delivery of a request and quotes anew. The
// agent's choice of delivery is checked against the options of the new cart.
func (s *Service) reprice(tx Reader, m *Merchant, sess *Session, req acp.UpdateRequest, now time.Time) error {
	ids := sess.itemIDs()
	if req.Items.Set {
		ids = requestedIDs(req.Items.Value)
	}
	items, err := tx.RecentItems(sess.MerchantID, ids)
	if err != nil {
		return err
	}
	if req.Items.Set {
		if err := sess.replaceLines(req.Items.Value, items, now); err != nil {
			return err
		}
		if err := sess.honour(tx, m, req.Items.Value, items, now); err != nil {
			return err
		}
	}
	if req.FulfillmentGroups.Set {
		if err := sess.group(m, req.FulfillmentGroups.Value, items); err != nil {
			return err
		}
	}
	if req.Selected.Set {
		if req.Items.Set || req.FulfillmentDetails.Set || req.FulfillmentGroups.Set {
			// This quote is for the options alone; nobody sees its prices.
			shown := sess.Prices
			if err := sess.quote(tx, m, items, nil, now); err != nil {
				return err
			}
			sess.Prices = shown
		}
		if err := sess.selectOptions(req.Selected.Value); err != nil {
			return err
		}
	}
	return sess.quote(tx, m, items, believed(req.Items.Value), now)
}

// patchPeople applies buyer and fulfillment details. Details are merged member
// by member; null clears.
func (s *Session) patchPeople(req acp.UpdateRequest) {
	if req.Buyer.Set {
		s.Buyer = nil
		if !req.Buyer.Null {
			s.Buyer = &req.Buyer.Value
		}
	}
	if !req.FulfillmentDetails.Set {
		return
	}
	if req.FulfillmentDetails.Null {
		s.FulfillmentDetails = nil
		return
	}
	patch := req.FulfillmentDetails.Value
	var d acp.FulfillmentDetails
	if s.FulfillmentDetails != nil {
		d = *s.FulfillmentDetails
	}
	for _, f := range []struct {
		to   *string
		from acp.Opt[string]
	}{{&d.Name, patch.Name}, {&d.PhoneNumber, patch.PhoneNumber}, {&d.Email, patch.Email}} {
		if f.from.Set {
			*f.to = f.from.Value // null has the zero value
		}
	}
	if patch.Address.Set {
		d.Address = nil
		if !patch.Address.Null {
			d.Address = &patch.Address.Value
		}
	}
	s.FulfillmentDetails = &d
	if d == (acp.FulfillmentDetails{}) {
		s.FulfillmentDetails = nil
	}
}

// forgetPaymentMessages drops what was said about an earlier try to pay.
func (s *Session) forgetPaymentMessages() {
	kept := s.Messages[:0]
	for _, m := range s.Messages {
		if !aboutPayment(m) {
			kept = append(kept, m)
		}
	}
	s.Messages = kept
}

func aboutPayment(m acp.Message) bool {
	return strings.HasPrefix(m.Param, paymentParam) || m.Param == metadataParam
}
