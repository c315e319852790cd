package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// anyIndex stands for the index of a list's element in a variable's name.
const anyIndex = "<N>"

// Key is one key of the configuration, for documentation.
type Key struct {
	Path    string // "merchants[].tax.rates[].percent"
	Type    string // "text", "secret", "number", "duration", "true or false", "list of …"
	Default string // "" when there is none
	Env     string // "CHECKSTAND_MERCHANTS_<N>_TAX_RATES_<N>_PERCENT"
	Doc     string
}

// Keys lists every key that holds a value, in the order of the structs.
func Keys() []Key { return slices.Clone(allKeys()) }

var allKeys = sync.OnceValue(func() []Key {
	var keys []Key
	walkKeys(reflect.TypeFor[Config](), "", &keys)
	return keys
})

func walkKeys(t reflect.Type, path string, keys *[]Key) {
	for _, f := range fieldsOf(t) {
		at := join(path, f.key)
		switch {
		case isGroup(f.typ):
			walkKeys(f.typ, at, keys)
		case f.typ.Kind() == reflect.Slice && isGroup(f.typ.Elem()):
			walkKeys(f.typ.Elem(), at+"[]", keys)
		default:
			*keys = append(*keys, Key{Path: at, Type: typeName(f.typ), Default: f.fallback,
				Env: EnvName(strings.ReplaceAll(at, "[]", "["+anyIndex+"]")), Doc: f.doc})
		}
	}
}

func typeName(t reflect.Type) string {
	switch {
	case t == secretType:
		return "secret"
	case t == durationType:
		return "duration"
	case t.Kind() == reflect.Slice:
		return "list of " + typeName(t.Elem())
	case t.Kind() == reflect.String:
		return "text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	}
	return "number"
}

// Reference is the table of every key for docs/configuration.md, in Markdown,
// one table a group.
func Reference() string {
	var groups []string
	rows := make(map[string][]Key)
	for _, k := range Keys() {
		group := ""
		if i := strings.LastIndexByte(k.Path, '.'); i >= 0 {
			group = k.Path[:i]
		}
		if rows[group] == nil {
			groups = append(groups, group)
		}
		rows[group] = append(rows[group], k)
	}
	var b strings.Builder
	for _, group := range groups {
		title := "The server"
		if group != "" {
			title = "`" + group + "`"
		}
		fmt.Fprintf(&b, "### %s\n\n| key | is a | default | meaning | environment variable |\n|---|---|---|---|---|\n", title)
		for _, k := range rows[group] {
			key := strings.TrimPrefix(strings.TrimPrefix(k.Path, group), ".")
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | `%s` |\n", key, k.Type, code(k.Default), cell.Replace(k.Doc), k.Env)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// cell keeps a sentence from ending its table cell.
var cell = strings.NewReplacer("|", `\|`, "\n", " ")

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
