package config_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server/config"
)

const sandboxTest = "provider: sandbox, url: 'http://127.0.0.1:1', key: hidden, merchant_id: acct"

func TestProblemsOfThreeDSecureAndPublicKeys(t *testing.T) {
	const acquirer = ", acquirer: {bin: '412345', merchant_id: '123'}"
	for name, test := range map[string]struct {
		mode, keys, want string // after "merchants[0].payment."
	}{
		"a mode that is none":      {"test", sandboxTest + ", three_ds: sometimes", `test.three_ds: "sometimes" is unknown; write never, when_required or always`},
		"a flow that is none":      {"test", sandboxTest + ", three_ds_flow: fast", `test.three_ds_flow: "fast" is unknown; write challenge_mandated, challenge_preferred or frictionless`},
		"a flow of nothing":        {"test", sandboxTest + ", three_ds: never, three_ds_flow: frictionless", `test.three_ds_flow: says how buyers are to be authenticated, and with three_ds: never nobody is; remove it`},
		"no acquirer":              {"test", stripeTest + ", three_ds: always", `test.acquirer.bin: is missing, and banks are told by it who asks for a confirmation; your payment provider knows it, and without it write three_ds: never`},
		"no id at the acquirer":    {"test", stripeTest + ", acquirer: {bin: '412345'}", `test.acquirer.merchant_id: is missing; write the id that the acquirer has given the shop, which your payment provider knows`},
		"a BIN of letters":         {"test", stripeTest + ", acquirer: {bin: 41x, merchant_id: '1'}", `test.acquirer.bin: "41x" is not up to 11 digits; write the acquirer's identification number`},
		"a country in words":       {"test", stripeTest + ", acquirer: {bin: '4', merchant_id: '1', country: usa}", `test.acquirer.country: "usa" is no country of ISO 3166-1; write two upper-case letters, such as DE`},
		"no such country":          {"test", stripeTest + ", acquirer: {bin: '4', merchant_id: '1', country: UK}", `test.acquirer.country: "UK" is written GB in ISO 3166-1`},
		"a long name":              {"test", stripeTest + ", acquirer: {bin: '4', merchant_id: '1', name: " + strings.Repeat("n", 41) + "}", `test.acquirer.name: is longer than 40 characters`},
		"a brand without a server": {"test", stripeTest + ", three_ds: always, brands: [visa, jcb]" + acquirer, `test.brands: "jcb" has no directory server that agents know of, so with three_ds: always nobody could pay with it; remove it, or write three_ds: when_required`},

		"a token that works once":               {"test", braintreeTest + ", three_ds: when_required" + acquirer, `test.three_ds: when_required does not work with braintree, which takes a token once: when the bank asks, none is left for the payment after it; write always, or write never and remove acquirer`},
		"the same by default":                   {"test", braintreeTest + acquirer, `test.three_ds: when_required does not work with braintree`},
		"braintree without an acquirer, always": {"test", braintreeTest + ", three_ds: always", `test.acquirer.bin: is missing, and banks are told by it who asks for a confirmation; your payment provider knows it, and without it write three_ds: never`},

		"a secret key":                 {"test", stripeTest + ", public_key: sk_test_oops", `test.public_key: begins with "sk_", so it is a secret key, and every agent would be shown it; write the publishable one, and change this one at the provider if it was ever in a session`},
		"a restricted key":             {"test", stripeTest + ", public_key: rk_test_oops", `test.public_key: begins with "rk_", so it is a secret key, and every agent would be shown it; write the publishable one, and change this one at the provider if it was ever in a session`},
		"the key itself":               {"test", sandboxTest + ", public_key: hidden", `test.public_key: is the same as key, the secret one, and every agent would be shown it; write the publishable one`},
		"a live key in test mode":      {"test", stripeTest + ", public_key: pk_live_1", `test.public_key: is of the other mode, as it begins with "pk_live_"; write the publishable key that begins with "pk_test_"`},
		"no publishable key":           {"test", stripeTest + ", public_key: pub_1", `test.public_key: is no publishable key of stripe, which begins with "pk_test_" in this mode`},
		"no client key":                {"test", adyenTest + ", public_key: pub_1", `test.public_key: is no client key of adyen, which begins with "test_" in this mode`},
		"a tokenization key of live":   {"test", braintreeTest + ", public_key: production_1", `test.public_key: is of the other mode, as it begins with "production_"; write the tokenization key that begins with "sandbox_"`},
		"a key with spaces":            {"test", sandboxTest + ", public_key: 'a b'", `test.public_key: is no key; write the publishable key as the provider shows it, without spaces`},
		"a public key and no provider": {"test", "public_key: pk_test_1", `test.provider: is missing; write the payment provider, such as sandbox`},
	} {
		t.Run(name, func(t *testing.T) {
			text := problemsOf(t, account(test.mode, test.keys))
			if !strings.Contains(text, "merchants[0].payment."+test.want) {
				t.Errorf("%s\nwant %s", text, test.want)
			}
			if strings.Contains(text, "oops") || strings.Contains(text, "hidden") {
				t.Errorf("a key is shown: %s", text)
			}
		})
	}
}

