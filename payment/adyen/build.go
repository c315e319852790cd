package adyen

import (
	"errors"
	"fmt"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// Limits of the fields that are sent, from the OpenAPI document of v72.
const (
	maxReference = 80
	maxReturnURL = 1024
	maxEmail     = 256
	maxMetadata  = 80 // characters of one value
	maxStatement = 22 // more is cut by banks
	maxPostal    = 10
	maxState     = 3
)

// amount is an amount on the wire: Adyen's minor units, upper-case currency.
type amount struct {
	Currency string `json:"currency"`
	Value    int64  `json:"value"`
}

// wire converts minor units of ISO 4217. It is exact or an error.
func wire(minor int64, currency string) (amount, error) {
	if !money.Valid(currency) {
		return amount{}, fmt.Errorf("%w: %q is not a lower-case ISO 4217 currency", money.ErrCurrency, currency)
	}
	value, err := scale.ToPSP(minor, currency)
	return amount{Currency: strings.ToUpper(currency), Value: value}, err
}

// minor converts an amount of Adyen's into minor units and a lower-case
// currency. ok is false when it is none.
func (a amount) minor() (minor int64, currency string, ok bool) {
	currency = strings.ToLower(a.Currency)
	minor, err := scale.FromPSP(a.Value, currency)
	return minor, currency, err == nil && minor >= 0 && minor <= money.Max
}

// paymentRequest is the body of POST /payments.
type paymentRequest struct {
	MerchantAccount    string              `json:"merchantAccount"`
	Reference          string              `json:"reference"`
	Amount             amount              `json:"amount"`
	PaymentMethod      map[string]string   `json:"paymentMethod"`
	ReturnURL          string              `json:"returnUrl"`
	Channel            string              `json:"channel"`
	ShopperInteraction string              `json:"shopperInteraction,omitzero"`
	RecurringModel     string              `json:"recurringProcessingModel,omitzero"`
	ShopperReference   string              `json:"shopperReference,omitzero"`
	CaptureDelayHours  *int                `json:"captureDelayHours,omitzero"`
	AdditionalData     map[string]string   `json:"additionalData,omitempty"`
	Authentication     *authenticationData `json:"authenticationData,omitzero"`
	MPI                *mpiData            `json:"mpiData,omitzero"`
	ShopperEmail       string              `json:"shopperEmail,omitzero"`
	ShopperStatement   string              `json:"shopperStatement,omitzero"`
	BillingAddress     *billingAddress     `json:"billingAddress,omitzero"`
	Metadata           map[string]string   `json:"metadata"`
}

type authenticationData struct {
	Attempt string `json:"attemptAuthentication"`
}

type billingAddress struct {
	City            string `json:"city"`
	Country         string `json:"country"`
	HouseNumber     string `json:"houseNumberOrName"`
	PostalCode      string `json:"postalCode"`
	StateOrProvince string `json:"stateOrProvince,omitzero"`
	Street          string `json:"street"`
}

// manualCapture in additionalData holds the money until it is captured.
const manualCapture = "manualCapture"

// Build implements payment.Provider. Money that is taken at once is asked for
// with captureDelayHours 0, so that the account's own delay does not matter.
func (p *Provider) Build(c payment.Charge) ([]byte, error) {
	value, err := p.checkCharge(c)
	if err != nil {
		return nil, err
	}
	r := paymentRequest{
		MerchantAccount:  p.cfg.MerchantAccount,
		Reference:        reference{attempt: c.AttemptID, held: c.Capture == payment.CaptureLater}.String(),
		Amount:           value,
		ReturnURL:        p.cfg.ReturnURL,
		Channel:          "Web",
		ShopperStatement: statement(c.StatementText),
		BillingAddress:   billing(c.Billing),
		Metadata:         metadata(c),
	}
	if err := p.addMethod(&r, c); err != nil {
		return nil, fmt.Errorf("adyen payments: %w", err)
	}
	if c.Capture == payment.CaptureLater {
		r.AdditionalData = map[string]string{manualCapture: "true"}
	} else {
		r.CaptureDelayHours = new(int)
	}
	if a := option(p.cfg.Authentication); a != "" {
		r.Authentication = &authenticationData{a}
	}
	r.threeDS(c)
	if len(c.BuyerEmail) <= maxEmail {
		r.ShopperEmail = c.BuyerEmail
	}
	return json.Marshal(r, json.Deterministic(true))
}

// addMethod adds what pays: the card that Adyen keeps for a shopper, or the
// agent's token.
func (p *Provider) addMethod(r *paymentRequest, c payment.Charge) error {
	if s := c.Credential.Stored; !s.IsZero() {
		r.PaymentMethod = map[string]string{"type": "scheme", "storedPaymentMethodId": s.Card}
		r.ShopperReference, r.ShopperInteraction, r.RecurringModel = s.Customer, "ContAuth", "CardOnFile"
		return p.CheckStored(s)
	}
	token, err := c.Token()
	r.PaymentMethod = map[string]string{"type": "scheme", p.cfg.TokenField: token}
	r.ShopperInteraction, r.RecurringModel, r.ShopperReference = option(p.cfg.ShopperInteraction), option(p.cfg.RecurringModel), option(p.cfg.ShopperReference)
	return err
}

// checkCharge checks what every charge needs, and gives its amount.
func (p *Provider) checkCharge(c payment.Charge) (amount, error) {
	switch {
	case c.AttemptID == "" || strings.ContainsAny(c.AttemptID, "-:") || len(c.AttemptID)+len(pageSuffix)+len(heldSuffix) > maxReference:
		return amount{}, errors.New("adyen payments: the charge has no attempt id, or one that is too long or has a hyphen or a colon")
	case len(c.SessionID) > maxMetadata || len(c.OrderID) > maxMetadata:
		return amount{}, fmt.Errorf("adyen payments: the session id or the order id is longer than %d bytes", maxMetadata)
	case c.Proof.Check() != nil:
		return amount{}, fmt.Errorf("adyen payments: %w", c.Proof.Check())
	case c.Amount <= 0 || c.Amount > money.Max:
		return amount{}, fmt.Errorf("adyen payments: %d cannot be charged", c.Amount)
	case c.MerchantID != "" && c.MerchantID != p.cfg.MerchantID:
		return amount{}, fmt.Errorf("adyen payments: the charge is for account %q, this adapter is for %q", c.MerchantID, p.cfg.MerchantID)
	case c.Capture != payment.CaptureNow && c.Capture != payment.CaptureLater:
		return amount{}, fmt.Errorf("adyen payments: the capture mode %q is not known", c.Capture)
	}
	value, err := wire(c.Amount, c.Currency)
	if err != nil {
		return amount{}, fmt.Errorf("adyen payments: %w", err)
	}
	return value, nil
}

// reference is what Adyen calls merchantReference. Beside the attempt it says
// how the payment was asked for, because webhooks say that nowhere else in
// what their signature covers. Adyen reads the hyphen as the separator of two
// references, so that searching for the attempt finds it.
type reference struct {
	attempt    string
	page, held bool // on a payment page; held and not captured
}

const (
	pageSuffix = "-page"
	heldSuffix = "-held"
)

func (r reference) String() string {
	s := r.attempt
	if r.page {
		s += pageSuffix
	}
	if r.held {
		s += heldSuffix
	}
	return s
}

func parseReference(s string) (r reference) {
	s, r.held = strings.CutSuffix(s, heldSuffix)
	s, r.page = strings.CutSuffix(s, pageSuffix)
	r.attempt = s
	return r
}

// class is what it means that the payment is authorised.
func (r reference) class() payment.Class {
	if r.held {
		return payment.ClassAuthorized
	}
	return payment.ClassCaptured
}

// option is a setting as it is sent.
func option(s string) string {
	if s == Omit {
		return ""
	}
	return s
}

func metadata(c payment.Charge) map[string]string {
	m := map[string]string{}
	for k, v := range map[string]string{"acp_session_id": c.SessionID, "acp_order_id": c.OrderID} {
		if v != "" {
			m[k] = v
		}
	}
	return m
}

// statement keeps the characters that Adyen allows on a bank statement.
func statement(text string) string {
	kept := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(" .,'_-?+*/", r) {
			return r
		}
		return -1
	}, text)
	return strings.TrimSpace(kept[:min(len(kept), maxStatement)])
}

// billing is the buyer's address when it has all that Adyen requires of one,
// and fits. An address that is refused would refuse the payment with it.
func billing(a *acp.Address) *billingAddress {
	if a == nil || a.LineOne == "" || a.City == "" || len(a.Country) != 2 || a.PostalCode == "" || len(a.PostalCode) > maxPostal {
		return nil
	}
	b := &billingAddress{City: a.City, Country: strings.ToUpper(a.Country), HouseNumber: a.LineTwo, PostalCode: a.PostalCode, Street: a.LineOne}
	if b.HouseNumber == "" {
		b.HouseNumber = "N/A" // required, and already part of the street
	}
	switch {
	case len(a.State) <= maxState:
		b.StateOrProvince = strings.ToUpper(a.State)
	case b.Country == "US" || b.Country == "CA":
		return nil // where a state is required
	}
	return b
}
