package mcp_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

// Reads through the app beside the SDK's own handler with a tool that returns
// the same bytes: calls a second and processor time a call, of client and
// server together, and what part of the bare handler's speed is left.
//
//	go test ./server/mcp -run '^$' -bench Reads -benchtime 3s
func BenchmarkReads(b *testing.B) {
	server.Tune()
	s := open(b, servertest.Options{Configure: selling(func(c *config.Config, _ *config.AppConfig) { c.Limits.AddressPerSecond = 0 })})
	ready := s.ready(b, servertest.Mug, servertest.Lamp)
	for _, tool := range []struct{ name, args string }{
		{"get_checkout_session", `{"checkout_session_id":"` + ready.ID + `"}`},
		{"search_products", `{"query":"mug"}`},
	} {
		answer := call(b, s.host, tool.name, jsonArgs(tool.args))
		bare := bareServer(b, tool.name, answer)
		b.Run(tool.name, func(b *testing.B) {
			body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, tool.name, tool.args)
			// In turns, so that both see the same machine.
			var ours, floor measured
			const rounds = 4
			for range rounds {
				ours.add(measure(b, s.BaseURL+mcp.AppPath, body, b.N/rounds+1))
				floor.add(measure(b, bare, body, b.N/rounds+1))
			}
			b.ReportMetric(ours.rate(), "calls/s")
			b.ReportMetric(floor.rate(), "bare-calls/s")
			b.ReportMetric(100*ours.rate()/floor.rate(), "%-of-bare")
			b.ReportMetric(ours.each(), "µs-cpu/call")
			b.ReportMetric(floor.each(), "bare-µs-cpu/call")
			b.ReportMetric(0, "ns/op")
		})
	}
}

type jsonArgs string

func (a jsonArgs) MarshalJSON() ([]byte, error) { return []byte(a), nil }

// bareServer is the SDK's handler with one tool, which returns a result that is
// made already.
func bareServer(b *testing.B, name string, answer reply) string {
	b.Helper()
	bare := sdk.NewServer(&sdk.Implementation{Name: "bare", Version: "1"}, nil)
	bare.AddTool(&sdk.Tool{Name: name, InputSchema: map[string]any{"type": "object"}}, func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		return &sdk.CallToolResult{Meta: answer.Meta, Content: answer.Content, StructuredContent: jsonArgs(answer.Raw)}, nil
	})
	srv := httptest.NewServer(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return bare }, &sdk.StreamableHTTPOptions{Stateless: true, JSONResponse: true}))
	b.Cleanup(srv.Close)
	return srv.URL
}

// measured are calls with the time they took.
type measured struct {
	calls    int
	wall, on time.Duration
}

func (m *measured) add(o measured) {
	m.calls, m.wall, m.on = m.calls+o.calls, m.wall+o.wall, m.on+o.on
}
func (m *measured) rate() float64 { return float64(m.calls) / m.wall.Seconds() }
func (m *measured) each() float64 { return float64(m.on.Microseconds()) / float64(m.calls) }

// connections is how many calls are made at a time.
const connections = 16

func measure(b *testing.B, url, body string, calls int) measured {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: connections}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var left atomic.Int64
	left.Store(int64(calls))
	failed := make(chan error, connections)
	started, before := time.Now(), processorTime(b)
	for range connections {
		go func() {
			for left.Add(-1) >= 0 {
				if err := once(client, url, body); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range connections {
		if err := <-failed; err != nil {
			b.Fatal(err)
		}
	}
	return measured{calls, time.Since(started), processorTime(b) - before}
}

func once(client *http.Client, url, body string) error {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || !bytes.Contains(answer, []byte("structuredContent"))) {
		err = fmt.Errorf("%s: %s", resp.Status, answer)
	}
	return err
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
