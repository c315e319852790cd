package wire

import (
	"fmt"
	"slices"

	"github.com/checkstand/checkstand/acp"
)

func (c codec20260417) lineItem(w *writer, l *acp.LineItem) {
	w.open("", '{')
	w.text("id", l.ID)
	w.open("item", '{')
	w.text("id", l.Item.ID)
	w.optText("name", l.Item.Name)
	w.optInteger("unit_amount", l.Item.UnitAmount)
	w.close('}')
	w.integer("quantity", l.Quantity)
	w.optText("name", l.Name)
	w.optText("description", l.Description)
	w.optTexts("images", l.Images)
	w.optInteger("unit_amount", l.UnitAmount)
	w.optText("product_id", l.ProductID)
	w.optText("sku", l.SKU)
	w.optText("variant_id", l.VariantID)
	w.optText("category", l.Category)
	w.optTexts("tags", l.Tags)
	if l.Weight != nil && slices.Contains(weightUnits20260417, l.Weight.Unit) {
		w.open("weight", '{')
		w.number("value", l.Weight.Value)
		w.text("unit", l.Weight.Unit)
		w.close('}')
	}
	if d := l.Dimensions; d != nil && slices.Contains(lengthUnits20260417, d.Unit) {
		w.open("dimensions", '{')
		w.number("length", d.Length)
		w.number("width", d.Width)
		w.number("height", d.Height)
		w.text("unit", d.Unit)
		w.close('}')
	}
	w.optOneOf("availability_status", l.AvailabilityStatus, availability20260417)
	w.optInteger("available_quantity", l.AvailableQuantity)
	w.optInteger("max_quantity_per_order", l.MaxQuantityPerOrder)
	w.optTime("fulfillable_on", l.FulfillableOn)
	if l.VariantOptions != nil {
		w.open("variant_options", '[')
		for _, o := range l.VariantOptions {
			w.open("", '{')
			w.text("name", o.Name)
			w.text("value", o.Value)
			w.close('}')
		}
		w.close(']')
	}
	lineNotices(w, l)
	if l.DiscountDetails != nil {
		w.open("discount_details", '[')
		for _, d := range l.DiscountDetails {
			w.open("", '{')
			w.optText("code", d.Code)
			if slices.Contains(discountKinds20260417, d.Type) {
				w.text("type", d.Type)
			} else {
				w.text("type", "fixed") // an amount is all that can be said
			}
			w.integer("amount", d.Amount)
			w.optText("description", d.Description)
			w.optOneOf("source", d.Source, []string{"coupon", "automatic", "loyalty"})
			w.close('}')
		}
		w.close(']')
	}
	if l.TaxExempt {
		w.boolean("tax_exempt", true)
		w.optText("tax_exemption_reason", l.TaxExemptionReason)
	}
	w.optText("parent_id", l.ParentID)
	c.totals(w, l.Totals)
	w.close('}')
}

// lineNotices writes what must or may be shown beside a line, in the versions
// from 2025-12-12 on.
func lineNotices(w *writer, l *acp.LineItem) {
	if l.Disclosures != nil {
		w.open("disclosures", '[')
		for _, d := range l.Disclosures {
			w.open("", '{')
			w.text("type", "disclaimer")
			w.text("content_type", contentType(d.ContentType))
			w.text("content", d.Content)
			w.close('}')
		}
		w.close(']')
	}
	if l.CustomAttributes != nil {
		w.open("custom_attributes", '[')
		for _, a := range l.CustomAttributes {
			w.open("", '{')
			w.text("display_name", a.DisplayName)
			w.text("value", a.Value)
			w.close('}')
		}
		w.close(']')
	}
	if l.Seller != nil {
		w.open("marketplace_seller_details", '{')
		w.text("name", l.Seller.Name)
		w.close('}')
	}
}

// totals leaves out a type that only newer versions have.
func (c codec20260417) totals(w *writer, totals []acp.Total) {
	w.open("totals", '[')
	for i := range totals {
		t := &totals[i]
		if !slices.Contains(totals20260417, t.Type) {
			w.fail(fmt.Errorf("total %q is not of %s", t.Type, c.version))
		}
		if t.Type == acp.TotalAmountRefunded && !c.refunded {
			continue
		}
		w.open("", '{')
		w.text("type", string(t.Type))
		w.text("display_text", t.DisplayText)
		w.integer("amount", t.Amount)
		w.optText("description", t.Description)
		if t.Breakdown != nil {
			w.open("breakdown", '[')
			for _, b := range t.Breakdown {
				w.open("", '{')
				w.text("jurisdiction", b.Jurisdiction)
				w.number("rate", b.Rate)
				w.integer("amount", b.Amount)
				w.close('}')
			}
			w.close(']')
		}
		w.close('}')
	}
	w.close(']')
}

