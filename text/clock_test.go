package text_test

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/text"
)

func TestClock(t *testing.T) {
	evening := time.Date(2026, time.March, 3, 18, 5, 0, 0, time.FixedZone("", -8*3600))
	for locale, want := range map[string]string{"en": "6:05 PM", "en-US": "6:05 PM", "en-GB": "18:05", "en-IE": "18:05",
		"de": "18:05", "fr-CA": "18\u00a0h\u00a005", "en-AU": "6:05 PM", "en-ZA": "18:05", "it-IT": "18:05", "es": "18:05", "ja": "18:05", "nonsense": "6:05 PM"} {
		if got := text.For(locale).Clock(evening); got != want {
			t.Errorf("%s: %q; want %q", locale, got, want)
		}
	}
}
