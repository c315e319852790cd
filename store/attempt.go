package store

import (
	"context"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

const (
	attemptColumns = `id, merchant_id, session_id, order_id, live, provider, amount, currency, idem_key, token_fp, sealed,
state, class, psp_ref, decline, captured, tries, created_at, final_at, lease_until, kind, capture, account, refunded,
page_ref, page, version`

	selectAttempt = `SELECT ` + attemptColumns + ` FROM attempt WHERE merchant_id = $1 AND id = $2`

	// In the open states the outcome is not known; the partial index
	// attempt_open has the same condition.
	listOpenAttempts = `SELECT ` + attemptColumns + ` FROM attempt
WHERE state IN ('sending', 'unknown', 'pending') AND created_at < $1 AND id > $2 ORDER BY id LIMIT $3`

	listSessionAttempts = `SELECT ` + attemptColumns + ` FROM attempt WHERE merchant_id = $1 AND session_id = $2 ORDER BY id`

	insertAttempt = `INSERT INTO attempt (` + attemptColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, 1)`

	saveAttempt = `UPDATE attempt SET session_id = $3, order_id = $4, live = $5, provider = $6, amount = $7, currency = $8,
idem_key = $9, token_fp = $10, sealed = $11, state = $12, class = $13, psp_ref = $14, decline = $15, captured = $16,
tries = $17, created_at = $18, final_at = $19, lease_until = $20, kind = $21, capture = $22, account = $23, refunded = $24,
page_ref = $25, page = $26, version = version + 1
WHERE id = $1 AND merchant_id = $2 AND version = $27`

	selectAttemptByRef = `SELECT ` + attemptColumns + ` FROM attempt
WHERE merchant_id = $1 AND psp_ref = $2 AND psp_ref <> '' AND provider = $3 ORDER BY id LIMIT 1`

	// Ids begin with the time, so a stretch of time is a stretch of the key.
	listAttempts = `SELECT ` + attemptColumns + ` FROM attempt
WHERE merchant_id = $1 AND id > $2 AND id < $3 AND live = $4 ORDER BY id LIMIT $5`

	listLatestAttempts = `SELECT ` + attemptColumns + ` FROM attempt
WHERE merchant_id = $1 AND id < $2 AND live = $3 ORDER BY id DESC LIMIT $4`

	// A declined or failed attempt has not used its token; the partial index
	// attempt_token has the same condition.
	tokenUsed = `SELECT session_id FROM attempt
WHERE provider = $1 AND token_fp IS NOT NULL AND state NOT IN ('declined', 'failed') AND token_fp IN (`

	appendEvent = `INSERT INTO attempt_event (merchant_id, attempt_id, seq, at, from_state, to_state, who, detail)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), COALESCE(MAX(seq), 0) + 1, CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT)
FROM attempt_event WHERE merchant_id = $1 AND attempt_id = $2`

	listEvents = `SELECT at, from_state, to_state, who, detail FROM attempt_event
