package sandbox

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

// schemas are the steps from an empty file to the tables of today; the PRAGMA
// user_version of a file says how many it has taken. A step is never changed
// once it was released, and only adds.
var schemas = []string{ledgerSchema, pageSchema, eventSchema, listSchema, operationSchema, authenticationSchema, vaultSchema}

// The indexes carry the two promises of the ledger: a reference names one
// charge, and a delegated token takes or holds money once. Times are Unix
// milliseconds, amounts minor units.
const ledgerSchema = `
CREATE TABLE setting (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
	id          TEXT PRIMARY KEY,
	merchant_id TEXT NOT NULL,
	session_id  TEXT NOT NULL,
	max_amount  INTEGER NOT NULL CHECK (max_amount > 0),
	currency    TEXT NOT NULL,
	expires_at  INTEGER NOT NULL,
	card_digest BLOB NOT NULL,
	brand       TEXT NOT NULL,
	last4       TEXT NOT NULL,
	outcome     TEXT NOT NULL,
	blocked     INTEGER NOT NULL,
	state       TEXT NOT NULL CHECK (state IN ('active', 'consumed', 'revoked')),
	charge_id   TEXT NOT NULL DEFAULT '',
	created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE charge (
	id          TEXT PRIMARY KEY,
	merchant_id TEXT NOT NULL,
	session_id  TEXT NOT NULL,
	reference   TEXT NOT NULL,
	token       TEXT NOT NULL,
	reusable    INTEGER NOT NULL,
	amount      INTEGER NOT NULL CHECK (amount > 0),
	currency    TEXT NOT NULL,
	capture     INTEGER NOT NULL,
	status      TEXT NOT NULL CHECK (status IN
		('processing', 'authorized', 'captured', 'voided', 'declined', 'failed', 'requires_action')),
	decline     TEXT NOT NULL,
	captured    INTEGER NOT NULL CHECK (captured BETWEEN 0 AND amount),
	refunded    INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND captured),
	brand       TEXT NOT NULL,
	last4       TEXT NOT NULL,
	descriptor  TEXT NOT NULL,
	metadata    TEXT NOT NULL,
	created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX charge_reference  ON charge (merchant_id, reference);
CREATE UNIQUE INDEX charge_token_once ON charge (token)
	WHERE reusable = 0 AND status IN ('processing', 'authorized', 'captured', 'voided');
CREATE INDEX charge_session    ON charge (session_id);
CREATE INDEX charge_processing ON charge (id) WHERE status = 'processing';

CREATE TABLE refund (
	id         TEXT PRIMARY KEY,
	charge_id  TEXT NOT NULL REFERENCES charge (id),
	amount     INTEGER NOT NULL CHECK (amount > 0),
	reason     TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refund_charge ON refund (charge_id);

CREATE TABLE closed_reference (
	merchant_id TEXT NOT NULL,
	reference   TEXT NOT NULL,
	sent_before INTEGER NOT NULL, -- Unix nanoseconds on the shop's clock
	PRIMARY KEY (merchant_id, reference)
) STRICT, WITHOUT ROWID;

CREATE TABLE answered_key (
	scope       BLOB PRIMARY KEY,
	fingerprint BLOB NOT NULL,
	charge_id   TEXT NOT NULL,
	status      INTEGER NOT NULL,
	body        BLOB NOT NULL,
	expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answered_key_expiry ON answered_key (expires_at);
CREATE INDEX answered_key_charge ON answered_key (charge_id) WHERE status = 0;

CREATE TABLE fault (
	id       INTEGER PRIMARY KEY,
	target   TEXT NOT NULL,
	next     TEXT NOT NULL,
	delay_ms INTEGER NOT NULL,
	left     INTEGER NOT NULL CHECK (left >= 0)
) STRICT;
`

// A page has one reference, and a reference one page. Its charge has the page's
// id for a token, so that charge_token_once lets one charge of it take money.
// lines, and challenge where there is one, are JSON.
const pageSchema = `
CREATE TABLE page (
	id          TEXT PRIMARY KEY,
	merchant_id TEXT NOT NULL,
	session_id  TEXT NOT NULL,
	reference   TEXT NOT NULL,
	amount      INTEGER NOT NULL CHECK (amount > 0),
	currency    TEXT NOT NULL,
	capture     INTEGER NOT NULL,
	description TEXT NOT NULL,
	lines       TEXT NOT NULL,
	return_url  TEXT NOT NULL,
	cancel_url  TEXT NOT NULL,
	locale      TEXT NOT NULL,
	status      TEXT NOT NULL CHECK (status IN ('open', 'paid', 'expired', 'canceled')),
	challenge   TEXT NOT NULL DEFAULT '', -- the question that the issuer waits for an answer to
	declines    INTEGER NOT NULL DEFAULT 0,
	last_decline TEXT NOT NULL DEFAULT '',
	charge_id   TEXT NOT NULL DEFAULT '',
	expires_at  INTEGER NOT NULL,
	created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX page_reference ON page (merchant_id, reference);
CREATE INDEX page_expiry ON page (expires_at) WHERE status = 'open';
`

