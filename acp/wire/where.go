package wire

import (
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// Located is e with the path that the request has for what e is about, where the
// request uses another name than the newest version does: an agent may send
// items for line_items in any version. Without such a place it is e itself, and
// the version's codec finds the words.
func (doc *Document) Located(e *acp.Error) *acp.Error {
	if e.Sent || e.Param == "" || doc.Empty() {
		return e
	}
	for _, path := range spellings(e.Param) {
		if doc.has(path) {
			located := *e
			located.Param, located.Sent = path, true
			return &located
		}
	}
	return e
}

// names are what the same thing is called in requests, the newest name first.
var names = [][]string{
	{"$.line_items", "$.items"},
	{"$.fulfillment_details.address", "$.fulfillment_address"},
	{"$.discounts.codes", "$.coupons"},
}

// spellings lists the paths that something may have in a request.
func spellings(newest string) []string {
	list := []string{newest}
	for _, other := range names {
		if rest, ok := strings.CutPrefix(newest, other[0]); ok {
			list = append(list, other[1]+rest)
		}
	}
	if rest, ok := strings.CutPrefix(newest, "$.selected_fulfillment_options["); ok {
		if at, member, ok := strings.Cut(rest, "]."); ok {
			for _, kind := range deliveryKinds {
				list = append(list, "$.selected_fulfillment_options["+at+"]."+kind+"."+member)
			}
		}
		list = append(list, "$.fulfillment_option_id")
	}
	return list
}

// has reports whether the document has something at a path as path writes it.
func (doc *Document) has(path string) bool {
	rest, ok := strings.CutPrefix(path, "$")
	at := int32(0)
	for ok && rest != "" {
		parent := &doc.nodes[at]
		ok = false
		for i := parent.first; i > 0; i = doc.nodes[i].next {
			step := "[" + strconv.Itoa(int(doc.nodes[i].index)) + "]"
			if parent.kind == '{' {
				step = segment(doc.nodes[i].name)
			}
			if after, here := strings.CutPrefix(rest, step); here && (after == "" || after[0] == '.' || after[0] == '[') {
				at, rest, ok = i, after, true
				break
			}
		}
	}
	return ok
}
