package store

import (
	"github.com/checkstand/checkstand/checkout"
)

const (
	selectSession = `SELECT version, live, deletable_at, doc FROM session WHERE merchant_id = $1 AND id = $2`

	insertSession = `INSERT INTO session (merchant_id, id, status, live, agent, version, expires_at, updated_at, deletable_at, doc)
VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9)`

	saveSession = `UPDATE session SET status = $3, live = $4, agent = $5, version = version + 1,
expires_at = $6, updated_at = $7, deletable_at = $8, doc = $9
WHERE merchant_id = $1 AND id = $2 AND version = $10`
)

// Session returns a session or checkout.ErrNotFound. The caller owns the
// result.
func (r reader) Session(merchantID, id string) (*checkout.Session, error) {
	var version, live, deletable int64
	var doc []byte
	found, err := r.s.row(r.ctx, selectSession, []any{merchantID, id}, &version, &live, &deletable, &doc)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, checkout.ErrNotFound
	}
	ses := &checkout.Session{}
	if err := decode("session "+id, doc, ses); err != nil {
		return nil, err
	}
	ses.MerchantID, ses.ID = merchantID, id
	ses.Version, ses.Live, ses.DeletableAt = version, live == 1, timeOf(deletable)
	return ses, nil
}

// InsertSession stores a new session; its Version becomes 1.
func (tx *Tx) InsertSession(ses *checkout.Session) error {
	what := "insert session " + ses.ID
	args, err := tx.sessionArgs(what, ses)
	return tx.insertVersioned(what, insertSession, &ses.Version, args, err)
}

// SaveSession stores a session if its Version is still the stored one, and
// raises it.
func (tx *Tx) SaveSession(ses *checkout.Session) error {
	what := "save session " + ses.ID
	args, err := tx.sessionArgs(what, ses)
	return tx.saveVersioned(what, saveSession, &ses.Version, args, err)
}

func (tx *Tx) sessionArgs(what string, ses *checkout.Session) ([]any, error) {
	if err := tx.needIDs(what, ses.MerchantID, ses.ID); err != nil {
		return nil, err
	}
	doc, err := encode(what, ses)
	if err != nil {
		return nil, tx.fail(err)
	}
	return []any{ses.MerchantID, ses.ID, string(ses.Status), bit(ses.Live), ses.Agent,
		millis(ses.ExpiresAt), millis(ses.UpdatedAt), millis(ses.DeletableAt), doc}, nil
}
