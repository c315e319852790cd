package wire

import (
	"fmt"

	"github.com/checkstand/checkstand/acp"
)

// appendFlatEvent is the webhook of the versions before 2026-04-17: the order
// is named by its session; refunds and credits that have been carried out are
// listed.
func appendFlatEvent(dst []byte, names map[EventKind]string, kind EventKind, o *acp.Order) ([]byte, error) {
	w := writer{b: dst}
	event, ok := names[kind]
	if !ok {
		w.fail(fmt.Errorf("order %s: no event of kind %d", o.ID, kind))
	}
	w.b = append(w.b, '{')
	w.text("type", event)
	w.open("data", '{')
	w.text("type", "order")
	w.text("checkout_session_id", o.CheckoutSessionID)
	w.text("permalink_url", o.PermalinkURL)
	w.text("status", flatOrderStatus(o.Status))
	w.open("refunds", '[')
	for _, a := range o.Adjustments {
		means := map[string]string{"refund": "original_payment", "credit": "store_credit"}[a.Type]
		if means == "" || a.Status != "completed" || a.Amount == nil {
			continue
		}
		w.open("", '{')
		w.text("type", means)
		w.integer("amount", *a.Amount)
		w.close('}')
	}
	w.close(']')
	w.close('}')
	w.close('}')
	return w.result(dst)
}

// Names of the two events: the repository's, and those of OpenAI's page.
var (
	createEvents  = map[EventKind]string{OrderCreated: "order_create", OrderUpdated: "order_update"}
	createdEvents = map[EventKind]string{OrderCreated: "order_created", OrderUpdated: "order_updated"}
)

func (c flat) AppendOrderEvent(dst []byte, kind EventKind, o *acp.Order) ([]byte, error) {
	return appendFlatEvent(dst, c.events, kind, o)
}

// flatOrderStatus maps to the six that there were; an order's status is an
// open list, and what is unknown has been confirmed at least.
func flatOrderStatus(status string) string {
	switch status {
	case "created", "manual_review", "confirmed", "canceled", "shipped", "fulfilled":
		return status
	case "":
		return "created"
	case "completed", "delivered":
		return "fulfilled"
	}
	return "confirmed"
}
