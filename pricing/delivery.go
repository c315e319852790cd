package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
)

// Option is a Method priced for one cart, in minor units. Net + Tax = Total;
// with Taxes.ShowGross Net is the listed price and Tax is 0.
type Option struct {
	ID          string // the method's, or one of a round's own
	MethodID    string // "" is ID
	Way         Way
	Title       string
	Description string
	Carrier     string
	Listed      int64 // as the method lists it, tax included or not
	Net         int64
	Tax         int64
	Total       int64
	// To is where the delivery is taxed; the zero Destination is the cart's.
	To Destination
	// Earliest and Latest are when it is delivered; of what is picked up, when it
	// is ready and until when it is kept. Zero is not promised.
	Earliest time.Time
	Latest   time.Time
	Pickup   *Pickup // set for what is picked up
}

func (o *Option) method() string { return cmp.Or(o.MethodID, o.ID) }

// Parcel is what one delivery may carry: some lines of a cart, by their index,
// to one destination.
type Parcel struct {
	Lines []int
	To    Destination
}

// Options prices those of the methods that serve a cart, in their order. A
// cart without digital lines gets no Electronic method, one without physical
// lines nothing else; physical lines need a destination unless they are picked
// up, and so does a method that is bound to countries or regions. Tiers and
// FreeFrom look at the listed prices of all lines, weights are of the physical
// ones. What the cart has as Delivery plays no part.
//
// A window begins at 00:00 UTC of the day MinDays from now (at the next full
// hour, if MinDays is 0) and ends with the day MaxDays from now, so that
// now < Earliest <= Latest.
//
// Methods and taxes must have passed Validate. An error names the field of the
// cart, or the method, whose figure is beyond money.Max (money.ErrRange).
func Options(c Cart, methods []Method, t Taxes, now time.Time) ([]Option, error) {
	all := make([]int, len(c.Lines))
	for i := range all {
		all[i] = i
	}
	return Offer(c, Parcel{Lines: all, To: c.Destination}, methods, t, now)
}

// Offer is Options for some lines of a cart. Only what these lines weigh, and
// whether they are digital, is looked at; subtotals are of the whole cart.
func Offer(c Cart, p Parcel, methods []Method, t Taxes, now time.Time) ([]Option, error) {
	load, err := measure(c.Lines, p.Lines)
	if err != nil {
		return nil, err
	}
	options := make([]Option, 0, len(methods))
	ppm := t.deliveryPPM(&c, p.To)
	for i := range methods {
		m := &methods[i]
		if !m.serves(p.To, load) {
			continue
		}
		listed, ok := m.price(load)
		if !ok {
			continue
		}
		o := Option{
			ID: m.ID, MethodID: m.ID, Way: m.Way(), Title: m.Title, Description: m.Description, Carrier: m.Carrier,
			Listed: listed, To: p.To,
		}
		rate := ppm
		if m.Pickup != nil {
			rate = t.deliveryPPM(&c, m.Pickup.Location.Destination())
		}
		f, err := t.figure(listed, 1, rate)
		if err != nil {
			return nil, fmt.Errorf("methods[%d] (%s): %w", i, m.ID, err)
		}
		o.Net, o.Tax, o.Total = f.base, f.tax, f.total
		options = m.schedule(options, o, now)
	}
	return options, nil
}

// deliveryPPM is the rate of delivery to a place for a cart's buyer.
func (t *Taxes) deliveryPPM(c *Cart, to Destination) int64 {
	if c.ExemptIn != nil && to.Known() && c.ExemptIn(to) {
		return 0
	}
	if row := t.find(t.place(to), t.DeliveryClass); row >= 0 {
		return t.Rates[row].PPM
	}
	return 0
}

// Cheapest finds the option to preselect of one way: the lowest Total, then the
// earliest Latest (no promise comes last), then the first. It reports false
// when there is none of that way.
func Cheapest(opts []Option, way Way) (index int, ok bool) {
	best := -1
	for i := range opts {
		if opts[i].Way == way && (best < 0 || opts[i].beats(&opts[best])) {
			best = i
		}
	}
	return max(best, 0), best >= 0
}

func (o *Option) beats(p *Option) bool {
	if o.Total != p.Total {
		return o.Total < p.Total
	}
	if a, b := o.due(), p.due(); a.IsZero() || b.IsZero() {
		return !a.IsZero() && b.IsZero()
	} else {
		return a.Before(b)
	}
}

// due is when the buyer has the goods for sure, or can have them.
func (o *Option) due() time.Time {
	if o.Way == PickedUp {
		return o.Earliest
	}
	return o.Latest
}

// load is what a cart weighs and is worth to a delivery method.
type load struct {
	grams             int64
	subtotal          int64 // Σ listed price × quantity
	physical, digital bool
}

// measure adds up what of the lines count for a delivery of some of them.
func measure(lines []Line, carried []int) (load, error) {
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
	}
	for _, i := range carried {
		l := &lines[i]
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
	switch m.Way() {
	case Digital:
		if !l.digital {
			return false
		}
	case PickedUp:
		return l.physical
	case LocalDelivery:
		if !l.physical || !d.Known() || !m.Local.serves(d) {
			return false
		}
	default:
		if !l.physical || !d.Known() {
			return false
		}
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
