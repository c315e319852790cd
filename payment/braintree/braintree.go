// Package braintree is the payment adapter for Braintree. It speaks the
// classic gateway (JSON in, XML out), where a request key makes a sale, a
// capture, a void and a refund happen at most once.
//
// A delegated token is charged as a payment method nonce. What this package
// takes for granted about Braintree, and what of it nobody has verified yet,
// is in docs/payments/braintree.md; what is not verified can be configured.
package braintree

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/checkstand/checkstand/secret"
)

// Name is the adapter's name, as stored with attempts.
const Name = "braintree"

// Defaults and addresses.
const (
	SandboxURL        = "https://api.sandbox.braintreegateway.com"
	LiveURL           = "https://api.braintreegateway.com"
	DefaultAPIVersion = "6"
	DefaultTokenField = NonceField

	// DefaultSearchLag is how long after a sale a search may not show it yet.
	// Braintree promises nothing; it is usually well under a minute.
	DefaultSearchLag = 2 * time.Minute
)

// Fields of a sale that can carry the delegated token.
const (
	NonceField       = "payment_method_nonce"
	SharedNonceField = "shared_payment_method_nonce" // of Braintree's Grant API
)

// Limits of this adapter.
const (
	MaxTimeout   = 2 * time.Minute
	MaxSearchLag = time.Hour
)

// Config names one Braintree account in one mode.
type Config struct {
	Live       bool          // production; false is Braintree's sandbox
	MerchantID string        // the gateway account, as in the addresses of its API
	PublicKey  string        // names the key; webhooks are signed for it
	PrivateKey secret.String // authenticates, and signs webhooks

	// MerchantAccounts has the merchant_account_id to charge in each currency
	// (lower-case ISO 4217). The account alone decides the currency: a sale on
	// the wrong one charges the number in that account's currency, so there is
	// no default, and a currency that is not here is refused.
	MerchantAccounts map[string]string

	// BaseURL replaces SandboxURL or LiveURL.
	BaseURL    string
	APIVersion string // header X-ApiVersion; DefaultAPIVersion when empty
	Timeout    time.Duration
	Transport  *http.Transport // carries the requests; nil makes one
	Now        func() time.Time

	// TokenField is the field of a sale for the delegated token: NonceField,
	// the default, or SharedNonceField. Unverified: PayPal's guide to ACP
	// charges the token as a nonce, and nobody has tried the other.
	TokenField string
	// NoRequestKeys leaves api_request_key out, for accounts that answer it
	// with 915231 (not allowed). Tokens are used up by the charge, so that a
	// repeat still charges once; but a lost answer then takes minutes to clear
	// up where it takes seconds with keys. Unverified which accounts have keys.
	NoRequestKeys bool
	// SearchLag is how long a search may miss a new sale; DefaultSearchLag
	// when zero. Unverified.
	SearchLag time.Duration
	// Codes adds to the table of validation codes, or overrides a row of it.
	// Unverified: the codes for a token's allowance (amount, currency, other
	// uses) are not published; until they are here such a refusal counts as
	// unknown. Only classes that say "not charged" may be given.
	Codes map[string]payment.Class
	// Decimals has the currencies that the account counts with other decimals
	// than ISO 4217. None is known; unverified for ISK, HUF and TWD.
	Decimals payment.Scale
	// SessionField is the API name of a custom field ("store and pass back")
	// of the account that takes the id of the checkout session; empty sends
	// none. The field must exist, or every sale is refused with 91526.
	SessionField string
	// SendBilling adds the billing address to the sale, for address checks.
	// Unverified whether a delegated token brings its own.
	SendBilling bool
}

