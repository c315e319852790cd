package web

import (
	"net/http"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/text"
)

const (
	// maxCards is how many products the front page shows.
	maxCards = 24
	// maxListed is how many items it asks for to find them: room for ten
	// variants a product.
	maxListed = 10 * maxCards
	// fewLeft is the stock from which the page says how much is left.
	fewLeft = 3
)

// frontPage is what front.html shows.
type frontPage struct {
	BaseURL   string
	Endpoints []Endpoint
	Cards     []card
	More      bool // there are products beyond the cards
	Failed    bool // the catalogue could not be read
	Locale    string
	says      *text.Texts
}

// card is a product on the front page: its cheapest variant stands for all.
type card struct {
	catalog.Item
	Variants  int
	Available int64 // of all variants together, at most catalog.Unlimited
	Range     bool  // the variants have several prices
}

func (p *Pages) front(w http.ResponseWriter, r *http.Request) {
	locale := p.wish(r)
	page := frontPage{BaseURL: p.baseURL, Endpoints: p.endpoints, Locale: locale, says: text.For(locale)}
	items, err := p.items.Items(r.Context(), maxListed)
	if err != nil {
		if r.Context().Err() != nil {
			return // nobody is left to read the page
		}
		p.log.ErrorContext(r.Context(), "front page has no items", "error", err)
		page.Failed = true
	}
	page.Cards = cards(items)
	// The last product may have variants beyond the items asked for; it is
	// still a product, so only what comes after the cards counts as more.
	page.More = len(items) >= maxListed
	if len(page.Cards) > maxCards {
		page.Cards, page.More = page.Cards[:maxCards], true
	}
	p.render(w, r, http.StatusOK, view{
		Template: "front.html", Title: p.shop.Name, Locale: locale, Shop: p.shop, Ribbon: shopRibbon(p.live), Hidden: !p.live, Wide: true, Body: page,
	})
}

// cards makes one card of the variants of each product, in the order of their
// first variant. What is discontinued is left out.
func cards(items []catalog.Item) []card {
	var all []card
	at := make(map[string]int, len(items))
	for i := range items {
		it := &items[i]
		if it.Availability == catalog.Discontinued {
			continue
		}
		product := it.ProductID
		if product == "" {
			product = it.ID
		}
		n, seen := at[product]
		if !seen {
			at[product] = len(all)
			all = append(all, card{Item: *it, Variants: 1, Available: it.Available()})
			continue
		}
		c := &all[n]
		c.Variants++
		c.Available = min(c.Available+it.Available(), catalog.Unlimited)
		c.Range = c.Range || it.Price != c.Price
		if it.Price < c.Price {
			c.Price, c.ListPrice = it.Price, it.ListPrice
		}
	}
	return all
}

// Name is the title of the product, or of the item where it has no product.
func (c card) Name() string {
	if c.ProductTitle != "" {
		return c.ProductTitle
	}
	return c.Title
}

// Picture is the URL of the product's first picture, or "".
func (c card) Picture() string {
	if len(c.Images) == 0 {
		return ""
	}
	return c.Images[0]
}

// Note is what a reader should know of a card besides the price, or "".
func (p frontPage) Note(c card) string {
	switch {
	case c.Available == 0:
		return p.says.Say("front.sold_out")
	case c.Variants > 1:
		return p.says.Say("front.options", "count", c.Variants)
	case c.Availability == catalog.Preorder:
		return p.says.Say("front.preorder")
	case c.Availability == catalog.Backorder:
		return p.says.Say("front.backorder")
	case c.Available <= fewLeft:
		return p.says.Say("front.left", "count", c.Available)
	}
	return ""
}

// Scarce says that the note is one to hurry for.
func (c card) Scarce() bool {
	return c.Variants == 1 && c.Available > 0 && c.Available <= fewLeft
}
