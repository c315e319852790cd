package store

import (
	"context"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
)

const (
	selectPastPrices = `SELECT until, price, currency FROM past_price
WHERE merchant_id = $1 AND item_id = $2 AND until > $3 ORDER BY until`

	insertPastPrice = `INSERT INTO past_price (merchant_id, item_id, until, price, currency)`

	// Two imports in one millisecond, of which the first was never seen.
	samePastPrice = `ON CONFLICT (merchant_id, item_id, until) DO NOTHING`

	// What a new generation of the catalogue is about to change.
	changedPrices = `SELECT o.id, o.price, o.currency FROM item o
JOIN item n ON n.merchant_id = o.merchant_id AND n.generation = $3 AND n.id = o.id AND n.hidden = 0
WHERE o.merchant_id = $1 AND o.generation = $2 AND o.hidden = 0 AND (o.price <> n.price OR o.currency <> n.currency) AND o.id > $4
ORDER BY o.id LIMIT $5`

	sweepPastPrices = `DELETE FROM past_price WHERE (merchant_id, item_id, until) IN (
SELECT merchant_id, item_id, until FROM past_price WHERE until <= $1 ORDER BY until LIMIT $2)`
)

var pastPriceTypes = []string{"text", "text", "bigint", "bigint", "text"}

// PastPrices are the prices of items that were changed since, oldest first, by
// item id.
func (r reader) PastPrices(merchantID string, ids []string, since time.Time) (map[string][]catalog.PastPrice, error) {
	past := make(map[string][]catalog.PastPrice, len(ids))
	for _, id := range ids {
		if _, done := past[id]; done {
			continue
		}
		past[id] = nil
		err := r.s.engine.Query(r.ctx, selectPastPrices, []any{merchantID, id, millis(since)}, func(row Row) error {
			var p catalog.PastPrice
			var until int64
			err := row.Scan(&until, &p.Price, &p.Currency)
			p.Until = timeOf(until)
			past[id] = append(past[id], p)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return past, nil
}

// keepPrices makes the operations that remember what items cost until now.
func (im *Import) keepPrices(rows [][]any) []Op {
	if len(rows) == 0 {
		return nil
	}
	return im.s.engine.Dialect().Bulk(Bulk{Insert: insertPastPrice, Types: pastPriceTypes, Conflict: samePastPrice, Rows: rows, What: "keep past prices"})
}

// pricesBefore are the prices that a batch is about to change in the catalogue
// that is sold.
func (im *Import) pricesBefore(batch []*catalog.Item) (rows [][]any, err error) {
	until := millis(im.s.clock())
	r := reader{s: im.s, ctx: im.ctx}
	for from := 0; from < len(batch); from += MaxItemsAtOnce {
		part := batch[from:min(from+MaxItemsAtOnce, len(batch))]
		ids := make([]string, len(part))
		for i, it := range part {
			ids[i] = it.ID
		}
		before, err := r.Items(im.merchantID, ids)
		if err != nil {
			return nil, err
		}
		for _, it := range part {
			if old := before[it.ID]; old != nil && (old.Price != it.Price || old.Currency != it.Currency) {
				rows = append(rows, []any{im.merchantID, it.ID, until, old.Price, old.Currency})
			}
		}
	}
	return rows, nil
}

// keepReplaced remembers the prices that the switch to a new catalogue is about
// to change, in small batches. Should there be no switch in the end, these were
// the prices until now all the same.
func (im *Import) keepReplaced() error {
	until := millis(im.s.clock())
	for after := ""; ; {
		var rows [][]any
		err := im.s.engine.Query(im.ctx, changedPrices, []any{im.merchantID, im.old, im.generation, after, int64(SweepBatch)}, func(row Row) error {
			var id, currency string
			var price int64
			err := row.Scan(&id, &price, &currency)
			rows = append(rows, []any{im.merchantID, id, until, price, currency})
			after = id
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := im.s.commit(im.ctx, im.keepPrices(rows)...); err != nil {
			return err
		}
		if len(rows) < SweepBatch {
			return nil
		}
	}
}

// sweepPastPrices removes prices that no shop keeps any more.
func (s *Store) sweepPastPrices(ctx context.Context, now time.Time, limit int) (removed int64, err error) {
	err = s.commit(ctx, Op{SQL: sweepPastPrices, Args: []any{millis(now.Add(-checkout.MaxSuggestedPriceWindow)), int64(limit)},
		Affected: &removed, What: "sweep past prices"})
	return removed, err
}
