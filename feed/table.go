package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/checkstand/checkstand/fault"
)

// table reads a file of records with a header line.
type table struct {
	ctx   context.Context
	in    *intake
	csv   *csvReader
	names []string       // as the file spells them
	index map[string]int // of columnName(name), the first of each
	row   int
	short bool // some record had fewer values than the header
}

// openExport opens the table of a shop's export, whose prices never name a
// currency.
func openExport(ctx context.Context, in *intake, src io.Reader, format Format) (*table, error) {
	if in.opts.Currency == "" {
		return nil, fmt.Errorf("%w: %w", ErrOptions, fault.New("currency", "is missing, and %s files have none; give the shop's currency, such as usd", format))
	}
	return openTable(ctx, in, src)
}

// openTable reads the header.
func openTable(ctx context.Context, in *intake, src io.Reader) (*table, error) {
	t := &table{ctx: ctx, in: in, csv: newCSVReader(src)}
	fields, problem, err := t.csv.next()
	if errors.Is(err, io.EOF) {
		return nil, ErrEmpty
	}
	if err != nil {
		return nil, err
	}
	if problem.lost {
		return nil, fmt.Errorf("%w: it starts with %q", ErrHeader, cut(problem.value, maxFindingValue))
	}
	for len(fields) > 0 && strings.TrimSpace(fields[len(fields)-1]) == "" {
		fields = fields[:len(fields)-1]
	}
	t.names = make([]string, len(fields))
	t.index = make(map[string]int, len(fields))
	for i, f := range fields {
		t.names[i] = strings.TrimSpace(f)
		name := columnName(f)
		if _, twice := t.index[name]; twice && name != "" {
			in.at(0).warn(t.names[i], CodeColumnRepeated, "", "Two columns have this name; the first one was read. Remove the other.")
			continue
		}
		t.index[name] = i
	}
	t.csv.want = len(fields)
	return t, nil
}

// columnName folds the spellings of a column: "g:Image_Link" is "image link".
func columnName(s string) string {
	s = strings.ToLower(strings.TrimPrefix(s, "\ufeff"))
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == '_' || r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\u00a0'
	}), " ")
	return strings.TrimPrefix(s, "g:")
}

// column is a column by its number in the header; absent is none.
type column int

const absent column = -1

// column finds the first of names that the header has.
func (t *table) column(names ...string) column {
	for _, name := range names {
		if i, ok := t.index[name]; ok {
			return column(i)
		}
	}
	return absent
}

// name is how the file spells the column, for findings.
func (t *table) name(c column) string {
	if c == absent {
		return ""
	}
	return t.names[c]
}

// need is a column that a format cannot do without, and what it is called.
type need struct {
	column column
	name   string
}

// require returns ErrHeader unless the columns are there.
func (t *table) require(columns ...need) error {
	for _, c := range columns {
		if c.column == absent {
			return fmt.Errorf("%w: column %q is missing; export the products again with all columns", ErrHeader, c.name)
		}
	}
	return nil
}

// each calls row for every record that can be used, until one fails.
func (t *table) each(row func(record) error) error {
	for {
		rec, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := row(rec); err != nil {
			return err
		}
	}
}

// record is one data record.
type record struct {
	place
	fields []string
}

// get returns a value without the white space around it; "" when the record
// or the header has none.
func (r *record) get(c column) string {
	if c == absent || int(c) >= len(r.fields) {
		return ""
	}
	return strings.TrimSpace(r.fields[c])
}

// next returns the next record that can be used, or io.EOF. Records that
// cannot were reported and counted.
func (t *table) next() (record, error) {
	for {
		if t.row%contextEvery == 0 {
			if err := t.ctx.Err(); err != nil {
				return record{}, err
			}
		}
		fields, problem, err := t.csv.next()
		if err != nil {
			return record{}, err
		}
		t.row++
		t.in.sum.Rows++
		rec := record{t.in.at(t.row), fields}
		switch problem.code {
		case CodeBrokenRecord:
			rec.fail("", problem.code, problem.value, "A quote opens a value and is never closed. Put every quote inside a value twice, or export the file again.")
		case CodeTooLong:
			rec.fail("", problem.code, problem.value, fmt.Sprintf("The record has more than %d bytes or %d columns. Shorten it, or look for a missing quote.", MaxRecordBytes, MaxColumns))
		case CodeStrayQuote:
			rec.warn("", problem.code, problem.value, "A quote is out of place and was read as text. Put every quote inside a value twice.")
		}
		if problem.lost {
			t.in.sum.Rejected++
			continue
		}
		if len(fields) > len(t.names) && !blank(fields[len(t.names):]) {
			rec.fail("", CodeFieldCount, strings.Join(fields[len(t.names):], " | "),
				fmt.Sprintf("The record has %d values for %d columns, so they cannot be told apart. Put values that contain the delimiter in quotes.", len(fields), len(t.names)))
			t.in.sum.Rejected++
			continue
		}
		if len(fields) < len(t.names) {
			if t.csv.cutOff() && !t.short {
				// The last value may have lost its end too, and half a price
				// is a price.
				rec.fail("", CodeTruncatedFile, strings.Join(fields, " | "), "The file ends in the middle of this record. Download or export it again.")
				t.in.sum.Rejected++
				continue
			}
			t.short = true
		}
		return rec, nil
	}
}
