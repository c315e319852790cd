package simulator

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
)

var totalTypes = []string{"items_base_amount", "items_discount", "subtotal", "discount", "fulfillment", "tax", "fee", "total"}

func checkLines(c *check, s map[string]any) {
	v, there := s["line_items"]
	if !there {
		c.advise("$.line_items", "What is bought: hosts show it, and some look into it without asking.", "Send the lines with their amounts.")
		return
	}
	lines, ok := c.list("$.line_items", v, "Send an array of lines.")
	if ok && len(lines) == 0 && c.handed {
		c.fault("$.line_items", "At least one line, when the sheet is opened.", "Do not let the buyer pay for nothing.")
	}
	ids := map[string]bool{}
	for _, l := range lines {
		if id, ok := c.text(l.path+".id", l.of["id"], "an id of the line"); ok {
			if ids[id] {
				c.fault(l.path+".id", "Each line has an id of its own.", fmt.Sprintf("%q is there twice.", id))
			}
			ids[id] = true
		}
		checkItem(c, l)
		if _, ok := l.of["name"].(string); !ok {
			c.advise(l.path+".name", "A name for the buyer.", "Add name: else the host has only the item's id to show.")
		}
		if images, there := l.of["images"]; there && images != nil {
			checkImages(c, l.path+".images", images)
		}
		checkLineAmounts(c, l)
	}
}

func checkItem(c *check, l element) {
	item, ok := l.of["item"].(map[string]any)
	if !ok {
		c.fault(l.path+".item", "Required: an object with id and quantity.", missingOr(l.of["item"], "Write an object."))
		return
	}
	c.text(l.path+".item.id", item["id"], "the id of what is bought")
	if n, ok := c.amountLike(l.path+".item.quantity", item["quantity"]); ok && n < 1 {
		c.fault(l.path+".item.quantity", "A whole number from 1.", fmt.Sprintf("%d is not: leave the line out instead.", n))
	}
}

// amountLike is a whole number that is no amount of money.
func (c *check) amountLike(path string, v any) (int64, bool) {
	if n, ok := v.(interface{ Int64() (int64, error) }); ok {
		if i, err := n.Int64(); err == nil {
			return i, true
		}
	}
	c.fault(path, "A whole number from 1.", missingOr(v, "Write a whole number."))
	return 0, false
}

func checkImages(c *check, at string, v any) {
	list, ok := v.([]any)
	if !ok {
		c.fault(at, "An array of addresses.", `Write ["https://…"], or leave it out.`)
		return
	}
	for i, one := range list {
		checkURL(c, fmt.Sprintf("%s[%d]", at, i), one, "the address of a picture")
	}
}

func checkLineAmounts(c *check, l element) {
	if l.of["totals"] != nil || l.of["unit_amount"] != nil {
		c.fault(l.path, "Lines have base_amount, discount, subtotal, tax and total.", "Write these in place of totals and unit_amount, which are of another version of the protocol.")
		return
	}
	amounts := map[string]int64{}
	for _, name := range []string{"base_amount", "discount", "subtotal", "tax", "total"} {
		n, ok := c.amount(l.path+"."+name, l.of[name])
		if !ok {
			return
		}
		if n < 0 {
			c.fault(l.path+"."+name, "Amounts of a line are not negative.", "Write a discount as a positive number: it is taken off.")
			return
		}
		amounts[name] = n
	}
	if want := amounts["base_amount"] - amounts["discount"]; amounts["subtotal"] != want {
		c.fault(l.path+".subtotal", "base_amount without discount.", fmt.Sprintf("That is %d, not %d.", want, amounts["subtotal"]))
	}
	if want := amounts["subtotal"] + amounts["tax"]; amounts["total"] != want {
		c.fault(l.path+".total", "subtotal and tax.", fmt.Sprintf("That is %d, not %d.", want, amounts["total"]))
	}
}

func checkTotals(c *check, s map[string]any) {
	const at = "$.totals"
	list, ok := c.list(at, s["totals"], "Send the totals: the sheet shows them, and asks for none without.")
	if !ok {
		return
	}
	sums, times, whole := map[string]int64{}, map[string]int{}, true
	for _, t := range list {
		kind := c.oneOf(t.path+".type", t.of["type"], totalTypes...)
		c.text(t.path+".display_text", t.of["display_text"], "words for the buyer")
		n, ok := c.amount(t.path+".amount", t.of["amount"])
		whole = whole && ok && kind != ""
		if strings.HasSuffix(kind, "discount") && n < 0 {
			n = -n // both signs are seen
		}
		sums[kind] += n
		times[kind]++
	}
	if times["total"] != 1 {
		c.fault(at, "One entry of the type total.", fmt.Sprintf("There are %d.", times["total"]))
		return
	}
	if !whole {
		return // the sums would be of what could be read alone
	}
	if times["subtotal"] == 1 && times["items_base_amount"] == 1 {
		if want := sums["items_base_amount"] - sums["items_discount"]; sums["subtotal"] != want {
			c.fault(at, "items_base_amount without items_discount is subtotal.", fmt.Sprintf("That is %d, not %d.", want, sums["subtotal"]))
		}
	}
	base := sums["subtotal"]
	if times["subtotal"] == 0 {
		base = sums["items_base_amount"] - sums["items_discount"]
	}
	if want := base - sums["discount"] + sums["fulfillment"] + sums["tax"] + sums["fee"]; times["subtotal"]+times["items_base_amount"] > 0 && sums["total"] != want {
		c.fault(at, "The entries sum up to total.", fmt.Sprintf("They come to %d, not to %d.", want, sums["total"]))
	}
	if sums["total"] < 0 {
		c.fault(at, "The total is not negative.", fmt.Sprintf("It is %d.", sums["total"]))
	}
}

