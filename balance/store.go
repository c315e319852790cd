package balance

import (
	"context"
	"errors"
	"time"
)

// Store keeps the ledger.
type Store interface {
	// UpdateBalances runs fn and commits what it wrote, all of it or nothing,
	// and runs fn again where a guard did not hold, as checkout.Store does.
	// ErrBusy and ErrClosed say for certain that nothing was written.
	UpdateBalances(ctx context.Context, fn func(Tx) error) error
	// Balances reads committed state.
	Balances(ctx context.Context) Reader
}

// Errors of UpdateBalances after which nothing was written.
var (
	ErrBusy   = errors.New("too many want the same balance at this moment")
	ErrClosed = errors.New("the ledger is closed")
)

// Reader reads the ledger of one shop at a time.
type Reader interface {
	// Balance returns the balance or ErrNotFound.
	Balance(merchantID, id string) (*Balance, error)
	// CustomerBalances are those of a customer that have something to spend,
	// are not blocked and not expired, the oldest first.
	CustomerBalances(merchantID string, live bool, customerID string, now time.Time) ([]Balance, error)
	// BalanceRequest returns what was asked for under a reference, or nil.
	BalanceRequest(merchantID, reference string) (*Request, error)
	// TokenSpent reports whether a charge holds or spends by the token.
	TokenSpent(merchantID string, token []byte) (bool, error)
	// Charges lists the charges made from one time until before another, in the
	// order of their references, from the one that follows after. Those that are
	// closed are left out.
	Charges(merchantID string, live bool, from, to time.Time, after string, limit int) ([]Request, error)
	// Entries are the moves of a balance, the oldest first.
	Entries(merchantID, balanceID string) ([]Entry, error)
}

// Tx collects the writes of one UpdateBalances.
type Tx interface {
	Reader
	// InsertBalance stores a new balance; guarded by one gift card a code.
	InsertBalance(*Balance) error
	// SpendBalance moves a balance by what a charge needs; guarded by enough
	// being there, and by its being neither blocked nor expired.
	SpendBalance(merchantID, id string, available, held int64, now time.Time) error
	// MoveBalance moves a balance by what comes after a charge; guarded by
	// neither side going below zero.
	MoveBalance(merchantID, id string, available, held int64) error
	// BlockBalance stops or allows the spending of a balance.
	BlockBalance(merchantID, id string, blocked bool) error
	// InsertRequest stores a new request, whose Version becomes 1; guarded by
	// one a reference, and one charge a token.
	InsertRequest(*Request) error
	// SaveRequest stores a request if its Version is still the stored one, and
	// raises it.
	SaveRequest(*Request) error
	// AppendEntry adds to the history of a balance.
	AppendEntry(Entry) error
}
