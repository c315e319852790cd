package sandbox

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
	"github.com/go-json-experiment/json/jsontext"
)

// delegateRequest is the body of delegate_payment. Pointers tell what is
// absent; null counts as absent.
type delegateRequest struct {
	PaymentMethod  *cardFields       `json:"payment_method"`
	Allowance      *allowanceFields  `json:"allowance"`
	BillingAddress *addressFields    `json:"billing_address"`
	RiskSignals    []riskFields      `json:"risk_signals"`
	Metadata       map[string]string `json:"metadata"`
}

type cardFields struct {
	Type              *string           `json:"type"`
	NumberType        *string           `json:"card_number_type"`
	Number            *string           `json:"number"`
	ExpMonth          *string           `json:"exp_month"`
	ExpYear           *string           `json:"exp_year"`
	Name              *string           `json:"name"`
	CVC               *string           `json:"cvc"`
	Cryptogram        *string           `json:"cryptogram"`
	ECI               *string           `json:"eci_value"`
	ChecksPerformed   []string          `json:"checks_performed"`
	IIN               *string           `json:"iin"`
	DisplayFunding    *string           `json:"display_card_funding_type"`
	DisplayWalletType *string           `json:"display_wallet_type"`
	DisplayBrand      *string           `json:"display_brand"`
	DisplayLast4      *string           `json:"display_last4"`
	Virtual           *bool             `json:"virtual"`
	Metadata          map[string]string `json:"metadata"`
}

type allowanceFields struct {
	Reason     *string `json:"reason"`
	MaxAmount  *int64  `json:"max_amount"`
	Currency   *string `json:"currency"`
	SessionID  *string `json:"checkout_session_id"`
	MerchantID *string `json:"merchant_id"`
	ExpiresAt  *string `json:"expires_at"`
}

type addressFields struct {
	Name       *string `json:"name"`
	LineOne    *string `json:"line_one"`
	LineTwo    *string `json:"line_two"`
	City       *string `json:"city"`
	State      *string `json:"state"`
	Country    *string `json:"country"`
	PostalCode *string `json:"postal_code"`
}

type riskFields struct {
	Type   *string `json:"type"`
	Score  *int64  `json:"score"`
	Action *string `json:"action"`
}

// grant is what a valid request asks for. It is the last place that holds the
// card number; the security code is not even read out of the request.
type grant struct {
	number    string
	card      TestCard
	blocked   bool // a risk signal says that charges must be declined
	session   string
	merchant  string
	maxAmount int64
	currency  string
	expiresAt time.Time
	metadata  map[string]string
}

// maxRiskSignals bounds the list that the protocol leaves unbounded.
const maxRiskSignals = 50

var (
	monthPattern = regexp.MustCompile(`^(0[1-9]|1[0-2])$`)
	yearPattern  = regexp.MustCompile(`^[0-9]{4}$`)
)

// parseGrant reads and checks a canonical body by the rules of the edition:
// first its shape (400), then whether the card and the allowance can be taken
// (422). idemKey is the request's Idempotency-Key, which the answer repeats and
// which therefore must not hold the card number either.
func parseGrant(body jsontext.Value, ed edition, idemKey string, now time.Time) (grant, *acp.Error) {
	var r delegateRequest
	if err := decode(body, &r, malformed); err != nil {
		return grant{}, err
	}
	shape := &checks{complain: malformed}
	shape.that(r.PaymentMethod != nil, "$.payment_method", "This field is required.")
	shape.that(r.Allowance != nil, "$.allowance", "This field is required.")
	shape.that(r.RiskSignals != nil, "$.risk_signals", "This field is required.")
	shape.that(r.Metadata != nil, "$.metadata", "This field is required; send {} when there is nothing to say.")
	shape.that(len(r.Metadata) <= MaxMetadata, "$.metadata", fmt.Sprintf("At most %d members are taken.", MaxMetadata))
	if shape.err != nil {
		return grant{}, shape.err
	}
	g := grant{metadata: r.Metadata}
	r.PaymentMethod.shape(shape, ed, &g)
	r.Allowance.shape(shape, &g)
	r.BillingAddress.shape(shape)
	riskShape(shape, r.RiskSignals, ed, &g)
	if shape.err != nil {
		return grant{}, shape.err
	}
	meaning := &checks{complain: unacceptable}
	r.PaymentMethod.meaning(meaning, now, &g)
	r.Allowance.meaning(meaning, now, &g)
	meaning.noPAN(g, idemKey)
	if meaning.err != nil {
		return grant{}, meaning.err
	}
	return g, nil
}

func (f *cardFields) shape(c *checks, ed edition, g *grant) {
	const at = "$.payment_method."
	c.oneOf(f.Type, at+"type", "card")
	c.oneOf(f.NumberType, at+"card_number_type", "fpan", "network_token")
	g.number = c.required(f.Number, at+"number")
	c.oneOf(f.DisplayFunding, at+"display_card_funding_type", "credit", "debit", "prepaid")
	c.that(f.Metadata != nil, at+"metadata", "This field is required; send {} when there is nothing to say.")
	c.atMost(f.ExpMonth, 2, at+"exp_month")
	c.atMost(f.ExpYear, 4, at+"exp_year")
	c.that(f.ExpMonth == nil || f.ExpYear != nil, at+"exp_year", "exp_month was sent without exp_year; send both or neither.")
	c.that(f.ExpYear == nil || f.ExpMonth != nil, at+"exp_month", "exp_year was sent without exp_month; send both or neither.")
	c.atMost(f.CVC, 4, at+"cvc")
	c.atMost(f.ECI, 2, at+"eci_value")
	c.atMost(f.IIN, ed.maxIIN, at+"iin")
	for i, check := range f.ChecksPerformed {
		c.oneOf(&check, fmt.Sprintf("%schecks_performed[%d]", at, i), "avs", "cvv", "ani", "auth0")
	}
	if ed.exactLast4 {
		c.that(f.DisplayLast4 == nil || digits(*f.DisplayLast4, 4, 4), at+"display_last4", "This field is four digits.")
	}
	c.atMost(f.DisplayLast4, 4, at+"display_last4")
}

