package adyen_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/secret"
)

func upper(currency string) string { return strings.ToUpper(currency) }

const token = "FKSPNCQ8HXSKGK82"

var charge = payment.Charge{AttemptID: "pay_1", SessionID: "cs_1", OrderID: "ord_1", Amount: 1999, Currency: "usd",
	Credential: payment.Credential{Type: "spt", Token: secret.New(token)}, MerchantID: adyentest.MerchantAccount}

// The exact bytes matter: they are sealed before they are sent, and sent again
// after a crash.
func TestBuildBytes(t *testing.T) {
	const head = `{"merchantAccount":"TestShopECOM","reference":"pay_1","amount":{"currency":"USD","value":1999},` +
		`"paymentMethod":{"storedPaymentMethodId":"FKSPNCQ8HXSKGK82","type":"scheme"},"returnUrl":"https://shop.example/return","channel":"Web",`
	const onFile = `"shopperInteraction":"ContAuth","recurringProcessingModel":"CardOnFile",`
	const tail = `"metadata":{"acp_order_id":"ord_1","acp_session_id":"cs_1"}}`
	for _, c := range []struct {
		name   string
		cfg    func(*adyen.Config)
		charge func(*payment.Charge)
		want   string
	}{
		{"captured at once", nil, nil,
			head + onFile + `"captureDelayHours":0,"authenticationData":{"attemptAuthentication":"never"},` + tail},
		{"held", nil, func(c *payment.Charge) { c.Capture = payment.CaptureLater },
			strings.Replace(head, "pay_1", "pay_1-held", 1) + onFile +
				`"additionalData":{"manualCapture":"true"},"authenticationData":{"attemptAuthentication":"never"},` + tail},
		{"with the buyer", nil, func(c *payment.Charge) {
			c.BuyerEmail, c.StatementText = "buyer@example.com", "The Shop & Söhne, of a Very Long Name"
			c.Billing = &acp.Address{Name: "Test Buyer", LineOne: "1 Example Street", City: "San Francisco", State: "ca", Country: "us", PostalCode: "94105"}
		}, head + onFile + `"captureDelayHours":0,"authenticationData":{"attemptAuthentication":"never"},"shopperEmail":"buyer@example.com",` +
			`"shopperStatement":"The Shop  Shne, of a V","billingAddress":{"city":"San Francisco","country":"US","houseNumberOrName":"N/A",` +
			`"postalCode":"94105","stateOrProvince":"CA","street":"1 Example Street"},` + tail},
		{"a card that Adyen keeps, whatever the settings for tokens", func(c *adyen.Config) {
			c.TokenField, c.ShopperInteraction, c.RecurringModel, c.ShopperReference = "networkPaymentReference", "Ecommerce", "Subscription", "agent-buyer"
		}, func(c *payment.Charge) {
			c.Credential.Stored = payment.Stored{Customer: "shopper-7", Card: "M5N7TQ4TG5PFWR50"}
		}, strings.Replace(head, token, "M5N7TQ4TG5PFWR50", 1) + onFile + `"shopperReference":"shopper-7","captureDelayHours":0,"authenticationData":{"attemptAuthentication":"never"},` + tail},
		{"as another account may want it", func(c *adyen.Config) {
			c.TokenField, c.ShopperInteraction, c.RecurringModel = "networkPaymentReference", adyen.Omit, adyen.Omit
			c.Authentication, c.ShopperReference = adyen.Omit, "agent-buyer"
		}, nil, `{"merchantAccount":"TestShopECOM","reference":"pay_1","amount":{"currency":"USD","value":1999},"paymentMethod":{"networkPaymentReference":"FKSPNCQ8HXSKGK82","type":"scheme"},"returnUrl":"https://shop.example/return","channel":"Web",` +
			`"shopperReference":"agent-buyer","captureDelayHours":0,` + tail},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, ch := config("http://127.0.0.1:1"), charge
			if c.cfg != nil {
				c.cfg(&cfg)
			}
			if c.charge != nil {
				c.charge(&ch)
			}
			p := adapter(t, cfg)
			for range 3 {
				got, err := p.Build(ch)
				if err != nil || string(got) != c.want {
					t.Fatalf("got  %s, %v\nwant %s", got, err, c.want)
				}
			}
		})
	}
}

