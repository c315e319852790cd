package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/money"
)

// Catalogue finds what a shop sells.
type Catalogue interface {
	// Search returns the products that fit a query, the best first. A cursor
	// that is none of its own is catalog.ErrCursor.
	Search(ctx context.Context, merchantID string, q catalog.Query) (catalog.Found, error)
	// Product returns the product with an id, or that an item with the id is a
	// variant of; catalog.ErrNotFound when there is none.
	Product(ctx context.Context, merchantID, id string) (catalog.Product, error)
}

// shownItem is a variant as the tools show it.
type shownItem struct {
	ID        string            `json:"id"`
	Title     string            `json:"title"`
	Options   map[string]string `json:"options,omitempty"`
	Price     int64             `json:"price"`
	ListPrice int64             `json:"list_price,omitempty"`
	InStock   bool              `json:"in_stock"`
	Stock     *int64            `json:"left,omitempty"`
	Image     string            `json:"image,omitempty"`
}

// shownProduct is a product as the tools show it.
type shownProduct struct {
	ID          string            `json:"id"`
	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	Brand       string            `json:"brand,omitempty"`
	Category    string            `json:"category,omitempty"`
	URL         string            `json:"url,omitempty"`
	Images      []string          `json:"images,omitempty"`
	Attributes  map[string]string `json:"attributes,omitempty"`
	Currency    string            `json:"currency"`
	PriceFrom   int64             `json:"price_from"`
	PriceTo     int64             `json:"price_to"`
	PriceText   string            `json:"price_text"`
	InStock     bool              `json:"in_stock"`
	Variants    []shownItem       `json:"variants"`
}

// Bounds of what is shown.
const (
	maxShownVariants = 100
	listedVariants   = 12  // of a product in a list
	listedText       = 200 // characters of its description
	maxShownText     = 2000
	lowStock         = 5 // units from which the count is told
)

func searchProducts(ctx context.Context, a *app, doc *wire.Document) result {
	args, err := wire.DecodeProductSearch(doc, a.currency)
	if err != nil {
		return malformed(err)
	}
	found, err := a.surface.Catalogue.Search(ctx, a.MerchantID, catalog.Query{Words: args.Words, Category: args.Category, Brand: args.Brand,
		MinPrice: args.MinPrice, MaxPrice: args.MaxPrice, InStock: args.InStock, Sort: catalog.Sort(args.Sort), Limit: args.Limit, Cursor: args.Cursor})
	if errors.Is(err, catalog.ErrCursor) {
		return failure("invalid", "That cursor is not of this search. Send next_cursor with the same words and filters, or none.", nil)
	}
	if err != nil {
		return failure("internal_error", internalFailure, err)
	}
	out := struct {
		Products   []shownProduct `json:"products"`
		NextCursor string         `json:"next_cursor,omitempty"`
	}{make([]shownProduct, 0, len(found.Products)), found.Next}
	for i := range found.Products {
		if p := &found.Products[i]; len(p.Variants) > 0 {
			out.Products = append(out.Products, a.product(p, listedVariants, listedText))
		}
	}
	data, err := json.Marshal(out)
	if err != nil {
		return failure("internal_error", internalFailure, err)
	}
	return result{text: a.foundWords(out.Products, found.Next != ""), data: data, outcome: "ok"}
}

func getProduct(ctx context.Context, a *app, doc *wire.Document) result {
	productID, err := wire.DecodeProductID(doc)
	if err != nil {
		return malformed(err)
	}
	p, err := a.surface.Catalogue.Product(ctx, a.MerchantID, productID)
	if errors.Is(err, catalog.ErrNotFound) || err == nil && len(p.Variants) == 0 {
		return missing("The shop has no such product. Find its id with search_products.")
	}
	if err != nil {
		return failure("internal_error", internalFailure, err)
	}
	shown := a.product(&p, maxShownVariants, maxShownText)
	data, err := json.Marshal(map[string]any{"product": shown})
	if err != nil {
		return failure("internal_error", internalFailure, err)
	}
	return result{text: a.productWords(&shown), data: data, outcome: "ok"}
}

