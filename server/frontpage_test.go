package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/text"
)

// fetched is what a GET answers to a browser of a language.
func fetched(t *testing.T, address, lang string) (body string, h http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", lang)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err != nil || cerr != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v, %v", address, resp.Status, err, cerr)
	}
	return string(raw), resp.Header
}

// The front page lists every door that is open, in the reader's language, and
// none that is shut.
func TestFrontPageListsWhatIsOn(t *testing.T) {
	doors := []string{"/.well-known/acp.json", "/checkout_sessions", "/checkout_sessions/{id}", "/checkout_sessions/{id}/complete",
		"/checkout_sessions/{id}/cancel", "/acp/mcp", "/docs", "/openapi.json", "/healthz"}
	for name, c := range map[string]struct {
		change func(*config.Config)
		more   []string // doors that this shop has
		not    []string
	}{
		"as it is":          {func(*config.Config) {}, []string{"/carts"}, []string{"/mcp"}},
		"with an app":       {func(c *config.Config) { c.Merchants[0].App.Enabled = true }, []string{"/carts", "/mcp"}, nil},
		"without any carts": {func(c *config.Config) { c.Merchants[0].Carts.Enabled = false }, nil, []string{"/carts", "/mcp"}},
	} {
		t.Run(name, func(t *testing.T) {
			shop := servertest.Start(t, servertest.Options{Configure: c.change})
			for _, lang := range text.Languages {
				page, h := fetched(t, shop.BaseURL+"/", lang)
				if h.Get("Content-Language") != lang || !strings.Contains(page, text.For(lang).Say("front.products")) {
					t.Errorf("%s: the page is in %q", lang, h.Get("Content-Language"))
				}
				_, list, _ := strings.Cut(page, `<ul class="endpoints">`)
				for _, path := range append(doors, c.more...) {
					if !strings.Contains(list, " "+path+"</code>") && !strings.Contains(list, ">"+path+"</a>") {
						t.Errorf("%s: the page does not list %s", lang, path)
					}
				}
				for _, path := range c.not {
					if strings.Contains(list, " "+path+"</code>") || strings.Contains(list, ">"+path+"</a>") {
						t.Errorf("%s: the page lists %s", lang, path)
					}
				}
				for _, path := range []string{"/docs", "/openapi.json", "/healthz", "/.well-known/acp.json"} {
					if !strings.Contains(list, `href="`+path+`"`) {
						t.Errorf("%s: there is no link to %s", lang, path)
					}
				}
			}
			for _, path := range []string{"/docs", "/openapi.json", "/healthz", "/.well-known/acp.json"} {
				fetched(t, shop.BaseURL+path, "en")
			}
		})
	}
}