// An address that Adyen would refuse is left out: it would refuse the payment.
func TestBillingAddressesThatDoNotFitAreLeftOut(t *testing.T) {
	good := acp.Address{LineOne: "1 Example Street", City: "Berlin", Country: "DE", PostalCode: "10115"}
	p := adapter(t, config("http://127.0.0.1:1"))
	for name, c := range map[string]struct {
		change func(*acp.Address)
		sent   bool
	}{
		"good":                           {func(*acp.Address) {}, true},
		"a long state, not required":     {func(a *acp.Address) { a.State = "Brandenburg" }, true},
		"a long state, required":         {func(a *acp.Address) { a.Country, a.State = "US", "California" }, false},
		"no city":                        {func(a *acp.Address) { a.City = "" }, false},
		"no street":                      {func(a *acp.Address) { a.LineOne = "" }, false},
		"a postal code that is too long": {func(a *acp.Address) { a.PostalCode = "12345678901" }, false},
		"a country in words":             {func(a *acp.Address) { a.Country = "Germany" }, false},
	} {
		ch, a := charge, good
		c.change(&a)
		ch.Billing = &a
		body, err := p.Build(ch)
		if err != nil || strings.Contains(string(body), "billingAddress") != c.sent {
			t.Errorf("%s: %s, %v", name, body, err)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	p := adapter(t, config("http://127.0.0.1:1"))
	for name, change := range map[string]func(*payment.Charge){
		"upper-case currency":    func(c *payment.Charge) { c.Currency = "USD" },
		"no such currency":       func(c *payment.Charge) { c.Currency = "zzz" },
		"another account":        func(c *payment.Charge) { c.MerchantID = "OtherShopECOM" },
		"a huge token":           func(c *payment.Charge) { c.Credential.Token = secret.New(strings.Repeat("x", 4097)) },
		"no token":               func(c *payment.Charge) { c.Credential = payment.Credential{} },
		"nothing":                func(c *payment.Charge) { c.Amount = 0 },
		"beyond all amounts":     func(c *payment.Charge) { c.Amount = money.Max + 1 },
		"no attempt":             func(c *payment.Charge) { c.AttemptID = "" },
		"a long attempt":         func(c *payment.Charge) { c.AttemptID = strings.Repeat("x", 80) },
		"an attempt like a hold": func(c *payment.Charge) { c.AttemptID = "pay_1-held" },
		"a colon in the attempt": func(c *payment.Charge) { c.AttemptID = "pay:1" },
		"a long session":         func(c *payment.Charge) { c.SessionID = strings.Repeat("x", 81) },
		"another capture mode":   func(c *payment.Charge) { c.Capture = "sometime" },
	} {
		c := charge
		change(&c)
		if body, err := p.Build(c); err == nil {
			t.Errorf("%s was built: %s", name, body)
		} else if strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
}

// Adyen counts four currencies otherwise than ISO 4217.
func TestAmounts(t *testing.T) {
	p := adapter(t, config("http://127.0.0.1:1"))
	for _, c := range []struct {
		currency string
		minor    int64
		want     string
		err      error
	}{
		{"usd", 1999, `"amount":{"currency":"USD","value":1999}`, nil},
		{"jpy", 500, `"amount":{"currency":"JPY","value":500}`, nil},
		{"kwd", 1234, `"amount":{"currency":"KWD","value":1234}`, nil},
		{"clp", 500, `"amount":{"currency":"CLP","value":50000}`, nil},
		{"isk", 500, `"amount":{"currency":"ISK","value":50000}`, nil},
		{"idr", 150000, `"amount":{"currency":"IDR","value":1500}`, nil},
		{"idr", 150050, ``, money.ErrScale},
		{"cve", 100, `"amount":{"currency":"CVE","value":1}`, nil},
		{"cve", 150, ``, money.ErrScale},
		{"clp", money.Max, ``, money.ErrRange},
	} {
		ch := charge
		ch.Currency, ch.Amount = c.currency, c.minor
		body, err := p.Build(ch)
		if !errors.Is(err, c.err) || !strings.Contains(string(body), c.want) {
			t.Errorf("%d %s: %s, %v", c.minor, c.currency, body, err)
		}
	}
}

// What was charged comes back in the minor units that were asked for.
func TestAmountsComeBack(t *testing.T) {
	psp := adyentest.New(t)
	p := adapter(t, config(psp.URL()))
	rapid.Check(t, func(rt *rapid.T) {
		ch := charge
		ch.Currency = rapid.SampledFrom([]string{"usd", "jpy", "kwd", "clp", "isk", "idr", "cve"}).Draw(rt, "currency")
		ch.Amount = rapid.Int64Range(1, 1_000_000).Draw(rt, "minor")
		ch.Credential.Token = secret.New(psp.Mint(adyentest.Grant{Outcome: adyentest.Authorised, Currency: upper(ch.Currency), MaxAmount: money.Max}))
		body, err := p.Build(ch)
		if errors.Is(err, money.ErrScale) {
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		r, err := p.Send(t.Context(), ch.Credential.Token.Reveal(), body)
		if err != nil || r.Class != payment.ClassCaptured || r.Amount != ch.Amount || r.Captured != ch.Amount || r.Currency != ch.Currency {
			rt.Fatalf("%d %s: %+v, %v", ch.Amount, ch.Currency, r, err)
		}
	})
}
