package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/server/config"
)

// place is where a test case has something delivered to.
type place struct{ country, region, city, postal string }

// places are towns of the countries in which a postal code or a region has a
// form, so that an address with them is accepted. The street is nobody's.
var places = []place{
	{"US", "CA", "San Francisco", "94105"}, {"US", "NY", "New York", "10001"}, {"US", "TX", "Austin", "78701"},
	{"US", "IL", "Chicago", "60601"}, {"US", "FL", "Miami", "33101"}, {"US", "WA", "Seattle", "98101"},
	{"DE", "", "Berlin", "10115"}, {"AT", "", "Wien", "1010"}, {"CH", "", "Zürich", "8001"}, {"FR", "", "Paris", "75001"},
	{"GB", "", "London", "EC1A 1BB"}, {"IE", "", "Dublin", "D01 F5P2"}, {"NL", "", "Amsterdam", "1012 AB"}, {"BE", "", "Bruxelles", "1000"},
	{"IT", "RM", "Roma", "00118"}, {"ES", "M", "Madrid", "28001"}, {"PT", "", "Lisboa", "1000-001"}, {"DK", "", "København", "1050"},
	{"SE", "", "Stockholm", "111 20"}, {"NO", "", "Oslo", "0150"}, {"FI", "", "Helsinki", "00100"}, {"PL", "", "Warszawa", "00-001"},
	{"CZ", "", "Praha", "110 00"}, {"CA", "ON", "Toronto", "M5H 2N2"}, {"AU", "NSW", "Sydney", "2000"}, {"NZ", "", "Auckland", "1010"},
	{"JP", "", "Tokyo", "100-0001"},
}

const (
	receiver = "Test Buyer"
	street   = "1 Example Street"
)

// words is the address in one line.
func (p place) words() string {
	town := strings.TrimSpace(p.region + " " + p.postal)
	return fmt.Sprintf("%s, %s, %s, %s, %s", receiver, street, p.city, town, p.country)
}

// arguments is the address as a host sends it.
func (p place) arguments() map[string]any {
	a := map[string]any{"name": receiver, "line_one": street, "city": p.city, "postal_code": p.postal, "country": p.country}
	if p.region != "" {
		a["state"] = p.region
	}
	return a
}

// delivery is a place with the ways in which an item gets there.
type delivery struct {
	place
	options []pricing.Option
}

// deliver finds a place that an item can be delivered to: in the shop's own
// country if there is one, and one with a choice of ways if there is. The error
// is one of the configuration.
func deliver(shop *config.MerchantConfig, publicURL string, it *catalog.Item, quantity int64, now time.Time) (best delivery, err error) {
	settings, err := shop.Settings(publicURL)
	if err != nil {
		return best, err
	}
	candidates := served(shop)
	slices.SortStableFunc(candidates, func(a, b place) int { return foreign(a, shop) - foreign(b, shop) })
	for _, p := range candidates {
		options, err := pricing.Options(pricing.Cart{Currency: shop.Currency, Destination: pricing.Destination{Country: p.country, Region: p.region, PostalCode: p.postal},
			Lines: []pricing.Line{{ID: it.ID, UnitPrice: it.Price, Quantity: quantity, TaxClass: it.TaxClass, TaxExempt: it.TaxExempt, WeightGrams: it.WeightGrams}}},
			settings.Methods, settings.Taxes, now)
		if err != nil {
			return best, err
		}
		// What is picked up goes to no place, and a courier's rounds pass.
		options = slices.DeleteFunc(options, func(o pricing.Option) bool { return o.Way != pricing.Shipping })
		if len(best.options) > 0 && foreign(p, shop) != foreign(best.place, shop) {
			return best, nil
		}
		if len(options) > len(best.options) {
			best = delivery{p, options}
		}
	}
	return best, nil
}

// served are the places that are known, and those that only the shop's ways of
// delivery name.
func served(shop *config.MerchantConfig) []place {
	list := slices.Clone(places)
	add := func(country, region string) {
		known := slices.IndexFunc(places, func(p place) bool { return p.country == country })
		if region == "" && known >= 0 || slices.ContainsFunc(list, func(p place) bool { return p.country == country && p.region == region }) {
			return
		}
		p := place{country, region, "Example City", "10000"}
		if known >= 0 {
			p.postal = places[known].postal
		}
		list = append(list, p)
	}
	add(shop.Country, "")
	for i := range shop.Shipping {
		for _, country := range shop.Shipping[i].Countries {
			add(strings.ToUpper(country), "")
		}
		for _, code := range shop.Shipping[i].Regions {
			if country, region, ok := strings.Cut(strings.ToUpper(code), "-"); ok && !strings.HasPrefix(code, "!") {
				add(country, region)
			}
		}
	}
	return list
}

// foreign is 0 for places of the shop's own country.
func foreign(p place, shop *config.MerchantConfig) int {
	if p.country == shop.Country {
		return 0
	}
	return 1
}
