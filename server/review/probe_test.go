package review_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/review"
)

const token = "token-of-the-form"

// site is the shop's own web site and its identity provider.
type site struct {
	*httptest.Server
	metadata map[string]any // of the identity provider
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pages/{name}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "<h1>%s</h1>", r.PathValue("name")) })
	mux.HandleFunc("GET /empty", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /logo.png", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write([]byte("\x89PNG\r\n\x1a\n"))
	})
	mux.Handle("GET /moved", http.RedirectHandler("/pages/terms", http.StatusMovedPermanently))
	mux.HandleFunc("GET /on-and-on", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/on-and-on", http.StatusFound) })
	mux.HandleFunc("GET /never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		if err := json.NewEncoder(w).Encode(s.metadata); err != nil {
			t.Error(err)
		}
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	s.publish()
	return s
}

// publish makes the metadata of the identity provider what it is to be.
func (s *site) publish() {
	s.metadata = map[string]any{"issuer": s.URL, "code_challenge_methods_supported": []string{"S256"}}
}

// deployed is a server that is all that the store asks for, but for its name.
func deployed(t *testing.T) (*site, review.Input) {
	t.Helper()
	web := newSite(t)
	_, in := serve(t, nil, func(m *config.MerchantConfig) {
		m.Website, m.Logo = web.URL+"/pages/home", web.URL+"/logo.png"
		m.Links = config.LinksConfig{TermsOfUse: web.URL + "/moved", PrivacyPolicy: web.URL + "/pages/privacy", Support: web.URL + "/pages/support", ReturnPolicy: web.URL + "/pages/returns"}
		m.App.Challenge, m.App.Domain = token, "https://widget.example.com"
		m.App.OAuth = config.OAuthConfig{Issuer: web.URL, Tools: []config.LinkedToolConfig{{Tool: "get_order", Scopes: []string{"orders.read"}}}}
	})
	in.Probe = &review.Prober{}
	return web, in
}

// probed are the findings of a probe, by id.
func probed(t *testing.T, in review.Input) map[string]review.Finding {
	t.Helper()
	all := map[string]review.Finding{}
	for _, f := range check(t, in).Findings {
		if id, ok := strings.CutPrefix(f.ID, "probe_"); ok {
			if _, twice := all[id]; twice {
				t.Errorf("%s is told twice", f.ID)
			}
			all[id] = f
		}
	}
	return all
}

// A server that is as configured answers everything.
func TestProbe(t *testing.T) {
	_, in := deployed(t)
	all := probed(t, in)
	for _, id := range []string{"challenge", "mcp", "tools", "widget", "website", "terms_of_use", "privacy_policy", "support", "return_policy", "logo", "oauth", "issuer"} {
		if f, ok := all[id]; !ok || f.Status != review.Met {
			t.Errorf("%s: %+v", id, f)
		}
		delete(all, id)
	}
	for id, f := range all {
		t.Errorf("%s: %+v", id, f)
	}
}

// A server that runs with another configuration, or another one, is found out,
// by that and nothing else.
func TestProbeOfAnotherConfiguration(t *testing.T) {
	web, running := deployed(t)
	for name, c := range map[string]struct {
		change func(*config.MerchantConfig, *site)
		id     string
		says   string
	}{
		"another token":    {func(m *config.MerchantConfig, _ *site) { m.App.Challenge = "a-newer-token" }, "challenge", `answers another text than the configured token: "token-of-the-form"`},
		"complete exposed": {func(m *config.MerchantConfig, _ *site) { m.App.ExposeComplete = true }, "tools", "with another description, schema or hint: complete_checkout."},
		"another domain":   {func(m *config.MerchantConfig, _ *site) { m.App.Domain = "https://other.example.com" }, "widget", "another domain or content security policy"},
		"other pictures":   {func(m *config.MerchantConfig, _ *site) { m.App.Pictures = []string{"https://pictures.example.com"} }, "widget", "another domain or content security policy"},
		"no such page":     {func(m *config.MerchantConfig, w *site) { m.Links.PrivacyPolicy = w.URL + "/nowhere" }, "privacy_policy", "/nowhere answers 404 and not 200."},
		"an empty page":    {func(m *config.MerchantConfig, w *site) { m.Links.Support = w.URL + "/empty" }, "support", "/empty answers an empty page."},
		"a circle":         {func(m *config.MerchantConfig, w *site) { m.Website = w.URL + "/on-and-on" }, "website", "/on-and-on: it leads on and on."},
		"nobody there":     {func(m *config.MerchantConfig, _ *site) { m.Links.ReturnPolicy = "http://127.0.0.1:1/" }, "return_policy", "refused"},
		"no picture":       {func(m *config.MerchantConfig, w *site) { m.Logo = w.URL + "/pages/logo" }, "logo", "and not a picture."},
		"no S256":          {func(_ *config.MerchantConfig, w *site) { delete(w.metadata, "code_challenge_methods_supported") }, "issuer", "does not list S256"},
		"another issuer":   {func(_ *config.MerchantConfig, w *site) { w.metadata["issuer"] = "https://login.example.com" }, "issuer", `is of "https://login.example.com" and not of`},
		"silence":          {func(m *config.MerchantConfig, w *site) { m.Website = w.URL + "/never" }, "website", "no answer within 300ms."},
	} {
		t.Run(name, func(t *testing.T) {
			in := running
			if name == "silence" {
				in.Probe = &review.Prober{Timeout: 300 * time.Millisecond}
			}
			web.publish()
			changed := *in.Config
			changed.Merchants = slices.Clone(in.Config.Merchants)
			in.Config = &changed
			c.change(&changed.Merchants[in.Shop], web)
			in = inputWith(t, in)
			all := probed(t, in)
			if f := all[c.id]; f.Status != review.Missing || !strings.Contains(f.Detail, c.says) || f.Fix == "" {
				t.Errorf("%s: %+v, want %q", c.id, f, c.says)
			}
			for id, f := range all {
				if id != c.id && f.Status != review.Met {
					t.Errorf("%s: %+v", id, f)
				}
			}
		})
	}
}

