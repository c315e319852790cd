package store

import (
	"slices"
	"strings"

	"github.com/checkstand/checkstand/catalog"
)

// flush begins to write the buffered items, once those before them are written.
func (im *Import) flush() error {
	if err := im.settle(); err != nil || len(im.rows) == 0 {
		return err
	}
	batch, done := im.rows, make(chan error, 1)
	im.rows, im.writing = make([]pendingItem, 0, len(batch)), done
	clear(im.index)
	go func() { done <- im.write(batch) }()
	return nil
}

// settle waits for the batch that is being written.
func (im *Import) settle() error {
	if im.writing == nil {
		return nil
	}
	err := <-im.writing
	im.writing = nil
	return err
}

// write writes items, and what they change in the index, in one transaction.
func (im *Import) write(pending []pendingItem) error {
	// In the order in which sales lock them; see Tx.writes.
	slices.SortFunc(pending, func(a, b pendingItem) int { return strings.Compare(a.item.ID, b.item.ID) })
	rows, batch := make([][]any, len(pending)), make([]*catalog.Item, len(pending))
	for i, p := range pending {
		rows[i], batch[i] = p.row, p.item
	}
	items := im.s.engine.Dialect().Bulk(Bulk{Insert: itemInsert, Types: itemTypes, Conflict: itemConflict, Rows: rows, What: "import items"})
	var past [][]any
	if !im.replace {
		var err error
		if past, err = im.pricesBefore(batch); err != nil {
			return err
		}
	}
	var counts map[string]wordCount
	err := im.commit(func() ([]Op, error) {
		x := &indexing{s: im.s, ctx: im.ctx, merchantID: im.merchantID, generation: im.generation, seen: im.seen, counts: map[string]wordCount{}}
		index, err := x.ops(batch)
		if err != nil {
			return nil, err
		}
		if counts = x.counts; !im.replace {
			index = append(index, x.wordOps()...)
		}
		return slices.Concat([]Op{im.hold()}, im.keepPrices(past), items, index), nil
	})
	if err != nil {
		return err
	}
	im.written += int64(len(pending))
	if !im.replace {
		return nil
	}
	for _, it := range batch {
		im.seen.add(it.ID)
		im.seen.add(productOf(it))
	}
	for w, n := range counts {
		sum := im.words[w]
		sum.heads, sum.texts = sum.heads+n.heads, sum.texts+n.texts
		im.words[w] = sum
	}
	if len(im.words) >= maxWordsHeld {
		return im.flushWords()
	}
	return nil
}

// flushWords writes the counts of words that a replacing import holds. Nobody
// reads them before the catalogue is switched.
func (im *Import) flushWords() error {
	x := &indexing{s: im.s, counts: im.words}
	err := im.commit(func() ([]Op, error) {
		var docs, revision int64
		_, err := im.s.row(im.ctx, selectScope, []any{im.merchantID, im.generation}, &x.scope, &docs, &revision)
		return append([]Op{im.hold()}, x.wordOps()...), err
	})
	if err == nil {
		clear(im.words)
	}
	return err
}

// hold is the operation that makes a batch fail when its generation is no
// longer the one to write.
func (im *Import) hold() Op {
	if im.replace {
		return Op{SQL: keepBuilding, Args: []any{im.merchantID, im.generation, im.idleEnd()}, Guard: true, What: "hold generation"}
	}
	return Op{SQL: holdGeneration, Args: []any{im.merchantID, im.generation}, Guard: true, What: "hold generation"}
}
