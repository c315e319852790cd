package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

// Class is what an answer of a PSP means, in words that no PSP owns. What an
// adapter cannot map is ClassUnknown, never a decline.
type Class string

const (
	ClassAuthorized       Class = "authorized"
	ClassCaptured         Class = "captured"
	ClassPending          Class = "pending"           // the PSP will decide later
	ClassRequiresAction   Class = "requires_action"   // 3-D Secure asked for; nothing charged
	ClassDeclined         Class = "declined"          // by the issuer or a fraud rule
	ClassTokenInvalid     Class = "token_invalid"     // unknown, of another merchant, mode or session
	ClassTokenExpired     Class = "token_expired"     //
	ClassTokenUsed        Class = "token_used"        // by another payment
	ClassAmountExceeded   Class = "amount_exceeded"   // above the token's limit
	ClassCurrencyMismatch Class = "currency_mismatch" // not the token's currency
	ClassProcessorError   Class = "processor_error"   // a definite technical failure: not charged
	ClassConfig           Class = "config"            // our keys or account are wrong: not charged
	ClassRateLimited      Class = "rate_limited"      // refused before anything was tried
	ClassNotFound         Class = "not_found"         // reconcile only: the PSP certainly never saw it
	ClassUnknown          Class = "unknown"
)

// State gives the attempt state that a class leads to.
func (c Class) State() State {
	switch c {
	case ClassAuthorized:
		return Authorized
	case ClassCaptured:
		return Captured
	case ClassPending:
		return Pending
	case ClassRequiresAction, ClassDeclined, ClassTokenInvalid, ClassTokenExpired, ClassTokenUsed,
		ClassAmountExceeded, ClassCurrencyMismatch:
		return Declined
	case ClassVoided:
		return Voided
	case ClassProcessorError, ClassConfig, ClassRateLimited, ClassNotFound:
		return Failed
	}
	return Unknown
}

// Result is a PSP's answer, classified. Amount and Currency are what the PSP
// says it took or holds; the caller compares them with the attempt.
type Result struct {
	Class       Class
	PSPRef      string // the PSP's id of the payment
	RequestID   string // the PSP's id of the HTTP exchange, for its support desk
	DeclineCode string // the PSP's own words, for the operator
	Amount      int64
	Captured    int64
	Currency    string
	Brand       string // of the card, in the protocol's words (visa, mastercard, amex); set with ClassRequiresAction where it is known
}

// Charge is what an adapter builds its request from.
type Charge struct {
	AttemptID     string
	SessionID     string
	OrderID       string
	Amount        int64
	Currency      string
	Credential    Credential
	MerchantID    string // the shop's id at the PSP
	Billing       *acp.Address
	BuyerEmail    string
	StatementText string
	Capture       CaptureMode

	// RequireAuthentication asks the PSP to refuse a charge without a proof as
	// ClassRequiresAction, whatever the issuer would say.
	RequireAuthentication bool
	// Proof is of an authentication that was made elsewhere; nil for none. Only
	// a ProofTaker is given one.
	Proof *Proof
}

// Token is the credential's token, for an adapter's request and nothing else.
// One that no PSP could have made is an error.
func (c Charge) Token() (string, error) {
	token := c.Credential.Token.Reveal()
	if token == "" || len(token) > acp.MaxToken {
		return "", fmt.Errorf("the payment token is empty or longer than %d bytes", acp.MaxToken)
	}
	return token, nil
}

// Check refuses a charge that no adapter can ask for.
func (c Charge) Check() error {
	switch {
	case c.AttemptID == "":
		return errors.New("the charge has no attempt id")
	case c.SessionID == "":
		return errors.New("the charge has no session id")
	case c.Proof.Check() != nil:
		return c.Proof.Check()
	case c.Amount <= 0 || c.Amount > money.Max:
		return fmt.Errorf("amount: %d cannot be charged", c.Amount)
	case !money.Valid(c.Currency):
		return fmt.Errorf("currency: %q is not a lower-case ISO 4217 currency", c.Currency)
	}
	return nil
}

// ErrNotSent is returned by Send when not a byte of the request left this
// machine. Everything after the first byte is a Result of ClassUnknown.
var ErrNotSent = errors.New("the payment provider could not be reached; nothing was sent")

// Provider takes payments at one PSP with one account in one mode.
type Provider interface {
	// Name is the adapter's name as stored with attempts: "sandbox".
	Name() string
	// Reusable reports whether a credential may be charged more than once
	// (static test tokens); others are refused a second session.
	Reusable(Credential) bool
	// Build makes the exact request body. It is pure: same charge, same bytes.
	Build(Charge) ([]byte, error)
	// Send asks the PSP to take the money: body under key. Sending the same
	// body under the same key again never charges twice. err is ErrNotSent or
	// nil.
	Send(ctx context.Context, key string, body []byte) (Result, error)
	// Reconcile asks what became of an attempt. ClassNotFound is a definite
	// no: the PSP has no payment of this attempt and will not make one from
	// the bytes already sent.
	Reconcile(ctx context.Context, a Attempt) (Result, error)
}

// Resendable is a Provider whose PSP has no other way to tell what became of a
// payment than to be sent it again: the same bytes under the same key are
// answered with the first answer. Its Reconcile says ClassUnknown.
type Resendable interface {
	Provider
	// ResendToLearn tells for how long after an attempt was made it may be sent
	// again to learn its outcome. The repeat may be the first that arrives, and
	// charges then.
	ResendToLearn() time.Duration
}
