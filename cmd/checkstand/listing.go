package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// maxListed is how many records one call lists; --before or --after goes on
// from there.
const maxListed = 1000

// listing is which of a shop's records a list command shows, and how.
type listing struct {
	keyDesk
	mode  string
	from  string // ID of the record to go on from
	limit int
	json  bool
	more  string // the flag that goes on
}

// flags are those of every list. of is whose mode it is, one and many are what
// is listed, more is "before" where the newest come first and "after" where the
// oldest do, and object is what --json prints.
func (l *listing) flags(c *cobra.Command, of, one, many, more, object string) {
	l.keyDesk.flags(c)
	l.more = more
	f := c.Flags()
	f.StringVar(&l.mode, "mode", "test", "`MODE` of the "+of+", test or live")
	f.StringVar(&l.from, more, "", "`ID` of the "+one+" to go on from")
	f.IntVar(&l.limit, "limit", 50, "how many "+many+" at most")
	f.BoolVar(&l.json, "json", false, "print one JSON object "+object)
}

// live checks what the flags say, and tells the mode.
func (l *listing) live(c *cobra.Command) (bool, error) {
	live, err := isLive(c, l.mode)
	if err == nil && (l.limit < 1 || l.limit > maxListed) {
		err = badFlag(c, "limit", "%d is not between 1 and %d", l.limit, maxListed)
	}
	return live, err
}

// listed is how records of a kind are shown.
type listed[T any] struct {
	none string // what is said where there are none, before the mode
	head string // of the columns, with tabs between them
	row  func(p *printer, record *T)
	json func(record *T) any
	id   func(record *T) string
}

// show reads the records that the flags ask for, and prints them.
func (k listed[T]) show(c *cobra.Command, l *listing, read func(ctx context.Context, live bool) ([]T, error)) error {
	live, err := l.live(c)
	if err != nil {
		return err
	}
	return l.open(c, func(ctx context.Context) error {
		records, err := read(ctx, live)
		if err != nil {
			return err
		}
		return k.print(c, l, records)
	})
}

func (k listed[T]) print(c *cobra.Command, l *listing, records []T) error {
	out := c.OutOrStdout()
	if l.json {
		for i := range records {
			if err := printJSON(out, k.json(&records[i])); err != nil {
				return err
			}
		}
		return nil
	}
	if len(records) == 0 {
		_, err := fmt.Fprintf(out, "%s in %s mode.\n", k.none, l.mode)
		return err
	}
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	p := printer{w: tw}
	p.f("%s\n", k.head)
	for i := range records {
		k.row(&p, &records[i])
	}
	err := errors.Join(p.err, tw.Flush())
	if len(records) == l.limit && err == nil {
		_, err = fmt.Fprintf(out, "There may be more: add --%s %s\n", l.more, k.id(&records[len(records)-1]))
	}
	return err
}
