package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/server"
)

// maxUsesShown bounds the orders and the buyers that one call shows.
const maxUsesShown = 1000

func newDiscounts() *cobra.Command {
	c := &cobra.Command{Use: "discounts", Short: "List and show discounts, how often they were used, and with which orders",
		Long: `List and show a shop's discounts: how often each was used, how often it may be,
and the orders that were sold with it. Buyers are told apart by labels that say
nothing about who they are.`,
		Example: `  checkstand discounts list
  checkstand discounts show SPRING10`}
	c.AddCommand(newDiscountsList(), newDiscountsShow())
	return c
}

// discountJSON is what --json prints of a discount.
type discountJSON struct {
	ID       string              `json:"id"`
	Name     string              `json:"name,omitempty"`
	Code     string              `json:"code,omitempty"` // none applies by itself
	State    string              `json:"state"`          // ready, early, ended, used up, removed
	Used     int64               `json:"used"`           // purchases that stand
	Held     int64               `json:"held"`           // by payments that are under way
	Limit    int64               `json:"limit,omitempty"`
	PerBuyer int64               `json:"limit_per_buyer,omitempty"`
	Starts   time.Time           `json:"starts,omitzero"`
	Ends     time.Time           `json:"ends,omitzero"`
	Sold     []discountSoldJSON  `json:"sold,omitempty"`
	Buyers   []discountBuyerJSON `json:"buyers,omitempty"`
	Orders   []discountOrderJSON `json:"orders,omitempty"`
}

// discountSoldJSON sums up the orders in one currency.
type discountSoldJSON struct {
	Currency string    `json:"currency"`
	Orders   int64     `json:"orders"`
	TakenOff int64     `json:"taken_off"` // minor units
	Canceled int64     `json:"canceled"`  // of the orders
	GivenUp  int64     `json:"given_up"`  // of what was taken off, with the canceled ones
	Last     time.Time `json:"last"`
}

type discountBuyerJSON struct {
	Buyer string `json:"buyer"`
	Used  int64  `json:"used"`
	Held  int64  `json:"held"`
}

type discountOrderJSON struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Amount    int64     `json:"amount"` // minor units
	Currency  string    `json:"currency"`
	Buyer     string    `json:"buyer,omitempty"`
	GivenBack time.Time `json:"given_back,omitzero"` // when the order was canceled
}

func discountOf(d *server.DiscountStanding, now time.Time) discountJSON {
	j := discountJSON{ID: d.ID, Name: d.Name, Code: d.Code, State: d.State(now), Used: d.Used, Held: d.Held, Limit: d.MaxUses, PerBuyer: d.PerBuyer,
		Starts: d.Starts, Ends: d.Ends}
	for _, s := range d.Sums {
		j.Sold = append(j.Sold, discountSoldJSON{s.Currency, s.Orders, s.Amount, s.Canceled, s.GivenUp, s.Last})
	}
	return j
}

