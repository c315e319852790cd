package text

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms are the packages that make what buyers read: sessions, orders, the pages
// and what fills them.
var rooms = []string{"../checkout", "../order", "../catalog", "../server", "../server/web"}

// prose is what could be read as words: two of them, or one with a capital.
var prose = regexp.MustCompile(`[\p{L}']{2,}[.,;:]? [\p{L}']{2,}|^\p{Lu}\p{Ll}{2,}[.:]?$`)

// forDevelopers are the calls whose words go to developers, operators, the log or
// browsers: errors, refusals of the protocol and of commands, headers, and what
// the server says to programs.
var forDevelopers = regexp.MustCompile(`^(errors\.New|fmt\.Errorf|panic|acp\.(Refused|Invalid|Missing|Unavailable)|refuse|say` +
	`|.*\.(Log|Debug|Info|Warn|Error|DebugContext|InfoContext|WarnContext|ErrorContext)|(h|.*\.Header)\.Set)$`)

// notWords are files and literals in which nothing is said to buyers, by what
// they are instead.
var notWords = map[string]string{
	"../checkout/region.go":       "names of regions as agents write them, to be understood",
	"../checkout/exemption.go":    "a key of what a price was worked out for",
	"../server/web/reference.go":  "the reference of the API, for developers",
	"../server/checkoutstates.go": "codes of countries",
	"../server/web/files.go":      "headers",
	"../server/discounts.go":      "what operators are told of discounts",

	"shipping country": "autocomplete", "shipping address-line1": "autocomplete", "shipping address-line2": "autocomplete",
	"shipping address-level1": "autocomplete", "shipping address-level2": "autocomplete", "shipping postal-code": "autocomplete",
	"Checkstand": "a name", "Purpose": "a header",
	"; script-src 'self' ": "a header", "; style-src-attr 'unsafe-inline'": "a header", "default-src 'none'; style-src ": "a header",
	"; img-src 'self' https: data:; base-uri 'none'; form-action ": "a header", "; frame-ancestors 'none'": "a header",
}

// What buyers read is in the catalogues: no sentence of the rooms that make it is
// written in their code, unless it goes to somebody else.
func TestNothingForBuyersIsWrittenInCode(t *testing.T) {
	set, used := token.NewFileSet(), map[string]bool{}
	for _, room := range rooms {
		files, err := filepath.Glob(room + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files, %v", room, err)
		}
		for _, path := range files {
			if _, known := notWords[path]; known || strings.HasSuffix(path, "_test.go") {
				used[path] = true
				continue
			}
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Logf("%s is being written: %v", path, err)
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ImportSpec, *ast.Field: // with their tags
					return false
				case *ast.FuncDecl:
					return n.Name.Name != "report" // to the log
				case *ast.CallExpr:
					return !forDevelopers.MatchString(called(n.Fun))
				case *ast.CompositeLit:
					return called(n.Type) != "acp.Error"
				case *ast.BasicLit:
					said, err := strconv.Unquote(n.Value)
					if err != nil || n.Kind != token.STRING || !prose.MatchString(said) {
						return true
					}
					if _, known := notWords[said]; known {
						used[said] = true
						return true
					}
					t.Errorf("%s: %q belongs into locales/, if a buyer may read it", set.Position(n.Pos()), said)
				}
				return true
			})
		}
	}
	for what := range notWords {
		if !used[what] {
			t.Errorf("%q is not in the sources any more", what)
		}
	}
}

// called is the name of a function or type: "errors.New".
func called(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return called(e.X) + "." + e.Sel.Name
	case *ast.CallExpr:
		return called(e.Fun)
	}
	return ""
}

var (
	action    = regexp.MustCompile(`\{\{.*?\}\}`)
	tag       = regexp.MustCompile(`<[^>]*>`)
	inEnglish = regexp.MustCompile(`(?s)<details [^>]*lang="en">.*?</details>`) // the sandbox's list of cards, for testers
	script    = regexp.MustCompile(`(?s)<script>.*?</script>`)
	readAloud = regexp.MustCompile(`\b(alt|title|aria-label|placeholder|summary)="([^"]*)"`)
)

// A page has nothing but texts between its marks: no word stands in a template.
func TestNothingForBuyersIsWrittenInTemplates(t *testing.T) {
	files, err := filepath.Glob("../server/web/templates/*.html")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	ofSandbox, err := filepath.Glob("../sandbox/templates/*.html")
	if err != nil || len(ofSandbox) < 2 {
		t.Fatalf("%d templates of the sandbox, %v", len(ofSandbox), err)
	}
	files = append(files, ofSandbox...)
	for _, path := range files {
		if filepath.Base(path) == "reference.html" {
			continue // for developers
		}
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, bare := range bareWords(string(page)) {
			t.Errorf("%s: %q belongs into locales/", path, bare)
		}
	}
	for page, want := range map[string][]string{
		`<p>{{say "a.b"}} · <b>{{.Title}}</b></p>`:                          nil,
		`<p>Pay {{.Amount}}</p>`:                                            {"Pay"},
		`<img alt="A mug" src="x"><input placeholder="{{say "a.b"}}">`:      {"A mug"},
		`<code>GET <a href="/healthz">/healthz</a></code> Whether it is up`: {"Whether it is up"},
	} {
		if got := bareWords(page); !slices.Equal(got, want) {
			t.Errorf("%s has the words %q, want %q", page, got, want)
		}
	}
}

// bareWords are the words of a template that no text says. Paths and methods of
// HTTP are none.
func bareWords(page string) (bare []string) {
	page = script.ReplaceAllString(inEnglish.ReplaceAllString(action.ReplaceAllString(page, ""), ""), "")
	for _, m := range readAloud.FindAllStringSubmatch(page, -1) {
		if strings.ContainsFunc(m[2], isLetter) {
			bare = append(bare, m[2])
		}
	}
	for piece := range strings.SplitSeq(tag.ReplaceAllString(page, "\x00"), "\x00") {
		piece = strings.TrimSpace(piece)
		if strings.ContainsFunc(piece, isLetter) && !strings.HasPrefix(piece, "/") && piece != "GET" && piece != "POST" {
			bare = append(bare, piece)
		}
	}
	return bare
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
