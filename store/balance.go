package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/id"
)

const (
	balanceColumns = `id, merchant_id, live, kind, customer_id, code, last4, currency, rate_units, rate_amount, available, held, blocked,
expires_at, created_at`

	selectBalance = `SELECT ` + balanceColumns + ` FROM balance WHERE merchant_id = $1 AND id = $2`

	selectBalanceByCode = `SELECT ` + balanceColumns + ` FROM balance WHERE merchant_id = $1 AND live = $2 AND code = $3`

	listCustomerBalances = `SELECT ` + balanceColumns + ` FROM balance
WHERE merchant_id = $1 AND live = $2 AND customer_id = $3 AND available > 0 AND blocked = 0 AND (expires_at = 0 OR expires_at > $4) ORDER BY id LIMIT 100`

	listBalances = `SELECT ` + balanceColumns + ` FROM balance
WHERE merchant_id = $1 AND live = $2 AND id > $3 AND (customer_id = $4 OR $4 = '') ORDER BY id LIMIT $5`

	insertBalance = `INSERT INTO balance (` + balanceColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`

	moveBalance = `UPDATE balance SET available = available + $3, held = held + $4
WHERE merchant_id = $1 AND id = $2 AND available + $3 >= 0 AND held + $4 >= 0`

	spendBalance = moveBalance + ` AND blocked = 0 AND (expires_at = 0 OR expires_at > $5)`

	blockBalance = `UPDATE balance SET blocked = $3 WHERE merchant_id = $1 AND id = $2`

	balanceRequestColumns = `merchant_id, reference, live, kind, charge, balance_id, session_id, idem_key, body, token, state, reason, amount, units,
currency, captured, refunded, units_back, created_at, closed_at, version`

	selectBalanceRequest = `SELECT ` + balanceRequestColumns + ` FROM balance_request WHERE merchant_id = $1 AND reference = $2`

	// The partial index balance_request_token has the same condition.
	balanceTokenSpent = `SELECT 1 FROM balance_request WHERE merchant_id = $1 AND token = $2 AND token IS NOT NULL AND state IN ('held', 'taken')`

	// The time is looked for first: in the order of references, which is that of
	// the primary key, all that was ever asked for would be looked through.
	listBalanceCharges = `WITH made AS MATERIALIZED (SELECT * FROM balance_request
WHERE merchant_id = $1 AND live = $2 AND created_at >= $3 AND created_at < $4 AND kind = 'charge' AND state <> 'closed')
SELECT ` + balanceRequestColumns + ` FROM made WHERE reference > $5 ORDER BY reference LIMIT $6`

	insertBalanceRequest = `INSERT INTO balance_request (` + balanceRequestColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 1)`

	saveBalanceRequest = `UPDATE balance_request SET live = $3, kind = $4, charge = $5, balance_id = $6, session_id = $7, idem_key = $8, body = $9,
token = $10, state = $11, reason = $12, amount = $13, units = $14, currency = $15, captured = $16, refunded = $17, units_back = $18,
created_at = $19, closed_at = $20, version = version + 1
WHERE merchant_id = $1 AND reference = $2 AND version = $21`

	insertBalanceEntry = `INSERT INTO balance_entry (merchant_id, id, balance_id, kind, available, held, amount, reference, who, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

	listBalanceEntries = `SELECT merchant_id, id, balance_id, kind, available, held, amount, reference, who, at FROM balance_entry
WHERE merchant_id = $1 AND balance_id = $2 ORDER BY id`
)

var (
	_ balance.Store = (*Store)(nil)
	_ balance.Tx    = (*Tx)(nil)
)

// UpdateBalances implements balance.Store.
func (s *Store) UpdateBalances(ctx context.Context, fn func(balance.Tx) error) error {
	err := s.Do(ctx, func(tx *Tx) error { return fn(tx) })
	switch {
	case errors.Is(err, ErrContended):
		return fmt.Errorf("%w: %w", balance.ErrBusy, err)
	case errors.Is(err, ErrClosed):
		return fmt.Errorf("%w: %w", balance.ErrClosed, err)
	}
	return err
}

// Balances implements balance.Store.
func (s *Store) Balances(ctx context.Context) balance.Reader { return reader{s, ctx} }

// ListBalances lists a shop's balances of one mode in the order of their ids,
// from the one that follows after: all of them, or those of a customer.
func (s *Store) ListBalances(ctx context.Context, merchantID string, live bool, customerID, after string, limit int) ([]balance.Balance, error) {
	return s.balances(ctx, listBalances, merchantID, bit(live), after, customerID, int64(limit))
}

// BalanceByCode returns the gift card of a code's digest, or
// balance.ErrNotFound.
func (s *Store) BalanceByCode(ctx context.Context, merchantID string, live bool, code []byte) (*balance.Balance, error) {
	return oneBalance(s.balances(ctx, selectBalanceByCode, merchantID, bit(live), code))
}

// Balance returns the balance or balance.ErrNotFound.
func (r reader) Balance(merchantID, balanceID string) (*balance.Balance, error) {
	return oneBalance(r.s.balances(r.ctx, selectBalance, merchantID, balanceID))
}

func oneBalance(list []balance.Balance, err error) (*balance.Balance, error) {
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, balance.ErrNotFound
	}
	return &list[0], nil
}

// CustomerBalances are those of a customer that can be spent.
func (r reader) CustomerBalances(merchantID string, live bool, customerID string, now time.Time) ([]balance.Balance, error) {
	return r.s.balances(r.ctx, listCustomerBalances, merchantID, bit(live), customerID, millis(now))
}

func (s *Store) balances(ctx context.Context, sql string, args ...any) ([]balance.Balance, error) {
	var list []balance.Balance
	err := s.engine.Query(ctx, sql, args, func(row Row) error {
		var b balance.Balance
		var live, blocked, expires, created int64
		var kind string
		if err := row.Scan(&b.ID, &b.MerchantID, &live, &kind, &b.CustomerID, &b.Code, &b.Last4, &b.Currency, &b.Rate.Units, &b.Rate.Amount,
			&b.Available, &b.Held, &blocked, &expires, &created); err != nil {
			return err
		}
		b.Live, b.Kind, b.Blocked, b.ExpiresAt, b.CreatedAt = live == 1, balance.Kind(kind), blocked == 1, timeOf(expires), timeOf(created)
		list = append(list, b)
		return nil
	})
	return list, err
}

// InsertBalance stores a new balance; guarded by one gift card a code.
func (tx *Tx) InsertBalance(b *balance.Balance) error {
	what := "insert balance " + b.ID
	if err := tx.needIDs(what, b.MerchantID, b.ID); err != nil {
		return err
	}
	tx.insert(what, insertBalance, b.ID, b.MerchantID, bit(b.Live), string(b.Kind), b.CustomerID, b.Code, b.Last4, b.Currency, b.Rate.Units,
		b.Rate.Amount, b.Available, b.Held, bit(b.Blocked), millis(b.ExpiresAt), millis(b.CreatedAt))
	return nil
}

// SpendBalance moves a balance by what a charge needs; guarded by enough being
// there, and by its being neither blocked nor expired.
func (tx *Tx) SpendBalance(merchantID, balanceID string, available, held int64, now time.Time) error {
	return tx.moveBalance("spend", spendBalance, merchantID, balanceID, available, held, millis(now))
}

// MoveBalance moves a balance by what comes after a charge; guarded by neither
// side going below zero.
func (tx *Tx) MoveBalance(merchantID, balanceID string, available, held int64) error {
	return tx.moveBalance("move", moveBalance, merchantID, balanceID, available, held)
}

// BlockBalance stops or allows the spending of a balance.
func (tx *Tx) BlockBalance(merchantID, balanceID string, blocked bool) error {
	return tx.moveBalance("block", blockBalance, merchantID, balanceID, bit(blocked))
}

func (tx *Tx) moveBalance(verb, sql, merchantID, balanceID string, args ...any) error {
	what := verb + " balance " + balanceID
	if err := tx.needIDs(what, merchantID, balanceID); err != nil {
		return err
	}
	tx.guarded(what, sql, append([]any{merchantID, balanceID}, args...)...)
	return nil
}

// BalanceRequest returns what was asked for under a reference, or nil.
func (r reader) BalanceRequest(merchantID, reference string) (*balance.Request, error) {
	list, err := r.s.balanceRequests(r.ctx, selectBalanceRequest, merchantID, reference)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// TokenSpent reports whether a charge holds or spends by the token.
func (r reader) TokenSpent(merchantID string, token []byte) (bool, error) {
	var n int64
	return r.s.row(r.ctx, balanceTokenSpent, []any{merchantID, token}, &n)
}

// Charges lists the charges made from one time until before another, the
// closed ones left out.
func (r reader) Charges(merchantID string, live bool, from, to time.Time, after string, limit int) ([]balance.Request, error) {
	return r.s.balanceRequests(r.ctx, listBalanceCharges, merchantID, bit(live), millis(from), millis(to), after, int64(limit))
}

func (s *Store) balanceRequests(ctx context.Context, sql string, args ...any) ([]balance.Request, error) {
	var list []balance.Request
	err := s.engine.Query(ctx, sql, args, func(row Row) error {
		var q balance.Request
		var live, created, closed int64
		var kind, state string
		if err := row.Scan(&q.MerchantID, &q.Reference, &live, &kind, &q.Of, &q.BalanceID, &q.SessionID, &q.Key, &q.Body, &q.Token, &state,
			&q.Reason, &q.Amount, &q.Units, &q.Currency, &q.Captured, &q.Refunded, &q.UnitsBack, &created, &closed, &q.Version); err != nil {
			return err
		}
		q.Live, q.Kind, q.State, q.CreatedAt = live == 1, balance.RequestKind(kind), balance.RequestState(state), timeOf(created)
		if closed != 0 {
			q.ClosedAt = time.UnixMicro(closed).UTC()
		}
		list = append(list, q)
		return nil
	})
	return list, err
}

// InsertRequest stores a new request of the ledger.
func (tx *Tx) InsertRequest(q *balance.Request) error {
	what := "insert balance request " + q.Reference
	args, err := tx.balanceRequestArgs(what, q)
	return tx.insertVersioned(what, insertBalanceRequest, &q.Version, args, err)
}

// SaveRequest stores a request of the ledger if its Version is still the stored
// one, and raises it.
func (tx *Tx) SaveRequest(q *balance.Request) error {
	what := "save balance request " + q.Reference
	args, err := tx.balanceRequestArgs(what, q)
	return tx.saveVersioned(what, saveBalanceRequest, &q.Version, args, err)
}

// balanceRequestArgs are the values of balanceRequestColumns without the
// version.
func (tx *Tx) balanceRequestArgs(what string, q *balance.Request) ([]any, error) {
	var closed int64
	if !q.ClosedAt.IsZero() {
		closed = q.ClosedAt.UnixMicro()
	}
	body := q.Body
	if body == nil {
		body = []byte{}
	}
	return []any{q.MerchantID, q.Reference, bit(q.Live), string(q.Kind), q.Of, q.BalanceID, q.SessionID, q.Key, body, q.Token, string(q.State),
			q.Reason, q.Amount, q.Units, q.Currency, q.Captured, q.Refunded, q.UnitsBack, millis(q.CreatedAt), closed},
		tx.needIDs(what, q.MerchantID, q.Reference)
}

// AppendEntry adds to the history of a balance.
func (tx *Tx) AppendEntry(e balance.Entry) error {
	if e.ID == "" {
		e.ID = id.New("bent", e.At)
	}
	what := "append entry " + e.ID
	if err := tx.needIDs(what, e.MerchantID, e.BalanceID); err != nil {
		return err
	}
	tx.insert(what, insertBalanceEntry, e.MerchantID, e.ID, e.BalanceID, string(e.Kind), e.Available, e.Held, e.Amount, e.Reference, e.Who, millis(e.At))
	return nil
}

// Entries are the moves of a balance, the oldest first.
func (r reader) Entries(merchantID, balanceID string) ([]balance.Entry, error) {
	var list []balance.Entry
	err := r.s.engine.Query(r.ctx, listBalanceEntries, []any{merchantID, balanceID}, func(row Row) error {
		var e balance.Entry
		var kind string
		var at int64
		if err := row.Scan(&e.MerchantID, &e.ID, &e.BalanceID, &kind, &e.Available, &e.Held, &e.Amount, &e.Reference, &e.Who, &at); err != nil {
			return err
		}
		e.Kind, e.At = balance.EntryKind(kind), timeOf(at)
		list = append(list, e)
		return nil
	})
	return list, err
}
