package simulator_test

import (
	"context"
	_ "embed"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/simulator"
)

//go:embed testdata/foreign.html
var foreignWidget string

// foreign is a server that is not ours: it keeps sessions, answers by event
// streams, asks the host something while a tool runs, and its widget does what
// it should not. Who reads that a second time waits until again is closed.
func foreign(t *testing.T, again <-chan struct{}) string {
	t.Helper()
	var reads atomic.Int32
	server := sdk.NewServer(&sdk.Implementation{Name: "foreign", Title: "Foreign Shop", Version: "1"}, nil)
	const uri = "ui://widget/foreign.html"
	server.AddResource(&sdk.Resource{URI: uri, Name: "foreign", MIMEType: "text/html+skybridge"}, func(ctx context.Context, _ *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
		if reads.Add(1) > 1 {
			select {
			case <-again:
			case <-ctx.Done():
			}
		}
		return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: uri, MIMEType: "text/html+skybridge", Text: foreignWidget,
			Meta: sdk.Meta{"openai/widgetCSP": map[string]any{"resource_domains": []string{"https://cdn.example; script-src *"}}}}}}, nil
	})
	sdk.AddTool(server, &sdk.Tool{Name: "checkout_session", Meta: sdk.Meta{"openai/outputTemplate": uri}},
		func(ctx context.Context, req *sdk.CallToolRequest, in map[string]any) (*sdk.CallToolResult, map[string]any, error) {
			if err := req.Session.Ping(ctx, nil); err != nil {
				return nil, nil, err
			}
			item := in["checkout_session"].(map[string]any)["items"].([]any)[0].(map[string]any)
			return nil, map[string]any{"id": "cs_" + item["id"].(string), "status": "ready_for_payment", "currency": "USD", "line_items": []any{}, "totals": []any{}}, nil
		})
	sdk.AddTool(server, &sdk.Tool{Name: "secret_tool", Meta: sdk.Meta{"ui": map[string]any{"visibility": []string{"model"}}}},
		func(context.Context, *sdk.CallToolRequest, struct{}) (*sdk.CallToolResult, any, error) {
			t.Error("a widget called a tool that it may not call")
			return nil, nil, nil
		})
	sdk.AddTool(server, &sdk.Tool{Name: "add", Description: "Adds."}, func(_ context.Context, _ *sdk.CallToolRequest, in struct {
		A int `json:"a"`
		B int `json:"b"`
	}) (*sdk.CallToolResult, map[string]int, error) {
		return nil, map[string]int{"sum": in.A + in.B}, nil
	})
	srv := httptest.NewServer(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return server }, nil))
	t.Cleanup(srv.Close)
	return srv.URL
}

// Any server can be tried: its tools are called with a form, and what its widget
// does wrong is told.
func TestServerThatIsNotOurs(t *testing.T) {
	again, page := make(chan struct{}), listen(t)
	serve(t, simulator.Config{MCPURL: foreign(t, again)}, page)
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Height: 1000, ReducedMotion: true})
	tab.Go(simulator.Origin(page) + "/")
	tab.WaitText("#status", "Foreign Shop")
	tab.WaitText("#shelf", "no search that can be recognised")

	tab.Click("#shelf-tools")
	tab.Click("#shelf-panel details:nth-of-type(1) > summary")
	tab.WaitText("#shelf-panel", "Adds.")
	tab.WaitText("#shelf-panel", "asks for every hint")
	tab.Click("#add-a")
	tab.Type("2")
	tab.Click("#add-b")
	tab.Type("40")
	tab.Keys("Enter")
	tab.WaitText("#talk", `{"sum":42}`)

	tab.Click("#shelf-shop")
	tab.Click("#open-id")
	tab.Type("7")
	tab.Keys("Enter")
	widget := tab.Frame("about:srcdoc")
	widget.WaitText("#said", "session cs_7; secret_tool refused; parent closed")
	tab.WaitText("#dialog", "not in the widget's redirect_domains")
	tab.WaitText("#talk", "What else is there?")
	tab.Screenshot("simulator-foreign")
	tab.Click("#remain")
	widget.WaitText("#said", "link refused")
	tab.WaitText("#modal-title", "checkout_session")
	tab.Keys("Escape") // before the widget in it was read
	tab.WaitGone("#modal[open]")
	close(again)
	tab.WaitText("#sheet-title", "Pay x")
	if tab.Count("#modal-place iframe") > 0 {
		t.Error("a modal that was closed has a widget")
	}
	tab.Click("#sheet-cancel")
	widget.WaitText("#said", "checkout user_cancelled User cancelled checkout; fullscreen")
	tab.Keys("Escape")
	tab.WaitText("#stage-bar", "Full screen") // it is back in the conversation
	// Until a picture of it was drawn, the browser takes a click for the frame's.
	tab.Screenshot("simulator-foreign-inline")

	tab.Click("#inspector-checks")
	for _, path := range []string{"$.payment_provider", "$.line_items", "$.totals", "$.messages", "$.links", "$.merchant"} {
		tab.WaitText("#inspector-panel .fault code", path)
	}
	tab.Click("#inspector-problems")
	for _, problem := range []string{"img-src does not allow https://cdn.example/picture.png", "the widget complains", "The widget called secret_tool", "Not an origin, so it is left out of the policy: https://cdn.example; script-src *"} {
		tab.WaitText("#inspector-panel li", problem)
	}
	tab.Screenshot("simulator-foreign-problems")
	check(t, tab)
	// The browser's own console has what was provoked, and nothing more.
	for _, problem := range append(widget.Problems(), tab.Problems()...) {
		if !strings.Contains(problem, "cdn.example") && !strings.Contains(problem, "the widget complains") {
			t.Error(problem)
		}
	}
}
