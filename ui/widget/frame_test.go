package widget_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/ui"
)

//go:embed testdata/outer.js
var outerScript string

//go:embed testdata/sandbox.html
var sandboxPage string

// TestInTheFramesOfAHost has the widget as hosts have it, in a frame within a
// frame of another origin, and uses it by the keyboard from outside.
func TestInTheFramesOfAHost(t *testing.T) {
	pictures := servePictures(t)
	sandbox := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, sandboxPage)
	}))
	t.Cleanup(sandbox.Close)
	options, err := json.Marshal(map[string]any{
		"shop": shop{Pictures: pictures}, "locale": "en-US", "outside": "", "sheet": []string{},
		"html": ui.Widget(), "sandbox": sandbox.URL, "policy": fmt.Sprintf(policy, pictures),
	})
	if err != nil {
		t.Fatal(err)
	}
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host</title><link rel="icon" href="data:,">
<style>iframe { display: block; width: 640px; height: 100px; border: 0 }</style></head>
<body><h1>Chat</h1><iframe title="App" src="%s/?%s"></iframe><script>const options = %s;
%s
%s
%s</script></body></html>`, sandbox.URL, r.URL.RawQuery, options, shopScript, hostScript, outerScript)
	}))
	t.Cleanup(host.Close)

	tab := browsertest.Open(t).Tab(t, browsertest.Options{})
	tab.Go(host.URL + "/?opaque")
	tab.WaitText("#traffic", `"height":`)
	tab.Screenshot("in-frames")

	// Keys reach a frame only where it shares the process of the page.
	tab.Go(host.URL + "/?keys")
	tab.WaitText("#traffic", `"height":`)
	// The button for the whole screen, then one fewer, one more.
	tab.Keys("Tab", "Tab", "Tab", "Enter")
	wantAsked(t, tab, "update_checkout_session", `[{"id":"mug-stoneware-sand","quantity":3},{"id":"blanket-wool-moss","quantity":1}]`, 1)
	// The focus has stayed, and the same key does the same again.
	tab.Keys("Enter")
	tab.WaitText("#traffic", `"quantity":4}`)
	tab.WaitText("#traffic [data-name=answered]", `"amount":22649`)
	// Remove; the second line; the address; the delivery; the code; pay.
	tab.Keys("Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab")
	tab.Keys("Enter")
	wantAsked(t, tab, "start_external_checkout", "cs_1", 1)
	wantAsked(t, tab, "ui/open-link", "https://shop.example/checkout/1", 1)
}
