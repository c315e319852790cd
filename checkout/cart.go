package checkout

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/text"
)

// Cart is an acp.Cart plus what only the shop knows. It lives until ExpiresAt,
// which every change puts off, until it is canceled, or until it is bought. Its
// totals and messages are of the moment at which they are asked for.
type Cart struct {
	acp.Cart
	MerchantID   string      `json:"-"`
	Agent        string      `json:"agent"`
	CredentialID string      `json:"credential_id"`
	Live         bool        `json:"live,omitzero"`
	APIVersion   acp.Version `json:"api_version"` // of the last writing request
	Version      int64       `json:"-"`           // counts the writes; compare-and-set

	Locale string `json:"locale,omitzero"` // of its texts; "" is the shop's
	// LocaleFixed says that the agent named it itself.
	LocaleFixed bool `json:"locale_fixed,omitzero"`
	// Prices are those that were last shown for a change, by item id, in minor
	// units.
	Prices    map[string]int64 `json:"prices,omitzero"`
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`

	// SessionID is the checkout that was last opened from the cart; "" before
	// there was one. ByLink says that it was opened on the cart's page.
	SessionID string `json:"session_id,omitzero"`
	ByLink    bool   `json:"by_link,omitzero"`
	// Changes counts what was put into the cart anew, and Carried is the count
	// that SessionID has the items of.
	Changes int64 `json:"changes,omitzero"`
	Carried int64 `json:"carried,omitzero"`
}

// outOfStock is the availability_status of what cannot be had.
const outOfStock = "out_of_stock"

// CartCall is one writing request of an agent about a cart. Render of its Call
// is not used.
type CartCall struct {
	Call
	// RenderCart makes the answer's bytes in the caller's version. It is pure
	// and runs inside the transaction, so that the stored answer is the one sent.
	RenderCart func(c *Cart, err *acp.Error) Answer
}

// CreateCart makes a cart. The answer is the whole cart (201), or an error: 400
// for an item the shop does not sell, 422 for items of another currency than
// the shop's or when nothing of it can be had.
func (s *Service) CreateCart(ctx context.Context, c *CartCall, req acp.CartRequest) Answer {
	return s.cartChange(ctx, c, func(tx Tx, m *Merchant, now time.Time) (*Cart, error) {
		cart := &Cart{Cart: acp.Cart{ID: id.New(id.Cart, now)}, MerchantID: c.MerchantID, Agent: c.Agent, CredentialID: c.CredentialID,
			Live: c.Live, Locale: m.language(req.Locale, c.Language), LocaleFixed: names(req.Locale), CreatedAt: now}
		if err := cart.fill(tx, m, req, now); err != nil {
			return nil, err
		}
		cart.APIVersion = c.Version
		return cart, tx.InsertCart(cart)
	})
}

// ReplaceCart makes the request all that the cart holds (200), and puts its end
// off. A line whose item was there before keeps its id. Refusals: 404, and those
// of CreateCart.
func (s *Service) ReplaceCart(ctx context.Context, c *CartCall, cartID string, req acp.CartRequest) Answer {
	return s.cartChange(ctx, c, func(tx Tx, m *Merchant, now time.Time) (*Cart, error) {
		cart, err := s.cartOf(tx, c.Caller, cartID, now)
		if err != nil {
			return nil, err
		}
		if locale, ok := text.Match(c.Language); ok && !cart.LocaleFixed {
			cart.Locale = locale
		}
		if err := cart.fill(tx, m, req, now); err != nil {
			return nil, err
		}
		cart.APIVersion = c.Version
		return cart, tx.SaveCart(cart)
	})
}

// CancelCart ends a cart and answers with the last that it was (200). From then
// on there is no such cart. A checkout that was opened from it goes on.
func (s *Service) CancelCart(ctx context.Context, c *CartCall, cartID string) Answer {
	return s.cartChange(ctx, c, func(tx Tx, m *Merchant, now time.Time) (*Cart, error) {
		cart, err := s.cartOf(tx, c.Caller, cartID, now)
		if err != nil {
			return nil, err
		}
		// One that cannot be priced any more is shown as it was last.
		if err := cart.review(tx, m, now); err != nil && acp.AsError(err).Status >= http.StatusInternalServerError {
			return nil, err
		}
		return cart, tx.DeleteCart(cart)
	})
}

// Cart returns a cart with what it costs now. One that is over, bought, another
// merchant's, another agent's or of the other mode is *acp.Error 404.
func (s *Service) Cart(ctx context.Context, who Caller, cartID string) (*Cart, error) {
	m, err := s.cartShop(ctx, who)
	if err != nil {
		return nil, err
	}
	r, now := s.store.Reader(ctx), s.now()
	cart, err := s.cartOf(r, who, cartID, now)
	if err != nil {
		return nil, err
	}
	if err := cart.review(r, m, now); err != nil {
		return nil, err
	}
	return cart, nil
}

// PresentCart is a cart as agents see it. The result shares the cart's parts
// and is not to be written to.
func (m *Merchant) PresentCart(c *Cart) *acp.Cart {
	shown := c.Cart
	if m.CartLink != nil {
		shown.ContinueURL = m.CartLink(c)
	}
	return &shown
}

// cartChange carries out one change of a cart, once for a key.
func (s *Service) cartChange(ctx context.Context, c *CartCall, fn func(Tx, *Merchant, time.Time) (*Cart, error)) Answer {
	var changed *Cart
	call := c.Call
	call.Render = func(_ *Session, err *acp.Error) Answer {
		if err != nil {
			return c.RenderCart(nil, err)
		}
		return c.RenderCart(changed, nil)
	}
	m, err := s.cartShop(ctx, c.Caller)
	if err != nil {
		return call.refuse(asError(err))
	}
	return s.once(ctx, &call, func(tx Tx) (_ *Session, err error) {
		changed, err = fn(tx, m, s.now())
		return nil, err
	})
}

// cartShop finds the settings of a shop that has carts.
func (s *Service) cartShop(ctx context.Context, who Caller) (*Merchant, error) {
	m, err := s.merchant(ctx, who)
	if err == nil && m.CartTTL <= 0 {
		return nil, acp.Refused(http.StatusNotFound, acp.CodeNotFound, "", "This shop has no carts. Open a session with POST /checkout_sessions.")
	}
	return m, err
}

func noCart() *acp.Error {
	return acp.Refused(http.StatusNotFound, acp.CodeNotFound, "",
		"There is no such cart: it has expired, was canceled or bought, or never was. Make one with POST /carts.")
}

// cartOf loads a cart for a caller.
func (s *Service) cartOf(r Reader, who Caller, cartID string, now time.Time) (*Cart, error) {
	cart, err := s.liveCart(r, who.MerchantID, cartID, now)
	if isNotFound(err) || err == nil && (cart.Live != who.Live || cart.Agent != who.Agent) {
		return nil, noCart()
	}
	return cart, err
}

// liveCart loads a cart that is not over. What was bought is.
func (s *Service) liveCart(r Reader, merchantID, cartID string, now time.Time) (*Cart, error) {
	if !wellFormed(cartID) {
		return nil, ErrNotFound
	}
	cart, err := r.Cart(merchantID, cartID)
	if err != nil {
		return nil, err
	}
	if !now.Before(cart.ExpiresAt) {
		return nil, ErrNotFound
	}
	if cart.SessionID == "" {
		return cart, nil
	}
	switch sess, err := r.Session(merchantID, cart.SessionID); {
	case isNotFound(err): // swept; a session that was completed never is
		return cart, nil
	case err != nil:
		return nil, err
	case sess.Status == acp.Completed:
		return nil, ErrNotFound
	}
	return cart, nil
}

// fill makes a request all that the cart holds.
func (c *Cart) fill(r Reader, m *Merchant, req acp.CartRequest, now time.Time) error {
	if req.Currency != "" && req.Currency != m.Currency {
		return unresolved("$.currency", m)
	}
	items, err := r.RecentItems(c.MerchantID, requestedIDs(req.Items))
	if err != nil {
		return err
	}
	s := c.session()
	if err := s.replaceLines(req.Items, items, now); err != nil {
		return err
	}
	c.LineItems, c.Buyer = s.LineItems, req.Buyer
	if err := c.estimate(r, m, items, believed(req.Items), now); err != nil {
		return err
	}
	if !slices.ContainsFunc(c.LineItems, func(l acp.LineItem) bool { return l.AvailabilityStatus != outOfStock }) {
		return acp.Refused(http.StatusUnprocessableEntity, acp.CodeOutOfStock, "$.line_items",
			"Nothing of this can be had at the moment. Send other items.")
	}
	c.Changes++
	c.UpdatedAt, c.ExpiresAt = now, now.Add(m.CartTTL)
	return nil
}

// review works out what the cart costs now.
func (c *Cart) review(r Reader, m *Merchant, now time.Time) error {
	s := c.session()
	items, err := r.RecentItems(c.MerchantID, s.itemIDs())
	if err != nil {
		return err
	}
	return c.estimate(r, m, items, nil, now)
}

// estimate prices the cart as a session without an address would be.
func (c *Cart) estimate(r Reader, m *Merchant, items map[string]*catalog.Item, believed map[string]int64, now time.Time) error {
	s := c.session()
	s.Currency = m.Currency
	for i := range s.LineItems {
		if it := items[s.LineItems[i].Item.ID]; it != nil && it.Currency != m.Currency {
			return unresolved("$.line_items["+strconv.Itoa(i)+"].id", m)
		}
	}
	if err := s.quote(r, m, items, believed, now); err != nil {
		return err
	}
	c.Currency, c.LineItems, c.Prices, c.Totals, c.Messages = m.Currency, s.LineItems, s.Prices, KnownTotals(s.Totals), nil
	for _, msg := range s.Messages {
		if ofCart(msg.Param) {
			c.Messages = append(c.Messages, msg)
		}
	}
	return nil
}

// unresolved refuses a cart that would be in several currencies, or in none of
// the shop's.
func unresolved(param string, m *Merchant) *acp.Error {
	return acp.Refused(http.StatusUnprocessableEntity, acp.CodeInvalid, param,
		"This shop sells in "+m.Currency+", and this is in another currency. Make one cart a currency, with items that are priced in it.")
}

// session is the cart as a session that nobody sees.
func (c *Cart) session() *Session {
	return &Session{Session: acp.Session{ID: c.ID, Currency: c.Currency, LineItems: slices.Clone(c.LineItems), Buyer: c.Buyer, Locale: c.Locale},
		MerchantID: c.MerchantID, Agent: c.Agent, CredentialID: c.CredentialID, Live: c.Live, Prices: c.Prices}
}

// ofCart reports whether a message of a session is about something that a cart
// has.
func ofCart(param string) bool {
	for _, has := range []string{"$.line_items", "$.buyer", "$.totals"} {
		if strings.HasPrefix(param, has) {
			return true
		}
	}
	return param == ""
}
