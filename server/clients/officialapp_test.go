package clients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/npmtest"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/simulator"
)

// The simulator with a widget that is not ours: one on the official App class,
// at our shop's tools.
func TestSimulatorWithOfficialApp(t *testing.T) {
	for name, tt := range map[string]struct {
		set func(*browsertest.Tab) // switches of the simulator
		buy func(s *servertest.Server, tab, widget *browsertest.Tab)
	}{
		"window.openai": {nil, bySheet},
		"the pair of notifications over the bridge": {func(tab *browsertest.Tab) { tab.Click("#switch-openai") }, bySheet},
		"the shop's own page": {nil, func(s *servertest.Server, tab, widget *browsertest.Tab) {
			widget.Click("#outside")
			payOutside(tab.Popup(s.BaseURL + "/checkout/"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			tab := openSimulator(t, s, withOfficialApp(t))
			if tt.set != nil {
				tab.Click("#inspector-switches")
				tt.set(tab)
				tab.Click("#inspector-traffic")
			}
			tab.Click(`button[aria-label="Open mug"]`)
			widget := tab.Frame("about:srcdoc")
			widget.WaitText("#lines", "1 × mug")
			tab.WaitText("#talk", "connected to checkstand-simulator")
			tab.WaitText(".messages", "ui/notifications/size-changed")
			widget.Click("#more")
			widget.WaitText("#lines", "2 × mug")
			widget.Click("#deliver")
			widget.WaitText("#total", "ready_for_payment: 4494 USD")
			id := strings.TrimPrefix(widget.Text("#title"), "Cart ")
			tab.Screenshot("official-app " + name)
			tt.buy(s, tab, widget)
			order := wantBought(t, s, id)
			if got := widget.Text("#outcome"); got != "Opened" && got != "Ordered "+order.OrderNumber {
				t.Errorf("the widget shows %q for order %s", got, order.OrderNumber)
			}
			// The App's schemas try whether they may use eval, and do without.
			tab.Click("#inspector-problems")
			tab.WaitText("#inspector-panel .fault", "script-src does not allow eval")
			if n := tab.Count("#inspector-panel .fault"); n != 1 {
				t.Errorf("%d problems: %s", n, tab.Text("#inspector-panel"))
			}
		})
	}
}

// Our widget under MCPJam's window.openai, in our simulator in the place of
// MCPJam: the shim's pair of notifications opens the simulator's sheet.
func TestSimulatorWithMCPJamShim(t *testing.T) {
	s := openShop(t)
	npmtest.Node(t)
	tab := openSimulator(t, s, func(content map[string]any) {
		wish, err := json.Marshal(map[string]any{"html": content["text"], "toolName": "checkout_session", "toolInput": nil, "toolOutput": nil})
		if err != nil {
			t.Error(err)
			return
		}
		page, err := shimmed(t, bytes.NewReader(wish))
		if err != nil {
			t.Error(err)
			return
		}
		content["text"] = string(page)
	})
	tab.Click("#inspector-switches")
	tab.Click("#switch-openai")
	tab.Click("#inspector-traffic")
	tab.Click(`button[aria-label="Open mug"]`)
	widget := tab.Frame("about:srcdoc")
	widget.WaitText(".title", servertest.Mug)
	deliver(widget)
	widget.Click("#buy")
	payInSheet(tab)
	widget.WaitText(".done .order", "")
	orders, err := s.Store.ListOrders(t.Context(), servertest.MerchantID, false, nil, 10)
	if err != nil || len(orders) != 1 {
		t.Fatalf("the shop has %d orders: %v", len(orders), err)
	}
	wantBought(t, s, orders[0].CheckoutSessionID)
	tab.Screenshot("simulator-shim")
	tab.Click("#inspector-problems")
	if n := tab.Count("#inspector-panel .fault"); n != 0 {
		t.Errorf("%d problems: %s", n, tab.Text("#inspector-panel"))
	}
}

func bySheet(_ *servertest.Server, tab, widget *browsertest.Tab) {
	widget.Click("#buy")
	payInSheet(tab)
	widget.WaitText("#outcome", "Ordered ")
}

// payInSheet pays in the simulator's sheet, where a card is declined first.
func payInSheet(tab *browsertest.Tab) {
	tab.WaitText("#sheet-title", "Pay Harbour Goods")
	tab.Click("[name=card][value=decline]")
	tab.Click("#autofill")
	tab.Click("#sheet-pay")
	tab.WaitText("#sheet-notice", "declined")
	tab.Click("[name=card][value=approve]")
	tab.Click("#sheet-pay")
}

// openSimulator shows a shop in the simulator. The widget's content is changed
// on its way.
func openSimulator(t *testing.T, s *servertest.Server, change func(content map[string]any)) *browsertest.Tab {
	t.Helper()
	proxy := httptest.NewServer(changing(t, s.BaseURL+"/mcp", change))
	t.Cleanup(proxy.Close)
	sim, err := simulator.New(simulator.Config{MCPURL: proxy.URL, Version: "test", PSP: simulator.PSP{URL: s.PSPURL, Key: s.AgentKey}})
	if err != nil {
		t.Fatal(err)
	}
	page, frame := listen(t), listen(t)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- sim.Serve(ctx, page, frame) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Height: 1000, ReducedMotion: true})
	tab.Go(simulator.Origin(page) + "/")
	tab.WaitText("#status", "Harbour Goods")
	tab.WaitText(".products", servertest.Mug)
	return tab
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// changing passes requests on to an MCP server, and changes the resources that
// it answers with.
func changing(t *testing.T, endpoint string, change func(content map[string]any)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, kind, err := pass(r, endpoint, change)
		if err != nil {
			t.Error(err)
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(answer)
	})
}

