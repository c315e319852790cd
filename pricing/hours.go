package pricing

import "time"

// Hours are when something is open or on its way in a week, in local time.
type Hours struct {
	Zone *time.Location // nil is UTC
	// Open has the hours of each day, from early to late within a day and
	// without overlaps. Empty is always.
	Open []Interval
	// Closed are days, in Zone, without any of them.
	Closed []Date
}

// Interval is a time of a weekday, in minutes from midnight:
// 0 <= From < To <= 24 × 60.
type Interval struct {
	Day      time.Weekday
	From, To int
}

// Date is a day of the calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// horizon is how many days ahead hours are looked for. More days than that
// closed in a row are refused by Validate.
const horizon = 400

// orderGrain is what the time of an order is rounded up to, so that what is
// promised from there on reads like a promise.
const orderGrain = 15 * time.Minute

// span is a time between two moments.
type span struct{ from, to time.Time }

func (h *Hours) zone() *time.Location {
	if h.Zone == nil {
		return time.UTC
	}
	return h.Zone
}

// on lists the hours of a day, which may be given out of range as for
// time.Date. Always open is from midnight to midnight.
func (h *Hours) on(year int, month time.Month, day int) []span {
	noon := time.Date(year, month, day, 12, 0, 0, 0, h.zone())
	y, m, d := noon.Date()
	for _, c := range h.Closed {
		if (c == Date{y, m, d}) {
			return nil
		}
	}
	at := func(minutes int) time.Time { return time.Date(y, m, d, 0, minutes, 0, 0, h.zone()) }
	if len(h.Open) == 0 {
		return []span{{at(0), at(24 * 60)}}
	}
	var spans []span
	for _, i := range h.Open {
		if s := (span{at(i.From), at(i.To)}); i.Day == noon.Weekday() && s.from.Before(s.to) {
			spans = append(spans, s)
		}
	}
	return spans
}

// days calls visit with the hours of each day from that of t on, until it
// returns false or the horizon is reached.
func (h *Hours) days(t time.Time, visit func(day int, hours []span) bool) {
	y, m, d := t.In(h.zone()).Date()
	for i := range horizon {
		if !visit(i, h.on(y, m, d+i)) {
			return
		}
	}
}

// after is the moment at which work of that length is done that begins at t,
// or on the given number of open days after that of t, and goes on in these
// hours alone. It is the zero time when there are no such hours.
func (h *Hours) after(t time.Time, openDays int, work time.Duration) (done time.Time) {
	h.days(t, func(day int, hours []span) bool {
		if day > 0 && len(hours) > 0 {
			openDays--
		}
		for _, s := range hours {
			switch {
			case openDays > 0 || !s.to.After(t):
				continue
			case s.from.Before(t):
				s.from = t
			}
			if left := s.to.Sub(s.from); work > left {
				work -= left
				continue
			}
			done = s.from.Add(work)
			return false
		}
		return true
	})
	return done
}

// closing is the end of the hours of the day that is so many days after t, or
// of the next one with any.
func (h *Hours) closing(t time.Time, days int) (end time.Time) {
	h.days(t, func(day int, hours []span) bool {
		if day < days || len(hours) == 0 {
			return true
		}
		end = hours[len(hours)-1].to
		return false
	})
	if len(h.Open) == 0 && !end.IsZero() {
		end = end.Add(-time.Second) // midnight would read as the next day
	}
	return end
}

// next lists the first n hours that begin at t or later.
func (h *Hours) next(t time.Time, n int) (list []span) {
	h.days(t, func(_ int, hours []span) bool {
		for _, s := range hours {
			if len(list) < n && !s.from.Before(t) {
				list = append(list, s)
			}
		}
		return len(list) < n
	})
	return list
}

// ordered is when what is ordered now is taken up.
func ordered(now time.Time) time.Time {
	t := now.Truncate(orderGrain)
	if t.Before(now) {
		t = t.Add(orderGrain)
	}
	return t
}
