package adyen

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
)

// hmacKeySize is the length of a webhook key in bytes, 64 hexadecimal digits.
const hmacKeySize = 32

// maxTheme is the longest Theme ID; the document names no limit.
const maxTheme = 128

var (
	versionForm = regexp.MustCompile(`^v[1-9][0-9]{1,2}$`)
	prefixForm  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,62}$`)
	fieldForm   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,63}$`)
	themeForm   = regexp.MustCompile(fmt.Sprintf(`^[A-Za-z0-9_-]{1,%d}$`, maxTheme))
)

// refusals are the classes that Config.ErrorClasses may give to a code. An
// error is never a payment, so none of those that say that money moved.
var refusals = map[payment.Class]bool{
	payment.ClassDeclined: true, payment.ClassTokenInvalid: true, payment.ClassTokenExpired: true, payment.ClassTokenUsed: true,
	payment.ClassAmountExceeded: true, payment.ClassCurrencyMismatch: true, payment.ClassProcessorError: true,
	payment.ClassConfig: true, payment.ClassRateLimited: true, payment.ClassUnknown: true,
}

// New makes an adapter. It does not connect. The error names the field that is
// wrong.
func New(cfg Config) (*Provider, error) {
	withDefaults(&cfg)
	if err := cfg.check(); err != nil {
		return nil, err
	}
	p := &Provider{cfg: cfg, errors: maps.Clone(errorClass), client: exchange.New(cfg.Timeout, cfg.Transport)}
	for code, class := range cfg.ErrorClasses {
		if code == "" || !refusals[class] || code == codeInProgress {
			return nil, badSetting("error_classes", "cannot say that %q is %q", code, class)
		}
		p.errors[code] = class
	}
	for i, k := range cfg.HMACKeys {
		key, err := hex.DecodeString(k.Reveal())
		if err != nil || len(key) != hmacKeySize {
			return nil, badSetting("hmac_keys", "has a key, number %d, that is not %d hexadecimal digits: copy the webhook's HMAC key again", i+1, 2*hmacKeySize)
		}
		p.hmacKeys = append(p.hmacKeys, key)
	}
	var err error
	if p.base, err = baseURL(cfg); err != nil {
		return nil, fmt.Errorf("adyen payments: %w", err)
	}
	return p, nil
}

// badSetting is the error of a setting.
func badSetting(field, format string, args ...any) error {
	return fmt.Errorf("adyen payments: %s %s", field, fmt.Sprintf(format, args...))
}