// Events wait in the outbox until the merchant's endpoint has taken them. A
// reference names one operation of a charge.
const eventSchema = `
CREATE TABLE operation (
	id         TEXT PRIMARY KEY,
	charge_id  TEXT NOT NULL REFERENCES charge (id),
	kind       TEXT NOT NULL CHECK (kind IN ('capture', 'void', 'refund')),
	reference  TEXT NOT NULL,
	amount     INTEGER NOT NULL CHECK (amount > 0),
	created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX operation_reference ON operation (charge_id, reference) WHERE reference <> '';

CREATE TABLE webhook_endpoint (
	merchant_id TEXT PRIMARY KEY,
	url         TEXT NOT NULL,
	secret      TEXT NOT NULL,
	created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
	seq         INTEGER PRIMARY KEY,
	id          TEXT NOT NULL UNIQUE,
	merchant_id TEXT NOT NULL,
	type        TEXT NOT NULL,
	body        BLOB NOT NULL,
	due_at      INTEGER NOT NULL,
	tries       INTEGER NOT NULL DEFAULT 0,
	held        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, seq);
`

// Lists are read by account and time.
const listSchema = `
CREATE INDEX charge_made ON charge (merchant_id, created_at, id);
`

// Operations are looked up by their reference.
const operationSchema = `
CREATE INDEX operation_by_reference ON operation (reference) WHERE reference <> '';
`

// openStorage opens the two pools, makes the tables, and takes up what the
// last process left unfinished.
func (p *PSP) openStorage(ctx context.Context, path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // SQLite would make it readable for others
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if p.write, err = open(path, "_txlock=immediate"); err != nil {
		return err
	}
	p.write.SetMaxOpenConns(1)
	if p.read, err = open(path, "_pragma=query_only(1)"); err != nil {
		return errors.Join(err, p.write.Close())
	}
	p.read.SetMaxOpenConns(readConns)
	p.read.SetMaxIdleConns(readConns)
	if err := p.prepare(ctx); err != nil {
		return errors.Join(err, p.read.Close(), p.write.Close())
	}
	return nil
}

func open(path, option string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dsn := url.URL{Scheme: "file", Path: abs, RawQuery: fmt.Sprintf("_pragma=busy_timeout(%d)", sqliteBusyWait) +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&" + option}
	return sql.Open("sqlite", dsn.String())
}

func (p *PSP) prepare(ctx context.Context) error {
	err := p.update(ctx, func(tx *sql.Tx) error {
		var version int
		if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
			return err
		}
		switch {
		case version > len(schemas):
			return fmt.Errorf("the file has schema version %d, this program knows %d: use the newer program", version, len(schemas))
		case version == len(schemas):
			return nil
		}
		for _, step := range schemas[version:] {
			if _, err := tx.ExecContext(ctx, step); err != nil {
				return err
			}
		}
		if version == 0 {
			key := make([]byte, digestKeySize)
			rand.Read(key) // never fails: crypto/rand aborts the program instead
			if _, err := tx.ExecContext(ctx, `INSERT INTO setting (name, value) VALUES ('digest_key', ?)`, key); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, len(schemas)))
		return err
	})
	if err != nil {
		return err
	}
	var key []byte
	if err := p.read.QueryRowContext(ctx, `SELECT value FROM setting WHERE name = 'digest_key'`).Scan(&key); err != nil {
		return fmt.Errorf("read the digest key: %w", err)
	}
	p.digest = digester{key}
	if err := p.finishProcessing(ctx); err != nil {
		return fmt.Errorf("finish charges left in processing: %w", err)
	}
	return p.sweepKeys(ctx)
}

// update runs fn in the one write transaction there is. fn's writes are undone
// when it returns an error.
func (p *PSP) update(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := p.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // sql.ErrTxDone after Commit, which is the good case
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if p.news.Swap(false) {
		select {
		case p.wake <- struct{}{}:
		default: // it is about to look anyway
		}
	}
	return nil
}

// querier is what a read needs: a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
