package web

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

// town is the line of an address with the town, as its country writes it.
func (d *Details) town() string {
	switch {
	case slices.Contains(commaState, d.Country):
		behind := words(d.State, d.PostalCode)
		if d.City == "" || behind == "" {
			return d.City + behind
		}
		return d.City + ", " + behind
	case slices.Contains(codeLast, d.Country):
		return words(d.City, d.State, d.PostalCode)
	}
	return words(d.PostalCode, d.City, d.State)
}

// words puts a blank between the parts that are there.
func words(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}
