package pricing

import (
	"strings"

	"github.com/checkstand/checkstand/money"
)

// million is the whole that a rate in parts per million is a part of.
const million = 1_000_000

// Rate finds the row that taxes a class of goods at a destination, and false
// when none does. Country and region are compared without regard to case,
// postal codes without regard to case and spaces. Of two rows that fit equally
// well, which Validate refuses, the first wins.
func (t Taxes) Rate(d Destination, class string) (Rate, bool) {
	if i := t.find(d, class); i >= 0 {
		return t.Rates[i], true
	}
	return Rate{}, false
}

// find returns the index of the row that Rate is about, -1 for none.
func (t *Taxes) find(d Destination, class string) int {
	best, bestFit := -1, fit{}
	if !d.Known() {
		return best
	}
	for i := range t.Rates {
		f, ok := t.Rates[i].fits(d, class)
		if ok && (best < 0 || f.exceeds(bestFit)) {
			best, bestFit = i, f
		}
	}
	return best
}

// fit measures how exactly a row matches; its fields are in order of weight.
type fit struct {
	postal int // length of the postal prefix
	region bool
	class  bool
}

func (f fit) exceeds(g fit) bool {
	if f.postal != g.postal {
		return f.postal > g.postal
	}
	if f.region != g.region {
		return f.region
	}
	return f.class && !g.class
}

func (r *Rate) fits(d Destination, class string) (fit, bool) {
	if r.Class != "" && r.Class != class ||
		!strings.EqualFold(r.Country, d.Country) ||
		r.Region != "" && !strings.EqualFold(r.Region, d.Region) {
		return fit{}, false
	}
	n, ok := postalPrefix(d.PostalCode, r.PostalPrefix)
	return fit{postal: n, region: r.Region != "", class: r.Class != ""}, ok
}

// postalPrefix reports whether code begins with prefix, both read in upper
// case and without spaces, and how long the prefix is when read so. It is the
// inner loop of a lookup, hence no normalised copies.
func postalPrefix(code, prefix string) (length int, ok bool) {
	c := 0
	for p := range len(prefix) {
		if prefix[p] == ' ' {
			continue
		}
		for c < len(code) && code[c] == ' ' {
			c++
		}
		if c == len(code) || upper(code[c]) != upper(prefix[p]) {
			return 0, false
		}
		c++
		length++
	}
	return length, true
}

func upper(b byte) byte {
	if 'a' <= b && b <= 'z' {
		return b - 'a' + 'A'
	}
	return b
}

// place is where a cart is taxed: the destination, or the origin while gross
// prices have no destination, or nowhere.
func (t *Taxes) place(d Destination) Destination {
	if !d.Known() && t.PricesInclude {
		return t.Origin
	}
	return d
}

// figures are a listed price, times a quantity, taken apart for show.
type figures struct {
	unit     int64 // as shown
	base     int64 // unit × quantity
	tax      int64 // shown beside base
	discount int64 // of base
	included int64 // contained in base less discount; 0 unless ShowGross
	total    int64 // base - discount + tax
}

// figure applies a rate to a listed price. Taxes are rounded here and in
// lowered, and nowhere else. It returns money.ErrRange.
func (t *Taxes) figure(listed, quantity, ppm int64) (figures, error) {
	whole, err := money.Mul(listed, quantity)
	if err != nil {
		return figures{}, err
	}
	if !t.PricesInclude {
		tax, err := money.MulDiv(whole, ppm, million, t.Rounding)
		if err != nil {
			return figures{}, err
		}
		total, err := money.Add(whole, tax)
		return figures{unit: listed, base: whole, tax: tax, total: total}, err
	}
	contained, err := money.MulDiv(listed, ppm, million+ppm, t.Rounding)
	if err != nil {
		return figures{}, err
	}
	tax := contained * quantity // at most whole, as contained is at most listed
	if t.ShowGross {
		return figures{unit: listed, base: whole, included: tax, total: whole}, nil
	}
	return figures{unit: listed - contained, base: whole - tax, tax: tax, total: whole}, nil
}

// lowered takes off what is off a listed price. Tax that comes on top is that of
// the rest; tax that is contained falls as much as the price does, so that
// neither the discount nor the tax can end below zero.
func (t *Taxes) lowered(f figures, off, ppm int64) (figures, error) {
	if !t.PricesInclude {
		tax, err := money.MulDiv(f.base-off, ppm, million, t.Rounding)
		f.discount, f.tax, f.total = off, tax, f.base-off+tax
		return f, err
	}
	whole := f.total
	gone, err := money.MulDiv(f.tax+f.included, off, whole, t.Rounding) // one of the two is 0
	if err != nil {
		return figures{}, err
	}
	f.total = whole - off
	if t.ShowGross {
		f.discount, f.included = off, f.included-gone
	} else {
		f.discount, f.tax = off-gone, f.tax-gone
	}
	return f, nil
}
