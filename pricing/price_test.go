package pricing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/pricing/pricingtest"
)

var (
	monday = time.Date(2026, 3, 2, 10, 30, 0, 0, time.UTC)

	germany = pricing.Destination{Country: "DE", PostalCode: "10115"}
	newYork = pricing.Destination{Country: "US", Region: "NY", PostalCode: "10001"}

	table = []pricing.Rate{
		{Country: "DE", PPM: 190_000, Name: "VAT"},
		{Country: "DE", Class: "reduced", PPM: 70_000, Name: "VAT"},
		{Country: "US", Region: "NY", PPM: 88_750, Name: "Sales tax"},
		{Country: "JP", PPM: 100_000},
		{Country: "JP", Class: "reduced", PPM: 80_000},
		{Country: "SA", PPM: 150_000},
	}
)

// deliver prices one flat delivery for a cart and adds it.
func deliver(t testing.TB, c pricing.Cart, taxes pricing.Taxes, listed int64) pricing.Cart {
	t.Helper()
	options, err := pricing.Options(c, []pricing.Method{{ID: "post", Title: "Post", Kind: pricing.Flat, Price: listed}}, taxes, monday)
	if err != nil || len(options) != 1 {
		t.Fatalf("Options = %v, %v", options, err)
	}
	c.Delivery = append(c.Delivery, options[0])
	return c
}

