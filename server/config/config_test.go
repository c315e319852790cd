package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
)

// minimal is the least that is valid; tests put more after it.
const minimal = `
merchants:
  - id: shop
    name: Test Shop
    currency: eur
    country: DE
    links: {terms_of_use: "https://shop.example.com/terms", privacy_policy: "https://shop.example.com/privacy"}
    payment: {test: {provider: sandbox, url: "http://127.0.0.1:8090", key: key-of-the-sandbox, merchant_id: acct}}
`

// parse reads a configuration that must be valid.
func parse(t *testing.T, text string, environ ...string) *config.Config {
	t.Helper()
	c, err := config.Parse("checkstand.yaml", []byte(text), environ)
	if err != nil {
		t.Fatalf("Parse:\n%v", err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	c := config.Default()
	if c.Listen != "127.0.0.1:8080" || c.Database != "checkstand.db" || c.Limits.WriteTimeout != time.Minute ||
		c.Limits.BodyBytes != 256<<10 || c.Payments.UnknownBudget != 20*time.Second || c.Log.Format != "json" {
		t.Errorf("Default() = %+v", c)
	}
	m := config.DefaultMerchant()
	if m.LowStock != 5 || m.SessionTTL != 6*time.Hour || m.Tax.Rounding != "half_up" ||
		!slices.Equal(m.Payment.Live.Brands, []string{"visa", "mastercard", "amex"}) {
		t.Errorf("DefaultMerchant() = %+v", m)
	}
	if !m.Payment.Test.IsZero() || !m.Payment.Live.IsZero() {
		t.Error("a mode is configured without being configured")
	}
}

// Slices of two defaults must not share their memory.
func TestDefaultsAreIndependent(t *testing.T) {
	a, b := config.DefaultMerchant(), config.DefaultMerchant()
	a.Payment.Test.Brands[0] = "jcb"
	if b.Payment.Test.Brands[0] != "visa" {
		t.Error("changing one default changed another")
	}
}

func TestEmptyFileIsTheDefault(t *testing.T) {
	for _, text := range []string{"", "# nothing yet\n", "listen:\n", "{}", "merchants: []", "~"} {
		c := parse(t, text)
		if c.Listen != "127.0.0.1:8080" || c.PublicURL != "http://127.0.0.1:8080" {
			t.Errorf("Parse(%q) listens on %q, public %q", text, c.Listen, c.PublicURL)
		}
	}
}

func TestValuesAreTakenByTheirText(t *testing.T) {
	c := parse(t, strings.Replace(minimal, "country: DE", `country: NO
    low_stock: 0
    session_ttl: 1h30m
    tax: {rates: [{country: NO, percent: 25.00, postal_prefix: 0150}]}
    shipping: [{id: 01, title: Post, price: 4.90, countries: [NO]}]`, 1))
	m := c.Merchants[0]
	if m.Country != "NO" || m.Shipping[0].Countries[0] != "NO" {
		t.Errorf("Norway was read as %q, %q", m.Country, m.Shipping[0].Countries[0])
	}
	if m.LowStock != 0 || m.SessionTTL != 90*time.Minute || m.Shipping[0].ID != "01" ||
		m.Shipping[0].Price != "4.90" || m.Tax.Rates[0].PostalPrefix != "0150" {
		t.Errorf("read as %+v", m)
	}
}

func TestAliasesRepeatValues(t *testing.T) {
	c := parse(t, strings.Replace(minimal, "    links: {", "    links: &links {", 1)+
		strings.NewReplacer("merchants:\n", "", "id: shop", "id: other").Replace(
			minimal[:strings.Index(minimal, "    links")])+"    links: *links\n    payment: {test: {provider: sandbox, url: 'http://localhost:1', key: k, merchant_id: a}}\n")
	if got := c.Merchants[1].Links.TermsOfUse; got != "https://shop.example.com/terms" {
		t.Errorf("alias gave %q", got)
	}
}

func TestPublicURL(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`listen: "localhost:80"`, "http://localhost:80"},
		{`listen: "[::1]:8080"`, "http://[::1]:8080"},
		{`listen: "127.0.0.1:0"`, ""}, // known once the server listens
		{`{listen: ":8080", public_url: "https://shop.example.com/"}`, "https://shop.example.com"},
		{`public_url: http://127.0.0.1:9000`, "http://127.0.0.1:9000"},
	} {
		if got := parse(t, test.text).PublicURL; got != test.want {
			t.Errorf("%s: public URL %q; want %q", test.text, got, test.want)
		}
	}
}

