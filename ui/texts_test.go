package ui

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pluralForms are the forms that each language of the widget has, as
// Intl.PluralRules names them.
var pluralForms = map[string][]string{
	"en": {"one", "other"}, "de": {"one", "other"}, "fr": {"many", "one", "other"}, "es": {"many", "one", "other"}, "ja": {"other"},
}

var putIn = regexp.MustCompile(`\{(\w+)\}`)

// A catalogue has every text that English has, with the same things put in, and
// one form for each plural of its language.
func TestCatalogues(t *testing.T) {
	read := func(language string) (texts map[string]any) {
		raw, err := os.ReadFile("widget/src/texts/" + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatalf("%s: %v", language, err)
		}
		return texts
	}
	files, err := fs.Glob(os.DirFS("widget/src/texts"), "*")
	if err != nil || len(files) != len(pluralForms) {
		t.Errorf("%d files of texts, %v; want %d", len(files), err, len(pluralForms))
	}
	english := read("en")
	for _, file := range files {
		language := strings.TrimSuffix(path.Base(file), ".json")
		forms, known := pluralForms[language]
		if !known {
			t.Errorf("nobody knows the plurals of %s", language)
			continue
		}
		t.Run(language, func(t *testing.T) {
			texts := read(language)
			if got, want := slices.Sorted(maps.Keys(texts)), slices.Sorted(maps.Keys(english)); !slices.Equal(got, want) {
				t.Fatalf("the texts are %q, want %q", got, want)
			}
			for key, text := range texts {
				switch text := text.(type) {
				case string:
					plain, ok := english[key].(string)
					if !ok {
						t.Errorf("%s: English has plurals", key)
					}
					sameInside(t, key, text, plain)
				case map[string]any:
					plain, ok := english[key].(map[string]any)
					if got := slices.Sorted(maps.Keys(text)); !ok || !slices.Equal(got, forms) {
						t.Errorf("%s has the forms %q, want %q", key, got, forms)
						continue
					}
					for _, form := range text {
						one, _ := form.(string)
						other, _ := plain["other"].(string)
						sameInside(t, key, one, other)
					}
				default:
					t.Errorf("%s is %T", key, text)
				}
			}
		})
	}
}

func sameInside(t *testing.T, key, text, english string) {
	t.Helper()
	inside := func(s string) []string { return slices.Sorted(slices.Values(putIn.FindAllString(s, -1))) }
	if strings.TrimSpace(text) == "" || strings.Contains(text, "!") || !slices.Equal(inside(text), inside(english)) {
		t.Errorf("%s: %q for %q", key, text, english)
	}
}