// otherSpellings are names that hosts and samples use for the same.
var otherSpellings = map[string]string{"line1": "line_one", "line2": "line_two", "postalCode": "postal_code", "zip": "postal_code", "address_line_1": "line_one"}

func checkPeople(c *check, s map[string]any) {
	if v := s["fulfillment_address"]; v != nil {
		a, ok := v.(map[string]any)
		if !ok {
			c.fault("$.fulfillment_address", "An object or null.", "Write the address, or leave it out.")
		} else {
			checkAddress(c, "$.fulfillment_address", a)
		}
	}
	v := s["buyer"]
	if v == nil {
		return
	}
	b, ok := v.(map[string]any)
	if !ok {
		c.fault("$.buyer", "An object or null.", "Write the buyer, or leave it out.")
		return
	}
	for _, name := range []string{"first_name", "last_name", "email"} {
		c.text("$.buyer."+name, b[name], "the buyer's "+strings.ReplaceAll(name, "_", " "))
	}
	c.optionalText("$.buyer.phone_number", b["phone_number"])
}

func checkAddress(c *check, at string, a map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(otherSpellings)) {
		right := otherSpellings[name]
		if a[name] != nil && a[right] == nil {
			c.fault(at+"."+name, "The field is called "+right+".", "Rename it.")
		}
	}
	for _, name := range []string{"name", "line_one", "city", "country", "postal_code"} {
		if a[name] == nil && slices.ContainsFunc([]string{"line1", "zip", "postalCode", "address_line_1"}, func(other string) bool { return otherSpellings[other] == name && a[other] != nil }) {
			continue // told already
		}
		if s, ok := c.text(at+"."+name, a[name], "the address's "+strings.ReplaceAll(name, "_", " ")); ok && name == "country" && (len(s) != 2 || s != strings.ToUpper(s)) {
			c.fault(at+".country", "A code of two letters.", fmt.Sprintf("%q is none: write one such as US.", s))
		}
	}
	if _, ok := a["state"].(string); !ok {
		c.fault(at+".state", "Required: the state, as a text; empty where there are none.", missingOr(a["state"], "Write a text."))
	}
	c.optionalText(at+".line_two", a["line_two"])
	c.optionalText(at+".phone_number", a["phone_number"])
}

func checkMessages(c *check, s map[string]any) {
	list, _ := c.list("$.messages", s["messages"], "Send [] where there is nothing to say: some hosts look into it without asking.")
	for _, m := range list {
		kind := c.oneOf(m.path+".type", m.of["type"], "info", "error")
		c.oneOf(m.path+".content_type", m.of["content_type"], "plain", "markdown")
		c.text(m.path+".content", m.of["content"], "words for the buyer")
		if kind == "error" {
			c.text(m.path+".code", m.of["code"], "the error's code, such as out_of_stock")
			if c.handed {
				c.advise(m.path, "A session without errors, when the sheet is opened.", "Have the buyer put it right first.")
			}
		}
	}
}

var linkTypes = []string{"terms_of_use", "terms_of_service", "privacy_policy", "support_url", "refund_policy", "return_policy", "shipping_policy", "seller_shop_policies"}

func checkLinks(c *check, s map[string]any) {
	list, ok := c.list("$.links", s["links"], "Send an array of {type, url}, not an object.")
	if !ok {
		return
	}
	seen := map[string]bool{}
	for _, l := range list {
		if kind, ok := c.text(l.path+".type", l.of["type"], "what the link is"); ok {
			seen[kind] = true
			if !slices.Contains(linkTypes, kind) {
				c.advise(l.path+".type", "A kind that the documentation names.", fmt.Sprintf("%q is none: hosts may not show it.", kind))
			}
		}
		checkURL(c, l.path+".url", l.of["url"], "the address")
	}
	if !seen["terms_of_use"] && !seen["terms_of_service"] {
		c.fault("$.links", "A link of the type terms_of_use.", "Add it: the sheet shows it beside the pay button.")
	}
	if !seen["privacy_policy"] {
		c.fault("$.links", "A link of the type privacy_policy.", "Add it: the sheet shows it beside the pay button.")
	}
}

// newerNames are of later versions of the protocol, with what the sheet has for
// them.
var newerNames = map[string]string{
	"capabilities": "payment_provider", "fulfillment_details": "fulfillment_address", "selected_fulfillment_options": "fulfillment_option_id"}

// checkForeign finds what is not the shop's to send, or of another version.
func checkForeign(c *check, s map[string]any) {
	for _, name := range []string{"merchant", "logo_url", "conversation_id", "connector_id", "ecosystem_app_uri"} {
		if s[name] != nil {
			c.fault("$."+name, "The host adds this by itself.", "Leave it out.")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(newerNames)) {
		if s[name] != nil {
			c.fault("$."+name, "The sheet's session is that of 2025-09-29.", "Write "+newerNames[name]+" in its place.")
		}
	}
}

// checkURL is a member that has to be an address that a buyer can open. This
// machine's may do without TLS.
func checkURL(c *check, path string, v any, what string) {
	text, ok := c.text(path, v, what)
	if !ok {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		c.fault(path, "An absolute https address.", fmt.Sprintf("%q is none.", text))
		return
	}
	ip := net.ParseIP(u.Hostname())
	here := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !here) {
		c.fault(path, "An absolute https address.", "Serve it over https.")
	}
}
