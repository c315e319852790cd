package config_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/config"
)

// appConfig is a starter configuration with an app.
func appConfig(more string) []byte {
	return append(config.Starter(config.StarterOptions{SandboxKey: "sandbox_key_of_the_tests"}), []byte("\n    app:\n      enabled: true\n"+more)...)
}

func TestAppDefaults(t *testing.T) {
	c, err := config.Parse("", appConfig(""), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := c.Merchants[0].App
	if a.Mode != "test" || a.Agent != "chatgpt" || !a.PaymentSheet || a.ExposeComplete || a.MethodForm != "objects" || len(a.PaymentMethods) != 1 || a.Live() {
		t.Errorf("%+v", a)
	}
}

func TestAppProblems(t *testing.T) {
	for name, tt := range map[string]struct{ more, want string }{
		"a mode that is none":           {"      mode: sandbox\n", "app.mode"},
		"live without an account":       {"      mode: live\n", "payment.live has no account"},
		"a form that is none":           {"      payment_method_form: list\n", "app.payment_method_form"},
		"no way to pay":                 {"      payment_methods: []\n", "app.payment_methods"},
		"a domain with a path":          {"      domain: https://shop.example.com/widget\n", "is not an origin"},
		"a picture's address":           {"      picture_domains: [\"https://cdn.example.com/p.jpg\"]\n", "app.picture_domains[0]"},
		"a redirect without https":      {"      redirect_domains: [\"http://shop.example.com\"]\n", "app.redirect_domains[0]"},
		"a challenge with a space":      {"      challenge: \"a b\"\n", "app.challenge"},
		"calls below none":              {"      calls_per_second: -1\n", "app.calls_per_second"},
		"a tool that is none":           {"      oauth:\n        issuer: https://login.example.com\n        tools:\n          - tool: pay\n", "is not a tool of the app"},
		"a tool twice":                  {"      oauth:\n        issuer: https://login.example.com\n        tools:\n          - tool: get_order\n          - tool: get_order\n", "listed twice"},
		"a link without an issuer":      {"      oauth:\n        audience: https://shop.example.com/mcp\n", "oauth.issuer"},
		"a scope of two words":          {"      oauth:\n        issuer: https://login.example.com\n        scopes: [\"a b\"]\n", "is not a scope"},
		"an agent that is no name":      {"      agent: \"chat gpt\"\n", "app.agent"},
		"a key that is not known":       {"      expose: true\n", "app.expose"},
		"nobody could pay":              {"      payment_sheet: false\n    checkout:\n      enabled: false\n", "nobody could pay"},
		"a provider that is no name":    {"      provider: \"a/b\"\n", "app.provider"},
		"keys at an address without it": {"      oauth:\n        issuer: https://login.example.com\n        jwks_url: keys\n", "oauth.jwks_url"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := config.Parse("", appConfig(tt.more), nil); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v", err)
			}
		})
	}
}
