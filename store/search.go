package store

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/checkstand/checkstand/catalog"
)

// Bounds of the work of one search. A word that half of a large catalogue has
// costs no more than another.
const (
	// walkPage is how many products are read at a time where they are looked
	// through in their order, and maxWalked how many at most; the page ends
	// there, and the next one goes on.
	walkPage  = 250
	maxWalked = 8000
	// maxLooked is how many products with their variants a page reads; those
	// that turn out to be sold out make it shorter.
	maxLooked = 200
	// searchTries is how often a search begins again because the catalogue was
	// replaced meanwhile.
	searchTries = 20
)

const (
	hitColumns = `doc, product_id, price_from, price_to, stocked, head`

	walkByID = `SELECT ` + hitColumns + ` FROM search_product WHERE scope = $1 AND product_id > $2 ORDER BY product_id LIMIT $3`

	walkUp = `SELECT ` + hitColumns + ` FROM search_product WHERE scope = $1 AND (price_from, product_id) > ($2, $3)
ORDER BY price_from, product_id LIMIT $4`

	walkDown = `SELECT ` + hitColumns + ` FROM search_product WHERE scope = $1 AND (price_from, product_id) < ($2, $3)
ORDER BY price_from DESC, product_id DESC LIMIT $4`

	// The variants of one product, which have to be of the catalogue that is
	// sold while they are read, and its index at the revision of what is
	// remembered of it.
	lookUpVariants = `SELECT * FROM (SELECT ` + itemColumns + ` FROM item
WHERE merchant_id = $1 AND generation = $2 AND generation = (SELECT generation FROM sold) AND product_id = $%d AND hidden = 0 AND sellable = 1
ORDER BY id LIMIT %d) v%d`
)

// soldVariants begins the statement for the variants of several products.
const soldVariants = `WITH sold AS MATERIALIZED (SELECT c.generation FROM catalogue c
LEFT JOIN search_scope s ON s.merchant_id = c.merchant_id AND s.generation = c.generation
WHERE c.merchant_id = $1 AND (s.revision = CAST($3 AS BIGINT) OR CAST($3 AS BIGINT) = -1))
`

// anyRevision is that of an index of which nothing is remembered.
const anyRevision = -1

// searching is one try of a search.
type searching struct {
	store      *Store
	ctx        context.Context
	merchantID string
	plan       *searchPlan

	soldScope
	counts map[string]wordCount // of the words in question
	// remembered is set when the ranking was not read now. It holds for its
	// revision of the index alone.
	remembered bool
	// fresh is set while the last read has shown that the catalogue is sold, and
	// that what was remembered still holds.
	fresh bool
}

// Search returns a page of the products of a merchant that fit a query. An
// error is catalog.ErrCursor, tells of a Limit or Sort that there is not, or is
// one of the database.
//
// Products are found by words of their titles, options, brands, categories,
// tags, numbers and descriptions, and ranked in that order of weight. Up to
// catalog.MaxRanked matches are all ranked. Of more, those with the words in
// their titles count first, then those with words in their titles that begin
// with the last one, and then any, each in the order of import. By price, and
// without words, there is no such end: products are looked through in their
// order, where words count in titles, brands and categories.
func (s *Store) Search(ctx context.Context, merchantID string, q catalog.Query) (catalog.Found, error) {
	plan, err := planSearch(merchantID, q)
	if err != nil {
		return catalog.Found{}, err
	}
	for range searchTries {
		try := &searching{store: s, ctx: ctx, merchantID: merchantID, plan: plan}
		var found bool
		if try.soldScope, found, err = s.soldScope(ctx, merchantID); err != nil || !found {
			return catalog.Found{}, err
		}
		page, err := try.page()
		if err != nil || try.fresh {
			return page, err
		}
		// What is sold now was sold all the time: a catalogue that was replaced
		// does not come back. Only then was nothing swept under the search.
		var sold soldScope
		if found, err := s.row(ctx, selectSoldScope, []any{merchantID}, &sold.scope, &sold.generation, &sold.revision); err != nil || found && try.holds(sold) {
			return page, err
		}
		s.scopes.Delete(merchantID)
	}
	return catalog.Found{}, fmt.Errorf("store: the catalogue of %s was replaced %d times during a search", merchantID, searchTries)
}

