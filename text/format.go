package text

import (
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
)

// Money is an amount in minor units of a lower-case ISO 4217 currency, as a
// value of a text.
type Money struct {
	Amount   int64
	Currency string
}

// Day is the date of a moment in the location that it has, as a value of a text.
type Day time.Time

// Money writes an amount in minor units: "1.234,56 €".
func (t *Texts) Money(minor int64, currency string) string {
	return money.Format(minor, currency, t.locale)
}

// Number writes a whole number: "1.234".
func (t *Texts) Number(n int64) string {
	if -1000 < n && n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return money.FormatNumber(n, t.locale)
}

// Date writes a day so that no reader takes the month for the day:
// "14. März 2026".
func (t *Texts) Date(at time.Time) string {
	year, month, day := at.Date()
	if t.monthFirst() {
		return t.month(month) + " " + t.day(day) + ", " + strconv.Itoa(year)
	}
	return t.Say("date.day", "day", t.day(day), "month", t.month(month), "year", strconv.Itoa(year))
}

// Days writes from one day to another, naming month and year once where it can:
// "14.–17. März 2026".
func (t *Texts) Days(from, to time.Time) string {
	fromYear, fromMonth, fromDay := from.Date()
	toYear, toMonth, toDay := to.Date()
	sameMonth := fromYear == toYear && fromMonth == toMonth
	switch {
	case sameMonth && fromDay == toDay:
		return t.Date(to)
	case fromYear != toYear:
		return t.Say("date.years", "from", t.Date(from), "to", t.Date(to))
	case t.monthFirst() && sameMonth:
		return t.month(fromMonth) + " " + t.day(fromDay) + "–" + t.day(toDay) + ", " + strconv.Itoa(toYear)
	case t.monthFirst():
		return t.month(fromMonth) + " " + t.day(fromDay) + " – " + t.Date(to)
	case sameMonth:
		return t.Say("date.days", "from", t.day(fromDay), "to", t.day(toDay), "month", t.month(toMonth), "year", strconv.Itoa(toYear))
	}
	return t.Say("date.months", "from", t.day(fromDay), "from_month", t.month(fromMonth),
		"to", t.day(toDay), "to_month", t.month(toMonth), "year", strconv.Itoa(toYear))
}

// Window says when something arrives; either or both times may be zero, and it
// is "" when nothing is promised.
func (t *Texts) Window(earliest, latest time.Time) string {
	switch {
	case earliest.IsZero() && latest.IsZero():
		return ""
	case latest.IsZero():
		return t.Say("arrives.from", "day", Day(earliest))
	case earliest.IsZero():
		return t.Say("arrives.by", "day", Day(latest))
	}
	return t.Say("arrives", "days", t.Days(earliest, latest))
}

func (t *Texts) month(m time.Month) string {
	if m == time.January && t.locale == "de-AT" {
		return "Jänner"
	}
	names := strings.Fields(t.Say("date.month_names"))
	return names[m-1]
}

// day is the number of a day, the first of a month as the language writes it.
func (t *Texts) day(n int) string {
	if n == 1 {
		return t.Say("date.first")
	}
	return strconv.Itoa(n)
}
