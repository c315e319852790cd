package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/checkstand/checkstand/store"
)

// Limits of one transaction of the writer: it takes no further unit of work
// once it has this many units or operations.
const (
	maxBatchUnits = 128
	maxBatchOps   = 4096
	// collectTurns is how often the writer lets others go first before it
	// takes what there is.
	collectTurns = 2
)

// writer owns the one connection that writes.
type writer struct {
	conn  *conn
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

func newWriter(d driver.Driver, source string) (*writer, error) {
	conn, err := connect(d, source)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: conn, queue: make(chan *unit, maxBatchUnits), ended: make(chan struct{})}
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
	return w.conn.close()
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

// collect adds what is waiting in the queue. Between two looks at it, whoever
// is ready to run gets a turn: on a busy machine they are about to hand over
// more, and a larger batch costs all of them less; on an idle one that takes no
// time. It does not wait for anybody who is not.
func (w *writer) collect(batch []*unit) []*unit {
	ops := len(batch[0].ops)
	for turns := 0; len(batch) < maxBatchUnits && ops < maxBatchOps; {
		select {
		case u, ok := <-w.queue:
			if !ok {
				return batch
			}
			batch = append(batch, u)
			ops += len(u.ops)
		default:
			if turns == collectTurns {
				return batch
			}
			turns++
			runtime.Gosched()
		}
	}
	return batch
}

// write runs a batch as one transaction. A unit whose guard does not hold is
// taken back alone and gets its error; an error here is everyone's, and
// nothing of the batch was written.
//
// Units nearly always succeed, so the batch is first tried without a savepoint
// for each: that costs two statements a unit, and a copy of each page that it
// changes. When one fails the batch is taken back and run again with them.
func (w *writer) write(batch []*unit) error {
	if once(batch) {
		return w.transact(batch, w.unit)
	}
	failed := false
	err := w.transact(batch, func(u *unit) error {
		err := w.bare(u)
		failed = err != nil
		return err
	})
	if !failed || len(batch) == 1 {
		return err
	}
	return w.transact(batch, w.unit)
}

// once reports whether a batch may be run only once: somebody is handed rows,
// who would be handed them again.
func once(batch []*unit) bool {
	if len(batch) == 1 {
		return false
	}
	return slices.ContainsFunc(batch, func(u *unit) bool {
		return slices.ContainsFunc(u.ops, func(op store.Op) bool { return op.Each != nil })
	})
}

// transact runs each unit in one transaction.
func (w *writer) transact(batch []*unit, run func(*unit) error) error {
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, u := range batch {
		if err := run(u); err != nil {
			return w.rollback(err)
		}
	}
	if err := w.exec("COMMIT"); err != nil {
		return w.rollback(err)
	}
	return nil
}

// bare runs one caller's operations. A failure is the transaction's.
func (w *writer) bare(u *unit) error {
	for i := range u.ops {
		if err := w.op(&u.ops[i]); err != nil {
			return err
		}
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
	n, err := w.run(op)
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
func (w *writer) run(op *store.Op) (n int64, err error) {
	if op.Each != nil {
		return w.conn.query(context.Background(), op.SQL, op.Args, op.Each)
	}
	return w.conn.exec(op.SQL, op.Args)
}

func (w *writer) exec(text string) error {
	_, err := w.conn.exec(text, nil)
	return err
}
