package text

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct{ wish, want string }{
		{"de", "de"},
		{"de-CH", "de-CH"},
		{"de_AT", "de-AT"},
		{"DE-de", "de-DE"},
		{"en-GB,en;q=0.9", "en-GB"},
		{"fr-CA, en;q=0.5", "fr-CA"},
		{"en;q=0.5, fr-CA", "fr-CA"},
		{"it-IT, de;q=0.7, en;q=0.3", "de"},
		{"es-419", "es"},
		{"es-Latn-MX", "es-MX"},
		{"ja-JP-u-ca-japanese", "ja-JP"},
		{"gsw", "de"}, // who reads it reads German
		{"ca, en;q=0.5", "en"},
		{"ca", ""},
		{"it-IT", ""},
		{"zh-CN", ""},
		{"*", ""},
		{"", ""},
		{"de;q=0", ""},
		{"de;q=0, fr", "fr"},
		{"not a language", ""},
		{strings.Repeat("de,", 200), ""},
	} {
		if got, ok := Match(c.wish); got != c.want || ok != (c.want != "") {
			t.Errorf("%q is %q, %v, want %q", c.wish, got, ok, c.want)
		}
	}
	if got, ok := FirstMatch("", "it", "fr-CH", "de"); got != "fr-CH" || !ok {
		t.Errorf("the first match is %q, %v", got, ok)
	}
}

func TestTextsOfALocale(t *testing.T) {
	for _, c := range []struct{ locale, language, writes string }{
		{"de-CH", "de", "de-CH"}, {"", "en", "en"}, {"en-US", "en", "en-US"}, {"it-IT", "en", "it-IT"}, {"pt-BR", "en", "pt-BR"}, {"no such", "en", "no such"},
	} {
		texts := For(c.locale)
		if texts.Language() != c.language || texts.Locale() != c.writes {
			t.Errorf("%q speaks %s and writes %s", c.locale, texts.Language(), texts.Locale())
		}
		if texts.Say("total.total") == "" || texts.Money(100, "eur") == "" {
			t.Errorf("%q says nothing", c.locale)
		}
	}
}

func TestOwnWords(t *testing.T) {
	own := Own{"de": "Abholung", "fr": ""}
	for locale, want := range map[string]string{"de-AT": "Abholung", "fr": "Pickup", "en": "Pickup"} {
		if got := own.In(For(locale), "Pickup"); got != want {
			t.Errorf("%s: %q, want %q", locale, got, want)
		}
	}
	if got := Own(nil).In(For("de"), "Pickup"); got != "Pickup" {
		t.Errorf("without words it is %q", got)
	}
}

// Whatever a header holds, there is a language for it or none, and what is found
// is found again.
func FuzzAcceptLanguage(f *testing.F) {
	for _, seed := range []string{"", "de", "de-CH,de;q=0.9,en;q=0.8,*;q=0.5", "fr;q=2", "en;q=0", "x-klingon", "zh-Hant-TW, ja;q=0.1",
		"*", ",,,", "de;q=", "de;;q=1", "\x00", "日本語", "i-default", "en-a-bbb-x-a", strings.Repeat("a-", 300), "sr-Latn;q=0.001"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, wish string) {
		locale, ok := Match(wish)
		if !ok {
			if locale != "" {
				t.Fatalf("%q is no match and %q", wish, locale)
			}
			return
		}
		texts := For(locale)
		if !Spoken(texts.Language()) || texts.Language() != languageOf(locale) {
			t.Fatalf("%q is %q, which speaks %q", wish, locale, texts.Language())
		}
		if again, ok := Match(locale); !ok || again != locale {
			t.Fatalf("%q is %q, which is %q", wish, locale, again)
		}
		if len(locale) > len("en-000") {
			t.Fatalf("%q is %q", wish, locale)
		}
		if texts.Money(123456, "eur") == "" || texts.Say("total.total") == "" {
			t.Fatalf("%q says nothing", locale)
		}
	})
}