// The worked examples of docs/pricing.md.
func TestWorkedExamples(t *testing.T) {
	shirt := pricing.Line{ID: "shirt", UnitPrice: 1999, Quantity: 3}
	for _, c := range []struct {
		name     string
		currency string
		to       pricing.Destination
		taxes    pricing.Taxes
		lines    []pricing.Line
		delivery int64
		want     pricing.Quote
	}{
		{
			name: "net: 8.875 % on top, once a line", currency: "usd", to: newYork,
			lines: []pricing.Line{shirt}, delivery: 500,
			want: pricing.Quote{
				Lines:     []pricing.Amounts{{LineID: "shirt", UnitAmount: 1999, Base: 5997, Subtotal: 5997, Tax: 532, Total: 6529}},
				ItemsBase: 5997, Subtotal: 5997, Fulfillment: 500, Tax: 576, Total: 7073,
				TaxParts: []pricing.TaxPart{{Jurisdiction: "US-NY", PPM: 88_750, Amount: 576}},
			},
		},
		{
			name: "gross: 19 % taken out of each unit", currency: "eur", to: germany,
			taxes: pricing.Taxes{PricesInclude: true},
			lines: []pricing.Line{shirt}, delivery: 495,
			want: pricing.Quote{
				Lines:     []pricing.Amounts{{LineID: "shirt", UnitAmount: 1680, Base: 5040, Subtotal: 5040, Tax: 957, Total: 5997}},
				ItemsBase: 5040, Subtotal: 5040, Fulfillment: 416, Tax: 1036, Total: 6492,
				TaxParts: []pricing.TaxPart{{Jurisdiction: "DE", PPM: 190_000, Amount: 1036}},
			},
		},
		{
			name: "gross, shown gross", currency: "eur", to: germany,
			taxes: pricing.Taxes{PricesInclude: true, ShowGross: true},
			lines: []pricing.Line{shirt}, delivery: 495,
			want: pricing.Quote{
				Lines:     []pricing.Amounts{{LineID: "shirt", UnitAmount: 1999, Base: 5997, Subtotal: 5997, Total: 5997}},
				ItemsBase: 5997, Subtotal: 5997, Fulfillment: 495, Total: 6492, TaxIncluded: 1036,
				IncludedParts: []pricing.TaxPart{{Jurisdiction: "DE", PPM: 190_000, Amount: 1036}},
			},
		},
		{
			name: "gross in yen, two classes", currency: "jpy", to: pricing.Destination{Country: "JP", Region: "13"},
			taxes: pricing.Taxes{PricesInclude: true},
			lines: []pricing.Line{{ID: "cup", UnitPrice: 1980, Quantity: 2}, {ID: "tea", UnitPrice: 500, Quantity: 1, TaxClass: "reduced"}},
			want: pricing.Quote{
				Lines: []pricing.Amounts{
					{LineID: "cup", UnitAmount: 1800, Base: 3600, Subtotal: 3600, Tax: 360, Total: 3960},
					{LineID: "tea", UnitAmount: 463, Base: 463, Subtotal: 463, Tax: 37, Total: 500},
				},
				ItemsBase: 4063, Subtotal: 4063, Tax: 397, Total: 4460,
				TaxParts: []pricing.TaxPart{{Jurisdiction: "JP", PPM: 100_000, Amount: 360}, {Jurisdiction: "JP", PPM: 80_000, Amount: 37}},
			},
		},
		{
			name: "net in dinar, three decimals", currency: "kwd", to: pricing.Destination{Country: "SA"},
			lines: []pricing.Line{{ID: "dates", UnitPrice: 1235, Quantity: 3}}, delivery: 2000,
			want: pricing.Quote{
				Lines:     []pricing.Amounts{{LineID: "dates", UnitAmount: 1235, Base: 3705, Subtotal: 3705, Tax: 556, Total: 4261}},
				ItemsBase: 3705, Subtotal: 3705, Fulfillment: 2000, Tax: 856, Total: 6561,
				TaxParts: []pricing.TaxPart{{Jurisdiction: "SA", PPM: 150_000, Amount: 856}},
			},
		},
		{
			name: "no row, no tax", currency: "kwd", to: pricing.Destination{Country: "KW"},
			lines: []pricing.Line{{ID: "dates", UnitPrice: 1235, Quantity: 3}},
			want: pricing.Quote{
				Lines:     []pricing.Amounts{{LineID: "dates", UnitAmount: 1235, Base: 3705, Subtotal: 3705, Total: 3705}},
				ItemsBase: 3705, Subtotal: 3705, Total: 3705,
			},
		},
		{
			name: "net without a destination: no tax yet", currency: "usd",
			taxes: pricing.Taxes{Origin: newYork},
			lines: []pricing.Line{shirt},
			want: pricing.Quote{
				Lines:     []pricing.Amounts{{LineID: "shirt", UnitAmount: 1999, Base: 5997, Subtotal: 5997, Total: 5997}},
				ItemsBase: 5997, Subtotal: 5997, Total: 5997,
			},
		},
		{
			name: "gross without a destination: split at the origin's rate", currency: "eur",
			taxes: pricing.Taxes{PricesInclude: true, Origin: germany},
			lines: []pricing.Line{shirt},
			want: pricing.Quote{
				Lines:     []pricing.Amounts{{LineID: "shirt", UnitAmount: 1680, Base: 5040, Subtotal: 5040, Tax: 957, Total: 5997}},
				ItemsBase: 5040, Subtotal: 5040, Tax: 957, Total: 5997,
				TaxParts: []pricing.TaxPart{{Jurisdiction: "DE", PPM: 190_000, Amount: 957}},
			},
		},
		{
			name: "gross to where no tax is due: the shelf price stays", currency: "eur", to: pricing.Destination{Country: "CH"},
			taxes: pricing.Taxes{PricesInclude: true, Origin: germany},
			lines: []pricing.Line{shirt}, delivery: 495,
			want: pricing.Quote{
				Lines:     []pricing.Amounts{{LineID: "shirt", UnitAmount: 1999, Base: 5997, Subtotal: 5997, Total: 5997}},
				ItemsBase: 5997, Subtotal: 5997, Fulfillment: 495, Total: 6492,
			},
		},
		{
			name: "an exempt line, and delivery of the reduced class", currency: "eur", to: germany,
			taxes: pricing.Taxes{DeliveryClass: "reduced"},
			lines: []pricing.Line{{ID: "stamp", UnitPrice: 1000, Quantity: 1, TaxExempt: true}, {ID: "book", UnitPrice: 1000, Quantity: 1, TaxClass: "reduced"}}, delivery: 500,
			want: pricing.Quote{
				Lines: []pricing.Amounts{
					{LineID: "stamp", UnitAmount: 1000, Base: 1000, Subtotal: 1000, Total: 1000},
					{LineID: "book", UnitAmount: 1000, Base: 1000, Subtotal: 1000, Tax: 70, Total: 1070},
				},
				ItemsBase: 2000, Subtotal: 2000, Fulfillment: 500, Tax: 105, Total: 2605,
				TaxParts: []pricing.TaxPart{{Jurisdiction: "DE", PPM: 70_000, Amount: 105}},
			},
		},
		{
			name: "an empty cart", currency: "eur",
			want: pricing.Quote{Lines: []pricing.Amounts{}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.taxes.Rates = table
			cart := pricing.Cart{Currency: c.currency, Lines: c.lines, Destination: c.to}
			if c.delivery > 0 {
				cart = deliver(t, cart, c.taxes, c.delivery)
			}
			got, err := pricing.Price(cart, c.taxes)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			pricingtest.CheckQuote(t, cart, c.taxes, got)
		})
	}
}

// 0.05 at 10 % is half a cent of tax, 0.15 is one and a half.
func TestRoundingOfATaxLine(t *testing.T) {
	for _, c := range []struct {
		mode          money.Rounding
		five, fifteen int64
	}{
		{mode: money.HalfUp, five: 1, fifteen: 2},
		{mode: money.HalfEven, five: 0, fifteen: 2},
		{mode: money.Down, five: 0, fifteen: 1},
		{mode: money.Up, five: 1, fifteen: 2},
	} {
		q, err := pricing.Price(pricing.Cart{
			Currency:    "eur",
			Destination: germany,
			Lines:       []pricing.Line{{UnitPrice: 5, Quantity: 1}, {UnitPrice: 5, Quantity: 3}},
		}, pricing.Taxes{Rounding: c.mode, Rates: []pricing.Rate{{Country: "DE", PPM: 100_000}}})
		if err != nil {
			t.Fatal(err)
		}
		if q.Lines[0].Tax != c.five || q.Lines[1].Tax != c.fifteen {
			t.Errorf("mode %d: tax of 5 and 15 cents is %d and %d; want %d and %d", c.mode, q.Lines[0].Tax, q.Lines[1].Tax, c.five, c.fifteen)
		}
	}
}

