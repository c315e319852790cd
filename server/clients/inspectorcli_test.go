package clients_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/npmtest"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/ui"
)

// inspector is the official inspector's command line at an endpoint.
type inspector struct {
	t    *testing.T
	url  string
	opts []string
}

// eras are the ways to begin that the inspector knows: by initialize, and by
// the revision of 2026-07-28, which has none.
var eras = []string{"legacy", "modern"}

// run runs one method, which has to succeed, and reads its result.
func (i inspector) run(to any, args ...string) {
	i.t.Helper()
	var answer struct{ Result json.RawMessage }
	i.print(&answer, args...)
	if err := json.Unmarshal(answer.Result, to); err != nil {
		i.t.Fatalf("%v: %v\n%s", args, err, answer.Result)
	}
}

// print runs the inspector and reads what it prints.
func (i inspector) print(to any, args ...string) {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(i.t.Context(), time.Minute)
	defer cancel()
	said := npmtest.Run(ctx, i.t, slices.Concat([]string{npmtest.Module(i.t, "@modelcontextprotocol/inspector/clients/launcher/build/index.js"),
		"--cli", i.url, "--transport", "http", "--format", "json"}, i.opts, args)...)
	if err := json.Unmarshal(said.Stdout, to); err != nil || said.Code != 0 {
		i.t.Fatalf("%v: the inspector ended with %d (%v)\n%s%s", args, said.Code, err, said.Stdout, said.Stderr)
	}
}

// toolResult is the result of a tool as the inspector prints it.
type toolResult struct {
	Content []struct{ Type, Text string }
	Data    json.RawMessage `json:"structuredContent"`
	IsError bool
}

// call calls a tool with arguments that are JSON.
func (i inspector) call(tool, args string) (r toolResult) {
	i.t.Helper()
	i.run(&r, "--method", "tools/call", "--tool-name", tool, "--tool-args-json", args)
	if len(r.Content) != 1 || r.Content[0].Text == "" || r.Data == nil || r.IsError {
		i.t.Fatalf("%s %s: %+v", tool, args, r)
	}
	return r
}

func (r toolResult) read(t *testing.T, to any) {
	t.Helper()
	if err := json.Unmarshal(r.Data, to); err != nil {
		t.Fatalf("%v: %s", err, r.Data)
	}
}

// listed is the list of tools as the inspector prints it.
type listed struct {
	Tools []struct {
		Name                      string
		InputSchema, OutputSchema map[string]any
		Annotations               struct{ ReadOnlyHint, DestructiveHint, OpenWorldHint *bool }
	}
}

func (l listed) names() []string {
	names := make([]string, len(l.Tools))
	for i, tool := range l.Tools {
		names[i] = tool.Name
	}
	return names
}

// From the search to a session that can be paid, by the official command line.
func TestInspectorCommandLine(t *testing.T) {
	s := openShop(t)
	for _, era := range eras {
		t.Run(era, func(t *testing.T) {
			i := inspector{t, s.BaseURL + mcp.AppPath, []string{"--protocol-era", era}}

			var all listed
			i.run(&all, "--method", "tools/list", "--strict") // fails at a schema that is wrong
			if want := slices.Sorted(slices.Values(config.AppTools())); !slices.Equal(all.names(), want) {
				t.Errorf("tools %v, want %v", all.names(), want)
			}
			for _, tool := range all.Tools {
				if a := tool.Annotations; a.ReadOnlyHint == nil || a.DestructiveHint == nil || a.OpenWorldHint == nil || tool.OutputSchema == nil {
					t.Errorf("%+v", tool)
				}
			}

			var found struct {
				Products []struct {
					Variants []struct {
						ID    string
						Price int64
					}
				}
			}
			i.call("search_products", `{"query":"mug"}`).read(t, &found)
			if len(found.Products) != 1 || len(found.Products[0].Variants) != 1 || found.Products[0].Variants[0].Price != 1800 {
				t.Fatalf("found %+v", found)
			}
			mug := found.Products[0].Variants[0].ID

			var cart, ready sheet
			i.call("checkout_session", fmt.Sprintf(`{"checkout_session":{"items":[{"id":%q,"quantity":1}]}}`, mug)).read(t, &cart)
			if cart.Status != "not_ready_for_payment" || len(cart.Lines) != 1 {
				t.Fatalf("opened %+v", cart)
			}
			said := i.call("update_checkout_session", fmt.Sprintf(`{"checkout_session_id":%q,"items":[{"id":%q,"quantity":2}],"fulfillment_address":{"name":"Test Buyer",`+
				`"line_one":"1 Example Street","city":"San Francisco","state":"CA","country":"US","postal_code":"94105"}}`, cart.ID, mug))
			said.read(t, &ready)
			// 36.00 and delivery 5.90, and 7.25 % of both.
			if ready.ID != cart.ID || ready.Status != "ready_for_payment" || ready.total() != 3600+590+304 {
				t.Errorf("changed to %+v", ready)
			}
			if !strings.Contains(said.Content[0].Text, "$44.94") || !strings.Contains(said.Content[0].Text, s.BaseURL+"/checkout/") {
				t.Errorf("without a widget the user learns %q", said.Content[0].Text)
			}
			stored, err := s.Store.Reader(t.Context()).Session(servertest.MerchantID, cart.ID)
			if err != nil || stored.Status != acp.ReadyForPayment || stored.LineItems[0].Quantity != 2 {
				t.Errorf("the shop has %+v, %v", stored, err)
			}

			var missing struct{ Messages []acp.Message }
			i.call("get_checkout_session", `{"checkout_session_id":"cs_none"}`).read(t, &missing)
			if len(missing.Messages) != 1 || missing.Messages[0].Code != acp.CodeNotFound {
				t.Errorf("a session that is not there: %+v", missing)
			}
		})
	}
}

