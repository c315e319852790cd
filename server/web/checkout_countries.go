package web

import (
	"cmp"
	_ "embed" // the names
	"slices"
	"strings"
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

// browserNames are what browsers call countries that the tables of x/text name
// otherwise: some have another name since those were made, and of some the CLDR
// has several. The app's widget has them from the browser.
//
//go:embed countries.tsv
var browserNames string

// namesOfBrowsers are those of a language, by code.
func namesOfBrowsers(lang string) map[string]string {
	names := map[string]string{}
	for row := range strings.Lines(browserNames) {
		if c := strings.Split(strings.TrimSuffix(row, "\n"), "\t"); c[0] == lang {
			names[c[1]] = c[2]
		}
	}
	return names
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
	base, _ := tag.Base()
	newer := namesOfBrowsers(base.String())
	var all []country
	for _, code := range iso3166.Countries() {
		name := names.Name(language.MustParseRegion(code))
		if is := newer[code]; is != "" {
			name = is
		}
		if name != "" {
			all = append(all, country{code, name})
		}
	}
	order := collate.New(tag)
	slices.SortFunc(all, func(x, y country) int {
		return cmp.Or(order.CompareString(spoken(x.Name), spoken(y.Name)), order.CompareString(x.Name, y.Name))
	})
	return all
}

// vowels are the kana before which a stroke is read as each vowel.
var vowels = map[rune]string{
	'ア': "ァアカガサザタダナハバパマャヤラワ", 'イ': "ィイキギシジチヂニヒビピミリ", 'ウ': "ゥウクグスズツヅヌフブプムュユルヴ",
	'エ': "ェエケゲセゼテデネヘベペメレ", 'オ': "ォオコゴソゾトドノホボポモョヨロヲ",
}

// spoken writes the long vowels of Japanese as they are read, which is how they
// are sorted: the tables of x/text have no order for the stroke.
func spoken(name string) string {
	last := ' '
	return strings.Map(func(r rune) rune {
		if r != 'ー' {
			last = r
			return r
		}
		for vowel, kana := range vowels {
			if strings.ContainsRune(kana, last) {
				return vowel
			}
		}
		return r
	}, name)
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
