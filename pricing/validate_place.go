package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Limits of places and rounds.
const (
	MaxReadyDays      = 60
	MaxKeepDays       = 365
	MaxReadyAfter     = 7 * 24 * time.Hour // of hours that are open
	MaxLead           = 14 * 24 * time.Hour
	MaxRounds         = 20 // options that one method makes
	MaxPostalPrefixes = 1000
	MaxIntervals      = 50  // of one week
	MaxClosedDays     = 300 // leaves a day within the horizon
)

// PickupKinds are the kinds of a Pickup.
var PickupKinds = []string{"in_store", "curbside", "locker"}

// place checks what makes a method something else than shipping.
func (f *faults) place(at string, m *Method) {
	switch {
	case m.Pickup != nil && m.Local != nil:
		f.add(at+"local_delivery", "a method that is picked up is not delivered; make it a method of its own")
	case m.Kind == Electronic && m.Pickup != nil:
		f.add(at+"pickup", "a method of kind %q is for what is not picked up; remove one of them", Electronic)
	case m.Kind == Electronic && m.Local != nil:
		f.add(at+"local_delivery", "a method of kind %q is for what is not delivered by hand; remove one of them", Electronic)
	case m.Pickup != nil:
		f.pickup(at, m)
	case m.Local != nil:
		f.local(at, m)
	}
}

func (f *faults) pickup(at string, m *Method) {
	p := m.Pickup
	if len(m.Countries)+len(m.Regions) > 0 {
		f.add(at+"countries", "what is picked up goes to no country; remove countries and regions")
	}
	if m.MinDays != 0 || m.MaxDays != 0 {
		f.add(at+"min_days", "ready_after and ready_days of pickup say when it is ready; remove min_days and max_days")
	}
	at += "pickup."
	if !slices.Contains(PickupKinds, p.Kind) {
		f.add(at+"type", "%q is unknown; use %s", clip(p.Kind), strings.Join(PickupKinds, ", "))
	}
	for _, t := range []struct{ field, value, example string }{
		{"name", p.Location.Name, "Shop at the market"},
		{"address.line_one", p.Location.LineOne, "1 Market Street"},
		{"address.city", p.Location.City, "San Francisco"},
	} {
		if strings.TrimSpace(t.value) == "" {
			f.add(at+t.field, "is missing; buyers are told where to come, such as %q", t.example)
		}
	}
	f.country(at+"address.country", p.Location.Country)
	f.region(at+"address.state", p.Location.Region)
	f.between(at+"ready_days", p.ReadyDays, MaxReadyDays)
	f.between(at+"keep_days", p.KeepDays, MaxKeepDays)
	f.lasting(at+"ready_after", p.ReadyAfter, MaxReadyAfter)
	f.hours(at, "hours", &p.Hours)
}

func (f *faults) local(at string, m *Method) {
	l := m.Local
	if len(m.Countries) == 0 {
		f.add(at+"countries", "are missing; postal codes are those of a country")
	}
	at += "local_delivery."
	if len(l.PostalPrefixes) == 0 {
		f.add(at+"postal_prefixes", "are missing; write what the postal codes begin with that it serves, such as \"941\"")
	}
	if len(l.PostalPrefixes) > MaxPostalPrefixes {
		f.add(at+"postal_prefixes", "%d of them; at most %d", len(l.PostalPrefixes), MaxPostalPrefixes)
		return
	}
	for i, prefix := range l.PostalPrefixes {
		field := fmt.Sprintf("%spostal_prefixes[%d]", at, i)
		if prefix == "" {
			f.add(field, "is empty, which is every postal code; write what they begin with, or make it a method of shipping")
		}
		f.postalPrefix(field, prefix)
	}
	f.lasting(at+"lead_time", l.Lead, MaxLead)
	f.hours(at, "windows", &l.Windows)
	switch {
	case len(l.Windows.Open) == 0:
	case m.MinDays != 0 || m.MaxDays != 0:
		f.add(at+"windows", "say when it comes already; remove min_days and max_days")
	case l.Rounds < 1 || l.Rounds > MaxRounds:
		f.add(at+"rounds", "%d is outside 1 to %d", l.Rounds, MaxRounds)
	}
}

// hours checks the hours of a week, and that days remain with some of them.
func (f *faults) hours(at, name string, h *Hours) {
	if len(h.Open) > MaxIntervals {
		f.add(at+name, "%d times a week; at most %d", len(h.Open), MaxIntervals)
		return
	}
	if len(h.Closed) > MaxClosedDays {
		f.add(at+"closed", "%d days; at most %d", len(h.Closed), MaxClosedDays)
	}
	for i, o := range h.Open {
		if o.Day < time.Sunday || o.Day > time.Saturday || o.From < 0 || o.To > 24*60 || o.From >= o.To {
			f.add(at+name, "a time from minute %d to %d of weekday %d is none", o.From, o.To, int(o.Day))
			return
		}
		for _, before := range h.Open[:i] {
			if before.Day == o.Day && before.From < o.To && o.From < before.To {
				f.add(at+name, "two times of %s overlap; write each hour once", o.Day)
				return
			}
		}
	}
}

// Sort puts the hours of a week into their order.
func (h *Hours) Sort() {
	slices.SortFunc(h.Open, func(a, b Interval) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.From, b.From)) })
}

func (f *faults) between(field string, n, most int) {
	if n < 0 || n > most {
		f.add(field, "%d is outside 0 to %d", n, most)
	}
}

func (f *faults) lasting(field string, d, most time.Duration) {
	if d < 0 || d > most {
		f.add(field, "%v is outside 0s to %v", d, most)
	}
}
