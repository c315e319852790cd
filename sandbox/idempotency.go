package sandbox

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/checkstand/checkstand/acp"
)

// inFlight knows the requests that run right now, by the scope of their key.
// It turns a simultaneous second one away; what makes it harmless is the write
// transaction, in which the key is looked up.
type inFlight struct {
	mu      sync.Mutex
	running map[string][]byte // scope to fingerprint
}

// begin notes a request; it returns the fingerprint of the one that already
// runs, or nil.
func (f *inFlight) begin(scope, fingerprint []byte) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if other, ok := f.running[string(scope)]; ok {
		return other
	}
	if f.running == nil {
		f.running = make(map[string][]byte)
	}
	f.running[string(scope)] = fingerprint
	return nil
}

func (f *inFlight) end(scope []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.running, string(scope))
}

// once carries a request out at most once for its Idempotency-Key: do runs in
// the transaction that also stores its answer. A repeat gets the same bytes; a
// repeat with another body is refused. do must not have written anything when
// it returns an *acp.Error, which is an answer like any other and is stored
// too; after any other error nothing is stored and the key is free.
//
// A request without a key, where its version allows that, is carried out
// unprotected.
func (p *PSP) once(ctx context.Context, c *call, do func(*sql.Tx) (answer, error)) (answer, error) {
	if c.key == "" {
		if err := p.hold(c.fault); err != nil {
			return answer{}, err
		}
		var a answer
		err := p.update(ctx, func(tx *sql.Tx) (err error) {
			a, err = do(tx)
			return err
		})
		return a, err
	}
	scope := p.digest.sum("scope", []byte(c.by.String()), []byte(c.r.Method), []byte(c.r.URL.Path), []byte(c.key))
	fingerprint := p.digest.sum("body", c.body)
	if other := p.inFlight.begin(scope, fingerprint); other != nil {
		if !bytes.Equal(other, fingerprint) {
			return answer{}, conflictError(c.edition)
		}
		return answer{}, inFlightError(c.edition.inFlight)
	}
	defer p.inFlight.end(scope)
	if err := p.hold(c.fault); err != nil {
		return answer{}, err
	}
	if p.keyed.Add(1)%sweepEvery == 0 {
		if err := p.sweepKeys(ctx); err != nil {
			return answer{}, err
		}
	}

	var a answer
	err := p.update(ctx, func(tx *sql.Tx) error {
		stored, err := findAnswer(ctx, tx, scope, p.now().UnixMilli())
		switch {
		case err != nil:
			return err
		case stored == nil:
		case !bytes.Equal(stored.fingerprint, fingerprint):
			return conflictError(c.edition)
		case stored.status == 0:
			return inFlightError(c.edition.inFlight)
		default:
			a = answer{status: stored.status, body: stored.body, replayed: true}
			return nil
		}
		a, err = do(tx)
		var refusal *acp.Error
		if errors.As(err, &refusal) && final(refusal) {
			a, err = refusalAnswer(refusal)
		}
		if err != nil {
			return err
		}
		status := a.status
		if a.processing {
			status = 0
		}
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO answered_key (scope, fingerprint, charge_id, status, body, expires_at)
			VALUES (?, ?, ?, ?, ?, ?)`, scope, fingerprint, a.chargeID, status, a.body, p.now().Add(KeyRetention).UnixMilli())
		return err
	})
	return a, err
}

// final reports whether a refusal is the answer to its key for good. A closed
// reference is not: the same request may be sent again after the closing.
func final(e *acp.Error) bool { return e.Cacheable() && e.Code != codeReferenceClosed }

type storedAnswer struct {
	fingerprint []byte
	status      int // 0 while the charge is being processed
	body        []byte
}

func findAnswer(ctx context.Context, tx *sql.Tx, scope []byte, now int64) (*storedAnswer, error) {
	var s storedAnswer
	err := tx.QueryRowContext(ctx, `SELECT fingerprint, status, body FROM answered_key WHERE scope = ? AND expires_at > ?`, scope, now).
		Scan(&s.fingerprint, &s.status, &s.body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &s, err
}

func conflictError(ed edition) *acp.Error {
	return acp.Refused(ed.conflict, codeConflict, "",
		"This Idempotency-Key was already used with a different body. Send a new key with a new request.")
}

// sweepKeys forgets keys whose time is over, a batch at a time.
func (p *PSP) sweepKeys(ctx context.Context) error {
	for {
		res, err := p.write.ExecContext(ctx, `DELETE FROM answered_key WHERE scope IN
			(SELECT scope FROM answered_key WHERE expires_at <= ? LIMIT ?)`, p.now().UnixMilli(), sweepBatch)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n < sweepBatch {
			return err
		}
	}
}

// refusalAnswer renders an error; the same bytes are sent and stored.
func refusalAnswer(e *acp.Error) (answer, error) {
	a, err := reply(e.Status, e)
	a.retryAfter, a.code = e.RetryAfter, e.Code
	return a, err
}
