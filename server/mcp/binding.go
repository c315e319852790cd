package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
)

// operation is one of the protocol's operations: a tool of the binding, and the
// request over HTTP that it stands for.
type operation struct {
	name, title, description string
	method, action           string // the path is /checkout_sessions, /ID and action
	created                  bool   // makes a session: takes no id
	input                    string // name of its schema
	readOnly, destructive    bool
	openWorld                bool
}

var operations = []operation{
	{name: "create_checkout_session", title: "Create a checkout session", method: http.MethodPost, created: true, input: "acp_create.in",
		description: "Opens a checkout session. The payload is the body of POST /checkout_sessions in the version that meta.api_version names."},
	{name: "get_checkout_session", title: "Retrieve a checkout session", method: http.MethodGet, input: "acp_get.in", readOnly: true,
		description: "The present state of a checkout session, as GET /checkout_sessions/{id} answers it."},
	{name: "update_checkout_session", title: "Update a checkout session", method: http.MethodPost, input: "acp_update.in",
		description: "Changes a checkout session. The payload is the body of POST /checkout_sessions/{id}."},
	{name: "complete_checkout_session", title: "Complete a checkout session", method: http.MethodPost, action: "/complete", input: "acp_complete.in",
		destructive: true, openWorld: true,
		description: "Pays a checkout session and places the order. The payload is the body of POST /checkout_sessions/{id}/complete. Send meta.idempotency_key, and the same one to repeat."},
	{name: "cancel_checkout_session", title: "Cancel a checkout session", method: http.MethodPost, action: "/cancel", input: "acp_cancel.in", destructive: true,
		description: "Ends a checkout session. The payload, which may be left out, is the body of POST /checkout_sessions/{id}/cancel."},
}

// binding serves the protocol's own MCP binding. Each call becomes the request
// over HTTP that it stands for, so that versions, signatures, credentials,
// idempotency and errors are those of ACP over HTTP and not another's. raw
// answers as the binding's document has it: the session as the JSON-RPC result,
// errors as JSON-RPC errors. Otherwise both are results of MCP tools.
func (s *Surface) binding(raw bool) http.Handler {
	has := &sdk.ServerCapabilities{Tools: &sdk.ToolCapabilities{}}
	server := sdk.NewServer(&sdk.Implementation{Name: "checkstand-acp", Title: "Agentic checkout", Version: s.Version}, &sdk.ServerOptions{
		Instructions: "The checkout of the Agentic Commerce Protocol as tools. Send the shop's key as a bearer token; meta.api_version is required.",
		Capabilities: has})
	server.AddReceivingMiddleware(declaredOnly(has))
	for i := range operations {
		op := &operations[i]
		yes, no := true, false
		hint := map[bool]*bool{true: &yes, false: &no}
		server.AddTool(&sdk.Tool{Name: op.name, Title: op.title, Description: op.description,
			InputSchema: s.schema(op.input), OutputSchema: s.schema("acp_session.out"),
			Annotations: &sdk.ToolAnnotations{Title: op.title, ReadOnlyHint: op.readOnly, IdempotentHint: op.readOnly,
				DestructiveHint: hint[op.destructive], OpenWorldHint: hint[op.openWorld]}},
			func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
				return s.exchange(ctx, op, req.Params.Arguments, header(req)).tool(), nil
			})
		if raw {
			// OpenRPC clients call the operations by their names.
			err := sdk.AddReceivingCustomMethod(server, op.name, func(context.Context, *sdk.ServerSession, *rawParams) (*sdk.CallToolResult, error) {
				return nil, errors.New("answered by middleware")
			})
			if err != nil {
				panic(err) // the names are not those of MCP's own methods
			}
		}
	}
	if raw {
		server.AddReceivingMiddleware(s.rawResults)
	}
	return streamable(server, s.BodyLimit)
}

func header(req sdk.Request) http.Header {
	if extra := req.GetExtra(); extra != nil {
		return extra.Header
	}
	return nil
}

// arguments are what every tool of the binding takes. Unknown members of meta
// are ignored.
type arguments struct {
	Meta struct {
		APIVersion     string `json:"api_version"`
		IdempotencyKey string `json:"idempotency_key"`
		RequestID      string `json:"request_id"`
		UserAgent      string `json:"user_agent"`
		AcceptLanguage string `json:"accept_language"`
		Signature      string `json:"signature"`
		Timestamp      string `json:"timestamp"`
	} `json:"meta"`
	ID      string          `json:"id"`
	Payload json.RawMessage `json:"payload"`
}

// reply is the answer to a request over HTTP.
type reply struct {
	status int
	body   []byte
}

