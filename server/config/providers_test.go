package config_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
)

// account is minimal with another account in its line 8, in a mode.
func account(mode, keys string) string {
	before, _, _ := strings.Cut(minimal, "    payment:")
	return before + "    payment: {" + mode + ": {" + keys + "}}\n"
}

// Accounts of each provider with nothing but what is required.
const (
	stripeTest    = "provider: stripe, key: sk_test_hidden, merchant_id: profile_test_1"
	adyenTest     = "provider: adyen, key: AQEhidden, merchant_id: ShopECOM, adyen: {return_url: 'https://shop.example.com'}"
	braintreeTest = "provider: braintree, key: hiddenprivate, merchant_id: gateway, braintree: {public_key: public, merchant_account: shop_eur}"
)

// Live accounts.
const (
	stripeLive    = "provider: stripe, key: '${LIVE}', merchant_id: profile_1"
	adyenLive     = "provider: adyen, key: '${LIVE}', merchant_id: ShopECOM, adyen: {return_url: 'https://shop.example.com', live_prefix: 1797a-Shop}"
	braintreeLive = "provider: braintree, key: '${LIVE}', merchant_id: gateway, braintree: {public_key: public, merchant_account: shop_eur}"
)

// Keys of webhooks.
const (
	hmacKey  = "'44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056'"
	otherKey = "'0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20'"
)

