package config

import (
	"strings"
	"testing"

	"golang.org/x/text/language"
)

// The codes are those of ISO 3166-1: 249, each of a country that is known
// elsewhere too, and every one of them is taken.
func TestCountries(t *testing.T) {
	codes := strings.Fields(isoCountries)
	if len(codes) != 249 {
		t.Errorf("%d codes", len(codes))
	}
	seen := map[string]bool{}
	for _, code := range codes {
		region, err := language.ParseRegion(code)
		if err != nil || !region.IsCountry() || region.String() != code || seen[code] || !isCountry(code) {
			t.Errorf("%s: %v, %v, twice %t, taken %t", code, region, err, seen[code], isCountry(code))
		}
		seen[code] = true
	}
	for code, want := range map[string]bool{"XK": true, "XX": false, "ZZ": false, "AA": false, "UK": false, "EU": false, "DDE": false, "D": false, "": false, "E ": false, "de": false} {
		if isCountry(code) != want {
			t.Errorf("%q: %t", code, !want)
		}
	}
	for code, zone := range zoneOf {
		if !isCountry(code) {
			t.Errorf("%s has the zone %s, and is no country", code, zone)
		}
		r := newReport(nil)
		if r.zone("timezone", zone); len(r.problems) > 0 {
			t.Errorf("%s: %v", code, r.problems)
		}
	}
}
