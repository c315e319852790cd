package mcp_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

// A method is there when what it belongs to is declared, and only then.
func TestMethodsAreThoseThatAreDeclared(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Configure: selling()})
	has := map[string]string{
		mcp.AppPath:        "tools/list resources/list resources/templates/list ping",
		mcp.BindingPath:    "tools/list ping",
		mcp.RawBindingPath: "tools/list ping",
	}
	for path, methods := range has {
		for _, method := range []string{"tools/list", "resources/list", "resources/templates/list", "resources/read", "prompts/list",
			"prompts/get", "completion/complete", "logging/setLevel", "ping"} {
			if method == "resources/read" && path == mcp.AppPath {
				continue // there with a uri, which the others do not take
			}
			_, raw := post(t, s.BaseURL+path, nil, `{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":{"name":"x","uri":"test://x","level":"debug"}}`)
			answer := string(raw)
			missing := strings.Contains(answer, `"code":-32601`)
			if there := strings.Contains(answer, `"result":`); there == missing || there != strings.Contains(" "+methods+" ", " "+method+" ") {
				t.Errorf("%s at %s: %s", method, path, answer)
			}
		}
	}
	if _, answer := post(t, s.BaseURL+mcp.AppPath, nil, `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"test://x"}}`); !strings.Contains(string(answer), "-32602") {
		t.Errorf("a resource that is not there: %s", answer)
	}
}
