package config

import "github.com/checkstand/checkstand/text"

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

// methodWords are the titles and descriptions of the ways of delivery in other
// languages, by their ids.
func (m *MerchantConfig) methodWords() (titles, descriptions map[string]text.Own) {
	note := func(all *map[string]text.Own, id string, w WordsConfig) {
		if w == (WordsConfig{}) {
			return
		}
		if *all == nil {
			*all = map[string]text.Own{}
		}
		(*all)[id] = w.own()
	}
	for i := range m.Shipping {
		s := &m.Shipping[i]
		note(&titles, s.ID, s.Titles)
		note(&descriptions, s.ID, s.Descriptions)
	}
	return titles, descriptions
}
