package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/checkstand/checkstand/store"
)

// engine implements store.Engine.
type engine struct {
	db, reads *sql.DB
	writer    *writer
	prepared  sync.Map // statement text -> *sql.Stmt, of reads
	closed    atomic.Bool
	closeOnce sync.Once
	closeErr  error
}

// Query implements store.Engine with a read-only connection.
func (e *engine) Query(ctx context.Context, text string, args []any, each func(store.Row) error) (err error) {
	defer func() {
		if err != nil && e.closed.Load() {
			err = store.ErrClosed
		}
	}()
	stmt, err := e.prepare(ctx, text)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	return scan(rows, each)
}

func scan(rows *sql.Rows, each func(store.Row) error) (err error) {
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// prepare keeps a statement for every text; the texts are few.
func (e *engine) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt, ok := e.prepared.Load(text); ok {
		return stmt.(*sql.Stmt), nil
	}
	stmt, err := e.reads.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if kept, loaded := e.prepared.LoadOrStore(text, stmt); loaded {
		return kept.(*sql.Stmt), stmt.Close()
	}
	return stmt, nil
}

// Commit implements store.Engine.
func (e *engine) Commit(ctx context.Context, ops []store.Op) error { return e.writer.commit(ctx, ops) }

// Dialect implements store.Engine. One writer needs no row locks.
func (e *engine) Dialect() store.Dialect { return store.Dialect{Bulk: bulk} }

// bulk writes one row a statement: prepared, that is as fast here as any
// longer form.
func bulk(b store.Bulk) []store.Op {
	text := b.Insert + " VALUES (?" + strings.Repeat(",?", len(b.Types)-1) + ") " + b.Conflict
	ops := make([]store.Op, len(b.Rows))
	for i, row := range b.Rows {
		ops[i] = store.Op{SQL: text, Args: row, What: b.What}
	}
	return ops
}

// Close ends the writer after what it was handed, and closes the connections.
// The last connection moves the write-ahead log into the file.
func (e *engine) Close() error {
	e.closeOnce.Do(func() {
		e.closed.Store(true)
		errs := []error{e.writer.close()}
		e.prepared.Range(func(_, stmt any) bool {
			errs = append(errs, stmt.(*sql.Stmt).Close())
			return true
		})
		e.closeErr = errors.Join(append(errs, e.reads.Close(), e.db.Close())...)
	})
	return e.closeErr
}

// refused reports whether a unique index refused a row.
func refused(err error) bool {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return false
	}
	switch se.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return true
	}
	return false
}
