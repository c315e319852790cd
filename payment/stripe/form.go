package stripe

import (
	"net/url"
	"strconv"
	"strings"
)

// form is a request body in Stripe's form encoding: fields in the order in
// which they were added, so that the same charge is the same bytes. Keys are
// ours, with their brackets as they are.
type form struct{ b []byte }

// add appends a field; an empty value is left out, as Stripe reads it as a
// wish to unset the field.
func (f *form) add(key, value string) {
	if value == "" {
		return
	}
	if len(f.b) > 0 {
		f.b = append(f.b, '&')
	}
	f.b = append(f.b, key...)
	f.b = append(f.b, '=')
	f.b = append(f.b, url.QueryEscape(value)...)
}

func (f *form) addInt(key string, value int64) { f.add(key, strconv.FormatInt(value, 10)) }

// clip cuts text to n characters of valid UTF-8.
func clip(text string, n int) string {
	runes := []rune(strings.ToValidUTF8(text, ""))
	return strings.TrimSpace(string(runes[:min(n, len(runes))]))
}
