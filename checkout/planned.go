package checkout

import (
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
)

// planned is the deliveries that the buyer chose, not yet begun.
func planned(sess *Session, orderID string) []acp.Fulfillment {
	quantities := make(map[string]int64, len(sess.LineItems))
	for i := range sess.LineItems {
		quantities[sess.LineItems[i].ID] = sess.LineItems[i].Quantity
	}
	var out []acp.Fulfillment
	for i := range sess.SelectedFulfillmentOptions {
		sel := &sess.SelectedFulfillmentOptions[i]
		f := acp.Fulfillment{ID: deliveryID(orderID, i), Type: sel.Type, Status: "pending"}
		for _, line := range sel.ItemIDs {
			f.LineItems = append(f.LineItems, acp.FulfillmentLineItem{ID: line, Quantity: quantities[line]})
		}
		if o := sess.chosenOption(sel); o != nil {
			sess.describeDelivery(&f, o)
		}
		out = append(out, f)
	}
	return out
}

// deliveryID continues the letters of an order's deliveries.
func deliveryID(orderID string, n int) string {
	letters := string(rune('a' + n%26))
	if n >= 26 {
		letters = string(rune('a'+n/26-1)) + letters
	}
	return "ful_" + strings.TrimPrefix(orderID, id.Order+"_") + letters
}

// describeDelivery says where and when a delivery goes, as it was promised.
func (s *Session) describeDelivery(f *acp.Fulfillment, o *acp.FulfillmentOption) {
	earliest, latest := o.EarliestDeliveryTime, o.LatestDeliveryTime
	switch o.Type {
	case acp.FulfillmentDigital:
	case acp.FulfillmentPickup:
		if earliest, latest = o.ReadyBy, o.PickupBy; latest.IsZero() {
			latest = earliest
		}
		f.Destination, f.Description = &o.Location.Address, o.Title
		if o.Location.Instructions != "" {
			f.Description += ". " + o.Location.Instructions
		}
	default:
		if o.Window != nil {
			earliest, latest = o.Window.Start, o.Window.End
		}
		f.Carrier, f.Destination = o.Carrier, s.addressOf(o)
	}
	if _, group := splitOption(o.ID); group != "" {
		at := slices.IndexFunc(s.FulfillmentGroups, func(g acp.FulfillmentGroup) bool { return g.ID == group })
		if at >= 0 && s.FulfillmentGroups[at].Instructions != "" {
			f.Description = strings.TrimPrefix(f.Description+". "+s.FulfillmentGroups[at].Instructions, ". ")
		}
	}
	if !latest.IsZero() {
		f.EstimatedDelivery = &acp.EstimatedDelivery{Earliest: earliest, Latest: latest}
	}
}

// addressOf is where an option delivers to.
func (s *Session) addressOf(o *acp.FulfillmentOption) *acp.Address {
	details := s.FulfillmentDetails
	if _, group := splitOption(o.ID); group != "" {
		for i := range s.FulfillmentGroups {
			if d := s.FulfillmentGroups[i].FulfillmentDetails; s.FulfillmentGroups[i].ID == group && d != nil && d.Address != nil {
				details = d
			}
		}
	}
	if details == nil {
		return nil
	}
	return details.Address
}
