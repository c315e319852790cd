package config

import "strings"

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

// kosovo is a code that ISO 3166-1 leaves to whoever uses it, and that banks and
// payment providers use.
const kosovo = "XK"

// isCountry reports whether a code is that of a country, in upper case.
func isCountry(code string) bool {
	return len(code) == 2 && !strings.ContainsAny(code, " \n") && strings.Contains(isoCountries, code) || code == kosovo
}

// checkCountry refuses what is no country. What is not even written as one is
// refused by package pricing, which takes every two letters.
func (m *MerchantConfig) checkCountry(r *report, at string) {
	switch {
	case m.Country == "":
		r.errorf(at, "is missing; write the country that the shop sells from, such as \"DE\"")
	case len(m.Country) == 2 && strings.ToUpper(m.Country) == m.Country && !isCountry(m.Country) && m.Country != "UK" && m.Country != "EL":
		r.errorf(at, "%q is no country of ISO 3166-1; write the one that the shop sells from, such as \"DE\"", clip(m.Country))
	}
}
