package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/checkstand/checkstand/catalog"
)

// SearchDialect is how an engine keeps the index of a search.
type SearchDialect struct {
	// Write makes the operations that write documents over what has their
	// numbers.
	Write func(docs []SearchDoc) []Op
	// Remove makes the operations that remove the documents whose numbers are
	// greater than from and at most to.
	Remove func(from, to int64) []Op
	// Match makes a query for the documents that have, of each group, at least
	// one word: hitColumns of up to limit of them, in the order of their
	// numbers. There is at least one group, and a word in each. few is about
	// how many there are at most; math.MaxInt64 when that is not known.
	Match func(groups [][]string, limit int, few int64) (sql string, args []any)
	// Count makes a query that counts such documents, but not beyond limit.
	Count func(groups [][]string, limit int, few int64) (sql string, args []any)
}

const (
	openScope = `INSERT INTO search_scope (scope, merchant_id, generation, docs, revision, ready)
SELECT coalesce(max(scope), 0) + 1, $1, CAST($2 AS BIGINT), 0, 0,
CASE WHEN EXISTS (SELECT 1 FROM item i WHERE i.merchant_id = $1 AND i.generation = $2) THEN 0 ELSE 1 END
FROM search_scope WHERE 1 = 1 ON CONFLICT (merchant_id, generation) DO NOTHING`

	selectScope = `SELECT scope, docs, revision FROM search_scope WHERE merchant_id = $1 AND generation = $2`

	// Whoever writes to an index has read what is there; one that was written
	// to meanwhile is read again.
	reviseScope = `UPDATE search_scope SET docs = $3, revision = revision + 1 WHERE scope = $1 AND revision = $2`

	scopeIsReady = `UPDATE search_scope SET ready = 1 WHERE merchant_id = $1 AND generation = $2`

	unreadyCatalogues = `SELECT c.merchant_id, c.generation FROM catalogue c WHERE NOT EXISTS (
SELECT 1 FROM search_scope s WHERE s.merchant_id = c.merchant_id AND s.generation = c.generation AND s.ready = 1) ORDER BY c.merchant_id`

	// Lookups of the members of a list, whose table is filled in.
	selectIndexed = `SELECT product_id, doc, price_from, price_to, stocked, print FROM %s CROSS JOIN search_product
WHERE scope = $1 AND product_id = member`

	selectProductIDs = `SELECT id, product_id FROM %s CROSS JOIN item WHERE merchant_id = $1 AND generation = $2 AND id = member`

	selectForSale = `SELECT ` + itemColumns + ` FROM %s CROSS JOIN item
WHERE merchant_id = $1 AND generation = $2 AND product_id = member AND hidden = 0 AND sellable = 1`

	wordInsert   = `INSERT INTO search_word (scope, word, n, texts)`
	wordConflict = `ON CONFLICT (scope, word) DO UPDATE SET n = search_word.n + excluded.n, texts = search_word.texts + excluded.texts`

	// maxWordsHeld is how many words a replacing import counts before it
	// writes the counts down.
	maxWordsHeld = 50_000
)

var wordTypes = []string{"bigint", "text", "bigint", "bigint"}

// indexing is what a batch of items does to the index.
type indexing struct {
	s          *Store
	ctx        context.Context
	merchantID string
	generation int64
	seen       *seenIDs // of a generation that only this import writes; nil reads what there is

	scope, docs, revision int64
	counts                map[string]wordCount // of products that were indexed
	describer
}

// ops gives the operations that bring the index in step with a batch of items,
// which are sorted by id and of which no two have one. They go into the commit
// that writes the items.
func (x *indexing) ops(batch []*catalog.Item) ([]Op, error) {
	found, err := x.s.row(x.ctx, selectScope, []any{x.merchantID, x.generation}, &x.scope, &x.docs, &x.revision)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, Conflict(Op{What: "index items"}) // it was swept; the caller looks why
	}
	products, err := x.touched(batch)
	if err != nil {
		return nil, err
	}
	indexed, err := x.indexed(products.known)
	if err != nil {
		return nil, err
	}
	var docs []SearchDoc
	var removed []int64
	for _, id := range products.order {
		items := products.items[id]
		was, known := indexed[id]
		if len(items) == 0 {
			if known {
				removed = append(removed, was.Doc)
			}
			continue
		}
		slices.SortFunc(items, func(a, b *catalog.Item) int { return cmp.Compare(a.ID, b.ID) })
		d := x.describe(x.scope, id, items)
		d.Doc, d.New = was.Doc, !known
		if !known {
			x.docs++
			d.Doc = x.scope*searchDocs + x.docs
		}
		if known && d.Print == was.Print && d.PriceFrom == was.PriceFrom && d.PriceTo == was.PriceTo && d.Stocked == was.Stocked {
			continue
		}
		if !known || d.Print != was.Print {
			x.count(x.counts)
		}
		docs = append(docs, d)
	}
	if len(docs) == 0 && len(removed) == 0 {
		return nil, nil
	}
	if x.docs >= searchDocs {
		return nil, fmt.Errorf("store: a catalogue of more than %d products cannot be searched", int64(searchDocs))
	}
	dialect := x.s.engine.Dialect().Search
	ops := []Op{{SQL: reviseScope, Args: []any{x.scope, x.revision, x.docs}, Guard: true, What: "index items"}}
	for _, doc := range removed {
		ops = append(ops, dialect.Remove(doc-1, doc)...)
	}
	return append(ops, dialect.Write(docs)...), nil
}

