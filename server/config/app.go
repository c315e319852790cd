package config

import (
	"slices"
	"strconv"
	"strings"
)

// AppConfig is the shop's app in ChatGPT: tools, a widget and a payment sheet,
// served at /mcp; docs/chatgpt-app.md explains it.
type AppConfig struct {
	Enabled        bool     `yaml:"enabled" default:"false" doc:"Whether the shop sells in ChatGPT: /mcp/ and the shop's id, and /mcp for the first shop that has an app. Whoever can reach it may search and open sessions; no key is asked for."`
	Mode           string   `yaml:"mode" default:"test" doc:"Which of the shop's accounts its sessions are paid at: test or live."`
	Agent          string   `yaml:"agent" default:"chatgpt" doc:"The agent that sessions of the app belong to. A webhook of agents[] with that name is told of its orders."`
	PaymentSheet   bool     `yaml:"payment_sheet" default:"true" doc:"Whether ChatGPT may take the payment in its own sheet. Without it the buyer pays on the checkout page."`
	ExposeComplete bool     `yaml:"expose_complete" default:"false" doc:"Show complete_checkout to the model too, for hosts that let only the model's tools be called. It is safe either way."`
	Provider       string   `yaml:"provider,omitempty" doc:"The payment provider's name in the sheet, such as \"stripe\"; that of the account's stand_in when not set."`
	PaymentMethods []string `yaml:"payment_methods" default:"card" doc:"Ways to pay that the sheet offers, such as card, apple_pay and google_pay."`
	MethodForm     string   `yaml:"payment_method_form" default:"objects" doc:"How the ways to pay are written: objects, as the current documentation has it, or names."`
	Domain         string   `yaml:"domain,omitempty" doc:"Origin that the widget is given in ChatGPT, such as \"https://shop.example.com\"; required for submission, and unique."`
	Redirects      []string `yaml:"redirect_domains,omitempty" doc:"More origins that the widget may send buyers to, beside public_url."`
	Pictures       []string `yaml:"picture_domains,omitempty" doc:"More origins that product pictures come from, beside public_url. Pictures from elsewhere are not shown in the widget."`
	Calls          int      `yaml:"calls_per_second" default:"200" doc:"Tool calls a second that this process answers for the shop, with bursts of twice that; 0 is no limit."`
	Challenge      string   `yaml:"challenge,omitempty" doc:"The token of the domain verification, served at /.well-known/openai-apps-challenge."`

	OAuth OAuthConfig `yaml:"oauth,omitempty"`
}

// OAuthConfig links the buyer's account with the shop to the app. The identity
// provider is the shop's.
type OAuthConfig struct {
	Issuer        string             `yaml:"issuer,omitempty" doc:"The identity provider's issuer, such as \"https://login.example.com\". Nothing is linked when not set."`
	Audience      string             `yaml:"audience,omitempty" doc:"What access tokens are made for; the address of the app's endpoint when not set."`
	JWKSURL       string             `yaml:"jwks_url,omitempty" doc:"Where the provider's keys are; found by its metadata when not set."`
	Scopes        []string           `yaml:"scopes,omitempty" doc:"Scopes that a client may ask for; those of the tools when not set."`
	Documentation string             `yaml:"documentation,omitempty" doc:"A page that tells developers about the link."`
	Tools         []LinkedToolConfig `yaml:"tools,omitempty" doc:"Tools that need a linked account. The others stay open to everybody."`
}

// LinkedToolConfig is a tool that needs a linked account.
type LinkedToolConfig struct {
	Tool   string   `yaml:"tool" doc:"The tool's name, such as \"get_order\"."`
	Scopes []string `yaml:"scopes,omitempty" doc:"Scopes that the account's token must have."`
}

// IsZero reports whether no account is linked.
func (o OAuthConfig) IsZero() bool {
	return o.Issuer == "" && o.Audience == "" && o.JWKSURL == "" && o.Documentation == "" && len(o.Scopes) == 0 && len(o.Tools) == 0
}

// AppTools are the names of the app's tools.
func AppTools() []string {
	return []string{"search_products", "get_product", "checkout_session", "update_checkout_session", "get_checkout_session",
		"cancel_checkout_session", "start_external_checkout", "complete_checkout", "get_order"}
}

// Bounds of the app's settings.
const (
	MaxAppOrigins   = 50
	MaxAppMethods   = 20
	MaxCallsASecond = 100_000
	MaxScopes       = 50
	maxChallenge    = 512 // bytes of the domain verification's token
	maxScope        = 128 // bytes of a scope
)

