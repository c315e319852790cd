package web_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/web"
)

func TestOrderPage(t *testing.T) {
	h := pages(t, config(t))
	page, _ := open(t, h, "/orders/ord_1", 200)

	wantText(t, page, "title", "", "Order 1042 · Ottermere Goods")
	wantText(t, page, "span", "name", "Ottermere Goods")
	wantText(t, page, "h1", "", "Your order is on its way")
	wantText(t, page, "p", "meta", "Order 1042 · March 12, 2026")
	wantText(t, page, "p", "ribbon", "Test mode. No money has moved and nothing will be shipped.")
	wantText(t, page, "p", "title", "Stoneware Mug", "Sewing Pattern")
	wantText(t, page, "p", "amount", "$36.00", "$9.00")
	wantText(t, page, "dt", "", "Items", "Discount", "Total")
	wantText(t, page, "dd", "amount", "$45.00", "-$4.50", "$40.50")
	wantText(t, page, "div", "strong", "Total $40.50")

	lines := one(t, page, "ul", "lines")
	if got := text(lines); !strings.Contains(got, "Sand Quantity 2") || !strings.Contains(got, "Quantity 1") {
		t.Errorf("the lines say %q, without options or quantities", got)
	}
	if n := len(find(lines, "img", "")); n != 1 {
		t.Errorf("%d pictures, want one; the other line has none", n)
	}
	if n := len(find(lines, "svg", "")); n != 1 {
		t.Errorf("%d placeholders, want one", n)
	}
	if got := text(one(t, page, "ul", "facts")); got != "Standard shipping Arrives March 16–19, 2026 Follow the parcel with Parcel Post" {
		t.Errorf("delivery says %q", got)
	}
	if got := text(one(t, page, "ol", "timeline")); got != "Shipped March 13, 2026 Placed March 12, 2026" {
		t.Errorf("history says %q", got)
	}
}

func TestLiveOrderHasNoRibbon(t *testing.T) {
	cfg, o := config(t), sampleOrder()
	o.Live = true
	cfg.Orders = orders{"ord_1": o}
	page, _ := open(t, pages(t, cfg), "/orders/ord_1", 200)
	if n := len(find(page, "p", "ribbon")); n != 0 {
		t.Error("a live order carries the test-mode ribbon")
	}
}

func TestOrderSpeaksForItsOwnShop(t *testing.T) {
	cfg, o := config(t), sampleOrder()
	o.Shop = web.Shop{Name: "Another Shop", URL: "https://another.example.com", AccentColor: "#ffcc00",
		Links: []web.Link{{Title: "Contact", URL: "mailto:help@example.com"}}}
	o.Locale, o.Currency, o.StatusTone = "de-DE", "eur", web.Negative
	cfg.Orders = orders{"ord_1": o}
	page, source := open(t, pages(t, cfg), "/orders/ord_1", 200)
	name := one(t, page, "a", "name")
	if text(name) != "Another Shop" || attr(name, "href") != "https://another.example.com" {
		t.Errorf("the page is of %q at %q", text(name), attr(name, "href"))
	}
	if got := text(one(t, page, "footer", "foot")); got != "Contact" {
		t.Errorf("the footer says %q", got)
	}
	if attr(one(t, page, "h1", ""), "class") != "negative" {
		t.Error("the heading has not the status's tone")
	}
	wantText(t, page, "div", "strong", "Total 40,50 €")
	if strings.Contains(source, cfg.Shop.Name) {
		t.Error("the page names the server's own shop")
	}
}

func TestWhatAShopWritesIsTextOnly(t *testing.T) {
	const attack = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	cfg, o := config(t), sampleOrder()
	o.Shop = web.Shop{Name: attack, URL: "javascript:alert(1)", AccentColor: "red}*{display:none}</style><script>", Links: []web.Link{{Title: attack, URL: "javascript:alert(1)"}}}
	o.Number, o.StatusWords, o.StatusDetail, o.StatusTone = attack, attack, attack, attack
	o.Lines = []web.Line{{Title: attack, Options: attack, Quantity: 1, ImageURL: "javascript:alert(1)"}}
	o.Totals = []web.Total{{Label: attack}}
	o.Currency, o.Locale = attack, attack
	o.Deliveries = []web.Delivery{{Method: attack, Status: attack, Carrier: attack, TrackingURL: "data:text/html,<script>alert(1)</script>"}}
	o.History = []web.Event{{Words: attack}}
	cfg.Orders = orders{"ord_1": o}
	h := pages(t, cfg)
	page, source := open(t, h, "/orders/ord_1", 200)
	checkMarkup(t, page)
	checkPolicy(t, get(t, h, "/orders/ord_1").Header.Get("Content-Security-Policy"), page, "'none'")
	if n := len(find(page, "style", "")); n != 0 {
		t.Error("a colour that is none became a style rule")
	}
	for _, sign := range []string{"<script", "<img src=x", `href="javascript:`, `src="javascript:`, `href="data:`} {
		if strings.Contains(source, sign) {
			t.Errorf("the page contains %q", sign)
		}
	}
	if got := text(one(t, page, "h1", "")); got != attack {
		t.Errorf("the heading says %q, want the words as they were written", got)
	}
}

func TestOrderThatIsNotThere(t *testing.T) {
	h := pages(t, config(t))
	for _, path := range []string{"/orders/none", "/orders/" + strings.Repeat("a", 5000), "/orders/%00", "/orders/..%2f..%2fetc"} {
		page, _ := open(t, h, path, 404)
		wantText(t, page, "h1", "", "We could not find this order")
	}
}
