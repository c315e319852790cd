package pricing

import (
	"fmt"

	"github.com/checkstand/checkstand/money"
)

// Price computes every figure of a cart. The taxes must have passed Validate.
//
// An error names the field of the cart that is at fault: a currency that is
// not one (money.ErrCurrency), a negative price, a quantity below 1, or a
// figure beyond money.Max (money.ErrRange).
func Price(c Cart, t Taxes) (Quote, error) {
	if !money.Valid(c.Currency) {
		return Quote{}, fmt.Errorf("currency: %w: %q; give a lower-case ISO 4217 code such as \"eur\"", money.ErrCurrency, c.Currency)
	}
	for i := range c.Lines {
		if err := c.Lines[i].check(); err != nil {
			return Quote{}, fmt.Errorf("lines[%d]%w", i, err)
		}
	}
	p := pricer{taxes: t, cart: c.Destination, place: t.place(c.Destination), exemptIn: c.ExemptIn}
	q := Quote{Lines: make([]Amounts, len(c.Lines))}
	o, err := takeOff(&c, &t)
	if err != nil {
		return Quote{}, err
	}
	shown := make([]int64, len(o.sum)) // what is shown as taken off each place
	for i := range c.Lines {
		if err := p.line(&q, &q.Lines[i], &c.Lines[i], o.at(i)); err != nil {
			return Quote{}, fmt.Errorf("lines[%d]%w", i, err)
		}
		if o.sum != nil {
			shown[i] = q.Lines[i].Discount
		}
	}
	for i := range c.Delivery {
		place := len(c.Lines) + i
		discount, err := p.delivery(&q, &c.Delivery[i], o.at(place))
		if err != nil {
			return Quote{}, fmt.Errorf("delivery[%d]%w", i, err)
		}
		if o.sum != nil {
			shown[place] = discount
		}
	}
	if o.sum != nil {
		if q.Applied, err = o.applied(shown, len(c.Lines)); err != nil {
			return Quote{}, fmt.Errorf("discounts: %w", err)
		}
	}
	for i := range c.Extras {
		if err := p.extra(&q, &c.Extras[i]); err != nil {
			return Quote{}, fmt.Errorf("extras[%d]%w", i, err)
		}
	}
	q.Subtotal = q.ItemsBase - q.ItemsDiscount
	total, err := money.Add(q.Subtotal, q.Fulfillment, q.Tax, q.Fee, q.GiftWrap, q.Tip)
	if err != nil {
		return Quote{}, fmt.Errorf("total: %w", err)
	}
	q.Total = total - q.Discount
	if t.PricesInclude && t.ShowGross {
		q.IncludedParts = p.parts
	} else {
		q.TaxParts = p.parts
	}
	return q, nil
}

// pricer carries what the lines of one cart share.
type pricer struct {
	taxes Taxes // a copy: a pointer would move the whole to the heap
	cart  Destination
	place Destination // where what is priced next is taxed
	// exemptIn is the cart's.
	exemptIn func(Destination) bool
	parts    []TaxPart

	// The classes met so far at the place and their rows: a cart has few classes, a tax
	// table may have thousands of rows.
	seen [4]struct {
		class string
		row   int
	}
	known int
}

// at turns to where a line or a delivery is taxed.
func (p *pricer) at(to Destination) {
	if !to.Known() {
		to = p.cart
	}
	if place := p.taxes.place(to); place != p.place {
		p.place, p.known = place, 0
	}
}

// line prices one line, of whose listed price off is taken off, into a and adds
// it to q.
func (p *pricer) line(q *Quote, a *Amounts, l *Line, off int64) error {
	row := -1
	if !l.TaxExempt && !p.exempt(l.To) {
		p.at(l.To)
		row = p.row(l.TaxClass)
	}
	f, err := p.figure(l.UnitPrice, l.Quantity, off, row)
	if err != nil {
		return fmt.Errorf(": %w", err)
	}
	*a = Amounts{LineID: l.ID, UnitAmount: f.unit, Base: f.base, Discount: f.discount, Subtotal: f.base - f.discount, Tax: f.tax, Total: f.total}
	if q.ItemsBase, err = money.Add(q.ItemsBase, f.base); err != nil {
		return fmt.Errorf(": %w", err)
	}
	q.ItemsDiscount += f.discount // bounded by q.ItemsBase
	return p.tax(q, f, row)
}

