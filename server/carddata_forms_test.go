package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A marked number looks like a card's to whoever looks: sixteen digits and the
// right check digit. Its first eleven digits are the mark, the next four say
// which it is.
const (
	cardMark   = "45399871206"
	markedSize = 4
)

// marked makes the nth marked number.
func marked(n int) string {
	body := cardMark + fmt.Sprintf("%0*d", markedSize, n)
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return body + fmt.Sprint((10-sum%10)%10)
}

// disguises are the forms in which digits may lie in a file, by name. A form of
// digits is also one of every number that begins with them.
func disguises(digits string) map[string][]byte {
	grouped := func(by string) []byte {
		var parts []string
		for part := range slices.Chunk([]byte(digits), 4) {
			parts = append(parts, string(part))
		}
		return []byte(strings.Join(parts, by))
	}
	reversed := []byte(digits)
	slices.Reverse(reversed)
	forms := map[string][]byte{
		"plain": []byte(digits), "in groups": grouped(" "), "with dashes": grouped("-"), "with dots": grouped("."),
		"in groups of a URL": grouped("%20"), "in groups of a form": grouped("+"), "backwards": reversed,
		"as hexadecimal": []byte(hex.EncodeToString([]byte(digits))), "as hexadecimal, backwards": []byte(hex.EncodeToString(reversed)),
	}
	escaped := ""
	for _, d := range digits {
		escaped += fmt.Sprintf("%%%02X", d)
	}
	forms["percent-encoded"] = []byte(escaped)
	for _, from := range []int{0, 1} { // two digits in a byte
		even := digits[from : from+(len(digits)-from)/2*2]
		packed, err := hex.DecodeString(even)
		if err != nil {
			panic(err)
		}
		forms[fmt.Sprintf("packed from digit %d", from)] = packed
	}
	for before := range 3 { // where in the base64 it may begin
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, before), digits...))
		first := (before*8 + 5) / 6            // whole characters of the digits
		last := (before + len(digits)) * 8 / 6 // that no neighbour has a part in
		forms[fmt.Sprintf("as base64 at %d", before)] = []byte(encoded[first:last])
	}
	return forms
}

// cardSearch looks for numbers in whatever was said or stored.
type cardSearch struct{ digits map[string]map[string][]byte }

func searchFor(numbers ...string) cardSearch {
	s := cardSearch{map[string]map[string][]byte{}}
	for _, n := range numbers {
		s.digits[n] = disguises(n)
	}
	return s
}

// in lists what is in a text, as "number, form".
func (s cardSearch) in(text []byte) (found []string) {
	for digits, forms := range s.digits {
		for form, pattern := range forms {
			if bytes.Contains(text, pattern) {
				found = append(found, digits+", "+form)
			}
		}
	}
	slices.Sort(found)
	return found
}

// The search finds a number in every disguise, wherever it stands.
func TestTheSearchForCardDataFinds(t *testing.T) {
	t.Parallel()
	number := marked(7)
	s := searchFor(cardMark)
	hidden := map[string]string{"backwards": backwards(number), "hexadecimal": hex.EncodeToString([]byte(number)),
		"in groups": number[:4] + " " + number[4:8] + " " + number[8:12] + " " + number[12:], "plain": number}
	packed, err := hex.DecodeString(number)
	if err != nil {
		t.Fatal(err)
	}
	hidden["packed"] = string(packed)
	for i := range 7 {
		hidden[fmt.Sprint("base64 after ", i)] = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", i) + number + "tail"))
		hidden[fmt.Sprint("base64url after ", i)] = base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("x", i) + number + "tail"))
	}
	for name, text := range hidden {
		if got := s.in([]byte("before " + text + " after")); len(got) == 0 {
			t.Errorf("%s: not found in %q", name, text)
		}
	}
	for _, text := range []string{"", "4539987120", "nothing of the kind"} {
		if got := s.in([]byte(text)); got != nil {
			t.Errorf("%q: found %v", text, got)
		}
	}
}

func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// leaves calls visit with the path of every text in a JSON value, of every name
// of an object that may have any, and with a function that makes a copy of the
// value with something else there.
func leaves(value any, path string, rebuild func(any) any, visit func(path string, with func(text string) any)) {
	switch v := value.(type) {
	case string:
		visit(path, func(text string) any { return rebuild(text) })
	case object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			leaves(v[name], path+"."+name, func(inner any) any { return rebuild(v.with(name, inner)) }, visit)
		}
		if strings.HasSuffix(path, "metadata") || path == "$" {
			visit(path+" (a name)", func(text string) any { return rebuild(v.with(text, "x")) })
		}
	case []any:
		for i, inner := range v {
			leaves(inner, fmt.Sprintf("%s[%d]", path, i), func(inner any) any {
				list := slices.Clone(v)
				list[i] = inner
				return rebuild(list)
			}, visit)
		}
	}
}
