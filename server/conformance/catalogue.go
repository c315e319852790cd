package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

// Rule is one rule of the protocol.
type Rule struct {
	ID       string
	Level    string // M, S, O, D or P, as the head of the document explains
	Versions string // the API versions that it is about
	Text     string
	// Reason says why no test shows the rule; it is empty for one that has a test.
	Reason string
}

// Family is the part of an id before its number.
func (r Rule) Family() string {
	family, _, _ := strings.Cut(r.ID, "-")
	return family
}

//go:embed rules.tsv
var rulesFile string

var (
	ruleID    = regexp.MustCompile(`^[A-Z]{2,4}-[0-9]{2}$`)
	ruleLevel = regexp.MustCompile(`^[MSODP]$`)
	ruleSpan  = regexp.MustCompile(`^(all|unreleased|[0-9]{4}-[0-9]{2}-[0-9]{2}|(from|until) [0-9]{4}-[0-9]{2}-[0-9]{2})$`)
)

// parseRules reads a catalogue: tab-separated columns id, level, versions, rule
// and reason under one line of headings, in the order in which the document
// has them.
func parseRules(text string) ([]Rule, error) {
	var rules []Rule
	seen := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		columns := strings.Split(line, "\t")
		if len(columns) != 5 {
			return nil, fmt.Errorf("line %d has %d columns, not 5", i+1, len(columns))
		}
		if i == 0 {
			continue
		}
		r := Rule{ID: columns[0], Level: columns[1], Versions: columns[2], Text: columns[3], Reason: columns[4]}
		switch {
		case !ruleID.MatchString(r.ID):
			return nil, fmt.Errorf("line %d: %q is no id", i+1, r.ID)
		case seen[r.ID]:
			return nil, fmt.Errorf("line %d: %s comes twice", i+1, r.ID)
		case !ruleLevel.MatchString(r.Level):
			return nil, fmt.Errorf("line %d: %q is no level", i+1, r.Level)
		case !ruleSpan.MatchString(r.Versions):
			return nil, fmt.Errorf("line %d: %q are no versions", i+1, r.Versions)
		case r.Text == "":
			return nil, fmt.Errorf("line %d: %s says nothing", i+1, r.ID)
		case strings.Contains(r.Text+r.Reason, "|"):
			return nil, fmt.Errorf("line %d: %s would break a table", i+1, r.ID)
		}
		seen[r.ID] = true
		rules = append(rules, r)
	}
	return rules, nil
}
