package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/server"
)

func newOrders() *cobra.Command {
	c := &cobra.Command{Use: "orders", Short: "Ship orders, capture their money and give it back",
		Long: `Ship orders, capture their money and give it back. The commands work beside a
running server and tell the agent by its webhook what has changed.

With --key a command can be repeated: the same key for the same order does
nothing twice and shows what the first call came to.`,
		Example: `  checkstand orders list
  checkstand orders ship ord_01j8… --carrier DHL --tracking-number 00340434161094042557
  checkstand orders refund ord_01j8… --amount 12.50`}
	c.AddCommand(newOrdersList(), newOrdersShow(), newOrdersShip(), newOrdersDeliver(), newOrdersCapture(), newOrdersCancel(), newOrdersRefund())
	return c
}

// orders opens the service that looks after the shop's orders.
func (d *keyDesk) orders(c *cobra.Command, do func(context.Context, *order.Service) error) error {
	return d.open(c, func(ctx context.Context) error {
		s, err := server.NewOrders(d.cfg, d.store, operatorLogger(os.Stderr))
		if err != nil {
			return err
		}
		return do(ctx, s)
	})
}

// aboutOrder says which order an error is about.
func aboutOrder(err error, orderID, shop string) error {
	if errors.Is(err, order.ErrNotFound) {
		return fmt.Errorf("shop %s has no order %s; 'checkstand orders list' lists them", shop, orderID)
	}
	return err
}

// isLive reads the value of a --mode flag.
func isLive(c *cobra.Command, mode string) (live bool, err error) {
	if mode != "test" && mode != "live" {
		return false, badFlag(c, "mode", "%q is not a mode; use test or live", mode)
	}
	return mode == "live", nil
}

func newOrdersList() *cobra.Command {
	var l listing
	c := &cobra.Command{
		Use:   "list",
		Short: "List orders, the newest first",
		Example: `  checkstand orders list
  checkstand orders list --mode live --limit 200 --json
  checkstand orders list --before ord_01j8…`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return listedOrders.show(c, &l, func(ctx context.Context, live bool) ([]order.Order, error) {
				var last *order.Order
				if l.from != "" {
					var err error
					if last, err = l.store.Orders(ctx).Order(l.shop.ID, l.from); err != nil {
						return nil, aboutOrder(err, l.from, l.shop.ID)
					}
				}
				return l.store.ListOrders(ctx, l.shop.ID, live, last, l.limit)
			})
		},
	}
	l.flags(c, "orders", "order", "orders", "before", "an order, as agents are shown it")
	return c
}

var listedOrders = listed[order.Order]{
	none: "No orders", head: "ORDER\tNUMBER\tSTATUS\tTOTAL\tREFUNDED\tAGENT\tPLACED",
	row: func(p *printer, o *order.Order) {
		refunded := "-"
		if sum, _ := acp.Amount(o.Totals, acp.TotalAmountRefunded); sum > 0 {
			refunded = money.English(sum, o.Currency)
		}
		p.f("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.ID, o.OrderNumber, o.Status, money.English(o.Total, o.Currency), refunded, o.Agent,
			o.CreatedAt.UTC().Format(time.DateTime))
	},
	json: func(o *order.Order) any { return o.Order },
	id:   func(o *order.Order) string { return o.ID },
}

