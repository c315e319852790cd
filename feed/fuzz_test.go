package feed_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/feed"
	"github.com/checkstand/checkstand/money"
)

// checkImport imports data, whatever it is, and holds what comes out to the
// promises of catalog.Item and Summary.
func checkImport(t *testing.T, data []byte, format feed.Format) {
	seen := map[string]bool{}
	var items, findings int
	summary, err := feed.Read(context.Background(), bytes.NewReader(data), feed.Options{Format: format, Currency: "usd", Now: now},
		func(it catalog.Item) error {
			items++
			switch {
			case it.ID == "" || len(it.ID) > 255 || !utf8.ValidString(it.ID) || seen[it.ID]:
				t.Errorf("id %q", it.ID)
			case it.ProductID == "" || len(it.ProductID) > 255:
				t.Errorf("product id %q", it.ProductID)
			case it.Title == "" || it.ProductTitle == "" || len(it.Title) > 500 || len(it.Description) > 5000:
				t.Errorf("title %q, %d bytes of description", it.Title, len(it.Description))
			case it.Price < 0 || it.Price > feed.MaxPrice || it.ListPrice != 0 && it.ListPrice <= it.Price || !money.Valid(it.Currency):
				t.Errorf("price %d, list price %d %s", it.Price, it.ListPrice, it.Currency)
			case it.Stock < 0 || it.Stock > feed.MaxStock || it.WeightGrams < 0 || it.WeightGrams > feed.MaxWeightGrams || it.Reserved != 0:
				t.Errorf("stock %d, weight %d", it.Stock, it.WeightGrams)
			case it.Kind != catalog.Physical && it.Kind != catalog.Digital || it.Availability == "" || len(it.Images) > 20:
				t.Errorf("kind %q, availability %q, %d images", it.Kind, it.Availability, len(it.Images))
			}
			for _, address := range append(it.Images, it.URL) {
				if address != "" && address[0] != '/' && !strings.EqualFold(address[:4], "http") {
					t.Errorf("address %q", address)
				}
			}
			seen[it.ID] = true
			return nil
		},
		func(f feed.Finding) {
			findings++
			if f.Code == "" || f.Fix == "" || len(f.Value) > 120 || !utf8.ValidString(f.Value) || f.Row < 0 {
				t.Errorf("finding %+v", f)
			}
		})
	counts := summary.Findings
	if summary.Variants != items || counts.Errors+counts.Warnings+counts.Infos < findings || summary.Products > items {
		t.Errorf("%d items, %d findings, summary %+v", items, findings, summary)
	}
	if err == nil && summary.Variants+summary.Rejected+summary.Skipped > summary.Rows {
		t.Errorf("more records than rows: %+v", summary)
	}
}

func FuzzDetect(f *testing.F) {
	for _, seed := range []string{oneShirt, cafe, "\ufeff" + oneShirt, "ID,Type,SKU,Name,Regular price\n", "id\ttitle\tprice\n", rss("<item/>"), `{"id":"1"}`, "PK\x03\x04", "sep=;", "\xff\xfea\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		format, err := feed.Detect(head)
		if (format == "") != (err != nil) {
			t.Errorf("%q, %v", format, err)
		}
	})
}

func FuzzReadShopify(f *testing.F) {
	f.Add([]byte(oneShirt))
	f.Add([]byte(cafe))
	f.Add([]byte("Handle,Title,Option1 Name,Option1 Value,Option2 Value,Variant Price,Variant Compare At Price,Variant Inventory Tracker,Variant Inventory Qty,Image Src\na,\"A \"\"x\"\"\",Size,S/M,Red,\"1.299,50\",8,shopify,-2,//x/y z.jpg\na,,,M,,6,,,,\nb,\"B\nc,C,Size,,,,,,,\n"))
	f.Add([]byte("sep=;\r\nURL handle;Title;Price;Variant ID\r\nx;X;5;4.4E+13\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) { checkImport(t, data, feed.ShopifyCSV) })
}

func FuzzReadWooCommerce(f *testing.F) {
	f.Add([]byte("ID,Type,SKU,Name,Published,Stock,Sale price,Regular price,Parent,Weight (lbs),Images,Categories,Attribute 1 name,Attribute 1 value(s)\n2,variation,,,1,parent,1,5,p,1,,,Size,S\n1,variable,p,P,1,4,,,,,https://x/1.jpg,\"A > B, C\\, D\",Size,\"S, M\"\n3,\"simple, virtual\",,V,-1,,,0,,,,,,\n"))
	f.Add([]byte("Type,Name,Regular price,Parent\nvariation,X,5,id:1\ngrouped,G,,\n,,,\n"))
	f.Fuzz(func(t *testing.T, data []byte) { checkImport(t, data, feed.WooCommerceCSV) })
}

func FuzzReadGoogleXML(f *testing.F) {
	f.Add([]byte(rss("<item><g:id>1</g:id><title>A & B &nbsp;</title><g:price>1.234,56 EUR</g:price><g:availability>in stock</g:availability><g:shipping><g:price>5</g:price></g:shipping></item><item/>")))
	f.Add([]byte("<feed xmlns:x='http://base.google.com/ns/1.0'><!-- <entry> --><entry><x:id>1</x:id><title><![CDATA[<b>T</b></entry>]]></title><x:price>$5</x:price></entry>"))
	f.Add([]byte("<rss><item><![CDATA[</item><item><!-- </item>"))
	f.Fuzz(func(t *testing.T, data []byte) { checkImport(t, data, feed.GoogleXML) })
}

func FuzzReadGoogleTable(f *testing.F) {
	f.Add([]byte("id\ttitle\tprice\tsale price\tsale price effective date\tavailability\tquantity\timage link\tshipping weight\n1\t\"A\" b\t5 USD\t4 USD\t2026-11-01/2026-12-01\tin stock\t4\thttps://x/1,2.jpg\t1 kg\n"))
	f.Add([]byte("g:id,g:title,g:price,item group id,color\n1,A,1'299.50 CHF,g,Red\n"))
	f.Fuzz(func(t *testing.T, data []byte) { checkImport(t, data, feed.GoogleTSV) })
}

func FuzzReadJSONL(f *testing.F) {
	f.Add([]byte(`{"id":"1","product_id":"p","title":"A","price":5,"list_price":4,"currency":"usd","kind":"digital","availability":"in_stock","images":["/a"],"stock":-1,"x":1}` + "\n\n{"))
	f.Add([]byte(`{"id":"1","price":9007199254740993}` + "\n" + `{"id":"1","price":1e3}`))
	f.Fuzz(func(t *testing.T, data []byte) { checkImport(t, data, feed.CheckstandJSONL) })
}
