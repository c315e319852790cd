package payment

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/checkstand/checkstand/secret"
)

// CaptureMode says when the money of a payment is taken.
type CaptureMode string

const (
	CaptureNow   CaptureMode = ""      // with the authorisation
	CaptureLater CaptureMode = "later" // held first, captured when goods are shipped
)

// OpKind is a later move of a payment's money.
type OpKind string

const (
	OpCapture OpKind = "capture"
	OpVoid    OpKind = "void"
	OpRefund  OpKind = "refund"
)

// Op is one such move. It is stored before the PSP is asked, and asked for
// under its own key, so that repeating it moves nothing twice.
type Op struct {
	ID        string // op_…
	Kind      OpKind
	AttemptID string // our reference of the payment
	PSPRef    string // the PSP's
	OpRef     string // the PSP's id of the move, once known
	Amount    int64  // minor units; of a void, what was held
	Currency  string
	Key       string
	Reason    string // for the PSP's books: requested_by_customer, duplicate, fraudulent
	CreatedAt time.Time
}

// Classes of the outcome of an Op, beside ClassCaptured, ClassPending,
// ClassDeclined (refused for good, nothing moved), ClassProcessorError,
// ClassConfig, ClassRateLimited, ClassNotFound and ClassUnknown.
const (
	ClassVoided   Class = "voided"
	ClassRefunded Class = "refunded"
)

// Operator is a Provider that can move a payment's money later.
type Operator interface {
	Provider
	// Operate asks the PSP for the move. Asking again for the same Op never
	// moves the money twice. Of the Result, PSPRef is the PSP's id of the move,
	// to be kept as OpRef, and Amount what was moved. err is ErrNotSent or nil.
	Operate(ctx context.Context, op Op) (Result, error)
	// ReconcileOp asks what became of an Op. ClassNotFound is a definite no.
	ReconcileOp(ctx context.Context, op Op) (Result, error)
}

// OpState is where an operation stands. States only move forward, but that a
// move that was done may still come back: banks return refunds, and captures
// bounce.
type OpState string

const (
	OpSending OpState = "sending" // committed; the PSP may have been asked or not
	OpUnknown OpState = "unknown" // asked, and the PSP has not clearly answered
	OpPending OpState = "pending" // the PSP has accepted it and will say later
	OpDone    OpState = "done"
	OpFailed  OpState = "failed" // nothing moved, or it came back
)

var nextOp = map[OpState][]OpState{
	OpSending: {OpUnknown, OpPending, OpDone, OpFailed},
	OpUnknown: {OpPending, OpDone, OpFailed},
	OpPending: {OpDone, OpFailed},
	OpDone:    {OpFailed},
}

// CanBecome reports whether an operation may move from s to t.
func (s OpState) CanBecome(t OpState) bool { return slices.Contains(nextOp[s], t) }

// Open reports whether the outcome is not known: the PSP is asked until it is,
// or will tell.
func (s OpState) Open() bool { return s == OpSending || s == OpUnknown || s == OpPending }

// OpState gives the state of an operation that a class leads to.
func (c Class) OpState() OpState {
	switch c {
	case ClassCaptured, ClassVoided, ClassRefunded:
		return OpDone
	case ClassPending:
		return OpPending
	case ClassDeclined, ClassProcessorError, ClassConfig, ClassRateLimited, ClassNotFound:
		return OpFailed
	}
	return OpUnknown
}

// Operation is a stored Op with where it stands. It commits before the PSP is
// asked, so that a crash leaves a row to go on from.
type Operation struct {
	Op
	MerchantID string
	OrderID    string
	Live       bool
	Provider   string
	Account    string
	State      OpState
	Class      Class
	Decline    string // the PSP's own reason, for the operator only
	Who        string // "operator:<name>", "shipment", "psp"
	Version    int64  // counts the writes; compare-and-set
	Tries      int64  // how often the PSP was asked
	FinalAt    time.Time
	LeaseUntil time.Time // until then the process that asks owns it
}

// Move takes the operation to the state that a result means. ok is false when
// the move is not allowed (a late or repeated answer), and nothing has changed
// then.
func (o *Operation) Move(r Result, now time.Time) (ok bool) {
	to := r.Class.OpState()
	if !o.State.CanBecome(to) {
		return false
	}
	if r.PSPRef != "" {
		o.OpRef = r.PSPRef
	}
	o.State, o.Class, o.Decline = to, r.Class, r.DeclineCode
	if !to.Open() {
		o.FinalAt = now
	}
	return true
}

// TokenInfo is what a PSP tells about a delegated token.
type TokenInfo struct {
	Class     Class // ClassAuthorized when it can be charged, else why not
	Live      bool
	MaxAmount int64 // minor units of Currency
	Currency  string
	ExpiresAt time.Time
	Brand     string
	Last4     string
	Block     bool // the PSP advises against taking it
}

