package pricing_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/pricing"
)

func TestTheMostExactRowWins(t *testing.T) {
	taxes := pricing.Taxes{Rates: []pricing.Rate{
		{Country: "US", Name: "country"},
		{Country: "US", Class: "food", Name: "country, food"},
		{Country: "US", Region: "CA", Name: "region"},
		{Country: "US", Region: "CA", PostalPrefix: "9", Name: "9"},
		{Country: "US", Region: "CA", PostalPrefix: "941", Name: "941"},
		{Country: "US", Region: "CA", PostalPrefix: "941", Class: "food", Name: "941, food"},
		{Country: "US", PostalPrefix: "94102", Name: "94102, any region"},
		{Country: "GB", Name: "country"},
		{Country: "GB", PostalPrefix: "bt 1", Name: "Belfast"},
		{Country: "DE", Class: "reduced", Name: "reduced only"},
		{Country: "FR", PPM: 0, Name: "zero rate"},
	}}
	for _, c := range []struct {
		country, region, postal, class string
		want                           string // "" is no row
	}{
		{"US", "NY", "10001", "", "country"},
		{"US", "", "", "", "country"},
		{"US", "NY", "10001", "food", "country, food"},
		{"US", "NY", "10001", "books", "country"},
		{"US", "CA", "80000", "", "region"},
		{"US", "CA", "", "", "region"},
		{"US", "CA", "80000", "food", "region"}, // the place comes before the class
		{"US", "CA", "90001", "", "9"},
		{"US", "CA", "94199", "", "941"},
		{"US", "CA", "94199", "food", "941, food"},
		{"US", "CA", "94102", "food", "94102, any region"},
		{"US", "ca", "94199", "", "941"},
		{"us", "NY", "", "", "country"},
		{"US", "CA", "9 4 1", "", "941"},
		{"US", "CA", "94", "", "9"},
		{"GB", "", "bt11aa", "", "Belfast"},
		{"GB", "", " BT 1 1AA", "", "Belfast"},
		{"GB", "", "B T", "", "country"},
		{"DE", "", "", "reduced", "reduced only"},
		{"DE", "", "", "", ""},
		{"DE", "", "", "Reduced", ""}, // classes are exact
		{"FR", "", "", "", "zero rate"},
		{"AT", "", "", "", ""},
		{"", "", "", "", ""},
		{"", "CA", "94102", "", ""},
	} {
		got, ok := taxes.Rate(pricing.Destination{Country: c.country, Region: c.region, PostalCode: c.postal}, c.class)
		if got.Name != c.want || ok != (c.want != "") {
			t.Errorf("Rate(%s %q %q, class %q) = %q, %v; want %q", c.country, c.region, c.postal, c.class, got.Name, ok, c.want)
		}
	}
}

// rateByTheBook is Rate as its documentation reads.
func rateByTheBook(t pricing.Taxes, d pricing.Destination, class string) (pricing.Rate, bool) {
	normal := func(s string) string { return strings.ToUpper(strings.ReplaceAll(s, " ", "")) }
	var rows []pricing.Rate
	for _, r := range t.Rates {
		if r.Country == d.Country && (r.Region == "" || r.Region == d.Region) &&
			strings.HasPrefix(normal(d.PostalCode), normal(r.PostalPrefix)) && (r.Class == "" || r.Class == class) {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return pricing.Rate{}, false
	}
	slices.SortStableFunc(rows, func(a, b pricing.Rate) int {
		return cmp.Or(
			cmp.Compare(len(normal(b.PostalPrefix)), len(normal(a.PostalPrefix))),
			cmp.Compare(len(b.Region), len(a.Region)),
			strings.Compare(b.Class, a.Class),
		)
	})
	return rows[0], true
}

func TestRateFollowsTheBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		taxes := pricing.Taxes{Rates: rapid.SliceOfN(rate(), 0, 12).Draw(t, "rates")}
		d, class := destination().Draw(t, "destination"), taxClass.Draw(t, "class")
		got, ok := taxes.Rate(d, class)
		want, found := rateByTheBook(taxes, d, class)
		if got != want || ok != found {
			t.Fatalf("Rate(%+v, %q) = %+v, %v; want %+v, %v", d, class, got, ok, want, found)
		}
	})
}

func TestJurisdiction(t *testing.T) {
	for want, r := range map[string]pricing.Rate{
		"DE":    {Country: "DE"},
		"US-CA": {Country: "US", Region: "CA", PostalPrefix: "941"},
	} {
		if got := r.Jurisdiction(); got != want {
			t.Errorf("Jurisdiction = %q; want %q", got, want)
		}
	}
}
