package servertest

import (
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
)

// What the shop of every world is called.
const (
	MerchantID = "shop"
	AgentName  = "test-agent"
	Currency   = "usd"

	// accountID is the shop's account at the sandbox PSP.
	accountID = "acct_test"
)

// Items of Goods.
const (
	Mug  = "mug"  // 1000 in stock
	Lamp = "lamp" // 3 in stock
	Last = "last" // 1 in stock
	Book = "book" // never sold out, not shipped
	Gone = "gone" // sold out
)

// Goods is what the shop sells unless a test brings its own items.
func Goods() []catalog.Item {
	item := func(id string, price, stock int64) catalog.Item {
		return catalog.Item{ID: id, ProductID: id, Title: id, ProductTitle: id, Price: price, Currency: Currency,
			Kind: catalog.Physical, WeightGrams: 400, Availability: catalog.InStock, Tracked: true, Stock: stock}
	}
	book := item(Book, 1200, 0)
	book.Kind, book.WeightGrams, book.Tracked = catalog.Digital, 0, false
	return []catalog.Item{item(Mug, 1800, 1000), item(Lamp, 8900, 3), item(Last, 4200, 1), item(Gone, 700, 0), book}
}

// blueprint is what the configuration of every server of a world is made from,
// also of those in another process.
type blueprint struct {
	Database       string
	PublicURL      string
	SealingKey     string
	PSP            string
	PSPURL         string
	PSPKey         string
	WebhookURL     string
	Shipping       []config.ShippingConfig
	Discounts      []config.DiscountConfig
	WebhookSecret  string
	PaymentTimeout time.Duration
	UnknownBudget  time.Duration
}

// configuration is that of a small shop with two ways of delivery and a tax.
func (b *blueprint) configuration() *config.Config {
	cfg := config.Default()
	cfg.PublicURL, cfg.Database = b.PublicURL, config.Database(b.Database)
	cfg.SealingKeys = []secret.String{secret.New(b.SealingKey)}
	cfg.Payments.Timeout, cfg.Payments.UnknownBudget = b.PaymentTimeout, b.UnknownBudget

	m := config.DefaultMerchant()
	m.ID, m.Name, m.Currency, m.Country = MerchantID, "Test Shop", Currency, "US"
	m.Links = config.LinksConfig{TermsOfUse: b.PublicURL + "/terms", PrivacyPolicy: b.PublicURL + "/privacy"}
	m.Tax = config.TaxConfig{Rounding: "half_up", Rates: []config.RateConfig{{Country: "US", Region: "CA", Percent: "7.25", Name: "Sales tax"}}}
	m.Shipping = []config.ShippingConfig{
		{ID: "standard", Title: "Standard", Kind: "flat", Countries: []string{"US"}, Price: "5.90", MinDays: 3, MaxDays: 6},
		{ID: "express", Title: "Express", Kind: "flat", Countries: []string{"US"}, Price: "14.90", MinDays: 1, MaxDays: 2},
		{ID: "electronic", Title: "By e-mail", Kind: "digital", Price: "0"},
	}
	m.Shipping = append(m.Shipping, b.Shipping...)
	m.Discounts = b.Discounts
	b.account(&m.Payment.Test)
	m.Agents = []config.AgentConfig{{Name: AgentName, Webhook: config.WebhookConfig{URL: b.WebhookURL, Secret: secret.New(b.WebhookSecret)}}}
	cfg.Merchants = []config.MerchantConfig{m}
	return cfg
}

// Buyer is who buys in tests.
func Buyer() *acp.Buyer {
	return &acp.Buyer{FirstName: "Test", LastName: "Buyer", Email: "test.buyer@example.com"}
}

// Address is where the buyer lives.
func Address() *acp.Address {
	return &acp.Address{Name: "Test Buyer", LineOne: "1 Example Street", City: "San Francisco", State: "CA", Country: "US", PostalCode: "94105"}
}
