package config

import (
	"cmp"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/iso3166"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/sandbox"
	"github.com/checkstand/checkstand/payment/stripe"
)

// Limits of the protocol on what it calls acquirer_details, in characters.
const (
	maxBIN          = 11
	maxAcquirerID   = 35
	maxAcquirerName = 40
)

// sandboxBIN is the acquirer of the sandbox, which is no real one.
const sandboxBIN = "400000"

// threeDSMode is when buyers are authenticated, settled or by default.
func (p *PaymentConfig) threeDSMode() checkout.ThreeDSMode {
	switch {
	case p.ThreeDS != "":
		return checkout.ThreeDSMode(p.ThreeDS)
	case p.Provider == sandbox.Name, p.Acquirer != AcquirerConfig{}:
		return checkout.ThreeDSWhenRequired
	}
	return checkout.ThreeDSNever
}

// threeDS is what is settled about 3-D Secure at the account. The sandbox has
// an acquirer of its own.
func (p *PaymentConfig) threeDS(shop *MerchantConfig) checkout.ThreeDS {
	t := checkout.ThreeDS{Mode: p.threeDSMode(), Flow: checkout.ThreeDSFlow(p.Flow), Acquirer: acp.AcquirerDetails{
		AcquirerBIN: p.Acquirer.BIN, AcquirerCountry: cmp.Or(p.Acquirer.Country, shop.Country), AcquirerMerchantID: p.Acquirer.MerchantID,
		MerchantName: cmp.Or(p.Acquirer.Name, cut(shop.Name, maxAcquirerName)), RequestorID: p.Acquirer.RequestorID}}
	if p.Provider == sandbox.Name {
		t.Acquirer.AcquirerBIN = cmp.Or(t.Acquirer.AcquirerBIN, sandboxBIN)
		t.Acquirer.AcquirerMerchantID = cmp.Or(t.Acquirer.AcquirerMerchantID, cut(p.MerchantID, maxAcquirerID))
	}
	return t
}

// cut keeps the first characters of a text.
func cut(text string, characters int) string {
	runes := []rune(text)
	return strings.TrimSpace(string(runes[:min(len(runes), characters)]))
}

// checkThreeDS reports what is wrong with the settings of 3-D Secure.
func (p *PaymentConfig) checkThreeDS(r *report, at string) {
	if p.ThreeDS != "" {
		r.oneOf(at+".three_ds", p.ThreeDS, string(checkout.ThreeDSNever), string(checkout.ThreeDSWhenRequired), string(checkout.ThreeDSAlways))
	}
	if p.Flow != "" {
		r.oneOf(at+".three_ds_flow", p.Flow, string(checkout.ChallengeMandated), string(checkout.ChallengePreferred), string(checkout.FrictionlessLowRisk))
	}
	mode := p.threeDSMode()
	if mode == checkout.ThreeDSNever {
		if p.Flow != "" {
			r.errorf(at+".three_ds_flow", "says how buyers are to be authenticated, and with three_ds: never nobody is; remove it")
		}
		return
	}
	if p.Provider == braintree.Name && mode == checkout.ThreeDSWhenRequired {
		r.errorf(at+".three_ds", "when_required does not work with braintree, which takes a token once: when the bank asks, none is left for the payment after it; write always, or write never and remove acquirer")
		return
	}
	if p.Provider == braintree.Name {
		r.warnf(at+".three_ds", "with always nobody can pay at braintree on the checkout page, whose form does not authenticate; agents that authenticate can")
	}
	a, path := p.Acquirer, at+".acquirer"
	switch {
	case a.BIN == "" && p.Provider != sandbox.Name:
		r.errorf(path+".bin", "is missing, and banks are told by it who asks for a confirmation; your payment provider knows it, and without it write three_ds: never")
	case len(a.BIN) > maxBIN || strings.Trim(a.BIN, "0123456789") != "":
		r.errorf(path+".bin", "%q is not up to %d digits; write the acquirer's identification number", clip(a.BIN), maxBIN)
	}
	if a.MerchantID == "" && p.Provider != sandbox.Name {
		r.errorf(path+".merchant_id", "is missing; write the id that the acquirer has given the shop, which your payment provider knows")
	}
	if err := iso3166.CheckCountry(a.Country); a.Country != "" && err != nil {
		r.errorf(path+".country", "%v", err)
	}
	for _, f := range []struct {
		key, value string
		most       int
	}{{"merchant_id", a.MerchantID, maxAcquirerID}, {"name", a.Name, maxAcquirerName}, {"requestor_id", a.RequestorID, maxAcquirerID}} {
		if len([]rune(f.value)) > f.most {
			r.errorf(path+"."+f.key, "is longer than %d characters", f.most)
		}
	}
	if mode != checkout.ThreeDSAlways {
		return
	}
	for _, brand := range p.Brands {
		if brand != "visa" && brand != "mastercard" && brand != "amex" {
			r.errorf(at+".brands", "%q has no directory server that agents know of, so with three_ds: always nobody could pay with it; remove it, or write three_ds: when_required", clip(brand))
		}
	}
}

// publicKeys are the beginnings of the keys that each provider lets anybody
// see, by mode.
var publicKeys = map[string]struct{ test, live, name string }{
	stripe.Name:    {"pk_test_", "pk_live_", "publishable key"},
	adyen.Name:     {"test_", "live_", "client key"},
	braintree.Name: {"sandbox_", "production_", "tokenization key"},
}

// secretKeys are the beginnings of keys that nobody may see.
var secretKeys = []string{"sk_", "rk_", "whsec_", "-----BEGIN", "csk_", "AQE"}

// checkPublicKey reports a key that agents must not be shown. It never shows
// the key itself.
func (p *PaymentConfig) checkPublicKey(r *report, at string, live bool) {
	key := p.PublicKey
	if key == "" {
		return
	}
	for _, begins := range secretKeys {
		if strings.HasPrefix(key, begins) {
			r.errorf(at, "begins with %q, so it is a secret key, and every agent would be shown it; write the publishable one, and change this one at the provider if it was ever in a session", begins)
			return
		}
	}
	if key == p.Key.Reveal() {
		r.errorf(at, "is the same as key, the secret one, and every agent would be shown it; write the publishable one")
		return
	}
	if len(key) > maxMerchantIDBytes || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		r.errorf(at, "is no key; write the publishable key as the provider shows it, without spaces")
		return
	}
	known, ok := publicKeys[p.Provider]
	if !ok {
		return
	}
	want, other := known.test, known.live
	if live {
		want, other = other, want
	}
	switch {
	case strings.HasPrefix(key, other):
		r.errorf(at, "is of the other mode, as it begins with %q; write the %s that begins with %q", other, known.name, want)
	case !strings.HasPrefix(key, want):
		r.errorf(at, "is no %s of %s, which begins with %q in this mode", known.name, p.Provider, want)
	}
}
