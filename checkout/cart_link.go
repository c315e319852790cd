package checkout

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/secret"
)

// Errors of a cart's page.
var (
	// ErrCheckoutOpen is returned where a checkout of the cart is open that this
	// browser may not just join: another browser has it, or the agent.
	ErrCheckoutOpen = errors.New("a checkout of this cart is open elsewhere")
	// ErrCheckoutPaid is returned while a checkout of the cart is being paid, or
	// waits for the shop's approval of a purchase order.
	ErrCheckoutPaid = errors.New("a checkout of this cart is being paid")
)

// CartLinks makes the addresses of the pages of carts: BASE/cart/SHOP/CART/PROOF.
// Whoever has the address sees what is in the cart and what it costs, and may
// check it out; it holds nothing about the buyer and opens nothing of them. It
// stays the same as long as the cart lives, and no row is stored for it.
func CartLinks(box *secret.Box, baseURL string) func(*Cart) string {
	return func(c *Cart) string {
		return baseURL + CartPath(c.MerchantID, c.ID) + "/" + base64.RawURLEncoding.EncodeToString(box.Link(c.linked()))
	}
}

// CartPath is what the paths of a cart's page begin with.
func CartPath(merchantID, cartID string) string {
	return "/cart/" + url.PathEscape(merchantID) + "/" + cartID
}

// linked is what a link's proof is made of.
func (c *Cart) linked() string { return strings.Join([]string{"cart", c.MerchantID, c.ID}, "\x00") }

// CartVisit is a browser at the page of a cart.
type CartVisit struct{ MerchantID, CartID, Proof string }

// CartCheckout is what has become of a cart's checkout, for its page.
type CartCheckout string

// States of a cart's checkout.
const (
	NotCheckedOut CartCheckout = ""          // none is open, or one that is nobody's yet
	OpenElsewhere CartCheckout = "elsewhere" // the agent has one open, or a browser has
	BeingPaid     CartCheckout = "paying"    // a payment for it is under way, or a purchase order waits
)

// HasCheckoutPage reports whether buyers can pay sessions of a mode on a page.
func (m *Merchant) HasCheckoutPage(live bool) bool {
	return m.CheckoutLink != nil && m.Payment(live).Hosted() != nil
}

// VisitedCart returns the cart of a link with what it costs now, its checkout,
// and the shop's settings. Errors: ErrNotFound, for a link that is none and for
// a cart that is over.
func (s *Service) VisitedCart(ctx context.Context, v CartVisit) (*Cart, *Session, *Merchant, error) {
	r, now := s.store.Reader(ctx), s.now()
	cart, m, err := s.visitedCart(ctx, r, v, now)
	if err != nil {
		return nil, nil, nil, err
	}
	open, err := s.openedFrom(r, cart, now)
	if err != nil {
		return nil, nil, nil, err
	}
	return cart, open, m, cart.review(r, m, now)
}

// Checkout is where a cart's checkout stands for who has the cart's link alone.
func (c *Cart) Checkout(open *Session) CartCheckout {
	switch {
	case open == nil:
		return NotCheckedOut
	case open.Status == acp.CompleteInProgress, open.Status == acp.PendingApproval:
		return BeingPaid
	case c.ByLink && open.Links == 0:
		return NotCheckedOut
	}
	return OpenElsewhere
}

func (s *Service) visitedCart(ctx context.Context, r Reader, v CartVisit, now time.Time) (*Cart, *Merchant, error) {
	m, err := s.merchants.Merchant(ctx, v.MerchantID)
	if err != nil {
		return nil, nil, err
	}
	shown, err := base64.RawURLEncoding.DecodeString(v.Proof)
	linked := (&Cart{Cart: acp.Cart{ID: v.CartID}, MerchantID: v.MerchantID}).linked()
	if err != nil || m.CartLink == nil || !s.box.Linked(linked, shown) {
		return nil, nil, ErrNotFound
	}
	cart, err := s.liveCart(r, v.MerchantID, v.CartID, now)
	return cart, m, err
}

