package simulator_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/iso3166"
	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/config"
)

// A shop that delivers everywhere offers the same countries in the widget and on
// the checkout page, in the same names and the same order, in every language. The
// widget has the names from the browser, the page from the shop.
func TestTheWidgetAndThePageOfferTheSameCountries(t *testing.T) {
	s := open(t, func(c *config.Config) {
		for i := range c.Merchants[0].Shipping {
			c.Merchants[0].Shipping[i].Countries = nil
		}
	})
	agent := s.Agent(t)
	tab := s.visit(t, browsertest.Options{Height: 1000, ReducedMotion: true})
	widget := product(t, tab, "Linen Apron")
	widget.Click("#address-add")
	tab.Click("#inspector-switches")
	page := browsertest.Open(t).Tab(t, browsertest.Options{})
	for _, is := range []struct{ locale, language, widget, page string }{
		{"en-US", "English (United States)", "Choose a country", "Choose"},
		{"de-DE", "German", "Land auswählen", "Auswählen"},
		{"fr-FR", "French", "Choisir un pays", "Choisir"},
		{"es-ES", "Spanish", "Elija un país", "Elegir"},
		{"ja-JP", "Japanese", "国を選択", "選択"},
	} {
		tab.Select("#switch-locale", is.language)
		widget.WaitText("#country option:first-child", is.widget)
		sess, err := agent.Create(t.Context(), acp.CreateRequest{Currency: "usd", Locale: is.locale, Items: []acp.RequestedItem{{ID: "apron-linen", Quantity: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		var shown struct {
			URL string `json:"continue_url"`
		}
		if err := json.Unmarshal(sess.Raw, &shown); err != nil {
			t.Fatal(err)
		}
		page.Go(shown.URL)
		page.WaitText("#country option:first-child", is.page)
		inWidget, onPage := widget.Options("#country")[1:], page.Options("#country")[1:]
		if len(onPage) != len(iso3166.Countries()) {
			t.Errorf("%s: the page offers %d countries of %d", is.locale, len(onPage), len(iso3166.Countries()))
		}
		if diff := cmp.Diff(onPage, inWidget); diff != "" {
			t.Errorf("%s: the page (-) and the widget (+) offer different countries:\n%s", is.locale, diff)
		}
	}
}
