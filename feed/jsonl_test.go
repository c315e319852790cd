package feed_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/feed"
)

func TestOwnLinesRoundTrip(t *testing.T) {
	items := []catalog.Item{
		{
			ID: "mug--blue", ProductID: "mug", SKU: "M1", Title: "Mug - Blue", ProductTitle: "Mug", Description: "Holds tea.\n\n- 0.3 l\n- R&B, a < b",
			URL: "https://shop.example/mug", Images: []string{"/img/mug.jpg", "https://x.example/2.jpg"}, Brand: "Example",
			Categories: []string{"Kitchen > Mugs"}, Tags: []string{"tea"}, GTIN: "4006381333931", MPN: "X", Condition: "new",
			Options: []catalog.Option{{Name: "Color", Value: "Blue"}}, Attributes: []catalog.Option{{Name: "Material", Value: "Clay"}},
			Price: 1299, ListPrice: 1599, Currency: "eur", TaxClass: "reduced", TaxExempt: true, Kind: catalog.Physical, WeightGrams: 350,
			Availability: catalog.InStock, Tracked: true, Stock: 4, Backorder: true, Reserved: 3,
		},
		{ID: "song", ProductID: "song", Title: "Song", ProductTitle: "Song", Price: 99, Currency: "jpy", Kind: catalog.Digital, Availability: catalog.Preorder},
	}
	var text bytes.Buffer
	for _, it := range items {
		if err := json.NewEncoder(&text).Encode(it); err != nil {
			t.Fatal(err)
		}
	}
	got := read(t, &text, feed.Options{})
	if diff := cmp.Diff(items, got.items, cmpopts.IgnoreFields(catalog.Item{}, "Reserved")); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	if len(got.findings) > 0 {
		t.Errorf("findings %v", got.codes())
	}
}

func TestOwnLines(t *testing.T) {
	const rest = `"title":"A","currency":"usd","kind":"physical","availability":"in_stock"`
	for name, c := range map[string]struct {
		lines  string
		ids    []string
		codes  []string
		fields []string
	}{
		"fine":                        {`{"id":"1","price":5,` + rest + `}`, []string{"1"}, nil, nil},
		"empty lines, CRLF, no end":   {"\n\r\n{\"id\":\"1\",\"price\":5," + rest + "}\r\n\r\n{\"id\":\"2\",\"price\":5," + rest + "}", []string{"1", "2"}, nil, nil},
		"no JSON":                     {"{\"id\"\n{\"id\":\"2\",\"price\":5," + rest + "}", []string{"2"}, []string{"1 error json_invalid"}, []string{""}},
		"a price with decimals":       {`{"id":"1","price":5.99,` + rest + `}`, []string{}, []string{"1 error json_invalid"}, []string{"price"}},
		"a price in quotes":           {`{"id":"1","price":"5",` + rest + `}`, []string{}, []string{"1 error json_invalid"}, []string{"price"}},
		"no price":                    {`{"id":"1",` + rest + `}`, []string{}, []string{"1 error price_missing"}, []string{"price"}},
		"a negative price":            {`{"id":"1","price":-1,` + rest + `}`, []string{}, []string{"1 error price_negative"}, []string{"price"}},
		"an unknown field":            {`{"id":"1","price":5,"colour":"red",` + rest + `}`, []string{"1"}, []string{"1 warning unknown_field"}, []string{"/colour"}},
		"a reservation is not a fact": {`{"id":"1","price":5,"Reserved":5,` + rest + `}`, []string{"1"}, []string{"1 warning unknown_field"}, []string{"/Reserved"}},
		"the same id twice":           {`{"id":"1","price":5,` + rest + `}` + "\n" + `{"id":"1","price":6,` + rest + `}`, []string{"1"}, []string{"2 error duplicate_id"}, []string{"id"}},
		"wrong words": {`{"id":"1","price":5,"title":"A","currency":"US$","kind":"soft","availability":"maybe"}`, []string{},
			[]string{"1 error currency_invalid", "1 error kind_unknown", "1 error availability_unknown"}, []string{"currency", "kind", "availability"}},
		"left out": {`{"id":"1","price":5,"title":"A"}`, []string{"1"},
			[]string{"1 warning currency_missing", "1 warning kind_unknown", "1 warning availability_unknown"}, []string{"currency", "kind", "availability"}},
		"negative stock":                {`{"id":"1","price":5,"tracked":true,"stock":-2,` + rest + `}`, []string{"1"}, []string{"1 info stock_rounded"}, []string{"stock"}},
		"images":                        {`{"id":"1","price":5,"images":["/a.jpg","//b","\\c","javascript:x"],` + rest + `}`, []string{"1"}, []string{"1 info url_normalised", "1 warning image_invalid", "1 warning image_invalid"}, []string{"images", "images", "images"}},
		"a control character in the id": {`{"id":"1\u0007","price":5,` + rest + `}`, []string{}, []string{"1 error id_invalid"}, []string{"id"}},
		"an overlong line": {`{"id":"` + strings.Repeat("x", 3*feed.MaxRecordBytes) + `"}` + "\n" + `{"id":"2","price":5,` + rest + `}`, []string{"2"},
			[]string{"1 error too_long"}, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			got := readText(t, c.lines, feed.Options{Format: feed.CheckstandJSONL})
			if diff := cmp.Diff(c.ids, got.ids()); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{}, c.codes...), got.codes()); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			for i, field := range c.fields {
				if i < len(got.findings) && got.findings[i].Field != field {
					t.Errorf("finding %d is about %q, want %q", i, got.findings[i].Field, field)
				}
			}
		})
	}
}
