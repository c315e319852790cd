package config

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/text/language"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/ui"
)

// Bounds of a merchant's settings, inclusive.
const (
	MaxIDBytes         = 64
	MaxNameBytes       = 200
	MaxLowStock        = 1_000_000
	MinSessionTTL      = time.Minute
	MaxSessionTTL      = 30 * 24 * time.Hour
	MinQuoteTTL        = time.Minute
	MinCartTTL         = time.Minute
	MaxCartTTL         = 90 * 24 * time.Hour
	MaxAgents          = 100
	MaxReturnOrigins   = 20
	maxMerchantIDBytes = 256 // of a payment provider; the protocol's bound

	// weakSecretBytes is the length below which a webhook secret is warned of.
	weakSecretBytes = 16
)

func (m *MerchantConfig) check(r *report, at string, timeout time.Duration) {
	r.name(at+".id", m.ID, "shop")
	if n := strings.TrimSpace(m.Name); n == "" {
		r.errorf(at+".name", "is missing; write the shop's name as buyers know it")
	} else if len(m.Name) > MaxNameBytes {
		r.errorf(at+".name", "is longer than %d bytes", MaxNameBytes)
	}
	m.checkCurrency(r, at+".currency")
	if m.Country == "" { // what is none is refused by package pricing, as the origin of goods
		r.errorf(at+".country", "is missing; write the country that the shop sells from, such as \"DE\"")
	}
	if _, err := language.Parse(m.Locale); err != nil {
		r.errorf(at+".locale", "%q is not a language tag; write one such as \"en-US\" or \"de\"", clip(m.Locale))
	}
	r.zone(at+".timezone", m.Timezone)
	for path, address := range map[string]string{at + ".website": m.Website, at + ".logo": m.Logo} {
		if address != "" {
			r.webURL(path, address)
		}
	}
	if m.Accent != "" {
		if _, err := ui.Accent(m.Accent); err != nil {
			r.errorf(at+".accent_color", "%v", err)
		}
	}
	m.Links.check(r, at+".links")
	m.Checkout.check(r, at+".checkout")
	r.lasting(at+".carts.ttl", m.Carts.TTL, MinCartTTL, MaxCartTTL)
	r.between(at+".low_stock", m.LowStock, 0, MaxLowStock)
	r.lasting(at+".session_ttl", m.SessionTTL, MinSessionTTL, MaxSessionTTL)
	r.lasting(at+".quote_ttl", m.QuoteTTL, MinQuoteTTL, MaxSessionTTL)
	if m.QuoteTTL > m.SessionTTL {
		r.errorf(at+".quote_ttl", "%s is longer than session_ttl, %s; a price cannot outlive its session", short(m.QuoteTTL), short(m.SessionTTL))
	}
	r.lasting(at+".suggested_price_window", m.SuggestedPriceWindow, 0, checkout.MaxSuggestedPriceWindow)
	m.consents(r, at)
	m.buyers(r, at, &checkout.Merchant{})
	_, _, maxTip := m.extras(r, at)
	m.tips(r, at, maxTip)
	_, methods := m.rules(r, at)
	m.discounts(r, at, methods)
	m.Payment.check(r, at+".payment", m.Currency, timeout)
	m.App.check(r, at+".app", m)
	m.checkAgents(r, at)
}

func (m *MerchantConfig) checkCurrency(r *report, at string) {
	if m.Currency == "" {
		r.errorf(at, "is missing; write an ISO 4217 code in lower case, such as \"eur\"")
	} else if err := money.CheckCurrency(m.Currency); err != nil {
		r.errorf(at, "%v", err)
	}
}

func (c *CheckoutConfig) check(r *report, at string) {
	if len(c.ReturnOrigins) > MaxReturnOrigins {
		r.errorf(at+".return_origins", "%d of them; at most %d", len(c.ReturnOrigins), MaxReturnOrigins)
		return
	}
	for i, origin := range c.ReturnOrigins {
		path := at + ".return_origins[" + strconv.Itoa(i) + "]"
		if u := r.webURL(path, origin); u != nil && origin != u.Scheme+"://"+strings.ToLower(u.Host) {
			r.errorf(path, "%q is not an origin; write scheme and host alone, in lower case, such as \"https://chatgpt.com\"", clip(origin))
		}
	}
}

func (l *LinksConfig) check(r *report, at string) {
	for _, link := range l.list() {
		path := at + "." + link.Type
		required := link.Type == "terms_of_use" || link.Type == "privacy_policy"
		switch {
		case link.URL != "":
			r.webURL(path, link.URL)
		case required:
			r.errorf(path, "is missing; every session shows it, so write its URL, such as \"https://shop.example.com/%s\"", strings.ReplaceAll(link.Type, "_", "-"))
		}
	}
}

// name reports what is not fit to be an id.
func (r *report) name(path, id, example string) {
	if id == "" {
		r.errorf(path, "is missing; write a name for it that never changes, such as %q", example)
		return
	}
	ok := func(c rune) bool {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.'
	}
	if len(id) > MaxIDBytes || strings.ContainsFunc(id, func(c rune) bool { return !ok(c) }) {
		r.errorf(path, "%q is not fit for an id; write at most %d letters, digits, \"_\", \"-\" and \".\", such as %q", clip(id), MaxIDBytes, example)
	}
}

func (m *MerchantConfig) checkAgents(r *report, at string) {
	if len(m.Agents) > MaxAgents {
		r.errorf(at+".agents", "%d of them; at most %d", len(m.Agents), MaxAgents)
		return
	}
	names := make(map[string]int, len(m.Agents))
	for i := range m.Agents {
		a, path := &m.Agents[i], at+".agents["+strconv.Itoa(i)+"]"
		r.name(path+".name", a.Name, "chatgpt")
		if first, twice := names[a.Name]; twice && a.Name != "" {
			r.errorf(path+".name", "%q is the name of agents[%d] too; give each agent its own", clip(a.Name), first)
		} else {
			names[a.Name] = i
		}
		a.Webhook.check(r, path+".webhook")
	}
}

func (w *WebhookConfig) check(r *report, at string) {
	if w.IsZero() {
		return
	}
	if w.URL == "" {
		r.errorf(at+".url", "is missing; write where order events are sent, such as \"https://agent.example.com/webhooks\", or remove the secret")
	} else {
		r.webURL(at+".url", w.URL)
	}
	if w.Secret.IsZero() {
		r.errorf(at+".secret", "is missing; refer to the key that was agreed with the agent, as in ${file:/run/secrets/webhook_secret}")
	} else if len(w.Secret.Reveal()) < weakSecretBytes {
		r.warnf(at+".secret", "is shorter than %d characters, so signatures could be forged by guessing; agree on a longer one", weakSecretBytes)
	}
	if !httpguts.ValidHeaderFieldName(w.Header) {
		r.errorf(at+".header", "%q is not a header name; write one such as \"Merchant-Signature\"", clip(w.Header))
	}
	r.oneOf(at+".encoding", w.Encoding, "base64", "hex")
}
