package wire

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/checkstand/checkstand/acp"
)

// writer appends JSON. Its methods take the member's name first, and add the
// comma that is due; those with opt in their name leave a zero value out.
type writer struct {
	b   []byte
	err error // the first thing that had no words
}

// comma separates from what stands before.
func (w *writer) comma() {
	if n := len(w.b); n > 0 {
		switch w.b[n-1] {
		case '{', '[', ':':
			return
		}
		w.b = append(w.b, ',')
	}
}

// open begins an object or array, as a member when name is not "".
func (w *writer) open(name string, bracket byte) {
	w.key(name)
	w.b = append(w.b, bracket)
}

func (w *writer) close(bracket byte) { w.b = append(w.b, bracket) }

// key writes a name of this package's own: plain ASCII.
func (w *writer) key(name string) {
	w.comma()
	if name != "" {
		w.b = append(w.b, '"')
		w.b = append(w.b, name...)
		w.b = append(w.b, '"', ':')
	}
}

// text writes a string. Bytes that are no UTF-8 become U+FFFD, which is all
// that AppendQuote's error says.
func (w *writer) text(name, s string) {
	w.key(name)
	w.b, _ = jsontext.AppendQuote(w.b, s)
}

func (w *writer) optText(name, s string) {
	if s != "" {
		w.text(name, s)
	}
}

// optOneOf writes s if the version defines it.
func (w *writer) optOneOf(name, s string, allowed []string) {
	if slices.Contains(allowed, s) {
		w.text(name, s)
	}
}

func (w *writer) texts(name string, list []string) {
	w.open(name, '[')
	for _, s := range list {
		w.text("", s)
	}
	w.close(']')
}

func (w *writer) optTexts(name string, list []string) {
	if list != nil {
		w.texts(name, list)
	}
}

// textsOf writes those of the list that the version defines.
func (w *writer) textsOf(name string, list, allowed []string) {
	w.open(name, '[')
	for _, s := range list {
		w.optOneOf("", s, allowed)
	}
	w.close(']')
}

func (w *writer) integer(name string, n int64) {
	w.key(name)
	w.b = strconv.AppendInt(w.b, n, 10)
}

func (w *writer) optInteger(name string, n *int64) {
	if n != nil {
		w.integer(name, *n)
	}
}

// number writes a measure or a rate; amounts are integers.
func (w *writer) number(name string, f float64) {
	w.key(name)
	if f-f != 0 { // NaN and infinities
		w.fail(fmt.Errorf("%s is not a number", name))
		f = 0
	}
	w.b = jsontext.AppendFloat(w.b, f, 64)
}

func (w *writer) boolean(name string, v bool) {
	w.key(name)
	w.b = strconv.AppendBool(w.b, v)
}

// time writes RFC 3339 in UTC.
func (w *writer) time(name string, t time.Time) {
	w.key(name)
	w.b = append(w.b, '"')
	w.b = t.UTC().AppendFormat(w.b, time.RFC3339Nano)
	w.b = append(w.b, '"')
}

func (w *writer) optTime(name string, t time.Time) {
	if !t.IsZero() {
		w.time(name, t)
	}
}

// optAny writes free-form JSON, its members sorted.
func (w *writer) optAny(name string, m map[string]any) {
	if len(m) == 0 {
		return
	}
	b, err := json.Marshal(m, json.Deterministic(true))
	if err != nil {
		w.fail(fmt.Errorf("%s: %w", name, err))
		return
	}
	w.key(name)
	w.b = append(w.b, b...)
}

// fail keeps the first thing that could not be written.
func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// result is the text, or dst as it was and the reason why there is none.
func (w *writer) result(dst []byte) ([]byte, error) {
	if w.err != nil {
		return dst, w.err
	}
	return w.b, nil
}

// appendError appends the flat error. supported_versions is written whenever
// the error has it, as the version of the caller is unknown then.
func appendError(dst []byte, e *acp.Error) []byte {
	w := writer{b: dst}
	w.b = append(w.b, '{')
	w.text("type", e.Type)
	w.text("code", e.Code)
	w.text("message", e.Message)
	w.optText("param", e.Param)
	if len(e.SupportedVersions) > 0 {
		w.open("supported_versions", '[')
		for _, v := range e.SupportedVersions {
			w.text("", string(v))
		}
		w.close(']')
	}
	w.close('}')
	return w.b
}

// contentType narrows a content type to the two that every version has.
func contentType(s string) string {
	if s == "markdown" {
		return s
	}
	return "plain"
}