func newOrdersShow() *cobra.Command {
	var d keyDesk
	var asJSON bool
	c := &cobra.Command{
		Use:   "show ORDER",
		Short: "Show an order with its deliveries, its adjustments and its money",
		Long: `Show an order with its deliveries, its adjustments and its money, who bought and where
the goods go, and what only the shop knows of it: consents to marketing, affiliates and the like, of which
'checkstand sessions show SESSION --json' prints all.`,
		Example: `  checkstand orders show ord_01j8…
  checkstand orders show ord_01j8… --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return d.open(c, func(ctx context.Context) error {
				r := d.store.Orders(ctx)
				o, err := r.Order(d.shop.ID, args[0])
				if err != nil {
					return aboutOrder(err, args[0], d.shop.ID)
				}
				if asJSON {
					return printJSON(c.OutOrStdout(), o.Order)
				}
				var a *payment.Attempt
				var ops []payment.Operation
				if o.AttemptID != "" {
					if a, err = r.Attempt(d.shop.ID, o.AttemptID); err != nil {
						return err
					}
					if ops, err = r.Operations(d.shop.ID, o.AttemptID); err != nil {
						return err
					}
				}
				p := printer{w: c.OutOrStdout()}
				printOrder(&p, o)
				s, err := d.store.Reader(ctx).Session(d.shop.ID, o.CheckoutSessionID)
				if err != nil && !errors.Is(err, order.ErrNotFound) {
					return err
				}
				if s != nil {
					printBuyer(&p, s)
					printFacts(&p, s.Facts())
				}
				if a == nil {
					p.f("Payment: none was made here.\n")
					return p.err
				}
				printMoney(&p, a)
				for i := range ops {
					printOperation(&p, &ops[i])
				}
				return p.err
			})
		},
	}
	d.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the order as agents are shown it")
	return c
}

// givenBack writes what a cancellation has given back; "" for nothing.
func givenBack(s *order.Sold) string {
	if s.GivenBackAt.IsZero() {
		return ""
	}
	var parts []string
	for _, u := range s.Stock {
		parts = append(parts, fmt.Sprintf("%d of %s to the stock, if no import has counted it since the sale", u.Quantity, u.ItemID))
	}
	for _, u := range s.Uses {
		if text := "a use of discount " + u.DiscountID; !slices.Contains(parts, text) { // it is counted for all buyers, and for this one
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

func printOrder(p *printer, o *order.Order) {
	p.f("Order %s (%s) is %s: %s, placed %s through %s.\n", o.ID, o.OrderNumber, o.Status, money.English(o.Total, o.Currency),
		o.CreatedAt.UTC().Format(time.DateTime), o.Agent)
	p.f("%s\n\nLines:\n", o.PermalinkURL)
	for i := range o.LineItems {
		l := &o.LineItems[i]
		p.f("  %s  %s  %d ordered, %d wanted, %d sent  %s\n", l.ID, l.Title, l.Quantity.Ordered, l.Quantity.Current, l.Quantity.Fulfilled, l.Status)
	}
	p.f("Totals:\n")
	for i := range o.Totals {
		p.f("  %s  %s\n", money.English(o.Totals[i].Amount, o.Currency), totalWords(&o.Totals[i]))
	}
	if back := givenBack(&o.Sold); back != "" {
		p.f("Given back at %s: %s\n", o.Sold.GivenBackAt.UTC().Format(time.DateTime), back)
	}
	if len(o.Fulfillments) > 0 {
		p.f("Deliveries:\n")
	}
	for i := range o.Fulfillments {
		f := &o.Fulfillments[i]
		p.f("  %s  %s  %s", f.ID, f.Type, f.Status)
		for _, text := range []string{f.Carrier, f.TrackingNumber, f.TrackingURL, f.Description} {
			if text != "" {
				p.f("  %s", text)
			}
		}
		if access := f.DigitalDelivery; access != nil {
			p.f("  %s", cmp.Or(access.AccessURL, "by a license key"))
		}
		if when := f.EstimatedDelivery; when != nil && f.Status != "delivered" {
			p.f("  %s to %s", when.Earliest.UTC().Format(time.DateTime), when.Latest.UTC().Format(time.DateTime))
		}
		p.f("%s\n", unitsWords(f.LineItems))
		for _, e := range f.Events {
			p.f("    %s  %s\n", e.OccurredAt.UTC().Format(time.DateTime), e.Type)
		}
	}
	if len(o.Adjustments) > 0 {
		p.f("Adjustments:\n")
	}
	for i := range o.Adjustments {
		a := &o.Adjustments[i]
		p.f("  %s  %s %s", a.OccurredAt.UTC().Format(time.DateTime), a.Type, a.Status)
		if a.Amount != nil {
			p.f("  %s", money.English(*a.Amount, a.Currency))
		}
		for _, text := range []string{a.Reason, adjustmentWords(o, a)} {
			if text != "" {
				p.f("  %s", text)
			}
		}
		p.f("%s\n", unitsWords(a.LineItems))
	}
}

func unitsWords(lines []acp.FulfillmentLineItem) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "  %s×%d", l.ID, l.Quantity)
	}
	return b.String()
}

// printMoney says what became of the money of a payment.
func printMoney(p *printer, a *payment.Attempt) {
	p.f("Payment: %s  %s by %s", a.ID, a.State, a.Provider)
	if a.PSPRef != "" {
		p.f("  %s", a.PSPRef)
	}
	p.f("\n  %s authorized, %s captured, %s refunded\n", money.English(a.Amount, a.Currency), money.English(a.Captured, a.Currency), money.English(a.Refunded, a.Currency))
}

func printOperation(p *printer, o *payment.Operation) {
	p.f("  %s  %s  %s  %s  %s  by %s", o.CreatedAt.UTC().Format(time.DateTime), o.ID, o.Kind, money.English(o.Amount, o.Currency), o.State, o.Who)
	if o.OpRef != "" {
		p.f("  %s", o.OpRef)
	}
	if o.Decline != "" {
		p.f("  (%s)", o.Decline)
	}
	p.f("\n")
}

// parseLines reads --line values: li_1=2, or li_1 for one unit.
func parseLines(c *cobra.Command, values []string) ([]order.Line, error) {
	var lines []order.Line
	for _, v := range values {
		line, quantity, given := strings.Cut(v, "=")
		n := int64(1)
		if given {
			var err error
			if n, err = strconv.ParseInt(quantity, 10, 64); err != nil || n < 1 {
				return nil, badFlag(c, "line", "%q is not a line with a quantity, such as li_01j8…=2", v)
			}
		}
		if line == "" {
			return nil, badFlag(c, "line", "%q names no line", v)
		}
		lines = append(lines, order.Line{ID: line, Quantity: n})
	}
	return lines, nil
}
