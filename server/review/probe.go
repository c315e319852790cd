package review

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/checkstand/checkstand/server/mcp"
)

// Bounds of a probe.
const (
	// DefaultProbeTimeout is how long one answer may take.
	DefaultProbeTimeout = 10 * time.Second
	maxAnswer           = 4 << 20 // bytes
	maxHops             = 5       // redirects of a page
	maxShown            = 60      // characters of an answer that a finding shows
)

// Prober asks the public address what the store will ask it.
type Prober struct {
	Client  *http.Client  // http.DefaultTransport without a timeout of its own when nil
	Timeout time.Duration // of one answer; DefaultProbeTimeout when 0
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// probing is one probe.
type probing struct {
	*Prober
	*checker
	client  *http.Client
	timeout time.Duration
}

// probe asks everything, one question after the other.
func (p *Prober) probe(ctx context.Context, in *Input) []Finding {
	do := &probing{Prober: p, checker: &checker{Input: in, at: fmt.Sprintf("merchants[%d]", in.Shop)}, timeout: p.Timeout, client: &http.Client{}}
	if p.Client != nil {
		*do.client = *p.Client
	}
	if do.timeout <= 0 {
		do.timeout = DefaultProbeTimeout
	}
	do.challenge(ctx)
	do.endpoint(ctx)
	do.readPages(ctx)
	if in.shop().App.OAuth.Issuer != "" {
		do.identity(ctx)
	}
	return do.findings
}

// errHops is returned by a client that was sent on more often than maxHops.
var errHops = errors.New("it leads on and on")

// ask sends a request. Redirects are followed for pages alone: what the store
// asks for has to be where it asks.
func (p *probing) ask(ctx context.Context, method, address string, body []byte, follow bool) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "Checkstand-review/1")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
	}
	client := *p.client
	client.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
		switch {
		case !follow:
			return http.ErrUseLastResponse
		case len(via) > maxHops:
			return errHops
		}
		return nil
	}
	resp, err := client.Do(req)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("no answer within %s", p.timeout)
		}
		if in := (*url.Error)(nil); errors.As(err, &in) {
			err = in.Err // its URL is in the finding already
		}
		return nil, err
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("no whole answer within %s", p.timeout)
	case err != nil:
		return nil, err
	case len(read) > maxAnswer:
		return nil, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return &answer{resp.StatusCode, resp.Header, read}, nil
}

// kind is the media type of an answer.
func (a *answer) kind() string {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return "no media type"
	}
	return kind
}

// base is the public address without a slash at the end.
func (p *probing) base() string { return strings.TrimSuffix(p.Config.PublicURL, "/") }

const deploy = "See that the server of this configuration runs behind the public address, and nothing in front of it changes or keeps answers."

// challenge asks for the token of the domain verification.
func (p *probing) challenge(ctx context.Context) {
	const id, title = "probe_challenge", "Answer of the domain verification"
	token := p.shop().App.Challenge
	if token == "" {
		return // the configuration lacks it, which is told already
	}
	address := p.base() + mcp.ChallengePath
	a, err := p.ask(ctx, http.MethodGet, address, nil, false)
	wrong := ""
	switch {
	case err != nil:
		wrong = fmt.Sprintf("%s: %v.", address, err)
	case a.status != http.StatusOK:
		wrong = fmt.Sprintf("%s answers %d and not 200.", address, a.status)
	case a.kind() != "text/plain":
		wrong = fmt.Sprintf("%s answers %s and not text/plain.", address, a.kind())
	case string(a.body) == token:
		p.met(id, title, "exactly the token, as plain text")
		return
	case strings.TrimSpace(string(a.body)) == token:
		wrong = address + " answers the token with white space around it; it has to be the token and nothing else."
	default:
		wrong = fmt.Sprintf("%s answers another text than the configured token: %s.", address, shown(a.body))
	}
	p.missing(id, title, wrong, "app.challenge", deploy)
}

