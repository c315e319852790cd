package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/web"
)

func TestFrontPageOfTheDemoShop(t *testing.T) {
	cfg := config(t)
	cfg.BaseURL = "https://shop.example.com"
	cfg.Endpoints = []web.Endpoint{
		{Method: "POST", Path: "/checkout_sessions", Purpose: "front.does_open"},
		{Method: "GET", Path: "/openapi.json", Purpose: "front.does_openapi", Open: true},
	}
	page, _ := open(t, pages(t, cfg), "/", 200)
	wantText(t, page, "h1", "", "Ottermere Goods")
	wantText(t, page, "p", "ribbon", "Test mode. Purchases are rehearsals: no money moves and nothing is shipped.")
	if n := len(find(one(t, page, "ul", "grid"), "li", "")); n != 24 {
		t.Errorf("%d products, want 24", n)
	}
	endpoints := text(one(t, page, "ul", "endpoints"))
	for _, want := range []string{"GET /.well-known/acp.json", "POST /checkout_sessions Open a checkout session", "GET /openapi.json", "GET /healthz"} {
		if !strings.Contains(endpoints, want) {
			t.Errorf("the endpoints lack %q: %s", want, endpoints)
		}
	}
	links := map[string]bool{}
	for _, a := range find(page, "a", "") {
		links[attr(a, "href")] = true
	}
	if !links["/openapi.json"] || !links["/healthz"] || !links["/.well-known/acp.json"] || links["/checkout_sessions"] {
		t.Error("open endpoints are links, the others are not")
	}
	if got := text(one(t, page, "main", "")); !strings.Contains(got, "https://shop.example.com") || !strings.Contains(got, "sells to AI agents") {
		t.Error("the page does not say what the shop does, and where")
	}
}

func TestLiveShopMayBeIndexed(t *testing.T) {
	cfg := config(t)
	cfg.Live = true
	h := pages(t, cfg)
	page, _ := open(t, h, "/", 200)
	if len(find(page, "p", "ribbon")) != 0 || get(t, h, "/").Header.Get("X-Robots-Tag") != "" {
		t.Error("the front page of a live shop is treated as a test")
	}
	if get(t, h, "/orders/ord_1").Header.Get("X-Robots-Tag") == "" {
		t.Error("an order may be indexed")
	}
}

