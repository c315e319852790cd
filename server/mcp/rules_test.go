package mcp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

// bindingTools are the operations of the binding.
var bindingTools = []string{"cancel_checkout_session", "complete_checkout_session", "create_checkout_session", "get_checkout_session", "update_checkout_session"}

// overHTTP sends a request of the other transport under a key; "" is none.
func overHTTP(t *testing.T, s *servertest.Server, method, path, key, body string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.BaseURL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = bearer(s)
	req.Header.Set("Api-Version", string(acp.V20260417))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, raw
}

// paying is the payload that pays a session, as both transports have it.
func paying(t *testing.T, s *servertest.Server, of sheet) object {
	t.Helper()
	token, err := s.PSP.Mint(t.Context(), &client.Session{ID: of.ID, Currency: "usd", Total: of.total(),
		Handlers: []client.Handler{{ID: "card_tokenized", PSP: "sandbox", MerchantID: "acct_test"}}}, servertest.CardApproved)
	if err != nil {
		t.Fatal(err)
	}
	return object{"payment_data": object{"handler_id": "card_tokenized", "instrument": object{"type": "card", "credential": object{"type": "spt", "token": token}}}}
}

func TestRulesOfMCP(t *testing.T) {
	s := servertest.Start(t, servertest.Options{})
	cs := connect(t, s.BaseURL+mcp.BindingPath, bearer(s))
	open := func(t *testing.T, key string) sheet {
		t.Helper()
		return call(t, cs, "create_checkout_session", object{"meta": meta(key), "payload": json.RawMessage(newSession)}).sheet(t)
	}
	raw := func(t *testing.T, body string) object {
		t.Helper()
		_, answer := post(t, s.BaseURL+mcp.RawBindingPath, bearer(s), body)
		var o object
		if err := json.Unmarshal(answer, &o); err != nil {
			t.Fatalf("%v in %s", err, answer)
		}
		return o
	}

	t.Run("MCP-01 five tools over JSON-RPC 2.0 and Streamable HTTP", func(t *testing.T) {
		listed, err := cs.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tool := range listed.Tools {
			names = append(names, tool.Name)
		}
		if slices.Sort(names); !slices.Equal(names, bindingTools) {
			t.Errorf("tools %v", names)
		}
		id := open(t, "one").ID
		for tool, args := range map[string]object{"get_checkout_session": {}, "update_checkout_session": {"payload": object{"line_items": []object{{"id": "mug", "quantity": 2}}}}} {
			args["meta"], args["id"] = meta("one-"+tool), id
			if got := call(t, cs, tool, args); got.IsError || got.sheet(t).ID != id {
				t.Errorf("%s: %s", tool, got.Raw)
			}
		}
		paid := call(t, cs, "complete_checkout_session", object{"meta": meta("one-pay"), "id": id, "payload": paying(t, s, call(t, cs, "get_checkout_session", object{"meta": meta(""), "id": id}).sheet(t))})
		if paid.IsError || paid.sheet(t).Status != string(acp.Completed) || paid.sheet(t).Order == nil {
			t.Errorf("complete: %s", paid.Raw)
		}
		gone := call(t, cs, "cancel_checkout_session", object{"meta": meta("one-cancel"), "id": open(t, "one-more").ID})
		if gone.IsError || gone.sheet(t).Status != string(acp.Canceled) {
			t.Errorf("cancel: %s", gone.Raw)
		}
		answer := raw(t, `{"jsonrpc":"2.0","id":"mine","method":"get_checkout_session","params":{"meta":{"api_version":"2026-04-17"},"id":"`+id+`"}}`)
		if answer["jsonrpc"] != "2.0" || answer["id"] != "mine" || answer["result"] == nil {
			t.Errorf("%v", answer)
		}
	})
	t.Run("MCP-02 meta, id and payload; what is not known is passed over, cancel has no payload", func(t *testing.T) {
		whole := object{"api_version": "2026-04-17", "idempotency_key": "two", "request_id": "req-1", "user_agent": "AgentShop/1.0", "accept_language": "de",
			"signature": "", "timestamp": "2026-04-17T09:30:00Z", "x_unknown": object{"a": []any{1, nil}}}
		opened := call(t, cs, "create_checkout_session", object{"meta": whole, "payload": json.RawMessage(newSession)})
		if opened.IsError {
			t.Fatalf("%s", opened.Raw)
		}
		if got := call(t, cs, "get_checkout_session", object{"meta": object{"api_version": "2026-04-17"}, "id": opened.sheet(t).ID}); got.IsError {
			t.Errorf("no more than the version: %s", got.Raw)
		}
		for i, args := range []object{{}, {"payload": nil}, {"payload": object{}}, {"payload": object{"intent_trace": object{"reason_code": "other"}}}} {
			args["meta"], args["id"] = meta(fmt.Sprint("two-cancel-", i)), open(t, fmt.Sprint("two-open-", i)).ID
			if got := call(t, cs, "cancel_checkout_session", args); got.IsError || got.sheet(t).Status != string(acp.Canceled) {
				t.Errorf("%v: %s", args, got.Raw)
			}
		}
		for name, args := range map[string]object{"no version": {"id": opened.sheet(t).ID}, "no id": {"meta": meta("")}} {
			if got := call(t, cs, "get_checkout_session", args); !got.IsError {
				t.Errorf("%s: %s", name, got.Raw)
			}
		}
		if got := call(t, cs, "update_checkout_session", object{"meta": meta("two-update"), "id": opened.sheet(t).ID}); !got.IsError {
			t.Errorf("an update without a payload: %s", got.Raw)
		}
	})
	t.Run("MCP-03 a result is the session, a refusal the error, and a broken envelope is told apart", func(t *testing.T) {
		opened := call(t, cs, "create_checkout_session", object{"meta": meta("three"), "payload": json.RawMessage(newSession)})
		acptest.Schema(t, acp.V20260417, "CheckoutSession").Check(t, opened.Raw)
		refused := func(args string) object {
			return raw(t, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_checkout_session","arguments":`+args+`}}`)
		}
		for args, code := range map[string]string{`{"meta":{"api_version":"2026-04-17"},"id":"cs_none"}`: "not_found", `{"meta":{"api_version":"1999-01-01"},"id":"cs_none"}`: "unsupported_api_version"} {
			e, _ := refused(args)["error"].(object)
			data, err := json.Marshal(e["data"])
			if err != nil {
				t.Fatal(err)
			}
			var told acp.Error
			if err := json.Unmarshal(data, &told); err != nil || e["code"] != -32000.0 || told.Code != code || told.Type != "invalid_request" || told.Message == "" {
				t.Errorf("%s: %v", args, e)
			}
			acptest.Schema(t, acp.V20260417, "Error").Check(t, data)
			tool := call(t, cs, "get_checkout_session", json.RawMessage(args))
			if !tool.IsError || !bytes.Contains(tool.Raw, []byte(`"code":"`+code+`"`)) {
				t.Errorf("%s: %s", args, tool.Raw)
			}
		}
		for _, body := range []string{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["get_checkout_session"]}`,
			`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}`, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no_such_tool","arguments":{}}}`} {
			if e, _ := raw(t, body)["error"].(object); e["code"] != -32602.0 {
				t.Errorf("%s: %v", body, e)
			}
		}
	})
	t.Run("MCP-04 arguments are checked as bodies are, and their schemas stand alone and hold no key", func(t *testing.T) {
		listed, err := cs.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, tool := range listed.Tools {
			for _, schema := range []any{tool.InputSchema, tool.OutputSchema} {
				text, err := json.Marshal(schema)
				if err != nil {
					t.Fatal(err)
				}
				for ref := range strings.SplitSeq(string(text), `"$ref":"`) {
					if at, _, found := strings.Cut(ref, `"`); found && ref != string(text) && !strings.HasPrefix(at, "#") && !strings.HasPrefix(at, "{") {
						t.Errorf("%s refers to %s", tool.Name, at)
					}
				}
				for _, word := range []string{"bearer", "authorization", "api_key"} {
					if strings.Contains(strings.ToLower(string(text)), word) {
						t.Errorf("%s speaks of %s", tool.Name, word)
					}
				}
			}
		}
		var valid object
		if err := json.Unmarshal([]byte(newSession), &valid); err != nil {
			t.Fatal(err)
		}
		n := 0
		for name, change := range map[string]object{
			"no items": {"line_items": []any{}}, "items of the wrong type": {"line_items": "mug"}, "an unknown item": {"line_items": []object{{"id": "unicorn"}}},
			"half a mug": {"line_items": []object{{"id": "mug", "quantity": 0.5}}}, "no currency": {"currency": nil}, "another currency": {"currency": "eur"},
			"no capabilities": {"capabilities": nil}, "a buyer without e-mail": {"buyer": object{}}, "codes of the wrong type": {"discounts": object{"codes": []any{5}}},
		} {
			payload := maps.Clone(valid)
			maps.Copy(payload, change)
			body, err := json.Marshal(payload)
			if err != nil {
				t.Fatal(err)
			}
			n++
			status, told := overHTTP(t, s, "POST", "/checkout_sessions", fmt.Sprint("four-http-", n), string(body))
			var want, got acp.Error
			if err := json.Unmarshal(told, &want); err != nil || status != 400 || want.Param == "" {
				t.Fatalf("%s: %d %s", name, status, told)
			}
			r := call(t, cs, "create_checkout_session", object{"meta": meta(fmt.Sprint("four-", n)), "payload": payload})
			if err := json.Unmarshal(r.Raw, &got); err != nil || !r.IsError || got.Code != want.Code || got.Param != "$.payload"+strings.TrimPrefix(want.Param, "$") {
				t.Errorf("%s: over HTTP %s, here %s", name, told, r.Raw)
			}
		}
	})
	t.Run("MCP-05 a session and a key are the same over both transports", func(t *testing.T) {
		opened := open(t, "five")
		status, read := overHTTP(t, s, "GET", "/checkout_sessions/"+opened.ID, "", "")
		if here := call(t, cs, "get_checkout_session", object{"meta": meta(""), "id": opened.ID}); status != 200 || here.text() != string(read) {
			t.Errorf("over HTTP %s, here %s", read, here.text())
		}
		// The same request over the other transport is a repeat.
		if status, again := overHTTP(t, s, "POST", "/checkout_sessions", "five", newSession); status != 201 || string(again) != string(read) {
			t.Errorf("%d %s; want %s", status, again, read)
		}
		if status, conflict := overHTTP(t, s, "POST", "/checkout_sessions", "five", strings.Replace(newSession, "mug", "lamp", 1)); status != 422 {
			t.Errorf("%d %s", status, conflict)
		}
		if status, changed := overHTTP(t, s, "POST", "/checkout_sessions/"+opened.ID, "five-update", `{"line_items":[{"id":"mug","quantity":3}]}`); status != 200 {
			t.Fatalf("%d %s", status, changed)
		}
		now := call(t, cs, "get_checkout_session", object{"meta": meta(""), "id": opened.ID}).sheet(t)
		if now.total() <= opened.total() {
			t.Errorf("%d became %d", opened.total(), now.total())
		}
		payload := paying(t, s, now)
		paid := call(t, cs, "complete_checkout_session", object{"meta": meta("five-pay"), "id": opened.ID, "payload": payload})
		body, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		status, again := overHTTP(t, s, "POST", "/checkout_sessions/"+opened.ID+"/complete", "five-pay", string(body))
		if status != 200 || string(again) != paid.text() || paid.sheet(t).Order == nil {
			t.Errorf("paid %s\nagain %d %s", paid.text(), status, again)
		}
		if books, err := s.PSP.Books(t.Context(), opened.ID); err != nil || books.Taken != now.total() {
			t.Errorf("%+v, %v", books, err)
		}
	})
}
