// Package catalog holds what a shop sells: items, their prices and their
// stock. It knows neither the formats they come from (package feed) nor where
// they are kept (package store).
package catalog

import "errors"

// ErrNotFound is returned for an item that the merchant does not sell.
var ErrNotFound = errors.New("item not found")

// Kind says what has to happen for the buyer to have the item.
type Kind string

const (
	Physical Kind = "physical" // is shipped, needs an address
	Digital  Kind = "digital"  // is delivered electronically, needs none
)

// Availability is what the shop says about an item apart from its stock count.
type Availability string

const (
	InStock      Availability = "in_stock"
	OutOfStock   Availability = "out_of_stock"
	Preorder     Availability = "preorder"
	Backorder    Availability = "backorder"
	Discontinued Availability = "discontinued"
)

// Item is one purchasable unit: a variant of a product, or a product that has
// none. Its ID is the item id of ACP, the id in every feed, and stays the same
// over imports.
type Item struct {
	ID        string `json:"id"`         // unique within the merchant, at most 255 bytes
	ProductID string `json:"product_id"` // shared by the variants of one product

	SKU          string   `json:"sku,omitzero"`
	Title        string   `json:"title"`                // product and variant, for a receipt: "Hoodie - Red, Logo"
	ProductTitle string   `json:"product_title"`        // of the product alone
	Description  string   `json:"description,omitzero"` // plain text, at most 5 000 bytes
	URL          string   `json:"url,omitzero"`         // absolute http(s)
	Images       []string `json:"images,omitzero"`      // absolute http(s) or /-rooted, the item's own first, at most 20
	Brand        string   `json:"brand,omitzero"`
	Categories   []string `json:"categories,omitzero"` // paths such as "Clothing > Hoodies"
	Tags         []string `json:"tags,omitzero"`
	GTIN         string   `json:"gtin,omitzero"`
	MPN          string   `json:"mpn,omitzero"`
	Condition    string   `json:"condition,omitzero"` // new, refurbished, used
	Options      []Option `json:"options,omitzero"`   // what tells this variant from its siblings
	Attributes   []Option `json:"attributes,omitzero"`

	Price     int64  `json:"price"`               // minor units of Currency, what the buyer pays now
	ListPrice int64  `json:"list_price,omitzero"` // minor units, the struck-through price; 0 when there is none
	Currency  string `json:"currency"`            // lower-case ISO 4217
	TaxClass  string `json:"tax_class,omitzero"`  // a class of the merchant's tax table; "" is the standard one
	TaxExempt bool   `json:"tax_exempt,omitzero"` // the shop says that this item is not taxed

	MinAge    int64    `json:"min_age,omitzero"`     // least age of the buyer in years; 0 is any
	NotSoldIn []string `json:"not_sold_in,omitzero"` // countries and regions: "SA", "US-UT"

	Kind         Kind         `json:"kind"`
	WeightGrams  int64        `json:"weight_grams,omitzero"`
	Availability Availability `json:"availability"`

	// Tracked says that Stock is counted. An untracked item is as available
	// as Availability says. Backorder sells a tracked item beyond its stock.
	Tracked   bool  `json:"tracked,omitzero"`
	Stock     int64 `json:"stock,omitzero"` // units on hand; never negative
	Backorder bool  `json:"backorder,omitzero"`

	// Reserved is held by payments in flight. Only the store sets it; an
	// import never does.
	Reserved int64 `json:"-"`

	// CountedBy is the number of the import that Stock is the count of, less
	// what was sold since. Only the store sets it.
	CountedBy int64 `json:"-"`
}

// Option is one named choice or fact: Size=Large.
type Option struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Unlimited is what Available returns when stock does not limit the sale.
const Unlimited = int64(1) << 40

// Available gives how many units can be sold now: stock less reservations for
// a tracked item, Unlimited or 0 for one that is not counted.
func (it *Item) Available() int64 {
	switch it.Availability {
	case OutOfStock, Discontinued:
		return 0
	}
	if !it.Tracked || it.Backorder {
		return Unlimited
	}
	return max(it.Stock-it.Reserved, 0)
}
