// Package web serves the pages that people see: the page of an order, the
// checkout, the front page of a running shop, and the texts of its policies.
// The pages are plain HTML and load nothing from third parties but the pictures
// that the shop itself refers to. One cookie is set, by a checkout for itself,
// and one page runs a script: where the payment provider has no page of its
// own, the checkout shows the provider's form.
package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/openapi"
	"github.com/checkstand/checkstand/ui"
)

// ErrNotFound is what Orders returns for an order that does not exist.
var ErrNotFound = errors.New("not found")

// Orders finds the order behind a link.
type Orders interface {
	// Order returns the view of an order or ErrNotFound. Whoever has the id
	// sees the page, so the view holds nothing that says who bought or where
	// they live.
	Order(ctx context.Context, id string) (Order, error)
}

// Items lists what the shop sells, for its front page.
type Items interface {
	// Items returns up to limit items in the order in which to show them, the
	// variants of a product next to each other.
	Items(ctx context.Context, limit int) ([]catalog.Item, error)
}

// Config is what the pages are made of.
type Config struct {
	Shop Shop // the server's own shop; Name is required
	Live bool // live mode; false shows the test-mode ribbon on the front page
	// Locale is the shop's, a BCP 47 tag: the language of its policies, and of
	// the pages for browsers that ask for none there are texts in; "" is "en-US".
	Locale string
	// BaseURL is the origin that agents call, such as
	// "https://shop.example.com"; "" leaves it out.
	BaseURL   string
	Endpoints []Endpoint // what the front page lists, in this order
	// Quantity is how many of one item the shop lets be ordered where that is less
	// than MaxOrdered; 0 for MaxOrdered.
	Quantity int64

	Orders Orders // required
	Items  Items  // required
	// Checkouts serves the checkout pages; nil serves none.
	Checkouts Checkouts
	// Carts serves the pages of carts; nil serves none. It needs Checkouts.
	Carts Carts
	// Reference describes the API in a version, the newest for ""; nil for one
	// that is not spoken. A nil function serves no reference.
	Reference func(version string) *openapi.Document
	// Policies holds the texts served below /policies/, one NAME.txt each: a
	// title, then paragraphs apart from each other by an empty line; a
	// paragraph that starts with "# " is a heading. nil serves none.
	Policies fs.FS
	// Pictures holds the files served below /pictures/: svg, png, jpg and
	// webp. nil serves none.
	Pictures fs.FS

	Log *slog.Logger // nil is slog.Default
}

// Endpoint is one operation of the server's API.
type Endpoint struct {
	Method  string
	Path    string
	Purpose string // key of a text: a few words
	Open    bool   // a GET that needs no credentials; it becomes a link
}

const defaultLocale = "en-US"

// Pages serves
//
//	GET /                 the front page
//	GET /orders/{id}      an order
//	GET /policies/{name}  a policy
//	GET /docs             the reference of the API
//	GET /pictures/{file}  a picture of the catalogue
//	GET /assets/{file}    style sheet and icon, under names that change with them
//
//	     /checkout/{shop}/{session}                page of a session
//	     /checkout/{shop}/{session}/{proof}        its link, good for one browser
//	POST /checkout/{shop}/{session}/details        and its forms: details, delivery,
//	                                               items, pay, leave
//	GET  /checkout/{shop}/{session}/return         back from the payment provider
//
//	     /cart/{shop}/{cart}/{proof}               a cart; POST opens its checkout
//	POST /cart/{shop}/{cart}/{proof}/items         how many of a line
//
// and a page that says "not found" for every other path, so that it can be
// mounted at / behind the API's own patterns.
type Pages struct {
	shop      Shop
	live      bool
	locale    string
	written   string // locale of the policies: the shop's, "" where it has none
	baseURL   string
	endpoints []Endpoint
	ordered   int64 // most units of one item
	orders    Orders
	items     Items
	checkouts Checkouts
	carts     Carts
	reference func(version string) *openapi.Document
	secure    bool // the cookie is for https only
	policies  map[string]*policy
	pictures  fs.FS
	assets    map[string]asset
	log       *slog.Logger
	mux       *http.ServeMux
}

// New checks the configuration and returns the pages. The error names what to
// correct.
func New(cfg Config) (*Pages, error) {
	switch {
	case cfg.Shop.Name == "":
		return nil, errors.New("web: Shop.Name is empty: give the shop a name")
	case cfg.Orders == nil:
		return nil, errors.New("web: Orders is nil: say where orders are found")
	case cfg.Items == nil:
		return nil, errors.New("web: Items is nil: say where items are found")
	}
	if cfg.Shop.AccentColor != "" {
		if _, err := ui.Accent(cfg.Shop.AccentColor); err != nil {
			return nil, fmt.Errorf("web: Shop.AccentColor: %w", err)
		}
	}
	policies, links, err := readPolicies(cfg.Policies)
	if err != nil {
		return nil, fmt.Errorf("web: Policies: %w", err)
	}
	p := &Pages{
		shop:      cfg.Shop,
		live:      cfg.Live,
		locale:    cfg.Locale,
		written:   cfg.Locale,
		baseURL:   cfg.BaseURL,
		endpoints: cfg.Endpoints,
		ordered:   min(MaxOrdered, cmp.Or(cfg.Quantity, MaxOrdered)),
		orders:    cfg.Orders,
		items:     cfg.Items,
		checkouts: cfg.Checkouts,
		carts:     cfg.Carts,
		reference: cfg.Reference,
		policies:  policies,
		pictures:  cfg.Pictures,
		assets:    assets(),
		log:       cfg.Log,
		mux:       http.NewServeMux(),
	}
	if p.locale == "" {
		p.locale = defaultLocale
	}
	if p.log == nil {
		p.log = slog.Default()
	}
	if len(p.shop.Links) == 0 {
		p.shop.Links = links
	}
	p.mux.HandleFunc("GET /{$}", p.front)
	p.mux.HandleFunc("GET /orders/{id}", p.order)
	p.mux.HandleFunc("GET /policies/{name}", p.policy)
	p.mux.HandleFunc("GET /pictures/{file}", p.picture)
	p.mux.HandleFunc("GET /assets/{file}", p.asset)
	p.mux.HandleFunc("GET /", p.notFound)
	if p.reference != nil {
		p.mux.HandleFunc("GET /docs", p.docs)
	}
	if p.checkouts != nil {
		if err := p.checkoutRoutes(cfg.BaseURL); err != nil {
			return nil, fmt.Errorf("web: BaseURL: %w", err)
		}
	}
	return p, nil
}

// ServeHTTP implements http.Handler.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }
