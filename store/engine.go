package store

import (
	"context"
	"errors"
	"fmt"
)

// Engine runs statements on one database. Statements use $1 placeholders and
// only what both engines understand; Dialect holds the rest.
type Engine interface {
	// Query reads committed state and calls each for every row.
	Query(ctx context.Context, sql string, args []any, each func(Row) error) error
	// Commit executes the operations as one transaction: all or none. It
	// returns an error that wraps ErrConflict when a guard did not hold, a
	// unique index refused a row or the database asks for another try; nothing
	// was written then. A context that ends before the operations are handed
	// to the database prevents the commit; afterwards its outcome is awaited.
	Commit(ctx context.Context, ops []Op) error
	// Dialect gives the engine's own pieces of SQL.
	Dialect() Dialect
	// Close ends the engine's connections after the commits in flight.
	Close() error
}

// Dialect is where the engines' SQL differs.
type Dialect struct {
	// HoldKey ends a subselect whose row must keep its key until the commit.
	HoldKey string
	// ClaimRows ends a subselect whose rows only this transaction may take;
	// rows that another one holds are passed over.
	ClaimRows string
	// Analyze, if not empty, is run after many items were written, so that the
	// planner knows of them.
	Analyze string
	// Bulk makes the operations that upsert many rows.
	Bulk func(Bulk) []Op
	// Members gives a list as a table with one column, member; the list is the
	// query's argument of that number. Joined by CROSS JOIN, the other table is
	// looked up for each member, however many there are.
	Members func(number int, list []string) (table string, arg any)
	// Search is how the index of products is kept.
	Search SearchDialect
}

// Row is one row of a result.
type Row interface {
	Scan(dest ...any) error
}

// Op is one write of a unit of work.
type Op struct {
	SQL  string
	Args []any
	// Guard says that at least one row must be written. Without it, writing
	// none is fine. A row that a unique index refuses is a conflict always.
	Guard bool
	// What names the write in an error: "save session cs_…".
	What string
	// Each takes the rows of RETURNING. It may see rows of a commit that fails
	// in the end.
	Each func(Row) error
	// Affected, if set, receives the number of rows written.
	Affected *int64
}

// Bulk is an upsert of many rows into one table.
type Bulk struct {
	Insert   string   // INSERT INTO table (columns)
	Types    []string // of the columns, in the order of Insert: text or bigint
	Conflict string   // ON CONFLICT … DO UPDATE …
	Rows     [][]any  // string or int64, by Types; no two rows with one key
	What     string
}

// ErrConflict is wrapped by an Engine's error when a unit of work has to run
// again on the new state of the world.
var ErrConflict = errors.New("the stored state changed")

// ErrContended is returned when a unit of work met a conflict in each of
// MaxRuns runs. Nothing was written.
var ErrContended = errors.New("store: conflicting writes did not settle")

// ErrClosed is returned after Close.
var ErrClosed = errors.New("store: closed")

// ErrNewerSchema is wrapped by the error of an Open that finds a database
// written by a newer release.
var ErrNewerSchema = errors.New("the database belongs to a newer release of Checkstand")

// Conflict makes the error of an operation whose guard did not hold.
func Conflict(op Op) error { return fmt.Errorf("%s: %w", op.What, ErrConflict) }
