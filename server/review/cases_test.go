package review_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/review"
	"github.com/checkstand/checkstand/server/servertest"
)

func item(id, title string, change ...func(*catalog.Item)) catalog.Item {
	it := catalog.Item{ID: id, ProductID: id, Title: title, ProductTitle: title, Price: 1800, Currency: "usd", Kind: catalog.Physical,
		WeightGrams: 400, Availability: catalog.InStock}
	for _, f := range change {
		f(&it)
	}
	return it
}

func sold(it *catalog.Item)     { it.Availability = catalog.OutOfStock }
func digital(it *catalog.Item)  { it.Kind, it.WeightGrams = catalog.Digital, 0 }
func single(it *catalog.Item)   { it.Tracked, it.Stock = true, 1 }
func preorder(it *catalog.Item) { it.Availability = catalog.Preorder }
func free(it *catalog.Item)     { it.Price = 0 }
func euros(it *catalog.Item)    { it.Currency = "eur" }

// Without anything that could be bought there are no cases, and the report says
// so once; those that must not use the app are there all the same.
func TestNothingToBuy(t *testing.T) {
	for name, c := range map[string]struct {
		items []catalog.Item
		told  string
	}{
		"empty":            {nil, "catalogue"},
		"sold out":         {[]catalog.Item{item("mug", "Stoneware Mug", sold)}, "test_cases"},
		"digital":          {[]catalog.Item{item("book", "Book of Mugs", digital)}, "physical_goods test_cases"},
		"not yet there":    {[]catalog.Item{item("mug", "Stoneware Mug", preorder)}, "test_cases"},
		"for nothing":      {[]catalog.Item{item("mug", "Stoneware Mug", free)}, "test_cases"},
		"another currency": {[]catalog.Item{item("mug", "Stoneware Mug", euros)}, "test_cases"},
	} {
		t.Run(name, func(t *testing.T) {
			r := check(t, input(t, configuration(t, "ready.yaml"), c.items))
			var told []string
			for _, f := range r.Of(review.Missing) {
				told = append(told, f.ID)
			}
			if len(r.Cases) != 0 || strings.Join(told, " ") != c.told {
				t.Errorf("%d cases; missing: %v, want %s", len(r.Cases), told, c.told)
			}
			if len(r.Negative) < 3 || r.Submission().Cases != nil {
				t.Errorf("%d negative cases; for the form: %v", len(r.Negative), r.Submission().Cases)
			}
		})
	}
}

// The cases are about an item that serves for the most of them.
func TestChoiceOfTheItem(t *testing.T) {
	variant := func(of string) func(*catalog.Item) {
		return func(it *catalog.Item) { it.ProductID, it.ProductTitle = of, "Linen Apron" }
	}
	heavy := func(it *catalog.Item) { it.WeightGrams = 90_000 }
	for name, c := range map[string]struct {
		items []catalog.Item
		want  string
		cases int
	}{
		"the first one":           {[]catalog.Item{item("a", "Wall Clock"), item("b", "Ribbed Vase")}, "Wall Clock", 9},
		"one that is there":       {[]catalog.Item{item("a", "Wall Clock", sold), item("b", "Ribbed Vase")}, "Ribbed Vase", 9},
		"one that is shipped":     {[]catalog.Item{item("a", "Wall Clock", digital), item("b", "Ribbed Vase")}, "Ribbed Vase", 9},
		"one of which are two":    {[]catalog.Item{item("a", "Wall Clock", single), item("b", "Ribbed Vase")}, "Ribbed Vase", 9},
		"one that is delivered":   {[]catalog.Item{item("a", "Wall Clock", heavy), item("b", "Ribbed Vase")}, "Ribbed Vase", 9},
		"one with variants":       {[]catalog.Item{item("a", "Wall Clock"), item("b", "Linen Apron - Natural", variant("p")), item("c", "Linen Apron - Indigo", variant("p"))}, "Linen Apron - Natural", 9},
		"single pieces alone":     {[]catalog.Item{item("a", "Wall Clock", single), item("b", "Ribbed Vase", single)}, "Wall Clock", 8},
		"nothing that is carried": {[]catalog.Item{item("a", "Wall Clock", heavy)}, "Wall Clock", 6},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := configuration(t, "ready.yaml", `title: Standard, price: "5.90"`, `title: Standard, kind: by_weight, tiers: [{up_to: "5000", price: "5.90"}]`,
				`title: Express, price: "14.90"`, `title: Express, kind: by_weight, tiers: [{up_to: "5000", price: "14.90"}]`, "payment_sheet: false", "payment_sheet: true")
			r := check(t, input(t, cfg, c.items))
			cart := r.Cases[slices.IndexFunc(r.Cases, func(c review.Case) bool { return c.ID == "cart" })]
			if !strings.Contains(cart.Prompt, "one "+c.want+" ") {
				t.Errorf("the prompt is %q", cart.Prompt)
			}
			if len(r.Cases) != c.cases {
				t.Errorf("%d cases, want %d", len(r.Cases), c.cases)
			}
		})
	}
}

