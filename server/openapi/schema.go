package openapi

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

//go:embed schemas.txt
var schemaSource string

// Type is what a value is in one API version.
type Type struct {
	Name    string
	Doc     string
	Members []Member
	// Needs are sets of members of which one has to be there whole, beside those
	// that are required; nil for none. "a.b" is the member b of a.
	Needs [][]string
	// By is the member that tells the Variants apart, for a type that is one of
	// several; "" otherwise.
	By       string
	Variants []Variant

	within span
}

// Variant is one of the types that a value can be of.
type Variant struct {
	Value string // of the member that tells them apart
	Type  string
}

// Member is a member of a JSON object.
type Member struct {
	Name     string
	Required bool
	Value    Value
	Doc      string

	example json.RawMessage // nil for none
	within  span
}

// Kind is a kind of value.
type Kind string

// Kinds of values.
const (
	KindText    Kind = "text"
	KindEmail   Kind = "email"
	KindURL     Kind = "url"
	KindTime    Kind = "time"
	KindDate    Kind = "date"
	KindAmount  Kind = "amount" // minor units of the session's currency
	KindInteger Kind = "integer"
	KindNumber  Kind = "number"
	KindFlag    Kind = "flag"
	KindObject  Kind = "object" // of any members
	KindAny     Kind = "any"
	KindEnum    Kind = "enum"
	KindRef     Kind = "ref"
	KindList    Kind = "list"
)

// Value says what a member holds.
type Value struct {
	Kind     Kind
	Ref      string   // of KindRef
	Words    []string // of KindEnum
	Elem     *Value   // of KindList
	Min, Max int64    // of a number, or a length; both 0 for no bounds
	Null     bool     // it may be null

	limit string // of the server, which Max is; "" where it is the same everywhere
}

// span is a range of versions, by their place in the list of all.
type span struct{ from, to int }

func (s span) has(version int) bool { return s.from <= version && version <= s.to }

// Versions lists every version that a document can be made for, the oldest
// first, and the draft of the next one at the end.
func Versions() []acp.Version { return append(wire.Supported(), acp.Unreleased) }

// types is schemas.txt.
var types = must(parseTypes(schemaSource, Versions()))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // the source is part of the program, and a test reads it
	}
	return v
}

var headLine = regexp.MustCompile(`^(object|union) ([A-Za-z]+)(?: by ([a-z_]+))?(?: needs (\S+))?(?: @(\S+))? - (.+)$`)

// parseTypes reads the notation that schemas.txt describes at its head.
func parseTypes(source string, versions []acp.Version) ([]Type, error) {
	var all []Type
	n := 0
	for line := range strings.Lines(source) {
		n++
		line = strings.TrimRight(line, "\n")
		fail := func(err error) error { return fmt.Errorf("line %d: %q: %w", n, line, err) }
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case !strings.HasPrefix(line, " "):
			m := headLine.FindStringSubmatch(line)
			if m == nil {
				return nil, fail(fmt.Errorf("is not the head of a type"))
			}
			within, err := parseSpan(m[5], versions)
			if err != nil {
				return nil, fail(err)
			}
			all = append(all, Type{Name: m[2], Doc: m[6], By: m[3], Needs: parseNeeds(m[4]), within: within})
		case len(all) == 0:
			return nil, fail(fmt.Errorf("belongs to no type"))
		default:
			t := &all[len(all)-1]
			if t.By != "" {
				value, of, ok := strings.Cut(strings.TrimSpace(line), " ")
				if !ok {
					return nil, fail(fmt.Errorf("is not VALUE OBJECT"))
				}
				t.Variants = append(t.Variants, Variant{value, of})
				continue
			}
			m, err := parseMember(strings.TrimSpace(line), versions)
			if err != nil {
				return nil, fail(err)
			}
			t.Members = append(t.Members, m)
		}
	}
	return all, nil
}

// parseNeeds reads A+B|C.
func parseNeeds(text string) [][]string {
	if text == "" {
		return nil
	}
	var sets [][]string
	for set := range strings.SplitSeq(text, "|") {
		sets = append(sets, strings.Split(set, "+"))
	}
	return sets
}

func parseSpan(text string, versions []acp.Version) (span, error) {
	last := len(versions) - 1
	if text == "" {
		return span{0, last}, nil
	}
	at := func(v string, open int) (int, error) {
		if v == "" {
			return open, nil
		}
		if i := slices.Index(versions, acp.Version(v)); i >= 0 {
			return i, nil
		}
		return 0, fmt.Errorf("%q is no version", v)
	}
	from, to, ranged := strings.Cut(text, "..")
	if !ranged {
		i, err := at(text, 0)
		return span{i, i}, err
	}
	i, err := at(from, 0)
	if err != nil {
		return span{}, err
	}
	j, err := at(to, last)
	return span{i, j}, err
}

