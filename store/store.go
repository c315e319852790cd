package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/order"
)

// MaxRuns is how often a unit of work runs before ErrContended.
const MaxRuns = 50

// Store keeps the state of all merchants. It implements checkout.Store and
// job.Store. It is safe for concurrent use.
type Store struct {
	engine    Engine
	clock     func() time.Time
	sql       statements
	docs      itemDocs
	lanes     lanes
	recent    recentItems
	scopes    sync.Map // of soldScope by the merchant's id
	rankings  rankings
	onEnqueue atomic.Pointer[[]func()]
}

var (
	_ checkout.Store = (*Store)(nil)
	_ checkout.Tx    = (*Tx)(nil)
	_ order.Tx       = (*Tx)(nil)
	_ order.Store    = (*Store)(nil)
	_ job.Store      = (*Store)(nil)
)

// New makes a store of an engine whose schema is up to date. clock may be nil
// for time.Now. Packages sqlite and postgres call it; users call their Open.
func New(engine Engine, clock func() time.Time) *Store {
	if clock == nil {
		clock = time.Now
	}
	return &Store{engine: engine, clock: clock, sql: newStatements(engine.Dialect()), lanes: newLanes()}
}

// Close waits for the commits in flight and closes the database.
func (s *Store) Close() error { return s.engine.Close() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.engine.Query(ctx, `SELECT 1`, nil, func(Row) error { return nil })
}

// OnEnqueue registers a function that is called after each commit that made a
// job claimable, from the goroutine of the committer. It must not block.
func (s *Store) OnEnqueue(fn func()) {
	for {
		old := s.onEnqueue.Load()
		var fns []func()
		if old != nil {
			fns = append(fns, *old...)
		}
		fns = append(fns, fn)
		if s.onEnqueue.CompareAndSwap(old, &fns) {
			return
		}
	}
}

func (s *Store) enqueued() {
	if fns := s.onEnqueue.Load(); fns != nil {
		for _, fn := range *fns {
			fn()
		}
	}
}

// Reader reads committed state outside any transaction.
func (s *Store) Reader(ctx context.Context) checkout.Reader { return reader{s, ctx} }

// Update implements checkout.Store. fn runs in the caller's goroutine and
// reads committed state: it does not see its own writes, nor are its reads of
// one moment; the guards of its writes are what holds them together.
//
// Besides an error of fn it returns ErrContended, ErrClosed, the error of ctx
// if that ended before the commit was handed over, or an error of the
// database. After an error of the database the outcome may be unknown (the
// connection broke during the commit); the guards make it safe to try again.
func (s *Store) Update(ctx context.Context, fn func(checkout.Tx) error) error {
	return s.Do(ctx, func(tx *Tx) error { return fn(tx) })
}

// UpdateOrders implements order.Store; it is Update with what a sale's later
// life needs.
func (s *Store) UpdateOrders(ctx context.Context, fn func(order.Tx) error) error {
	return s.Do(ctx, func(tx *Tx) error { return fn(tx) })
}

// Orders implements order.Store.
func (s *Store) Orders(ctx context.Context) order.Reader { return reader{s, ctx} }

// Do is Update with all that a transaction of this store can write.
func (s *Store) Do(ctx context.Context, fn func(*Tx) error) error {
	var jobs bool
	var moved []itemKey
	err := s.repeat(ctx, func(run int) error {
		tx := &Tx{reader: reader{s, ctx}, run: run}
		if err := fn(tx); err != nil {
			tx.undo()
			return final{err}
		}
		if tx.err != nil {
			tx.undo()
			return final{tx.err}
		}
		moved = tx.moved()
		ops := tx.writes()
		if len(ops) == 0 {
			return nil
		}
		if err := s.engine.Commit(ctx, ops); err != nil {
			tx.undo()
			return err
		}
		jobs = tx.jobs
		return nil
	})
	if len(moved) > 0 {
		// Also after an error: whether the commit came through is not sure then.
		s.recent.forget(moved)
	}
	if err == nil && jobs {
		s.enqueued()
	}
	return err
}

// commit writes operations that need no reads.
func (s *Store) commit(ctx context.Context, ops ...Op) error {
	return s.repeat(ctx, func(int) error { return s.engine.Commit(ctx, ops) })
}

// final marks an error that is passed on as it is, even if it wraps
// ErrConflict.
type final struct{ error }

// repeat calls try until it returns something else than a conflict.
func (s *Store) repeat(ctx context.Context, try func(run int) error) error {
	var turn lane
	defer func() { turn.leave() }()
	for run := 0; ; run++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := try(run)
		if f := (final{}); errors.As(err, &f) {
			return f.error
		}
		if !errors.Is(err, ErrConflict) {
			return err
		}
		if run+1 == MaxRuns {
			return fmt.Errorf("%w in %d runs: %w", ErrContended, MaxRuns, err)
		}
		if run+1 == runsBeforeTurns {
			if turn, err = s.lanes.enter(ctx, err); err != nil {
				return err
			}
			continue
		}
		if err := pause(ctx, run); err != nil {
			return err
		}
	}
}

// reader implements checkout.Reader for the context of one call.
type reader struct {
	s   *Store
	ctx context.Context
}

// row runs a query for at most one row; found tells whether there was one.
func (s *Store) row(ctx context.Context, sql string, args []any, dest ...any) (found bool, err error) {
	err = s.engine.Query(ctx, sql, args, func(r Row) error {
		found = true
		return r.Scan(dest...)
	})
	return found, err
}
