// Package iso3166 knows the codes of countries, which ISO 3166-1 assigns, and
// the form of those of their subdivisions, ISO 3166-2. It holds what a shop's
// owner writes to them, in a configuration, a catalogue or a command; what an
// agent sends of an address is judged with the address.
package iso3166

import (
	"fmt"
	"slices"
	"strings"
)

// Countries are the codes of the countries that there are, in their order:
// those that ISO 3166-1 has assigned, and Kosovo's.
func Countries() []string { return slices.Clone(countries) }

// IsCountry reports whether a code, in upper case, is one of Countries.
func IsCountry(code string) bool {
	_, known := slices.BinarySearch(countries, code)
	return known
}

// CheckCountry refuses what is no code of a country, and says how the country
// is written where it can be told which one is meant.
func CheckCountry(code string) error {
	if IsCountry(code) {
		return nil
	}
	if is := meant(code); is != "" {
		return fmt.Errorf("%q is written %s in ISO 3166-1", code, is)
	}
	return fmt.Errorf("%.*q is no country of ISO 3166-1; write two upper-case letters, such as DE", maxShown, code)
}

// CheckPlace refuses what is neither a country, such as SA, nor a subdivision
// of one, such as US-UT.
func CheckPlace(code string) error {
	country, subdivision, within := strings.Cut(code, "-")
	switch {
	case meant(country) != "":
		return CheckCountry(country)
	case !IsCountry(country), within && !IsSubdivision(subdivision):
		return fmt.Errorf("%.*q is no country or region; write ISO 3166 codes such as SA or US-UT", maxShown, code)
	}
	return nil
}

// meant is the code of the country that somebody means who writes another; ""
// where that is anybody's guess.
func meant(code string) string {
	upper := strings.ToUpper(code)
	if is := habits[upper]; is != "" {
		return is
	}
	if upper != code && IsCountry(upper) {
		return upper
	}
	return ""
}

// IsSubdivision reports whether a code has the form of one in ISO 3166-2,
// without the country before it: one to three upper-case letters or digits.
func IsSubdivision(code string) bool {
	for i := range len(code) {
		if (code[i] < 'A' || code[i] > 'Z') && (code[i] < '0' || code[i] > '9') {
			return false
		}
	}
	return 1 <= len(code) && len(code) <= 3
}

// maxShown is how much of a wrong code is repeated, in characters.
const maxShown = 40

// habits are codes that people write for a country that has another.
var habits = map[string]string{"UK": "GB", "EL": "GR"}

// kosovo is a code that ISO 3166-1 leaves to whoever uses it, and that banks and
// payment providers use.
const kosovo = "XK"

var countries = slices.Sorted(slices.Values(append(strings.Fields(isoCountries), kosovo)))

// isoCountries are the codes that ISO 3166-1 has assigned.
const isoCountries = `
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ
BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ
DE DJ DK DM DO DZ
EC EE EG EH ER ES ET
FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY
HK HM HN HR HT HU
ID IE IL IM IN IO IQ IR IS IT
JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ
LA LB LC LI LK LR LS LT LU LV LY
MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ
NA NC NE NF NG NI NL NO NP NR NU NZ
OM
PA PE PF PG PH PK PL PM PN PR PS PT PW PY
QA
RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ
TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
UA UG UM US UY UZ
VA VC VE VG VI VN VU
WF WS
YE YT
ZA ZM ZW
`
