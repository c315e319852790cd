package text

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// English is the language that stands in for all others.
const English = "en"

// Languages are those that there are texts in, by their BCP 47 tags. One more is
// one more here, and its file in locales/.
var Languages = []string{English, "de", "fr", "es", "ja"}

var matcher = func() language.Matcher {
	tags := make([]language.Tag, len(Languages))
	for i, lang := range Languages {
		tags[i] = language.MustParse(lang)
	}
	return language.NewMatcher(tags)
}()

// maxWish bounds what is read of a list of languages, in bytes; a browser's is
// well below.
const maxWish = 400

// Match finds the locale to speak for a wish: a BCP 47 tag or the value of an
// Accept-Language header. It is a tag in one of Languages, with the region that
// was wished, as in "de-CH". ok is false when the wish names none of the
// languages, nor one whose speakers mostly read one of them.
func Match(wish string) (locale string, ok bool) {
	if wish == "" || len(wish) > maxWish {
		return "", false
	}
	tags, _, err := language.ParseAcceptLanguage(strings.ReplaceAll(wish, "_", "-"))
	if err != nil {
		return "", false
	}
	for _, atLeast := range []language.Confidence{language.High, language.Low} {
		for _, tag := range tags {
			if _, index, sure := matcher.Match(tag); sure >= atLeast {
				return withRegion(Languages[index], tag), true
			}
		}
	}
	return "", false
}

// FirstMatch is Match for the first of some wishes that it finds a locale for.
func FirstMatch(wishes ...string) (locale string, ok bool) {
	for _, wish := range wishes {
		if locale, ok = Match(wish); ok {
			return locale, true
		}
	}
	return "", false
}

// withRegion is a language as the region of a wish writes it, where the wish
// names the country and the language is the one that was wished.
func withRegion(lang string, wish language.Tag) string {
	base, sure := wish.Base()
	region, named := wish.Region()
	if sure != language.Exact || base.String() != lang || named != language.Exact || !region.IsCountry() {
		return lang
	}
	return lang + "-" + region.String()
}

func languageOf(locale string) string {
	lang, _, _ := strings.Cut(locale, "-")
	return lang
}

// Own are words of the shop in some languages, by the names in Languages.
type Own map[string]string

// In is the shop's words in the language of t; standard is what it says where it
// has not given any.
func (o Own) In(t *Texts, standard string) string {
	if words := o[t.language]; words != "" {
		return words
	}
	return standard
}

// Spoken reports whether there are texts in a language.
func Spoken(lang string) bool { return slices.Contains(Languages, lang) }
