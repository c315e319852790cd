package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/checkstand/checkstand/store"
)

// Limits of one transaction of the writer: it takes no further unit of work
// once it has this many units or operations.
const (
	maxBatchUnits = 128
	maxBatchOps   = 4096
)

// writer owns the one connection that writes.
type writer struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	queue chan *unit
	ended chan struct{} // closed when the loop has ended

	mu     sync.RWMutex // held for reading while a unit is handed over
	closed bool
}

// unit is one caller's operations and where its outcome goes.
type unit struct {
	ops  []store.Op
	done chan error
	err  error
}

func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: conn, stmts: map[string]*sql.Stmt{}, queue: make(chan *unit, maxBatchUnits), ended: make(chan struct{})}
	go w.loop()
	return w, nil
}

func (w *writer) commit(ctx context.Context, ops []store.Op) error {
	u := &unit{ops: ops, done: make(chan error, 1)}
	if err := w.hand(ctx, u); err != nil {
		return err
	}
	return <-u.done
}

// hand puts a unit into the queue. Afterwards it will be answered, whatever
// happens to the caller's context.
func (w *writer) hand(ctx context.Context, u *unit) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case w.queue <- u:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	close(w.queue)
	w.mu.Unlock()
	<-w.ended
	var errs []error
	for _, stmt := range w.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

func (w *writer) loop() {
	defer close(w.ended)
	var batch []*unit
	for first := range w.queue {
		batch = w.collect(append(batch[:0], first))
		if err := w.write(batch); err != nil {
			for _, u := range batch {
				u.err = fmt.Errorf("sqlite: %w", err)
			}
		}
		for i, u := range batch {
			u.done <- u.err
			batch[i] = nil
		}
	}
}

// collect adds what is waiting in the queue, without waiting itself.
func (w *writer) collect(batch []*unit) []*unit {
	ops := len(batch[0].ops)
	for len(batch) < maxBatchUnits && ops < maxBatchOps {
		select {
		case u, ok := <-w.queue:
			if !ok {
				return batch
			}
			batch = append(batch, u)
			ops += len(u.ops)
		default:
			return batch
		}
	}
	return batch
}

// write runs a batch as one transaction. A unit whose guard does not hold is
// taken back alone and gets its error; an error here is everyone's, and
// nothing of the batch was written.
func (w *writer) write(batch []*unit) error {
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, u := range batch {
		if err := w.unit(u); err != nil {
			return w.rollback(err)
		}
	}
	if err := w.exec("COMMIT"); err != nil {
		return w.rollback(err)
	}
	return nil
}

// unit runs one caller's operations. Its own failure goes to u.err; an error
// here means that the transaction as a whole is lost.
func (w *writer) unit(u *unit) error {
	if len(u.ops) == 1 && u.ops[0].Each == nil { // a statement that fails leaves nothing behind
		u.err = w.op(&u.ops[0])
		return w.intact(u.err)
	}
	if err := w.exec("SAVEPOINT unit"); err != nil {
		return err
	}
	for i := range u.ops {
		if u.err = w.op(&u.ops[i]); u.err != nil {
			// SQLite itself ends the transaction on errors such as a full
			// disk; there is no savepoint to go back to then.
			if err := w.exec("ROLLBACK TO unit"); err != nil {
				return errors.Join(u.err, err)
			}
			break
		}
	}
	return w.exec("RELEASE unit")
}

// intact checks, after an error that is no conflict, that SQLite has not ended
// the transaction: a second BEGIN is refused inside one.
func (w *writer) intact(opErr error) error {
	if opErr == nil || errors.Is(opErr, store.ErrConflict) || w.exec("BEGIN") != nil {
		return nil
	}
	return opErr
}

// rollback ends a transaction that may have ended already.
func (w *writer) rollback(cause error) error {
	// "no transaction is active" is what we want to be true.
	_ = w.exec("ROLLBACK")
	return cause
}

func (w *writer) op(op *store.Op) error {
	stmt, err := w.prepare(op.SQL)
	if err != nil {
		return fmt.Errorf("%s: %w", op.What, err)
	}
	n, err := run(stmt, op)
	switch {
	case err != nil && refused(err):
		return store.Conflict(*op)
	case err != nil:
		return fmt.Errorf("%s: %w", op.What, err)
	case n == 0 && op.Guard:
		return store.Conflict(*op)
	}
	if op.Affected != nil {
		*op.Affected = n
	}
	return nil
}

// run executes a statement and counts the rows that it wrote.
func run(stmt *sql.Stmt, op *store.Op) (n int64, err error) {
	if op.Each != nil {
		rows, err := stmt.Query(op.Args...)
		if err != nil {
			return 0, err
		}
		err = scan(rows, func(r store.Row) error { n++; return op.Each(r) })
		return n, err
	}
	res, err := stmt.Exec(op.Args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (w *writer) exec(text string) error {
	stmt, err := w.prepare(text)
	if err != nil {
		return err
	}
	_, err = stmt.Exec()
	return err
}

// prepare keeps the statements of the writer's connection; they are used by
// its goroutine alone.
func (w *writer) prepare(text string) (*sql.Stmt, error) {
	if stmt := w.stmts[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	w.stmts[text] = stmt
	return stmt, nil
}
