package review

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var toolName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// sensitive are members of a tool's input that the review does not take: card
// data, credentials, government ids, health, the exact place of somebody.
var sensitive = []string{"card_number", "pan", "cvc", "cvv", "iban", "password", "passcode", "otp", "mfa_code", "ssn", "social_security_number",
	"passport_number", "tax_id", "national_id", "diagnosis", "latitude", "longitude", "location"}

// tools checks what the store reads of the tools.
func (c *checker) tools() {
	var names, hints, asked, unshaped []string
	for _, t := range c.Listing.Tools {
		if !toolName.MatchString(t.Name) || unfit(t.Name+" "+t.Title, protocolWords, boasts, trials) != "" {
			names = append(names, t.Name)
		}
		h := t.Annotations
		if h == nil || h.DestructiveHint == nil || h.OpenWorldHint == nil || t.Reasons.ReadOnly == "" || t.Reasons.Destructive == "" || t.Reasons.OpenWorld == "" {
			hints = append(hints, t.Name)
		}
		for _, member := range membersOf(t.InputSchema) {
			if slices.Contains(sensitive, strings.ToLower(member)) {
				asked = append(asked, t.Name+"."+member)
			}
		}
		if t.OutputSchema == nil {
			unshaped = append(unshaped, t.Name)
		}
	}
	const later = "Update Checkstand, or report it: the tools are its own."
	say := func(id, title, good string, bad []string, wrong string) {
		if len(bad) > 0 {
			c.missing(id, title, strings.Join(bad, ", ")+": "+wrong, "", later)
			return
		}
		c.met(id, title, good)
	}
	n := len(c.Listing.Tools)
	say("tool_hints", "Hints of the tools", fmt.Sprintf("readOnlyHint, destructiveHint and openWorldHint on all %d, each with its reason", n), hints, "without a hint or its reason.")
	say("tool_names", "Names of the tools", "plain, without MCP and praise", names, "not a plain name.")
	say("tool_input", "What the tools ask for", "no card data, credentials, government ids, health data or exact location", asked, "not to be asked for.")
	say("tool_output", "What the tools return", fmt.Sprintf("an output schema on all %d", n), unshaped, "without an output schema.")
	if c.shop().App.ExposeComplete {
		c.advised("expose_complete", "complete_checkout", "The model sees it, though only the payment sheet has a token for it.", "app.expose_complete", "Write false, unless the sheet turned out to need it.")
	}
}

// membersOf are the names of all members that a schema has, at any depth.
func membersOf(schema any) []string {
	b, err := json.Marshal(schema)
	var v any
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		panic(err) // it was served as JSON
	}
	var names []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok {
				for name := range properties {
					names = append(names, name)
				}
			}
			for _, below := range v {
				walk(below)
			}
		case []any:
			for _, below := range v {
				walk(below)
			}
		}
	}
	walk(v)
	slices.Sort(names)
	return names
}
