package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/ui"
)

// chats makes the surface for chats: the apps of the shops that have one, and
// the protocol's MCP binding over its HTTP surface.
func (a *App) chats(protocol http.Handler) (*mcp.Surface, error) {
	cfg := mcp.Config{Core: a.core, Merchants: a.merchants, Catalogue: catalogue{a}, Orders: a.store, REST: protocol,
		BaseURL: strings.TrimSuffix(a.cfg.PublicURL, "/"), Version: chatVersion, BodyLimit: a.cfg.Limits.BodyBytes,
		CompleteWait: a.completeWait(), Now: a.now, Log: a.log}
	for i := range a.cfg.Merchants {
		if mc := &a.cfg.Merchants[i]; mc.App.Enabled {
			app, err := chatApp(mc)
			if err != nil {
				return nil, err
			}
			cfg.Apps = append(cfg.Apps, app)
		}
	}
	return mcp.New(cfg)
}

// completeWait is how long a call may wait for another's payment and still have
// the time to ask about it itself before its answer is due.
func (a *App) completeWait() time.Duration {
	p := a.cfg.Payments
	return max(time.Second, a.cfg.Limits.WriteTimeout-p.Timeout-p.UnknownBudget-time.Second)
}

// chatVersion is the version of the tools and the widget that hosts are told.
const chatVersion = "1"

func chatApp(mc *config.MerchantConfig) (mcp.App, error) {
	widget, err := ui.ShopWidget(mc.Accent)
	if err != nil {
		return mcp.App{}, fmt.Errorf("accent_color of %s: %w", mc.ID, err)
	}
	c := &mc.App
	app := mcp.App{MerchantID: mc.ID, Agent: c.Agent, Live: c.Live(), PaymentSheet: c.PaymentSheet, Provider: c.Provider,
		Methods: c.PaymentMethods, NamedMethods: c.MethodForm == "names", ExposeComplete: c.ExposeComplete, Domain: c.Domain,
		Redirects: c.Redirects, Pictures: c.Pictures, Calls: c.Calls, Challenge: c.Challenge,
		Widget: widget, Logo: mc.Logo,
		OAuth: mcp.OAuth{Issuer: c.OAuth.Issuer, Audience: c.OAuth.Audience, JWKSURL: c.OAuth.JWKSURL, Scopes: c.OAuth.Scopes,
			Documentation: c.OAuth.Documentation, Tools: make(map[string][]string, len(c.OAuth.Tools))}}
	for _, t := range c.OAuth.Tools {
		app.OAuth.Tools[t.Tool] = t.Scopes
	}
	return app, nil
}

// catalogue implements mcp.Catalogue by looking through a shop's items, which
// is fit for small catalogues.
type catalogue struct{ *App }

// itemPage is how many items are read at a time, maxItems how many in all.
const (
	itemPage = 500
	maxItems = 20_000
)

func (c catalogue) Search(ctx context.Context, merchantID string, q mcp.Query) (mcp.Found, error) {
	words := strings.Fields(strings.ToLower(q.Words))
	var hits []catalog.Item
	err := c.each(ctx, merchantID, func(it *catalog.Item) bool {
		if fits(it, words, q) {
			hits = append(hits, *it)
		}
		return true
	})
	if err != nil {
		return mcp.Found{}, err
	}
	products := grouped(hits)
	switch q.Sort {
	case "price_asc":
		slices.SortStableFunc(products, func(a, b mcp.Product) int { return cmp.Compare(a.Variants[0].Price, b.Variants[0].Price) })
	case "price_desc":
		slices.SortStableFunc(products, func(a, b mcp.Product) int { return cmp.Compare(b.Variants[0].Price, a.Variants[0].Price) })
	}
	if q.Cursor != "" {
		i := slices.IndexFunc(products, func(p mcp.Product) bool { return p.ID == q.Cursor })
		if i < 0 {
			return mcp.Found{}, mcp.ErrCursor
		}
		products = products[i+1:]
	}
	if len(products) <= q.Limit {
		return mcp.Found{Products: products}, nil
	}
	return mcp.Found{Products: products[:q.Limit], Next: products[q.Limit-1].ID}, nil
}

func (c catalogue) Product(ctx context.Context, merchantID, id string) (mcp.Product, error) {
	var hits []catalog.Item
	productID := id
	items, err := c.store.Reader(ctx).Items(merchantID, []string{id})
	if err != nil {
		return mcp.Product{}, err
	}
	if it := items[id]; it != nil {
		productID = it.ProductID
	}
	err = c.each(ctx, merchantID, func(it *catalog.Item) bool {
		if it.ProductID == productID {
			hits = append(hits, *it)
		}
		return true
	})
	if err != nil {
		return mcp.Product{}, err
	}
	if len(hits) == 0 {
		return mcp.Product{}, catalog.ErrNotFound
	}
	return mcp.Product{ID: productID, Variants: hits}, nil
}

// each reads a shop's items in the order of their ids.
func (c catalogue) each(ctx context.Context, merchantID string, yield func(*catalog.Item) bool) error {
	after := ""
	for range maxItems / itemPage {
		items, err := c.store.ListItems(ctx, merchantID, after, itemPage)
		if err != nil || len(items) == 0 {
			return errors.Join(err)
		}
		for i := range items {
			if !yield(&items[i]) {
				return nil
			}
		}
		after = items[len(items)-1].ID
	}
	return nil
}

// fits reports whether an item has every word and passes the filters.
func fits(it *catalog.Item, words []string, q mcp.Query) bool {
	if q.MinPrice != nil && it.Price < *q.MinPrice || q.MaxPrice != nil && it.Price > *q.MaxPrice ||
		q.InStock && it.Available() <= 0 || q.Brand != "" && !strings.EqualFold(it.Brand, q.Brand) {
		return false
	}
	if q.Category != "" && !slices.ContainsFunc(it.Categories, func(c string) bool { return strings.Contains(strings.ToLower(c), strings.ToLower(q.Category)) }) {
		return false
	}
	text := strings.ToLower(it.Title + " " + it.ProductTitle + " " + it.Brand + " " + strings.Join(it.Categories, " ") + " " + it.Description)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// grouped puts the variants of a product together, in the order of their first.
func grouped(items []catalog.Item) []mcp.Product {
	var out []mcp.Product
	at := map[string]int{}
	for _, it := range items {
		i, seen := at[it.ProductID]
		if !seen {
			i = len(out)
			at[it.ProductID] = i
			out = append(out, mcp.Product{ID: it.ProductID})
		}
		out[i].Variants = append(out[i].Variants, it)
	}
	return out
}
