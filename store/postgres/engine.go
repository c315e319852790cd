package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"

	"github.com/checkstand/checkstand/store"
)

// engine implements store.Engine.
type engine struct {
	pool   *pgxpool.Pool
	guards sync.Map // statement text -> its guarded form
}

// SQLSTATE codes that mean "run again".
const (
	uniqueViolation      = "23505"
	divisionByZero       = "22012" // a guard that met no row
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
)

// Query implements store.Engine.
func (e *engine) Query(ctx context.Context, text string, args []any, each func(store.Row) error) error {
	rows, err := e.pool.Query(ctx, text, args...)
	if err != nil {
		return closedOr(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return closedOr(rows.Err())
}

// Commit implements store.Engine: BEGIN, the operations and COMMIT travel
// together in one round trip. The first statement that fails makes the server
// pass over the rest, COMMIT included.
func (e *engine) Commit(ctx context.Context, ops []store.Op) error {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return closedOr(err)
	}
	defer conn.Release()
	if err := ctx.Err(); err != nil {
		return err
	}
	// From here on the database may commit; only its answer tells.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), CommitTimeout)
	defer cancel()
	if err := e.send(ctx, conn.Conn(), ops); err != nil {
		// A connection that cannot even roll back is closed by Release, which
		// ends its transaction as well.
		_, _ = conn.Exec(ctx, "ROLLBACK")
		return err
	}
	return nil
}

func (e *engine) send(ctx context.Context, conn *pgx.Conn, ops []store.Op) (err error) {
	batch := &pgx.Batch{}
	batch.Queue("BEGIN")
	for i := range ops {
		batch.Queue(e.text(&ops[i]), ops[i].Args...)
	}
	batch.Queue("COMMIT")
	results := conn.SendBatch(ctx, batch)
	last := &ops[len(ops)-1]
	defer func() {
		if cerr := results.Close(); err == nil && cerr != nil {
			err = classify(last, cerr)
		}
	}()
	if _, err := results.Exec(); err != nil {
		return classify(&ops[0], err)
	}
	for i := range ops {
		if err := take(results, &ops[i]); err != nil {
			return classify(&ops[i], err)
		}
	}
	if _, err := results.Exec(); err != nil { // SERIALIZABLE may refuse here
		return classify(last, err)
	}
	return nil
}

// text gives the statement as it is sent. A guarded one is made to fail when
// it meets no row, so that the database itself takes the transaction back
// without another round trip.
func (e *engine) text(op *store.Op) string {
	if !op.Guard {
		return op.SQL
	}
	if text, ok := e.guards.Load(op.SQL); ok {
		return text.(string)
	}
	text := "WITH written AS (" + op.SQL + " RETURNING 1) SELECT 1 / count(*) FROM written"
	e.guards.Store(op.SQL, text)
	return text
}

func take(results pgx.BatchResults, op *store.Op) error {
	if op.Each == nil {
		tag, err := results.Exec()
		if err == nil && op.Affected != nil {
			*op.Affected = tag.RowsAffected()
		}
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := op.Each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func classify(op *store.Op, err error) error {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch pe.Code {
		case uniqueViolation, divisionByZero, serializationFailure, deadlockDetected:
			return store.Conflict(*op)
		}
		// The detail of a PgError can quote the row; code and message do not.
		return fmt.Errorf("postgres: %s: %s (SQLSTATE %s)", op.What, pe.Message, pe.Code)
	}
	return fmt.Errorf("postgres: %s: %w", op.What, err)
}

func closedOr(err error) error {
	if errors.Is(err, puddle.ErrClosedPool) {
		return store.ErrClosed
	}
	return err
}

// Dialect implements store.Engine.
func (e *engine) Dialect() store.Dialect {
	return store.Dialect{HoldKey: " FOR KEY SHARE", ClaimRows: "FOR UPDATE OF j SKIP LOCKED", Analyze: "ANALYZE item, search_product, search_word",
		Bulk: bulk, Members: members, Search: search}
}

// bulk sends one array a column.
func bulk(b store.Bulk) []store.Op {
	args := make([]any, len(b.Types))
	arrays := make([]string, len(b.Types))
	for c, kind := range b.Types {
		arrays[c] = fmt.Sprintf("$%d::%s[]", c+1, kind)
		if kind == "text" {
			args[c] = column[string](b.Rows, c)
		} else {
			args[c] = column[int64](b.Rows, c)
		}
	}
	return []store.Op{{
		SQL:  b.Insert + " SELECT * FROM unnest(" + strings.Join(arrays, ", ") + ") " + b.Conflict,
		Args: args,
		What: b.What,
	}}
}

func column[T any](rows [][]any, c int) []T {
	values := make([]T, len(rows))
	for i, row := range rows {
		values[i] = row[c].(T)
	}
	return values
}

// Close implements store.Engine. It waits for connections in use.
func (e *engine) Close() error {
	e.pool.Close()
	return nil
}
