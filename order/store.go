package order

import (
	"context"
	"errors"
	"time"

	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/payment"
)

// ErrNotFound is returned for what does not exist or belongs to another
// merchant; the two are not told apart.
var ErrNotFound = errors.New("not found")

// Store keeps orders, their payments and what is done with the money.
type Store interface {
	// UpdateOrders runs fn and commits what it wrote, all of it or nothing. fn
	// does no I/O of its own and may run several times: when a guarded write
	// found the world changed, it runs again on the new state. An error of fn is
	// returned as it is, and nothing is committed.
	UpdateOrders(ctx context.Context, fn func(Tx) error) error
	// Orders reads committed state outside any transaction.
	Orders(ctx context.Context) Reader
}

// Reader reads. What does not exist is ErrNotFound.
type Reader interface {
	Order(merchantID, id string) (*Order, error)
	Attempt(merchantID, id string) (*payment.Attempt, error)
	// AttemptByRef finds an attempt by the PSP's id of the payment.
	AttemptByRef(merchantID, provider, pspRef string) (*payment.Attempt, error)
	Operation(merchantID, id string) (*payment.Operation, error)
	// OperationByRef finds an operation by the PSP's id of the move.
	OperationByRef(merchantID, provider, opRef string) (*payment.Operation, error)
	// Operations lists what was done with a payment, the oldest first.
	Operations(merchantID, attemptID string) ([]payment.Operation, error)
}

// Tx collects the writes of one update. Each Save is guarded by the Version of
// what it stores being the stored one, and raises it.
type Tx interface {
	Reader
	SaveOrder(*Order) error
	SaveAttempt(*payment.Attempt) error
	// AppendEvent adds to the history of an attempt.
	AppendEvent(merchantID string, ev payment.Event) error
	// InsertOperation is guarded by one operation an id of the PSP's.
	InsertOperation(*payment.Operation) error
	SaveOperation(*payment.Operation) error
	// Restock puts units back into the stock of an item, if it is still sold and
	// counted, and no import has counted it since.
	Restock(merchantID string, u Units) error
	// ReturnUse gives back a use of a discount that was made.
	ReturnUse(merchantID string, live bool, u Use) error
	// GiveBackDiscounts notes that an order that was sold with discounts was
	// canceled.
	GiveBackDiscounts(merchantID, orderID string, at time.Time) error
	// Enqueue adds a job that becomes claimable with the commit.
	Enqueue(job.Job) error
	// Dequeue removes a job that is no longer wanted, claimed or not.
	Dequeue(merchantID, jobID string) error
	// HastenJob makes a job due at the given time if it would be due later.
	HastenJob(merchantID, jobID string, due time.Time) error
}
