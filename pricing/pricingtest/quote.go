// Package pricingtest checks priced carts against the arithmetic that the
// protocol and package pricing promise. It is for tests of every room that
// shows, stores or charges a quote.
package pricingtest

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/pricing"
)

// T is what the checks need of a *testing.T, a *testing.B or a *rapid.T.
type T interface {
	Helper()
	Errorf(format string, args ...any)
}

// CheckQuote reports every identity that q, the quote of c under taxes, breaks:
//
//   - each line: base = unit amount × quantity, subtotal = base - discount,
//     total = subtotal + tax (TOT-02 to TOT-04);
//   - the sums over lines and delivery (TOT-04 to TOT-07, TOT-09);
//   - tax = the sum of its parts, one a jurisdiction and rate (TOT-08);
//   - nothing negative, nothing beyond money.Max (TOT-15);
//   - each tax is that of its row of the table, rounded once, as math/big has it;
//   - with gross prices, the total is the shelf prices and listed deliveries,
//     less what the discounts take off;
//   - what the discounts take off is the discounts in the totals, discount by
//     discount and place by place (DSC-05, DSC-07).
//
// The deliveries of c must be options that were priced for c and taxes.
func CheckQuote(t T, c pricing.Cart, taxes pricing.Taxes, q pricing.Quote) {
	t.Helper()
	if len(q.Lines) != len(c.Lines) {
		t.Errorf("the quote has %d lines, the cart %d", len(q.Lines), len(c.Lines))
		return
	}
	k := checker{T: t, cart: c, taxes: taxes, quote: q, owed: make(map[pricing.TaxPart]int64)}
	for i := range c.Lines {
		k.line(i)
	}
	offs := k.deliveryOff()
	for i := range c.Delivery {
		k.delivery(i, offs[i])
	}
	for i := range c.Extras {
		k.extra(i)
	}
	k.discounts()
	k.sums()
	k.parts()
	k.signs()
}

// checker adds up what the figures should be while it looks at them.
type checker struct {
	T
	cart  pricing.Cart
	taxes pricing.Taxes
	quote pricing.Quote

	owed                         map[pricing.TaxPart]int64 // by jurisdiction and rate
	base, discount, tax          int64                     // of the lines
	fulfillment, deliveryTax     int64
	shelf                        int64 // Σ listed price × quantity + Σ listed delivery
	off                          int64 // of shelf, by discounts
	deliveryDiscount             int64 // as shown
	fulfillmentTotal, linesTotal int64
	extras                       [3]int64 // by kind
	extraTax                     int64
}

func (k *checker) equal(got, want int64, format string, args ...any) {
	k.Helper()
	if got != want {
		k.Errorf("%s: %d; want %d", fmt.Sprintf(format, args...), got, want)
	}
}

func (k *checker) line(i int) {
	k.Helper()
	l, a := k.cart.Lines[i], k.quote.Lines[i]
	if a.LineID != l.ID {
		k.Errorf("lines[%d] is of %q; want %q", i, a.LineID, l.ID)
	}
	k.equal(a.Base, a.UnitAmount*l.Quantity, "lines[%d] base = unit amount × %d", i, l.Quantity)
	k.equal(a.Subtotal, a.Base-a.Discount, "lines[%d] subtotal = base - discount", i)
	k.equal(a.Total, a.Subtotal+a.Tax, "lines[%d] total = subtotal + tax", i)

	rate, taxed := pricing.Rate{}, false
	if !l.TaxExempt {
		rate, taxed = k.rate(l.To, l.TaxClass)
	}
	off := a.Discount
	if k.taxes.PricesInclude {
		off = l.UnitPrice*l.Quantity - a.Total
	}
	if off < 0 {
		k.Errorf("lines[%d] costs %d more than its shelf price", i, -off)
	}
	unit, tax := k.expect(l.UnitPrice, l.Quantity, rate)
	discount := off
	if off != 0 {
		discount, tax = k.lowered(l.UnitPrice*l.Quantity, off, tax, rate)
	}
	if taxed {
		k.owed[part(rate)] += tax
	}
	if k.showsGross() {
		tax = 0
	}
	k.equal(a.UnitAmount, unit, "lines[%d] unit amount", i)
	k.equal(a.Tax, tax, "lines[%d] tax", i)
	k.equal(a.Discount, discount, "lines[%d] discount", i)
	if a.Discount > a.Base {
		k.Errorf("lines[%d]: a discount of %d on %d", i, a.Discount, a.Base)
	}
	if len(k.quote.Applied) == 0 {
		k.equal(off, 0, "lines[%d] is cheaper without a discount, by", i)
	}
	k.off += off

	k.base += a.Base
	k.discount += a.Discount
	k.tax += a.Tax
	k.linesTotal += a.Total
	k.shelf += l.UnitPrice * l.Quantity
}

