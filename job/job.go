// Package job runs durable jobs: work that commits with the change that causes
// it and is done at least once afterwards, by whichever process claims it.
package job

import (
	"context"
	"time"
)

// Job is one piece of work. Jobs with the same non-empty OrderKey run one at a
// time in the order of their ids; the others wait even while the first is
// being retried.
type Job struct {
	ID         string // job_…, sorts by creation
	MerchantID string
	Kind       string // "webhook", "payment.reconcile"
	OrderKey   string
	Payload    []byte // JSON of the kind's own
	Attempt    int64  // how often it was claimed; the fence of completion
	Due        time.Time
	CreatedAt  time.Time
	LastError  string
	ParkedAt   time.Time // set on a dead letter
}

// Store keeps jobs. Jobs are inserted with the transaction that causes them.
type Store interface {
	// Claim takes up to limit due jobs of the kinds, oldest due first, one per
	// order key and none whose order key has an older unfinished job, and
	// leases them until now+lease. A parked job does not hold its followers
	// back.
	Claim(ctx context.Context, kinds []string, now time.Time, lease time.Duration, limit int) ([]Job, error)
	// Finish removes a claimed job. It does nothing when the claim was lost
	// (another claim has raised Attempt).
	Finish(ctx context.Context, j Job) error
	// Retry makes a claimed job due again at the given time.
	Retry(ctx context.Context, j Job, due time.Time, lastError string) error
	// Park moves a claimed job to the dead letters.
	Park(ctx context.Context, j Job, at time.Time, lastError string) error
	// Parked lists dead letters, newest first.
	Parked(ctx context.Context, merchantID string, limit int) ([]Job, error)
	// Replay makes a parked job due at now again. It returns false when there
	// is no such parked job.
	Replay(ctx context.Context, id string, now time.Time) (bool, error)
	// NextDue gives the time of the earliest unparked job of the kinds; zero
	// when there is none.
	NextDue(ctx context.Context, kinds []string) (time.Time, error)
}
