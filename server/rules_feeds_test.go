package server_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/feed"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/store"
)

// spoiled is a description of a feed that a page must not show as it is.
const spoiled = `<p onclick="steal()">Warm &amp; <b>dry</b></p><script>alert("x")</script><style>p{}</style><img src=x onerror=alert(1)><a href="javascript:alert(1)">more</a>`

// feeds are one export of every family of formats, two items each, the second
// of which is not to be had.
var feeds = map[feed.Format]string{
	feed.ShopifyCSV: "Handle,Title,Body (HTML),Vendor,Published,Option1 Name,Option1 Value,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Status\n" +
		`boot,Boot,"` + strings.ReplaceAll(spoiled, `"`, `""`) + `",Example,true,Size,42,800,shopify,70,deny,79.90,active` + "\n" +
		"boot,,,,,,43,800,shopify,0,deny,79.90,\n",
	feed.WooCommerceCSV: "ID,Type,SKU,Name,Published,Description,In stock?,Stock,Regular price,Categories\n" +
		`4711,simple,CAP-1,Cap,1,"` + strings.ReplaceAll(spoiled, `"`, `""`) + `",1,90,15.00,Hats` + "\n" +
		"4712,simple,CAP-2,Red cap,1,,0,0,15.50,Hats\n",
	feed.GoogleXML: `<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>` +
		`<item><g:id>g-1</g:id><g:title>Mug</g:title><g:description><![CDATA[` + spoiled + `]]></g:description><g:link>https://shop.example/g-1</g:link><g:image_link>https://shop.example/g-1.jpg</g:image_link><g:price>12.34 USD</g:price><g:availability>in stock</g:availability></item>` +
		`<item><g:id>g-2</g:id><g:title>Bowl</g:title><g:description>x</g:description><g:link>https://shop.example/g-2</g:link><g:image_link>https://shop.example/g-2.jpg</g:image_link><g:price>5.00 USD</g:price><g:availability>out_of_stock</g:availability></item>` +
		`</channel></rss>`,
	feed.GoogleTSV: "id\ttitle\tdescription\tlink\timage_link\tprice\tavailability\n" +
		"t-1\tLamp\t" + spoiled + "\thttps://shop.example/t-1\thttps://shop.example/t-1.jpg\t45.00 USD\tin_stock\n" +
		"t-2\tShade\tx\thttps://shop.example/t-2\thttps://shop.example/t-2.jpg\t9.00 USD\tout of stock\n",
	feed.CheckstandJSONL: `{"id":"j-1","product_id":"j","title":"Scarf","product_title":"Scarf","description":"` + strings.ReplaceAll(spoiled, `"`, `\"`) + `","price":2500,"currency":"usd","kind":"physical","availability":"in_stock"}` + "\n" +
		`{"id":"j-2","product_id":"j","title":"Scarf, red","product_title":"Scarf","price":2600,"currency":"usd","kind":"physical","availability":"out_of_stock"}` + "\n",
}

