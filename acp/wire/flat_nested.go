package wire

import (
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// What 2025-12-12 brought and 2026-01-16 kept: fulfillment_details, selections
// with an object a kind, words and pictures of a line, 3-D Secure.

func (c flat) fulfillmentDetails(w *writer, d *acp.FulfillmentDetails) {
	w.open("fulfillment_details", '{')
	w.optText("name", d.Name)
	w.optText("phone_number", d.PhoneNumber)
	w.optText("email", d.Email)
	if d.Address != nil {
		postalAddress(w, "address", d.Address, false)
	}
	w.close('}')
}

// postalAddress writes an address in the shape of every version but the page.
func postalAddress(w *writer, name string, a *acp.Address, company bool) {
	w.open(name, '{')
	w.text("name", a.Name)
	w.text("line_one", a.LineOne)
	w.optText("line_two", a.LineTwo)
	w.text("city", a.City)
	w.text("state", a.State)
	w.text("country", a.Country)
	w.text("postal_code", a.PostalCode)
	if company {
		w.optText("company", a.Company)
	}
	w.close('}')
}

// selected writes each selection in an object named as its kind.
func (flat) selected(w *writer, selected []acp.SelectedFulfillmentOption) {
	if selected == nil {
		return
	}
	w.open("selected_fulfillment_options", '[')
	for _, o := range selected {
		kind := flatKind(o.Type)
		w.open("", '{')
		w.text("type", kind)
		w.open(kind, '{')
		w.text("option_id", o.OptionID)
		w.texts("item_ids", o.ItemIDs)
		w.close('}')
		w.close('}')
	}
	w.close(']')
}

// nestedParam turns a path into the newest session into one into a session of
// these versions. A selection is named as a whole: what stands in it depends
// on its kind.
func nestedParam(param string) string {
	if rest, ok := strings.CutPrefix(param, "$.selected_fulfillment_options["); ok {
		if i := strings.IndexByte(rest, ']'); i >= 0 {
			return "$.selected_fulfillment_options[" + rest[:i+1]
		}
	}
	return paymentParam(param)
}

// cardNetworks are those that supported_card_networks may name.
var cardNetworks = []string{"amex", "discover", "mastercard", "visa"}

// networkProvider writes payment_provider with the card networks that the shop
// takes, all when it names none; withMerchant adds its account.
func networkProvider(withMerchant bool) func(*writer, *acp.Session, SessionView) {
	return func(w *writer, s *acp.Session, v SessionView) {
		if v.Provider == "" {
			return
		}
		networks := cardNetworks
		if p := s.Capabilities.Payment; p != nil && len(p.Handlers) > 0 && p.Handlers[0].Config.AcceptedBrands != nil {
			networks = p.Handlers[0].Config.AcceptedBrands
		}
		w.open("payment_provider", '{')
		w.text("provider", "stripe")
		if withMerchant {
			w.text("merchant_id", v.ProviderMerchantID)
		}
		w.open("supported_payment_methods", '[')
		w.open("", '{')
		w.text("type", "card")
		w.textsOf("supported_card_networks", networks, cardNetworks)
		w.close('}')
		w.close(']')
		w.close('}')
		if withMerchant {
			authenticationProvider(w, s, v)
		}
	}
}

// authenticationProvider writes where the agent authenticates the buyer of a
// shop that takes the proof: with the provider of its payments, if it is one of
// the two that can be named. Elsewhere that is the agent's own choice.
func authenticationProvider(w *writer, s *acp.Session, v SessionView) {
	p := s.Capabilities.Payment
	if p == nil || !slices.ContainsFunc(p.Handlers, func(h acp.PaymentHandler) bool { return h.Config.Supports3DS }) || v.Provider != "stripe" && v.Provider != "adyen" {
		return
	}
	w.open("authentication_provider", '{')
	w.text("provider", v.Provider)
	w.text("merchant_id", v.ProviderMerchantID)
	w.texts("supported_authentication_methods", []string{"3ds"})
	w.close('}')
}
