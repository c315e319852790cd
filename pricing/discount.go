package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/money"
)

// DiscountKind says what a discount takes off.
type DiscountKind string

const (
	PercentOff   DiscountKind = "percent"       // PPM of what the lines in its scope cost
	AmountOff    DiscountKind = "amount"        // Amount, never more than these lines cost
	FreeDelivery DiscountKind = "free_delivery" // what delivery costs
)

// Discount is a rule that makes a cart cheaper. What it takes off the lines is
// part of their Discount and of Quote.ItemsDiscount; what it takes off the
// delivery is Quote.Discount, so that the delivery keeps its price in view.
// Amounts are in minor units as the shop lists its prices: with tax in them or
// not, as Taxes.PricesInclude says.
type Discount struct {
	ID     string
	Kind   DiscountKind
	PPM    int64 // of PercentOff: 1 to MaxPPM
	Amount int64 // of AmountOff: positive
	// Each applies it to every line (PercentOff) or unit (AmountOff) by itself.
	// Otherwise it is worked out once for all of them and spread.
	Each bool
	// MaxAmount is the most that it takes off one order; 0 is no bound.
	MaxAmount int64
	Scope     Scope
	// MinSubtotal and MinQuantity are what the lines in its scope must come to,
	// at listed prices, before any discount; 0 asks for nothing.
	MinSubtotal, MinQuantity int64
	// Combines says that it may stand beside others that combine.
	Combines bool
	// Priority orders those that stand together: a lower one is taken off
	// first, and the next is of what is left.
	Priority int64
}

// Scope narrows a discount down to lines that any of its first four lists
// names; the whole cart when these are empty. Methods narrows FreeDelivery down
// to delivery methods by their ids.
type Scope struct {
	Items, Products, Categories, Tags []string
	Methods                           []string
}

// Shortfall is why a cart does not have what a discount asks for.
type Shortfall uint8

const (
	NoShortfall    Shortfall = iota
	NothingInScope           // no line is in its scope
	BelowSubtotal            // Discount.MinSubtotal
	BelowQuantity            // Discount.MinQuantity
)

// Applied is a discount in a quote.
type Applied struct {
	*Discount
	// Amount is what it takes off, as the figures of the quote are shown: the
	// amounts of all discounts add up to ItemsDiscount + Discount.
	Amount int64
	Parts  []AppliedPart // each positive; they add up to Amount
}

// AppliedPart is what a discount takes off one line, by its index, or off the
// delivery (OfDelivery).
type AppliedPart struct {
	Line   int
	Amount int64
}

// OfDelivery stands for the delivery in AppliedPart.Line.
const OfDelivery = -1

// covers reports whether a line is in the scope.
func (s *Scope) covers(l *Line) bool {
	if len(s.Items)+len(s.Products)+len(s.Categories)+len(s.Tags) == 0 {
		return true
	}
	if slices.Contains(s.Items, l.ItemID) || l.ProductID != "" && slices.Contains(s.Products, l.ProductID) {
		return true
	}
	for _, c := range s.Categories {
		if slices.ContainsFunc(l.Categories, func(path string) bool { return underCategory(path, c) }) {
			return true
		}
	}
	return slices.ContainsFunc(s.Tags, func(tag string) bool {
		return slices.ContainsFunc(l.Tags, func(has string) bool { return strings.EqualFold(has, tag) })
	})
}

// underCategory reports whether a path such as "Clothing > Hoodies" is the
// category or in it, without regard to case.
func underCategory(path, category string) bool {
	if len(path) < len(category) || !strings.EqualFold(path[:len(category)], category) {
		return false
	}
	rest := strings.TrimLeft(path[len(category):], " ")
	return rest == "" || rest[0] == '>'
}

// Shortfall says what a cart lacks for the discount. Other discounts play no
// part. It returns money.ErrRange for a cart that cannot be priced.
func (d *Discount) Shortfall(lines []Line) (Shortfall, error) {
	var subtotal, quantity int64
	for i := range lines {
		l := &lines[i]
		if !d.Scope.covers(l) {
			continue
		}
		price, err := money.Mul(l.UnitPrice, l.Quantity)
		if err == nil {
			subtotal, err = money.Add(subtotal, price)
		}
		if err == nil {
			quantity, err = money.Add(quantity, l.Quantity)
		}
		if err != nil {
			return NoShortfall, fmt.Errorf("lines[%d]: %w", i, err)
		}
	}
	switch {
	case quantity == 0:
		return NothingInScope, nil
	case subtotal < d.MinSubtotal:
		return BelowSubtotal, nil
	case quantity < d.MinQuantity:
		return BelowQuantity, nil
	}
	return NoShortfall, nil
}

// before orders discounts that stand together, whatever order they were given
// in: by priority, then percentages before amounts before deliveries, then by
// id.
func before(a, b *Discount) int {
	return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(kindOrder(a.Kind), kindOrder(b.Kind)), strings.Compare(a.ID, b.ID))
}

func kindOrder(k DiscountKind) int {
	return slices.Index([]DiscountKind{PercentOff, AmountOff, FreeDelivery}, k)
}

// Combine chooses among discounts that a cart qualifies for: all that combine,
// or one of those that do not, whichever takes most off; of equals those that
// combine, then the one that comes first by priority and id. The order of the
// candidates does not matter. c.Discounts plays no part.
func Combine(c Cart, t Taxes, candidates []*Discount) ([]*Discount, error) {
	sorted := slices.SortedFunc(slices.Values(candidates), before)
	var best, single []*Discount
	for _, d := range sorted {
		if d.Combines {
			best = append(best, d)
		} else {
			single = append(single, d)
		}
	}
	if len(single) == 0 {
		return best, nil
	}
	most, err := saving(c, &t, best)
	if err != nil {
		return nil, err
	}
	for i := range single {
		s, err := saving(c, &t, single[i:i+1])
		if err != nil {
			return nil, err
		}
		if s > most || len(best) == 0 {
			best, most = single[i:i+1], s
		}
	}
	return best, nil
}

