package braintreetest

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// Outcome is what a sale on a token comes to.
type Outcome string

// Outcomes of minted tokens.
const (
	Approve        Outcome = "approve"
	DoNotHonor     Outcome = "do_not_honor"       // 2000
	NoFunds        Outcome = "insufficient_funds" // 2001
	ExpiredCard    Outcome = "expired_card"       // 2004
	WrongCVV       Outcome = "cvv"                // 2010
	Authenticate   Outcome = "authenticate"       // 2099
	Fraud          Outcome = "fraud"              // rejected by the gateway
	ThreeDSecure   Outcome = "three_d_secure"     // rejected by the gateway
	Duplicate      Outcome = "duplicate"          // rejected by the gateway
	Failure        Outcome = "failure"            // 3000, the processor could not be asked
	Undecided      Outcome = "undecided"          // authorizing, until Decide
	ApproveAndDrop Outcome = "approve_and_drop"   // the first answer is lost
	ApproveAndFail Outcome = "approve_and_fail"   // the first answer is a 500
)

// decision is what a processor or the gateway says.
type decision struct{ status, code, text, rejection string }

var approved = decision{code: "1000", text: "Approved"}

var decisions = map[Outcome]decision{
	Approve:        approved,
	ApproveAndDrop: approved,
	ApproveAndFail: approved,
	DoNotHonor:     {status: "processor_declined", code: "2000", text: "Do Not Honor"},
	NoFunds:        {status: "processor_declined", code: "2001", text: "Insufficient Funds"},
	ExpiredCard:    {status: "processor_declined", code: "2004", text: "Expired Card"},
	WrongCVV:       {status: "processor_declined", code: "2010", text: "Card Issuer Declined CVV"},
	Authenticate:   {status: "processor_declined", code: "2099", text: "Cardholder Authentication Required"},
	Fraud:          {status: "gateway_rejected", rejection: "fraud"},
	ThreeDSecure:   {status: "gateway_rejected", rejection: "three_d_secure"},
	Duplicate:      {status: "gateway_rejected", rejection: "duplicate"},
	Failure:        {status: "failed", code: "3000", text: "Processor Network Unavailable - Try Again"},
	Undecided:      {status: "authorizing"},
}

// Codes with which the gateway refuses a token that is used beyond its
// allowance. Braintree does not publish its own: these are from a range that
// it does not use, for Config.Codes of the adapter.
const (
	CodeAmountExceeded   = "999901"
	CodeCurrencyMismatch = "999902"
)

// Allowance is what a delegated token may be used for.
type Allowance struct {
	Outcome   Outcome
	SessionID string // for the books alone: a sale is not checked against it
	MaxAmount int64  // minor units
	Currency  string // lower case; any when empty
	Lifetime  time.Duration
	Foreign   bool // minted for another merchant
}

type token struct {
	Allowance
	expires  time.Time
	consumed bool
	locked   bool
	shifted  bool // authenticated when it was made
	uses     int
}

// Mint makes a delegated token.
func (g *Gateway) Mint(a Allowance) string {
	value := "tokencc_" + strings.ToLower(rand.Text())
	g.set(func() { g.tokens[value] = &token{Allowance: a, expires: g.clock().Add(a.Lifetime)} })
	return value
}

// Lock makes a token unusable, as when its grant is revoked.
func (g *Gateway) Lock(value string) { g.set(func() { g.tokens[value].locked = true }) }

// nonces are the sandbox's own: they stand for one outcome each, and are not
// used up.
var nonces = map[string]Outcome{
	"fake-valid-nonce":                            Approve,
	"fake-valid-visa-nonce":                       Approve,
	"fake-processor-declined-visa-nonce":          DoNotHonor,
	"fake-processor-declined-amex-nonce":          DoNotHonor,
	"fake-processor-failure-jcb-nonce":            Failure,
	"fake-gateway-rejected-fraud-nonce":           Fraud,
	"fake-gateway-rejected-risk-thresholds-nonce": Fraud,
	"fake-consumed-nonce":                         "",
}

// Codes of the token's validation.
const (
	codeConsumed = "91564"
	codeUnknown  = "91565"
	codeLocked   = "91566"
)

// use checks a token for a sale; code is "" when it may be charged. The lock is
// held.
func (g *Gateway) use(value string, amount int64, currency string) (t *token, code string) {
	if outcome, ok := nonces[value]; ok {
		if outcome == "" {
			return nil, codeConsumed
		}
		return &token{Allowance: Allowance{Outcome: outcome}}, ""
	}
	t, ok := g.tokens[value]
	switch {
	case !ok, t.Foreign, !g.clock().Before(t.expires):
		return nil, codeUnknown
	case t.locked:
		return nil, codeLocked
	case t.consumed:
		return nil, codeConsumed
	case t.Currency != "" && t.Currency != currency:
		return nil, CodeCurrencyMismatch
	case amount > t.MaxAmount:
		return nil, CodeAmountExceeded
	}
	return t, ""
}

// byAmount is the decision that the sandbox makes by the amount alone.
func byAmount(amount string) (decision, bool) {
	whole, _, _ := strings.Cut(amount, ".")
	switch {
	case len(whole) == 4 && whole[0] == '2':
		return decision{status: "processor_declined", code: whole, text: fmt.Sprintf("Declined %s", whole)}, true
	case len(whole) == 4 && strings.HasPrefix(whole, "3000"):
		return decisions[Failure], true
	case whole == "5001":
		return decision{status: "gateway_rejected", rejection: "application_incomplete"}, true
	}
	return decision{}, false
}
