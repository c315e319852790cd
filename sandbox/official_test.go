package sandbox

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sharedDir finds the folder with the protocol's published schemas and
// examples, which are not part of this repository.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("CHECKSTAND_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	dir = filepath.Join(dir, "acp-spec")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the protocol's schemas are not here; set CHECKSTAND_SHARED to the folder that holds acp-spec")
	}
	return dir
}

// outsideTheList are codes that the published list lacks for answers that the
// published API gives nevertheless.
var outsideTheList = map[string]bool{codeUnauthorized: true, "missing_api_version": true, "unsupported_api_version": true,
	"request_too_large": true, "unsupported_media_type": true}

// Every version's published example is accepted, and every answer, good or
// bad, fits that version's published schema.
func TestAnswersFitPublishedSchemas(t *testing.T) {
	dir := sharedDir(t)
	for _, ed := range editions {
		version := string(ed.version)
		schemaFile := filepath.Join(dir, "spec", version, "json-schema", "schema.delegate_payment.json")
		if _, err := os.Stat(schemaFile); err != nil {
			continue // 2025-09-12 is a page, not a schema
		}
		t.Run(version, func(t *testing.T) {
			success, failure := compile(t, schemaFile, "DelegatePaymentResponse"), compile(t, schemaFile, "Error")
			d := openDesk(t)
			example := publishedRequest(t, filepath.Join(dir, "examples", version, "examples.delegate_payment.json"))

			good := d.delegate(version, d.freshKey(), example)
			if good.status != http.StatusCreated {
				t.Fatalf("the published example got %d %s", good.status, good.raw)
			}
			fits(t, success, good)
			for _, bad := range []result{
				d.delegate(version, d.freshKey(), "{}"),
				d.delegate(version, d.freshKey(), "not json"),
				d.delegate(version, d.freshKey(), strings.Replace(example, "4242424242424242", "4242424242424241", 1)),
				d.delegate(version, d.freshKey(), strings.Replace(example, "one_time", "twice", 1)),
			} {
				fits(t, failure, bad)
			}
			d.delegate(version, "k", example)
			fits(t, failure, d.delegate(version, "k", "{}"))
			if !ed.keyOptional && version == newest {
				fits(t, failure, d.delegate(version, "", example))
			}
			d.merchant("POST", "/v1/test/faults", `{"next": "rate_limited", "on": "delegate"}`)
			fits(t, failure, d.delegate(version, d.freshKey(), example))

			held, release := make(chan struct{}), make(chan struct{})
			d.wait = func(time.Duration) error { close(held); <-release; return nil }
			d.merchant("POST", "/v1/test/faults", `{"next": "delay_before_commit", "on": "delegate", "delay_ms": 1}`)
			done := make(chan result)
			go func() { done <- d.delegate(version, "slow", example) }()
			<-held
			fits(t, failure, d.delegate(version, "slow", example))
			close(release)
			fits(t, success, <-done)
		})
	}
}

// publishedRequest is the example request for the test's merchant and time.
func publishedRequest(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var examples map[string]map[string]any
	if err := json.Unmarshal(content, &examples); err != nil {
		t.Fatal(err)
	}
	request := examples["delegate_payment_request"]
	allowance := request["allowance"].(map[string]any)
	allowance["merchant_id"], allowance["expires_at"] = shop, "2026-05-01T13:00:00.52Z"
	body, err := encode(request)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func compile(t *testing.T, file, def string) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	delete(doc.(map[string]any), "$id") // its own address is an example, too
	const url = "https://schema.example.com/bundle.json"
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(url, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(url + "#/$defs/" + def)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fits(t *testing.T, s *jsonschema.Schema, r result) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(r.raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil && !outsideTheList[r.str("code")] {
		t.Errorf("%d %s\n%v", r.status, r.raw, err)
	}
}
