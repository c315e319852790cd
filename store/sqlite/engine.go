package sqlite

import (
	"context"
	"errors"
	"strings"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/checkstand/checkstand/store"
)

// engine implements store.Engine.
type engine struct {
	readers   *readers
	writer    *writer
	closeOnce sync.Once
	closeErr  error
}

// Query implements store.Engine with a read-only connection. It stops between
// two rows when ctx has ended.
func (e *engine) Query(ctx context.Context, text string, args []any, each func(store.Row) error) error {
	return e.readers.query(ctx, text, args, each)
}

// Commit implements store.Engine.
func (e *engine) Commit(ctx context.Context, ops []store.Op) error { return e.writer.commit(ctx, ops) }

// Dialect implements store.Engine. One writer needs no row locks.
func (e *engine) Dialect() store.Dialect {
	return store.Dialect{Bulk: bulk, Members: members, Search: search}
}

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
	e.closeOnce.Do(func() { e.closeErr = errors.Join(e.readers.close(), e.writer.close()) })
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
