package openapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/server/openapi"
)

var options = openapi.Options{BaseURL: "https://shop.example.com", Name: "Example Shop", Unreleased: true, BodyBytes: 262_144, KeyPerSecond: 2000, AddressPerSec: 2000}

// eachDocument runs a test on the document of each version.
func eachDocument(t *testing.T, test func(t *testing.T, d *openapi.Document, doc map[string]any)) {
	for _, v := range openapi.Versions() {
		t.Run(string(v), func(t *testing.T) {
			d, ok := openapi.New(options, v)
			if !ok {
				t.Fatal("there is no document")
			}
			text, err := d.JSON()
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			test(t, d, parsed.(map[string]any))
		})
	}
}

// walk calls f with every object of a document and the path to it.
func walk(at string, v any, f func(at string, o map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(at, v)
		for name, member := range v {
			walk(at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name), member, f)
		}
	case []any:
		for i, elem := range v {
			walk(fmt.Sprint(at, "/", i), elem, f)
		}
	}
}

func resolve(doc any, pointer string) any {
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "#/"), "/") {
		o, ok := doc.(map[string]any)
		if !ok {
			return nil
		}
		doc = o[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	}
	return doc
}

func TestReferencesResolve(t *testing.T) {
	eachDocument(t, func(t *testing.T, d *openapi.Document, doc map[string]any) {
		used := map[string]bool{}
		walk("#", doc, func(at string, o map[string]any) {
			to, ok := o["$ref"].(string)
			if !ok {
				return
			}
			used[to] = true
			if resolve(doc, to) == nil {
				t.Errorf("%s: %s is nowhere", at, to)
			}
			if m, ok := o["discriminator"].(map[string]any); ok {
				for _, to := range m["mapping"].(map[string]any) {
					if resolve(doc, to.(string)) == nil {
						t.Errorf("%s: %s is nowhere", at, to)
					}
				}
			}
		})
		for _, name := range d.Names() {
			if !used["#/components/schemas/"+name] {
				t.Errorf("nothing is a %s", name)
			}
		}
	})
}

// What the specification of OpenAPI 3.1 demands of an operation.
func TestOperationsAreWhole(t *testing.T) {
	eachDocument(t, func(t *testing.T, d *openapi.Document, doc map[string]any) {
		if doc["openapi"] != "3.1.0" {
			t.Errorf("openapi is %v", doc["openapi"])
		}
		info := doc["info"].(map[string]any)
		if info["title"] == "" || info["version"] != string(d.Version) {
			t.Errorf("info is %v", info)
		}
		ids, tags := map[string]bool{}, map[string]bool{}
		for _, tag := range doc["tags"].([]any) {
			tags[tag.(map[string]any)["name"].(string)] = true
		}
		schemes := resolve(doc, "#/components/securitySchemes").(map[string]any)
		operation := func(path string, op map[string]any) {
			id := op["operationId"].(string)
			if ids[id] {
				t.Errorf("operationId %s is there twice", id)
			}
			ids[id] = true
			for _, tag := range op["tags"].([]any) {
				if !tags[tag.(string)] {
					t.Errorf("%s: tag %v is not declared", id, tag)
				}
			}
			declared := map[string]int{}
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				p := p.(map[string]any)
				key := fmt.Sprint(p["in"], " ", p["name"])
				declared[key]++
				if declared[key] > 1 || p["description"] == "" || p["schema"] == nil || p["in"] == "path" && p["required"] != true {
					t.Errorf("%s: parameter %v", id, p)
				}
				if p["in"] == "path" && !strings.Contains(path, "{"+p["name"].(string)+"}") {
					t.Errorf("%s: %v is not in %s", id, p["name"], path)
				}
			}
			if strings.Count(path, "{") != strings.Count(fmt.Sprint(keys(declared)), "path ") {
				t.Errorf("%s: parameters of %s are %v", id, path, declared)
			}
			responses := op["responses"].(map[string]any)
			if len(responses) == 0 {
				t.Errorf("%s has no answer", id)
			}
			for status, r := range responses {
				if to, ok := r.(map[string]any)["$ref"].(string); ok {
					r = resolve(doc, to)
				}
				if r.(map[string]any)["description"] == "" {
					t.Errorf("%s: %s says nothing", id, status)
				}
			}
			security, _ := op["security"].([]any)
			for _, s := range security {
				for name := range s.(map[string]any) {
					if schemes[name] == nil {
						t.Errorf("%s: no scheme %s", id, name)
					}
				}
			}
		}
		for path, item := range doc["paths"].(map[string]any) {
			for _, op := range item.(map[string]any) {
				operation(path, op.(map[string]any))
			}
		}
		for _, item := range doc["webhooks"].(map[string]any) {
			operation("", item.(map[string]any)["post"].(map[string]any))
		}
	})
}

func keys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