// TokenInspector is a Provider that can be asked about a token.
type TokenInspector interface {
	InspectToken(ctx context.Context, c Credential) (TokenInfo, error)
}

// HostedLine is one line of a payment page, for the buyer to recognise.
type HostedLine struct {
	Title    string
	Quantity int64
	Amount   int64 // minor units, of all units together
}

// HostedCharge is a payment on a page of the PSP. Its credential is empty.
type HostedCharge struct {
	Charge
	Lines                []HostedLine // add up to Amount
	ReturnURL, CancelURL string
	ExpiresAt            time.Time
	Locale               string // BCP 47
}

// HostedPage is where the buyer pays. URL is the PSP's page; a PSP without one
// has a ClientToken for its script on a page of ours.
type HostedPage struct {
	Ref         string // the PSP's id of the page
	URL         string
	ClientToken secret.String
	ExpiresAt   time.Time
}

// Hosted is a Provider with payment pages.
type Hosted interface {
	Provider
	// BuildHosted makes the exact request body; pure, like Build.
	BuildHosted(HostedCharge) ([]byte, error)
	// OpenHosted asks for the page; the same body under the same key is the
	// same page. The Result is of ClassPending when there is one.
	OpenHosted(ctx context.Context, key string, body []byte) (HostedPage, Result, error)
	// ReconcileHosted asks what became of it. ref is HostedPage.Ref; result is
	// what the PSP appended to the return address, "" when it is not known.
	ReconcileHosted(ctx context.Context, a Attempt, ref, result string) (Result, error)
	// CloseHosted makes the page unusable. A payment that was made before wins
	// and is the Result; ClassNotFound says that none will be.
	CloseHosted(ctx context.Context, a Attempt, ref string) (Result, error)
}

// Embedded is a Hosted provider without pages of its own. Its script runs on a
// page of ours, with the client token of OpenHosted, and hands back a token
// that is charged as a delegated one is. There is no attempt until then.
type Embedded interface {
	Hosted
	// Embed is what the page has to load.
	Embed() Embed
}

// FromScript is the Credential.Type of a token that an Embedded provider's
// script handed back, to tell it from one that an agent brought.
const FromScript = "script"

// Embed is a PSP's script on a page of ours.
type Embed struct {
	Name    string   // which script: "braintree-dropin"
	Script  string   // its address
	Sources []string // origins that it needs in the page's content security policy, as in "https://*.example.com"
}

// WebhookRequest is a PSP's call to us, as it came.
type WebhookRequest struct {
	Method string
	Header http.Header
	Query  url.Values
	Body   []byte
}

// Subject is what a notice is about.
type Subject string

const (
	AboutPayment   Subject = ""          // an attempt: its outcome, or that its hold has ended (ClassVoided)
	AboutOperation Subject = "operation" // a capture, void or refund; OpKind says which
	AboutDispute   Subject = "dispute"   // the buyer's bank takes the payment back
	AboutPage      Subject = "page"      // a payment page; PageRef names it
)

// DisputeState is where a dispute stands.
type DisputeState string

const (
	DisputeOpen DisputeState = "open"
	DisputeWon  DisputeState = "won"  // the shop keeps the money
	DisputeLost DisputeState = "lost" // the buyer has it back
)

// Notice is one thing that a webhook reports.
type Notice struct {
	ID        string // repeats of one notice have one id
	Subject   Subject
	Reference string // our attempt or op; "" when the PSP does not say
	PSPRef    string // the PSP's payment
	OpRef     string // the PSP's capture, void, refund or dispute; "" for the payment itself
	OpKind    OpKind // of AboutOperation; "" when the PSP does not say
	Dispute   DisputeState
	PageRef   string // the PSP's id of the payment page
	Kind      string // the PSP's own word, for the log
	Result    Result // ClassUnknown when it only says that something changed
	Final     bool   // Result may be recorded as it is; else the PSP is asked
	Live      bool
	At        time.Time
}

// WebhookAnswer is what the PSP wants to hear.
type WebhookAnswer struct {
	Status int
	Type   string // Content-Type; "" for none
	Body   []byte
}

// Webhooks is a Provider that is called by its PSP. Notices come late, twice
// and in any order.
type Webhooks interface {
	// ReceiveWebhook checks the signature and reads the notices. A request that
	// is not the PSP's is an error, and the answer says no more than that.
	ReceiveWebhook(r WebhookRequest) ([]Notice, WebhookAnswer, error)
}

// Listed is one payment in a PSP's own list.
type Listed struct {
	PSPRef    string
	Reference string // our attempt; "" when it is none of ours
	Result    Result
	Refunded  int64
	At        time.Time
}

// Lister is a Provider whose payments can be listed, for the daily comparison.
type Lister interface {
	// List gives payments made between from and to, a page at a time: cursor
	// is "" at first, next is "" at the end.
	List(ctx context.Context, from, to time.Time, cursor string) (page []Listed, next string, err error)
}
