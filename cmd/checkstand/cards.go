package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/fault"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/savedcard"
	"github.com/checkstand/checkstand/server"
)

func newCards() *cobra.Command {
	c := &cobra.Command{Use: "cards", Short: "Add, list and remove cards that customers can pay with again",
		Long: `Add, list and remove the cards that the shop's payment provider keeps for its
customers. Checkstand knows how the provider calls a card, its brand, its last
four digits and its expiry, never its number. A customer whom a trusted agent
has signed in pays with them; see may_identify_customers in the configuration.`,
		Example: `  checkstand cards add --customer cus_1 --psp-card scd_visa --brand visa --last4 4242 --expires 12/2030
  checkstand cards list --customer cus_1`}
	c.AddCommand(newCardsAdd(), newCardsList(), newCardsRemove())
	return c
}

// cardJSON is what --json prints of a card.
type cardJSON struct {
	ID          string    `json:"id"`
	Customer    string    `json:"customer"`
	Provider    string    `json:"provider"`
	Account     string    `json:"account"`
	PSPCustomer string    `json:"psp_customer,omitempty"` // until it is removed
	PSPCard     string    `json:"psp_card,omitempty"`
	Brand       string    `json:"brand"`
	Last4       string    `json:"last4"`
	Expires     string    `json:"expires"` // 12/2030
	Label       string    `json:"label,omitempty"`
	State       string    `json:"state"`
	AddedBy     string    `json:"added_by"`
	CreatedAt   time.Time `json:"created_at"`
	RemovedBy   string    `json:"removed_by,omitempty"`
	RemovedAt   time.Time `json:"removed_at,omitzero"`
}

func cardOf(c *savedcard.Card, a cardAccount, now time.Time) cardJSON {
	return cardJSON{ID: c.ID, Customer: c.CustomerID, Provider: c.Provider, Account: c.Account, PSPCustomer: c.PSPCustomer, PSPCard: c.PSPCard, Brand: c.Brand,
		Last4: c.Last4, Expires: c.Expiry(), Label: c.Label, State: a.state(c, now), AddedBy: c.AddedBy, CreatedAt: c.CreatedAt, RemovedBy: c.RemovedBy, RemovedAt: c.RemovedAt}
}

// cardAccount is the shop's account whose cards are kept.
type cardAccount struct {
	vault payment.Vault
	id    string
}

// state says why a card is offered to its customer, or is not.
func (a cardAccount) state(c *savedcard.Card, now time.Time) string {
	switch {
	case c.Removed():
		return "removed"
	case c.Expired(now):
		return "expired"
	case a.vault == nil || !c.Usable(a.vault.Name(), a.id, now):
		return "other account"
	}
	return "valid"
}

// account is the one of the shop's in a mode. The error is checkout.ErrNotFound
// where it takes no payments.
func (d *keyDesk) account(live bool) (a cardAccount, err error) {
	desk, err := server.NewDesk(d.cfg, d.store, nil)
	if err != nil {
		return a, err
	}
	a.vault, a.id, err = desk.Vault(d.shop.ID, live)
	return a, err
}

