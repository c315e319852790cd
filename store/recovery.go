package store

import "context"

const (
	endAttemptLeases = `UPDATE attempt SET lease_until = $1 WHERE state IN ('sending', 'unknown', 'pending') AND lease_until > $1`

	endOperationLeases = `UPDATE payment_op SET lease_until = $1 WHERE state IN ('sending', 'unknown', 'pending') AND lease_until > $1`

	endKeyLeases = `UPDATE idempotency SET lease_until = $1 WHERE state = 'running' AND lease_until > $1`

	// A job that waits for an attempt's lease waits in vain too. A retry's
	// pause ends early, which does no harm.
	endJobLeases = `UPDATE job SET due = $1, leased = 0 WHERE parked_at = 0 AND due > $1 AND (leased = 1 OR attempt = 0)`
)

// EndLeases frees everything that processes hold on to: payments being sent,
// keys being carried out, jobs being done. It is for the start of the only
// server on a database, when whoever held them is dead.
func (s *Store) EndLeases(ctx context.Context) error {
	now := millis(s.clock())
	return s.commit(ctx,
		Op{SQL: endAttemptLeases, Args: []any{now}, What: "end leases of payments"},
		Op{SQL: endOperationLeases, Args: []any{now}, What: "end leases of operations"},
		Op{SQL: endKeyLeases, Args: []any{now}, What: "end leases of keys"},
		Op{SQL: endJobLeases, Args: []any{now}, What: "end leases of jobs"})
}
