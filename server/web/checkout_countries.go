package web

import (
	"cmp"
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

// newerNames are what browsers call countries that the tables of x/text name
// otherwise, by language: some have another name since those were made, and of
// some the CLDR has several. The app's widget has them from the browser.
var newerNames = map[string]map[string]string{
	"en": {"FK": "Falkland Islands (Islas Malvinas)", "HK": "Hong Kong", "MK": "North Macedonia", "MO": "Macao", "PS": "Palestine", "SZ": "Eswatini", "TR": "Türkiye"},
	"de": {"BQ": "Karibische Niederlande", "FK": "Falklandinseln (Malwinen)", "HK": "Hongkong", "MK": "Nordmazedonien", "MO": "Macau", "PS": "Palästina", "SZ": "Eswatini"},
	"fr": {"BN": "Brunei", "FK": "Îles Malouines (Îles Falkland)", "FM": "Micronésie", "GS": "Géorgie du Sud-et-les Îles Sandwich du Sud", "HK": "Hong Kong",
		"HM": "Îles Heard-et-MacDonald", "KG": "Kirghizstan", "LR": "Liberia", "MK": "Macédoine du Nord", "MO": "Macao", "NG": "Nigeria", "PS": "Palestine",
		"SZ": "Eswatini", "TK": "Tokelau", "VC": "Saint-Vincent-et-les Grenadines", "VN": "Viêt Nam"},
	"es": {"AX": "Islas Aland", "CG": "Congo", "FK": "Islas Malvinas (Islas Falkland)", "GG": "Guernesey", "HK": "Hong Kong", "MK": "Macedonia del Norte", "MO": "Macao",
		"PS": "Palestina", "SZ": "Esuatini"}, //nolint:misspell // Spanish
	"ja": {"FK": "フォークランド諸島 (マルビーナス諸島)", "HK": "香港", "MK": "北マケドニア", "MO": "マカオ", "PS": "パレスチナ", "SZ": "エスワティニ"},
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
	newer := newerNames[base.String()]
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