// takenIn imports a feed into the shop, and gives what it holds.
func (m *market) takenIn(t testing.TB, format feed.Format, text string) (items []catalog.Item) {
	t.Helper()
	imp, err := m.app.Store().Import(t.Context(), dollars, store.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	summary, err := feed.Read(t.Context(), strings.NewReader(text), feed.Options{Currency: "usd", Country: "US"}, func(it catalog.Item) error {
		items = append(items, it)
		return imp.Put(it)
	}, func(feed.Finding) {})
	if err != nil || summary.Format != format || summary.Rejected != 0 || len(items) != 2 {
		t.Fatal(errors.Join(fmt.Errorf("%d items of %+v: %w", len(items), summary, err), imp.Abort()))
	}
	if _, err := imp.Commit(); err != nil {
		t.Fatal(err)
	}
	return items
}

func TestRulesOfFeeds(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	offered := map[feed.Format][]catalog.Item{}
	for format, text := range feeds {
		offered[format] = m.takenIn(t, format, text)
	}
	t.Run("FED-01 the shop serves no feed, and items keep their ids", func(t *testing.T) {
		v := dialect(acp.V20260417)
		for _, path := range []string{"/feeds", "/feeds/feed_1", "/feeds/feed_1/products", "/product_feeds/feed_1/products", "/product_feeds"} {
			for _, method := range []string{"GET", "POST", "PATCH"} {
				r := request{method: method, path: path, version: v}
				if method != "GET" {
					r.body = object{"products": []any{}}
				}
				if a := m.exchange(t, m.url, r); a.status != 404 && a.status != 405 {
					t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
				}
			}
		}
		d := m.send(t, request{method: "GET", path: "/.well-known/acp.json"}).want(t, 200)
		if services, _ := d.at("capabilities")["services"].([]any); slices.Contains(services, any("feeds")) {
			t.Errorf("%s", d.body)
		}
		for format, text := range feeds {
			for i, again := range m.takenIn(t, format, text) {
				if before := offered[format][i]; again.ID != before.ID || again.ProductID != before.ProductID || again.ID == "" || again.ProductID == "" || again.Title == "" {
					t.Errorf("%s: %+v became %+v", format, before, again)
				}
			}
		}
	})
	eachVersion(t, "FED-02 what a feed offers can be bought under its id", func(t *testing.T, v dialect) {
		for format, items := range offered {
			s := m.create(t, v, v.order(line(items[0].ID, 1))).is(t, "ready_for_payment")
			if lineIDs(s)[items[0].ID] == "" {
				t.Errorf("%s: %s", format, s.body)
			}
			m.complete(t, v, s.text("id"), v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve))))).want(t, 200).is(t, "completed")
		}
	})
	eachVersion(t, "FED-03 price, currency and stock are those of the feed", func(t *testing.T, v dialect) {
		for format, items := range offered {
			s := m.create(t, v, v.order(line(items[0].ID, 1), line(items[1].ID, 1))).is(t, "not_ready_for_payment")
			for i, l := range s.list("line_items") {
				if v.amounts(l).base != items[i].Price || s.text("currency") != items[i].Currency {
					t.Errorf("%s: line %v of %+v", format, l, items[i])
				}
			}
			if msg := s.says("out_of_stock"); msg == nil || msg.text("param") != "$.line_items[1]" {
				t.Errorf("%s: %s", format, s.body)
			}
		}
		// The same item at another price, in the next feed: whoever saw the old
		// one is told.
		s := m.create(t, v, v.order(line("g-1", 1)))
		m.takenIn(t, feed.GoogleXML, strings.Replace(feeds[feed.GoogleXML], "12.34", "13.50", 1))
		told := m.update(t, v, s.text("id"), object{v.items(): []any{line("g-1", 2)}}).want(t, 200)
		if !slices.ContainsFunc(told.list("messages"), func(o object) bool { return strings.Contains(o.text("content"), "$13.50") }) {
			t.Errorf("%s", told.body)
		}
		m.takenIn(t, feed.GoogleXML, feeds[feed.GoogleXML])
	})
	t.Run("FED-04 descriptions are plain text, and hold no scripts", func(t *testing.T) {
		unclean := regexp.MustCompile(`(?i)<[a-z/!]|script|javascript:|onerror|onclick|alert|style`)
		for format, items := range offered {
			if format == feed.CheckstandJSONL {
				continue // plain text by its definition, see the next test
			}
			if got := items[0].Description; !strings.HasPrefix(got, "Warm & dry") || unclean.MatchString(got) {
				t.Errorf("%s: %q", format, got)
			}
			for _, text := range append([]string{items[0].Title, items[0].ProductTitle, items[0].URL}, items[0].Images...) {
				if unclean.MatchString(text) {
					t.Errorf("%s: %q", format, text)
				}
			}
		}
	})
}
