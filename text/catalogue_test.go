package text

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// spoken is what one place in the sources says: a key and the names of the
// values that it gives.
type spoken struct {
	at, key string
	names   []string
	exact   bool // the names are all there is to see
}

// inTemplate finds texts in pages: {{say "key" "name" value}}, or {{.Say "key"}}.
var inTemplate = regexp.MustCompile(`(?:\b(?:say|rich)|\.Say) "([a-z0-9_.]+)"((?: "[a-z_]+" (?:\([^()]*(?:\([^()]*\)[^()]*)*\)|[^\s"(){}]+))*)`)

var templateName = regexp.MustCompile(` "([a-z_]+)" `)

// sources reads all that the repository says, and every literal in it.
func sources(t *testing.T) (calls []spoken, literals map[string]bool) {
	t.Helper()
	literals = map[string]bool{}
	set := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "tools" || len(d.Name()) > 2 && d.Name()[0] == '.'):
			return fs.SkipDir
		case strings.HasSuffix(path, ".html") && strings.Contains(path, "templates"):
			page, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range inTemplate.FindAllStringSubmatch(string(page), -1) {
				s := spoken{at: path, key: m[1], exact: true}
				for _, name := range templateName.FindAllStringSubmatch(m[2], -1) {
					s.names = append(s.names, name[1])
				}
				calls, literals[m[1]] = append(calls, s), true
			}
			return nil
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil // somebody is writing it
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					literals[s] = true
				}
			case *ast.CallExpr:
				fun, ok := n.Fun.(*ast.SelectorExpr)
				if !ok || fun.Sel.Name != "Say" || len(n.Args) == 0 {
					return true
				}
				key, ok := literal(n.Args[0])
				if !ok {
					return true
				}
				s := spoken{at: set.Position(n.Pos()).String(), key: key, exact: n.Ellipsis == token.NoPos}
				for i := 1; i < len(n.Args); i += 2 {
					name, ok := literal(n.Args[i])
					s.names, s.exact = append(s.names, name), s.exact && ok
				}
				calls = append(calls, s)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return calls, literals
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil && lit.Kind == token.STRING
}

func TestEveryLanguageSaysEverything(t *testing.T) {
	english := catalogues[English]
	for _, lang := range Languages {
		for key, e := range english {
			said, ok := catalogues[lang][key]
			if !ok {
				t.Errorf("locales/%s.yaml: %s is missing", lang, key)
				continue
			}
			if a, b := said.placeholders(), e.placeholders(); !slices.Equal(a, b) {
				t.Errorf("locales/%s.yaml: %s has the placeholders %q, in English %q", lang, key, a, b)
			}
		}
		for key := range catalogues[lang] {
			if _, ok := english[key]; !ok {
				t.Errorf("locales/%s.yaml: %s is not in English", lang, key)
			}
		}
	}
}

// A group of forms is the language's own: all that it has and no others, and the
// number in every form that is for more than one number.
func TestPluralForms(t *testing.T) {
	for _, lang := range Languages {
		tag := language.MustParse(lang)
		own := map[string]bool{}
		for n := range 2000 {
			own[formOf(tag, n)] = true
		}
		want := slices.Sorted(maps.Keys(own))
		for key, e := range catalogues[lang] {
			if e.forms == nil {
				continue
			}
			if got := slices.Sorted(maps.Keys(e.forms)); !slices.Equal(got, want) {
				t.Errorf("locales/%s.yaml: %s has the forms %q, the language has %q", lang, key, got, want)
			}
			if !slices.Contains(e.placeholders(), countName) {
				t.Errorf("locales/%s.yaml: %s has forms and no {count}", lang, key)
			}
		}
	}
	if plural.Cardinal.MatchPlural(language.French, 0, 0, 0, 0, 0) != plural.One {
		t.Error("the rules are not those of the languages")
	}
}

