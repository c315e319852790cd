package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment/reconciliation"
	"github.com/checkstand/checkstand/server"
)

func newBalances() *cobra.Command {
	c := &cobra.Command{Use: "balances", Short: "Issue, list, show and block gift cards, points and store credit",
		Long: `Issue, list, show and block what the shop owes its customers: gift cards,
points and store credit. A customer whom a trusted agent has signed in pays with
them; see may_identify_customers in the configuration. Every move of a balance
is kept, with who made it.`,
		Example: `  checkstand balances issue gift_card --customer cus_1 --amount 50.00
  checkstand balances list --customer cus_1`}
	c.AddCommand(newBalancesIssue(), newBalancesList(), newBalancesShow(), newBalancesBlock(true), newBalancesBlock(false), newBalancesReport())
	return c
}

// balanceJSON is what --json prints of a balance.
type balanceJSON struct {
	ID        string      `json:"id"`
	Kind      string      `json:"kind"`
	Customer  string      `json:"customer"`
	Code      string      `json:"code,omitempty"` // of a new gift card, this once
	Last4     string      `json:"last4,omitempty"`
	Available int64       `json:"available"` // points, or minor units
	Held      int64       `json:"held"`
	Worth     int64       `json:"worth"` // minor units that the available ones buy
	Currency  string      `json:"currency"`
	State     string      `json:"state"`
	ExpiresAt time.Time   `json:"expires_at,omitzero"`
	CreatedAt time.Time   `json:"created_at"`
	Moves     []entryJSON `json:"moves,omitempty"`
}

type entryJSON struct {
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"`
	Available int64     `json:"available"`
	Held      int64     `json:"held"`
	Amount    int64     `json:"amount"`
	Reference string    `json:"reference,omitempty"`
	Who       string    `json:"who"`
}

func balanceOf(b *balance.Balance, now time.Time) balanceJSON {
	return balanceJSON{ID: b.ID, Kind: string(b.Kind), Customer: b.CustomerID, Last4: b.Last4, Available: b.Available, Held: b.Held,
		Worth: b.Worth(), Currency: b.Currency, State: balanceState(b, now), ExpiresAt: b.ExpiresAt, CreatedAt: b.CreatedAt}
}

func balanceState(b *balance.Balance, now time.Time) string {
	switch {
	case b.Blocked:
		return "blocked"
	case b.Expired(now):
		return "expired"
	case b.Available == 0 && b.Held == 0:
		return "spent"
	}
	return "valid"
}

// inUnits is a number of a balance's units as people say it.
func inUnits(b *balance.Balance, n int64) string {
	if b.Kind == balance.Points {
		return fmt.Sprint(n, " points")
	}
	return money.English(n, b.Currency)
}

// movedBy is a change of a balance's units as people say it, with its sign.
func movedBy(b *balance.Balance, n int64) string {
	if n > 0 {
		return "+" + inUnits(b, n)
	}
	return inUnits(b, n)
}