// exchange carries a call out as a request over HTTP, with the credential of
// the call's own request.
func (s *Surface) exchange(ctx context.Context, op *operation, raw json.RawMessage, from http.Header) (answer reply) {
	defer func() {
		if v := recover(); v != nil {
			s.Log.ErrorContext(ctx, "panic in a tool", "tool", op.name, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			answer = faulty(http.StatusInternalServerError, "processing_error", "internal_error", "", internalFailure)
		}
	}()
	var args arguments
	if err := json.Unmarshal(raw, &args); err != nil && len(raw) > 0 {
		return faulty(http.StatusBadRequest, "invalid_request", "invalid", "",
			"The arguments are not {meta, id, payload} with text in meta and id. Correct their types.")
	}
	switch {
	case op.created:
	case args.ID == "":
		return faulty(http.StatusBadRequest, "invalid_request", "missing", "$.id", "Required. Send the id of the checkout session.")
	case !wellFormed(args.ID): // nor is it fit for a path
		return faulty(http.StatusNotFound, "invalid_request", "not_found", "", "There is no such checkout session. Create one with create_checkout_session.")
	}
	path := "/checkout_sessions"
	if !op.created {
		path += "/" + args.ID + op.action
	}
	body := []byte(args.Payload)
	if string(body) == "null" || op.method == http.MethodGet {
		body = nil
	}
	req, err := http.NewRequestWithContext(ctx, op.method, s.BaseURL+path, bytes.NewReader(body))
	if err != nil { // the address is ours
		s.Log.ErrorContext(ctx, "a tool's request cannot be made", "tool", op.name, "error", err)
		return faulty(http.StatusInternalServerError, "processing_error", "internal_error", "", internalFailure)
	}
	args.headers(req.Header, from)
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if op.method == http.MethodPost && args.Meta.IdempotencyKey == "" {
		// The binding leaves the key out where it is not sent. A new key each
		// time is that: a request that is like no other.
		req.Header.Set("Idempotency-Key", id.New("mcp", s.Now()))
	}
	w := &recorder{header: http.Header{}}
	s.REST.ServeHTTP(w, req)
	return reply{w.status, w.body.Bytes()}.inArguments()
}

// inArguments makes the path in an error one into the tool's arguments, where
// the request's body is the payload.
func (r reply) inArguments() reply {
	var e acp.Error
	if !r.failed() || json.Unmarshal(r.body, &e) != nil || !strings.HasPrefix(e.Param, "$") {
		return r
	}
	e.Param = "$.payload" + strings.TrimPrefix(e.Param, "$")
	body, err := json.Marshal(&e)
	if err != nil {
		return r
	}
	return reply{r.status, body}
}

// headers writes meta as the headers it stands for.
func (a *arguments) headers(to, from http.Header) {
	to.Set("Authorization", from.Get("Authorization"))
	for name, value := range map[string]string{"API-Version": a.Meta.APIVersion, "Idempotency-Key": a.Meta.IdempotencyKey,
		"Request-Id": a.Meta.RequestID, "User-Agent": a.Meta.UserAgent, "Accept-Language": a.Meta.AcceptLanguage,
		"Signature": a.Meta.Signature, "Timestamp": a.Meta.Timestamp} {
		if value != "" {
			to.Set(name, value)
		}
	}
}

// faulty is a refusal of the binding itself, in the protocol's form.
func faulty(status int, kind, code, param, message string) reply {
	fields := map[string]string{"type": kind, "code": code, "message": message}
	if param != "" {
		fields["param"] = param
	}
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err) // strings always marshal
	}
	return reply{status, body}
}

func (r reply) failed() bool { return r.status >= http.StatusBadRequest }

// tool is the reply as the result of an MCP tool.
func (r reply) tool() *sdk.CallToolResult {
	return &sdk.CallToolResult{IsError: r.failed(), StructuredContent: json.RawMessage(r.body),
		Content: []sdk.Content{&sdk.TextContent{Text: string(r.body)}}}
}

// rawParams are the arguments of an operation that is called by its name.
type rawParams struct {
	sdk.ParamsBase
	Meta    json.RawMessage `json:"meta,omitempty"`
	ID      json.RawMessage `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// rawResult is a session as the whole of a JSON-RPC result.
type rawResult struct {
	*sdk.CallToolResult
	body json.RawMessage
}

func (r rawResult) MarshalJSON() ([]byte, error) { return r.body, nil }

// codeACP is the JSON-RPC code of every error of the protocol.
const codeACP = -32000

// rawResults is middleware that answers calls with the session alone.
func (s *Surface) rawResults(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		name, args := method, json.RawMessage(nil)
		switch p := req.GetParams().(type) {
		case *sdk.CallToolParamsRaw:
			name, args = p.Name, p.Arguments
		case *rawParams:
			b, err := json.Marshal(map[string]json.RawMessage{"meta": orNull(p.Meta), "id": orNull(p.ID), "payload": orNull(p.Payload)})
			if err != nil {
				return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "The params are not {meta, id, payload}."}
			}
			args = b
		default:
			return next(ctx, method, req)
		}
		for i := range operations {
			if op := &operations[i]; op.name == name {
				return s.exchange(ctx, op, args, header(req)).raw()
			}
		}
		return next(ctx, method, req)
	}
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// raw is the reply as a JSON-RPC result or error.
func (r reply) raw() (sdk.Result, error) {
	if !r.failed() {
		return rawResult{CallToolResult: &sdk.CallToolResult{}, body: r.body}, nil
	}
	var e struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(r.body, &e); err != nil || e.Message == "" {
		e.Message = http.StatusText(r.status)
	}
	return nil, &jsonrpc.Error{Code: codeACP, Message: e.Message, Data: r.body}
}

// recorder keeps the answer of a handler in memory.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
