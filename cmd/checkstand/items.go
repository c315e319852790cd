package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/money"
)

// maxItemsListed is how many items one call lists; --after goes on from there.
const maxItemsListed = 1000

func newItems() *cobra.Command {
	var d keyDesk
	var after string
	var limit int
	var asJSON bool
	c := &cobra.Command{
		Use:   "items",
		Short: "List what a shop sells, with the ids that agents ask for",
		Example: `  checkstand items -c checkstand.yaml
  checkstand items -c checkstand.yaml --json --limit 1000
  checkstand items -c checkstand.yaml --after mug-stoneware-sand`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > maxItemsListed {
				return usageError{fmt.Errorf("--limit: %d is not between 1 and %d", limit, maxItemsListed), c.CommandPath()}
			}
			return d.open(c, func(ctx context.Context) error {
				items, err := d.store.ListItems(ctx, d.shop.ID, after, limit)
				if err != nil {
					return err
				}
				if asJSON {
					for i := range items {
						if err := printJSON(c.OutOrStdout(), items[i]); err != nil {
							return err
						}
					}
					return nil
				}
				return printItems(c, items, limit)
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.StringVar(&after, "after", "", "`ID` of the item to go on from")
	f.IntVar(&limit, "limit", 50, "how many items at most")
	f.BoolVar(&asJSON, "json", false, "print one JSON object an item, as import reads them")
	return c
}

func printItems(c *cobra.Command, items []catalog.Item, limit int) error {
	out := c.OutOrStdout()
	if len(items) == 0 {
		_, err := fmt.Fprintln(out, "No items. Take a catalogue in with 'checkstand import FILE'.")
		return err
	}
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	p := printer{w: tw}
	p.f("ITEM\tTITLE\tPRICE\tAVAILABLE\n")
	for i := range items {
		it := &items[i]
		p.f("%s\t%s\t%s\t%s\n", it.ID, it.Title, money.English(it.Price, it.Currency), availableWords(it))
	}
	err := errors.Join(p.err, tw.Flush())
	if len(items) == limit && err == nil {
		_, err = fmt.Fprintf(out, "There may be more: add --after %s\n", items[len(items)-1].ID)
	}
	return err
}

func availableWords(it *catalog.Item) string {
	switch n := it.Available(); {
	case n == 0:
		return "sold out"
	case n == catalog.Unlimited && it.Tracked:
		return "on backorder"
	case n == catalog.Unlimited:
		return "not counted"
	default:
		return strconv.FormatInt(n, 10)
	}
}
