package client

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
)

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
