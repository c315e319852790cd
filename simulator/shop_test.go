package simulator_test

import (
	"fmt"
	"testing"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/simulator"
)

// openWith starts a shop of other goods, without their pictures.
func openWith(t *testing.T, items []catalog.Item) *stage {
	t.Helper()
	for i := range items {
		items[i].Images = nil
	}
	page := listen(t)
	s := servertest.Start(t, servertest.Options{Items: items, Configure: func(c *config.Config) {
		m := &c.Merchants[0]
		m.Name, m.App.Enabled = "Harbour Goods", true
	}})
	serve(t, simulator.Config{MCPURL: s.BaseURL + "/mcp", Version: "test", PSP: simulator.PSP{URL: s.PSPURL, Key: s.AgentKey}}, page)
	return &stage{Server: s, page: simulator.Origin(page)}
}

// Each variant of a product can be opened, not its first alone.
func TestChooseAVariant(t *testing.T) {
	items := goods("")
	mug := items[1]
	mug.Title, mug.Options = "Stoneware Mug - Sand", []catalog.Option{{Name: "Colour", Value: "Sand"}}
	sea := mug
	sea.ID, sea.Title, sea.Price, sea.Options = "mug-stoneware-sea", "Stoneware Mug - Sea", 2100, []catalog.Option{{Name: "Colour", Value: "Sea"}}
	items[1] = mug
	s := openWith(t, append(items, sea))
	tab := s.visit(t, browsertest.Options{ReducedMotion: true})
	tab.WaitText(".products", "mug-stoneware-sand")
	if n := tab.Count(".products select"); n != 1 {
		t.Errorf("%d products have variants, want the mug alone", n)
	}
	tab.Select(`[aria-label="Variant of Stoneware Mug"]`, "Sea – $21.00")
	tab.WaitText(".products", "mug-stoneware-sea")
	tab.Screenshot("simulator-variants")
	check(t, tab)
	widget := product(t, tab, "Stoneware Mug")
	widget.WaitText("#checkout", "Stoneware Mug - Sea")
	widget.WaitText(".totals", "$21.00")
	clean(t, tab)

	// All prices are written as the buyer writes them, also of what was found before.
	tab.Click("#inspector-switches")
	tab.Select("#switch-locale", "German")
	tab.WaitText(".products", "Stoneware Mug 18,00 $ to 21,00 $")
	tab.WaitText(".products", "Sea – 21,00 $")
}

// What does not fit on one page of a search follows on demand.
func TestMoreProducts(t *testing.T) {
	items := goods("")
	for i := range 18 {
		more := items[0]
		more.ID = fmt.Sprintf("apron-%02d", i)
		more.ProductID, more.Title, more.ProductTitle = more.ID, "Linen Apron "+more.ID, "Linen Apron "+more.ID
		items = append(items, more)
	}
	s := openWith(t, items)
	tab := browsertest.Open(t).Tab(t, browsertest.Options{ReducedMotion: true})
	tab.Go(s.page + "/")
	tab.WaitText("#more", "More products")
	if n := tab.Count(".product"); n != 12 {
		t.Errorf("the first page has %d products, want 12", n)
	}
	tab.Click("#more")
	tab.WaitGone("#more")
	if n := tab.Count(".product"); n != len(items) {
		t.Errorf("%d products are shown in all, want %d", n, len(items))
	}
	tab.Click("#words")
	tab.Type("clock")
	tab.Keys("Enter")
	tab.WaitGone(`button[aria-label="Open Linen Apron"]`)
	if n := tab.Count("#more"); n != 0 {
		t.Error("there is more of a search that has one product")
	}
	check(t, tab)
}

// Names fit a phone, also those of one long word.
func TestLongNamesOnAPhone(t *testing.T) {
	items := goods("")
	const long = "Nachbarschaftslastenfahrradkurierdiensttasche"
	items[0].ID, items[0].Title, items[0].ProductTitle = long, long, long
	s := openWith(t, items)
	tab := s.visit(t, browsertest.Options{Width: 320, ReducedMotion: true})
	check(t, tab)
	widget := product(t, tab, long)
	deliver(t, widget)
	if over := widget.OverflowsX(); len(over) != 0 {
		t.Errorf("the widget is too wide: %s", over)
	}
	widget.Click("#buy")
	tab.WaitText("#sheet-title", "Pay")
	if !tab.InWindow("#sheet .sum") {
		t.Error("the sheet is too wide")
	}
	tab.Screenshot("simulator-long-name")
	check(t, tab)
}
