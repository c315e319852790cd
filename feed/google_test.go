package feed_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/feed"
)

func rss(items string) string {
	return `<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>` + items + `</channel></rss>`
}

func TestGoogleItemInFull(t *testing.T) {
	got := readText(t, rss(`<item>
		<g:id>TV-1</g:id><g:item_group_id>TV</g:item_group_id>
		<title>Television &amp; Stand</title>
		<description><![CDATA[<p>Sharp.</p><ul><li>4K</li></ul>]]></description>
		<link>https://shop.example/tv?utm_source=google&amp;utm_medium=cpc</link>
		<g:image_link>https://shop.example/1.jpg</g:image_link>
		<g:additional_image_link>https://shop.example/2.jpg</g:additional_image_link>
		<g:additional_image_link>https://shop.example/3.jpg</g:additional_image_link>
		<g:price>1.299,00 EUR</g:price><g:sale_price>999,00 EUR</g:sale_price>
		<g:sale_price_effective_date>2026-11-01T00:00+0100/2026-11-30T23:59+0100</g:sale_price_effective_date>
		<g:availability>InStock</g:availability><g:quantity>4</g:quantity>
		<g:brand>Example</g:brand><g:gtin>4006381333931</g:gtin><g:mpn>X1</g:mpn><g:condition>refurbished</g:condition>
		<g:product_type>Electronics &gt; TVs</g:product_type><g:google_product_category>Electronics &gt; Video &gt; Televisions</g:google_product_category>
		<g:color>Black</g:color><g:size>55"</g:size><g:material>Steel</g:material><g:pattern>Plain</g:pattern><g:gender>unisex</g:gender>
		<g:shipping_weight>12.5 kg</g:shipping_weight><g:is_bundle>no</g:is_bundle><g:identifier_exists>yes</g:identifier_exists>
		<g:shipping><g:country>DE</g:country><g:price>5.00 EUR</g:price></g:shipping>
		<!-- <g:price>1 EUR</g:price> -->
	</item>`), feed.Options{})
	want := catalog.Item{
		ID: "TV-1", ProductID: "TV", Title: "Television & Stand", ProductTitle: "Television & Stand", Description: "Sharp.\n\n- 4K",
		URL:    "https://shop.example/tv?utm_source=google&utm_medium=cpc",
		Images: []string{"https://shop.example/1.jpg", "https://shop.example/2.jpg", "https://shop.example/3.jpg"},
		Brand:  "Example", GTIN: "4006381333931", MPN: "X1", Condition: "refurbished",
		Categories: []string{"Electronics > TVs", "Electronics > Video > Televisions"},
		Options:    []catalog.Option{{Name: "Color", Value: "Black"}, {Name: "Size", Value: `55"`}, {Name: "Material", Value: "Steel"}, {Name: "Pattern", Value: "Plain"}},
		Attributes: []catalog.Option{{Name: "Gender", Value: "unisex"}},
		Price:      99900, ListPrice: 129900, Currency: "eur", Kind: catalog.Physical, WeightGrams: 12500,
		Availability: catalog.InStock, Tracked: true, Stock: 4,
	}
	if diff := cmp.Diff(want, got.item(t, "TV-1")); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1 info html_removed", "1 info price_normalised", "1 info sale_period"}, got.codes()); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestGoogleAtom(t *testing.T) {
	got := readText(t, `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:goog="http://base.google.com/ns/1.0"><title>Shop</title><link rel="self" href="https://shop.example/feed"/>
		<entry><id>tag:shop.example,2026:1</id><goog:id>42</goog:id><title>Hat</title><link rel="alternate" href="https://shop.example/hat"/><summary>Warm</summary>
		<goog:price>15 USD</goog:price><goog:availability>out of stock</goog:availability></entry></feed>`, feed.Options{})
	hat := got.item(t, "42")
	if hat.URL != "https://shop.example/hat" || hat.Description != "Warm" || hat.Price != 1500 || hat.Availability != catalog.OutOfStock || len(got.findings) > 0 {
		t.Errorf("%+v, findings %v", hat, got.codes())
	}
}

