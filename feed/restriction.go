package feed

import (
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/iso3166"
)

// maxMinAge is the highest least age, in years.
const maxMinAge = 120

// googleRestrictions reads the shop's own columns about who may buy an item.
// What cannot be read keeps the item from being sold: to sell it to everybody
// would be worse.
func (p place) googleRestrictions(get attributes, it *catalog.Item) bool {
	ok := true
	if text := get.first("min_age"); text != "" {
		age, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			p.fail("min_age", CodeRestriction, text, "The least age of a buyer is no number. Write whole years, such as 18.")
			ok = false
		}
		it.MinAge = age
	}
	for _, text := range get("not_sold_in") {
		for _, place := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
			it.NotSoldIn = appendOnce(it.NotSoldIn, strings.ToUpper(place))
		}
	}
	return ok
}

// restricted holds an item's restrictions to what catalog.Item promises.
func (p place) restricted(it *catalog.Item) bool {
	ok := true
	if it.MinAge < 0 || it.MinAge > maxMinAge {
		p.fail("min_age", CodeRestriction, strconv.FormatInt(it.MinAge, 10), "The least age of a buyer is outside 0 to "+strconv.Itoa(maxMinAge)+" years. Correct it in "+p.in.system+".")
		ok = false
	}
	for _, place := range it.NotSoldIn {
		if err := iso3166.CheckPlace(place); err != nil {
			p.fail("not_sold_in", CodeRestriction, place, err.Error()+".")
			ok = false
		}
	}
	return ok
}
