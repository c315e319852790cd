package balance

import "time"

// RequestKind is what the ledger was asked for.
type RequestKind string

const (
	Charge  RequestKind = "charge"
	Capture RequestKind = "capture"
	Void    RequestKind = "void"
	Refund  RequestKind = "refund"
)

// RequestState is what became of a request.
type RequestState string

const (
	// Closed: nothing came of it, and nothing will of what was sent before
	// ClosedAt.
	Closed   RequestState = "closed"
	Held     RequestState = "held"     // a charge whose units wait for a capture
	Taken    RequestState = "taken"    // a charge whose units are spent
	Released RequestState = "released" // a charge whose hold was given back
	Done     RequestState = "done"     // a capture, void or refund that was made
	Refused  RequestState = "refused"  // nothing has moved, for the reason given
)

// Request is one thing that the ledger was asked for, under a reference of the
// asker's: it is decided once, and asking again is answered with what was
// decided.
type Request struct {
	MerchantID string
	Live       bool
	Reference  string // the attempt or the operation
	Kind       RequestKind
	Of         string // the reference of the charge that it is about; of a charge its own
	BalanceID  string
	SessionID  string
	Key        string
	Body       []byte // digest of what was asked for
	Token      []byte // digest of the token that came with a charge; at most one charge holds or spends by it
	State      RequestState
	Reason     string // why it was refused: insufficient, expired, blocked, unknown, currency, token_used, not_possible
	Amount     int64  // minor units
	Units      int64
	Currency   string
	Captured   int64 // of a charge: minor units taken
	Refunded   int64 // of those, given back
	UnitsBack  int64 // units given back by refunds
	CreatedAt  time.Time
	ClosedAt   time.Time // microseconds count
	Version    int64     // counts the writes; compare-and-set
}

// EntryKind is why a balance moved.
type EntryKind string

const (
	Issued   EntryKind = "issued"
	Holds    EntryKind = "held"
	Spends   EntryKind = "spent"
	Releases EntryKind = "released"
	Refunds  EntryKind = "refunded"
	Blocks   EntryKind = "blocked"
	Unblocks EntryKind = "unblocked"
)

// Entry is one move of a balance. It is written with the move and never
// changed; the entries of a balance add up to it.
type Entry struct {
	ID         string
	MerchantID string
	BalanceID  string
	Kind       EntryKind
	Available  int64  // units that came to be there to spend, or went
	Held       int64  // units that came to be held, or were no longer
	Amount     int64  // minor units that it is about
	Reference  string // the attempt, the operation or what an operator gave
	Who        string // "payment", "operator:<name>"
	At         time.Time
}
