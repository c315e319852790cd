package feed_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/feed"
)

func TestShopifyRows(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		items []string // as summarise writes them
		codes []string
	}{
		"a product without options": {
			text:  "Handle,Title,Option1 Name,Option1 Value,Variant Price\nhat,Hat,Title,Default Title,5\n",
			items: []string{"hat |  | 500 | 0 | physical |  |  | 0"},
		},
		"variants continue without a title, images stand anywhere": {
			text: "Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src,Image Position,Variant Image\n" +
				"hat,Hat,Size,S,5,https://x.example/2.jpg,2,\n" +
				"hat,,,M,6,,,https://x.example/m.jpg\n" +
				"hat,,,,,https://x.example/1.jpg,1,\n",
			items: []string{"hat--s | Size=S | 500 | 0 | physical |  | 1 2 | 0", "hat--m | Size=M | 600 | 0 | physical |  | m 1 2 | 0"},
		},
		"three options": {
			text:  "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,Variant Price\nboot,Boot,Size,8.5,Color,Dark Red,Width,W,90\n",
			items: []string{"boot--8.5--dark-red--w | Size=8.5, Color=Dark Red, Width=W | 9000 | 0 | physical |  |  | 0"},
		},
		"values that an id cannot carry exactly get a hash": {
			text:  "Handle,Title,Option1 Name,Option1 Value,Variant Price\ntee,Tee,Size,S/M,5\ntee,,,S+M,5\n",
			items: []string{"tee--s-m-8bf009bb | Size=S/M | 500 | 0 | physical |  |  | 0", "tee--s-m-a5c0abc7 | Size=S+M | 500 | 0 | physical |  |  | 0"},
		},
		"ids that collide all the same": {
			text:  "Handle,Title,Option1 Name,Option1 Value,Variant Price\ntee,Tee,Size,extra large,5\ntee,,,Extra-Large,5\n",
			items: []string{"tee--extra-large | Size=extra large | 500 | 0 | physical |  |  | 0", "tee--extra-large-cd59128cff7bfb79 | Size=Extra-Large | 500 | 0 | physical |  |  | 0"},
			codes: []string{"2 warning id_collision"},
		},
		"the same variant twice": {
			text:  "Handle,Title,Option1 Name,Option1 Value,Variant Price\ntee,Tee,Size,S,5\ntee,,,S,6\n",
			items: []string{"tee--s | Size=S | 500 | 0 | physical |  |  | 0"},
			codes: []string{"2 error duplicate_id"},
		},
		"rows of one product apart": {
			text: "Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src\ntee,Tee,Size,S,5,https://x.example/1.jpg\ncap,Cap,,,7,\n" +
				"tee,,,M,6,\ntee,,,,,https://x.example/2.jpg\n",
			items: []string{"tee--s | Size=S | 500 | 0 | physical |  | 1 | 0", "cap |  | 700 | 0 | physical |  |  | 0", "tee--m | Size=M | 600 | 0 | physical |  | 1 | 0"},
			codes: []string{"4 warning image_late"},
		},
		"rows before the first one": {
			text:  "Handle,Title,Option1 Name,Option1 Value,Variant Price\ntee,,,M,6\ntee,Tee,Size,S,5\n",
			items: []string{"tee--s | Size=S | 500 | 0 | physical |  |  | 0"},
			codes: []string{"1 error product_incomplete"},
		},
		"no handle": {
			text:  "Handle,Title,Variant Price\n,Tee,5\nhat,Hat,4\n",
			items: []string{"hat |  | 400 | 0 | physical |  |  | 0"},
			codes: []string{"1 error product_incomplete"},
		},
		"a bad price costs its variant alone": {
			text: "Handle,Title,Option1 Name,Option1 Value,Variant Price\n" +
				"a,A,Size,1,free\na,,,2,-5\na,,,3,0\na,,,4,5.001\na,,,5,99999999999999\na,,,6,19.999\na,,,7,5 EUR\na,,,8,\na,,,9,5.0000\n",
			items: []string{"a--3 | Size=3 | 0 | 0 | physical |  |  | 0", "a--9 | Size=9 | 500 | 0 | physical |  |  | 0"},
			codes: []string{"1 error price_invalid", "2 error price_negative", "3 warning price_zero", "4 error price_ambiguous",
				"5 error price_absurd", "6 error price_ambiguous", "7 error currency_invalid", "8 error price_missing"},
		},
		"compare-at prices": {
			text:  "Handle,Title,Option1 Name,Option1 Value,Variant Price,Variant Compare At Price\na,A,Size,1,5,8\na,,,2,5,5\na,,,3,5,0.00\na,,,4,5,old\n",
			items: []string{"a--1 | Size=1 | 500 | 800 | physical |  |  | 0", "a--2 | Size=2 | 500 | 0 | physical |  |  | 0", "a--3 | Size=3 | 500 | 0 | physical |  |  | 0", "a--4 | Size=4 | 500 | 0 | physical |  |  | 0"},
			codes: []string{"2 info list_price_dropped", "4 warning list_price_dropped"},
		},
		"gift cards and services are not shipped": {
			text: "Handle,Title,Gift Card,Variant Requires Shipping,Variant Grams,Variant Price\ncard,Card,true,true,10,5\nhelp,Help,false,false,0,5\nmug,Mug,false,true,350,5\n",
			items: []string{"card |  | 500 | 0 | digital |  |  | 0", "help |  | 500 | 0 | digital |  |  | 0",
				"mug |  | 500 | 0 | physical |  |  | 350"},
		},
		"drafts, archived and unpublished products": {
			text:  "Handle,Title,Option1 Name,Option1 Value,Published,Status,Variant Price\na,A,Size,1,true,draft,5\na,,,2,,,5\nb,B,,,false,active,5\nc,C,,,TRUE,archived,5\nd,D,,,TRUE,Active,5\n",
			items: []string{"d |  | 500 | 0 | physical |  |  | 0"},
			codes: []string{"1 warning not_published", "3 warning not_published", "4 warning not_published"},
		},
		"images that are no addresses": {
			text:  "Handle,Title,Variant Price,Image Src\na,A,5,hat.jpg\nb,B,5,//cdn.example.com/b 1.jpg\nc,C,5,javascript:alert(1)\nd,D,5,https://user:pass@x.example/d.jpg\n",
			items: []string{"a |  | 500 | 0 | physical |  |  | 0", "b |  | 500 | 0 | physical |  | b%201 | 0", "c |  | 500 | 0 | physical |  |  | 0", "d |  | 500 | 0 | physical |  |  | 0"},
			codes: []string{"1 warning image_invalid", "2 info url_normalised", "3 warning image_invalid", "4 warning image_invalid"},
		},
		"an option without a name": {
			text:  "Handle,Title,Option1 Name,Option1 Value,Variant Price\na,A,,Red,5\na,,,Blue,5\n",
			items: []string{"a--red | Option 1=Red | 500 | 0 | physical |  |  | 0", "a--blue | Option 1=Blue | 500 | 0 | physical |  |  | 0"},
			codes: []string{"1 warning option_name_missing"},
		},
		"the header in any case, the file with semicolons and decimal commas": {
			text:  "sep=;\r\nHANDLE;title;VARIANT  PRICE\r\na;A;1.299,50\r\n",
			items: []string{"a |  | 129950 | 0 | physical |  |  | 0"},
			codes: []string{"1 info price_normalised"},
		},
		"values that went into the wrong columns": {
			text:  "Handle,Title,Variant Price\na,A, with comma,5\nb,B,5\n",
			items: []string{"b |  | 500 | 0 | physical |  |  | 0"},
			codes: []string{"1 error field_count"},
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
			for _, f := range got.findings {
				if f.Fix == "" {
					t.Errorf("%s does not say what to do", f.Code)
				}
			}
		})
	}
}

