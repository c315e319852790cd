package store

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWordBytes is the length at which a word is cut, in the index and in
// queries alike.
const maxWordBytes = 48

// Text is folded and cut into words here and not by the engines, so that both
// find the same. Words are runs of letters and digits in lower case, without
// the marks of Latin, Greek and Cyrillic letters. Scripts that put no spaces
// between words are cut into pairs of characters; the last character of a run
// is a word too, so that every single character begins one.

// fold gives the form in which texts are compared.
func fold(text string) string {
	ascii := true
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ReplaceAll(strings.ToLower(text), "'", "")
	}
	var b strings.Builder
	b.Grow(len(text) + 8)
	marked := false // the last letter loses its marks
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
			if !marked {
				b.WriteRune(r)
			}
			continue
		case r == '\'' || r == '’' || r == 'ʼ' || r == '\u00ad' || r == '\u200d' || r == '\u200c':
			continue
		case r == '‐' || r == '‑':
			r = '-'
		}
		marked = unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
		if plain, ok := plainLetters[r]; ok {
			b.WriteString(plain)
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return norm.NFC.String(b.String())
}

// plainLetters are what people without the right keyboard write for letters
// that do not decompose.
var plainLetters = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "o", 'Ø': "o", 'đ': "d", 'Đ': "d", 'ð': "d", 'Ð': "d",
	'þ': "th", 'Þ': "th", 'ł': "l", 'Ł': "l", 'ħ': "h", 'Ħ': "h", 'ı': "i", 'ς': "σ",
}

// unspaced are the scripts that put no spaces between words, and Hangul, where
// what is looked for is often a part of what stands between spaces.
var unspaced = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}

const longSound = 'ー' // belongs to no script, and to katakana words

type letterKind int

const (
	separator letterKind = iota
	letter
	pairedLetter
)

func kindOf(r rune) letterKind {
	switch {
	case r < utf8.RuneSelf:
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return letter
		}
		return separator
	case r == utf8.RuneError:
		return separator
	case r == longSound || unicode.In(r, unspaced...) && !unicode.IsPunct(r) && !unicode.IsSymbol(r):
		return pairedLetter
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
		return letter
	}
	return separator
}

// words gives the words of a text in their order. Parts with hyphens between
// them are also given as one word, as people write them.
func words(text string) []string { return cutWords(nil, fold(text), true) }

// queryWords are words without those whose parts are looked for anyway.
func queryWords(text string) []string { return cutWords(nil, fold(text), false) }

func cutWords(out []string, text string, joined bool) []string {
	parts, from := 0, 0 // of the word with hyphens that is being read
	endCompound := func(to int) {
		if joined && parts > 1 {
			out = append(out, cut(strings.ReplaceAll(text[from:to], "-", "")))
		}
		parts = 0
	}
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		kind := kindOf(r)
		if kind == separator {
			if r != '-' {
				endCompound(i)
			}
			i += size
			continue
		}
		start := i
		for i += size; i < len(text); i += size {
			if r, size = rune(text[i]), 1; r >= utf8.RuneSelf {
				r, size = utf8.DecodeRuneInString(text[i:])
			}
			if kindOf(r) != kind {
				break
			}
		}
		if kind == pairedLetter {
			endCompound(start)
			out = appendPairs(out, text[start:i], joined)
			continue
		}
		if start == 0 || text[start-1] != '-' {
			endCompound(start)
		}
		if parts++; parts == 1 {
			from = start
		}
		out = append(out, cut(text[start:i]))
	}
	endCompound(len(text))
	return out
}

// appendPairs adds the pairs of neighbouring characters, and with last the last
// character as well, which a query needs only when it is the only one.
func appendPairs(out []string, run string, last bool) []string {
	before := -1
	for i := range run {
		if before >= 0 {
			_, size := utf8.DecodeRuneInString(run[i:])
			out = append(out, run[before:i+size])
		}
		before = i
	}
	if last || before == 0 {
		out = append(out, run[before:])
	}
	return out
}

// singleCharacter reports whether a word of a query is one character of an
// unspaced script, which stands for every pair that it begins.
func singleCharacter(word string) bool {
	r, size := utf8.DecodeRuneInString(word)
	return size == len(word) && kindOf(r) == pairedLetter
}

func cut(word string) string {
	if len(word) <= maxWordBytes {
		return word
	}
	end := maxWordBytes
	for !utf8.RuneStart(word[end]) {
		end--
	}
	return word[:end]
}
