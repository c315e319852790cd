package server_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// The form asks for a state where addresses have one, or where a rule of the
// shop turns on it.
func TestTheFormAsksForAStateWhereThereAreAny(t *testing.T) {
	t.Parallel()
	for name, is := range map[string]struct {
		countries []string
		change    func(*config.MerchantConfig)
		asked     bool
	}{
		"Germany":                   {[]string{"DE"}, nil, false},
		"countries without states":  {[]string{"AT", "DE", "CH"}, nil, false},
		"the United States as well": {[]string{"DE", "US"}, nil, true},
		"everywhere":                {nil, nil, true},
		"delivery to a part": {[]string{"DE"}, func(m *config.MerchantConfig) {
			m.Shipping[0].Regions = []string{"!DE-SH"}
		}, true},
		"tax of a part": {[]string{"DE"}, func(m *config.MerchantConfig) {
			m.Tax.Rates = []config.RateConfig{{Country: "DE", Region: "BY", Percent: "1"}}
		}, true},
		"not sold to a part": {[]string{"DE"}, func(m *config.MerchantConfig) {
			m.Restrictions = []config.RestrictionConfig{{NotIn: []string{"DE-BY"}}}
		}, true},
		"not sold to a part of another country": {[]string{"DE"}, func(m *config.MerchantConfig) {
			m.Restrictions = []config.RestrictionConfig{{NotIn: []string{"US-UT"}}}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := servertest.Start(t, servertest.Options{Configure: func(cfg *config.Config) {
				m := &cfg.Merchants[0]
				m.Shipping = m.Shipping[:1]
				m.Shipping[0].Countries = is.countries
				if is.change != nil {
					is.change(m)
				}
			}})
			s, err := shop.Agent(t).Create(t.Context(), acp.CreateRequest{Currency: servertest.Currency, Items: []acp.RequestedItem{{ID: servertest.Mug, Quantity: 1}}})
			if err != nil {
				t.Fatal(err)
			}
			b := newBuyer(t)
			b.take(linkOf(t, s))
			form := b.wants("Checkout").text
			if strings.Contains(form, `id="state"`) != is.asked || !strings.Contains(form, `id="postal_code"`) {
				t.Errorf("asks for a state: %t, want %t", !is.asked, is.asked)
			}
			if without := is.countries == nil; strings.Contains(form, `Postal code <span class="optional">`) != without {
				t.Errorf("an address without a postal code: %t, want %t", !without, without)
			}
		})
	}
}
