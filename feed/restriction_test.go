package feed_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/feed"
)

func TestRestrictions(t *testing.T) {
	tsv := strings.ReplaceAll(`id|title|price|availability|min_age|not_sold_in
wine|Wine|9.00 USD|in_stock|18|SA, us-ut
water|Water|1.00 USD|in_stock||
odd|Odd|1.00 USD|in_stock|grown-up|
far|Far|1.00 USD|in_stock||Atlantis
isle|Isle|1.00 USD|in_stock||UK
old|Old|1.00 USD|in_stock|1000|
`, "|", "\t")
	jsonl := `{"id":"wine","title":"Wine","price":900,"currency":"usd","kind":"physical","availability":"in_stock","min_age":18,"not_sold_in":["SA","US-UT"]}
{"id":"water","title":"Water","price":100,"currency":"usd","kind":"physical","availability":"in_stock"}
{"id":"far","title":"Far","price":100,"currency":"usd","kind":"physical","availability":"in_stock","not_sold_in":["Atlantis"]}
{"id":"isle","title":"Isle","price":100,"currency":"usd","kind":"physical","availability":"in_stock","not_sold_in":["UK"]}
{"id":"old","title":"Old","price":100,"currency":"usd","kind":"physical","availability":"in_stock","min_age":-1}
`
	for name, c := range map[string]struct {
		text     string
		rejected int64
	}{"columns": {tsv, 4}, "JSON lines": {jsonl, 3}} {
		items, cures := map[string]catalog.Item{}, map[string]string{}
		sum, err := feed.Read(t.Context(), strings.NewReader(c.text), feed.Options{Currency: "usd"}, func(it catalog.Item) error {
			items[it.ID] = it
			return nil
		}, func(f feed.Finding) { cures[f.Value] = f.Fix })
		if err != nil {
			t.Fatal(err)
		}
		if wine := items["wine"]; wine.MinAge != 18 || !slices.Equal(wine.NotSoldIn, []string{"SA", "US-UT"}) {
			t.Errorf("%s: %+v", name, wine)
		}
		if water, ok := items["water"]; !ok || water.MinAge != 0 || water.NotSoldIn != nil || len(items) != 2 || int64(sum.Rejected) != c.rejected {
			t.Errorf("%s: %+v, %+v", name, items, sum)
		}
		if cures["UK"] != `"UK" is written GB in ISO 3166-1.` || cures["ATLANTIS"]+cures["Atlantis"] == "" {
			t.Errorf("%s: the cures are %q", name, cures)
		}
	}
}
