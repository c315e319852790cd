package stripe_test

import (
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/secret"
)

func TestNewNamesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*stripe.Config)
		want   string // in the error; "" for none
	}{
		"a test key in test mode":             {func(*stripe.Config) {}, ""},
		"a restricted key":                    {func(c *stripe.Config) { c.Key = secret.New("rk_test_1") }, ""},
		"a live key in live mode":             {func(c *stripe.Config) { c.Live, c.Key = true, secret.New("sk_live_1") }, ""},
		"a restricted live key":               {func(c *stripe.Config) { c.Live, c.Key = true, secret.New("rk_live_1") }, ""},
		"no webhook secret":                   {func(c *stripe.Config) { c.WebhookSecret = secret.String{} }, ""},
		"plain http on loopback":              {func(c *stripe.Config) { c.BaseURL = "http://127.0.0.1:1" }, ""},
		"another version":                     {func(c *stripe.Config) { c.TokenAPIVersion = "2026-08-26.preview" }, ""},
		"no key":                              {func(c *stripe.Config) { c.Key = secret.String{} }, "key is empty"},
		"a live key in test mode":             {func(c *stripe.Config) { c.Key = secret.New("sk_live_hush") }, "key is of the other mode"},
		"a restricted live key in test mode":  {func(c *stripe.Config) { c.Key = secret.New("rk_live_hush") }, "key is of the other mode"},
		"a test key in live mode":             {func(c *stripe.Config) { c.Live = true }, "key is of the other mode"},
		"a publishable key":                   {func(c *stripe.Config) { c.Key = secret.New("pk_test_hush") }, "publishable"},
		"something else":                      {func(c *stripe.Config) { c.Key = secret.New("hush") }, "not a Stripe key"},
		"a key with a line break":             {func(c *stripe.Config) { c.Key = secret.New("sk_test_hush\n") }, "not a Stripe key"},
		"an address that is none":             {func(c *stripe.Config) { c.BaseURL = "api.stripe.com" }, "url"},
		"an address with a user":              {func(c *stripe.Config) { c.BaseURL = "https://hush@example.com" }, "url"},
		"plain http elsewhere":                {func(c *stripe.Config) { c.BaseURL = "http://psp.example.com" }, "url is not encrypted"},
		"an account that is none":             {func(c *stripe.Config) { c.Account = "profile_1" }, "account"},
		"a webhook secret that is none":       {func(c *stripe.Config) { c.WebhookSecret = secret.New("hush") }, "webhook_secret"},
		"a version that is none":              {func(c *stripe.Config) { c.APIVersion = "latest" }, "api_version"},
		"a token parameter that is a request": {func(c *stripe.Config) { c.TokenParameter = "a=b&c" }, "token_parameter"},
		"a negative timeout":                  {func(c *stripe.Config) { c.Timeout = -time.Second }, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := stripe.Config{Key: secret.New(testKey), WebhookSecret: secret.New(whsec)}
			c.change(&cfg)
			p, err := stripe.New(cfg)
			switch {
			case c.want == "" && (err != nil || p.Name() != "stripe"):
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("the error is %v, want one that says %q", err, c.want)
			case err != nil && strings.Contains(err.Error(), "hush"):
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}
