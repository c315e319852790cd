package store

import (
	"context"
	"fmt"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/order"
)

// MaxItemsAtOnce is how many ids one Items call may ask for.
const MaxItemsAtOnce = 256

const (
	itemColumns = `id, doc, price, currency, tracked, stock, reserved, backorder, counted_by`

	currentGeneration = `generation = (SELECT generation FROM catalogue WHERE merchant_id = $1)`

	// One lookup by the whole primary key for each id, whatever a planner
	// believes about the size of a catalogue that was imported a moment ago.
	lookUpItem = `SELECT ` + itemColumns + ` FROM item
WHERE merchant_id = $1 AND generation = (SELECT generation FROM sold) AND hidden = 0 AND id = $%d`

	listItems = `SELECT ` + itemColumns + ` FROM item
WHERE merchant_id = $1 AND ` + currentGeneration + ` AND hidden = 0 AND id > $2 ORDER BY id LIMIT $3`

	countItems = `SELECT count(*) FROM item WHERE merchant_id = $1 AND ` + currentGeneration + ` AND hidden = 0`

	// Items that are not counted pass, and stay as they are.
	reserveItem = `UPDATE item SET reserved = CASE WHEN tracked = 1 THEN reserved + $3 ELSE reserved END
WHERE merchant_id = $1 AND id = $2 AND sellable = 1 AND hidden = 0
AND (tracked = 0 OR backorder = 1 OR stock - reserved >= $3)
AND generation = (SELECT generation FROM catalogue WHERE merchant_id = $1`

	releaseItem = `UPDATE item SET reserved = CASE WHEN reserved >= $3 THEN reserved - $3 ELSE 0 END
WHERE merchant_id = $1 AND id = $2 AND tracked = 1
AND generation = (SELECT generation FROM catalogue WHERE merchant_id = $1`

	sellItem = `UPDATE item SET stock = CASE WHEN stock >= $3 THEN stock - $3 ELSE 0 END,
reserved = CASE WHEN reserved >= $3 THEN reserved - $3 ELSE 0 END
WHERE merchant_id = $1 AND id = $2 AND tracked = 1
AND generation = (SELECT generation FROM catalogue WHERE merchant_id = $1`

	sellBeyondItem = `UPDATE item SET stock = stock - $4,
reserved = CASE WHEN reserved >= $3 THEN reserved - $3 ELSE 0 END
WHERE merchant_id = $1 AND id = $2 AND tracked = 1
AND CASE WHEN stock >= $3 THEN $3 ELSE stock END = $4
AND generation = (SELECT generation FROM catalogue WHERE merchant_id = $1`

	restockItem = `UPDATE item SET stock = stock + $3
WHERE merchant_id = $1 AND id = $2 AND tracked = 1 AND counted_by = $4
AND generation = (SELECT generation FROM catalogue WHERE merchant_id = $1`
)

// Items returns those of the items that the merchant sells, by id. Their lists
// are shared and not to be written to.
func (r reader) Items(merchantID string, ids []string) (map[string]*catalog.Item, error) {
	found := make(map[string]*catalog.Item, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	if len(ids) > MaxItemsAtOnce {
		return nil, fmt.Errorf("store: %d items asked for at once; at most %d", len(ids), MaxItemsAtOnce)
	}
	// The list is filled up to a power of two with its last id, so that a few
	// statement texts serve every length.
	n := 1
	for n < len(ids) {
		n *= 2
	}
	args := make([]any, 0, n+1)
	args = append(args, merchantID)
	for i := range n {
		args = append(args, ids[min(i, len(ids)-1)])
	}
	err := r.s.engine.Query(r.ctx, r.s.sql.items(n), args, func(row Row) error {
		it, err := scanItem(row, &r.s.docs)
		if err == nil {
			found[it.ID] = it
		}
		return err
	})
	return found, err
}

// ListItems returns up to limit items of a merchant in the order of their
// ids, from the one that follows after ("" is the beginning).
func (s *Store) ListItems(ctx context.Context, merchantID, after string, limit int) ([]catalog.Item, error) {
	var items []catalog.Item
	err := s.engine.Query(ctx, listItems, []any{merchantID, after, int64(limit)}, func(row Row) error {
		it, err := scanItem(row, nil)
		if err == nil {
			items = append(items, *it)
		}
		return err
	})
	return items, err
}

// CountItems counts the items that a merchant sells.
func (s *Store) CountItems(ctx context.Context, merchantID string) (int64, error) {
	var n int64
	_, err := s.row(ctx, countItems, []any{merchantID}, &n)
	return n, err
}

// scanItem reads itemColumns. The columns win over the document: they are what
// sales and imports change.
func scanItem(row Row, docs *itemDocs) (*catalog.Item, error) {
	var id, doc, currency string
	var price, tracked, stock, reserved, backorder, countedBy int64
	if err := row.Scan(&id, &doc, &price, &currency, &tracked, &stock, &reserved, &backorder, &countedBy); err != nil {
		return nil, err
	}
	it, err := docs.item(id, doc)
	if err != nil {
		return nil, err
	}
	it.ID, it.Price, it.Currency = id, price, currency
	it.Tracked, it.Stock, it.Reserved, it.Backorder = tracked == 1, stock, reserved, backorder == 1
	it.CountedBy = countedBy
	return it, nil
}

// Reserve holds quantity units of an item for a payment; guarded by
// availability. Items that are not counted are left alone.
func (tx *Tx) Reserve(merchantID, itemID string, quantity int64) error {
	return tx.moveStock("reserve", tx.s.sql.reserve, true, merchantID, itemID, quantity)
}

// Release gives a reservation back. It is not guarded: what a catalogue no
// longer counts need not be given back.
func (tx *Tx) Release(merchantID, itemID string, quantity int64) error {
	return tx.moveStock("release", tx.s.sql.release, false, merchantID, itemID, quantity)
}

// Sell turns a reservation into a sale: stock and reservation go down, neither
// below zero. It is not guarded: the money is taken already, and an import may
// have lowered the stock meanwhile.
func (tx *Tx) Sell(merchantID, itemID string, quantity int64) error {
	return tx.moveStock("sell", tx.s.sql.sell, false, merchantID, itemID, quantity)
}

// SellBeyond is Sell of an item that is sold beyond its stock, of which counted
// units come out of the stock and the rest is on backorder; guarded by just so
// many of the quantity being there.
func (tx *Tx) SellBeyond(merchantID, itemID string, quantity, counted int64) error {
	return tx.moveStock("sell", tx.s.sql.sellBeyond, true, merchantID, itemID, quantity, counted)
}

// Restock puts units that were sold back into the stock that they came out of.
// It is not guarded: what a catalogue no longer counts has no stock to come back
// to, and what an import has counted since may have them already.
func (tx *Tx) Restock(merchantID string, u order.Units) error {
	return tx.moveStock("restock", tx.s.sql.restock, false, merchantID, u.ItemID, u.Quantity, u.CountedBy)
}

func (tx *Tx) moveStock(verb, sql string, guard bool, merchantID, itemID string, quantity int64, more ...any) error {
	what := verb + " item " + itemID
	if quantity < 1 || quantity >= catalog.Unlimited {
		return tx.fail(fmt.Errorf("store: %s: quantity must be between 1 and %d; got %d", what, catalog.Unlimited-1, quantity))
	}
	tx.stock = append(tx.stock, stockMove{item: itemKey{merchantID, itemID},
		op: Op{SQL: sql, Args: append([]any{merchantID, itemID, quantity}, more...), Guard: guard, What: what}})
	return nil
}
