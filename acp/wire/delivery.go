package wire

import (
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// fulfillmentDetails reads where the goods go, of a create.
func (r *reader) fulfillmentDetails(body value) *acp.FulfillmentDetails {
	p := r.fulfillmentPatch(body)
	if !p.Set || p.Null {
		return nil
	}
	d := &acp.FulfillmentDetails{Name: p.Value.Name.Value, PhoneNumber: p.Value.PhoneNumber.Value, Email: p.Value.Email.Value}
	if p.Value.Address.Set && !p.Value.Address.Null {
		d.Address = &p.Value.Address.Value
	}
	return d
}

// fulfillmentPatch reads fulfillment_details, or the bare fulfillment_address
// of the versions before it. A null address clears the address alone.
func (r *reader) fulfillmentPatch(body value) acp.Opt[acp.FulfillmentDetailsPatch] {
	v := body.get("fulfillment_details")
	if !v.sent() {
		a := body.get("fulfillment_address")
		if !a.sent() {
			return acp.Opt[acp.FulfillmentDetailsPatch]{}
		}
		patch := acp.FulfillmentDetailsPatch{Address: r.addressPatch(a)}
		if a.given() {
			patch.PhoneNumber = textPatch(a.get("phone_number"))
		}
		return acp.Some(patch)
	}
	if v.null() {
		return acp.Opt[acp.FulfillmentDetailsPatch]{Set: true, Null: true}
	}
	if !v.object() {
		return acp.Opt[acp.FulfillmentDetailsPatch]{}
	}
	patch := acp.FulfillmentDetailsPatch{
		Name:        textPatch(v.get("name")),
		PhoneNumber: textPatch(v.first("phone_number", "phone")),
		Address:     r.addressPatch(v.get("address")),
	}
	if e := v.get("email"); e.sent() {
		patch.Email = acp.Opt[string]{Set: true, Null: e.null(), Value: r.email(e, false)}
	}
	return acp.Some(patch)
}

func textPatch(v value) acp.Opt[string] {
	if !v.sent() {
		return acp.Opt[string]{}
	}
	return acp.Opt[string]{Set: true, Null: v.null(), Value: v.text(acp.MaxText)}
}

func (r *reader) addressPatch(v value) acp.Opt[acp.Address] {
	if !v.sent() {
		return acp.Opt[acp.Address]{}
	}
	if v.null() {
		return acp.Opt[acp.Address]{Set: true, Null: true}
	}
	return acp.Some(r.address(v))
}

// address reads a postal address. State and postal_code must be sent, and may
// be empty for the countries that have none.
func (r *reader) address(v value) acp.Address {
	if !v.object() {
		return acp.Address{}
	}
	a := acp.Address{
		Name:    v.get("name").requiredText(acp.MaxText, "the name of the person at the address"),
		LineOne: v.get("line_one").requiredText(r.rule.addressLine, "the street and house number"),
		LineTwo: v.get("line_two").text(r.rule.addressLine),
		City:    v.get("city").requiredText(r.rule.addressLine, "the city"),
		Country: strings.ToUpper(v.get("country").requiredText(acp.MaxText, "the country as two letters, such as US")),
		Company: v.get("company").text(acp.MaxText),
	}
	if s := v.get("state"); s.require("the state or region; \"\" where the country has none") {
		a.State = s.text(acp.MaxAddressLine)
	}
	if p := v.get("postal_code"); p.require("the postal code; \"\" where the country has none") {
		a.PostalCode = p.text(acp.MaxPostalCode)
	}
	if r.err == nil && !isCountry(a.Country) {
		v.get("country").refuse("Not a country. Send two letters (ISO 3166-1 alpha-2), such as US.")
	}
	return a
}

// isCountry reports whether a text has the form that the protocol asks of a
// country. Whether there is one of that code is for the core to say, in a message
// of the session.
func isCountry(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}

// selected reads which delivery was chosen: selected_fulfillment_options, flat
// or nested, or the fulfillment_option_id of the versions before it.
func (r *reader) selected(body value) acp.Opt[[]acp.SelectedFulfillmentOption] {
	list := body.get("selected_fulfillment_options")
	if !list.sent() {
		id := body.get("fulfillment_option_id")
		switch {
		case !id.sent():
			return acp.Opt[[]acp.SelectedFulfillmentOption]{}
		case id.null():
			return acp.Opt[[]acp.SelectedFulfillmentOption]{Set: true, Null: true}
		}
		option := id.requiredText(acp.MaxItemID, "the id of one of the fulfillment_options")
		return acp.Some([]acp.SelectedFulfillmentOption{{OptionID: option}})
	}
	if list.null() {
		return acp.Opt[[]acp.SelectedFulfillmentOption]{Set: true, Null: true}
	}
	selected := []acp.SelectedFulfillmentOption{}
	for v := range list.items(acp.MaxSelections) {
		if !v.object() {
			v.wrongType("an object with type, option_id and item_ids")
			break
		}
		selected = append(selected, r.selection(v))
	}
	return acp.Some(selected)
}

// deliveryKinds are the types of a selection, and the names of its parts in the
// nested form.
var deliveryKinds = []string{"shipping", "digital", "pickup", "local_delivery"}

// selection reads {type, option_id, item_ids} or {type, shipping: {option_id,
// item_ids}}; the latter is the form of 2025-12-12 and 2026-01-16.
func (r *reader) selection(v value) acp.SelectedFulfillmentOption {
	kind := v.get("type").oneOf(deliveryKinds...)
	for _, k := range deliveryKinds {
		if nested := v.get(k); nested.given() && (kind == "" || kind == k) {
			if !nested.object() {
				break
			}
			kind, v = k, nested
			break
		}
	}
	s := acp.SelectedFulfillmentOption{
		Type:     acp.FulfillmentType(kind),
		OptionID: v.get("option_id").requiredText(acp.MaxItemID, "the id of one of the fulfillment_options"),
	}
	if ids := v.get("item_ids").texts(acp.MaxLineItems, acp.MaxItemID); len(ids) > 0 {
		s.ItemIDs = ids
	}
	return s
}
