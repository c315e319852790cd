package feed

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/money"
)

func TestParseAmount(t *testing.T) {
	for _, c := range []struct {
		text, fallback, country string
		minor                   int64
		currency                string
		err                     error
	}{
		{"19.99", "usd", "", 1999, "usd", nil},
		{"19", "usd", "", 1900, "usd", nil},
		{"19.9900", "usd", "", 1999, "usd", nil},
		{".99", "usd", "", 99, "usd", nil},
		{"19.", "usd", "", 1900, "usd", nil},
		{"-5.00", "usd", "", -500, "usd", nil},
		{"19.99 USD", "", "", 1999, "usd", nil},
		{"USD 19.99", "eur", "", 1999, "usd", nil},
		{"19,99 EUR", "", "", 1999, "eur", nil},
		{"19,99 €", "usd", "", 1999, "eur", nil},
		{"€19", "", "", 1900, "eur", nil},
		{"$19.99", "cad", "", 1999, "cad", nil},
		{"$19.99 CAD", "usd", "", 1999, "cad", nil},
		{"US$19.99", "eur", "", 1999, "usd", nil},
		{"249 kr.", "sek", "", 24900, "sek", nil},
		{"19,- EUR", "", "", 1900, "eur", nil},
		{"1.234,56", "eur", "", 123456, "eur", nil},
		{"1,234.56", "usd", "", 123456, "usd", nil},
		{"1,234,567", "usd", "", 123456700, "usd", nil},
		{"1.234.567", "eur", "", 123456700, "eur", nil},
		{"12,34,567.00", "inr", "", 123456700, "inr", nil},
		{"1 234,56", "eur", "", 123456, "eur", nil},
		{"1\u202f234,56 €", "", "", 123456, "eur", nil},
		{"1'299.50", "chf", "", 129950, "chf", nil},
		{"1,299", "usd", "", 129900, "usd", nil},
		{"1.299", "eur", "DE", 129900, "eur", nil},
		{"1.299", "eur", "", 0, "", errAmbiguous},
		{"1,299", "eur", "DE", 0, "", errAmbiguous},
		{"0.125", "usd", "", 0, "", money.ErrScale},
		{"0,500", "usd", "", 50, "usd", nil},
		{"1500", "jpy", "", 1500, "jpy", nil},
		{"1,500", "jpy", "", 1500, "jpy", nil},
		{"1.500", "clp", "", 1500, "clp", nil},
		{"1.500", "kwd", "", 1500, "kwd", nil},
		{"1,500", "kwd", "", 0, "", errAmbiguous},
		{"¥1500", "jpy", "", 1500, "jpy", nil},
		{"¥1500", "usd", "", 0, "", errSymbol},
		{"$5", "", "", 0, "", errSymbol},
		{"$5 EUR", "", "", 0, "", errSymbol},
		{"5", "", "", 0, "", errNoCurrency},
		{"5 XYZ", "usd", "", 0, "", money.ErrCurrency},
		{"5 bananas", "usd", "", 0, "", money.ErrCurrency},
		{"19.999", "usd", "", 0, "", errAmbiguous},
		{"19.9999", "usd", "", 0, "", money.ErrScale},
		{"12 50", "usd", "", 0, "", money.ErrFormat},
		{"19.99 20.99", "usd", "", 0, "", money.ErrFormat},
		{"1,23,4", "usd", "", 0, "", money.ErrFormat},
		{"10-20", "usd", "", 0, "", money.ErrFormat},
		{"1.2.3", "usd", "", 0, "", money.ErrFormat},
		{"1e5", "usd", "", 0, "", money.ErrFormat},
		{"(5.00)", "usd", "", 0, "", money.ErrFormat},
		{"#REF!", "usd", "", 0, "", money.ErrFormat},
		{"free", "usd", "", 0, "", money.ErrFormat},
		{"-", "usd", "", 0, "", money.ErrFormat},
		{"", "usd", "", 0, "", money.ErrFormat},
		{strings.Repeat("9", 30), "usd", "", 0, "", money.ErrRange},
		{strings.Repeat("9", 100), "usd", "", 0, "", money.ErrFormat},
	} {
		t.Run(fmt.Sprintf("%s %s %s", c.text, c.fallback, c.country), func(t *testing.T) {
			got, err := parseAmount(c.text, c.fallback, writesDecimalComma(c.country))
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if err == nil && (got.minor != c.minor || got.currency != c.currency) {
				t.Errorf("%d %s, want %d %s", got.minor, got.currency, c.minor, c.currency)
			}
		})
	}
}

// Whatever the local form, an amount with its two decimals is read as it was
// written.
func TestAmountsSurviveTheirLocalForm(t *testing.T) {
	forms := []struct{ group, decimal, format string }{
		{"", ".", "%s"}, {",", ".", "%s USD"}, {",", ".", "$%s"}, {".", ",", "%s USD"}, {" ", ",", "USD %s"},
		{"\u00a0", ",", "%s"}, {"'", ".", "%s"}, {"", ",", "%s"},
	}
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(0, MaxPrice).Draw(t, "minor")
		form := rapid.SampledFrom(forms).Draw(t, "form")
		whole, frac, _ := strings.Cut(money.Decimal(minor, "usd"), ".")
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + form.group + whole[i:]
		}
		text := fmt.Sprintf(form.format, whole+form.decimal+frac)
		for _, comma := range []bool{false, true} {
			if got, err := parseAmount(text, "usd", comma); err != nil || got.minor != minor {
				t.Fatalf("%q: %d, %v; want %d", text, got.minor, err, minor)
			}
		}
	})
}
