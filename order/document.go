package order

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/text"
)

// Types and statuses of adjustments, as the protocol has them.
const (
	adjRefund       = "refund"
	adjCancellation = "cancellation"
	adjPriceChange  = "price_adjustment"
	adjDispute      = "dispute"

	pending   = "pending"
	completed = "completed"
	failed    = "failed"
)

// Statuses of orders and deliveries.
const (
	statusConfirmed  = "confirmed"
	statusProcessing = "processing"
	statusShipped    = "shipped"
	statusCompleted  = "completed"
	statusCanceled   = "canceled"

	deliveryPending = "pending"
	readyForPickup  = "ready_for_pickup"
	outForDelivery  = "out_for_delivery"
	delivered       = "delivered"
)

// Canceled reports whether nothing of the order will reach the buyer.
func (o *Order) Canceled() bool { return o.Status == statusCanceled }

// Shipped reports whether anything of the order has left the shop.
func (o *Order) Shipped() bool {
	return slices.ContainsFunc(o.LineItems, func(l acp.OrderLineItem) bool { return l.Quantity.Fulfilled > 0 })
}

// adjustment finds an adjustment by its id; nil when there is none.
func (o *Order) adjustment(adjID string) *acp.Adjustment {
	for i := range o.Adjustments {
		if o.Adjustments[i].ID == adjID {
			return &o.Adjustments[i]
		}
	}
	return nil
}

// adjustmentID is the id of the adjustment that shows an operation.
func adjustmentID(opID string) string { return "adj_" + strings.TrimPrefix(opID, id.Op+"_") }

// disputeID is the id of the adjustment that shows a dispute: the PSP's own id
// is none of the agent's business.
func disputeID(provider, ref string) string {
	sum := sha256.Sum256([]byte(provider + "\x00" + ref))
	return "adj_" + hex.EncodeToString(sum[:13])
}

// adjust adds an adjustment with an amount in the order's currency; 0 shows
// none.
func (o *Order) adjust(a acp.Adjustment, amount int64) {
	if amount > 0 {
		a.Amount, a.Currency = &amount, o.Currency
	}
	o.Adjustments = append(o.Adjustments, a)
}

// canceledOfHold is what was taken off the order while its money was held: the
// capture leaves it out.
func (o *Order) canceledOfHold() (sum int64) {
	for _, a := range o.Adjustments {
		if a.Type == adjCancellation && a.Status == completed && a.Amount != nil {
			sum += *a.Amount
		}
	}
	return sum
}

// takenOff counts the units of each line that were canceled or refunded, or will
// be unless the PSP refuses.
func (o *Order) takenOff() map[string]int64 { return o.unitsOff(completed, pending) }

// unitsOff counts the units of each line in the refunds and cancellations that
// have one of the statuses.
func (o *Order) unitsOff(statuses ...string) map[string]int64 {
	units := map[string]int64{}
	for _, a := range o.Adjustments {
		if !slices.Contains(statuses, a.Status) || (a.Type != adjRefund && a.Type != adjCancellation) {
			continue
		}
		for _, l := range a.LineItems {
			units[l.ID] += l.Quantity
		}
	}
	return units
}

// handedOver reports whether the goods of a delivery have left the shop.
func handedOver(f *acp.Fulfillment) bool {
	switch f.Status {
	case statusShipped, "in_transit", outForDelivery, readyForPickup, delivered:
		return true
	}
	return false
}

// planned reports whether a delivery is still to be made.
func planned(f *acp.Fulfillment) bool {
	return f.Status == deliveryPending || f.Status == statusProcessing || f.Status == ""
}

// derive works the figures and statuses out that follow from the adjustments
// and deliveries: amount_refunded, what of each line is wanted and has left, the
// statuses of lines, deliveries and the order. What the PSP may still refuse has
// not happened.
func (o *Order) derive(now time.Time) {
	o.deriveRefunded()
	off, left := o.unitsOff(completed), map[string]int64{}
	for i := range o.Fulfillments {
		if handedOver(&o.Fulfillments[i]) {
			for _, l := range o.Fulfillments[i].LineItems {
				left[l.ID] += l.Quantity
			}
		}
	}
	for i := range o.LineItems {
		l := &o.LineItems[i]
		l.Quantity.Fulfilled = min(left[l.ID], l.Quantity.Ordered)
		l.Quantity.Current = max(l.Quantity.Fulfilled, l.Quantity.Ordered-off[l.ID])
		l.Status = lineStatus(l.Quantity)
	}
	o.derivePlanned(now)
	o.Status = o.status()
}