// delivery prices one delivery, of whose listed price off is taken off, and adds
// it to q. It returns the discount as shown.
func (p *pricer) delivery(q *Quote, d *Option, off int64) (discount int64, err error) {
	listed := d.Listed
	if listed < 0 {
		return 0, fmt.Errorf(".listed: %d is negative; a delivery costs 0 or more", listed)
	}
	row := -1
	if !p.exempt(d.To) {
		p.at(d.To)
		row = p.row(p.taxes.DeliveryClass)
	}
	f, err := p.figure(listed, 1, off, row)
	if err != nil {
		return 0, fmt.Errorf(": %w", err)
	}
	if q.Fulfillment, err = money.Add(q.Fulfillment, f.base); err != nil {
		return 0, fmt.Errorf(": %w", err)
	}
	q.Discount += f.discount // bounded by q.Fulfillment
	return f.discount, p.tax(q, f, row)
}

// figure takes a listed price apart by a row of the table, -1 for untaxed, and
// takes off what is off it.
func (p *pricer) figure(listed, quantity, off int64, row int) (figures, error) {
	var ppm int64
	if row >= 0 {
		ppm = p.taxes.Rates[row].PPM
	}
	f, err := p.taxes.figure(listed, quantity, ppm)
	if err != nil || off == 0 {
		return f, err
	}
	return p.taxes.lowered(f, off, ppm)
}

// tax adds what f owes to q and to the part of the row's jurisdiction.
func (p *pricer) tax(q *Quote, f figures, row int) error {
	amount := f.tax + f.included // one of them is 0
	if amount == 0 {
		return nil
	}
	var err error
	if q.Tax, err = money.Add(q.Tax, f.tax); err != nil {
		return fmt.Errorf(": %w", err)
	}
	q.TaxIncluded += f.included // bounded by the sums of base and delivery
	r := &p.taxes.Rates[row]
	for i := range p.parts {
		if p.parts[i].PPM == r.PPM && r.isJurisdiction(p.parts[i].Jurisdiction) {
			p.parts[i].Amount += amount // bounded by q.Tax or q.TaxIncluded
			return nil
		}
	}
	if p.parts == nil {
		p.parts = make([]TaxPart, 0, 2) // most carts: a standard and a reduced rate
	}
	p.parts = append(p.parts, TaxPart{Jurisdiction: r.Jurisdiction(), PPM: r.PPM, Amount: amount})
	return nil
}

// row finds the row of a class, remembering the first few classes.
func (p *pricer) row(class string) int {
	for i := range p.known {
		if p.seen[i].class == class {
			return p.seen[i].row
		}
	}
	row := p.taxes.find(p.place, class)
	if p.known < len(p.seen) {
		p.seen[p.known].class, p.seen[p.known].row = class, row
		p.known++
	}
	return row
}

// check says which field of a line cannot be priced. Its text continues
// "lines[0]".
func (l *Line) check() error {
	switch {
	case l.Quantity < 1:
		return fmt.Errorf(".quantity: %d; give 1 or more", l.Quantity)
	case l.UnitPrice < 0:
		return fmt.Errorf(".unit_price: %d is negative; give 0 or more", l.UnitPrice)
	case l.WeightGrams < 0:
		return fmt.Errorf(".weight_grams: %d is negative; give 0 or more", l.WeightGrams)
	}
	return nil
}

// Jurisdiction is the country, or country-region, whose tax a row is: "DE",
// "US-CA". A row for a postal prefix belongs to its region or country.
func (r Rate) Jurisdiction() string {
	if r.Region == "" {
		return r.Country
	}
	return r.Country + "-" + r.Region
}

// isJurisdiction is Jurisdiction() == name without building the string.
func (r *Rate) isJurisdiction(name string) bool {
	if r.Region == "" {
		return name == r.Country
	}
	n := len(r.Country)
	return len(name) == n+1+len(r.Region) && name[:n] == r.Country && name[n] == '-' && name[n+1:] == r.Region
}
