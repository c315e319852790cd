package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
)

func newPayments() *cobra.Command {
	c := &cobra.Command{Use: "payments", Short: "List payments, look at one's history, and look after what is open",
		Example: `  checkstand payments list
  checkstand payments open`}
	c.AddCommand(newPaymentsList(), newPaymentsOpen(), newPaymentsShow(), newPaymentsReconcile(), newPaymentsSettle(), newPaymentsReport())
	return c
}

func newPaymentsOpen() *cobra.Command {
	var d keyDesk
	c := &cobra.Command{
		Use:     "open",
		Short:   "List payments, captures, voids and refunds whose outcome is not known yet",
		Example: `  checkstand payments open`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.open(c, func(ctx context.Context) error {
				tw := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				p := printer{w: tw}
				rows := 0
				row := func(what, belongs, kind, state string, amount int64, currency string, tries int64, since time.Time) {
					if rows++; rows == 1 {
						p.f("ID\tOF\tKIND\tSTATE\tAMOUNT\tASKED\tSINCE\n")
					}
					p.f("%s\t%s\t%s\t%s\t%s\t%d\t%s\n", what, belongs, kind, state, money.English(amount, currency), tries, since.UTC().Format(time.DateTime))
				}
				for a, err := range d.openAttempts(ctx) {
					if err != nil {
						return err
					}
					row(a.ID, a.SessionID, "payment", string(a.State), a.Amount, a.Currency, a.Tries, a.CreatedAt)
				}
				for o, err := range d.openOperations(ctx) {
					if err != nil {
						return err
					}
					row(o.ID, o.OrderID, string(o.Kind), string(o.State), o.Amount, o.Currency, o.Tries, o.CreatedAt)
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

// paymentPage is how many payments are read at one go.
const paymentPage = 500

// openAttempts gives the shop's attempts without a known outcome, the oldest
// first.
func (d *keyDesk) openAttempts(ctx context.Context) iter.Seq2[payment.Attempt, error] {
	soon := time.Now().Add(time.Minute) // what another clock, a little ahead, has begun is open too
	return open(d.shop.ID, func(after string) ([]payment.Attempt, error) {
		return d.store.OpenAttempts(ctx, soon, after, paymentPage)
	}, func(a *payment.Attempt) (merchant, id string) { return a.MerchantID, a.ID })
}

// openOperations gives the shop's captures, voids and refunds without a known
// outcome, the oldest first.
func (d *keyDesk) openOperations(ctx context.Context) iter.Seq2[payment.Operation, error] {
	return open(d.shop.ID, func(after string) ([]payment.Operation, error) {
		return d.store.OpenOperations(ctx, after, paymentPage)
	}, func(o *payment.Operation) (merchant, id string) { return o.MerchantID, o.ID })
}

// open goes through pages of every shop's open payments and gives those of one.
func open[T any](shop string, read func(after string) ([]T, error), key func(*T) (merchant, id string)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		after := ""
		for {
			page, err := read(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for i := range page {
				merchant, id := key(&page[i])
				if after = id; merchant == shop && !yield(page[i], nil) {
					return
				}
			}
			if len(page) < paymentPage {
				return
			}
		}
	}
}

func newPaymentsShow() *cobra.Command {
	var d keyDesk
	c := &cobra.Command{
		Use:   "show PAYMENT",
		Short: "Show a payment with its history, its captures, voids and refunds",
		Long: `Show a payment with its history, its captures, voids and refunds. Given a session
or an order instead of a payment, every try to pay for it is shown.`,
		Example: `  checkstand payments show pay_01j8…
  checkstand payments show cs_01j8…
  checkstand payments show ord_01j8…`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return d.open(c, func(ctx context.Context) error {
				list, err := d.attemptsOf(ctx, args[0])
				if err != nil {
					return err
				}
				p := printer{w: c.OutOrStdout()}
				for i := range list {
					if err := d.printAttempt(ctx, &p, &list[i]); err != nil {
						return err
					}
				}
				return p.err
			})
		},
	}
	d.flags(c)
	return c
}

// attemptsOf finds the attempts that an id means: of a payment, of the session
// that was paid, or of the order that came of it.
func (d *keyDesk) attemptsOf(ctx context.Context, ref string) ([]payment.Attempt, error) {
	r := d.store.Orders(ctx)
	switch {
	case strings.HasPrefix(ref, id.Attempt+"_"):
		a, err := r.Attempt(d.shop.ID, ref)
		if err != nil {
			return nil, aboutPayment(err, ref, d.shop.ID)
		}
		return []payment.Attempt{*a}, nil
	case strings.HasPrefix(ref, id.Order+"_"):
		o, err := r.Order(d.shop.ID, ref)
		if err != nil {
			return nil, aboutOrder(err, ref, d.shop.ID)
		}
		ref = o.CheckoutSessionID
	}
	list, err := d.store.SessionAttempts(ctx, d.shop.ID, ref)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("nobody has tried to pay a session %s of shop %s", ref, d.shop.ID)
	}
	return list, err
}

// printAttempt prints a try to pay with its history and what was done with the
// money later.
func (d *keyDesk) printAttempt(ctx context.Context, p *printer, a *payment.Attempt) error {
	p.f("%s  %s  %s  by %s", a.ID, a.State, money.English(a.Amount, a.Currency), a.Provider)
	if a.PSPRef != "" {
		p.f("  %s", a.PSPRef)
	}
	if a.Decline != "" {
		p.f("  (%s)", a.Decline)
	}
	p.f("\n")
	if a.State.Paid() {
		p.f("  %s captured, %s refunded\n", money.English(a.Captured, a.Currency), money.English(a.Refunded, a.Currency))
	}
	events, err := d.store.AttemptEvents(ctx, d.shop.ID, a.ID)
	if err != nil {
		return err
	}
	for _, ev := range events {
		p.f("  %s  %s  %s\n", ev.At.UTC().Format("2006-01-02 15:04:05.000"), ev.Who, transition(string(ev.From), string(ev.To), ev.Detail))
	}
	ops, err := d.store.Orders(ctx).Operations(d.shop.ID, a.ID)
	if err != nil {
		return err
	}
	for i := range ops {
		printOperation(p, &ops[i])
	}
	return p.err
}

func transition(from, to, detail string) string {
	switch from {
	case "":
		return strings.TrimSpace(to + "  " + detail)
	case to:
		return detail
	}
	return from + " → " + to + "  " + detail
}
