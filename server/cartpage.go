package server

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server/web"
	"github.com/checkstand/checkstand/text"
)

// cartPages is the buyer's side of every shop's carts, for the pages.
type cartPages struct {
	*App
	looks map[string]web.Shop // by shop
}

var _ web.Carts = cartPages{}

func cartVisit(v web.CartVisit) checkout.CartVisit {
	return checkout.CartVisit{MerchantID: v.Shop, CartID: v.Cart, Proof: v.Proof}
}

func (p cartPages) Front(ctx context.Context, shop string) (web.Shop, bool, error) {
	return checkoutPages(p).Front(ctx, shop)
}

func (p cartPages) Cart(ctx context.Context, v web.CartVisit) (web.Cart, error) {
	cart, open, m, err := p.core.VisitedCart(ctx, cartVisit(v))
	if err != nil {
		return web.Cart{}, pageError(err)
	}
	c := web.Cart{Shop: p.looks[m.ID], Live: cart.Live, Locale: cmp.Or(cart.Locale, m.Locale), Currency: cart.Currency, Standing: web.CartOpen,
		Totals: totalLines(cart.Totals)}
	for i := range cart.LineItems {
		c.Lines = append(c.Lines, checkoutLine(&cart.LineItems[i]))
	}
	c.Payable = m.HasCheckoutPage(cart.Live) && slices.ContainsFunc(cart.LineItems, func(l acp.LineItem) bool { return l.AvailabilityStatus != acp.CodeOutOfStock })
	for _, msg := range cart.Messages {
		note := web.Notice{Tone: toneOf(msg), Text: msg.Content}
		if i, ok := lineOf(msg.Param); ok && i < len(c.Lines) {
			c.Lines[i].Note = worse(c.Lines[i].Note, &note)
		} else {
			c.Notices = append(c.Notices, note)
		}
	}
	for _, t := range cart.Totals {
		if t.Type == acp.TotalTotal {
			c.TotalNote = t.Description
		}
	}
	switch cart.Checkout(open) {
	case checkout.OpenElsewhere:
		c.Standing = web.CartElsewhere
	case checkout.BeingPaid:
		c.Standing = web.CartPaying
	}
	if c.Standing != web.CartOpen && cart.ByLink {
		c.Checkout = checkout.CheckoutPath(cart.MerchantID, cart.SessionID)
	}
	return c, nil
}

func (p cartPages) OpenCheckout(ctx context.Context, v web.CartVisit, over bool) (string, error) {
	address, err := p.core.OpenCheckout(ctx, cartVisit(v), over)
	if errors.Is(err, checkout.ErrCheckoutOpen) || errors.Is(err, checkout.ErrCheckoutPaid) {
		return "", errors.Join(web.ErrChanged, err)
	}
	if err != nil {
		return "", pageError(err)
	}
	m, err := p.merchants.Merchant(ctx, v.Shop)
	if err != nil {
		return "", pageError(err)
	}
	return strings.TrimPrefix(address, m.BaseURL), nil
}

func (p cartPages) SetQuantity(ctx context.Context, v web.CartVisit, line string, quantity int64) error {
	cart, _, m, err := p.core.VisitedCart(ctx, cartVisit(v))
	if err != nil {
		return pageError(err)
	}
	err = p.core.SetCartQuantity(ctx, cartVisit(v), line, quantity)
	if refused, ok := errors.AsType[*acp.Error](err); ok && refused.Status < 500 {
		return &web.Refusal{Message: text.For(cmp.Or(cart.Locale, m.Locale)).Say("checkout.bad_quantity")}
	}
	return pageError(err)
}

// lineOf is the line that a message is about.
func lineOf(param string) (index int, ok bool) {
	const line = "$.line_items["
	if !strings.HasPrefix(param, line) {
		return 0, false
	}
	number, _, _ := strings.Cut(param[len(line):], "]")
	index, err := strconv.Atoi(number)
	return index, err == nil && index >= 0
}
