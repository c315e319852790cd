// Package stripe takes payments at Stripe: with shared payment tokens that an
// agent was granted, and on Stripe's own payment pages. It is written by hand
// over payment/exchange, because the exact bytes of a charge are stored before
// they are sent, and sent again after a crash.
//
// docs/payments/stripe.md tells how to set it up and what of it was checked
// against what.
package stripe

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/checkstand/checkstand/secret"
)

// Name is the adapter's name, as stored with attempts.
const Name = "stripe"

// Defaults of a Config.
const (
	DefaultBaseURL = "https://api.stripe.com"
	// DefaultAPIVersion is the version of Stripe's API for everything but
	// shared payment tokens.
	DefaultAPIVersion = "2026-08-26.dahlia"
	// DefaultTokenAPIVersion is the version for requests with a shared payment
	// token. These are in preview: no other version knows them.
	DefaultTokenAPIVersion = "2026-04-22.preview"
)

// maxKey is the longest Idempotency-Key that Stripe accepts, in bytes.
const maxKey = 255

// Config names one account at Stripe in one mode.
type Config struct {
	Key  secret.String // sk_… or rk_…, of the mode that Live says
	Live bool          // live mode; false is test mode

	// MerchantID is the seller's Stripe profile, "profile_…", which agents name
	// when they ask for a token. Stripe's own requests do not carry it; when it
	// is set, charges for any other are refused.
	MerchantID string
	// Account is the connected account, "acct_…", that the payments are of when
	// Key is a platform's. Empty for the key's own account.
	Account string
	// WebhookSecret is the signing secret of the webhook endpoint, "whsec_…".
	// Empty refuses every webhook.
	WebhookSecret secret.String

	APIVersion      string // DefaultAPIVersion when empty
	TokenAPIVersion string // DefaultTokenAPIVersion when empty

	// TokenParameter is the parameter that carries the shared payment token. It
	// has moved twice while the interface was in preview. Empty is the current
	// place, payment_method_data[shared_payment_granted_token].
	TokenParameter string
	// AllowAction leaves error_on_requires_action out of charges. With it, which
	// is the default, Stripe itself fails a payment that would need the buyer to
	// authenticate; without it the adapter cancels one. That the parameter goes
	// with a shared payment token is not verified.
	AllowAction bool
	// ReceiptEmail tells Stripe the buyer's address, so that it sends a receipt.
	ReceiptEmail bool

	BaseURL   string        // DefaultBaseURL when empty
	Timeout   time.Duration // of one exchange; exchange.DefaultTimeout when zero
	Now       func() time.Time
	Transport *http.Transport // carries the requests; nil makes one
}

// Provider is the adapter. It is safe for concurrent use.
type Provider struct {
	cfg    Config
	base   *url.URL
	client *exchange.Client
	now    func() time.Time
}

var (
	_ payment.Provider       = (*Provider)(nil)
	_ payment.Operator       = (*Provider)(nil)
	_ payment.Hosted         = (*Provider)(nil)
	_ payment.Webhooks       = (*Provider)(nil)
	_ payment.Lister         = (*Provider)(nil)
	_ payment.TokenInspector = (*Provider)(nil)
	_ payment.Resendable     = (*Provider)(nil)
	_ payment.Vault          = (*Provider)(nil)
)

// New makes an adapter. It does not connect. The error names the field that is
// wrong, and never shows a key.
func New(cfg Config) (*Provider, error) {
	cfg.BaseURL = or(cfg.BaseURL, DefaultBaseURL)
	cfg.APIVersion = or(cfg.APIVersion, DefaultAPIVersion)
	cfg.TokenAPIVersion = or(cfg.TokenAPIVersion, DefaultTokenAPIVersion)
	cfg.TokenParameter = or(cfg.TokenParameter, defaultTokenParameter)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	base, err := url.Parse(cfg.BaseURL)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("stripe payments: url is not an http or https address without user, query or fragment")
	}
	if err := checkKey(cfg.Key.Reveal(), cfg.Live); err != nil {
		return nil, err
	}
	switch {
	case base.Scheme == "http" && !loopback(base.Hostname()):
		return nil, errors.New("stripe payments: url is not encrypted: use https")
	case cfg.Account != "" && !strings.HasPrefix(cfg.Account, "acct_"):
		return nil, errors.New("stripe payments: account is not a connected account: it begins with acct_")
	case !cfg.WebhookSecret.IsZero() && !strings.HasPrefix(cfg.WebhookSecret.Reveal(), "whsec_"):
		return nil, errors.New("stripe payments: webhook_secret is not the signing secret of an endpoint: it begins with whsec_")
	case strings.ContainsAny(cfg.TokenParameter, "=&%# "):
		return nil, errors.New("stripe payments: token_parameter is not the name of a parameter")
	case cfg.Timeout < 0:
		return nil, errors.New("stripe payments: timeout is negative")
	}
	for field, version := range map[string]string{"api_version": cfg.APIVersion, "token_api_version": cfg.TokenAPIVersion} {
		if _, err := time.Parse(time.DateOnly, version[:min(len(version), len(time.DateOnly))]); err != nil {
			return nil, fmt.Errorf("stripe payments: %s is not a version such as %s", field, DefaultAPIVersion)
		}
	}
	return &Provider{cfg: cfg, base: base, client: exchange.New(cfg.Timeout, cfg.Transport), now: cfg.Now}, nil
}

// checkKey refuses what is no secret key, and one of the other mode.
func checkKey(key string, live bool) error {
	want, mode, other := "_test_", "test", "_live_"
	if live {
		want, mode, other = "_live_", "live", "_test_"
	}
	switch {
	case key == "":
		return errors.New("stripe payments: key is empty: set the account's secret or restricted key")
	case strings.HasPrefix(key, "pk_"):
		return errors.New("stripe payments: key is a publishable one: set the secret key, sk_…, or a restricted one, rk_…")
	case strings.HasPrefix(key, "sk"+other), strings.HasPrefix(key, "rk"+other):
		return fmt.Errorf("stripe payments: key is of the other mode: %s mode takes sk%s… or rk%s…", mode, want, want)
	case !strings.HasPrefix(key, "sk"+want) && !strings.HasPrefix(key, "rk"+want), strings.ContainsAny(key, " \t\r\n"):
		return fmt.Errorf("stripe payments: key is not a Stripe key: %s mode takes sk%s… or rk%s…", mode, want, want)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// Name implements payment.Provider.
func (p *Provider) Name() string { return Name }

// testCards is what Stripe's own test cards begin with, "pm_card_visa" and its
// kin.
const testCards = "pm_card_"

// Reusable implements payment.Provider: in test mode Stripe's test cards may be
// charged any number of times, without a token, and so may a stored card in
// each.
func (p *Provider) Reusable(c payment.Credential) bool {
	return !c.Stored.IsZero() || !p.cfg.Live && strings.HasPrefix(c.Token.Reveal(), testCards)
}