// OpenCheckout opens the checkout of a cart and returns the address of its page.
// However often and by however many it is asked for, there is one checkout that
// is open. It has the items of the cart and nothing about the buyer. One that is
// open elsewhere is ErrCheckoutOpen, unless the buyer wants to start over: that
// one is canceled then. Other errors: ErrNotFound, ErrCheckoutPaid, *acp.Error.
func (s *Service) OpenCheckout(ctx context.Context, v CartVisit, over bool) (address string, err error) {
	err = s.store.Update(ctx, func(tx Tx) error {
		now := s.now()
		cart, m, err := s.visitedCart(ctx, tx, v, now)
		if err != nil {
			return err
		}
		if !m.HasCheckoutPage(cart.Live) {
			return ErrNotFound
		}
		open, err := s.openedFrom(tx, cart, now)
		if err != nil {
			return err
		}
		switch state := cart.Checkout(open); {
		case state == BeingPaid:
			return ErrCheckoutPaid
		case state == OpenElsewhere && !over:
			return ErrCheckoutOpen
		case state == OpenElsewhere:
			if err := s.abandon(tx, open, now); err != nil {
				return err
			}
		case open != nil:
			address = m.CheckoutLink(open)
			if cart.Carried == cart.Changes {
				return nil
			}
			return s.carry(tx, m, cart, open, now)
		}
		sess := &Session{
			Session: acp.Session{ID: id.New(id.Session, now), Currency: m.Currency, Locale: cart.Locale,
				CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(m.SessionTTL)},
			MerchantID: cart.MerchantID, Agent: cart.Agent, CredentialID: cart.CredentialID, Live: cart.Live, APIVersion: cart.APIVersion,
			LocaleFixed: cart.LocaleFixed, OfCartLink: true}
		sess.takeCart(cart)
		items, err := tx.RecentItems(sess.MerchantID, sess.itemIDs())
		if err != nil {
			return err
		}
		if err := sess.quote(tx, m, items, nil, now); err != nil {
			return err
		}
		sess.DeletableAt = sess.ExpiresAt.Add(s.retention.Unsold)
		address = m.CheckoutLink(sess)
		cart.opened(sess, true)
		return errors.Join(tx.InsertSession(sess), tx.SaveCart(cart))
	})
	if err != nil {
		return "", err
	}
	return address, nil
}

// abandon cancels a checkout for one that starts over.
func (s *Service) abandon(tx Tx, sess *Session, now time.Time) error {
	if err := sess.become(acp.Canceled); err != nil {
		return err
	}
	sess.UpdatedAt, sess.DeletableAt = now, now.Add(s.retention.Unsold)
	sess.Messages = []acp.Message{}
	return tx.SaveSession(sess)
}

// SetCartQuantity changes a line of a cart on its page; 0 removes it, but for
// the last one. Errors: ErrNotFound, also for a line that is not there, and
// *acp.Error for what the shop does not take.
func (s *Service) SetCartQuantity(ctx context.Context, v CartVisit, line string, quantity int64) error {
	return s.store.Update(ctx, func(tx Tx) error {
		now := s.now()
		cart, m, err := s.visitedCart(ctx, tx, v, now)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(cart.LineItems, func(l acp.LineItem) bool { return l.ID == line })
		if at < 0 || quantity == 0 && len(cart.LineItems) == 1 {
			return ErrNotFound
		}
		if quantity < 0 || quantity > acp.MaxQuantity {
			return acp.Invalid("$.line_items", "This is no quantity that can be ordered.")
		}
		if cart.LineItems[at].Quantity = quantity; quantity == 0 {
			cart.LineItems = slices.Delete(cart.LineItems, at, at+1)
		}
		if err := cart.review(tx, m, now); err != nil {
			return err
		}
		cart.Changes++
		cart.UpdatedAt, cart.ExpiresAt = now, now.Add(m.CartTTL)
		return tx.SaveCart(cart)
	})
}
