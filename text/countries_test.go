package text

import (
	"slices"
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
		if err != nil || !region.IsCountry() || region.String() != code || seen[code] || !IsCountry(code) {
			t.Errorf("%s: %v, %v, twice %t, taken %t", code, region, err, seen[code], IsCountry(code))
		}
		seen[code] = true
	}
	for code, want := range map[string]bool{"XK": true, "XX": false, "ZZ": false, "AA": false, "UK": false, "EU": false, "DDE": false, "D": false, "": false, "E ": false, "de": false} {
		if IsCountry(code) != want {
			t.Errorf("%q: %t", code, !want)
		}
	}
	if all := Countries(); len(all) != 250 || !slices.Contains(all, kosovo) {
		t.Errorf("%d countries", len(all))
	}
}