func TestProblemsOfProviders(t *testing.T) {
	with := func(account, option string) string { return strings.Replace(account, ": {", ": {"+option+", ", 1) }
	for name, test := range map[string]struct {
		mode, keys, want string // the line after "checkstand.yaml:8: merchants[0].payment."
	}{
		"no provider":        {"test", "stripe: {account: acct_1}", `test.provider: is missing; write the payment provider, such as sandbox`},
		"options of another": {"test", stripeTest + ", adyen: {live_prefix: x}", `test.adyen: is for the provider adyen, and this account is at stripe; remove it, or write provider: adyen`},
		"of the sandbox":     {"test", "provider: sandbox, url: 'http://127.0.0.1:1', key: hidden, merchant_id: a, braintree: {public_key: x}", `test.braintree: is for the provider braintree, and this account is at sandbox; remove it, or write provider: braintree`},
		"of neither":         {"test", adyenTest + ", stripe: {receipt_email: true}", `test.stripe: is for the provider stripe, and this account is at adyen; remove it, or write provider: stripe`},
		"unknown option":     {"test", stripeTest + ", stripe: {webhook_key: hidden}", `test.stripe.webhook_key: unknown key; the keys here are account, webhook_secret, receipt_email, api_version, token_api_version, token_parameter, allow_action`},

		"stripe webhook secret": {"test", stripeTest + ", stripe: {webhook_secret: hidden}", `test.stripe.webhook_secret: is not the signing secret of an endpoint; it begins with whsec_`},
		"stripe secret of both": {"live", "provider: stripe, key: sk_live_hidden, merchant_id: profile_1, stripe: {webhook_secret: whsec_hidden}}, test: {" + stripeTest + ", stripe: {webhook_secret: whsec_hidden}", `live.stripe.webhook_secret: signs the webhooks of test mode too; write the one of the live webhook`},
		"adyen webhook key":     {"test", with(adyenTest, "hmac_keys: ["+hmacKey+", hidden]"), `test.adyen.hmac_keys: has a key, number 2, that is not 64 hexadecimal digits; copy the webhook's HMAC key again`},
		"adyen keys of both":    {"live", strings.Replace(with(adyenTest, "live_prefix: 1797a-Shop, hmac_keys: ["+otherKey+", "+hmacKey+"]"), "AQE", "AQElive", 1) + "}, test: {" + with(adyenTest, "hmac_keys: ["+hmacKey+"]"), `live.adyen.hmac_keys[1]: signs the webhooks of test mode too; write the one of the live webhook`},
		"adyen too many keys":   {"test", with(adyenTest, "hmac_keys: ["+strings.Repeat(hmacKey+", ", config.MaxHMACKeys)+otherKey+"]"), `test.adyen.hmac_keys: 9 of them; at most 8, so remove those that no webhook is signed with any more`},
		"adyen user alone":      {"test", with(adyenTest, "webhook_user: adyen"), `test.adyen.webhook_user: and webhook_password belong together; set both or neither`},

		"stripe live in test":     {"test", strings.Replace(stripeTest, "_test_", "_live_", 1), `test.key: is a live key, as it begins with "sk_live_"; test mode must not have it, so write the test one`},
		"stripe test in live":     {"live", stripeTest, `live.key: is a test key, as it begins with "sk_test_"; write the live one`},
		"stripe publishable":      {"test", strings.Replace(stripeTest, "sk_test_", "pk_test_", 1), `test.key: is a publishable one; set the secret key, sk_…, or a restricted one, rk_…`},
		"stripe no key":           {"test", strings.Replace(stripeTest, "sk_test_", "", 1), `test.key: is not a Stripe key; test mode takes sk_test_… or rk_test_…`},
		"stripe account":          {"test", stripeTest + ", stripe: {account: shop}", `test.stripe.account: is not a connected account; it begins with acct_`},
		"stripe version":          {"test", stripeTest + ", stripe: {api_version: new}", `test.stripe.api_version: is not a version such as 2026-08-26.dahlia`},
		"stripe token version":    {"test", stripeTest + ", stripe: {token_api_version: new}", `test.stripe.token_api_version: is not a version such as 2026-08-26.dahlia`},
		"stripe parameter":        {"test", stripeTest + ", stripe: {token_parameter: 'a=b'}", `test.stripe.token_parameter: is not the name of a parameter`},
		"stripe address":          {"test", stripeTest + ", url: 'https://api.stripe.com?a=b'", `test.url: is not an http or https address without user, query or fragment`},
		"adyen client key":        {"test", strings.Replace(adyenTest, "AQE", "test_", 1), `test.key: is a client key, which is for browsers; set the API key`},
		"adyen no return":         {"test", "provider: adyen, key: AQEhidden, merchant_id: ShopECOM", `test.adyen.return_url: is missing; Adyen requires one with every payment, though no buyer is sent there, so write a page of the shop, such as "https://shop.example.com"`},
		"adyen http return":       {"test", strings.Replace(adyenTest, "https:", "http:", 1), `test.adyen.return_url: is http, which is for this machine only (localhost, 127.0.0.1); write https://shop.example.com`},
		"adyen no prefix":         {"live", adyenTest, `live.adyen.live_prefix: is missing; write the first part of your live address, which the Customer Area shows under Developers > API URLs`},
		"adyen prefix in test":    {"test", with(adyenTest, "live_prefix: 1797a-Shop"), `test.adyen.live_prefix: is set in test mode; the test account and the live account are two`},
		"adyen test URL in live":  {"live", adyenTest + ", url: 'https://checkout-test.adyen.com/v72'", `live.url: is of Adyen's test system, the mode is live`},
		"adyen live URL in test":  {"test", adyenTest + ", url: 'https://x-checkout-live.adyenpayments.com/checkout/v72'", `test.url: is of Adyen's live system, the mode is test`},
		"adyen merchant":          {"test", strings.Replace(adyenTest, "ShopECOM", "'Shop:ECOM'", 1), `test.merchant_id: is empty, longer than 80 bytes or has a colon; set the merchant account's code`},
		"adyen merchant account":  {"test", with(adyenTest, "merchant_account: 'Shop:ECOM'"), `test.adyen.merchant_account: is empty, longer than 80 bytes or has a colon; set the merchant account's code`},
		"adyen version":           {"test", with(adyenTest, "api_version: '72'"), `test.adyen.api_version: is "72"; write it like v72`},
		"adyen resend":            {"test", with(adyenTest, "resend_for: 200h"), `test.adyen.resend_for: 200h is outside its bounds; write a duration from 1m to 168h`},
		"adyen page":              {"test", with(adyenTest, "page: hosted"), `test.adyen.page: is "hosted"; use one of link, session`},
		"adyen theme of a link":   {"test", with(adyenTest, "page_theme: x"), `test.adyen.page_theme: is for pages of the kind session; links have the look that the Customer Area gives them`},
		"adyen token field":       {"test", with(adyenTest, "token_field: type"), `test.adyen.token_field: is not the name of a field for the token; the default is storedPaymentMethodId`},
		"adyen interaction":       {"test", with(adyenTest, "shopper_interaction: POS"), `test.adyen.shopper_interaction: is "POS"; use one of ContAuth, Ecommerce, Moto, omit`},
		"adyen model":             {"test", with(adyenTest, "recurring_model: x"), `test.adyen.recurring_model: is "x"; use one of CardOnFile, UnscheduledCardOnFile, Subscription, omit`},
		"adyen authentication":    {"test", with(adyenTest, "authentication: x"), `test.adyen.authentication: is "x"; use one of never, always, omit`},
		"adyen shopper":           {"test", with(adyenTest, "shopper_reference: x"), `test.adyen.shopper_reference: has 1 bytes; 3 to 256 are allowed`},
		"adyen class":             {"test", with(adyenTest, "error_classes: [{code: '9', class: captured}]"), `test.adyen.error_classes: cannot say that "9" is "captured"`},
		"code without code":       {"test", with(adyenTest, "error_classes: [{class: declined}]"), `test.adyen.error_classes[0].code: is missing; write the provider's code, as the attempt's history shows it`},
		"code without class":      {"test", with(braintreeTest, "codes: [{code: '915999'}]"), `test.braintree.codes[0].class: is missing; write what the code means, such as token_expired`},
		"code twice":              {"test", with(braintreeTest, "codes: [{code: '915999', class: declined}, {code: '915999', class: declined}]"), `test.braintree.codes[1].code: "915999" is in the list twice; remove one of them`},
		"braintree codes":         {"test", with(braintreeTest, "codes: [{code: x, class: declined}]"), `test.braintree.codes: "x" is not a validation code of Braintree`},
		"braintree class":         {"test", with(braintreeTest, "codes: [{code: '915999', class: captured}]"), `test.braintree.codes: 915999 cannot mean "captured", which does not say that nothing was charged`},
		"braintree no public key": {"test", strings.Replace(braintreeTest, "public_key: public, ", "", 1), `test.braintree.public_key: is missing; copy it from Settings, API in the Control Panel, where the private key is too`},
		"braintree no account":    {"test", strings.Replace(braintreeTest, ", merchant_account: shop_eur", "", 1), `test.braintree.merchant_account: is missing; write the id of the merchant account for the shop's currency, as it alone decides in which currency is charged`},
		"braintree account":       {"test", strings.Replace(braintreeTest, "shop_eur", "a b", 1), `test.braintree.merchant_account: is not a merchant account id`},
		"braintree merchant":      {"test", strings.Replace(braintreeTest, "gateway", "a b", 1), `test.merchant_id: is not a Braintree merchant id; copy it from Settings, Business`},
		"braintree OAuth":         {"test", strings.Replace(braintreeTest, "hiddenprivate", "'access_token$hidden'", 1), `test.key: is an OAuth credential; use the account's own key pair`},
		"braintree browser key":   {"test", strings.Replace(braintreeTest, "public_key: public", "public_key: sandbox_x", 1), `test.braintree.public_key: is a tokenization key, which is for browsers; use the account's key pair`},
		"braintree same keys":     {"test", strings.Replace(braintreeTest, "hiddenprivate", "public", 1), `test.braintree.public_key: is what key is, the private one; write the public key of the pair`},
		"braintree live URL":      {"test", braintreeTest + ", url: 'https://api.braintreegateway.com'", `test.url: is Braintree's address of the other mode; leave it out, or use https://api.sandbox.braintreegateway.com`},
		"braintree sandbox URL":   {"live", braintreeTest + ", url: 'https://api.sandbox.braintreegateway.com'", `live.url: is Braintree's address of the other mode; leave it out, or use https://api.braintreegateway.com`},
		"braintree http in live":  {"live", braintreeTest + ", url: 'http://127.0.0.1:1'", `live.url: must be https in live mode`},
		"braintree lag":           {"test", with(braintreeTest, "search_lag: 0s"), `test.braintree.search_lag: 0s is outside its bounds; write a duration from 1s to 1h`},
		"braintree token field":   {"test", with(braintreeTest, "token_field: nonce"), `test.braintree.token_field: is neither payment_method_nonce nor shared_payment_method_nonce`},
		"braintree session field": {"test", with(braintreeTest, "session_field: A"), `test.braintree.session_field: is not the API name of a custom field; lower-case letters, digits and underscores`},
		"braintree decimals":      {"test", with(braintreeTest, "decimals: 9"), `test.braintree.decimals: "eur" with 9 decimals is not possible`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse("checkstand.yaml", []byte(account(test.mode, test.keys)), nil)
			bad, ok := errors.AsType[*config.Error](err)
			if !ok {
				t.Fatalf("Parse: %v; want an *Error", err)
			}
			want := "checkstand.yaml:8: merchants[0].payment." + test.want
			var said []string
			for _, p := range bad.Problems {
				if p.Severity == config.SeverityError {
					said = append(said, p.String())
				}
			}
			if diff := cmp.Diff([]string{want}, said); name != "no provider" && diff != "" || !strings.Contains(err.Error(), want) {
				t.Errorf("(-want +said):\n%s", diff)
			}
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("shows a secret:\n%v", err)
			}
		})
	}
}

