package text

import (
	"slices"
	"strings"
)

// codeLast are the countries where the postal code stands behind the town,
// commaState those where it stands behind a comma and the state. The widget has
// the same.
var (
	codeLast   = strings.Fields("AU BR CA CO GB GG ID IE IM IN JE KE NG NZ PE PK SA SG TH ZA")
	commaState = strings.Fields("AS GU MP PR US VI")
)

// Town is the line of an address with the town, as its country (ISO 3166-1
// alpha-2) writes it: "10115 Berlin". Any part may be "".
func Town(country, city, state, postalCode string) string {
	switch {
	case slices.Contains(commaState, country):
		behind := words(state, postalCode)
		if city == "" || behind == "" {
			return city + behind
		}
		return city + ", " + behind
	case slices.Contains(codeLast, country):
		return words(city, state, postalCode)
	}
	return words(postalCode, city, state)
}

// words puts a blank between the parts that are there.
func words(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}
