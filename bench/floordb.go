package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite" // the driver that the real store uses

	"github.com/checkstand/checkstand/store/postgres"
)

// sqliteFloor commits as fast as this driver does by simple means: one writer
// goroutine with prepared statements takes all that waits into one
// transaction. WAL, synchronous=FULL, as in the real store.
type sqliteFloor struct {
	write, reads *sql.DB
	conn         *sql.Conn
	prepared     map[string]*sql.Stmt // of the writer
	selects      map[string]*sql.Stmt // made before the first request
	queue        chan unit
	ended        chan struct{}
}

type unit struct {
	statements []statement
	done       chan error
}

// unitsAtOnce is the real store's limit of units in one transaction.
const unitsAtOnce = 128

func openSQLiteFloor(ctx context.Context, path string) (*sqliteFloor, error) {
	dsn := "file:" + path + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-32000)&_pragma=journal_size_limit(67108864)"
	write, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	conn, err := write.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	reads, err := sql.Open("sqlite", dsn+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, conn.Close(), write.Close())
	}
	reads.SetMaxOpenConns(8)
	reads.SetMaxIdleConns(8)
	db := &sqliteFloor{write: write, reads: reads, conn: conn, prepared: map[string]*sql.Stmt{}, selects: map[string]*sql.Stmt{},
		queue: make(chan unit, unitsAtOnce), ended: make(chan struct{})}
	go db.loop()
	return db, nil
}

func (db *sqliteFloor) commit(_ context.Context, statements []statement) error {
	u := unit{statements, make(chan error, 1)}
	db.queue <- u
	return <-u.done
}

func (db *sqliteFloor) loop() {
	defer close(db.ended)
	for first := range db.queue {
		batch := []unit{first}
		for waiting := true; waiting && len(batch) < unitsAtOnce; {
			select {
			case u, ok := <-db.queue:
				if waiting = ok; ok {
					batch = append(batch, u)
				}
			default:
				waiting = false
			}
		}
		err := db.transact(batch)
		for _, u := range batch {
			u.done <- err
		}
	}
}

func (db *sqliteFloor) transact(batch []unit) error {
	if err := db.exec(statement{sql: "BEGIN IMMEDIATE"}); err != nil {
		return err
	}
	for _, u := range batch {
		for _, s := range u.statements {
			if err := db.exec(s); err != nil {
				return errors.Join(err, db.exec(statement{sql: "ROLLBACK"}))
			}
		}
	}
	return db.exec(statement{sql: "COMMIT"})
}

func (db *sqliteFloor) exec(s statement) (err error) {
	stmt := db.prepared[s.sql]
	if stmt == nil {
		if stmt, err = db.conn.PrepareContext(context.Background(), s.sql); err != nil {
			return err
		}
		db.prepared[s.sql] = stmt
	}
	_, err = stmt.Exec(s.args...)
	return err
}

func (db *sqliteFloor) prepareRead(ctx context.Context, text string) (err error) {
	db.selects[text], err = db.reads.PrepareContext(ctx, text)
	return err
}

func (db *sqliteFloor) read(ctx context.Context, text, key string) (v []byte, err error) {
	err = db.selects[text].QueryRowContext(ctx, key).Scan(&v)
	return v, err
}

func (db *sqliteFloor) close() error {
	close(db.queue)
	<-db.ended
	return errors.Join(db.conn.Close(), db.write.Close(), db.reads.Close())
}

// postgresFloor sends each transaction as one pipelined batch, over as many
// connections as the real store.
type postgresFloor struct{ pool *pgxpool.Pool }

func openPostgresFloor(ctx context.Context, url string) (*postgresFloor, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = postgres.DefaultMaxConns
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	return &postgresFloor{pool}, err
}

func (db *postgresFloor) commit(ctx context.Context, statements []statement) error {
	var batch pgx.Batch
	for _, s := range statements {
		batch.Queue(s.sql, s.args...)
	}
	return db.pool.SendBatch(ctx, &batch).Close()
}

func (db *postgresFloor) read(ctx context.Context, text, key string) (v []byte, err error) {
	err = db.pool.QueryRow(ctx, text, key).Scan(&v)
	return v, err
}

func (db *postgresFloor) close() error { db.pool.Close(); return nil }
