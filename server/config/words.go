package config

import (
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/text"
)

// WordsConfig are words of the shop in other languages than it is written in.
type WordsConfig struct {
	EN string `yaml:"en,omitempty" doc:"In English."`
	DE string `yaml:"de,omitempty" doc:"In German."`
	FR string `yaml:"fr,omitempty" doc:"In French."`
	ES string `yaml:"es,omitempty" doc:"In Spanish."`
	JA string `yaml:"ja,omitempty" doc:"In Japanese."`
}

// own are the words that are given; nil is none.
func (w WordsConfig) own() text.Own {
	if w == (WordsConfig{}) {
		return nil
	}
	return text.Own{"en": w.EN, "de": w.DE, "fr": w.FR, "es": w.ES, "ja": w.JA}
}

// words refuses those that are longer than most, in bytes.
func (r *report) words(path string, w WordsConfig, most int) {
	for _, lang := range text.Languages {
		if len(w.own()[lang]) > most {
			r.errorf(path+"."+lang, "is longer than %d bytes", most)
		}
	}
}

// noteWords keeps the words of one thing under its id, where there are any.
func noteWords(all *map[string]text.Own, id string, w WordsConfig) {
	if w == (WordsConfig{}) {
		return
	}
	if *all == nil {
		*all = map[string]text.Own{}
	}
	(*all)[id] = w.own()
}

// otherWords puts what the shop says in other languages into its settings: titles
// and descriptions of ways of delivery, titles of fees, texts of consents.
func (m *MerchantConfig) otherWords(s *checkout.Merchant) {
	for i := range m.Shipping {
		noteWords(&s.MethodTitles, m.Shipping[i].ID, m.Shipping[i].Titles)
		noteWords(&s.MethodDescriptions, m.Shipping[i].ID, m.Shipping[i].Descriptions)
	}
	for i := range m.Fees {
		noteWords(&s.FeeTitles, m.Fees[i].ID, m.Fees[i].Titles)
	}
	for i := range m.MarketingConsents {
		noteWords(&s.ConsentTexts, m.MarketingConsents[i].Channel, m.MarketingConsents[i].Texts)
	}
}
