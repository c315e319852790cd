package config_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/server/config"
)

func TestStarterLoads(t *testing.T) {
	for _, o := range []config.StarterOptions{
		{},
		{ShopName: "Paper & Twine", Currency: "eur", Country: "DE", Locale: "de"},
		{Currency: "jpy", Country: "JP", MerchantID: "kyoto-1", Database: "postgres://localhost/checkstand"},
		{Currency: "kwd", Country: "KW", Listen: ":9000", SandboxURL: "https://psp.example.com", SandboxKey: "known", WebhookURL: "https://agent.example.com/w"},
	} {
		text := config.Starter(o)
		c := parse(t, string(text))
		if w := c.Warnings(); len(w) > 0 {
			t.Errorf("%+v: warnings %v", o, w)
		}
		m := c.Merchants[0]
		if o.Currency != "" && (m.Currency != o.Currency || m.Country != o.Country) {
			t.Errorf("%+v became %+v", o, m)
		}
		if o.SandboxKey != "" && m.Payment.Test.Key.Reveal() != o.SandboxKey {
			t.Errorf("%+v: another sandbox key", o)
		}
		if _, err := m.Settings(c.PublicURL); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// A shop begins with the language of its country, and with prices as they are
// written there.
func TestStarterOfACountry(t *testing.T) {
	for country, want := range map[string]struct {
		locale   string
		included bool
	}{"": {"en-US", false}, "US": {"en-US", false}, "CA": {"en-CA", false}, "DE": {"de-DE", true}, "JP": {"ja-JP", true}, "BR": {"pt-BR", true}} {
		m := parse(t, string(config.Starter(config.StarterOptions{Country: country}))).Merchants[0]
		if m.Locale != want.locale || m.Tax.PricesIncludeTax != want.included || m.Tax.ShowGross != want.included {
			t.Errorf("%s: %s, tax included %t, shown so %t; want %s, %t", country, m.Locale, m.Tax.PricesIncludeTax, m.Tax.ShowGross, want.locale, want.included)
		}
	}
	if m := parse(t, string(config.Starter(config.StarterOptions{Country: "CH", Locale: "fr-CH"}))).Merchants[0]; m.Locale != "fr-CH" {
		t.Errorf("the locale that was asked for became %s", m.Locale)
	}
}

func TestStartersShareNoSecret(t *testing.T) {
	a, b := parse(t, string(config.Starter(config.StarterOptions{}))), parse(t, string(config.Starter(config.StarterOptions{})))
	if a.SealingKeys[0].Reveal() == b.SealingKeys[0].Reveal() ||
		a.Merchants[0].Agents[0].Webhook.Secret.Reveal() == b.Merchants[0].Agents[0].Webhook.Secret.Reveal() ||
		a.Merchants[0].Payment.Test.Key.Reveal() == b.Merchants[0].Payment.Test.Key.Reveal() {
		t.Error("two starter files have a secret in common")
	}
}

// Whatever the shop is called, the file says exactly that.
func TestStarterKeepsAnyName(t *testing.T) {
	for _, name := range []string{`"quoted"`, "a: b # c", "${HOME}", "$${HOME}", "$", "two\nlines", "{{.}}", "Ünïcode 店 ✨", "- [x]", "a\u2028\u0085\u007f\ufeff\ufffeb"} {
		if got := nameAfter(t, name); got != name {
			t.Errorf("%q became %q", name, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		name := "x" + rapid.StringN(0, 20, 100).Draw(t, "name")
		c, err := config.Parse("", config.Starter(config.StarterOptions{ShopName: name}), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Merchants[0].Name; got != strings.ToValidUTF8(name, "\ufffd") {
			t.Fatalf("%q became %q", name, got)
		}
	})
}

func nameAfter(t *testing.T, name string) string {
	t.Helper()
	return parse(t, string(config.Starter(config.StarterOptions{ShopName: name}))).Merchants[0].Name
}

func TestStarterIsCommented(t *testing.T) {
	if n := bytes.Count(config.Starter(config.StarterOptions{}), []byte("#")); n < 15 {
		t.Errorf("%d comments", n)
	}
}
