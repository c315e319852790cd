package store

import (
	"context"
	"time"

	"github.com/checkstand/checkstand/order"
)

const (
	countUses = `SELECT discount_id, buyer, held, used FROM discount_use
WHERE merchant_id = $1 AND live = $2 AND buyer = '' ORDER BY discount_id`

	countDiscountOrders = `SELECT discount_id, currency, count(*), CAST(sum(amount) AS BIGINT), sum(CASE WHEN given_back > 0 THEN 1 ELSE 0 END),
CAST(sum(CASE WHEN given_back > 0 THEN amount ELSE 0 END) AS BIGINT), max(at)
FROM discount_order WHERE merchant_id = $1 AND live = $2 GROUP BY discount_id, currency ORDER BY discount_id, currency`

	listBuyerUses = `SELECT discount_id, buyer, held, used FROM discount_use
WHERE merchant_id = $1 AND live = $2 AND discount_id = $3 AND buyer > $4 AND held + used > 0 ORDER BY buyer LIMIT $5`

	listDiscountOrders = `SELECT order_id, buyer, amount, currency, at, given_back FROM discount_order
WHERE merchant_id = $1 AND live = $2 AND discount_id = $3 AND ($4 = '' OR order_id < $4) ORDER BY order_id DESC LIMIT $5`
)

// UseCount is how often a discount is used, by all buyers together or by one.
type UseCount struct {
	order.Use
	Held, Used int64 // held for payments that are under way
}

// DiscountSum is what came of a discount in one currency.
type DiscountSum struct {
	DiscountID string
	Currency   string
	Orders     int64 // sold with it, those that were canceled since counted
	Amount     int64 // taken off them, minor units
	Canceled   int64 // of the orders
	GivenUp    int64 // of the amount, with the orders that were canceled
	Last       time.Time
}

// DiscountUseCounts lists the uses of a shop's discounts that are limited for all
// buyers together, in the order of their ids.
func (s *Store) DiscountUseCounts(ctx context.Context, merchantID string, live bool) ([]UseCount, error) {
	return s.useCounts(ctx, countUses, merchantID, bit(live))
}

// BuyerUseCounts lists the uses of a discount by each buyer, where they are
// counted, in the order of the buyers' digests from the one that follows after.
func (s *Store) BuyerUseCounts(ctx context.Context, merchantID string, live bool, discountID, after string, limit int) ([]UseCount, error) {
	return s.useCounts(ctx, listBuyerUses, merchantID, bit(live), discountID, after, int64(limit))
}

func (s *Store) useCounts(ctx context.Context, sql string, args ...any) ([]UseCount, error) {
	var list []UseCount
	err := s.engine.Query(ctx, sql, args, func(row Row) error {
		var c UseCount
		if err := row.Scan(&c.DiscountID, &c.Buyer, &c.Held, &c.Used); err != nil {
			return err
		}
		list = append(list, c)
		return nil
	})
	return list, err
}

// DiscountSums adds up the orders that were sold with each of a shop's discounts.
func (s *Store) DiscountSums(ctx context.Context, merchantID string, live bool) ([]DiscountSum, error) {
	var list []DiscountSum
	err := s.engine.Query(ctx, countDiscountOrders, []any{merchantID, bit(live)}, func(row Row) error {
		var d DiscountSum
		var last int64
		if err := row.Scan(&d.DiscountID, &d.Currency, &d.Orders, &d.Amount, &d.Canceled, &d.GivenUp, &last); err != nil {
			return err
		}
		d.Last = timeOf(last)
		list = append(list, d)
		return nil
	})
	return list, err
}

// DiscountOrders lists up to limit orders that were sold with a discount, the
// newest first, from the one that was sold before the order with an id; "" is the
// newest.
func (s *Store) DiscountOrders(ctx context.Context, merchantID string, live bool, discountID, before string, limit int) ([]order.Discounted, error) {
	var list []order.Discounted
	err := s.engine.Query(ctx, listDiscountOrders, []any{merchantID, bit(live), discountID, before, int64(limit)}, func(row Row) error {
		d := order.Discounted{MerchantID: merchantID, DiscountID: discountID, Live: live}
		var at, back int64
		if err := row.Scan(&d.OrderID, &d.Buyer, &d.Amount, &d.Currency, &at, &back); err != nil {
			return err
		}
		d.At, d.GivenBack = timeOf(at), timeOf(back)
		list = append(list, d)
		return nil
	})
	return list, err
}
