package pricing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/fault"
	"github.com/checkstand/checkstand/iso3166"
	"github.com/checkstand/checkstand/money"
)

// Limits of a merchant's rules.
const (
	MaxRates         = 50_000 // rows of a tax table
	MaxMethods       = 100
	MaxTiers         = 100
	MaxDeliveryDays  = 365
	maxPostalPrefix  = 20
	maxMethodIDBytes = 64
)

// faults collects what is wrong.
type faults []error

func (f *faults) add(field, format string, args ...any) {
	*f = append(*f, fault.New(field, format, args...))
}

// Validate reports everything that is wrong with a tax table, one line a
// fault, each beginning with its field: "rates[2].ppm: …".
func (t Taxes) Validate() error {
	var f faults
	if t.ShowGross && !t.PricesInclude {
		f.add("show_gross", "needs listed prices that include tax; prices listed before tax are shown before tax")
	}
	if t.Rounding > money.Up {
		f.add("rounding", "%d is not a way to round", t.Rounding)
	}
	if t.Origin.Known() {
		f.country("origin.country", t.Origin.Country)
		f.region("origin.region", t.Origin.Region)
	} else if t.Origin != (Destination{}) {
		f.add("origin.country", "is missing; a region or postal code alone is no place")
	}
	if len(t.Rates) > MaxRates {
		f.add("rates", "%d rows; at most %d", len(t.Rates), MaxRates)
		return errors.Join(f...)
	}
	rows := make(map[Rate]int, len(t.Rates))
	for i := range t.Rates {
		r := &t.Rates[i]
		at := fmt.Sprintf("rates[%d]", i)
		f.country(at+".country", r.Country)
		f.region(at+".region", r.Region)
		f.postalPrefix(at+".postal_prefix", r.PostalPrefix)
		if r.PPM < 0 || r.PPM > MaxPPM {
			f.add(at+".ppm", "%d is outside 0 to %d; 190000 is 19 percent", r.PPM, MaxPPM)
		}
		key := Rate{
			Country: r.Country, Region: r.Region, Class: r.Class,
			PostalPrefix: strings.ToUpper(strings.ReplaceAll(r.PostalPrefix, " ", "")),
		}
		if first, twice := rows[key]; twice {
			f.add(at, "is for the same place and class as rates[%d]; remove one of them", first)
			continue
		}
		rows[key] = i
	}
	return errors.Join(f...)
}

// Validate reports everything that is wrong with a delivery method, one line a
// fault, each beginning with its field: "tiers[1].up_to: …".
func (m Method) Validate() error {
	var f faults
	f.method("", &m)
	return errors.Join(f...)
}

// ValidateMethods validates a merchant's methods together: each for itself,
// with fields such as "methods[0].tiers[1].up_to", and that no two have the
// same ID.
func ValidateMethods(methods []Method) error {
	var f faults
	if len(methods) > MaxMethods {
		f.add("methods", "%d of them; at most %d", len(methods), MaxMethods)
		return errors.Join(f...)
	}
	ids := make(map[string]int, len(methods))
	for i := range methods {
		m := &methods[i]
		at := fmt.Sprintf("methods[%d].", i)
		f.method(at, m)
		if first, twice := ids[m.ID]; twice {
			f.add(at+"id", "%q is methods[%d] too; give each method its own", clip(m.ID), first)
			continue
		}
		ids[m.ID] = i
	}
	return errors.Join(f...)
}

func (f *faults) method(at string, m *Method) {
	f.methodID(at+"id", m.ID)
	if strings.TrimSpace(m.Title) == "" {
		f.add(at+"title", "is missing; buyers choose by it")
	}
	switch m.Kind {
	case Flat, Electronic:
		if len(m.Tiers) > 0 {
			f.add(at+"tiers", "a method of kind %q has a price instead; remove the tiers or make it %q or %q", m.Kind, ByWeight, BySubtotal)
		}
	case ByWeight, BySubtotal:
		if m.Price != 0 {
			f.add(at+"price", "a method of kind %q is priced by its tiers; remove it", m.Kind)
		}
		f.tiers(at, m.Tiers)
	default:
		f.add(at+"kind", "%q is unknown; use %q, %q, %q or %q", clip(string(m.Kind)), Flat, ByWeight, BySubtotal, Electronic)
	}
	f.amount(at+"price", m.Price)
	f.amount(at+"free_from", m.FreeFrom)
	for i, c := range m.Countries {
		f.country(fmt.Sprintf("%scountries[%d]", at, i), c)
	}
	f.regions(at, m)
	f.days(at, m)
	f.place(at, m)
}