func TestEnvName(t *testing.T) {
	for path, want := range map[string]string{
		"listen":                        "CHECKSTAND_LISTEN",
		"limits.body_bytes":             "CHECKSTAND_LIMITS_BODY_BYTES",
		"merchants[0].payment.test.key": "CHECKSTAND_MERCHANTS_0_PAYMENT_TEST_KEY",
		"merchants[10].shipping[2].id":  "CHECKSTAND_MERCHANTS_10_SHIPPING_2_ID",
	} {
		if got := config.EnvName(path); got != want {
			t.Errorf("EnvName(%q) = %q; want %q", path, got, want)
		}
	}
}

func TestVariablesOverrideTheFile(t *testing.T) {
	c := parse(t, "listen: 127.0.0.1:1\nlog: {level: warn}\n"+minimal,
		"CHECKSTAND_LISTEN=127.0.0.1:2",
		"CHECKSTAND_LOG_LEVEL=", // empty: not set
		"CHECKSTAND_LIMITS_BODY_BYTES=4096",
		"CHECKSTAND_PAYMENTS_TIMEOUT=5s",
		"CHECKSTAND_MERCHANTS_0_NAME=Renamed",
		"CHECKSTAND_MERCHANTS_0_PAYMENT_TEST_KEY=${KEY}",
		"CHECKSTAND_MERCHANTS_0_PAYMENT_TEST_BRANDS=visa, jcb",
		"CHECKSTAND_MERCHANTS_0_AGENTS_0_NAME=assistant",
		"KEY=from-the-environment", "PATH=/bin", "malformed",
	)
	m := c.Merchants[0]
	if c.Listen != "127.0.0.1:2" || c.Log.Level != "warn" || c.Limits.BodyBytes != 4096 || c.Payments.Timeout != 5*time.Second {
		t.Errorf("server settings %+v", c)
	}
	if m.Name != "Renamed" || m.Payment.Test.Key.Reveal() != "from-the-environment" || m.Payment.Test.MerchantID != "acct" ||
		!slices.Equal(m.Payment.Test.Brands, []string{"visa", "jcb"}) || m.Agents[0].Name != "assistant" {
		t.Errorf("merchant %+v", m)
	}
	if m.Agents[0].Webhook.Header != "Merchant-Signature" {
		t.Error("an entry from the environment has no defaults")
	}
}

func TestEverythingFromTheEnvironment(t *testing.T) {
	environ := []string{
		"CHECKSTAND_SEALING_KEYS=" + secret.GenerateKey() + "," + secret.GenerateKey(),
		"CHECKSTAND_API_KEY=x", "CHECKSTAND_PSP_KEY=x", "CHECKSTAND_LEDGER_KEY=x", "CHECKSTAND_CONFIG=x", "CHECKSTAND_SHARED=x", "CHECKSTAND_TEST_POSTGRES=x",
		"CHECKSTAND_PORT=tcp://10.0.0.1:8080", "CHECKSTAND_PORT_8080_TCP=x", "CHECKSTAND_SERVICE_HOST=10.0.0.1",
	}
	for i := range 11 {
		at := fmt.Sprintf("CHECKSTAND_MERCHANTS_%d_", i)
		environ = append(environ, at+fmt.Sprintf("ID=shop-%d", i), at+"NAME=Shop", at+"CURRENCY=usd", at+"COUNTRY=US",
			at+"LINKS_TERMS_OF_USE=https://shop.example.com/t", at+"LINKS_PRIVACY_POLICY=https://shop.example.com/p",
			at+"PAYMENT_TEST_PROVIDER=sandbox", at+"PAYMENT_TEST_URL=http://localhost:1", at+"PAYMENT_TEST_KEY=k", at+"PAYMENT_TEST_MERCHANT_ID=a")
	}
	c, err := config.Load("", environ)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.SealingKeys) != 2 || len(c.Merchants) != 11 || c.Merchants[10].ID != "shop-10" {
		t.Errorf("%d keys, %d merchants", len(c.SealingKeys), len(c.Merchants))
	}
}

// A variable of the file's own choosing may begin with CHECKSTAND_ as well.
func TestReferredVariableIsKnown(t *testing.T) {
	c := parse(t, "log: {level: '${CHECKSTAND_MY_LEVEL}'}", "CHECKSTAND_MY_LEVEL=debug")
	if c.Log.Level != "debug" || c.Log.SlogLevel() >= 0 {
		t.Errorf("level %q", c.Log.Level)
	}
}