// The widget is found from its tool, and is the page that the shop serves.
func TestInspectorReadsTheWidget(t *testing.T) {
	s := openShop(t)
	page, err := ui.ShopWidget("")
	if err != nil {
		t.Fatal(err)
	}
	for _, era := range eras {
		t.Run(era, func(t *testing.T) {
			i := inspector{t, s.BaseURL + mcp.AppPath, []string{"--protocol-era", era}}
			var probe struct {
				AppInfo struct {
					HasApp           bool
					ResourceURI      string
					ResourceMimeType string
					Visibility       []string
				}
			}
			i.print(&probe, "--method", "tools/call", "--tool-name", "checkout_session", "--app-info")
			app := probe.AppInfo
			if !app.HasApp || app.ResourceURI != mcp.WidgetURI || !slices.Equal(app.Visibility, []string{"model", "app"}) {
				t.Errorf("the tool's widget is %+v", app)
			}
			var all struct {
				Resources []struct{ URI, MimeType string }
			}
			i.run(&all, "--method", "resources/list")
			if len(all.Resources) != 1 || all.Resources[0].URI != app.ResourceURI || all.Resources[0].MimeType != app.ResourceMimeType {
				t.Fatalf("resources %+v", all)
			}
			var read struct {
				Contents []struct{ MimeType, Text string }
			}
			i.run(&read, "--method", "resources/read", "--uri", all.Resources[0].URI)
			if len(read.Contents) != 1 || read.Contents[0].Text != page || read.Contents[0].MimeType != "text/html;profile=mcp-app" {
				t.Errorf("the resource is %.300v", read)
			}
		})
	}
}

// The protocol's own binding, with the shop's key in a header.
func TestInspectorAtTheBinding(t *testing.T) {
	s := openShop(t)
	for _, era := range eras {
		t.Run(era, func(t *testing.T) {
			i := inspector{t, s.BaseURL + mcp.BindingPath, []string{"--protocol-era", era, "--header", "Authorization: Bearer " + s.APIKey.Reveal()}}
			var all listed
			i.run(&all, "--method", "tools/list", "--strict")
			if want := []string{"cancel_checkout_session", "complete_checkout_session", "create_checkout_session", "get_checkout_session", "update_checkout_session"}; !slices.Equal(all.names(), want) {
				t.Errorf("tools %v, want %v", all.names(), want)
			}
			opened := i.call("create_checkout_session", `{"meta":{"api_version":"2026-04-17","idempotency_key":"open-`+era+`"},`+
				`"payload":{"currency":"usd","capabilities":{},"line_items":[{"id":"mug"}]}}`)
			if err := acptest.Schema(t, acp.V20260417, "CheckoutSession").Validate(opened.Data); err != nil {
				t.Error(err)
			}
			var session sheet
			opened.read(t, &session)
			read := i.call("get_checkout_session", `{"meta":{"api_version":"2026-04-17"},"id":"`+session.ID+`"}`)
			if string(read.Data) != string(opened.Data) {
				t.Errorf("opened %s\nread %s", opened.Data, read.Data)
			}
		})
	}
}

// sheet is what the tests look at of a session that a tool shows.
type sheet struct {
	ID, Status string
	Lines      []struct{ ID string } `json:"line_items"`
	Totals     []acp.Total
}

func (s sheet) total() int64 {
	total, _ := acp.Amount(s.Totals, acp.TotalTotal)
	return total
}
