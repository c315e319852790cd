package store

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"Hoodie - Red, Logo":          "hoodie red logo",
		"Men's T-Shirt":               "mens t shirt tshirt",
		"men’s":                       "mens",
		"Crème brûlée":                "creme brulee",
		"Straße Øre Łódź Đak":         "strasse ore lodz dak",
		"ΣΊΣΥΦΟΣ":                     "σισυφοσ",
		"ёлка Й":                      "елка и",
		"ﬁne ½":                       "fine 1 2",
		"ＡＢＣ１２":                       "abc12",
		"İstanbul ılık":               "istanbul ilik",
		"s-12-3":                      "s 12 3 s123",
		"- a - b -":                   "a b",
		"黒猫":                          "黒猫 猫",
		"猫":                           "猫",
		"スーパー":                        "スー ーパ パー ー",
		"한국어":                         "한국 국어 어",
		"USBケーブル":                     "usb ケー ーブ ブル ル",
		"เสื้อ":                       "เส สื ื้ ้อ อ",
		"हिन्दी":                      "हिन्दी",
		"a" + strings.Repeat("b", 60): "a" + strings.Repeat("b", 47),
		"\xff\xfe a\x00b":             "a b",
		"":                            "",
	} {
		if got := strings.Join(words(text), " "); got != want {
			t.Errorf("words of %q: %q; want %q", text, got, want)
		}
	}
}

// What holds for every text: words are short, lower-case letters and digits
// that stay what they are, and each word of a query is one of the index or
// begins one.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"Men's T-Shirt", "Crème 黒猫ab", "İ½ﬁ", "\xff-\xc3", "ΑΣ ᾳ", "ก็ ့", "ǅ ʼn a-b-c--d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		index := words(text)
		for _, w := range index {
			if w == "" || len(w) > maxWordBytes || !utf8.ValidString(w) || strings.ContainsAny(w, " \"'\\*:()&|!-\n\x00") {
				t.Errorf("%q has the word %q", text, w)
			}
			if fold(w) != w {
				t.Errorf("%q has the word %q, which folds to %q", text, w, fold(w))
			}
		}
		for _, w := range queryWords(text) {
			if !slices.Contains(index, w) {
				t.Errorf("a query for %q looks for %q, which is not in %q", text, w, index)
			}
		}
	})
}

// The other form of a word leads back to it.
func TestOtherForms(t *testing.T) {
	for _, pair := range [][2]string{{"mug", "mugs"}, {"dress", "dresses"}, {"box", "boxes"}, {"berry", "berries"}, {"shoe", "shoes"}, {"watch", "watches"},
		{"cookie", "cookies"}, {"toy", "toys"}, {"tomato", "tomatoes"}, {"hoodie", "hoodies"}} {
		if !slices.Contains(otherForms(pair[0]), pair[1]) || !slices.Contains(otherForms(pair[1]), pair[0]) {
			t.Errorf("%s: %v; %s: %v", pair[0], otherForms(pair[0]), pair[1], otherForms(pair[1]))
		}
	}
	for _, w := range []string{"", "s", "as", "猫", "12", "x2s"} {
		if got := otherForms(w); len(got) > 0 {
			t.Errorf("%q: %v", w, got)
		}
	}
}

func TestPriceSteps(t *testing.T) {
	last := 0
	for price := int64(0); price < 100_000; price++ {
		step := priceStep(price)
		if step < last || step > last+2 {
			t.Fatalf("%d is on step %d, the price before on %d", price, step, last)
		}
		last = step
	}
	if a, b := priceStep(1<<62), priceStep(1<<63-1); a != 125 || b != 126 {
		t.Errorf("the highest steps are %d and %d", a, b)
	}
}

// No id that was added is taken for a new one, and few of the others for known.
func TestSeenIDs(t *testing.T) {
	s := newSeenIDs()
	const n = 200_000
	id := func(i int) string {
		return strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("0", i%3) + strconv.Itoa(i)
	}
	for i := range n {
		s.add(id(i))
	}
	wrong := 0
	for i := range 2 * n {
		switch known := s.maybe(id(i)); {
		case i < n && !known:
			t.Fatalf("%s is forgotten", id(i))
		case i >= n && known:
			wrong++
		}
	}
	if wrong > n/100 {
		t.Errorf("%d of %d new ids are taken for known ones", wrong, n)
	}
}
