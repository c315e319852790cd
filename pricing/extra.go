package pricing

import (
	"fmt"

	"github.com/checkstand/checkstand/money"
)

// ExtraKind says which figure of a quote an Extra belongs to.
type ExtraKind uint8

const (
	FeeExtra  ExtraKind = iota // Quote.Fee
	WrapExtra                  // Quote.GiftWrap
	TipExtra                   // Quote.Tip; never taxed
)

// Extra is something that is charged beside goods and delivery. No discount
// takes anything off it.
type Extra struct {
	Kind     ExtraKind
	Listed   int64 // minor units, tax in it or not as Taxes.PricesInclude says
	TaxClass string
}

// Fee is a charge that depends on the cart: PPM of the listed prices of its
// lines, and Amount beside that.
type Fee struct {
	ID       string
	Title    string
	PPM      int64 // parts per million
	Amount   int64 // minor units, as prices are listed
	Below    int64 // only carts whose listed prices come to less; 0 is every cart
	TaxClass string
}

// Of is the fee for a cart, 0 when it is not due. Prices are as listed, before
// discounts. It returns money.ErrRange for a cart that cannot be priced.
func (f *Fee) Of(lines []Line, r money.Rounding) (int64, error) {
	var listed int64
	for i := range lines {
		price, err := money.Mul(lines[i].UnitPrice, lines[i].Quantity)
		if err == nil {
			listed, err = money.Add(listed, price)
		}
		if err != nil {
			return 0, fmt.Errorf("lines[%d]: %w", i, err)
		}
	}
	if f.Below > 0 && listed >= f.Below {
		return 0, nil
	}
	part, err := money.MulDiv(listed, f.PPM, million, r)
	if err != nil {
		return 0, err
	}
	return money.Add(part, f.Amount)
}

// extra prices one extra and adds it to q.
func (p *pricer) extra(q *Quote, e *Extra) error {
	if e.Listed < 0 {
		return fmt.Errorf(".listed: %d is negative; an extra costs 0 or more", e.Listed)
	}
	row := -1
	if e.Kind != TipExtra && !p.exempt(Destination{}) {
		p.at(Destination{})
		row = p.row(e.TaxClass)
	}
	f, err := p.figure(e.Listed, 1, 0, row)
	if err != nil {
		return fmt.Errorf(": %w", err)
	}
	sum := &q.Fee
	switch e.Kind {
	case WrapExtra:
		sum = &q.GiftWrap
	case TipExtra:
		sum = &q.Tip
	}
	if *sum, err = money.Add(*sum, f.base); err != nil {
		return fmt.Errorf(": %w", err)
	}
	return p.tax(q, f, row)
}

// exempt reports whether the buyer pays no tax where something goes; the zero
// Destination is the cart's.
func (p *pricer) exempt(to Destination) bool {
	if !to.Known() {
		to = p.cart
	}
	return p.exemptIn != nil && to.Known() && p.exemptIn(to)
}
