package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/checkstand/checkstand/catalog"
)

// Limits of an import.
const (
	// ImportBatch is how many items are written in one transaction; checkouts
	// are served between them.
	ImportBatch = 2000
	// ImportIdle is how long an import that replaces a catalogue may pause
	// before what it wrote is taken for abandoned and swept.
	ImportIdle = time.Hour
	// analyzeFrom is how many items make an import large.
	analyzeFrom = 10_000
	// MaxItemID is the length limit of an item id in bytes.
	MaxItemID = 255
)

// Errors of an import.
var (
	// ErrCatalogueReplaced is returned when another import replaced the
	// catalogue meanwhile; run the import again.
	ErrCatalogueReplaced = errors.New("the catalogue was replaced by another import meanwhile; run this one again")
	// ErrImportAbandoned is returned when the import paused for longer than
	// ImportIdle, so that what it had written was swept.
	ErrImportAbandoned = errors.New("the import paused for too long and what it wrote was removed; run it again")
	// ErrImportEnded is returned by the methods of an import after Commit or
	// Abort, or after an error of an earlier call.
	ErrImportEnded = errors.New("the import has ended")
)

const (
	itemInsert = `INSERT INTO item (merchant_id, generation, id, product_id, price, currency, tracked, stock, reserved, backorder, sellable, hidden, doc, counted_by)`

	// An import never touches what payments in flight hold.
	itemConflict = `ON CONFLICT (merchant_id, generation, id) DO UPDATE SET product_id = excluded.product_id, price = excluded.price,
currency = excluded.currency, tracked = excluded.tracked, stock = excluded.stock, backorder = excluded.backorder,
sellable = excluded.sellable, hidden = excluded.hidden, doc = excluded.doc, counted_by = excluded.counted_by`

	openCatalogue = `INSERT INTO catalogue (merchant_id, generation, newest) VALUES ($1, 1, 1) ON CONFLICT (merchant_id) DO NOTHING`

	// Every import draws a number, which those that replace take for their
	// generation.
	nextGeneration = `UPDATE catalogue SET newest = newest + 1 WHERE merchant_id = $1 RETURNING generation, newest`

	selectGeneration = `SELECT generation FROM catalogue WHERE merchant_id = $1`

	// Changing nothing, it holds the generation until the commit without
	// keeping checkouts from reserving.
	holdGeneration = `UPDATE catalogue SET generation = generation WHERE merchant_id = $1 AND generation = $2`

	switchGeneration = `UPDATE catalogue SET generation = $3 WHERE merchant_id = $1 AND generation = $2`

	// What is reserved goes with the item; an item that is gone from the shop
	// stays hidden until its reservations are settled.
	carryReserved = `INSERT INTO item (merchant_id, generation, id, product_id, price, currency, tracked, stock, reserved, backorder, sellable, hidden, doc, counted_by)
SELECT merchant_id, CAST($3 AS BIGINT), id, product_id, price, currency, tracked, stock, reserved, backorder, 0, 1, doc, counted_by
FROM item WHERE merchant_id = $1 AND generation = $2 AND reserved > 0
ON CONFLICT (merchant_id, generation, id) DO UPDATE SET reserved = excluded.reserved`

	countRemoved = `SELECT count(*) FROM item o WHERE o.merchant_id = $1 AND o.generation = $2 AND o.hidden = 0
AND NOT EXISTS (SELECT 1 FROM item n WHERE n.merchant_id = $1 AND n.generation = $3 AND n.id = o.id)`

	countGeneration = `SELECT count(*) FROM item WHERE merchant_id = $1 AND generation = $2 AND hidden = 0`

	discardAfter = `INSERT INTO stale_generation (merchant_id, generation, sweep_after) VALUES ($1, $2, $3)`

	keepBuilding = `UPDATE stale_generation SET sweep_after = $3 WHERE merchant_id = $1 AND generation = $2`

	selectBuilding = `SELECT generation FROM stale_generation WHERE merchant_id = $1 AND generation = $2`

	keepGeneration = `DELETE FROM stale_generation WHERE merchant_id = $1 AND generation = $2`
)

var itemTypes = []string{"text", "bigint", "text", "text", "bigint", "text", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "text", "bigint"}

// ImportOptions say what an import does to the catalogue.
type ImportOptions struct {
	// Replace makes the imported items the whole catalogue, in one step at
	// Commit; until then buyers see the old one. Without it, items are added
	// and changed as they come, and none is removed.
	Replace bool
}

