package feed

import (
	"context"
	"io"
	"strings"
)

// readGoogleTable reads a Google file in columns, however delimited.
func readGoogleTable(ctx context.Context, in *intake, src io.Reader) error {
	t, err := openTable(ctx, in, src)
	if err != nil {
		return err
	}
	if err := t.require(need{t.column("id"), "id"}, need{t.column("title"), "title"}, need{t.column("price"), "price"}); err != nil {
		return err
	}
	columns := make(map[string]column, len(t.index))
	for name, i := range t.index {
		columns[strings.ReplaceAll(name, " ", "_")] = column(i)
	}
	var value [1]string
	return t.each(func(rec record) error {
		return acceptGoogle(rec.place, func(name string) []string {
			c, ok := columns[name]
			if !ok {
				return nil
			}
			value[0] = rec.get(c)
			return value[:]
		})
	})
}
