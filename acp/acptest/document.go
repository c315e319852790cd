package acptest

import (
	"strconv"
	"strings"
)

// RepairsTable is the list of repairs as a Markdown table, for
// docs/schema-repairs.md.
func RepairsTable() string {
	var b strings.Builder
	b.WriteString("| # | Versions | Repair | Why |\n|--:|---|---|---|\n")
	for i, r := range repairs {
		b.WriteString("| " + strconv.Itoa(i+1) + " | " + versionsOf(r) + " | " + r.what + " | " + r.why + " |\n")
	}
	return b.String()
}

func versionsOf(r repair) string {
	if r.versions == nil {
		return "all"
	}
	names := make([]string, len(r.versions))
	for i, v := range r.versions {
		names[i] = string(v)
	}
	if len(names) > 2 {
		return names[0] + " to " + names[len(names)-1] // the lists have no gaps
	}
	return strings.Join(names, ", ")
}
