package main

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/conformance.md anew, with the results that it has")

const root = "../.."

func catalogue(t *testing.T) ([]Rule, []Claim) {
	t.Helper()
	rules, err := parseRules(rulesFile)
	if err != nil {
		t.Fatalf("rules.tsv: %v", err)
	}
	claims, err := findClaims(root, rules)
	if err != nil {
		t.Fatal(err)
	}
	return rules, claims
}

func TestEveryRuleHasATestOrAReason(t *testing.T) {
	rules, claims := catalogue(t)
	if len(rules) != 207 {
		t.Errorf("%d rules", len(rules))
	}
	if err := gaps(rules, claims); err != nil {
		t.Error(err)
	}
	var listed []string
	for _, c := range chapters {
		listed = append(listed, strings.Fields(c.families)...)
	}
	for _, r := range rules {
		if !slices.Contains(listed, r.Family()) {
			t.Errorf("%s is in no chapter", r.ID)
		}
	}
}

func TestTheDocumentIsWhatTheTestsSay(t *testing.T) {
	rules, claims := catalogue(t)
	file := filepath.Join(root, page)
	have, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	want := write(rules, claims, readResults(string(have)))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if strings.Contains(want, "| "+notRun+" |") {
		t.Errorf("a rule has a test that was not run: make conformance")
	}
	if diff := cmp.Diff(string(have), want); diff != "" {
		t.Errorf("%s is out of date: make conformance, or go test ./server/conformance -update to keep the results (-have +want)\n%s", page, diff)
	}
}

func TestIDsOfNames(t *testing.T) {
	for name, want := range map[string][]string{
		"SES-01 create answers 201":              {"SES-01"},
		"WHK-01 to WHK-04, WHK-08, IDM-11 one":   {"WHK-01", "WHK-02", "WHK-03", "WHK-04", "WHK-08", "IDM-11"},
		"TOT-04":                                 nil, // no name: a label of a check
		"TOT-04: 5 is not 2 times 3":             nil, // a message
		"ISO-8859-2 with accents":                nil,
		"the rule SES-01":                        nil,
		"CMP-01, CMP-02, TOT-13 paying answers":  {"CMP-01", "CMP-02", "TOT-13"},
		"PAY-05 to PAY-01 the wrong way":         {"PAY-05", "PAY-01"},
		"SES-14, INT-01 the body of cancel, and": {"SES-14", "INT-01"},
	} {
		if diff := cmp.Diff(want, idsOf(name)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", name, diff)
		}
	}
}

