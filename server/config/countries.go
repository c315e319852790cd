package config

import (
	"strings"

	"github.com/checkstand/checkstand/text"
)

// checkCountry refuses what is no country. What is not even written as one is
// refused by package pricing, which takes every two letters.
func (m *MerchantConfig) checkCountry(r *report, at string) {
	switch {
	case m.Country == "":
		r.errorf(at, "is missing; write the country that the shop sells from, such as \"DE\"")
	case len(m.Country) == 2 && strings.ToUpper(m.Country) == m.Country && !text.IsCountry(m.Country) && m.Country != "UK" && m.Country != "EL":
		r.errorf(at, "%q is no country of ISO 3166-1; write the one that the shop sells from, such as \"DE\"", clip(m.Country))
	}
}
