package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/job"
)

const (
	jobColumns = `id, merchant_id, kind, order_key, payload, attempt, due, created_at, last_error, parked_at`

	// A job of an order key may be claimed when it is the oldest unfinished one
	// and no other of the key is out; one that is out already may be claimed
	// again once its lease has ended. The index job_in_flight makes sure.
	// The second order_key <> '' lets the partial index job_order be used.
	jobIsNext = `(j.order_key = '' OR j.leased = 1 OR NOT EXISTS (
  SELECT 1 FROM job o WHERE o.merchant_id = j.merchant_id AND o.order_key = j.order_key AND o.order_key <> '' AND o.parked_at = 0
  AND (o.id < j.id OR (o.leased = 1 AND o.id > j.id))))`

	claimJobs = `WITH next AS (
  SELECT j.id FROM job j WHERE j.parked_at = 0 AND j.due <= $1 AND ` + jobIsNext + ` AND j.kind IN (%s)
  ORDER BY j.due, j.id LIMIT $3 %s)
UPDATE job SET attempt = attempt + 1, due = $2, leased = 1 WHERE id IN (SELECT id FROM next)
RETURNING ` + jobColumns

	nextDue = `SELECT j.due FROM job j WHERE j.parked_at = 0 AND ` + jobIsNext + ` AND j.kind IN (%s) ORDER BY j.due LIMIT 1`

	insertJob = `INSERT INTO job (` + jobColumns + `, leased) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)`

	ensureJob = insertJob + ` ON CONFLICT (id) DO NOTHING`

	deleteJob = `DELETE FROM job WHERE merchant_id = $1 AND id = $2`

	hastenJob = `UPDATE job SET due = $3 WHERE merchant_id = $1 AND id = $2 AND due > $3 AND leased = 0 AND parked_at = 0`

	finishJob = `DELETE FROM job WHERE id = $1 AND attempt = $2 AND leased = 1`

	retryJob = `UPDATE job SET due = $3, last_error = $4, leased = 0 WHERE id = $1 AND attempt = $2 AND leased = 1`

	// The jobs behind a retried one wait with it, so that claims need not look
	// at them meanwhile.
	delayFollowers = `UPDATE job SET due = $3 WHERE merchant_id = $1 AND order_key = $2 AND order_key <> '' AND id > $4 AND due < $3 AND parked_at = 0 AND leased = 0
AND EXISTS (SELECT 1 FROM job h WHERE h.id = $4 AND h.attempt = $5 AND h.leased = 1)`

	parkJob = `UPDATE job SET parked_at = $3, last_error = $4, leased = 0 WHERE id = $1 AND attempt = $2 AND leased = 1`

	parkedJobs = `SELECT ` + jobColumns + ` FROM job WHERE merchant_id = $1 AND parked_at > 0 ORDER BY parked_at DESC, id DESC LIMIT $2`

	replayJob = `UPDATE job SET parked_at = 0, due = $2 WHERE id = $1 AND parked_at > 0`
)

// MaxLastError is how much of an error is kept with a job, in bytes.
const MaxLastError = 1000

// Enqueue adds a job that becomes claimable with the commit.
func (tx *Tx) Enqueue(j job.Job) error {
	what := "enqueue job " + j.ID
	if err := tx.needIDs(what, j.MerchantID, j.ID); err != nil {
		return err
	}
	if j.Kind == "" {
		return tx.fail(fmt.Errorf("store: %s: a job needs a kind", what))
	}
	tx.insert(what, insertJob, jobArgs(j)...)
	tx.jobs = true
	return nil
}

// EnsureJob adds a job unless there is one of its id already, waiting, out or
// parked.
func (s *Store) EnsureJob(ctx context.Context, j job.Job) error {
	if j.ID == "" || j.MerchantID == "" || j.Kind == "" {
		return fmt.Errorf("store: ensure job %s: a job needs an id, a merchant and a kind", j.ID)
	}
	return s.commit(ctx, Op{SQL: ensureJob, Args: jobArgs(j), What: "ensure job " + j.ID})
}

func jobArgs(j job.Job) []any {
	return []any{j.ID, j.MerchantID, j.Kind, j.OrderKey, blob(j.Payload), j.Attempt, millis(j.Due), millis(j.CreatedAt), j.LastError, millis(j.ParkedAt)}
}

// Dequeue removes a job that is no longer wanted, claimed or not.
func (tx *Tx) Dequeue(merchantID, jobID string) error {
	tx.add(Op{SQL: deleteJob, Args: []any{merchantID, jobID}, What: "dequeue job " + jobID})
	return nil
}