func newCardsAdd() *cobra.Command {
	var d keyDesk
	var customer, pspCustomer, pspCard, brand, last4, expires, label, mode string
	var asJSON bool
	var by string
	c := &cobra.Command{
		Use:   "add",
		Short: "Let a customer pay again with a card that the payment provider keeps",
		Long: `Let a customer pay again with a card that the shop's payment provider keeps for
them. The references are the provider's own:

  stripe     --psp-customer cus_…             --psp-card pm_…
  adyen      --psp-customer shopperReference  --psp-card storedPaymentMethodId
  braintree  --psp-customer customer id       --psp-card payment method token
  sandbox    --psp-customer any name          --psp-card scd_…, such as scd_visa

Nothing is asked of the provider: a reference that it does not know is found out
when the customer pays, and declined. A card number is refused.`,
		Example: `  checkstand cards add --customer cus_1 --psp-card scd_visa --brand visa --last4 4242 --expires 12/2030
  checkstand cards add --customer 1007 --mode live --psp-customer cus_QX7… --psp-card pm_1Q… --brand amex --last4 0005 --expires 01/2029 --label 'from order 311'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			live, err := isLive(c, mode)
			if err != nil {
				return err
			}
			now := time.Now().UTC().Truncate(time.Millisecond)
			card := &savedcard.Card{ID: id.New(savedcard.Prefix, now), Live: live, CustomerID: customer, PSPCustomer: cmp.Or(pspCustomer, customer), PSPCard: pspCard,
				Brand: brand, Last4: last4, Label: label, AddedBy: "operator:" + by, CreatedAt: now}
			if card.ExpMonth, card.ExpYear, err = readExpiry(expires); err != nil {
				return badFlag(c, "expires", "%v", err)
			}
			if err := checkGivenCard(c, card); err != nil {
				return err
			}
			return d.open(c, func(ctx context.Context) error {
				account, err := d.account(live)
				if err != nil {
					return aboutMode(err, d.shop.ID, live)
				}
				card.MerchantID, card.Provider, card.Account = d.shop.ID, account.vault.Name(), account.id
				if err := account.vault.CheckStored(payment.Stored{Customer: card.PSPCustomer, Card: card.PSPCard}); err != nil {
					return usageError{fmt.Errorf("--psp-card and --psp-customer: %w", err), c.CommandPath()}
				}
				if card.Expired(now) {
					return badFlag(c, "expires", "%s is over; a card that has expired cannot be charged", expires)
				}
				if err := d.store.AddCard(ctx, card); err != nil {
					return err
				}
				d.doubtCard(c, card)
				if asJSON {
					return printJSON(c.OutOrStdout(), cardOf(card, account, now))
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "Customer %s can pay with %s ending in %s (%s, %s mode).\n", card.CustomerID, card.BrandName(), card.Last4, card.ID, modeWord(live))
				return err
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.StringVar(&customer, "customer", "", "`ID` of the customer, as agents name them")
	f.StringVar(&pspCustomer, "psp-customer", "", "what the payment provider calls the customer, its `REFERENCE` (default: --customer)")
	f.StringVar(&pspCard, "psp-card", "", "what the payment provider calls the card, its `REFERENCE`")
	f.StringVar(&brand, "brand", "", "`BRAND` of the card: "+strings.Join(savedcard.Brands(), ", "))
	f.StringVar(&last4, "last4", "", "last four `DIGITS` of its number")
	f.StringVar(&expires, "expires", "", "`MONTH/YEAR` in which it expires, such as 12/2030")
	f.StringVar(&label, "label", "", "words of your own, to be kept with it; nobody else sees them")
	f.StringVar(&mode, "mode", "test", "`MODE` of the payments that it is for, test or live")
	byFlag(c, &by)
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// doubtCard warns of a card that nobody will be offered.
func (d *keyDesk) doubtCard(c *cobra.Command, card *savedcard.Card) {
	account := d.shop.Payment.Test
	if card.Live {
		account = d.shop.Payment.Live
	}
	if len(account.Brands) > 0 && !slices.Contains(account.Brands, card.Brand) {
		c.PrintErrf("warning: shop %s takes no %s, so nobody is offered this card; see brands in the configuration\n", d.shop.ID, card.BrandName())
	}
}

// checkGivenCard refuses what cannot be kept of a card, by the flags that it was
// given with.
func checkGivenCard(c *cobra.Command, card *savedcard.Card) error {
	var wrong []error
	for _, f := range fault.List(card.CheckDetails()) {
		if f.Field != "psp_customer" || c.Flags().Changed("psp-customer") { // else it is --customer, which is told
			wrong = append(wrong, f)
		}
	}
	return inFlags(c, errors.Join(wrong...))
}

// readExpiry reads MONTH/YEAR, the year with four digits or the last two; both
// are 0 where there is none. Whether there is such a month is for the card to
// say.
func readExpiry(text string) (month, year int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	before, after, _ := strings.Cut(text, "/")
	if _, err := fmt.Sscanf(before+" "+after+"\n", "%d %d\n", &month, &year); err != nil || strings.ContainsAny(text, "+- ") {
		return 0, 0, fmt.Errorf("%q is no month of a year, such as 12/2030", text)
	}
	if len(after) == 2 {
		year += 2000
	}
	return month, year, nil
}

func newCardsList() *cobra.Command {
	var l listing
	var customer string
	c := &cobra.Command{
		Use:   "list",
		Short: "List saved cards, the oldest first, removed ones too",
		Example: `  checkstand cards list
  checkstand cards list --customer cus_1 --mode live --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var account cardAccount
			return listedCards(&account, time.Now()).show(c, &l, func(ctx context.Context, live bool) (list []savedcard.Card, err error) {
				if account, err = l.account(live); err != nil && !errors.Is(err, checkout.ErrNotFound) { // what was saved before is shown all the same
					return nil, err
				}
				return l.store.ListCards(ctx, l.shop.ID, live, customer, l.from, l.limit)
			})
		},
	}
	l.flags(c, "payments that they are for", "card", "cards", "after", "a card")
	c.Flags().StringVar(&customer, "customer", "", "only those of the customer of this `ID`")
	return c
}

func listedCards(account *cardAccount, now time.Time) listed[savedcard.Card] {
	return listed[savedcard.Card]{
		none: "No such cards", head: "CARD\tCUSTOMER\tBRAND\tENDING\tEXPIRES\tPROVIDER\tSTATE\tLABEL",
		row: func(p *printer, k *savedcard.Card) {
			p.f("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.CustomerID, k.Brand, k.Last4, k.Expiry(), k.Provider, account.state(k, now), k.Label)
		},
		json: func(k *savedcard.Card) any { return cardOf(k, *account, now) },
		id:   func(k *savedcard.Card) string { return k.ID },
	}
}

func newCardsRemove() *cobra.Command {
	var d keyDesk
	var by string
	c := &cobra.Command{
		Use:   "remove ID",
		Short: "Stop a saved card from being used, and forget what the payment provider calls it",
		Long: `Stop a saved card from being used, and forget what the payment provider calls
it. Brand, last digits and who removed it stay. The provider is told nothing:
remove the card there too.`,
		Example: "  checkstand cards remove crd_01j8…",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return d.open(c, func(ctx context.Context) error {
				card, err := d.store.RemoveCard(ctx, d.shop.ID, args[0], "operator:"+by, time.Now().UTC().Truncate(time.Millisecond))
				if errors.Is(err, savedcard.ErrNotFound) {
					return fmt.Errorf("shop %s has no saved card %s; 'checkstand cards list' shows those that there are", d.shop.ID, args[0])
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "%s can no longer be used.\n", card.ID)
				return err
			})
		},
	}
	d.flags(c)
	byFlag(c, &by)
	return c
}
