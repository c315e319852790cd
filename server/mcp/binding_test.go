package mcp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

// meta is what the headers of the protocol are over HTTP.
func meta(key string) object {
	m := object{"api_version": "2026-04-17", "user_agent": "AgentShop/1.0", "x_unknown": true}
	if key != "" {
		m["idempotency_key"] = key
	}
	return m
}

const newSession = `{"currency":"usd","capabilities":{},"line_items":[{"id":"mug"}],"buyer":{"email":"test.buyer@example.com"},
"fulfillment_details":{"name":"Test Buyer","address":{"name":"Test Buyer","line_one":"1 Example Street","city":"San Francisco","state":"CA","country":"US","postal_code":"94105"}}}`

func bearer(s *servertest.Server) http.Header {
	return http.Header{"Authorization": {"Bearer " + s.APIKey.Reveal()}}
}

// The five operations as tools: open, read, change, pay, and what a canceled
// one answers.
func TestBinding(t *testing.T) {
	s := servertest.Start(t, servertest.Options{})
	cs := connect(t, s.BaseURL+mcp.BindingPath, bearer(s))
	opened := call(t, cs, "create_checkout_session", object{"meta": meta("open-1"), "payload": json.RawMessage(newSession)})
	session := opened.sheet(t)
	if session.Status != string(acp.ReadyForPayment) || opened.IsError {
		t.Fatalf("%s", opened.Raw)
	}
	if err := acptest.Schema(t, acp.V20260417, "CheckoutSession").Validate(opened.Raw); err != nil {
		t.Error(err)
	}
	var inText any
	if err := json.Unmarshal([]byte(opened.text()), &inText); err != nil {
		t.Errorf("the text is not the session: %v", err)
	}
	read := call(t, cs, "get_checkout_session", object{"meta": meta(""), "id": session.ID}).sheet(t)
	changed := call(t, cs, "update_checkout_session", object{"meta": meta("change-1"), "id": session.ID, "payload": object{"line_items": []object{{"id": "mug", "quantity": 2}}}}).sheet(t)
	if read.ID != session.ID || changed.total() <= read.total() {
		t.Errorf("read %+v, changed %+v", read, changed)
	}
	token, err := s.PSP.Mint(t.Context(), &client.Session{ID: session.ID, Currency: "usd", Total: changed.total(),
		Handlers: []client.Handler{{ID: "card_tokenized", PSP: "sandbox", MerchantID: "acct_test"}}}, servertest.CardApproved)
	if err != nil {
		t.Fatal(err)
	}
	pay := object{"meta": meta("pay-1"), "id": session.ID, "payload": object{"payment_data": object{"handler_id": "card_tokenized",
		"instrument": object{"type": "card", "credential": object{"type": "spt", "token": token}}}}}
	paid := call(t, cs, "complete_checkout_session", pay)
	if paid.sheet(t).Order == nil {
		t.Fatalf("%s", paid.Raw)
	}
	if again := call(t, cs, "complete_checkout_session", pay); !bytes.Equal(again.Raw, paid.Raw) {
		t.Errorf("the same again: %s", again.Raw)
	}
	other := call(t, cs, "create_checkout_session", object{"meta": meta(""), "payload": json.RawMessage(newSession)}).sheet(t)
	for _, args := range []object{{"meta": meta(""), "id": other.ID}, {"meta": meta(""), "id": other.ID, "payload": nil}} {
		r := call(t, cs, "cancel_checkout_session", args)
		if got := r.sheet(t); !r.IsError && got.Status != "canceled" {
			t.Errorf("%s", r.Raw)
		}
	}
}

