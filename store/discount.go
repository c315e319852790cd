package store

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/order"
)

const (
	selectUses = `SELECT held + used FROM discount_use WHERE merchant_id = $1 AND live = $2 AND discount_id = $3 AND buyer = $4`

	holdUse = `INSERT INTO discount_use (merchant_id, live, discount_id, buyer, held, used) VALUES ($1, $2, $3, $4, 1, 0)
ON CONFLICT (merchant_id, live, discount_id, buyer) DO UPDATE SET held = discount_use.held + 1
WHERE discount_use.held + discount_use.used < $5`

	releaseUse = `UPDATE discount_use SET held = held - 1
WHERE merchant_id = $1 AND live = $2 AND discount_id = $3 AND buyer = $4 AND held > 0`

	spendUse = `UPDATE discount_use SET held = held - 1, used = used + 1
WHERE merchant_id = $1 AND live = $2 AND discount_id = $3 AND buyer = $4 AND held > 0`

	returnUse = `UPDATE discount_use SET used = used - 1
WHERE merchant_id = $1 AND live = $2 AND discount_id = $3 AND buyer = $4 AND used > 0`

	insertDiscounted = `INSERT INTO discount_order (merchant_id, order_id, discount_id, live, buyer, amount, currency, at, given_back)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)`

	giveBackDiscounts = `UPDATE discount_order SET given_back = $3 WHERE merchant_id = $1 AND order_id = $2 AND given_back = 0`
)

// useMove is a write to the count of a discount's uses.
type useMove struct {
	merchantID string
	use        checkout.Use
	op         Op
}

// DiscountUses says how many uses of each are held or made.
func (r reader) DiscountUses(merchantID string, live bool, uses []checkout.Use) (map[checkout.Use]int64, error) {
	counts := make(map[checkout.Use]int64, len(uses))
	for _, u := range uses {
		var n int64
		if _, err := r.s.row(r.ctx, selectUses, []any{merchantID, bit(live), u.DiscountID, u.Buyer}, &n); err != nil {
			return nil, err
		}
		counts[u] = n
	}
	return counts, nil
}

// HoldUse holds one use for a payment; guarded by fewer than limit being held
// or made.
func (tx *Tx) HoldUse(merchantID string, live bool, u checkout.Use, limit int64) error {
	return tx.moveUse("hold", holdUse, true, merchantID, live, u, limit)
}

// ReleaseUse gives a use that is held back.
func (tx *Tx) ReleaseUse(merchantID string, live bool, u checkout.Use) error {
	return tx.moveUse("release", releaseUse, false, merchantID, live, u)
}

// SpendUse makes a use that is held final.
func (tx *Tx) SpendUse(merchantID string, live bool, u checkout.Use) error {
	return tx.moveUse("spend", spendUse, false, merchantID, live, u)
}

// ReturnUse gives a use that was made back.
func (tx *Tx) ReturnUse(merchantID string, live bool, u checkout.Use) error {
	return tx.moveUse("return", returnUse, false, merchantID, live, u)
}

// InsertDiscounted notes that an order was sold with a discount.
func (tx *Tx) InsertDiscounted(d order.Discounted) error {
	what := "insert discount " + d.DiscountID + " of order " + d.OrderID
	if err := tx.needIDs(what, d.MerchantID, d.OrderID); err != nil {
		return err
	}
	tx.insert(what, insertDiscounted, d.MerchantID, d.OrderID, d.DiscountID, bit(d.Live), d.Buyer, d.Amount, d.Currency, millis(d.At))
	return nil
}

// GiveBackDiscounts notes that an order that was sold with discounts was
// canceled.
func (tx *Tx) GiveBackDiscounts(merchantID, orderID string, at time.Time) error {
	what := "give back the discounts of order " + orderID
	if err := tx.needIDs(what, merchantID, orderID); err != nil {
		return err
	}
	tx.add(Op{SQL: giveBackDiscounts, Args: []any{merchantID, orderID, millis(at)}, What: what})
	return nil
}

func (tx *Tx) moveUse(verb, sql string, guard bool, merchantID string, live bool, u checkout.Use, more ...any) error {
	what := verb + " use of discount " + u.DiscountID
	if err := tx.needIDs(what, merchantID, u.DiscountID); err != nil {
		return err
	}
	tx.uses = append(tx.uses, useMove{merchantID, u,
		Op{SQL: sql, Args: append([]any{merchantID, bit(live), u.DiscountID, u.Buyer}, more...), Guard: guard, What: what}})
	return nil
}

// takeUses gives the writes to counts in the order of their rows: like stock,
// popular discounts are locked late and briefly, and two carts with the same
// ones never wait for each other in a circle.
func (tx *Tx) takeUses() []Op {
	slices.SortStableFunc(tx.uses, func(a, b useMove) int {
		return cmp.Or(strings.Compare(a.merchantID, b.merchantID), strings.Compare(a.use.DiscountID, b.use.DiscountID),
			strings.Compare(a.use.Buyer, b.use.Buyer))
	})
	var ops []Op
	for _, m := range tx.uses {
		ops = append(ops, m.op)
	}
	tx.uses = nil
	return ops
}
