package store

import (
	"context"
	"time"
)

const (
	selectReport = `SELECT made_at, doc FROM payment_report WHERE merchant_id = $1 AND live = $2`

	putReport = `INSERT INTO payment_report (merchant_id, live, made_at, doc) VALUES ($1, $2, $3, $4)
ON CONFLICT (merchant_id, live) DO UPDATE SET made_at = excluded.made_at, doc = excluded.doc`

	selectLedgerReport = `SELECT made_at, doc FROM ledger_report WHERE merchant_id = $1 AND live = $2`

	putLedgerReport = `INSERT INTO ledger_report (merchant_id, live, made_at, doc) VALUES ($1, $2, $3, $4)
ON CONFLICT (merchant_id, live) DO UPDATE SET made_at = excluded.made_at, doc = excluded.doc`
)

// PutReport keeps a merchant's latest comparison with its PSP in one mode, in
// place of the one before. doc is JSON.
func (s *Store) PutReport(ctx context.Context, merchantID string, live bool, at time.Time, doc []byte) error {
	return s.commit(ctx, Op{SQL: putReport, Args: []any{merchantID, bit(live), millis(at), string(doc)}, What: "put report of " + merchantID})
}

// Report returns the latest comparison; found is false when there was none yet.
func (s *Store) Report(ctx context.Context, merchantID string, live bool) (at time.Time, doc []byte, found bool, err error) {
	return s.report(ctx, selectReport, merchantID, live)
}

// PutLedgerReport is PutReport for the comparison with the merchant's own ledger.
func (s *Store) PutLedgerReport(ctx context.Context, merchantID string, live bool, at time.Time, doc []byte) error {
	return s.commit(ctx, Op{SQL: putLedgerReport, Args: []any{merchantID, bit(live), millis(at), string(doc)}, What: "put ledger report of " + merchantID})
}

// LedgerReport is Report for the comparison with the merchant's own ledger.
func (s *Store) LedgerReport(ctx context.Context, merchantID string, live bool) (at time.Time, doc []byte, found bool, err error) {
	return s.report(ctx, selectLedgerReport, merchantID, live)
}

func (s *Store) report(ctx context.Context, sql, merchantID string, live bool) (at time.Time, doc []byte, found bool, err error) {
	var made int64
	found, err = s.row(ctx, sql, []any{merchantID, bit(live)}, &made, &doc)
	return timeOf(made), doc, found, err
}
