package pricing_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/pricing/pricingtest"
)

// The generators draw from few values, so that destinations meet rates and
// rates meet each other.
var (
	taxClass  = rapid.SampledFrom([]string{"", "reduced", "food"})
	country   = rapid.SampledFrom([]string{"DE", "US", "JP"})
	region    = rapid.SampledFrom([]string{"", "CA", "NY"})
	postal    = rapid.SampledFrom([]string{"", "9", "94", "9 4", "941 02", "94103", "sw1a 1aa", "SW1"})
	roundings = rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfEven, money.Down, money.Up})
	price     = rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(0, 100_000), rapid.Int64Range(0, 1_000_000_000))
	quantity  = rapid.OneOf(rapid.Int64Range(1, 3), rapid.Int64Range(1, 1000))
	ppm       = rapid.OneOf(rapid.SampledFrom([]int64{0, 70_000, 88_750, 100_000, 190_000}), rapid.Int64Range(0, pricing.MaxPPM))
	// of exponents 2, 0 and 3
	currency = rapid.SampledFrom([]string{"usd", "eur", "jpy", "krw", "kwd", "tnd"})
)

func destination() *rapid.Generator[pricing.Destination] {
	return rapid.Custom(func(t *rapid.T) pricing.Destination {
		if rapid.IntRange(0, 4).Draw(t, "known") == 0 {
			return pricing.Destination{}
		}
		return pricing.Destination{Country: country.Draw(t, "country"), Region: region.Draw(t, "region"), PostalCode: postal.Draw(t, "postal")}
	})
}

// elsewhere is a destination of a line's own, which most have not.
var elsewhere = rapid.OneOf(rapid.Just(pricing.Destination{}), rapid.Just(pricing.Destination{}), destination())

func rate() *rapid.Generator[pricing.Rate] {
	return rapid.Custom(func(t *rapid.T) pricing.Rate {
		return pricing.Rate{
			Country: country.Draw(t, "country"), Region: region.Draw(t, "region"),
			PostalPrefix: postal.Draw(t, "postal"), Class: taxClass.Draw(t, "class"), PPM: ppm.Draw(t, "ppm"),
		}
	})
}

func taxes() *rapid.Generator[pricing.Taxes] {
	return rapid.Custom(func(t *rapid.T) pricing.Taxes {
		x := pricing.Taxes{
			PricesInclude: rapid.Bool().Draw(t, "prices include"),
			Rounding:      roundings.Draw(t, "rounding"),
			Origin:        destination().Draw(t, "origin"),
			DeliveryClass: taxClass.Draw(t, "delivery class"),
			Rates:         rapid.SliceOfN(rate(), 0, 8).Draw(t, "rates"),
		}
		x.ShowGross = x.PricesInclude && rapid.Bool().Draw(t, "show gross")
		return x
	})
}

func line() *rapid.Generator[pricing.Line] {
	return rapid.Custom(func(t *rapid.T) pricing.Line {
		return pricing.Line{
			ID: rapid.StringMatching(`li_[a-z]{3}`).Draw(t, "id"), UnitPrice: price.Draw(t, "price"), Quantity: quantity.Draw(t, "quantity"),
			TaxClass: taxClass.Draw(t, "class"), TaxExempt: rapid.IntRange(0, 5).Draw(t, "exempt") == 0,
			Digital: rapid.Bool().Draw(t, "digital"), WeightGrams: rapid.Int64Range(0, 5000).Draw(t, "grams"),
			ItemID: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "item"),
			To:     elsewhere.Draw(t, "to"),
		}
	})
}

func method(i int) *rapid.Generator[pricing.Method] {
	return rapid.Custom(func(t *rapid.T) pricing.Method {
		m := pricing.Method{
			ID: fmt.Sprintf("m%d", i), Title: "Method",
			Kind:     rapid.SampledFrom([]pricing.MethodKind{pricing.Flat, pricing.ByWeight, pricing.BySubtotal, pricing.Electronic}).Draw(t, "kind"),
			FreeFrom: rapid.SampledFrom([]int64{0, 0, 5000}).Draw(t, "free from"),
			MinDays:  rapid.IntRange(0, 3).Draw(t, "min days"),
		}
		m.MaxDays = m.MinDays + rapid.IntRange(0, 3).Draw(t, "more days")
		switch m.Kind {
		case pricing.Flat, pricing.Electronic:
			m.Price = price.Draw(t, "price")
		default:
			for i := range rapid.Int64Range(1, 4).Draw(t, "tiers") {
				m.Tiers = append(m.Tiers, pricing.Tier{UpTo: 1000 * (i + 1) * (i + 1), Price: price.Draw(t, "price")})
			}
			if rapid.Bool().Draw(t, "and beyond") {
				m.Tiers[len(m.Tiers)-1].UpTo = 0
			}
		}
		if m.Kind != pricing.Electronic && rapid.IntRange(0, 3).Draw(t, "pickup") == 0 {
			m.MinDays, m.MaxDays, m.Pickup = 0, 0, &pricing.Pickup{Kind: "locker", Location: store}
			return m
		}
		if m.Kind != pricing.Electronic && rapid.IntRange(0, 3).Draw(t, "courier") == 0 {
			m.Countries, m.Local = []string{"US", "DE"}, &pricing.Local{PostalPrefixes: []string{"9", "S"}}
			return m
		}
		switch rapid.IntRange(0, 3).Draw(t, "where") {
		case 0:
			m.Countries = []string{"DE", "US"}
		case 1:
			m.Regions = []string{"US-CA", "US-NY"}
		case 2:
			m.Countries, m.Regions = []string{"US"}, []string{"!US-CA"}
		}
		return m
	})
}

