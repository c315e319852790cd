// Package sqlite opens a store in one SQLite file. All commits go through one
// writer that collects the units of work waiting at a moment into one
// transaction, each in a savepoint of its own, so that durable commits cost
// one sync for many callers. Other processes may use the file at the same
// time; they wait for each other's transactions.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver

	"github.com/checkstand/checkstand/store"
)

// BusyTimeout is how long a connection waits for another process's
// transaction.
const BusyTimeout = 10 * time.Second

// Defaults of Options.
const (
	DefaultReaders = 8
	migrationTries = 5
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options tune a store; the zero value is right for a server.
type Options struct {
	// Clock is time.Now by default.
	Clock func() time.Time
	// Readers is the number of read connections, DefaultReaders by default.
	Readers int
}

// Open opens the file, creating it if need be, and brings its schema up to
// date. It returns an error that wraps store.ErrNewerSchema for a file written
// by a newer release.
func Open(ctx context.Context, path string, opts Options) (*store.Store, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, errors.New("sqlite: give the path of a file; a database in memory cannot be shared by its connections")
	}
	if opts.Readers == 0 {
		opts.Readers = DefaultReaders
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %s: %w", path, err)
	}
	e, err := open(ctx, abs, opts)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %s: %w", path, err)
	}
	s := store.New(e, opts.Clock)
	if err := s.IndexCatalogues(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %w", err), s.Close())
	}
	return s, nil
}

func open(ctx context.Context, path string, opts Options) (_ *engine, err error) {
	if err := create(path); err != nil {
		return nil, err
	}
	writes := dataSource(path, "synchronous(FULL)", "cache_size(-32000)")
	db, err := sql.Open("sqlite", writes)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrate(ctx, db); err != nil {
		return nil, err
	}
	w, err := newWriter(db.Driver(), writes)
	if err != nil {
		return nil, err
	}
	reads := dataSource(path, "query_only(1)")
	return &engine{writer: w, readers: newReaders(opts.Readers, func() (*conn, error) { return connect(db.Driver(), reads) })}, nil
}

// create makes a new file, which holds names and addresses of buyers, readable
// for its owner only; SQLite gives its other files the same mode. A file that
// is there keeps the mode that it has.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// dataSource makes the driver's name of the file. The driver applies
// busy_timeout before the other pragmas, which may have to wait.
func dataSource(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	for _, p := range append([]string{
		fmt.Sprintf("busy_timeout(%d)", BusyTimeout.Milliseconds()),
		"journal_mode(WAL)",
		"foreign_keys(1)",
		"journal_size_limit(67108864)",
	}, pragmas...) {
		q.Add("_pragma", p)
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), OmitHost: true, RawQuery: q.Encode()}
	return u.String()
}

// migrate tries a few times: of several processes that start on one new file,
// each migration is applied by one, and the others find it applied.
func migrate(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		_, err := store.Migrate(ctx, goose.DialectSQLite3, db, dir)
		if err == nil || try == migrationTries || errors.Is(err, store.ErrNewerSchema) || ctx.Err() != nil {
			return err
		}
	}
}
