package shop_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/demo/shop"
	"github.com/checkstand/checkstand/money"
)

const (
	maxPicture  = 4 << 10   // bytes of one drawing
	maxPictures = 200 << 10 // bytes of all of them, which are in every binary
	lowStock    = 3         // units or fewer
)

func items(t *testing.T) []catalog.Item {
	t.Helper()
	all, err := shop.Items()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryItemCanBeSold(t *testing.T) {
	stableID := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	ids := map[string]bool{}
	for _, it := range items(t) {
		fail := func(what string) { t.Errorf("item %q: %s", it.ID, what) }
		if ids[it.ID] {
			fail("the id is there twice")
		}
		ids[it.ID] = true
		switch {
		case !stableID.MatchString(it.ID) || len(it.ID) > 255:
			fail("the id is not lower-case words joined by hyphens")
		case !strings.HasPrefix(it.ID, it.ProductID):
			fail("the id does not start with its product's")
		case it.Title == "" || it.ProductTitle == "" || !strings.HasPrefix(it.Title, it.ProductTitle):
			fail("the title does not start with its product's")
		case it.Description == "" || len(it.Description) > 5000:
			fail("the description is missing or too long")
		case it.Price <= 0 || it.Price > money.Max:
			fail("the price is not positive")
		case it.ListPrice != 0 && it.ListPrice <= it.Price:
			fail("the list price is not above the price")
		case it.Currency != shop.Currency || !money.Valid(it.Currency):
			fail("the currency is not the shop's")
		case it.TaxClass != "" && it.TaxClass != shop.ReducedTaxClass:
			fail("the tax class is unknown")
		case len(it.Categories) == 0 || it.Brand == "" || it.SKU == "":
			fail("category, brand or SKU is missing")
		case it.Stock < 0 || (it.Stock > 0 && !it.Tracked):
			fail("the stock does not agree with being counted or not")
		case it.Kind != catalog.Physical && it.Kind != catalog.Digital:
			fail("the kind is unknown")
		case (it.Kind == catalog.Physical) != (it.WeightGrams > 0):
			fail("physical items have a weight, digital ones none")
		case len(it.Images) == 0:
			fail("there is no picture")
		}
	}
}

func TestVariantsOfAProductDifferInTheirOptions(t *testing.T) {
	variants := map[string]map[string]bool{}
	for _, it := range items(t) {
		var key strings.Builder
		for _, o := range it.Options {
			key.WriteString(o.Name + "=" + o.Value + ";")
			if !strings.Contains(it.Title, o.Value) {
				t.Errorf("item %q: the title does not say %s", it.ID, o.Value)
			}
		}
		if variants[it.ProductID] == nil {
			variants[it.ProductID] = map[string]bool{}
		}
		if variants[it.ProductID][key.String()] {
			t.Errorf("item %q: a sibling has the same options", it.ID)
		}
		variants[it.ProductID][key.String()] = true
	}
	if n := len(variants); n < 30 {
		t.Errorf("the shop has %d products, want at least 30", n)
	}
}

// The demo has to be able to show every case of availability.
func TestTheStockMix(t *testing.T) {
	cases := map[string]func(*catalog.Item) bool{
		"plentiful":        func(it *catalog.Item) bool { return it.Tracked && it.Available() > 50 && !it.Backorder },
		"low":              func(it *catalog.Item) bool { return it.Available() > 0 && it.Available() <= lowStock },
		"last one":         func(it *catalog.Item) bool { return it.Available() == 1 },
		"sold out":         func(it *catalog.Item) bool { return it.Available() == 0 },
		"backorder":        func(it *catalog.Item) bool { return it.Availability == catalog.Backorder && it.Available() > 0 },
		"beyond stock":     func(it *catalog.Item) bool { return it.Backorder && it.Stock > 0 },
		"preorder":         func(it *catalog.Item) bool { return it.Availability == catalog.Preorder },
		"digital":          func(it *catalog.Item) bool { return it.Kind == catalog.Digital && it.Available() == catalog.Unlimited },
		"reduced tax":      func(it *catalog.Item) bool { return it.TaxClass == shop.ReducedTaxClass },
		"no tax":           func(it *catalog.Item) bool { return it.TaxExempt },
		"marked down":      func(it *catalog.Item) bool { return it.ListPrice > it.Price },
		"two options":      func(it *catalog.Item) bool { return len(it.Options) == 2 },
		"heavier than 2kg": func(it *catalog.Item) bool { return it.WeightGrams > 2000 },
	}
	all := items(t)
	for name, is := range cases {
		found := false
		for i := range all {
			found = found || is(&all[i])
		}
		if !found {
			t.Errorf("no item is %s", name)
		}
	}
	if len(all) < 50 {
		t.Errorf("the shop has %d items, want at least 50", len(all))
	}
}

func TestEveryPictureIsThereAndUsed(t *testing.T) {
	used := map[string]bool{}
	for _, it := range items(t) {
		for _, url := range it.Images {
			name, ok := strings.CutPrefix(url, "/pictures/")
			if !ok || !fs.ValidPath(name) {
				t.Errorf("item %q: image %q is not below /pictures/", it.ID, url)
				continue
			}
			if _, err := fs.Stat(shop.Pictures(), name); err != nil {
				t.Errorf("item %q: %v", it.ID, err)
			}
			used[name] = true
		}
	}
	files, err := fs.Glob(shop.Pictures(), "*.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !used[f] {
			t.Errorf("no item shows %s", f)
		}
	}
}

func TestPicturesAreSmallSelfContainedDrawings(t *testing.T) {
	allowed := map[string]bool{"svg": true, "title": true, "g": true, "path": true, "rect": true, "circle": true, "ellipse": true}
	total := 0
	err := fs.WalkDir(shop.Pictures(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(shop.Pictures(), name)
		if err != nil {
			return err
		}
		total += len(b)
		if path.Ext(name) != ".svg" || len(b) > maxPicture {
			t.Errorf("%s: not an SVG of at most %d bytes", name, maxPicture)
		}
		dec := xml.NewDecoder(bytes.NewReader(b))
		for {
			tok, err := dec.Token()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return nil
			}
			start, ok := tok.(xml.StartElement)
			if !ok {
				continue
			}
			if !allowed[start.Name.Local] {
				t.Errorf("%s: element <%s> is not part of a plain drawing", name, start.Name.Local)
			}
			for _, a := range start.Attr {
				if a.Name.Local == "xmlns" {
					continue
				}
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || strings.Contains(a.Value, "url(") || strings.Contains(a.Value, "://") {
					t.Errorf("%s: attribute %s refers to something outside or runs code", name, a.Name.Local)
				}
				if a.Name.Local == "viewBox" && a.Value != "0 0 800 800" {
					t.Errorf("%s: viewBox %q, want 0 0 800 800", name, a.Value)
				}
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if total > maxPictures {
		t.Errorf("the drawings take %d bytes, want at most %d", total, maxPictures)
	}
}

func TestPoliciesSayThatTheShopIsADemo(t *testing.T) {
	for _, name := range []string{"terms.txt", "privacy.txt", "returns.txt"} {
		b, err := fs.ReadFile(shop.Policies(), name)
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Contains(b, []byte(shop.Name)) || !bytes.Contains(b, []byte("demo shop")) {
			t.Errorf("%s does not say whose it is", name)
		}
	}
}