func (k *checker) delivery(i int, off int64) {
	k.Helper()
	o := k.cart.Delivery[i]
	k.equal(o.Total, o.Net+o.Tax, "delivery[%d] total = net + tax", i)
	rate, taxed := k.rate(o.To, k.taxes.DeliveryClass)
	net, tax := k.expect(o.Listed, 1, rate)
	optionTax := tax
	if off != 0 {
		var discount int64
		discount, tax = k.lowered(o.Listed, off, tax, rate)
		k.deliveryDiscount += discount
	}
	if taxed {
		k.owed[part(rate)] += tax
	}
	if k.showsGross() {
		tax, optionTax = 0, 0
	}
	k.equal(o.Net, net, "delivery[%d] net", i)
	k.equal(o.Tax, optionTax, "delivery[%d] tax", i)
	if k.taxes.PricesInclude {
		k.equal(o.Total, o.Listed, "delivery[%d] total = listed price", i)
	}

	k.fulfillment += o.Net
	k.deliveryTax += tax
	k.fulfillmentTotal += o.Net + tax
	k.shelf += o.Listed
	k.off += off
}

func (k *checker) extra(i int) {
	k.Helper()
	e := k.cart.Extras[i]
	rate, taxed := pricing.Rate{}, false
	if e.Kind != pricing.TipExtra {
		rate, taxed = k.rate(pricing.Destination{}, e.TaxClass)
	}
	net, tax := k.expect(e.Listed, 1, rate)
	if taxed {
		k.owed[part(rate)] += tax
	}
	if k.showsGross() {
		tax = 0
	}
	k.extras[e.Kind] += net
	k.extraTax += tax
	k.shelf += e.Listed
}

// rate is what something is taxed at where it goes.
func (k *checker) rate(to pricing.Destination, class string) (pricing.Rate, bool) {
	known := to
	if !known.Known() {
		known = k.cart.Destination
	}
	if k.cart.ExemptIn != nil && known.Known() && k.cart.ExemptIn(known) {
		return pricing.Rate{}, false
	}
	return k.taxes.Rate(k.place(to), class)
}

func (k *checker) sums() {
	k.Helper()
	q := k.quote
	k.equal(q.ItemsBase, k.base, "items base = Σ line base")
	k.equal(q.ItemsDiscount, k.discount, "items discount = Σ line discount")
	k.equal(q.Subtotal, q.ItemsBase-q.ItemsDiscount, "subtotal = items base - items discount")
	k.equal(q.Fulfillment, k.fulfillment, "fulfillment = Σ net of the deliveries")
	k.equal(q.Discount, k.deliveryDiscount, "discount = Σ discount of the deliveries")
	k.equal(q.Tax, k.tax+k.deliveryTax+k.extraTax, "tax = Σ tax of lines, deliveries and extras")
	k.equal(q.Fee, k.extras[pricing.FeeExtra], "fee = Σ fees")
	k.equal(q.GiftWrap, k.extras[pricing.WrapExtra], "gift wrap = Σ gift wraps")
	k.equal(q.Tip, k.extras[pricing.TipExtra], "tip = Σ tips")
	extras := q.Fee + q.GiftWrap + q.Tip
	k.equal(q.Total, q.Subtotal-q.Discount+q.Fulfillment+q.Tax+extras, "total = subtotal - discount + fulfillment + tax + fee + gift wrap + tip")
	k.equal(q.Total, k.linesTotal+k.fulfillmentTotal-q.Discount+extras+k.extraTax, "total = Σ totals of lines, deliveries and extras - discount")
	if k.taxes.PricesInclude {
		k.equal(q.Total, k.shelf-k.off, "total = shelf prices + listed deliveries and extras - what is off them")
	}
	if !k.knowsPlace() && !k.taxes.PricesInclude {
		k.equal(q.Tax, 0, "tax of net prices without a destination")
	}
}

