package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Claim is a subtest whose name begins with the id of a rule: it says that it
// shows the rule.
type Claim struct {
	ID   string
	File string // from the root of the repository, with slashes
	Test string // the test function that it is in
}

var (
	// named is the beginning of a name: ids, apart by commas, or the first and
	// the last of several, and then what they are about.
	named = regexp.MustCompile(`^([A-Z]{2,4}-[0-9]{2}(?:(?:, | to )[A-Z]{2,4}-[0-9]{2})*) \S`)
	// blamed is how a check of many rules names the one that does not hold.
	blamed = regexp.MustCompile(`(?:^|\s)([A-Z]{2,4}-[0-9]{2}(?:, [A-Z]{2,4}-[0-9]{2})*): `)
	span   = regexp.MustCompile(`([A-Z]{2,4})-([0-9]{2}) to ([A-Z]{2,4})-([0-9]{2})`)
	single = regexp.MustCompile(`[A-Z]{2,4}-[0-9]{2}`)
)

// idsOf are the ids with which the name of a subtest begins.
func idsOf(name string) []string {
	m := named.FindStringSubmatch(name)
	if m == nil {
		return nil
	}
	list := span.ReplaceAllStringFunc(m[1], func(s string) string {
		ends := span.FindStringSubmatch(s)
		first, _ := strconv.Atoi(ends[2]) // two digits
		last, _ := strconv.Atoi(ends[4])
		if ends[1] != ends[3] || first > last {
			return s
		}
		var all []string
		for n := first; n <= last; n++ {
			all = append(all, fmt.Sprintf("%s-%02d", ends[1], n))
		}
		return strings.Join(all, ", ")
	})
	return single.FindAllString(list, -1)
}

// messages are the calls of a test that speak of a failure, and name no subtest.
var messages = []string{"Error", "Errorf", "Fatal", "Fatalf", "Log", "Logf", "Skip", "Skipf"}

// findClaims reads the names of the subtests of all test files below root. An
// id of a family that the catalogue does not have is none: names of encodings
// look like ids too.
func findClaims(root string, rules []Rule) ([]Claim, error) {
	families := map[string]bool{}
	for _, r := range rules {
		families[r.Family()] = true
	}
	var claims []Claim
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"node_modules", "testdata"}, d.Name())) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		found, err := claimsOf(path)
		for _, c := range found {
			if family, _, _ := strings.Cut(c.ID, "-"); families[family] {
				c.File = filepath.ToSlash(file)
				claims = append(claims, c)
			}
		}
		return err
	})
	slices.SortFunc(claims, func(a, b Claim) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.File, b.File), cmp.Compare(a.Test, b.Test))
	})
	return slices.Compact(claims), err
}

// claimsOf reads one file.
func claimsOf(path string) ([]Claim, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var claims []Claim
	for _, decl := range file.Decls {
		test, ok := decl.(*ast.FuncDecl)
		if !ok || test.Recv != nil || !strings.HasPrefix(test.Name.Name, "Test") {
			continue
		}
		ast.Inspect(test, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if method, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(messages, method.Sel.Name) {
				return true
			}
			for _, arg := range call.Args {
				literal, ok := arg.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					continue
				}
				name, err := strconv.Unquote(literal.Value)
				if err != nil {
					continue // the compiler says so
				}
				for _, id := range idsOf(name) {
					claims = append(claims, Claim{ID: id, Test: test.Name.Name})
				}
			}
			return true
		})
	}
	return claims, nil
}
