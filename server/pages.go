package server

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/server/web"
)

// pages builds the pages for people. The front page is that of the first
// configured shop; an order shows the shop it was placed at.
func (a *App) pages(adjust func(*web.Config)) (*web.Pages, error) {
	looks := a.looks()
	cfg := web.Config{
		Shop: web.Shop{Name: "Checkstand"}, Live: true, BaseURL: a.cfg.PublicURL,
		Endpoints: []web.Endpoint{
			{Method: "POST", Path: "/checkout_sessions", Purpose: "Open a checkout session"},
			{Method: "GET", Path: "/checkout_sessions/{id}", Purpose: "Read it"},
			{Method: "POST", Path: "/checkout_sessions/{id}", Purpose: "Change it"},
			{Method: "POST", Path: "/checkout_sessions/{id}/complete", Purpose: "Pay it"},
			{Method: "POST", Path: "/checkout_sessions/{id}/cancel", Purpose: "Cancel it"},
		},
		Orders: orderPages{a, looks}, Items: shopWindow{a}, Checkouts: checkoutPages{a, looks}, Policies: unwrittenPolicies(a.cfg), Log: a.log,
	}
	if len(a.merchants.order) > 0 {
		m := a.merchants.byID[a.merchants.order[0]]
		cfg.Shop, cfg.Locale, cfg.Live = looks[m.ID], m.Locale, m.Live.Provider != nil
	}
	if adjust != nil {
		adjust(&cfg)
	}
	return web.New(cfg)
}

var linkTitles = map[string]string{"terms_of_use": "Terms", "privacy_policy": "Privacy", "return_policy": "Returns",
	"shipping_policy": "Shipping", "contact_us": "Contact", "about_us": "About us", "faq": "Questions", "support": "Support"}

// looks is how each shop is shown, by its id.
func (a *App) looks() map[string]web.Shop {
	all := make(map[string]web.Shop, len(a.cfg.Merchants))
	for i := range a.cfg.Merchants {
		mc := &a.cfg.Merchants[i]
		look := web.Shop{Name: mc.Name, URL: mc.Website, Logo: mc.Logo, AccentColor: mc.Accent}
		for _, l := range a.merchants.byID[mc.ID].Links {
			look.Links = append(look.Links, web.Link{Title: linkTitles[l.Type], URL: l.URL})
		}
		all[mc.ID] = look
	}
	return all
}

// shopWindow shows the first items of the first shop.
type shopWindow struct{ *App }

func (w shopWindow) Items(ctx context.Context, limit int) ([]catalog.Item, error) {
	if len(w.merchants.order) == 0 {
		return nil, nil
	}
	return w.store.ListItems(ctx, w.merchants.order[0], "", limit)
}

// orderPages shows orders of every shop: the id alone is the key to the page.
type orderPages struct {
	*App
	looks map[string]web.Shop // by shop
}

func (p orderPages) Order(ctx context.Context, orderID string) (web.Order, error) {
	o, err := p.store.OrderByID(ctx, orderID)
	if errors.Is(err, checkout.ErrNotFound) {
		return web.Order{}, web.ErrNotFound
	}
	if err != nil {
		return web.Order{}, err
	}
	sess, err := p.store.Reader(ctx).Session(o.MerchantID, o.CheckoutSessionID)
	if err != nil && !errors.Is(err, checkout.ErrNotFound) {
		return web.Order{}, err
	}
	view := web.Order{Number: o.OrderNumber, PlacedAt: o.CreatedAt, Live: o.Live, Currency: o.Currency}
	if m := p.merchants.byID[o.MerchantID]; m != nil {
		view.Shop, view.Locale = p.looks[m.ID], m.Locale
	}
	view.StatusWords, view.StatusDetail, view.StatusTone = statusInWords(o)
	options := map[string]string{}
	if sess != nil {
		for i := range sess.LineItems {
			options[sess.LineItems[i].ID] = optionWords(&sess.LineItems[i])
		}
		view.Deliveries = deliveries(sess)
	}
	for i := range o.LineItems {
		l := &o.LineItems[i]
		line := web.Line{Title: l.Title, Options: options[l.ID], Quantity: l.Quantity.Current, ImageURL: l.ImageURL}
		if l.Subtotal != nil {
			line.Amount = *l.Subtotal
		}
		view.Lines = append(view.Lines, line)
	}
	view.Totals = totalLines(o.Totals)
	view.History = []web.Event{{At: o.CreatedAt, Words: "Order placed"}}
	return view, nil
}

func statusInWords(o *order.Order) (words, detail string, tone web.Tone) {
	switch o.Status {
	case "canceled":
		return "Your order was canceled", "", web.Negative
	case "completed":
		return "Your order has arrived", "", web.Positive
	case "shipped":
		return "Your order is on its way", "", web.Positive
	case "manual_review", "created":
		return "Your order is being checked", "The shop confirms it shortly.", web.Caution
	}
	return "Your order is confirmed", "The shop is getting it ready.", web.Positive
}

// optionWords names the choices that the line's title does not name already.
func optionWords(l *acp.LineItem) string {
	var words []string
	for _, o := range l.VariantOptions {
		if !strings.Contains(l.Name, o.Value) {
			words = append(words, o.Name+" "+o.Value)
		}
	}
	return strings.Join(words, ", ")
}

func deliveries(sess *checkout.Session) []web.Delivery {
	var out []web.Delivery
	for _, sel := range sess.SelectedFulfillmentOptions {
		for _, opt := range sess.FulfillmentOptions {
			if opt.ID != sel.OptionID {
				continue
			}
			d := web.Delivery{Method: opt.Title, Carrier: opt.Carrier}
			if opt.Type == acp.FulfillmentShipping {
				d.Earliest, d.Latest = opt.EarliestDeliveryTime.In(time.UTC), opt.LatestDeliveryTime.In(time.UTC)
				if opt.LatestDeliveryTime.IsZero() {
					d.Earliest, d.Latest = time.Time{}, time.Time{}
				}
			}
			out = append(out, d)
		}
	}
	return out
}

// totalLines leaves out the figures that say nothing on a receipt.
func totalLines(totals []acp.Total) []web.Total {
	var out []web.Total
	for _, t := range totals {
		line := web.Total{Label: t.DisplayText, Amount: t.Amount}
		switch t.Type {
		case acp.TotalItemsBaseAmount:
			continue // the subtotal says it
		case acp.TotalItemsDiscount, acp.TotalDiscount:
			if t.Amount == 0 {
				continue
			}
			line.Amount = -t.Amount
		case acp.TotalFee:
			if t.Amount == 0 {
				continue
			}
		case acp.TotalTotal:
			line.Strong = true
		}
		out = append(out, line)
	}
	return out
}
