package mcp_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

// What is not known is answered by an error of JSON-RPC in every revision.
// What is no request at all has the SDK's words, and status 400.
func TestUnknownMethods(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Configure: selling()})
	const missing = `"code":-32601`
	for name, tt := range map[string]struct {
		version, body string
		status        int
		answer        []string
	}{
		"at the first revision":  {"", `{"jsonrpc":"2.0","id":7,"method":"shop/close","params":{}}`, http.StatusOK, []string{missing, `"id":7`, "shop/close"}},
		"at 2025-11-25":          {"2025-11-25", `{"jsonrpc":"2.0","id":"a<b","method":"shop/close"}`, http.StatusOK, []string{missing, `"id":"a\u003cb"`}},
		"at 2026-07-28":          {"2026-07-28", `{"jsonrpc":"2.0","id":7,"method":"shop/close","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`, http.StatusNotFound, []string{missing, `"id":7`}},
		"told, and not asked":    {"2025-11-25", `{"jsonrpc":"2.0","method":"notifications/shop"}`, http.StatusBadRequest, []string{"not handled"}},
		"no JSON":                {"2025-11-25", `{"jsonrpc":`, http.StatusBadRequest, []string{"malformed payload"}},
		"nothing":                {"2025-11-25", ``, http.StatusBadRequest, []string{"non-empty body"}},
		"a request that is long": {"2025-11-25", `{"jsonrpc":"2.0","id":7,"method":"shop/close","params":{"x":"` + strings.Repeat("x", 100<<10) + `"}}`, http.StatusBadRequest, []string{"not handled"}},
	} {
		t.Run(name, func(t *testing.T) {
			headers := http.Header{}
			if tt.version != "" {
				headers.Set("Mcp-Protocol-Version", tt.version)
				headers.Set("Mcp-Method", "shop/close")
			}
			for _, path := range []string{mcp.AppPath, mcp.BindingPath, mcp.RawBindingPath} {
				resp, answer := post(t, s.BaseURL+path, headers, tt.body)
				if resp.StatusCode != tt.status {
					t.Errorf("%s: status %d, want %d", path, resp.StatusCode, tt.status)
				}
				for _, part := range tt.answer {
					if !strings.Contains(string(answer), part) {
						t.Errorf("%s: %q has no %q", path, answer, part)
					}
				}
				if json := strings.Contains(resp.Header.Get("Content-Type"), "application/json"); json != strings.HasPrefix(string(answer), "{") {
					t.Errorf("%s: %q as %s", path, answer, resp.Header.Get("Content-Type"))
				}
			}
		})
	}
}
