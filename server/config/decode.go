package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// decoder reads YAML nodes into the structs of this package. It takes a value
// by its text, not by the type that YAML guesses, so that country: NO is
// Norway and price: 4.90 is exact without quotes.
type decoder struct {
	report   *report
	expander *expander
}

// kindNames are the words for what a node is.
var kindNames = map[yaml.Kind]string{
	yaml.MappingNode:  "a group of keys",
	yaml.SequenceNode: "a list",
	yaml.ScalarNode:   "a single value",
}

// resolve follows an alias and notes where the value is. It reports false for
// a null, which leaves the default.
func (d *decoder) resolve(n *yaml.Node, path string) (*yaml.Node, bool) {
	if _, known := d.report.source.origins[path]; !known && path != "" {
		d.report.source.origins[path] = origin{line: n.Line}
	}
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return nil, false
	}
	return n, true
}

// expect reports a node that is not of the wanted kind.
func (d *decoder) expect(n *yaml.Node, path string, want yaml.Kind, example string) bool {
	if n.Kind == want {
		return true
	}
	d.report.errorf(path, "is %s; write %s", kindNames[n.Kind], example)
	return false
}

func (d *decoder) value(n *yaml.Node, path string, v reflect.Value) {
	switch {
	case isGroup(v.Type()):
		d.group(n, path, v)
	case v.Kind() == reflect.Slice:
		d.list(n, path, v)
	default:
		d.scalar(n, path, v)
	}
}

func (d *decoder) group(n *yaml.Node, path string, v reflect.Value) {
	n, ok := d.resolve(n, path)
	if !ok {
		return
	}
	fields := fieldsOf(v.Type())
	if !d.expect(n, path, yaml.MappingNode, fmt.Sprintf("keys below it, such as %q", fields[0].key+": …")) {
		return
	}
	lines := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		at := join(path, word(key.Value))
		d.report.source.origins[at] = origin{line: key.Line}
		if key.Kind != yaml.ScalarNode {
			d.report.errorf(path, "has a key that is %s; a key is one word", kindNames[key.Kind])
			continue
		}
		if key.ShortTag() == "!!merge" {
			d.report.errorf(at, "merging is not supported; write the keys out, or give a whole value an anchor (&name) and repeat it with *name")
			continue
		}
		if first, twice := lines[key.Value]; twice {
			d.report.errorf(at, "is here twice, first in line %d; remove one of them", first)
			continue
		}
		lines[key.Value] = key.Line
		f, known := fieldNamed(fields, key.Value)
		if !known {
			d.report.errorf(at, "unknown key; %s", hint(key.Value, path, fields))
			continue
		}
		d.value(n.Content[i+1], at, v.Field(f.index))
	}
}

func (d *decoder) list(n *yaml.Node, path string, v reflect.Value) {
	n, ok := d.resolve(n, path)
	if !ok {
		return
	}
	if !d.expect(n, path, yaml.SequenceNode, "a list: one line for each, beginning with \"- \"") {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, min(len(n.Content), 1024)))
	for i, item := range n.Content {
		d.value(item, path+"["+strconv.Itoa(i)+"]", extend(v))
	}
}

// extend adds an element with its defaults to a slice and returns it.
func extend(slice reflect.Value) reflect.Value {
	slice.Set(reflect.Append(slice, reflect.Zero(slice.Type().Elem())))
	last := slice.Index(slice.Len() - 1)
	if isGroup(last.Type()) {
		fillDefaults(last)
	}
	return last
}

func (d *decoder) scalar(n *yaml.Node, path string, v reflect.Value) {
	n, ok := d.resolve(n, path)
	if !ok {
		return
	}
	if d.expect(n, path, yaml.ScalarNode, "a single value") {
		d.text(n.Value, path, v)
	}
}

// text sets a value from what was written for it, after expanding it.
func (d *decoder) text(written, path string, v reflect.Value) {
	text, referred, err := d.expander.expand(written)
	if err != nil {
		d.report.errorf(path, "%v", err)
		return
	}
	at := d.report.source.origins[path]
	at.literal = !referred && at.env == ""
	d.report.source.origins[path] = at
	if complaint := setScalar(v, text); complaint != "" {
		// Neither a secret nor what a reference stands for is shown.
		if at.literal && v.Type() != secretType {
			complaint = strconv.Quote(clip(text)) + " " + complaint
		}
		d.report.errorf(path, "%s", complaint)
	}
}

func fieldNamed(fields []field, key string) (field, bool) {
	for _, f := range fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// word is a key as it can stand in a path: whatever was written, in one line.
func word(key string) string {
	if key == "" || strings.ContainsFunc(key, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return strconv.Quote(clip(key))
	}
	return clip(key)
}

// clip keeps a value short enough to quote in a message.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
