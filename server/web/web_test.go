package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/net/html"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/demo/shop"
	"github.com/checkstand/checkstand/server/web"
)

// orders is a shop's orders in memory.
type orders map[string]web.Order

func (o orders) Order(_ context.Context, id string) (web.Order, error) {
	if id == "broken" {
		return web.Order{}, errors.New("database is gone")
	}
	found, ok := o[id]
	if !ok {
		return web.Order{}, web.ErrNotFound
	}
	return found, nil
}

// items is a catalogue in memory; nil is one that cannot be read.
type items []catalog.Item

func (i items) Items(_ context.Context, limit int) ([]catalog.Item, error) {
	if i == nil {
		return nil, errors.New("database is gone")
	}
	return i[:min(limit, len(i))], nil
}

func day(d int) time.Time { return time.Date(2026, time.March, d, 9, 30, 0, 0, time.UTC) }

func sampleOrder() web.Order {
	return web.Order{
		Number: "1042", PlacedAt: day(12), StatusWords: "Your order is on its way", StatusDetail: "The parcel left today.",
		Currency: "usd",
		Lines: []web.Line{
			{Title: "Stoneware Mug", Options: "Sand", Quantity: 2, Amount: 3600, ImageURL: "/pictures/mug-stoneware-sand.svg"},
			{Title: "Sewing Pattern", Quantity: 1, Amount: 900},
		},
		Totals: []web.Total{
			{Label: "Items", Amount: 4500}, {Label: "Discount", Amount: -450}, {Label: "Total", Amount: 4050, Strong: true},
		},
		Deliveries: []web.Delivery{{Method: "Standard shipping", Carrier: "Parcel Post", TrackingURL: "https://example.com/t/1", Earliest: day(16), Latest: day(19)}},
		History:    []web.Event{{At: day(13), Words: "Shipped"}, {At: day(12), Words: "Placed"}},
	}
}

// config is the demo shop with one order.
func config(t *testing.T) web.Config {
	t.Helper()
	all, err := shop.Items()
	if err != nil {
		t.Fatal(err)
	}
	return web.Config{
		Shop:     web.Shop{Name: shop.Name, AccentColor: shop.AccentColor},
		Orders:   orders{"ord_1": sampleOrder()},
		Items:    items(all),
		Policies: shop.Policies(),
		Pictures: shop.Pictures(),
		Log:      slog.New(slog.DiscardHandler),
	}
}

