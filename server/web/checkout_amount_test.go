package web

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/text"
)

func TestTypedAmount(t *testing.T) {
	for _, c := range []struct {
		typed, currency string
		want            int64 // -1 is no amount
	}{
		{"5", "usd", 500}, {"2.50", "usd", 250}, {"2,50", "usd", 250}, {"2,5", "eur", 250}, {"$2.50", "usd", 250}, {"2,50 €", "eur", 250},
		{"2,50\u00a0€", "eur", 250}, {"EUR 2,50", "eur", 250}, {"5 kr", "sek", 500}, {" 7 ", "usd", 700}, {".50", "usd", 50},
		{"1,234.50", "usd", 123450}, {"1.234,50", "eur", 123450}, {"1 234,50", "eur", 123450}, {"1’234.50", "chf", 123450}, {"1,234", "usd", 123400},
		{"500", "jpy", 500}, {"１，５００円", "jpy", 1500}, {"￥1,500", "jpy", 1500}, {"２．５０", "usd", 250}, {"1.250", "kwd", 1250},
		{"", "usd", -1}, {"lots", "usd", -1}, {"-5", "usd", -1}, {"−5", "usd", -1}, {"5-", "usd", -1}, {"2.505", "jpy", 2505}, {"2.5", "jpy", -1},
		{"1.2.3", "usd", -1}, {"1,23,456", "usd", -1}, {"1.234.56", "usd", -1}, {"12.3456", "usd", -1}, {"5.", "usd", -1}, {"5e3", "usd", -1},
		{"5 5", "usd", -1}, {"99999999999999999999", "usd", -1}, {"1;5", "usd", -1}, {"5", "xxz", -1},
	} {
		got, err := typedAmount(c.typed, c.currency)
		if err != nil {
			got = -1
		}
		if got != c.want {
			t.Errorf("%q %s: %d, %v; want %d", c.typed, c.currency, got, err, c.want)
		}
	}
}

// Whatever amount a page shows can be typed as it is shown.
func TestAmountsAreTypedAsTheyAreShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"usd", "eur", "jpy", "chf", "gbp", "mxn", "cad"}).Draw(t, "currency")
		locale := rapid.SampledFrom([]string{"en-US", "de-DE", "de-CH", "de-AT", "es-ES", "es-MX", "fr-FR", "fr-CA", "ja-JP"}).Draw(t, "locale")
		amount := rapid.Int64Range(0, money.Max).Draw(t, "amount")
		shown := text.For(locale).Money(amount, currency)
		if len(shown) > maxTyped {
			t.Skip("nobody types that")
		}
		if got, err := typedAmount(shown, currency); err != nil || got != amount {
			t.Fatalf("%q in %s: %d, %v; want %d", shown, locale, got, err, amount)
		}
	})
}

func FuzzTypedAmount(f *testing.F) {
	for _, typed := range []string{"2,50 €", "1.234,50", "１，５００円", "-5", "5.", "."} {
		f.Add(typed, "usd")
	}
	f.Fuzz(func(t *testing.T, typed, currency string) {
		if got, err := typedAmount(typed, currency); err == nil && (got < 0 || got > money.Max) {
			t.Errorf("%q is %d", typed, got)
		}
	})
}
