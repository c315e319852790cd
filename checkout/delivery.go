package checkout

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/pricing"
)

// offer shows the delivery options.
func (s *Session) offer(options []pricing.Option) {
	s.FulfillmentOptions = make([]acp.FulfillmentOption, len(options))
	for i, o := range options {
		s.FulfillmentOptions[i] = acp.FulfillmentOption{Type: optionType(o), ID: o.ID, Title: o.Title, Description: o.Description,
			Carrier: o.Carrier, EarliestDeliveryTime: o.Earliest, LatestDeliveryTime: o.Latest,
			Totals: []acp.Total{
				{Type: acp.TotalFulfillment, DisplayText: "Delivery", Amount: o.Net},
				{Type: acp.TotalTax, DisplayText: "Tax", Amount: o.Tax},
				{Type: acp.TotalTotal, DisplayText: "Total", Amount: o.Total},
			}}
	}
}

func optionType(o pricing.Option) acp.FulfillmentType {
	if o.Digital {
		return acp.FulfillmentDigital
	}
	return acp.FulfillmentShipping
}

// choose decides how each line is delivered: as the agent chose, as long as
// that is on offer, and the cheapest way otherwise. The choice goes into the
// session and the cart.
func (s *Session) choose(options []pricing.Option, cart *pricing.Cart, physical, digital []string, addressed bool) []acp.Message {
	var msgs []acp.Message
	before := s.SelectedFulfillmentOptions
	s.SelectedFulfillmentOptions = nil
	for _, part := range []struct {
		kind  acp.FulfillmentType
		lines []string
	}{{acp.FulfillmentShipping, physical}, {acp.FulfillmentDigital, digital}} {
		if len(part.lines) == 0 {
			continue
		}
		isDigital := part.kind == acp.FulfillmentDigital
		pick, found := pricing.Cheapest(options, isDigital)
		if chosen := selectedOption(before, part.kind); chosen != "" && s.OptionChosen {
			i := slices.IndexFunc(options, func(o pricing.Option) bool { return o.ID == chosen && o.Digital == isDigital })
			switch {
			case i >= 0:
				pick = i
			case found:
				s.OptionChosen = false
				msgs = append(msgs, acp.Message{Type: acp.Info, ContentType: "plain", Param: "$.selected_fulfillment_options",
					Content: "The delivery chosen before is not available any more; " + options[pick].Title + " was selected instead."})
			}
		}
		if found {
			s.SelectedFulfillmentOptions = append(s.SelectedFulfillmentOptions,
				acp.SelectedFulfillmentOption{Type: part.kind, OptionID: options[pick].ID, ItemIDs: part.lines})
			cart.Delivery = append(cart.Delivery, options[pick])
			continue
		}
		if isDigital {
			msgs = append(msgs, *blockingMessage(acp.CodeUnsupported, "$.fulfillment_options",
				"This shop offers no electronic delivery for what is in the cart."))
		} else if addressed {
			msgs = append(msgs, *blockingMessage(acp.CodeRegionRestricted, addressParam,
				"This shop does not deliver to this address. Give another address to go on."))
		}
	}
	return msgs
}

func selectedOption(sel []acp.SelectedFulfillmentOption, kind acp.FulfillmentType) string {
	for i := range sel {
		if sel[i].Type == kind {
			return sel[i].OptionID
		}
	}
	return ""
}

// selectOptions takes over the agent's choice. Every option must be on offer;
// item ids, where given, must be lines (or items) of the cart, and no line may
// be in two selections. A refusal changes nothing.
func (s *Session) selectOptions(sel []acp.SelectedFulfillmentOption) error {
	taken := make(map[string]bool)
	chosen := make([]acp.SelectedFulfillmentOption, 0, len(sel))
	for i := range sel {
		at := slices.IndexFunc(s.FulfillmentOptions, func(o acp.FulfillmentOption) bool { return o.ID == sel[i].OptionID })
		if at < 0 {
			return acp.Invalid(fmt.Sprintf("$.selected_fulfillment_options[%d].option_id", i),
				"This delivery option is not on offer. Use the id of one of fulfillment_options.")
		}
		kind := s.FulfillmentOptions[at].Type
		for j, itemID := range sel[i].ItemIDs {
			line := s.lineOf(itemID)
			if line == "" {
				return acp.Invalid(fmt.Sprintf("$.selected_fulfillment_options[%d].item_ids[%d]", i, j),
					"This is no line of the cart. Use the ids of line_items.")
			}
			if taken[line] {
				return acp.Invalid(fmt.Sprintf("$.selected_fulfillment_options[%d].item_ids[%d]", i, j),
					"This line is in two selections. Name every line once.")
			}
			taken[line] = true
		}
		if selectedOption(chosen, kind) != "" {
			return acp.Refused(http.StatusBadRequest, acp.CodeUnsupported, fmt.Sprintf("$.selected_fulfillment_options[%d]", i),
				"This shop ships all goods of a cart by one option. Select one option of each type.")
		}
		chosen = append(chosen, acp.SelectedFulfillmentOption{Type: kind, OptionID: sel[i].OptionID})
	}
	s.SelectedFulfillmentOptions, s.OptionChosen = chosen, len(chosen) > 0
	return nil
}

// lineOf finds a line by its own id or its item's.
func (s *Session) lineOf(ref string) string {
	for i := range s.LineItems {
		if s.LineItems[i].ID == ref || s.LineItems[i].Item.ID == ref {
			return s.LineItems[i].ID
		}
	}
	return ""
}
