package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/simulator"
)

// ask sends a request as the simulator's page does, changed.
func ask(t *testing.T, method, url, origin, body string, change func(*http.Request)) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", origin)
	req.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(req)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

// begin runs a simulator of a server that is played by a function.
func begin(t *testing.T, cfg simulator.Config, serverOf http.HandlerFunc) (origin string) {
	t.Helper()
	srv := httptest.NewServer(serverOf)
	t.Cleanup(srv.Close)
	cfg.MCPURL = srv.URL + "/mcp"
	page := listen(t)
	serve(t, cfg, page)
	return simulator.Origin(page)
}

// Only the simulator's own page may use what it offers.
func TestOnlyItsOwnPageMayAsk(t *testing.T) {
	called := 0
	origin := begin(t, simulator.Config{}, func(http.ResponseWriter, *http.Request) { called++ })
	for name, change := range map[string]func(*http.Request){
		"a rebound name":       func(r *http.Request) { r.Host = "evil.example" },
		"another port":         func(r *http.Request) { r.Host = "127.0.0.1:1" },
		"a page elsewhere":     func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"a widget":             func(r *http.Request) { r.Header.Set("Origin", "null") },
		"no origin":            func(r *http.Request) { r.Header.Del("Origin") },
		"a form":               func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") },
		"text, without asking": func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		for _, path := range []string{"/api/mcp", "/api/token", "/api/widget", "/api/check", "/api/settings", "/api/authentication", "/api/authentication/result"} {
			if status, _, body := ask(t, "POST", origin+path, origin, "{}", change); status != http.StatusForbidden && status != http.StatusUnsupportedMediaType {
				t.Errorf("%s: %s answered %d %s", name, path, status, body)
			}
		}
	}
	if status, _, _ := ask(t, "GET", origin+"/", origin, "", func(r *http.Request) { r.Host = "evil.example" }); status != http.StatusForbidden {
		t.Errorf("the page is shown under another name: %d", status)
	}
	if called != 0 {
		t.Errorf("the server was called %d times", called)
	}
}

func TestForwardsWhatBelongsToTheProtocol(t *testing.T) {
	var seen *http.Request
	var body []byte
	origin := begin(t, simulator.Config{Bearer: secret.New("bearer-1")}, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Clone(context.WithoutCancel(r.Context()))
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Mcp-Session-Id", "s1")
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"token\":\"vt_secret_1\"}}\n\n")
	})
	question := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"payment_data":{"token":"vt_secret_1"}}}}`
	status, header, answer := ask(t, "POST", origin+"/api/mcp", origin, question, func(r *http.Request) {
		r.Header.Set("Mcp-Session-Id", "s0")
		r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
		r.Header.Set("Accept", "application/json, text/event-stream")
		r.Header.Set("Cookie", "secret=1")
	})
	if status != http.StatusAccepted || header.Get("Mcp-Session-Id") != "s1" || header.Get("Set-Cookie") != "" || !strings.Contains(answer, `"id":1`) {
		t.Errorf("%d %v %s", status, header, answer)
	}
	for name, want := range map[string]string{"Mcp-Session-Id": "s0", "Mcp-Protocol-Version": "2025-11-25", "Authorization": "Bearer bearer-1", "Cookie": "", "Origin": "", "Referer": ""} {
		if got := seen.Header.Get(name); got != want {
			t.Errorf("%s is %q at the server, want %q", name, got, want)
		}
	}
	if string(body) != question || seen.URL.Path != "/mcp" {
		t.Errorf("%s %s", seen.URL, body)
	}
	// The record of it has no secrets.
	_, _, traffic := ask(t, "GET", origin+"/api/traffic", origin, "", nil)
	if strings.Contains(traffic, "vt_secret_1") || strings.Contains(traffic, "bearer-1") || !strings.Contains(traffic, "tools/call") || !json.Valid(bytes.TrimSpace([]byte(traffic))) {
		t.Errorf("traffic: %s", traffic)
	}
}

// A redirect leads to a server that nobody named, and a server that is not there
// is told as such.
func TestStaysAtTheServerThatWasNamed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer elsewhere.Close()
	origin := begin(t, simulator.Config{}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	if status, header, _ := ask(t, "POST", origin+"/api/mcp", origin, "{}", nil); status != http.StatusTemporaryRedirect || header.Get("Location") != "" {
		t.Errorf("%d %v", status, header)
	}
	page := listen(t)
	serve(t, simulator.Config{MCPURL: "http://127.0.0.1:1/mcp"}, page) // where nothing listens
	at := simulator.Origin(page)
	if status, _, body := ask(t, "POST", at+"/api/mcp", at, "{}", nil); status != http.StatusBadGateway || !strings.Contains(body, "Is it running?") {
		t.Errorf("%d %s", status, body)
	}
}

func TestTokensWithoutASandbox(t *testing.T) {
	for name, tt := range map[string]struct {
		own   string
		card  string
		want  string // a token, or part of the refusal
		cards int
	}{
		"the sandbox's":       {"", "approve", "tok_visa", 8},
		"a decline":           {"", "decline", "tok_chargeDeclined", 8},
		"no token for it":     {"", "slow", "needs a sandbox", 8},
		"one's own":           {"spt_test_1", "approve", "spt_test_1", 5},
		"nothing but its own": {"spt_test_1", "decline", "needs a sandbox", 5},
		"no such card":        {"", "gold", "no such test card", 8},
	} {
		t.Run(name, func(t *testing.T) {
			origin := begin(t, simulator.Config{Token: secret.New(tt.own)}, nil)
			_, _, got := ask(t, "POST", origin+"/api/token", origin, `{"card":"`+tt.card+`"}`, nil)
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			var settings struct{ Cards []struct{ ID string } }
			_, _, text := ask(t, "POST", origin+"/api/settings", origin, "{}", nil)
			if err := json.Unmarshal([]byte(text), &settings); err != nil || len(settings.Cards) != tt.cards {
				t.Errorf("%d cards, want %d: %s (%v)", len(settings.Cards), tt.cards, text, err)
			}
		})
	}
}

func TestNoBankWithoutASandbox(t *testing.T) {
	origin := begin(t, simulator.Config{}, nil)
	for path, want := range map[string]string{"/api/authentication": "Only the test cards of a sandbox", "/api/authentication/result": "no such authentication"} {
		if status, _, body := ask(t, "POST", origin+path, origin, `{"card":"3ds","id":"auth_1"}`, nil); status != http.StatusBadRequest || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

func TestNewRefusesWhatIsNoServer(t *testing.T) {
	for _, address := range []string{"", "shop.example/mcp", "ftp://shop.example", "http://", "http://user:pass@shop.example/mcp", "://"} {
		if _, err := simulator.New(simulator.Config{MCPURL: address}); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}