// A request repeated over the other surface gets the stored answer; the same
// key with another body is a conflict on both.
func TestBindingSharesKeysWithHTTP(t *testing.T) {
	s := servertest.Start(t, servertest.Options{})
	cs := connect(t, s.BaseURL+mcp.BindingPath, bearer(s))
	headers := bearer(s)
	headers.Set("Api-Version", "2026-04-17")
	headers.Set("Idempotency-Key", "both-1")
	_, overHTTP := post(t, s.BaseURL+"/checkout_sessions", headers, newSession)
	overMCP := call(t, cs, "create_checkout_session", object{"meta": meta("both-1"), "payload": json.RawMessage(newSession)})
	if overMCP.text() != string(overHTTP) {
		t.Errorf("over HTTP %s\nover MCP %s", overHTTP, overMCP.text())
	}
	r := call(t, cs, "create_checkout_session", object{"meta": meta("both-1"), "payload": json.RawMessage(`{"currency":"usd","capabilities":{},"line_items":[{"id":"lamp"}]}`)})
	if !r.IsError || !strings.Contains(r.text(), "idempotency_conflict") {
		t.Errorf("another body: %s", r.text())
	}
}

// What is refused over HTTP is refused here, with the same words.
func TestBindingRefusals(t *testing.T) {
	s := servertest.Start(t, servertest.Options{})
	signed := http.Header{"Authorization": {"Bearer " + s.SignedAPIKey.Reveal()}}
	for name, tt := range map[string]struct {
		headers http.Header
		tool    string
		args    any
		code    string
	}{
		"no key":               {nil, "get_checkout_session", object{"meta": meta(""), "id": "cs_1"}, "unauthorized"},
		"no version":           {bearer(s), "get_checkout_session", object{"id": "cs_1"}, "missing_api_version"},
		"a version to come":    {bearer(s), "get_checkout_session", object{"meta": object{"api_version": "2099-01-01"}, "id": "cs_1"}, "unsupported_api_version"},
		"no id":                {bearer(s), "get_checkout_session", object{"meta": meta("")}, "missing"},
		"no such session":      {bearer(s), "get_checkout_session", object{"meta": meta(""), "id": "cs_none"}, "not_found"},
		"an id of other paths": {bearer(s), "get_checkout_session", object{"meta": meta(""), "id": "../healthz"}, "not_found"},
		"no payload":           {bearer(s), "create_checkout_session", object{"meta": meta("k")}, "invalid"},
		"an item that is none": {bearer(s), "create_checkout_session", object{"meta": meta("k"), "payload": object{"currency": "usd", "capabilities": object{}, "line_items": []object{{"id": "unicorn"}}}}, "invalid"},
		"a number for an id":   {bearer(s), "get_checkout_session", object{"meta": meta(""), "id": 7}, "invalid"},
		"no signature":         {signed, "create_checkout_session", object{"meta": meta("k"), "payload": json.RawMessage(newSession)}, "signature_required"},
	} {
		t.Run(name, func(t *testing.T) {
			r := call(t, connect(t, s.BaseURL+mcp.BindingPath, tt.headers), tt.tool, tt.args)
			var e acp.Error
			if err := json.Unmarshal([]byte(r.text()), &e); err != nil || !r.IsError || e.Code != tt.code || e.Message == "" {
				t.Errorf("%v: %s", err, r.text())
			}
			raw, err := json.Marshal(tt.args)
			if err != nil {
				t.Fatal(err)
			}
			_, body := post(t, s.BaseURL+mcp.RawBindingPath, tt.headers, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, tt.tool, raw))
			var answer struct {
				Error *struct {
					Code    int
					Message string
					Data    acp.Error
				}
			}
			if err := json.Unmarshal(body, &answer); err != nil || answer.Error == nil || answer.Error.Code != -32000 || answer.Error.Data.Code != tt.code || answer.Error.Message != e.Message {
				t.Errorf("raw: %v: %s", err, body)
			}
		})
	}
}

// As the binding's document has it, the result is the session itself, whether
// the operation is called as a tool or by its name.
func TestRawBinding(t *testing.T) {
	s := servertest.Start(t, servertest.Options{})
	args := `{"meta":{"api_version":"2026-04-17","idempotency_key":"raw-1"},"payload":` + newSession + `}`
	schema := acptest.Schema(t, acp.V20260417, "CheckoutSession")
	var first json.RawMessage
	for _, body := range []string{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_checkout_session","arguments":` + args + `}}`,
		`{"jsonrpc":"2.0","id":1,"method":"create_checkout_session","params":` + args + `}`} {
		_, raw := post(t, s.BaseURL+mcp.RawBindingPath, bearer(s), body)
		var answer struct{ Result json.RawMessage }
		if err := json.Unmarshal(raw, &answer); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(answer.Result); err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
		if first == nil {
			first = answer.Result
		} else if !bytes.Equal(first, answer.Result) {
			t.Errorf("called by its name, under the same key: %s", answer.Result)
		}
	}
	if cs := connect(t, s.BaseURL+mcp.RawBindingPath, bearer(s)); cs != nil {
		listed, err := cs.ListTools(t.Context(), nil)
		if err != nil || len(listed.Tools) != 5 {
			t.Errorf("%d tools: %v", len(listed.Tools), err)
		}
	}
}

