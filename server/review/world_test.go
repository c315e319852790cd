package review_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/demo/shop"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/review"
	"github.com/checkstand/checkstand/server/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// environ are the secrets that the configurations of the tests refer to.
var environ = []string{"LIVE_KEY=rk_live_of_the_tests", "LIVE_WEBHOOK=whsec_of_the_live_tests",
	"TEST_KEY=rk_test_of_the_tests", "TEST_WEBHOOK=whsec_of_the_tests"}

// configuration reads one of testdata, with each old text replaced by the new
// one after it.
func configuration(t testing.TB, file string, replace ...string) *config.Config {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(string(text), replace[i]) {
			t.Fatalf("%s has no %q", file, replace[i])
		}
	}
	cfg, err := config.Parse(file, []byte(strings.NewReplacer(replace...).Replace(string(text))), environ)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// input is what a check of the shop looks at, with these items in its
// catalogue.
func input(t testing.TB, cfg *config.Config, items []catalog.Item) review.Input {
	t.Helper()
	if items == nil {
		items = []catalog.Item{}
	}
	world := servertest.NewWorld(t, servertest.Options{Items: items})
	return inputOf(t, cfg, world.Store)
}

func inputOf(t testing.TB, cfg *config.Config, c review.Catalogue) review.Input {
	t.Helper()
	in := review.Input{Config: cfg, Catalogue: c, Now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC),
		Shop: slices.IndexFunc(cfg.Merchants, func(m config.MerchantConfig) bool { return m.ID == servertest.MerchantID })}
	var err error
	if in.Listing, err = server.Listing(cfg, in.Shop); err != nil {
		t.Fatal(err)
	}
	return in
}

func check(t testing.TB, in review.Input) *review.Report {
	t.Helper()
	r, err := review.Check(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// demoGoods are those of the demo shop.
func demoGoods(t testing.TB) []catalog.Item {
	t.Helper()
	items, err := shop.Items()
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func shipped(items []catalog.Item) []catalog.Item {
	return slices.DeleteFunc(items, func(it catalog.Item) bool { return it.Kind == catalog.Digital })
}

// finding is the finding with an id; the zero one when there is none.
func finding(r *review.Report, id string) review.Finding {
	for _, f := range r.Findings {
		if f.ID == id {
			return f
		}
	}
	return review.Finding{}
}
