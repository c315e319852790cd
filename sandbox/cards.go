package sandbox

import (
	"slices"

	"github.com/checkstand/checkstand/secret"
)

// Outcome is what a charge on a card comes to.
type Outcome string

// Outcomes that a test card or a static token can stand for.
const (
	Approve           Outcome = "approve"
	Decline           Outcome = "declined"
	InsufficientFunds Outcome = "insufficient_funds"
	ExpiredCard       Outcome = "expired_card"
	IncorrectCVC      Outcome = "incorrect_cvc"
	ProcessingError   Outcome = "processing_error"
	FraudBlock        Outcome = "fraud_block"
	Requires3DS       Outcome = "requires_3ds"
	SlowApprove       Outcome = "slow_approve"
	DropAfterCommit   Outcome = "drop_after_commit"
	ErrorAfterCommit  Outcome = "error_after_commit"
)

// TestCard is a card number that the sandbox knows, and what it is good for.
type TestCard struct {
	Number  string
	Brand   string
	Outcome Outcome
	Says    string // one line for people
}

// Last4 is all of the number that is ever shown or stored.
func (c TestCard) Last4() string { return c.Number[len(c.Number)-4:] }

var testCards = []TestCard{
	{"4242424242424242", "visa", Approve, "approved"},
	{"4111111111111111", "visa", Approve, "approved"},
	{"5555555555554444", "mastercard", Approve, "approved"},
	{"2223003122003222", "mastercard", Approve, "approved (2-series)"},
	{"378282246310005", "amex", Approve, "approved"},
	{"6011111111111117", "discover", Approve, "approved"},
	{"3566002020360505", "jcb", Approve, "approved"},
	{"30569309025904", "diners", Approve, "approved"},
	{"6200000000000005", "unionpay", Approve, "approved"},
	{"4000000000000002", "visa", Decline, "declined by the issuer"},
	{"4000000000009995", "visa", InsufficientFunds, "declined: insufficient funds"},
	{"4000000000000069", "visa", ExpiredCard, "declined: expired card"},
	{"4000000000000127", "visa", IncorrectCVC, "declined: wrong security code"},
	{"4000000000000119", "visa", ProcessingError, "fails for a technical reason; nothing is charged"},
	{"4100000000000019", "visa", FraudBlock, "blocked as fraudulent"},
	{"4000002760003184", "visa", Requires3DS, "asks for 3-D Secure; the bank asks the buyer"},
	{"4917610000000000", "visa", Requires3DS, "asks for 3-D Secure; the bank asks the buyer"},
	{"4000000000002701", "visa", Requires3DS, "asks for 3-D Secure; authenticated without a question"},
	{"5200000000002235", "mastercard", Requires3DS, "asks for 3-D Secure; authenticated without a question"},
	{"4000000000002719", "visa", Requires3DS, "asks for 3-D Secure; proof that it was tried"},
	{"4000000000002925", "visa", Requires3DS, "asks for 3-D Secure; not authenticated"},
	{"4000000000002537", "visa", Requires3DS, "asks for 3-D Secure; rejected by the bank"},
	{"4000000000002313", "visa", Requires3DS, "asks for 3-D Secure; the bank cannot be reached"},
	{"4000000000000077", "visa", SlowApprove, "processes for a while, then approved"},
	{"4000000000006975", "visa", DropAfterCommit, "charged, then the connection breaks before the first answer"},
	{"4000000000005126", "visa", ErrorAfterCommit, "charged, then the first answer is a 500"},
}

// TestCards lists the card numbers that the sandbox accepts; any other valid
// number is refused, so that no real card can end up here.
func TestCards() []TestCard { return slices.Clone(testCards) }

func testCard(number string) (TestCard, bool) {
	i := slices.IndexFunc(testCards, func(c TestCard) bool { return c.Number == number })
	if i < 0 {
		return TestCard{}, false
	}
	return testCards[i], true
}

// StaticToken is a token that exists without being issued: it may be charged
// any number of times, for any session, amount and currency.
type StaticToken struct {
	Token   string
	Brand   string
	Last4   string
	Outcome Outcome
}

var staticTokens = []StaticToken{
	{"tok_visa", "visa", "4242", Approve},
	{"tok_mastercard", "mastercard", "4444", Approve},
	{"tok_amex", "amex", "0005", Approve},
	{"tok_chargeDeclined", "visa", "0002", Decline},
	{"tok_chargeDeclinedInsufficientFunds", "visa", "9995", InsufficientFunds},
	{"tok_threeDSecure2Required", "visa", "3184", Requires3DS},
}

// StaticTokens lists the reusable test tokens.
func StaticTokens() []StaticToken { return slices.Clone(staticTokens) }

func staticToken(token string) (StaticToken, bool) {
	i := slices.IndexFunc(staticTokens, func(s StaticToken) bool { return s.Token == token })
	if i < 0 {
		return StaticToken{}, false
	}
	return staticTokens[i], true
}

// Lengths of a card number, ISO/IEC 7812.
const (
	minPAN = 12
	maxPAN = 19
)

// validPAN reports whether s has the digits and the check digit (Luhn) of a
// card number.
func validPAN(s string) bool {
	return len(s) >= minPAN && len(s) <= maxPAN && secret.CheckDigit(s)
}
