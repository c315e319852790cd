package server

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/server/web"
	"github.com/checkstand/checkstand/text"
)

// orderPages shows orders of every shop: the id alone is the key to the page.
type orderPages struct {
	*App
	looks map[string]web.Shop // by shop
}

func (p orderPages) Order(ctx context.Context, orderID string) (web.Order, error) {
	o, err := p.store.OrderByID(ctx, orderID)
	if errors.Is(err, checkout.ErrNotFound) {
		return web.Order{}, web.ErrNotFound
	}
	if err != nil {
		return web.Order{}, err
	}
	sess, err := p.store.Reader(ctx).Session(o.MerchantID, o.CheckoutSessionID)
	if err != nil && !errors.Is(err, checkout.ErrNotFound) {
		return web.Order{}, err
	}
	view := web.Order{Number: o.OrderNumber, PlacedAt: o.CreatedAt, Live: o.Live, Currency: o.Currency}
	if m := p.merchants.byID[o.MerchantID]; m != nil {
		view.Shop, view.Locale = p.looks[m.ID], m.Locale
	}
	view.Locale = cmp.Or(o.Locale, view.Locale)
	t := text.For(view.Locale)
	view.StatusWords, view.StatusDetail, view.StatusTone = statusInWords(o, t)
	view.Lines = linesInWords(o, sess, t)
	view.Totals = orderTotals(o, t)
	view.Deliveries = deliveries(o, sess, t)
	view.History = history(o, t)
	return view, nil
}

func statusInWords(o *order.Order, t *text.Texts) (words, detail string, tone web.Tone) {
	switch o.Status {
	case "canceled":
		return t.Say("order.canceled"), refundInWords(o, t), web.Negative
	case "completed":
		return t.Say("order.arrived"), "", web.Positive
	case "shipped":
		return t.Say("order.on_its_way"), "", web.Positive
	case "processing":
		if ready(o) {
			return t.Say("order.ready_for_pickup"), "", web.Positive
		}
		return t.Say("order.part_on_its_way"), t.Say("order.rest_getting_ready"), web.Positive
	case "manual_review", "created":
		return t.Say("order.checked"), t.Say("order.checked_note"), web.Caution
	}
	return t.Say("order.confirmed"), t.Say("order.getting_ready"), web.Positive
}

// ready reports whether all of an order that has not arrived waits for its buyer.
func ready(o *order.Order) bool {
	waits := func(f acp.Fulfillment) bool { return f.Status == "ready_for_pickup" }
	return slices.ContainsFunc(o.Fulfillments, waits) && !slices.ContainsFunc(o.Fulfillments, func(f acp.Fulfillment) bool {
		return !waits(f) && f.Status != "delivered" && f.Status != "canceled"
	})
}

// refundInWords says of a canceled order what becomes of the money.
func refundInWords(o *order.Order, t *text.Texts) string {
	for _, a := range slices.Backward(o.Adjustments) {
		switch {
		case a.Amount == nil || a.Status == "failed":
		case a.Type == "refund" && a.Status == "completed":
			return t.Say("order.money_back")
		case a.Type == "refund":
			return t.Say("order.money_coming")
		case a.Type == "cancellation":
			return t.Say("checkout.not_charged")
		}
	}
	return ""
}

// linesInWords lists what was bought; units that were canceled or refunded are
// said beside it.
func linesInWords(o *order.Order, sess *checkout.Session, t *text.Texts) (lines []web.Line) {
	options := map[string]string{}
	if sess != nil {
		for i := range sess.LineItems {
			options[sess.LineItems[i].ID] = optionWords(&sess.LineItems[i])
		}
	}
	for i := range o.LineItems {
		l := &o.LineItems[i]
		line := web.Line{Title: l.Title, Options: options[l.ID], Quantity: l.Quantity.Ordered, ImageURL: l.ImageURL}
		if off := l.Quantity.Ordered - l.Quantity.Current; off > 0 {
			words := t.Say("order.line_canceled")
			if off < l.Quantity.Ordered {
				words = t.Say("order.units_canceled", "count", off)
			}
			line.Options = strings.TrimPrefix(line.Options+", "+words, ", ")
		}
		if base, ok := acp.Amount(l.Totals, acp.TotalItemsBaseAmount); ok {
			line.Amount = base // discounts are a figure of their own
		} else if l.Subtotal != nil {
			line.Amount = *l.Subtotal
		}
		lines = append(lines, line)
	}
	return lines
}

// optionWords names the choices that the line's title does not name already.
func optionWords(l *acp.LineItem) string {
	var words []string
	for _, o := range l.VariantOptions {
		if !strings.Contains(l.Name, o.Value) {
			words = append(words, o.Name+" "+o.Value)
		}
	}
	return strings.Join(words, ", ")
}

func statusOf(status string, t *text.Texts) string {
	if key := deliveryKeys[status]; key != "" {
		return t.Say(key)
	}
	return ""
}

// deliveryKeys are the texts of the statuses of a delivery as its buyer reads them.
var deliveryKeys = map[string]string{"shipped": "order.status_on_its_way", "in_transit": "order.status_on_its_way", "out_for_delivery": "order.status_today",
	"ready_for_pickup": "order.status_ready", "delivered": "order.status_arrived", "failed": "order.status_failed"}

