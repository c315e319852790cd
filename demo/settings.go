package demo

import (
	"context"
	"strings"

	"github.com/checkstand/checkstand/demo/shop"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/store"
)

// accountID is the shop's account at the sandbox.
const accountID = "acct_demo"

// agentName is who the demo's key and webhooks are for.
const agentName = "demo-agent"

// configure is the configuration of the demo shop: what a small shop that
// ships from the United States would write.
func configure(opts Options, info Info, s *secrets) *config.Config {
	cfg := config.Default()
	cfg.Listen, cfg.PublicURL = info.BaseURL[len("http://"):], info.BaseURL
	cfg.Database = config.Database(opts.Database)
	if opts.Database == "" {
		cfg.Database = config.Database(opts.Dir + "/shop.db")
	}
	cfg.SealingKeys = []secret.String{secret.New(s.SealingKey)}

	m := config.DefaultMerchant()
	m.ID, m.Name, m.Currency, m.Country, m.Locale = merchantID, shop.Name, opts.Currency, "US", shop.Locale
	m.Accent = shop.AccentColor
	if len(opts.Catalogs) > 0 {
		m.Name = "Demo Shop"
	}
	m.Links = config.LinksConfig{TermsOfUse: info.BaseURL + "/policies/terms", PrivacyPolicy: info.BaseURL + "/policies/privacy",
		ReturnPolicy: info.BaseURL + "/policies/returns"}
	m.Tax = config.TaxConfig{Rounding: "half_up", Rates: []config.RateConfig{
		{Country: "US", Region: "CA", Percent: "7.25", Name: "Sales tax"},
		{Country: "US", Region: "CA", PostalPrefix: "941", Percent: "8.625", Name: "Sales tax"},
		{Country: "US", Region: "CA", Class: shop.ReducedTaxClass, Percent: "0", Name: "Sales tax"},
		{Country: "US", Region: "NY", Percent: "8.875", Name: "Sales tax"},
		{Country: "DE", Percent: "19", Name: "VAT"},
		{Country: "DE", Class: shop.ReducedTaxClass, Percent: "7", Name: "VAT"},
		{Country: "FR", Percent: "20", Name: "VAT"},
		{Country: "GB", Percent: "20", Name: "VAT"},
		{Country: "JP", Percent: "10", Name: "Consumption tax"},
	}}
	m.Shipping = []config.ShippingConfig{
		{ID: "standard", Title: "Standard", Description: "By post", Carrier: "Postal service", Kind: "by_subtotal", Countries: []string{"US"},
			Tiers: []config.TierConfig{{Price: cents(opts, 590)}}, FreeFrom: cents(opts, 7500), MinDays: 3, MaxDays: 6},
		{ID: "express", Title: "Express", Description: "By courier", Carrier: "Courier", Kind: "flat", Countries: []string{"US"},
			Regions: []string{"!US-AK", "!US-HI"}, Price: cents(opts, 1490), MinDays: 1, MaxDays: 2},
		{ID: "international", Title: "International", Description: "By air mail", Carrier: "Postal service", Kind: "by_weight",
			Countries: []string{"DE", "FR", "GB", "JP", "CA"}, Tiers: []config.TierConfig{
				{UpTo: "1000", Price: cents(opts, 1690)}, {UpTo: "5000", Price: cents(opts, 3490)}, {Price: cents(opts, 5990)}}, MinDays: 7, MaxDays: 16},
		{ID: "electronic", Title: "By e-mail", Description: "A link to what you bought", Kind: "digital", Price: "0"},
	}
	// Codes to try; docs/quickstart.md names them.
	m.Discounts = []config.DiscountConfig{
		{ID: "welcome", Name: "Welcome", Code: "WELCOME10", Kind: "percent", Percent: "10", Priority: 1, Combines: true},
		{ID: "free-delivery", Name: "Free standard delivery", Code: "FREESHIP", Kind: "free_delivery", Delivery: []string{"standard"}, Priority: 1, Combines: true},
		{ID: "last-year", Name: "Last year's sale", Code: "LASTYEAR", Kind: "percent", Percent: "20", Priority: 1, Ends: "2026-01-01T00:00:00Z"},
	}
	m.Payment.Test.Provider, m.Payment.Test.URL, m.Payment.Test.Key, m.Payment.Test.MerchantID =
		"sandbox", info.SandboxURL, secret.New(s.MerchantKey), accountID
	m.Payment.Test.Sandbox.WebhookSecret = secret.New(s.PSPSecret)
	// Everybody here is on this machine, and nobody's money moves.
	m.Agents = []config.AgentConfig{{Name: agentName, MayIdentifyCustomers: true, Webhook: config.WebhookConfig{URL: info.WebhookURL,
		Secret: secret.New(s.WebhookSecret), Header: "Merchant-Signature", Encoding: "base64"}}}
	m.App.Enabled = true
	m.Checkout.ReturnOrigins = append(m.Checkout.ReturnOrigins, strings.TrimSuffix(info.SimulatorURL, "/"))
	cfg.Merchants = []config.MerchantConfig{m}
	return cfg
}

// cents writes an amount of minor units in the demo's currency.
func cents(opts Options, minor int64) string { return money.Decimal(minor, opts.Currency) }

func (d *Demo) currency() string { return d.app.Currency(merchantID) }

// stockDemoShop puts the demo shop's items into the catalogue.
func (d *Demo) stockDemoShop(ctx context.Context) error {
	items, err := shop.Items()
	if err != nil {
		return err
	}
	imp, err := d.app.Store().Import(ctx, merchantID, store.ImportOptions{Replace: true})
	if err != nil {
		return err
	}
	if err := imp.Put(items...); err != nil {
		return err
	}
	_, err = imp.Commit()
	return err
}
