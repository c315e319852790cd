package openapi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/openapi"
	"github.com/checkstand/checkstand/server/schemas"
)

// surfaces are the packages that add routes.
var surfaces = []string{"server", "server/rest", "server/mcp", "server/web", "server/schemas"}

// catchAll are what looks like a route and is none: the page for what is not found,
// and the beginnings of the paths that idempotency keys belong to.
var catchAll = []string{"GET /", "POST /checkout_sessions/"}

// sourceOf reads the files of a package, but its tests, in the order of their
// names.
func sourceOf(t *testing.T, dir string) (parsed []*ast.File) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", dir, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	return parsed
}

// patternsOf reads the patterns of http.ServeMux out of the source of the
// surfaces, and the calls of Handle and HandleFunc whose pattern it cannot read.
func patternsOf(t *testing.T) (patterns, unread []string) {
	t.Helper()
	route := regexp.MustCompile(`^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/.*)$`)
	for _, dir := range surfaces {
		constants, parsed := map[string]string{}, sourceOf(t, dir)
		evaluate := func(e ast.Expr) (string, bool) { return textOf(e, constants) }
		for range 2 { // one constant may be made of another
			for _, f := range parsed {
				ast.Inspect(f, func(n ast.Node) bool {
					if spec, ok := n.(*ast.ValueSpec); ok {
						for i, v := range spec.Values {
							if s, ok := evaluate(v); ok && i < len(spec.Names) {
								constants[spec.Names[i].Name] = s
							}
						}
					}
					// A local that is set once, as the checkout's prefix is.
					if a, ok := n.(*ast.AssignStmt); ok && a.Tok == token.DEFINE && len(a.Lhs) == 1 && len(a.Rhs) == 1 {
						if s, ok := evaluate(a.Rhs[0]); ok && strings.HasPrefix(s, "/") {
							constants[a.Lhs[0].(*ast.Ident).Name] = s
						}
					}
					return true
				})
			}
		}
		for _, f := range parsed {
			ast.Inspect(f, func(n ast.Node) bool {
				if e, ok := n.(ast.Expr); ok {
					if s, ok := evaluate(e); ok && route.MatchString(s) && !strings.HasSuffix(s, " ") {
						patterns = append(patterns, s)
						return false
					}
				}
				if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 2 {
					if sel, ok := call.Fun.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Handle" || sel.Sel.Name == "HandleFunc") {
						if s, ok := evaluate(call.Args[0]); !ok || !route.MatchString(s) {
							unread = append(unread, dir+": "+source(call.Args[0]))
						}
					}
				}
				return true
			})
		}
	}
	slices.Sort(patterns)
	slices.Sort(unread)
	return slices.Compact(patterns), slices.Compact(unread)
}

// textOf evaluates a string of literals and known constants.
func textOf(e ast.Expr, constants map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, err := strconv.Unquote(e.Value)
			return s, err == nil
		}
	case *ast.Ident:
		s, ok := constants[e.Name]
		return s, ok
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			a, ok := textOf(e.X, constants)
			b, also := textOf(e.Y, constants)
			return a + b, ok && also
		}
	}
	return "", false
}

func source(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Value
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return source(e.X) + "." + e.Sel.Name
	case *ast.BinaryExpr:
		return source(e.X) + e.Op.String() + source(e.Y)
	case *ast.IndexExpr:
		return source(e.X) + "[" + source(e.Index) + "]"
	}
	return "an expression"
}

// computed are the patterns that the source does not spell out, and the
// operations that they are.
var computed = map[string][]string{
	`server: "/"`:                       nil, // the pages, whose own patterns are read
	`server: pattern`:                   nil, // of tests and the demo
	`server: "GET "+schemas.Root`:       {"GET " + schemas.Root + "{file}"},
	`server: "GET "+schemas.SellerRoot`: {"GET " + schemas.SellerRoot + "{kind}/{file}"},
	`server/web: pattern`:               nil, // the keys of a map, which are read
	`server/mcp: path`:                  {"POST " + mcp.AppPath, "POST " + mcp.AppPath + "/{shop}"},
	`server/mcp: BindingPath`:           {"POST " + mcp.BindingPath},
	`server/mcp: RawBindingPath`:        {"POST " + mcp.RawBindingPath},
	`server/mcp: resourcePath`:          {"GET /.well-known/oauth-protected-resource"},
	`server/mcp: resourcePath+path`:     {"GET /.well-known/oauth-protected-resource/{endpoint}"},
	`server/mcp: "GET "+ChallengePath`:  {"GET " + mcp.ChallengePath},
}

// Every route of the server is an operation, and every operation is a route.
func TestRoutesAreThoseOfTheServer(t *testing.T) {
	patterns, unread := patternsOf(t)
	want := map[string]bool{}
	for _, p := range patterns {
		if !slices.Contains(catchAll, p) {
			want[strings.Replace(p, "{$}", "", 1)] = true
		}
	}
	for _, u := range unread {
		list, known := computed[u]
		if !known {
			t.Errorf("a route that this test cannot read: %s; add it to computed", u)
		}
		for _, p := range list {
			want[p] = true
		}
	}
	d, _ := openapi.New(options, wire.Newest().Version())
	for _, op := range d.Operations {
		key := op.Method + " " + op.Path
		if !want[key] {
			t.Errorf("%s is described, and no route", key)
		}
		delete(want, key)
	}
	for p := range want {
		t.Errorf("%s is a route, and not described: add it to operations.go", p)
	}
}

// Every code that the surface and the core refuse with is listed.
func TestCodesAreListed(t *testing.T) {
	d, _ := openapi.New(options, wire.Newest().Version())
	listed := map[string]bool{}
	for _, c := range d.Codes {
		listed[c.Code] = true
	}
	found := 0
	for _, dir := range []string{"acp", "acp/sign", "acp/wire", "checkout", "server/rest"} {
		for _, f := range sourceOf(t, dir) {
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				name, at := source(call.Fun), -1
				switch name[strings.LastIndexByte(name, '.')+1:] {
				case "Refused":
					at = 1
				case "Unavailable":
					at = 0
				}
				if at < 0 || at >= len(call.Args) {
					return true
				}
				lit, ok := call.Args[at].(*ast.BasicLit)
				if !ok {
					return true // a constant, or what a caller hands in
				}
				code, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				if found++; !listed[code] && code != "replay_memory_full" { // of a memory that the server does not use
					t.Errorf("%s refuses with %s, which codes.go does not list", dir, code)
				}
				return true
			})
		}
	}
	if found < 8 {
		t.Errorf("%d refusals were found", found)
	}
}
