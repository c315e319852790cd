package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/config"
)

// unknownCode is a discount code that shops do not have; unknownMore is put
// behind it for one that has.
const (
	unknownCode = "NOSUCHCODE"
	unknownMore = "X"
)

// discount makes the cases of a shop with discounts: a code that it takes, if it
// has one for everybody, and one that it does not have.
func (m *maker) discount() {
	shop := m.shop()
	if code := codeFor(shop, &m.item); code != "" {
		m.add(Case{ID: "discount", Purpose: "Use a discount code.",
			Prompt: fmt.Sprintf("Start a checkout at %s with one %s and use the discount code %s.", shop.Name, m.item.Title, code),
			Calls: []Call{m.searched(), m.opened(), called("update_checkout_session", session(map[string]any{"discount_codes": []any{code}}),
				Expectation{Path: "line_items.0.discount", Above: new(int64)})},
			Outcome: "The widget shows the discount and the lower total. Nothing is bought."})
	}
	if len(shop.Discounts) == 0 {
		return // such a shop does not look at codes
	}
	wrong := unknownCode
	for slices.ContainsFunc(shop.Discounts, func(d config.DiscountConfig) bool { return strings.EqualFold(d.Code, wrong) }) {
		wrong += unknownMore
	}
	m.add(Case{ID: "wrong_code", Purpose: "Use a discount code that there is not.",
		Prompt: fmt.Sprintf("Start a checkout at %s with one %s and use the discount code %s.", shop.Name, m.item.Title, wrong),
		Calls: []Call{m.searched(), m.opened(), called("update_checkout_session", session(map[string]any{"discount_codes": []any{wrong}}),
			is("messages.*.param", "$.discounts.codes[0]"))},
		Outcome: "Says that the shop has no such code; the total stays. No other code is guessed, and nothing is bought."})
}

// codeFor finds a code that takes something off one unit of an item for
// everybody and at any time; "" when there is none. With automatic discounts
// about, whether a code applies depends on them, and there is none.
func codeFor(shop *config.MerchantConfig, it *catalog.Item) string {
	const smallest = 100 // minor units of which a percentage is not nothing
	if it.Price < smallest || slices.ContainsFunc(shop.Discounts, func(d config.DiscountConfig) bool { return d.Code == "" }) {
		return ""
	}
	for i := range shop.Discounts {
		d := &shop.Discounts[i]
		everybody := !d.RequiresLogin && len(d.Customers) == 0 && len(d.Tiers) == 0 && d.MaxUses == 0 && d.MaxUsesPerBuyer == 0
		always := d.Starts == "" && d.Ends == "" && d.MinSubtotal == "" && d.MinQuantity <= 1
		whole := len(d.Items) == 0 && len(d.Products) == 0 && len(d.Categories) == 0 && len(d.Tags) == 0
		if everybody && always && d.Kind != "free_delivery" && (whole || slices.Contains(d.Items, it.ID) || slices.Contains(d.Products, it.ProductID)) {
			return d.Code
		}
	}
	return ""
}
