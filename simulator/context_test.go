package simulator_test

import (
	"context"
	_ "embed"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/simulator"
)

// The reader chooses other colours and another language while the widget is
// open: it follows, keeps what was typed, and the purchase goes on.
func TestColoursAndLanguageChangeWhileOpen(t *testing.T) {
	s := open(t)
	tab, widget := ready(t, s, browsertest.Options{Height: 900})
	widget.Click("#address-change")
	widget.Click("#line_two")
	widget.Type("Flat 3")
	tab.Click("#inspector-switches")
	tab.Select("#switch-scheme", "Dark")
	widget.WaitText(`html[data-scheme=dark] h1`, "Your cart")
	for _, step := range []struct{ language, lang, title, pay string }{
		{"Japanese", "ja", "カート", "を支払う"},
		{"French", "fr", "Votre panier", "Payer"},
		{"Spanish", "es", "Su carrito", "Pagar"},
		{"German", "de", "Ihr Warenkorb", "bezahlen"},
	} {
		tab.Select("#switch-locale", step.language)
		widget.WaitText("html[lang="+step.lang+"] h1", step.title)
		widget.WaitText("#buy", step.pay)
	}
	tab.Screenshot("simulator-german-dark")
	check(t, tab)
	widget.Click(".fields .button")
	widget.WaitText("address", "Flat 3")
	widget.WaitText("#buy", "bezahlen")
	widget.Click("#buy")
	pay(t, tab, "approve")
	widget.WaitText("h1", "Vielen Dank")
	clean(t, tab)
}

//go:embed testdata/modes.html
var modesWidget string

//go:embed testdata/slow.html
var slowWidget string

// modes is a server whose widget tells what it hears of its surroundings.
func modes(t *testing.T, widget string) string {
	t.Helper()
	server := sdk.NewServer(&sdk.Implementation{Name: "modes", Title: "Modes", Version: "1"}, nil)
	const uri, kind = "ui://widget/modes.html", "text/html;profile=mcp-app"
	server.AddResource(&sdk.Resource{URI: uri, Name: "modes", MIMEType: kind}, func(context.Context, *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
		return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: uri, MIMEType: kind, Text: widget}}}, nil
	})
	sdk.AddTool(server, &sdk.Tool{Name: "checkout_session", Meta: sdk.Meta{"ui": map[string]any{"resourceUri": uri}}},
		func(context.Context, *sdk.CallToolRequest, map[string]any) (*sdk.CallToolResult, map[string]any, error) {
			return nil, map[string]any{"ok": true}, nil
		})
	srv := httptest.NewServer(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return server }, nil))
	t.Cleanup(srv.Close)
	return srv.URL
}

// A widget hears of every change by the bridge and by window.openai, and may be
// kept in view beside the conversation where there is room for that.
func TestSurroundings(t *testing.T) {
	page := listen(t)
	serve(t, simulator.Config{MCPURL: modes(t, modesWidget)}, page)
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Height: 900, ReducedMotion: true})
	tab.Go(simulator.Origin(page) + "/")
	tab.WaitText("#status", "Modes")
	tab.Click("#open-id")
	tab.Type("7")
	tab.Keys("Enter")
	widget := tab.Frame("about:srcdoc")
	widget.WaitText("#heard", `at first {"theme":"light","locale":"en-US"}`)
	widget.WaitText("#heard", "greeted") // from now on it is told of changes

	tab.Click("#inspector-switches")
	tab.Select("#switch-scheme", "Dark")
	tab.Select("#switch-locale", "Japanese")
	for _, from := range []string{"bridge", "openai"} {
		widget.WaitText("#heard", from+` {"theme":"dark","locale":"en-US"`)
		widget.WaitText("#heard", from+` {"theme":"dark","locale":"ja-JP"`)
	}

	widget.Click("#pip")
	widget.WaitText("#heard", `answer {"mode":"pip"}`)
	widget.WaitText("#heard", `bridge {"displayMode":"pip"}`)
	widget.WaitText("#heard", `openai {"displayMode":"pip"}`)
	if n := tab.Count("#stage[data-mode=pip]"); n != 1 {
		t.Error("the widget is not kept in view")
	}
	tab.Screenshot("simulator-pip")
	check(t, tab)
	tab.Click("#stage-bar button:first-of-type")
	widget.WaitText("#heard", `bridge {"displayMode":"inline"}`)
	tab.Screenshot("simulator-pip-inline")

	// On a phone there is no room beside the conversation.
	tab.Select("#switch-device", "Phone")
	widget.Click("#pip")
	widget.WaitText("#heard", `answer {"mode":"fullscreen"}`)
	tab.Click("#stage-bar button:first-of-type")
	tab.WaitText("#stage-bar", "Full screen")
	// Until a picture of it was drawn, the browser takes a click for the frame's.
	tab.Screenshot("simulator-pip-phone")
	tab.Click("#inspector-problems")
	if n := tab.Count("#inspector-panel .fault"); n != 0 {
		t.Errorf("%d problems: %s", n, tab.Text("#inspector-panel"))
	}
}

// What changes before a widget has answered the host's greeting is told with the
// answer: until then it listens to nothing.
func TestSurroundingsThatChangeWhileAWidgetIsGreeted(t *testing.T) {
	page := listen(t)
	serve(t, simulator.Config{MCPURL: modes(t, slowWidget)}, page)
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Height: 900, ReducedMotion: true})
	tab.Go(simulator.Origin(page) + "/")
	tab.WaitText("#status", "Modes")
	tab.Click("#inspector-switches")
	for _, c := range []struct{ before, scheme, language, after string }{
		{`{"theme":"light","locale":"en-US"}`, "Dark", "Japanese", `told {"theme":"dark","locale":"ja-JP"}`},
		{`{"theme":"dark","locale":"ja-JP"}`, "Dark", "Japanese", ""},
	} {
		tab.Click("#open-id")
		tab.Keys("Control+a")
		tab.Type("7")
		tab.Keys("Enter")
		widget := tab.Frame("about:srcdoc")
		widget.WaitText("#heard", "at first "+c.before)
		tab.Select("#switch-scheme", c.scheme)
		tab.Select("#switch-locale", c.language)
		widget.Click("#answer")
		widget.WaitText("#heard", "greeted") // after all that it is told
		if heard := widget.Text("#heard"); heard != strings.Join(strings.Fields("at first "+c.before+" "+c.after+" greeted"), " ") {
			t.Errorf("it was told %s", heard)
		}
		widget.Click("#close")
		tab.WaitGone("iframe")
	}
	tab.Click("#inspector-problems")
	if n := tab.Count("#inspector-panel .fault"); n != 0 {
		t.Errorf("%d problems: %s", n, tab.Text("#inspector-panel"))
	}
}
