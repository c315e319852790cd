package pricing_test

import (
	"fmt"
	"testing"

	"github.com/checkstand/checkstand/pricing"
)

// fiveLines is a cart as it comes: five lines of two tax classes and a delivery.
func fiveLines(t testing.TB, taxes pricing.Taxes, to pricing.Destination) pricing.Cart {
	c := pricing.Cart{Currency: "eur", Destination: to}
	for i := range 5 {
		c.Lines = append(c.Lines, pricing.Line{ID: fmt.Sprintf("li_%d", i), UnitPrice: 1999 + int64(i)*137, Quantity: int64(i%3) + 1})
	}
	c.Lines[4].TaxClass = "reduced"
	return deliver(t, c, taxes, 495)
}

func BenchmarkPrice(b *testing.B) {
	long := pricing.Taxes{Rates: table}
	for i := range 5000 {
		long.Rates = append(long.Rates, pricing.Rate{Country: "US", Region: "NY", PostalPrefix: fmt.Sprintf("%05d", i), PPM: 80_000})
	}
	for _, bench := range []struct {
		name  string
		taxes pricing.Taxes
		to    pricing.Destination
	}{
		{"net/country", pricing.Taxes{Rates: table}, germany},
		{"net/region", pricing.Taxes{Rates: table}, newYork},
		{"net/5000 rows", long, newYork},
		{"gross", pricing.Taxes{Rates: table, PricesInclude: true}, germany},
	} {
		b.Run(bench.name, func(b *testing.B) {
			c := fiveLines(b, bench.taxes, bench.to)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := pricing.Price(c, bench.taxes); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOptions(b *testing.B) {
	taxes := pricing.Taxes{Rates: table, PricesInclude: true}
	c := fiveLines(b, taxes, germany)
	m := []pricing.Method{
		{ID: "post", Kind: pricing.Flat, Price: 495, FreeFrom: 5000, MinDays: 2, MaxDays: 4},
		{ID: "express", Kind: pricing.Flat, Price: 1495, Countries: []string{"DE", "AT"}, MinDays: 1, MaxDays: 1},
		{ID: "email", Kind: pricing.Electronic},
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pricing.Options(c, m, taxes, monday); err != nil {
			b.Fatal(err)
		}
	}
}

// Price is on the path of every request: the lines and the tax parts, no more.
func TestPriceAllocatesTwice(t *testing.T) {
	taxes := pricing.Taxes{Rates: table, PricesInclude: true}
	c := fiveLines(t, taxes, germany)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := pricing.Price(c, taxes); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("Price allocates %v times", n)
	}
}
