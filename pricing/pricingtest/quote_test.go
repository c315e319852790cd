package pricingtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/pricing/pricingtest"
)

// recorder counts what a check reports.
type recorder struct{ faults []string }

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// A checker that accepts everything is worse than none: every figure of a good
// quote, moved by one, must be noticed.
func TestEveryChangedFigureIsNoticed(t *testing.T) {
	for _, taxes := range []pricing.Taxes{
		{Rates: rates},
		{Rates: rates, PricesInclude: true},
		{Rates: rates, PricesInclude: true, ShowGross: true},
	} {
		price := func() (pricing.Cart, pricing.Quote) {
			c := pricing.Cart{
				Currency:    "eur",
				Destination: pricing.Destination{Country: "DE"},
				Lines:       []pricing.Line{{ID: "a", UnitPrice: 1999, Quantity: 3}, {ID: "b", UnitPrice: 250, Quantity: 1, TaxClass: "reduced"}},
			}
			var err error
			if c.Delivery, err = pricing.Options(c, []pricing.Method{{ID: "post", Kind: pricing.Flat, Price: 495}}, taxes, now); err != nil {
				t.Fatal(err)
			}
			q, err := pricing.Price(c, taxes)
			if err != nil {
				t.Fatal(err)
			}
			return c, q
		}

		c, q := price()
		pricingtest.CheckQuote(t, c, taxes, q)
		for name, change := range map[string]func(*pricing.Quote){
			"line id":        func(q *pricing.Quote) { q.Lines[0].LineID = "b" },
			"unit amount":    func(q *pricing.Quote) { q.Lines[0].UnitAmount++ },
			"base":           func(q *pricing.Quote) { q.Lines[0].Base++ },
			"line discount":  func(q *pricing.Quote) { q.Lines[0].Discount++ },
			"line subtotal":  func(q *pricing.Quote) { q.Lines[0].Subtotal++ },
			"line tax":       func(q *pricing.Quote) { q.Lines[1].Tax++ },
			"line total":     func(q *pricing.Quote) { q.Lines[1].Total-- },
			"items base":     func(q *pricing.Quote) { q.ItemsBase++ },
			"items discount": func(q *pricing.Quote) { q.ItemsDiscount++ },
			"subtotal":       func(q *pricing.Quote) { q.Subtotal++ },
			"discount":       func(q *pricing.Quote) { q.Discount++ },
			"fulfillment":    func(q *pricing.Quote) { q.Fulfillment-- },
			"tax":            func(q *pricing.Quote) { q.Tax++ },
			"tax included":   func(q *pricing.Quote) { q.TaxIncluded++ },
			"fee":            func(q *pricing.Quote) { q.Fee++ },
			"total":          func(q *pricing.Quote) { q.Total++ },
			"a line less":    func(q *pricing.Quote) { q.Lines = q.Lines[:1] },
			"tax parts":      func(q *pricing.Quote) { q.TaxParts = nil; q.IncludedParts = nil },
			"a part moved":   func(q *pricing.Quote) { parts(q)[0].Jurisdiction = "FR" },
			"a part twice": func(q *pricing.Quote) {
				q.TaxParts = append(q.TaxParts, pricing.TaxPart{Jurisdiction: "DE", PPM: 190_000})
			},
			"a shelf price":   func(q *pricing.Quote) { shift(q, 1) },
			"a negative line": func(q *pricing.Quote) { shift(q, -100_000) },
		} {
			c, q := price()
			change(&q)
			var r recorder
			pricingtest.CheckQuote(&r, c, taxes, q)
			if len(r.faults) == 0 {
				t.Errorf("prices include %v, show gross %v: a wrong %s was not noticed", taxes.PricesInclude, taxes.ShowGross, name)
			}
		}
	}
}

// So is what a discount says of itself.
func TestEveryChangedDiscountIsNoticed(t *testing.T) {
	for _, taxes := range []pricing.Taxes{
		{Rates: rates},
		{Rates: rates, PricesInclude: true},
		{Rates: rates, PricesInclude: true, ShowGross: true},
	} {
		price := func() (pricing.Cart, pricing.Quote) {
			c := pricing.Cart{
				Currency:    "eur",
				Destination: pricing.Destination{Country: "DE"},
				Lines:       []pricing.Line{{ID: "a", UnitPrice: 1999, Quantity: 3}, {ID: "b", UnitPrice: 250, Quantity: 1, TaxClass: "reduced"}},
				Discounts: []*pricing.Discount{{ID: "ten", Kind: pricing.PercentOff, PPM: 100_000, Each: true},
					{ID: "free", Kind: pricing.FreeDelivery}, {ID: "five", Kind: pricing.AmountOff, Amount: 500}},
			}
			var err error
			if c.Delivery, err = pricing.Options(c, []pricing.Method{{ID: "post", Kind: pricing.Flat, Price: 495}}, taxes, now); err != nil {
				t.Fatal(err)
			}
			q, err := pricing.Price(c, taxes)
			if err != nil {
				t.Fatal(err)
			}
			return c, q
		}
		c, q := price()
		pricingtest.CheckQuote(t, c, taxes, q)
		for name, change := range map[string]func(*pricing.Quote){
			"amount":                    func(q *pricing.Quote) { q.Applied[0].Amount++ },
			"part":                      func(q *pricing.Quote) { q.Applied[0].Parts[0].Amount++ },
			"place":                     func(q *pricing.Quote) { q.Applied[0].Parts[0].Line = 1 },
			"discount less":             func(q *pricing.Quote) { q.Applied = q.Applied[:2] },
			"part of the delivery":      func(q *pricing.Quote) { q.Applied[2].Parts[0].Line = 0 },
			"discount of a line":        func(q *pricing.Quote) { q.Lines[0].Discount--; q.Lines[0].Subtotal++ },
			"discount of delivery":      func(q *pricing.Quote) { q.Discount--; q.Total++ },
			"tax of what is left":       func(q *pricing.Quote) { q.Lines[0].Tax++; q.Lines[0].Total++; q.Tax++; q.Total++ },
			"delivery that was free":    func(q *pricing.Quote) { q.Total += 495 },
			"part moved to a neighbour": func(q *pricing.Quote) { q.Applied[0].Parts[0].Amount--; q.Applied[0].Parts[1].Amount++ },
		} {
			c, q := price()
			change(&q)
			var r recorder
			pricingtest.CheckQuote(&r, c, taxes, q)
			if len(r.faults) == 0 {
				t.Errorf("prices include %v, show gross %v: a wrong %s was not noticed", taxes.PricesInclude, taxes.ShowGross, name)
			}
		}
	}
}

// parts are those of the tax, beside the figures or in them.
func parts(q *pricing.Quote) []pricing.TaxPart {
	if len(q.TaxParts) > 0 {
		return q.TaxParts
	}
	return q.IncludedParts
}

// shift moves a whole line by amount, so that all sums still agree.
func shift(q *pricing.Quote, amount int64) {
	a := &q.Lines[1] // quantity 1
	a.UnitAmount += amount
	a.Base += amount
	a.Subtotal += amount
	a.Total += amount
	q.ItemsBase += amount
	q.Subtotal += amount
	q.Total += amount
}

var now = time.Date(2026, 3, 2, 10, 30, 0, 0, time.UTC)

var rates = []pricing.Rate{
	{Country: "DE", PPM: 190_000},
	{Country: "DE", Class: "reduced", PPM: 70_000},
}