// saving is what discounts take off a cart, at listed prices.
func saving(c Cart, t *Taxes, discounts []*Discount) (int64, error) {
	c.Discounts = discounts
	o, err := takeOff(&c, t)
	if err != nil {
		return 0, err
	}
	return total(o.sum), nil
}

// off is what the discounts of a cart take off, at listed prices, by place: the
// lines in their order, then the deliveries.
type off struct {
	discounts []*Discount
	parts     [][]int64 // by discount and place
	sum       []int64   // by place; at most what the place costs
}

// takeOff works out the discounts of a cart. It is empty when there are none.
func takeOff(c *Cart, t *Taxes) (off, error) {
	if len(c.Discounts) == 0 {
		return off{}, nil
	}
	places := len(c.Lines) + len(c.Delivery)
	left, sum := make([]int64, places), make([]int64, places)
	for i := range c.Lines {
		price, err := money.Mul(c.Lines[i].UnitPrice, c.Lines[i].Quantity)
		if err != nil {
			return off{}, fmt.Errorf("lines[%d]: %w", i, err)
		}
		left[i] = price
	}
	for i := range c.Delivery {
		left[len(c.Lines)+i] = c.Delivery[i].Listed
	}
	o := off{discounts: slices.SortedFunc(slices.Values(c.Discounts), before), sum: sum}
	for _, d := range o.discounts {
		parts, err := d.take(c, t.Rounding, left)
		if err != nil {
			return off{}, fmt.Errorf("discounts (%s): %w", d.ID, err)
		}
		for i, n := range parts {
			left[i] -= n
			sum[i] += n
		}
		o.parts = append(o.parts, parts)
	}
	return o, nil
}

// take works out what the discount takes off each place, of which left is left.
func (d *Discount) take(c *Cart, rounding money.Rounding, left []int64) ([]int64, error) {
	parts := make([]int64, len(left)) // first: what of each place it is about
	if d.Kind == FreeDelivery {
		for i := range c.Delivery {
			if len(d.Scope.Methods) == 0 || slices.Contains(d.Scope.Methods, c.Delivery[i].method()) {
				parts[len(c.Lines)+i] = left[len(c.Lines)+i]
			}
		}
		return d.capped(parts)
	}
	for i := range c.Lines {
		if d.Scope.covers(&c.Lines[i]) {
			parts[i] = left[i]
		}
	}
	var err error
	switch {
	case !d.Each:
		parts, err = d.spread(parts, rounding)
	case d.Kind == AmountOff:
		for i := range c.Lines {
			if n, err := money.Mul(d.Amount, c.Lines[i].Quantity); err == nil { // beyond the range it is all that is left
				parts[i] = min(parts[i], n)
			}
		}
	default:
		for i := range parts {
			if parts[i], err = money.MulDiv(parts[i], d.PPM, million, rounding); err != nil {
				return nil, err
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return d.capped(parts)
}

// spread works a discount out once for all places and splits it over them, by
// largest remainder.
func (d *Discount) spread(of []int64, rounding money.Rounding) ([]int64, error) {
	sum, err := money.Add(of...)
	if err != nil || sum == 0 {
		return of, err
	}
	amount := min(d.Amount, sum)
	if d.Kind == PercentOff {
		if amount, err = money.MulDiv(sum, d.PPM, million, rounding); err != nil {
			return nil, err
		}
	}
	return money.Allocate(amount, of)
}

// capped lowers parts, in proportion, to what the discount may take off one
// order.
func (d *Discount) capped(parts []int64) ([]int64, error) {
	if d.MaxAmount == 0 || total(parts) <= d.MaxAmount {
		return parts, nil
	}
	return money.Allocate(d.MaxAmount, parts)
}

// total adds up parts that are each, and together, at most what a cart costs.
func total(parts []int64) int64 {
	var sum int64
	for _, n := range parts {
		sum += n
	}
	return sum
}

// at is what is taken off one place, in all.
func (o *off) at(place int) int64 {
	if o.sum == nil {
		return 0
	}
	return o.sum[place]
}

// applied says what each discount takes off as shown; shown has what is shown
// as taken off each place. A place's amount is split over its discounts by
// largest remainder.
func (o *off) applied(shown []int64, lines int) ([]Applied, error) {
	out := make([]Applied, 0, len(o.discounts))
	for _, d := range o.discounts {
		out = append(out, Applied{Discount: d})
	}
	weights := make([]int64, len(o.discounts))
	for place := range shown {
		if o.sum[place] == 0 {
			continue
		}
		for i := range o.discounts {
			weights[i] = o.parts[i][place]
		}
		split, err := money.Allocate(shown[place], weights)
		if err != nil {
			return nil, err
		}
		for i, n := range split {
			if n > 0 {
				out[i].add(place, lines, n)
			}
		}
	}
	return out, nil
}

// add notes a part at a place; deliveries are one.
func (a *Applied) add(place, lines int, amount int64) {
	a.Amount += amount
	if place >= lines {
		place = OfDelivery
		if n := len(a.Parts); n > 0 && a.Parts[n-1].Line == OfDelivery {
			a.Parts[n-1].Amount += amount
			return
		}
	}
	a.Parts = append(a.Parts, AppliedPart{Line: place, Amount: amount})
}