func (k *checker) parts() {
	k.Helper()
	shown, hidden := k.quote.TaxParts, k.quote.IncludedParts
	if k.showsGross() {
		k.equal(k.quote.Tax, 0, "tax beside gross figures")
		shown, hidden = hidden, shown
	} else {
		k.equal(k.quote.TaxIncluded, 0, "tax included in net figures")
	}
	k.equal(int64(len(hidden)), 0, "number of parts of a tax that is not there")

	var sum int64
	got := make(map[pricing.TaxPart]int64)
	for i, p := range shown {
		if p.Amount <= 0 {
			k.Errorf("tax part %d takes %d; a part takes more than 0", i, p.Amount)
		}
		key := pricing.TaxPart{Jurisdiction: p.Jurisdiction, PPM: p.PPM}
		if _, twice := got[key]; twice {
			k.Errorf("tax part %d: %s at %d ppm is there twice", i, p.Jurisdiction, p.PPM)
		}
		got[key] = p.Amount
		sum += p.Amount
	}
	k.equal(k.quote.Tax+k.quote.TaxIncluded, sum, "tax = Σ tax parts")
	maps.DeleteFunc(k.owed, func(_ pricing.TaxPart, amount int64) bool { return amount == 0 })
	if !maps.Equal(got, k.owed) {
		k.Errorf("tax by jurisdiction and rate: %v; want %v", got, k.owed)
	}
}

func (k *checker) signs() {
	k.Helper()
	q := k.quote
	figures := []int64{q.ItemsBase, q.ItemsDiscount, q.Subtotal, q.Discount, q.Fulfillment, q.Tax, q.Fee, q.GiftWrap, q.Tip, q.Total, q.TaxIncluded}
	for _, a := range q.Lines {
		figures = append(figures, a.UnitAmount, a.Base, a.Discount, a.Subtotal, a.Tax, a.Total)
	}
	for _, n := range figures {
		if n < 0 || n > money.Max {
			k.Errorf("a figure is %d, outside 0 to %d: %+v", n, int64(money.Max), q)
			return
		}
	}
}

func (k *checker) showsGross() bool { return k.taxes.PricesInclude && k.taxes.ShowGross }

// place is where what goes to some destination of its own, or the cart's, is
// taxed.
func (k *checker) place(to pricing.Destination) pricing.Destination {
	if !to.Known() {
		to = k.cart.Destination
	}
	if !to.Known() && k.taxes.PricesInclude {
		return k.taxes.Origin
	}
	return to
}

// knowsPlace reports whether anything of the cart has a destination.
func (k *checker) knowsPlace() bool {
	return k.cart.Destination.Known() || slices.ContainsFunc(k.cart.Lines, func(l pricing.Line) bool { return l.To.Known() }) ||
		slices.ContainsFunc(k.cart.Delivery, func(o pricing.Option) bool { return o.To.Known() })
}

// deliveryOff is what the discounts take off each listed delivery.
func (k *checker) deliveryOff() []int64 {
	k.Helper()
	off := make([]int64, len(k.cart.Delivery))
	for _, d := range k.quote.Applied {
		if d.Kind != pricing.FreeDelivery {
			continue
		}
		left := make([]int64, len(off))
		var sum int64
		for i, o := range k.cart.Delivery {
			if len(d.Scope.Methods) == 0 || slices.Contains(d.Scope.Methods, cmp.Or(o.MethodID, o.ID)) {
				left[i] = o.Listed - off[i]
				sum += left[i]
			}
		}
		if d.MaxAmount > 0 && sum > d.MaxAmount {
			var err error
			if left, err = money.Allocate(d.MaxAmount, left); err != nil {
				k.Errorf("delivery: %v", err)
			}
		}
		for i := range left {
			off[i] += left[i]
		}
	}
	return off
}

