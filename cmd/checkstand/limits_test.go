package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/server/config"
)

const limitsFile = "../../docs/limits.md"

// limitDirs are where the packages of docs/limits.md are.
var limitDirs = map[string]string{
	"acp": "acp", "wire": "acp/wire", "sign": "acp/sign", "rest": "server/rest", "server": "server", "config": "server/config",
	"idempotency": "idempotency", "credential": "credential", "savedcard": "savedcard", "checkout": "checkout", "job": "job", "webhook": "webhook", "feed": "feed",
	"pricing": "pricing", "sandbox": "sandbox", "receiver": "webhook/receiver",
	"web": "server/web", "limit": "server/limit", "mcp": "server/mcp", "review": "server/review", "store": "store", "catalog": "catalog",
	"order": "order", "balance": "balance", "text": "text", "exchange": "payment/exchange",
}

// noLimits are exported constants of those packages that are numbers, but limit
// nothing.
var noLimits = []string{"job.NoLimit", "pricing.MaxPPM", "pricing.OfDelivery"}

// limit is a row of docs/limits.md.
type limit struct{ what, value, from string }

var limitRow = regexp.MustCompile("(?m)^\\| (.+?) \\| (.+?) \\| `(.+?)` \\| .*\\|$")

// Every value in docs/limits.md is the program's.
func TestLimitsAreThoseOfTheProgram(t *testing.T) {
	known := constantsOf(t)
	for path, fallback := range numericKeys(t) {
		known[path] = fallback
	}
	for _, l := range readLimits(t) {
		want, ok := known[l.from]
		if !ok {
			t.Errorf("%s: %s is no constant of the program and no numeric key of the configuration", l.what, l.from)
			continue
		}
		got, err := amount(l.value)
		if err != nil {
			t.Errorf("%s: %v", l.what, err)
		} else if got != want {
			t.Errorf("%s: the document says %s, %s is %d", l.what, l.value, l.from, want)
		}
	}
}

// Every exported constant that is a limit, and every key that sets one, is in
// docs/limits.md.
func TestEveryLimitIsDocumented(t *testing.T) {
	var documented []string
	for _, l := range readLimits(t) {
		if slices.Contains(documented, l.from) {
			t.Errorf("%s is there twice", l.from)
		}
		documented = append(documented, l.from)
	}
	for name := range constantsOf(t) {
		if _, short, _ := strings.Cut(name, "."); ast.IsExported(short) && !slices.Contains(noLimits, name) && !slices.Contains(documented, name) {
			t.Errorf("%s is in no row of %s", name, limitsFile)
		}
	}
	for path := range numericKeys(t) {
		limits := strings.HasPrefix(path, "limits.") || strings.HasPrefix(path, "payments.") || strings.HasSuffix(path, "_ttl")
		if limits && !slices.Contains(documented, path) {
			t.Errorf("%s is in no row of %s", path, limitsFile)
		}
	}
}

func readLimits(t *testing.T) []limit {
	text, err := os.ReadFile(limitsFile)
	if err != nil {
		t.Fatal(err)
	}
	var list []limit
	for _, m := range limitRow.FindAllStringSubmatch(string(text), -1) {
		list = append(list, limit{m[1], m[2], m[3]})
	}
	if len(list) == 0 {
		t.Fatalf("%s has no rows", limitsFile)
	}
	return list
}

var units = map[string]int64{
	"": 1, "bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
	"ms": int64(time.Millisecond), "s": int64(time.Second), "min": int64(time.Minute), "h": int64(time.Hour), "d": int64(24 * time.Hour),
}

// amount reads "200", "1 000 000", "255 bytes", "16 KiB" and "30 s"; times are
// in nanoseconds.
func amount(s string) (int64, error) {
	m := regexp.MustCompile(`^([0-9 ]+?) ?([A-Za-z]*)$`).FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is not a number with a unit", s)
	}
	unit, ok := units[m[2]]
	if !ok {
		return 0, fmt.Errorf("%q has an unknown unit", s)
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(m[1], " ", ""), 10, 64)
	return n * unit, err
}

// numericKeys are the configuration's numbers and durations with their
// defaults.
func numericKeys(t *testing.T) map[string]int64 {
	out := map[string]int64{}
	for _, k := range config.Keys() {
		switch k.Type {
		case "number":
			n, err := strconv.ParseInt(k.Default, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", k.Path, err)
			}
			out[k.Path] = n
		case "duration":
			d, err := time.ParseDuration(k.Default)
			if err != nil {
				t.Fatalf("%s: %v", k.Path, err)
			}
			out[k.Path] = int64(d)
		}
	}
	return out
}

// constantsOf are the numbers and durations among the constants of the packages
// of docs/limits.md, as "package.Name", read from their source.
func constantsOf(t *testing.T) map[string]int64 {
	out := map[string]int64{}
	for name, dir := range limitDirs {
		for _, c := range packageConstants(t, filepath.Join("../..", dir)) {
			basic, ok := c.Type().(*types.Basic)
			number := ok && basic.Kind() == types.UntypedInt || c.Type().String() == "time.Duration"
			if n, exact := constant.Int64Val(constant.ToInt(c.Val())); number && exact {
				out[name+"."+c.Name()] = n
			}
		}
	}
	return out
}

// packageConstants type-checks a package as far as its constants need it: of
// other packages only time is known.
func packageConstants(t *testing.T, dir string) []*types.Const {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %d files", dir, err, len(files))
	}
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		f.Decls = slices.DeleteFunc(f.Decls, func(d ast.Decl) bool {
			g, ok := d.(*ast.GenDecl)
			return !ok || g.Tok != token.CONST && g.Tok != token.IMPORT
		})
		parsed = append(parsed, f)
	}
	check := types.Config{Importer: onlyTime{}, Error: func(error) {}} // what is not known is not asked for
	pkg, _ := check.Check(dir, fset, parsed, nil)
	var out []*types.Const
	for _, name := range pkg.Scope().Names() {
		if c, ok := pkg.Scope().Lookup(name).(*types.Const); ok && c.Val() != nil && c.Val().Kind() == constant.Int {
			out = append(out, c)
		}
	}
	return out
}

// onlyTime knows package time's durations, and that other packages exist.
type onlyTime struct{}

func (onlyTime) Import(path string) (*types.Package, error) {
	pkg := types.NewPackage(path, path[strings.LastIndexByte(path, '/')+1:])
	if path == "time" {
		duration := types.NewNamed(types.NewTypeName(token.NoPos, pkg, "Duration", nil), types.Typ[types.Int64], nil)
		for name, d := range map[string]time.Duration{"Nanosecond": time.Nanosecond, "Microsecond": time.Microsecond, "Millisecond": time.Millisecond,
			"Second": time.Second, "Minute": time.Minute, "Hour": time.Hour} {
			pkg.Scope().Insert(types.NewConst(token.NoPos, pkg, name, duration, constant.MakeInt64(int64(d))))
		}
	}
	pkg.MarkComplete()
	return pkg, nil
}