// holds reports whether what was found is what is in the catalogue that is
// sold now.
func (s *searching) holds(sold soldScope) bool {
	return s.generation == sold.generation && (!s.remembered || s.revision == sold.revision)
}

// Product returns the product with an id, or that an item with the id is a
// variant of, with up to catalog.MaxVariantsFound of its variants for sale, in
// the order of their ids; catalog.ErrNotFound when there is none.
func (s *Store) Product(ctx context.Context, merchantID, id string) (catalog.Product, error) {
	var generation int64
	if _, err := s.row(ctx, selectGeneration, []any{merchantID}, &generation); err != nil {
		return catalog.Product{}, err
	}
	items, err := s.Reader(ctx).Items(merchantID, []string{id})
	if err != nil {
		return catalog.Product{}, err
	}
	ids := []string{id}
	if it := items[id]; it != nil {
		ids[0] = productOf(it)
	}
	at := searching{store: s, ctx: ctx, merchantID: merchantID, soldScope: soldScope{generation: generation}}
	variants, err := at.variants(ids)
	if err != nil {
		return catalog.Product{}, err
	}
	if len(variants[ids[0]]) == 0 {
		return catalog.Product{}, catalog.ErrNotFound
	}
	return catalog.Product{ID: ids[0], Variants: variants[ids[0]]}, nil
}

// page makes the page.
func (s *searching) page() (catalog.Found, error) {
	from, started, err := s.plan.start()
	if err != nil {
		return catalog.Found{}, err
	}
	hits, ranked, err := s.ranked()
	if err != nil {
		return catalog.Found{}, err
	}
	if !ranked {
		return s.walk(from, started)
	}
	if started {
		hits = hits[sort.Search(len(hits), func(i int) bool { return s.plan.before(from, hits[i].place) }):]
	}
	f := filling{searching: s}
	if err := f.fill(hits); err != nil {
		return catalog.Found{}, err
	}
	if f.looked < len(hits) {
		f.found.Next = s.plan.cursor(hits[f.looked-1].place)
	}
	return f.found, nil
}

// ranked gives the products that match, in their order. Without that, there
// are too many to be ranked, and they can be looked through instead.
func (s *searching) ranked() (hits []*hit, ranked bool, err error) {
	key := rankingKey{s.soldScope, s.plan.sum()}
	if known := s.store.rankings.find(key); known != nil {
		for i := range s.plan.terms {
			s.plan.terms[i].completions = known.completions[i]
		}
		s.remembered = true
		return known.hits, true, nil
	}
	if err := s.complete(); err != nil {
		return nil, false, err
	}
	found, all, err := s.gather()
	if err != nil || !all && (len(s.plan.terms) == 0 || s.plan.Sort != catalog.ByRelevance) {
		return nil, false, err
	}
	for _, h := range found {
		if h.key = s.plan.keyOf(h); s.plan.passes(h) {
			hits = append(hits, h)
		}
		h.lines = [headLines]string{} // they were for its score
	}
	slices.SortFunc(hits, s.compare)
	made := &ranking{hits: hits, completions: make([][]string, len(s.plan.terms))}
	for i := range s.plan.terms {
		made.completions[i] = s.plan.terms[i].completions
	}
	s.store.rankings.keep(key, made)
	return hits, true, nil
}

func (s *searching) compare(a, b *hit) int {
	switch {
	case s.plan.before(a.place, b.place):
		return -1
	case s.plan.before(b.place, a.place):
		return 1
	}
	return 0
}

// The tiers in which a search looks for its words, when there are too many
// matches to rank them all.
var (
	anywhere      = tier{text: true, complete: true}
	inTitles      = tier{}
	beginInTitles = tier{complete: true}
)

