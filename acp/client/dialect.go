package client

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

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

// set writes a field of an update: absent, null or a value.
func set[T any](o object, name string, v acp.Opt[T], write func(T) any) {
	if !v.Set {
		return
	}
	if o[name] = nil; !v.Null {
		o[name] = write(v.Value)
	}
}

func (d dialect) itemsName() string {
	if d.handlers {
		return "line_items"
	}
	return "items"
}

// items always has the quantity. The schemas from 2026-01-30 on forgot it in
// requests; their examples and texts have it.
func (d dialect) items(list []acp.RequestedItem) []object {
	out := make([]object, len(list))
	for i, item := range list {
		out[i] = object{"id": item.ID, "quantity": item.Quantity}
		if item.HasUnitAmount && d.handlers {
			out[i]["unit_amount"] = item.UnitAmount
		}
	}
	return out
}

// buyer writes names as the version has them, whichever way they were given.
func (d dialect) buyer(b acp.Buyer) any {
	if d.handlers {
		return b
	}
	o := object{"email": b.Email}
	o.text("phone_number", b.PhoneNumber)
	if d.oneName {
		o["name"] = fullName(b)
		return o
	}
	first, last := b.FirstName, b.LastName
	if first == "" && last == "" {
		first, last = b.FullName, ""
		if i := strings.LastIndexByte(b.FullName, ' '); i > 0 {
			first, last = b.FullName[:i], b.FullName[i+1:]
		}
	}
	o["first_name"], o["last_name"] = first, last
	return o
}

func fullName(b acp.Buyer) string {
	if b.FullName != "" {
		return b.FullName
	}
	return strings.TrimSpace(b.FirstName + " " + b.LastName)
}

func (d dialect) deliveryName() string {
	if d.flatDelivery {
		return "fulfillment_address"
	}
	return "fulfillment_details"
}

// delivery writes where the goods go.
func (d dialect) delivery(o object, p acp.FulfillmentDetailsPatch) error {
	address := func(a acp.Address) any { return a }
	if d.flatDelivery {
		set(o, "fulfillment_address", p.Address, address)
		return d.check(field{"fulfillment_address.company", p.Address.Value.Company != "", d.notes}, field{"fulfillment_details.name", p.Name.Set, false},
			field{"fulfillment_details.phone_number", p.PhoneNumber.Set, false}, field{"fulfillment_details.email", p.Email.Set, false})
	}
	if err := d.check(field{"fulfillment_details.address.company", p.Address.Value.Company != "", d.notes}); err != nil {
		return err
	}
	text := func(s string) any { return s }
	details := object{}
	set(details, "name", p.Name, text)
	set(details, "phone_number", p.PhoneNumber, text)
	set(details, "email", p.Email, text)
	set(details, "address", p.Address, address)
	o["fulfillment_details"] = details
	return nil
}

// patchOf is details as a patch that sets what is there. The flat versions have
// the recipient's name in the address alone.
func patchOf(f acp.FulfillmentDetails) acp.FulfillmentDetailsPatch {
	var p acp.FulfillmentDetailsPatch
	some := func(s string) acp.Opt[string] { return acp.Opt[string]{Set: s != "", Value: s} }
	p.Name, p.PhoneNumber, p.Email = some(f.Name), some(f.PhoneNumber), some(f.Email)
	if f.Address != nil {
		p.Address = acp.Some(*f.Address)
	}
	return p
}

// groups writes which lines go to a destination of their own.
func (d dialect) groups(o object, groups acp.Opt[[]acp.FulfillmentGroup]) error {
	company := slices.ContainsFunc(groups.Value, func(g acp.FulfillmentGroup) bool {
		return g.FulfillmentDetails != nil && g.FulfillmentDetails.Address != nil && g.FulfillmentDetails.Address.Company != ""
	})
	set(o, "fulfillment_groups", groups, func(v []acp.FulfillmentGroup) any { return v })
	return d.check(field{"fulfillment_groups", groups.Set, d.handlers}, field{"fulfillment_groups.fulfillment_details.address.company", company, d.notes})
}

// selection writes the chosen delivery options.
func (d dialect) selection(o object, s acp.Opt[[]acp.SelectedFulfillmentOption]) error {
	if d.flatDelivery {
		if len(s.Value) > 1 {
			return d.unsupported("more than one fulfillment option")
		}
		o["fulfillment_option_id"] = nil
		if len(s.Value) == 1 {
			o["fulfillment_option_id"] = s.Value[0].OptionID
		}
		return nil
	}
	set(o, "selected_fulfillment_options", s, func(list []acp.SelectedFulfillmentOption) any {
		out := make([]object, len(list))
		for i, option := range list {
			chosen := object{"option_id": option.OptionID, "item_ids": append([]string{}, option.ItemIDs...)}
			if d.nestedOptions {
				chosen = object{string(option.Type): chosen}
			}
			chosen["type"] = option.Type
			out[i] = chosen
		}
		return out
	})
	return nil
}

// payment writes the credential. Its token is a secret that goes nowhere else.
func (d dialect) payment(p acp.PaymentData) (object, error) {
	if p.Token == "" {
		return nil, fmt.Errorf("payment token is empty: delegate a payment first")
	}
	o := object{"token": p.Token, "provider": p.Provider}
	if d.handlers {
		if p.HandlerID == "" {
			return nil, fmt.Errorf("payment handler id is empty: take one from the session's handlers")
		}
		credential := object{"type": cmp.Or(p.CredentialType, "spt"), "token": p.Token}
		o = object{"handler_id": p.HandlerID, "instrument": object{"type": cmp.Or(p.InstrumentType, "card"), "credential": credential}}
	} else if p.Provider == "" {
		return nil, fmt.Errorf("payment provider is empty: take the one of the session's handlers")
	}
	if p.Billing != nil {
		o["billing_address"] = p.Billing
	}
	return o, nil
}