func TestNoTextIsUnusedAndNoneUnknown(t *testing.T) {
	calls, literals := sources(t)
	for key := range catalogues[English] {
		if !literals[key] {
			t.Errorf("locales: %s is said nowhere", key)
		}
	}
	for _, c := range calls {
		e, ok := catalogues[English][c.key]
		if !ok {
			t.Errorf("%s: %s is in no catalogue", c.at, c.key)
			continue
		}
		names := e.placeholders()
		if e.forms != nil && !slices.Contains(c.names, countName) && c.exact {
			t.Errorf("%s: %s has plural forms and is given no count", c.at, c.key)
		}
		for _, name := range names {
			if c.exact && !slices.Contains(c.names, name) {
				t.Errorf("%s: %s is given no %s", c.at, c.key, name)
			}
		}
		for _, name := range c.names {
			if c.exact && name != countName && !slices.Contains(names, name) {
				t.Errorf("%s: %s has no placeholder %s", c.at, c.key, name)
			}
		}
	}
	if len(calls) == 0 {
		t.Error("no texts were found in the sources")
	}
}

func TestMonthsAreTwelve(t *testing.T) {
	for _, lang := range Languages {
		if names := strings.Fields(For(lang).Say("date.month_names")); len(names) != 12 {
			t.Errorf("locales/%s.yaml: date.month_names has %d names", lang, len(names))
		}
	}
}

// A language without a text says it in English, and the log tells of it once.
func TestMissingTextsAreSaidInEnglish(t *testing.T) {
	warned.Clear()
	var out bytes.Buffer
	texts := newTexts("de", "de")
	texts.log = slog.New(slog.NewTextHandler(&out, nil))
	texts.says = catalogue{"total.tax": entry{text: "Steuern"}, "stock.low": entry{text: "noch {zahl}"}}
	texts.english = catalogue{"total.total": entry{text: "Total"},
		"things": entry{forms: map[string]string{"one": "{count} thing", "other": "{count} things"}}}
	for _, c := range []struct {
		say  string
		with []any
		want string
	}{
		{"total.tax", nil, "Steuern"},
		{"total.total", nil, "Total"},
		{"total.total", nil, "Total"},
		{"things", []any{"count", 1}, "1 thing"},
		{"things", []any{"count", 2}, "2 things"},
		{"stock.low", []any{"count", 2}, "noch {zahl}"},
		{"nowhere", nil, "nowhere"},
	} {
		if got := texts.Say(c.say, c.with...); got != c.want {
			t.Errorf("%s is %q, not %q", c.say, got, c.want)
		}
	}
	for _, want := range []string{`key=total.total language=de`, `key=things language=de`, `key=nowhere`, `key=stock.low`} {
		if n := strings.Count(out.String(), want); n != 1 {
			t.Errorf("the log says %d times %q:\n%s", n, want, out.String())
		}
	}
}

func TestCatalogueFilesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"an empty text":          {"a: \"\"", "a is empty"},
		"a key twice":            {"a: x\na: y", "a is here twice"},
		"a list":                 {"a: [x]", "neither a text nor"},
		"no list of keys":        {"- a", "no list of keys"},
		"forms without other":    {"a: {one: x}", "no form named other"},
		"an empty form":          {"a: {one: \" \", other: x}", "a is empty"},
		"a brace that is open":   {"a: x {y", "a brace"},
		"a brace that is closed": {"a: x y}", "a brace"},
		"a bad placeholder":      {"a: x {Y z}", "a brace"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q: %v, want %q", c.file, err, c.want)
			}
		})
	}
}

func TestValuesAreWrittenInTheLanguage(t *testing.T) {
	at := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	texts := newTexts("de", "de")
	texts.says = maps.Clone(texts.says)
	texts.says["x"] = entry{text: "{word}, {count}, {sum}, {day}"}
	if got, want := texts.Say("x", "word", "{sum}", "count", 1200, "sum", Money{123456, "eur"}, "day", Day(at)),
		"{sum}, 1.200, 1.234,56 €, 14. März 2026"; strings.ReplaceAll(got, "\u00a0", " ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}
