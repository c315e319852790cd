package checkout

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/pricing"
)

// splitOption takes the id of an option apart: the method, and the group whose
// option it is, "" for none.
func splitOption(id string) (method, group string) {
	option, group, _ := strings.Cut(id, "~")
	method, _, _ = strings.Cut(option, "@") // without the courier's round
	return method, group
}

// wayOf is how a method of the shop delivers.
func (m *Merchant) wayOf(method string) (way pricing.Way, known bool) {
	at := slices.IndexFunc(m.Methods, func(has pricing.Method) bool { return has.ID == method })
	if at < 0 {
		return "", false
	}
	return m.Methods[at].Way(), true
}

// selectOptions takes over the agent's choice. Every option must be on offer;
// item ids, where given, must be lines (or items) of the cart that the option
// can carry, and no line may be in two selections. Without any, an option is
// for every line that it can carry and that is in no other selection. A refusal
// changes nothing.
func (s *Session) selectOptions(sel []acp.SelectedFulfillmentOption) error {
	taken := make(map[string]bool)
	chosen := make([]Choice, 0, len(sel))
	for i := range sel {
		option := s.chosenOption(&sel[i])
		if option == nil {
			return acp.Invalid(fmt.Sprintf("$.selected_fulfillment_options[%d].option_id", i),
				"This delivery option is not on offer. Use the id of one of fulfillment_options.")
		}
		pool := s.carriedBy(option)
		lines, err := s.named(&sel[i], i, option, pool, taken)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(chosen, func(c Choice) bool { return c.OptionID == option.ID }); at >= 0 {
			if chosen[at].Lines = append(chosen[at].Lines, lines...); lines == nil {
				chosen[at].Lines = nil
			}
			continue
		}
		chosen = append(chosen, Choice{OptionID: option.ID, Lines: lines})
	}
	if at := s.idle(chosen, taken); at >= 0 {
		return acp.Refused(http.StatusBadRequest, acp.CodeUnsupported, fmt.Sprintf("$.selected_fulfillment_options[%d]", at),
			"Every line that this option can carry is in another selection. Name the lines of each selection in item_ids.")
	}
	for i := range chosen { // who names all means all, also those to come
		option := s.chosenOption(&acp.SelectedFulfillmentOption{OptionID: chosen[i].OptionID})
		if pool := s.carriedBy(option); len(chosen[i].Lines) > 0 && len(chosen[i].Lines) == len(pool) {
			chosen[i].Lines = nil
		}
	}
	s.Chosen = chosen
	return nil
}

// named are the lines that a selection names, by their ids; nil when it names
// none. What is sent otherwise than by post is not meant by an option of
// shipping, whatever the list says.
func (s *Session) named(sel *acp.SelectedFulfillmentOption, i int, option *acp.FulfillmentOption, pool []string, taken map[string]bool) ([]string, error) {
	var lines []string
	for j, itemID := range sel.ItemIDs {
		param := fmt.Sprintf("$.selected_fulfillment_options[%d].item_ids[%d]", i, j)
		line := s.lineOf(itemID)
		if line == "" {
			return nil, acp.Invalid(param, "This is no line of the cart. Use the ids of line_items.")
		}
		if taken[line] && slices.Contains(pool, line) {
			return nil, acp.Invalid(param, "This line is in two selections. Name every line once.")
		}
		if !slices.Contains(pool, line) {
			if option.Type != acp.FulfillmentDigital && s.digitalLine(line) {
				continue
			}
			return nil, acp.Invalid(param, "This option cannot deliver this line. Choose another one for it.")
		}
		taken[line] = true
		lines = append(lines, line)
	}
	return lines, nil
}

// idle finds a choice that leaves nothing to carry for itself; -1 is none. Of
// two that name no lines the second one does.
func (s *Session) idle(chosen []Choice, taken map[string]bool) int {
	taken = maps.Clone(taken)
	for i, c := range chosen {
		if c.Lines != nil {
			continue
		}
		some := false
		for _, line := range s.carriedBy(s.chosenOption(&acp.SelectedFulfillmentOption{OptionID: c.OptionID})) {
			if !taken[line] {
				some, taken[line] = true, true
			}
		}
		if !some {
			return i
		}
	}
	return -1
}

// carriedBy lists the lines that an option can carry.
func (s *Session) carriedBy(o *acp.FulfillmentOption) []string {
	_, group := splitOption(o.ID)
	var lines []string
	for i := range s.LineItems {
		line := s.LineItems[i].ID
		if s.groupOf(line) == group && s.digitalLine(line) == (o.Type == acp.FulfillmentDigital) {
			lines = append(lines, line)
		}
	}
	return lines
}

// groupOf is the id of the fulfillment group that a line is in; "" is none.
func (s *Session) groupOf(line string) string {
	for i := range s.FulfillmentGroups {
		if slices.Contains(s.FulfillmentGroups[i].ItemIDs, line) {
			return s.FulfillmentGroups[i].ID
		}
	}
	return ""
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
