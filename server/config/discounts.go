package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/pricing"
)

// Bounds of discounts.
const (
	MaxDiscountName = 200 // bytes
	MaxDiscountUses = 1_000_000_000
	MaxCustomers    = 1000 // entries of customers and of tiers, each
)

// DiscountConfig is one discount: what it takes off, from what, and who may use
// it. docs/pricing.md explains the arithmetic.
type DiscountConfig struct {
	ID      string      `yaml:"id" doc:"The discount's id in sessions and where its uses are counted; it should never change."`
	Name    string      `yaml:"name" doc:"What buyers read, such as \"Spring sale\"."`
	Names   WordsConfig `yaml:"names,omitempty" doc:"The name in other languages."`
	Code    string      `yaml:"code,omitempty" doc:"The code that a buyer enters, in any case; without one the discount applies by itself. Letters, digits, \"_\", \"-\" and \".\", at most 64."`
	Kind    string      `yaml:"kind" default:"percent" doc:"What it takes off: percent, amount or free_delivery."`
	Percent string      `yaml:"percent,omitempty" doc:"The percentage of a discount of kind percent, such as \"10\" or \"12.5\"."`
	Amount  string      `yaml:"amount,omitempty" doc:"The amount of a discount of kind amount, such as \"5.00\", in the shop's currency, as prices are listed."`
	Method  string      `yaml:"method,omitempty" doc:"each: of every line (percent) or every unit (amount) by itself; across: of all lines together. When it is not set, percent is each and amount is across."`

	Items      []string `yaml:"items,omitempty" doc:"Ids of the items that it is for. With items, products, categories and tags all empty it is for the whole cart."`
	Products   []string `yaml:"products,omitempty" doc:"Ids of the products that it is for."`
	Categories []string `yaml:"categories,omitempty" doc:"Categories that it is for, such as \"Clothing\", with those below them."`
	Tags       []string `yaml:"tags,omitempty" doc:"Tags of the items that it is for."`
	Delivery   []string `yaml:"delivery,omitempty" doc:"Ids of the ways of delivery that free_delivery is for; all when not set."`

	MinSubtotal string `yaml:"min_subtotal,omitempty" doc:"Least subtotal of the items that it is for, such as \"50.00\", before any discount."`
	MinQuantity int64  `yaml:"min_quantity" default:"0" doc:"Least number of units of the items that it is for."`
	MaxAmount   string `yaml:"max_amount,omitempty" doc:"Most that it takes off one order, such as \"20.00\"."`
	Combines    bool   `yaml:"combines" default:"false" doc:"Whether it can stand beside others that combine. Of those that cannot, one applies alone, if it takes more off."`
	Priority    int64  `yaml:"priority" default:"1" doc:"Where several apply, a lower one is taken off first, and the next of what is left."`

	Starts string `yaml:"starts,omitempty" doc:"When it begins, such as \"2026-11-27T00:00:00Z\"."`
	Ends   string `yaml:"ends,omitempty" doc:"When it ends. A price that was shown as final keeps it for quote_ttl."`

	RequiresLogin   bool     `yaml:"requires_login" default:"false" doc:"Whether it is for buyers alone whom the agent has authenticated."`
	Customers       []string `yaml:"customers,omitempty" doc:"Customer ids that it is for. What an agent says of its buyer is believed."`
	Tiers           []string `yaml:"tiers,omitempty" doc:"Tiers of the loyalty programme that it is for, such as \"gold\"; with customers too, either suffices."`
	MaxUses         int64    `yaml:"max_uses" default:"0" doc:"Most purchases with it; 0 is no bound. Test and live mode are counted apart."`
	MaxUsesPerBuyer int64    `yaml:"max_uses_per_buyer" default:"0" doc:"Most purchases of one buyer with it, told by the e-mail address, which the purchase needs then; 0 is no bound."`
}

// discounts reads the discounts, reporting what is wrong with them under at,
// the merchant's path.
func (m *MerchantConfig) discounts(r *report, at string, methods []pricing.Method) *checkout.Discounts {
	list := make([]checkout.Discount, len(m.Discounts))
	rules := make([]*pricing.Discount, len(list))
	codes := make(map[string]int, len(list))
	for i := range m.Discounts {
		path := join(at, "discounts["+strconv.Itoa(i)+"]")
		list[i] = m.Discounts[i].discount(r, path, m.Currency)
		rules[i] = &list[i].Discount
		if code := checkout.FoldCode(list[i].Code); code != "" {
			if first, twice := codes[code]; twice {
				r.errorf(path+".code", "%q is the code of discounts[%d] too; give each discount its own", clip(list[i].Code), first)
				continue
			}
			codes[code] = i
		}
	}
	r.faults(pricing.ValidateDiscounts(rules, methods), func(field string) string {
		return join(at, strings.Replace(field, ".ppm", ".percent", 1))
	})
	return checkout.NewDiscounts(list)
}

