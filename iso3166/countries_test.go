package iso3166

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

// What is no country is said, with the code of the one that is meant.
func TestChecks(t *testing.T) {
	const none, noPlace = ` is no country of ISO 3166-1; write two upper-case letters, such as DE`, ` is no country or region; write ISO 3166 codes such as SA or US-UT`
	long := strings.Repeat("é", maxShown+1)
	for code, want := range map[string]struct{ country, place string }{
		"DE":      {"", ""},
		"XK":      {"", ""},
		"UK":      {`"UK" is written GB in ISO 3166-1`, `"UK" is written GB in ISO 3166-1`},
		"uk":      {`"uk" is written GB in ISO 3166-1`, `"uk" is written GB in ISO 3166-1`},
		"EL":      {`"EL" is written GR in ISO 3166-1`, `"EL" is written GR in ISO 3166-1`},
		"de":      {`"de" is written DE in ISO 3166-1`, `"de" is written DE in ISO 3166-1`},
		"XX":      {`"XX"` + none, `"XX"` + noPlace},
		"EU":      {`"EU"` + none, `"EU"` + noPlace},
		"Germany": {`"Germany"` + none, `"Germany"` + noPlace},
		"":        {`""` + none, `""` + noPlace},
		"US-UT":   {`"US-UT"` + none, ""},
		"GB-ENG":  {`"GB-ENG"` + none, ""},
		"FR-75":   {`"FR-75"` + none, ""},
		"UK-ENG":  {`"UK-ENG"` + none, `"UK" is written GB in ISO 3166-1`},
		"XX-A":    {`"XX-A"` + none, `"XX-A"` + noPlace},
		"US-":     {`"US-"` + none, `"US-"` + noPlace},
		"US-utah": {`"US-utah"` + none, `"US-utah"` + noPlace},
		"US-U T":  {`"US-U T"` + none, `"US-U T"` + noPlace},
		"US-UTAH": {`"US-UTAH"` + none, `"US-UTAH"` + noPlace},
		long:      {`"` + strings.Repeat("é", maxShown) + `"` + none, `"` + strings.Repeat("é", maxShown) + `"` + noPlace},
	} {
		if got := says(CheckCountry(code)); got != want.country {
			t.Errorf("the country %q: %s, want %s", code, got, want.country)
		}
		if got := says(CheckPlace(code)); got != want.place {
			t.Errorf("the place %q: %s, want %s", code, got, want.place)
		}
	}
}

func says(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
