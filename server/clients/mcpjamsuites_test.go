package clients_test

import (
	"context"
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/npmtest"
)

// MCPJam has suites of its own, for widgets and for the protocol. What they
// skip is what the shop does not have.
func TestMCPJamSuites(t *testing.T) {
	s := openShop(t)
	script, err := testdata.ReadFile("testdata/suites.mjs")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	module := &url.URL{Scheme: "file", Path: npmtest.Module(t, "@mcpjam/sdk/dist/index.js")}
	out := npmtest.Run(ctx, t, "--input-type=module", "--eval", string(script), module.String(), s.BaseURL+mcp.AppPath)
	var checks []struct {
		ID, Status string
		Error      struct{ Message string }
	}
	if err := json.Unmarshal(out.Stdout, &checks); err != nil || out.Code != 0 {
		t.Fatalf("ended with %d (%v)\n%s%s", out.Code, err, out.Stdout, out.Stderr)
	}
	skipped := map[string]string{
		"logging-set-level":          "hosts get no log",
		"completion-complete":        "nothing is completed",
		"server-sse-polling-session": "every request stands by itself",
	}
	passed := 0
	for _, c := range checks {
		switch {
		case c.Status == "passed" && skipped[c.ID] == "":
			passed++
		case c.Status != "skipped" || skipped[c.ID] == "":
			t.Errorf("%s is %s: %s", c.ID, c.Status, c.Error.Message)
		}
	}
	if want := 19; passed != want {
		t.Errorf("%d checks have passed, want %d", passed, want)
	}
}
