package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/openapi"
	"github.com/checkstand/checkstand/server/servertest"
)

// limitedServer is a server with small limits, called from several addresses
// through a proxy on this machine.
type limitedServer struct {
	*servertest.Server
}

func limitedBy(t *testing.T, change func(*config.LimitsConfig)) limitedServer {
	t.Helper()
	return limitedServer{servertest.Start(t, servertest.Options{Configure: func(c *config.Config) { change(&c.Limits) }})}
}

type reply struct {
	*http.Response
	body string
}

// call sends a request from an address.
func (s limitedServer) call(t *testing.T, method, path, from, key, body string, header ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.BaseURL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	h := req.Header
	h.Set("X-Forwarded-For", from)
	h.Set("API-Version", string(acp.V20260417))
	if key != "" {
		h.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		h.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	must(t, resp.Body.Close())
	return reply{resp, string(text)}
}

// held reports whether a request was held back, and that it was told for how
// long.
func (r reply) held(t *testing.T) bool {
	t.Helper()
	if r.StatusCode != http.StatusTooManyRequests {
		return false
	}
	if n, err := strconv.Atoi(r.Header.Get("Retry-After")); err != nil || n < 1 || n > 60 {
		t.Errorf("Retry-After %q", r.Header.Get("Retry-After"))
	}
	return true
}

const (
	one   = "198.51.100.1"
	other = "198.51.100.2"
)

const someSession = `{"currency":"usd","capabilities":{},"line_items":[{"id":"mug"}]}`

// The refusal is the protocol's, holds back one key only, and nothing of it is
// stored under the idempotency key.
func TestKeysAreLimited(t *testing.T) {
	t.Run("ERR-07 who asks too often is told for how long, and nothing of it is stored", func(t *testing.T) {
		s := limitedBy(t, func(l *config.LimitsConfig) { l.KeyPerSecond = 1 })
		key, signed := s.APIKey.Reveal(), s.SignedAPIKey.Reveal()
		create := func(n int) reply {
			return s.call(t, "POST", "/checkout_sessions", one, key, someSession, "Idempotency-Key", fmt.Sprint("limit-", n), "Request-Id", "mine")
		}
		n := 0
		for ; n < 10; n++ {
			r := create(n)
			if r.held(t) {
				acptest.Schema(t, acp.V20260417, "Error").Check(t, []byte(r.body))
				if !strings.Contains(r.body, `"code":"rate_limited"`) || !strings.Contains(r.body, `"type":"invalid_request"`) ||
					r.Header.Get("Request-Id") != "mine" || r.Header.Get("Idempotency-Key") != fmt.Sprint("limit-", n) {
					t.Errorf("%s, %v", r.body, r.Header)
				}
				break
			}
			if r.StatusCode != 201 {
				t.Fatalf("%d %s", r.StatusCode, r.body)
			}
		}
		if n == 0 || n == 10 {
			t.Fatalf("held back after %d requests", n)
		}
		if r := s.call(t, "GET", "/checkout_sessions/cs_none", one, signed, ""); r.StatusCode != 401 { // it has to sign
			t.Errorf("another key, from the same address: %d %s", r.StatusCode, r.body)
		}
		if r := s.call(t, "GET", "/.well-known/acp.json", one, "", ""); r.StatusCode != 200 {
			t.Errorf("discovery: %d", r.StatusCode)
		}
		servertest.Eventually(t, webhookTime, func() error {
			if r := create(n); r.StatusCode != 201 || r.Header.Get("Idempotent-Replayed") != "" {
				return fmt.Errorf("%d %s", r.StatusCode, r.body)
			}
			return nil
		})
	})
}

func TestDiscoveryIsLimited(t *testing.T) {
	t.Run("DISC-08 who reads it too often is told when to come back", func(t *testing.T) {
		s := limitedBy(t, func(l *config.LimitsConfig) { l.AddressPerSecond = 1 })
		for n := 0; ; n++ {
			r := s.call(t, "GET", "/.well-known/acp.json", one, "", "")
			if r.held(t) {
				acptest.Schema(t, acp.V20260417, "Error").Check(t, []byte(r.body))
				break
			}
			if r.StatusCode != 200 || n == 10 {
				t.Fatalf("%d after %d", r.StatusCode, n)
			}
		}
		if r := s.call(t, "GET", "/.well-known/acp.json", other, "", ""); r.StatusCode != 200 {
			t.Errorf("another address: %d", r.StatusCode)
		}
	})
}

// Every kind of path counts for an address, and answers in its own form.
func TestAddressesAreLimited(t *testing.T) {
	mcp := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	for _, tt := range []struct{ method, path, body, contentType, says string }{
		{"GET", "/.well-known/acp.json", "", "application/json", `"code":"rate_limited"`},
		{"GET", "/checkout_sessions/cs_none", "", "application/json", `"code":"rate_limited"`},
		{"POST", "/acp/mcp", mcp, "text/plain; charset=utf-8", "Too many requests"},
		{"GET", "/", "", "text/html; charset=utf-8", "Too many requests at once"},
		{"GET", "/orders/ord_none", "", "text/html; charset=utf-8", "Too many requests at once"},
		{"POST", "/webhooks/payments/shop/test", "{}", "text/plain; charset=utf-8", "too many requests"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			s := limitedBy(t, func(l *config.LimitsConfig) { l.AddressPerSecond = 1 })
			send := func(from string) reply {
				return s.call(t, tt.method, tt.path, from, "", tt.body, "Accept", "application/json, text/event-stream")
			}
			for n := 0; ; n++ {
				r := send(one)
				if r.held(t) && n > 0 {
					if r.Header.Get("Content-Type") != tt.contentType || !strings.Contains(r.body, tt.says) {
						t.Errorf("%s: %s", r.Header.Get("Content-Type"), r.body)
					}
					break
				}
				if n == 10 || r.StatusCode == http.StatusTooManyRequests {
					t.Fatalf("%d after %d", r.StatusCode, n)
				}
			}
			if r := send(other); r.held(t) {
				t.Error("another address was held back too")
			}
			for range 5 {
				if r := s.call(t, "GET", "/healthz", one, "", ""); r.StatusCode != 200 {
					t.Errorf("healthz: %d", r.StatusCode)
				}
			}
		})
	}
}

