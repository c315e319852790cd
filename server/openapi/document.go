// Package openapi describes the server: every route, what goes in and comes
// out in each API version, and every refusal. The description is one model,
// which is written as an OpenAPI document for programs, and shown by package
// web as a page for readers.
//
// What requests and answers are made of is in schemas.txt, the routes are in
// operations.go. Tests hold both against the code and against real answers.
package openapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// Options are what a description says of one server.
type Options struct {
	BaseURL        string // the public origin
	Name           string // of the shop, or the program
	Unreleased     bool   // the draft of the next version is spoken
	MismatchStatus int    // of an idempotency conflict; 0 is the version's own
	BodyBytes      int64  // the longest body
	KeyPerSecond   int    // requests a second with one key; 0 for no limit
	AddressPerSec  int    // requests a second from one address; 0 for no limit
	// Requests are the limits on what a request may hold; the zero value is the
	// default ones.
	Requests acp.Limits
	// Retention is how long an answer is given again under its Idempotency-Key; 0
	// is idempotency.MinRetention.
	Retention time.Duration
	// SignatureWindow is how far the Timestamp of a signed request may be from the
	// clock; 0 is sign.Tolerance.
	SignatureWindow time.Duration
}

// Document describes a server in one API version.
type Document struct {
	Options
	Version    acp.Version
	Versions   []acp.Version // that there are descriptions for, the newest first
	Operations []Operation
	Types      map[string]*Type
	Codes      []Code
	NeedsKey   bool   // every POST needs an Idempotency-Key
	Signature  string // what the header of a webhook's signature holds

	names []string // of Types, in the order of the source
}

// New describes a server in a version; false when the version is not spoken.
func New(o Options, v acp.Version) (*Document, bool) {
	codec, ok := wire.Find(v, o.Unreleased)
	if !ok {
		return nil, false
	}
	if o.Requests == (acp.Limits{}) {
		o.Requests = acp.DefaultLimits()
	}
	d := &Document{Options: o, Version: v, Types: typesOf(slices.Index(Versions(), v), o.Requests), NeedsKey: codec.RequiresIdempotencyKey()}
	d.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	_, carts := wire.Carts(codec)
	d.Codes = codes(cmp.Or(o.MismatchStatus, codec.MismatchStatus()), carts)
	slices.SortStableFunc(d.Codes, func(a, b Code) int { return cmp.Compare(a.Status, b.Status) })
	d.Versions = wire.Supported()
	if o.Unreleased {
		d.Versions = append(d.Versions, acp.Unreleased)
	}
	slices.Reverse(d.Versions)
	if codec.WebhookSignature().Timestamped {
		d.Signature = "t=SECONDS,v1=HEX: hex HMAC-SHA256 of SECONDS, a full stop and the body"
	} else {
		d.Signature = "HMAC-SHA256 of the body, in base64 or hex as it was agreed"
	}
	for i := range types {
		if t := &types[i]; d.Types[t.Name] != nil && !slices.Contains(d.names, t.Name) {
			d.names = append(d.names, t.Name)
		}
	}
	d.Operations = slices.DeleteFunc(slices.Clone(operations), func(op Operation) bool {
		return slices.ContainsFunc(op.Answers, func(a Answer) bool { return a.Type != "" && d.Types[a.Type] == nil }) // not in this version
	})
	for i := range d.Operations {
		if op := &d.Operations[i]; d.Types[op.Body] == nil {
			op.Body = "" // this version has none
		}
	}
	return d, true
}

// Names lists the types in their order.
func (d *Document) Names() []string { return d.names }

// Limits says in words how much may be sent.
func (d *Document) Limits() []string {
	list := []string{fmt.Sprintf("A body is at most %d bytes; beyond it 413.", d.BodyBytes)}
	list = append(list, fmt.Sprintf("Metadata has at most %d members and %d bytes; beyond it 400.", d.Requests.MetadataMembers, d.Requests.MetadataBytes))
	if d.KeyPerSecond > 0 {
		list = append(list, fmt.Sprintf("%d requests a second with one key, in each process, with bursts of twice that; beyond it 429 with Retry-After.", d.KeyPerSecond))
	}
	if d.AddressPerSec > 0 {
		list = append(list, fmt.Sprintf("%d requests a second from one address, in each process, with bursts of twice that; beyond it 429 with Retry-After.", d.AddressPerSec))
	}
	return list
}

