package clients_test

import (
	"bytes"
	"embed"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/npmtest"
	"github.com/checkstand/checkstand/server/servertest"
)

//go:embed testdata/*.html testdata/*.js testdata/*.mjs
var testdata embed.FS

// hostPage is a host of MCP Apps made of the official packages: a page, and
// one of another origin that keeps widgets.
type hostPage struct{ origin, proxy string }

// openHost serves a host with the modules of npm as they are: the page's import
// map says where they lie, so nothing is bundled.
func openHost(t testing.TB) hostPage {
	t.Helper()
	files, err := fs.Sub(testdata, "testdata")
	if err != nil {
		t.Fatal(err)
	}
	npmtest.Node(t) // the shim is put in by a request, which could not end the test
	modules := filepath.Dir(npmtest.Module(t, "@modelcontextprotocol"))
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.Handle("GET /npm/", http.StripPrefix("/npm/", http.FileServer(http.Dir(modules))))
	mux.HandleFunc("POST /shim", func(w http.ResponseWriter, r *http.Request) {
		page, err := shimmed(t, r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(page)
	})
	page, proxy := httptest.NewServer(mux), httptest.NewServer(http.FileServerFS(files))
	t.Cleanup(page.Close)
	t.Cleanup(proxy.Close)
	return hostPage{origin: page.URL, proxy: proxy.URL + "/proxy.html"}
}

// shimmed puts MCPJam's window.openai into a widget's page. Theirs is a program
// for Node.
func shimmed(t testing.TB, wish io.Reader) ([]byte, error) {
	script, err := testdata.ReadFile("testdata/shim.mjs")
	if err != nil {
		return nil, err
	}
	module := &url.URL{Scheme: "file", Path: npmtest.Module(t, "@mcpjam/sdk/dist/index.js")}
	cmd := npmtest.Command(t.Context(), t, nil, "--input-type=module", "--eval", string(script), module.String())
	var out, problems bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = wish, &out, &problems
	if err := cmd.Run(); err != nil {
		return nil, errors.Join(err, errors.New(problems.String()))
	}
	return out.Bytes(), nil
}

// opening is what a host shows a widget for.
type opening struct {
	items   string // of checkout_session, as JSON
	address string // given before the widget is shown, as JSON
	// negotiation of the official client: "legacy" greets by initialize, "auto"
	// asks for the stateless revision first.
	negotiation string
	shim        bool // window.openai of MCPJam
	theme       string
	locale      string
}

// show opens the widget of a shop in the host's page.
func (h hostPage) show(t *testing.T, s *servertest.Server, o opening, look browsertest.Options) (tab, widget *browsertest.Tab) {
	t.Helper()
	wish := url.Values{"mcp": {s.BaseURL + "/mcp"}, "proxy": {h.proxy}, "items": {o.items}, "negotiation": {o.negotiation}}
	if o.shim {
		wish.Set("shim", "1")
	}
	for name, value := range map[string]string{"address": o.address, "theme": o.theme, "locale": o.locale} {
		if value != "" {
			wish.Set(name, value)
		}
	}
	tab = browsertest.Open(t).Tab(t, look)
	tab.Go(h.origin + "/host.html?" + wish.Encode())
	tab.WaitText("#said", "initialized checkstand-checkout")
	return tab, tab.Frame("about:srcdoc")
}

// said is what the widget, or the host's own part, said of something last.
func said(t *testing.T, tab *browsertest.Tab, what string) string {
	t.Helper()
	tab.WaitText("#said", what+" ")
	lines := strings.TrimSpace(tab.Text("#said li[data-what=" + what + "]:nth-last-child(1 of [data-what=" + what + "])"))
	return strings.TrimPrefix(lines, what+" ")
}

// What is bought, and where it goes to.
const (
	oneMug  = `[{"id": "mug", "quantity": 1}]`
	address = `{"name": "Test Buyer", "line_one": "1 Example Street", "city": "San Francisco", "state": "CA", "country": "US", "postal_code": "94105"}`
)

// clean holds the host's page to what it may do. The official client asks for a
// stream of the server's own messages, which a stateless server has none of,
// and the browser writes every 405 down.
func clean(t *testing.T, tab *browsertest.Tab, s *servertest.Server, expected ...string) {
	t.Helper()
	expected = append(expected, "405 (Method Not Allowed) "+s.BaseURL+"/mcp")
	for _, problem := range tab.Problems() {
		if !slices.ContainsFunc(expected, func(e string) bool { return strings.Contains(problem, e) }) {
			t.Errorf("the host's page: %s", problem)
		}
	}
	if n := tab.Count("#said [data-what=error]"); n != 0 {
		t.Errorf("the bridge had errors: %s", tab.Text("#said"))
	}
}
