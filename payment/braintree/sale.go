package braintree

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// maxKey is how long Braintree lets a request key be, in bytes.
const maxKey = 255

// saleRequest is the body of POST /transactions without its request key, which
// Send puts in.
type saleRequest struct {
	Transaction saleTransaction `json:"transaction"`
}

type saleTransaction struct {
	Type            string            `json:"type"`
	Amount          string            `json:"amount"`
	MerchantAccount string            `json:"merchant_account_id"`
	OrderID         string            `json:"order_id"` // our attempt: what a search finds it by
	Nonce           string            `json:"payment_method_nonce,omitzero"`
	SharedNonce     string            `json:"shared_payment_method_nonce,omitzero"`
	Vaulted         string            `json:"payment_method_token,omitzero"`
	CustomerID      string            `json:"customer_id,omitzero"` // whose the vaulted card has to be: 91516
	CustomFields    map[string]string `json:"custom_fields,omitempty"`
	Descriptor      *descriptor       `json:"descriptor,omitzero"`
	Billing         *billing          `json:"billing,omitzero"`
	Proof           *passThru         `json:"three_d_secure_pass_thru,omitzero"`
	Options         saleOptions       `json:"options"`
}

type saleOptions struct {
	SubmitForSettlement bool    `json:"submit_for_settlement"`
	ThreeDSecure        *demand `json:"three_d_secure,omitzero"`
}

type descriptor struct {
	Name string `json:"name"`
}

type billing struct {
	FirstName  string `json:"first_name,omitzero"`
	Company    string `json:"company,omitzero"`
	Street     string `json:"street_address,omitzero"`
	Extended   string `json:"extended_address,omitzero"`
	Locality   string `json:"locality,omitzero"`
	Region     string `json:"region,omitzero"`
	PostalCode string `json:"postal_code,omitzero"`
	Country    string `json:"country_code_alpha2,omitzero"`
}

// descriptorForm is Braintree's form of a text on the bank statement: the
// shop's name in 3, 7 or 12 characters, an asterisk, the product. Any other
// text would have the whole sale refused.
var descriptorForm = regexp.MustCompile(`^(?:[A-Za-z0-9 .+-]{3}\*[A-Za-z0-9 .+-]{1,18}|[A-Za-z0-9 .+-]{7}\*[A-Za-z0-9 .+-]{1,14}|[A-Za-z0-9 .+-]{12}\*[A-Za-z0-9 .+-]{1,9})$`)

// Build implements payment.Provider. StatementText is sent when it has
// Braintree's form ("ACME   *Running shoe"), and left out otherwise.
func (p *Provider) Build(c payment.Charge) ([]byte, error) {
	amount, account, err := p.price(c)
	if err != nil {
		return nil, err
	}
	t := saleTransaction{Type: "sale", Amount: amount, MerchantAccount: account, OrderID: c.AttemptID,
		Options: saleOptions{SubmitForSettlement: c.Capture == payment.CaptureNow}}
	if err := p.addMethod(&t, c); err != nil {
		return nil, fmt.Errorf("braintree payments: %w", err)
	}
	if err := t.threeDS(c); err != nil {
		return nil, fmt.Errorf("braintree payments: %w", err)
	}
	if p.session != "" {
		t.CustomFields = map[string]string{p.session: c.SessionID}
	}
	if descriptorForm.MatchString(c.StatementText) {
		t.Descriptor = &descriptor{c.StatementText}
	}
	if b := c.Billing; p.billing && b != nil && t.Vaulted == "" { // a vaulted card brings its own: 91530
		t.Billing = &billing{FirstName: b.Name, Company: b.Company, Street: b.LineOne, Extended: b.LineTwo,
			Locality: b.City, Region: b.State, PostalCode: b.PostalCode, Country: b.Country}
	}
	return json.Marshal(saleRequest{t}, json.Deterministic(true))
}

// addMethod adds what pays: the card that Braintree's vault keeps for a
// customer, or the agent's token.
func (p *Provider) addMethod(t *saleTransaction, c payment.Charge) error {
	if s := c.Credential.Stored; !s.IsZero() {
		t.Vaulted, t.CustomerID = s.Card, s.Customer
		return p.CheckStored(s)
	}
	nonce, err := c.Token()
	if p.tokenField == SharedNonceField && c.Credential.Type != payment.FromScript {
		t.SharedNonce = nonce
	} else {
		t.Nonce = nonce
	}
	return err
}

// price checks what every charge has, and gives the amount as Braintree writes
// it with the merchant account of its currency.
func (p *Provider) price(c payment.Charge) (amount, account string, err error) {
	account, known := p.accounts[c.Currency]
	switch {
	case !identifier.MatchString(c.AttemptID):
		return "", "", errors.New("braintree payments: the charge has no attempt id, or one that is no identifier")
	case p.session != "" && c.SessionID == "":
		return "", "", errors.New("braintree payments: the charge has no session id")
	case c.Amount <= 0 || c.Amount > money.Max:
		return "", "", fmt.Errorf("braintree payments: %d cannot be charged", c.Amount)
	case !money.Valid(c.Currency):
		return "", "", fmt.Errorf("braintree payments: %q is not a lower-case ISO 4217 currency", c.Currency)
	case !known:
		return "", "", fmt.Errorf("braintree payments: no merchant account for %q: add it to merchant_accounts", c.Currency)
	case c.MerchantID != "" && c.MerchantID != p.merchant:
		return "", "", fmt.Errorf("braintree payments: the charge is for account %q, this adapter is for %q", c.MerchantID, p.merchant)
	}
	amount, err = p.decimal(c.Amount, c.Currency)
	if err != nil {
		return "", "", fmt.Errorf("braintree payments: %w", err)
	}
	return amount, account, nil
}

// opening is how every body of a transaction begins.
var opening = []byte(`{"transaction":{`)

// withKey puts the request key into a body that Build made. It is a pure
// function of both: the same sealed bytes under the same key are the same
// request.
func (p *Provider) withKey(key string, body []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(body, opening)
	if !ok {
		return nil, errors.New("the body is none that this adapter built")
	}
	if !p.keyed {
		return body, nil
	}
	if key == "" || len(key) > maxKey {
		return nil, fmt.Errorf("the request key is empty or longer than %d bytes", maxKey)
	}
	quoted, err := json.Marshal(key)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{opening, []byte(`"api_request_key":`), quoted, []byte(`,`), rest}, nil), nil
}
