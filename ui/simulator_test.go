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

// simulatorPages are what the simulator is made of, with the sources that each
// shares with the widget.
var simulatorPages = []struct {
	folder, built string
	also          []string
}{
	{"simulator/host", SimulatorPage(), []string{"widget/src/html.ts", "widget/src/format.ts", "widget/src/town.ts"}},
	{"simulator/frame", SimulatorFrame(), nil},
	{"simulator/shim", SimulatorShim(), nil},
}

func TestSimulatorIsBuiltOfItsSources(t *testing.T) {
	ui := os.DirFS(".")
	for _, page := range simulatorPages {
		files := append([]string{"tokens.css", path.Join(page.folder, "page.html")}, page.also...)
		for _, dir := range []string{"src", "styles"} {
			err := fs.WalkDir(ui, path.Join(page.folder, dir), func(name string, entry fs.DirEntry, err error) error {
				if errors.Is(err, fs.ErrNotExist) {
					return nil
				}
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
		if want := hex.EncodeToString(digest.Sum(nil)[:16]); !strings.Contains(page.built, "of the sources "+want) {
			t.Errorf("%s is not made of the sources %s; run 'make ui' and commit it", page.folder, want)
		}
	}
}

// What is put in front of a widget's page must not end its element, and the two
// places that are filled in have to be there.
func TestSimulatorPagesHaveTheirPlaces(t *testing.T) {
	if n := strings.Count(SimulatorShim(), `data-globals=""`); n != 1 {
		t.Errorf("the script has %d places for what window.openai has", n)
	}
	if n := strings.Count(SimulatorFrame(), `data-host=""`); n != 1 {
		t.Errorf("the frame has %d places for its host", n)
	}
	for _, page := range simulatorPages {
		if n := strings.Count(page.built, "</script>"); n != 1 {
			t.Errorf("%s has %d ends of a script, want one", page.folder, n)
		}
	}
	for _, what := range []string{`<link rel="stylesheet`, `<script\s+src`, `@import`, `url\(`, `innerHTML`, `insertAdjacentHTML`, `\beval\(`} {
		if found := regexp.MustCompile(what).FindString(SimulatorPage()); found != "" {
			t.Errorf("the page has %q", found)
		}
	}
}

func TestSimulatorUsesTokens(t *testing.T) {
	defined := map[string]bool{"--height": true} // set by the script
	for _, m := range regexp.MustCompile(`(--[a-z0-9-]+):`).FindAllStringSubmatch(Tokens(), -1) {
		defined[m[1]] = true
	}
	sheets, err := fs.Glob(os.DirFS("simulator"), "*/styles/*.css")
	if err != nil || len(sheets) < 2 {
		t.Fatalf("%d style sheets: %v", len(sheets), err)
	}
	for _, name := range sheets {
		sheet, err := os.ReadFile("simulator/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`var\((--[a-z0-9-]+)`).FindAllSubmatch(sheet, -1) {
			if !defined[string(m[1])] {
				t.Errorf("%s uses %s, which is not defined", name, m[1])
			}
		}
		if m := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b[;, )]|rgba?\(|hsla?\(|oklch\(`).Find(sheet); m != nil {
			t.Errorf("%s has a colour of its own: %s", name, m)
		}
		if m := regexp.MustCompile(`\b(margin|padding|border|inset)-(left|right|top|bottom)\b|(?:^|[\s;{])(left|right|width|height):`).Find(sheet); m != nil {
			t.Errorf("%s has a physical side: %s", name, m)
		}
	}
}
