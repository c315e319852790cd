package config_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/text"
)

// What a shop calls its ways of delivery and its discounts can be given in
// several languages.
func TestTheShopsWordsInSeveralLanguages(t *testing.T) {
	m := config.DefaultMerchant()
	m.ID, m.Name, m.Currency, m.Country = "shop", "Shop", "eur", "DE"
	m.Shipping = []config.ShippingConfig{
		{ID: "post", Title: "Standard", Kind: "flat", Price: "4.90", Titles: config.WordsConfig{DE: "Standardversand"}, Descriptions: config.WordsConfig{JA: "通常配送"}},
		{ID: "fast", Title: "Express", Kind: "flat", Price: "9.90"}}
	m.Discounts = []config.DiscountConfig{{ID: "ten", Name: "Ten off", Code: "TEN", Kind: "percent", Percent: "10", Priority: 1, Names: config.WordsConfig{FR: "Dix pour cent"}}}
	s, err := m.Settings("https://shop.example")
	if err != nil {
		t.Fatal(err)
	}
	for locale, want := range map[string]string{"de": "Standardversand", "fr": "Standard"} {
		if got := s.MethodTitles["post"].In(text.For(locale), "Standard"); got != want {
			t.Errorf("%s: %q, want %q", locale, got, want)
		}
	}
	if got := s.MethodDescriptions["post"].In(text.For("ja"), ""); got != "通常配送" {
		t.Errorf("the description is %q", got)
	}
	if len(s.MethodTitles) != 1 {
		t.Errorf("titles of %v", s.MethodTitles)
	}
}