func pass(r *http.Request, endpoint string, change func(content map[string]any)) (answer []byte, kind string, err error) {
	asked, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, "", err
	}
	out, err := http.NewRequestWithContext(r.Context(), r.Method, endpoint, bytes.NewReader(asked))
	if err != nil {
		return nil, "", err
	}
	for name := range r.Header {
		if name != "Accept-Encoding" {
			out.Header[name] = r.Header[name]
		}
	}
	resp, err := http.DefaultClient.Do(out)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	kind = resp.Header.Get("Content-Type")
	if answer, err = io.ReadAll(resp.Body); err != nil {
		return nil, "", err
	}
	var request struct{ Method string }
	if err := json.Unmarshal(asked, &request); err != nil || request.Method != "resources/read" {
		return answer, kind, err
	}
	var message map[string]any
	if err := json.Unmarshal(answer, &message); err != nil {
		return nil, "", err
	}
	result, ok := message["result"].(map[string]any)
	if !ok {
		return nil, "", errors.New("resources/read has no result")
	}
	change(result["contents"].([]any)[0].(map[string]any))
	answer, err = json.Marshal(message)
	return answer, kind, err
}

// withOfficialApp puts the test's widget into the place of ours. It has its
// script from an origin that it names in its policy.
func withOfficialApp(t *testing.T) func(content map[string]any) {
	t.Helper()
	page, err := testdata.ReadFile("testdata/app.html")
	if err != nil {
		t.Fatal(err)
	}
	script, err := testdata.ReadFile("testdata/app.js")
	if err != nil {
		t.Fatal(err)
	}
	modules := filepath.Dir(npmtest.Module(t, "@modelcontextprotocol"))
	mux := http.NewServeMux()
	mux.Handle("GET /npm/", http.StripPrefix("/npm/", http.FileServer(http.Dir(modules))))
	mux.HandleFunc("GET /app.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(script)
	})
	scripts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*") // the widget has no origin
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(scripts.Close)
	return func(content map[string]any) {
		content["text"] = strings.ReplaceAll(string(page), "{origin}", scripts.URL)
		content["_meta"].(map[string]any)["ui"].(map[string]any)["csp"].(map[string]any)["resourceDomains"] = []string{scripts.URL}
	}
}
