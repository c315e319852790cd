package adyen_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/secret"
)

func TestNewTakes(t *testing.T) {
	for name, change := range map[string]func(*adyen.Config){
		"the test mode's own address": func(c *adyen.Config) { c.BaseURL = "" },
		"the live mode's own address": func(c *adyen.Config) { c.BaseURL, c.Live, c.LivePrefix = "", true, "1797a841fbb37ca7-AcmeStore" },
		"an address of a proxy, live": func(c *adyen.Config) { c.BaseURL, c.Live = "https://egress.example/adyen/v72", true },
		"another version":             func(c *adyen.Config) { c.BaseURL, c.APIVersion = "", "v71" },
		"two webhook keys": func(c *adyen.Config) {
			c.HMACKeys = append(c.HMACKeys, secret.New(strings.Repeat("0a", 32)))
		},
		"pages by session": func(c *adyen.Config) { c.Page, c.PageTheme = adyen.PageSession, "THEME-1_a" },
		"no webhook key":   func(c *adyen.Config) { c.HMACKeys = nil },
	} {
		cfg := config("https://proxy.example/v72")
		change(&cfg)
		if _, err := adyen.New(cfg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		field  string
		change func(*adyen.Config)
	}{
		{"key", func(c *adyen.Config) { c.APIKey = secret.String{} }},
		{"key", func(c *adyen.Config) { c.APIKey = secret.New("AQE two") }},
		{"key", func(c *adyen.Config) { c.APIKey = secret.New("test_AAAABBBB") }},
		{"key", func(c *adyen.Config) { c.APIKey = secret.New("live_AAAABBBB") }},
		{"merchant_account", func(c *adyen.Config) { c.MerchantAccount = "" }},
		{"merchant_account", func(c *adyen.Config) { c.MerchantAccount = "a:b" }},
		{"api_version", func(c *adyen.Config) { c.APIVersion = "72" }},
		{"return_url", func(c *adyen.Config) { c.ReturnURL = "" }},
		{"return_url", func(c *adyen.Config) { c.ReturnURL = "shop.example/return" }},
		{"url", func(c *adyen.Config) { c.BaseURL = "checkout-test.adyen.com/v72" }},
		{"url", func(c *adyen.Config) { c.BaseURL = "https://user@checkout-test.adyen.com/v72" }},
		{"url", func(c *adyen.Config) { c.BaseURL = "https://x-checkout-live.adyenpayments.com/checkout/v72" }},
		{"url", func(c *adyen.Config) { c.BaseURL, c.Live = "https://checkout-test.adyen.com/v72", true }},
		{"url", func(c *adyen.Config) { c.BaseURL, c.Live = "http://egress.example/v72", true }},
		{"live_prefix", func(c *adyen.Config) { c.BaseURL, c.Live = "", true }},
		{"live_prefix", func(c *adyen.Config) { c.LivePrefix = "abc" }},
		{"live_prefix", func(c *adyen.Config) { c.BaseURL, c.Live, c.LivePrefix = "", true, "evil.example/" }},
		{"hmac_keys", func(c *adyen.Config) { c.HMACKeys = []secret.String{secret.New("abcd")} }},
		{"webhook_user", func(c *adyen.Config) { c.WebhookUser = "adyen" }},
		{"token_field", func(c *adyen.Config) { c.TokenField = `x":"y` }},
		{"token_field", func(c *adyen.Config) { c.TokenField = "type" }},
		{"shopper_interaction", func(c *adyen.Config) { c.ShopperInteraction = "Now" }},
		{"recurring_model", func(c *adyen.Config) { c.RecurringModel = "Sometimes" }},
		{"authentication", func(c *adyen.Config) { c.Authentication = "maybe" }},
		{"shopper_reference", func(c *adyen.Config) { c.ShopperReference = "ab" }},
		{"page", func(c *adyen.Config) { c.Page = "hosted" }},
		{"page_theme", func(c *adyen.Config) { c.PageTheme = "theme" }},
		{"page_theme", func(c *adyen.Config) { c.Page, c.PageTheme = adyen.PageSession, "a theme" }},
		{"error_classes", func(c *adyen.Config) { c.ErrorClasses = map[string]payment.Class{"1": payment.ClassCaptured} }},
		{"error_classes", func(c *adyen.Config) { c.ErrorClasses = map[string]payment.Class{"704": payment.ClassDeclined} }},
		{"resend_for", func(c *adyen.Config) { c.ResendFor = 8 * 24 * time.Hour }},
		{"timeout", func(c *adyen.Config) { c.Timeout = -1 }},
	} {
		cfg := config("https://proxy.example/v72")
		c.change(&cfg)
		key := cfg.APIKey.Reveal()
		_, err := adyen.New(cfg)
		if err == nil || !strings.Contains(err.Error(), " "+c.field+" ") {
			t.Errorf("%s: %v", c.field, err)
		}
		if err != nil && key != "" && strings.Contains(err.Error(), key) {
			t.Errorf("%s: the error shows the key: %v", c.field, err)
		}
	}
}

// Adyen cannot be asked; the adapter says so and says how to learn.
func TestReconcileNeverKnows(t *testing.T) {
	p := adapter(t, config("http://127.0.0.1:1"))
	r, err := p.Reconcile(context.Background(), payment.Attempt{ID: "pay_1"})
	if err != nil || r.Class != payment.ClassUnknown || r.DeclineCode != adyen.NoLookup {
		t.Errorf("%+v, %v", r, err)
	}
	if p.ResendToLearn() != adyen.DefaultResendFor {
		t.Error(p.ResendToLearn())
	}
	if p.Name() != "adyen" || p.Reusable(charge.Credential) {
		t.Error("name or reusability")
	}
}
