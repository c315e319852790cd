package store

import (
	"context"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

const (
	operationColumns = `id, merchant_id, attempt_id, order_id, live, provider, account, kind, amount, currency, idem_key, reason,
psp_ref, op_ref, state, class, decline, who, tries, created_at, final_at, lease_until, version`

	selectOperation = `SELECT ` + operationColumns + ` FROM payment_op WHERE merchant_id = $1 AND id = $2`

	selectOperationByRef = `SELECT ` + operationColumns + ` FROM payment_op WHERE merchant_id = $1 AND provider = $2 AND op_ref = $3 AND op_ref <> ''`

	listOperations = `SELECT ` + operationColumns + ` FROM payment_op WHERE merchant_id = $1 AND attempt_id = $2 ORDER BY id`

	// The partial index payment_op_open has the same condition.
	listOpenOperations = `SELECT ` + operationColumns + ` FROM payment_op
WHERE state IN ('sending', 'unknown', 'pending') AND id > $1 ORDER BY id LIMIT $2`

	listOperationsBetween = `SELECT ` + operationColumns + ` FROM payment_op
WHERE merchant_id = $1 AND id > $2 AND id < $3 AND live = $4 ORDER BY id LIMIT $5`

	insertOperation = `INSERT INTO payment_op (` + operationColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 1)`

	saveOperation = `UPDATE payment_op SET attempt_id = $3, order_id = $4, live = $5, provider = $6, account = $7, kind = $8,
amount = $9, currency = $10, idem_key = $11, reason = $12, psp_ref = $13, op_ref = $14, state = $15, class = $16, decline = $17,
who = $18, tries = $19, created_at = $20, final_at = $21, lease_until = $22, version = version + 1
WHERE id = $1 AND merchant_id = $2 AND version = $23`
)

// Operation returns a capture, void or refund, or checkout.ErrNotFound.
func (r reader) Operation(merchantID, opID string) (*payment.Operation, error) {
	return r.operation(selectOperation, merchantID, opID)
}

// OperationByRef returns the operation that the provider knows under an id of
// its own, or checkout.ErrNotFound.
func (r reader) OperationByRef(merchantID, provider, opRef string) (*payment.Operation, error) {
	if opRef == "" {
		return nil, checkout.ErrNotFound
	}
	return r.operation(selectOperationByRef, merchantID, provider, opRef)
}

func (r reader) operation(sql string, args ...any) (*payment.Operation, error) {
	list, err := r.s.operations(r.ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, checkout.ErrNotFound
	}
	return &list[0], nil
}

// Operations lists what was done with a payment after it was taken, the oldest
// first.
func (r reader) Operations(merchantID, attemptID string) ([]payment.Operation, error) {
	return r.s.operations(r.ctx, listOperations, merchantID, attemptID)
}

// OpenOperations lists operations of all merchants whose outcome is not known,
// in the order of their ids, from the one that follows after ("" is the
// beginning).
func (s *Store) OpenOperations(ctx context.Context, after string, limit int) ([]payment.Operation, error) {
	return s.operations(ctx, listOpenOperations, after, int64(limit))
}

// OperationsBetween lists a merchant's operations of one mode that were asked
// for from one time until before another, in the order of their ids, from the
// one that follows after.
func (s *Store) OperationsBetween(ctx context.Context, merchantID string, live bool, from, to time.Time, after string, limit int) ([]payment.Operation, error) {
	return s.operations(ctx, listOperationsBetween, merchantID, max(after, id.Before(id.Op, from)), id.Before(id.Op, to), bit(live), int64(limit))
}

func (s *Store) operations(ctx context.Context, sql string, args ...any) ([]payment.Operation, error) {
	var list []payment.Operation
	err := s.engine.Query(ctx, sql, args, func(row Row) error {
		var o payment.Operation
		var live, created, final, lease int64
		var kind, state, class string
		err := row.Scan(&o.ID, &o.MerchantID, &o.AttemptID, &o.OrderID, &live, &o.Provider, &o.Account, &kind, &o.Amount, &o.Currency,
			&o.Key, &o.Reason, &o.PSPRef, &o.OpRef, &state, &class, &o.Decline, &o.Who, &o.Tries, &created, &final, &lease, &o.Version)
		if err != nil {
			return err
		}
		o.Live, o.Kind, o.State, o.Class = live == 1, payment.OpKind(kind), payment.OpState(state), payment.Class(class)
		o.CreatedAt, o.FinalAt, o.LeaseUntil = timeOf(created), timeOf(final), timeOf(lease)
		list = append(list, o)
		return nil
	})
	return list, err
}

// InsertOperation stores a new operation, whose Version becomes 1; guarded by
// one operation an id of the provider's.
func (tx *Tx) InsertOperation(o *payment.Operation) error {
	what := "insert operation " + o.ID
	args, err := tx.operationArgs(what, o)
	return tx.insertVersioned(what, insertOperation, &o.Version, args, err)
}

// SaveOperation stores an operation if its Version is still the stored one, and
// raises it.
func (tx *Tx) SaveOperation(o *payment.Operation) error {
	what := "save operation " + o.ID
	args, err := tx.operationArgs(what, o)
	return tx.saveVersioned(what, saveOperation, &o.Version, args, err)
}

// operationArgs are the values of operationColumns without the version.
func (tx *Tx) operationArgs(what string, o *payment.Operation) ([]any, error) {
	return []any{o.ID, o.MerchantID, o.AttemptID, o.OrderID, bit(o.Live), o.Provider, o.Account, string(o.Kind), o.Amount, o.Currency,
		o.Key, o.Reason, o.PSPRef, o.OpRef, string(o.State), string(o.Class), o.Decline, o.Who, o.Tries,
		millis(o.CreatedAt), millis(o.FinalAt), millis(o.LeaseUntil)}, tx.needIDs(what, o.MerchantID, o.ID)
}
