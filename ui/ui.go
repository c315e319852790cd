// Package ui holds the look of the pages that people see: the design tokens,
// the style sheet of the server-rendered pages, and the colour arithmetic that
// keeps both readable.
package ui

import (
	_ "embed"
	"fmt"
	"regexp"
	"sync"
)

//go:embed tokens.css
var tokens string

//go:embed page.css
var page string

//go:embed icon.svg
var icon []byte

// Tokens returns the design tokens as CSS custom properties on :root. A page
// with a style sheet of its own starts with them.
func Tokens() string { return tokens }

// CSS returns the whole style sheet of the server-rendered pages, tokens
// first.
func CSS() string { return tokens + "\n" + page }

// Icon returns Checkstand's own icon, an SVG drawing, for pages of shops that
// have not set one. The caller must not change it.
func Icon() []byte { return icon }

// scheme is a colour token in both schemes.
type scheme struct{ light, dark Color }

var colorToken = regexp.MustCompile(`(?m)^\s*(--[a-z0-9-]+):\s*light-dark\((oklch\([^()]*\)),\s*(oklch\([^()]*\))\);`)

// colorTokens reads the colours out of tokens.css, so that Accent and the
// style sheet cannot disagree.
var colorTokens = sync.OnceValue(func() map[string]scheme {
	all := map[string]scheme{}
	for _, m := range colorToken.FindAllStringSubmatch(tokens, -1) {
		light, err := ParseColor(m[2])
		if err != nil {
			panic(fmt.Sprintf("ui: tokens.css: %s: %v", m[1], err))
		}
		dark, err := ParseColor(m[3])
		if err != nil {
			panic(fmt.Sprintf("ui: tokens.css: %s: %v", m[1], err))
		}
		all[m[1]] = scheme{light, dark}
	}
	return all
})

// token returns a colour of tokens.css, which has every name that this package
// asks for.
func token(name string, dark bool) Color {
	s, ok := colorTokens()[name]
	if !ok {
		panic("ui: tokens.css has no colour " + name)
	}
	if dark {
		return s.dark
	}
	return s.light
}