// shown quotes the beginning of an answer.
func shown(body []byte) string {
	text := strings.ToValidUTF8(string(body[:min(len(body), maxShown*utf8.UTFMax)]), "?")
	if runes := []rune(text); len(runes) > maxShown {
		text = string(runes[:maxShown]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

// call is one MCP request to the endpoint. A problem is in words.
func (p *probing) call(ctx context.Context, method string, params any, into any) (problem string) {
	address := p.Listing.Endpoint
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		panic(err) // it is made of texts and maps
	}
	a, err := p.ask(ctx, http.MethodPost, address, body, false)
	switch {
	case err != nil:
		return fmt.Sprintf("%s: %s: %v.", address, method, err)
	case a.status != http.StatusOK:
		return fmt.Sprintf("%s: %s answers %d and not 200: %s.", address, method, a.status, shown(a.body))
	case a.kind() != "application/json":
		return fmt.Sprintf("%s: %s answers %s and not JSON.", address, method, a.kind())
	}
	var message struct {
		Result json.RawMessage `json:"result"`
		Error  *struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(a.body, &message); err != nil {
		return fmt.Sprintf("%s: %s answers no JSON-RPC: %s.", address, method, shown(a.body))
	}
	if message.Error != nil {
		return fmt.Sprintf("%s: %s is refused: %s.", address, method, shown([]byte(message.Error.Message)))
	}
	if err := json.Unmarshal(message.Result, into); err != nil {
		return fmt.Sprintf("%s: the result of %s is not of MCP: %s.", address, method, shown(message.Result))
	}
	return ""
}

// endpoint reads the app as the store does: the greeting, the tools, the
// widget. What is served has to be what this configuration lists.
func (p *probing) endpoint(ctx context.Context) {
	const id, title = "probe_mcp", "Answer of the endpoint"
	var greeting struct {
		Instructions string `json:"instructions"`
		Server       struct {
			Name string `json:"name"`
		} `json:"serverInfo"`
	}
	if problem := p.call(ctx, "initialize", map[string]any{"protocolVersion": "2025-11-25", "capabilities": map[string]any{},
		"clientInfo": map[string]any{"name": "checkstand-review", "version": "1"}}, &greeting); problem != "" {
		p.missing(id, title, problem, "", deploy)
		return
	}
	if greeting.Server.Name == "" {
		p.missing(id, title, p.Listing.Endpoint+": initialize does not name a server.", "", deploy)
		return
	}
	p.met(id, title, "initialize is answered by "+greeting.Server.Name)
	p.servedTools(ctx)
	p.servedWidget(ctx)
	if greeting.Instructions != p.Listing.Instructions {
		p.missing("probe_instructions", "Instructions of the server", "It gives others than this configuration.", "", deploy)
	}
}

func (p *probing) servedTools(ctx context.Context) {
	const id, title = "probe_tools", "Tools of the server"
	var list struct {
		Tools []map[string]any `json:"tools"`
	}
	if problem := p.call(ctx, "tools/list", map[string]any{}, &list); problem != "" {
		p.missing(id, title, problem, "", deploy)
		return
	}
	served := make(map[string]map[string]any, len(list.Tools))
	for _, t := range list.Tools {
		if name, ok := t["name"].(string); ok {
			served[name] = t
		}
	}
	var absent, other []string
	for _, t := range p.Listing.Tools {
		got, ok := served[t.Name]
		delete(served, t.Name)
		// This member is not part of the SDK's tool; its twin in _meta is
		// compared.
		delete(got, "securitySchemes")
		switch {
		case !ok:
			absent = append(absent, t.Name)
		case !reflect.DeepEqual(any(got), asJSON(t.Tool)):
			other = append(other, t.Name)
		}
	}
	var wrong []string
	if len(absent) > 0 {
		wrong = append(wrong, "These are not served: "+strings.Join(absent, ", ")+".")
	}
	if len(other) > 0 {
		wrong = append(wrong, "These are served with another description, schema or hint: "+strings.Join(other, ", ")+".")
	}
	if len(served) > 0 {
		wrong = append(wrong, count(int64(len(served)), "tool")+" beside these.")
	}
	if len(wrong) > 0 {
		p.missing(id, title, strings.Join(wrong, " "), "", "Restart the server with this configuration and this version of Checkstand.")
		return
	}
	p.met(id, title, fmt.Sprintf("all %d, as this configuration lists them", len(p.Listing.Tools)))
}

func (p *probing) servedWidget(ctx context.Context) {
	const id, title = "probe_widget", "Widget of the server"
	var read struct {
		Contents []struct {
			Text string `json:"text"`
			Meta any    `json:"_meta"`
		} `json:"contents"`
	}
	problem := p.call(ctx, "resources/read", map[string]any{"uri": mcp.WidgetURI}, &read)
	switch {
	case problem != "":
	case len(read.Contents) != 1 || !strings.Contains(read.Contents[0].Text, "<html"):
		problem = p.Listing.Endpoint + ": " + mcp.WidgetURI + " is no page."
	case !reflect.DeepEqual(read.Contents[0].Meta, asJSON(p.Listing.Widget.Meta)):
		problem = "It is served with another domain or content security policy than this configuration has."
	default:
		p.met(id, title, "with the domain and the content security policy of this configuration")
		return
	}
	p.missing(id, title, problem, "", "Restart the server with this configuration.")
}

// asJSON is a value as it comes out of JSON.
func asJSON(v any) (out any) {
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(err) // it was served as JSON
	}
	return out
}
