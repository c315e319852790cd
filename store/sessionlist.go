package store

import (
	"context"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

const (
	// The ids are in the order of their making.
	listSessions = `SELECT id, version, live, deletable_at, doc FROM session
WHERE merchant_id = $1 AND live = $2 AND ($3 = '' OR status = $3) AND ($4 = '' OR id < $4) ORDER BY id DESC LIMIT $5`

	listPendingSessions = `SELECT id, version, live, deletable_at, doc FROM session
WHERE merchant_id = $1 AND live = $2 AND status = 'pending_approval' AND $3 <> '' AND ($4 = '' OR id < $4) ORDER BY id DESC LIMIT $5`
)

// ListSessions returns up to limit sessions of a merchant in one mode, the
// newest first: those with a status as it was last written, or all for "".
// before is the id of the last session of the page before, "" for the first page.
func (s *Store) ListSessions(ctx context.Context, merchantID string, live bool, status acp.Status, before string, limit int) ([]checkout.Session, error) {
	sql := listSessions
	if status == acp.PendingApproval {
		sql = listPendingSessions // which has an index of its own
	}
	var list []checkout.Session
	err := s.engine.Query(ctx, sql, []any{merchantID, bit(live), string(status), before, int64(limit)}, func(row Row) error {
		ses := checkout.Session{MerchantID: merchantID}
		var id string
		var isLive, deletable int64
		var doc []byte
		if err := row.Scan(&id, &ses.Version, &isLive, &deletable, &doc); err != nil {
			return err
		}
		if err := decode("session "+id, doc, &ses); err != nil {
			return err
		}
		ses.MerchantID, ses.ID, ses.Live, ses.DeletableAt = merchantID, id, isLive == 1, timeOf(deletable)
		list = append(list, ses)
		return nil
	})
	return list, err
}
