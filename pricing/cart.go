// Package pricing is the arithmetic of a cart: lines, delivery, tax and
// totals. Everything in it is a pure function of its arguments: no clock, no
// network, no floats.
//
// # Rounding
//
// Amounts are int64 minor units and rates are parts per million, so a figure
// is rounded only where a rate is applied, once, by Taxes.Rounding:
//
//   - Listed before tax (Taxes.PricesInclude is false): once a line. A line's
//     tax is round(subtotal × ppm ÷ 1 000 000).
//   - Listed with tax (Taxes.PricesInclude): once a unit. The tax contained in
//     a unit is round(unit × ppm ÷ (1 000 000 + ppm)); a line's tax is that
//     times its quantity, its base is the rest of the unit times its quantity,
//     and its total is exactly the shelf price times the quantity.
//   - Delivery is one unit of one line, in either mode.
//   - A discount in percent: once a line, or once for all its lines and then
//     spread by largest remainder. Tax that is contained in a price falls with
//     the price: round(tax × discount ÷ price), once a line.
//
// Sums are never rounded, so every identity of the protocol's totals holds
// with tolerance 0, in every currency alike. A figure that does not fit is
// money.ErrRange, never a wrapped number. docs/pricing.md has worked examples.
package pricing

// Destination is where goods go, as far as it is known. Country is ISO 3166-1
// alpha-2 in upper case; the zero Destination is "not known yet".
type Destination struct {
	Country    string
	Region     string // subdivision without the country: "CA", "BY"
	PostalCode string
}

// Known reports whether there is a country to price for.
func (d Destination) Known() bool { return d.Country != "" }

// Line is one line of a cart.
type Line struct {
	ID          string
	UnitPrice   int64 // minor units, as the shop lists it: before tax, or with tax in it (Taxes.PricesInclude)
	Quantity    int64 // at least 1
	TaxClass    string
	TaxExempt   bool
	Digital     bool
	WeightGrams int64 // of one unit; counts for lines that are not digital
	// To is where the line goes, and is taxed, when that is not the cart's
	// Destination: another address, or the place where it is picked up.
	To Destination

	// What a discount may be bound to.
	ItemID, ProductID string
	Categories, Tags  []string
}

// Cart is what is to be priced. Delivery is empty until one is chosen, and has
// as many as the lines of the cart are split into. Only the Listed price and To
// of a delivery are read: its tax is computed anew for this cart.
type Cart struct {
	Currency    string // lower-case ISO 4217
	Lines       []Line
	Destination Destination
	Delivery    []Option
	Discounts   []*Discount // that apply, in any order; see Combine
	Extras      []Extra
	// ExemptIn says where the buyer pays no tax on anything; nil is nowhere. A
	// price that is listed with tax stays as it is listed.
	ExemptIn func(Destination) bool
}

// Amounts are the figures of one line, all in minor units:
// Subtotal = Base - Discount and Total = Subtotal + Tax, Base = UnitAmount × quantity.
type Amounts struct {
	LineID     string
	UnitAmount int64 // as shown: before tax, unless Taxes.ShowGross
	Base       int64
	Discount   int64
	Subtotal   int64
	Tax        int64
	Total      int64
}

// TaxPart is what one jurisdiction takes at one rate.
type TaxPart struct {
	Jurisdiction string // country or country-region of the table's row: "DE", "US-CA"
	PPM          int64  // rate in parts per million: 190 000 is 19 %
	Amount       int64
}

// Quote is a priced cart:
// Subtotal = ItemsBase - ItemsDiscount and
// Total = Subtotal - Discount + Fulfillment + Tax + Fee + GiftWrap + Tip.
type Quote struct {
	Lines         []Amounts // in the order of the cart
	ItemsBase     int64
	ItemsDiscount int64
	Subtotal      int64
	Discount      int64 // of what delivery costs
	Fulfillment   int64 // delivery before tax (with it, if Taxes.ShowGross) and before Discount; the sum of the options' Net
	Tax           int64 // of lines and delivery, after discounts; the sum of TaxParts
	TaxParts      []TaxPart
	Fee           int64 // of the cart's Extras, before tax (with it, if Taxes.ShowGross); so is GiftWrap
	GiftWrap      int64
	Tip           int64
	Total         int64
	TaxIncluded   int64     // with Taxes.ShowGross: the tax contained in Total, Tax is 0 then
	IncludedParts []TaxPart // with Taxes.ShowGross: TaxIncluded by jurisdiction, TaxParts is empty then
	Applied       []Applied // the cart's discounts in the order in which they are taken off
}
