package wire

import (
	"fmt"
	"slices"

	"github.com/checkstand/checkstand/acp"
)

func (c codec20260417) capabilities(w *writer, caps *acp.Capabilities) {
	w.open("capabilities", '{')
	if caps.Payment != nil {
		w.open("payment", '{')
		w.open("handlers", '[')
		for i := range caps.Payment.Handlers {
			h := &caps.Payment.Handlers[i]
			w.open("", '{')
			w.text("id", h.ID)
			w.text("name", h.Name)
			if c.display {
				w.optText("display_name", h.DisplayName)
				w.optInteger("display_order", h.DisplayOrder)
			}
			w.text("version", h.Version)
			w.text("spec", h.Spec)
			w.boolean("requires_delegate_payment", h.RequiresDelegatePayment)
			w.boolean("requires_pci_compliance", h.RequiresPCICompliance)
			w.text("psp", h.PSP)
			w.text("config_schema", h.ConfigSchema)
			w.texts("instrument_schemas", h.InstrumentSchemas)
			w.open("config", '{')
			w.text("merchant_id", h.Config.MerchantID)
			w.text("psp", h.Config.PSP)
			w.optTexts("accepted_brands", h.Config.AcceptedBrands)
			w.optTexts("accepted_funding_types", h.Config.AcceptedFundingTypes)
			if h.Config.Supports3DS {
				w.boolean("supports_3ds", true)
			}
			w.optTexts("3ds_versions", h.Config.ThreeDSVersions)
			w.optText("environment", h.Config.Environment)
			w.optText("public_key", h.Config.PublicKey)
			w.sellerBacked(&h.Config)
			w.close('}')
			w.close('}')
		}
		w.close(']')
		w.close('}')
	}
	if i := caps.Interventions; i != nil {
		w.open("interventions", '{')
		w.textsOf("supported", i.Supported, supported20260417)
		if i.Required != nil {
			w.textsOf("required", i.Required, required20260417)
		}
		w.optOneOf("enforcement", i.Enforcement, []string{"always", "conditional", "optional"})
		w.optOneOf("display_context", i.DisplayContext, []string{"native", "webview", "modal", "redirect"})
		w.optOneOf("redirect_context", i.RedirectContext, []string{"in_app", "external_browser", "none"})
		w.optInteger("max_redirects", i.MaxRedirects)
		w.optInteger("max_interaction_depth", i.MaxInteractionDepth)
		w.close('}')
	}
	if len(caps.Extensions) > 0 { // the schema takes none for no list
		w.open("extensions", '[')
		for _, e := range caps.Extensions {
			w.open("", '{')
			w.text("name", e.Name)
			w.optTexts("extends", e.Extends)
			w.optText("schema", e.Schema)
			w.optText("spec", e.Spec)
			w.close('}')
		}
		w.close(']')
	}
	w.close('}')
}

func (codec20260417) buyer(w *writer, b *acp.Buyer) {
	w.open("buyer", '{')
	w.optText("first_name", b.FirstName)
	w.optText("last_name", b.LastName)
	w.optText("full_name", b.FullName)
	w.text("email", b.Email)
	w.optText("phone_number", b.PhoneNumber)
	w.optText("customer_id", b.CustomerID)
	w.optOneOf("account_type", b.AccountType, []string{"guest", "registered", "business"})
	w.optOneOf("authentication_status", b.AuthenticationStatus, []string{"authenticated", "guest", "requires_signin"})
	if c := b.Company; c != nil {
		w.open("company", '{')
		w.text("name", c.Name)
		w.optText("tax_id", c.TaxID)
		w.optText("department", c.Department)
		w.optText("cost_center", c.CostCenter)
		w.close('}')
	}
	if l := b.Loyalty; l != nil {
		w.open("loyalty", '{')
		w.optText("tier", l.Tier)
		w.optInteger("points_balance", l.PointsBalance)
		w.optTime("member_since", l.MemberSince)
		w.close('}')
	}
	if t := b.TaxExemption; t != nil && slices.Contains(certificates20260417, t.CertificateType) {
		w.open("tax_exemption", '{')
		w.text("certificate_id", t.CertificateID)
		w.text("certificate_type", t.CertificateType)
		w.optTexts("exempt_regions", t.ExemptRegions)
		w.optTime("expires_at", t.ExpiresAt)
		w.close('}')
	}
	w.close('}')
}

func (c codec20260417) address(w *writer, name string, a *acp.Address) {
	postalAddress(w, name, a, c.company)
}

func (c codec20260417) fulfillmentDetails(w *writer, d *acp.FulfillmentDetails) {
	w.open("fulfillment_details", '{')
	w.optText("name", d.Name)
	w.optText("phone_number", d.PhoneNumber)
	w.optText("email", d.Email)
	if d.Address != nil {
		c.address(w, "address", d.Address)
	}
	w.close('}')
}

func (c codec20260417) fulfillmentType(w *writer, t acp.FulfillmentType) {
	switch t {
	case acp.FulfillmentShipping, acp.FulfillmentDigital, acp.FulfillmentPickup, acp.FulfillmentLocalDelivery:
	default:
		w.fail(fmt.Errorf("fulfillment type %q is not of %s", t, c.version))
	}
}

func (c codec20260417) fulfillmentOption(w *writer, o *acp.FulfillmentOption) {
	c.fulfillmentType(w, o.Type)
	w.open("", '{')
	w.text("type", string(o.Type))
	w.text("id", o.ID)
	w.text("title", o.Title)
	w.optText("description", o.Description)
	switch o.Type {
	case acp.FulfillmentShipping:
		w.optText("carrier", o.Carrier)
		w.optTime("earliest_delivery_time", o.EarliestDeliveryTime)
		w.optTime("latest_delivery_time", o.LatestDeliveryTime)
	case acp.FulfillmentPickup:
		if o.Location == nil {
			w.fail(fmt.Errorf("pickup option %s has no location", o.ID))
			break
		}
		w.open("location", '{')
		w.text("name", o.Location.Name)
		c.address(w, "address", &o.Location.Address)
		w.optText("phone", o.Location.Phone)
		w.optText("instructions", o.Location.Instructions)
		w.close('}')
		w.optOneOf("pickup_type", o.PickupType, []string{"in_store", "curbside", "locker"})
		w.optTime("ready_by", o.ReadyBy)
		w.optTime("pickup_by", o.PickupBy)
	case acp.FulfillmentLocalDelivery:
		if o.Window != nil {
			w.open("delivery_window", '{')
			w.time("start", o.Window.Start)
			w.time("end", o.Window.End)
			w.close('}')
		}
		if o.Area != nil {
			w.open("service_area", '{')
			if o.Area.RadiusMiles != 0 {
				w.number("radius_miles", o.Area.RadiusMiles)
			}
			w.optText("center_postal_code", o.Area.CenterPostalCode)
			w.close('}')
		}
	}
	c.totals(w, o.Totals)
	w.close('}')
}

func (c codec20260417) fulfillmentGroups(w *writer, groups []acp.FulfillmentGroup) {
	if groups == nil {
		return
	}
	w.open("fulfillment_groups", '[')
	for i := range groups {
		g := &groups[i]
		c.fulfillmentType(w, g.DestinationType)
		w.open("", '{')
		w.text("id", g.ID)
		w.texts("item_ids", g.ItemIDs)
		w.text("destination_type", string(g.DestinationType))
		if g.FulfillmentDetails != nil {
			c.fulfillmentDetails(w, g.FulfillmentDetails)
		}
		w.optText("location_id", g.LocationID)
		w.optText("instructions", g.Instructions)
		w.close('}')
	}
	w.close(']')
}
