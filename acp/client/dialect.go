package client

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/checkstand/checkstand/acp"
)

// dialect says how an API version writes requests; the fields are what changed
// between them.
type dialect struct {
	version       acp.Version
	oneName       bool // buyer has name; otherwise first_name and last_name
	flatDelivery  bool // fulfillment_address and fulfillment_option_id
	nestedOptions bool // selected_fulfillment_options[].shipping.option_id
	authenticates bool // 3-D Secure, affiliates and intent traces
	handlers      bool // line_items, currency, capabilities, payment handlers, discounts
	notes         bool // order_notes and marketing_consents
	carts         bool // carts, and sessions opened from them
	contact       bool // fulfillment_details with the payment
}

var dialects = []dialect{
	{version: acp.V20250912, oneName: true, flatDelivery: true},
	{version: acp.V20250929, flatDelivery: true},
	{version: acp.V20251212, nestedOptions: true, authenticates: true},
	{version: acp.V20260116, nestedOptions: true, authenticates: true},
	{version: acp.V20260130, authenticates: true, handlers: true},
	{version: acp.V20260417, authenticates: true, handlers: true, notes: true, carts: true},
	{version: acp.Unreleased, authenticates: true, handlers: true, notes: true, carts: true, contact: true},
}

// Versions lists the API versions that a client can speak, oldest first.
func Versions() []acp.Version {
	list := make([]acp.Version, len(dialects))
	for i, d := range dialects {
		list[i] = d.version
	}
	return list
}

func versionNames() []string {
	var names []string
	for _, v := range Versions() {
		names = append(names, string(v))
	}
	return names
}

func dialectOf(v acp.Version) (dialect, bool) {
	i := slices.IndexFunc(dialects, func(d dialect) bool { return d.version == v })
	if i < 0 {
		return dialect{}, false
	}
	return dialects[i], true
}

// object is a request body in the making; nil is no body.
type object map[string]any

// encode writes the body; members are sorted, so that the same request is the
// same bytes.
func (o object) encode() ([]byte, error) {
	if o == nil {
		return nil, nil
	}
	return json.Marshal(o)
}

// text sets a member unless the text is empty.
func (o object) text(name, s string) {
	if s != "" {
		o[name] = s
	}
}

// unsupported is the error for a field that the version does not have.
func (d dialect) unsupported(field string) error {
	return fmt.Errorf("%s: %w (%s)", field, ErrUnsupported, d.version)
}

// check returns the error of the first field that is used and not possible.
func (d dialect) check(fields ...field) error {
	for _, f := range fields {
		if f.used && !f.possible {
			return d.unsupported(f.name)
		}
	}
	return nil
}

type field struct {
	name     string
	used     bool
	possible bool
}

func (d dialect) create(r acp.CreateRequest) (object, error) {
	err := d.check(
		field{"capabilities", r.Capabilities.Interventions != nil || r.Capabilities.Extensions != nil, d.handlers},
		field{"affiliate_attribution", r.Attribution != nil, d.authenticates},
		field{"discounts", r.DiscountCodes != nil, d.handlers},
		field{"locale", r.Locale != "", d.handlers},
		field{"timezone", r.Timezone != "", d.handlers},
		field{"quote_id", r.QuoteID != "", d.handlers},
		field{"metadata", r.Metadata != nil, d.handlers},
		field{"order_notes", r.OrderNotes != "", d.notes},
		field{"cart_id", r.CartID != "", d.carts},
	)
	if err != nil {
		return nil, err
	}
	o := object{d.itemsName(): d.items(r.Items)}
	o.text("cart_id", r.CartID)
	if d.handlers {
		if r.Currency == "" {
			return nil, fmt.Errorf("currency is empty: version %s requires one, such as usd", d.version)
		}
		o["currency"] = r.Currency
		capabilities := object{}
		if r.Capabilities.Interventions != nil {
			capabilities["interventions"] = r.Capabilities.Interventions
		}
		if r.Capabilities.Extensions != nil {
			capabilities["extensions"] = r.Capabilities.Extensions
		}
		o["capabilities"] = capabilities
	}
	if err := d.groups(o, acp.Opt[[]acp.FulfillmentGroup]{Set: r.FulfillmentGroups != nil, Value: r.FulfillmentGroups}); err != nil {
		return nil, err
	}
	if r.Buyer != nil {
		o["buyer"] = d.buyer(*r.Buyer)
	}
	if f := r.FulfillmentDetails; f != nil {
		if err := d.delivery(o, patchOf(*f)); err != nil {
			return nil, err
		}
	}
	if r.Attribution != nil {
		o["affiliate_attribution"] = r.Attribution
	}
	if r.DiscountCodes != nil {
		o["discounts"] = object{"codes": r.DiscountCodes}
	}
	o.text("locale", r.Locale)
	o.text("timezone", r.Timezone)
	o.text("quote_id", r.QuoteID)
	o.text("order_notes", r.OrderNotes)
	if r.Metadata != nil {
		o["metadata"] = r.Metadata
	}
	return o, nil
}

