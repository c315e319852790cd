package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/text"
)

// What a shop calls its ways of delivery, its discounts and its fees, and what it
// asks its buyers, can be given in several languages.
func TestTheShopsWordsInSeveralLanguages(t *testing.T) {
	m := config.DefaultMerchant()
	m.ID, m.Name, m.Currency, m.Country = "shop", "Shop", "eur", "DE"
	m.Shipping = []config.ShippingConfig{
		{ID: "post", Title: "Standard", Kind: "flat", Price: "4.90", Titles: config.WordsConfig{DE: "Standardversand"}, Descriptions: config.WordsConfig{JA: "通常配送"}},
		{ID: "fast", Title: "Express", Kind: "flat", Price: "9.90"}}
	m.Discounts = []config.DiscountConfig{{ID: "ten", Name: "Ten off", Code: "TEN", Kind: "percent", Percent: "10", Priority: 1, Names: config.WordsConfig{FR: "Dix pour cent"}}}
	m.Fees = []config.FeeConfig{{ID: "small", Title: "Small order fee", Amount: "2.50", Titles: config.WordsConfig{ES: "Recargo"}}, {ID: "card", Title: "Card fee", Percent: "1"}}
	m.MarketingConsents = []config.ConsentConfig{{Channel: "sms", Text: "Offers", Texts: config.WordsConfig{EN: "Offers of the day", DE: "Angebote des Tages"}}}
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
	if got := s.FeeTitles["small"].In(text.For("es-MX"), ""); got != "Recargo" || len(s.FeeTitles) != 1 {
		t.Errorf("the fee is %q of %v", got, s.FeeTitles)
	}
	for locale, want := range map[string]string{"de": "Angebote des Tages", "en": "Offers of the day", "ja": "Offers"} {
		if got := s.ConsentTexts["sms"].In(text.For(locale), "Offers"); got != want {
			t.Errorf("%s: %q, want %q", locale, got, want)
		}
	}
	if len(s.MethodTitles) != 1 {
		t.Errorf("titles of %v", s.MethodTitles)
	}
}

// They are no longer in another language than they may be in the shop's own.
func TestTheShopsWordsAreNotTooLong(t *testing.T) {
	m := config.DefaultMerchant()
	m.ID, m.Name, m.Currency, m.Country = "shop", "Shop", "eur", "DE"
	m.Fees = []config.FeeConfig{{ID: "small", Title: "Small order fee", Amount: "2.50", Titles: config.WordsConfig{DE: strings.Repeat("x", 101), FR: strings.Repeat("x", 100)}}}
	m.MarketingConsents = []config.ConsentConfig{{Channel: "sms", Text: "Offers", Texts: config.WordsConfig{JA: strings.Repeat("あ", 167), ES: strings.Repeat("x", 500)}}}
	_, err := m.Settings("https://shop.example")
	var refused *config.Error
	if !errors.As(err, &refused) || len(refused.Problems) != 2 {
		t.Fatalf("%v", err)
	}
	for i, want := range []string{"fees[0].titles.de: is longer than 100 bytes", "marketing_consents[0].texts.ja: is longer than 500 bytes"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("problem %d: %v does not say %q", i, err, want)
		}
	}
}