// Braintree bounds the wait for an answer, as its searches depend on it.
func TestATimeoutThatAProviderRefuses(t *testing.T) {
	text := "payments: {timeout: 5m}\nlimits: {write_timeout: 6m}" + account("test", braintreeTest)
	_, err := config.Parse("checkstand.yaml", []byte(text), nil)
	if err == nil || !strings.Contains(err.Error(), "checkstand.yaml:1: payments.timeout: is not between 0 and 2m0s") {
		t.Errorf("Parse: %v", err)
	}
}

func TestAccountsOfEachProvider(t *testing.T) {
	for mode, accounts := range map[string][]string{"test": {stripeTest, adyenTest, braintreeTest}, "live": {stripeLive, adyenLive, braintreeLive}} {
		for _, keys := range accounts {
			live := "LIVE=hidden-live"
			if strings.Contains(keys, "stripe") {
				live = "LIVE=sk_live_hidden"
			}
			c := parse(t, account(mode, keys), live)
			m, err := c.Merchants[0].Settings("")
			if err != nil {
				t.Fatal(err)
			}
			setup := m.Test
			if mode == "live" {
				setup = m.Live
			}
			provider := strings.Fields(strings.ReplaceAll(keys, ",", ""))[1]
			if setup.StandIn != provider {
				t.Errorf("%s, %s: stand-in %q", mode, provider, setup.StandIn)
			}
			shown, err := c.Redacted()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(shown), "hidden") || !strings.Contains(string(shown), "[redacted]") {
				t.Errorf("config show:\n%s", shown)
			}
			for _, group := range []string{"stripe", "adyen", "braintree"} {
				if strings.Contains(string(shown), group+":\n") != (group == provider) {
					t.Errorf("config show of %s:\n%s", provider, shown)
				}
			}
		}
	}
	if m, err := parse(t, account("test", adyenTest+", stand_in: stripe")).Merchants[0].Settings(""); err != nil || m.Test.StandIn != "stripe" {
		t.Errorf("a stand-in of one's own: %q, %v", m.Test.StandIn, err)
	}
	if m, err := parse(t, minimal).Merchants[0].Settings(""); err != nil || m.Test.StandIn != "stripe" {
		t.Errorf("the sandbox's stand-in: %q, %v", m.Test.StandIn, err)
	}
}

