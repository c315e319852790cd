package checkout

import (
	"fmt"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// Choice is how the agent wants some lines to be delivered. It is kept apart
// from what the session shows, so that it comes back when what it needs does.
type Choice struct {
	OptionID string `json:"option_id"`
	// Lines are ids; nil is every line of its destination that the option can
	// carry and that no other choice names.
	Lines []string `json:"lines"`
}

// part is what goes to one destination: the lines of a fulfillment group, or
// those that are in none.
type part struct {
	*Merchant
	words *text.Texts
	cart  *pricing.Cart
	now   time.Time
	group *acp.FulfillmentGroup // nil for the session's own destination
	param string                // of its address

	physical, digital []int // lines, by their index in the cart
	to                pricing.Destination
	addressed         bool // to is known and can be delivered to
	misaddressed      bool // there is an address, but none that can be

	options []pricing.Option
	split   bool // some of the options are priced for less than they could carry
	picked  []picked
}

// picked is an option with the lines that it carries.
type picked struct {
	pricing.Option
	lines []int
}

// parts splits the cart by destination. The messages are about addresses that
// nothing can be delivered to.
func (s *Session) parts(cart *pricing.Cart, t *text.Texts) ([]part, []acp.Message) {
	msgs := s.ungroup(t)
	parts := make([]part, 1, 1+len(s.FulfillmentGroups))
	parts[0].param = addressParam
	parts[0].physical = make([]int, 0, len(cart.Lines))
	grouped := map[string]int{}
	for i := range s.FulfillmentGroups {
		g := &s.FulfillmentGroups[i]
		parts = append(parts, part{group: g, param: fmt.Sprintf("$.fulfillment_groups[%d].fulfillment_details.address", i)})
		for _, line := range g.ItemIDs {
			grouped[line] = i + 1
		}
	}
	for i := range cart.Lines {
		p := &parts[grouped[cart.Lines[i].ID]]
		if cart.Lines[i].Digital {
			p.digital = append(p.digital, i)
		} else {
			p.physical = append(p.physical, i)
		}
	}
	for i := range parts {
		p := &parts[i]
		if len(p.physical)+len(p.digital) == 0 {
			continue
		}
		details := s.FulfillmentDetails
		if p.group != nil && p.group.FulfillmentDetails != nil && p.group.FulfillmentDetails.Address != nil {
			details = p.group.FulfillmentDetails
		} else if p.group != nil {
			p.param = addressParam // of the session
		}
		if p.to = destination(details); !p.to.Known() {
			continue
		}
		wrong := checkAddress(details.Address, p.param, t)
		if p.addressed = len(wrong) == 0; p.addressed {
			for _, lines := range [][]int{p.physical, p.digital} {
				for _, line := range lines {
					cart.Lines[line].To = p.to
				}
			}
			continue
		}
		p.to, p.misaddressed = pricing.Destination{}, true
		for i := range wrong {
			if !slices.Contains(msgs, wrong[i]) {
				msgs = append(msgs, wrong[i])
			}
		}
	}
	cart.Destination = parts[0].to
	return parts, msgs
}

// named says whom and where a group goes to, to tell its options from others
// of the same title.
func (p *part) named() string {
	if p.group == nil || p.group.FulfillmentDetails == nil || p.group.FulfillmentDetails.Address == nil {
		return ""
	}
	a := p.group.FulfillmentDetails.Address
	return a.Name + ", " + a.City
}

// optionID is the id of an option within the session: those of a group are told
// apart by it. The sign is in no id of a method.
func (p *part) optionID(of string) string {
	if p.group == nil {
		return of
	}
	return of + "~" + p.group.ID
}

// fits reports whether a group takes an option: it may want a certain way, or a
// certain place.
func (p *part) fits(o *pricing.Option) bool {
	if p.group == nil || o.Way == pricing.Digital {
		return true
	}
	return o.Way == pricing.Way(p.group.DestinationType) && (p.group.LocationID == "" || p.group.LocationID == o.MethodID)
}

// price prices the options for some lines of the part.
func (p *part) price(lines []int) ([]pricing.Option, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	options, err := pricing.Offer(*p.cart, pricing.Parcel{Lines: lines, To: p.to}, p.Methods, p.Taxes, p.now)
	if err != nil || p.group == nil {
		return options, err
	}
	options = slices.DeleteFunc(options, func(o pricing.Option) bool { return !p.fits(&o) })
	for i := range options {
		options[i].ID = p.optionID(options[i].ID)
	}
	return options, nil
}

// offer prices every option for all lines that it may carry.
func (p *part) offer() (err error) {
	all := p.physical
	if len(p.digital) > 0 {
		all = slices.Concat(all, p.digital)
	}
	p.options, err = p.price(all)
	return err
}

// repriced puts an option, priced for the lines that it does carry, in the place
// of the one that was priced for all.
func (p *part) repriced(o pricing.Option) {
	switch at := indexOfOption(p.options, o.ID); {
	case at < 0:
		p.options, p.split = append(p.options, o), true
	case p.options[at] != o:
		p.options[at], p.split = o, true
	}
}

func indexOfOption(options []pricing.Option, id string) int {
	return slices.IndexFunc(options, func(o pricing.Option) bool { return o.ID == id })
}

// pricedFor are the options for some of the physical or the digital lines.
func (p *part) pricedFor(lines []int) ([]pricing.Option, error) {
	pool := p.physical
	if p.cart.Lines[lines[0]].Digital {
		pool = p.digital
	}
	if !p.split && len(lines) == len(pool) {
		return p.options, nil // priced already: one kind of lines is nothing to the other's options
	}
	return p.price(lines)
}

// carry picks an option for some lines of a pool, if it is on offer for these.
func (p *part) carry(option string, lines []int) (bool, error) {
	options, err := p.pricedFor(lines)
	if err != nil {
		return false, err
	}
	at := indexOfOption(options, option)
	if at < 0 {
		return false, nil
	}
	p.repriced(options[at])
	p.picked = append(p.picked, picked{options[at], lines})
	return true, nil
}

// pick decides how the physical or the digital lines of a part are delivered.
// It reports whether all of them are.
func (p *part) pick(s *Session, pool []int, digital bool) (msgs []acp.Message, covered bool, err error) {
	if len(pool) == 0 {
		return nil, true, nil
	}
	var gone []string
	chosen := s.choices(p, digital)
	left := pool                                // lists of lines are never changed in place
	for _, named := range []bool{true, false} { // what is named first, the rest by what is left
		for _, c := range chosen {
			if (c.Lines != nil) != named {
				continue
			}
			lines := left
			if named {
				lines = slices.DeleteFunc(slices.Clone(left), func(i int) bool { return !slices.Contains(c.Lines, p.cart.Lines[i].ID) })
			}
			if len(lines) == 0 {
				continue
			}
			ok, err := p.carry(c.OptionID, lines)
			if err != nil {
				return nil, false, err
			}
			if !ok {
				gone = append(gone, c.OptionID)
				continue
			}
			left = slices.DeleteFunc(slices.Clone(left), func(i int) bool { return slices.Contains(lines, i) })
		}
	}
	if !digital {
		if err := p.lighten(left); err != nil {
			return nil, false, err
		}
	}
	before := len(p.picked)
	if len(left) > 0 {
		if err := p.preselect(left, digital); err != nil {
			return nil, false, err
		}
	}
	covered = len(left) == 0 || len(p.picked) > before || p.joined(left)
	msgs = s.dropped(p, gone, covered)
	if !covered && (digital || !p.misaddressed) {
		msgs = append(msgs, *p.undelivered(digital))
	}
	return msgs, covered, nil
}

// lighten prices what can be shipped without the lines that are picked up, and
// finds what could not be shipped with them.
func (p *part) lighten(left []int) error {
	if len(p.picked) == 0 {
		return nil // all lines are left, for which the options are priced
	}
	lines := slices.Clone(left)
	for _, c := range p.picked {
		if c.Way != pricing.PickedUp {
			lines = append(lines, c.lines...)
		}
	}
	if len(lines) == 0 || len(lines) == len(p.physical) {
		return nil
	}
	slices.Sort(lines)
	options, err := p.price(lines)
	if err != nil {
		return err
	}
	for _, o := range options {
		if o.Way != pricing.PickedUp && !slices.ContainsFunc(p.picked, func(c picked) bool { return c.ID == o.ID }) {
			p.repriced(o)
		}
	}
	return nil
}

// joined reports whether the last lines that nobody chose for came under an
// option that is picked already.
func (p *part) joined(left []int) bool {
	return slices.ContainsFunc(p.picked, func(c picked) bool { return slices.Contains(c.lines, left[0]) })
}

// preselect finds a way for lines that nobody chose one for: together with what
// is shipped already, or else the cheapest shipping, or else the cheapest round
// of a courier. Where nothing is ever delivered, it is the nearest thing to it:
// the place to come to.
func (p *part) preselect(left []int, digital bool) error {
	ways := []pricing.Way{pricing.Shipping, pricing.LocalDelivery}
	switch {
	case digital:
		ways = []pricing.Way{pricing.Digital}
	case p.group != nil:
		ways = []pricing.Way{pricing.Way(p.group.DestinationType)}
	case !p.delivers():
		ways = []pricing.Way{pricing.PickedUp}
	}
	for i := range p.picked {
		c := p.picked[i]
		if c.Way != pricing.Shipping || digital {
			continue
		}
		all := append(slices.Clone(c.lines), left...)
		slices.Sort(all)
		p.picked = slices.Delete(p.picked, i, i+1)
		ok, err := p.carry(c.ID, all)
		if ok || err != nil {
			return err
		}
		p.picked = slices.Insert(p.picked, i, c)
	}
	options, err := p.pricedFor(left)
	if err != nil {
		return err
	}
	for _, way := range ways {
		if at, ok := pricing.Cheapest(options, way); ok {
			p.repriced(options[at])
			p.picked = append(p.picked, picked{options[at], left})
			return nil
		}
	}
	return nil
}

// delivers reports whether the shop brings or sends anything.
func (p *part) delivers() bool {
	return slices.ContainsFunc(p.Methods, func(m pricing.Method) bool { return m.Way() == pricing.Shipping || m.Way() == pricing.LocalDelivery })
}

// choices are those for the physical or the digital lines of a part.
func (s *Session) choices(p *part, digital bool) []Choice {
	var out []Choice
	for _, c := range s.Chosen {
		method, group := splitOption(c.OptionID)
		if (p.group == nil) != (group == "") || p.group != nil && p.group.ID != group {
			continue
		}
		if way, known := p.wayOf(method); known && (way == pricing.Digital) != digital || !known && digital {
			continue
		}
		out = append(out, c)
	}
	return out
}

// dropped forgets the choices that are not on offer any more and says so. A
// choice that only waits for an address is kept.
func (s *Session) dropped(p *part, gone []string, covered bool) (msgs []acp.Message) {
	for _, option := range gone {
		method, _ := splitOption(option)
		if way, known := p.wayOf(method); known && way != pricing.PickedUp && !p.addressed {
			continue
		}
		s.Chosen = slices.DeleteFunc(s.Chosen, func(c Choice) bool { return c.OptionID == option })
		content := p.words.Say("delivery.gone")
		if covered {
			content = p.words.Say("delivery.replaced", "delivery", p.title(&p.picked[len(p.picked)-1].Option))
		}
		msgs = append(msgs, acp.Message{Type: acp.Info, ContentType: "plain", Param: "$.selected_fulfillment_options", Content: content})
	}
	return msgs
}

// undelivered says why lines of the part have no way to the buyer.
func (p *part) undelivered(digital bool) *acp.Message {
	switch pickup := slices.ContainsFunc(p.options, func(o pricing.Option) bool { return o.Way == pricing.PickedUp }); {
	case digital:
		return blockingMessage(acp.CodeUnsupported, "$.fulfillment_options", p.words.Say("delivery.no_download"))
	case p.group != nil && p.group.DestinationType == acp.FulfillmentPickup:
		return blockingMessage(acp.CodeUnsupported, "$.fulfillment_options", p.words.Say("delivery.no_pickup"))
	case p.addressed && pickup:
		return blockingMessage(acp.CodeRegionRestricted, p.param, p.words.Say("delivery.not_here_but_pickup"))
	case p.addressed:
		return blockingMessage(acp.CodeRegionRestricted, p.param, p.words.Say("delivery.not_here"))
	case pickup:
		return blockingMessage(acp.CodeMissing, p.param, p.words.Say("delivery.no_address_but_pickup"))
	}
	return blockingMessage(acp.CodeMissing, p.param, p.words.Say("delivery.no_address"))
}
