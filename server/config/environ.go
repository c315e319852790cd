package config

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// EnvPrefix begins the names of the variables that override keys.
const EnvPrefix = "CHECKSTAND_"

// EnvName is the environment variable that overrides a key:
// "merchants[0].payment.test.key" is CHECKSTAND_MERCHANTS_0_PAYMENT_TEST_KEY.
func EnvName(path string) string {
	return EnvPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "[", "_", "]", "").Replace(path))
}

// Variables that begin with EnvPrefix and are no keys: those of the command
// line and of tests, and those that Kubernetes sets for a Service that is
// called "checkstand".
var (
	otherVariables = []string{"CHECKSTAND_API_KEY", "CHECKSTAND_PSP_KEY", "CHECKSTAND_LEDGER_KEY",
		"CHECKSTAND_CONFIG", "CHECKSTAND_SHARED", "CHECKSTAND_PORT"}
	otherPrefixes = []string{"CHECKSTAND_TEST_", "CHECKSTAND_SERVICE_", "CHECKSTAND_PORT_"}
)

// overrides applies the variables of environ. An empty one counts as not set.
func (d *decoder) overrides(c *Config) {
	var names []string
	for name, value := range d.expander.environ {
		if strings.HasPrefix(name, EnvPrefix) && value != "" && !isOtherVariable(name) {
			names = append(names, name)
		}
	}
	// By index, so that CHECKSTAND_MERCHANTS_10_ID comes after _9_.
	slices.SortFunc(names, byParts)
	for _, name := range names {
		o := override{decoder: d, env: name, value: d.expander.environ[name]}
		applied := o.apply(strings.TrimPrefix(name, EnvPrefix), "", reflect.ValueOf(c).Elem())
		if !applied && !o.refused && !d.expander.referred[name] {
			d.report.problems = append(d.report.problems, Problem{Env: name,
				Message: "is no key of the configuration; " + hintVariable(name)})
		}
	}
}

func isOtherVariable(name string) bool {
	return slices.Contains(otherVariables, name) ||
		slices.ContainsFunc(otherPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

func byParts(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "_"), strings.Split(b, "_"), func(x, y string) int {
		m, errX := strconv.Atoi(x)
		n, errY := strconv.Atoi(y)
		if errX == nil && errY == nil {
			return cmp.Compare(m, n)
		}
		return cmp.Compare(x, y)
	})
}

// override is one variable on its way to its key.
type override struct {
	*decoder
	env, value string
	refused    bool // its key was found, but cannot be set
}

// apply finds the key that the rest of the name stands for and sets it. Keys
// have underscores of their own, so every key that begins the rest is tried.
func (o *override) apply(rest, path string, v reflect.Value) bool {
	switch {
	case isGroup(v.Type()):
		for _, f := range fieldsOf(v.Type()) {
			after, ok := strings.CutPrefix(rest, strings.ToUpper(f.key))
			if !ok || after != "" && after[0] != '_' {
				continue
			}
			if o.apply(strings.TrimPrefix(after, "_"), join(path, f.key), v.Field(f.index)) {
				return true
			}
		}
		return false
	case v.Kind() == reflect.Slice && rest != "":
		return o.element(rest, path, v)
	case rest != "":
		return false
	}
	o.report.source.origins[path] = origin{env: o.env}
	if v.Kind() != reflect.Slice {
		o.text(o.value, path, v)
		return true
	}
	if isGroup(v.Type().Elem()) {
		return false
	}
	// A list of plain values can be given whole, with commas.
	v.SetZero()
	for i, item := range strings.Split(o.value, ",") {
		at := path + "[" + strconv.Itoa(i) + "]"
		o.report.source.origins[at] = origin{env: o.env}
		o.text(strings.TrimSpace(item), at, extend(v))
	}
	return true
}

// element goes on into an element of a list, which may be a new one at its
// end.
func (o *override) element(rest, path string, v reflect.Value) bool {
	digits, rest, _ := strings.Cut(rest, "_")
	i, err := strconv.Atoi(digits)
	if err != nil || i < 0 || strconv.Itoa(i) != digits {
		return false
	}
	at := path + "[" + digits + "]"
	if i > v.Len() {
		o.refused = true
		o.report.problems = append(o.report.problems, Problem{Env: o.env, Path: at,
			Message: "would leave a gap, as the list has " + strconv.Itoa(v.Len()) + " entries; count from 0 without leaving one out"})
		return false
	}
	if i < v.Len() {
		return o.apply(rest, at, v.Index(i))
	}
	// Try on a copy: a name that fits no key must not add an element.
	grown := reflect.New(v.Type()).Elem()
	grown.Set(v.Slice3(0, v.Len(), v.Len()))
	if !o.apply(rest, at, extend(grown)) {
		return false
	}
	v.Set(grown)
	if _, known := o.report.source.origins[at]; !known {
		o.report.source.origins[at] = origin{env: o.env}
	}
	return true
}
