package simulator

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"
)

// sessionRules are the rules of the sheet's session, in the order of its
// documentation.
var sessionRules = []func(*check, map[string]any){
	checkIdentity, checkProvider, checkLines, checkTotals, checkDelivery, checkPeople, checkMessages, checkLinks, checkForeign, checkOrder,
}

var currencyForm = regexp.MustCompile(`^[A-Za-z]{3}$`)

func checkIdentity(c *check, s map[string]any) {
	c.text("$.id", s["id"], "an id that no other checkout has")
	status, _ := s["status"].(string)
	switch {
	case c.handed && status != "ready_for_payment":
		c.fault("$.status", "ready_for_payment, when the sheet is opened.", fmt.Sprintf("It is %q: let the buyer pay only when nothing is missing.", status))
	case status == "":
		c.fault("$.status", "Required: the status, as a text.", missingOr(s["status"], "Write ready_for_payment once nothing is missing."))
	}
	if v, there := s["payment_mode"]; there && v != nil {
		c.oneOf("$.payment_mode", v, "live", "test")
	}
	if currency, ok := c.text("$.currency", s["currency"], "an ISO 4217 code"); ok {
		if !currencyForm.MatchString(currency) {
			c.fault("$.currency", "An ISO 4217 code of three letters.", fmt.Sprintf("%q is none: write one such as USD.", currency))
		} else if slices.ContainsFunc([]byte(currency), func(b byte) bool { return b >= 'a' }) {
			c.advise("$.currency", "The documentation writes currencies in upper case.", "Write USD for usd.")
		}
	}
	metadata, there := s["metadata"]
	if !there || metadata == nil {
		return
	}
	o, ok := metadata.(map[string]any)
	if !ok {
		c.fault("$.metadata", "An object with texts.", "Write an object, or leave it out.")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if _, ok := o[name].(string); !ok {
			c.fault("$.metadata."+name, "Values of metadata are texts.", "Write the value as a text.")
		}
	}
}

func checkProvider(c *check, s map[string]any) {
	const at = "$.payment_provider"
	v, there := s["payment_provider"]
	if !there && !c.handed {
		return // a shop without the sheet
	}
	p, ok := v.(map[string]any)
	if !ok {
		c.fault(at, "Required: an object with provider, merchant_id and supported_payment_methods.", missingOr(v, "Write an object."))
		return
	}
	if _, ok := p["provider"]; !ok && p["type"] != nil {
		c.fault(at+".type", "The provider is named by provider.", "Rename type to provider.")
	} else {
		c.text(at+".provider", p["provider"], "the name that your payment provider has in the sheet")
	}
	if _, ok := p["merchant_id"]; !ok && p["public_key"] != nil {
		c.fault(at+".public_key", "Your account is named by merchant_id.", "Rename public_key to merchant_id, with the id that the provider gave you for the sheet.")
	} else {
		c.text(at+".merchant_id", p["merchant_id"], "your account at the payment provider")
	}
	checkMethods(c, at+".supported_payment_methods", p["supported_payment_methods"])
	managed, there := p["managed_payment_methods"]
	if !there || managed == nil {
		return
	}
	list, _ := c.list(at+".managed_payment_methods", managed, "Write an array of saved payment methods, or leave it out.")
	for _, m := range list {
		c.text(m.path+".type", m.of["type"], "the kind of the saved method, such as card")
		c.text(m.path+".id", m.of["id"], "the provider's id of the saved method")
	}
}

