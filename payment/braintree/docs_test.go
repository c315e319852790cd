package braintree_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/payment/braintree"
)

var update = flag.Bool("update", false, "write the tables into docs/payments/braintree.md")

const (
	tablesBegin = "<!-- tables: written by go test ./payment/braintree -run TestDocs -update -->"
	tablesEnd   = "<!-- end of tables -->"
)

// The document's tables are those of the code.
func TestDocs(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "payments", "braintree.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, begins := strings.Cut(string(raw), tablesBegin)
	_, tail, ends := strings.Cut(rest, tablesEnd)
	if !begins || !ends {
		t.Fatalf("%s has no place for the tables", path)
	}
	var b strings.Builder
	for _, table := range braintree.Tables() {
		fmt.Fprintf(&b, "### %s\n\n| code | says | class | source |\n|---|---|---|---|\n", table.Title)
		for _, r := range table.Rows {
			fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s |\n", r.Code, r.Says, r.Class, r.Source)
		}
		b.WriteString("\n")
	}
	want := head + tablesBegin + "\n\n" + b.String() + tablesEnd + tail
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(raw) != want {
		t.Errorf("%s is not what the tables say: go test ./payment/braintree -run TestDocs -update", path)
	}
}

func TestTablesAreComplete(t *testing.T) {
	for _, table := range braintree.Tables() {
		seen := map[string]bool{}
		for _, r := range table.Rows {
			if r.Code == "" || r.Says == "" || r.Class == "" || r.Source == "" {
				t.Errorf("%s: %+v is not complete", table.Title, r)
			}
			if seen[r.Code] {
				t.Errorf("%s has %s twice", table.Title, r.Code)
			}
			seen[r.Code] = true
		}
	}
}