func TestReferences(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	absolute := write("absolute", "of the file\n")
	write("relative", "beside it\r\n")
	write("lines", "a\n\n")
	write("dollar", "${NAME}")
	file := write("checkstand.yaml", "")
	environ := []string{"NAME=value", "_b2=other=with=equals", "DOLLAR=${NAME}"}
	for written, want := range map[string]string{
		"plain":                    "plain",
		"${NAME}":                  "value",
		"<${NAME}|${_b2}>":         "<value|other=with=equals>",
		"${file:" + absolute + "}": "of the file",
		"${file:relative}":         "beside it",
		"${file:lines}":            "a\n",
		"${DOLLAR}":                "${NAME}", // once only
		"${file:dollar}":           "${NAME}",
		"$${NAME}":                 "${NAME}",
		"$$${NAME}":                "$${NAME}",
		"$NAME $ {} }":             "$NAME $ {} }",
		"$${a} ${NAME}":            "${a} value",
	} {
		c, err := config.Parse(file, []byte(strings.Replace(minimal, "Test Shop", "'"+written+"'", 1)), environ)
		if err != nil {
			t.Errorf("%q: %v", written, err)
			continue
		}
		if got := c.Merchants[0].Name; got != want {
			t.Errorf("%q became %q; want %q", written, got, want)
		}
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "my.yaml")
	if _, err := config.Load(file, nil); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "checkstand init") {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(file, []byte("\nlisten: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(file, nil)
	if bad, ok := errors.AsType[*config.Error](err); !ok || !strings.Contains(err.Error(), file+":2: listen: ") || len(bad.Problems) < 1 {
		t.Errorf("bad file: %v", err)
	}
	if err := os.WriteFile(file, []byte(minimal), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := config.Load(file, nil); err != nil || c.Merchants[0].ID != "shop" {
		t.Errorf("good file: %v", err)
	}
}

func TestDatabase(t *testing.T) {
	for _, test := range []struct {
		database      config.Database
		engine        config.Engine
		source, shown string
	}{
		{"checkstand.db", config.SQLite, "checkstand.db", "checkstand.db"},
		{"sqlite:/var/lib/x.db", config.SQLite, "/var/lib/x.db", "sqlite:/var/lib/x.db"},
		{"/a b/c.db", config.SQLite, "/a b/c.db", "/a b/c.db"},
		{"postgres://u:hidden@h:1/n?sslmode=require&password=hidden", config.PostgreSQL, "postgres://u:hidden@h:1/n?sslmode=require&password=hidden", "postgres://u@h:1/n"},
		{"postgresql://h/n", config.PostgreSQL, "postgresql://h/n", "postgresql://h/n"},
		{"postgres://u:hid den@%zz/n", config.PostgreSQL, "postgres://u:hid den@%zz/n", "[redacted]"},
		{"mysql://u:hidden@h/n", "", "mysql://u:hidden@h/n", "mysql://u@h/n"},
	} {
		d := test.database
		if d.Engine() != test.engine || d.Source() != test.source {
			t.Errorf("%s: engine %q, source %q", test.shown, d.Engine(), d.Source())
		}
		for _, shown := range []string{d.String(), fmt.Sprintf("%v", d), fmt.Sprintf("%#v", d), d.LogValue().String()} {
			if shown != test.shown {
				t.Errorf("shown as %q; want %q", shown, test.shown)
			}
		}
	}
}

func TestNothingSecretIsShown(t *testing.T) {
	key := secret.GenerateKey()
	c := parse(t, "sealing_keys: ["+key+"]\ndatabase: postgres://u:hunter2@db.example.com/n\n"+minimal+
		"    agents: [{name: a, webhook: {url: 'https://agent.example.com/', secret: whsec-hidden-from-view}}]\n")
	out, err := c.Redacted()
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"Redacted": string(out), "%+v": fmt.Sprintf("%+v", *c), "%#v": fmt.Sprintf("%#v", *c)} {
		for _, hidden := range []string{key, "hunter2", "whsec-hidden", "key-of-the-sandbox"} {
			if strings.Contains(text, hidden) {
				t.Errorf("%s shows %q:\n%s", what, hidden, text)
			}
		}
	}
	for _, want := range []string{"listen: 127.0.0.1:8080", "database: postgres://u@db.example.com/n", "[redacted]", "merchant_id: acct", "read_timeout: 10s"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("Redacted lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "live:") {
		t.Errorf("Redacted shows a mode that is not configured:\n%s", out)
	}
}