// Every schema is JSON Schema 2020-12, and every example is valid by its own.
func TestExamplesAreValid(t *testing.T) {
	eachDocument(t, func(t *testing.T, d *openapi.Document, doc map[string]any) {
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		c.DefaultDraft(jsonschema.Draft2020)
		if err := c.AddResource("https://schema.invalid/doc.json", doc); err != nil {
			t.Fatal(err)
		}
		for _, name := range d.Names() {
			schema, err := c.Compile("https://schema.invalid/doc.json#/components/schemas/" + name)
			if err != nil {
				t.Fatal(err)
			}
			example, err := jsonschema.UnmarshalJSON(strings.NewReader(d.Example(name)))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(example); err != nil {
				t.Errorf("%s: %v\n%s", name, err, d.Example(name))
			}
		}
		examples := 0
		walk("#", doc["paths"], func(at string, o map[string]any) {
			example, ok := o["example"]
			if !ok || strings.Contains(at, "/properties/") {
				return
			}
			examples++
			to := o["schema"].(map[string]any)["$ref"].(string)
			schema, err := c.Compile("https://schema.invalid/doc.json" + to)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(example); err != nil {
				t.Errorf("%s: %v", at, err)
			}
		})
		if examples < 9 {
			t.Errorf("%d examples", examples)
		}
	})
}

// The examples of requests are requests: the server understands them.
func TestExamplesOfRequestsAreUnderstood(t *testing.T) {
	eachDocument(t, func(t *testing.T, d *openapi.Document, _ map[string]any) {
		codec, _ := wire.Find(d.Version, true)
		for name, decode := range map[string]func(*wire.Document) error{
			"CreateRequest":   func(doc *wire.Document) error { _, err := codec.DecodeCreate(doc); return err },
			"UpdateRequest":   func(doc *wire.Document) error { _, err := codec.DecodeUpdate(doc); return err },
			"CompleteRequest": func(doc *wire.Document) error { _, err := codec.DecodeComplete(doc); return err },
			"CancelRequest":   func(doc *wire.Document) error { _, err := codec.DecodeCancel(doc); return err },
		} {
			if d.Types[name] == nil {
				continue
			}
			doc, err := wire.Parse([]byte(d.Example(name)), acp.DefaultLimits())
			if err == nil {
				err = decode(doc)
			}
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, d.Example(name))
			}
			if doc != nil && len(doc.Unknown()) > 0 {
				t.Errorf("%s: nobody reads %v", name, doc.Unknown())
			}
		}
	})
}

func TestFiles(t *testing.T) {
	mux := http.NewServeMux()
	library := openapi.NewLibrary(openapi.Options{BaseURL: "https://shop.example.com", Name: "Example Shop"})
	for _, pattern := range []string{"GET /openapi.json", "GET /openapi.yaml", "GET /openapi/{file}"} {
		mux.Handle(pattern, library)
	}
	newest := string(wire.Newest().Version())
	for _, tt := range []struct {
		path    string
		status  int
		version string
	}{
		{"/openapi.json", 200, newest},
		{"/openapi.yaml", 200, newest},
		{"/openapi.json?version=2025-09-12", 200, "2025-09-12"},
		{"/openapi/2026-01-30.json", 200, "2026-01-30"},
		{"/openapi/2026-01-30.yaml", 200, "2026-01-30"},
		{"/openapi.json?version=2024-01-01", 404, ""},
		{"/openapi/unreleased.json", 404, ""}, // it is switched off
		{"/openapi/2026-01-30.txt", 404, ""},
		{"/openapi/2026-01-30", 404, ""},
		{"/openapi/.json", 404, ""},
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", tt.path, nil))
		if w.Code != tt.status {
			t.Errorf("%s: %d", tt.path, w.Code)
			continue
		}
		if tt.status != 200 {
			continue
		}
		var doc struct {
			Info struct{ Version string }
		}
		read := json.Unmarshal
		if strings.Contains(tt.path, "yaml") {
			read = func(b []byte, v any) error { return yaml.Unmarshal(b, v) }
		}
		if err := read(w.Body.Bytes(), &doc); err != nil || doc.Info.Version != tt.version {
			t.Errorf("%s: version %q, %v", tt.path, doc.Info.Version, err)
		}
	}
}

// JSON and YAML say the same.
func TestYAML(t *testing.T) {
	eachDocument(t, func(t *testing.T, d *openapi.Document, _ map[string]any) {
		y, err := d.YAML()
		if err != nil {
			t.Fatal(err)
		}
		j, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var one, two any
		if err := yaml.Unmarshal(y, &one); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(j, &two); err != nil {
			t.Fatal(err)
		}
		a, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(two)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("the texts differ")
		}
	})
}

func TestVersionsAreDescribed(t *testing.T) {
	for _, v := range wire.Supported() {
		if !slices.Contains(openapi.Versions(), v) {
			t.Errorf("%s is not", v)
		}
	}
	if _, ok := openapi.New(openapi.Options{}, acp.Unreleased); ok {
		t.Error("the draft is described while it is off")
	}
}