// parseMember reads NAME[*] TYPE [=EXAMPLE] [@VERSIONS] - MEANING.
func parseMember(line string, versions []acp.Version) (Member, error) {
	name, rest, _ := strings.Cut(line, " ")
	kind, rest, _ := strings.Cut(rest, " ")
	m := Member{Name: strings.TrimSuffix(name, "*"), Required: strings.HasSuffix(name, "*")}
	var err error
	if m.Value, err = parseValue(kind); err != nil {
		return m, err
	}
	if after, ok := strings.CutPrefix(rest, "="); ok {
		if m.example, rest, err = parseExample(after); err != nil {
			return m, err
		}
	}
	within := ""
	if after, ok := strings.CutPrefix(rest, "@"); ok {
		within, rest, _ = strings.Cut(after, " ")
	}
	if m.within, err = parseSpan(within, versions); err != nil {
		return m, err
	}
	doc, ok := strings.CutPrefix(rest, "- ")
	if !ok || doc == "" {
		return m, fmt.Errorf("%q does not say what it means", rest)
	}
	m.Doc = doc
	return m, nil
}

// parseExample reads a JSON value or a bare word.
func parseExample(text string) (example json.RawMessage, rest string, err error) {
	if strings.ContainsAny(text[:1], `"[{`) {
		d := json.NewDecoder(strings.NewReader(text))
		if err := d.Decode(&example); err != nil {
			return nil, "", err
		}
		return example, strings.TrimPrefix(text[d.InputOffset():], " "), nil
	}
	word, rest, _ := strings.Cut(text, " ")
	if json.Valid([]byte(word)) && word[0] != '9' { // a postal code is text
		return json.RawMessage(word), rest, nil
	}
	example, err = json.Marshal(word)
	return example, rest, err
}

var (
	bounded = regexp.MustCompile(`^(.+)\((?:(\d+)\.\.)?(?:(\d+)|([a-z_]+))\)$`)
	typeRef = regexp.MustCompile(`^[A-Z][A-Za-z]+$`)
)

func parseValue(text string) (v Value, err error) {
	if text, v.Null = strings.CutSuffix(text, "?"); v.Null {
		null := v.Null
		v, err = parseValue(text)
		v.Null = null
		return v, err
	}
	if m := bounded.FindStringSubmatch(text); m != nil {
		if v, err = parseValue(m[1]); err != nil {
			return v, err
		}
		if m[2] != "" {
			v.Min, err = strconv.ParseInt(m[2], 10, 64)
		}
		if v.limit = m[4]; v.limit != "" {
			if _, known := chosen(acp.Limits{})[v.limit]; !known {
				err = fmt.Errorf("%q is no limit", v.limit)
			}
		} else if err == nil {
			v.Max, err = strconv.ParseInt(m[3], 10, 64)
		}
		return v, err
	}
	switch {
	case strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]"):
		elem, err := parseValue(text[1 : len(text)-1])
		return Value{Kind: KindList, Elem: &elem}, err
	case typeRef.MatchString(text):
		return Value{Kind: KindRef, Ref: text}, nil
	case slices.Contains([]Kind{KindText, KindEmail, KindURL, KindTime, KindDate, KindAmount, KindInteger, KindNumber, KindFlag, KindObject, KindAny}, Kind(text)):
		return Value{Kind: Kind(text)}, nil
	case text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_|") == "":
		return Value{Kind: KindEnum, Words: strings.Split(text, "|")}, nil
	}
	return v, fmt.Errorf("%q is no type", text)
}

// chosen are the limits of a server by their names in schemas.txt.
func chosen(l acp.Limits) map[string]int64 {
	return map[string]int64{"line_items": int64(l.LineItems), "quantity": l.Quantity, "discount_codes": int64(l.DiscountCodes)}
}

// typesOf are the types of a version with the limits of a server, by name.
func typesOf(version int, limits acp.Limits) map[string]*Type {
	out, most := map[string]*Type{}, chosen(limits)
	for i := range types {
		if t := types[i]; t.within.has(version) {
			t.Members = slices.DeleteFunc(slices.Clone(t.Members), func(m Member) bool { return !m.within.has(version) })
			for i := range t.Members {
				if v := &t.Members[i].Value; v.limit != "" {
					v.Max = most[v.limit]
				}
			}
			out[t.Name] = &t
		}
	}
	return out
}
