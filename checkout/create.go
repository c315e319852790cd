package checkout

import (
	"context"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
)

// Create opens a session. The answer is the whole session (201), or an error:
// 400 for an item the shop does not sell or another currency than the shop's,
// 404 for a cart that is not there. A cart's session that is open already is the
// answer, with what the cart holds now.
func (s *Service) Create(ctx context.Context, c *Call, req acp.CreateRequest) Answer {
	m, err := s.merchant(ctx, c.Caller)
	if err != nil {
		return c.refuse(asError(err))
	}
	if req.Currency != "" && req.Currency != m.Currency {
		// Decided before any state is read, so it needs no record under the key.
		return c.refuse(acp.Invalid("$.currency", "This shop sells in "+m.Currency+". Send that currency."))
	}
	wrong := 0
	ans := s.once(ctx, c, func(tx Tx) (*Session, error) {
		now := s.now()
		ids := requestedIDs(req.Items)
		var cart *Cart
		if req.CartID != "" {
			open, from, err := s.convert(tx, m, c, req, now)
			if err != nil || open != nil {
				return open, err
			}
			cart, ids = from, from.session().itemIDs()
		}
		items, err := tx.RecentItems(c.MerchantID, ids)
		if err != nil {
			return nil, err
		}
		sess := newSession(m, c, &req, now)
		if cart != nil {
			if sess.Locale = m.language(req.Locale, cart.Locale, c.Language); !sess.LocaleFixed {
				sess.LocaleFixed = cart.LocaleFixed
			}
			sess.Buyer = cart.Buyer
			sess.takeCart(cart)
		} else if err := sess.replaceLines(req.Items, items, now); err != nil {
			return nil, err
		}
		if err := sess.group(m, req.FulfillmentGroups, items); err != nil {
			return nil, err
		}
		if err := sess.wantExtras(m, req.GiftWrap, req.Tip); err != nil {
			return nil, err
		}
		if err := sess.honour(tx, m, req.Items, items, now); err != nil {
			return nil, err
		}
		if len(req.DiscountCodes) > 0 {
			if wrong, err = s.enterCodes(c, m, sess, acp.Some(req.DiscountCodes), now); err != nil {
				return nil, err
			}
		}
		if err := sess.quote(tx, m, items, believed(req.Items), now); err != nil {
			return nil, err
		}
		if cart != nil {
			cart.opened(sess, false)
			if err := tx.SaveCart(cart); err != nil {
				return nil, err
			}
		}
		sess.DeletableAt = sess.ExpiresAt.Add(s.retention.Unsold)
		return sess, tx.InsertSession(sess)
	})
	s.countWrong(c, ans, wrong)
	return ans
}

// newSession is a session with what the request to open it says, but for lines
// and all that depends on them.
func newSession(m *Merchant, c *Call, req *acp.CreateRequest, now time.Time) *Session {
	return &Session{
		Session: acp.Session{
			ID: id.New(id.Session, now), Currency: m.Currency, Buyer: req.Buyer,
			FulfillmentDetails: req.FulfillmentDetails, Locale: m.language(req.Locale, c.Language), Timezone: req.Timezone,
			Metadata: req.Metadata, CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(m.SessionTTL),
		},
		MerchantID: c.MerchantID, Agent: c.Agent, CredentialID: c.CredentialID, Live: c.Live, APIVersion: c.Version,
		LocaleFixed: names(req.Locale),
		OrderNotes:  req.OrderNotes, Interventions: req.Capabilities.Interventions, Extensions: req.Capabilities.Extensions, FirstTouch: req.Attribution,
	}
}
