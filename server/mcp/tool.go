package mcp

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/id"
)

// schemas are written by hand: those made from Go types refuse null and unknown
// members, which hosts send.
//
//go:embed schemas/*.json
var schemas embed.FS

// schema returns schemas/NAME.json with the limits of this server, which are
// texts in braces there.
func (s *Surface) schema(name string) json.RawMessage {
	b, err := schemas.ReadFile("schemas/" + name + ".json")
	if err != nil {
		panic(err) // it is part of the program, and a test reads all of them
	}
	return json.RawMessage(strings.NewReplacer(
		`"{line_items}"`, strconv.Itoa(s.Requests.LineItems),
		`"{quantity}"`, strconv.FormatInt(s.Requests.Quantity, 10),
		`"{discount_codes}"`, strconv.Itoa(s.Requests.DiscountCodes)).Replace(string(b)))
}

// tool is one tool of the app.
type tool struct {
	name, title, description string
	// Words for the chat while it runs and after it, at most 64 characters.
	invoking, invoked string
	input, output     string // names of schemas
	readOnly          bool   // changes nothing at all
	destructive       bool   // cannot be undone
	idempotent        bool   // a repeat changes nothing more
	openWorld         bool   // affects others than the shop
	opensWidget       bool
	fromWidget        bool // the widget calls it
	hidden            bool // from the model
	reasons           Reasons
	run               func(context.Context, *app, *wire.Document) result
}

// result is what a tool answers: a sentence or two for the model, and JSON that
// the model and the widget see.
type result struct {
	text    string
	data    json.RawMessage
	failed  bool // the call was malformed, or the server failed
	outcome string
	session string    // for the log
	cause   error     // for the log
	meta    *sdk.Meta // for the widget alone
}

// describe makes the tool as hosts list it, with the keys of today and those
// that older hosts read.
func (t *tool) describe(s *Surface, links *identity) *sdk.Tool {
	no, yes := false, true
	flag := func(b bool) *bool {
		if b {
			return &yes
		}
		return &no
	}
	visibility, legacy := []string{"model", "app"}, "public"
	if t.hidden {
		visibility, legacy = []string{"app"}, "private"
	} else if !t.fromWidget {
		visibility = []string{"model"}
	}
	ui := map[string]any{"visibility": visibility}
	meta := sdk.Meta{"ui": ui, "openai/visibility": legacy, "openai/widgetAccessible": t.fromWidget,
		"openai/toolInvocation/invoking": t.invoking, "openai/toolInvocation/invoked": t.invoked,
		"securitySchemes": links.schemes(t.name)}
	if t.opensWidget {
		ui["resourceUri"] = WidgetURI
		meta["openai/outputTemplate"], meta["ui/resourceUri"] = WidgetURI, WidgetURI
	}
	return &sdk.Tool{Name: t.name, Title: t.title, Description: t.description, Meta: meta,
		InputSchema: s.schema(t.input), OutputSchema: s.schema(t.output),
		Annotations: &sdk.ToolAnnotations{Title: t.title, ReadOnlyHint: t.readOnly, DestructiveHint: flag(t.destructive),
			IdempotentHint: t.idempotent, OpenWorldHint: flag(t.openWorld)}}
}

// call runs a tool and writes one log line. Nothing of the arguments is in it
// but the session's id.
func (a *app) call(ctx context.Context, t *tool, req *sdk.CallToolRequest) (answer *sdk.CallToolResult) {
	started := a.surface.Now()
	r := result{failed: true, outcome: "panic", text: internalFailure}
	defer func() {
		if v := recover(); v != nil {
			a.surface.Log.ErrorContext(ctx, "panic in a tool", "tool", t.name, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			answer = r.wire()
		}
		a.log(ctx, t, &r, started)
	}()
	if refused := a.identity.demand(t.name, req); refused != nil {
		r.outcome, r.text = "sign_in_required", ""
		return refused
	}
	if a.bucket.Take(everybody{}) > 0 {
		r = failure("rate_limited", "The shop gets too many calls at the moment. Nothing was changed. Try again in a few seconds.", nil)
		return r.wire()
	}
	doc, err := a.parsed(req.Params.Arguments)
	if err != nil {
		r = malformed(err)
		return r.wire()
	}
	r = t.run(withLanguage(ctx, req.Params.Meta), a, doc)
	return r.wire()
}

// parsed reads arguments; none are an empty object.
func (a *app) parsed(args json.RawMessage) (*wire.Document, error) {
	if text := strings.TrimSpace(string(args)); text == "" || text == "null" {
		args = json.RawMessage("{}")
	}
	return wire.Parse(args, a.surface.Requests)
}

func (a *app) log(ctx context.Context, t *tool, r *result, started time.Time) {
	level := slog.LevelInfo
	if r.failed && r.cause != nil {
		level = slog.LevelError
	}
	log := a.surface.Log
	if !log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("tool", t.name), slog.String("merchant", a.MerchantID), slog.String("agent", a.Agent),
		slog.String("outcome", r.outcome), slog.Duration("took", a.surface.Now().Sub(started))}
	if strings.HasPrefix(r.session, id.Session+"_") && len(r.session) <= maxLoggedID {
		attrs = append(attrs, slog.String("session", r.session))
	}
	if r.cause != nil {
		attrs = append(attrs, slog.String("cause", r.cause.Error()))
	}
	log.LogAttrs(ctx, level, "tool call", attrs...)
}

// maxLoggedID bounds a session id in the log, in bytes.
const maxLoggedID = 64

func (r *result) wire() *sdk.CallToolResult {
	out := &sdk.CallToolResult{IsError: r.failed, Content: []sdk.Content{&sdk.TextContent{Text: r.text}}}
	if r.data != nil {
		out.StructuredContent = r.data
	}
	if r.meta != nil {
		out.Meta = *r.meta
	}
	return out
}

const internalFailure = "Something went wrong in the shop's system. Try again in a moment."

// messagesData is the JSON of a result that has nothing but messages.
func messagesData(code, param, content string) json.RawMessage {
	type message struct {
		Type        string `json:"type"`
		Code        string `json:"code"`
		Param       string `json:"param,omitempty"`
		ContentType string `json:"content_type"`
		Content     string `json:"content"`
	}
	b, err := json.Marshal(map[string]any{"messages": []message{{"error", code, param, "plain", content}}})
	if err != nil {
		panic(err) // strings always marshal
	}
	return b
}

// failure is a call that could not be carried out. cause is for the log.
func failure(code, content string, cause error) result {
	return result{text: content, data: messagesData(code, "", content), failed: true, outcome: code, cause: cause}
}

// missing is an answer about something that the shop does not have.
func missing(content string) result {
	return result{text: content, data: messagesData(acp.CodeNotFound, "", content), outcome: acp.CodeNotFound}
}

// malformed is a call whose arguments cannot be read. It says which and why.
func malformed(err error) result {
	e := acp.AsError(err)
	if e.Status >= 500 {
		return failure("internal_error", internalFailure, err)
	}
	text := e.Message
	if e.Param != "" {
		text = e.Param + ": " + text
	}
	return result{text: text, data: messagesData(e.Code, e.Param, e.Message), failed: true, outcome: e.Code}
}

// refusal is a business error without a session to show.
func refusal(e *acp.Error) result {
	return result{text: e.Message, data: messagesData(e.Code, e.Param, e.Message), outcome: e.Code}
}
