package clients_test

import (
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/npmtest"
	"github.com/checkstand/checkstand/server/servertest"
)

// The widget in the page of the official inspector, a host of MCP Apps with
// frames of its own: opened by a form, changed, shown in the dark, and paid for
// on the shop's own page.
func TestInspectorPage(t *testing.T) {
	s := openShop(t)
	p := npmtest.Start(t, []string{"HOST=127.0.0.1", "CLIENT_PORT=" + freePort(t), "MCP_SANDBOX_PORT=0", "MCP_APP_ORIGIN_PORT=0",
		"MCP_AUTO_OPEN_ENABLED=false", "MCP_INSPECTOR_SECRET_STORE=memory"},
		npmtest.Module(t, "@modelcontextprotocol/inspector/clients/launcher/build/index.js"),
		"--web", "--server-url", s.BaseURL+"/mcp", "--transport", "http")
	address := p.WaitFor(regexp.MustCompile(`http://127\.0\.0\.1:\d+/?\?MCP_INSPECTOR_API_TOKEN=\w+`))[0]
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Height: 1000, Width: 1500, ReducedMotion: true})
	tab.Go(address)
	tab.WaitText("body", "Disconnected")
	tab.Click(".mantine-Switch-track")
	tab.WaitText("body", "Connected")
	tab.Click("input[value=Apps] + label")
	tab.WaitText("body", "MCP Apps (1)")
	press(t, tab, `button "Close monitoring sidebar"`)
	press(t, tab, `button "Open checkout`)
	press(t, tab, `button "Add item`)
	focus(t, tab, `textbox "id"`)
	tab.Type(servertest.Mug)
	tab.Keys("Tab")
	tab.Type("2")
	tab.Screenshot("inspector-form")
	tab.Click("[data-testid=open-app]")
	widget := tab.Frame("about:srcdoc")
	widget.WaitText(".title", servertest.Mug)
	widget.Click(".lines > li .step:last-child")
	widget.WaitText(".number", "3")
	deliver(widget)
	widget.Click("#delivery-express")
	widget.WaitText(".totals", "$14.90")
	widget.WaitText("#buy", "Pay $73.90")
	tab.Click("button[aria-label='Toggle color scheme']")
	widget.WaitText("html[data-scheme=dark] .title", servertest.Mug)
	tab.Screenshot("inspector-widget")

	widget.Click("#buy")
	payOutside(tab.Popup(s.BaseURL + "/checkout/"))
	widget.WaitText(".done .order", "")
	tab.Screenshot("inspector-done")
	orders, err := s.Store.ListOrders(t.Context(), servertest.MerchantID, false, nil, 10)
	if err != nil || len(orders) != 1 {
		t.Fatalf("the shop has %d orders: %v", len(orders), err)
	}
	order := wantBought(t, s, orders[0].CheckoutSessionID)
	if got := widget.Text(".order"); !strings.Contains(got, order.OrderNumber) {
		t.Errorf("the widget shows %q for order %s", got, order.OrderNumber)
	}
	if got := session(t, s, order.CheckoutSessionID).LineItems[0].Quantity; got != 3 {
		t.Errorf("the shop has a quantity of %d", got)
	}
	// It would have its letters from elsewhere, and tells of every message.
	clean(t, tab, s, "fonts.googleapis.com", "console.debug: ")
}

// press goes to a control by the keyboard, as it is read out, and presses it.
func press(t *testing.T, tab *browsertest.Tab, control string) {
	t.Helper()
	focus(t, tab, control)
	tab.Keys("Enter")
}

// focus moves the keyboard on until it is at a control, which may still be to
// come.
func focus(t *testing.T, tab *browsertest.Tab, control string) {
	t.Helper()
	var seen []string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); tab.Keys("Tab") {
		f := tab.Focused().String()
		if strings.HasPrefix(f, control) {
			return
		}
		if !slices.Contains(seen, f) {
			seen = append(seen, f)
		}
	}
	t.Fatalf("the keyboard does not come to %s, but to %s", control, strings.Join(seen, ", "))
}

// freePort finds a port for a program that cannot choose one itself. It is none
// of those that systems give to who asks for any, so that nobody gets it before
// the program does.
func freePort(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	for range 100 {
		port := strconv.Itoa(20_000 + rand.IntN(10_000))
		if ln, err := lc.Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			if err := ln.Close(); err != nil {
				t.Fatal(err)
			}
			return port
		}
	}
	t.Fatal("a hundred ports are taken")
	return ""
}
