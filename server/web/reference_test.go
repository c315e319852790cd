package web_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/openapi"
	"github.com/checkstand/checkstand/server/web"
)

// describing adds the reference of the API to the pages.
func describing(cfg *web.Config) {
	cfg.Reference = openapi.NewLibrary(openapi.Options{BaseURL: "https://shop.example.com", Name: "Example Shop",
		BodyBytes: 262_144, KeyPerSecond: 2000, AddressPerSec: 2000}).Document
}

// The page has all that the description has: each operation, each type once,
// each code.
func TestReferenceIsComplete(t *testing.T) {
	cfg := config(t)
	describing(&cfg)
	handler := pages(t, cfg)
	for _, version := range openapi.Versions() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "/docs?version="+string(version), nil))
		if version == acp.Unreleased { // it is switched off
			if w.Code != 404 {
				t.Errorf("%s: %d", version, w.Code)
			}
			continue
		}
		d := cfg.Reference(string(version))
		page := w.Body.String()
		if w.Code != 200 || strings.Contains(page, "<script") {
			t.Fatalf("%s: %d", version, w.Code)
		}
		var want []string
		for _, op := range d.Operations {
			want = append(want, `<h3 id="`+op.ID+`">`)
		}
		for _, name := range d.Names() {
			want = append(want, `<div id="type-`+name+`">`)
		}
		for _, c := range d.Codes {
			// On a phone it breaks between its words, never within one.
			want = append(want, "<code>"+strings.ReplaceAll(c.Code, "_", "_<wbr>")+"</code>")
		}
		for _, s := range want {
			if n := strings.Count(page, s); n == 0 || n > 1 && !strings.HasPrefix(s, "<code>") {
				t.Errorf("%s: %s is there %d times", version, s, n)
			}
		}
		for link := range strings.SplitSeq(page, `href="#`) {
			id, _, _ := strings.Cut(link, `"`)
			if !strings.HasPrefix(id, "<!doctype") && !strings.Contains(page, `id="`+id+`"`) {
				t.Errorf("%s: a link leads to #%s, which is nowhere", version, id)
			}
		}
	}
}

func TestReferenceIsNotThereUnlessAskedFor(t *testing.T) {
	w := httptest.NewRecorder()
	pages(t, config(t)).ServeHTTP(w, httptest.NewRequest("GET", "/docs", nil))
	if w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
}

// It reads well on every screen, folded up and opened.
func TestReferenceInBrowser(t *testing.T) {
	url := shopInBrowser(t, describing)
	browser := browsertest.Open(t)
	for name, opts := range screens() {
		t.Run(name, func(t *testing.T) {
			tab := browser.Tab(t, opts)
			tab.Go(url + "/docs")
			tab.Check()
			tab.Screenshot("reference-" + name)
			tab.Go(url + "/docs?version=2026-04-17#type-Address") // a link into what is folded up opens it
			tab.WaitText("#type-Address", "postal_code")
			tab.Check()
			tab.Screenshot("reference-open-" + name)
		})
	}
}