// Who tries keys is held back, over HTTP and MCP together; who has one goes on,
// from the same address.
func TestGuessingKeysIsLimited(t *testing.T) {
	s := limitedBy(t, func(l *config.LimitsConfig) { l.WrongKeysPerMinute = 5 })
	key := s.APIKey.Reveal()
	read := func(from, key string) reply {
		return s.call(t, "GET", "/checkout_sessions/cs_none", from, key, "")
	}
	if r := read(one, key); r.StatusCode != 404 {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	for i := range 3 {
		if r := read(one, fmt.Sprint("csk_test_guess", i)); r.StatusCode != 401 {
			t.Fatalf("%d %s", r.StatusCode, r.body)
		}
	}
	tool := func(key string) string {
		return s.call(t, "POST", "/acp/mcp", one, key, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_checkout_session",
			"arguments":{"meta":{"api_version":"2026-04-17"},"id":"cs_none"}}}`, "Accept", "application/json, text/event-stream").body
	}
	for i := range 2 {
		if got := tool(fmt.Sprint("csk_test_other", i)); !strings.Contains(got, "unauthorized") {
			t.Fatal(got)
		}
	}
	if got := tool("csk_test_more"); !strings.Contains(got, "rate_limited") {
		t.Errorf("the sixth guess, over MCP: %s", got)
	}
	if r := read(one, "csk_test_more"); !r.held(t) {
		t.Errorf("the seventh: %d", r.StatusCode)
	}
	if r := read(one, key); r.StatusCode != 404 {
		t.Errorf("who has a key: %d %s", r.StatusCode, r.body)
	}
	if r := read(other, "csk_test_more"); r.StatusCode != 401 {
		t.Errorf("another address: %d %s", r.StatusCode, r.body)
	}
	if r := read(one, ""); r.StatusCode != 401 {
		t.Errorf("no key is no guess: %d", r.StatusCode)
	}
}

// How many codes a session and a key may try, and for how long they are counted,
// is the configuration's to say; 0 is no limit.
func TestGuessingCodesIsLimitedAsConfigured(t *testing.T) {
	v := dialect(acp.V20260417)
	for name, c := range map[string]struct {
		session, key int
		taken        int  // codes that are tried before one is refused; 0 is never
		elsewhere    bool // another session of the key may go on then
	}{
		"of a session": {2, 0, 2, true}, "of a key": {0, 3, 3, false}, "neither": {0, 0, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			const window = time.Minute
			m := openMarketWith(t, func(cfg *config.Config) {
				cfg.Limits.WrongCodes, cfg.Limits.WrongCodesOfKey, cfg.Limits.WrongCodesWindow = c.session, c.key, window
			})
			m.bearer = m.issueFor(t, bargains)
			s, other := m.ready(t, v), m.ready(t, v)
			try := func(id, code string) answer {
				return m.update(t, v, id, object{"discounts": object{"codes": []any{code}}})
			}
			for i := 1; i <= 20; i++ {
				a := try(s.text("id"), fmt.Sprint("GUESS", i))
				if held := c.taken > 0 && i > c.taken; !held {
					a.want(t, 200)
				} else if a.refused(t, 429, "rate_limited", "$.discounts.codes"); a.header.Get("Retry-After") == "" {
					t.Error("nobody says when to come back")
				}
			}
			if a := try(other.text("id"), "OK10"); (a.status == 200) != c.elsewhere {
				t.Errorf("another session: %d %s", a.status, a.body)
			}
			m.clock.Advance(window)
			if got := try(s.text("id"), "OK10").want(t, 200); got.total("items_discount") == 0 {
				t.Errorf("%s", got.body)
			}
		})
	}
}

// Forms of the checkout pages are limited for an address; looking is not.
func TestFormsAreLimited(t *testing.T) {
	s := limitedBy(t, func(l *config.LimitsConfig) { l.FormsPerMinute = 2 })
	post := func(from string) reply {
		return s.call(t, "POST", "/checkout/shop/cs_none/details", from, "", "name=x", "Content-Type", "application/x-www-form-urlencoded", "Origin", s.BaseURL)
	}
	for n := 0; !post(one).held(t); n++ {
		if n == 5 {
			t.Fatal("nobody was held back")
		}
	}
	if post(other).held(t) {
		t.Error("another address was held back too")
	}
	for range 5 {
		if s.call(t, "GET", "/", one, "", "").held(t) {
			t.Error("looking was held back")
		}
	}
}

// The defaults are beyond what one agent does: a hundred purchases at once.
func TestDefaultsLetAgentsWork(t *testing.T) {
	s := servertest.Start(t, servertest.Options{})
	agent := s.Agent(t)
	failed := make(chan error, 100)
	for range cap(failed) {
		go func() {
			_, err := agent.Create(t.Context(), servertest.Cart("mug"))
			failed <- err
		}()
	}
	for range cap(failed) {
		must(t, <-failed)
	}
}

// Every route there is counts, but those that tell whether the server is well.
func TestEveryRouteIsLimited(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Configure: func(c *config.Config) {
		c.Limits.AddressPerSecond = 1
		c.Merchants[0].App.Enabled = true
	}})
	d, _ := openapi.New(openapi.Options{}, acp.V20260417)
	o := owned{id: "cs_none"}
	for i, op := range d.Operations {
		from := fmt.Sprintf("203.0.113.%d", i+1)
		held := false
		for n := 0; n < 10 && !held; n++ { // a busy machine may take long for the first
			held = limitedServer{s}.call(t, op.Method, fill(op.Path, o), from, "", "").held(t)
		}
		if well := op.Path == "/healthz" || op.Path == "/readyz"; held == well {
			t.Errorf("%s %s: held back %t", op.Method, op.Path, held)
		}
	}
}
