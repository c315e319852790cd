package text

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// asInEnglish are the texts that a language writes as English does, beside the
// patterns of dates.
var asInEnglish = map[string][]string{
	"de": {"order.download", "form.optional"},
	"fr": {"total.total", "form.email", "pay.points", "pay.points_are", "delivery.round"},
	"es": {"total.total", "total.subtotal", "delivery.round"},
}

// englishWords are words that English sentences are made of, and that the other
// languages have not, unless they are in theirToo.
var englishWords = strings.Fields("the you your this that is are was has have been it of and to with not cannot nothing charged order " +
	"payment delivery address item items shop cart try again choose enter write left only back checkout once link page")

var theirToo = map[string][]string{"de": {"was", "shop", "link", "checkout"}, "fr": {"page"}}

// wordsOf are the words of a text in lower case, without its placeholders.
func wordsOf(said string) []string {
	return strings.FieldsFunc(strings.ToLower(placeholder.ReplaceAllString(said, " ")), func(r rune) bool { return !unicode.IsLetter(r) })
}

// What a language says is its own: neither a text nor a word of one is left in
// English.
func TestNothingIsLeftInEnglish(t *testing.T) {
	for _, lang := range Languages[1:] {
		for key, e := range catalogues[lang] {
			same := slices.Contains(asInEnglish[lang], key)
			equal := slices.Equal(slices.Sorted(slices.Values(e.texts())), slices.Sorted(slices.Values(catalogues[English][key].texts())))
			if equal != same && !strings.HasPrefix(key, "date.") {
				t.Errorf("locales/%s.yaml: %s is %q, as in English: %v", lang, key, e.texts(), equal)
			}
			for _, said := range e.texts() {
				for _, word := range wordsOf(said) {
					if !same && slices.Contains(englishWords, word) && !slices.Contains(theirToo[lang], word) {
						t.Errorf("locales/%s.yaml: %s has the English word %q: %s", lang, key, word, said)
					}
				}
			}
		}
	}
}

// familiar are words of a form of address that no catalogue uses, nor the
// widget: German is with Sie, French with vous, Spanish with usted.
var familiar = map[string][]string{
	"de": strings.Fields("du dir dich dein deine deinem deinen deiner deines"),
	"fr": strings.Fields("tu te toi ton ta tes"),
	"es": strings.Fields("tú tu tus te ti contigo has hayas puedes tienes quieres quieras inténtalo pídelo"),
}

func TestBuyersAreAddressedPolitely(t *testing.T) {
	for lang, words := range familiar {
		for key, e := range catalogues[lang] {
			for _, said := range e.texts() {
				for _, word := range wordsOf(said) {
					if slices.Contains(words, word) {
						t.Errorf("locales/%s.yaml: %s says %q: %s", lang, key, word, said)
					}
				}
			}
		}
		widget, err := os.ReadFile("../ui/widget/src/texts/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range wordsOf(string(widget)) {
			if slices.Contains(words, word) {
				t.Errorf("the widget says %q in %s", word, lang)
			}
		}
	}
	// A sentence in Japanese ends politely; what is no sentence has no full stop.
	polite := regexp.MustCompile(`(です|ます|ません|でした|ました|ください|ございます)[。（]|([）])。`)
	for key, e := range catalogues["ja"] {
		for _, said := range e.texts() {
			for sentence := range strings.SplitAfterSeq(said, "。") {
				if strings.HasSuffix(sentence, "。") && sentence != "{place}。" && !polite.MatchString(sentence) {
					t.Errorf("locales/ja.yaml: %s is not polite: %s", key, sentence)
				}
			}
		}
	}
}

// No text shouts, ends on a blank or has two, and French keeps its signs with
// the words before them.
func TestPunctuation(t *testing.T) {
	loose := regexp.MustCompile(` [;:?!»]|« `)
	for _, lang := range Languages {
		for key, e := range catalogues[lang] {
			for _, said := range e.texts() {
				if strings.ContainsAny(said, "!！¡") || strings.TrimSpace(said) != said || strings.Contains(said, "  ") {
					t.Errorf("locales/%s.yaml: %s is %q", lang, key, said)
				}
				if lang == "fr" && loose.MatchString(said) {
					t.Errorf("locales/fr.yaml: %s has a blank that breaks before a sign: %s", key, said)
				}
				if lang != English && strings.ContainsAny(said, `"'`) {
					t.Errorf("locales/%s.yaml: %s has quotation marks of a typewriter: %s", lang, key, said)
				}
			}
		}
	}
}
