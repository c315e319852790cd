// Package acptest validates what Checkstand sends against the official schemas
// of the protocol, and hands out the official examples. It reads both from a
// copy of the specification that lies beside the repository; tests are
// skipped where there is none.
package acptest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/checkstand/checkstand/acp"
)

// SharedEnv names the directory that has acp-spec; without it that is
// ../shared beside the repository.
const SharedEnv = "CHECKSTAND_SHARED"

// Shared is the path of a file of the specification, such as
// "examples/2026-04-17/examples.agentic_checkout.json". It skips the test when
// there is no copy of the specification.
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	dir := os.Getenv(SharedEnv)
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			if parent := filepath.Dir(root); parent != root {
				root = parent
				continue
			}
			t.Skip("no go.mod above the test: cannot find the specification; set " + SharedEnv)
		}
		dir = filepath.Join(root, "..", "shared")
	}
	spec := filepath.Join(dir, "acp-spec")
	if _, err := os.Stat(spec); err != nil {
		t.Skip("no copy of the ACP specification (acp-spec) in " + SharedEnv + " or ../shared")
	}
	return filepath.Join(append([]string{spec}, elem...)...)
}

// Examples reads a file of official examples: its members by name, in the
// bytes of the file.
func Examples(t testing.TB, elem ...string) map[string]json.RawMessage {
	t.Helper()
	b, err := os.ReadFile(Shared(t, append([]string{"examples"}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	var examples map[string]json.RawMessage
	if err := json.Unmarshal(b, &examples); err != nil {
		t.Fatal(err)
	}
	return examples
}

// Validator is one definition of one version's schema.
type Validator struct {
	name   string
	schema *jsonschema.Schema
}

// Schema is the definition def ("CheckoutSession", "Error", "WebhookEvent") of
// a version's official schema, after the repairs listed in repairs.go. Formats
// (date-time, uri, email) are asserted.
func Schema(t testing.TB, v acp.Version, def string) *Validator {
	t.Helper()
	b := loadBundle(t, v)
	b.mu.Lock()
	defer b.mu.Unlock()
	schema, err := b.compiler.Compile(bundleURL + "#/$defs/" + def)
	if err != nil {
		t.Fatalf("schema %s of %s: %v", def, v, err)
	}
	return &Validator{name: string(v) + " " + def, schema: schema}
}

// Check fails the test when body is not valid.
func (v *Validator) Check(t testing.TB, body []byte) {
	t.Helper()
	if err := v.Validate(body); err != nil {
		t.Errorf("not a valid %s: %v\n%s", v.name, err, body)
	}
}

// Validate says why body is not valid, or nil.
func (v *Validator) Validate(body []byte) error {
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return v.schema.Validate(instance)
}

const bundleURL = "https://schema.invalid/bundle.json"

// bundle is a version's schema, ready to compile definitions of.
type bundle struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

var bundles struct {
	sync.Mutex
	byVersion map[acp.Version]*bundle
}

func loadBundle(t testing.TB, v acp.Version) *bundle {
	t.Helper()
	bundles.Lock()
	defer bundles.Unlock()
	if b, ok := bundles.byVersion[v]; ok {
		return b
	}
	doc, defs := readSchema(t, v)
	for _, r := range repairs {
		if !r.applies(v) {
			continue
		}
		if err := r.apply(doc, defs); err != nil {
			t.Fatalf("repair %q of %s: %v", r.why, v, err)
		}
	}
	// Numbers must be those of the schema package, so the document goes
	// through its own decoder.
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(textOf(t, doc)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(bundleURL, parsed); err != nil {
		t.Fatal(err)
	}
	b := &bundle{compiler: c}
	if bundles.byVersion == nil {
		bundles.byVersion = make(map[acp.Version]*bundle)
	}
	bundles.byVersion[v] = b
	return b
}

// readSchema reads a version's schema as it was published, with the
// definitions of its webhook added.
func readSchema(t testing.TB, v acp.Version) (doc, defs map[string]any) {
	t.Helper()
	source := string(v)
	if v == acp.V20250912 {
		source = string(acp.V20250929) // repaired into the page's shape
	}
	raw, err := os.ReadFile(Shared(t, "spec", source, "json-schema", "schema.agentic_checkout.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	defs = doc["$defs"].(map[string]any)
	addWebhook(t, defs, source)
	addCart(t, defs, source)
	return doc, defs
}

// addCart takes the definitions of carts from a version's schema of them, if it
// has one, and makes their references local.
func addCart(t testing.TB, defs map[string]any, source string) {
	t.Helper()
	raw, err := os.ReadFile(Shared(t, "spec", source, "json-schema", "schema.cart.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Defs map[string]any `json:"$defs"`
	}
	if err := json.Unmarshal(bytes.ReplaceAll(raw, []byte(`"schema.agentic_checkout.json#`), []byte(`"#`)), &doc); err != nil {
		t.Fatal(err)
	}
	for name, def := range doc.Defs {
		defs[name] = def
	}
}

func textOf(t testing.TB, doc map[string]any) string {
	t.Helper()
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// addWebhook takes the definitions of the webhook from its OpenAPI document,
// the only place that has them, and makes their references local.
func addWebhook(t testing.TB, defs map[string]any, source string) {
	t.Helper()
	raw, err := os.ReadFile(Shared(t, "spec", source, "openapi", "openapi.agentic_checkout_webhook.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]any `yaml:"schemas"`
		} `yaml:"components"`
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"WebhookEvent", "EventDataOrder", "Refund"} {
		if s, ok := doc.Components.Schemas[name]; ok {
			defs[name] = localRefs(s)
		}
	}
}
