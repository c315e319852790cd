package wire

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

// itemList is the list of items under the version's own name or the other
// one.
func (r *reader) itemList(body value) value {
	if r.rule.items == "items" {
		return body.first("items", "line_items")
	}
	return body.first("line_items", "items")
}

// prices reads what an agent believes of an item's price: its unit_amount, and
// the suggested_price that a feed told it, which stands in for the other. Which
// feed it was is not asked for: what the shop charged then is known here.
func (v value) prices(item *acp.RequestedItem) {
	if price := v.get("unit_amount"); price.given() {
		item.UnitAmount, item.HasUnitAmount = price.integer(0, money.Max, 0), true
	}
	suggested := v.get("suggested_price")
	if !suggested.object() {
		return
	}
	source := suggested.get("source")
	for _, name := range []string{"feed_id", "channel", "feed_update_id", "updated_at"} {
		source.get(name)
	}
	amount := suggested.get("amount")
	amount.require("the price that the feed told, in minor units")
	item.Suggested = &acp.SuggestedPrice{Amount: amount.integer(0, money.Max, 0), ObservedAt: suggested.get("observed_at").time()}
	if !item.HasUnitAmount {
		item.UnitAmount, item.HasUnitAmount = item.Suggested.Amount, true
	}
}

// items reads the items of a create or update. A list is never empty; entries
// with the same id add up, at the place of the first. Quantity is in no
// request schema of 2026-01-30 and later and in every example: it is read, and
// 1 when absent.
func (r *reader) items(body value) []acp.RequestedItem {
	list, limits := r.itemList(body), &r.doc.limits
	if !list.require("the items to buy, [{\"id\": \"...\", \"quantity\": 1}]") {
		return nil
	}
	var items []acp.RequestedItem
	at := make(map[string]int)
	for v := range list.items(limits.LineItems) {
		if !v.object() {
			v.wrongType("an object with an id")
			return nil
		}
		id := v.get("id").requiredText(acp.MaxItemID, "the id of the item in the shop's catalogue")
		v.get("name").text(acp.MaxText) // the shop's own name is shown
		if strings.ContainsFunc(id, unicode.IsControl) {
			v.get("id").refuse("Not an item id: it has control characters. Send the id as the product feed has it.")
			return nil
		}
		quantity := v.get("quantity")
		item := acp.RequestedItem{ID: id, Quantity: quantity.integer(1, limits.Quantity, 1)}
		v.prices(&item)
		i, seen := at[id]
		if !seen {
			at[id] = len(items)
			items = append(items, item)
			continue
		}
		items[i].Quantity += item.Quantity
		if items[i].Quantity > limits.Quantity {
			quantity.refuse("Too many units of the same item together. Send at most " + strconv.FormatInt(limits.Quantity, 10) + ".")
		}
		if item.HasUnitAmount {
			items[i].UnitAmount, items[i].HasUnitAmount = item.UnitAmount, true
		}
		if item.Suggested != nil {
			items[i].Suggested = item.Suggested
		}
	}
	if r.err == nil && len(items) == 0 {
		list.refuse("Empty. Send at least one item.")
	}
	return items
}