// problemsOf is everything that is said about a configuration that is refused.
func problemsOf(t *testing.T, text string) string {
	t.Helper()
	_, err := config.Parse("checkstand.yaml", []byte(text), nil)
	if err == nil {
		t.Fatal("accepted")
	}
	return err.Error()
}

func TestThreeDSecureByDefault(t *testing.T) {
	for keys, want := range map[string]checkout.ThreeDS{
		sandboxTest: {Mode: checkout.ThreeDSWhenRequired, Acquirer: acp.AcquirerDetails{AcquirerBIN: "400000", AcquirerCountry: "DE", AcquirerMerchantID: "acct", MerchantName: "Test Shop"}},
		sandboxTest + ", three_ds_flow: challenge_preferred": {Mode: checkout.ThreeDSWhenRequired, Flow: checkout.ChallengePreferred,
			Acquirer: acp.AcquirerDetails{AcquirerBIN: "400000", AcquirerCountry: "DE", AcquirerMerchantID: "acct", MerchantName: "Test Shop"}},
		sandboxTest + ", three_ds: never": {Mode: checkout.ThreeDSNever, Acquirer: acp.AcquirerDetails{AcquirerBIN: "400000", AcquirerCountry: "DE", AcquirerMerchantID: "acct", MerchantName: "Test Shop"}},
		braintreeTest + ", three_ds: always, acquirer: {bin: '412345', merchant_id: '123'}": {Mode: checkout.ThreeDSAlways,
			Acquirer: acp.AcquirerDetails{AcquirerBIN: "412345", AcquirerCountry: "DE", AcquirerMerchantID: "123", MerchantName: "Test Shop"}},
		stripeTest: {Mode: checkout.ThreeDSNever, Acquirer: acp.AcquirerDetails{AcquirerCountry: "DE", MerchantName: "Test Shop"}},
		stripeTest + ", acquirer: {bin: '412345', merchant_id: '123', country: US, name: Shop Inc, requestor_id: R1}": {Mode: checkout.ThreeDSWhenRequired,
			Acquirer: acp.AcquirerDetails{AcquirerBIN: "412345", AcquirerCountry: "US", AcquirerMerchantID: "123", MerchantName: "Shop Inc", RequestorID: "R1"}},
	} {
		public := "anything"
		for settings, key := range map[string]string{stripeTest: "pk_test_1", braintreeTest: "sandbox_1"} {
			if strings.HasPrefix(keys, settings) {
				public = key
			}
		}
		m, err := parse(t, account("test", keys+", public_key: "+public)).Merchants[0].Settings("")
		if err != nil {
			t.Fatal(err)
		}
		if m.Test.ThreeDS != want || m.Test.PublicKey == "" {
			t.Errorf("%s: %+v", keys, m.Test)
		}
	}
}