func checkMethods(c *check, at string, v any) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		c.fault(at, "Required: an array of at least one way to pay.", missingOr(v, `Write [{"type": "card"}].`))
		return
	}
	texts, objects := 0, 0
	for i, one := range list {
		path := fmt.Sprintf("%s[%d]", at, i)
		switch m := one.(type) {
		case string:
			texts++
			if m == "" {
				c.fault(path, "The name of a way to pay.", `Write one such as "card".`)
			}
		case map[string]any:
			objects++
			c.text(path+".type", m["type"], "the way to pay, such as card")
			if brands, there := m["allowed_card_brands"]; there {
				names, ok := brands.([]any)
				if !ok || slices.ContainsFunc(names, func(b any) bool { _, ok := b.(string); return !ok }) {
					c.fault(path+".allowed_card_brands", "An array of names of card brands.", `Write ["visa", "mastercard"].`)
				}
			}
		default:
			c.fault(path, "An object with type, or a name.", `Write {"type": "card"}.`)
		}
	}
	if texts > 0 && objects > 0 {
		c.fault(at, "Ways to pay are all objects or all names.", "Write all of them as objects, which the newest documentation has.")
	}
}

func checkDelivery(c *check, s map[string]any) {
	ids := map[string]bool{}
	options, there := s["fulfillment_options"]
	if !there {
		c.advise("$.fulfillment_options", "An array, even an empty one: some hosts look into it without asking.", "Send [] where there is nothing to choose.")
	} else {
		list, _ := c.list("$.fulfillment_options", options, "Send an array of options, or [].")
		for _, o := range list {
			checkOption(c, o)
			if id, ok := o.of["id"].(string); ok {
				if ids[id] {
					c.fault(o.path+".id", "Each option has an id of its own.", fmt.Sprintf("%q is there twice.", id))
				}
				ids[id] = true
			}
		}
	}
	if chosen, ok := s["fulfillment_option_id"].(string); ok && chosen != "" && !ids[chosen] {
		c.fault("$.fulfillment_option_id", "The id of one of fulfillment_options.", fmt.Sprintf("%q is not among them.", chosen))
	} else if v := s["fulfillment_option_id"]; v != nil && !ok {
		c.fault("$.fulfillment_option_id", "A text or null.", "Write the id of the chosen option.")
	}
}

func checkOption(c *check, o element) {
	kind := c.oneOf(o.path+".type", o.of["type"], "shipping", "digital")
	c.text(o.path+".id", o.of["id"], "an id")
	c.text(o.path+".title", o.of["title"], "a title for the buyer")
	c.optionalText(o.path+".subtitle", o.of["subtitle"])
	c.optionalText(o.path+".carrier", o.of["carrier"])
	subtotal, a := c.amount(o.path+".subtotal", o.of["subtotal"])
	tax, b := c.amount(o.path+".tax", o.of["tax"])
	total, d := c.amount(o.path+".total", o.of["total"])
	if a && b && d && subtotal+tax != total {
		c.fault(o.path+".total", "subtotal and tax come to total.", fmt.Sprintf("%d and %d come to %d, not to %d.", subtotal, tax, subtotal+tax, total))
	}
	if kind == "digital" {
		return
	}
	for _, name := range []string{"earliest_delivery_time", "latest_delivery_time"} {
		v, there := o.of[name]
		if !there || v == nil {
			continue
		}
		text, _ := v.(string)
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			c.fault(o.path+"."+name, "A time as RFC 3339 has it.", "Write one such as 2026-12-01T12:00:00Z.")
		}
	}
}

func checkOrder(c *check, s map[string]any) {
	v, there := s["order"]
	if status, _ := s["status"].(string); !there || v == nil {
		if status == "completed" {
			c.fault("$.order", "A completed session has its order.", "Add the order with id, checkout_session_id and permalink_url.")
		}
		return
	}
	o, ok := v.(map[string]any)
	if !ok {
		c.fault("$.order", "An object.", "Write the order with id, checkout_session_id and permalink_url.")
		return
	}
	c.text("$.order.id", o["id"], "the order's id")
	if id, ok := c.text("$.order.checkout_session_id", o["checkout_session_id"], "the session's id"); ok && s["id"] != id {
		c.fault("$.order.checkout_session_id", "The id of this session.", "Write the same id in both.")
	}
	checkURL(c, "$.order.permalink_url", o["permalink_url"], "the address of the order's page")
}
