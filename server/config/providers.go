package config

import (
	"reflect"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/sandbox"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/secret"
)

// StripeConfig are the options of an account at Stripe; docs/payments/stripe.md
// explains them.
type StripeConfig struct {
	Account         string        `yaml:"account,omitempty" doc:"The connected account, \"acct_…\", that payments are of when the key is a platform's; the key's own account when not set."`
	WebhookSecret   secret.String `yaml:"webhook_secret,omitempty" doc:"Signing secret of the webhook endpoint, \"whsec_…\". Webhooks are refused when not set."`
	ReceiptEmail    bool          `yaml:"receipt_email" default:"false" doc:"Tell Stripe the buyer's address, so that it sends a receipt."`
	APIVersion      string        `yaml:"api_version" default:"2026-08-26.dahlia" doc:"Version of Stripe's API for everything but shared payment tokens."`
	TokenAPIVersion string        `yaml:"token_api_version" default:"2026-04-22.preview" doc:"Version for requests with a shared payment token, which are in preview."`
	TokenParameter  string        `yaml:"token_parameter" default:"payment_method_data[shared_payment_granted_token]" doc:"Parameter that carries the shared payment token. Not verified."`
	AllowAction     bool          `yaml:"allow_action" default:"false" doc:"Leave error_on_requires_action out of charges; the adapter then cancels a payment that needs the buyer. Not verified."`
}

// SandboxConfig are the options of an account at the sandbox PSP.
type SandboxConfig struct {
	WebhookSecret secret.String `yaml:"webhook_secret,omitempty" doc:"The key that the sandbox signs its webhooks with, as it was started with. Webhooks are refused when not set."`
}

// AdyenConfig are the options of an account at Adyen; docs/payments/adyen.md
// explains them.
type AdyenConfig struct {
	MerchantAccount    string          `yaml:"merchant_account,omitempty" doc:"The merchant account's code; merchant_id when not set."`
	LivePrefix         string          `yaml:"live_prefix,omitempty" doc:"Live mode only: the first part of the live address, such as \"1797a841fbb37ca7-AcmeStore\"."`
	ReturnURL          string          `yaml:"return_url" doc:"A page of the shop. Adyen requires it with every payment, though an agent's buyer is never sent there."`
	Page               string          `yaml:"page" default:"link" doc:"The kind of payment page that buyers pay on: link, a Pay by Link, or session, Hosted Checkout, whose pages cannot be closed early. Not verified."`
	PageTheme          string          `yaml:"page_theme,omitempty" doc:"Theme ID of the Hosted Checkout pages; Adyen's own look when not set."`
	HMACKeys           []secret.String `yaml:"hmac_keys,omitempty" doc:"HMAC keys of the webhook, 64 hexadecimal digits each; any of them may have signed, so that a key can be changed. Webhooks are refused when there is none."`
	WebhookUser        string          `yaml:"webhook_user,omitempty" doc:"User of the webhook's basic authentication; not asked for when not set."`
	WebhookPassword    secret.String   `yaml:"webhook_password,omitempty" doc:"Password of the webhook's basic authentication, set together with webhook_user."`
	APIVersion         string          `yaml:"api_version" default:"v72" doc:"Version of the Checkout API."`
	ResendFor          time.Duration   `yaml:"resend_for" default:"1h" doc:"How long an unclear payment is sent again to learn its outcome, from 1m to 168h."`
	TokenField         string          `yaml:"token_field" default:"storedPaymentMethodId" doc:"Member of paymentMethod that carries the delegated token. Not verified."`
	ShopperInteraction string          `yaml:"shopper_interaction" default:"ContAuth" doc:"ContAuth, Ecommerce, Moto, or omit to leave it out. Not verified."`
	RecurringModel     string          `yaml:"recurring_model" default:"CardOnFile" doc:"CardOnFile, UnscheduledCardOnFile, Subscription, or omit to leave it out. Not verified."`
	Authentication     string          `yaml:"authentication" default:"never" doc:"Whether 3-D Secure is attempted: never, always, or omit to leave it out. Not verified."`
	ShopperReference   string          `yaml:"shopper_reference" default:"omit" doc:"The shopperReference that is sent, or omit to leave it out. Not verified."`
	ErrorClasses       []CodeConfig    `yaml:"error_classes,omitempty" doc:"What Adyen's error codes mean, before those that are known."`
}

// BraintreeConfig are the options of an account at Braintree;
// docs/payments/braintree.md explains them.
type BraintreeConfig struct {
	PublicKey       string        `yaml:"public_key" doc:"The public key of the pair whose private key is the account's key."`
	MerchantAccount string        `yaml:"merchant_account" doc:"Id of the merchant account to charge. It alone decides the currency, so it has to be the one for the shop's."`
	SessionField    string        `yaml:"session_field,omitempty" doc:"API name of a custom field that takes the checkout session's id; none when not set."`
	SendBilling     bool          `yaml:"send_billing" default:"false" doc:"Send the billing address with the sale, for address checks."`
	APIVersion      string        `yaml:"api_version" default:"6" doc:"Version of the gateway's API, the header X-ApiVersion."`
	SearchLag       time.Duration `yaml:"search_lag" default:"2m" doc:"How long a search may miss a new sale, from 1s to 1h. Not verified."`
	TokenField      string        `yaml:"token_field" default:"payment_method_nonce" doc:"Field of a sale that carries the delegated token: payment_method_nonce or shared_payment_method_nonce. Not verified."`
	NoRequestKeys   bool          `yaml:"no_request_keys" default:"false" doc:"Send no request keys, for accounts that do not have them. Not verified."`
	Decimals        int           `yaml:"decimals" default:"-1" doc:"Decimals of the shop's currency at Braintree, from 0 to 4; -1 for those of ISO 4217."`
	Codes           []CodeConfig  `yaml:"codes,omitempty" doc:"What Braintree's validation codes mean, before those that are known."`
}

