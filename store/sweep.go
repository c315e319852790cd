package store

import (
	"context"
	"errors"
	"time"
)

// SweepBatch is how many items one transaction of a sweep removes.
const SweepBatch = 1000

const (
	sweepIdempotency = `DELETE FROM idempotency WHERE hash IN (SELECT hash FROM idempotency WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`

	sweepSignatures = `DELETE FROM signature_replay WHERE (credential_id, digest) IN (
SELECT credential_id, digest FROM signature_replay WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`

	sweepSessions = `DELETE FROM session WHERE (merchant_id, id) IN (
SELECT merchant_id, id FROM session WHERE deletable_at > 0 AND deletable_at <= $1 ORDER BY deletable_at LIMIT $2)`

	staleGenerations = `SELECT merchant_id, generation FROM stale_generation WHERE sweep_after <= $1 LIMIT $2`

	// The generation that is sold is never swept, whatever the list says.
	sweepItems = `DELETE FROM item WHERE merchant_id = $1 AND generation = $2 AND id IN (
SELECT id FROM item WHERE merchant_id = $1 AND generation = $2 ORDER BY id LIMIT $3)
AND NOT EXISTS (SELECT 1 FROM catalogue c WHERE c.merchant_id = $1 AND c.generation = $2)`
)

// SweepExpired removes up to limit rows of each kind whose time has come:
// idempotency records and remembered signatures that expired, and sessions
// past their DeletableAt; and what abandoned imports left. n counts what was
// removed; callers go on while it is limit or more. Each kind is a transaction
// of its own.
func (s *Store) SweepExpired(ctx context.Context, now time.Time, limit int) (n int, err error) {
	for _, sql := range []string{sweepIdempotency, sweepSignatures, sweepSessions} {
		var removed int64
		err := s.commit(ctx, Op{SQL: sql, Args: []any{millis(now), int64(limit)}, Affected: &removed, What: "sweep"})
		n += int(removed)
		if err != nil {
			return n, err
		}
	}
	type stale struct {
		merchantID string
		generation int64
	}
	var list []stale
	err = s.engine.Query(ctx, staleGenerations, []any{millis(now), int64(limit)}, func(row Row) error {
		var g stale
		err := row.Scan(&g.merchantID, &g.generation)
		list = append(list, g)
		return err
	})
	for _, g := range list {
		err = errors.Join(err, s.sweepGeneration(ctx, g.merchantID, g.generation))
	}
	return n, err
}

// sweepGeneration removes the rows of a generation that is not sold, in small
// batches, and then its entry in the list.
func (s *Store) sweepGeneration(ctx context.Context, merchantID string, generation int64) error {
	for {
		var removed int64
		err := s.commit(ctx, Op{SQL: sweepItems, Args: []any{merchantID, generation, int64(SweepBatch)}, Affected: &removed, What: "sweep items"})
		if err != nil {
			return err
		}
		if removed < SweepBatch {
			return s.commit(ctx, Op{SQL: keepGeneration, Args: []any{merchantID, generation}, What: "end sweep"})
		}
	}
}