// Every key arrives where the adapter looks for it.
func TestAccountsAsAdaptersSeeThem(t *testing.T) {
	p := parse(t, account("test", stripeTest+", url: 'http://127.0.0.1:1', stripe: {account: acct_1, webhook_secret: whsec_hidden, receipt_email: true, api_version: '2026-01-01', token_api_version: '2026-01-02', token_parameter: spt, allow_action: true}")).Merchants[0].Payment.Test
	same(t, stripe.Config{Key: secret.New("sk_test_hidden"), MerchantID: "profile_test_1", Account: "acct_1", WebhookSecret: secret.New("whsec_hidden"), APIVersion: "2026-01-01", TokenAPIVersion: "2026-01-02",
		TokenParameter: "spt", AllowAction: true, ReceiptEmail: true, BaseURL: "http://127.0.0.1:1"}, p.StripeAccount(false))

	p = parse(t, account("test", "provider: adyen, key: AQE, merchant_id: at_psp, url: 'http://127.0.0.1:1/v73', adyen: {merchant_account: ShopECOM, return_url: 'https://shop.example.com', hmac_keys: ["+hmacKey+", "+otherKey+"], webhook_user: adyen, webhook_password: hidden, page: session, page_theme: T1, api_version: v73, resend_for: 2h, token_field: token, "+
		"shopper_interaction: Moto, recurring_model: omit, authentication: always, shopper_reference: shop-1, error_classes: [{code: x, class: token_used}]}")).Merchants[0].Payment.Test
	same(t, adyen.Config{APIKey: secret.New("AQE"), MerchantAccount: "ShopECOM", MerchantID: "at_psp", APIVersion: "v73", BaseURL: "http://127.0.0.1:1/v73",
		ReturnURL: "https://shop.example.com", HMACKeys: []secret.String{secret.New(strings.Trim(hmacKey, "'")), secret.New(strings.Trim(otherKey, "'"))},
		Page: adyen.PageSession, PageTheme: "T1", WebhookUser: "adyen", WebhookPassword: secret.New("hidden"), TokenField: "token", ShopperInteraction: "Moto", RecurringModel: "omit", Authentication: "always",
		ShopperReference: "shop-1", ErrorClasses: map[string]payment.Class{"x": payment.ClassTokenUsed}, ResendFor: 2 * time.Hour}, p.AdyenAccount(false))
	p = parse(t, account("live", adyenLive), "LIVE=AQE").Merchants[0].Payment.Live
	if got := p.AdyenAccount(true); got.LivePrefix != "1797a-Shop" || !got.Live || got.MerchantAccount != "ShopECOM" {
		t.Errorf("%+v", got)
	}

	p = parse(t, account("test", "provider: braintree, key: private, merchant_id: gateway, url: 'http://127.0.0.1:1', braintree: {public_key: public, merchant_account: shop_eur, session_field: acp, send_billing: true, "+
		"api_version: '7', search_lag: 3m, token_field: shared_payment_method_nonce, no_request_keys: true, decimals: 3, codes: [{code: '915999', class: amount_exceeded}]}")).Merchants[0].Payment.Test
	same(t, braintree.Config{MerchantID: "gateway", PublicKey: "public", PrivateKey: secret.New("private"), MerchantAccounts: map[string]string{"eur": "shop_eur"},
		BaseURL: "http://127.0.0.1:1", APIVersion: "7", TokenField: braintree.SharedNonceField, NoRequestKeys: true, SearchLag: 3 * time.Minute,
		Codes: map[string]payment.Class{"915999": payment.ClassAmountExceeded}, Decimals: payment.Scale{"eur": 3}, SessionField: "acp", SendBilling: true},
		p.BraintreeAccount("eur", false))
}

