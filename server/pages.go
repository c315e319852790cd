package server

import (
	"context"
	"net/http"
	"slices"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/web"
)

// pages builds the pages for people. The front page is that of the first
// configured shop; an order shows the shop it was placed at.
func (a *App) pages(adjust func(*web.Config)) (http.Handler, error) {
	looks := a.looks()
	cfg := web.Config{
		Shop: web.Shop{Name: "Checkstand"}, Live: true, BaseURL: a.cfg.PublicURL, Quantity: a.cfg.Limits.Quantity,
		Endpoints: []web.Endpoint{
			{Method: "POST", Path: "/checkout_sessions", Purpose: "front.does_open"},
			{Method: "GET", Path: "/checkout_sessions/{id}", Purpose: "front.does_read"},
			{Method: "POST", Path: "/checkout_sessions/{id}", Purpose: "front.does_change"},
			{Method: "POST", Path: "/checkout_sessions/{id}/complete", Purpose: "front.does_pay"},
			{Method: "POST", Path: "/checkout_sessions/{id}/cancel", Purpose: "front.does_cancel"},
			{Method: "POST", Path: mcp.BindingPath, Purpose: "front.does_binding"},
			{Method: "GET", Path: "/docs", Purpose: "front.does_docs", Open: true},
			{Method: "GET", Path: "/openapi.json", Purpose: "front.does_openapi", Open: true},
		},
		Reference: a.described.Document, Orders: orderPages{a, looks}, Items: shopWindow{a}, Checkouts: checkoutPages{a, looks}, Carts: cartPages{a, looks}, Policies: unwrittenPolicies(a.cfg), Log: a.log,
	}
	if a.merchants.haveCarts() {
		cfg.Endpoints = slices.Insert(cfg.Endpoints, 0, web.Endpoint{Method: "POST", Path: "/carts", Purpose: "front.does_cart"})
	}
	if len(a.cfg.Merchants) > 0 && a.cfg.Merchants[0].App.Enabled {
		cfg.Endpoints = append(cfg.Endpoints, web.Endpoint{Method: "POST", Path: mcp.AppPath, Purpose: "front.does_app"})
	}
	if len(a.merchants.order) > 0 {
		m := a.merchants.byID[a.merchants.order[0]]
		cfg.Shop, cfg.Locale, cfg.Live = looks[m.ID], m.Locale, m.Live.Provider != nil
	}
	if adjust != nil {
		adjust(&cfg)
	}
	pages, err := web.New(cfg)
	if err != nil {
		return nil, err
	}
	return a.limitedPages(pages), nil
}

// looks is how each shop is shown, by its id.
func (a *App) looks() map[string]web.Shop {
	all := make(map[string]web.Shop, len(a.cfg.Merchants))
	for i := range a.cfg.Merchants {
		mc := &a.cfg.Merchants[i]
		look := web.Shop{Name: mc.Name, URL: mc.Website, Logo: mc.Logo, AccentColor: mc.Accent}
		for _, l := range a.merchants.byID[mc.ID].Links {
			look.Links = append(look.Links, web.Link{Key: "link." + l.Type, URL: l.URL})
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
