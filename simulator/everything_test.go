package simulator_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/npmtest"
	"github.com/checkstand/checkstand/simulator"
)

// everythingOnLoopback starts the official everything server on a free port of
// this machine. By itself it would listen on all addresses, on a port that is
// told beforehand.
const everythingOnLoopback = `
import net from "node:net";
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (_, ...rest) {
	this.once("listening", () => console.log("serves on " + this.address().port));
	return listen.call(this, {port: 0, host: "127.0.0.1"}, ...rest);
};
await import(process.env.EVERYTHING);
`

func everything(t *testing.T) (server *npmtest.Process, url string) {
	t.Helper()
	module := npmtest.Module(t, "@modelcontextprotocol/server-everything/dist/transports/streamableHttp.js")
	server = npmtest.Start(t, []string{"EVERYTHING=" + module}, "--input-type=module", "-e", everythingOnLoopback)
	return server, "http://127.0.0.1:" + server.WaitFor(regexp.MustCompile(`serves on (\d+)`))[1] + "/mcp"
}

// A server from npm that is not ours, on the official SDK for TypeScript: it
// keeps sessions, and answers every call by an event stream.
func TestEverythingServer(t *testing.T) {
	server, url := everything(t)
	page := listen(t)
	serve(t, simulator.Config{MCPURL: url}, page)
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Height: 1000, ReducedMotion: true})
	tab.Go(simulator.Origin(page) + "/")
	tab.WaitText("#status", "Everything")
	tab.WaitText("#shelf", "no search that can be recognised")
	tab.Click("#shelf-tools")
	tools := []string{"echo", "get-annotated-message", "get-env", "get-resource-links", "get-resource-reference", "get-structured-content", "get-sum",
		"get-tiny-image", "gzip-file-as-resource", "toggle-simulated-logging", "toggle-subscriber-updates", "trigger-long-running-operation", "simulate-research-query"}
	tab.WaitText("#shelf-panel", "echo")
	if listed := tab.Text("#shelf-panel"); tab.Count("#shelf-panel details") != len(tools) {
		t.Errorf("%d tools are listed, want %d: %s", tab.Count("#shelf-panel details"), len(tools), listed)
	}
	for _, name := range tools {
		tab.WaitText("#shelf-panel", name)
	}

	open := func(tool string) {
		t.Helper()
		tab.Click(fmt.Sprintf("#shelf-panel > details:nth-of-type(%d) > summary", slices.Index(tools, tool)+1))
	}
	call := func(tool string, args ...string) {
		t.Helper()
		open(tool)
		for i := 0; i < len(args); i += 2 {
			tab.WaitText("label[for="+tool+"-"+args[i]+"]", args[i])
			tab.Click("#" + tool + "-" + args[i])
			tab.Type(args[i+1])
		}
		tab.Keys("Enter")
	}
	call("echo", "message", "Grüße, 世界")
	tab.WaitText("#talk", "Echo: Grüße, 世界")
	call("get-sum", "a", "2", "b", "40.5")
	tab.WaitText("#talk", "The sum of 2 and 40.5 is 42.5.")
	call("trigger-long-running-operation", "duration", "0.2", "steps", "2")
	tab.WaitText("#talk", "Duration: 0.2 seconds, Steps: 2.")
	open("get-structured-content")
	tab.WaitText("label[for=get-structured-content-location]", "location")
	tab.Select("#get-structured-content-location", "Chicago")
	tab.Click("button[aria-label='Call get-structured-content']")
	tab.WaitText("#talk", `"conditions":"Light rain / drizzle"`)
	tab.Screenshot("simulator-everything")
	check(t, tab)

	if n := strings.Count(server.Said(), "Session initialized with ID"); n != 1 {
		t.Errorf("%d sessions were begun, want 1:\n%s", n, server.Said())
	}
}
