package store

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/catalog"
)

// maxTextWords is how many different words of a product's descriptions are in
// the index. Those of titles, brands and categories all are.
const maxTextWords = 256

// Bounds of a product's head, in words.
const (
	headTitle    = 64
	headBrand    = 16
	headCategory = 32
)

// SearchDoc is what the index keeps of a product.
type SearchDoc struct {
	Doc       int64 // its number: searchDocs times the scope, and its place in the catalogue
	Scope     int64
	ProductID string
	PriceFrom int64 // of the cheapest and the dearest variant for sale
	PriceTo   int64
	Stocked   int64 // 1: a variant was in stock when it was imported; sales can only take it away
	Head      string
	Words     []string // what the engine finds the product by: letters and digits, none twice
	Print     int64    // a digest of Head and Words

	completions []string // its words that the beginning of a word is completed to
}

// searchDocs is how many products a scope has numbers for.
const searchDocs = 1 << 32

// The kinds of words of an index. A word as the engine has it is the scope's
// number, the kind, and the word.
const (
	titleWord    = "t"
	textWord     = "a" // anywhere but in a title
	brandWord    = "b"
	categoryWord = "c"
	priceWord    = "p"
)

// productOf is the id of an item's product: an item without one is its own.
func productOf(it *catalog.Item) string {
	if it.ProductID == "" {
		return it.ID
	}
	return it.ProductID
}

// forSale reports whether buyers may find an item. What is only out of stock is
// found, and shown as such; what the shop says it does not sell is not.
func forSale(it *catalog.Item) bool {
	return it.Availability != catalog.OutOfStock && it.Availability != catalog.Discontinued
}

// The head of a product is what it is ranked by: the words of its title, those
// that only its variants have, of its brand and its categories, each with
// spaces around them, in four lines.
const (
	titleLine = iota
	variantLine
	brandLine
	categoryLine
	headLines
)

// wordSet collects different words in their order.
type wordSet struct {
	seen  map[string]bool
	list  []string
	texts map[string]bool // that were cut into words already
}

// addText adds the words of a text. Variants mostly say the same again.
func (s *wordSet) addText(text string) {
	if text == "" || s.texts[text] {
		return
	}
	if s.texts == nil {
		s.texts = map[string]bool{}
	}
	s.texts[text] = true
	s.add(words(text)...)
}

func (s *wordSet) add(words ...string) {
	if s.seen == nil {
		s.seen = make(map[string]bool, len(words))
	}
	for _, w := range words {
		if !s.seen[w] {
			s.seen[w] = true
			s.list = append(s.list, w)
		}
	}
}

// describe makes the document of a product of its variants for sale, at least
// one, in the order of their ids. It leaves Doc to the caller.
func describe(scope int64, productID string, items []*catalog.Item) SearchDoc {
	first := items[0]
	d := SearchDoc{Scope: scope, ProductID: productID, PriceFrom: first.Price, PriceTo: first.Price}
	title := words(first.ProductTitle)
	if len(title) == 0 {
		title = words(first.Title)
	}
	var titles, brands, categories, text, prices wordSet
	titles.add(title...)
	own := len(titles.list)
	for _, it := range items {
		d.PriceFrom, d.PriceTo = min(d.PriceFrom, it.Price), max(d.PriceTo, it.Price)
		// Reservations come and go without the index.
		if unreserved := (catalog.Item{Availability: it.Availability, Tracked: it.Tracked, Stock: it.Stock, Backorder: it.Backorder}); unreserved.Available() > 0 {
			d.Stocked = 1
		}
		prices.add(strconv.Itoa(priceStep(it.Price)))
		titles.addText(it.Title)
		titles.addText(it.ProductTitle)
		for _, o := range it.Options {
			titles.addText(o.Value)
		}
	}
	for _, it := range items {
		brands.addText(it.Brand)
		for _, c := range it.Categories {
			categories.addText(c)
		}
		for _, t := range it.Tags {
			text.addText(t)
		}
		text.addText(it.SKU)
		text.addText(it.GTIN)
		text.addText(it.MPN)
		for _, a := range it.Attributes {
			text.addText(a.Value)
		}
	}
	for _, it := range items {
		if len(text.list) < maxTextWords {
			text.addText(it.Description)
		}
	}
	text.list = text.list[:min(len(text.list), maxTextWords)]
	d.Head = headOf(title, titles.list[own:], brands.list, categories.list)
	d.Words = engineWords(scope, &titles, &brands, &categories, &text, &prices)
	d.completions = slices.Concat(titles.list, brands.list, categories.list)
	slices.Sort(d.completions)
	d.completions = slices.Compact(d.completions)
	d.Print = digestOf(d.Head, d.Words)
	return d
}

func engineWords(scope int64, titles, brands, categories, text, prices *wordSet) []string {
	prefix := strconv.FormatInt(scope, 10)
	out := make([]string, 0, len(titles.list)+2*len(brands.list)+2*len(categories.list)+len(text.list)+len(prices.list))
	add := func(kind string, list []string) {
		for _, w := range list {
			out = append(out, prefix+kind+w)
		}
	}
	add(titleWord, titles.list)
	add(brandWord, brands.list)
	add(categoryWord, categories.list)
	add(priceWord, prices.list)
	var elsewhere wordSet
	elsewhere.add(brands.list...)
	elsewhere.add(categories.list...)
	elsewhere.add(text.list...)
	for _, w := range elsewhere.list {
		if !titles.seen[w] {
			out = append(out, prefix+textWord+w)
		}
	}
	return out
}

func headOf(title, variants, brand, category []string) string {
	var b strings.Builder
	line := func(list []string, limit int) {
		b.WriteByte(' ')
		for _, w := range list[:min(len(list), limit)] {
			b.WriteString(w)
			b.WriteByte(' ')
		}
	}
	line(title, headTitle)
	b.WriteByte('\n')
	line(variants, headTitle)
	b.WriteByte('\n')
	line(brand, headBrand)
	b.WriteByte('\n')
	line(category, headCategory)
	return b.String()
}

func digestOf(head string, words []string) int64 {
	h := sha256.New()
	h.Write([]byte(head))
	for _, w := range words {
		h.Write([]byte{0})
		h.Write([]byte(w))
	}
	return int64(binary.BigEndian.Uint64(h.Sum(nil)))
}

// priceStep is the number of the step that a price is on. Two steps double a
// price, so that a range of prices is a few words of the index.
func priceStep(price int64) int {
	if price <= 0 {
		return 0
	}
	n := bits.Len64(uint64(price)) // 2^(n-1) <= price < 2^n
	step := 2*n - 1
	if n > 1 && uint64(price)>>(n-2)&1 == 1 { // at least one and a half times 2^(n-1)
		step++
	}
	return step
}
