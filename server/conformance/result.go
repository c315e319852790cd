package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// versionless is the key of what a test has shown outside of any API version.
const versionless = ""

// Results are what a run has shown: by rule and API version, whether every
// subtest that claims the rule there has passed.
type Results map[string]map[string]bool

func (r Results) add(id, version string, passed bool) {
	if r[id] == nil {
		r[id] = map[string]bool{}
	}
	if before, ok := r[id][version]; ok {
		passed = passed && before
	}
	r[id][version] = passed
}

// versions are those in which rules are tested, the oldest first.
func versions() []string {
	var out []string
	for _, v := range append(wire.Supported(), acp.Unreleased) {
		out = append(out, string(v))
	}
	return out
}

// parseResults reads what go test -json writes. Beside the subtests that have
// failed it heeds what any test says of a rule, as "SES-15: $.amount is 1.5".
// A test that is skipped shows nothing.
func parseResults(r io.Reader) (Results, error) {
	type test struct{ pkg, name string }
	results, said := Results{}, map[test][]string{}
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, 64<<20)
	for scan.Scan() {
		var e struct{ Action, Package, Test, Output string }
		if err := json.Unmarshal(scan.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%w in %.100s", err, scan.Bytes())
		}
		of := test{e.Package, e.Test}
		switch e.Action {
		case "output":
			for _, m := range blamed.FindAllStringSubmatch(e.Output, -1) {
				said[of] = append(said[of], single.FindAllString(m[1], -1)...)
			}
		case "pass", "fail":
			// Slashes within a name part it like those between names, which
			// does no harm: an id is at its beginning.
			version := versionless
			parts := strings.Split(e.Test, "/")
			for _, part := range parts {
				if slices.Contains(versions(), part) {
					version = part
				}
			}
			for _, part := range parts {
				for _, id := range idsOf(strings.ReplaceAll(part, "_", " ")) {
					results.add(id, version, e.Action == "pass")
				}
			}
			if e.Action == "fail" {
				for _, id := range said[of] {
					results.add(id, version, false)
				}
			}
		}
	}
	return results, scan.Err()
}

// sentence says what a run has shown of one rule. A version that a rule's tests
// did not run in is not among those that passed.
func sentence(byVersion map[string]bool) string {
	var passed, failed []string
	for _, v := range versions() {
		if ok, ran := byVersion[v]; ran && ok {
			passed = append(passed, v)
		} else if ran {
			failed = append(failed, v)
		}
	}
	whole, ran := byVersion[versionless]
	switch {
	case len(failed) > 0:
		return "failed in " + strings.Join(failed, ", ")
	case ran && !whole:
		return "failed"
	case len(passed) == 0 && !ran:
		return ""
	case len(passed) == 0:
		return "passed"
	case len(passed) == len(versions()):
		return "passed in every version"
	case len(passed) > 2 && slices.Equal(passed, versions()[len(versions())-len(passed):]):
		return "passed from " + passed[0] + " on"
	}
	return "passed in " + strings.Join(passed, ", ")
}
