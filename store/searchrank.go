package store

import (
	"strings"

	"github.com/checkstand/checkstand/catalog"
)

// hit is a product that the index found.
type hit struct {
	place
	doc                int64
	priceFrom, priceTo int64
	stocked            bool
	lines              [headLines]string
}

func scanHit(row Row) (*hit, error) {
	h := &hit{}
	var stocked int64
	var head string
	if err := row.Scan(&h.doc, &h.productID, &h.priceFrom, &h.priceTo, &stocked, &head); err != nil {
		return nil, err
	}
	h.stocked = stocked == 1
	for i := range h.lines {
		h.lines[i], head, _ = strings.Cut(head, "\n")
	}
	return h, nil
}

// What a word of the query is worth, by where it is; a singular for a plural is
// worth a little less, and the beginning of a word less than that.
var worth = [headLines]int64{titleLine: 80, variantLine: 70, brandLine: 50, categoryLine: 40}

const (
	worthText     = 10 // anywhere else
	lessForForm   = 8
	lessForPrefix = 20
	worthPair     = 15 // two words in their order, side by side
	worthFirst    = 10 // the title begins with the first word
	worthWhole    = 30 // the title is the query
	worthStock    = 60 // it was in stock
	maxTitleLess  = 8  // two words of the title cost one, up to this many
)

// score says how well a product fits the words of a query.
func (p *searchPlan) score(h *hit) int64 {
	var sum int64
	title := h.lines[titleLine]
	for i := range p.terms {
		best := int64(worthText)
		for line, w := range worth {
			if less, ok := p.terms[i].in(h.lines[line], i+1 == len(p.terms)); ok {
				best = max(best, w-less)
			}
		}
		sum += best
		if i > 0 && strings.Contains(title, " "+p.terms[i-1].word+" "+p.terms[i].word+" ") {
			sum += worthPair
		}
	}
	if len(p.terms) > 0 && strings.HasPrefix(title, " "+p.terms[0].word+" ") {
		sum += worthFirst
		if strings.Count(title, " ") == len(p.terms)+1 && sum >= int64(len(p.terms))*worth[titleLine] {
			sum += worthWhole
		}
	}
	if h.stocked {
		sum += worthStock
	}
	return sum - min(int64(strings.Count(title, " "))/2, maxTitleLess)
}

// in reports whether a line has the word, and how much less it is worth.
func (t *term) in(line string, last bool) (less int64, ok bool) {
	if len(line) < 3 {
		return 0, false
	}
	if strings.Contains(line, " "+t.word+" ") {
		return 0, true
	}
	for _, f := range t.forms {
		if strings.Contains(line, " "+f+" ") {
			return lessForForm, true
		}
	}
	if (last && len(t.word) > 1 || singleCharacter(t.word)) && strings.Contains(line, " "+t.word) {
		return lessForPrefix, true
	}
	return 0, false
}

// inHead reports whether title, brand and category have all that is looked for.
func (p *searchPlan) inHead(h *hit) bool {
	for i := range p.terms {
		found := false
		for line := range h.lines {
			if _, ok := p.terms[i].in(h.lines[line], i+1 == len(p.terms)); ok {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return hasAll(h.lines[brandLine], p.brand) && hasAll(h.lines[categoryLine], p.category)
}

func hasAll(line string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(line, " "+w+" ") {
			return false
		}
	}
	return true
}

// passes looks at the filters that are no words, as far as a product tells.
func (p *searchPlan) passes(h *hit) bool {
	return h.priceFrom <= p.high && h.priceTo >= p.low && (h.stocked || !p.InStock)
}

// keyOf is what a product is sorted by.
func (p *searchPlan) keyOf(h *hit) int64 {
	switch {
	case p.Sort != catalog.ByRelevance:
		return h.priceFrom
	case len(p.terms) == 0:
		return 0
	}
	return -p.score(h)
}

// fits reports whether a variant passes the filters now.
func (p *searchPlan) fits(it *catalog.Item) bool {
	return it.Price >= p.low && it.Price <= p.high && (!p.InStock || it.Available() > 0)
}

// fit counts the words of the query that a variant's own title and options
// have.
func (p *searchPlan) fit(it *catalog.Item) (n int) {
	texts := []string{it.Title}
	for _, o := range it.Options {
		texts = append(texts, o.Value)
	}
	line := " " + strings.Join(words(strings.Join(texts, " / ")), " ") + " "
	for i := range p.terms {
		if _, ok := p.terms[i].in(line, i+1 == len(p.terms)); ok {
			n++
		}
	}
	return n
}
