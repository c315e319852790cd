package acptest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// repair is one change to an official schema, and why it is needed. Without
// them valid answers would fail, or the page, which has no schema, could not
// be checked. docs/schema-repairs.md shows them.
type repair struct {
	what     string        // one line of Markdown
	why      string        // likewise
	versions []acp.Version // nil is every version
	apply    func(doc, defs map[string]any) error
}

func (r repair) applies(v acp.Version) bool {
	return r.versions == nil || slices.Contains(r.versions, v)
}

var (
	page  = []acp.Version{acp.V20250912}
	first = []acp.Version{acp.V20250912, acp.V20250929}
	// closed are the versions whose Error knows no supported_versions.
	closed = []acp.Version{acp.V20250912, acp.V20250929, acp.V20251212, acp.V20260116, acp.V20260130}
)

// repairs is the whole list, applied in this order.
var repairs = []repair{
	{
		what: "`$id` removed",
		why:  "several bundles share one; references inside are local anyway",
		apply: func(doc, _ map[string]any) error {
			delete(doc, "$id")
			return nil
		},
	},
	{
		what:     "`CheckoutSessionWithOrder` written as one object",
		why:      "it joins a closed object with one more property by `allOf`, which nothing can satisfy; later versions have the property in both",
		versions: first,
		apply: func(_, defs map[string]any) error {
			base, err := object(defs, "CheckoutSessionBase")
			if err != nil {
				return err
			}
			with := clone(base)
			with["properties"].(map[string]any)["order"] = ref("Order")
			with["required"] = append(with["required"].([]any), "order")
			defs["CheckoutSessionWithOrder"] = with
			return nil
		},
	},
	{
		what:     "`Item.quantity` an integer of at least 1",
		why:      "it has the boolean `exclusiveMinimum` of an older draft of JSON Schema, and allows fractions since; it was released as an integer",
		versions: first,
		apply:    set("Item", "quantity", map[string]any{"type": "integer", "minimum": 1}),
	},
	{
		what:     "`Error.supported_versions` added",
		why:      "an error about the version itself carries the list, whatever version was meant",
		versions: closed,
		apply: set("Error", "supported_versions", map[string]any{
			"type": "array", "items": map[string]any{"type": "string"},
		}),
	},

	// What OpenAI's page says differently from the 2025-09-29 schema.
	{
		what: "`Buyer` has `name` and lengths, and no `first_name` and `last_name`",
		why:  "the page: a buyer has one name", versions: page,
		apply: all(
			drop("Buyer", "first_name", "last_name"),
			set("Buyer", "name", text(256)),
			set("Buyer", "email", map[string]any{"type": "string", "format": "email", "maxLength": 256}),
			require("Buyer", "name", "email"),
		),
	},
	{
		what: "`Address` has `phone_number` and lengths",
		why:  "the page: an address has a phone number and lengths", versions: page,
		apply: all(
			set("Address", "phone_number", map[string]any{"type": "string"}),
			set("Address", "name", text(256)),
			set("Address", "line_one", text(60)),
			set("Address", "line_two", text(60)),
			set("Address", "city", text(60)),
			set("Address", "postal_code", text(20)),
			set("Address", "country", map[string]any{"type": "string", "pattern": "^[A-Z]{2}$"}),
		),
	},
	{
		what: "`PaymentProvider.provider` and `PaymentData.provider` have three values; `payment_provider` is required, on completion `buyer` too",
		why:  "the page: three payment providers, and the provider is always shown", versions: page,
		apply: all(
			set("PaymentProvider", "provider", map[string]any{"enum": []any{"stripe", "adyen", "braintree"}}),
			set("PaymentData", "provider", map[string]any{"enum": []any{"stripe", "adyen", "braintree"}}),
			require("CheckoutSessionBase", append(sessionRequired, "payment_provider")...),
			require("CheckoutSessionWithOrder", append(sessionRequired, "payment_provider", "buyer")...),
		),
	},
	{
		what: "`MessageInfo.param` required",
		why:  "the page: an info has a param", versions: page,
		apply: require("MessageInfo", "type", "param", "content_type", "content"),
	},
	{
		what: "`FulfillmentOptionShipping` requires `subtitle`, `carrier` and both delivery times",
		why:  "the page: a shipping option has a subtitle, a carrier and delivery times", versions: page,
		apply: require("FulfillmentOptionShipping", "type", "id", "title", "subtitle", "carrier",
			"earliest_delivery_time", "latest_delivery_time", "subtotal", "tax", "total"),
	},
	{
		what: "`Error.type` is `invalid_request`",
		why:  "the page: errors have one type", versions: page,
		apply: set("Error", "type", map[string]any{"const": "invalid_request"}),
	},
	{
		what: "`WebhookEvent.type` is `order_created` or `order_updated`",
		why:  "the page: webhooks have other types", versions: page,
		apply: set("WebhookEvent", "type", map[string]any{"enum": []any{"order_created", "order_updated"}}),
	},
}

var sessionRequired = []string{"id", "status", "currency", "line_items", "totals", "fulfillment_options", "messages", "links"}

func object(defs map[string]any, def string) (map[string]any, error) {
	d, ok := defs[def].(map[string]any)
	if !ok || d["properties"] == nil {
		return nil, fmt.Errorf("no object %s to repair", def)
	}
	return d, nil
}

func all(steps ...func(doc, defs map[string]any) error) func(doc, defs map[string]any) error {
	return func(doc, defs map[string]any) error {
		for _, step := range steps {
			if err := step(doc, defs); err != nil {
				return err
			}
		}
		return nil
	}
}

// set adds or replaces a property.
func set(def, property string, schema map[string]any) func(doc, defs map[string]any) error {
	return func(_, defs map[string]any) error {
		d, err := object(defs, def)
		if err == nil {
			d["properties"].(map[string]any)[property] = schema
		}
		return err
	}
}

func drop(def string, properties ...string) func(doc, defs map[string]any) error {
	return func(_, defs map[string]any) error {
		d, err := object(defs, def)
		if err != nil {
			return err
		}
		for _, p := range properties {
			delete(d["properties"].(map[string]any), p)
		}
		return nil
	}
}

// require replaces the list of required properties.
func require(def string, properties ...string) func(doc, defs map[string]any) error {
	return func(_, defs map[string]any) error {
		d, err := object(defs, def)
		if err != nil {
			return err
		}
		list := make([]any, len(properties))
		for i, p := range properties {
			list[i] = p
		}
		d["required"] = list
		return nil
	}
}

func text(limit int) map[string]any {
	return map[string]any{"type": "string", "maxLength": limit}
}

func ref(def string) map[string]any { return map[string]any{"$ref": "#/$defs/" + def} }

// clone copies a definition as deep as the repairs change it.
func clone(def map[string]any) map[string]any {
	out := make(map[string]any, len(def))
	for k, v := range def {
		switch v := v.(type) {
		case map[string]any:
			out[k] = clone(v)
		case []any:
			out[k] = slices.Clone(v)
		default:
			out[k] = v
		}
	}
	return out
}

// localRefs points references of an OpenAPI document into the bundle.
func localRefs(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, member := range v {
			if s, ok := member.(string); ok && k == "$ref" {
				v[k] = "#/$defs/" + s[strings.LastIndexByte(s, '/')+1:]
				continue
			}
			v[k] = localRefs(member)
		}
	case []any:
		for i := range v {
			v[i] = localRefs(v[i])
		}
	}
	return v
}
