package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// checkPolicy holds the Content-Security-Policy to the strict one, and the
// page's inline rule, if there is one, to the hash in it. forms is where forms
// may go; more is what comes after.
func checkPolicy(t *testing.T, policy string, page *html.Node, forms string, more ...string) {
	t.Helper()
	style := "style-src 'self'"
	for _, n := range find(page, "style", "") {
		sum := sha256.Sum256([]byte(n.FirstChild.Data))
		style += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := []string{"default-src 'none'", style, "img-src 'self' https: data:", "base-uri 'none'", "form-action " + forms, "frame-ancestors 'none'"}
	want = append(want, more...)
	if policy != strings.Join(want, "; ") {
		t.Errorf("Content-Security-Policy\n got %s\nwant %s", policy, strings.Join(want, "; "))
	}
}

// checkMarkup is what every page owes its readers: landmarks, one heading,
// names and reserved space for pictures, and nothing that runs or is filled in
// but what is allowed.
func checkMarkup(t *testing.T, page *html.Node, allowed ...string) {
	t.Helper()
	for _, tag := range []string{"h1", "main", "title"} {
		if n := len(find(page, tag, "")); n != 1 {
			t.Errorf("%d <%s>, want one", n, tag)
		}
	}
	if text(one(t, page, "h1", "")) == "" || text(one(t, page, "title", "")) == "" {
		t.Error("heading or title is empty")
	}
	if attr(one(t, page, "html", ""), "lang") == "" {
		t.Error("the page has no language")
	}
	ids := map[string]bool{}
	for n := range page.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script", "iframe", "object", "embed", "form", "base":
			if !slices.Contains(allowed, n.Data) || n.Data == "script" && n.FirstChild != nil {
				t.Errorf("the page has a <%s>", n.Data)
			}
		case "img":
			if attr(n, "width") == "" || attr(n, "height") == "" || !hasAttr(n, "alt") {
				t.Errorf("picture %q reserves no space or has no alt", attr(n, "src"))
			}
		case "a":
			words := text(n)
			for _, img := range find(n, "img", "") {
				words += attr(img, "alt")
			}
			if words == "" {
				t.Errorf("link to %q has no words", attr(n, "href"))
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("<%s> has %s, which the policy forbids", n.Data, a.Key)
			}
			if a.Key == "id" {
				if ids[a.Val] {
					t.Errorf("the id %q is there twice", a.Val)
				}
				ids[a.Val] = true
			}
		}
	}
	for n := range page.Descendants() {
		if label := attr(n, "aria-labelledby"); label != "" && !ids[label] {
			t.Errorf("nothing has the id %q that labels a section", label)
		}
	}
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
