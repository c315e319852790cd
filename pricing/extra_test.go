package pricing_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/pricing/pricingtest"
)

func extra() *rapid.Generator[pricing.Extra] {
	return rapid.Custom(func(t *rapid.T) pricing.Extra {
		return pricing.Extra{Kind: rapid.SampledFrom([]pricing.ExtraKind{pricing.FeeExtra, pricing.WrapExtra, pricing.TipExtra}).Draw(t, "kind"),
			Listed: price.Draw(t, "listed"), TaxClass: taxClass.Draw(t, "class")}
	})
}

// exemptions are those of the random carts; most have none.
var exemptions = []func(pricing.Destination) bool{nil, nil, nil,
	func(pricing.Destination) bool { return true },
	func(d pricing.Destination) bool { return d.Country == "US" && d.Region == "CA" }}

func TestExtras(t *testing.T) {
	vat := []pricing.Rate{{Country: "DE", PPM: 190_000}, {Country: "DE", Class: "reduced", PPM: 70_000}}
	cart := pricing.Cart{Currency: "eur", Destination: pricing.Destination{Country: "DE"},
		Lines: []pricing.Line{{ID: "li_1", UnitPrice: 1000, Quantity: 2}},
		Extras: []pricing.Extra{{Kind: pricing.FeeExtra, Listed: 200}, {Kind: pricing.FeeExtra, Listed: 100, TaxClass: "reduced"},
			{Kind: pricing.WrapExtra, Listed: 500}, {Kind: pricing.TipExtra, Listed: 300}}}
	exempt := cart
	exempt.ExemptIn = func(d pricing.Destination) bool { return d.Country == "DE" }
	for name, c := range map[string]struct {
		cart                       pricing.Cart
		taxes                      pricing.Taxes
		fee, wrap, tip, tax, total int64
	}{
		"net":           {cart, pricing.Taxes{Rates: vat}, 300, 500, 300, 380 + 38 + 7 + 95, 2000 + 300 + 500 + 300 + 520},
		"gross":         {cart, pricing.Taxes{Rates: vat, PricesInclude: true}, 300 - 32 - 7, 500 - 80, 300, 320 + 32 + 7 + 80, 3100},
		"shown gross":   {cart, pricing.Taxes{Rates: vat, PricesInclude: true, ShowGross: true}, 300, 500, 300, 0, 3100},
		"exempt":        {exempt, pricing.Taxes{Rates: vat}, 300, 500, 300, 0, 3100},
		"exempt, gross": {exempt, pricing.Taxes{Rates: vat, PricesInclude: true}, 300, 500, 300, 0, 3100},
	} {
		q, err := pricing.Price(c.cart, c.taxes)
		if err != nil {
			t.Fatal(err)
		}
		pricingtest.CheckQuote(t, c.cart, c.taxes, q)
		if q.Fee != c.fee || q.GiftWrap != c.wrap || q.Tip != c.tip || q.Tax != c.tax || q.Total != c.total {
			t.Errorf("%s: fee %d, gift wrap %d, tip %d, tax %d, total %d", name, q.Fee, q.GiftWrap, q.Tip, q.Tax, q.Total)
		}
	}
	cart.Extras[0].Listed = -1
	if _, err := pricing.Price(cart, pricing.Taxes{}); err == nil {
		t.Error("a negative fee is priced")
	}
}

func TestFee(t *testing.T) {
	lines := []pricing.Line{{UnitPrice: 999, Quantity: 2}, {UnitPrice: 2, Quantity: 1}}
	for name, c := range map[string]struct {
		fee  pricing.Fee
		want int64
	}{
		"an amount":                    {pricing.Fee{Amount: 250}, 250},
		"a percentage":                 {pricing.Fee{PPM: 29_000}, 58},
		"both":                         {pricing.Fee{PPM: 29_000, Amount: 30}, 88},
		"for small orders, and it is":  {pricing.Fee{Amount: 250, Below: 2001}, 250},
		"for small orders, and it not": {pricing.Fee{Amount: 250, Below: 2000}, 0},
	} {
		if got, err := c.fee.Of(lines, money.HalfUp); err != nil || got != c.want {
			t.Errorf("%s: %d, %v; want %d", name, got, err, c.want)
		}
	}
	if _, err := (&pricing.Fee{PPM: 1}).Of([]pricing.Line{{UnitPrice: money.Max, Quantity: 2}}, money.HalfUp); !errors.Is(err, money.ErrRange) {
		t.Errorf("a fee of more than there is: %v", err)
	}
}