func newBalancesList() *cobra.Command {
	var l listing
	var customer string
	c := &cobra.Command{
		Use:   "list",
		Short: "List balances, the oldest first",
		Example: `  checkstand balances list
  checkstand balances list --customer cus_1 --mode live --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return listedBalances(time.Now()).show(c, &l, func(ctx context.Context, live bool) ([]balance.Balance, error) {
				return l.store.ListBalances(ctx, l.shop.ID, live, customer, l.from, l.limit)
			})
		},
	}
	l.flags(c, "payments that they are for", "balance", "balances", "after", "a balance")
	c.Flags().StringVar(&customer, "customer", "", "only those of the customer of this `ID`")
	return c
}

func listedBalances(now time.Time) listed[balance.Balance] {
	return listed[balance.Balance]{
		none: "No such balances", head: "BALANCE\tKIND\tCUSTOMER\tAVAILABLE\tHELD\tWORTH\tSTATE",
		row: func(p *printer, b *balance.Balance) {
			p.f("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", b.ID, b.Kind, b.CustomerID, inUnits(b, b.Available), inUnits(b, b.Held),
				money.English(b.Worth(), b.Currency), balanceState(b, now))
		},
		json: func(b *balance.Balance) any { return balanceOf(b, now) },
		id:   func(b *balance.Balance) string { return b.ID },
	}
}

func newBalancesShow() *cobra.Command {
	var d keyDesk
	var mode string
	var asJSON bool
	c := &cobra.Command{
		Use:   "show ID|CODE",
		Short: "Show a balance and every move of it",
		Example: `  checkstand balances show bal_01j8…
  checkstand balances show ABCD-EFGH-JKMN-PQRS --mode live`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			live, err := isLive(c, mode)
			if err != nil {
				return err
			}
			return d.open(c, func(ctx context.Context) error {
				b, err := d.balance(ctx, args[0], live)
				if err != nil {
					return err
				}
				moves, err := d.store.Balances(ctx).Entries(d.shop.ID, b.ID)
				if err != nil {
					return err
				}
				return printBalance(c, b, moves, asJSON)
			})
		},
	}
	d.flags(c)
	c.Flags().StringVar(&mode, "mode", "test", "`MODE` of a gift card that is named by its code, test or live")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func printBalance(c *cobra.Command, b *balance.Balance, moves []balance.Entry, asJSON bool) error {
	now := time.Now()
	if asJSON {
		j := balanceOf(b, now)
		for _, e := range moves {
			j.Moves = append(j.Moves, entryJSON{e.At, string(e.Kind), e.Available, e.Held, e.Amount, e.Reference, e.Who})
		}
		return printJSON(c.OutOrStdout(), j)
	}
	p := printer{w: c.OutOrStdout()}
	p.f("%s of customer %s (%s, %s mode) is %s: %s to spend, %s held.\n\n", b.Label(), b.CustomerID, b.ID, modeWord(b.Live),
		balanceState(b, now), inUnits(b, b.Available), inUnits(b, b.Held))
	if p.err != nil {
		return p.err
	}
	tw := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	p = printer{w: tw}
	p.f("AT\tMOVE\tTO SPEND\tHELD\tFOR\tBY\n")
	for _, e := range moves {
		p.f("%s\t%s\t%s\t%s\t%s\t%s\n", e.At.UTC().Format(time.DateTime), e.Kind, movedBy(b, e.Available), movedBy(b, e.Held), e.Reference, e.Who)
	}
	return errors.Join(p.err, tw.Flush())
}

// balance finds a balance by its id, or a gift card by its code.
func (d *keyDesk) balance(ctx context.Context, name string, live bool) (*balance.Balance, error) {
	if strings.HasPrefix(name, balance.Prefix+"_") {
		b, err := d.store.Balances(ctx).Balance(d.shop.ID, name)
		if errors.Is(err, balance.ErrNotFound) {
			return nil, fmt.Errorf("shop %s has no balance %s; 'checkstand balances list' shows those that there are", d.shop.ID, name)
		}
		return b, err
	}
	box, err := server.OpenBox(d.cfg)
	if err != nil {
		return nil, err
	}
	for _, digest := range box.Fingerprints(balance.CanonicalCode(name)) {
		b, err := d.store.BalanceByCode(ctx, d.shop.ID, live, digest)
		if !errors.Is(err, balance.ErrNotFound) {
			return b, err
		}
	}
	return nil, fmt.Errorf("shop %s has no gift card of that code in %s mode", d.shop.ID, modeWord(live))
}

func newBalancesBlock(blocked bool) *cobra.Command {
	var d keyDesk
	var by string
	use, short, said := "unblock ID", "Let a blocked balance be spent again", "can be spent again"
	if blocked {
		use, short, said = "block ID", "Stop a balance from being spent; refunds still come to it", "cannot be spent any more"
	}
	verb, _, _ := strings.Cut(use, " ")
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		Example: "  checkstand balances " + verb + " bal_01j8…",
		RunE: func(c *cobra.Command, args []string) error {
			return d.open(c, func(ctx context.Context) error {
				b, err := d.balance(ctx, args[0], false)
				if err != nil {
					return err
				}
				if err := balance.Block(ctx, d.store, d.shop.ID, b.ID, blocked, "operator:"+by, time.Now().UTC()); err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "%s %s.\n", b.ID, said)
				return err
			})
		},
	}
	d.flags(c)
	byFlag(c, &by)
	return c
}

func newBalancesReport() *cobra.Command {
	var d keyDesk
	var days int
	var mode string
	var last, asJSON bool
	c := &cobra.Command{
		Use:   "report",
		Short: "Compare payments out of balances with the ledger, and show every disagreement",
		Long: `Compare the payments of the last days that were made out of balances with what
the ledger says that it did for them, as 'payments report' does with a payment
provider. Nothing is changed. A running server does the same once a day; --last
shows what it found.

The exit code is 4 when there is any disagreement, so that a script can tell.`,
		Example: `  checkstand balances report --days 30
  checkstand balances report --last`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			live, err := isLive(c, mode)
			if err != nil {
				return err
			}
			now := time.Now()
			begin, end, err := period("", "", days, now)
			if err != nil {
				return usageError{err, c.CommandPath()}
			}
			return d.open(c, func(ctx context.Context) error {
				desk, err := server.NewDesk(d.cfg, d.store, nil)
				if err != nil {
					return err
				}
				var r reconciliation.Report
				if last {
					found := false
					if r, found, err = desk.LatestLedger(ctx, d.shop.ID, live); err == nil && !found {
						return fmt.Errorf("no server has compared the balances of shop %s in %s mode yet; leave out --last to do it now", d.shop.ID, modeWord(live))
					}
				} else {
					r, err = desk.CompareLedger(ctx, d.shop.ID, live, begin, end)
				}
				if err != nil {
					return aboutMode(err, d.shop.ID, live)
				}
				return printComparison(c, r, asJSON)
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.IntVar(&days, "days", 8, "how many `DAYS` back")
	f.BoolVar(&last, "last", false, "show the latest daily comparison of a server instead of making one")
	f.StringVar(&mode, "mode", "test", "`MODE` of the payments, test or live")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}
