package text

import (
	"strings"
	"testing"
	"time"
)

func TestAmounts(t *testing.T) {
	// Blanks that do not break are shown as an underscore.
	visible := strings.NewReplacer("\u00a0", "_", "\u202f", "_")
	for _, c := range []struct {
		locale   string
		minor    int64
		currency string
		want     string
	}{
		{"en", 123456, "usd", "$1,234.56"},
		{"en-GB", 123456, "gbp", "£1,234.56"},
		{"en", 123456, "eur", "€1,234.56"},
		{"en", -500, "usd", "-$5.00"},
		{"en", 1234, "jpy", "¥1,234"},
		{"en", 1234567, "kwd", "KWD_1,234.567"},
		{"de", 123456, "eur", "1.234,56_€"},
		{"de-AT", 123456, "eur", "€_1.234,56"},
		{"de-CH", 123456, "chf", "CHF_1'234.56"},
		{"de", 123456, "usd", "1.234,56_$"},
		{"de", 1234, "jpy", "1.234_¥"},
		{"fr", 123456, "eur", "1_234,56_€"},
		{"fr-CA", 123456, "cad", "1_234,56_$"},
		{"fr", 0, "eur", "0,00_€"},
		{"es", 123456, "eur", "1234,56_€"},
		{"es", 1234567, "eur", "12.345,67_€"},
		{"es-MX", 123456, "mxn", "$1,234.56"},
		{"es-MX", 123456, "usd", "USD_1,234.56"}, // "$" are pesos there
		{"ja", 1234, "jpy", "￥1,234"},
		{"ja", 123456, "usd", "$1,234.56"},
	} {
		if got := visible.Replace(For(c.locale).Money(c.minor, c.currency)); got != c.want {
			t.Errorf("%s: %d %s is %q, want %q", c.locale, c.minor, c.currency, got, c.want)
		}
	}
}

// Numbers below a thousand are the same everywhere; the others stand in the table
// of the CLDR.
func TestNumbers(t *testing.T) {
	for _, locale := range []string{"en", "de-CH", "fr", "es", "ja", "ar-EG", "no such"} {
		if got := For(locale).Number(-999); got != "-999" {
			t.Errorf("%s: %q, want -999", locale, got)
		}
	}
}

func TestDays(t *testing.T) {
	day := func(year int, month time.Month, d int) time.Time {
		return time.Date(year, month, d, 9, 0, 0, 0, time.UTC)
	}
	type window struct{ from, to time.Time }
	sameMonth := window{day(2026, 3, 14), day(2026, 3, 17)}
	sameYear := window{day(2026, 3, 31), day(2026, 4, 1)}
	years := window{day(2026, 12, 30), day(2027, 1, 2)}
	for _, c := range []struct {
		locale string
		window
		want string
	}{
		{"en-GB", window{}, ""},
		{"en-GB", sameMonth, "Arrives 14–17 March 2026"},
		{"en-GB", sameYear, "Arrives 31 March – 1 April 2026"},
		{"en-GB", years, "Arrives 30 December 2026 – 2 January 2027"},
		{"en-GB", window{to: sameMonth.to}, "Arrives by 17 March 2026"},
		{"en-GB", window{from: sameMonth.from}, "Arrives from 14 March 2026"},
		{"en-GB", window{sameMonth.to, sameMonth.to}, "Arrives 17 March 2026"},
		{"en", sameMonth, "Arrives March 14–17, 2026"},
		{"en-US", sameYear, "Arrives March 31 – April 1, 2026"},
		{"en-CA", window{from: sameMonth.from}, "Arrives from March 14, 2026"},
		{"it-IT", sameYear, "Arrives 31 March – 1 April 2026"}, // English words, an Italian's dates
		{"de-AT", window{to: day(2027, 1, 2)}, "Zustellung bis 2. Jänner 2027"},
		{"de", sameMonth, "Zustellung 14.–17. März 2026"},
		{"de", sameYear, "Zustellung 31. März – 1. April 2026"},
		{"de", years, "Zustellung 30. Dezember 2026 – 2. Januar 2027"},
		{"de", window{to: sameMonth.to}, "Zustellung bis 17. März 2026"},
		{"fr", sameMonth, "Arrivée prévue\u00a0: 14–17 mars 2026"},
		{"fr", sameYear, "Arrivée prévue\u00a0: 31 mars – 1er avril 2026"},
		{"fr", years, "Arrivée prévue\u00a0: 30 décembre 2026 – 2 janvier 2027"},
		{"es", sameMonth, "Llegada prevista: 14–17 de marzo de 2026"},
		{"es", sameYear, "Llegada prevista: 31 de marzo – 1 de abril de 2026"},
		{"es", window{from: sameMonth.from}, "Llegada prevista a partir del 14 de marzo de 2026"},
		{"ja", sameMonth, "お届け予定：2026年3月14日～17日"},
		{"ja", sameYear, "お届け予定：2026年3月31日～4月1日"},
		{"ja", years, "お届け予定：2026年12月30日～2027年1月2日"},
		{"ja", window{to: sameMonth.to}, "お届け予定：2026年3月17日まで"},
	} {
		if got := For(c.locale).Window(c.from, c.to); got != c.want {
			t.Errorf("%s: %q, want %q", c.locale, got, c.want)
		}
	}
}
