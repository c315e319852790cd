package config

import (
	"crypto/subtle"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/sandbox"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/secret"
)

// Bounds of the options of providers, inclusive. Above they are the adapters'.
const (
	MinResendFor = time.Minute
	MinSearchLag = time.Second
	maxCodes     = 200 // of a provider that are given a meaning
	// MaxHMACKeys is how many keys a webhook of Adyen may have; two while one
	// is changed for another.
	MaxHMACKeys = 8
)

// When an account takes the money.
const (
	captureNow        = "now"
	captureOnShipment = "on_shipment"
)

// providers are the payment providers that this build talks to, and the modes
// that each is for.
var providers = map[string]struct{ test, live, needsURL bool }{
	"sandbox":      {test: true, needsURL: true},
	stripe.Name:    {test: true, live: true},
	adyen.Name:     {test: true, live: true},
	braintree.Name: {test: true, live: true},
}

// keyModes are the beginnings of providers' keys that tell their mode.
var keyModes = []struct {
	prefix string
	live   bool
}{{"sk_test_", false}, {"rk_test_", false}, {"sk_live_", true}, {"rk_live_", true}}

// cardBrands are the brands that the protocol has names for.
var cardBrands = []string{"visa", "mastercard", "amex", "discover", "diners", "jcb", "unionpay"}

func (p *PaymentModesConfig) check(r *report, at, currency string, timeout time.Duration) {
	if p.Test.IsZero() && p.Live.IsZero() {
		r.errorf(at, "is missing, so nothing can be bought; write test: {provider: sandbox, url: \"http://127.0.0.1:8090\", key: …, merchant_id: …} to begin")
		return
	}
	if !p.Test.IsZero() {
		p.Test.check(r, at+".test", currency, false, timeout)
	}
	if !p.Live.IsZero() {
		p.Live.check(r, at+".live", currency, true, timeout)
	}
	test, live := []byte(p.Test.Key.Reveal()), []byte(p.Live.Key.Reveal())
	if len(test) > 0 && subtle.ConstantTimeCompare(test, live) == 1 {
		r.errorf(at+".live.key", "is the key of test mode too; write the provider's live key")
	}
	p.checkWebhookKeys(r, at)
}

// checkWebhookKeys reports keys that sign webhooks of both modes: whoever holds
// those of test mode could speak for live payments then.
func (p *PaymentModesConfig) checkWebhookKeys(r *report, at string) {
	const both = "signs the webhooks of test mode too; write the one of the live webhook"
	if s := p.Live.Stripe.WebhookSecret; !s.IsZero() && sameSecret(s, p.Test.Stripe.WebhookSecret) {
		r.errorf(at+".live.stripe.webhook_secret", both)
	}
	for i, live := range p.Live.Adyen.HMACKeys {
		for _, test := range p.Test.Adyen.HMACKeys {
			if !live.IsZero() && sameSecret(live, test) {
				r.errorf(at+".live.adyen.hmac_keys["+strconv.Itoa(i)+"]", both)
			}
		}
	}
}

func sameSecret(a, b secret.String) bool {
	return subtle.ConstantTimeCompare([]byte(a.Reveal()), []byte(b.Reveal())) == 1
}

// check reports what is wrong with an account. What an adapter alone can tell
// is left to it, once nothing else is wrong.
func (p *PaymentConfig) check(r *report, at, currency string, live bool, timeout time.Duration) {
	before := len(r.problems)
	known, ok := providers[p.Provider]
	switch {
	case p.Provider == "":
		r.errorf(at+".provider", "is missing; write the payment provider, such as sandbox")
	case !ok:
		r.errorf(at+".provider", "%q is unknown; this version has: sandbox, stripe, adyen and braintree", clip(p.Provider))
	case live && !known.live:
		r.errorf(at+".provider", "%q moves no money, so it is refused in live mode; move it to payment.test, and write a real provider here or remove payment.live", p.Provider)
	case !live && !known.test:
		r.errorf(at+".provider", "%q has no test mode; move it to payment.live", p.Provider)
	}
	if p.URL != "" {
		r.webURL(at+".url", p.URL)
	} else if known.needsURL {
		r.errorf(at+".url", "is missing; write where the provider answers, such as \"http://127.0.0.1:8090\"")
	}
	p.checkKey(r, at+".key", live)
	if p.MerchantID == "" {
		r.errorf(at+".merchant_id", "is missing; write the shop's id at the provider, such as \"acct_shop\"")
	} else if len(p.MerchantID) > maxMerchantIDBytes {
		r.errorf(at+".merchant_id", "is longer than %d bytes", maxMerchantIDBytes)
	}
	r.oneOf(at+".stand_in", p.standIn(), "stripe", "adyen", "braintree")
	r.oneOf(at+".capture", p.Capture, captureNow, captureOnShipment)
	if len(p.Brands) == 0 {
		r.errorf(at+".brands", "are empty; write those that the shop accepts, such as [visa, mastercard]")
	}
	for i, b := range p.Brands {
		path := at + ".brands[" + strconv.Itoa(i) + "]"
		r.oneOf(path, b, cardBrands...)
		if slices.Contains(p.Brands[:i], b) {
			r.errorf(path, "%q is in the list twice; remove one of them", clip(b))
		}
	}
	p.checkPublicKey(r, at+".public_key", live)
	p.checkThreeDS(r, at)
	p.checkOptions(r, at, live)
	if len(r.problems) == before && money.Valid(currency) {
		p.checkAdapter(r, at, currency, live, timeout)
	}
}