func (f *faults) methodID(field, id string) {
	if id == "" {
		f.add(field, "is missing; it names the option in sessions and orders and should never change")
		return
	}
	if len(id) > maxMethodIDBytes || strings.IndexFunc(id, func(c rune) bool { return !isIDChar(c) }) >= 0 {
		f.add(field, "%q; use at most %d letters, digits, '_', '-' and '.'", clip(id), maxMethodIDBytes)
	}
}

func isIDChar(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.'
}

func (f *faults) amount(field string, minor int64) {
	if minor < 0 || minor > money.Max {
		f.add(field, "%d is outside 0 to %d minor units", minor, int64(money.Max))
	}
}

func (f *faults) tiers(at string, tiers []Tier) {
	if len(tiers) == 0 {
		f.add(at+"tiers", "are missing; give at least one, the last with up_to 0 to hold every cart")
	}
	if len(tiers) > MaxTiers {
		f.add(at+"tiers", "%d of them; at most %d", len(tiers), MaxTiers)
		return
	}
	for i, t := range tiers {
		field := fmt.Sprintf("%stiers[%d]", at, i)
		f.amount(field+".price", t.Price)
		switch {
		case t.UpTo == 0 && i < len(tiers)-1:
			f.add(field+".up_to", "0 holds every cart, so the tiers after it never apply; give it to the last one only")
		case t.UpTo == 0:
		case t.UpTo < 0 || t.UpTo > money.Max:
			f.add(field+".up_to", "%d is outside 0 to %d", t.UpTo, int64(money.Max))
		case i > 0 && t.UpTo <= tiers[i-1].UpTo:
			f.add(field+".up_to", "%d is not more than %d of the tier before; list tiers from small to large", t.UpTo, tiers[i-1].UpTo)
		}
	}
}

// regions checks that each entry can match, and that narrowing to regions does
// not silently drop a country that the method lists.
func (f *faults) regions(at string, m *Method) {
	named := false
	covered := make(map[string]bool, len(m.Countries))
	for i, r := range m.Regions {
		field := fmt.Sprintf("%sregions[%d]", at, i)
		code, excluded := strings.CutPrefix(r, "!")
		country, region, ok := strings.Cut(code, "-")
		if !ok || !iso3166.IsSubdivision(region) {
			f.add(field, "%q; write the country and its subdivision as \"US-CA\", or \"!US-CA\" to exclude it", clip(r))
			continue
		}
		if err := iso3166.CheckCountry(country); err != nil {
			f.add(field, "%v", err)
			continue
		}
		if len(m.Countries) > 0 && !slices.Contains(m.Countries, country) {
			f.add(field, "%q is not in a country that the method serves; add %q to countries or remove the region", r, country)
		}
		if !excluded {
			named, covered[country] = true, true
		}
	}
	if !named {
		return
	}
	for i, c := range m.Countries {
		if !covered[c] {
			f.add(fmt.Sprintf("%scountries[%d]", at, i), "%q has no region in regions, which narrows the method to those it names; name its regions or make it a method of its own", clip(c))
		}
	}
}

func (f *faults) days(at string, m *Method) {
	if m.MinDays < 0 || m.MinDays > MaxDeliveryDays {
		f.add(at+"min_days", "%d is outside 0 to %d", m.MinDays, MaxDeliveryDays)
	}
	if m.MaxDays < 0 || m.MaxDays > MaxDeliveryDays {
		f.add(at+"max_days", "%d is outside 0 to %d", m.MaxDays, MaxDeliveryDays)
	} else if m.MaxDays < m.MinDays {
		f.add(at+"max_days", "%d is less than min_days %d", m.MaxDays, m.MinDays)
	}
}

func (f *faults) country(field, code string) {
	if err := iso3166.CheckCountry(code); err != nil {
		f.add(field, "%v", err)
	}
}

func (f *faults) region(field, code string) {
	if code != "" && !iso3166.IsSubdivision(code) {
		f.add(field, "%q; give the subdivision alone, one to three upper-case letters or digits of ISO 3166-2, such as \"CA\"", clip(code))
	}
}

func (f *faults) postalPrefix(field, prefix string) {
	if prefix == "" {
		return
	}
	ok := len(prefix) <= maxPostalPrefix && strings.Trim(prefix, " ") != ""
	for i := range len(prefix) {
		b := upper(prefix[i])
		ok = ok && ('A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == ' ' || b == '-')
	}
	if !ok {
		f.add(field, "%q; give at most %d letters, digits, spaces and hyphens that postal codes begin with", clip(prefix), maxPostalPrefix)
	}
}
