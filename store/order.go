package store

import (
	"context"
	"math"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/order"
)

const (
	orderColumns = `id, live, agent, api_version, attempt_id, currency, total, version, created_at, doc, sold`

	selectOrder = `SELECT ` + orderColumns + ` FROM orders WHERE merchant_id = $1 AND id = $2`

	selectMerchantOfOrder = `SELECT merchant_id FROM orders WHERE id = $1`

	selectOrderOfSession = `SELECT ` + orderColumns + ` FROM orders WHERE merchant_id = $1 AND session_id = $2`

	listOrders = `SELECT ` + orderColumns + ` FROM orders
WHERE merchant_id = $1 AND live = $2 AND (created_at < $3 OR (created_at = $3 AND id < $4))
ORDER BY created_at DESC, id DESC LIMIT $5`

	insertOrder = `INSERT INTO orders (merchant_id, id, session_id, number, status, live, agent, api_version, attempt_id, currency, total, version, created_at, doc, sold)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $13, $14)`

	saveOrder = `UPDATE orders SET session_id = $3, number = $4, status = $5, live = $6, agent = $7, api_version = $8, attempt_id = $9,
currency = $10, total = $11, version = version + 1, created_at = $12, doc = $13, sold = $14
WHERE merchant_id = $1 AND id = $2 AND version = $15`
)

// Order returns the order or checkout.ErrNotFound.
func (r reader) Order(merchantID, id string) (*order.Order, error) {
	return r.s.oneOrder(r.ctx, selectOrder, merchantID, id)
}

// OrderByID returns the order whoever's it is, or checkout.ErrNotFound. It is
// for the page whose only key is the order's id.
func (s *Store) OrderByID(ctx context.Context, id string) (*order.Order, error) {
	var merchantID string
	found, err := s.row(ctx, selectMerchantOfOrder, []any{id}, &merchantID)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, checkout.ErrNotFound
	}
	return s.oneOrder(ctx, selectOrder, merchantID, id)
}

// OrderOfSession returns the order that a session became, or
// checkout.ErrNotFound.
func (s *Store) OrderOfSession(ctx context.Context, merchantID, sessionID string) (*order.Order, error) {
	return s.oneOrder(ctx, selectOrderOfSession, merchantID, sessionID)
}

// ListOrders returns up to limit orders of a merchant in one mode, the newest
// first. before is the last order of the page before, nil for the first page.
func (s *Store) ListOrders(ctx context.Context, merchantID string, live bool, before *order.Order, limit int) ([]order.Order, error) {
	created, id := int64(math.MaxInt64), ""
	if before != nil {
		created, id = millis(before.CreatedAt), before.ID
	}
	return s.orders(ctx, listOrders, merchantID, merchantID, bit(live), created, id, int64(limit))
}

func (s *Store) oneOrder(ctx context.Context, sql, merchantID, id string) (*order.Order, error) {
	list, err := s.orders(ctx, sql, merchantID, merchantID, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, checkout.ErrNotFound
	}
	return &list[0], nil
}

func (s *Store) orders(ctx context.Context, sql, merchantID string, args ...any) ([]order.Order, error) {
	var list []order.Order
	err := s.engine.Query(ctx, sql, args, func(row Row) error {
		o := order.Order{MerchantID: merchantID}
		var id, version string
		var live, created int64
		var doc, sold []byte
		err := row.Scan(&id, &live, &o.Agent, &version, &o.AttemptID, &o.Currency, &o.Total, &o.Version, &created, &doc, &sold)
		if err != nil {
			return err
		}
		o.Live, o.APIVersion, o.CreatedAt = live == 1, acp.Version(version), timeOf(created)
		if err := decode("order "+id, doc, &o.Order); err != nil {
			return err
		}
		if len(sold) > 0 {
			if err := decode("order "+id, sold, &o.Sold); err != nil {
				return err
			}
		}
		list = append(list, o)
		return nil
	})
	return list, err
}

// InsertOrder stores a new order, whose Version becomes 1; guarded by one
// order a session and one order a number.
func (tx *Tx) InsertOrder(o *order.Order) error {
	what := "insert order " + o.ID
	args, err := tx.orderArgs(what, o)
	return tx.insertVersioned(what, insertOrder, &o.Version, args, err)
}

// SaveOrder stores an order if its Version is still the stored one, and raises
// it.
func (tx *Tx) SaveOrder(o *order.Order) error {
	what := "save order " + o.ID
	args, err := tx.orderArgs(what, o)
	return tx.saveVersioned(what, saveOrder, &o.Version, args, err)
}

func (tx *Tx) orderArgs(what string, o *order.Order) ([]any, error) {
	if err := tx.needIDs(what, o.MerchantID, o.ID); err != nil {
		return nil, err
	}
	doc, err := encode(what, &o.Order)
	if err != nil {
		return nil, tx.fail(err)
	}
	sold := ""
	if o.Sold.Stock != nil || o.Sold.Uses != nil || o.Sold.Cancellation != "" {
		if sold, err = encode(what, &o.Sold); err != nil {
			return nil, tx.fail(err)
		}
	}
	return []any{o.MerchantID, o.ID, o.CheckoutSessionID, o.OrderNumber, o.Status, bit(o.Live), o.Agent, string(o.APIVersion),
		o.AttemptID, o.Currency, o.Total, millis(o.CreatedAt), doc, sold}, nil
}
