package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/catalog"
)

// filling is a page while it is filled.
type filling struct {
	*searching
	found  catalog.Found
	looked int // hits that were looked at
}

func (f *filling) full() bool {
	return len(f.found.Products) >= f.plan.Limit || f.looked >= maxLooked
}

// fill reads the variants of products until the page is full or the hits end.
func (f *filling) fill(hits []*hit) error {
	for len(hits) > 0 && !f.full() {
		next := hits[:min(len(hits), f.plan.Limit-len(f.found.Products))]
		ids := make([]string, len(next))
		for i, h := range next {
			ids[i] = h.productID
		}
		variants, err := f.variants(ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if fit := f.best(variants[id]); len(fit) > 0 {
				f.found.Products = append(f.found.Products, catalog.Product{ID: id, Variants: fit})
			}
		}
		f.looked += len(next)
		hits = hits[len(next):]
	}
	return nil
}

// best gives the variants that have the most words of the query and pass its
// filters, those in stock first, then the cheaper ones.
func (f *filling) best(variants []catalog.Item) []catalog.Item {
	var fit []catalog.Item
	most := 0
	for i := range variants {
		it := &variants[i]
		if !f.plan.fits(it) {
			continue
		}
		n := 0
		if len(variants) > 1 && len(f.plan.terms) > 0 {
			n = f.plan.fit(it)
		}
		if n > most {
			fit, most = fit[:0], n
		}
		if n == most {
			fit = append(fit, *it)
		}
	}
	slices.SortFunc(fit, func(a, b catalog.Item) int {
		return cmp.Or(cmp.Compare(bit(b.Available() > 0), bit(a.Available() > 0)), cmp.Compare(a.Price, b.Price), cmp.Compare(a.ID, b.ID))
	})
	return fit
}

// variants reads the variants for sale of products, by product.
func (s *searching) variants(ids []string) (map[string][]catalog.Item, error) {
	n := 1
	for n < len(ids) {
		n *= 2
	}
	args := make([]any, 0, n+3)
	revision := int64(anyRevision)
	if s.remembered {
		revision = s.revision
	}
	args = append(args, s.merchantID, s.generation, revision)
	for i := range n {
		if i < len(ids) {
			args = append(args, ids[i])
		} else {
			args = append(args, "") // no product has this id
		}
	}
	found := make(map[string][]catalog.Item, len(ids))
	err := s.read(s.store.sql.variants(n), args, func(row Row) error {
		it, err := scanItem(row, &s.store.docs)
		if err == nil {
			found[productOf(it)] = append(found[productOf(it)], *it)
		}
		return err
	})
	s.fresh = err == nil && len(found) > 0 // or there would be no variants
	return found, err
}

func variantsText(n int) string {
	lookups := make([]string, n)
	for i := range lookups {
		lookups[i] = fmt.Sprintf(lookUpVariants, i+4, catalog.MaxVariantsFound, i+1)
	}
	return soldVariants + strings.Join(lookups, "\nUNION ALL\n")
}
