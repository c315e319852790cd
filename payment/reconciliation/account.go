// Package reconciliation compares a PSP's own list of payments with our
// attempts, and reports every disagreement in money terms: what it is, whose
// money it is, and what to do about it. It changes nothing, here or there.
//
// It knows no database and no clock but what it is handed. A comparison holds
// a few words in memory for each payment of its window and no more.
//
// A refund belongs to the window of its payment, so let a window reach back as
// far as refunds are made.
package reconciliation

import (
	"context"
	"time"

	"github.com/checkstand/checkstand/payment"
)

const (
	// Margin is how much more of the PSP's list is read on either side of the
	// window: its clock may be another, and a payment may be slow.
	Margin = time.Hour
	// PageLife is for how long a payment page can be paid on at most. The list is
	// read that much further when one was opened in the window.
	PageLife = 24 * time.Hour
	// Quiet is for how long a payment must have been left alone to be judged.
	// What moved later may be in one book and not yet in the other; it is left
	// to the next comparison.
	Quiet = 5 * time.Minute
	// Grace is for how long a payment or an operation may be open without being
	// reported. A payment page has PageLife beside.
	Grace = time.Hour

	attemptPage = 500
)

// Account is one account at a PSP in one mode, as one shop uses it.
type Account struct {
	MerchantID string
	Live       bool
	Provider   payment.Provider // a payment.Lister, unless the PSP has no list
	ID         string           // the shop's id at the PSP
	// Shared names other shops that take payments with the same account. Theirs
	// are not taken for orphans.
	Shared []string
}

// Books are our side.
type Books interface {
	// Attempt returns an attempt, or nil when the merchant has none of that id.
	Attempt(ctx context.Context, merchantID, id string) (*payment.Attempt, error)
	// Attempts lists a merchant's attempts of one mode that were made from one
	// time until before another, in the order of their ids, from the one that
	// follows after ("" is the beginning).
	Attempts(ctx context.Context, merchantID string, live bool, from, to time.Time, after string, limit int) ([]payment.Attempt, error)
	// Operations lists what was done with a payment after it was taken.
	Operations(ctx context.Context, merchantID, attemptID string) ([]payment.Operation, error)
	// Shipped reports whether anything of an order has left the shop: then it can
	// be canceled no more.
	Shipped(ctx context.Context, merchantID, orderID string) (bool, error)
	// OpenOperations lists operations of all merchants whose outcome is not
	// known, in the order of their ids, from the one that follows after.
	OpenOperations(ctx context.Context, after string, limit int) ([]payment.Operation, error)
}

// has reports whether an attempt or operation was made with the account. Those
// of before the account was kept count as its own.
func (a Account) has(provider, account string, live bool) bool {
	return provider == a.Provider.Name() && live == a.Live && (account == a.ID || account == "")
}
