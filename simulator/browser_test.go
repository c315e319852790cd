package simulator_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/demo/shop"
	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/simulator"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// stage is a simulator of a whole shop.
type stage struct {
	*servertest.Server
	page string // the simulator's origin
}

// listen takes a free port of this machine.
func listen(t testing.TB) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// serve runs a simulator until the test ends.
func serve(t testing.TB, cfg simulator.Config, page net.Listener) {
	t.Helper()
	s, err := simulator.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	frame := listen(t)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, page, frame) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// goods are three things with pictures and one without: the shop's own page
// shows pictures over TLS alone, and those of a test are not.
func goods(pictures string) []catalog.Item {
	item := func(id, title, description string, price, stock int64) catalog.Item {
		return catalog.Item{ID: id, ProductID: id, Title: title, ProductTitle: title, Description: description, Price: price, Currency: "usd",
			Kind: catalog.Physical, WeightGrams: 400, Availability: catalog.InStock, Tracked: true, Stock: stock, Images: []string{pictures + "/" + id + ".svg"}}
	}
	apron := item("apron-linen", "Linen Apron", "Washed linen with two pockets.", 4400, 20)
	apron.Images = nil
	return []catalog.Item{
		apron,
		item("mug-stoneware-sand", "Stoneware Mug", "A hand-glazed mug with a bare foot. Holds 350 ml.", 1800, 1000),
		item("blanket-wool-moss", "Wool Blanket", "A heavy blanket of new wool, woven with two stripes and a fringe.", 12900, 5),
		item("clock-wall", "Wall Clock", "A silent clock in a beech ring, 30 cm across.", 5800, 1),
	}
}

// open starts a shop with an app and a simulator of it.
func open(t testing.TB, change ...func(*config.Config)) *stage {
	t.Helper()
	page := listen(t)
	pictures := listen(t)
	srv := &http.Server{Handler: http.FileServerFS(shop.Pictures())}
	go func() { _ = srv.Serve(pictures) }()
	t.Cleanup(func() { _ = srv.Close() })
	s := servertest.Start(t, servertest.Options{Items: goods(simulator.Origin(pictures)), Configure: func(c *config.Config) {
		m := &c.Merchants[0]
		m.Name, m.App.Enabled = "Harbour Goods", true
		m.App.Pictures = []string{simulator.Origin(pictures)}
		m.Checkout.ReturnOrigins = []string{simulator.Origin(page)}
		for _, f := range change {
			f(c)
		}
	}})
	serve(t, simulator.Config{MCPURL: s.BaseURL + "/mcp", Version: "test", PSP: simulator.PSP{URL: s.PSPURL, Key: s.AgentKey}}, page)
	return &stage{Server: s, page: simulator.Origin(page)}
}

// visit opens the simulator in a browser, connected.
func (s *stage) visit(t *testing.T, look browsertest.Options) *browsertest.Tab {
	t.Helper()
	tab := browsertest.Open(t).Tab(t, look)
	tab.Go(s.page + "/")
	tab.WaitText("#status", "Harbour Goods")
	tab.WaitText(".products", "Stoneware Mug")
	return tab
}

// product opens the widget of a product.
func product(t *testing.T, tab *browsertest.Tab, title string) (widget *browsertest.Tab) {
	t.Helper()
	tab.Click(fmt.Sprintf("button[aria-label=%q]", "Open "+title))
	widget = tab.Frame("about:srcdoc")
	widget.WaitText("#checkout", title)
	return widget
}

// deliver types the buyer's address into the widget.
func deliver(t *testing.T, widget *browsertest.Tab) {
	t.Helper()
	widget.Click("#address-add")
	widget.WaitText("label[for=postal_code]", "Postal code")
	widget.Click("#name")
	for i, value := range []string{"Test Buyer", "1 Example Street", "", "94105", "San Francisco", "CA"} {
		if i > 0 {
			widget.Keys("Tab")
		}
		widget.Type(value)
	}
	widget.Keys("Enter")
	widget.WaitText(".totals", "Tax")
	widget.WaitText("#buy", "Pay $")
}

// pay fills the sheet in and pays with a card.
func pay(t *testing.T, tab *browsertest.Tab, card string) {
	t.Helper()
	tab.WaitText("#sheet-title", "Pay Harbour Goods")
	choose(tab, card)
	tab.Click("#autofill")
	tab.Click("#sheet-pay")
}

func choose(tab *browsertest.Tab, card string) { tab.Click(fmt.Sprintf("[name=card][value=%q]", card)) }

// inspect turns to a tab of the inspector, once more where the page has moved
// away below a tap: on a phone it stands below the widget, which may still take
// another height.
func inspect(tab *browsertest.Tab, name string) {
	for range 3 {
		tab.Click("#inspector-" + name)
		if tab.Count("#inspector-"+name+"[aria-selected=true]") == 1 {
			return
		}
	}
	tab.WaitText("#inspector-"+name+"[aria-selected=true]", "")
}

// clean holds the page to its reader, and the widget and the session to the
// host: nothing was blocked, nothing failed, nothing has to be put right.
func clean(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	for _, v := range tab.Axe() {
		t.Errorf("axe: %s", v)
	}
	if over := tab.OverflowsX(); len(over) != 0 {
		t.Errorf("it is too wide: %s", over)
	}
	inspect(tab, "problems")
	tab.WaitText("#inspector-panel", "")
	if n := tab.Count("#inspector-panel .fault"); n != 0 {
		t.Errorf("%d problems: %s", n, tab.Text("#inspector-panel"))
	}
	inspect(tab, "checks")
	tab.WaitText("#inspector-panel", "held to the documentation")
	if n := tab.Count("#inspector-panel .fault"); n != 0 {
		t.Errorf("%d violations: %s", n, tab.Text("#inspector-panel"))
	}
	tab.Click("#inspector-traffic")
}

// A purchase as in a chat: from the search over the cart and the payment sheet
// to the order.
func TestBuyByPaymentSheet(t *testing.T) {
	s := open(t)
	tab := s.visit(t, browsertest.Options{Height: 1000})
	tab.Screenshot("simulator-1-shop")
	widget := product(t, tab, "Stoneware Mug")
	deliver(t, widget)
	tab.Screenshot("simulator-2-widget")
	widget.Click("#buy")
	tab.WaitText("#sheet-pay", "Pay $")
	tab.Screenshot("simulator-3-sheet")
	pay(t, tab, "approve")
	widget.WaitText("h1", "Thank you")
	tab.WaitGone("#sheet form")
	tab.Screenshot("simulator-4-done")
	clean(t, tab)
	if order := widget.Text(".order"); !strings.Contains(order, "Order") {
		t.Errorf("the widget shows %q for the order", order)
	}
}