func (d *DiscountConfig) discount(r *report, at, currency string) checkout.Discount {
	out := checkout.Discount{
		Name: strings.TrimSpace(d.Name), Names: d.Names.own(), Code: d.Code,
		RequiresLogin: d.RequiresLogin, Customers: d.Customers, Tiers: d.Tiers,
		MaxUses: d.MaxUses, MaxUsesPerBuyer: d.MaxUsesPerBuyer,
		Discount: pricing.Discount{
			ID: d.ID, Kind: pricing.DiscountKind(d.Kind), Each: d.Method == "each" || d.Method == "" && d.Kind == string(pricing.PercentOff),
			Scope:       pricing.Scope{Items: d.Items, Products: d.Products, Categories: d.Categories, Tags: d.Tags, Methods: d.Delivery},
			MinQuantity: d.MinQuantity, Combines: d.Combines, Priority: d.Priority,
		},
	}
	if out.Name == "" {
		r.errorf(at+".name", "is missing; write what buyers read, such as \"Spring sale\"")
	} else if len(d.Name) > MaxDiscountName {
		r.errorf(at+".name", "is longer than %d bytes", MaxDiscountName)
	}
	if d.Code != "" {
		r.name(at+".code", d.Code, "SPRING10")
	}
	if d.Method != "" {
		r.oneOf(at+".method", d.Method, "each", "across")
	}
	d.value(r, at, currency, &out.Discount)
	if d.MinSubtotal != "" {
		out.MinSubtotal = r.amount(at+".min_subtotal", d.MinSubtotal, currency)
	}
	if d.MaxAmount != "" {
		if out.MaxAmount = r.amount(at+".max_amount", d.MaxAmount, currency); out.MaxAmount == 0 {
			r.errorf(at+".max_amount", "0 takes nothing off; write the most that it takes off, or remove it")
		}
	}
	out.Starts, out.Ends = r.moment(at+".starts", d.Starts), r.moment(at+".ends", d.Ends)
	if !out.Starts.IsZero() && !out.Ends.IsZero() && !out.Starts.Before(out.Ends) {
		r.errorf(at+".ends", "%s is not after starts, %s", clip(d.Ends), clip(d.Starts))
	}
	r.between(at+".max_uses", d.MaxUses, 0, MaxDiscountUses)
	r.between(at+".max_uses_per_buyer", d.MaxUsesPerBuyer, 0, MaxDiscountUses)
	for key, list := range map[string][]string{".customers": d.Customers, ".tiers": d.Tiers} {
		if len(list) > MaxCustomers {
			r.errorf(at+key, "%d of them; at most %d", len(list), MaxCustomers)
		}
		for i, entry := range list {
			if entry == "" {
				r.errorf(at+key+"["+strconv.Itoa(i)+"]", "is empty; remove it")
			}
		}
	}
	return out
}

// value reads what the discount takes off. Where that cannot be read, it is set
// to something that package pricing takes, so that a fault is told once.
func (d *DiscountConfig) value(r *report, at, currency string, out *pricing.Discount) {
	switch {
	case d.Percent == "" && out.Kind == pricing.PercentOff:
		r.errorf(at+".percent", "is missing; write the percentage, such as \"10\"")
		out.PPM = 1
	case d.Percent != "":
		ppm, err := pricing.ParsePercent(d.Percent)
		switch {
		case err != nil:
			r.errorf(at+".percent", "%v", err)
			ppm = 1
		case ppm == 0:
			r.errorf(at+".percent", "0 takes nothing off; write the percentage, such as \"10\"")
			ppm = 1
		}
		out.PPM = ppm
	}
	switch {
	case d.Amount == "" && out.Kind == pricing.AmountOff:
		r.errorf(at+".amount", "is missing; write what it takes off, as in %q", example(currency))
		out.Amount = 1
	case d.Amount != "":
		before := len(r.problems)
		if out.Amount = r.amount(at+".amount", d.Amount, currency); out.Amount == 0 {
			if len(r.problems) == before && currency != "" {
				r.errorf(at+".amount", "0 takes nothing off; write it as in %q", example(currency))
			}
			out.Amount = 1
		}
	}
}

// moment reads a time; "" is the zero time.
func (r *report) moment(path, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.errorf(path, "%q is not a time; write it as in \"2026-11-27T00:00:00Z\" or \"2026-11-27T00:00:00+01:00\"", clip(text))
		return time.Time{}
	}
	return t.UTC()
}
