package config_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/server/config"
)

func TestSettings(t *testing.T) {
	c := parse(t, `
public_url: https://shop.example.com/
merchants:
  - id: shop
    name: Test Shop
    currency: eur
    country: DE
    locale: de
    links:
      support: https://shop.example.com/help
      privacy_policy: https://shop.example.com/privacy
      terms_of_use: https://shop.example.com/terms
    low_stock: 3
    session_ttl: 2h
    carts:
      ttl: 72h
    quote_ttl: 10m
    tax:
      prices_include_tax: true
      show_gross: true
      rounding: half_even
      delivery_class: post
      rates:
        - {country: DE, percent: "19", name: VAT}
        - {country: US, region: NY, postal_prefix: "100", class: reduced, percent: 8.875}
    shipping:
      - {id: flat, title: Flat, description: Slow, carrier: DHL, countries: [DE], price: "4.90", free_from: "50", min_days: 2, max_days: 4}
      - {id: weight, title: Weight, kind: by_weight, regions: ["!US-HI"], tiers: [{up_to: 500, price: 5}, {price: 9.5}]}
      - {id: subtotal, title: Subtotal, kind: by_subtotal, tiers: [{up_to: 20.00, price: "3.00"}]}
      - {id: mail, title: E-mail, kind: digital}
    payment:
      test: {provider: sandbox, url: http://localhost:1, key: k, merchant_id: acct, stand_in: adyen, brands: [jcb], capture: on_shipment}
`)
	got, err := c.Merchants[0].Settings(c.PublicURL)
	if err != nil {
		t.Fatal(err)
	}
	want := checkout.Merchant{
		ID: "shop", Name: "Test Shop", Currency: "eur", Locale: "de", BaseURL: "https://shop.example.com",
		Links: []acp.Link{
			{Type: "terms_of_use", URL: "https://shop.example.com/terms"},
			{Type: "privacy_policy", URL: "https://shop.example.com/privacy"},
			{Type: "support", URL: "https://shop.example.com/help"},
		},
		Taxes: pricing.Taxes{
			PricesInclude: true, ShowGross: true, Rounding: money.HalfEven,
			Origin: pricing.Destination{Country: "DE"}, DeliveryClass: "post",
			Rates: []pricing.Rate{
				{Country: "DE", PPM: 190_000, Name: "VAT"},
				{Country: "US", Region: "NY", PostalPrefix: "100", Class: "reduced", PPM: 88_750},
			},
		},
		Methods: []pricing.Method{
			{ID: "flat", Title: "Flat", Description: "Slow", Carrier: "DHL", Kind: pricing.Flat,
				Countries: []string{"DE"}, Price: 490, FreeFrom: 5000, MinDays: 2, MaxDays: 4},
			{ID: "weight", Title: "Weight", Kind: pricing.ByWeight, Regions: []string{"!US-HI"},
				Tiers: []pricing.Tier{{UpTo: 500, Price: 500}, {Price: 950}}},
			{ID: "subtotal", Title: "Subtotal", Kind: pricing.BySubtotal, Tiers: []pricing.Tier{{UpTo: 2000, Price: 300}}},
			{ID: "mail", Title: "E-mail", Kind: pricing.Electronic},
		},
		LowStock: 3, SessionTTL: 2 * time.Hour, QuoteTTL: 10 * time.Minute, CartTTL: 72 * time.Hour,
		ReturnOrigins: []string{"https://chatgpt.com"},
		Test: checkout.PaymentSetup{MerchantID: "acct", StandIn: "adyen", Brands: []string{"jcb"}, Capture: payment.CaptureLater,
			ThreeDS: checkout.ThreeDS{Mode: checkout.ThreeDSWhenRequired, Acquirer: acp.AcquirerDetails{
				AcquirerBIN: "400000", AcquirerCountry: "DE", AcquirerMerchantID: "acct", MerchantName: "Test Shop"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Settings (-want +got):\n%s", diff)
	}
}

func TestSettingsOfAWrongMerchant(t *testing.T) {
	m := parse(t, minimal).Merchants[0]
	m.Tax.Rounding = "sideways"
	if _, err := m.Settings(""); err == nil || !strings.HasPrefix(err.Error(), `tax.rounding: "sideways" is unknown`) {
		t.Errorf("Settings: %v", err)
	}
}

// The example is a configuration that works, and prices what it says it does.
func TestExample(t *testing.T) {
	text, err := os.ReadFile("../../examples/checkstand.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := parse(t, string(text), "SEALING_KEY=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
		"SANDBOX_KEY=key-of-the-sandbox", "WEBHOOK_SECRET=agreed-with-the-agent")
	if w := c.Warnings(); len(w) > 0 {
		t.Errorf("warnings: %v", w)
	}
	m, err := c.Merchants[0].Settings(c.PublicURL)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		to      pricing.Destination
		options string
		tax     int64 // of one item at 100.00
	}{
		{pricing.Destination{}, "soho", 0},
		{pricing.Destination{Country: "US", Region: "NY", PostalCode: "10001"}, "us-standard us-express soho courier@20260901T1800 courier@20260902T1800", 888},
		{pricing.Destination{Country: "US", Region: "NY", PostalCode: "14201"}, "us-standard us-express soho", 400},
		{pricing.Destination{Country: "US", Region: "HI", PostalCode: "96801"}, "us-remote soho", 0},
		{pricing.Destination{Country: "DE", PostalCode: "10015"}, "eu-parcel soho", 1900},
		{pricing.Destination{Country: "JP"}, "soho", 0},
	} {
		cart := pricing.Cart{Currency: m.Currency, Destination: test.to,
			Lines: []pricing.Line{{ID: "a", UnitPrice: 10_000, Quantity: 1, WeightGrams: 800}}}
		options, err := pricing.Options(cart, m.Methods, m.Taxes, now)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, o := range options {
			ids = append(ids, o.ID)
		}
		quote, err := pricing.Price(cart, m.Taxes)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(ids, " "); got != test.options || quote.Tax != test.tax {
			t.Errorf("to %+v: options %q, tax %d; want %q, %d", test.to, got, quote.Tax, test.options, test.tax)
		}
	}
}

func TestReturnOriginsAreOrigins(t *testing.T) {
	for _, tt := range []struct{ origin, want string }{
		{"https://chat.example.com", ""},
		{"http://127.0.0.1:8080", ""},
		{"https://chat.example.com/", "is not an origin"},
		{"https://chat.example.com/c/1", "is not an origin"},
		{"https://CHAT.example.com", "is not an origin"},
		{"http://chat.example.com", "is http"},
		{"javascript:alert(1)", "is not a URL"},
	} {
		m := config.DefaultMerchant()
		m.Checkout.ReturnOrigins = []string{tt.origin}
		text := ""
		for _, p := range (&config.Config{Merchants: []config.MerchantConfig{m}}).Validate() {
			if strings.Contains(p.String(), "return_origins[0]") {
				text = p.String()
			}
		}
		if (text == "") != (tt.want == "") || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %s", tt.origin, text)
		}
	}
}
