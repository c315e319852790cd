package pricing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/pricing"
)

// wantFaults checks that an error has one line a field, and no other.
func wantFaults(t *testing.T, err error, fields ...string) {
	t.Helper()
	var got []string
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			field, text, ok := strings.Cut(line, ": ")
			if !ok || text == "" {
				t.Errorf("a fault without a field or a text: %q", line)
			}
			got = append(got, field)
		}
	}
	if !slices.Equal(got, fields) {
		t.Errorf("faults at %q; want %q\n%v", got, fields, err)
	}
}

func TestValidateTaxes(t *testing.T) {
	for _, c := range []struct {
		name   string
		taxes  pricing.Taxes
		faults []string
	}{
		{"none at all", pricing.Taxes{}, nil},
		{"a good table", pricing.Taxes{PricesInclude: true, ShowGross: true, Rounding: money.HalfEven, Origin: newYork, Rates: table}, nil},
		{"rows that differ in one thing", pricing.Taxes{Rates: []pricing.Rate{
			{Country: "US"}, {Country: "DE"}, {Country: "US", Class: "food"}, {Country: "US", Region: "CA"}, {Country: "US", PostalPrefix: "9"}, {Country: "US", PostalPrefix: "9 4"}, {Country: "GB", PostalPrefix: "SW1A-"},
		}}, nil},
		{"gross figures of net prices", pricing.Taxes{ShowGross: true}, []string{"show_gross"}},
		{"rounding", pricing.Taxes{Rounding: 9}, []string{"rounding"}},
		{"origin", pricing.Taxes{Origin: pricing.Destination{Country: "de", Region: "US-CA"}}, []string{"origin.country", "origin.region"}},
		{"origin without a country", pricing.Taxes{Origin: pricing.Destination{Region: "CA"}}, []string{"origin.country"}},
		{"rates", pricing.Taxes{Rates: []pricing.Rate{
			{Country: "DE", PPM: 1_000_000},
			{Country: "DEU"},
			{Country: "FR", PPM: 1_000_001},
			{Country: "AT", PPM: -1},
			{Country: "US", Region: "California"},
			{Country: "US", Region: "US-CA"},
			{Country: "US", PostalPrefix: "  "},
			{Country: "US", PostalPrefix: "94*"},
			{Country: "US", PostalPrefix: strings.Repeat("9", 21)},
			{Country: "UK"},
			{Country: "EL"},
			{Country: "XK"},
			{Country: "XX"},
			{},
		}}, []string{
			"rates[1].country", "rates[2].ppm", "rates[3].ppm", "rates[4].region", "rates[5].region",
			"rates[6].postal_prefix", "rates[7].postal_prefix", "rates[8].postal_prefix",
			"rates[9].country", "rates[10].country", "rates[12].country", "rates[13].country",
		}},
		{"the same place and class twice", pricing.Taxes{Rates: []pricing.Rate{
			{Country: "US", PostalPrefix: "SW1", PPM: 1}, {Country: "US", PostalPrefix: "9"}, {Country: "US", PostalPrefix: "s w1", PPM: 2, Name: "VAT"},
		}}, []string{"rates[2]"}},
		{"too many rows", pricing.Taxes{Rates: make([]pricing.Rate, pricing.MaxRates+1)}, []string{"rates"}},
	} {
		t.Run(c.name, func(t *testing.T) { wantFaults(t, c.taxes.Validate(), c.faults...) })
	}
}