func TestCards(t *testing.T) {
	item := func(id, product string, price int64, change func(*catalog.Item)) catalog.Item {
		it := catalog.Item{ID: id, ProductID: product, Title: id, ProductTitle: product, Price: price, Currency: "usd", Availability: catalog.InStock}
		if change != nil {
			change(&it)
		}
		return it
	}
	stock := func(n int64) func(*catalog.Item) { return func(it *catalog.Item) { it.Tracked, it.Stock = true, n } }
	says := func(a catalog.Availability) func(*catalog.Item) {
		return func(it *catalog.Item) { it.Availability = a }
	}
	tests := []struct {
		name  string
		items items
		want  string // what the grid says; "" when there is none
	}{
		{"one item", items{item("a", "Mug", 1800, nil)}, "Mug $18.00"},
		{"no product title", items{{ID: "a", Title: "Mug", Price: 1800, Currency: "usd", Availability: catalog.InStock}}, "Mug $18.00"},
		{"variants at one price", items{item("a", "Mug", 1800, nil), item("b", "Mug", 1800, nil)}, "Mug $18.00 2 options"},
		{"variants at several prices", items{item("a", "Mug", 1800, nil), item("b", "Mug", 1500, nil)}, "Mug From $15.00 2 options"},
		{"few left", items{item("a", "Mug", 1800, stock(2))}, "Mug $18.00 Only 2 left"},
		{"enough left", items{item("a", "Mug", 1800, stock(4))}, "Mug $18.00"},
		{"sold out", items{item("a", "Mug", 1800, stock(0)), item("b", "Mug", 1800, says(catalog.OutOfStock))}, "Mug $18.00 Sold out"},
		{"pre-order", items{item("a", "Mug", 1800, says(catalog.Preorder))}, "Mug $18.00 Pre-order"},
		{"backorder", items{item("a", "Mug", 1800, says(catalog.Backorder))}, "Mug $18.00 On backorder"},
		{"marked down", items{item("a", "Mug", 1800, func(it *catalog.Item) { it.ListPrice = 2400 })}, "Mug $18.00 Regular price: $24.00"},
		{"discontinued", items{item("a", "Mug", 1800, says(catalog.Discontinued))}, ""},
		{"nothing", items{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config(t)
			cfg.Items = tt.items
			page, _ := open(t, pages(t, cfg), "/", 200)
			if tt.want == "" {
				if got := text(one(t, page, "p", "empty")); !strings.HasPrefix(got, "There is nothing to sell yet.") {
					t.Errorf("the empty page says %q", got)
				}
				return
			}
			if got := text(one(t, page, "ul", "grid")); got != tt.want {
				t.Errorf("the card says %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFrontPageStopsAtItsLimit(t *testing.T) {
	for _, tt := range []struct {
		products int
		more     bool
	}{{23, false}, {24, false}, {25, true}, {2000, true}} {
		var all items
		for n := range tt.products {
			id := fmt.Sprintf("item-%d", n)
			all = append(all, catalog.Item{ID: id, ProductID: id, Title: id, Price: 100, Currency: "usd", Availability: catalog.InStock})
		}
		cfg := config(t)
		cfg.Items = all
		page, _ := open(t, pages(t, cfg), "/", 200)
		if n := len(find(page, "p", "title")); n != min(tt.products, 24) {
			t.Errorf("%d products: %d cards", tt.products, n)
		}
		if more := len(find(page, "p", "meta")) == 1; more != tt.more {
			t.Errorf("%d products: the page says that there are more: %t, want %t", tt.products, more, tt.more)
		}
	}
}

func TestFrontPageWithoutItsCatalogueStillStands(t *testing.T) {
	cfg := config(t)
	cfg.Items = items(nil)
	page, _ := open(t, pages(t, cfg), "/", 200)
	if got := text(one(t, page, "p", "empty")); !strings.HasPrefix(got, "The products could not be loaded.") {
		t.Errorf("the page says %q", got)
	}
	one(t, page, "ul", "endpoints")
}

func TestPoliciesAreHeadingsAndParagraphs(t *testing.T) {
	cfg := config(t)
	cfg.Policies = fstest.MapFS{"returns.txt": {Data: []byte("\ufeffReturns\r\n\r\nFirst line\r\nand second.\r\n\r\n# Refunds\r\n\r\n<b>Soon</b>.\r\n")}}
	page, _ := open(t, pages(t, cfg), "/policies/returns", 200)
	article := one(t, page, "article", "prose")
	if got := text(article); got != "Returns First line and second. Refunds <b>Soon</b>." {
		t.Errorf("the policy says %q", got)
	}
	wantText(t, page, "h2", "", "Refunds")
	wantText(t, page, "footer", "foot", "Returns")
}

func TestLinksOfTheShopWinOverItsPolicies(t *testing.T) {
	cfg := config(t)
	cfg.Shop.Links = []web.Link{{Title: "Terms", URL: "https://example.com/terms"}}
	page, _ := open(t, pages(t, cfg), "/", 200)
	wantText(t, page, "footer", "foot", "Terms")
}

func TestPicturesAndAssets(t *testing.T) {
	cfg := config(t)
	cfg.Pictures = fstest.MapFS{
		"mug.svg":   {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
		"mug.png":   {Data: []byte("png")},
		"note.html": {Data: []byte("<script>")},
		"huge.png":  {Data: make([]byte, 8<<20+1)},
	}
	h := pages(t, cfg)
	for path, want := range map[string]int{"/pictures/mug.svg": 200, "/pictures/mug.png": 200, "/pictures/note.html": 404,
		"/pictures/none.png": 404, "/pictures/..%2fmug.png": 404, "/pictures/huge.png": 500} {
		resp := get(t, h, path)
		if resp.StatusCode != want {
			t.Errorf("GET %s: %s, want %d", path, resp.Status, want)
		}
		if want != 200 {
			continue
		}
		head := resp.Header
		if !strings.HasPrefix(head.Get("Content-Type"), "image/") || !strings.Contains(head.Get("Content-Security-Policy"), "sandbox") ||
			head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
			t.Errorf("GET %s: headers %v", path, head)
		}
		again := httptest.NewRequest(http.MethodGet, path, nil)
		again.Header.Set("If-None-Match", head.Get("ETag"))
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, again); w.Code != http.StatusNotModified {
			t.Errorf("GET %s again: %d, want 304", path, w.Code)
		}
	}
	page, _ := open(t, h, "/", 200)
	for _, link := range find(page, "link", "") {
		resp := get(t, h, attr(link, "href"))
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 || len(b) == 0 || !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %s, %v, %v", attr(link, "href"), resp.Status, resp.Header, err)
		}
	}
}
