package server

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/server/web"
	"github.com/checkstand/checkstand/text"
)

// toAnAddress is the choice not to come for the goods, before there is an
// address to deliver to. It is no id of an option.
const toAnAddress = ":address"

// ChooseDelivery chooses an option for everything that it can carry. What is
// delivered electronically stays so, and so do the groups of the session.
func (p checkoutPages) ChooseDelivery(ctx context.Context, v web.Visit, option string) error {
	sess, _, err := p.core.Visited(ctx, visit(v))
	if err != nil {
		return pageError(err)
	}
	chosen := []acp.SelectedFulfillmentOption{}
	digital := false
	if option != toAnAddress {
		at := slices.IndexFunc(sess.FulfillmentOptions, func(o acp.FulfillmentOption) bool { return o.ID == option })
		if at < 0 {
			return web.ErrChanged
		}
		chosen = append(chosen, acp.SelectedFulfillmentOption{Type: sess.FulfillmentOptions[at].Type, OptionID: option})
		digital = sess.FulfillmentOptions[at].Type == acp.FulfillmentDigital
	}
	for _, other := range sess.SelectedFulfillmentOptions {
		if (other.Type == acp.FulfillmentDigital) != digital {
			chosen = append(chosen, other)
		}
	}
	_, err = p.core.Revise(ctx, visit(v), acp.UpdateRequest{Selected: acp.Some(chosen)})
	return pageError(err)
}

// carried are the lines that somebody has to carry, be it the buyer.
func carried(sess *checkout.Session) (lines []string) {
	for i := range sess.LineItems {
		if id := sess.LineItems[i].ID; !slices.Contains(sess.DigitalLines, id) {
			lines = append(lines, id)
		}
	}
	return lines
}

// shipped reports whether something of the session goes to an address, or would
// if nobody chose otherwise.
func shipped(sess *checkout.Session) bool {
	fetched := map[string]bool{}
	for _, sel := range sess.SelectedFulfillmentOptions {
		if sel.Type == acp.FulfillmentPickup {
			for _, line := range sel.ItemIDs {
				fetched[line] = true
			}
		}
	}
	return slices.ContainsFunc(carried(sess), func(line string) bool { return !fetched[line] })
}

// deliveryChoices are the ways of delivery for what is carried, or else for what
// is not. They are settled where parts of the order have ways of their own,
// which a list to choose one from would undo.
func deliveryChoices(sess *checkout.Session, m *checkout.Merchant) (choices []web.DeliveryChoice, settled bool) {
	physical := len(carried(sess)) > 0
	of := func(t acp.FulfillmentType) bool { return (t != acp.FulfillmentDigital) == physical }
	selected := 0
	for _, sel := range sess.SelectedFulfillmentOptions {
		if of(sel.Type) {
			selected++
		}
	}
	settled = selected > 1 || len(sess.FulfillmentGroups) > 0
	fetch, bring := false, false
	for i := range sess.FulfillmentOptions {
		o := &sess.FulfillmentOptions[i]
		c := choiceOf(o)
		c.Chosen = slices.ContainsFunc(sess.SelectedFulfillmentOptions, func(s acp.SelectedFulfillmentOption) bool { return s.OptionID == o.ID })
		if !of(o.Type) || settled && !c.Chosen {
			continue
		}
		fetch, bring = fetch || c.Fetch, bring || !c.Fetch
		choices = append(choices, c)
	}
	if fetch && !bring && !settled && delivers(m) {
		says := text.For(cmp.Or(sess.Locale, m.Locale))
		choices = append([]web.DeliveryChoice{{ID: toAnAddress, Open: true, Chosen: selected == 0,
			Delivery: web.Delivery{Method: says.Say("checkout.deliver")}, Detail: says.Say("checkout.deliver_note")}}, choices...)
	}
	return choices, settled
}

func choiceOf(o *acp.FulfillmentOption) web.DeliveryChoice {
	c := web.DeliveryChoice{ID: o.ID, Detail: o.Description, Fetch: o.Type == acp.FulfillmentPickup, Delivery: web.Delivery{Method: o.Title}}
	if o.Location != nil && o.Location.Instructions != "" {
		c.Detail = strings.TrimSpace(c.Detail + " " + o.Location.Instructions)
	}
	if o.Type == acp.FulfillmentShipping && !o.LatestDeliveryTime.IsZero() {
		c.Earliest, c.Latest = o.EarliestDeliveryTime.In(time.UTC), o.LatestDeliveryTime.In(time.UTC)
	}
	c.Price, _ = acp.Amount(o.Totals, acp.TotalFulfillment) // as the totals show it
	return c
}

// delivers reports whether a shop brings or sends anything.
func delivers(m *checkout.Merchant) bool {
	return slices.ContainsFunc(m.Methods, func(has pricing.Method) bool {
		return has.Way() == pricing.Shipping || has.Way() == pricing.LocalDelivery
	})
}