// The official examples of the binding, with ids, items and a token of this
// shop, get results that the official schemas allow.
func TestOfficialBindingExamples(t *testing.T) {
	examples := acptest.Examples(t, "2026-04-17", "examples.mcp.agentic_checkout.json")
	s := servertest.Start(t, servertest.Options{})
	schema := acptest.Schema(t, acp.V20260417, "CheckoutSession")
	var session sheet
	open := func(t *testing.T) {
		t.Helper()
		session = exampleCall(t, s, schema, examples["create_checkout_session_request"], nil)
	}
	open(t)
	for _, name := range []string{"get", "update", "complete", "cancel"} {
		t.Run(name, func(t *testing.T) {
			token := ""
			switch name {
			case "complete":
				minted, err := s.PSP.Mint(t.Context(), &client.Session{ID: session.ID, Currency: "usd", Total: session.total(),
					Handlers: []client.Handler{{ID: "card_tokenized", PSP: "sandbox", MerchantID: "acct_test"}}}, servertest.CardApproved)
				if err != nil {
					t.Fatal(err)
				}
				token = minted
			case "cancel":
				open(t)
			}
			of := schema
			if name == "complete" {
				of = acptest.Schema(t, acp.V20260417, "CheckoutSessionWithOrder")
			}
			session = exampleCall(t, s, of, examples[name+"_checkout_session_request"], func(args object) {
				args["id"] = session.ID
				if payload, ok := args["payload"].(object); ok {
					if selected, ok := payload["selected_fulfillment_options"].([]any); ok {
						of := selected[0].(object)["shipping"].(object)
						of["option_id"], of["item_ids"] = "express", []string{servertest.Mug}
					}
					if pay, ok := payload["payment_data"].(object); ok {
						// The example's instrument is not what its schema asks for.
						pay["instrument"] = object{"type": "card", "credential": object{"type": "spt", "token": token}}
					}
				}
			})
		})
	}
	if session.Status != "canceled" {
		t.Errorf("in the end the session is %s", session.Status)
	}

	_, raw := post(t, s.BaseURL+mcp.RawBindingPath, bearer(s), `{"jsonrpc":"2.0","id":6,"method":"create_checkout_session","params":{"meta":{"api_version":"2026-04-17"},"payload":{"capabilities":{},"line_items":[{"id":"mug"}]}}}`)
	if !strings.Contains(string(raw), `"param":"$.payload.currency"`) || !strings.Contains(string(raw), "-32000") {
		t.Errorf("without a currency: %s", raw)
	}
}

// exampleCall sends an example, changed where it has to be, and returns the
// session.
func exampleCall(t *testing.T, s *servertest.Server, schema *acptest.Validator, example json.RawMessage, change func(object)) sheet {
	t.Helper()
	var body object
	if err := json.Unmarshal(example, &body); err != nil {
		t.Fatal(err)
	}
	args := body["params"].(object)["arguments"].(object)
	delete(args["meta"].(object), "idempotency_key") // each call is a new request
	if payload, ok := args["payload"].(object); ok && payload["line_items"] != nil {
		payload["line_items"] = []object{{"id": servertest.Mug}}
	}
	if change != nil {
		change(args)
	}
	sent, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	_, raw := post(t, s.BaseURL+mcp.RawBindingPath, bearer(s), string(sent))
	var answer struct{ Result json.RawMessage }
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Result == nil {
		t.Fatalf("%v: %s\n%s", err, sent, raw)
	}
	schema.Check(t, answer.Result)
	var session sheet
	if err := json.Unmarshal(answer.Result, &session); err != nil {
		t.Fatal(err)
	}
	return session
}