// discounts compares what each discount says with the totals.
func (k *checker) discounts() {
	k.Helper()
	k.equal(int64(len(k.quote.Applied)), int64(len(k.cart.Discounts)), "number of discounts")
	var sum int64
	places := make(map[int]int64)
	for i, d := range k.quote.Applied {
		var parts int64
		for _, p := range d.Parts {
			if p.Amount <= 0 {
				k.Errorf("discount %d takes %d off a place; a part is more than 0", i, p.Amount)
			}
			if (p.Line == pricing.OfDelivery) != (d.Kind == pricing.FreeDelivery) {
				k.Errorf("discount %d, of kind %s, is taken off place %d", i, d.Kind, p.Line)
			}
			parts += p.Amount
			places[p.Line] += p.Amount
		}
		k.equal(d.Amount, parts, "discount %d = Σ of its parts", i)
		if d.MaxAmount > 0 && d.Amount > d.MaxAmount {
			k.Errorf("discount %d takes %d off; at most %d", i, d.Amount, d.MaxAmount)
		}
		sum += d.Amount
	}
	k.equal(sum, k.quote.ItemsDiscount+k.quote.Discount, "Σ discounts = items discount + discount")
	k.equal(places[pricing.OfDelivery], k.quote.Discount, "discount = Σ parts of the delivery")
	for i := range k.quote.Lines {
		k.equal(places[i], k.quote.Lines[i].Discount, "lines[%d] discount = Σ its parts", i)
	}
}

// lowered is the discount as shown, and the tax on or in the rest, when off is
// taken off a listed price with tax on or in it.
func (k *checker) lowered(whole, off, tax int64, r pricing.Rate) (discount, rest int64) {
	if !k.taxes.PricesInclude {
		return off, k.round(big.NewInt(whole-off), r.PPM, 1_000_000)
	}
	gone := k.round(big.NewInt(tax), off, whole)
	if k.showsGross() {
		return off, tax - gone
	}
	return off - gone, tax - gone
}

// expect is the unit amount to show for a listed price and the tax on, or in,
// quantity of them.
func (k *checker) expect(listed, quantity int64, r pricing.Rate) (unit, tax int64) {
	if !k.taxes.PricesInclude {
		whole := new(big.Int).Mul(big.NewInt(listed), big.NewInt(quantity))
		return listed, k.round(whole, r.PPM, 1_000_000)
	}
	contained := k.round(big.NewInt(listed), r.PPM, 1_000_000+r.PPM)
	if k.taxes.ShowGross {
		return listed, contained * quantity
	}
	return listed - contained, contained * quantity
}

// round is amount × num ÷ den by the taxes' way of rounding; amount is not
// negative.
func (k *checker) round(amount *big.Int, num, den int64) int64 {
	exact := new(big.Rat).SetFrac(new(big.Int).Mul(amount, big.NewInt(num)), big.NewInt(den))
	down := new(big.Int).Quo(exact.Num(), exact.Denom())
	rest := new(big.Rat).Sub(exact, new(big.Rat).SetInt(down))
	up := down.Int64() + 1
	switch half := rest.Cmp(big.NewRat(1, 2)); {
	case rest.Sign() == 0 || k.taxes.Rounding == money.Down:
		return down.Int64()
	case k.taxes.Rounding == money.Up || half > 0:
		return up
	case half < 0:
		return down.Int64()
	case k.taxes.Rounding == money.HalfEven && down.Bit(0) == 0:
		return down.Int64()
	}
	return up
}

// part is the key of a rate's tax part.
func part(r pricing.Rate) pricing.TaxPart {
	return pricing.TaxPart{Jurisdiction: r.Jurisdiction(), PPM: r.PPM}
}
