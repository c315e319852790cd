package mcp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

// Whatever a tool is given, it answers with a result or a plain refusal; it
// never fails inside, and nobody is charged for it.
func FuzzToolArguments(f *testing.F) {
	s := open(f, servertest.Options{})
	ready := s.ready(f, servertest.Mug)
	tools := config.AppTools()
	for i, args := range []string{
		`{"query":"mug","min_price":1,"limit":50}`, `{"id":"mug"}`, `{"checkout_session":{"items":[{"id":"mug","quantity":1}]}}`,
		`{"checkout_session_id":"` + ready.ID + `","items":[{"id":"lamp","quantity":2}],"fulfillment_address":{"line1":"x","city":"y","country":"us"}}`,
		`{"checkout_session_id":"` + ready.ID + `"}`, `{"session_id":"cs_1"}`, `{"items":[{"id":"book"}]}`,
		`{"checkout_session_id":"` + ready.ID + `","buyer":null,"payment_data":{"token":"spt_1","provider":"stripe","billing_address":null}}`,
		`{"order_id":"ord_1"}`,
	} {
		f.Add(i, args)
	}
	for _, args := range []string{``, `null`, `[]`, `{}`, `"x"`, `{"a":{"a":[[[[]]]]}}`, `{"id":"\u0000"}`, `{"id":1e999}`, `{"id":"a","id":"b"}`, "{\"id\":\"\xff\"}"} {
		f.Add(7, args)
	}
	f.Fuzz(func(t *testing.T, tool int, args string) {
		name := tools[((tool%len(tools))+len(tools))%len(tools)]
		body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, name, args)
		resp, raw := post(t, s.BaseURL+mcp.AppPath, nil, body)
		if !json.Valid([]byte(body)) {
			if resp.StatusCode >= http.StatusInternalServerError {
				t.Fatalf("%s: %s", resp.Status, raw)
			}
			return
		}
		var answer struct {
			Error  *struct{ Code int }
			Result *struct {
				Content []struct{ Text string }
				IsError bool
			}
		}
		if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusBadRequest {
			t.Fatalf("%s: %s", resp.Status, raw)
		}
		if err := json.Unmarshal(raw, &answer); resp.StatusCode == http.StatusOK && (err != nil || answer.Result == nil && answer.Error == nil) {
			t.Fatalf("%v: %s", err, raw)
		}
		if r := answer.Result; r != nil && (len(r.Content) != 1 || r.Content[0].Text == "" || strings.Contains(string(raw), "internal_error")) {
			t.Fatalf("%s with %s: %s", name, args, raw)
		}
		if n := s.Rows(t, "orders"); n != 0 {
			t.Fatalf("%d orders after %s with %s", n, name, args)
		}
	})
}
