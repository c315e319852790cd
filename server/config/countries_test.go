package config

import (
	"testing"

	"github.com/checkstand/checkstand/iso3166"
)

// Time zones are those of countries, and can be read.
func TestZonesOfCountries(t *testing.T) {
	for code, zone := range zoneOf {
		if !iso3166.IsCountry(code) {
			t.Errorf("%s has the zone %s, and is no country", code, zone)
		}
		r := newReport(nil)
		if r.zone("timezone", zone); len(r.problems) > 0 {
			t.Errorf("%s: %v", code, r.problems)
		}
	}
}