// ImportResult tells what an import did.
type ImportResult struct {
	Written int64 // items added or changed
	Removed int64 // items that are sold no longer
}

// Import writes a catalogue. It is for one goroutine.
type Import struct {
	s          *Store
	ctx        context.Context
	merchantID string
	replace    bool
	old        int64 // the generation that is sold while the import runs
	generation int64 // the one that is written
	number     int64 // of this import; no other one of the merchant has it
	rows       []pendingItem
	index      map[string]int       // item id -> its place in rows
	seen       *seenIDs             // what an import that replaces has written
	words      map[string]wordCount // counts of words that are not written yet
	written    int64
	err        error

	// writing is where the outcome of the batch comes that is being written
	// while the next one is collected; nil when there is none. Until then seen,
	// words and written are that batch's.
	writing chan error
}

// pendingItem is an item and its row.
type pendingItem struct {
	item *catalog.Item
	row  []any
}

// Import begins to write the catalogue of a merchant. The import ends with
// Commit or Abort. ctx holds for all of it.
func (s *Store) Import(ctx context.Context, merchantID string, opts ImportOptions) (*Import, error) {
	if merchantID == "" {
		return nil, errNoMerchant
	}
	im := &Import{s: s, ctx: ctx, merchantID: merchantID, replace: opts.Replace, index: map[string]int{}, words: map[string]wordCount{}}
	if err := s.commit(ctx, Op{SQL: openCatalogue, Args: []any{merchantID}, What: "open catalogue"}); err != nil {
		return nil, err
	}
	err := s.commit(ctx, Op{SQL: nextGeneration, Args: []any{merchantID}, What: "number the import",
		Each: func(row Row) error { return row.Scan(&im.generation, &im.number) }})
	if err != nil {
		return nil, err
	}
	if !opts.Replace {
		return im, s.commit(ctx, im.openScope())
	}
	im.seen = newSeenIDs()
	im.old, im.generation = im.generation, im.number
	return im, s.commit(ctx, Op{SQL: discardAfter, Args: []any{merchantID, im.generation, im.idleEnd()}, What: "open generation"}, im.openScope())
}

func (im *Import) openScope() Op {
	return Op{SQL: openScope, Args: []any{im.merchantID, im.generation}, What: "open index"}
}

func (im *Import) idleEnd() int64 { return millis(im.s.clock().Add(ImportIdle)) }

// Put adds items. They are written in batches, while the next ones come; of two
// items with one id the later one counts. Their lists must not change any more. An
// error may be of items that an earlier call was given. It names the item and its field, or is
// ErrCatalogueReplaced, ErrImportAbandoned, ErrImportEnded or one of the database; the import has
// ended then.
func (im *Import) Put(items ...catalog.Item) error {
	if im.err != nil {
		return im.err
	}
	for i := range items {
		if err := im.put(&items[i]); err != nil {
			return im.end(err)
		}
	}
	return nil
}

func (im *Import) put(it *catalog.Item) error {
	if err := checkItem(it); err != nil {
		return err
	}
	doc, err := encode("item "+it.ID, it)
	if err != nil {
		return err
	}
	own := *it
	next := pendingItem{&own, []any{im.merchantID, im.generation, it.ID, productOf(it), it.Price, it.Currency, bit(it.Tracked), it.Stock,
		int64(0), bit(it.Backorder), bit(forSale(it)), int64(0), doc, im.number}}
	if at, ok := im.index[it.ID]; ok {
		im.rows[at] = next
		return nil
	}
	im.index[it.ID] = len(im.rows)
	im.rows = append(im.rows, next)
	if len(im.rows) == ImportBatch {
		return im.flush()
	}
	return nil
}

// checkItem refuses what the store could not keep its promises about; whether
// an item makes sense for a shop is for package feed.
func checkItem(it *catalog.Item) error {
	switch {
	case it.ID == "" || len(it.ID) > MaxItemID:
		return fmt.Errorf("item %.40q: id: give 1 to %d bytes", it.ID, MaxItemID)
	case strings.ContainsRune(it.ID+it.ProductID+it.Currency, 0):
		return fmt.Errorf("item %q: id, product_id, currency: a NUL character cannot be stored", it.ID)
	case it.Price < 0:
		return fmt.Errorf("item %q: price: %d is negative", it.ID, it.Price)
	case it.Stock < 0 || it.Stock >= catalog.Unlimited:
		return fmt.Errorf("item %q: stock: %d is not between 0 and %d", it.ID, it.Stock, catalog.Unlimited-1)
	}
	return nil
}