func TestShopifyStock(t *testing.T) {
	const header = "Handle,Title,Variant Price,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy\n"
	for name, c := range map[string]struct {
		row       string
		tracked   bool
		backorder bool
		available int64
		code      string
	}{
		"counted":                   {"a,A,5,shopify,7,deny", true, false, 7, ""},
		"sold out":                  {"a,A,5,shopify,0,deny", true, false, 0, ""},
		"sold on when out of stock": {"a,A,5,shopify,0,continue", true, true, catalog.Unlimited, ""},
		"oversold":                  {"a,A,5,shopify,-3,deny", true, false, 0, feed.CodeStockRounded},
		"no tracker is not counted": {"a,A,5,,0,deny", false, false, catalog.Unlimited, feed.CodeStockNotTracked},
		"no tracker, no quantity":   {"a,A,5,,,deny", false, false, catalog.Unlimited, ""},
		"another tracker":           {"a,A,5,shipwire,2,deny", true, false, 2, ""},
		"quantity not exported":     {"a,A,5,shopify,,deny", true, false, 0, feed.CodeStockMissing},
		"quantity unreadable":       {"a,A,5,shopify,plenty,deny", true, false, 0, feed.CodeStockInvalid},
		"fractions":                 {"a,A,5,shopify,2.5,deny", true, false, 2, feed.CodeStockRounded},
		"whole numbers as decimals": {"a,A,5,shopify,2.0,deny", true, false, 2, ""},
		"policy unreadable":         {"a,A,5,shopify,2,maybe", true, false, 2, feed.CodeValueInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			got := readText(t, header+c.row+"\n", feed.Options{})
			it := got.item(t, "a")
			if it.Tracked != c.tracked || it.Backorder != c.backorder || it.Available() != c.available || it.Availability != catalog.InStock {
				t.Errorf("tracked %t, backorder %t, available %d, %s", it.Tracked, it.Backorder, it.Available(), it.Availability)
			}
			if c.code == "" && len(got.findings) > 0 || c.code != "" && got.finding(t, c.code).Fix == "" {
				t.Errorf("findings %v, want %q", got.codes(), c.code)
			}
		})
	}
}

