package wire

import (
	"iter"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// reader is one decoding of a Document. The first fault sticks; after it every
// read gives zero values, so that decoders are written without error checks
// and end with err.
type reader struct {
	doc  *Document
	rule rules
	err  *acp.Error
}

// value is one JSON value of the document, or the absence of one, with its
// path for errors.
type value struct {
	r  *reader
	at int32  // node index; -1 when absent
	in int32  // node index of the object that was asked
	of string // name that was asked for

	strict bool // a wrong type has the code invalid_type (affiliates and intents)
}

// codeInvalidType is the code of a wrong type in the extensions that name it.
const codeInvalidType = "invalid_type"

// read opens the root of doc, which must be an object.
func read(doc *Document, rule rules) (*reader, value) {
	r := &reader{doc: doc, rule: rule}
	root := value{r: r, at: 0, in: -1}
	if doc.Empty() {
		root.at = -1
		r.fail(acp.Invalid("", "The request has no body. Send a JSON object."))
	} else if doc.nodes[0].kind != '{' {
		r.fail(acp.Invalid("$", "The body is not an object. Send a JSON object."))
	}
	return r, root
}

// fail keeps the first fault.
func (r *reader) fail(e *acp.Error) {
	if r.err == nil {
		r.err = e
	}
}

// result is the decoded request, or the fault.
func result[T any](r *reader, req T) (T, error) {
	if r.err != nil {
		var zero T
		r.err.Sent = true
		return zero, r.err
	}
	return req, nil
}

// get looks a member up and marks it as known.
func (v value) get(name string) value {
	m := value{r: v.r, at: -1, in: v.at, of: name, strict: v.strict}
	if v.at < 0 || v.kind() != '{' {
		return m
	}
	doc := v.r.doc
	for i := doc.nodes[v.at].first; i > 0; i = doc.nodes[i].next {
		if doc.nodes[i].name == name {
			doc.nodes[i].read = true
			m.at = i
			break
		}
	}
	return m
}

// first is the first of the names that was sent, or the absence of names[0].
// The other spellings stay unknown.
func (v value) first(names ...string) value {
	for i, name := range names {
		if m := v.get(name); m.sent() {
			if i > 0 {
				v.r.doc.aliases = append(v.r.doc.aliases, m.path())
			}
			return m
		}
	}
	return v.get(names[0])
}

func (v value) kind() jsontext.Kind {
	if v.at < 0 {
		return 0
	}
	return v.r.doc.nodes[v.at].kind
}

// sent reports whether the request has the field, be it null.
func (v value) sent() bool { return v.at >= 0 }

// null reports an explicit null.
func (v value) null() bool { return v.kind() == 'n' }

// given reports a value other than null.
func (v value) given() bool { return v.sent() && !v.null() }

// path is the value's JSONPath, also when it is absent.
func (v value) path() string {
	if v.at >= 0 {
		return v.r.doc.path(v.at)
	}
	if v.in < 0 {
		return "$"
	}
	return v.r.doc.path(v.in) + segment(v.of)
}

// refuse fails with 400 invalid at the value.
func (v value) refuse(message string) { v.r.fail(acp.Invalid(v.path(), message)) }

// require fails with 400 missing when the value was not given, and reports
// whether it was.
func (v value) require(what string) bool {
	if v.given() {
		return true
	}
	if v.r.err == nil {
		v.r.fail(acp.Missing(v.path(), "Required. Send "+what+"."))
	}
	return false
}

// wrongType fails because the value is not what.
func (v value) wrongType(what string) {
	if v.r.err != nil {
		return
	}
	if v.strict {
		v.r.fail(acp.Refused(400, codeInvalidType, v.path(), "Wrong type. Send "+what+"."))
		return
	}
	v.refuse("Wrong type. Send " + what + ".")
}

// object reports whether the value is an object; another type is a fault.
func (v value) object() bool {
	if !v.given() {
		return false
	}
	if v.kind() != '{' {
		v.wrongType("an object")
		return false
	}
	return true
}

// text is a string of at most limit characters; absent and null are "".
func (v value) text(limit int) string {
	if !v.given() {
		return ""
	}
	if v.kind() != '"' {
		v.wrongType("a string")
		return ""
	}
	s := v.r.doc.nodes[v.at].text
	if len(s) > limit && utf8.RuneCountInString(s) > limit {
		message := "Too long. Send at most " + strconv.Itoa(limit) + " characters."
		if v.strict {
			v.r.fail(acp.Refused(400, codeInvalidType, v.path(), message))
		}
		v.refuse(message)
		return ""
	}
	if v.card(s) {
		return ""
	}
	return s
}

// card refuses a text with the number of a payment card in it, and reports
// whether it has. No field that is read is a place for one.
func (v value) card(s string) bool {
	if !secret.HasCardNumber(s) {
		return false
	}
	v.refuse("This looks like the number of a payment card. Remove it: card data goes to the payment provider alone, which gives you a token for it.")
	return true
}

// requiredText is a string that must be there and not be empty.
func (v value) requiredText(limit int, what string) string {
	if !v.require(what) {
		return ""
	}
	s := v.text(limit)
	if s == "" {
		v.refuse("Empty. Send " + what + ".")
	}
	return s
}

// integer is a whole number between low and high; absent and null are absent.
func (v value) integer(low, high, absent int64) int64 {
	if !v.given() {
		return absent
	}
	message := "Send an integer from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10) + "."
	if v.kind() != '0' {
		v.wrongType("an integer, as a JSON number")
		return absent
	}
	n, whole, inRange := integer(v.r.doc.nodes[v.at].text)
	switch {
	case !whole:
		v.refuse("Not a whole number. " + message)
	case !inRange || n < low || n > high:
		v.refuse("Out of range. " + message)
	default:
		return n
	}
	return absent
}

// boolean is true or false; absent and null are false.
func (v value) boolean() bool {
	if !v.given() {
		return false
	}
	if v.kind() != 't' && v.kind() != 'f' {
		v.wrongType("true or false")
	}
	return v.kind() == 't'
}

// time is an RFC 3339 date and time; absent and null are the zero time.
func (v value) time() time.Time {
	s := v.text(acp.MaxText)
	if s == "" && !v.given() {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		v.refuse("Not a date and time. Send RFC 3339, such as 2026-04-17T09:30:00Z.")
	}
	return t
}

// oneOf is a string out of a closed list; absent and null are "".
func (v value) oneOf(allowed ...string) string {
	s := v.text(acp.MaxText)
	if !v.given() || v.r.err != nil {
		return ""
	}
	list := ""
	for i, a := range allowed {
		if s == a {
			return s
		}
		if i > 0 {
			list += ", "
		}
		list += a
	}
	v.refuse("Unknown value. Send one of: " + list + ".")
	return ""
}

// items iterates over an array of at most limit values.
func (v value) items(limit int) iter.Seq[value] {
	return func(yield func(value) bool) {
		if !v.given() {
			return
		}
		if v.kind() != '[' {
			v.wrongType("an array")
			return
		}
		doc := v.r.doc
		for i := doc.nodes[v.at].first; i > 0; i = doc.nodes[i].next {
			item := value{r: v.r, at: i, in: v.at, strict: v.strict}
			if int(doc.nodes[i].index) >= limit {
				v.refuse("Too many entries. Send at most " + strconv.Itoa(limit) + ".")
				return
			}
			if !yield(item) || v.r.err != nil {
				return
			}
		}
	}
}

// texts is an array of at most limit strings of at most each characters; nil
// when absent or null.
func (v value) texts(limit, each int) []string {
	if !v.given() {
		return nil
	}
	list := []string{}
	for item := range v.items(limit) {
		if item.null() {
			item.wrongType("a string")
		}
		list = append(list, item.text(each))
	}
	return list
}

// members iterates over the members of an object, marking each as known.
func (v value) members() iter.Seq2[string, value] {
	return func(yield func(string, value) bool) {
		if !v.object() {
			return
		}
		doc := v.r.doc
		for i := doc.nodes[v.at].first; i > 0; i = doc.nodes[i].next {
			doc.nodes[i].read = true
			if !yield(doc.nodes[i].name, value{r: v.r, at: i, in: v.at, strict: v.strict}) || v.r.err != nil {
				return
			}
		}
	}
}
