package pricing

import "github.com/checkstand/checkstand/money"

// Taxes is a merchant's tax table and how it is applied. Price and Options
// expect one that passed Validate.
type Taxes struct {
	// PricesInclude says that listed prices, of items and of delivery, have
	// the tax in them. The shelf price is kept then, wherever the goods go: the
	// contained tax is what the destination's rate makes it.
	PricesInclude bool
	// ShowGross, together with PricesInclude, shows gross figures and tax 0
	// instead of net figures and the contained tax.
	ShowGross bool
	// Rounding is applied once a line (net prices) or once a unit (gross
	// prices); see the package comment.
	Rounding money.Rounding
	// Origin stands in for a destination that is not known, so that a gross
	// price can be split; net prices carry no tax until it is known.
	Origin Destination
	// DeliveryClass is the tax class of delivery.
	DeliveryClass string
	Rates         []Rate
}

// Rate is one row of a tax table. The row that fits most exactly wins: by
// postal prefix (the longer first), then region, then country; within these
// the item's class before the standard class "". No row means no tax.
type Rate struct {
	Country      string // ISO 3166-1 alpha-2, upper case
	Region       string // ISO 3166-2 without the country; "" for the whole country
	PostalPrefix string // "" for the whole region; case and spaces do not matter
	Class        string // "" is the standard class
	PPM          int64  // parts per million, 0 to MaxPPM
	Name         string // "VAT", "Sales tax"
}

// MethodKind says how a delivery method is priced.
type MethodKind string

const (
	Flat       MethodKind = "flat"        // Price
	ByWeight   MethodKind = "by_weight"   // the first tier whose UpTo (grams) holds the cart
	BySubtotal MethodKind = "by_subtotal" // the first tier whose UpTo (minor units) holds the cart
	Electronic MethodKind = "digital"     // for digital lines; Price, usually 0
)

// Method is one way of delivery that a merchant offers.
type Method struct {
	ID          string
	Title       string
	Description string
	Carrier     string
	Kind        MethodKind
	// Countries that it serves, upper case; empty is everywhere.
	Countries []string
	// Regions narrows it to "US-CA"-style subdivisions; a leading "!" excludes
	// one. Empty is all.
	Regions []string
	// Price is what a Flat or Electronic method costs, in minor units, with
	// tax in it or not as Taxes.PricesInclude says; so is a tier's.
	Price int64
	// Tiers price a ByWeight or BySubtotal method; a cart that is beyond the
	// last one is not served.
	Tiers []Tier
	// FreeFrom makes it free from this subtotal on, in minor units; 0 is never.
	FreeFrom int64
	// MinDays and MaxDays are the delivery window in days from the order; both
	// 0 promises nothing.
	MinDays, MaxDays int
	// Pickup or Local make it something else than shipping; at most one is set.
	Pickup *Pickup
	Local  *Local
}

// Tier prices a method up to and including UpTo; UpTo 0 is "and beyond".
type Tier struct {
	UpTo  int64 // grams or minor units, as the method's kind says
	Price int64 // minor units
}
