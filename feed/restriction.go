package feed

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/catalog"
)

// maxMinAge is the highest least age, in years.
const maxMinAge = 120

var placeForm = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)

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
		if !placeForm.MatchString(place) {
			p.fail("not_sold_in", CodeRestriction, place, "That is no country or region. Write ISO codes such as SA or US-UT.")
			ok = false
		}
	}
	return ok
}