// CodeConfig gives a meaning to one code of a provider.
type CodeConfig struct {
	Code  string `yaml:"code" doc:"The provider's code, as the attempt's history shows it."`
	Class string `yaml:"class" doc:"What it means: declined, token_invalid, token_expired, token_used, amount_exceeded, currency_mismatch, processor_error, config or rate_limited."`
}

// isSet reports whether a group has a setting beside its defaults.
func isSet[T any](group T) bool {
	var empty, fresh T
	setDefaults(&fresh)
	return !reflect.DeepEqual(group, empty) && !reflect.DeepEqual(group, fresh)
}

// MarshalYAML writes only the options of the account's own provider.
func (p PaymentConfig) MarshalYAML() (any, error) {
	type plain PaymentConfig // without this method
	if p.Provider != stripe.Name {
		p.Stripe = StripeConfig{}
	}
	if p.Provider != adyen.Name {
		p.Adyen = AdyenConfig{}
	}
	if p.Provider != braintree.Name {
		p.Braintree = BraintreeConfig{}
	}
	return plain(p), nil
}

// standIn is the provider's name in API versions that allow only certain ones.
func (p *PaymentConfig) standIn() string {
	switch {
	case p.StandIn != "":
		return p.StandIn
	case p.Provider == adyen.Name, p.Provider == braintree.Name:
		return p.Provider
	}
	return stripe.Name
}

// SandboxAccount is the account for the sandbox's adapter, without clock and
// timeout.
func (p *PaymentConfig) SandboxAccount() sandbox.Config {
	return sandbox.Config{BaseURL: p.URL, MerchantKey: p.Key, MerchantID: p.MerchantID, WebhookSecret: p.Sandbox.WebhookSecret}
}

// StripeAccount is the account for Stripe's adapter, without clock and timeout.
func (p *PaymentConfig) StripeAccount(live bool) stripe.Config {
	o := p.Stripe
	return stripe.Config{Key: p.Key, Live: live, MerchantID: p.MerchantID, Account: o.Account, WebhookSecret: o.WebhookSecret, APIVersion: o.APIVersion,
		TokenAPIVersion: o.TokenAPIVersion, TokenParameter: o.TokenParameter, AllowAction: o.AllowAction, ReceiptEmail: o.ReceiptEmail, BaseURL: p.URL}
}

// AdyenAccount is the account for Adyen's adapter, without clock and timeout.
func (p *PaymentConfig) AdyenAccount(live bool) adyen.Config {
	o := p.Adyen
	account := o.MerchantAccount
	if account == "" {
		account = p.MerchantID
	}
	return adyen.Config{APIKey: p.Key, MerchantAccount: account, MerchantID: p.MerchantID, Live: live, LivePrefix: o.LivePrefix,
		APIVersion: o.APIVersion, BaseURL: p.URL, ReturnURL: o.ReturnURL, Page: o.Page, PageTheme: o.PageTheme,
		HMACKeys: o.HMACKeys, WebhookUser: o.WebhookUser, WebhookPassword: o.WebhookPassword, TokenField: o.TokenField, ShopperInteraction: o.ShopperInteraction,
		RecurringModel: o.RecurringModel, Authentication: o.Authentication, ShopperReference: o.ShopperReference,
		ErrorClasses: meanings(o.ErrorClasses), ResendFor: o.ResendFor}
}

// BraintreeAccount is the account for Braintree's adapter, without clock and
// timeout. The currency is the shop's.
func (p *PaymentConfig) BraintreeAccount(currency string, live bool) braintree.Config {
	o := p.Braintree
	cfg := braintree.Config{Live: live, MerchantID: p.MerchantID, PublicKey: o.PublicKey, PrivateKey: p.Key,
		MerchantAccounts: map[string]string{currency: o.MerchantAccount}, BaseURL: p.URL, APIVersion: o.APIVersion,
		TokenField: o.TokenField, NoRequestKeys: o.NoRequestKeys, SearchLag: o.SearchLag, Codes: meanings(o.Codes),
		SessionField: o.SessionField, SendBilling: o.SendBilling}
	if o.Decimals != isoDecimals {
		cfg.Decimals = payment.Scale{currency: o.Decimals}
	}
	return cfg
}

// isoDecimals stands for the decimals that ISO 4217 gives a currency.
const isoDecimals = -1

func meanings(codes []CodeConfig) map[string]payment.Class {
	out := make(map[string]payment.Class, len(codes))
	for _, c := range codes {
		out[c.Code] = payment.Class(c.Class)
	}
	return out
}
