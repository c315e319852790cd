package store

import (
	"bytes"
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
	// Words are what the engine finds the product by, with spaces between:
	// letters and digits, none twice.
	Words string
	Print int64 // a digest of Head and Words
	// New says that there is no document with this number.
	New bool
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
	texts []string // the last that were cut into words; variants mostly say the same again
}

const textsKept = 8

func (s *wordSet) reset() {
	clear(s.seen)
	s.list, s.texts = s.list[:0], s.texts[:0]
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

// describer makes documents. It is for one goroutine.
type describer struct {
	titles, brands, categories, text, prices, elsewhere wordSet

	scratch, title []string
	buffer         []byte
}

func (b *describer) addText(set *wordSet, text string) {
	if text == "" || slices.Contains(set.texts, text) {
		return
	}
	if len(set.texts) < textsKept {
		set.texts = append(set.texts, text)
	}
	b.scratch = cutWords(b.scratch[:0], fold(text), true)
	set.add(b.scratch...)
}

// describe makes the document of a product of its variants for sale, at least
// one, in the order of their ids. It leaves Doc and New to the caller.
func (b *describer) describe(scope int64, productID string, items []*catalog.Item) SearchDoc {
	for _, set := range []*wordSet{&b.titles, &b.brands, &b.categories, &b.text, &b.prices, &b.elsewhere} {
		set.reset()
	}
	first := items[0]
	d := SearchDoc{Scope: scope, ProductID: productID, PriceFrom: first.Price, PriceTo: first.Price}
	b.title = cutWords(b.title[:0], fold(first.ProductTitle), true)
	if len(b.title) == 0 {
		b.title = cutWords(b.title, fold(first.Title), true)
	}
	b.titles.add(b.title...)
	own := len(b.titles.list)
	for _, it := range items {
		d.PriceFrom, d.PriceTo = min(d.PriceFrom, it.Price), max(d.PriceTo, it.Price)
		// Reservations come and go without the index.
		if !it.Tracked || it.Backorder || it.Stock > 0 {
			d.Stocked = 1
		}
		b.prices.add(strconv.Itoa(priceStep(it.Price)))
		b.addText(&b.titles, it.Title)
		b.addText(&b.titles, it.ProductTitle)
		for _, o := range it.Options {
			b.addText(&b.titles, o.Value)
		}
		b.addText(&b.brands, it.Brand)
		for _, c := range it.Categories {
			b.addText(&b.categories, c)
		}
		b.addText(&b.text, it.SKU)
		b.addText(&b.text, it.GTIN)
		b.addText(&b.text, it.MPN)
		for _, t := range it.Tags {
			b.addText(&b.text, t)
		}
		for _, a := range it.Attributes {
			b.addText(&b.text, a.Value)
		}
	}
	for i := 0; i < len(items) && len(b.text.list) < maxTextWords; i++ {
		b.addText(&b.text, items[i].Description)
	}
	b.text.list = b.text.list[:min(len(b.text.list), maxTextWords)]
	d.Head = b.head(own)
	d.Words = b.words(scope)
	b.buffer = append(append(b.buffer[:0], d.Head...), d.Words...)
	sum := sha256.Sum256(b.buffer)
	d.Print = int64(binary.BigEndian.Uint64(sum[:]))
	return d
}

// words gives the words of the last product as the engine has them.
func (b *describer) words(scope int64) string {
	out := b.buffer[:0]
	prefix := strconv.FormatInt(scope, 10)
	add := func(kind string, list []string) {
		for _, w := range list {
			out = append(out, prefix...)
			out = append(out, kind...)
			out = append(out, w...)
			out = append(out, ' ')
		}
	}
	add(titleWord, b.titles.list)
	add(brandWord, b.brands.list)
	add(categoryWord, b.categories.list)
	add(priceWord, b.prices.list)
	for _, set := range []*wordSet{&b.brands, &b.categories, &b.text} {
		for _, w := range set.list {
			if !b.titles.seen[w] {
				b.elsewhere.add(w)
			}
		}
	}
	add(textWord, b.elsewhere.list)
	b.buffer = out
	return string(bytes.TrimSuffix(out, []byte{' '}))
}

// head gives the head of the last product, whose own title has the first words
// of the titles.
func (b *describer) head(own int) string {
	out := b.buffer[:0]
	line := func(list []string, limit int) {
		out = append(out, ' ')
		for _, w := range list[:min(len(list), limit)] {
			out = append(out, w...)
			out = append(out, ' ')
		}
	}
	line(b.title, headTitle)
	out = append(out, '\n')
	line(b.titles.list[own:], headTitle)
	out = append(out, '\n')
	line(b.brands.list, headBrand)
	out = append(out, '\n')
	line(b.categories.list, headCategory)
	b.buffer = out
	return string(out)
}

// wordCount is about how many products have a word: in title, brand or
// category, and in other texts alone. A product that changes is counted again.
type wordCount struct{ heads, texts int64 }

const digits = "0123456789"

// count adds the words of the last product. Of other texts those with digits
// are left out: most of them are numbers of one product.
func (b *describer) count(counts map[string]wordCount) {
	for _, set := range []*wordSet{&b.titles, &b.brands, &b.categories} {
		for _, w := range set.list {
			n := counts[w]
			n.heads++
			counts[w] = n
		}
	}
	for _, w := range b.elsewhere.list {
		if !b.brands.seen[w] && !b.categories.seen[w] && !strings.ContainsAny(w, digits) {
			n := counts[w]
			n.texts++
			counts[w] = n
		}
	}
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