// check refuses settings that are wrong each for itself.
func (cfg *Config) check() error {
	switch {
	case cfg.APIKey.IsZero():
		return badSetting("key", "is empty: set the API key of the web service user")
	case strings.ContainsAny(cfg.APIKey.Reveal(), " \t\r\n"):
		return badSetting("key", "contains white space: copy the API key again")
	case strings.HasPrefix(cfg.APIKey.Reveal(), "test_"), strings.HasPrefix(cfg.APIKey.Reveal(), "live_"):
		return badSetting("key", "is a client key, which is for browsers: set the API key")
	case cfg.MerchantAccount == "" || len(cfg.MerchantAccount) > maxReference || strings.Contains(cfg.MerchantAccount, ":"):
		return badSetting("merchant_account", "is empty, longer than %d bytes or has a colon: set the merchant account's code", maxReference)
	case !versionForm.MatchString(cfg.APIVersion):
		return badSetting("api_version", "is %q: write it like %s", cfg.APIVersion, DefaultAPIVersion)
	case !fieldForm.MatchString(cfg.TokenField) || cfg.TokenField == "type":
		return badSetting("token_field", "is not the name of a field for the token: the default is %s", DefaultTokenField)
	case cfg.ResendFor < 0 || cfg.ResendFor > MaxResendFor:
		return badSetting("resend_for", "is not between 0 and %v", MaxResendFor)
	case cfg.Timeout < 0:
		return badSetting("timeout", "is negative")
	case cfg.PageTheme != "" && cfg.Page != PageSession:
		return badSetting("page_theme", "is for pages of the kind %s: links have the look that the Customer Area gives them", PageSession)
	case cfg.PageTheme != "" && !themeForm.MatchString(cfg.PageTheme):
		return badSetting("page_theme", "is not the Theme ID of the Customer Area: letters, digits, hyphens and underscores, at most %d", maxTheme)
	case (cfg.WebhookUser == "") != cfg.WebhookPassword.IsZero():
		return badSetting("webhook_user", "and webhook_password belong together: set both or neither")
	}
	if u, err := url.Parse(cfg.ReturnURL); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(cfg.ReturnURL) > maxReturnURL {
		return badSetting("return_url", "is not an http or https address of at most %d bytes", maxReturnURL)
	}
	for field, choice := range map[string]struct {
		value   string
		allowed []string
	}{
		"page":                {cfg.Page, []string{PageLink, PageSession}},
		"shopper_interaction": {cfg.ShopperInteraction, []string{"ContAuth", "Ecommerce", "Moto", Omit}},
		"recurring_model":     {cfg.RecurringModel, []string{"CardOnFile", "UnscheduledCardOnFile", "Subscription", Omit}},
		"authentication":      {cfg.Authentication, []string{"never", "always", Omit}},
	} {
		if !slices.Contains(choice.allowed, choice.value) {
			return badSetting(field, "is %q: use one of %s", choice.value, strings.Join(choice.allowed, ", "))
		}
	}
	if n := len(cfg.ShopperReference); n > 0 && cfg.ShopperReference != Omit && (n < 3 || n > 256) {
		return badSetting("shopper_reference", "has %d bytes: 3 to 256 are allowed", n)
	}
	return nil
}

func withDefaults(cfg *Config) {
	for _, d := range []struct {
		field *string
		value string
	}{
		{&cfg.APIVersion, DefaultAPIVersion},
		{&cfg.MerchantID, cfg.MerchantAccount},
		{&cfg.Page, PageLink},
		{&cfg.TokenField, DefaultTokenField},
		{&cfg.ShopperInteraction, "ContAuth"},
		{&cfg.RecurringModel, "CardOnFile"},
		{&cfg.Authentication, "never"},
		{&cfg.ShopperReference, Omit},
	} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if cfg.ResendFor == 0 {
		cfg.ResendFor = DefaultResendFor
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
}

// baseURL is where requests go. Adyen's keys do not tell their mode, but its
// addresses do: one of the other mode is refused.
func baseURL(cfg Config) (*url.URL, error) {
	switch {
	case cfg.Live && cfg.LivePrefix == "" && cfg.BaseURL == "":
		return nil, errors.New("live_prefix is empty: live mode has an address of its own for every company, see Developers > API URLs in the Customer Area")
	case !cfg.Live && cfg.LivePrefix != "":
		return nil, errors.New("live_prefix is set in test mode: the test account and the live account are two")
	case cfg.LivePrefix != "" && !prefixForm.MatchString(cfg.LivePrefix):
		return nil, errors.New("live_prefix is not the first part of the live address: letters, digits and hyphens")
	}
	address := cfg.BaseURL
	switch {
	case address != "":
	case cfg.Live:
		address = "https://" + cfg.LivePrefix + "-checkout-live.adyenpayments.com/checkout/" + cfg.APIVersion
	default:
		address = "https://checkout-test.adyen.com/" + cfg.APIVersion
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("url is not an http or https address without user, query or fragment")
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case cfg.Live && u.Scheme != "https":
		return nil, errors.New("url is not https, which live mode requires")
	case cfg.Live && strings.HasSuffix(host, "-test.adyen.com"):
		return nil, errors.New("url is of Adyen's test system, the mode is live")
	case !cfg.Live && strings.HasSuffix(host, ".adyenpayments.com"):
		return nil, errors.New("url is of Adyen's live system, the mode is test")
	}
	return u, nil
}
