package text

import (
	"slices"
	"strings"
	"time"
)

// Clock writes the time of day that a moment has in its location: "18:00", or
// "6:00 PM" in the English of those who read it so.
func (t *Texts) Clock(at time.Time) string {
	switch {
	case t.language == English && slices.Contains(halfDays, t.region()):
		return at.Format("3:04 PM")
	case t.locale == "fr-CA":
		return at.Format("15\u00a0h\u00a004")
	}
	return at.Format("15:04")
}

// Where English is read, as the CLDR has it; "" is English of no region, which
// it writes as Americans do.
var (
	monthsFirst = []string{"", "US", "CA", "PH", "AS", "GU", "MH", "MP", "PR", "UM", "VI"}
	halfDays    = append([]string{"AU", "BD", "HK", "IN", "JM", "MY", "NZ", "PK", "SG", "TT"}, monthsFirst...)
)

// monthFirst tells that dates are written as in "March 14, 2026".
func (t *Texts) monthFirst() bool {
	return t.language == English && slices.Contains(monthsFirst, t.region())
}

// region is that of the locale, "" for none.
func (t *Texts) region() string {
	_, region, _ := strings.Cut(t.locale, "-")
	return region
}