// Live reports whether the app takes money.
func (a *AppConfig) Live() bool { return a.Mode == "live" }

func (a *AppConfig) check(r *report, at string, m *MerchantConfig) {
	if !a.Enabled {
		return
	}
	r.oneOf(at+".mode", a.Mode, "test", "live")
	account := &m.Payment.Test
	if a.Live() {
		account = &m.Payment.Live
	}
	if account.IsZero() {
		r.errorf(at+".mode", "is %s, but payment.%s has no account; configure one, or use the other mode", clip(a.Mode), clip(a.Mode))
	}
	r.name(at+".agent", a.Agent, "chatgpt")
	r.oneOf(at+".payment_method_form", a.MethodForm, "objects", "names")
	if len(a.PaymentMethods) == 0 || len(a.PaymentMethods) > MaxAppMethods {
		r.errorf(at+".payment_methods", "%d of them; list at least one and at most %d, such as [\"card\"]", len(a.PaymentMethods), MaxAppMethods)
	}
	for i, method := range a.PaymentMethods {
		r.name(at+".payment_methods["+strconv.Itoa(i)+"]", method, "card")
	}
	if a.Provider != "" {
		r.name(at+".provider", a.Provider, "stripe")
	}
	if a.Domain != "" {
		r.origins(at+".domain", []string{a.Domain}, false)
	}
	r.origins(at+".redirect_domains", a.Redirects, true)
	r.origins(at+".picture_domains", a.Pictures, true)
	if a.Calls < 0 || a.Calls > MaxCallsASecond {
		r.errorf(at+".calls_per_second", "%d is out of range; write a number from 0 to %d", a.Calls, MaxCallsASecond)
	}
	if len(a.Challenge) > maxChallenge || strings.ContainsFunc(a.Challenge, func(c rune) bool { return c <= ' ' || c > '~' }) {
		r.errorf(at+".challenge", "is not a verification token; write the one that was given, in printable ASCII and at most %d bytes", maxChallenge)
	}
	if !m.Checkout.Enabled && !a.PaymentSheet {
		r.errorf(at+".payment_sheet", "is off and so is checkout.enabled, so nobody could pay; switch one of them on")
	}
	a.OAuth.check(r, at+".oauth")
}

// origins reports what is not an origin.
func (r *report) origins(at string, list []string, indexed bool) {
	if len(list) > MaxAppOrigins {
		r.errorf(at, "%d of them; at most %d", len(list), MaxAppOrigins)
		return
	}
	for i, origin := range list {
		path := at
		if indexed {
			path += "[" + strconv.Itoa(i) + "]"
		}
		if u := r.webURL(path, origin); u != nil && origin != u.Scheme+"://"+strings.ToLower(u.Host) {
			r.errorf(path, "%q is not an origin; write scheme and host alone, in lower case, such as \"https://shop.example.com\"", clip(origin))
		}
	}
}

func (o *OAuthConfig) check(r *report, at string) {
	if o.IsZero() {
		return
	}
	if o.Issuer == "" {
		r.errorf(at+".issuer", "is missing; write the identity provider's issuer, such as \"https://login.example.com\"")
	} else {
		r.webURL(at+".issuer", o.Issuer)
	}
	for path, address := range map[string]string{at + ".jwks_url": o.JWKSURL, at + ".documentation": o.Documentation} {
		if address != "" {
			r.webURL(path, address)
		}
	}
	r.scopes(at+".scopes", o.Scopes)
	seen := make(map[string]bool, len(o.Tools))
	for i, t := range o.Tools {
		path := at + ".tools[" + strconv.Itoa(i) + "]"
		if !slices.Contains(AppTools(), t.Tool) {
			r.errorf(path+".tool", "%q is not a tool of the app; use one of %s", clip(t.Tool), strings.Join(AppTools(), ", "))
		} else if seen[t.Tool] {
			r.errorf(path+".tool", "%q is listed twice", clip(t.Tool))
		}
		seen[t.Tool] = true
		r.scopes(path+".scopes", t.Scopes)
	}
}

func (r *report) scopes(at string, list []string) {
	if len(list) > MaxScopes {
		r.errorf(at, "%d of them; at most %d", len(list), MaxScopes)
		return
	}
	for i, s := range list {
		// RFC 6749, section 3.3.
		if s == "" || len(s) > maxScope || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }) {
			r.errorf(at+"["+strconv.Itoa(i)+"]", "%q is not a scope; write one such as \"orders.read\"", clip(s))
		}
	}
}