func pages(t *testing.T, cfg web.Config) *web.Pages {
	t.Helper()
	p, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func get(t *testing.T, h http.Handler, path string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Result()
}

// open fetches a page, which has to be HTML with the status.
func open(t *testing.T, h http.Handler, path string, status int) (page *html.Node, source string) {
	t.Helper()
	resp := get(t, h, path)
	if resp.StatusCode != status || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("GET %s: %s, %s, want %d and HTML", path, resp.Status, resp.Header.Get("Content-Type"), status)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	page, err = html.Parse(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return page, string(b)
}

// find returns the elements with a tag and, unless it is "", a class.
func find(page *html.Node, tag, class string) []*html.Node {
	var found []*html.Node
	for n := range page.Descendants() {
		if n.Type != html.ElementNode || n.Data != tag {
			continue
		}
		for c := range strings.FieldsSeq(attr(n, "class") + " *") {
			if c == class || class == "" {
				found = append(found, n)
				break
			}
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what a reader sees of an element, white space collapsed.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func one(t *testing.T, page *html.Node, tag, class string) *html.Node {
	t.Helper()
	found := find(page, tag, class)
	if len(found) != 1 {
		t.Fatalf("%d elements <%s class=%q>, want one", len(found), tag, class)
	}
	return found[0]
}

// wantText compares what the elements say, in order.
func wantText(t *testing.T, page *html.Node, tag, class string, want ...string) {
	t.Helper()
	var got []string
	for _, n := range find(page, tag, class) {
		got = append(got, text(n))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("<%s class=%q> say %q, want %q", tag, class, got, want)
	}
}

func TestEveryPageKeepsToItself(t *testing.T) {
	h := pages(t, config(t))
	for path, status := range map[string]int{
		"/": 200, "/orders/ord_1": 200, "/orders/none": 404, "/orders/broken": 500, "/policies/terms": 200,
		"/policies/none": 404, "/nowhere": 404, "/pictures/none.svg": 404, "/assets/none.css": 404,
	} {
		t.Run(path, func(t *testing.T) {
			head := get(t, h, path).Header
			for name, want := range map[string]string{
				"Referrer-Policy":              "no-referrer",
				"X-Content-Type-Options":       "nosniff",
				"X-Frame-Options":              "DENY",
				"X-Robots-Tag":                 "noindex, nofollow, noarchive",
				"Cache-Control":                "private, no-store",
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
			} {
				if got := head.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if head.Get("Set-Cookie") != "" {
				t.Error("the page sets a cookie")
			}
			page, _ := open(t, h, path, status)
			checkPolicy(t, head.Get("Content-Security-Policy"), page, "'none'")
			checkMarkup(t, page)
		})
	}
}

func TestEveryLocalLinkOfTheDemoResolves(t *testing.T) {
	h := pages(t, config(t))
	elsewhere := map[string]bool{"/healthz": true, "/.well-known/acp.json": true} // not of this room
	for _, from := range []string{"/", "/orders/ord_1", "/policies/terms", "/nowhere"} {
		status := 200
		if from == "/nowhere" {
			status = 404
		}
		page, _ := open(t, h, from, status)
		seen := 0
		for n := range page.Descendants() {
			url := attr(n, "href") + attr(n, "src")
			if n.Type != html.ElementNode || !strings.HasPrefix(url, "/") || elsewhere[url] {
				continue
			}
			seen++
			if resp := get(t, h, url); resp.StatusCode != 200 {
				t.Errorf("%s leads to %s, which is %s", from, url, resp.Status)
			}
		}
		if seen < 4 { // style sheet, icon, three policies
			t.Errorf("%s: only %d local links", from, seen)
		}
	}
}

func TestOnlyReadingIsAllowed(t *testing.T) {
	h := pages(t, config(t))
	for method, want := range map[string]int{http.MethodHead: 200, http.MethodPost: 405, http.MethodDelete: 405} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/orders/ord_1", nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", method, w.Code, want)
		}
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	tests := []struct {
		name   string
		change func(*web.Config)
		want   string
	}{
		{"no name", func(c *web.Config) { c.Shop.Name = "" }, "Shop.Name"},
		{"no orders", func(c *web.Config) { c.Orders = nil }, "Orders"},
		{"no items", func(c *web.Config) { c.Items = nil }, "Items"},
		{"a colour that is none", func(c *web.Config) { c.Shop.AccentColor = "teal" }, "Shop.AccentColor"},
		{"a policy under a strange name", func(c *web.Config) { c.Policies = fstest.MapFS{"Terms.md": {Data: []byte("T\n\nx")}} }, "Terms.md"},
		{"an empty policy", func(c *web.Config) { c.Policies = fstest.MapFS{"terms.txt": {Data: []byte("Terms\n")}} }, "terms.txt"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config(t)
			tt.change(&cfg)
			if _, err := web.New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error that names %s", err, tt.want)
			}
		})
	}
}

// The id opens the page, so it is as good as a key.
func TestTheLogOfAFailureDoesNotHoldTheLink(t *testing.T) {
	var log bytes.Buffer
	cfg := config(t)
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	page, _ := open(t, pages(t, cfg), "/orders/broken", 500)
	if got := text(one(t, page, "p", "lede")); !strings.Contains(got, "Your order is not affected.") {
		t.Errorf("the page says %q, and not that the order is safe", got)
	}
	if !strings.Contains(log.String(), "database is gone") || strings.Contains(log.String(), "/orders/broken") {
		t.Errorf("the log should have the cause and not the link: %s", log.String())
	}
}
