package store

import (
	"context"
	"time"

	"github.com/checkstand/checkstand/savedcard"
)

const (
	cardColumns = `merchant_id, id, live, customer_id, provider, account, psp_customer, psp_card, brand, last4, exp_month, exp_year, label,
added_by, created_at, removed_by, removed_at`

	selectCard = `SELECT ` + cardColumns + ` FROM saved_card WHERE merchant_id = $1 AND id = $2`

	// The partial index saved_card_once has the same condition.
	selectCardOfPSP = `SELECT ` + cardColumns + ` FROM saved_card
WHERE merchant_id = $1 AND live = $2 AND provider = $3 AND account = $4 AND psp_card = $5 AND psp_customer = $6 AND removed_at = 0`

	listCustomerCards = `SELECT ` + cardColumns + ` FROM saved_card
WHERE merchant_id = $1 AND live = $2 AND customer_id = $3 AND provider = $4 AND account = $5 AND removed_at = 0 ORDER BY id DESC LIMIT $6`

	listCards = `SELECT ` + cardColumns + ` FROM saved_card
WHERE merchant_id = $1 AND live = $2 AND id > $3 AND (customer_id = $4 OR $4 = '') ORDER BY id LIMIT $5`

	insertCard = `INSERT INTO saved_card (` + cardColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', 0)`

	removeCard = `UPDATE saved_card SET psp_customer = '', psp_card = '', removed_by = $3, removed_at = $4
WHERE merchant_id = $1 AND id = $2 AND removed_at = 0`
)

var _ savedcard.Store = (*Store)(nil)

// AddCard implements savedcard.Store.
func (s *Store) AddCard(ctx context.Context, c *savedcard.Card) error {
	if err := c.Check(); err != nil {
		return err
	}
	what := "add card " + c.ID
	return s.Do(ctx, func(tx *Tx) error {
		known, err := s.cards(ctx, selectCardOfPSP, c.MerchantID, bit(c.Live), c.Provider, c.Account, c.PSPCard, c.PSPCustomer)
		switch {
		case err != nil:
			return err
		case len(known) > 0:
			return savedcard.ErrKnown
		}
		tx.insert(what, insertCard, c.MerchantID, c.ID, bit(c.Live), c.CustomerID, c.Provider, c.Account, c.PSPCustomer, c.PSPCard, c.Brand, c.Last4,
			int64(c.ExpMonth), int64(c.ExpYear), c.Label, c.AddedBy, millis(c.CreatedAt))
		return nil
	})
}

// RemoveCard implements savedcard.Store.
func (s *Store) RemoveCard(ctx context.Context, merchantID, cardID, who string, now time.Time) (card *savedcard.Card, err error) {
	err = s.Do(ctx, func(tx *Tx) error {
		if card, err = tx.SavedCard(merchantID, cardID); err != nil || card.Removed() {
			return err
		}
		card.PSPCustomer, card.PSPCard, card.RemovedBy, card.RemovedAt = "", "", who, now
		tx.guarded("remove card "+cardID, removeCard, merchantID, cardID, who, millis(now))
		return nil
	})
	return card, err
}

// ListCards implements savedcard.Store.
func (s *Store) ListCards(ctx context.Context, merchantID string, live bool, customerID, after string, limit int) ([]savedcard.Card, error) {
	return s.cards(ctx, listCards, merchantID, bit(live), after, customerID, int64(limit))
}

// SavedCard returns the card, removed or not, or savedcard.ErrNotFound.
func (r reader) SavedCard(merchantID, cardID string) (*savedcard.Card, error) {
	list, err := r.s.cards(r.ctx, selectCard, merchantID, cardID)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, savedcard.ErrNotFound
	}
	return &list[0], nil
}

// CustomerCards are a customer's cards at an account of the shop's that are not
// removed, the newest first, savedcard.MaxOffered at most. Expired ones are
// among them.
func (r reader) CustomerCards(merchantID string, live bool, customerID, provider, account string) ([]savedcard.Card, error) {
	return r.s.cards(r.ctx, listCustomerCards, merchantID, bit(live), customerID, provider, account, int64(savedcard.MaxOffered))
}

func (s *Store) cards(ctx context.Context, sql string, args ...any) ([]savedcard.Card, error) {
	var list []savedcard.Card
	err := s.engine.Query(ctx, sql, args, func(row Row) error {
		var c savedcard.Card
		var live, month, year, created, removed int64
		if err := row.Scan(&c.MerchantID, &c.ID, &live, &c.CustomerID, &c.Provider, &c.Account, &c.PSPCustomer, &c.PSPCard, &c.Brand, &c.Last4,
			&month, &year, &c.Label, &c.AddedBy, &created, &c.RemovedBy, &removed); err != nil {
			return err
		}
		c.Live, c.ExpMonth, c.ExpYear, c.CreatedAt, c.RemovedAt = live == 1, int(month), int(year), timeOf(created), timeOf(removed)
		list = append(list, c)
		return nil
	})
	return list, err
}
