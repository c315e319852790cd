// Package payment holds what is true of every payment, whichever PSP takes it:
// the attempt and its forward-only states, the classes of outcome, and the
// Provider interface that an adapter fills in. It knows no database and no
// HTTP server.
package payment

import (
	"time"

	"github.com/checkstand/checkstand/secret"
)

// State is where an attempt stands. States only move forward; Next is the
// table.
type State string

const (
	Sending    State = "sending"    // sealed and committed; the PSP may have it or not
	Unknown    State = "unknown"    // sent, and the PSP has not clearly answered
	Pending    State = "pending"    // the PSP itself says that it has not decided
	Authorized State = "authorized" // held, not captured
	Captured   State = "captured"   // the money is taken
	Declined   State = "declined"   // the PSP said no; nothing was charged
	Failed     State = "failed"     // never reached the PSP, or certainly not charged there
	Voided     State = "voided"     // an authorisation was given back
)

// next lists the allowed moves. A state without an entry is final for the
// session: the attempt is over or the money is held.
var next = map[State][]State{
	Sending:    {Unknown, Pending, Authorized, Captured, Declined, Failed},
	Unknown:    {Pending, Authorized, Captured, Declined, Failed},
	Pending:    {Authorized, Captured, Declined, Failed},
	Authorized: {Captured, Voided},
}

// Kind is how the buyer hands over what the payment is made with.
type Kind string

const (
	Delegated Kind = ""           // a token in the complete request
	OnPage    Kind = "hosted"     // on a page of the PSP
	OnFile    Kind = "saved_card" // a card that the PSP keeps for the customer
)

// CanBecome reports whether an attempt may move from s to t.
func (s State) CanBecome(t State) bool {
	for _, n := range next[s] {
		if n == t {
			return true
		}
	}
	return false
}

// Live reports whether the attempt's outcome is still open.
func (s State) Live() bool { return s == Sending || s == Unknown || s == Pending }

// Paid reports whether the buyer's money is taken or held.
func (s State) Paid() bool { return s == Authorized || s == Captured }

// Attempt is one try to take the money for one session. At most one attempt of
// a session is live or paid, and one token serves one session; the store's
// unique indexes say so, not a check.
type Attempt struct {
	ID         string // pay_…
	MerchantID string
	SessionID  string
	OrderID    string // decided before the money moves, so that a lost answer changes nothing
	Live       bool   // live mode; false is test mode
	Kind       Kind
	Capture    CaptureMode
	Provider   string // name of the adapter
	Account    string // the shop's id at the PSP; "" for attempts of before it was kept
	Amount     int64  // minor units; the total last shown to the buyer
	Currency   string
	IdemKey    string // the key under which the PSP is asked, of this attempt alone
	TokenFP    []byte // keyed digest of the token; nil for a token that may be used again
	Sealed     []byte // the exact request bytes, encrypted; emptied when the outcome is known
	State      State
	Class      Class
	PSPRef     string
	Decline    string // the PSP's own reason, for the operator only
	Captured   int64  // minor units taken
	Refunded   int64  // minor units given back, of those taken
	PageRef    string // the PSP's id of its payment page; "" while none is known
	Page       []byte // the page's address, encrypted; emptied when the outcome is known
	Version    int64  // counts the writes; compare-and-set
	Tries      int64  // questions asked to learn the outcome
	CreatedAt  time.Time
	FinalAt    time.Time
	LeaseUntil time.Time // until then the process that sends it owns it
}

// Event is one line of an attempt's history.
type Event struct {
	AttemptID string
	At        time.Time
	From, To  State
	Who       string // "complete", "reconcile", "webhook", "operator:<name>"
	Detail    string // class and PSP reference, or the saved card that pays; never a token
}

// Move takes the attempt to the state that a result means and returns the
// event to append. ok is false when the move is not allowed (a late or
// repeated answer), and the attempt is unchanged then.
func (a *Attempt) Move(r Result, who string, now time.Time) (ev Event, ok bool) {
	to := r.Class.State()
	if !a.State.CanBecome(to) {
		return Event{}, false
	}
	ev = Event{AttemptID: a.ID, At: now, From: a.State, To: to, Who: who, Detail: string(r.Class)}
	if r.PSPRef != "" {
		a.PSPRef = r.PSPRef
		ev.Detail += " " + r.PSPRef
	}
	a.State, a.Class, a.Decline, a.Captured = to, r.Class, r.DeclineCode, r.Captured
	if !to.Live() {
		a.FinalAt, a.Sealed, a.Page = now, nil, nil
	}
	return ev, true
}

// Credential is what the agent handed over to pay with.
type Credential struct {
	Type  string // "spt" or what the version calls it
	Token secret.String
	// Stored is the card that pays, where the shop's PSP keeps it; Token is then
	// the agent's reference for audits alone.
	Stored Stored
}
