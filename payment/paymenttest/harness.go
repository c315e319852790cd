// Package paymenttest is the contract of payment.Provider as a test suite. An
// adapter passes it against its PSP, or against a stand-in for the PSP that
// keeps state and can fail at the worst moments.
//
// The suite judges by two things: what the adapter says, and what the PSP's own
// books say about the session.
package paymenttest

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
)

// Outcome is what a test credential stands for.
type Outcome string

// Outcomes that the suite asks for. Each leads to one class, see Class.
const (
	Approve         Outcome = "approve"
	Decline         Outcome = "decline"
	NoFunds         Outcome = "insufficient_funds"
	ExpiredCard     Outcome = "expired_card"
	WrongCVC        Outcome = "incorrect_cvc"
	Fraud           Outcome = "fraud"
	TechnicalFault  Outcome = "processing_error"
	Authentication  Outcome = "requires_3ds"
	Slow            Outcome = "pending"           // taken, and decided about later
	ApproveAndDrop  Outcome = "approve_and_drop"  // charges, and breaks the connection before the first answer
	ApproveAndError Outcome = "approve_and_error" // charges, and answers 500 the first time
)

// Class is what a charge on a credential of the outcome must come to.
func (o Outcome) Class() payment.Class {
	switch o {
	case Approve:
		return payment.ClassCaptured
	case Decline, NoFunds, ExpiredCard, WrongCVC, Fraud:
		return payment.ClassDeclined
	case TechnicalFault:
		return payment.ClassProcessorError
	case Authentication:
		return payment.ClassRequiresAction
	case Slow:
		return payment.ClassPending
	}
	return payment.ClassUnknown
}

// Silence is how long the silence of a stand-in is listened to. Within it even a
// busy machine has the request carried out.
const Silence = 500 * time.Millisecond

// Unreachable is an address where nobody listens: no system gives that port to
// whoever asks for any, as it does with one that was just given up.
const Unreachable = "http://127.0.0.1:1"

// Fault is what happens to the next request at the PSP.
type Fault string

// Faults that the suite asks for.
const (
	DropBeforeCommit  Fault = "drop_before_commit"  // the connection breaks, nothing was done
	DropAfterCommit   Fault = "drop_after_commit"   // charged, and the connection breaks
	ErrorBeforeCommit Fault = "error_before_commit" // 500, nothing was done
	ErrorAfterCommit  Fault = "error_after_commit"  // 500, charged
	RateLimited       Fault = "rate_limited"        // refused before anything was tried
	WrongAmount       Fault = "wrong_amount"        // the answer says another amount than was charged
	LookupFails       Fault = "lookup_fails"        // a question about an attempt is not answered

	// Of stand-ins alone: the suites do not wait for a timeout.
	TimeoutBeforeCommit Fault = "timeout_before_commit" // silence until the caller gives up, nothing was done
	TimeoutAfterCommit  Fault = "timeout_after_commit"  // charged, and silence
)

// Allowance is what a delegated token is minted for.
type Allowance struct {
	Outcome   Outcome
	SessionID string
	MaxAmount int64
	Currency  string
	Lifetime  time.Duration
	// OtherMerchant mints it for an account that is not the adapter's.
	OtherMerchant bool
}

// Books are the PSP's own record of one session.
type Books struct {
	Charges int   // that hold or took money
	Taken   int64 // minor units
}

// Harness is an adapter with its PSP. Fields that are functions may be nil
// where the PSP cannot do that; the tests that need them are skipped, so that
// the list of skipped tests is the list of what is not proven.
type Harness struct {
	Provider    payment.Provider // connected to the PSP
	Unreachable payment.Provider // the same, for an address where nobody listens
	WrongKeys   payment.Provider // the same, with keys that the PSP refuses

	// MerchantID is the shop's account at the PSP.
	MerchantID string
	// Reusable is a credential that may be charged more than once; zero where
	// there is none.
	Reusable payment.Credential
	// Mint makes a token at the PSP.
	Mint func(t testing.TB, a Allowance) payment.Credential
	// Keep has the PSP keep a card for a customer, as the shop's own pages would
	// have done; Forget takes it away again. Nil where the adapter is no Vault.
	Keep   func(t testing.TB, customer string, o Outcome) payment.Stored
	Forget func(t testing.TB, s payment.Stored)
	// Prove has the buyer of a charge authenticated, at a PSP that takes the
	// proof; nil where none does.
	Prove func(t testing.TB, c payment.Charge) payment.Proof
	// AskedFirst is set where a token works once: only an authentication that the
	// shop demands is asked for before the token is used up.
	AskedFirst bool
	// Books reads the PSP's record.
	Books func(t testing.TB, sessionID string) Books
	// Break switches a fault on for the next request that it concerns.
	Break func(t testing.TB, f Fault)
	// Heal forgets the faults that have not struck yet.
	Heal func(t testing.TB)
	// Advance moves the PSP's clock.
	Advance func(t testing.TB, d time.Duration)

	// SessionsUnbound is set where the PSP's tokens know nothing of a checkout
	// session; that a token serves one session is then up to the core alone.
	SessionsUnbound bool
	// Alike has the refusals of a token that the PSP does not tell apart: where
	// the suite expects the first class, the second will do.
	Alike map[payment.Class]payment.Class
	// Mature makes a captured payment one that can be refunded; nil where it is
	// at once.
	Mature func(t testing.TB, pspRef string)
	// Settle lets the PSP finish the captures, voids and refunds that it has
	// accepted. It is nil where these are done when they are answered.
	Settle func(t testing.TB)
	// Notices takes the webhooks that wait, as the adapter reads them; nil where
	// they are not looked at.
	Notices func(t testing.TB) []payment.Notice
}
