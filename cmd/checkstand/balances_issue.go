package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/server"
)

func newBalancesIssue() *cobra.Command {
	var d keyDesk
	var worth worthFlags
	var customer, mode, reference string
	var expires time.Duration
	var asJSON bool
	var by string
	c := &cobra.Command{
		Use:   "issue KIND",
		Short: "Give a customer a gift card, points or store credit",
		Long: `Give a customer a gift_card, points or store_credit. The code of a gift card is
printed once; only a digest of it is kept. Nobody pays with the code, as a gift
card is in its customer's account: it is for the card or the letter that the shop
hands out, and 'checkstand balances show CODE' finds the card by it.`,
		Example: `  checkstand balances issue gift_card --customer cus_1 --amount 50.00 --expires 8760h
  checkstand balances issue store_credit --customer cus_1 --amount 12.50 --reference 'complaint 17'
  checkstand balances issue points --customer cus_1 --points 15000 --rate 100=1.00`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			live, err := isLive(c, mode)
			if err != nil {
				return err
			}
			if err := balance.CheckHolder(balance.Kind(args[0]), customer); err != nil {
				return inFlags(c, err)
			}
			if expires < 0 {
				return badFlag(c, "expires", "%v is in the past; use a duration such as 8760h", expires)
			}
			if err := checkNoCardNumber(c, "write something else", "customer", "reference"); err != nil {
				return err
			}
			return d.open(c, func(ctx context.Context) error {
				now := time.Now().UTC().Truncate(time.Millisecond)
				b := &balance.Balance{ID: id.New(balance.Prefix, now), MerchantID: d.shop.ID, Live: live, Kind: balance.Kind(args[0]), CustomerID: customer,
					Currency: d.shop.Currency, Rate: balance.Par, CreatedAt: now}
				if expires > 0 {
					b.ExpiresAt = now.Add(expires)
				}
				code := ""
				if err := worth.give(c, b); err != nil {
					return err
				}
				if b.Kind == balance.GiftCard {
					box, err := server.OpenBox(d.cfg)
					if err != nil {
						return err
					}
					code = balance.NewCode()
					b.Code, b.Last4 = box.Fingerprints(balance.CanonicalCode(code))[0], code[len(code)-4:]
				}
				if err := balance.Issue(ctx, d.store, b, reference, "operator:"+by); err != nil {
					return inFlags(c, err)
				}
				if asJSON {
					j := balanceOf(b, now)
					j.Code = code
					return printJSON(c.OutOrStdout(), j)
				}
				p := printer{w: c.OutOrStdout()}
				if code != "" {
					p.f("%s\n\nThe code of %s. It is not shown again.\nNobody pays with it; 'checkstand balances show CODE' finds the card by it.\n", code, b.ID)
				}
				p.f("Customer %s has %s (%s, %s mode).\n", b.CustomerID, inUnits(b, b.Available), b.ID, modeWord(live))
				return p.err
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.StringVar(&customer, "customer", "", "`ID` of the customer, as agents name them")
	worth.flags(c)
	f.DurationVar(&expires, "expires", 0, "how long it can be spent, such as 8760h (default: for ever)")
	f.StringVar(&reference, "reference", "", "what it is for, to be kept with it")
	f.StringVar(&mode, "mode", "test", "`MODE` of the payments that it is for, test or live")
	byFlag(c, &by)
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// worthFlags say how much a new balance is worth: an amount of money, or a number
// of points and what they buy.
type worthFlags struct {
	amount, rate string
	points       int64
}

func (w *worthFlags) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&w.amount, "amount", "", "how much money, in the shop's currency, such as 50.00")
	f.Int64Var(&w.points, "points", 0, "how many points")
	f.StringVar(&w.rate, "rate", "", "what points are worth: `POINTS=AMOUNT`, such as 100=1.00")
}

// give sets what the balance has to spend, by its kind and in its currency.
func (w *worthFlags) give(c *cobra.Command, b *balance.Balance) (err error) {
	if b.Kind == balance.Points {
		return w.givePoints(c, b)
	}
	switch {
	case w.points != 0 || w.rate != "":
		return badFlag(c, "amount", "is what money is given by; --points and --rate are for points")
	case w.amount == "":
		return badFlag(c, "amount", "is missing; say how much money, such as %s", money.Decimal(5000, b.Currency))
	}
	if b.Available, err = money.Parse(w.amount, b.Currency); err != nil || b.Available <= 0 {
		return badFlag(c, "amount", "%q is not an amount in %s, such as %s", w.amount, b.Currency, money.Decimal(5000, b.Currency))
	}
	return nil
}

func (w *worthFlags) givePoints(c *cobra.Command, b *balance.Balance) (err error) {
	switch {
	case w.amount != "":
		return badFlag(c, "amount", "is for money; say --points and --rate")
	case !c.Flags().Changed("points"):
		return badFlag(c, "points", "is missing; say how many")
	case w.points <= 0 || w.points > money.Max:
		return badFlag(c, "points", "%d is no number of points to give; use 1 or more", w.points)
	}
	b.Available = w.points
	if b.Rate, err = exchangeRate(w.rate, b.Currency); err != nil {
		return badFlag(c, "rate", "%v", err)
	}
	return nil
}

// exchangeRate reads POINTS=AMOUNT.
func exchangeRate(text, currency string) (r balance.Rate, err error) {
	count, amount, ok := strings.Cut(text, "=")
	if !ok {
		return r, fmt.Errorf("%q is no rate; say what so many points are worth, such as 100=1.00", text)
	}
	if _, err := fmt.Sscanf(count+"\n", "%d\n", &r.Units); err != nil {
		return r, fmt.Errorf("%q is no number of points", count)
	}
	if r.Amount, err = money.Parse(amount, currency); err != nil {
		return r, fmt.Errorf("%q is not an amount in %s", amount, currency)
	}
	return r, nil
}
