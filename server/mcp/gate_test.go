package mcp_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

const ping = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`

// Requests are for the public host or for this machine, and from pages of
// known origins.
func TestGate(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Configure: selling()})
	for name, tt := range map[string]struct {
		host, origin string
		status       int
	}{
		"no page":                           {"", "", http.StatusOK},
		"this machine by name":              {"localhost:1234", "", http.StatusOK},
		"another host, rebound":             {"evil.example.com", "", http.StatusForbidden},
		"a host that looks like ours":       {"127.0.0.1.evil.example.com", "", http.StatusForbidden},
		"the chat's page":                   {"", "https://chatgpt.com", http.StatusOK},
		"a developer's page":                {"", "http://localhost:6274", http.StatusOK},
		"any page":                          {"", "https://evil.example.com", http.StatusForbidden},
		"a page that looks like the chat's": {"", "https://chatgpt.com.evil.example.com", http.StatusForbidden},
		"a page without an origin":          {"", "null", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			headers := http.Header{}
			if tt.host != "" {
				headers.Set("Host", tt.host)
			}
			if tt.origin != "" {
				headers.Set("Origin", tt.origin)
			}
			for _, path := range []string{mcp.AppPath, mcp.BindingPath} {
				resp, body := post(t, s.BaseURL+path, headers, ping)
				if resp.StatusCode != tt.status {
					t.Errorf("%s: %s %s", path, resp.Status, body)
				}
				if allowed := resp.Header.Get("Access-Control-Allow-Origin"); tt.status == http.StatusOK && allowed != tt.origin {
					t.Errorf("%s: allows %q", path, allowed)
				}
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Configure: selling()})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, s.BaseURL+mcp.AppPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "http://127.0.0.1:9999")
	req.Header.Set("Access-Control-Request-Method", "POST")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent || !strings.Contains(resp.Header.Get("Access-Control-Allow-Headers"), "Mcp-Protocol-Version") {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Configure: selling(func(c *config.Config, _ *config.AppConfig) { c.Limits.BodyBytes = 2000 })})
	long := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_order","arguments":{"order_id":"` + strings.Repeat("x", 2000) + `"}}}`
	if resp, _ := post(t, s.BaseURL+mcp.AppPath, nil, long); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Error(resp.Status)
	}
}

// Both revisions of MCP are spoken, from one endpoint and without a session.
func TestRevisions(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Configure: selling()})
	for version, body := range map[string]string{
		"2025-11-25": `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"h","version":"1"}}}`,
		"2026-07-28": `{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"h","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`,
	} {
		resp, answer := post(t, s.BaseURL+mcp.AppPath, http.Header{"Mcp-Protocol-Version": {version}, "Mcp-Method": {"server/discover"}}, body)
		if resp.StatusCode != http.StatusOK || !strings.Contains(string(answer), `"result"`) || resp.Header.Get("Mcp-Session-Id") != "" {
			t.Errorf("%s: %s %s", version, resp.Status, answer)
		}
	}
	resp, err := http.Get(s.BaseURL + mcp.AppPath)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Error("GET: ", resp.Status)
	}
}
