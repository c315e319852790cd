package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/modelcontextprotocol/go-sdk/auth"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// OAuth links buyers' accounts with the shop. This server is the resource; the
// identity provider is the shop's. The zero value links nothing.
type OAuth struct {
	Issuer        string
	Audience      string // what tokens are made for; the endpoint's address when empty
	JWKSURL       string // found by the issuer's metadata when empty
	Scopes        []string
	Documentation string
	// Tools are those that need a linked account, with the scopes that its token
	// must have.
	Tools map[string][]string
}

// Bounds of what is taken from an identity provider and of tokens.
const (
	identityTimeout = 5 * time.Second
	clockSkew       = 60 * time.Second // tolerated between the provider's clock and ours
	maxTokenBytes   = 8 << 10
)

// tokenAlgorithms are the signatures that are accepted: public keys only, so
// that a token signed with a published key as a secret is none.
var tokenAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// identity checks tokens of one app and says which tools need one.
type identity struct {
	OAuth
	keys *keySet
	now  func() time.Time
	log  *slog.Logger
	base string
	path string // of the endpoint that hosts are told of
}

func newIdentity(o OAuth, base, path string, client *http.Client, now func() time.Time, log *slog.Logger) *identity {
	d := &identity{OAuth: o, now: now, log: log, base: base, path: path}
	if d.linked() {
		d.keys = newKeySet(o.Issuer, o.JWKSURL, client, now)
	}
	return d
}

func (d *identity) linked() bool { return d.Issuer != "" }

// metadataURL is where the metadata of a resource is, by RFC 9728.
func metadataURL(resource, base string) string {
	return base + resourcePath + strings.TrimPrefix(resource, base)
}

// publish serves the metadata of an endpoint, under its own path and, for the
// first app, at the root.
func (d *identity) publish(mux *http.ServeMux, base, path string, first bool) {
	if !d.linked() {
		return
	}
	h := auth.ProtectedResourceMetadataHandler(&oauthex.ProtectedResourceMetadata{Resource: base + path,
		AuthorizationServers: []string{d.Issuer}, ScopesSupported: d.offered(), BearerMethodsSupported: []string{"header"},
		ResourceDocumentation: d.Documentation})
	mux.Handle(resourcePath+path, h)
	if first && path == AppPath {
		mux.Handle(resourcePath, h)
	}
}

// offered lists the scopes that a client may ask for.
func (d *identity) offered() []string {
	if len(d.Scopes) > 0 {
		return d.Scopes
	}
	var scopes []string
	for _, of := range d.Tools {
		scopes = append(scopes, of...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// around takes requests with and without a token; one with a token that is not
// good is 401.
func (d *identity) around(resource string, next http.Handler) http.Handler {
	if !d.linked() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" || r.Method != http.MethodPost {
			next.ServeHTTP(w, r)
			return
		}
		info, err := d.verify(r, resource)
		if err != nil {
			d.log.WarnContext(r.Context(), "a linked account's token was refused", "reason", err.Error())
			w.Header().Set("WWW-Authenticate", d.challenge(resource, "invalid_token", "Sign in again to continue", nil))
			http.Error(w, "The access token is not valid.", http.StatusUnauthorized)
			return
		}
		verified := func(context.Context, string, *http.Request) (*auth.TokenInfo, error) { return info, nil }
		auth.RequireBearerToken(verified, &auth.RequireBearerTokenOptions{ClockSkew: clockSkew})(next).ServeHTTP(w, r)
	})
}

// verify checks a request's token: signature, issuer, audience, times. No error
// holds anything of the token.
func (d *identity) verify(r *http.Request, resource string) (*auth.TokenInfo, error) {
	scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	raw = strings.TrimSpace(raw)
	if !strings.EqualFold(scheme, "Bearer") || raw == "" || len(raw) > maxTokenBytes {
		return nil, errors.New("not a bearer token")
	}
	var claims tokenClaims
	_, err := jwt.NewParser(jwt.WithValidMethods(tokenAlgorithms), jwt.WithLeeway(clockSkew), jwt.WithIssuer(d.Issuer),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(d.now)).ParseWithClaims(raw, &claims, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		return d.keys.key(r.Context(), kid, t.Method.Alg())
	})
	if err != nil {
		return nil, reason(err)
	}
	if !d.meantFor(claims, resource) {
		return nil, errors.New("made for another audience")
	}
	return &auth.TokenInfo{Scopes: claims.scopes(), Expiration: claims.ExpiresAt.Time, UserID: claims.Subject}, nil
}