// messages writes an error with an unknown code as invalid, and a warning with
// an unknown code as an info: neither is lost.
func (c codec20260417) messages(w *writer, messages []acp.Message) {
	w.open("messages", '[')
	for i := range messages {
		m := &messages[i]
		kind, code := m.Type, ""
		switch kind {
		case acp.ErrorMessage:
			if code = m.Code; !slices.Contains(errorCodes20260417, code) {
				code = acp.CodeInvalid
			}
		case acp.Warning:
			if code = m.Code; !slices.Contains(warningCodes20260417, code) {
				kind, code = acp.Info, ""
			}
		default:
			kind = acp.Info
		}
		w.open("", '{')
		w.text("type", string(kind))
		w.optText("code", code)
		w.optOneOf("severity", m.Severity, severities20260417)
		if c.resolution {
			w.optOneOf("resolution", m.Resolution, resolutions20260417)
		}
		w.optText("param", m.Param)
		w.text("content_type", contentType(m.ContentType))
		w.text("content", m.Content)
		w.close('}')
	}
	w.close(']')
}

// authenticationMetadata writes what the agent needs for 3-D Secure; it cannot
// do without a directory server that it knows. The versions before 2026-04-17
// require a channel.
func authenticationMetadata(w *writer, a *acp.AuthenticationMetadata, via *channel) {
	if !slices.Contains(directoryServers20260417, a.DirectoryServer) {
		w.fail(fmt.Errorf("no version has the directory server %q", a.DirectoryServer))
	}
	w.open("authentication_metadata", '{')
	if via != nil {
		via.write(w)
	}
	w.open("acquirer_details", '{')
	w.text("acquirer_bin", a.AcquirerDetails.AcquirerBIN)
	w.text("acquirer_country", a.AcquirerDetails.AcquirerCountry)
	w.text("acquirer_merchant_id", a.AcquirerDetails.AcquirerMerchantID)
	w.text("merchant_name", a.AcquirerDetails.MerchantName)
	w.optText("requestor_id", a.AcquirerDetails.RequestorID)
	w.close('}')
	w.text("directory_server", a.DirectoryServer)
	if f := a.FlowPreference; f != nil && (f.Type == "challenge" || f.Type == "frictionless") {
		w.open("flow_preference", '{')
		w.text("type", f.Type)
		if f.Challenge != nil {
			w.open("challenge", '{')
			w.optOneOf("type", f.Challenge.Type, []string{"mandated", "preferred"})
			w.close('}')
		}
		if f.Frictionless != nil {
			w.open("frictionless", '{')
			w.optOneOf("type", f.Frictionless.Type, []string{"low_risk"})
			w.close('}')
		}
		w.close('}')
	}
	w.close('}')
}

func (codec20260417) discounts(w *writer, d *acp.Discounts) {
	w.open("discounts", '{')
	w.optTexts("codes", d.Codes)
	if d.Applied != nil {
		w.open("applied", '[')
		for i := range d.Applied {
			a := &d.Applied[i]
			w.open("", '{')
			w.text("id", a.ID)
			w.optText("code", a.Code)
			w.open("coupon", '{')
			w.text("id", a.Coupon.ID)
			w.text("name", a.Coupon.Name)
			if a.Coupon.PercentOff != nil {
				w.number("percent_off", *a.Coupon.PercentOff)
			}
			w.optInteger("amount_off", a.Coupon.AmountOff)
			w.optText("currency", a.Coupon.Currency)
			w.optOneOf("duration", a.Coupon.Duration, []string{"once", "repeating", "forever"})
			w.close('}')
			w.integer("amount", a.Amount)
			if a.Automatic {
				w.boolean("automatic", true)
			}
			w.optTime("start", a.Start)
			w.optTime("end", a.End)
			w.optOneOf("method", a.Method, []string{"each", "across"})
			if a.Priority > 0 {
				w.integer("priority", a.Priority)
			}
			if a.Allocations != nil {
				w.open("allocations", '[')
				for _, part := range a.Allocations {
					w.open("", '{')
					w.text("path", part.Path)
					w.integer("amount", part.Amount)
					w.close('}')
				}
				w.close(']')
			}
			w.close('}')
		}
		w.close(']')
	}
	if d.Rejected != nil {
		w.open("rejected", '[')
		for _, r := range d.Rejected {
			reason := r.Reason
			if !slices.Contains(discountReasons20260417, reason) {
				reason = acp.DiscountInvalid
			}
			w.open("", '{')
			w.text("code", r.Code)
			w.text("reason", reason)
			w.optText("message", r.Message)
			w.close('}')
		}
		w.close(']')
	}
	w.close('}')
}
