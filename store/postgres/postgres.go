// Package postgres opens a store in a PostgreSQL database that any number of
// servers share. It uses what CockroachDB and YugabyteDB understand as well:
// no advisory locks, no LISTEN, no sequences, no temporary tables, and it
// tries again when the database asks for that.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/checkstand/checkstand/store"
)

// Limits of a store.
const (
	// DefaultMaxConns is the size of the connection pool when neither Options
	// nor the URL (pool_max_conns) give one.
	DefaultMaxConns = 20
	// CommitTimeout bounds the wait for the outcome of a commit that was
	// handed to the database.
	CommitTimeout = 30 * time.Second
)

// The lock of the schema is a lease in a table; a node that dies while it
// migrates holds the others up for migrationLease.
const (
	migrationLockTable = "schema_lock"
	migrationLease     = 30 * time.Second
	migrationBeat      = 5 * time.Second
	migrationPoll      = 1 // seconds between tries to get the lock
	migrationPolls     = 120
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options tune a store; the zero value is right for a server.
type Options struct {
	// Clock is time.Now by default.
	Clock func() time.Time
	// MaxConns is the size of the connection pool.
	MaxConns int
}

// Open connects to the database and brings its schema up to date; of several
// nodes that start at once, one migrates and the others wait. It returns an
// error that wraps store.ErrNewerSchema for a database written by a newer
// release. url is a connection URL or a keyword/value string of libpq; errors
// do not repeat it, since it holds a password.
func Open(ctx context.Context, url string, opts Options) (*store.Store, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("postgres: the connection URL cannot be read; write postgres://user:password@host:5432/database")
	}
	switch {
	case opts.MaxConns > 0:
		cfg.MaxConns = int32(opts.MaxConns)
	case !strings.Contains(url, "pool_max_conns"):
		cfg.MaxConns = DefaultMaxConns
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	if err := migrate(ctx, pool); err != nil {
		pool.Close()
		if failed, ok := errors.AsType[*pgconn.ConnectError](err); ok {
			err = failed // without what was about to be asked
		}
		return nil, fmt.Errorf("postgres: %w", err)
	}
	s := store.New(&engine{pool: pool}, opts.Clock)
	if err := s.IndexCatalogues(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: %w", err), s.Close())
	}
	return s, nil
}

func migrate(ctx context.Context, pool *pgxpool.Pool) (err error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresTableLocker(
		lock.WithTableName(migrationLockTable),
		lock.WithTableLeaseDuration(migrationLease),
		lock.WithTableHeartbeatInterval(migrationBeat),
		lock.WithTableLockTimeout(migrationPoll*time.Second, migrationPolls),
	)
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = store.Migrate(ctx, goose.DialectPostgres, db, dir, goose.WithLocker(locker))
	return err
}
