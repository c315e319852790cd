package checkout

import (
	"fmt"
	"slices"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// group replaces the session's fulfillment groups by those of a request, which
// name lines, or items, of the cart. The ids of groups are the agent's; no line
// is in two, what only exists as a file is in none that is carried alone, and a
// place must be one of the shop's. A refusal changes nothing.
func (s *Session) group(m *Merchant, groups []acp.FulfillmentGroup, items map[string]*catalog.Item) error {
	taken := map[string]bool{}
	list := slices.Clone(groups)
	for i := range list {
		g := &list[i]
		at := fmt.Sprintf("$.fulfillment_groups[%d]", i)
		if slices.ContainsFunc(list[:i], func(other acp.FulfillmentGroup) bool { return other.ID == g.ID }) {
			return acp.Invalid(at+".id", "Another group has this id. Give each its own.")
		}
		lines := make([]string, 0, len(g.ItemIDs))
		for j, ref := range g.ItemIDs {
			param := fmt.Sprintf("%s.item_ids[%d]", at, j)
			line := s.lineOf(ref)
			switch {
			case line == "":
				return acp.Invalid(param, "This is no line of the cart. Use the ids of line_items.")
			case taken[line]:
				return acp.Invalid(param, "This line is in a group already. Name every line once.")
			case g.DestinationType == acp.FulfillmentDigital && !s.electronic(line, items):
				return acp.Invalid(param, "This line cannot be delivered electronically. Put it into another group.")
			}
			taken[line] = true
			lines = append(lines, line)
		}
		g.ItemIDs = lines
		if way := pricing.Way(g.DestinationType); g.LocationID != "" && (way == pricing.PickedUp || way == pricing.LocalDelivery) {
			if has, known := m.wayOf(g.LocationID); !known || has != way {
				return acp.Invalid(at+".location_id", "This shop has no such place. Use the id of one of fulfillment_options, as far as a \"@\".")
			}
		}
	}
	if s.FulfillmentGroups = list; len(list) == 0 {
		s.FulfillmentGroups = nil
	}
	s.Chosen = slices.DeleteFunc(s.Chosen, func(c Choice) bool {
		_, of := splitOption(c.OptionID)
		return of != "" && !slices.ContainsFunc(list, func(g acp.FulfillmentGroup) bool { return g.ID == of })
	})
	return nil
}

// electronic reports whether the item of a line is one that nobody carries.
func (s *Session) electronic(line string, items map[string]*catalog.Item) bool {
	at := slices.IndexFunc(s.LineItems, func(l acp.LineItem) bool { return l.ID == line })
	if it := items[s.LineItems[at].Item.ID]; it != nil {
		return it.Kind == catalog.Digital
	}
	return s.digitalLine(line)
}

// ungroup takes lines that are no more in the cart out of the groups, and groups
// without lines out of the session.
func (s *Session) ungroup(t *text.Texts) (msgs []acp.Message) {
	var kept []acp.FulfillmentGroup
	for _, g := range s.FulfillmentGroups {
		g.ItemIDs = slices.DeleteFunc(slices.Clone(g.ItemIDs), func(line string) bool { return s.lineOf(line) != line })
		if len(g.ItemIDs) > 0 {
			kept = append(kept, g)
			continue
		}
		msgs = append(msgs, acp.Message{Type: acp.Info, ContentType: "plain", Param: "$.fulfillment_groups",
			Content: t.Say("delivery.emptied")})
	}
	s.FulfillmentGroups = kept
	return msgs
}