// gather asks the index. all reports whether hits are all that match; a query
// without any condition of words or prices has no hits, and not all. For an
// order in which the products can be looked through there are either all hits
// or none.
func (s *searching) gather() (hits []*hit, all bool, err error) {
	every, few := s.plan.groups(s.scope, anywhere, s.counts)
	switch {
	case len(every) == 0:
		return nil, false, nil
	case slices.ContainsFunc(every, none):
		return nil, true, nil
	}
	if len(s.plan.terms) == 0 || s.plan.Sort != catalog.ByRelevance {
		var n int64
		sql, args := s.store.engine.Dialect().Search.Count(every, catalog.MaxRanked, few)
		if err := s.read(sql, args, func(row Row) error { return row.Scan(&n) }); err != nil || n == catalog.MaxRanked {
			return nil, false, err
		}
		hits, err = s.match(anywhere)
		return hits, true, err
	}
	// A rare word is looked for once, and not in titles first.
	if few < catalog.MaxRanked {
		if hits, err = s.match(anywhere); err != nil || len(hits) < catalog.MaxRanked {
			return hits, err == nil, err
		}
	}
	best, err := s.match(inTitles)
	if err != nil || len(best) == catalog.MaxRanked {
		return best, false, err
	}
	if hits, err = s.match(anywhere); err != nil || len(hits) < catalog.MaxRanked {
		return hits, err == nil, err
	}
	begun, err := s.match(beginInTitles)
	if err != nil {
		return nil, false, err
	}
	known := make(map[int64]bool, catalog.MaxRanked)
	for _, h := range best {
		known[h.doc] = true
	}
	for _, h := range slices.Concat(begun, hits) {
		if !known[h.doc] && len(best) < catalog.MaxRanked {
			known[h.doc] = true
			best = append(best, h)
		}
	}
	return best, false, nil
}

func none(group []string) bool { return len(group) == 0 }

func (s *searching) match(t tier) (hits []*hit, err error) {
	groups, few := s.plan.groups(s.scope, t, s.counts)
	if slices.ContainsFunc(groups, none) {
		return nil, nil
	}
	sql, args := s.store.engine.Dialect().Search.Match(groups, catalog.MaxRanked, few)
	err = s.read(sql, args, func(row Row) error {
		h, err := scanHit(row)
		hits = append(hits, h)
		return err
	})
	return hits, err
}

// walk looks through the products in the order of the search.
func (s *searching) walk(from place, started bool) (catalog.Found, error) {
	f := filling{searching: s}
	if !started && s.plan.Sort == catalog.DearFirst {
		from = place{key: 1 << 62}
	}
	if !started && s.plan.Sort == catalog.CheapFirst {
		from = place{key: -1}
	}
	for walked := 0; ; {
		rows, err := s.walkFrom(from)
		if err != nil {
			return catalog.Found{}, err
		}
		if len(rows) == 0 {
			return f.found, nil
		}
		walked += len(rows)
		var kept []*hit
		for _, h := range rows {
			h.key = s.plan.keyOf(h)
			if s.plan.passes(h) && s.plan.inHead(h) {
				kept = append(kept, h)
			}
		}
		before := f.looked
		if err := f.fill(kept); err != nil {
			return catalog.Found{}, err
		}
		if done := f.looked - before; done < len(kept) {
			f.found.Next = s.plan.cursor(kept[done-1].place)
			return f.found, nil
		}
		from = rows[len(rows)-1].place
		if walked >= maxWalked || f.full() {
			f.found.Next = s.plan.cursor(from)
			return f.found, nil
		}
	}
}

func (s *searching) walkFrom(from place) (rows []*hit, err error) {
	sql, args := walkByID, []any{s.scope, from.productID, int64(walkPage)}
	if s.plan.Sort != catalog.ByRelevance {
		sql, args = walkUp, []any{s.scope, from.key, from.productID, int64(walkPage)}
		if s.plan.Sort == catalog.DearFirst {
			sql = walkDown
		}
	}
	err = s.read(sql, args, func(row Row) error {
		h, err := scanHit(row)
		rows = append(rows, h)
		return err
	})
	return rows, err
}
