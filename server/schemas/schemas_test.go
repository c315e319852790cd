package schemas_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server/schemas"
)

// loader gets schemas over HTTP, as an agent's validator does.
type loader struct{ client *http.Client }

func (l loader) Load(url string) (any, error) {
	resp, err := l.client.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/schema+json" {
		return nil, fmt.Errorf("%s: %d %s", url, resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	return jsonschema.UnmarshalJSON(resp.Body)
}

func compile(t *testing.T, srv *httptest.Server, path string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(jsonschema.SchemeURLLoader{"http": loader{srv.Client()}, "https": loader{srv.Client()}})
	s, err := c.Compile(srv.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func document(t *testing.T, text string) any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// The schemas resolve, each with what it refers to, and say what the shop does.
func TestSchemasResolve(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET "+schemas.Root, schemas.Handler())
	srv := httptest.NewServer(mux)
	defer srv.Close()

	config := compile(t, srv, checkout.CardConfigSchema)
	whole, err := json.Marshal(acp.HandlerConfig{MerchantID: "acct_1", PSP: "stripe", AcceptedBrands: []string{"visa"}, AcceptedFundingTypes: []string{"credit"},
		Supports3DS: true, ThreeDSVersions: []string{"2.1", "2.2", "2.3"}, Environment: "production", PublicKey: "pk_live_1"})
	if err != nil {
		t.Fatal(err)
	}
	for text, valid := range map[string]bool{
		string(whole): true,
		`{"merchant_id": "a", "psp": "p", "accepted_brands": ["visa"]}`:                               true,
		`{"merchant_id": "a", "psp": "p"}`:                                                            false,
		`{"merchant_id": "a", "psp": "p", "accepted_brands": []}`:                                     false,
		`{"merchant_id": "a", "psp": "p", "accepted_brands": ["visa"], "public_key": "sk_live_1"}`:    false,
		`{"merchant_id": "a", "psp": "p", "accepted_brands": ["visa"], "key": "x"}`:                   false,
		`{"merchant_id": "` + strings.Repeat("a", 257) + `", "psp": "p", "accepted_brands": ["jcb"]}`: false,
	} {
		if err := config.Validate(document(t, text)); (err == nil) != valid {
			t.Errorf("%s: %v", text, err)
		}
	}
	instrument := compile(t, srv, checkout.CardInstrumentSchema)
	for text, valid := range map[string]bool{
		`{"type": "card", "credential": {"type": "spt", "token": "vt_1"}}`:                          true,
		`{"id": "i", "handler_id": "h", "type": "card", "credential": {"type": "x", "token": "t"}}`: true,
		`{"type": "wallet", "credential": {"type": "spt", "token": "vt_1"}}`:                        false,
		`{"type": "card", "credential": {"type": "spt"}}`:                                           false,
		`{"type": "card", "credential": {"type": "spt", "token": "a b"}}`:                           false,
	} {
		if err := instrument.Validate(document(t, text)); (err == nil) != valid {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, path := range []string{schemas.Root, schemas.Root + "schemas.go", schemas.Root + "nothing.json"} {
		resp, err := srv.Client().Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}
