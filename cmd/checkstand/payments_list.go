package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
)

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
	var l listing
	var state string
	c := &cobra.Command{
		Use:   "list",
		Short: "List every try to pay, the newest first",
		Example: `  checkstand payments list
  checkstand payments list --mode live --state declined --limit 200
  checkstand payments list --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if state != "" && !slices.Contains(paymentStates, state) {
				return badFlag(c, "state", "%q is not a state; use %s", state, strings.Join(paymentStates, ", "))
			}
			return listedPayments.show(c, &l, func(ctx context.Context, live bool) ([]payment.Attempt, error) {
				return l.latestAttempts(ctx, live, payment.State(state), l.from, l.limit)
			})
		},
	}
	l.flags(c, "payments", "payment", "payments", "before", "a payment")
	c.Flags().StringVar(&state, "state", "", "only those in this `STATE`")
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

var listedPayments = listed[payment.Attempt]{
	none: "No such payments", head: "PAYMENT\tSTATE\tAMOUNT\tCAPTURED\tREFUNDED\tFOR\tCREATED",
	row: func(p *printer, a *payment.Attempt) {
		of := a.SessionID
		if madeOrder(a) {
			of = a.OrderID
		}
		p.f("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.ID, a.State, money.English(a.Amount, a.Currency), money.English(a.Captured, a.Currency),
			money.English(a.Refunded, a.Currency), of, a.CreatedAt.UTC().Format(time.DateTime))
	},
	json: func(a *payment.Attempt) any { return jsonOf(a) },
	id:   func(a *payment.Attempt) string { return a.ID },
}
