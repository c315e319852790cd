package feed_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/fault"
	"github.com/checkstand/checkstand/feed"
)

// result is all that an import gave.
type result struct {
	items    []catalog.Item
	findings []feed.Finding
	summary  feed.Summary
}

// now is the time of every import in these tests, unless they set another.
func now() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

func tryRead(r io.Reader, opts feed.Options) (result, error) {
	var got result
	if opts.Now == nil {
		opts.Now = now
	}
	var err error
	got.summary, err = feed.Read(context.Background(), r, opts,
		func(it catalog.Item) error { got.items = append(got.items, it); return nil },
		func(f feed.Finding) { got.findings = append(got.findings, f) })
	return got, err
}

func read(t testing.TB, r io.Reader, opts feed.Options) result {
	t.Helper()
	got, err := tryRead(r, opts)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return got
}

func readText(t testing.TB, text string, opts feed.Options) result {
	t.Helper()
	if opts.Currency == "" {
		opts.Currency = "usd"
	}
	return read(t, strings.NewReader(text), opts)
}

func (r result) item(t testing.TB, id string) catalog.Item {
	t.Helper()
	for _, it := range r.items {
		if it.ID == id {
			return it
		}
	}
	t.Fatalf("no item %q in %q", id, r.ids())
	return catalog.Item{}
}

func (r result) ids() []string {
	ids := []string{}
	for _, it := range r.items {
		ids = append(ids, it.ID)
	}
	return ids
}

// codes lists the findings as "row severity code", sorted by row.
func (r result) codes() []string {
	list := slices.Clone(r.findings)
	slices.SortStableFunc(list, func(a, b feed.Finding) int { return a.Row - b.Row })
	out := []string{}
	for _, f := range list {
		out = append(out, fmt.Sprintf("%d %s %s", f.Row, f.Severity, f.Code))
	}
	return out
}

func (r result) finding(t testing.TB, code string) feed.Finding {
	t.Helper()
	for _, f := range r.findings {
		if f.Code == code {
			return f
		}
	}
	t.Fatalf("no finding %s in %v", code, r.codes())
	return feed.Finding{}
}

const oneShirt = "Handle,Title,Variant Price\nshirt,Shirt,19.99\n"

// An option that cannot be used is told by its name, whether it is checked
// before a file is opened or found out in it.
func TestOptionsAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		opts   feed.Options
		fields string
	}{
		"unknown format":     {feed.Options{Format: "xlsx", Currency: "usd"}, "[format]"},
		"unknown currency":   {feed.Options{Currency: "zzz"}, "[currency]"},
		"upper-case":         {feed.Options{Currency: "USD"}, "[currency]"},
		"country in words":   {feed.Options{Currency: "usd", Country: "Germany"}, "[country]"},
		"no such country":    {feed.Options{Currency: "usd", Country: "XX"}, "[country]"},
		"everything":         {feed.Options{Format: "xlsx", Currency: "zzz", Country: "de"}, "[format currency country]"},
		"Shopify needs one":  {feed.Options{}, "[currency]"},
		"forced WooCommerce": {feed.Options{Format: feed.WooCommerceCSV}, "[currency]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tryRead(strings.NewReader(oneShirt), c.opts)
			if !errors.Is(err, feed.ErrOptions) {
				t.Errorf("error %v, want ErrOptions", err)
			}
			var fields []string
			for _, f := range fault.List(err) {
				fields = append(fields, f.Field)
			}
			if got := fmt.Sprint(fields); got != c.fields {
				t.Errorf("faults of %s, want %s", got, c.fields)
			}
			if checked := c.opts.Check(); c.opts.Currency != "" && fmt.Sprint(checked) != fmt.Sprint(err) {
				t.Errorf("checked beforehand: %v, and reading says %v", checked, err)
			}
		})
	}
	if err := (&feed.Options{Format: feed.GoogleXML, Currency: "eur", Country: "DE"}).Check(); err != nil {
		t.Error(err)
	}
}

func TestFilesThatAreNoCatalogue(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		format feed.Format
		want   error
	}{
		"empty":                  {"", "", feed.ErrEmpty},
		"blank":                  {" \n\r\n\t", "", feed.ErrEmpty},
		"only a byte order mark": {"\ufeff", "", feed.ErrEmpty},
		"blank, format given":    {"\n\n", feed.ShopifyCSV, feed.ErrEmpty},
		"prose":                  {"Dear all,\nplease find attached", "", feed.ErrUnknownFormat},
		"a web page":             {"<!DOCTYPE html><html><body>Sign in</body></html>", "", feed.ErrUnknownFormat},
		"a workbook":             {"PK\x03\x04....", "", feed.ErrUnknownFormat},
		"a JSON array":           {`[{"id":"1"}]`, "", feed.ErrUnknownFormat},
		"other columns":          {"a,b\n1,2\n", feed.ShopifyCSV, feed.ErrHeader},
		"Google without price":   {"id,title\n1,x\n", feed.GoogleCSV, feed.ErrHeader},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tryRead(strings.NewReader(c.text), feed.Options{Currency: "usd", Format: c.format})
			if !errors.Is(err, c.want) || len(got.items) != 0 {
				t.Errorf("error %v, want %v; items %v", err, c.want, got.items)
			}
		})
	}
}

func TestHeaderAloneIsNoError(t *testing.T) {
	got := readText(t, "Handle,Title,Variant Price\n", feed.Options{})
	if f := got.finding(t, feed.CodeNoRows); f.Row != 0 || got.summary.Rows != 0 {
		t.Errorf("finding %+v, summary %+v", f, got.summary)
	}
}

func TestReadStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := feed.Read(ctx, strings.NewReader(oneShirt), feed.Options{Currency: "usd", Format: feed.ShopifyCSV}, func(catalog.Item) error { return nil }, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestReadStopsWhenTheImportFails(t *testing.T) {
	full := errors.New("disk full")
	summary, err := feed.Read(context.Background(), strings.NewReader(oneShirt), feed.Options{Currency: "usd"}, func(catalog.Item) error { return full }, nil)
	if !errors.Is(err, full) || summary.Format != feed.ShopifyCSV {
		t.Errorf("summary %+v, error %v", summary, err)
	}
}

func TestAConnectionThatBreaksIsAnError(t *testing.T) {
	broken := errors.New("connection reset")
	for _, text := range []string{
		oneShirt + "hat,Hat,1", // the price may go on
		"Type,ID,SKU,Name,Regular price\nsimple,1,a,A,5\nsimple,2,b,B,1",
		"id,title,price\n1,A,5 USD\n2,B,1",
		`<rss><item><id>1</id><title>A</title><price>5 USD</price></item><item>`,
		`{"id":"1","title":"A","price":5,"currency":"usd"}` + "\n{",
	} {
		got, err := tryRead(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), feed.Options{Currency: "usd"})
		if !errors.Is(err, broken) {
			t.Errorf("%.12q: error %v", text, err)
		}
		if len(got.items) > 1 {
			t.Errorf("%.12q: the half record was imported: %v", text, got.ids())
		}
	}
}

func TestFindingsAreCappedAndCounted(t *testing.T) {
	const rows = feed.MaxFindingsPerCode + 5
	got := readText(t, "id,title,price\n"+strings.Repeat("1,A,\n", rows), feed.Options{})
	if len(got.findings) < feed.MaxFindingsPerCode || got.summary.Findings.Codes[feed.CodePriceMissing] != rows || got.summary.Rejected != rows {
		t.Errorf("%d findings, summary %+v", len(got.findings), got.summary)
	}
	n := 0
	for _, f := range got.findings {
		if f.Code == feed.CodePriceMissing {
			n++
		}
	}
	if n != feed.MaxFindingsPerCode {
		t.Errorf("%d findings of one code were reported", n)
	}
}

func TestFindingValuesAreCut(t *testing.T) {
	got := readText(t, "id,title,price\n1,A,"+strings.Repeat("ü", 200)+"\n", feed.Options{})
	if v := got.finding(t, feed.CodePriceInvalid).Value; len(v) > 120 || !strings.HasSuffix(v, "ü…") {
		t.Errorf("value of %d bytes: %q", len(v), v)
	}
}

// A file that was cut off must not sell its last record at half a price.
func TestACutTableLosesItsLastRecordOnly(t *testing.T) {
	const whole = "id,title,price,availability,brand\n1,A,5 USD,in_stock,X\n2,B,15.99 USD,in_stock,Y\n"
	got := readText(t, whole[:strings.Index(whole, ".99")], feed.Options{})
	if fmt.Sprint(got.ids()) != "[1]" || fmt.Sprint(got.codes()) != "[2 error file_truncated]" {
		t.Errorf("ids %v, findings %v", got.ids(), got.codes())
	}
	// An exporter that leaves trailing values out does so everywhere.
	got = readText(t, "id,title,price,availability,brand\n1,A,5 USD,in_stock\n2,B,15.99 USD,in_stock", feed.Options{})
	if fmt.Sprint(got.ids()) != "[1 2]" || len(got.findings) > 0 {
		t.Errorf("ids %v, findings %v", got.ids(), got.codes())
	}
}

func TestWhatAnItemCanDoWithoutIsDropped(t *testing.T) {
	images := "https://x.example/a"
	for i := range 25 {
		images += fmt.Sprintf(", https://x.example/%d.jpg", i)
	}
	got := readText(t, "id,title,description,price,availability,gtin,condition,link,image link,image link\n"+
		`1,"`+strings.Repeat("title ", 100)+`","`+strings.Repeat("text ", 2000)+`",5 USD,in_stock,123,broken,shop.example/1,"`+images+`",x`+"\n"+
		"2,B,,5 USD,in_stock,4006381333931,https://schema.org/UsedCondition,//shop.example/2,,\n", feed.Options{})
	one, two := got.item(t, "1"), got.item(t, "2")
	if len(one.Title) > 500 || !strings.HasSuffix(one.Title, "title…") || len(one.Description) > 5000 || !strings.HasSuffix(one.Description, "text…") {
		t.Errorf("%d bytes of title, %d of description", len(one.Title), len(one.Description))
	}
	if one.GTIN != "" || one.Condition != "" || one.URL != "" || len(one.Images) != 20 {
		t.Errorf("gtin %q, condition %q, link %q, %d images", one.GTIN, one.Condition, one.URL, len(one.Images))
	}
	if two.GTIN != "4006381333931" || two.Condition != "used" || two.URL != "https://shop.example/2" {
		t.Errorf("gtin %q, condition %q, link %q", two.GTIN, two.Condition, two.URL)
	}
	for _, code := range []string{feed.CodeColumnRepeated, feed.CodeGTIN, feed.CodeCondition, feed.CodeLinkInvalid, feed.CodeTruncatedText, feed.CodeTooMany, feed.CodeURLNormalised} {
		got.finding(t, code)
	}
}
