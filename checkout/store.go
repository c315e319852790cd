package checkout

import (
	"context"
	"time"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/savedcard"
)

// ErrNotFound is returned for what does not exist or belongs to another
// merchant or mode; the two are not told apart.
var ErrNotFound = order.ErrNotFound

// Store keeps sessions and everything that must commit with them.
type Store interface {
	// Update runs fn and commits what it wrote, all of it or nothing. fn does
	// no I/O of its own and may run several times: when a guarded write found
	// the world changed (another version of a session, too little stock, a key
	// that exists by now), fn runs again on the new state. An error of fn is
	// returned as it is, and nothing is committed.
	Update(ctx context.Context, fn func(Tx) error) error
	// Reader reads committed state outside any transaction.
	Reader(ctx context.Context) Reader
}

// Reader reads. All reads are of one merchant.
type Reader interface {
	// Session returns the session or ErrNotFound. The caller owns the result.
	Session(merchantID, id string) (*Session, error)
	// Cart returns the cart or ErrNotFound. The caller owns the result.
	Cart(merchantID, id string) (*Cart, error)
	// Items returns those of the items that the merchant sells, by id.
	Items(merchantID string, ids []string) (map[string]*catalog.Item, error)
	// RecentItems is Items as it was a moment ago, at most a tenth of a second:
	// enough to quote by, not to sell by. Changes of this process are in it.
	// The items are shared and not to be written to.
	RecentItems(merchantID string, ids []string) (map[string]*catalog.Item, error)
	// PastPrices are the prices of items that were changed since, oldest first,
	// by item id; one that was never changed has none.
	PastPrices(merchantID string, ids []string, since time.Time) (map[string][]catalog.PastPrice, error)
	// Attempt returns the payment attempt or ErrNotFound.
	Attempt(merchantID, id string) (*payment.Attempt, error)
	// TokenUsed reports whether a live or paid attempt of the provider holds
	// one of the fingerprints, and for which session.
	TokenUsed(provider string, fingerprints [][]byte) (sessionID string, used bool, err error)
	// Order returns the order or ErrNotFound.
	Order(merchantID, id string) (*order.Order, error)
	// IdempotencyRecord returns the record, or nil when the key is new or its
	// retention has ended.
	IdempotencyRecord(scope idempotency.Scope) (*idempotency.Record, error)
	// DiscountUses says how many uses of each are held or made, in live or in
	// test mode.
	DiscountUses(merchantID string, live bool, uses []Use) (map[Use]int64, error)
	// Balance returns what the shop owes a customer, or balance.ErrNotFound.
	Balance(merchantID, id string) (*balance.Balance, error)
	// CustomerBalances are those of a customer that can be spent.
	CustomerBalances(merchantID string, live bool, customerID string, now time.Time) ([]balance.Balance, error)
	// SavedCard returns a card, removed or not, or savedcard.ErrNotFound.
	SavedCard(merchantID, id string) (*savedcard.Card, error)
	// CustomerCards are a customer's cards at an account of the shop's that are
	// not removed, the newest first, savedcard.MaxOffered at most. Expired ones
	// are among them.
	CustomerCards(merchantID string, live bool, customerID, provider, account string) ([]savedcard.Card, error)
	// SignedElsewhere reports whether a credential has sent the same signature
	// under another key.
	SignedElsewhere(Signed) (bool, error)
}

// Tx collects the writes of one Update. Each write is guarded as it says; a
// guard that does not hold makes Update run again.
type Tx interface {
	Reader
	// Run counts the runs of this Update's fn, from 0.
	Run() int

	// InsertSession stores a new session; its Version becomes 1.
	InsertSession(*Session) error
	// SaveSession stores a session if its Version is still the stored one, and
	// raises it.
	SaveSession(*Session) error

	// InsertCart stores a new cart; its Version becomes 1.
	InsertCart(*Cart) error
	// SaveCart stores a cart if its Version is still the stored one, and raises
	// it.
	SaveCart(*Cart) error
	// DeleteCart removes a cart if its Version is still the stored one.
	DeleteCart(*Cart) error

	// Reserve holds quantity units of an item for a payment; guarded by
	// availability. Items that are not counted are left alone.
	Reserve(merchantID, itemID string, quantity int64) error
	// Release gives a reservation back.
	Release(merchantID, itemID string, quantity int64) error
	// Sell turns a reservation into a sale: stock and reservation go down.
	Sell(merchantID, itemID string, quantity int64) error
	// SellBeyond is Sell of an item that is sold beyond its stock; guarded by
	// counted being how many of the quantity come out of the stock.
	SellBeyond(merchantID, itemID string, quantity, counted int64) error

	// HoldUse holds one use of a discount for a payment; guarded by fewer than
	// limit being held or made. ReleaseUse gives it back, SpendUse makes it
	// final.
	HoldUse(merchantID string, live bool, u Use, limit int64) error
	ReleaseUse(merchantID string, live bool, u Use) error
	SpendUse(merchantID string, live bool, u Use) error

	// InsertAttempt stores a new attempt; guarded by one live or paid attempt
	// a session and one session a token.
	InsertAttempt(*payment.Attempt) error
	// SaveAttempt stores an attempt if its Version is still the stored one,
	// and raises it.
	SaveAttempt(*payment.Attempt) error
	// AppendEvent adds to the history of an attempt.
	AppendEvent(merchantID string, ev payment.Event) error

	// InsertOrder stores a new order; guarded by one order a session.
	InsertOrder(*order.Order) error
	// InsertDiscounted notes that a new order was sold with a discount.
	InsertDiscounted(order.Discounted) error

	// PutIdempotencyRecord stores a record; prev is what IdempotencyRecord
	// returned, and guards: nil means that the key must be new.
	PutIdempotencyRecord(rec idempotency.Record, prev *idempotency.Record) error

	// RememberSigned notes a request's signature; guarded by its not being
	// known under another key.
	RememberSigned(Signed) error

	// Enqueue adds a job that becomes claimable with the commit.
	Enqueue(job.Job) error
	// Dequeue removes a job that is no longer wanted, claimed or not.
	Dequeue(merchantID, jobID string) error
	// HastenJob makes a job due at the given time if it would be due later.
	// One that is claimed, parked or gone is left alone.
	HastenJob(merchantID, jobID string, due time.Time) error
}
