package mcp_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

// provider is an identity provider with one key of each kind.
type provider struct {
	*httptest.Server
	keys    map[string]crypto.Signer
	hidden  atomic.Pointer[string] // id of a key that is not published
	down    atomic.Bool
	fetches atomic.Int64
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{keys: map[string]crypto.Signer{"rsa": rsaKey, "ec": ecKey, "ed": edKey}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answerWith(w, object{"issuer": p.URL, "jwks_uri": p.URL + "/keys", "code_challenge_methods_supported": []string{"S256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		p.fetches.Add(1)
		if p.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		var keys []object
		for id, key := range p.keys {
			if hidden := p.hidden.Load(); hidden == nil || *hidden != id {
				keys = append(keys, published(id, key.Public()))
			}
		}
		answerWith(w, object{"keys": append(keys, object{"kty": "oct", "kid": "secret", "k": "AAAA"})})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func answerWith(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func published(id string, key crypto.PublicKey) object {
	enc := base64.RawURLEncoding.EncodeToString
	switch k := key.(type) {
	case *rsa.PublicKey:
		return object{"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256", "n": enc(k.N.Bytes()), "e": enc(big.NewInt(int64(k.E)).Bytes())}
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			panic(err)
		}
		return object{"kty": "EC", "kid": id, "crv": "P-256", "x": enc(point[1:33]), "y": enc(point[33:])}
	case ed25519.PublicKey:
		return object{"kty": "OKP", "kid": id, "crv": "Ed25519", "x": enc(k)}
	}
	panic("unknown kind of key")
}

// sign makes a token of claims.
func (p *provider) sign(t *testing.T, method jwt.SigningMethod, kid string, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = kid
	signed, err := token.SignedString(p.keys[kid])
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// claims are those of a token for an endpoint, good for an hour.
func (p *provider) claims(resource string, change jwt.MapClaims) jwt.MapClaims {
	c := jwt.MapClaims{"iss": p.URL, "aud": resource, "sub": "buyer-1", "exp": time.Now().Add(time.Hour).Unix(),
		"nbf": time.Now().Add(-time.Minute).Unix(), "scope": "openid orders.read"}
	for name, value := range change {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

// linked is a shop whose get_order needs a linked account.
func linked(t *testing.T, p *provider, log *slog.Logger) *servertest.Server {
	return servertest.Start(t, servertest.Options{Log: log, Configure: selling(func(_ *config.Config, a *config.AppConfig) {
		a.OAuth = config.OAuthConfig{Issuer: p.URL, Documentation: "https://shop.example.com/developers",
			Tools: []config.LinkedToolConfig{{Tool: "get_order", Scopes: []string{"orders.read"}}}}
	})})
}

const askOrder = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_order","arguments":{"order_id":"ord_none"}}}`

// lockedText is a log that is read while it is written.
type lockedText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedText) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Each check of a token, by one that fails it alone.
func TestTokens(t *testing.T) {
	p := newProvider(t)
	var logged lockedText
	s := linked(t, p, slog.New(slog.NewTextHandler(&logged, nil)))
	here := s.BaseURL + mcp.AppPath
	stranger := newProvider(t)
	good := p.sign(t, jwt.SigningMethodRS256, "rsa", p.claims(here, nil))
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, p.claims(here, nil)).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	withSecret, err := jwt.NewWithClaims(jwt.SigningMethodHS256, p.claims(here, nil)).SignedString([]byte{0, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	signed := func(change jwt.MapClaims) string {
		return p.sign(t, jwt.SigningMethodRS256, "rsa", p.claims(here, change))
	}
	at := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	for name, tt := range map[string]struct {
		token  string
		status int
		found  bool // the call went through
	}{
		"signed with RSA":            {good, 200, true},
		"with an elliptic curve":     {p.sign(t, jwt.SigningMethodES256, "ec", p.claims(here, nil)), 200, true},
		"with Ed25519":               {p.sign(t, jwt.SigningMethodEdDSA, "ed", p.claims(here, nil)), 200, true},
		"for several audiences":      {signed(jwt.MapClaims{"aud": []string{"other", here}}), 200, true},
		"for a resource":             {signed(jwt.MapClaims{"aud": "other", "resource": here}), 200, true},
		"with scopes as a list":      {signed(jwt.MapClaims{"scope": nil, "scp": []string{"orders.read"}}), 200, true},
		"just expired":               {signed(jwt.MapClaims{"exp": at(-30 * time.Second)}), 200, true},
		"without the scope":          {signed(jwt.MapClaims{"scope": "openid"}), 200, false},
		"expired":                    {signed(jwt.MapClaims{"exp": at(-2 * time.Minute)}), 401, false},
		"without an end":             {signed(jwt.MapClaims{"exp": nil}), 401, false},
		"not yet good":               {signed(jwt.MapClaims{"nbf": at(2 * time.Minute)}), 401, false},
		"for another audience":       {signed(jwt.MapClaims{"aud": "https://other.example.com/mcp"}), 401, false},
		"for nobody":                 {signed(jwt.MapClaims{"aud": nil}), 401, false},
		"of another issuer":          {signed(jwt.MapClaims{"iss": "https://other.example.com"}), 401, false},
		"signed by a stranger":       {stranger.sign(t, jwt.SigningMethodRS256, "rsa", p.claims(here, nil)), 401, false},
		"with another key's name":    {strings.Replace(good, good[:strings.Index(good, ".")], base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"nobody"}`)), 1), 401, false},
		"changed":                    {good[:len(good)-4] + "AAAA", 401, false},
		"without a signature":        {none, 401, false},
		"signed with a known secret": {withSecret, 401, false},
		"not a token":                {"csk_test_1", 401, false},
	} {
		t.Run(name, func(t *testing.T) {
			resp, body := post(t, here, http.Header{"Authorization": {"Bearer " + tt.token}}, askOrder)
			if resp.StatusCode != tt.status || strings.Contains(string(body), "not_found") != tt.found {
				t.Fatalf("%s: %s", resp.Status, body)
			}
			header := resp.Header.Get("WWW-Authenticate")
			if tt.status == 401 && (!strings.Contains(header, `resource_metadata="`+s.BaseURL+`/.well-known/oauth-protected-resource/mcp"`) || !strings.Contains(header, `error="invalid_token"`)) {
				t.Errorf("challenge %q", header)
			}
			if tt.status == 200 && !tt.found && !strings.Contains(string(body), `error=\"insufficient_scope\"`) {
				t.Errorf("no challenge in %s", body)
			}
			if part := tt.token[len(tt.token)/2:]; strings.Contains(string(body)+header+logged.String(), part) {
				t.Error("the token is shown")
			}
		})
	}
}

// Tools that need no account are open; the one that does asks for it in its
// result, where the chat looks for it.
func TestMixedTools(t *testing.T) {
	p := newProvider(t)
	s := linked(t, p, nil)
	host := connect(t, s.BaseURL+mcp.AppPath, nil)
	if r := call(t, host, "search_products", object{"query": "mug"}); r.IsError {
		t.Errorf("an open tool: %s", r.text())
	}
	r := call(t, host, "get_order", object{"order_id": "ord_1"})
	challenges, _ := r.Meta["mcp/www_authenticate"].([]any)
	if !r.IsError || len(challenges) != 1 {
		t.Fatalf("a linked tool: %s %v", r.text(), r.Meta)
	}
	for _, part := range []string{`Bearer resource_metadata="` + s.BaseURL + `/.well-known/oauth-protected-resource/mcp"`, `error="invalid_token"`, `error_description="Sign in to continue"`, `scope="orders.read"`} {
		if !strings.Contains(challenges[0].(string), part) {
			t.Errorf("%s is not in %s", part, challenges[0])
		}
	}
	_, raw := post(t, s.BaseURL+mcp.AppPath, nil, ping)
	var list struct {
		Result struct {
			Tools []struct {
				Name    string
				Schemes []struct {
					Type   string
					Scopes []string
				} `json:"securitySchemes"`
			}
		}
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	for _, tool := range list.Result.Tools {
		open := tool.Schemes[0].Type == "noauth"
		if open == (tool.Name == "get_order") || tool.Schemes[len(tool.Schemes)-1].Type != "oauth2" {
			t.Errorf("%s: %v", tool.Name, tool.Schemes)
		}
	}
}

// The metadata is public, for pages of everybody, under both paths.
func TestResourceMetadata(t *testing.T) {
	p := newProvider(t)
	s := linked(t, p, nil)
	for path, resource := range map[string]string{"": "/mcp", "/mcp": "/mcp", "/mcp/" + servertest.MerchantID: "/mcp/" + servertest.MerchantID} {
		resp, err := http.Get(s.BaseURL + "/.well-known/oauth-protected-resource" + path)
		if err != nil {
			t.Fatal(err)
		}
		var meta map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&meta); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.Header.Get("Access-Control-Allow-Origin") != "*" || meta["resource"] != s.BaseURL+resource ||
			meta["authorization_servers"].([]any)[0] != p.URL || meta["scopes_supported"].([]any)[0] != "orders.read" || meta["resource_documentation"] == nil {
			t.Errorf("%q: %v", path, meta)
		}
	}
	plain := servertest.Start(t, servertest.Options{Configure: selling()})
	if resp, _ := post(t, plain.BaseURL+"/.well-known/oauth-protected-resource", nil, ""); resp.StatusCode != http.StatusNotFound {
		t.Error("without an issuer there is metadata: ", resp.Status)
	}
}

// Keys are fetched once, and again for a name that is new, but not for each
// token that makes one up; while the provider is down the known keys go on.
func TestKeysAreFetchedSparingly(t *testing.T) {
	p := newProvider(t)
	hidden := "ec"
	p.hidden.Store(&hidden)
	clock := &atomic.Int64{}
	clock.Store(time.Now().UnixNano())
	set := mcp.NewKeySet(p.URL, "", p.Client(), func() time.Time { return time.Unix(0, clock.Load()) })
	pass := func(d time.Duration) { clock.Add(int64(d)) }
	has := func(kid, alg string) bool {
		key, err := set.Key(t.Context(), kid, alg)
		return err == nil && key != nil
	}
	if !has("rsa", "RS256") || !has("ed", "EdDSA") || has("rsa", "PS256") || has("secret", "HS256") {
		t.Error("the keys are not those that were published")
	}
	for range 50 {
		if has("ec", "ES256") {
			t.Fatal("a key that is not published was found")
		}
	}
	if n := p.fetches.Load(); n != 1 {
		t.Errorf("%d fetches for made-up names", n)
	}
	p.hidden.Store(nil)
	pass(31 * time.Second)
	if !has("ec", "ES256") || p.fetches.Load() != 2 {
		t.Errorf("a new key was not found; %d fetches", p.fetches.Load())
	}
	p.down.Store(true)
	pass(2 * time.Hour)
	if !has("rsa", "RS256") || p.fetches.Load() != 3 {
		t.Errorf("while the provider is down its keys are not trusted; %d fetches", p.fetches.Load())
	}
	pass(25 * time.Hour)
	if has("rsa", "RS256") {
		t.Error("keys are trusted a day after they could last be had")
	}
	p.down.Store(false)
	pass(time.Minute)
	if !has("rsa", "RS256") {
		t.Error("the keys are not taken when the provider is back")
	}
}

// A provider that is not what it should be gives no keys.
func TestBadProviders(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := published("rsa", newProvider(t).keys["rsa"].Public())
	for name, keys := range map[string]any{
		"no keys":          object{"keys": []object{}},
		"not a list":       object{"keys": "no"},
		"a small key":      object{"keys": []object{published("rsa", small.Public())}},
		"a private secret": object{"keys": []object{{"kty": "oct", "kid": "rsa", "k": "AAAA"}}},
		"no point":         object{"keys": []object{{"kty": "EC", "kid": "rsa", "crv": "P-256", "x": "AQ", "y": "AQ"}}},
		"for encryption":   object{"keys": []object{merged(good, object{"use": "enc"})}},
		"too many":         object{"keys": repeated(good, 101)},
		"too long":         object{"keys": []object{good}, "padding": strings.Repeat("x", 300<<10)},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answerWith(w, keys) }))
			defer srv.Close()
			if key, err := mcp.NewKeySet("https://login.example.com", srv.URL, srv.Client(), time.Now).Key(t.Context(), "rsa", "RS256"); err == nil {
				t.Errorf("key %v", key)
			}
		})
	}
}

func merged(a, b object) object {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func repeated(o object, n int) []object {
	out := make([]object, n)
	for i := range out {
		out[i] = o
	}
	return out
}