// inputWith is an input after its configuration was changed.
func inputWith(t *testing.T, in review.Input) review.Input {
	t.Helper()
	probe := in.Probe
	in = inputOf(t, in.Config, in.Catalogue)
	in.Probe = probe
	return in
}

// What stands in front of a server may spoil its answers.
func TestProbeBehindAProxy(t *testing.T) {
	type answer struct {
		status     int
		kind, text string
	}
	const text = "text/plain; charset=utf-8"
	_, running := deployed(t)
	for name, c := range map[string]struct {
		path   string
		answer answer
		id     string
		says   string
	}{
		"a line break":     {mcp.ChallengePath, answer{status: 200, kind: text, text: token + "\n"}, "challenge", "the token with white space around it"},
		"a page":           {mcp.ChallengePath, answer{status: 200, kind: "text/html", text: token}, "challenge", "answers text/html and not text/plain."},
		"another text":     {mcp.ChallengePath, answer{status: 200, kind: text, text: strings.Repeat("é", 500)}, "challenge", strings.Repeat("é", 60) + `…"`},
		"not found":        {mcp.ChallengePath, answer{status: 404, kind: text, text: token}, "challenge", "answers 404 and not 200."},
		"sent on":          {mcp.ChallengePath, answer{status: 302, kind: text, text: token}, "challenge", "answers 302 and not 200."},
		"too long":         {mcp.ChallengePath, answer{status: 200, kind: text, text: strings.Repeat("x", 5<<20)}, "challenge", "is longer than"},
		"a login":          {mcp.AppPath, answer{status: 401, kind: "text/html", text: "<h1>Log in</h1>"}, "mcp", `initialize answers 401 and not 200: "<h1>Log in</h1>".`},
		"no JSON":          {mcp.AppPath, answer{status: 200, kind: "application/json", text: "{"}, "mcp", "answers no JSON-RPC"},
		"a stream":         {mcp.AppPath, answer{status: 200, kind: "text/event-stream", text: "data: {}"}, "mcp", "answers text/event-stream and not JSON."},
		"a refusal":        {mcp.AppPath, answer{status: 200, kind: "application/json", text: `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"not here"}}`}, "mcp", `initialize is refused: "not here".`},
		"no server":        {mcp.AppPath, answer{status: 200, kind: "application/json", text: `{"jsonrpc":"2.0","id":1,"result":{}}`}, "mcp", "does not name a server"},
		"metadata is gone": {"/.well-known/oauth-protected-resource/mcp", answer{status: 404, kind: text}, "oauth", "answers 404 and not 200."},
		"another resource": {"/.well-known/oauth-protected-resource/mcp", answer{status: 200, kind: "application/json", text: `{"resource":"https://other.example.com/mcp"}`}, "oauth", `is about "https://other.example.com/mcp"`},
		"metadata no JSON": {"/.well-known/oauth-protected-resource/mcp", answer{status: 200, kind: text, text: "ok"}, "oauth", "answers no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			in := running
			in.Probe = &review.Prober{Client: &http.Client{Transport: spoiling(func(r *http.Request) *http.Response {
				if r.URL.Path != c.path || !strings.HasPrefix(in.Config.PublicURL, "http://"+r.URL.Host) {
					return nil
				}
				w := httptest.NewRecorder()
				w.Header().Set("Content-Type", c.answer.kind)
				w.Header().Set("Location", in.Config.PublicURL+mcp.ChallengePath)
				w.WriteHeader(c.answer.status)
				_, _ = w.WriteString(c.answer.text)
				return w.Result()
			})}}
			all := probed(t, in)
			if f := all[c.id]; f.Status != review.Missing || !strings.Contains(f.Detail, c.says) || f.Fix == "" {
				t.Errorf("%s: %+v, want %q", c.id, f, c.says)
			}
			for id, f := range all {
				if id != c.id && f.Status != review.Met {
					t.Errorf("%s: %+v", id, f)
				}
			}
		})
	}
}

// spoiling answers some requests itself.
type spoiling func(*http.Request) *http.Response

func (s spoiling) RoundTrip(r *http.Request) (*http.Response, error) {
	if resp := s(r); resp != nil {
		return resp, nil
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Without a probe nothing is asked.
func TestNoProbe(t *testing.T) {
	_, in := deployed(t)
	in.Probe = nil
	if all := probed(t, in); len(all) != 0 {
		t.Errorf("asked: %+v", all)
	}
}
