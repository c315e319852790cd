package store

import (
	"github.com/checkstand/checkstand/checkout"
)

const (
	selectCart = `SELECT version, live, doc FROM cart WHERE merchant_id = $1 AND id = $2`

	insertCart = `INSERT INTO cart (merchant_id, id, live, agent, version, expires_at, updated_at, doc)
VALUES ($1, $2, $3, $4, 1, $5, $6, $7)`

	saveCart = `UPDATE cart SET live = $3, agent = $4, version = version + 1, expires_at = $5, updated_at = $6, doc = $7
WHERE merchant_id = $1 AND id = $2 AND version = $8`

	deleteCart = `DELETE FROM cart WHERE merchant_id = $1 AND id = $2 AND version = $3`
)

// Cart returns a cart or checkout.ErrNotFound. The caller owns the result.
func (r reader) Cart(merchantID, id string) (*checkout.Cart, error) {
	var version, live int64
	var doc []byte
	found, err := r.s.row(r.ctx, selectCart, []any{merchantID, id}, &version, &live, &doc)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, checkout.ErrNotFound
	}
	cart := &checkout.Cart{}
	if err := decode("cart "+id, doc, cart); err != nil {
		return nil, err
	}
	cart.MerchantID, cart.ID, cart.Version, cart.Live = merchantID, id, version, live == 1
	return cart, nil
}

// InsertCart stores a new cart; its Version becomes 1.
func (tx *Tx) InsertCart(cart *checkout.Cart) error {
	what := "insert cart " + cart.ID
	args, err := tx.cartArgs(what, cart)
	return tx.insertVersioned(what, insertCart, &cart.Version, args, err)
}

// SaveCart stores a cart if its Version is still the stored one, and raises it.
func (tx *Tx) SaveCart(cart *checkout.Cart) error {
	what := "save cart " + cart.ID
	args, err := tx.cartArgs(what, cart)
	return tx.saveVersioned(what, saveCart, &cart.Version, args, err)
}

// DeleteCart removes a cart if its Version is still the stored one.
func (tx *Tx) DeleteCart(cart *checkout.Cart) error {
	what := "delete cart " + cart.ID
	if err := tx.needIDs(what, cart.MerchantID, cart.ID); err != nil {
		return err
	}
	tx.guarded(what, deleteCart, cart.MerchantID, cart.ID, cart.Version)
	return nil
}

func (tx *Tx) cartArgs(what string, cart *checkout.Cart) ([]any, error) {
	if err := tx.needIDs(what, cart.MerchantID, cart.ID); err != nil {
		return nil, err
	}
	doc, err := encode(what, cart)
	if err != nil {
		return nil, tx.fail(err)
	}
	return []any{cart.MerchantID, cart.ID, bit(cart.Live), cart.Agent, millis(cart.ExpiresAt), millis(cart.UpdatedAt), doc}, nil
}
