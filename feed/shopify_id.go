package feed

import (
	"strings"
	"unicode"
)

// derivedID makes the id of a Shopify variant from the handle of its product
// and its option values, and the origin that tells it from any other. The
// package comment has the rule and the reasons.
func derivedID(handle string, values []string) (id, origin string) {
	exact := !strings.Contains(handle, "--")
	id, origin = handle, handle+"\x00"
	for _, value := range values {
		name, same := slug(value)
		exact = exact && same
		if name != "" {
			id += "--" + name
		}
		origin += value + "\x00"
	}
	if !exact {
		id += "-" + originHash(origin, 8)
	}
	if len(id) > maxIDBytes {
		id = shortenID(id, origin)
	}
	return id, origin
}

// slug spells a value with letters, digits, points and single dashes. exact
// says that nothing but case and single spaces was changed.
func slug(value string) (s string, exact bool) {
	var b strings.Builder
	exact = true
	dash := true // where none may follow
	for _, r := range value {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '.' || r == '_':
			b.WriteRune(unicode.ToLower(r))
			dash = false
		case dash:
			exact = false
		default:
			exact = exact && (r == ' ' || r == '-')
			b.WriteByte('-')
			dash = true
		}
	}
	s = b.String()
	if strings.HasSuffix(s, "-") {
		s, exact = strings.TrimSuffix(s, "-"), false
	}
	return s, exact && s != ""
}
