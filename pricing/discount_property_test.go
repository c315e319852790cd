package pricing_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/pricing/pricingtest"
)

func discount(i int) *rapid.Generator[*pricing.Discount] {
	return rapid.Custom(func(t *rapid.T) *pricing.Discount {
		d := &pricing.Discount{
			ID: fmt.Sprintf("d%d", i), Priority: rapid.Int64Range(1, 3).Draw(t, "priority"), Combines: rapid.Bool().Draw(t, "combines"),
			Kind:      rapid.SampledFrom([]pricing.DiscountKind{pricing.PercentOff, pricing.AmountOff, pricing.FreeDelivery}).Draw(t, "kind"),
			MaxAmount: rapid.SampledFrom([]int64{0, 0, 1, 700, 100_000}).Draw(t, "most"),
		}
		switch d.Kind {
		case pricing.PercentOff:
			d.PPM, d.Each = max(ppm.Draw(t, "ppm"), 1), rapid.Bool().Draw(t, "each")
		case pricing.AmountOff:
			d.Amount, d.Each = max(price.Draw(t, "amount"), 1), rapid.Bool().Draw(t, "each")
		case pricing.FreeDelivery:
			d.Scope.Methods = rapid.SampledFrom([][]string{nil, {"m0"}, {"m1", "m2"}}).Draw(t, "methods")
		}
		if rapid.Bool().Draw(t, "scoped") {
			d.Scope.Items = rapid.SampledFrom([][]string{{"a"}, {"b", "c"}, {"nothing"}}).Draw(t, "items")
		}
		return d
	})
}

// discounted is a scenario with discounts in an order of their own.
func discounted(t *rapid.T) (pricing.Cart, pricing.Taxes) {
	c, x := scenario(t)
	for i := range rapid.IntRange(0, 4).Draw(t, "discounts") {
		c.Discounts = append(c.Discounts, discount(i).Draw(t, "discount"))
	}
	if err := pricing.ValidateDiscounts(c.Discounts, []pricing.Method{{ID: "m0"}, {ID: "m1"}, {ID: "m2"}}); err != nil {
		t.Fatalf("the generated discounts are invalid: %v", err)
	}
	return c, x
}

func TestEveryIdentityHoldsWithDiscounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, x := discounted(t)
		pricingtest.CheckQuote(t, c, x, mustPrice(t, c, x))
	})
}

func TestADiscountNeverCostsAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, x := discounted(t)
		without := c
		without.Discounts = nil
		before, after := mustPrice(t, without, x), mustPrice(t, c, x)
		if after.Total > before.Total || after.Tax > before.Tax || after.Fulfillment != before.Fulfillment || after.ItemsBase != before.ItemsBase {
			t.Fatalf("before:\n%+v\nafter:\n%+v", before, after)
		}
	})
}

func TestOrderOfDiscountsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, x := discounted(t)
		a, err := pricing.Combine(c, x, c.Discounts)
		if err != nil {
			t.Fatal(err)
		}
		b, err := pricing.Combine(c, x, rapid.Permutation(c.Discounts).Draw(t, "other order"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("others are chosen (-one order +another)\n%s", diff)
		}
		c.Discounts = a
		first := mustPrice(t, c, x)
		c.Discounts = rapid.Permutation(a).Draw(t, "order of the chosen")
		if diff := cmp.Diff(first, mustPrice(t, c, x)); diff != "" {
			t.Fatalf("(-one order +another)\n%s", diff)
		}
	})
}

// What is chosen takes at least as much off as any other choice that the rules
// allow.
func TestCombineChoosesTheMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, x := discounted(t)
		x.PricesInclude, x.Rates = true, nil // what is off the total is what is off the prices
		x.ShowGross = false
		chosen, err := pricing.Combine(c, x, c.Discounts)
		if err != nil {
			t.Fatal(err)
		}
		combining := slices.DeleteFunc(slices.Clone(c.Discounts), func(d *pricing.Discount) bool { return !d.Combines })
		choices := [][]*pricing.Discount{combining}
		for _, d := range c.Discounts {
			if !d.Combines {
				choices = append(choices, []*pricing.Discount{d})
			}
		}
		pays := func(discounts []*pricing.Discount) int64 {
			with := c
			with.Discounts = discounts
			return mustPrice(t, with, x).Total
		}
		if len(chosen) > 1 && slices.ContainsFunc(chosen, func(d *pricing.Discount) bool { return !d.Combines }) {
			t.Fatalf("one that does not combine stands beside others: %+v", chosen)
		}
		for _, other := range choices {
			if pays(other) < pays(chosen) {
				t.Fatalf("%+v would be cheaper than %+v", other, chosen)
			}
		}
	})
}
