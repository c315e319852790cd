package wire

import (
	"fmt"

	"github.com/checkstand/checkstand/acp"
)

// AppendOrderEvent sends the whole order each time: the newest event wins.
func (c codec20260417) AppendOrderEvent(dst []byte, kind EventKind, o *acp.Order) ([]byte, error) {
	w := writer{b: dst}
	w.b = append(w.b, '{')
	switch kind {
	case OrderCreated:
		w.text("type", "order_create")
	case OrderUpdated:
		w.text("type", "order_update")
	default:
		w.fail(fmt.Errorf("order %s: no event of kind %d", o.ID, kind))
	}
	c.order(&w, "data", o)
	w.close('}')
	return w.result(dst)
}

func (c codec20260417) order(w *writer, name string, o *acp.Order) {
	status := o.Status
	if status == "" {
		status = "created"
	}
	w.open(name, '{')
	w.text("type", "order")
	w.text("id", o.ID)
	w.text("checkout_session_id", o.CheckoutSessionID)
	w.optText("order_number", o.OrderNumber)
	w.optText("client_reference_id", o.ClientReferenceID)
	w.text("permalink_url", o.PermalinkURL)
	w.text("status", status)
	c.estimatedDelivery(w, o.EstimatedDelivery)
	c.confirmation(w, o.Confirmation)
	if s := o.Support; s != nil {
		w.open("support", '{')
		w.optText("email", s.Email)
		w.optText("phone", s.Phone)
		w.optText("hours", s.Hours)
		w.optText("help_center_url", s.HelpCenterURL)
		w.close('}')
	}
	if o.LineItems != nil {
		w.open("line_items", '[')
		for i := range o.LineItems {
			c.orderLine(w, &o.LineItems[i])
		}
		w.close(']')
	}
	if o.Fulfillments != nil {
		w.open("fulfillments", '[')
		for i := range o.Fulfillments {
			c.fulfillment(w, &o.Fulfillments[i])
		}
		w.close(']')
	}
	if o.Adjustments != nil {
		w.open("adjustments", '[')
		for i := range o.Adjustments {
			c.adjustment(w, &o.Adjustments[i])
		}
		w.close(']')
	}
	if o.Totals != nil {
		c.totals(w, o.Totals)
	}
	w.close('}')
}

func (c codec20260417) confirmation(w *writer, o *acp.Confirmation) {
	if o == nil {
		return
	}
	w.open("confirmation", '{')
	w.optText("confirmation_number", o.ConfirmationNumber)
	if o.ConfirmationEmailSent != nil {
		w.boolean("confirmation_email_sent", *o.ConfirmationEmailSent)
	}
	w.optText("receipt_url", o.ReceiptURL)
	w.optText("invoice_number", o.InvoiceNumber)
	if c.richOrder {
		w.optText("order_notes", o.OrderNotes)
	}
	w.close('}')
}

func (codec20260417) estimatedDelivery(w *writer, e *acp.EstimatedDelivery) {
	if e == nil {
		return
	}
	w.open("estimated_delivery", '{')
	w.time("earliest", e.Earliest)
	w.time("latest", e.Latest)
	w.close('}')
}

func (c codec20260417) orderLine(w *writer, l *acp.OrderLineItem) {
	w.open("", '{')
	w.text("id", l.ID)
	w.text("title", l.Title)
	w.optText("product_id", l.ProductID)
	w.optText("description", l.Description)
	w.optText("image_url", l.ImageURL)
	w.optText("url", l.URL)
	w.open("quantity", '{')
	w.integer("ordered", l.Quantity.Ordered)
	w.integer("current", l.Quantity.Current)
	w.integer("fulfilled", l.Quantity.Fulfilled)
	w.close('}')
	w.optInteger("unit_price", l.UnitPrice)
	w.optInteger("subtotal", l.Subtotal)
	if l.Totals != nil {
		c.totals(w, l.Totals)
	}
	w.optText("status", l.Status)
	w.close('}')
}

// fulfillment writes a delivery; an order has no type for local delivery,
// which counts as shipping.
func (c codec20260417) fulfillment(w *writer, f *acp.Fulfillment) {
	kind := f.Type
	switch kind {
	case acp.FulfillmentShipping, acp.FulfillmentPickup, acp.FulfillmentDigital:
	case acp.FulfillmentLocalDelivery:
		kind = acp.FulfillmentShipping
	default:
		w.fail(fmt.Errorf("fulfillment %s: type %q is not of 2026-04-17", f.ID, f.Type))
	}
	w.open("", '{')
	w.text("id", f.ID)
	w.text("type", string(kind))
	w.optText("status", f.Status)
	c.lineReferences(w, f.LineItems)
	w.optText("carrier", f.Carrier)
	w.optText("tracking_number", f.TrackingNumber)
	w.optText("tracking_url", f.TrackingURL)
	if f.Destination != nil {
		c.address(w, "destination", f.Destination)
	}
	c.estimatedDelivery(w, f.EstimatedDelivery)
	if d := f.DigitalDelivery; d != nil {
		w.open("digital_delivery", '{')
		w.optText("access_url", d.AccessURL)
		w.optText("license_key", d.LicenseKey)
		w.optTime("expires_at", d.ExpiresAt)
		w.close('}')
	}
	w.optText("description", f.Description)
	if f.Events != nil {
		w.open("events", '[')
		for _, e := range f.Events {
			w.open("", '{')
			w.text("id", e.ID)
			w.text("type", e.Type)
			w.time("occurred_at", e.OccurredAt)
			w.optText("description", e.Description)
			w.optText("location", e.Location)
			w.close('}')
		}
		w.close(']')
	}
	w.close('}')
}

func (codec20260417) lineReferences(w *writer, lines []acp.FulfillmentLineItem) {
	if lines == nil {
		return
	}
	w.open("line_items", '[')
	for _, l := range lines {
		w.open("", '{')
		w.text("id", l.ID)
		w.integer("quantity", l.Quantity)
		w.close('}')
	}
	w.close(']')
}

// adjustment writes a change after the sale; store credit is called credit.
func (c codec20260417) adjustment(w *writer, a *acp.Adjustment) {
	w.open("", '{')
	w.text("id", a.ID)
	w.text("type", a.Type)
	w.time("occurred_at", a.OccurredAt)
	w.text("status", a.Status)
	c.lineReferences(w, a.LineItems)
	w.optInteger("amount", a.Amount)
	w.optText("currency", a.Currency)
	w.optText("description", a.Description)
	w.optText("reason", a.Reason)
	w.close('}')
}
