package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Where page.html has its style sheet or, in its place, style sheet and texts
// packed; its script; and the digest of what it was made of.
const (
	stylePlace   = "/* style */"
	packedPlace  = "/* packed */"
	scriptPlace  = "/* script */"
	sourcesPlace = "{sources}"
)

// build makes a page of its folder below root.
func build(root string, p page) ([]byte, error) {
	dir := filepath.Join(root, filepath.FromSlash(p.folder))
	html, err := os.ReadFile(filepath.Join(dir, "page.html"))
	if err != nil {
		return nil, err
	}
	own, err := ownNames(filepath.Join(dir, "src", "own.txt"))
	if err != nil {
		return nil, err
	}
	script, err := bundle(filepath.Join(dir, "src", "main.ts"), own)
	if err != nil {
		return nil, err
	}
	style, both := "", ""
	packs := bytes.Contains(html, []byte(packedPlace))
	if packs || bytes.Contains(html, []byte(stylePlace)) {
		if style, err = bundle(filepath.Join(dir, "styles", "main.css"), ""); err != nil {
			return nil, err
		}
	}
	if packs {
		if both, err = pack(style, filepath.Join(dir, "src", "texts")); err != nil {
			return nil, err
		}
		style = ""
	}
	digest, err := sources(root, p)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		place string
		text  string
	}{{stylePlace, style}, {packedPlace, both}, {scriptPlace, script}, {sourcesPlace, digest}} {
		if part.text == "" {
			continue
		}
		if bytes.Count(html, []byte(part.place)) != 1 {
			return nil, fmt.Errorf("page.html must have %q once", part.place)
		}
		html = bytes.Replace(html, []byte(part.place), []byte(part.text), 1)
	}
	return html, nil
}

// ownNames makes a pattern of the list of members that only the page's own
// sources name; "" when there is no such list.
func ownNames(file string) (string, error) {
	list, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	var names []string
	for line := range strings.Lines(string(list)) {
		if name := strings.TrimSpace(line); name != "" && name[0] != '#' {
			names = append(names, regexp.QuoteMeta(name))
		}
	}
	return "^(" + strings.Join(names, "|") + ")$", err
}

// bundle makes one text of an entry and everything that it imports, with short
// names for the members that own matches. It stays below what the widget's hosts
// run: Chromium, Firefox and Safari of 2024.
func bundle(entry, own string) (string, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{entry},
		Bundle:            true,
		Format:            api.FormatIIFE,
		Platform:          api.PlatformBrowser,
		Target:            api.ES2022,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		MinifyWhitespace:  true,
		MinifySyntax:      true,
		MinifyIdentifiers: true,
		MangleProps:       own,
		TsconfigRaw:       "{}", // what surrounds the checkout changes nothing
		LogLevel:          api.LogLevelSilent,
	})
	var problems []error
	for _, m := range append(result.Errors, result.Warnings...) {
		at := ""
		if m.Location != nil {
			at = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		problems = append(problems, errors.New(at+m.Text))
	}
	if len(problems) != 0 {
		return "", errors.Join(problems...)
	}
	if len(result.OutputFiles) != 1 {
		return "", fmt.Errorf("%s became %d files, want one", entry, len(result.OutputFiles))
	}
	text := strings.TrimSpace(string(result.OutputFiles[0].Contents))
	if strings.Contains(text, "</script") || strings.Contains(text, "</style") || strings.Contains(text, "<!--") {
		return "", fmt.Errorf("%s has text that would end its element in the page", entry)
	}
	return text, nil
}