func TestGoogleXMLInDisorder(t *testing.T) {
	good := func(id string) string {
		return "<item><g:id>" + id + "</g:id><title>T</title><g:price>5 USD</g:price><g:availability>in_stock</g:availability></item>"
	}
	for name, c := range map[string]struct {
		text  string
		ids   []string
		codes []string
	}{
		"an item that is not well-formed": {
			rss(good("1") + "<item><g:id>2</g:id><title attr=>T</title><g:price>5</item>" + good("3")),
			[]string{"1", "3"}, []string{"2 error broken_record"},
		},
		"an item without its end": {
			rss(good("1") + "<item><g:id>2</g:id>" + good("3")), []string{"1", "3"}, []string{"2 error broken_record"},
		},
		"a comment that is not closed inside": {
			rss(good("1") + "<item><!-- <g:id>2</g:id></item>" + good("3")), []string{"1", "3"}, []string{"2 error broken_record"},
		},
		"items in comments and CDATA": {
			rss("<!-- " + good("0") + " --><![CDATA[" + good("0") + "]]>" + good("1") + "<item><g:id>2</g:id><title><![CDATA[Cup</item><item>]]></title><g:price>5 USD</g:price><g:availability>in stock</g:availability></item>"),
			[]string{"1", "2"}, []string{},
		},
		"truncated in the middle of an item": {
			rss(good("1"))[:len(rss(good("1")))-60], []string{}, []string{"0 warning file_truncated", "1 error file_truncated"},
		},
		"truncated between items": {
			strings.TrimSuffix(rss(good("1")), "</channel></rss>"), []string{"1"}, []string{"0 warning file_truncated"},
		},
		"bare ampersands and HTML entities": {
			rss("<item><g:id>1</g:id><title>Salt & Pepper&nbsp;Mill</title><g:price>5 USD</g:price><g:availability>in_stock</g:availability></item>"), []string{"1"}, []string{},
		},
		"an overlong item": {
			rss(good("1") + "<item><title>" + strings.Repeat("x", 3*feed.MaxRecordBytes) + "</title></item>" + good("3")), []string{"1", "3"}, []string{"2 error too_long"},
		},
		"an empty item": {
			rss("<item/>" + good("2")), []string{"2"},
			[]string{"1 warning availability_unknown", "1 error price_missing"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := readText(t, c.text, feed.Options{})
			if diff := cmp.Diff(c.ids, got.ids()); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.codes, got.codes()); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// Entities that a document defines are never expanded.
func TestEntityBombsAreText(t *testing.T) {
	got := readText(t, `<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>
		<rss><channel><item><id>1</id><title>T &b; &x;</title><price>5 USD</price><availability>in_stock</availability></item></channel></rss>`, feed.Options{})
	if title := got.item(t, "1").Title; title != "T &b; &x;" {
		t.Errorf("title %q", title)
	}
}

func TestGoogleTables(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		items []string
		codes []string
	}{
		"TSV with spaces in its header, lists of images and stray quotes": {
			text: "id\ttitle\tdescription\timage link\tadditional image link\tprice\tavailability\tproduct type\tshipping(country:price)\n" +
				"1\t\"Best\" mug\tHolds 5\" of tea\thttps://x.example/1.jpg\thttps://x.example/2.jpg,https://x.example/3.jpg\t5.00 USD\tin stock\tKitchen > Mugs\tUS:5 USD\n" +
				"2\tCup\t\t\t\t6.00 USD\tpreorder\t\t\n",
			items: []string{"1 |  | 500 | 0 | physical | Kitchen > Mugs | 1 2 3 | 0", "2 |  | 600 | 0 | physical |  |  | 0"},
			codes: []string{"1 warning stray_quote"},
		},
		"CSV with g: names": {
			text:  "g:id,g:title,g:price,g:availability,g:item_group_id,g:color\n1,A,5 USD,in_stock,g,Red\n2,B,5 USD,in_stock,g,Blue\n1,C,5 USD,in_stock,,\n",
			items: []string{"1 | Color=Red | 500 | 0 | physical |  |  | 0", "2 | Color=Blue | 500 | 0 | physical |  |  | 0"},
			codes: []string{"3 error duplicate_id"},
		},
		"prices": {
			text: "id,title,price,sale price,availability\n1,A,5,,in_stock\n2,A,5 USD,4 USD,in_stock\n3,A,5 USD,6 USD,in_stock\n4,A,5 USD,4 EUR,in_stock\n" +
				"5,A,5 XXZ,,in_stock\n6,A,\"1.299,50 EUR\",,in_stock\n",
			items: []string{"1 |  | 500 | 0 | physical |  |  | 0", "2 |  | 400 | 500 | physical |  |  | 0", "3 |  | 500 | 0 | physical |  |  | 0",
				"4 |  | 500 | 0 | physical |  |  | 0", "6 |  | 129950 | 0 | physical |  |  | 0"},
			codes: []string{"1 warning currency_missing", "3 warning sale_not_lower", "4 warning price_invalid", "5 error currency_invalid", "6 info price_normalised"},
		},
		"titles and ids": {
			text:  "id,title,price,availability\n,A,5 USD,in_stock\n2,,5 USD,in_stock\n" + strings.Repeat("x", 256) + ",A,5 USD,in_stock\n",
			items: []string{},
			codes: []string{"1 error id_invalid", "2 error title_missing", "3 error id_invalid"},
		},
		"downloads, and what only looks like one": {
			text: "id,title,price,availability,google product category,product type,shipping label\n" +
				"1,A,5 USD,in_stock,2092,,\n2,A,5 USD,in_stock,Media > Books > E-books,,\n3,A,5 USD,in_stock,,Guides > Digital Downloads,\n4,A,5 USD,in_stock,,,digital\n" +
				"5,A,5 USD,in_stock,Cameras > Digital,,\n6,A,5 USD,in_stock,784,Books,\n7,A,5 USD,in_stock,,Shelves > Software,heavy\n",
			items: []string{"1 |  | 500 | 0 | digital | 2092 |  | 0", "2 |  | 500 | 0 | digital | Media > Books > E-books |  | 0",
				"3 |  | 500 | 0 | digital | Guides > Digital Downloads |  | 0", "4 |  | 500 | 0 | digital |  |  | 0",
				"5 |  | 500 | 0 | physical | Cameras > Digital |  | 0", "6 |  | 500 | 0 | physical | Books |  | 0", "7 |  | 500 | 0 | physical | Shelves > Software |  | 0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := readText(t, c.text, feed.Options{})
			lines := []string{}
			for _, it := range got.items {
				lines = append(lines, summarise(it))
			}
			if diff := cmp.Diff(c.items, lines); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{}, c.codes...), got.codes()); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGoogleAvailabilitySpellings(t *testing.T) {
	for text, want := range map[string]catalog.Availability{
		"in stock": catalog.InStock, "in_stock": catalog.InStock, "InStock": catalog.InStock, "IN STOCK": catalog.InStock,
		"https://schema.org/InStock": catalog.InStock, "out of stock": catalog.OutOfStock, "OutOfStock": catalog.OutOfStock,
		"preorder": catalog.Preorder, "pre-order": catalog.Preorder, "backorder": catalog.Backorder, "available for order": catalog.Backorder,
		"discontinued": catalog.Discontinued, "perhaps": catalog.OutOfStock, "": catalog.InStock,
	} {
		got := readText(t, "id,title,price,availability\n1,A,5 USD,"+text+"\n", feed.Options{})
		if a := got.items[0].Availability; a != want {
			t.Errorf("%q: %s, want %s", text, a, want)
		}
		if known := text != "" && text != "perhaps"; known != (len(got.findings) == 0) {
			t.Errorf("%q: findings %v", text, got.codes())
		}
	}
}

func TestGoogleWithoutAnyCurrency(t *testing.T) {
	got := read(t, strings.NewReader("id,title,price,availability\n1,A,5,in_stock\n2,B,5 USD,in_stock\n"), feed.Options{})
	if diff := cmp.Diff([]string{"2"}, got.ids()); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if f := got.finding(t, feed.CodeCurrencyMissing); f.Severity != feed.Error {
		t.Errorf("finding %+v", f)
	}
}
