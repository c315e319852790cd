package checkout

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// openedFrom is the checkout that is open of a cart, or nil. What is over does
// not count; the cart can be checked out again then.
func (s *Service) openedFrom(r Reader, c *Cart, now time.Time) (*Session, error) {
	if c.SessionID == "" {
		return nil, nil
	}
	sess, err := r.Session(c.MerchantID, c.SessionID)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if sess.expire(now); Final(sess.Status) {
		return nil, nil
	}
	return sess, nil
}

// convert is what an agent's create makes of a cart: the checkout that is open
// of it, or none and the cart to open one from.
func (s *Service) convert(tx Tx, m *Merchant, c *Call, req acp.CreateRequest, now time.Time) (open *Session, cart *Cart, err error) {
	if m.CartTTL <= 0 {
		return nil, nil, acp.Refused(http.StatusNotFound, acp.CodeNotFound, "$.cart_id", "This shop has no carts. Send the items instead.")
	}
	if cart, err = s.cartOf(tx, c.Caller, req.CartID, now); err != nil {
		if e := acp.AsError(err); e.Status == http.StatusNotFound {
			e.Param = "$.cart_id"
		}
		return nil, nil, err
	}
	if open, err = s.openedFrom(tx, cart, now); err != nil || open == nil {
		return nil, cart, err
	}
	if open.editable() != nil {
		return open, cart, nil // it is being paid as it is
	}
	news := cart.Carried != cart.Changes
	if cart.ByLink && open.Links == 0 {
		// Whoever has the cart's link may have been led here and not have looked
		// yet. Now it is the agent's, who knows the buyer or will: what leads to it
		// is worthless.
		cart.ByLink, news = false, true
		open.Links++
		if open.Buyer == nil {
			open.Buyer = cart.Buyer
		}
		if cart.Carried == cart.Changes { // else it is saved with what it holds
			if err := tx.SaveCart(cart); err != nil {
				return nil, nil, err
			}
		}
	}
	if open.Interventions == nil && open.Extensions == nil && (req.Capabilities.Interventions != nil || req.Capabilities.Extensions != nil) {
		open.Interventions, open.Extensions, news = req.Capabilities.Interventions, req.Capabilities.Extensions, true
	}
	if !news {
		return open, cart, nil
	}
	open.APIVersion = c.Version
	return open, cart, s.carry(tx, m, cart, open, now)
}

// carry puts what a cart holds now into the checkout that is open of it.
func (s *Service) carry(tx Tx, m *Merchant, c *Cart, sess *Session, now time.Time) error {
	if c.Carried != c.Changes {
		sess.takeCart(c)
		c.Carried = c.Changes
		if err := tx.SaveCart(c); err != nil {
			return err
		}
	}
	items, err := tx.RecentItems(sess.MerchantID, sess.itemIDs())
	if err != nil {
		return err
	}
	if err := sess.quote(tx, m, items, nil, now); err != nil {
		return err
	}
	sess.UpdatedAt = now
	return tx.SaveSession(sess)
}

// takeCart makes the lines of a cart those of the session; lines keep their
// ids. An item that the shop does not sell any more comes along, and is shown as
// sold out.
func (s *Session) takeCart(c *Cart) {
	s.LineItems, s.Prices = slices.Clone(c.LineItems), maps.Clone(c.Prices)
}

// opened notes the checkout that was opened of a cart.
func (c *Cart) opened(sess *Session, byLink bool) {
	c.SessionID, c.ByLink, c.Carried = sess.ID, byLink, c.Changes
}