func TestClaimsOfAFile(t *testing.T) {
	dir := t.TempDir()
	source := `package x

func TestRules(t *testing.T) {
	t.Run("SES-01, SES-02 both", func(t *testing.T) {
		t.Errorf("SES-03 is not claimed by a message")
		check("SES-04", 1, 2)
	})
	eachVersion(t, "SES-05 in every version", nil)
	t.Run("UTF-16 is an encoding", nil)
	t.Run("SES-99 is no rule", nil)
}

func helper(t *testing.T) { t.Run("SES-06 is in no test", nil) }
`
	if err := os.WriteFile(filepath.Join(dir, "x_test.go"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	rules := []Rule{{ID: "SES-01"}, {ID: "SES-02"}, {ID: "SES-05", Reason: "there is one"}, {ID: "SES-07"}}
	claims, err := findClaims(dir, rules)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range claims {
		if c.Test != "TestRules" || c.File != "x_test.go" {
			t.Errorf("%+v", c)
		}
		ids = append(ids, c.ID)
	}
	if want := []string{"SES-01", "SES-02", "SES-05", "SES-99"}; !slices.Equal(ids, want) {
		t.Errorf("claims %v", ids)
	}
	wrong := gaps(rules, claims)
	for _, want := range []string{"SES-05 has a test, and a reason", "SES-07 has no test", "SES-99, which is no rule"} {
		if wrong == nil || !strings.Contains(wrong.Error(), want) {
			t.Errorf("%v; want %s", wrong, want)
		}
	}
	if err := gaps(rules[:2], claims[:2]); err != nil {
		t.Error(err)
	}
}

func TestResultsOfARun(t *testing.T) {
	run := `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA/SES-01_create/2025-09-12"}
{"Action":"pass","Package":"p","Test":"TestA/SES-01_create/2026-04-17"}
{"Action":"pass","Package":"p","Test":"TestA/SES-01_create"}
{"Action":"pass","Package":"p","Test":"TestA/PAY-01_to_PAY-02_a_handler"}
{"Action":"output","Package":"p","Test":"TestA/SES-02_all/2026-04-17","Output":"    a_test.go:12: TOT-02, TOT-03: line 5\n"}
{"Action":"fail","Package":"p","Test":"TestA/SES-02_all/2026-04-17"}
{"Action":"fail","Package":"p","Test":"TestA/SES-02_all"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"skip","Package":"p","Test":"TestA/SES-03_skipped"}
{"Action":"output","Package":"q","Test":"TestB","Output":"    b_test.go:1: SES-04: said by a test that passes\n"}
{"Action":"pass","Package":"q","Test":"TestB"}
{"Action":"fail","Package":"p"}
`
	results, err := parseResults(strings.NewReader(run))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for id, byVersion := range results {
		got[id] = sentence(byVersion)
	}
	want := map[string]string{"SES-01": "passed in 2025-09-12, 2026-04-17", "PAY-01": "passed", "PAY-02": "passed", "SES-02": "failed in 2026-04-17",
		"TOT-02": "failed in 2026-04-17", "TOT-03": "failed in 2026-04-17"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, c := range []struct {
		in   []string
		want string
	}{{versions(), "passed in every version"}, {versions()[4:], "passed from 2026-01-30 on"}, {versions()[5:], "passed in 2026-04-17, " + versions()[6]}, {nil, ""}} {
		byVersion := map[string]bool{}
		for _, v := range c.in {
			byVersion[v] = true
		}
		if s := sentence(byVersion); s != c.want {
			t.Errorf("%v: %q, want %q", c.in, s, c.want)
		}
	}
	if _, err := parseResults(strings.NewReader("not JSON\n")); err == nil {
		t.Error("what is no result was read as one")
	}
}

func TestResultsAreReadBack(t *testing.T) {
	rules := []Rule{{ID: "SES-01", Level: "M", Versions: "all", Text: "One."}, {ID: "SES-02", Level: "M", Versions: "all", Text: "Two.", Reason: "because"},
		{ID: "SES-03", Level: "S", Versions: "all", Text: "Three."}}
	document := write(rules, []Claim{{ID: "SES-01", File: "server/a_test.go", Test: "TestA"}}, map[string]string{"SES-01": "passed in every version"})
	if diff := cmp.Diff(map[string]string{"SES-01": "passed in every version"}, readResults(document)); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{"| SES-01 | One. | M | all | [TestA](../server/a_test.go) | passed in every version |", "| SES-02 | Two. | M | all | none | because |",
		"| SES-03 | Three. | S | all | none | not run |", "3 rules: 2 have tests, of which 1 passed; 1 have none"} {
		if !strings.Contains(document, want) {
			t.Errorf("no %q in\n%s", want, document)
		}
	}
	for _, bad := range []string{"id\n", "h\th\th\th\th\nSES-1\tM\tall\tx\t\n", "h\th\th\th\th\nSES-01\tX\tall\tx\t\n", "h\th\th\th\th\nSES-01\tM\tsome\tx\t\n",
		"h\th\th\th\th\nSES-01\tM\tall\t\t\n", "h\th\th\th\th\nSES-01\tM\tall\ta|b\t\n", "h\th\th\th\th\nSES-01\tM\tall\tx\t\nSES-01\tM\tall\tx\t\n"} {
		if _, err := parseRules(bad); err == nil {
			t.Errorf("read %q", bad)
		}
	}
}
