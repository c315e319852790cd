package checkout

import (
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// deliver decides how each line of the cart is delivered: as the agent chose,
// as long as that is on offer, and the cheapest way of shipping otherwise. The
// options and the choice go into the session and the cart. It reports whether
// every line is delivered in some way. The error is one of package pricing.
func (s *Session) deliver(m *Merchant, cart *pricing.Cart, now time.Time) (msgs []acp.Message, covered bool, err error) {
	s.FulfillmentOptions, s.SelectedFulfillmentOptions = []acp.FulfillmentOption{}, nil
	t := m.texts(s)
	parts, msgs := s.parts(cart, t)
	covered = true
	var digital []picked
	for i := range parts {
		p := &parts[i]
		p.Merchant, p.words, p.cart, p.now = m, t, cart, now
		if err := p.offer(); err != nil {
			return nil, false, err
		}
		said, all, err := p.pick(s, p.physical, false)
		if err != nil {
			return nil, false, err
		}
		msgs, covered = append(msgs, said...), covered && all
		if said, all, err = p.pick(s, p.digital, true); err != nil {
			return nil, false, err
		}
		msgs, covered = append(msgs, said...), covered && all
		s.FulfillmentOptions = slices.Grow(s.FulfillmentOptions, len(p.options))
		for j := range p.options {
			s.FulfillmentOptions = append(s.FulfillmentOptions, p.option(&p.options[j]))
		}
		for _, c := range p.picked {
			if c.Way == pricing.Digital {
				digital = append(digital, c)
				continue
			}
			s.take(c, cart)
		}
	}
	for _, c := range digital { // what is shipped comes first
		s.take(c, cart)
	}
	return msgs, covered, nil
}

// take puts a choice into the session and the cart.
func (s *Session) take(c picked, cart *pricing.Cart) {
	ids := make([]string, len(c.lines))
	for i, line := range c.lines {
		ids[i] = cart.Lines[line].ID
		cart.Lines[line].To = c.To
	}
	s.SelectedFulfillmentOptions = append(s.SelectedFulfillmentOptions,
		acp.SelectedFulfillmentOption{Type: acp.FulfillmentType(c.Way), OptionID: c.ID, ItemIDs: ids})
	cart.Delivery = append(cart.Delivery, c.Option)
}

// option is a priced way of delivery as an agent is shown it.
func (p *part) option(o *pricing.Option) acp.FulfillmentOption {
	shown := acp.FulfillmentOption{Type: acp.FulfillmentType(o.Way), ID: o.ID, Title: p.title(o), Description: p.description(o),
		Totals: []acp.Total{
			label(p.words, acp.TotalFulfillment, o.Net), label(p.words, acp.TotalTax, o.Tax), label(p.words, acp.TotalTotal, o.Total),
		}}
	if to := p.named(); to != "" && o.Pickup == nil && o.Way != pricing.Digital {
		shown.Title += " · " + to
	}
	switch o.Way {
	case pricing.PickedUp:
		l := &o.Pickup.Location
		shown.Description = p.pickedUp(o)
		shown.PickupType, shown.ReadyBy, shown.PickupBy = o.Pickup.Kind, o.Earliest, o.Latest
		shown.Location = &acp.PickupLocation{Name: l.Name, Phone: l.Phone, Instructions: l.Instructions,
			Address: acp.Address{Name: l.Name, LineOne: l.LineOne, LineTwo: l.LineTwo, City: l.City, State: l.Region, Country: l.Country, PostalCode: l.PostalCode}}
	case pricing.LocalDelivery:
		if !o.Earliest.IsZero() {
			shown.Window = &acp.DeliveryWindow{Start: o.Earliest, End: o.Latest}
			if o.ID != p.optionID(o.MethodID) { // a round, of which there are others
				shown.Title = p.words.Say("delivery.round", "delivery", shown.Title, "day", text.Day(o.Earliest), "from", p.words.Clock(o.Earliest), "to", p.words.Clock(o.Latest))
			}
		}
	default:
		shown.Carrier, shown.EarliestDeliveryTime, shown.LatestDeliveryTime = o.Carrier, o.Earliest, o.Latest
	}
	return shown
}

// pickedUp says where and when goods can be fetched, for whoever reads nothing
// but the description.
func (p *part) pickedUp(o *pricing.Option) string {
	l := &o.Pickup.Location
	place := l.Name + ", " + l.LineOne + ", " + l.City
	if description := p.description(o); description != "" {
		place = strings.TrimRight(description, ".") + ". " + place
	}
	if o.Latest.IsZero() {
		return p.words.Say("pickup.ready", "place", place, "day", text.Day(o.Earliest), "time", p.words.Clock(o.Earliest))
	}
	return p.words.Say("pickup.kept", "place", place, "day", text.Day(o.Earliest), "time", p.words.Clock(o.Earliest), "until", text.Day(o.Latest))
}

// roundStarts is the moment at which the first of the chosen rounds of a
// courier begins; the zero time when none is chosen. No price is binding beyond
// it.
func (s *Session) roundStarts() (first time.Time) {
	for _, sel := range s.SelectedFulfillmentOptions {
		o := s.chosenOption(&sel)
		if o != nil && o.Window != nil && (first.IsZero() || o.Window.Start.Before(first)) {
			first = o.Window.Start
		}
	}
	return first
}

// chosenOption is the option that a selection names; nil when it is not on
// offer.
func (s *Session) chosenOption(sel *acp.SelectedFulfillmentOption) *acp.FulfillmentOption {
	at := slices.IndexFunc(s.FulfillmentOptions, func(o acp.FulfillmentOption) bool { return o.ID == sel.OptionID })
	if at < 0 {
		return nil
	}
	return &s.FulfillmentOptions[at]
}

// deliveredAs reports whether a selection is that of the session still.
func (s *Session) deliveredAs(selected []acp.SelectedFulfillmentOption) bool {
	return slices.EqualFunc(s.SelectedFulfillmentOptions, selected, func(a, b acp.SelectedFulfillmentOption) bool {
		return a.OptionID == b.OptionID && slices.Equal(a.ItemIDs, b.ItemIDs)
	})
}