// reason says why a token was refused, in words of ours.
func reason(err error) error {
	for _, known := range []error{jwt.ErrTokenMalformed, jwt.ErrTokenUnverifiable, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenExpired,
		jwt.ErrTokenNotValidYet, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenRequiredClaimMissing} {
		if errors.Is(err, known) {
			if unknown := errKeys; errors.Is(err, unknown) {
				return unknown
			}
			return known
		}
	}
	return jwt.ErrTokenInvalidClaims
}

// tokenClaims are the claims that are looked at. Providers write scopes as
// scope, one string, or as scp, a string or a list.
type tokenClaims struct {
	jwt.RegisteredClaims
	Scope    string          `json:"scope"`
	Scp      json.RawMessage `json:"scp"`
	Resource json.RawMessage `json:"resource"`
}

func (c *tokenClaims) scopes() []string {
	scopes := strings.Fields(c.Scope)
	for _, s := range textOrList(c.Scp) {
		scopes = append(scopes, strings.Fields(s)...)
	}
	return scopes
}

func textOrList(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	return nil
}

// meantFor reports whether a token names this endpoint by either of its
// addresses, or the audience that was agreed on.
func (d *identity) meantFor(c tokenClaims, resource string) bool {
	named := append([]string(c.Audience), textOrList(c.Resource)...)
	if d.Audience != "" {
		return slices.Contains(named, d.Audience)
	}
	return slices.Contains(named, resource) || slices.Contains(named, d.base+d.path)
}

// demand is the answer to a call of a tool that needs a linked account and has
// none, or one without the scopes; nil when the call may go on.
func (d *identity) demand(tool string, req *sdk.CallToolRequest) *sdk.CallToolResult {
	scopes, needed := d.Tools[tool]
	if !d.linked() || !needed {
		return nil
	}
	var info *auth.TokenInfo
	if req.Extra != nil {
		info = req.Extra.TokenInfo
	}
	code := "invalid_token"
	if info != nil {
		if !slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(info.Scopes, s) }) {
			return nil
		}
		code = "insufficient_scope"
	}
	return &sdk.CallToolResult{IsError: true, Content: []sdk.Content{&sdk.TextContent{Text: "Sign in to your account with the shop to continue."}},
		Meta: sdk.Meta{"mcp/www_authenticate": []string{d.challenge(d.base+d.path, code, "Sign in to continue", scopes)}}}
}

// challenge is a WWW-Authenticate header.
func (d *identity) challenge(resource, code, description string, scopes []string) string {
	c := fmt.Sprintf("Bearer resource_metadata=%q, error=%q, error_description=%q", metadataURL(resource, d.base), code, description)
	if len(scopes) == 0 {
		scopes = d.offered()
	}
	if len(scopes) > 0 {
		c += fmt.Sprintf(", scope=%q", strings.Join(scopes, " "))
	}
	return c
}

// scheme is one entry of a tool's securitySchemes.
type scheme struct {
	Type   string   `json:"type"`
	Scopes []string `json:"scopes,omitempty"`
}

// schemes says how a tool may be called.
func (d *identity) schemes(tool string) []scheme {
	scopes, needed := d.Tools[tool]
	switch {
	case !d.linked():
		return []scheme{{Type: "noauth"}}
	case needed:
		return []scheme{{Type: "oauth2", Scopes: scopes}}
	}
	return []scheme{{Type: "noauth"}, {Type: "oauth2", Scopes: d.offered()}}
}

// listedTool is a tool with the member that the SDK does not know.
type listedTool struct {
	*sdk.Tool
	SecuritySchemes any `json:"securitySchemes"`
}

type listedTools struct {
	*sdk.ListToolsResult
	Tools []listedTool `json:"tools"`
}

// listed is middleware that adds securitySchemes to the list of tools.
func (d *identity) listed(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		res, err := next(ctx, method, req)
		list, ok := res.(*sdk.ListToolsResult)
		if err != nil || !ok {
			return res, err
		}
		out := listedTools{ListToolsResult: list, Tools: make([]listedTool, 0, len(list.Tools))}
		for _, t := range list.Tools {
			out.Tools = append(out.Tools, listedTool{t, t.Meta["securitySchemes"]})
		}
		return out, nil
	}
}
