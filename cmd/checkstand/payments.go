package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
)

func newPayments() *cobra.Command {
	c := &cobra.Command{Use: "payments", Short: "Look after payments whose outcome is open, and at one's history",
		Example: `  checkstand payments open`}
	c.AddCommand(newPaymentsOpen(), newPaymentsShow(), newPaymentsReconcile(), newPaymentsSettle(), newPaymentsReport())
	return c
}

func newPaymentsOpen() *cobra.Command {
	var d keyDesk
	c := &cobra.Command{
		Use:     "open",
		Short:   "List payments whose outcome is not known yet",
		Example: `  checkstand payments open`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.open(c, func(ctx context.Context) error {
				tw := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				p := printer{w: tw}
				rows := 0
				for a, err := range d.openAttempts(ctx) {
					if err != nil {
						return err
					}
					if rows++; rows == 1 {
						p.f("PAYMENT\tSESSION\tSTATE\tAMOUNT\tASKED\tSINCE\n")
					}
					p.f("%s\t%s\t%s\t%s %s\t%d\t%s\n", a.ID, a.SessionID, a.State, money.Decimal(a.Amount, a.Currency), a.Currency, a.Tries, a.CreatedAt.UTC().Format(time.DateTime))
				}
				if rows == 0 {
					p.f("Every payment has a known outcome.\n")
				}
				return errors.Join(p.err, tw.Flush())
			})
		},
	}
	d.flags(c)
	return c
}

// attemptPage is how many attempts are read at one go.
const attemptPage = 500

// openAttempts gives the shop's attempts without a known outcome, the oldest
// first.
func (d *keyDesk) openAttempts(ctx context.Context) iter.Seq2[payment.Attempt, error] {
	return func(yield func(payment.Attempt, error) bool) {
		soon, after := time.Now().Add(time.Minute), "" // what another clock, a little ahead, has begun is open too
		for {
			page, err := d.store.OpenAttempts(ctx, soon, after, attemptPage)
			if err != nil {
				yield(payment.Attempt{}, err)
				return
			}
			for i := range page {
				if page[i].MerchantID == d.shop.ID && !yield(page[i], nil) {
					return
				}
			}
			if len(page) < attemptPage {
				return
			}
			after = page[len(page)-1].ID
		}
	}
}

func newPaymentsShow() *cobra.Command {
	var d keyDesk
	c := &cobra.Command{
		Use:     "show SESSION",
		Short:   "Show every try to pay a session, with its history",
		Example: `  checkstand payments show cs_01j8…`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return d.open(c, func(ctx context.Context) error {
				list, err := d.store.SessionAttempts(ctx, d.shop.ID, args[0])
				if err != nil {
					return err
				}
				if len(list) == 0 {
					return fmt.Errorf("nobody has tried to pay a session %s of shop %s", args[0], d.shop.ID)
				}
				p := printer{w: c.OutOrStdout()}
				for i := range list {
					a := &list[i]
					p.f("%s  %s  %s %s  by %s", a.ID, a.State, money.Decimal(a.Amount, a.Currency), a.Currency, a.Provider)
					if a.PSPRef != "" {
						p.f("  %s", a.PSPRef)
					}
					if a.Decline != "" {
						p.f("  (%s)", a.Decline)
					}
					p.f("\n")
					events, err := d.store.AttemptEvents(ctx, d.shop.ID, a.ID)
					if err != nil {
						return err
					}
					for _, ev := range events {
						p.f("  %s  %s  %s\n", ev.At.UTC().Format("2006-01-02 15:04:05.000"), ev.Who, transition(string(ev.From), string(ev.To), ev.Detail))
					}
				}
				return p.err
			})
		},
	}
	d.flags(c)
	return c
}

func transition(from, to, detail string) string {
	if from == "" {
		return to
	}
	return from + " → " + to + "  " + detail
}