// Delivery of the physical and of the digital lines add up.
func TestTwoDeliveries(t *testing.T) {
	taxes := pricing.Taxes{PricesInclude: true, Rates: table}
	c := pricing.Cart{
		Currency: "eur", Destination: germany,
		Lines: []pricing.Line{{ID: "lamp", UnitPrice: 4900, Quantity: 1}, {ID: "manual", UnitPrice: 700, Quantity: 1, Digital: true, TaxClass: "reduced"}},
	}
	options, err := pricing.Options(c, []pricing.Method{
		{ID: "post", Kind: pricing.Flat, Price: 595},
		{ID: "download", Kind: pricing.Electronic, Price: 119},
	}, taxes, monday)
	if err != nil {
		t.Fatal(err)
	}
	c.Delivery = options
	q, err := pricing.Price(c, taxes)
	if err != nil {
		t.Fatal(err)
	}
	if q.Fulfillment != 500+100 || q.Total != 4900+700+595+119 {
		t.Errorf("fulfillment %d, total %d; want 600, 6314", q.Fulfillment, q.Total)
	}
	pricingtest.CheckQuote(t, c, taxes, q)
}

func TestPriceRefuses(t *testing.T) {
	line := pricing.Line{UnitPrice: 100, Quantity: 1}
	huge := pricing.Line{UnitPrice: money.Max, Quantity: 1}
	for _, c := range []struct {
		name  string
		cart  pricing.Cart
		taxes pricing.Taxes
		field string
		is    error
	}{
		{name: "no currency", cart: pricing.Cart{}, field: "currency: ", is: money.ErrCurrency},
		{name: "upper-case currency", cart: pricing.Cart{Currency: "EUR"}, field: "currency: ", is: money.ErrCurrency},
		{name: "quantity 0", cart: pricing.Cart{Lines: []pricing.Line{line, {UnitPrice: 1}}}, field: "lines[1].quantity: "},
		{name: "negative price", cart: pricing.Cart{Lines: []pricing.Line{{UnitPrice: -1, Quantity: 1}}}, field: "lines[0].unit_price: "},
		{name: "negative weight", cart: pricing.Cart{Lines: []pricing.Line{{Quantity: 1, WeightGrams: -1}}}, field: "lines[0].weight_grams: "},
		{name: "negative delivery", cart: pricing.Cart{Delivery: []pricing.Option{{Listed: -1}}}, field: "delivery[0].listed: "},

		{name: "line beyond Max", cart: pricing.Cart{Lines: []pricing.Line{{UnitPrice: 1 << 40, Quantity: 1 << 40}}}, field: "lines[0]: ", is: money.ErrRange},
		{name: "unit beyond Max", cart: pricing.Cart{Lines: []pricing.Line{{UnitPrice: money.Max + 1, Quantity: 1}}}, field: "lines[0]: ", is: money.ErrRange},
		{name: "sum beyond Max", cart: pricing.Cart{Lines: []pricing.Line{huge, line}}, field: "lines[1]: ", is: money.ErrRange},
		{name: "tax lifts a line beyond Max", cart: pricing.Cart{Lines: []pricing.Line{huge}, Destination: germany}, field: "lines[0]: ", is: money.ErrRange},
		{name: "delivery beyond Max", cart: pricing.Cart{Delivery: []pricing.Option{{Listed: money.Max}, {Listed: 1}}}, field: "delivery[1]: ", is: money.ErrRange},
		{name: "total beyond Max", cart: pricing.Cart{Lines: []pricing.Line{huge}, Delivery: []pricing.Option{{Listed: 1}}}, field: "total: ", is: money.ErrRange},
		{name: "total beyond Max, gross", cart: pricing.Cart{Lines: []pricing.Line{huge, line}, Destination: germany}, taxes: pricing.Taxes{PricesInclude: true}, field: "total: ", is: money.ErrRange},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.cart.Currency == "" && !errors.Is(c.is, money.ErrCurrency) {
				c.cart.Currency = "eur"
			}
			c.taxes.Rates = table
			q, err := pricing.Price(c.cart, c.taxes)
			if err == nil || !strings.HasPrefix(err.Error(), c.field) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("Price = %+v, %v; want an error about %q (%v)", q, err, c.field, c.is)
			}
		})
	}
}

// Max is an amount like any other.
func TestPriceUpToMax(t *testing.T) {
	taxes := pricing.Taxes{PricesInclude: true, Rates: table}
	c := pricing.Cart{Currency: "jpy", Destination: germany, Lines: []pricing.Line{{UnitPrice: money.Max - 7, Quantity: 1}, {UnitPrice: 1, Quantity: 7}}}
	q, err := pricing.Price(c, taxes)
	if err != nil || q.Total != money.Max {
		t.Fatalf("Price = %+v, %v", q, err)
	}
	pricingtest.CheckQuote(t, c, taxes, q)
}