func newDiscountsList() *cobra.Command {
	var d keyDesk
	var mode string
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List discounts with their uses",
		Long: `List the discounts of the configuration, and those that were used and are not in
it any more. A use is held while it is being paid for, and counted when it is
paid; an order that is canceled before it is shipped gives it back.

TAKEN OFF is without tax, as the totals of orders show discounts, also where
prices have tax in them; only with tax.show_gross it is with tax. Orders that
were canceled are not in it.`,
		Example: `  checkstand discounts list
  checkstand discounts list --mode live --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			live, err := isLive(c, mode)
			if err != nil {
				return err
			}
			return d.open(c, func(ctx context.Context) error {
				desk, err := server.NewDesk(d.cfg, d.store, nil)
				if err != nil {
					return err
				}
				list, err := desk.Discounts(ctx, d.shop.ID, live)
				if err != nil {
					return err
				}
				now := time.Now()
				if !asJSON {
					return printDiscounts(c, list, now)
				}
				for i := range list {
					if err := printJSON(c.OutOrStdout(), discountOf(&list[i], now)); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	d.flags(c)
	c.Flags().StringVar(&mode, "mode", "test", "`MODE` of the purchases, test or live")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a discount")
	return c
}

func printDiscounts(c *cobra.Command, list []server.DiscountStanding, now time.Time) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(c.OutOrStdout(), "The shop has no discounts; 'discounts' in the configuration is where they are.")
		return err
	}
	tw := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	p := printer{w: tw}
	p.f("DISCOUNT\tCODE\tUSED\tHELD\tLIMIT\tPER BUYER\tTAKEN OFF\tSTATE\tNAME\n")
	for i := range list {
		d := &list[i]
		p.f("%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\n", d.ID, orDash(d.Code), d.Used, d.Held, bound(d.MaxUses), bound(d.PerBuyer), takenOff(d), d.State(now), d.Name)
	}
	return errors.Join(p.err, tw.Flush())
}

// bound writes a limit, which 0 is none.
func bound(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// takenOff writes what a discount took off the orders that stand.
func takenOff(d *server.DiscountStanding) string {
	var sums []string
	for _, s := range d.Sums {
		sums = append(sums, money.English(s.Amount-s.GivenUp, s.Currency))
	}
	return orDash(strings.Join(sums, ", "))
}

func newDiscountsShow() *cobra.Command {
	var d keyDesk
	var mode, before string
	var limit int
	var asJSON bool
	c := &cobra.Command{
		Use:   "show ID|CODE",
		Short: "Show a discount, who used it how often, and the orders that were sold with it",
		Long: `Show a discount: its uses, those of each buyer where they are counted by buyer,
and the orders that were sold with it, the newest first. Buyers have labels; who
bought is in the order, 'checkstand orders show ORDER'. What was taken off is
without tax, as the totals of orders show it.`,
		Example: `  checkstand discounts show SPRING10
  checkstand discounts show spring --mode live --limit 500 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			live, err := isLive(c, mode)
			switch {
			case err != nil:
				return err
			case limit < 1 || limit > maxUsesShown:
				return badFlag(c, "limit", "%d is not between 1 and %d", limit, maxUsesShown)
			}
			return d.open(c, func(ctx context.Context) error {
				desk, err := server.NewDesk(d.cfg, d.store, nil)
				if err != nil {
					return err
				}
				found, buyers, err := desk.Discount(ctx, d.shop.ID, live, args[0], limit)
				if errors.Is(err, checkout.ErrNotFound) {
					return fmt.Errorf("shop %s has no discount %s; 'checkstand discounts list' shows those that there are", d.shop.ID, args[0])
				}
				if err != nil {
					return err
				}
				orders, err := desk.DiscountOrders(ctx, d.shop.ID, live, found.ID, before, limit)
				if err != nil {
					return err
				}
				if err := printDiscount(c, found, buyers, orders, asJSON); err != nil || asJSON || len(orders) < limit {
					return err
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "There may be more: add --before %s\n", orders[len(orders)-1].OrderID)
				return err
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.StringVar(&mode, "mode", "test", "`MODE` of the purchases, test or live")
	f.StringVar(&before, "before", "", "`ID` of the order to go on from, with older ones")
	f.IntVar(&limit, "limit", 50, "how many orders, and how many buyers, at most")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func printDiscount(c *cobra.Command, d *server.DiscountStanding, buyers []server.BuyerUses, orders []order.Discounted, asJSON bool) error {
	now := time.Now()
	if asJSON {
		j := discountOf(d, now)
		for _, b := range buyers {
			j.Buyers = append(j.Buyers, discountBuyerJSON{b.Buyer, b.Used, b.Held})
		}
		for _, o := range orders {
			j.Orders = append(j.Orders, discountOrderJSON{o.OrderID, o.At, o.Amount, o.Currency, o.Buyer, o.GivenBack})
		}
		return printJSON(c.OutOrStdout(), j)
	}
	tw := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	p := printer{w: tw}
	p.f("%s is %s: %s", d.ID, d.State(now), count(d.Used, "use"))
	if d.MaxUses > 0 {
		p.f(" of %d, %d held", d.MaxUses, d.Held)
	}
	if d.PerBuyer > 0 {
		p.f(", %d a buyer at most", d.PerBuyer)
	}
	p.f(".\n")
	for _, s := range d.Sums {
		p.f("%s with %s taken off; canceled of them %d, with %s.\n", count(s.Orders, "order"), money.English(s.Amount, s.Currency), s.Canceled,
			money.English(s.GivenUp, s.Currency))
	}
	if len(buyers) > 0 {
		p.f("\nBUYER\tUSED\tHELD\n")
	}
	for _, b := range buyers {
		p.f("%s\t%d\t%d\n", b.Buyer, b.Used, b.Held)
	}
	if len(orders) > 0 {
		p.f("\nAT\tORDER\tTAKEN OFF\tBUYER\tGIVEN BACK\n")
	}
	for _, o := range orders {
		back := "-"
		if !o.GivenBack.IsZero() {
			back = o.GivenBack.UTC().Format(time.DateTime)
		}
		p.f("%s\t%s\t%s\t%s\t%s\n", o.At.UTC().Format(time.DateTime), o.OrderID, money.English(o.Amount, o.Currency), orDash(o.Buyer), back)
	}
	return errors.Join(p.err, tw.Flush())
}
