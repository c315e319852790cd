package soak

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/sandbox"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/store"
)

// plan says what a shop is like.
type plan struct {
	provider string
	currency string
	capture  payment.CaptureMode
	weight   int // its share of the buyers
}

// mall is a shop for each way to be paid.
var mall = []plan{
	{stripe.Name, "usd", payment.CaptureNow, 6}, {stripe.Name, "eur", payment.CaptureLater, 6}, {stripe.Name, "isk", payment.CaptureNow, 6},
	{stripe.Name, "jpy", payment.CaptureLater, 6}, {stripe.Name, "gbp", payment.CaptureNow, 6},
	{adyen.Name, "eur", payment.CaptureNow, 8}, {adyen.Name, "usd", payment.CaptureLater, 8}, {adyen.Name, "jpy", payment.CaptureNow, 8},
	{adyen.Name, "gbp", payment.CaptureNow, 8},
	{braintree.Name, "usd", payment.CaptureNow, 10}, {braintree.Name, "eur", payment.CaptureLater, 10}, {braintree.Name, "gbp", payment.CaptureNow, 10},
	{sandbox.Name, "usd", payment.CaptureLater, 5}, {sandbox.Name, "eur", payment.CaptureNow, 5},
}

// town is the mall many times over, with no more shops at the sandbox PSP: it
// commits each charge by itself, and is slow.
func town(malls int) []plan {
	var shops []plan
	for _, p := range mall {
		copies := malls
		if p.provider == sandbox.Name {
			copies, p.weight = 1, p.weight*malls/2
		}
		shops = append(shops, slices.Repeat([]plan{p}, copies)...)
	}
	return shops
}

// shop is a shop with its account at a provider.
type shop struct {
	plan
	merchant *checkout.Merchant
	bank     bank
	wire     *wire
	keys     atomic.Int64
	slow     atomic.Bool // a slow payment waits to be decided

	lost     atomic.Bool     // a webhook was lost
	reported map[string]bool // sessions in the latest comparison
	compared bool            // with the provider's list
	purses   []string        // of its members
	wallet   wallet          // of its members, at the provider
	sum      total           // what the shop came to, once it is audited
}

// plenty is the stock of what never sells out; of the last of the goods there
// is one for each so many buyers.
const (
	plenty    = 10_000_000
	scarcity  = 40
	scarce    = "lantern"
	plentiful = "mug"
)

// goods are what each shop sells, at prices in minor units.
var goods = []catalog.Item{
	{ID: plentiful, Title: "Mug", Price: 1800}, {ID: "bowl", Title: "Bowl", Price: 2450}, {ID: "candle", Title: "Candle", Price: 990},
	{ID: "print", Title: "Print", Price: 3599}, {ID: "lamp", Title: "Lamp", Price: 8900}, {ID: scarce, Title: "Lantern", Price: 12999},
}

func (s *sim) newShop(n int, p plan) *shop {
	s.t.Helper()
	id := fmt.Sprintf("%s-%s-%d", p.provider, p.currency, n)
	sh := &shop{plan: p, wallet: wallet{cards: map[string]*savedCard{}}, wire: newWire(s.faults, s.seed+uint64(n), func(f fault) { s.count("faults", string(f)) })}
	switch p.provider {
	case stripe.Name:
		sh.bank = newStripe(s.t, sh.wire, s.clock.Now, n, p.currency)
	case adyen.Name:
		sh.bank = newAdyen(s.t, sh.wire, s.clock.Now)
	case braintree.Name:
		sh.bank = newBraintree(s.t, sh.wire, s.clock.Now, p.currency)
	case tillName:
		sh.bank = newTill(s.t, s.defect, s.clock.Now)
	case sandbox.Name:
		sh.bank = newSandbox(s.t, sh.wire, s.clock.Now, id)
	}
	provider := sh.bank.provider()
	sh.merchant = &checkout.Merchant{
		ID: id, Name: "Shop " + id, Currency: p.currency, Locale: "en-US", BaseURL: "https://" + id + ".example",
		Links: []acp.Link{{Type: "terms_of_use", URL: "https://shop.example/terms"}, {Type: "privacy_policy", URL: "https://shop.example/privacy"}},
		Taxes: pricing.Taxes{Rounding: money.HalfUp, Rates: []pricing.Rate{{Country: "US", Region: "CA", PPM: 86_250, Name: "Sales tax"}}},
		Methods: []pricing.Method{
			{ID: "standard", Title: "Standard", Carrier: "Post", Kind: pricing.Flat, Countries: []string{"US", "DE"}, Price: 590, MinDays: 3, MaxDays: 6},
			{ID: "express", Title: "Express", Carrier: "Courier", Kind: pricing.Flat, Countries: []string{"US", "DE"}, Price: 1490, MinDays: 1, MaxDays: 2},
		},
		LowStock: 3, SessionTTL: sessionTTL, QuoteTTL: quoteTTL,
		Test: checkout.PaymentSetup{Provider: provider, MerchantID: sh.bank.account(), StandIn: "stripe", Brands: []string{"visa"},
			Capture: p.capture},
		Discounts: s.offers(),
	}
	s.fill(sh)
	imp, err := s.store.Import(s.ctx, id, store.ImportOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, it := range goods {
		it.ProductID, it.ProductTitle, it.Currency, it.Kind, it.Availability = it.ID, it.Title, p.currency, catalog.Physical, catalog.InStock
		it.Tracked, it.Stock = true, s.stockOf(it.ID)
		if err := imp.Put(it); err != nil {
			s.t.Fatal(err)
		}
	}
	if _, err := imp.Commit(); err != nil {
		s.t.Fatal(err)
	}
	return sh
}

// stockOf is how many units of an item each shop begins with.
func (s *sim) stockOf(item string) int64 {
	if item == scarce {
		return int64(s.buyers/scarcity/len(s.mall)) + 1
	}
	return plenty
}

// key makes an idempotency key that is new.
func (sh *shop) key() string { return fmt.Sprintf("key-%d", sh.keys.Add(1)) }
