package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Violation is where a checkout session is not as the payment sheet's
// documentation has it.
type Violation struct {
	Path string `json:"path"` // RFC 9535 JSONPath
	Rule string `json:"rule"` // what the documentation asks for
	Cure string `json:"cure"` // what to do
	// Advice says that the sheet takes it all the same.
	Advice bool `json:"advice,omitempty"`
}

// CheckSession holds a checkout session to the documentation of ChatGPT's
// payment sheet. handed says that it was given to requestCheckout: one that is
// only shown in a widget may lack what paying needs. It returns nothing for a
// session without fault.
func CheckSession(session json.RawMessage, handed bool) []Violation {
	dec := json.NewDecoder(bytes.NewReader(session))
	dec.UseNumber()
	var v any
	c := &check{handed: handed}
	if err := dec.Decode(&v); err != nil {
		c.fault("$", "The session is JSON.", "Send an object.")
		return c.found
	}
	root, ok := v.(map[string]any)
	if !ok {
		c.fault("$", "The session is an object.", "Send the checkout session itself, not a list or a text of it.")
		return c.found
	}
	if inner, ok := root["structuredContent"].(map[string]any); ok && root["id"] == nil {
		c.fault("$", "The session is handed over as it is.", "Send structuredContent alone, without the tool result around it.")
		root = inner
	}
	for _, rule := range sessionRules {
		rule(c, root)
	}
	return c.found
}

// check collects what is found.
type check struct {
	handed bool
	found  []Violation
}

func (c *check) fault(path, rule, cure string) {
	c.found = append(c.found, Violation{Path: path, Rule: rule, Cure: cure})
}

func (c *check) advise(path, rule, cure string) {
	c.found = append(c.found, Violation{Path: path, Rule: rule, Cure: cure, Advice: true})
}

// text is a member that has to be a text with something in it.
func (c *check) text(path string, v any, what string) (string, bool) {
	s, ok := v.(string)
	if !ok || strings.TrimSpace(s) == "" {
		c.fault(path, "Required: "+what+", as a text.", missingOr(v, "Write a text that is not empty."))
		return "", false
	}
	return s, true
}

// optionalText is a member that is a text where it is there.
func (c *check) optionalText(path string, v any) {
	if v == nil {
		return
	}
	if _, ok := v.(string); !ok {
		c.fault(path, "A text, where it is there.", "Write a text, or leave it out.")
	}
}

// amount is a member that has to be a whole number of minor units.
func (c *check) amount(path string, v any) (int64, bool) {
	n, ok := v.(json.Number)
	if ok {
		if i, err := n.Int64(); err == nil {
			return i, true
		}
		c.fault(path, "Amounts are whole numbers of minor units.", fmt.Sprintf("%s is not one: write 12.50 as 1250.", n))
		return 0, false
	}
	c.fault(path, "Amounts are whole numbers of minor units.", missingOr(v, "Write a number, not a text: \"$12.50\" is 1250."))
	return 0, false
}

// list is a member that has to be an array; its objects are returned by their
// paths.
func (c *check) list(path string, v any, cure string) (items []element, ok bool) {
	all, ok := v.([]any)
	if !ok {
		c.fault(path, "Always an array, even an empty one.", cure)
		return nil, false
	}
	for i, one := range all {
		at := fmt.Sprintf("%s[%d]", path, i)
		o, ok := one.(map[string]any)
		if !ok {
			c.fault(at, "An object.", "Write an object with the members of the documentation.")
			continue
		}
		items = append(items, element{at, o})
	}
	return items, true
}

// element is an object in an array.
type element struct {
	path string
	of   map[string]any
}

// oneOf is a member that has to be one of some words.
func (c *check) oneOf(path string, v any, words ...string) string {
	s, _ := v.(string)
	for _, w := range words {
		if s == w {
			return s
		}
	}
	c.fault(path, "One of "+strings.Join(words, ", ")+".", missingOr(v, fmt.Sprintf("%q is none of them.", fmt.Sprint(v))))
	return ""
}

func missingOr(v any, cure string) string {
	if v == nil {
		return "It is missing: add it."
	}
	return cure
}
