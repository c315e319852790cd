// Package mcp serves the shop to chats over the Model Context Protocol. It has
// two kinds of endpoints on the same core as ACP over HTTP:
//
//	/mcp, /mcp/{shop}      the ChatGPT app of a shop: tools, a widget, a payment sheet
//	/acp/mcp, /acp/mcp/raw the protocol's own binding: its five operations as tools
//
// They are apart because both have tools of the same names with other shapes.
// Like every surface it is thin: it finds out who asks, decodes, calls one
// method of the core and writes the answer down.
package mcp

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/server/limit"
)

// Config is what the surface needs. All fields but Log, Limits and HTTPClient
// are required.
type Config struct {
	Core      *checkout.Service
	Merchants checkout.Merchants
	Catalogue Catalogue
	Orders    Orders
	// Apps are the shops that sell in chats, the one at /mcp first.
	Apps []App
	// REST is ACP over HTTP, which the binding's tools are another way into.
	REST http.Handler
	// BaseURL is the public origin, without a slash at the end.
	BaseURL   string
	Version   string // of this program, for hosts to show
	BodyLimit int64  // bytes of a request body; a longer one is 413
	// Requests are the limits on what the arguments of a tool may hold.
	Requests acp.Limits
	// CompleteWait is how long complete_checkout waits for the outcome of a
	// payment that another call has begun.
	CompleteWait time.Duration
	Now          func() time.Time
	Log          *slog.Logger
	Limits       *limit.Limits // of requests; nil for none
	HTTPClient   *http.Client  // for identity providers; one with a timeout when nil
}

// App is what the shop of one ChatGPT app decides.
type App struct {
	MerchantID string
	Agent      string // whose sessions these are
	Live       bool
	// PaymentSheet lets the host take the payment. Provider is the payment
	// provider's name there, Methods the ways to pay, NamedMethods writes them
	// as names alone.
	PaymentSheet bool
	Provider     string
	Methods      []string
	NamedMethods bool
	// ExposeComplete shows complete_checkout to the model.
	ExposeComplete bool
	Domain         string   // the widget's origin at the host; "" for the host's own
	Redirects      []string // more origins that the widget may send buyers to
	Pictures       []string // more origins that pictures come from
	Calls          int      // tool calls a second; 0 is no limit
	Challenge      string   // of the domain verification; "" when there is none
	Widget         string   // the widget's page, self-contained HTML
	Logo           string   // an absolute URL; "" when there is none
	OAuth          OAuth
}

// Orders reads orders after the sale.
type Orders interface {
	// OrderByID returns the order or checkout.ErrNotFound.
	OrderByID(ctx context.Context, id string) (*order.Order, error)
}

// Paths of the endpoints.
const (
	AppPath        = "/mcp"
	BindingPath    = "/acp/mcp"
	RawBindingPath = "/acp/mcp/raw"
	ChallengePath  = "/.well-known/openai-apps-challenge"
	resourcePath   = "/.well-known/oauth-protected-resource"
)

// Surface is the http.Handler of all endpoints.
type Surface struct {
	Config
	mux *http.ServeMux
}

// New makes the surface with its routes. The error names the app that cannot be
// served.
func New(c Config) (*Surface, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{Timeout: identityTimeout}
	}
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("mcp: %q is not an origin", c.BaseURL)
	}
	s := &Surface{Config: c, mux: http.NewServeMux()}
	gate := newGate(base, c.BodyLimit)
	challenge := ""
	for i := range c.Apps {
		paths := []string{AppPath + "/" + url.PathEscape(c.Apps[i].MerchantID)}
		if i == 0 {
			paths = append([]string{AppPath}, paths...)
		}
		a, err := s.newApp(&c.Apps[i], paths[0])
		if err != nil {
			return nil, fmt.Errorf("mcp: app of %s: %w", c.Apps[i].MerchantID, err)
		}
		for _, path := range paths {
			s.mux.Handle(path, gate.around(a.identity.around(c.BaseURL+path, a.handler())))
			a.identity.publish(s.mux, c.BaseURL, path, i == 0)
		}
		if challenge == "" {
			challenge = a.Challenge
		}
	}
	if challenge != "" {
		s.mux.HandleFunc("GET "+ChallengePath, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = w.Write([]byte(challenge)) // the exact token, and nothing else
		})
	}
	s.mux.Handle(BindingPath, gate.around(s.binding(false)))
	s.mux.Handle(RawBindingPath, gate.around(s.binding(true)))
	return s, nil
}

// Handles reports whether a path is one of this surface's, whatever the method.
func Handles(path string) bool {
	for _, own := range []string{AppPath, BindingPath, resourcePath} {
		if path == own || strings.HasPrefix(path, own+"/") {
			return true
		}
	}
	return path == ChallengePath
}

// ServeHTTP implements http.Handler. What is admitted is so for the requests
// that it is carried out by, too.
func (s *Surface) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	client, wait := s.Limits.Admit(r)
	if wait > 0 {
		tooMany(w, wait)
		return
	}
	s.mux.ServeHTTP(w, r.WithContext(limit.WithClient(r.Context(), client)))
}

// streamable serves an MCP server over HTTP: every request by itself, answered
// with plain JSON, so that any number of processes may share the work. The SDK's
// own log is left off: whoever sends nonsense could fill it, and every call has
// a line of ours.
func streamable(server *sdk.Server, bodyLimit int64) http.Handler {
	return answeringUnknown(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return server }, &sdk.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, MaxRequestBodyBytes: bodyLimit,
		// The gate knows which hosts are ours; this would refuse a reverse
		// proxy on the same machine.
		DisableLocalhostProtection: true,
	}))
}
