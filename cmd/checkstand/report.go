package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment/reconciliation"
	"github.com/checkstand/checkstand/server"
)

// disagreeError is the outcome of a comparison that was made and found
// something.
type disagreeError struct{ error }

func newPaymentsReport() *cobra.Command {
	var d keyDesk
	var from, to string
	var days int
	var test, live, last, asJSON bool
	c := &cobra.Command{
		Use:   "report",
		Short: "Compare our payments with the provider's own list, and show every disagreement",
		Long: `Compare the payments of the last days with the payment provider's own list of
them, and show every disagreement: what it is, whose money it is, how much, and
what to do. Nothing is changed, here or there.

A running server does the same once a day; --last shows what it found. Where a
provider has no list (Adyen), only what is open in our own books is shown, and
the report says so.

The exit code is 4 when there is any disagreement, so that a script can tell.`,
		Example: `  checkstand payments report
  checkstand payments report --live --days 30
  checkstand payments report --from 2026-05-01 --to 2026-06-01 --json
  checkstand payments report --last`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if test && live {
				return usageError{errors.New("say either --test or --live"), c.CommandPath()}
			}
			now := time.Now()
			begin, end, err := period(from, to, days, now)
			if err != nil {
				return usageError{err, c.CommandPath()}
			}
			return d.open(c, func(ctx context.Context) error {
				desk, err := server.NewDesk(d.cfg, d.store, nil)
				if err != nil {
					return err
				}
				inLive := live || !test && !d.shop.Payment.Live.IsZero()
				var r reconciliation.Report
				if last {
					found := false
					if r, found, err = desk.Latest(ctx, d.shop.ID, inLive); err == nil && !found {
						return fmt.Errorf("no server has compared the %s payments of shop %s yet; leave out --last to do it now", modeWord(inLive), d.shop.ID)
					}
				} else {
					r, err = desk.Compare(ctx, d.shop.ID, inLive, begin, end)
				}
				if err != nil {
					return aboutMode(err, d.shop.ID, inLive)
				}
				return errors.Join(printComparison(c, r, asJSON), d.tellOfLedger(c, desk, inLive, last))
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.IntVar(&days, "days", 8, "how many `DAYS` back")
	f.StringVar(&from, "from", "", "from this `TIME` on instead, as in 2026-05-01 or 2026-05-01T12:00:00Z")
	f.StringVar(&to, "to", "", "until before this `TIME` (default now)")
	f.BoolVar(&test, "test", false, "the payments of test mode")
	f.BoolVar(&live, "live", false, "the payments of live mode (the default where the shop has it)")
	f.BoolVar(&last, "last", false, "show the latest daily comparison of a server instead of making one")
	f.BoolVar(&asJSON, "json", false, "print JSON, amounts in minor units")
	return c
}

// aboutMode says of a mode in which a shop takes no payments that it does not.
func aboutMode(err error, shop string, live bool) error {
	if errors.Is(err, checkout.ErrNotFound) {
		return fmt.Errorf("shop %s takes no payments in %s mode", shop, modeWord(live))
	}
	return err
}

// tellOfLedger says beside the latest comparison with the provider what the one
// with the shop's own ledger found, if it found anything.
func (d *keyDesk) tellOfLedger(c *cobra.Command, desk *server.Desk, live, last bool) error {
	if !last {
		return nil
	}
	r, found, err := desk.LatestLedger(c.Context(), d.shop.ID, live)
	if err != nil || !found || len(r.Differences) == 0 {
		return err
	}
	if _, err := fmt.Fprintf(c.ErrOrStderr(), "Payments out of balances: %s; 'checkstand balances report --last --mode %s' shows them.\n",
		count(len(r.Differences), "disagreement"), modeWord(live)); err != nil {
		return err
	}
	return disagreeError{errors.New("the ledger disagrees")}
}

func printComparison(c *cobra.Command, r reconciliation.Report, asJSON bool) error {
	var err error
	if asJSON {
		err = printJSON(c.OutOrStdout(), r)
	} else {
		err = reconciliation.WriteText(c.OutOrStdout(), r)
	}
	if err != nil {
		return err
	}
	if len(r.Differences) > 0 {
		return disagreeError{errors.New("the books disagree")}
	}
	return nil
}

func modeWord(live bool) string {
	if live {
		return "live"
	}
	return "test"
}

// period reads the bounds of a report.
func period(from, to string, days int, now time.Time) (begin, end time.Time, err error) {
	if end, err = moment("--to", to, now); err != nil {
		return begin, end, err
	}
	if days < 1 || days > 3660 {
		return begin, end, fmt.Errorf("--days: %d is outside its bounds; write a number from 1 to 3660", days)
	}
	if begin, err = moment("--from", from, end.Add(-time.Duration(days)*24*time.Hour)); err != nil {
		return begin, end, err
	}
	if !begin.Before(end) {
		return begin, end, errors.New("--from is not before --to")
	}
	return begin, end, nil
}

// moment reads a day or a time of day, both UTC unless it says otherwise.
func moment(flag, text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s: %q is not a time; write one as in 2026-05-01 or 2026-05-01T12:00:00Z", flag, text)
}
