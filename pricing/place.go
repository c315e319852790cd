package pricing

import "time"

// Way is how goods reach the buyer.
type Way string

const (
	Shipping      Way = "shipping"
	Digital       Way = "digital"
	PickedUp      Way = "pickup"
	LocalDelivery Way = "local_delivery"
)

// Pickup makes a method one that the buyer comes for. It needs no destination:
// what is picked up is taxed where the place is.
type Pickup struct {
	Kind     string // in_store, curbside or locker
	Location Location
	Hours    Hours
	// ReadyAfter is how much of Hours passes from the order, or from the opening
	// of the ReadyDays-th open day after that of the order, until the goods are
	// ready.
	ReadyAfter time.Duration
	ReadyDays  int
	// KeepDays is for how many days they are kept then; 0 says nothing about it.
	KeepDays int
}

// Location is where the buyer comes to.
type Location struct {
	Name             string
	LineOne, LineTwo string
	City, Region     string // Region as in Destination
	PostalCode       string
	Country          string // ISO 3166-1 alpha-2, upper case
	Phone            string
	Instructions     string
}

// Destination is where goods that are picked up at the location go.
func (l *Location) Destination() Destination {
	return Destination{Country: l.Country, Region: l.Region, PostalCode: l.PostalCode}
}

// Local makes a method a courier's round in the neighbourhood: to the postal
// codes that begin with one of the prefixes, in the countries of the method.
type Local struct {
	PostalPrefixes []string
	// Windows are the hours of a round. Each of the next Rounds is an option of
	// its own, as long as the order comes Lead before it begins. Without hours
	// there is one option, with the days of the method as its window.
	Windows Hours
	Lead    time.Duration
	Rounds  int
}

func (l *Local) serves(d Destination) bool {
	for _, prefix := range l.PostalPrefixes {
		if _, ok := postalPrefix(d.PostalCode, prefix); ok {
			return true
		}
	}
	return false
}

// Way is how the method delivers.
func (m *Method) Way() Way {
	switch {
	case m.Kind == Electronic:
		return Digital
	case m.Pickup != nil:
		return PickedUp
	case m.Local != nil:
		return LocalDelivery
	}
	return Shipping
}

// roundID names one round of a method. It has a sign that no id of a method
// has, and tells the local time, so that it stays the same from quote to quote.
func roundID(method string, from time.Time) string {
	return method + "@" + from.Format("20060102T1504")
}

// schedule fills in when an option is delivered or ready, and makes of it one
// option a round.
func (m *Method) schedule(options []Option, o Option, now time.Time) []Option {
	switch {
	case m.Pickup != nil:
		p := m.Pickup
		o.To, o.Pickup = p.Location.Destination(), p
		if o.Earliest = p.Hours.after(ordered(now), p.ReadyDays, p.ReadyAfter); o.Earliest.IsZero() {
			return options // it does not open again
		}
		if p.KeepDays > 0 {
			o.Latest = p.Hours.closing(o.Earliest, p.KeepDays)
		}
	case m.Local != nil && len(m.Local.Windows.Open) > 0:
		for _, s := range m.Local.Windows.next(now.Add(m.Local.Lead), m.Local.Rounds) {
			round := o
			round.ID, round.Earliest, round.Latest = roundID(m.ID, s.from), s.from, s.to
			options = append(options, round)
		}
		return options
	default:
		o.Earliest, o.Latest = m.window(now)
	}
	return append(options, o)
}
