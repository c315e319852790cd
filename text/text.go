// Package text holds every text that a buyer may read, in five languages.
//
// To say something to a buyer:
//
//  1. Take the texts of the session: t := m.texts(sess) in package checkout,
//     text.For(locale) elsewhere, say in a page's template.
//  2. t.Say("stock.low", "count", left, "item", title): a key, and a name and a
//     value for each {placeholder}. A value is a string, a whole number, a
//     [Money], a [Day] or another text of t.
//  3. Add the key to all files of locales/, in the voice of its neighbours. Where
//     the number of things changes the words, the key has a group of the
//     language's plural forms, chosen by the placeholder {count}.
//  4. go test ./text tells what is missing in which file, what nobody says any
//     more, and which placeholder has no value.
//
// What goes to developers stays in English and out of here: the message of an
// acp.Error, the log, the command line. So do the shop's own words, such as the
// titles of its items, which it may give in several languages; see [Own].
package text

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Texts speaks one language, and writes amounts, numbers and days as one region
// does. It is safe for concurrent use.
type Texts struct {
	language string       // of the catalogue
	tag      language.Tag // of the catalogue's language
	locale   string       // for amounts and numbers
	says     catalogue
	english  catalogue
	log      *slog.Logger // nil is slog.Default
}

// known keeps the Texts of locales that Match gives, of which there are a few
// hundred at most.
var known sync.Map // string → *Texts

// For returns the texts of a locale, a BCP 47 tag. In a language that there are
// no texts in, and for what is no tag, they are English; amounts are written for
// the locale all the same.
func For(locale string) *Texts {
	if t, ok := known.Load(locale); ok {
		return t.(*Texts)
	}
	matched, ok := Match(locale)
	if !ok {
		return newTexts(English, locale)
	}
	t := newTexts(languageOf(matched), matched)
	if matched == locale { // what else is written is not bounded
		known.Store(locale, t)
	}
	return t
}

func newTexts(lang, locale string) *Texts {
	if locale == "" {
		locale = lang
	}
	return &Texts{language: lang, tag: language.MustParse(lang), locale: locale, says: catalogues[lang], english: catalogues[English]}
}

// Language is that of the texts, one of Languages.
func (t *Texts) Language() string { return t.language }

// Locale is the BCP 47 tag that amounts are written for: "de-CH".
func (t *Texts) Locale() string { return t.locale }

// Say is the text of a key with the values of its placeholders, which are given
// by name and value in turn. One that is missing in the language is said in
// English, and the log tells; no text is ever empty.
func (t *Texts) Say(key string, values ...any) string {
	e, ok := t.says[key]
	tag := t.tag
	if !ok {
		if e, ok = t.english[key]; !ok {
			t.warn("a text is in no catalogue", key)
			return key
		}
		t.warn("a text is missing in a language and said in English", key)
		tag = language.English
	}
	return t.fill(key, e.form(tag, values), values)
}

// fill puts the values into a text.
func (t *Texts) fill(key, in string, values []any) string {
	if !strings.Contains(in, "{") {
		return in
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(in, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}") // every brace is closed; see parse
		if v, ok := valueOf(values, name); ok {
			b.WriteString(t.write(v))
		} else {
			t.warn("a placeholder of a text has no value", key)
			b.WriteString("{" + name + "}")
		}
		in = after
	}
}

func valueOf(values []any, name string) (any, bool) {
	for i := 0; i+1 < len(values); i += 2 {
		if values[i] == name {
			return values[i+1], true
		}
	}
	return nil, false
}

// write is a value as the language writes it.
func (t *Texts) write(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return t.Number(int64(v))
	case int64:
		return t.Number(v)
	case Money:
		return t.Money(v.Amount, v.Currency)
	case Day:
		return t.Date(time.Time(v))
	}
	return fmt.Sprint(v)
}

// warned keeps the log from telling the same with every request.
var warned sync.Map

func (t *Texts) warn(what, key string) {
	if _, before := warned.LoadOrStore(what+t.language+key, true); before {
		return
	}
	log := t.log
	if log == nil {
		log = slog.Default()
	}
	log.Warn(what, "key", key, "language", t.language)
}

// entry is the text of a key, or its plural forms.
type entry struct {
	text  string
	forms map[string]string // by the CLDR's names; nil for a single text
}

// form chooses the words for the number of things.
func (e entry) form(tag language.Tag, values []any) string {
	if e.forms == nil {
		return e.text
	}
	count, _ := valueOf(values, countName)
	if form, ok := e.forms[formOf(tag, count)]; ok {
		return form
	}
	return e.forms[otherForm]
}

const (
	countName = "count"
	otherForm = "other"
)

var formNames = map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: otherForm}

// formOf is the plural form of a whole number.
func formOf(tag language.Tag, count any) string {
	var n int64
	switch c := count.(type) {
	case int:
		n = int64(c)
	case int64:
		n = c
	default:
		return otherForm
	}
	if n < 0 {
		n = -n
	}
	// The CLDR's rules look at no more than the last digits.
	const enough = 10_000_000
	if n >= enough {
		n = n%enough + enough
	}
	return formNames[plural.Cardinal.MatchPlural(tag, int(n), 0, 0, 0, 0)]
}