// Provider is the adapter. It is safe for concurrent use.
type Provider struct {
	base       *url.URL // with /merchants/{id}
	basic      secret.String
	publicKey  string
	privateKey secret.String
	merchant   string
	live       bool
	version    string
	accounts   map[string]string
	currencies map[string]string // currency of a merchant account
	tokenField string
	keyed      bool
	inFlight   time.Duration // how long a request that was given up may still arrive and be worked on
	lag        time.Duration // how long a search may miss a sale
	codes      map[string]payment.Class
	decimals   payment.Scale
	session    string
	billing    bool
	client     *exchange.Client
	now        func() time.Time
}

var (
	_ payment.Operator   = (*Provider)(nil)
	_ payment.Resendable = (*Provider)(nil)
	_ payment.Hosted     = (*Provider)(nil)
	_ payment.Webhooks   = (*Provider)(nil)
	_ payment.Lister     = (*Provider)(nil)
	_ payment.ProofTaker = (*Provider)(nil)
	_ payment.Vault      = (*Provider)(nil)
)

var (
	identifier  = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
	pathPart    = regexp.MustCompile(`^[0-9A-Za-z_-]{1,255}$`)
	code        = regexp.MustCompile(`^[0-9]{4,8}$`)
	customField = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

// New makes an adapter. It does not connect. The error names the field that is
// wrong, as the configuration file calls it, and never its value where that is
// a secret.
func New(cfg Config) (*Provider, error) {
	p := &Provider{merchant: cfg.MerchantID, publicKey: cfg.PublicKey, privateKey: cfg.PrivateKey, live: cfg.Live,
		version: cfg.APIVersion, accounts: map[string]string{}, currencies: map[string]string{}, tokenField: cfg.TokenField,
		keyed: !cfg.NoRequestKeys, codes: map[string]payment.Class{}, decimals: cfg.Decimals, session: cfg.SessionField,
		billing: cfg.SendBilling, now: cfg.Now}
	for _, check := range []func(Config) error{p.readKeys, p.readURL, p.readAccounts, p.readTimes, p.readOptions, p.readCodes} {
		if err := check(cfg); err != nil {
			return nil, fmt.Errorf("braintree payments: %w", err)
		}
	}
	if p.now == nil {
		p.now = time.Now
	}
	p.client = exchange.New(cfg.Timeout, cfg.Transport)
	return p, nil
}

func (p *Provider) readKeys(cfg Config) error {
	if !identifier.MatchString(cfg.MerchantID) {
		return errors.New("merchant_id is not a Braintree merchant id: copy it from Settings, Business")
	}
	for name, key := range map[string]string{"public_key": cfg.PublicKey, "key": cfg.PrivateKey.Reveal()} {
		switch {
		case key == "":
			return fmt.Errorf("%s is empty: copy it from Settings, API keys", name)
		case strings.ContainsAny(key, " \t\r\n|:&"):
			return fmt.Errorf("%s has a character that no Braintree key has", name)
		case strings.HasPrefix(key, "access_token$"), strings.HasPrefix(key, "client_id$"), strings.HasPrefix(key, "client_secret$"):
			return fmt.Errorf("%s is an OAuth credential: use the account's own key pair", name)
		case strings.HasPrefix(key, "sandbox_"), strings.HasPrefix(key, "production_"):
			return fmt.Errorf("%s is a tokenization key, which is for browsers: use the account's key pair", name)
		}
	}
	if cfg.PublicKey == cfg.PrivateKey.Reveal() {
		return errors.New("public_key and key are the same: key is the private one")
	}
	p.basic = secret.New("Basic " + base64.StdEncoding.EncodeToString([]byte(cfg.PublicKey+":"+cfg.PrivateKey.Reveal())))
	return nil
}

// readURL takes the address of the mode. Braintree's keys do not tell their
// mode, the address does.
func (p *Provider) readURL(cfg Config) error {
	own, other := SandboxURL, LiveURL
	if cfg.Live {
		own, other = other, own
	}
	address := own
	if cfg.BaseURL != "" {
		address = cfg.BaseURL
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("url is not an http or https address without user, query or fragment")
	case strings.EqualFold(u.Hostname(), strings.TrimPrefix(other, "https://")):
		return fmt.Errorf("url is Braintree's address of the other mode: leave it out, or use %s", own)
	case cfg.Live && u.Scheme != "https":
		return errors.New("url must be https in live mode")
	}
	p.base = u.JoinPath("merchants", cfg.MerchantID)
	if p.version == "" {
		p.version = DefaultAPIVersion
	}
	return nil
}

func (p *Provider) readAccounts(cfg Config) error {
	if len(cfg.MerchantAccounts) == 0 {
		return errors.New("merchant_accounts is empty: name the merchant account of each currency that the shop sells in")
	}
	for currency, account := range cfg.MerchantAccounts {
		switch {
		case !money.Valid(currency):
			return fmt.Errorf("merchant_accounts: %q is not a lower-case ISO 4217 currency", currency)
		case !identifier.MatchString(account):
			return fmt.Errorf("merchant_accounts.%s is not a merchant account id", currency)
		case p.currencies[account] != "":
			return fmt.Errorf("merchant_accounts: %q is named for %s and %s, but an account has one currency", account, p.currencies[account], currency)
		}
		p.accounts[currency], p.currencies[account] = account, currency
	}
	return nil
}

func (p *Provider) readTimes(cfg Config) error {
	timeout, lag := cfg.Timeout, cfg.SearchLag
	if timeout == 0 {
		timeout = exchange.DefaultTimeout
	}
	if lag == 0 {
		lag = DefaultSearchLag
	}
	switch {
	case timeout < 0 || timeout > MaxTimeout:
		return fmt.Errorf("timeout is not between 0 and %s", MaxTimeout)
	case lag < 0 || lag > MaxSearchLag:
		return fmt.Errorf("search_lag is not between 0 and %s", MaxSearchLag)
	}
	// The last request may have begun when the first was given up, and
	// Braintree may work on it as long as we would wait.
	p.inFlight, p.lag = 2*timeout, lag
	return nil
}

func (p *Provider) readOptions(cfg Config) error {
	if p.tokenField == "" {
		p.tokenField = DefaultTokenField
	}
	if p.tokenField != NonceField && p.tokenField != SharedNonceField {
		return fmt.Errorf("token_field is neither %s nor %s", NonceField, SharedNonceField)
	}
	if cfg.SessionField != "" && !customField.MatchString(cfg.SessionField) {
		return errors.New("session_field is not the API name of a custom field: lower-case letters, digits and underscores")
	}
	for currency, digits := range cfg.Decimals {
		if !money.Valid(currency) || digits < 0 || digits > maxDecimals {
			return fmt.Errorf("decimals: %q with %d decimals is not possible", currency, digits)
		}
	}
	return nil
}

func (p *Provider) readCodes(cfg Config) error {
	for _, row := range saleCodes {
		p.codes[row.Code] = row.Class
	}
	for c, class := range cfg.Codes {
		switch state := class.State(); {
		case !code.MatchString(c):
			return fmt.Errorf("codes: %q is not a validation code of Braintree", c)
		case strings.HasPrefix(c, requestKeyCodes):
			return fmt.Errorf("codes: %s is about the request key and cannot be given another meaning", c)
		case state != payment.Declined && state != payment.Failed, class == payment.ClassNotFound:
			return fmt.Errorf("codes: %s cannot mean %q, which does not say that nothing was charged", c, class)
		}
		p.codes[c] = class
	}
	return nil
}

// Name implements payment.Provider.
func (p *Provider) Name() string { return Name }

// Reusable implements payment.Provider: the sandbox has nonces that stand for
// one outcome each and are never used up. Nor are the cards of the vault.
func (p *Provider) Reusable(c payment.Credential) bool {
	token := c.Token.Reveal()
	return !c.Stored.IsZero() || !p.live && strings.HasPrefix(token, "fake-") && strings.HasSuffix(token, "-nonce")
}