// PathParameters are those in an operation's path.
func (op Operation) PathParameters() []Parameter {
	var list []Parameter
	for _, m := range inPath.FindAllStringSubmatch(op.Path, -1) {
		list = append(list, Parameter{Name: m[1], Required: true, Doc: parameterDocs[m[1]]})
	}
	return list
}

var inPath = regexp.MustCompile(`\{([a-z_]+)\}`)

// Headers are those of an operation's requests.
func (d *Document) Headers(op Operation) []Parameter {
	if !op.Agent {
		return nil
	}
	list := agentHeaders(d)
	if op.Method == http.MethodGet {
		list = slices.DeleteFunc(list, func(p Parameter) bool { return p.Name == "Idempotency-Key" })
	}
	return list
}

// Example is an example of a type, as indented JSON.
func (d *Document) Example(name string) string {
	b, err := marshal(d.example(name))
	if err != nil {
		panic(err) // made of values that always marshal
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		panic(err) // it was just made
	}
	return out.String()
}

// Curl is a command that calls an operation.
func (d *Document) Curl(op Operation) string {
	path := op.Path
	for _, p := range op.PathParameters() {
		path = strings.ReplaceAll(path, "{"+p.Name+"}", strings.ToUpper(p.Name))
	}
	var b strings.Builder
	b.WriteString("curl ")
	if op.Method != http.MethodGet {
		b.WriteString("-X " + op.Method + " ")
	}
	b.WriteString(d.BaseURL + path)
	header := func(h string) { b.WriteString(" \\\n  -H '" + h + "'") }
	if op.Agent {
		header("Authorization: Bearer KEY")
		header("API-Version: " + string(d.Version))
		if op.Method != http.MethodGet {
			header("Idempotency-Key: NEW-FOR-EACH-REQUEST")
		}
	}
	if op.Body != "" {
		header("Content-Type: application/json")
		b.WriteString(" \\\n  -d '" + d.Example(op.Body) + "'")
	}
	return b.String()
}

// JSON is the OpenAPI document.
func (d *Document) JSON() ([]byte, error) {
	doc := object{{"openapi", "3.1.0"}, {"info", d.info()}, {"servers", []object{{{"url", cmp.Or(d.BaseURL, "/")}}}},
		{"tags", d.tags()}, {"paths", d.paths()}, {"webhooks", d.webhooks()}, {"components", d.components()}}
	b, err := marshal(doc)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, b, "", " ")
	return append(out.Bytes(), '\n'), err
}

// YAML is the same as YAML.
func (d *Document) YAML() ([]byte, error) {
	b, err := d.JSON()
	if err != nil {
		return nil, err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(b, &node); err != nil { // JSON is YAML
		return nil, err
	}
	plainStyle(&node)
	return yaml.Marshal(&node)
}

// plainStyle writes a document as people write YAML.
func plainStyle(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		plainStyle(c)
	}
}

func (d *Document) info() object {
	limits := strings.Join(d.Limits(), " ")
	return object{{"title", d.Name}, {"version", string(d.Version)}, {"summary", "Agentic Commerce Protocol, version " + string(d.Version)},
		{"description", "A shop that sells to AI agents. Amounts are integers in minor units of the session's currency. Unknown members of a request are ignored; answers of a later release may have more members. " + limits}}
}

func (d *Document) tags() []object {
	var list []object
	for _, t := range Tags {
		list = append(list, object{{"name", t.Name}, {"description", t.Doc}})
	}
	return list
}

func (d *Document) paths() object {
	byPath := map[string]object{}
	var order []string
	for _, op := range d.Operations {
		if byPath[op.Path] == nil {
			order = append(order, op.Path)
		}
		item := byPath[op.Path]
		item.set(strings.ToLower(op.Method), d.operation(op))
		byPath[op.Path] = item
	}
	out := object{}
	for _, path := range order {
		out.set(path, byPath[path])
	}
	return out
}

