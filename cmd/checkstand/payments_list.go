package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
)

// maxPaymentsListed is how many payments one call lists; --before goes on from
// there.
const maxPaymentsListed = 1000

var paymentStates = []string{string(payment.Sending), string(payment.Unknown), string(payment.Pending), string(payment.Authorized),
	string(payment.Captured), string(payment.Declined), string(payment.Failed), string(payment.Voided)}

// paymentJSON is what --json prints of a payment. Amounts are minor units.
type paymentJSON struct {
	ID        string    `json:"id"`
	Session   string    `json:"session"`
	Order     string    `json:"order,omitempty"` // of a payment that was made
	State     string    `json:"state"`
	Provider  string    `json:"provider"`
	Reference string    `json:"reference,omitempty"` // the provider's
	Amount    int64     `json:"amount"`
	Captured  int64     `json:"captured"`
	Refunded  int64     `json:"refunded"`
	Currency  string    `json:"currency"`
	Decline   string    `json:"decline,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

func newPaymentsList() *cobra.Command {
	var d keyDesk
	var mode, state, before string
	var limit int
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List every try to pay, the newest first",
		Example: `  checkstand payments list
  checkstand payments list --mode live --state declined --limit 200
  checkstand payments list --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			live, err := isLive(c, mode)
			switch {
			case err != nil:
				return err
			case state != "" && !slices.Contains(paymentStates, state):
				return badFlag(c, "state", "%q is not a state; use %s", state, strings.Join(paymentStates, ", "))
			case limit < 1 || limit > maxPaymentsListed:
				return badFlag(c, "limit", "%d is not between 1 and %d", limit, maxPaymentsListed)
			}
			return d.open(c, func(ctx context.Context) error {
				list, err := d.latestAttempts(ctx, live, payment.State(state), before, limit)
				if err != nil {
					return err
				}
				if !asJSON {
					return printPayments(c, list, limit, mode)
				}
				for i := range list {
					if err := printJSON(c.OutOrStdout(), jsonOf(&list[i])); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.StringVar(&mode, "mode", "test", "`MODE` of the payments, test or live")
	f.StringVar(&state, "state", "", "only those in this `STATE`")
	f.StringVar(&before, "before", "", "`ID` of the payment to go on from")
	f.IntVar(&limit, "limit", 50, "how many payments at most")
	f.BoolVar(&asJSON, "json", false, "print one JSON object a payment")
	return c
}

// latestAttempts lists attempts in a state, or in any, the newest first.
func (d *keyDesk) latestAttempts(ctx context.Context, live bool, state payment.State, before string, limit int) (list []payment.Attempt, err error) {
	for {
		page, err := d.store.LatestAttempts(ctx, d.shop.ID, live, before, paymentPage)
		if err != nil {
			return nil, err
		}
		for i := range page {
			if state != "" && page[i].State != state {
				continue
			}
			if list = append(list, page[i]); len(list) == limit {
				return list, nil
			}
		}
		if len(page) < paymentPage {
			return list, nil
		}
		before = page[len(page)-1].ID
	}
}

func jsonOf(a *payment.Attempt) paymentJSON {
	j := paymentJSON{ID: a.ID, Session: a.SessionID, State: string(a.State), Provider: a.Provider, Reference: a.PSPRef, Amount: a.Amount,
		Captured: a.Captured, Refunded: a.Refunded, Currency: a.Currency, Decline: a.Decline, CreatedAt: a.CreatedAt.UTC()}
	if madeOrder(a) {
		j.Order = a.OrderID
	}
	return j
}

// madeOrder reports whether a payment has come to an order, whatever became of
// the money since.
func madeOrder(a *payment.Attempt) bool { return a.State.Paid() || a.State == payment.Voided }

func printPayments(c *cobra.Command, list []payment.Attempt, limit int, mode string) error {
	if len(list) == 0 {
		_, err := fmt.Fprintf(c.OutOrStdout(), "No such payments in %s mode.\n", mode)
		return err
	}
	tw := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	p := printer{w: tw}
	p.f("PAYMENT\tSTATE\tAMOUNT\tCAPTURED\tREFUNDED\tFOR\tCREATED\n")
	for i := range list {
		a := &list[i]
		of := a.SessionID
		if madeOrder(a) {
			of = a.OrderID
		}
		p.f("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.ID, a.State, money.English(a.Amount, a.Currency), money.English(a.Captured, a.Currency),
			money.English(a.Refunded, a.Currency), of, a.CreatedAt.UTC().Format(time.DateTime))
	}
	err := errors.Join(p.err, tw.Flush())
	if len(list) == limit && err == nil {
		_, err = fmt.Fprintf(c.OutOrStdout(), "There may be more: add --before %s\n", list[len(list)-1].ID)
	}
	return err
}
