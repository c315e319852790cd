package config

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"golang.org/x/text/language"

	"github.com/checkstand/checkstand/secret"
)

// StarterOptions are what Starter asks of whoever begins. An empty field has
// the default that its comment gives.
type StarterOptions struct {
	ShopName   string // "My shop"
	MerchantID string // "shop"
	Currency   string // "usd"; lower-case ISO 4217
	Country    string // "US"; upper-case ISO 3166-1 alpha-2
	Locale     string // what is spoken most in Country; BCP 47
	Listen     string // the default of Config.Listen
	Database   string // the default of Config.Database
	SandboxURL string // DefaultSandboxURL
	SandboxKey string // a random one; 'checkstand sandbox' reads it from the file
	WebhookURL string // DefaultWebhookURL
}

// Where a starter file expects a sandbox payment provider, and an agent that
// listens for order events, on this machine.
const (
	DefaultSandboxURL = "http://127.0.0.1:8090"
	DefaultWebhookURL = "http://127.0.0.1:8091/webhooks"
)

// StarterAgent is the name of the agent in a starter file.
const StarterAgent = "agent"

//go:embed starter.yaml.tmpl
var starterText string

var starterTemplate = template.Must(template.New("starter").Funcs(template.FuncMap{"quote": quote}).Parse(starterText))

// Starter writes a commented configuration to begin with: one shop, sandbox
// payments, a fresh sealing key and fresh secrets. Parse accepts it as long as
// the options are valid values of their keys.
func Starter(o StarterOptions) []byte {
	defaults := Default()
	fill := func(s *string, fallback string) {
		if *s == "" {
			*s = fallback
		}
	}
	fill(&o.ShopName, "My shop")
	fill(&o.MerchantID, "shop")
	fill(&o.Currency, "usd")
	fill(&o.Country, "US")
	fill(&o.Locale, spoken(o.Country))
	fill(&o.Listen, defaults.Listen)
	fill(&o.Database, string(defaults.Database))
	fill(&o.SandboxURL, DefaultSandboxURL)
	fill(&o.SandboxKey, "sandbox_"+rand.Text())
	fill(&o.WebhookURL, DefaultWebhookURL)

	// Policies are served by the server itself until the shop has its own.
	origin := "https://shop.example.com"
	c := Config{Listen: o.Listen}
	if c.derive(); c.PublicURL != "" {
		origin = c.PublicURL
	}
	var b bytes.Buffer
	err := starterTemplate.Execute(&b, map[string]any{
		"Options": o, "Origin": origin, "Agent": StarterAgent,
		"SealingKey":    secret.GenerateKey(),
		"WebhookSecret": rand.Text() + rand.Text(),
		"Price":         example(o.Currency),
		"Zone":          zoneOf[o.Country],
		"TaxIncluded":   !slices.Contains(taxOnTop, o.Country),
	})
	if err != nil {
		panic("config: starter template: " + err.Error()) // it writes to memory and is fixed
	}
	return b.Bytes()
}

// taxOnTop are the countries whose shops write prices without the sales tax.
var taxOnTop = []string{"US", "CA"}

// spoken is the locale of a country: its most likely language there.
func spoken(country string) string {
	tag, err := language.Parse("und-" + country)
	if err != nil {
		return DefaultMerchant().Locale // the country is refused by its own name
	}
	base, confidence := tag.Base()
	if confidence == language.No {
		return DefaultMerchant().Locale
	}
	return base.String() + "-" + country
}

// quote writes text as a double-quoted YAML value that is not expanded. What
// strconv.Quote escapes, YAML reads as the same characters.
func quote(s string) string {
	return strconv.Quote(strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "${", "$${"))
}
