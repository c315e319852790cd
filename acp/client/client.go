// Package client is what an agent uses to talk to a merchant: it speaks the
// Agentic Commerce Protocol over HTTP in the shape of any released API
// version, and reads what comes back into one small view. Requests are the
// model of package acp, written strictly; answers are read tolerantly, so that
// a server with a fault still shows what it said.
//
// Purchase plays an agent's whole purchase and reports each step.
package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/secret"
)

// Limits and defaults.
const (
	MaxResponse      = 4 << 20 // bytes of an answer's body
	DefaultTimeout   = 30 * time.Second
	DefaultLanguage  = "en-US"
	DefaultUserAgent = "checkstand-agent/1"
	maxErrorText     = 500 // characters of a message that are kept
)

// Config says whom to talk to and how. BaseURL and Version are required.
type Config struct {
	BaseURL    string        // where /checkout_sessions lives, without a slash at its end
	APIKey     secret.String // Bearer credential; not sent with discovery
	Version    acp.Version   // API-Version of every call
	HTTPClient *http.Client  // http.DefaultClient when nil; redirects are never followed

	SignatureSecret secret.String // signs the calls to the merchant: a shared secret, or a private key in PEM; zero sends a Timestamp alone
	SignatureMode   sign.Mode     // sign.TimestampMode when empty

	Language  string        // Accept-Language; DefaultLanguage when empty
	UserAgent string        // DefaultUserAgent when empty
	Timeout   time.Duration // for one call, answer included; DefaultTimeout when 0
	Now       func() time.Time
}

// Client talks to one merchant in one API version. It is safe for concurrent
// use.
type Client struct {
	cfg     Config
	base    *url.URL
	dialect dialect
	http    *http.Client
}

// New checks the configuration; the error names the field that is wrong.
func New(cfg Config) (*Client, error) {
	base, err := endpoint(cfg.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	d, ok := dialectOf(cfg.Version)
	if !ok {
		return nil, fmt.Errorf("API version %q is not known: use one of %s", cfg.Version, strings.Join(versionNames(), ", "))
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("timeout is negative")
	}
	cfg.Language = cmp.Or(cfg.Language, DefaultLanguage)
	cfg.UserAgent = cmp.Or(cfg.UserAgent, DefaultUserAgent)
	cfg.Timeout = cmp.Or(cfg.Timeout, DefaultTimeout)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Client{cfg: cfg, base: base, dialect: d, http: withoutRedirects(cfg.HTTPClient)}, nil
}

// Version is the API version that the client speaks.
func (c *Client) Version() acp.Version { return c.cfg.Version }

// BaseURL is where the client sends its calls.
func (c *Client) BaseURL() string { return c.base.String() }

// at is the same client for another base URL.
func (c *Client) at(base *url.URL) *Client {
	moved := *c
	moved.base = base
	return &moved
}

// withoutRedirects is client as it is, but for redirects: a credential and a
// body with an address in it must not travel to where a server points.
func withoutRedirects(client *http.Client) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	straight := *client
	straight.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &straight
}

// endpoint parses an absolute http or https URL.
func endpoint(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(strings.TrimSpace(raw), "/"))
	switch {
	case raw == "":
		return nil, errors.New("empty: give an address such as https://shop.example.com")
	case err != nil:
		return nil, errors.New("not a URL: give an address such as https://shop.example.com")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, errors.New("not an absolute http or https URL: give an address such as https://shop.example.com")
	case u.User != nil:
		return nil, errors.New("has a user name or password in it: give the key separately")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("has a query or a fragment: give the address alone")
	}
	return u, nil
}

// Discovery is /.well-known/acp.json, as much of it as an agent acts on.
type Discovery struct {
	Version           acp.Version
	SupportedVersions []acp.Version
	APIBaseURL        string
	Transports        []string // rest, mcp
	Services          []string // checkout, orders, carts, delegate_payment
	Currencies        []string // empty when the shop does not say
	Raw               []byte

	HTTPStatus int
}

// Discover reads the discovery document at the root of the base URL's host.
// Versions before 2026-04-17 do not know it: a 404 *Error is then usual.
func (c *Client) Discover(ctx context.Context) (*Discovery, error) {
	at := url.URL{Scheme: c.base.Scheme, Host: c.base.Host, Path: "/.well-known/acp.json"}
	a, err := c.send(ctx, request{method: http.MethodGet, url: at.String()})
	if err != nil {
		return nil, err
	}
	return readDiscovery(a)
}

// Create opens a checkout session (POST /checkout_sessions). What the client's
// version cannot express is an ErrUnsupported, before anything is sent. A
// refusal of the server is an *Error.
func (c *Client) Create(ctx context.Context, r acp.CreateRequest, opts ...CallOption) (*Session, error) {
	body, err := c.dialect.create(r)
	return c.session(ctx, http.MethodPost, "", body, err, opts)
}

// Update changes a session (POST /checkout_sessions/{id}). Errors are those of
// Create.
func (c *Client) Update(ctx context.Context, id string, r acp.UpdateRequest, opts ...CallOption) (*Session, error) {
	body, err := c.dialect.update(r)
	return c.sessionOf(ctx, http.MethodPost, id, "", body, err, opts)
}

// Get reads a session (GET /checkout_sessions/{id}).
func (c *Client) Get(ctx context.Context, id string, opts ...CallOption) (*Session, error) {
	return c.sessionOf(ctx, http.MethodGet, id, "", nil, nil, opts)
}

// Complete pays a session (POST /checkout_sessions/{id}/complete). Errors are
// those of Create. After a failure that leaves the outcome open, repeat it
// with the same IdempotencyKey.
func (c *Client) Complete(ctx context.Context, id string, r acp.CompleteRequest, opts ...CallOption) (*Session, error) {
	body, err := c.dialect.complete(r)
	return c.sessionOf(ctx, http.MethodPost, id, "/complete", body, err, opts)
}

// Cancel ends a session (POST /checkout_sessions/{id}/cancel). Errors are those
// of Create.
func (c *Client) Cancel(ctx context.Context, id string, r acp.CancelRequest, opts ...CallOption) (*Session, error) {
	body, err := c.dialect.cancel(r)
	return c.sessionOf(ctx, http.MethodPost, id, "/cancel", body, err, opts)
}

// sessionOf sends a call about session id.
func (c *Client) sessionOf(ctx context.Context, method, id, action string, body object, err error, opts []CallOption) (*Session, error) {
	if id == "" || id == "." || id == ".." {
		return nil, errors.New("session id is empty: give the id that create answered with")
	}
	return c.session(ctx, method, "/"+url.PathEscape(id)+action, body, err, opts)
}

// session sends a call, unless encoding its body has failed already, and reads
// the session in the answer.
func (c *Client) session(ctx context.Context, method, path string, body object, err error, opts []CallOption) (*Session, error) {
	if err != nil {
		return nil, err
	}
	r := request{method: method, url: c.base.String() + "/checkout_sessions" + path, bearer: c.cfg.APIKey, signing: c.cfg.SignatureSecret, versioned: true}
	if r.body, err = body.encode(); err != nil {
		return nil, err
	}
	for _, o := range opts {
		o(&r)
	}
	a, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	s, err := ReadSession(a.body)
	if err != nil {
		return nil, err
	}
	s.HTTPStatus, s.RequestID, s.Replayed = a.status, clean(a.header.Get("Request-Id")), a.header.Get("Idempotent-Replayed") == "true"
	return s, nil
}
