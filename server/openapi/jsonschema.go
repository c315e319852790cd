package openapi

import (
	"bytes"
	"encoding/json"
	"strings"
)

// object is a JSON object whose members stay in their order.
type object []field

type field struct {
	name  string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := marshal(f.name)
		if err != nil {
			return nil, err
		}
		value, err := marshal(f.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshal is json.Marshal without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (o *object) set(name string, value any) { *o = append(*o, field{name, value}) }

func ref(name string) object { return object{{"$ref", "#/components/schemas/" + name}} }

// schema is a type as JSON Schema 2020-12. Answers of a later release may have
// more members, so that none are forbidden.
func (t *Type) schema() object {
	if t.By != "" {
		var list []object
		mapping := object{}
		for _, v := range t.Variants {
			list = append(list, ref(v.Type))
			mapping.set(v.Value, "#/components/schemas/"+v.Type)
		}
		return object{{"description", t.Doc}, {"oneOf", list}, {"discriminator", object{{"propertyName", t.By}, {"mapping", mapping}}}}
	}
	s := object{{"type", "object"}, {"description", t.Doc}}
	var required []string
	properties := object{}
	for _, m := range t.Members {
		if m.Required {
			required = append(required, m.Name)
		}
		p := m.Value.schema()
		p.set("description", m.Doc)
		properties.set(m.Name, p)
	}
	if len(required) > 0 {
		s.set("required", required)
	}
	s.set("properties", properties)
	if t.Needs != nil {
		var sets []object
		for _, names := range t.Needs {
			sets = append(sets, needs(names))
		}
		s.set("anyOf", sets)
	}
	return s
}

// needs is the schema of an object that has these members, of which one may be a
// member's member.
func needs(names []string) object {
	var required []string
	properties := object{}
	for _, name := range names {
		name, inner, nested := strings.Cut(name, ".")
		required = append(required, name)
		if nested {
			properties.set(name, object{{"required", []string{inner}}})
		}
	}
	s := object{{"required", required}}
	if len(properties) > 0 {
		s.set("properties", properties)
	}
	return s
}

func (v Value) schema() object {
	if v.Null {
		v.Null = false
		s := v.schema()
		return object{{"anyOf", []object{s, {{"type", "null"}}}}}
	}
	switch v.Kind {
	case KindRef:
		return ref(v.Ref)
	case KindEnum:
		if len(v.Words) == 1 {
			return object{{"const", v.Words[0]}}
		}
		return object{{"type", "string"}, {"enum", v.Words}}
	case KindEmail:
		return object{{"type", "string"}, {"format", "email"}}
	case KindURL:
		return object{{"type", "string"}, {"format", "uri"}}
	case KindTime:
		return object{{"type", "string"}, {"format", "date-time"}}
	case KindDate:
		return object{{"type", "string"}, {"format", "date"}}
	case KindAmount:
		return object{{"type", "integer"}, {"format", "int64"}}
	case KindNumber:
		return object{{"type", "number"}}
	case KindFlag:
		return object{{"type", "boolean"}}
	case KindObject:
		return object{{"type", "object"}}
	case KindList:
		s := object{{"type", "array"}, {"items", v.Elem.schema()}}
		if v.Min > 0 {
			s.set("minItems", v.Min)
		}
		if v.Max > 0 {
			s.set("maxItems", v.Max)
		}
		return s
	case KindInteger:
		s := object{{"type", "integer"}}
		if v.Max > 0 {
			s.set("minimum", v.Min)
			s.set("maximum", v.Max)
		}
		return s
	case KindText:
		s := object{{"type", "string"}}
		if v.Max > 0 {
			s.set("maxLength", v.Max)
		}
		return s
	}
	return object{} // anything
}

// example makes a value of a type: its required members, and those with an
// example of their own.
func (d *Document) example(name string) any {
	t := d.Types[name]
	if t.By != "" {
		return d.example(t.Variants[0].Type)
	}
	o := object{}
	for _, m := range t.Members {
		if m.Required || m.example != nil {
			o.set(m.Name, d.memberExample(m))
		}
	}
	return o
}

func (d *Document) memberExample(m Member) any {
	// {} of a type of ours means that it is in the examples, as they go.
	if m.example != nil && (m.Value.Kind != KindRef || string(m.example) != "{}") {
		return m.example
	}
	return d.valueExample(m.Value)
}

func (d *Document) valueExample(v Value) any {
	switch v.Kind {
	case KindRef:
		return d.example(v.Ref)
	case KindEnum:
		return v.Words[0]
	case KindEmail:
		return "buyer@example.com"
	case KindURL:
		return "https://shop.example.com/"
	case KindTime:
		return "2026-04-17T09:30:00Z"
	case KindDate:
		return "2026-04-17"
	case KindAmount, KindNumber, KindInteger:
		return 1
	case KindFlag:
		return true
	case KindObject:
		return object{}
	case KindList:
		return []any{d.valueExample(*v.Elem)}
	}
	return "text"
}
