package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// chapters are the families of rules in the order of the document.
var chapters = []struct{ title, families string }{
	{"Discovery", "DISC"},
	{"Versions, headers, transport", "VER HDR"},
	{"Capabilities and extensions", "CAP EXT"},
	{"Sessions", "SES"},
	{"Totals", "TOT"},
	{"Delivery", "FUL"},
	{"Discounts", "DSC"},
	{"Payment, errors, messages", "CMP ERR MD"},
	{"Idempotency and signatures", "IDM SIG"},
	{"Orders and webhooks", "WHK ORD"},
	{"Intents, affiliates, consents", "INT AFF MKT"},
	{"Payment handlers, delegated payment and authentication", "PAY SBH DP DA"},
	{"Carts, feeds, MCP", "CRT FED MCP"},
}

const head = `# Conformance

<!-- Written by make conformance. -->

Each line is a rule of the Agentic Commerce Protocol in our own words, with its level (**M** must, **S** should, **O** may, **D** follows from a schema or from arithmetic, **P** asked for by the published page or before a launch) and the API versions that it is about. The test is a function whose subtests begin with the id, so that ` + "`go test ./server -run 'TestRulesOfSessions/SES-01'`" + ` runs one rule. The result is what those subtests did at the last ` + "`make conformance`" + `, which runs all of them and writes this page; a version is named only where the rule's tests ran in it. The rules are in [rules.tsv](../server/conformance/rules.tsv), and a test fails when a rule has neither a test nor a reason, when a test names no rule, or when this page is not what they say.

`

// write makes the document. results are sentences by rule.
func write(rules []Rule, claims []Claim, results map[string]string) string {
	var b strings.Builder
	b.WriteString(head)
	tested, passed := 0, 0
	for _, r := range rules {
		if r.Reason == "" {
			tested++
		}
		if strings.HasPrefix(results[r.ID], "passed") {
			passed++
		}
	}
	fmt.Fprintf(&b, "%d rules: %d have tests, of which %d passed; %d have none, and say why.\n", len(rules), tested, passed, len(rules)-tested)
	for _, c := range chapters {
		fmt.Fprintf(&b, "\n## %s\n\n| | rule | level | versions | test | result |\n|---|---|---|---|---|---|\n", c.title)
		for _, family := range strings.Fields(c.families) {
			for _, r := range rules {
				if r.Family() == family {
					fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.ID, r.Text, r.Level, r.Versions, testsOf(r, claims), outcome(r, results))
				}
			}
		}
	}
	return b.String()
}

// testsOf links the tests that show a rule.
func testsOf(r Rule, claims []Claim) string {
	var links []string
	for _, c := range claims {
		if c.ID == r.ID {
			links = append(links, fmt.Sprintf("[%s](%s)", c.Test, path.Join("..", c.File)))
		}
	}
	if links == nil {
		return "none"
	}
	return strings.Join(slices.Compact(links), "<br>")
}

func outcome(r Rule, results map[string]string) string {
	switch {
	case r.Reason != "":
		return r.Reason
	case results[r.ID] == "":
		return notRun
	}
	return results[r.ID]
}

// notRun stands where a rule has a test that make conformance has not run yet.
const notRun = "not run"

// readResults reads the last column of a document back.
func readResults(document string) map[string]string {
	results := map[string]string{}
	for line := range strings.Lines(document) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if id := strings.TrimPrefix(cells[0], "| "); len(cells) == 6 && ruleID.MatchString(id) {
			if result := strings.TrimSuffix(cells[5], " |"); strings.HasPrefix(result, "passed") || strings.HasPrefix(result, "failed") {
				results[id] = result
			}
		}
	}
	return results
}
