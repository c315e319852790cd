package web

import (
	"slices"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/checkstand/checkstand/iso3166"
)

// country is one to choose.
type country struct{ Code, Name string }

// allCountries are iso3166.Countries by locale, in the order of its alphabet. There
// are as many as shops have locales.
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
	for _, code := range iso3166.Countries() {
		if name := names.Name(language.MustParseRegion(code)); name != "" {
			all = append(all, country{code, name})
		}
	}
	order := collate.New(tag)
	slices.SortFunc(all, func(x, y country) int { return order.CompareString(x.Name, y.Name) })
	return all
}

// countryName is the name of a country, or its code where there is none.
func countryName(locale, code string) string {
	for _, c := range countries(locale, nil) {
		if c.Code == code {
			return c.Name
		}
	}
	return code
}
