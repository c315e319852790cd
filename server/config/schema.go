package config

import (
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/checkstand/checkstand/secret"
)

// field is one key of a struct, as its tags describe it.
type field struct {
	index      int
	key        string
	fallback   string // the default tag
	hasDefault bool
	doc        string
	typ        reflect.Type
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	secretType   = reflect.TypeFor[secret.String]()

	schemas sync.Map // of reflect.Type to []field
)

// fieldsOf lists the keys of a struct type, in order.
func fieldsOf(t reflect.Type) []field {
	if known, ok := schemas.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "" {
			continue
		}
		fallback, has := f.Tag.Lookup("default")
		fields = append(fields, field{index: i, key: key, fallback: fallback, hasDefault: has, doc: f.Tag.Get("doc"), typ: f.Type})
	}
	schemas.Store(t, fields)
	return fields
}

// isGroup reports whether t is a struct with keys, rather than one value.
func isGroup(t reflect.Type) bool { return t.Kind() == reflect.Struct && t != secretType }

// setDefaults fills in a struct from its default tags. It is only given types
// of this package, so that a tag that does not fit is a mistake in the source.
func setDefaults(target any) { fillDefaults(reflect.ValueOf(target).Elem()) }

func fillDefaults(v reflect.Value) {
	for _, f := range fieldsOf(v.Type()) {
		fv := v.Field(f.index)
		switch {
		case isGroup(f.typ):
			fillDefaults(fv)
		case !f.hasDefault:
		case f.typ.Kind() == reflect.Slice:
			fv.Set(reflect.ValueOf(strings.Split(f.fallback, ",")))
		default:
			if complaint := setScalar(fv, f.fallback); complaint != "" {
				panic("config: default of " + f.key + " " + complaint)
			}
		}
	}
}

// setScalar reads text as a value of v's type. The complaint is "" or what is
// wrong, without the text, which may be a secret.
func setScalar(v reflect.Value, text string) (complaint string) {
	switch t := v.Type(); {
	case t == secretType:
		v.Set(reflect.ValueOf(secret.New(text)))
	case t == durationType:
		d, err := time.ParseDuration(text)
		if err != nil {
			return `is not a duration; write a number with its unit, such as "30s", "5m" or, for a day, "24h"`
		}
		v.SetInt(int64(d))
	case t.Kind() == reflect.String:
		v.SetString(text)
	case t.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return "is neither true nor false; write one of them"
		}
		v.SetBool(text == "true")
	default: // the integers
		n, err := strconv.ParseInt(text, 10, t.Bits())
		if err != nil {
			return "is not a whole number; write digits only, such as 20"
		}
		v.SetInt(n)
	}
	return ""
}