// What is asked for the form: five and three, each with a prompt, an outcome
// and tools that there are, and none for those that must not use the app.
func TestSubmission(t *testing.T) {
	r := check(t, input(t, configuration(t, "ready.yaml"), shipped(demoGoods(t))))
	s := r.Submission()
	if len(s.Cases) != 5 || len(s.Negative) != 3 {
		t.Fatalf("%d and %d cases for the form", len(s.Cases), len(s.Negative))
	}
	if n := len([]rune(s.App.Subtitle)); n == 0 || n > 30 {
		t.Errorf("the subtitle has %d characters: %s", n, s.App.Subtitle)
	}
	if len(s.Tools) != len(r.Tools) {
		t.Errorf("%d tools, and %d for the form", len(r.Tools), len(s.Tools))
	}
	for name, tool := range s.Tools {
		if tool.Justifications.ReadOnly == "" || tool.Justifications.OpenWorld == "" || tool.Justifications.Destructive == "" {
			t.Errorf("%s lacks a reason", name)
		}
	}
	for _, c := range s.Cases {
		if c.Description == "" || c.Prompt == "" || c.Outcome == "" || c.Tools == nil {
			t.Errorf("%+v lacks something", c)
			continue
		}
		for name := range strings.SplitSeq(*c.Tools, ", ") {
			if _, ok := s.Tools[name]; !ok {
				t.Errorf("%q uses %q, which is no tool", c.Description, name)
			}
		}
		if !strings.Contains(c.Prompt, r.Name) {
			t.Errorf("%q does not name the shop", c.Prompt)
		}
	}
	for _, c := range s.Negative {
		if c.Description == "" || c.Prompt == "" || c.Outcome == "" || c.Tools != nil || strings.Contains(c.Prompt, r.Name) {
			t.Errorf("%+v is no case that must not use the app", c)
		}
	}
}

// A shop in any country has its goods delivered to an address there, if it
// delivers there.
func TestPlaces(t *testing.T) {
	goods := servertest.NewWorld(t, servertest.Options{Items: shipped(demoGoods(t))}).Store
	for name, c := range map[string]struct{ replace, want string }{
		"its own country":        {"countries: [US]", "San Francisco, CA 94105, US"},
		"a country that is rare": {"countries: [IS]", "Example City, 10000, IS"},
		"one state":              {"countries: [US], regions: [US-TX]", "Austin, TX 78701, US"},
		"a state that is rare":   {"countries: [US], regions: [US-GU]", "Example City, GU 94105, US"},
		"not one state":          {"countries: [US], regions: [\"!US-CA\"]", "New York, NY 10001, US"},
		"abroad alone":           {"countries: [DE, FR]", "Berlin, 10115, DE"},
	} {
		t.Run(name, func(t *testing.T) {
			r := check(t, inputOf(t, configuration(t, "ready.yaml", "countries: [US]", c.replace), goods))
			i := slices.IndexFunc(r.Cases, func(c review.Case) bool { return c.ID == "delivery" })
			if i < 0 || !strings.Contains(r.Cases[i].Prompt, "Test Buyer, 1 Example Street, "+c.want) {
				t.Errorf("%d: %+v", i, r.Cases)
			}
		})
	}
}
