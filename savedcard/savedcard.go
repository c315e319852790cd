// Package savedcard is what a shop knows of the cards that its payment provider
// keeps for its customers: who may pay with which, and how the provider calls
// them. A card's number is nowhere in it. It knows no database, no payment and
// no network.
package savedcard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/checkstand/checkstand/fault"
	"github.com/checkstand/checkstand/secret"
)

// Prefix begins the ids of saved cards: crd_….
const Prefix = "crd"

// Limits of a card.
const (
	MaxReference = 256 // bytes of what the provider calls a card or a customer
	MaxLabel     = 128 // characters
	MaxOffered   = 20  // cards of one customer that are offered, the newest first
)

// brands are the brands that a card may have, as the protocol and the
// configuration write them, with their names, which are the same in every
// language.
var brands = []struct{ word, name string }{{"visa", "Visa"}, {"mastercard", "Mastercard"}, {"amex", "American Express"},
	{"discover", "Discover"}, {"diners", "Diners Club"}, {"jcb", "JCB"}, {"unionpay", "UnionPay"}}

// Brands are the words for the brands that a card may have.
func Brands() []string {
	var words []string
	for _, b := range brands {
		words = append(words, b.word)
	}
	return words
}

// Errors of a Store.
var (
	// ErrNotFound is returned for what does not exist or belongs to another shop.
	ErrNotFound = errors.New("there is no such saved card")
	// ErrKnown is returned for a card of a customer of the provider's that is saved
	// already.
	ErrKnown = errors.New("this card of the payment provider is saved already; remove it first")
)

// Card is one card that a customer can pay with again.
type Card struct {
	ID          string // crd_…
	MerchantID  string
	Live        bool
	CustomerID  string // whose it is, in the shop's own numbering
	Provider    string // name of the adapter whose PSP keeps it
	Account     string // the shop's id at that PSP
	PSPCustomer string // what the PSP calls the customer; "" once it is removed
	PSPCard     string // what the PSP calls the card; "" once it is removed
	Brand       string // one of Brands
	Last4       string // the last four digits, for people to tell cards apart
	ExpMonth    int    // 1 to 12
	ExpYear     int    // four digits
	Label       string // the shop's own words, which buyers and agents are not shown
	AddedBy     string // "operator:<name>"
	CreatedAt   time.Time
	RemovedBy   string
	RemovedAt   time.Time // zero while it is there
}

// Check refuses a card that cannot be kept.
func (c *Card) Check() error {
	if c.ID == "" || c.MerchantID == "" || c.Provider == "" {
		return errors.New("a saved card needs an id, a shop and a payment provider")
	}
	return c.CheckDetails()
}

// CheckDetails is Check without the id, the shop and the provider: all that
// somebody gives of a card. Its error is a fault for each field, customer,
// psp_customer, psp_card, brand, last4, expires or label, in which no value is
// repeated that could be the number of a card. What the provider's references
// look like is for its adapter to say.
func (c *Card) CheckDetails() error {
	var wrong []error
	for _, f := range []struct {
		name, value, missing string
		fault                func(value string) string
	}{
		{"customer", c.CustomerID, "give the ID of the customer, as agents name them", referenceFault},
		{"psp_customer", c.PSPCustomer, "say what the payment provider calls the customer", referenceFault},
		{"psp_card", c.PSPCard, "say what the payment provider calls the card", referenceFault},
		{"brand", c.Brand, useBrand(), brandFault},
		{"last4", c.Last4, "give the last four digits of the card's number", last4Fault},
		{"label", c.Label, "", labelFault},
	} {
		what := ""
		switch {
		case strings.TrimSpace(f.value) == "":
			if f.missing != "" {
				what = "is missing; " + f.missing
			}
		case secret.HasCardNumber(f.value):
			instead := "write something else"
			if f.name == "psp_card" {
				instead = "give what the payment provider calls the card"
			}
			what = secret.CardNumberFault + "; " + instead
		case strings.ContainsFunc(f.value, unicode.IsControl):
			what = "has control characters, such as the end of a line; remove them"
		default:
			what = f.fault(f.value)
		}
		if what != "" {
			wrong = append(wrong, fault.New(f.name, "%s", what))
		}
	}
	switch {
	case c.ExpMonth == 0 && c.ExpYear == 0:
		wrong = append(wrong, fault.New("expires", "is missing; give the month of a year in which it expires, such as 12/2030"))
	case c.ExpMonth < 1 || c.ExpMonth > 12 || c.ExpYear < 2000 || c.ExpYear > 9999:
		wrong = append(wrong, fault.New("expires", "%q is no month of a year, such as 12/2030", c.Expiry()))
	}
	return errors.Join(wrong...)
}

func referenceFault(text string) string {
	if len(text) > MaxReference {
		return fmt.Sprintf("is longer than %d bytes", MaxReference)
	}
	return ""
}

func useBrand() string { return "use one of " + strings.Join(Brands(), ", ") }

func brandFault(word string) string {
	if !slices.Contains(Brands(), word) {
		return fmt.Sprintf("%q is not a brand of cards; %s", word, useBrand())
	}
	return ""
}

func last4Fault(digits string) string {
	if len(digits) != 4 || strings.Trim(digits, "0123456789") != "" {
		return "the last digits of a card are four"
	}
	return ""
}

func labelFault(words string) string {
	if utf8.RuneCountInString(words) > MaxLabel {
		return fmt.Sprintf("is longer than %d characters", MaxLabel)
	}
	return ""
}

// Expiry is the last month in which the card is good, as it stands on cards,
// but with the whole year: 12/2030.
func (c *Card) Expiry() string { return fmt.Sprintf("%02d/%d", c.ExpMonth, c.ExpYear) }

// BrandName is the name of the card's brand, as people write it.
func (c *Card) BrandName() string {
	for _, b := range brands {
		if b.word == c.Brand {
			return b.name
		}
	}
	return c.Brand
}

// Expired reports whether the card's last month is over, everywhere on Earth.
func (c *Card) Expired(now time.Time) bool {
	return !now.Before(time.Date(c.ExpYear, time.Month(c.ExpMonth)+1, 1, 12, 0, 0, 0, time.UTC))
}

// Removed reports whether the card is there no more.
func (c *Card) Removed() bool { return !c.RemovedAt.IsZero() }

// Usable reports whether the card can be charged at an account now, as far as
// the shop knows.
func (c *Card) Usable(provider, account string, now time.Time) bool {
	return !c.Removed() && !c.Expired(now) && c.Provider == provider && c.Account == account
}

// Store keeps saved cards.
type Store interface {
	// AddCard stores a new card, or returns ErrKnown.
	AddCard(ctx context.Context, c *Card) error
	// RemoveCard marks a card as removed and forgets what the provider calls it;
	// one that was removed before is left as it is. It returns ErrNotFound.
	RemoveCard(ctx context.Context, merchantID, id, who string, now time.Time) (*Card, error)
	// ListCards lists a shop's cards of one mode in the order of their ids, from
	// the one that follows after: all of them, or those of a customer. Removed
	// ones are among them.
	ListCards(ctx context.Context, merchantID string, live bool, customerID, after string, limit int) ([]Card, error)
}