// commit makes operations and runs them until they are written or the
// generation is gone.
func (im *Import) commit(make func() ([]Op, error)) error {
	return im.s.repeat(im.ctx, func(run int) error {
		if run > 0 {
			if err := im.current(); err != nil {
				return final{err}
			}
		}
		ops, err := make()
		if err != nil {
			return err
		}
		err = im.s.engine.Commit(im.ctx, ops)
		im.s.recent.forgetAll()
		return err
	})
}

// current returns ErrCatalogueReplaced when the generation that the import is
// based on is sold no longer, and ErrImportAbandoned when its own is gone.
func (im *Import) current() error {
	base := im.generation
	if im.replace {
		base = im.old
	}
	var sold int64
	if _, err := im.s.row(im.ctx, selectGeneration, []any{im.merchantID}, &sold); err != nil {
		return err
	}
	if sold != base {
		return ErrCatalogueReplaced
	}
	if !im.replace {
		return nil
	}
	found, err := im.s.row(im.ctx, selectBuilding, []any{im.merchantID, im.generation}, &sold)
	if err == nil && !found {
		return ErrImportAbandoned
	}
	return err
}

// Commit writes what is left and, with Replace, puts the new catalogue in the
// place of the old one, whose rows it then removes in small batches. After an
// error that is not about removing old rows nothing was replaced.
func (im *Import) Commit() (ImportResult, error) {
	if im.err != nil {
		return ImportResult{}, im.err
	}
	if err := im.flush(); err != nil {
		return ImportResult{}, im.end(err)
	}
	if err := im.settle(); err != nil {
		return ImportResult{}, im.end(err)
	}
	if len(im.words) > 0 {
		if err := im.flushWords(); err != nil {
			return ImportResult{}, im.end(err)
		}
	}
	if err := im.analyze(); err != nil {
		return ImportResult{}, im.end(err)
	}
	res := ImportResult{Written: im.written}
	if !im.replace {
		im.err = ErrImportEnded
		return res, nil
	}
	ids := []any{im.merchantID, im.old, im.generation}
	if _, err := im.s.row(im.ctx, countRemoved, ids, &res.Removed); err != nil {
		return ImportResult{}, im.end(err)
	}
	if _, err := im.s.row(im.ctx, countGeneration, []any{im.merchantID, im.generation}, &res.Written); err != nil {
		return ImportResult{}, im.end(err)
	}
	if err := im.keepReplaced(); err != nil {
		return ImportResult{}, im.end(err)
	}
	err := im.commit(func() ([]Op, error) {
		return []Op{
			{SQL: switchGeneration, Args: ids, Guard: true, What: "switch catalogue"},
			{SQL: carryReserved, Args: ids, What: "carry reservations"},
			{SQL: keepGeneration, Args: []any{im.merchantID, im.generation}, Guard: true, What: "keep generation"},
			{SQL: discardAfter, Args: []any{im.merchantID, im.old, millis(im.s.clock())}, Guard: true, What: "discard generation"},
		}, nil
	})
	if err != nil {
		return ImportResult{}, im.end(err)
	}
	im.err = ErrImportEnded
	return res, im.s.sweepGeneration(im.ctx, im.merchantID, im.old)
}

// analyze tells the planner about a large import before buyers use it.
func (im *Import) analyze() error {
	text := im.s.engine.Dialect().Analyze
	if text == "" || im.written < analyzeFrom {
		return nil
	}
	return im.s.commit(im.ctx, Op{SQL: text, What: "analyze items"})
}

// Abort drops the import. With Replace the old catalogue stays; without,
// batches that were written already stay. It does nothing after Commit.
func (im *Import) Abort() error {
	if errors.Is(im.err, ErrImportEnded) {
		return nil
	}
	im.err = ErrImportEnded
	// Whether the last batch was written makes no difference to what is dropped.
	_ = im.settle()
	im.rows, im.index, im.words = nil, nil, nil
	if !im.replace {
		return nil
	}
	return im.s.sweepGeneration(im.ctx, im.merchantID, im.generation)
}

// end remembers the first error: an import that failed is not committed by
// mistake.
func (im *Import) end(err error) error {
	im.err = err
	return err
}