func (f *cardFields) meaning(c *checks, now time.Time, g *grant) {
	const at = "$.payment_method."
	c.that(validPAN(g.number), at+"number", "This is not a card number: 12 to 19 digits with a correct check digit.")
	known := false
	g.card, known = testCard(g.number)
	c.that(known, at+"number", "This PSP is a sandbox and takes its test cards only. Never send a real card here.")
	if f.ExpMonth != nil && f.ExpYear != nil {
		c.that(monthPattern.MatchString(*f.ExpMonth), at+"exp_month", "The month is 01 to 12, in two digits.")
		c.that(yearPattern.MatchString(*f.ExpYear), at+"exp_year", "The year has four digits.")
		if c.err == nil {
			c.that(!cardExpired(*f.ExpYear, *f.ExpMonth, now), at+"exp_year", "The card is past its expiry date.")
		}
	}
	c.that(f.CVC == nil || digits(*f.CVC, 3, 4), at+"cvc", "The security code is three or four digits.")
}

// cardExpired reports whether the last day of the month is over everywhere on
// earth (UTC-12).
func cardExpired(year, month string, now time.Time) bool {
	y, errY := strconv.Atoi(year)
	m, errM := strconv.Atoi(month)
	if errY != nil || errM != nil {
		return true
	}
	end := time.Date(y, time.Month(m)+1, 1, 12, 0, 0, 0, time.UTC)
	return !now.Before(end)
}

func (f *allowanceFields) shape(c *checks, g *grant) {
	const at = "$.allowance."
	c.oneOf(f.Reason, at+"reason", "one_time")
	c.that(f.MaxAmount != nil, at+"max_amount", "This field is required.")
	if f.MaxAmount != nil {
		g.maxAmount = *f.MaxAmount
		c.that(validAmount(g.maxAmount), at+"max_amount",
			"This field is a positive amount in minor units of the currency.")
	}
	g.currency = c.required(f.Currency, at+"currency")
	c.that(lowerAlpha3(g.currency), at+"currency", "This field is an ISO 4217 code in lower case, such as usd.")
	g.session = c.short(f.SessionID, MaxIdentifier, at+"checkout_session_id")
	g.merchant = c.short(f.MerchantID, MaxIdentifier, at+"merchant_id")
	expires, err := time.Parse(time.RFC3339, c.required(f.ExpiresAt, at+"expires_at"))
	c.that(err == nil, at+"expires_at", "This field is an RFC 3339 time, such as 2026-01-31T18:30:00Z.")
	g.expiresAt = expires
}

func (f *allowanceFields) meaning(c *checks, now time.Time, g *grant) {
	c.that(money.Valid(g.currency), "$.allowance.currency", "This is not an ISO 4217 currency.")
	c.that(g.expiresAt.After(now), "$.allowance.expires_at", "The allowance has already expired. Send a time in the future.")
}

func (f *addressFields) shape(c *checks) {
	if f == nil {
		return
	}
	const at = "$.billing_address."
	for _, field := range []struct {
		name     string
		value    *string
		max      int
		optional bool
	}{
		{"name", f.Name, 256, false},
		{"line_one", f.LineOne, 60, false},
		{"line_two", f.LineTwo, 60, true},
		{"city", f.City, 60, false},
		{"state", f.State, MaxIdentifier, false},
		{"country", f.Country, 2, false},
		{"postal_code", f.PostalCode, 20, false},
	} {
		c.that(field.optional || field.value != nil, at+field.name, "This field is required in an address.")
		c.atMost(field.value, field.max, at+field.name)
	}
	c.that(f.Country == nil || len([]rune(*f.Country)) == 2, at+"country", "This field is an ISO 3166-1 code of two letters.")
}

func riskShape(c *checks, signals []riskFields, ed edition, g *grant) {
	c.that(len(signals) >= ed.minRisk, "$.risk_signals", "This list must have at least one entry.")
	c.that(len(signals) <= maxRiskSignals, "$.risk_signals", fmt.Sprintf("At most %d entries are taken.", maxRiskSignals))
	for i, s := range signals {
		at := fmt.Sprintf("$.risk_signals[%d].", i)
		c.oneOf(s.Type, at+"type", "card_testing")
		c.that(s.Score != nil, at+"score", "This field is required.")
		action := c.oneOf(s.Action, at+"action", "blocked", "manual_review", "authorized")
		g.blocked = g.blocked || action == "blocked"
	}
}

// noPAN refuses a request that has its card number in a place that is stored
// or repeated in the answer.
func (c *checks) noPAN(g grant, idemKey string) {
	const says = "This holds the card number, which belongs in payment_method.number alone."
	c.that(!hasDigits(g.session, g.number), "$.allowance.checkout_session_id", says)
	c.that(!hasDigits(g.merchant, g.number), "$.allowance.merchant_id", says)
	for name, value := range g.metadata {
		c.that(!hasDigits(name, g.number) && !hasDigits(value, g.number), "$.metadata", says)
	}
	if hasDigits(idemKey, g.number) {
		c.fail("", "The Idempotency-Key holds the card number. Send a random key.")
	}
}

// hasDigits reports whether text has the number in it, also when it is grouped
// by spaces, dashes or dots.
func hasDigits(text, number string) bool {
	return strings.Contains(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -._\t", r) {
			return -1
		}
		return r
	}, text), number)
}