func (d *Document) operation(op Operation) object {
	o := object{{"operationId", op.ID}, {"tags", []string{op.Tag}}, {"summary", op.Summary}}
	if op.Detail != "" {
		o.set("description", op.Detail)
	}
	var parameters []object
	add := func(in string, list []Parameter) {
		for _, p := range list {
			schema := object{{"type", "string"}}
			if p.Words != nil {
				schema.set("enum", p.Words)
			}
			parameter := object{{"name", p.Name}, {"in", in}}
			if p.Required {
				parameter.set("required", true)
			}
			parameters = append(parameters, append(parameter, field{"description", p.Doc}, field{"schema", schema}))
		}
	}
	add("path", op.PathParameters())
	add("query", op.Query)
	add("header", d.Headers(op))
	if parameters != nil {
		o.set("parameters", parameters)
	}
	switch {
	case op.Body != "":
		o.set("requestBody", object{{"required", !op.BodyOptional}, {"content", object{{"application/json",
			object{{"schema", ref(op.Body)}, {"example", d.example(op.Body)}}}}}})
	case op.BodyType != "":
		o.set("requestBody", object{{"required", true}, {"content", object{{op.BodyType, object{}}}}})
	}
	o.set("responses", d.responses(op))
	if op.Agent || strings.HasPrefix(op.Path, "/acp/mcp") {
		o.set("security", []object{{{"key", []string{}}}})
	}
	return o
}

func (d *Document) responses(op Operation) object {
	out := object{}
	for _, a := range op.Answers {
		content := object{}
		if a.Type != "" {
			content.set("schema", ref(a.Type))
			content.set("example", d.example(a.Type))
		}
		answer := object{{"description", a.Doc}}
		if op.Agent {
			answer.set("headers", d.answerHeaders(op))
		}
		answer.set("content", object{{cmp.Or(a.Media, "application/json"), content}})
		out.set(strconv.Itoa(a.Status), answer)
	}
	if !op.Agent {
		return out
	}
	for _, status := range d.Statuses() {
		out.set(strconv.Itoa(status), object{{"$ref", "#/components/responses/" + strconv.Itoa(status)}})
	}
	return out
}

func (d *Document) answerHeaders(op Operation) object {
	text := object{{"type", "string"}}
	h := object{{"Request-Id", object{{"description", "As it was sent, or a new one."}, {"schema", text}}},
		{"API-Version", object{{"description", "The version of the answer."}, {"schema", text}}}}
	if op.Method != http.MethodGet {
		h.set("Idempotency-Key", object{{"description", "As it was sent."}, {"schema", text}})
		h.set("Idempotent-Replayed", object{{"description", "true when this is the answer to an earlier request with the same key."}, {"schema", object{{"const", "true"}}}})
	}
	return h
}

// Statuses lists those of the refusals.
func (d *Document) Statuses() []int {
	seen := map[int]bool{}
	for _, c := range d.Codes {
		seen[c.Status] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func (d *Document) webhooks() object {
	header := func(name, doc string) object {
		return object{{"name", name}, {"in", "header"}, {"description", doc}, {"schema", object{{"type", "string"}}}}
	}
	post := object{{"operationId", "orderEvent"}, {"tags", []string{"Checkout"}}, {"summary", "What happened to an order"},
		{"description", "Sent to the address that is configured for the agent, in the version of the session; again, with a new signature, until the answer is 2xx. It may come twice, and the newest wins."},
		{"parameters", []object{header("Merchant-Signature", d.Signature+". The name of the header can be another."), header("Request-Id", "Of the delivery.")}},
		{"requestBody", object{{"required", true}, {"content", object{{"application/json", object{{"schema", ref("OrderEvent")}, {"example", d.example("OrderEvent")}}}}}}},
		{"responses", object{{"200", object{{"description", "Taken."}}}, {"401", object{{"description", "The signature is wrong."}}}}}}
	return object{{"orderEvent", object{{"post", post}}}}
}

func (d *Document) components() object {
	schemas := object{}
	for _, name := range d.names {
		schemas.set(name, d.Types[name].schema())
	}
	responses := object{}
	for _, status := range d.Statuses() {
		var lines []string
		for _, c := range d.Codes {
			if c.Status == status {
				lines = append(lines, c.Code+": "+c.Doc)
			}
		}
		answer := object{{"description", strings.Join(lines, "\n")}}
		if status == http.StatusTooManyRequests || status == http.StatusConflict || status == http.StatusServiceUnavailable {
			answer.set("headers", object{{"Retry-After", object{{"description", "Seconds to wait before the request is repeated."}, {"schema", object{{"type", "integer"}}}}}})
		}
		answer.set("content", object{{"application/json", object{{"schema", ref("Error")}}}})
		responses.set(strconv.Itoa(status), answer)
	}
	return object{{"schemas", schemas}, {"responses", responses}, {"securitySchemes", object{{"key",
		object{{"type", "http"}, {"scheme", "bearer"}, {"description", "A key of the shop, for one agent and one mode, test or live. A key can demand that requests are signed too, with Signature and Timestamp."}}}}}}
}
