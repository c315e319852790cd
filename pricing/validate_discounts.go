package pricing

import (
	"errors"
	"fmt"
)

// Limits of a merchant's discounts.
const (
	MaxDiscounts = 1000
	MaxScope     = 500 // entries of each list of a Scope
	MaxPriority  = 1000
)

// ValidateDiscounts reports everything that is wrong with a merchant's
// discounts, one line a fault, each beginning with its field:
// "discounts[2].ppm: …". methods are those that a scope may name.
func ValidateDiscounts(discounts []*Discount, methods []Method) error {
	var f faults
	if len(discounts) > MaxDiscounts {
		f.add("discounts", "%d of them; at most %d", len(discounts), MaxDiscounts)
		return errors.Join(f...)
	}
	known := make(map[string]bool, len(methods))
	for i := range methods {
		known[methods[i].ID] = true
	}
	ids := make(map[string]int, len(discounts))
	for i, d := range discounts {
		at := fmt.Sprintf("discounts[%d].", i)
		f.discount(at, d, known)
		if first, twice := ids[d.ID]; twice {
			f.add(at+"id", "%q is discounts[%d] too; give each discount its own", clip(d.ID), first)
			continue
		}
		ids[d.ID] = i
	}
	return errors.Join(f...)
}

func (f *faults) discount(at string, d *Discount, methods map[string]bool) {
	f.discountID(at+"id", d.ID)
	switch d.Kind {
	case PercentOff:
		if d.PPM < 1 || d.PPM > MaxPPM {
			f.add(at+"ppm", "%d is outside 1 to %d; 100000 is 10 percent", d.PPM, MaxPPM)
		}
	case AmountOff:
		if d.Amount < 1 {
			f.add(at+"amount", "is missing; give what it takes off, more than 0")
		}
	case FreeDelivery:
		if d.Each {
			f.add(at+"method", "is for discounts on items; remove it")
		}
	default:
		f.add(at+"kind", "%q is unknown; use %q, %q or %q", clip(string(d.Kind)), PercentOff, AmountOff, FreeDelivery)
	}
	if d.Kind != PercentOff && d.PPM != 0 {
		f.add(at+"ppm", "is for discounts of kind %q; remove it", PercentOff)
	}
	if d.Kind != AmountOff && d.Amount != 0 {
		f.add(at+"amount", "is for discounts of kind %q; remove it", AmountOff)
	}
	f.amount(at+"amount", d.Amount)
	f.amount(at+"max_amount", d.MaxAmount)
	f.amount(at+"min_subtotal", d.MinSubtotal)
	f.amount(at+"min_quantity", d.MinQuantity)
	if d.Priority < 1 || d.Priority > MaxPriority {
		f.add(at+"priority", "%d is outside 1 to %d; 1 is taken off first", d.Priority, MaxPriority)
	}
	f.scope(at, d, methods)
}

func (f *faults) discountID(field, id string) {
	if id == "" {
		f.add(field, "is missing; it names the discount in sessions and counts its uses, and should never change")
		return
	}
	f.methodID(field, id)
}

func (f *faults) scope(at string, d *Discount, methods map[string]bool) {
	for field, list := range map[string][]string{"items": d.Scope.Items, "products": d.Scope.Products,
		"categories": d.Scope.Categories, "tags": d.Scope.Tags, "delivery": d.Scope.Methods} {
		if len(list) > MaxScope {
			f.add(at+field, "%d of them; at most %d", len(list), MaxScope)
		}
		for i, entry := range list {
			if entry == "" {
				f.add(fmt.Sprintf("%s%s[%d]", at, field, i), "is empty; remove it")
			}
		}
	}
	if len(d.Scope.Methods) == 0 {
		return
	}
	if d.Kind != FreeDelivery {
		f.add(at+"delivery", "is for discounts of kind %q; remove it", FreeDelivery)
		return
	}
	for i, id := range d.Scope.Methods {
		if id != "" && !methods[id] {
			f.add(fmt.Sprintf("%sdelivery[%d]", at, i), "%q is no delivery method of the shop; use the id of one", clip(id))
		}
	}
}
