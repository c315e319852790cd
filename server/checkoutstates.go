package server

import (
	"slices"
	"strings"

	"github.com/checkstand/checkstand/checkout"
)

// stateless are countries whose addresses have no state or province.
var stateless = strings.Fields("AT BE BG CH CZ DE DK FI FR GR HR HU IS LI LU MC NL NO PL SE SI SK")

// asksState reports whether the form of a shop asks for a state: where it ships
// to a country whose addresses have one, or has a rule for a part of a country.
func asksState(m *checkout.Merchant, served []string) bool {
	if len(served) == 0 || slices.ContainsFunc(served, func(country string) bool { return !slices.Contains(stateless, country) }) {
		return true
	}
	for i := range m.Methods {
		if len(m.Methods[i].Regions) > 0 {
			return true
		}
	}
	for i := range m.Taxes.Rates {
		if r := &m.Taxes.Rates[i]; r.Region != "" && slices.Contains(served, r.Country) {
			return true
		}
	}
	for i := range m.Restrictions {
		for _, place := range m.Restrictions[i].NotIn {
			if country, _, part := strings.Cut(place, "-"); part && slices.Contains(served, country) {
				return true
			}
		}
	}
	return false
}
