package config_test

import (
	"strings"
	"testing"
)

// doubtsOf are the warnings about a configuration, but for that of its sealing key.
func doubtsOf(t *testing.T, text string, environ ...string) string {
	t.Helper()
	var said []string
	for _, p := range parse(t, text, environ...).Warnings() {
		if p.Path != "sealing_keys" {
			said = append(said, p.String())
		}
	}
	return strings.Join(said, "\n")
}

func TestTaxClassesWithoutARate(t *testing.T) {
	const (
		rates = "tax: {rates: [{country: DE, percent: 19}, {country: DE, class: reduced, percent: 7}]}"
		says  = `: no row of tax.rates is of class "redcued", so the rates of the standard class are charged; write a row for it, or remove it`
	)
	for name, c := range map[string]struct{ text, want string }{
		"fee":            {merchant(rates + "\n    fees: [{id: a, title: A, amount: 1, tax_class: reduced}, {id: b, title: B, amount: 1, tax_class: redcued}]"), "checkstand.yaml:10: warning: merchants[0].fees[1].tax_class" + says},
		"gift wrap":      {merchant(rates + "\n    gift_wrap: {price: 1, tax_class: redcued}"), "checkstand.yaml:10: warning: merchants[0].gift_wrap.tax_class" + says},
		"delivery":       {merchant(strings.Replace(rates, "rates:", "delivery_class: redcued, rates:", 1)), "checkstand.yaml:9: warning: merchants[0].tax.delivery_class" + says},
		"all have rates": {merchant(rates + "\n    gift_wrap: {price: 1, tax_class: reduced}\n    fees: [{id: a, title: A, amount: 1}]"), ""},
		"no tax at all":  {merchant("fees: [{id: a, title: A, amount: 1, tax_class: reduced}]"), ""},
	} {
		if got := doubtsOf(t, c.text); got != c.want {
			t.Errorf("%s: %q; want %q", name, got, c.want)
		}
	}
}

// Nobody should accept terms that are not there.
func TestTermsThatAreAPlaceholder(t *testing.T) {
	own := strings.Replace(merchant("checkout: {accept_terms: true}"), "https://shop.example.com/terms", "https://pay.example.com/policies/terms", 1)
	for name, c := range map[string]struct{ text, want string }{
		"a page of this server": {"public_url: https://pay.example.com/\n" + own, "checkstand.yaml:10: warning: merchants[0].checkout.accept_terms: asks buyers to accept a page that stands in for terms of use; write the URL of the shop's own at links.terms_of_use"},
		"a page of the shop":    {merchant("checkout: {accept_terms: true}"), ""},
		"of another server":     {"public_url: https://shop.example.com\n" + own, ""},
		"nobody is asked":       {"public_url: https://pay.example.com\n" + strings.Replace(own, "true", "false", 1), ""},
	} {
		if got := doubtsOf(t, c.text); got != c.want {
			t.Errorf("%s: %q; want %q", name, got, c.want)
		}
	}
}
