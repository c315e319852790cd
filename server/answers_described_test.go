package server_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/openapi"
)

// described holds bodies against the server's own description. Nothing may be
// in a body that the description does not have, although it forbids nothing.
var described = struct {
	sync.Mutex
	compilers map[acp.Version]*jsonschema.Compiler
}{compilers: map[acp.Version]*jsonschema.Compiler{}}

func checkDescribed(t testing.TB, v acp.Version, name string, body []byte) {
	t.Helper()
	described.Lock()
	defer described.Unlock()
	c := described.compilers[v]
	if c == nil {
		c = strictly(t, v)
		described.compilers[v] = c
	}
	schema, err := c.Compile("https://schema.invalid/doc.json#/components/schemas/" + name)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("not the %s of %s that /openapi.json describes: %v\n%s", name, v, err, body)
	}
}

// strictly is the description of a version, closed.
func strictly(t testing.TB, v acp.Version) *jsonschema.Compiler {
	t.Helper()
	d, ok := openapi.New(openapi.Options{Unreleased: true}, v)
	if !ok {
		t.Fatalf("%s is not described", v)
	}
	text, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, schema := range doc.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any) {
		if s := schema.(map[string]any); s["properties"] != nil {
			s["additionalProperties"] = false
		}
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("https://schema.invalid/doc.json", doc); err != nil {
		t.Fatal(err)
	}
	return c
}
