package store

import (
	"encoding/hex"

	"github.com/checkstand/checkstand/idempotency"
)

const (
	selectIdempotency = `SELECT merchant_id, fingerprint, state, status, body, lease_until, expires_at
FROM idempotency WHERE hash = $1 AND expires_at > $2`

	// A record whose retention has ended counts as none.
	insertIdempotency = `INSERT INTO idempotency (hash, merchant_id, fingerprint, state, status, body, lease_until, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (hash) DO UPDATE SET merchant_id = excluded.merchant_id, fingerprint = excluded.fingerprint,
state = excluded.state, status = excluded.status, body = excluded.body,
lease_until = excluded.lease_until, expires_at = excluded.expires_at
WHERE idempotency.expires_at <= $9`

	saveIdempotency = `UPDATE idempotency SET fingerprint = $3, state = $4, status = $5, body = $6, lease_until = $7, expires_at = $8
WHERE hash = $1 AND merchant_id = $2 AND fingerprint = $9 AND state = $10 AND lease_until = $11 AND expires_at = $12`
)

// IdempotencyRecord returns the record, or nil when the key is new or its
// retention has ended.
func (r reader) IdempotencyRecord(scope idempotency.Scope) (*idempotency.Record, error) {
	rec := &idempotency.Record{Hash: scope.Hash()}
	var fingerprint []byte
	var state string
	var status, lease, expires int64
	found, err := r.s.row(r.ctx, selectIdempotency, []any{rec.Hash[:], millis(r.s.clock())},
		&rec.MerchantID, &fingerprint, &state, &status, &rec.Body, &lease, &expires)
	if err != nil || !found {
		return nil, err
	}
	copy(rec.Fingerprint[:], fingerprint)
	rec.State, rec.Status = idempotency.State(state), int(status)
	rec.LeaseUntil, rec.ExpiresAt = timeOf(lease), timeOf(expires)
	return rec, nil
}

// PutIdempotencyRecord stores a record; prev is what IdempotencyRecord
// returned, and guards: nil means that the key must be new.
func (tx *Tx) PutIdempotencyRecord(rec idempotency.Record, prev *idempotency.Record) error {
	what := "put idempotency record " + hex.EncodeToString(rec.Hash[:4])
	if err := tx.needIDs(what, rec.MerchantID, "hash"); err != nil {
		return err
	}
	args := []any{rec.Hash[:], rec.MerchantID, rec.Fingerprint[:], string(rec.State), int64(rec.Status), blob(rec.Body),
		millis(rec.LeaseUntil), millis(rec.ExpiresAt)}
	if prev == nil {
		tx.guarded(what, insertIdempotency, append(args, millis(tx.s.clock()))...)
		return nil
	}
	tx.guarded(what, saveIdempotency, append(args,
		prev.Fingerprint[:], string(prev.State), millis(prev.LeaseUntil), millis(prev.ExpiresAt))...)
	return nil
}
