package feed_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/feed"
)

func TestWooCommerceRows(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		items []string // as summarise writes them
		codes []string
	}{
		"variations before, between and after their parents": {
			text: "ID,Type,SKU,Name,Regular price,Parent,Attribute 1 name,Attribute 1 value(s),Categories,Images\n" +
				"11,variation,,Tee - S,5,tee,Size,S,,\n" +
				"21,variation,,Cap - Red,7,id:20,Color,Red,,https://x.example/red.jpg\n" +
				"10,variable,tee,Tee,,,Size,\"S, M\",Clothing > Tees,https://x.example/tee.jpg\n" +
				"12,variation,,Tee - M,6,id:10,Size,M,,\n" +
				"20,variable,,Cap,,,Color,\"Red, Blue\",Hats,https://x.example/cap.jpg\n" +
				"22,variation,,Cap - Blue,7,id:20,Color,Blue,,\n",
			items: []string{
				"11 | Size=S | 500 | 0 | physical | Clothing > Tees | tee | 0", "12 | Size=M | 600 | 0 | physical | Clothing > Tees | tee | 0",
				"21 | Color=Red | 700 | 0 | physical | Hats | red cap | 0", "22 | Color=Blue | 700 | 0 | physical | Hats | cap | 0",
			},
		},
		"a variation without its parent": {
			text:  "ID,Type,SKU,Name,Regular price,Parent\n1,variation,,X,5,gone\n2,variation,,Y,5,\n3,simple,,Z,5,\n",
			items: []string{"3 |  | 500 | 0 | physical |  |  | 0"},
			codes: []string{"1 error parent_missing", "2 error parent_missing"},
		},
		"a variable product without variations": {
			text:  "ID,Type,SKU,Name,Regular price,Parent\n1,variable,a,A,,\n",
			items: []string{},
			codes: []string{"1 warning no_variations"},
		},
		"an unpublished parent takes its variations with it": {
			text:  "ID,Type,SKU,Name,Published,Regular price,Parent\n1,variable,a,A,-1,,\n2,variation,,A1,1,5,a\n3,simple,,S,0,5,\n",
			items: []string{},
			codes: []string{"1 warning not_published", "3 warning not_published"},
		},
		"what cannot be bought here": {
			text:  "ID,Type,SKU,Name,Regular price\n1,grouped,,G,\n2,external,,E,5\n3,subscription,,S,5\n4,bundle,,B,5\n",
			items: []string{},
			codes: []string{"1 warning not_sold_here", "2 warning not_sold_here", "3 warning type_unsupported", "4 warning type_unsupported"},
		},
		"digital products": {
			text: "ID,Type,SKU,Name,Regular price,Weight (kg)\n1,\"simple, virtual\",,A,5,\n2,\"simple, downloadable\",,B,5,0.2\n3,\"simple, downloadable, virtual\",,C,5,\n",
			items: []string{"1 |  | 500 | 0 | digital |  |  | 0", "2 |  | 500 | 0 | digital |  |  | 0",
				"3 |  | 500 | 0 | digital |  |  | 0"},
			codes: []string{"2 warning downloadable_only"},
		},
		"weights in pounds": {
			text:  "ID,Type,SKU,Name,Regular price,Weight (lbs)\n1,simple,,A,5,2.5\n2,simple,,B,5,heavy\n",
			items: []string{"1 |  | 500 | 0 | physical |  |  | 1134", "2 |  | 500 | 0 | physical |  |  | 0"},
			codes: []string{"2 warning weight_invalid"},
		},
		"no ID column": {
			text:  "Type,SKU,Name,Regular price\nsimple,a-1,A,5\nsimple,,B,5\n",
			items: []string{"a-1 |  | 500 | 0 | physical |  |  | 0"},
			codes: []string{"1 warning id_derived", "2 error id_invalid"},
		},
		"lists with escaped commas and entities": {
			text:  "ID,Type,SKU,Name,Regular price,Categories\n1,simple,,A,5,\"Food\\, Drink > Tea, Gifts &amp; Cards\"\n",
			items: []string{"1 |  | 500 | 0 | physical | Food, Drink > Tea, Gifts & Cards |  | 0"},
		},
		"parents that variations cannot tell apart": {
			text:  "ID,Type,SKU,Name,Regular price,Parent\n,variable,,A,,\n1,variable,p,First,,\n2,variable,p,Second,,\n3,variation,,,5,p\n4,variation,,,5,id:2\n",
			items: []string{"3 |  | 500 | 0 | physical |  |  | 0", "4 |  | 500 | 0 | physical |  |  | 0"},
			codes: []string{"1 error id_invalid", "3 warning duplicate_id"},
		},
		"no price": {
			text:  "ID,Type,SKU,Name,Regular price\n1,simple,,A,\n",
			items: []string{},
			codes: []string{"1 error price_missing"},
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

func TestWooCommerceSalePrices(t *testing.T) {
	const header = "ID,Type,SKU,Name,Date sale price starts,Date sale price ends,Sale price,Regular price\n"
	for name, c := range map[string]struct {
		row         string
		price, list int64
		code        string
	}{
		"always on":         {"1,simple,,A,,,8,10", 800, 1000, ""},
		"on":                {"1,simple,,A,2026-11-01,2026-11-20,8,10", 800, 1000, feed.CodeSalePeriod},
		"over":              {"1,simple,,A,2026-11-01,2026-11-19,8,10", 1000, 0, feed.CodeSalePeriod},
		"to come":           {"1,simple,,A,2026-11-21,,8,10", 1000, 0, feed.CodeSalePeriod},
		"with a time":       {"1,simple,,A,2026-11-20 11:59:59,2026-11-20T12:30:00,8,10", 800, 1000, feed.CodeSalePeriod},
		"unreadable period": {"1,simple,,A,soon,,8,10", 1000, 0, feed.CodeSalePeriod},
		"not lower":         {"1,simple,,A,,,10,10", 1000, 0, feed.CodeSaleNotLower},
		"unreadable price":  {"1,simple,,A,,,cheap,10", 1000, 0, feed.CodePriceInvalid},
		"no regular price":  {"1,simple,,A,,,8,", 800, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := readText(t, header+c.row+"\n", feed.Options{})
			if it := got.item(t, "1"); it.Price != c.price || it.ListPrice != c.list {
				t.Errorf("price %d, list price %d; want %d, %d", it.Price, it.ListPrice, c.price, c.list)
			}
			if c.code != "" {
				got.finding(t, c.code)
			} else if len(got.findings) > 0 {
				t.Errorf("findings %v", got.codes())
			}
		})
	}
}

func TestWooCommerceStockAndTax(t *testing.T) {
	const header = "ID,Type,SKU,Name,Tax status,Tax class,In stock?,Stock,Backorders allowed?,Regular price,Parent\n"
	for name, c := range map[string]struct {
		row  string
		want catalog.Item // of these fields alone
		code string
	}{
		"not counted":           {"2,simple,,A,taxable,,1,,0,5,", catalog.Item{Availability: catalog.InStock}, ""},
		"sold out, not counted": {"2,simple,,A,taxable,,0,,0,5,", catalog.Item{Availability: catalog.OutOfStock}, ""},
		"counted":               {"2,simple,,A,taxable,,1,4,0,5,", catalog.Item{Availability: catalog.InStock, Tracked: true, Stock: 4}, ""},
		"backorders":            {"2,simple,,A,taxable,,1,0,notify,5,", catalog.Item{Availability: catalog.InStock, Tracked: true, Backorder: true}, ""},
		"on backorder":          {"2,simple,,A,taxable,,backorder,,1,5,", catalog.Item{Availability: catalog.Backorder}, ""},
		"oversold":              {"2,simple,,A,taxable,,1,-2,0,5,", catalog.Item{Availability: catalog.InStock, Tracked: true}, feed.CodeStockRounded},
		"untaxed":               {"2,simple,,A,none,,1,,0,5,", catalog.Item{Availability: catalog.InStock, TaxExempt: true}, ""},
		"only delivery taxed":   {"2,simple,,A,shipping,,1,,0,5,", catalog.Item{Availability: catalog.InStock, TaxExempt: true}, ""},
		"another class":         {"2,simple,,A,taxable,reduced-rate,1,,0,5,", catalog.Item{Availability: catalog.InStock, TaxClass: "reduced-rate"}, ""},
		"the parent's class":    {"2,variation,,A,taxable,parent,1,,0,5,p", catalog.Item{Availability: catalog.InStock, TaxClass: "zero-rate"}, ""},
		"its own class":         {"2,variation,,A,taxable,,1,,0,5,p", catalog.Item{Availability: catalog.InStock}, ""},
		"the parent's count":    {"2,variation,,A,taxable,,1,parent,0,5,p", catalog.Item{Availability: catalog.InStock, Tracked: true, Stock: 9}, feed.CodeSharedStock},
	} {
		t.Run(name, func(t *testing.T) {
			got := readText(t, header+"1,variable,p,P,taxable,zero-rate,1,9,0,,\n"+c.row+"\n", feed.Options{})
			it := got.item(t, "2")
			it = catalog.Item{Availability: it.Availability, Tracked: it.Tracked, Stock: it.Stock, Backorder: it.Backorder, TaxClass: it.TaxClass, TaxExempt: it.TaxExempt}
			if diff := cmp.Diff(c.want, it); diff != "" {
				t.Errorf("item (-want +got):\n%s", diff)
			}
			if c.code != "" {
				got.finding(t, c.code)
			}
		})
	}
}

func TestWooCommerceVariationInheritsItsText(t *testing.T) {
	got := readText(t, "ID,Type,SKU,Name,Short description,Description,Regular price,Parent,Attribute 1 name,Attribute 1 value(s),Attribute 2 name,Attribute 2 value(s)\n"+
		`1,variable,p,Tea &amp; Cake,,"<p>One</p>\n<p>Two</p>",,,Size,"S, L",Fabric,Linen`+"\n"+
		"2,variation,,,,,5,p,Size,L,,\n3,variation,,,,Mine,5,p,Size,S,,\n", feed.Options{})
	large, small := got.item(t, "2"), got.item(t, "3")
	if large.Title != "Tea & Cake - L" || large.Description != "One\n\nTwo" || small.Description != "Mine" || large.ProductID != "1" {
		t.Errorf("%+v\n%+v", large, small)
	}
	if diff := cmp.Diff([]catalog.Option{{Name: "Fabric", Value: "Linen"}}, large.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}
