// Package sandbox is the payment adapter for the sandbox PSP: it speaks to it
// over HTTP, as the adapters of real PSPs do to theirs, and is the shortest
// example of one.
package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/checkstand/checkstand/secret"
	"github.com/go-json-experiment/json"
)

// Name is the adapter's name, as stored with attempts.
const Name = "sandbox"

// maxDescriptor is how many characters a bank statement shows.
const maxDescriptor = 22

// Config names one account at one sandbox PSP.
type Config struct {
	BaseURL     string        // "https://psp.example.com", without a path or with one
	MerchantKey secret.String // the key for charges
	MerchantID  string        // the shop's account there
	// WebhookSecret is that of the account's webhook endpoint; while it is zero,
	// every webhook is refused.
	WebhookSecret secret.String
	Timeout       time.Duration // of one exchange; exchange.DefaultTimeout when zero
	Now           func() time.Time

	Transport *http.Transport // carries the requests; nil makes one
}

// Provider is the adapter. It is safe for concurrent use.
type Provider struct {
	base     *url.URL
	key      secret.String
	merchant string
	client   *exchange.Client
	now      func() time.Time

	webhookSecret secret.String
}

var _ interface {
	payment.Operator
	payment.Hosted
	payment.Webhooks
	payment.Lister
	payment.ProofTaker
	payment.Vault
} = (*Provider)(nil)

// New makes an adapter. It does not connect. The error names the field that is
// wrong.
func New(cfg Config) (*Provider, error) {
	base, err := url.Parse(cfg.BaseURL)
	switch {
	case err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("sandbox payments: url is not an http or https address without user, query or fragment")
	case cfg.MerchantKey.IsZero():
		return nil, errors.New("sandbox payments: key is empty: set the merchant key of the sandbox PSP")
	case cfg.MerchantID == "":
		return nil, errors.New("sandbox payments: merchant_id is empty: set the account's id at the sandbox PSP")
	case cfg.Timeout < 0:
		return nil, errors.New("sandbox payments: timeout is negative")
	}
	p := &Provider{base: base, key: cfg.MerchantKey, merchant: cfg.MerchantID, now: cfg.Now,
		client: exchange.New(cfg.Timeout, cfg.Transport), webhookSecret: cfg.WebhookSecret}
	if p.now == nil {
		p.now = time.Now
	}
	return p, nil
}

// Name implements payment.Provider.
func (p *Provider) Name() string { return Name }

// reusable are the static test tokens of the sandbox PSP.
var reusable = []string{
	"tok_visa",
	"tok_mastercard",
	"tok_amex",
	"tok_chargeDeclined",
	"tok_chargeDeclinedInsufficientFunds",
	"tok_threeDSecure2Required",
}

// Reusable implements payment.Provider: the static test tokens may be charged
// any number of times, and so may the cards of the vault.
func (p *Provider) Reusable(c payment.Credential) bool {
	return !c.Stored.IsZero() || slices.Contains(reusable, c.Token.Reveal())
}

// chargeRequest is the body of POST /v1/charges.
type chargeRequest struct {
	Token      string            `json:"token,omitzero"`
	Card       string            `json:"card,omitzero"` // of the vault, with its customer, in the place of a token
	Customer   string            `json:"customer,omitzero"`
	Amount     int64             `json:"amount"`
	Currency   string            `json:"currency"`
	MerchantID string            `json:"merchant_id"`
	SessionID  string            `json:"checkout_session_id"`
	Reference  string            `json:"reference"`
	Capture    bool              `json:"capture"`
	Descriptor string            `json:"statement_descriptor,omitzero"`
	Metadata   map[string]string `json:"metadata"`

	RequireAuthentication bool   `json:"require_authentication,omitzero"`
	Proof                 *proof `json:"three_d_secure,omitzero"`
}

// proof is that of an authentication, as the PSP takes it.
type proof struct {
	Cryptogram    string `json:"cryptogram"`
	ECI           string `json:"electronic_commerce_indicator"`
	TransactionID string `json:"transaction_id"`
	Version       string `json:"version"`
}

// Build implements payment.Provider. The sandbox PSP needs to know nothing
// about the buyer and is told nothing.
func (p *Provider) Build(c payment.Charge) ([]byte, error) {
	if err := p.check(c); err != nil {
		return nil, err
	}
	r := chargeRequest{
		Amount:     c.Amount,
		Currency:   c.Currency,
		MerchantID: p.merchant,
		SessionID:  c.SessionID,
		Reference:  c.AttemptID,
		Capture:    c.Capture == payment.CaptureNow,
		Descriptor: truncate(c.StatementText, maxDescriptor),
		Metadata:   map[string]string{"order_id": c.OrderID},

		RequireAuthentication: c.RequireAuthentication,
	}
	if err := p.addMethod(&r, c); err != nil {
		return nil, fmt.Errorf("sandbox payments: %w", err)
	}
	if p := c.Proof; p != nil {
		r.Proof = &proof{Cryptogram: p.Cryptogram.Reveal(), ECI: p.ECI, TransactionID: p.TransactionID, Version: p.Version}
	}
	return json.Marshal(r, json.Deterministic(true))
}

// storedForm is that of the ids of the vault.
var storedForm = regexp.MustCompile(`^scd_[0-9A-Za-z]{1,60}$`)

// customerForm is what the vault takes as the name of a customer: whatever the
// shop calls them, without spaces.
var customerForm = regexp.MustCompile(`^[!-~]{1,256}$`)

// CheckStored implements payment.Vault.
func (p *Provider) CheckStored(s payment.Stored) error {
	switch err := s.Check(); {
	case err != nil:
		return err
	case !customerForm.MatchString(s.Customer):
		return errors.New("that is no customer of the sandbox: 1 to 256 printable characters without spaces")
	case !storedForm.MatchString(s.Card):
		return errors.New("that is no card of the sandbox's vault: its id begins with scd_, as in scd_visa")
	}
	return nil
}

// addMethod adds what pays: a card of the vault, or the agent's token.
func (p *Provider) addMethod(r *chargeRequest, c payment.Charge) (err error) {
	if s := c.Credential.Stored; !s.IsZero() {
		r.Card, r.Customer = s.Card, s.Customer
		return p.CheckStored(s)
	}
	r.Token, err = c.Token()
	return err
}

// TakesProof implements payment.ProofTaker.
func (p *Provider) TakesProof() bool { return true }

// check refuses a charge that cannot be asked for at this account.
func (p *Provider) check(c payment.Charge) error {
	if err := c.Check(); err != nil {
		return fmt.Errorf("sandbox payments: %w", err)
	}
	if c.MerchantID != "" && c.MerchantID != p.merchant {
		return fmt.Errorf("sandbox payments: the charge is for account %q, this adapter is for %q", c.MerchantID, p.merchant)
	}
	return nil
}

// truncate cuts text to n characters of valid UTF-8.
func truncate(text string, n int) string {
	runes := []rune(strings.ToValidUTF8(text, ""))
	return strings.TrimSpace(string(runes[:min(n, len(runes))]))
}
