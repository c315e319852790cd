package web_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/web"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

// screens are the widths of a small phone, a phone and a desk, in both schemes.
func screens() map[string]browsertest.Options {
	all := map[string]browsertest.Options{}
	for _, width := range []int{320, 390, 1280} {
		for _, dark := range []bool{false, true} {
			name := fmt.Sprintf("%d-light", width)
			if dark {
				name = fmt.Sprintf("%d-dark", width)
			}
			all[name] = browsertest.Options{Width: width, Dark: dark, Touch: width < 600}
		}
	}
	return all
}

// shopInBrowser serves the demo shop, with an order of each kind.
func shopInBrowser(t *testing.T, change func(*web.Config)) string {
	t.Helper()
	cfg := config(t)
	cfg.BaseURL = "https://shop.example.com"
	cfg.Endpoints = []web.Endpoint{
		{Method: "POST", Path: "/checkout_sessions", Purpose: "front.does_open"},
		{Method: "POST", Path: "/checkout_sessions/{id}/complete", Purpose: "front.does_pay"},
	}
	cfg.Orders = orders{"ord_1": sampleOrder(), "ord_2": crowdedOrder()}
	if change != nil {
		change(&cfg)
	}
	srv := httptest.NewServer(pages(t, cfg))
	t.Cleanup(srv.Close)
	return srv.URL
}

// crowdedOrder is one whose every text is longer than anybody would wish.
func crowdedOrder() web.Order {
	o := sampleOrder()
	o.Number, o.Currency, o.Locale, o.StatusTone = strings.Repeat("2026", 12), "clp", "es-CL", web.Negative
	o.StatusWords, o.StatusDetail = "Your order was canceled", strings.Repeat("Donaudampfschifffahrtsgesellschaft", 4)
	o.Lines = []web.Line{{Title: strings.Repeat("Stoneware", 12), Options: strings.Repeat("Color Sand, ", 12), Quantity: 1_000_000, Amount: 999_999_999}}
	o.Totals = []web.Total{{Label: strings.Repeat("Municipal surcharge ", 5), Amount: -999_999_999}, {Label: "Total", Amount: 999_999_999, Strong: true}}
	o.Deliveries[0].Method = strings.Repeat("Overnight", 12)
	return o
}

// checkOrder adds to Check that the keyboard moves down the page as the eye
// does.
func checkOrder(t *testing.T, stops []browsertest.Focus) {
	t.Helper()
	if len(stops) == 0 || stops[0].Name != "Skip to the content" && stops[0].Name != "Ir al contenido" {
		t.Errorf("the first of the stops %v is not the link past the frame", stops)
	}
	for i := 1; i < len(stops); i++ {
		if stops[i].Bottom <= stops[i-1].Top {
			t.Errorf("the focus goes up the page, from %s to %s", stops[i-1], stops[i])
		}
	}
}

func TestPagesInBrowser(t *testing.T) {
	b := browsertest.Open(t)
	base := shopInBrowser(t, nil)
	for _, page := range []struct {
		name, path string
		status     int
		says       string // in its heading
	}{
		{"front", "/", 200, "Ottermere Goods"},
		{"order", "/orders/ord_1", 200, "Your order is on its way"},
		{"crowded", "/orders/ord_2", 200, "Your order was canceled"},
		{"policy", "/policies/returns", 200, "Returns"},
		{"missing", "/nowhere", 404, "There is no such page here"},
		{"broken", "/orders/broken", 500, "This page could not be loaded"},
	} {
		for screen, opts := range screens() {
			if page.name == "broken" && opts.Width == 390 {
				continue // the words differ from the missing page's, the layout does not
			}
			t.Run(page.name+"-"+screen, func(t *testing.T) {
				t.Parallel()
				tab := b.Tab(t, opts)
				tab.GoStatus(base+page.path, page.status)
				if got := tab.Text("h1"); !strings.Contains(got, page.says) {
					t.Errorf("the heading says %q", got)
				}
				tab.Screenshot(page.name + "-" + screen)
				checkOrder(t, tab.Check())
			})
		}
	}
}

func TestFrontPageStatesInBrowser(t *testing.T) {
	b := browsertest.Open(t)
	for name, stock := range map[string]items{"empty": {}, "failed": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := shopInBrowser(t, func(cfg *web.Config) { cfg.Items = stock })
			for screen, opts := range map[string]browsertest.Options{"320-dark": {Width: 320, Dark: true}, "1280-light": {}} {
				tab := b.Tab(t, opts)
				tab.Go(base + "/")
				tab.Screenshot("front-" + name + "-" + screen)
				checkOrder(t, tab.Check())
			}
		})
	}
}

func TestPagesBendToTheirReader(t *testing.T) {
	b := browsertest.Open(t)
	base := shopInBrowser(t, nil)
	for name, opts := range map[string]browsertest.Options{
		"grown":      {Width: 320, TextSize: 140, Touch: true},
		"zoomed":     {Width: 640, Height: 400}, // a desk at 200 %
		"rtl":        {Width: 390, RightToLeft: true},
		"scriptless": {Width: 390, NoJavaScript: true, Dark: true},
		"sideways":   {Width: 844, Height: 390, ReducedMotion: true, Touch: true},
	} {
		for page, path := range map[string]string{"front": "/", "crowded": "/orders/ord_2"} {
			t.Run(page+"-"+name, func(t *testing.T) {
				t.Parallel()
				tab := b.Tab(t, opts)
				tab.Go(base + path)
				tab.Screenshot(page + "-" + name)
				tab.Check()
			})
		}
	}
}

func TestSkipLinkByKeyboard(t *testing.T) {
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Width: 390, NoJavaScript: true})
	base := shopInBrowser(t, nil)
	tab.Go(base + "/orders/ord_1")
	tab.Keys("Tab", "Enter")
	tab.WaitURL(base + "/orders/ord_1#main")
	tab.Keys("Tab")
	if got := tab.Focused().String(); got != `link "Follow the parcel with Parcel Post"` {
		t.Errorf("the stop after the skip link is %s", got)
	}
}