func methods() *rapid.Generator[[]pricing.Method] {
	return rapid.Custom(func(t *rapid.T) []pricing.Method {
		ms := make([]pricing.Method, rapid.IntRange(0, 4).Draw(t, "methods"))
		for i := range ms {
			ms[i] = method(i).Draw(t, "method")
		}
		return ms
	})
}

// scenario is a cart, its taxes, and up to one delivery of each kind chosen
// among the options that the methods give. It has no discounts.
func scenario(t *rapid.T) (pricing.Cart, pricing.Taxes) {
	c := pricing.Cart{
		Currency:    currency.Draw(t, "currency"),
		Lines:       rapid.SliceOfN(line(), 0, 6).Draw(t, "lines"),
		Destination: destination().Draw(t, "destination"),
		Extras:      rapid.SliceOfN(extra(), 0, 4).Draw(t, "extras"),
		ExemptIn:    rapid.SampledFrom(exemptions).Draw(t, "exempt in"),
	}
	x, ms := taxes().Draw(t, "taxes"), methods().Draw(t, "methods")
	if err := pricing.ValidateMethods(ms); err != nil {
		t.Fatalf("the generated methods are invalid: %v", err)
	}
	options, err := pricing.Options(c, ms, x, monday)
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range []pricing.Way{pricing.Shipping, pricing.Digital, pricing.PickedUp, pricing.LocalDelivery} {
		if i, ok := pricing.Cheapest(options, way); ok {
			c.Delivery = append(c.Delivery, options[i])
		}
	}
	return c, x
}

func mustPrice(t *rapid.T, c pricing.Cart, x pricing.Taxes) pricing.Quote {
	q, err := pricing.Price(c, x)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestEveryIdentityHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, x := scenario(t)
		pricingtest.CheckQuote(t, c, x, mustPrice(t, c, x))
	})
}

func TestMoreGoodsNeverCostLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, x := scenario(t)
		before := mustPrice(t, c, x)

		more := c
		more.Lines = append(append([]pricing.Line{}, c.Lines...), line().Draw(t, "one more"))
		if after := mustPrice(t, more, x); after.Total < before.Total {
			t.Fatalf("one more line: the total falls from %d to %d", before.Total, after.Total)
		}
		if len(c.Lines) > 0 {
			i := rapid.IntRange(0, len(c.Lines)-1).Draw(t, "line")
			more.Lines = append([]pricing.Line{}, c.Lines...)
			more.Lines[i].Quantity += quantity.Draw(t, "units more")
			if after := mustPrice(t, more, x); after.Total < before.Total {
				t.Fatalf("more units: the total falls from %d to %d", before.Total, after.Total)
			}
		}
	})
}

func TestOrderOfLinesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, x := scenario(t)
		a := mustPrice(t, c, x)
		c.Lines = rapid.Permutation(c.Lines).Draw(t, "other order")
		b := mustPrice(t, c, x)
		if a.Total != b.Total || a.Tax != b.Tax || a.Subtotal != b.Subtotal || a.TaxIncluded != b.TaxIncluded {
			t.Fatalf("totals differ:\n%+v\n%+v", a, b)
		}
	})
}

// The shelf price is what the buyer pays, wherever it goes and however the
// figures are shown.
func TestGrossTotalIsTheShelfPrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, x := scenario(t)
		x.PricesInclude = true
		var want int64
		for _, l := range c.Lines {
			want += l.UnitPrice * l.Quantity
		}
		for _, o := range c.Delivery {
			want += o.Listed
		}
		for _, e := range c.Extras {
			want += e.Listed
		}
		c.Destination = destination().Draw(t, "elsewhere")
		if q := mustPrice(t, c, x); q.Total != want {
			t.Fatalf("total %d; the shelf prices and deliveries are %d", q.Total, want)
		}
	})
}

// Amounts of any size are priced exactly or refused; none wraps.
func TestHugeAmountsArePricedOrRefused(t *testing.T) {
	huge := rapid.OneOf(rapid.Int64Range(0, money.Max), rapid.Int64Min(0))
	rapid.Check(t, func(t *rapid.T) {
		c := pricing.Cart{Currency: "krw", Destination: pricing.Destination{Country: "DE"}}
		for range rapid.IntRange(1, 3).Draw(t, "lines") {
			c.Lines = append(c.Lines, pricing.Line{UnitPrice: huge.Draw(t, "price"), Quantity: rapid.OneOf(quantity, rapid.Int64Min(1)).Draw(t, "quantity"), Digital: true})
		}
		x := taxes().Draw(t, "taxes")
		options, err := pricing.Options(c, []pricing.Method{{ID: "d", Kind: pricing.Electronic, Price: rapid.Int64Range(0, money.Max).Draw(t, "delivery")}}, x, monday)
		var q pricing.Quote
		if err == nil {
			c.Delivery = options
			q, err = pricing.Price(c, x)
		}
		switch {
		case err == nil:
			pricingtest.CheckQuote(t, c, x, q)
		case !errors.Is(err, money.ErrRange):
			t.Fatalf("refused, but not for the range: %v", err)
		}
	})
}
