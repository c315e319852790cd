package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// widgetLimit is what the widget may weigh, in bytes: it is part of an answer
// to a host, and is read before anything is shown.
const widgetLimit = 60_000

func TestWidgetIsSmallAndWhole(t *testing.T) {
	if n := len(Widget()); n > widgetLimit {
		t.Errorf("the widget has %d bytes, want at most %d", n, widgetLimit)
	}
	// It may name addresses of namespaces, never one to load from.
	for _, what := range []string{`<link\b`, `<script\s+src`, `\bimport\s*\(`, `@import`, `url\(`, `sourceMappingURL`, `\bfetch\(`, `XMLHttpRequest`, `WebSocket`, `innerHTML`, `insertAdjacentHTML`, `\beval\(`, `localStorage`} {
		if found := regexp.MustCompile(what).FindString(Widget()); found != "" {
			t.Errorf("the widget has %q", found)
		}
	}
	for _, address := range regexp.MustCompile(`https?://[^"'\x60\s]*`).FindAllString(Widget(), -1) {
		if address != "http://www.w3.org/2000/svg" {
			t.Errorf("the widget names %s", address)
		}
	}
}

// A page that was not built again after a change of its sources would show
// what they were before.
func TestWidgetIsBuiltOfItsSources(t *testing.T) {
	ui := os.DirFS(".")
	files := []string{"tokens.css", "widget/page.html"}
	for _, dir := range []string{"src", "styles"} {
		err := fs.WalkDir(ui, path.Join("widget", dir), func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(files)
	digest := sha256.New()
	for _, name := range files {
		content, err := fs.ReadFile(ui, name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(digest, "%s %d\n%s\n", name, len(content), content)
	}
	if want := hex.EncodeToString(digest.Sum(nil)[:16]); !strings.Contains(Widget(), "of the sources "+want) {
		t.Errorf("widget/dist/checkout-session.html is not made of the sources %s; run 'make ui' and commit it", want)
	}
}

// A member that the build makes short is the widget's own: what texts put in and
// what window.openai has keep their names.
func TestShortNamesAreOurOwn(t *testing.T) {
	list, err := os.ReadFile("widget/src/own.txt")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := os.ReadFile("widget/src/texts/en.json")
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.ReadFile("widget/src/openai.ts")
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]bool{}
	for _, m := range putIn.FindAllSubmatch(texts, -1) {
		theirs[string(m[1])] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^  (\w+)\??[(:]`).FindAllSubmatch(host, -1) {
		theirs[string(m[1])] = true
	}
	if !theirs["amount"] || !theirs["requestCheckout"] || !theirs["toolOutput"] {
		t.Fatalf("names of others are not found: %v", theirs)
	}
	seen := map[string]bool{}
	for name := range strings.Lines(string(list)) {
		name = strings.TrimSpace(name)
		switch {
		case strings.HasPrefix(name, "#"):
		case theirs[name]:
			t.Errorf("%s is not only the widget's", name)
		case seen[name]:
			t.Errorf("%s is listed twice", name)
		}
		seen[name] = true
	}
}

func TestWidgetInAShopsColour(t *testing.T) {
	own, err := ShopWidget("")
	if err != nil || own != Widget() {
		t.Errorf("without a colour it is another widget (%v)", err)
	}
	blue, err := ShopWidget("#1d4ed8")
	if err != nil {
		t.Fatal(err)
	}
	rule, err := Accent("#1d4ed8")
	if err != nil {
		t.Fatal(err)
	}
	// The last rule wins: the script puts the tokens before all that is there.
	if !strings.Contains(blue, "<style>"+rule+"</style>") || len(blue) != len(own)+len(rule) {
		t.Error("the shop's colour is not in its widget")
	}
	if _, err := ShopWidget("bluish"); !errors.Is(err, ErrColor) {
		t.Errorf("a colour that is none: %v", err)
	}
}

// Style sheets of the widget use tokens that exist, and no colour of their own.
func TestWidgetUsesTokens(t *testing.T) {
	defined := map[string]bool{}
	for _, m := range regexp.MustCompile(`(--[a-z0-9-]+):`).FindAllStringSubmatch(Tokens(), -1) {
		defined[m[1]] = true
	}
	sheets, err := fs.Glob(os.DirFS("widget/styles"), "*.css")
	if err != nil || len(sheets) == 0 {
		t.Fatalf("no style sheets: %v", err)
	}
	for _, name := range sheets {
		sheet, err := os.ReadFile("widget/styles/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`var\((--[a-z0-9-]+)`).FindAllSubmatch(sheet, -1) {
			// The room of the host's own signs is set by the script.
			if token := string(m[1]); !defined[token] && !strings.HasPrefix(token, "--room-") {
				t.Errorf("%s uses %s, which is not defined", name, token)
			}
		}
		if m := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b[;, )]|rgba?\(|hsla?\(|oklch\(`).Find(sheet); m != nil {
			t.Errorf("%s has a colour of its own: %s", name, m)
		}
		// Physical sides would not turn around with the reader's language.
		if m := regexp.MustCompile(`\b(margin|padding|border|inset)-(left|right|top|bottom)\b|(?:^|[\s;{])(left|right|width|height):`).Find(sheet); m != nil {
			t.Errorf("%s has a physical side: %s", name, m)
		}
	}
}