WHERE merchant_id = $1 AND attempt_id = $2 ORDER BY seq`
)

// Attempt returns the payment attempt or checkout.ErrNotFound.
func (r reader) Attempt(merchantID, attemptID string) (*payment.Attempt, error) {
	list, err := r.s.attempts(r.ctx, selectAttempt, merchantID, attemptID)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, checkout.ErrNotFound
	}
	return &list[0], nil
}

// OpenAttempts lists attempts of all merchants whose outcome is not known and
// that were made before the given time, in the order of their ids, from the one
// that follows after ("" is the beginning).
func (s *Store) OpenAttempts(ctx context.Context, createdBefore time.Time, after string, limit int) ([]payment.Attempt, error) {
	return s.attempts(ctx, listOpenAttempts, millis(createdBefore), after, int64(limit))
}

// AttemptByRef returns the attempt that the provider knows under an id of its
// own, or checkout.ErrNotFound.
func (r reader) AttemptByRef(merchantID, provider, pspRef string) (*payment.Attempt, error) {
	list, err := r.s.attempts(r.ctx, selectAttemptByRef, merchantID, pspRef, provider)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || pspRef == "" {
		return nil, checkout.ErrNotFound
	}
	return &list[0], nil
}

// Attempts lists a merchant's attempts of one mode that were made from one time
// until before another, in the order of their ids, from the one that follows
// after ("" is the beginning).
func (s *Store) Attempts(ctx context.Context, merchantID string, live bool, from, to time.Time, after string, limit int) ([]payment.Attempt, error) {
	return s.attempts(ctx, listAttempts, merchantID, max(after, id.Before(id.Attempt, from)), id.Before(id.Attempt, to), bit(live), int64(limit))
}

// endOfTime is later than any id.
var endOfTime = time.UnixMilli(1<<48 - 1)

// LatestAttempts lists a merchant's attempts of one mode, the newest first, from
// the one that precedes before ("" is the end).
func (s *Store) LatestAttempts(ctx context.Context, merchantID string, live bool, before string, limit int) ([]payment.Attempt, error) {
	if before == "" {
		before = id.Before(id.Attempt, endOfTime)
	}
	return s.attempts(ctx, listLatestAttempts, merchantID, before, bit(live), int64(limit))
}

// SessionAttempts lists the attempts of a session, the oldest first.
func (s *Store) SessionAttempts(ctx context.Context, merchantID, sessionID string) ([]payment.Attempt, error) {
	return s.attempts(ctx, listSessionAttempts, merchantID, sessionID)
}

func (s *Store) attempts(ctx context.Context, sql string, args ...any) ([]payment.Attempt, error) {
	var list []payment.Attempt
	err := s.engine.Query(ctx, sql, args, func(row Row) error {
		var a payment.Attempt
		var live, created, final, lease int64
		var state, class, kind, capture string
		err := row.Scan(&a.ID, &a.MerchantID, &a.SessionID, &a.OrderID, &live, &a.Provider, &a.Amount, &a.Currency,
			&a.IdemKey, &a.TokenFP, &a.Sealed, &state, &class, &a.PSPRef, &a.Decline, &a.Captured, &a.Tries,
			&created, &final, &lease, &kind, &capture, &a.Account, &a.Refunded, &a.PageRef, &a.Page, &a.Version)
		if err != nil {
			return err
		}
		a.Live, a.State, a.Class = live == 1, payment.State(state), payment.Class(class)
		a.Kind, a.Capture = payment.Kind(kind), payment.CaptureMode(capture)
		a.CreatedAt, a.FinalAt, a.LeaseUntil = timeOf(created), timeOf(final), timeOf(lease)
		list = append(list, a)
		return nil
	})
	return list, err
}

// TokenUsed reports whether a live or paid attempt of the provider holds one
// of the fingerprints, and for which session.
func (r reader) TokenUsed(provider string, fingerprints [][]byte) (sessionID string, used bool, err error) {
	if len(fingerprints) == 0 {
		return "", false, nil
	}
	args := []any{provider}
	for _, fp := range fingerprints {
		args = append(args, fp)
	}
	used, err = r.s.row(r.ctx, tokenUsed+placeholders(2, len(fingerprints))+")", args, &sessionID)
	return sessionID, used, err
}

// InsertAttempt stores a new attempt, whose Version becomes 1; guarded by one
// live or paid attempt a session and one session a token.
func (tx *Tx) InsertAttempt(a *payment.Attempt) error {
	what := "insert attempt " + a.ID
	args, err := tx.attemptArgs(what, a)
	return tx.insertVersioned(what, insertAttempt, &a.Version, args, err)
}

// SaveAttempt stores an attempt if its Version is still the stored one, and
// raises it.
func (tx *Tx) SaveAttempt(a *payment.Attempt) error {
	what := "save attempt " + a.ID
	args, err := tx.attemptArgs(what, a)
	return tx.saveVersioned(what, saveAttempt, &a.Version, args, err)
}

// attemptArgs are the values of attemptColumns without the version.
func (tx *Tx) attemptArgs(what string, a *payment.Attempt) ([]any, error) {
	return []any{a.ID, a.MerchantID, a.SessionID, a.OrderID, bit(a.Live), a.Provider, a.Amount, a.Currency, a.IdemKey,
		blob(a.TokenFP), blob(a.Sealed), string(a.State), string(a.Class), a.PSPRef, a.Decline, a.Captured, a.Tries,
		millis(a.CreatedAt), millis(a.FinalAt), millis(a.LeaseUntil), string(a.Kind), string(a.Capture), a.Account, a.Refunded,
		a.PageRef, blob(a.Page)}, tx.needIDs(what, a.MerchantID, a.ID)
}

// AppendEvent adds to the history of an attempt.
func (tx *Tx) AppendEvent(merchantID string, ev payment.Event) error {
	what := "append event of attempt " + ev.AttemptID
	if err := tx.needIDs(what, merchantID, ev.AttemptID); err != nil {
		return err
	}
	tx.guarded(what, appendEvent, merchantID, ev.AttemptID, millis(ev.At), string(ev.From), string(ev.To), ev.Who, ev.Detail)
	return nil
}

// AttemptEvents lists the history of an attempt, the oldest first.
func (s *Store) AttemptEvents(ctx context.Context, merchantID, attemptID string) ([]payment.Event, error) {
	var events []payment.Event
	err := s.engine.Query(ctx, listEvents, []any{merchantID, attemptID}, func(row Row) error {
		ev := payment.Event{AttemptID: attemptID}
		var at int64
		var from, to string
		if err := row.Scan(&at, &from, &to, &ev.Who, &ev.Detail); err != nil {
			return err
		}
		ev.At, ev.From, ev.To = timeOf(at), payment.State(from), payment.State(to)
		events = append(events, ev)
		return nil
	})
	return events, err
}
