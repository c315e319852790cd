package acptest

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

var update = flag.Bool("update", false, "write the list of repairs into docs/schema-repairs.md")

const (
	docsFile   = "../../docs/schema-repairs.md"
	begin, end = "<!-- repairs -->\n", "<!-- end of repairs -->\n"
)

// The table of docs/schema-repairs.md is the list that the tests work with.
func TestRepairsAreDocumented(t *testing.T) {
	b, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table between %q and %q", docsFile, begin, end)
	}
	want := before + begin + RepairsTable() + end + after
	if want == string(b) {
		return
	}
	if !*update {
		t.Fatalf("%s does not say what repairs.go has; run: go test ./acp/acptest -run TestRepairs -update", docsFile)
	}
	if err := os.WriteFile(docsFile, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A repair that changes nothing is one too many: the schemas have moved on.
func TestEveryRepairIsNeeded(t *testing.T) {
	for _, r := range repairs {
		if r.what == "" || r.why == "" {
			t.Errorf("repair %q of %q does not say what it does and why", r.what, r.why)
		}
		for _, v := range append(wire.Supported(), acp.Unreleased) {
			if !r.applies(v) {
				continue
			}
			doc, defs := readSchema(t, v)
			for _, earlier := range repairs {
				if earlier.what == r.what {
					break
				}
				if earlier.applies(v) {
					if err := earlier.apply(doc, defs); err != nil {
						t.Fatal(err)
					}
				}
			}
			before := textOf(t, doc)
			if err := r.apply(doc, defs); err != nil {
				t.Fatal(err)
			}
			if textOf(t, doc) == before {
				t.Errorf("%s: %q changes nothing", v, r.what)
			}
		}
	}
}
