package feed

import (
	"context"
	"errors"
	"io"
	"strings"
)

// readGoogleTable reads a Google file in columns, however delimited.
func readGoogleTable(ctx context.Context, in *intake, src io.Reader) error {
	t, err := openTable(ctx, in, src)
	if err != nil {
		return err
	}
	for _, name := range []string{"id", "title", "price"} {
		if err := t.require(t.column(name), name); err != nil {
			return err
		}
	}
	columns := make(map[string]column, len(t.index))
	for name, i := range t.index {
		columns[strings.ReplaceAll(name, " ", "_")] = column(i)
	}
	var value [1]string
	for {
		rec, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		get := func(name string) []string {
			c, ok := columns[name]
			if !ok {
				return nil
			}
			value[0] = rec.get(c)
			return value[:]
		}
		if err := acceptGoogle(rec.place, get); err != nil {
			return err
		}
	}
}
