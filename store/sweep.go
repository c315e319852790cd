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

	sweepSignatures = `DELETE FROM signature_replay WHERE (expires_at, credential_id, digest) IN (
SELECT expires_at, credential_id, digest FROM signature_replay WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`

	sweepSessions = `DELETE FROM session WHERE (merchant_id, id) IN (
SELECT merchant_id, id FROM session WHERE deletable_at > 0 AND deletable_at <= $1 ORDER BY deletable_at LIMIT $2)`

	sweepCarts = `DELETE FROM cart WHERE (merchant_id, id) IN (
SELECT merchant_id, id FROM cart WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`

	staleGenerations = `SELECT merchant_id, generation FROM stale_generation WHERE sweep_after <= $1 LIMIT $2`

	endOfSweepBatch = `SELECT id FROM item WHERE merchant_id = $1 AND generation = $2 AND id > $3 ORDER BY id LIMIT 1 OFFSET $4`

	// The generation that is sold is never swept, whatever the list says.
	sweepItems = `DELETE FROM item WHERE merchant_id = $1 AND generation = $2 AND id > $3 AND id <= $4
AND NOT EXISTS (SELECT 1 FROM catalogue c WHERE c.merchant_id = $1 AND c.generation = $2)`

	sweepLastItems = `DELETE FROM item WHERE merchant_id = $1 AND generation = $2 AND id > $3
AND NOT EXISTS (SELECT 1 FROM catalogue c WHERE c.merchant_id = $1 AND c.generation = $2)`
)

// SweepExpired removes up to limit rows of each kind whose time has come:
// idempotency records, remembered signatures and carts that expired, sessions past
// their DeletableAt and old prices that no shop keeps; and what abandoned imports
// left. n counts the rows of the five kinds that were removed; callers go on until it is 0. Each kind
// is a transaction of its own.
func (s *Store) SweepExpired(ctx context.Context, now time.Time, limit int) (n int, err error) {
	for _, sql := range []string{sweepIdempotency, sweepSignatures, sweepSessions, sweepCarts} {
		var removed int64
		err := s.commit(ctx, Op{SQL: sql, Args: []any{millis(now), int64(limit)}, Affected: &removed, What: "sweep"})
		n += int(removed)
		if err != nil {
			return n, err
		}
	}
	removed, err := s.sweepPastPrices(ctx, now, limit)
	if n += int(removed); err != nil {
		return n, err
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
// batches, and then its entry in the list. It goes from id to id, since rows
// that are gone still cost PostgreSQL time until a vacuum.
func (s *Store) sweepGeneration(ctx context.Context, merchantID string, generation int64) error {
	after := ""
	for {
		var last string
		more, err := s.row(ctx, endOfSweepBatch, []any{merchantID, generation, after, int64(SweepBatch - 1)}, &last)
		if err != nil {
			return err
		}
		if !more {
			return s.sweepIndex(ctx, merchantID, generation,
				Op{SQL: sweepLastItems, Args: []any{merchantID, generation, after}, What: "sweep items"},
				Op{SQL: keepGeneration, Args: []any{merchantID, generation}, What: "end sweep"})
		}
		if err := s.commit(ctx, Op{SQL: sweepItems, Args: []any{merchantID, generation, after, last}, What: "sweep items"}); err != nil {
			return err
		}
		after = last
	}
}

const (
	sweptScope = `SELECT scope, docs FROM search_scope WHERE merchant_id = $1 AND generation = $2
AND NOT EXISTS (SELECT 1 FROM catalogue c WHERE c.merchant_id = $1 AND c.generation = $2)`

	sweepWords = `DELETE FROM search_word WHERE scope = $1 AND word IN (SELECT word FROM search_word WHERE scope = $1 ORDER BY word LIMIT $2)`

	sweepScope = `DELETE FROM search_scope WHERE scope = $1`
)

// sweepIndex removes the index of a generation that is not sold, in small
// batches, and commits last together with its end. A number of a scope is given
// out again, so nothing of it may be left then.
func (s *Store) sweepIndex(ctx context.Context, merchantID string, generation int64, last ...Op) error {
	var scope, docs int64
	found, err := s.row(ctx, sweptScope, []any{merchantID, generation}, &scope, &docs)
	if err != nil || !found {
		return errors.Join(err, s.commit(ctx, last...))
	}
	remove := s.engine.Dialect().Search.Remove
	for from := scope * searchDocs; from < scope*searchDocs+docs; from += SweepBatch {
		if err := s.commit(ctx, remove(from, from+SweepBatch)...); err != nil {
			return err
		}
	}
	for {
		var n int64
		if err := s.commit(ctx, Op{SQL: sweepWords, Args: []any{scope, int64(SweepBatch)}, Affected: &n, What: "sweep words"}); err != nil {
			return err
		}
		if n < SweepBatch {
			break
		}
	}
	end := remove(scope*searchDocs, (scope+1)*searchDocs-1)
	end = append(end, Op{SQL: sweepWords, Args: []any{scope, int64(searchDocs)}, What: "sweep words"},
		Op{SQL: sweepScope, Args: []any{scope}, What: "sweep index"})
	return s.commit(ctx, append(end, last...)...)
}
