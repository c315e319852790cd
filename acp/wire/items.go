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

// believedPrice is the price of an item that the agent believes in: its
// unit_amount, or the amount of the suggested_price that a feed told it. Where
// and when the feed told it is not asked for: the shop's price wins.
func believedPrice(item value) value {
	suggested := item.get("suggested_price")
	if price := item.get("unit_amount"); price.given() || !suggested.object() {
		return price
	}
	source := suggested.get("source")
	for _, name := range []string{"feed_id", "channel", "feed_update_id", "updated_at"} {
		source.get(name)
	}
	suggested.get("observed_at")
	amount := suggested.get("amount")
	amount.require("the price that the feed told, in minor units")
	return amount
}

// items reads the items of a create or update. A list is never empty; entries
// with the same id add up, at the place of the first. Quantity is in no
// request schema of 2026-01-30 and later and in every example: it is read, and
// 1 when absent.
func (r *reader) items(body value) []acp.RequestedItem {
	list := r.itemList(body)
	if !list.require("the items to buy, [{\"id\": \"...\", \"quantity\": 1}]") {
		return nil
	}
	var items []acp.RequestedItem
	at := make(map[string]int)
	for v := range list.items(acp.MaxLineItems) {
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
		item := acp.RequestedItem{ID: id, Quantity: quantity.integer(1, acp.MaxQuantity, 1)}
		if price := believedPrice(v); price.given() {
			item.UnitAmount, item.HasUnitAmount = price.integer(0, money.Max, 0), true
		}
		i, seen := at[id]
		if !seen {
			at[id] = len(items)
			items = append(items, item)
			continue
		}
		items[i].Quantity += item.Quantity
		if items[i].Quantity > acp.MaxQuantity {
			quantity.refuse("Too many units of the same item together. Send at most " + strconv.Itoa(acp.MaxQuantity) + ".")
		}
		if item.HasUnitAmount {
			items[i].UnitAmount, items[i].HasUnitAmount = item.UnitAmount, true
		}
	}
	if r.err == nil && len(items) == 0 {
		list.refuse("Empty. Send at least one item.")
	}
	return items
}