func (d dialect) update(r acp.UpdateRequest) (object, error) {
	err := d.check(
		field{"discounts", r.DiscountCodes.Set, d.handlers},
		field{"order_notes", r.OrderNotes.Set, d.notes},
	)
	if err != nil {
		return nil, err
	}
	o := object{}
	set(o, d.itemsName(), r.Items, func(v []acp.RequestedItem) any { return d.items(v) })
	set(o, "buyer", r.Buyer, func(v acp.Buyer) any { return d.buyer(v) })
	set(o, "discounts", r.DiscountCodes, func(v []string) any { return object{"codes": v} })
	set(o, "order_notes", r.OrderNotes, func(v string) any { return v })
	if f := r.FulfillmentDetails; f.Null {
		o[d.deliveryName()] = nil
	} else if f.Set {
		if err := d.delivery(o, f.Value); err != nil {
			return nil, err
		}
	}
	if err := d.groups(o, r.FulfillmentGroups); err != nil {
		return nil, err
	}
	if r.Selected.Set {
		if err := d.selection(o, r.Selected); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (d dialect) complete(r acp.CompleteRequest) (object, error) {
	err := d.check(
		field{"authentication_result", r.Authentication != nil, d.authenticates},
		field{"affiliate_attribution", r.Attribution != nil, d.authenticates},
		field{"risk_signals", r.RiskSignals != nil, d.handlers},
		field{"order_notes", r.OrderNotes != "", d.notes},
		field{"marketing_consents", r.Consents != nil, d.notes},
		field{"fulfillment_details", r.FulfillmentDetails.Set, d.contact},
	)
	if err != nil {
		return nil, err
	}
	payment, err := d.payment(r.Payment)
	if err != nil {
		return nil, err
	}
	o := object{"payment_data": payment}
	if r.Buyer != nil {
		o["buyer"] = d.buyer(*r.Buyer)
	}
	if f := r.FulfillmentDetails; f.Null {
		o["fulfillment_details"] = nil
	} else if f.Set {
		if err := d.delivery(o, f.Value); err != nil {
			return nil, err
		}
	}
	if a := r.Authentication; a != nil {
		result := object{"outcome": a.Outcome}
		if p := a.Details; p != nil {
			result["outcome_details"] = object{"three_ds_cryptogram": p.Cryptogram, "electronic_commerce_indicator": p.ECI,
				"transaction_id": p.TransactionID, "version": p.Version}
		}
		o["authentication_result"] = result
	}
	if r.Attribution != nil {
		o["affiliate_attribution"] = r.Attribution
	}
	if r.RiskSignals != nil {
		o["risk_signals"] = r.RiskSignals
	}
	o.text("order_notes", r.OrderNotes)
	if r.Consents != nil {
		o["marketing_consents"] = r.Consents
	}
	return o, nil
}

// cancel has no body unless there is something to tell.
func (d dialect) cancel(r acp.CancelRequest) (object, error) {
	if r.Intent == nil {
		return nil, nil
	}
	if !d.authenticates {
		return nil, d.unsupported("intent_trace")
	}
	return object{"intent_trace": r.Intent}, nil
}
