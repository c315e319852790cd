package catalog

import "errors"

// ErrCursor is returned for a cursor that is not of the search it came with.
var ErrCursor = errors.New("the cursor is not of this search")

// Bounds of a search.
const (
	// MaxFound is how many products one page of a search has at most.
	MaxFound = 50
	// MaxQueryWords is how many words of a query count; the rest are ignored.
	MaxQueryWords = 16
	// MaxRanked is how many products a search by words ranks and lists, over
	// all of its pages. Of a word that more products have, those count that
	// have it in their titles, in the order in which they were imported.
	MaxRanked = 500
	// MaxVariantsFound is how many variants of a product a search looks at.
	MaxVariantsFound = 200
)

// Sort is the order of what a search found.
type Sort string

const (
	ByRelevance Sort = "relevance"  // the best match first; without words, by product id
	CheapFirst  Sort = "price_asc"  // by the lowest price of a product's variants
	DearFirst   Sort = "price_desc" // likewise, the other way round
)

// Query is a search for products. Absent filters are zero.
type Query struct {
	// Words are what a buyer typed. A product is found by all of them; the
	// last one may be the beginning of a word.
	Words string
	// Category and Brand are words that a product's category, or brand, has
	// all of.
	Category, Brand string
	// MinPrice and MaxPrice are in minor units, and of a single variant.
	MinPrice, MaxPrice *int64
	// InStock leaves out what cannot be bought at this moment.
	InStock bool
	Sort    Sort   // "" is ByRelevance
	Limit   int    // products of a page, 1 to MaxFound
	Cursor  string // Next of the page before; "" is the first page
}

// Found is a page of products.
type Found struct {
	Products []Product
	// Next is the cursor of the next page; "" on the last. A page may have
	// fewer products than asked for, or none, and a next one all the same.
	Next string
}

// Product is a product with its variants, at least one. A search gives the
// variants that fit best and pass its filters, the best first.
type Product struct {
	ID       string
	Variants []Item
}