// HastenJob makes a job due at the given time if it would be due later, and
// wakes the runners with the commit. One that is claimed, parked or gone is
// left alone.
func (tx *Tx) HastenJob(merchantID, jobID string, due time.Time) error {
	tx.add(Op{SQL: hastenJob, Args: []any{merchantID, jobID, millis(due)}, What: "hasten job " + jobID})
	tx.jobs = true
	return nil
}

// Claim implements job.Store. Order keys are a merchant's own: jobs of two
// merchants never wait for each other.
func (s *Store) Claim(ctx context.Context, kinds []string, now time.Time, lease time.Duration, limit int) ([]job.Job, error) {
	if len(kinds) == 0 || limit < 1 {
		return nil, nil
	}
	args := []any{millis(now), millis(now.Add(lease)), int64(limit)}
	var claimed []job.Job
	err := s.repeat(ctx, func(int) error {
		claimed = nil
		return s.engine.Commit(ctx, []Op{{
			SQL:  fmt.Sprintf(claimJobs, placeholders(4, len(kinds)), s.sql.claimRows),
			Args: appendStrings(args[:3:3], kinds),
			What: "claim jobs",
			Each: func(row Row) error {
				j, err := scanJob(row)
				claimed = append(claimed, j)
				return err
			},
		}})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(claimed, func(a, b job.Job) int { return strings.Compare(a.ID, b.ID) })
	return claimed, nil
}

// NextDue implements job.Store. Jobs that wait behind another one of their
// order key are not counted.
func (s *Store) NextDue(ctx context.Context, kinds []string) (time.Time, error) {
	if len(kinds) == 0 {
		return time.Time{}, nil
	}
	var due int64
	_, err := s.row(ctx, fmt.Sprintf(nextDue, placeholders(1, len(kinds))), appendStrings(nil, kinds), &due)
	return timeOf(due), err
}

// Finish implements job.Store.
func (s *Store) Finish(ctx context.Context, j job.Job) error {
	return s.commit(ctx, Op{SQL: finishJob, Args: []any{j.ID, j.Attempt}, What: "finish job " + j.ID})
}

// Retry implements job.Store. Jobs behind this one become due no earlier.
func (s *Store) Retry(ctx context.Context, j job.Job, due time.Time, lastError string) error {
	retry := Op{SQL: retryJob, Args: []any{j.ID, j.Attempt, millis(due), shorten(lastError)}, What: "retry job " + j.ID}
	if j.OrderKey == "" {
		return s.commit(ctx, retry)
	}
	// The claim fences both writes, so the one that ends it comes last.
	delay := Op{SQL: delayFollowers, Args: []any{j.MerchantID, j.OrderKey, millis(due), j.ID, j.Attempt}, What: "delay jobs behind " + j.ID}
	return s.commit(ctx, delay, retry)
}

// Park implements job.Store.
func (s *Store) Park(ctx context.Context, j job.Job, at time.Time, lastError string) error {
	return s.commit(ctx, Op{SQL: parkJob, Args: []any{j.ID, j.Attempt, millis(at), shorten(lastError)}, What: "park job " + j.ID})
}

// Parked implements job.Store.
func (s *Store) Parked(ctx context.Context, merchantID string, limit int) ([]job.Job, error) {
	var jobs []job.Job
	err := s.engine.Query(ctx, parkedJobs, []any{merchantID, int64(limit)}, func(row Row) error {
		j, err := scanJob(row)
		jobs = append(jobs, j)
		return err
	})
	return jobs, err
}

// Replay implements job.Store.
func (s *Store) Replay(ctx context.Context, id string, now time.Time) (bool, error) {
	var n int64
	if err := s.commit(ctx, Op{SQL: replayJob, Args: []any{id, millis(now)}, Affected: &n, What: "replay job " + id}); err != nil {
		return false, err
	}
	if n > 0 {
		s.enqueued()
	}
	return n > 0, nil
}

func scanJob(row Row) (job.Job, error) {
	var j job.Job
	var due, created, parked int64
	err := row.Scan(&j.ID, &j.MerchantID, &j.Kind, &j.OrderKey, &j.Payload, &j.Attempt, &due, &created, &j.LastError, &parked)
	j.Due, j.CreatedAt, j.ParkedAt = timeOf(due), timeOf(created), timeOf(parked)
	return j, err
}

func shorten(s string) string {
	if len(s) > MaxLastError {
		s = s[:MaxLastError]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
}
