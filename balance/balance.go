// Package balance is what the shop itself owes its customers: gift cards,
// points and store credit. A balance is a row that never goes below zero, and
// an entry for every move of it that is never changed. It knows no database,
// no payment and no network.
package balance

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/checkstand/checkstand/fault"
	"github.com/checkstand/checkstand/money"
)

// Kind is what a balance is of.
type Kind string

const (
	GiftCard    Kind = "gift_card"
	Points      Kind = "points"
	StoreCredit Kind = "store_credit"
)

// Prefix begins the ids of balances: bal_….
const Prefix = "bal"

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{GiftCard, Points, StoreCredit} }

// ErrNotFound is returned for what does not exist or belongs to another shop.
var ErrNotFound = errors.New("there is no such balance")

// maxCustomerID bounds, in bytes, how a shop names a customer.
const maxCustomerID = 256

// maxRate bounds both sides of a Rate.
const maxRate = 1_000_000

// Rate is what units of a balance are worth: so many Units are worth so many
// minor units of its currency. Of gift cards and store credit it is 1 to 1.
type Rate struct{ Units, Amount int64 }

// Par is the rate of balances that are counted in money.
var Par = Rate{1, 1}

// valid reports whether both sides are there and within bounds.
func (r Rate) valid() bool {
	return r.Units > 0 && r.Units <= maxRate && r.Amount > 0 && r.Amount <= maxRate
}

// Cost is how many units pay an amount in minor units, rounded up: the shop
// gives nothing away for a part of a point. ok is false beyond money.Max.
func (r Rate) Cost(amount int64) (n int64, ok bool) {
	n, rest, ok := mulDiv(amount, r.Units, r.Amount)
	if ok && rest != 0 {
		n++
	}
	return n, ok && n <= money.Max
}

// Worth is what units buy, in minor units, rounded down.
func (r Rate) Worth(units int64) int64 {
	n, _, ok := mulDiv(units, r.Amount, r.Units)
	if !ok {
		return money.Max
	}
	return n
}

// mulDiv is a*b/c with its remainder, for a, b >= 0 and c > 0; ok is false for
// a quotient beyond money.Max.
func mulDiv(a, b, c int64) (quotient, rest int64, ok bool) {
	if a < 0 || b < 0 || c <= 0 {
		return 0, 0, false
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi >= uint64(c) {
		return 0, 0, false
	}
	q, r := bits.Div64(hi, lo, uint64(c))
	if q > money.Max {
		return 0, 0, false
	}
	return int64(q), int64(r), true
}

// Balance is one gift card, points account or store credit.
type Balance struct {
	ID         string // bal_…
	MerchantID string
	Live       bool
	Kind       Kind
	CustomerID string // whose it is, in the shop's own numbering
	Code       []byte // keyed digest of a gift card's code; nil for the others
	Last4      string // of that code, for people to tell cards apart
	Currency   string // lower-case ISO 4217
	Rate       Rate
	Available  int64 // units that can be spent
	Held       int64 // units that wait for a capture
	Blocked    bool
	ExpiresAt  time.Time // zero for never
	CreatedAt  time.Time
}

// CheckHolder is the part of Check that is about what is given to whom. Its
// error is a fault of kind or customer.
func CheckHolder(kind Kind, customerID string) error {
	switch {
	case !slices.Contains(Kinds(), kind):
		return fault.New("kind", "%q is no kind of balance; use gift_card, points or store_credit", kind)
	case strings.TrimSpace(customerID) == "":
		return fault.New("customer", "is missing; give the ID of the customer, as agents name them")
	case len(customerID) > maxCustomerID:
		return fault.New("customer", "is longer than %d bytes", maxCustomerID)
	case strings.ContainsFunc(customerID, unicode.IsControl):
		return fault.New("customer", "has control characters, such as the end of a line; remove them")
	}
	return nil
}

// Check refuses a balance that cannot be kept. Its error is a fault where it is
// about kind, customer, currency or rate.
func (b *Balance) Check() error {
	if err := CheckHolder(b.Kind, b.CustomerID); err != nil {
		return err
	}
	if err := money.CheckCurrency(b.Currency); err != nil {
		return fault.New("currency", "%v", err)
	}
	switch {
	case b.ID == "" || b.MerchantID == "":
		return errors.New("a balance needs an id and a shop")
	case !b.Rate.valid():
		return fault.New("rate", "is of 1 to %d units for 1 to %d minor units of money", maxRate, maxRate)
	case b.Kind != Points && b.Rate != Par:
		return fault.New("rate", "is for points only")
	case (b.Kind == GiftCard) != (b.Code != nil):
		return errors.New("a gift card has a code, and nothing else does")
	case b.Available < 0 || b.Available > money.Max || b.Held != 0:
		return fmt.Errorf("a balance begins with 0 to %d units, none of them held", int64(money.Max))
	}
	return nil
}

// Expired reports whether its time is over.
func (b *Balance) Expired(now time.Time) bool {
	return !b.ExpiresAt.IsZero() && !now.Before(b.ExpiresAt)
}

// Worth is what it buys, in minor units.
func (b *Balance) Worth() int64 { return b.Rate.Worth(b.Available) }

// Pays reports whether it is valid and has enough for an amount in minor units.
func (b *Balance) Pays(amount int64, currency string, now time.Time) bool {
	if b.Blocked || b.Expired(now) || b.Currency != currency || amount <= 0 {
		return false
	}
	n, ok := b.Rate.Cost(amount)
	return ok && n <= b.Available
}

// Label is what people call it.
func (b *Balance) Label() string {
	switch b.Kind {
	case GiftCard:
		return "Gift card ending in " + b.Last4
	case Points:
		return "Points"
	}
	return "Store credit"
}
