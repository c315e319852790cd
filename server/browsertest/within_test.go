package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// A frame without an origin and a tab that a page has opened are looked at and
// used like the tab itself.
func TestFramesAndPopups(t *testing.T) {
	var origin string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		const head = `<!doctype html><html lang="en"><head><title>T</title><link rel="icon" href="data:,"></head><body>`
		if r.URL.Path == "/other" {
			fmt.Fprint(w, head+`<h1>Other</h1>`)
			return
		}
		fmt.Fprint(w, head+`<h1>Host</h1><select id="choice" onchange="this.nextElementSibling.textContent = this.value"><option value="1">One<option value="2">Two</select><p id="chosen"></p>
<a href="/other" target="_blank" rel="opener">open</a>
<iframe title="inner" sandbox="allow-scripts" srcdoc="<button onclick='this.textContent = String(1 + 1)'>sum</button>"></iframe>`)
	}))
	defer srv.Close()
	origin = srv.URL
	tab := browsertest.Open(t).Tab(t, browsertest.Options{})
	// After the test, a tab with a popup in front of it is drawn all the same.
	t.Cleanup(func() { tab.Screenshot("host") })
	tab.Go(origin + "/")
	inner := tab.Frame("about:srcdoc")
	inner.WaitText("button", "sum")
	inner.Click("button")
	inner.WaitText("button", "2")
	if tab.Count("button") != 0 {
		t.Error("the frame is part of its page")
	}
	tab.Select("#choice", "Two")
	tab.WaitText("#chosen", "2")
	tab.Click("a")
	popup := tab.Popup(origin + "/other")
	popup.WaitText("h1", "Other")
	if !strings.HasSuffix(popup.URL(), "/other") || strings.HasSuffix(tab.URL(), "/other") {
		t.Errorf("the tab is at %s, the popup at %s", tab.URL(), popup.URL())
	}
}

// A frame can be gone into while it is being made: nothing here keeps a copy of
// a page that changes.
func TestFrameThatKeepsChanging(t *testing.T) {
	page := document(`<iframe title="inner" sandbox="allow-scripts" srcdoc="<p>here</p><script>
		setInterval(() => document.documentElement.dataset.at = performance.now());
	</script>"></iframe>`)
	tab := browsertest.Open(t).Tab(t, browsertest.Options{})
	tab.Go(serve(t, "", map[string]string{"/": page}) + "/")
	for range 40 {
		tab.Frame("about:srcdoc").WaitText("p", "here")
	}
}