// deliveries lists how the parts of an order reach the buyer. What was canceled
// does not.
func deliveries(o *order.Order, sess *checkout.Session, t *text.Texts) (out []web.Delivery) {
	for i := range o.Fulfillments {
		f := &o.Fulfillments[i]
		if f.Status == "canceled" {
			continue
		}
		d := web.Delivery{Method: t.Say(methodOf(f.Type)), Status: statusOf(f.Status, t), Carrier: f.Carrier, TrackingURL: f.TrackingURL}
		if opt := optionOf(f, sess); opt != nil {
			d.Method = opt.Title
			if opt.Type == acp.FulfillmentPickup && f.Status != "delivered" {
				d.Place = opt.Description
			}
			promised := opt.Type == acp.FulfillmentShipping && !opt.LatestDeliveryTime.IsZero() && f.Status != "delivered"
			if promised {
				d.Earliest, d.Latest = opt.EarliestDeliveryTime.In(time.UTC), opt.LatestDeliveryTime.In(time.UTC)
			}
		}
		out = append(out, d)
	}
	return out
}

// methodOf is the text for a way of delivery without a title.
func methodOf(t acp.FulfillmentType) string {
	switch t {
	case acp.FulfillmentPickup:
		return "order.pickup"
	case acp.FulfillmentDigital:
		return "order.download"
	}
	return "order.delivery"
}

// optionOf finds the way of delivery that the buyer chose for what a delivery
// holds; nil when it is not known any more.
func optionOf(f *acp.Fulfillment, sess *checkout.Session) *acp.FulfillmentOption {
	if sess == nil {
		return nil
	}
	for _, sel := range sess.SelectedFulfillmentOptions {
		if !slices.ContainsFunc(f.LineItems, func(l acp.FulfillmentLineItem) bool { return slices.Contains(sel.ItemIDs, l.ID) }) {
			continue
		}
		for i := range sess.FulfillmentOptions {
			if sess.FulfillmentOptions[i].ID == sel.OptionID {
				return &sess.FulfillmentOptions[i]
			}
		}
	}
	return nil
}

// eventKeys are the texts of what happens to deliveries as the buyer reads it; what is not
// here is not worth a line.
var eventKeys = map[string]string{"shipped": "event.shipped", "out_for_delivery": "event.out_for_delivery", "ready_for_pickup": "event.ready_for_pickup", "delivered": "event.delivered",
	"failed_attempt": "event.failed_attempt", "returned_to_sender": "event.returned"}

// history is what has happened to an order, the newest first. Disputes are
// between the buyer and the bank, and none of whoever has the link.
func history(o *order.Order, t *text.Texts) []web.Event {
	events := []web.Event{{At: o.CreatedAt, Words: t.Say("event.placed")}}
	for i := range o.Fulfillments {
		for _, e := range o.Fulfillments[i].Events {
			if key := eventKeys[e.Type]; key != "" {
				events = append(events, web.Event{At: e.OccurredAt, Words: t.Say(key)})
			}
		}
	}
	for _, a := range o.Adjustments {
		if words := adjustmentWords(&a, t); words != "" {
			events = append(events, web.Event{At: a.OccurredAt, Words: words})
		}
	}
	slices.SortStableFunc(events, func(a, b web.Event) int { return cmp.Compare(b.At.UnixMilli(), a.At.UnixMilli()) })
	return events
}

func adjustmentWords(a *acp.Adjustment, t *text.Texts) string {
	var sum string
	if a.Amount != nil {
		sum = t.Money(*a.Amount, a.Currency)
	}
	switch {
	case a.Status == "failed":
		return ""
	case a.Type == "refund" && sum != "" && a.Status == "completed":
		return t.Say("event.refunded", "amount", sum)
	case a.Type == "refund" && sum != "":
		return t.Say("event.refund_coming", "amount", sum)
	case a.Type == "cancellation":
		return t.Say("event.canceled")
	case a.Type == "price_adjustment" && sum != "":
		return t.Say("event.less_charged", "amount", sum)
	}
	return ""
}

// orderTotals are the figures of an order. Where less is charged than the buyer
// had agreed to, as when a part was canceled before the money was taken, what is
// charged is the figure that counts.
func orderTotals(o *order.Order, t *text.Texts) []web.Total {
	lines := totalLines(o.Totals)
	at := slices.IndexFunc(lines, func(l web.Total) bool { return l.Strong })
	less := notCharged(o)
	if less == 0 || at < 0 || o.AttemptID == "" {
		return lines
	}
	lines[at].Strong = false
	return slices.Insert(lines, at+1, web.Total{Label: t.Say("order.not_charged"), Amount: -less},
		web.Total{Label: t.Say("order.you_pay"), Amount: lines[at].Amount - less, Strong: true})
}

// notCharged is what was taken off the total before the money was taken, or not
// taken with it. What was given back afterwards is among the totals.
func notCharged(o *order.Order) (sum int64) {
	for _, a := range o.Adjustments {
		if a.Status == "completed" && a.Amount != nil && (a.Type == "cancellation" || a.Type == "price_adjustment") {
			sum += *a.Amount
		}
	}
	return min(sum, o.Total)
}

// totalLines leaves out the figures that say nothing on a receipt. Tax that the
// prices include is said beside the total that it is part of.
func totalLines(totals []acp.Total) []web.Total {
	var out []web.Total
	included := ""
	for _, t := range totals {
		line := web.Total{Label: t.DisplayText, Amount: t.Amount}
		switch t.Type {
		case acp.TotalItemsBaseAmount:
			if off, _ := acp.Amount(totals, acp.TotalItemsDiscount); off == 0 {
				continue // the subtotal says it
			}
		case acp.TotalItemsDiscount, acp.TotalDiscount:
			if t.Amount == 0 {
				continue
			}
			line.Amount = -t.Amount
		case acp.TotalFee:
			if t.Amount == 0 {
				continue
			}
		case acp.TotalTax:
			if t.Amount == 0 && t.Description != "" {
				included = t.Description
				continue
			}
		case acp.TotalAmountRefunded:
			if t.Amount == 0 {
				continue
			}
			line.Amount = -t.Amount
		case acp.TotalTotal:
			line.Strong, line.Note = true, included
		}
		out = append(out, line)
	}
	return out
}
