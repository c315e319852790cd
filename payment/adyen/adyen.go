// Package adyen is the payment adapter for Adyen's Checkout API (v72). It
// charges delegated tokens with POST /payments, moves money later with
// captures, cancels and refunds, offers a payment page as a Pay by Link or as
// Hosted Checkout, and reads standard webhooks.
//
// Two things set Adyen apart. It has no call that tells what became of a
// payment: a lost answer is learned by sending the same bytes again under the
// same key, which Adyen answers with the first answer, or from the
// AUTHORISATION webhook. And everything after the payment is asynchronous: a
// capture, cancel or refund is answered "received", and its outcome comes in a
// webhook. A shop on Adyen therefore needs its webhook set up.
//
// docs/payments/adyen.md lists what was checked against what, and what could
// not be checked without an account.
package adyen

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/checkstand/checkstand/secret"
)

// Name is the adapter's name, as stored with attempts.
const Name = "adyen"

// Omit leaves an optional field of the payment request out, where an empty
// setting stands for the default.
const Omit = "omit"

// Defaults and limits.
const (
	DefaultAPIVersion = "v72"
	// DefaultTokenField is where the delegated token goes in paymentMethod.
	// Adyen's public text only says that the payment request includes the
	// token; this is the one field of the v72 schema for a token made by the
	// tokenisation service. Unverified.
	DefaultTokenField = "storedPaymentMethodId"
	// DefaultResendFor is how long an unclear payment is sent again to learn its
	// outcome. Keys live far longer; but a repeat may be the first that
	// arrives, and an hour after pressing pay the buyer has gone.
	DefaultResendFor = time.Hour
	// MaxResendFor is how long keys are relied on. Adyen says "at least 31
	// days" on one page and seven days on another; the shorter counts.
	MaxResendFor = 7 * 24 * time.Hour
	// MaxKey is the longest Idempotency-Key, in characters.
	MaxKey = 64
)

// Config names one merchant account in one mode.
type Config struct {
	APIKey          secret.String // sent as X-API-Key
	MerchantAccount string        // for example "AcmeECOM"
	// MerchantID is what ACP sessions name as the shop's id at the PSP;
	// MerchantAccount when empty. Adyen does not say that they are the same.
	MerchantID string
	Live       bool
	// LivePrefix is the shop's part of the live address, from the Customer Area
	// under Developers > API URLs: "1797a841fbb37ca7-AdyenDemo".
	LivePrefix string
	APIVersion string // DefaultAPIVersion when empty
	// BaseURL is the address with the version, when it is not that of the mode.
	BaseURL string
	// ReturnURL is required by every payment request, though an agent's buyer
	// is never sent there.
	ReturnURL string

	// Page is the kind of payment page: PageLink, which is the default, or
	// PageSession. Pages that are open keep the kind that they were opened as.
	Page string
	// PageTheme is the themeId of the pages of sessions; Adyen's own look when
	// empty.
	PageTheme string

	// HMACKeys are the webhook's keys in hexadecimal. Several are for rotation:
	// any of them may have signed. None means that no webhook is accepted.
	HMACKeys []secret.String
	// WebhookUser and WebhookPassword are the webhook's basic authentication;
	// not asked for when both are empty.
	WebhookUser     string
	WebhookPassword secret.String

	// The following five are unverified for delegated tokens, and so can be
	// changed without a new release. Empty is the default, Omit leaves out.
	TokenField         string // member of paymentMethod; DefaultTokenField
	ShopperInteraction string // "ContAuth": no buyer types a CVC
	RecurringModel     string // recurringProcessingModel; "CardOnFile"
	Authentication     string // authenticationData.attemptAuthentication; "never"
	ShopperReference   string // not sent by default
	// ErrorClasses says what error codes mean, beside and before those known to
	// this package: Adyen has not published how it refuses a token that is
	// expired, used or charged beyond its limit.
	ErrorClasses map[string]payment.Class

	ResendFor time.Duration // see DefaultResendFor; at most MaxResendFor
	Timeout   time.Duration // of one exchange; exchange.DefaultTimeout when zero
	Now       func() time.Time
	Transport *http.Transport // carries the requests; nil makes one
}

// Provider is the adapter. It is safe for concurrent use.
type Provider struct {
	cfg      Config // with the defaults filled in
	base     *url.URL
	hmacKeys [][]byte
	errors   map[string]payment.Class
	client   *exchange.Client
}

var (
	_ payment.Operator   = (*Provider)(nil)
	_ payment.Hosted     = (*Provider)(nil)
	_ payment.Webhooks   = (*Provider)(nil)
	_ payment.Resendable = (*Provider)(nil)
	_ payment.Vault      = (*Provider)(nil)
)

// Name implements payment.Provider.
func (p *Provider) Name() string { return Name }

// Reusable implements payment.Provider. Delegated tokens are for one payment,
// and Adyen has no static ones; a stored card is for any number.
func (p *Provider) Reusable(c payment.Credential) bool { return !c.Stored.IsZero() }

// ResendToLearn implements payment.Resendable.
func (p *Provider) ResendToLearn() time.Duration { return p.cfg.ResendFor }

// NoLookup is the DeclineCode of what cannot be asked about at Adyen.
const NoLookup = "no_lookup"

// Reconcile implements payment.Provider. Adyen cannot be asked, so it never
// knows, and asks nothing: the outcome comes by sending again, see
// ResendToLearn, or by the AUTHORISATION webhook.
func (p *Provider) Reconcile(context.Context, payment.Attempt) (payment.Result, error) {
	return payment.Result{Class: payment.ClassUnknown, DeclineCode: NoLookup}, nil
}