func same[T any](t *testing.T, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b secret.String) bool { return a.Reveal() == b.Reveal() })); diff != "" {
		t.Errorf("%T (-want +got):\n%s", want, diff)
	}
}

// The defaults of the reference are the adapters' own.
func TestDefaultsOfProviders(t *testing.T) {
	p := config.DefaultMerchant().Payment.Test
	if p.Stripe.APIVersion != stripe.DefaultAPIVersion || p.Stripe.TokenAPIVersion != stripe.DefaultTokenAPIVersion {
		t.Errorf("%+v", p.Stripe)
	}
	if a := p.Adyen; a.APIVersion != adyen.DefaultAPIVersion || a.TokenField != adyen.DefaultTokenField || a.ResendFor != adyen.DefaultResendFor || a.ShopperReference != adyen.Omit || a.Page != adyen.PageLink {
		t.Errorf("%+v", a)
	}
	if b := p.Braintree; b.APIVersion != braintree.DefaultAPIVersion || b.TokenField != braintree.DefaultTokenField || b.SearchLag != braintree.DefaultSearchLag {
		t.Errorf("%+v", b)
	}
}

// What docs/payments shows as a configuration is one.
func TestDocumentedAccounts(t *testing.T) {
	fence := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	for _, provider := range []string{"stripe", "adyen", "braintree"} {
		text, err := os.ReadFile("../../docs/payments/" + provider + ".md")
		if err != nil {
			t.Fatal(err)
		}
		block := fence.FindStringSubmatch(string(text))
		if block == nil {
			t.Errorf("%s.md shows no configuration", provider)
			continue
		}
		yaml := strings.Replace(block[1], "  - id: shop\n", "  - id: shop\n    name: Test Shop\n    currency: usd\n    country: US\n"+
			"    links: {terms_of_use: 'https://shop.example.com/terms', privacy_policy: 'https://shop.example.com/privacy'}\n", 1)
		environ := []string{"STRIPE_TEST_KEY=sk_test_1", "STRIPE_LIVE_KEY=sk_live_1", "ADYEN_TEST_API_KEY=a", "ADYEN_LIVE_API_KEY=b",
			"STRIPE_TEST_WEBHOOK_SECRET=whsec_1", "STRIPE_LIVE_WEBHOOK_SECRET=whsec_2",
			"ADYEN_TEST_HMAC_KEY=" + strings.Trim(hmacKey, "'"), "ADYEN_LIVE_HMAC_KEY=" + strings.Trim(otherKey, "'"), "BRAINTREE_SANDBOX_PRIVATE_KEY=c", "BRAINTREE_SANDBOX_PUBLIC_KEY=d", "BRAINTREE_SANDBOX_MERCHANT_ID=e",
			"BRAINTREE_PRIVATE_KEY=f", "BRAINTREE_PUBLIC_KEY=g", "BRAINTREE_MERCHANT_ID=h"}
		c := parse(t, yaml, environ...)
		if p := c.Merchants[0].Payment; p.Test.Provider != provider || p.Live.Provider != provider {
			t.Errorf("%s.md configures %q and %q", provider, p.Test.Provider, p.Live.Provider)
		}
	}
}