// productWords name the variants with what tells them apart.
func (a *app) productWords(p *shownProduct) string {
	if len(p.Variants) == 1 {
		return fmt.Sprintf("%s, %s, id %s%s.", p.Title, p.PriceText, p.Variants[0].ID, stockWords(p.InStock))
	}
	text := p.Title + ", " + p.PriceText + stockWords(p.InStock) + "."
	for i := range p.Variants {
		if i == maxNamed {
			return text + fmt.Sprintf(" And %d more variants.", len(p.Variants)-i)
		}
		v := &p.Variants[i]
		text += fmt.Sprintf(" %s: %s, id %s%s.", v.Title, money.Format(v.Price, a.currency, a.locale), v.ID, stockWords(v.InStock))
	}
	return text
}

// product is a product with at most that many variants and so much text.
func (a *app) product(p *catalog.Product, variants, text int) shownProduct {
	first := &p.Variants[0]
	s := shownProduct{ID: p.ID, Title: first.ProductTitle, Description: shortened(first.Description, text), Brand: first.Brand,
		URL: first.URL, Currency: strings.ToUpper(first.Currency), PriceFrom: first.Price, PriceTo: first.Price}
	if s.Title == "" {
		s.Title = first.Title
	}
	if len(first.Categories) > 0 {
		s.Category = first.Categories[0]
	}
	for _, f := range first.Attributes {
		if s.Attributes == nil {
			s.Attributes = map[string]string{}
		}
		s.Attributes[f.Name] = f.Value
	}
	seen := map[string]bool{}
	for i := range p.Variants {
		it := &p.Variants[i]
		s.PriceFrom, s.PriceTo = min(s.PriceFrom, it.Price), max(s.PriceTo, it.Price)
		s.InStock = s.InStock || it.Available() > 0
		for _, image := range it.Images {
			if url := a.absolute(image); !seen[url] && len(s.Images) < listedVariants {
				seen[url] = true
				s.Images = append(s.Images, url)
			}
		}
		if i < variants {
			s.Variants = append(s.Variants, a.item(it))
		}
	}
	s.PriceText = money.Format(s.PriceFrom, first.Currency, a.locale)
	if s.PriceTo != s.PriceFrom {
		s.PriceText += " to " + money.Format(s.PriceTo, first.Currency, a.locale)
	}
	return s
}

func (a *app) item(it *catalog.Item) shownItem {
	available := it.Available()
	v := shownItem{ID: it.ID, Title: it.Title, Price: it.Price, ListPrice: it.ListPrice, InStock: available > 0}
	if available > 0 && available <= lowStock {
		v.Stock = &available
	}
	if len(it.Images) > 0 {
		v.Image = a.absolute(it.Images[0])
	}
	for _, o := range it.Options {
		if v.Options == nil {
			v.Options = map[string]string{}
		}
		v.Options[o.Name] = o.Value
	}
	return v
}

// absolute puts the origin before a /-rooted path.
func (a *app) absolute(url string) string {
	if strings.HasPrefix(url, "/") {
		return a.surface.BaseURL + url
	}
	return url
}

func (a *app) foundWords(products []shownProduct, more bool) string {
	if len(products) == 0 && !more {
		return "No product of " + a.shop + " fits. Try fewer or other words, or drop a filter."
	}
	var b strings.Builder
	for i := range products {
		if i == maxNamed {
			fmt.Fprintf(&b, "And %d more in this list. ", len(products)-i)
			break
		}
		p := &products[i]
		fmt.Fprintf(&b, "%s, %s, id %s%s. ", p.Title, p.PriceText, p.Variants[0].ID, stockWords(p.InStock))
	}
	if more {
		b.WriteString("There are more: send next_cursor.")
	}
	return strings.TrimSpace(b.String())
}

func stockWords(inStock bool) string {
	if inStock {
		return ""
	}
	return " (sold out)"
}

// shortened cuts text to so many characters at the end of a word.
func shortened(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	short := string(runes[:limit])
	if i := strings.LastIndexByte(short, ' '); i > len(short)/2 {
		short = short[:i]
	}
	return strings.TrimRight(short, " ,.;:") + "…"
}