// deriveRefunded keeps the total of completed refunds.
func (o *Order) deriveRefunded() {
	var sum int64
	for _, a := range o.Adjustments {
		if a.Type == adjRefund && a.Status == completed && a.Amount != nil {
			sum += *a.Amount
		}
	}
	i := slices.IndexFunc(o.Totals, func(t acp.Total) bool { return t.Type == acp.TotalAmountRefunded })
	switch {
	case i >= 0:
		o.Totals[i].Amount = sum
	case sum > 0:
		o.Totals = append(o.Totals, acp.Total{Type: acp.TotalAmountRefunded, DisplayText: TotalWords(text.For(o.Locale), acp.TotalAmountRefunded), Amount: sum})
	}
}

func lineStatus(q acp.OrderQuantity) string {
	switch {
	case q.Current == 0:
		return "removed"
	case q.Fulfilled == q.Current:
		return "fulfilled"
	case q.Fulfilled > 0:
		return "partial"
	}
	return statusProcessing
}

// derivePlanned puts into the deliveries that are still to be made what is
// still to be sent. One with nothing left in it is canceled, and comes back
// when a cancellation did not come about.
func (o *Order) derivePlanned(now time.Time) {
	open := func(f *acp.Fulfillment) bool { return planned(f) || f.Status == statusCanceled }
	home := func(line string) int {
		first := -1
		for i := range o.Fulfillments {
			f := &o.Fulfillments[i]
			if !open(f) {
				continue
			}
			if first < 0 {
				first = i
			}
			if slices.ContainsFunc(f.LineItems, func(l acp.FulfillmentLineItem) bool { return l.ID == line }) {
				return i
			}
		}
		return first
	}
	lines := make(map[int][]acp.FulfillmentLineItem)
	for i := range o.LineItems {
		l := &o.LineItems[i]
		if wanted := l.Quantity.Current - l.Quantity.Fulfilled; wanted > 0 {
			if f := home(l.ID); f >= 0 {
				lines[f] = append(lines[f], acp.FulfillmentLineItem{ID: l.ID, Quantity: wanted})
			}
		}
	}
	for i := range o.Fulfillments {
		f := &o.Fulfillments[i]
		if !open(f) {
			continue
		}
		f.LineItems = lines[i]
		switch {
		case len(f.LineItems) == 0 && f.Status != statusCanceled:
			f.Status = statusCanceled
			happened(f, statusCanceled, id.New(deliveryEvent, now), now)
		case len(f.LineItems) > 0 && f.Status == statusCanceled:
			f.Status = deliveryPending
			happened(f, statusProcessing, id.New(deliveryEvent, now), now)
		}
	}
}

// deliveryEvent is the prefix of the ids of what happens to deliveries.
const deliveryEvent = "fev"

// happened adds to the history of a delivery.
func happened(f *acp.Fulfillment, kind, eventID string, now time.Time) {
	f.Events = append(f.Events, acp.FulfillmentEvent{ID: eventID, Type: kind, OccurredAt: now.UTC()})
}

// status is the order's, from its lines and deliveries.
func (o *Order) status() string {
	if len(o.LineItems) == 0 {
		return o.Status // there is nothing that it could follow from
	}
	removed, all, some := true, true, false
	for i := range o.LineItems {
		q := o.LineItems[i].Quantity
		removed = removed && q.Current == 0
		all = all && q.Fulfilled == q.Current
		some = some || q.Fulfilled > 0
	}
	arrived, waiting := true, true // waiting: what has not arrived is there for the buyer to fetch
	for i := range o.Fulfillments {
		f := &o.Fulfillments[i]
		arrived = arrived && (f.Status == delivered || f.Status == statusCanceled)
		waiting = waiting && (f.Status == delivered || f.Status == statusCanceled || f.Status == readyForPickup)
	}
	switch {
	case removed:
		return statusCanceled
	case all && arrived:
		return statusCompleted
	case all && !waiting:
		return statusShipped
	case all:
		return statusProcessing
	case some:
		return statusProcessing
	}
	return statusConfirmed
}
