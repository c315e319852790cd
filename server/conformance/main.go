// Command conformance runs the tests that name rules of the protocol and writes
// docs/conformance.md: each rule, the test that shows it, and what became of
// it. It is run from the root of the repository.
//
//	go run ./server/conformance
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"slices"
	"strings"
)

const page = "docs/conformance.md"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	rules, err := parseRules(rulesFile)
	if err != nil {
		return fmt.Errorf("rules.tsv: %w", err)
	}
	claims, err := findClaims(".", rules)
	if err != nil {
		return err
	}
	if err := gaps(rules, claims); err != nil {
		return err
	}
	results, testErr := test(ctx, claims)
	sentences := map[string]string{}
	for id, byVersion := range results {
		sentences[id] = sentence(byVersion)
	}
	var wrong []error
	for _, r := range rules {
		if s := sentences[r.ID]; r.Reason == "" && !strings.HasPrefix(s, "passed") {
			wrong = append(wrong, fmt.Errorf("%s: %s", r.ID, outcome(r, sentences)))
		}
	}
	if len(results) > 0 {
		if err := os.WriteFile(page, []byte(write(rules, claims, sentences)), 0o644); err != nil {
			return err
		}
	}
	return errors.Join(append(wrong, testErr)...)
}

// test runs the tests of all claims, one package after the other.
func test(ctx context.Context, claims []Claim) (Results, error) {
	tests, packages := map[string]bool{}, map[string]bool{}
	for _, c := range claims {
		tests[c.Test], packages["./"+path.Dir(c.File)] = true, true
	}
	args := append([]string{"test", "-json", "-p", "1", "-timeout", "20m", "-run", "^(" + strings.Join(slices.Sorted(maps.Keys(tests)), "|") + ")$"},
		slices.Sorted(maps.Keys(packages))...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stderr = os.Stderr
	out, runErr := cmd.Output() // of tests that fail too
	results, err := parseResults(bytes.NewReader(out))
	if runErr != nil {
		runErr = fmt.Errorf("go test: %w", runErr)
	}
	return results, errors.Join(runErr, err)
}

// gaps says what does not fit between the rules and the tests that claim them.
func gaps(rules []Rule, claims []Claim) error {
	var wrong []error
	claimed, known := map[string]bool{}, map[string]bool{}
	for _, c := range claims {
		claimed[c.ID] = true
	}
	for _, r := range rules {
		known[r.ID] = true
		switch {
		case claimed[r.ID] && r.Reason != "":
			wrong = append(wrong, fmt.Errorf("%s has a test, and a reason to have none: %s", r.ID, r.Reason))
		case !claimed[r.ID] && r.Reason == "":
			wrong = append(wrong, fmt.Errorf("%s has no test, and nothing says why", r.ID))
		}
	}
	for _, c := range claims {
		if !known[c.ID] {
			wrong = append(wrong, fmt.Errorf("%s: %s claims %s, which is no rule", c.File, c.Test, c.ID))
		}
	}
	return errors.Join(wrong...)
}