func TestValidateMethod(t *testing.T) {
	flat := pricing.Method{ID: "post", Title: "Post", Kind: pricing.Flat, Price: 495}
	tiered := pricing.Method{ID: "post", Title: "Post", Kind: pricing.ByWeight, Tiers: []pricing.Tier{{UpTo: 1000, Price: 300}, {UpTo: 5000, Price: 700}, {Price: 900}}}
	change := func(m pricing.Method, f func(*pricing.Method)) pricing.Method {
		m.Tiers = slices.Clone(m.Tiers)
		f(&m)
		return m
	}
	for _, c := range []struct {
		name   string
		method pricing.Method
		faults []string
	}{
		{"flat", flat, nil},
		{"tiered", tiered, nil},
		{"tiered, with an end", change(tiered, func(m *pricing.Method) { m.Tiers = m.Tiers[:2]; m.Kind = pricing.BySubtotal }), nil},
		{"everything set", change(flat, func(m *pricing.Method) {
			m.Countries, m.Regions, m.FreeFrom, m.MinDays, m.MaxDays = []string{"US", "CA"}, []string{"US-CA", "CA-ON", "!US-HI"}, 5000, 2, 4
		}), nil},
		{"nothing set", pricing.Method{}, []string{"id", "title", "kind"}},
		{"id", change(flat, func(m *pricing.Method) { m.ID = "by post" }), []string{"id"}},
		{"long id", change(flat, func(m *pricing.Method) { m.ID = strings.Repeat("x", 65) }), []string{"id"}},
		{"kind", change(flat, func(m *pricing.Method) { m.Kind = "pigeon" }), []string{"kind"}},
		{"negative", change(flat, func(m *pricing.Method) { m.Price, m.FreeFrom = -1, -1 }), []string{"price", "free_from"}},
		{"too much", change(flat, func(m *pricing.Method) { m.Price = money.Max + 1 }), []string{"price"}},
		{"flat with tiers", change(tiered, func(m *pricing.Method) { m.Kind = pricing.Flat }), []string{"tiers"}},
		{"tiers with a price", change(tiered, func(m *pricing.Method) { m.Price = 1 }), []string{"price"}},
		{"no tiers", change(tiered, func(m *pricing.Method) { m.Tiers = nil }), []string{"tiers"}},
		{"many tiers", change(tiered, func(m *pricing.Method) { m.Tiers = make([]pricing.Tier, pricing.MaxTiers+1) }), []string{"tiers"}},
		{"a tier for all before the last", change(tiered, func(m *pricing.Method) { m.Tiers[1].UpTo = 0 }), []string{"tiers[1].up_to"}},
		{"tiers out of order", change(tiered, func(m *pricing.Method) { m.Tiers[1].UpTo = 1000 }), []string{"tiers[1].up_to"}},
		{"a negative tier", change(tiered, func(m *pricing.Method) { m.Tiers[0] = pricing.Tier{UpTo: -1, Price: -1} }), []string{"tiers[0].price", "tiers[0].up_to"}},
		{"country", change(flat, func(m *pricing.Method) { m.Countries = []string{"DE", "Austria", "UK", "EU"} }), []string{"countries[1]", "countries[2]", "countries[3]"}},
		{"region", change(flat, func(m *pricing.Method) { m.Regions = []string{"US-CA", "CA", "!", "us-ny", "US-", "!UK-ENG", "XX-1"} }),
			[]string{"regions[1]", "regions[2]", "regions[3]", "regions[4]", "regions[5]", "regions[6]"}},
		{"a region of another country", change(flat, func(m *pricing.Method) { m.Countries, m.Regions = []string{"US"}, []string{"!CA-ON"} }), []string{"regions[0]"}},
		{"a country that regions leave out", change(flat, func(m *pricing.Method) { m.Countries, m.Regions = []string{"US", "DE"}, []string{"US-CA"} }), []string{"countries[1]"}},
		{"days", change(flat, func(m *pricing.Method) { m.MinDays, m.MaxDays = -1, 366 }), []string{"min_days", "max_days"}},
		{"an end before the beginning", change(flat, func(m *pricing.Method) { m.MinDays = 3 }), []string{"max_days"}},
	} {
		t.Run(c.name, func(t *testing.T) { wantFaults(t, c.method.Validate(), c.faults...) })
	}
}

func TestValidateMethods(t *testing.T) {
	post := pricing.Method{ID: "post", Title: "Post", Kind: pricing.Flat}
	bad := pricing.Method{ID: "tiers", Title: "Tiers", Kind: pricing.ByWeight, Tiers: []pricing.Tier{{UpTo: 5}, {UpTo: 5}}}
	wantFaults(t, pricing.ValidateMethods(nil))
	wantFaults(t, pricing.ValidateMethods([]pricing.Method{post}))
	wantFaults(t, pricing.ValidateMethods([]pricing.Method{bad, post, post}), "methods[0].tiers[1].up_to", "methods[2].id")
	wantFaults(t, pricing.ValidateMethods(make([]pricing.Method, pricing.MaxMethods+1)), "methods")
}
