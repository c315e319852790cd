package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/checkstand/checkstand/store"
)

// conn is one connection of the driver with its prepared statements, for one
// goroutine at a time. It leaves database/sql out: what that adds (a pool that
// looks for the statement on each connection, a goroutine a query to watch the
// context, conversions by reflection) is a good part of a small statement's
// cost.
type conn struct {
	driver.Conn
	prepared map[string]preparedStmt
}

// preparedStmt is what the driver's statements implement.
type preparedStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func connect(d driver.Driver, source string) (*conn, error) {
	c, err := d.Open(source)
	if err != nil {
		return nil, err
	}
	return &conn{c, map[string]preparedStmt{}}, nil
}

// prepare keeps a statement for every text; the texts are few.
func (c *conn) prepare(text string) (preparedStmt, error) {
	if stmt := c.prepared[text]; stmt != nil {
		return stmt, nil
	}
	made, err := c.Prepare(text)
	if err != nil {
		return nil, err
	}
	stmt, ok := made.(preparedStmt)
	if !ok {
		return nil, errors.Join(errors.New("sqlite: the driver has no statements with context"), made.Close())
	}
	c.prepared[text] = stmt
	return stmt, nil
}

// bound gives a statement and the driver's form of its arguments.
func (c *conn) bound(text string, args []any) (preparedStmt, []driver.NamedValue, error) {
	stmt, err := c.prepare(text)
	if err != nil {
		return nil, nil, err
	}
	values, err := valuesOf(args)
	return stmt, values, err
}

// exec runs a statement and counts the rows that it wrote. It does not stop
// half way: a commit is not to be interrupted.
func (c *conn) exec(text string, args []any) (int64, error) {
	stmt, values, err := c.bound(text, args)
	if err != nil {
		return 0, err
	}
	res, err := stmt.ExecContext(context.Background(), values)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// query runs a statement and calls each for every row. It stops between two
// rows when ctx has ended.
func (c *conn) query(ctx context.Context, text string, args []any, each func(store.Row) error) (n int64, err error) {
	stmt, values, err := c.bound(text, args)
	if err != nil {
		return 0, err
	}
	rows, err := stmt.QueryContext(context.Background(), values)
	if err != nil {
		return 0, err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	r := make(row, len(rows.Columns()))
	for ; ; n++ {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		err := rows.Next(r)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if err := each(r); err != nil {
			return n, err
		}
	}
}

func (c *conn) close() error {
	var errs []error
	for _, stmt := range c.prepared {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, c.Close())...)
}

// valuesOf makes the driver's form of a statement's arguments.
func valuesOf(args []any) ([]driver.NamedValue, error) {
	values := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		values[i].Ordinal = i + 1
		switch arg.(type) {
		case nil, string, int64, []byte:
			values[i].Value = arg
		default:
			v, err := driver.DefaultParameterConverter.ConvertValue(arg)
			if err != nil {
				return nil, fmt.Errorf("argument %d: %w", i+1, err)
			}
			values[i].Value = v
		}
	}
	return values, nil
}

// row is the current row of a result, in the driver's form. It implements
// store.Row.
type row []driver.Value

// Scan copies the columns into strings, integers and byte slices. NULL is only
// taken by a byte slice, as nil.
func (r row) Scan(dest ...any) error {
	if len(dest) != len(r) {
		return fmt.Errorf("sqlite: %d columns scanned into %d variables", len(r), len(dest))
	}
	for i := range dest {
		if !assign(dest[i], r[i]) {
			return fmt.Errorf("sqlite: column %d: a %T does not fit into a %T", i+1, r[i], dest[i])
		}
	}
	return nil
}

func assign(dest any, value driver.Value) bool {
	switch d := dest.(type) {
	case *string:
		switch v := value.(type) {
		case string:
			*d = v
			return true
		case []byte:
			*d = string(v)
			return true
		}
	case *int64:
		v, ok := value.(int64)
		*d = v
		return ok
	case *int:
		v, ok := value.(int64)
		*d = int(v)
		return ok
	case *[]byte:
		switch v := value.(type) {
		case nil:
			*d = nil
			return true
		case []byte:
			*d = v // the driver's copy, made for this row
			return true
		case string:
			*d = []byte(v)
			return true
		}
	}
	return false
}