// touchedProducts are the products that a batch changes.
type touchedProducts struct {
	order []string
	items map[string][]*catalog.Item // their variants for sale
	known []string                   // those that may be there already
}

func (x *indexing) touched(batch []*catalog.Item) (*touchedProducts, error) {
	p := &touchedProducts{items: make(map[string][]*catalog.Item, len(batch))}
	inBatch := make(map[string]bool, len(batch))
	var ids []string
	touch := func(id string, maybeThere bool) {
		if _, ok := p.items[id]; !ok {
			p.items[id] = nil
			p.order = append(p.order, id)
			if maybeThere {
				p.known = append(p.known, id)
			}
		}
	}
	for _, it := range batch {
		inBatch[it.ID] = true
		if x.seen == nil || x.seen.maybe(it.ID) {
			ids = append(ids, it.ID)
		}
		id := productOf(it)
		touch(id, x.seen == nil || x.seen.maybe(id))
		if forSale(it) {
			p.items[id] = append(p.items[id], it)
		}
	}
	// Items that were of another product leave it.
	if len(ids) > 0 {
		moved := len(p.order)
		err := x.among(selectProductIDs, []any{x.merchantID, x.generation}, ids, func(row Row) error {
			var id, product string
			err := row.Scan(&id, &product)
			touch(product, true)
			return err
		})
		if err != nil {
			return nil, err
		}
		slices.Sort(p.order[moved:])
	}
	if len(p.known) == 0 {
		return p, nil
	}
	return p, x.among(selectForSale, []any{x.merchantID, x.generation}, p.known, func(row Row) error {
		it, err := scanItem(row, nil)
		if err == nil && !inBatch[it.ID] {
			p.items[productOf(it)] = append(p.items[productOf(it)], it)
		}
		return err
	})
}

// indexed reads what the index has of products.
func (x *indexing) indexed(ids []string) (map[string]SearchDoc, error) {
	known := make(map[string]SearchDoc, len(ids))
	if len(ids) == 0 {
		return known, nil
	}
	return known, x.among(selectIndexed, []any{x.scope}, ids, func(row Row) error {
		var d SearchDoc
		err := row.Scan(&d.ProductID, &d.Doc, &d.PriceFrom, &d.PriceTo, &d.Stocked, &d.Print)
		known[d.ProductID] = d
		return err
	})
}

// among runs a query about the members of a list.
func (x *indexing) among(sql string, args []any, list []string, each func(Row) error) error {
	table, arg := x.s.engine.Dialect().Members(len(args)+1, list)
	return x.s.engine.Query(x.ctx, fmt.Sprintf(sql, table), append(args, arg), each)
}

// wordOps writes the counts of words down.
func (x *indexing) wordOps() []Op {
	if len(x.counts) == 0 {
		return nil
	}
	rows := make([][]any, 0, len(x.counts))
	for w, n := range x.counts {
		rows = append(rows, []any{x.scope, w, n.heads, n.texts})
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[1].(string), b[1].(string)) })
	return x.s.engine.Dialect().Bulk(Bulk{Insert: wordInsert, Types: wordTypes, Conflict: wordConflict, Rows: rows, What: "index words"})
}

// IndexCatalogues builds the index of the catalogues that have none: those of
// before there was a search. It can be cut off and run again, and beside
// imports. The engines' Open calls it.
func (s *Store) IndexCatalogues(ctx context.Context) error {
	type sold struct {
		merchantID string
		generation int64
	}
	var list []sold
	err := s.engine.Query(ctx, unreadyCatalogues, nil, func(row Row) error {
		var c sold
		err := row.Scan(&c.merchantID, &c.generation)
		list = append(list, c)
		return err
	})
	for _, c := range list {
		if err == nil {
			err = s.indexCatalogue(ctx, c.merchantID, c.generation)
		}
	}
	return err
}

func (s *Store) indexCatalogue(ctx context.Context, merchantID string, generation int64) error {
	key := []any{merchantID, generation}
	if err := s.commit(ctx, Op{SQL: openScope, Args: key, What: "open index"}); err != nil {
		return err
	}
	for after := ""; ; {
		page, err := s.ListItems(ctx, merchantID, after, ImportBatch)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return s.commit(ctx, Op{SQL: scopeIsReady, Args: key, What: "end index"})
		}
		after = page[len(page)-1].ID
		batch := make([]*catalog.Item, len(page))
		for i := range page {
			batch[i] = &page[i]
		}
		err = s.repeat(ctx, func(run int) error {
			if run > 0 {
				var sold int64
				if _, err := s.row(ctx, selectGeneration, []any{merchantID}, &sold); err != nil || sold != generation {
					return cmp.Or(err, errReplaced)
				}
			}
			x := &indexing{s: s, ctx: ctx, merchantID: merchantID, generation: generation, counts: map[string]wordCount{}}
			ops, err := x.ops(batch)
			if err != nil || len(ops) == 0 {
				return err
			}
			return s.engine.Commit(ctx, append(ops, x.wordOps()...))
		})
		if errors.Is(err, errReplaced) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// errReplaced ends the indexing of a catalogue that is sold no longer; the one
// in its place came with its index.
var errReplaced = errors.New("the catalogue was replaced")