func (p *PaymentConfig) checkKey(r *report, at string, live bool) {
	if p.Key.IsZero() {
		r.errorf(at, "is missing; refer to the provider's secret key, as in ${file:/run/secrets/psp_key} or ${PSP_KEY}")
		return
	}
	for _, k := range keyModes {
		if k.live == live || !strings.HasPrefix(p.Key.Reveal(), k.prefix) {
			continue
		}
		if live {
			r.errorf(at, "is a test key, as it begins with %q; write the live one", k.prefix)
		} else {
			r.errorf(at, "is a live key, as it begins with %q; test mode must not have it, so write the test one", k.prefix)
		}
	}
}

// checkOptions reports options of other providers than the account's, and
// those of its own that are missing or out of bounds.
func (p *PaymentConfig) checkOptions(r *report, at string, live bool) {
	if _, known := providers[p.Provider]; !known {
		return
	}
	for _, group := range []struct {
		provider string
		set      bool
	}{{sandbox.Name, isSet(p.Sandbox)}, {stripe.Name, isSet(p.Stripe)}, {adyen.Name, isSet(p.Adyen)}, {braintree.Name, isSet(p.Braintree)}} {
		if group.set && group.provider != p.Provider {
			r.errorf(at+"."+group.provider, "is for the provider %s, and this account is at %s; remove it, or write provider: %s", group.provider, p.Provider, group.provider)
		}
	}
	switch p.Provider {
	case adyen.Name:
		p.Adyen.check(r, at+".adyen", live && p.URL == "")
	case braintree.Name:
		p.Braintree.check(r, at+".braintree", p.Key)
	}
}

func (a *AdyenConfig) check(r *report, at string, needsPrefix bool) {
	if a.ReturnURL == "" {
		r.errorf(at+".return_url", "is missing; Adyen requires one with every payment, though no buyer is sent there, so write a page of the shop, such as \"https://shop.example.com\"")
	} else {
		r.webURL(at+".return_url", a.ReturnURL)
	}
	if needsPrefix && a.LivePrefix == "" {
		r.errorf(at+".live_prefix", "is missing; write the first part of your live address, which the Customer Area shows under Developers > API URLs")
	}
	if len(a.HMACKeys) > MaxHMACKeys {
		r.errorf(at+".hmac_keys", "%d of them; at most %d, so remove those that no webhook is signed with any more", len(a.HMACKeys), MaxHMACKeys)
	}
	r.lasting(at+".resend_for", a.ResendFor, MinResendFor, adyen.MaxResendFor)
	r.codes(at+".error_classes", a.ErrorClasses)
}

func (b *BraintreeConfig) check(r *report, at string, private secret.String) {
	if b.PublicKey == "" {
		r.errorf(at+".public_key", "is missing; copy it from Settings, API in the Control Panel, where the private key is too")
	} else if subtle.ConstantTimeCompare([]byte(b.PublicKey), []byte(private.Reveal())) == 1 {
		r.errorf(at+".public_key", "is what key is, the private one; write the public key of the pair")
	}
	if b.MerchantAccount == "" {
		r.errorf(at+".merchant_account", "is missing; write the id of the merchant account for the shop's currency, as it alone decides in which currency is charged")
	}
	r.lasting(at+".search_lag", b.SearchLag, MinSearchLag, braintree.MaxSearchLag)
	r.codes(at+".codes", b.Codes)
}

// codes reports codes that are missing or have two meanings.
func (r *report) codes(at string, list []CodeConfig) {
	if len(list) > maxCodes {
		r.errorf(at, "%d of them; at most %d", len(list), maxCodes)
		return
	}
	for i, c := range list {
		path := at + "[" + strconv.Itoa(i) + "]"
		if c.Code == "" {
			r.errorf(path+".code", "is missing; write the provider's code, as the attempt's history shows it")
		} else if slices.ContainsFunc(list[:i], func(other CodeConfig) bool { return other.Code == c.Code }) {
			r.errorf(path+".code", "%q is in the list twice; remove one of them", clip(c.Code))
		}
		if c.Class == "" {
			r.errorf(path+".class", "is missing; write what the code means, such as token_expired")
		}
	}
}

// checkAdapter has the provider's adapter look at its settings, and reports
// the first thing that it refuses. It does not connect.
func (p *PaymentConfig) checkAdapter(r *report, at, currency string, live bool, timeout time.Duration) {
	var err error
	switch p.Provider {
	case stripe.Name:
		cfg := p.StripeAccount(live)
		cfg.Timeout = timeout
		_, err = stripe.New(cfg)
	case adyen.Name:
		cfg := p.AdyenAccount(live)
		cfg.Timeout = timeout
		_, err = adyen.New(cfg)
	case braintree.Name:
		cfg := p.BraintreeAccount(currency, live)
		cfg.Timeout = timeout
		_, err = braintree.New(cfg)
	}
	if err != nil {
		field, message := refusal(err)
		r.errorf(p.pathOf(field, at), "%s", message)
	}
}

// refusal takes an adapter's error apart: "stripe payments: key is …: set …"
// is about the key.
func refusal(err error) (field, message string) {
	text := err.Error()
	if _, after, ok := strings.Cut(text, " payments: "); ok {
		text = after
	}
	field, message, _ = strings.Cut(text, " ")
	return strings.TrimSuffix(field, ":"), strings.Replace(message, ": ", "; ", 1)
}

// pathOf is the key that an adapter means by the name of a field.
func (p *PaymentConfig) pathOf(field, at string) string {
	switch {
	case field == "timeout":
		return "payments.timeout"
	case field == "key", field == "url", field == "merchant_id":
		return at + "." + field
	case p.Provider == adyen.Name && field == "merchant_account" && p.Adyen.MerchantAccount == "":
		return at + ".merchant_id"
	case p.Provider == braintree.Name && strings.HasPrefix(field, "merchant_accounts"):
		field = "merchant_account"
	}
	return at + "." + p.Provider + "." + field
}