// The names that Shopify's columns have had since 2024.
func TestShopifyNewColumnNames(t *testing.T) {
	got := readText(t, "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,Option1 name,Option1 value,"+
		"Price,Compare-at price,Charge tax,Inventory tracker,Inventory quantity,Continue selling when out of stock,Weight value (grams),Requires shipping,Product image URL,Image position,Variant image URL,Gift card\n"+
		"Mug,mug,<p>Blue &amp; round</p>,Example Mill,Home & Garden > Kitchen,Mugs,\"tea, coffee\",TRUE,Active,'0042,'4006381333931,Color,Blue,12.00,15.00,FALSE,shopify,3,TRUE,350,TRUE,https://x.example/mug.jpg,1,,FALSE\n", feed.Options{})
	want := catalog.Item{
		ID: "mug--blue", ProductID: "mug", SKU: "0042", Title: "Mug - Blue", ProductTitle: "Mug", Description: "Blue & round",
		Images: []string{"https://x.example/mug.jpg"}, Brand: "Example Mill", Categories: []string{"Home & Garden > Kitchen", "Mugs"},
		Tags: []string{"tea", "coffee"}, GTIN: "4006381333931", Options: []catalog.Option{{Name: "Color", Value: "Blue"}},
		Price: 1200, ListPrice: 1500, Currency: "usd", TaxExempt: true, Kind: catalog.Physical, WeightGrams: 350,
		Availability: catalog.InStock, Tracked: true, Stock: 3, Backorder: true,
	}
	if diff := cmp.Diff(want, got.item(t, "mug--blue")); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
}

func TestShopifyVariantIDsOfExportApps(t *testing.T) {
	got := readText(t, "ID,Handle,Title,Variant ID,Option1 Name,Option1 Value,Variant Price\n"+
		"7001,tee,Tee,4401,Size,S,5\n7001,tee,,4402,,M,5\n7001,tee,,4.40123E+13,,L,5\n", feed.Options{})
	if diff := cmp.Diff([]string{"4401", "4402", "tee--l"}, got.ids()); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if got.items[0].ProductID != "7001" {
		t.Errorf("product id %q", got.items[0].ProductID)
	}
	if diff := cmp.Diff([]string{"3 warning id_derived"}, got.codes()); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// The order of rows and edits of titles and SKUs leave ids alone.
func TestShopifyIDsAreStable(t *testing.T) {
	a := readText(t, "Handle,Title,Variant SKU,Option1 Name,Option1 Value,Variant Price\ntee,Tee,S1,Size,S/M,5\ntee,,S2,,S-M!,5\n", feed.Options{})
	b := readText(t, "Handle,Title,Variant SKU,Option1 Name,Option1 Value,Variant Price\ntee,New Tee,X2,Size,S-M!,7\ntee,,X1,,S/M,7\n", feed.Options{})
	if a.items[0].ID != b.items[1].ID || a.items[1].ID != b.items[0].ID {
		t.Errorf("ids %q and %q", a.ids(), b.ids())
	}
}

func TestShopifyLimitsOfAProduct(t *testing.T) {
	var text strings.Builder
	text.WriteString("Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src\n")
	for i := range feed.MaxVariants + 3 {
		title := ""
		if i == 0 {
			title = "Tee"
		}
		n := strings.Repeat("x", i%7) + "-" + strings.Repeat("y", i/7%19) + "-" + strings.Repeat("z", i/7/19)
		text.WriteString("tee," + title + ",Size,v" + n + "v,5,https://x.example/" + n + ".jpg\n")
	}
	got := readText(t, text.String(), feed.Options{})
	if got.summary.Variants != feed.MaxVariants || got.summary.Rejected != 3 {
		t.Errorf("summary %+v", got.summary)
	}
	if n := len(got.items[5].Images); n != 20 {
		t.Errorf("an item has %d images", n)
	}
}
