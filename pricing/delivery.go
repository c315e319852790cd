package pricing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
)

// Option is a Method priced for one cart, in minor units. Net + Tax = Total;
// with Taxes.ShowGross Net is the listed price and Tax is 0.
type Option struct {
	ID          string
	Title       string
	Description string
	Carrier     string
	Digital     bool
	Listed      int64 // as the method lists it, tax included or not
	Net         int64
	Tax         int64
	Total       int64
	Earliest    time.Time // zero when no window is promised
	Latest      time.Time
}

// Options prices those of the methods that serve a cart, in their order. A
// cart without digital lines gets no Electronic method, one without physical
// lines nothing else; physical lines need a destination, and so does a method
// that is bound to countries or regions. Tiers and FreeFrom look at the listed
// prices of all lines, weights are of the physical ones. What the cart has as
// Delivery plays no part.
//
// A window begins at 00:00 UTC of the day MinDays from now (at the next full
// hour, if MinDays is 0) and ends with the day MaxDays from now, so that
// now < Earliest <= Latest.
//
// Methods and taxes must have passed Validate. An error names the field of the
// cart, or the method, whose figure is beyond money.Max (money.ErrRange).
func Options(c Cart, methods []Method, t Taxes, now time.Time) ([]Option, error) {
	load, err := measure(c.Lines)
	if err != nil {
		return nil, err
	}
	var ppm int64
	if row := t.find(t.place(c.Destination), t.DeliveryClass); row >= 0 {
		ppm = t.Rates[row].PPM
	}
	options := make([]Option, 0, len(methods))
	for i := range methods {
		m := &methods[i]
		if !m.serves(c.Destination, load) {
			continue
		}
		listed, ok := m.price(load)
		if !ok {
			continue
		}
		f, err := t.figure(listed, 1, ppm)
		if err != nil {
			return nil, fmt.Errorf("methods[%d] (%s): %w", i, m.ID, err)
		}
		o := Option{
			ID: m.ID, Title: m.Title, Description: m.Description, Carrier: m.Carrier,
			Digital: m.Kind == Electronic,
			Listed:  listed, Net: f.base, Tax: f.tax, Total: f.total,
		}
		o.Earliest, o.Latest = m.window(now)
		options = append(options, o)
	}
	return options, nil
}

// Cheapest finds the option to preselect for the digital or the physical lines
// of a cart: the lowest Total, then the earliest Latest (no promise comes
// last), then the first. It reports false when there is none of that kind.
func Cheapest(opts []Option, digital bool) (index int, ok bool) {
	best := -1
	for i := range opts {
		if opts[i].Digital == digital && (best < 0 || opts[i].beats(&opts[best])) {
			best = i
		}
	}
	return max(best, 0), best >= 0
}

func (o *Option) beats(p *Option) bool {
	if o.Total != p.Total {
		return o.Total < p.Total
	}
	if o.Latest.IsZero() || p.Latest.IsZero() {
		return !o.Latest.IsZero() && p.Latest.IsZero()
	}
	return o.Latest.Before(p.Latest)
}

// load is what a cart weighs and is worth to a delivery method.
type load struct {
	grams             int64
	subtotal          int64 // Σ listed price × quantity
	physical, digital bool
}

func measure(lines []Line) (load, error) {
	var sum load
	for i := range lines {
		l := &lines[i]
		if err := l.check(); err != nil {
			return load{}, fmt.Errorf("lines[%d]%w", i, err)
		}
		price, err := money.Mul(l.UnitPrice, l.Quantity)
		if err == nil {
			sum.subtotal, err = money.Add(sum.subtotal, price)
		}
		if err != nil {
			return load{}, fmt.Errorf("lines[%d]: %w", i, err)
		}
		if l.Digital {
			sum.digital = true
			continue
		}
		sum.physical = true
		// Grams are no money, but the same bound serves them.
		grams, err := money.Mul(l.WeightGrams, l.Quantity)
		if err == nil {
			sum.grams, err = money.Add(sum.grams, grams)
		}
		if err != nil {
			return load{}, fmt.Errorf("lines[%d].weight_grams: %w", i, err)
		}
	}
	return sum, nil
}

// serves reports whether the method delivers such a load to d.
func (m *Method) serves(d Destination, l load) bool {
	if m.Kind == Electronic {
		if !l.digital {
			return false
		}
	} else if !l.physical || !d.Known() {
		return false
	}
	if len(m.Countries) == 0 && len(m.Regions) == 0 {
		return true
	}
	if !d.Known() {
		return false
	}
	if len(m.Countries) > 0 && !slices.ContainsFunc(m.Countries, func(c string) bool { return strings.EqualFold(c, d.Country) }) {
		return false
	}
	return m.servesRegion(d)
}

// servesRegion reads Regions: an excluded one is out; if any is named without
// "!", the destination must be one of those.
func (m *Method) servesRegion(d Destination) bool {
	named, in := false, false
	for _, r := range m.Regions {
		code, excluded := strings.CutPrefix(r, "!")
		country, region, _ := strings.Cut(code, "-")
		hit := strings.EqualFold(country, d.Country) && strings.EqualFold(region, d.Region)
		if excluded {
			if hit {
				return false
			}
			continue
		}
		named, in = true, in || hit
	}
	return in || !named
}

// price is what the method costs for a load, and false when no tier holds it.
func (m *Method) price(l load) (int64, bool) {
	price := m.Price
	switch m.Kind {
	case ByWeight, BySubtotal:
		size := l.grams
		if m.Kind == BySubtotal {
			size = l.subtotal
		}
		i := slices.IndexFunc(m.Tiers, func(t Tier) bool { return t.UpTo == 0 || size <= t.UpTo })
		if i < 0 {
			return 0, false
		}
		price = m.Tiers[i].Price
	}
	if m.FreeFrom > 0 && l.subtotal >= m.FreeFrom {
		price = 0
	}
	return price, true
}

// window is when the method delivers what is ordered now.
func (m *Method) window(now time.Time) (earliest, latest time.Time) {
	if m.MinDays == 0 && m.MaxDays == 0 {
		return time.Time{}, time.Time{}
	}
	now = now.UTC()
	y, month, day := now.Date()
	earliest = time.Date(y, month, day+m.MinDays, 0, 0, 0, 0, time.UTC)
	if !earliest.After(now) {
		earliest = now.Truncate(time.Hour).Add(time.Hour)
	}
	return earliest, time.Date(y, month, day+m.MaxDays, 23, 59, 59, 0, time.UTC)
}
