package web

import (
	"slices"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// country is one to choose.
type country struct{ Code, Name string }

// allCountries are those of ISO 3166-1 and Kosovo by locale, in the order of its alphabet.
// There are as many as shops have locales.
var allCountries sync.Map // string → []country

// countries lists those with the given codes, or all, as the locale names them.
func countries(locale string, codes []string) []country {
	known, ok := allCountries.Load(locale)
	if !ok {
		known, _ = allCountries.LoadOrStore(locale, everyCountry(locale))
	}
	all := known.([]country)
	if len(codes) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(c country) bool { return !slices.Contains(codes, c.Code) })
}

func everyCountry(locale string) []country {
	tag, err := language.Parse(locale)
	if err != nil {
		tag = language.AmericanEnglish
	}
	names := display.Regions(tag)
	if names == nil {
		names = display.Regions(language.AmericanEnglish)
	}
	var all []country
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string([]rune{a, b}))
			if err != nil || !region.IsCountry() || region.Canonicalize().String() != string([]rune{a, b}) || notInISO3166[region.String()] {
				continue
			}
			if name := names.Name(region); name != "" {
				all = append(all, country{region.String(), name})
			}
		}
	}
	order := collate.New(tag)
	slices.SortFunc(all, func(x, y country) int { return order.CompareString(x.Name, y.Name) })
	return all
}

// notInISO3166 are codes that the CLDR takes for countries and that are
// withdrawn or only reserved in ISO 3166-1. Kosovo has one that users have agreed
// on, and a shop may be there.
var notInISO3166 = map[string]bool{"AC": true, "CP": true, "DG": true, "EA": true, "EZ": true, "IC": true, "TA": true, "UN": true}

// countryName is the name of a country, or its code where there is none.
func countryName(locale, code string) string {
	for _, c := range countries(locale, nil) {
		if c.Code == code {
			return c.Name
		}
	}
	return code
}
