package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/secret"
)

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func newClient(t *testing.T, base string, version acp.Version) *Client {
	t.Helper()
	c, err := New(Config{BaseURL: base, APIKey: secret.New(shopKey), Version: version})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		says string
	}{
		{Config{Version: acp.V20260417}, "base URL: empty"},
		{Config{BaseURL: "shop.example.com", Version: acp.V20260417}, "not an absolute"},
		{Config{BaseURL: "ftp://shop.example.com", Version: acp.V20260417}, "not an absolute"},
		{Config{BaseURL: "https://user:hunter2@shop.example.com", Version: acp.V20260417}, "password"},
		{Config{BaseURL: "https://shop.example.com/?a=b", Version: acp.V20260417}, "query"},
		{Config{BaseURL: "https://shop.example.com"}, "2026-04-17"},
		{Config{BaseURL: "https://shop.example.com", Version: "2024-01-01"}, "2024-01-01"},
		{Config{BaseURL: "https://shop.example.com", Version: acp.V20260417, Timeout: -1}, "timeout"},
	} {
		_, err := New(c.cfg)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("New(%q, %q): %v; want %q", c.cfg.BaseURL, c.cfg.Version, err, c.says)
		}
	}
}

func TestHeaders(t *testing.T) {
	s := newShop(t, acp.V20260417)
	server := s.open()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	c, err := New(Config{BaseURL: server.URL + "/", APIKey: secret.New(shopKey), Version: acp.V20260417, Language: "de", UserAgent: "agent/7",
		SignatureSecret: secret.New("sig_test"), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, create := t.Context(), acp.CreateRequest{Items: []acp.RequestedItem{{ID: "mug", Quantity: 1}}, Currency: "usd"}
	if _, err := c.Create(ctx, create); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(ctx, create, IdempotencyKey("mine"), RequestID("req_mine")); err != nil {
		t.Fatal(err)
	}
	again, err := c.Create(ctx, create, IdempotencyKey("mine"))
	if err != nil || !again.Replayed || again.ID != "cs_2" {
		t.Fatalf("%+v, %v", again, err)
	}
	got, err := c.Get(ctx, "cs_1", RequestID("req_get"))
	if err != nil || got.RequestID != "req_get" || got.HTTPStatus != 200 || got.Replayed {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := c.Cancel(ctx, "cs_1", acp.CancelRequest{}); err != nil {
		t.Fatal(err)
	}
	first, second, get, cancel := s.seen[0], s.seen[1], s.seen[3], s.seen[4]
	for name, want := range map[string]string{"Authorization": "Bearer " + shopKey, "Api-Version": "2026-04-17", "Accept-Language": "de", "User-Agent": "agent/7",
		"Content-Type": "application/json", "Timestamp": "2026-05-04T12:00:00Z"} {
		if got := first.Header.Get(name); got != want {
			t.Errorf("%s: %q; want %q", name, got, want)
		}
	}
	if first.Key == "" || first.Key == s.seen[4].Key || second.Key != "mine" || second.Header.Get("Request-Id") != "req_mine" {
		t.Errorf("keys %q, %q; Request-Id %q", first.Key, second.Key, second.Header.Get("Request-Id"))
	}
	for _, call := range []seen{get, cancel} {
		if call.Body != "" || call.Header.Get("Content-Type") != "" {
			t.Errorf("%s %s: body %q, headers %v", call.Method, call.Path, call.Body, call.Header)
		}
	}
	for _, call := range s.seen {
		err := sign.VerifyRequest(ctx, sign.Request{Policy: sign.Required, Key: sign.SharedKey(sign.TimestampMode, secret.New("sig_test")), Now: now,
			Body: []byte(call.Body), Signature: call.Header.Get("Signature"), Timestamp: call.Header.Get("Timestamp"), IdempotencyKey: call.Key})
		if err != nil {
			t.Errorf("%s %s: %v", call.Method, call.Path, err)
		}
	}
}

func TestTimestampWithoutASignature(t *testing.T) {
	s := newShop(t, acp.V20260417)
	c := newClient(t, s.open().URL, acp.V20260417)
	if _, err := c.Get(t.Context(), "cs_none"); err == nil {
		t.Fatal("a session that does not exist was found")
	}
	h := s.seen[0].Header
	if _, err := time.Parse(time.RFC3339, h.Get("Timestamp")); err != nil || h.Get("Signature") != "" {
		t.Errorf("Timestamp %q, Signature %q", h.Get("Timestamp"), h.Get("Signature"))
	}
}

func TestRefusals(t *testing.T) {
	s := newShop(t, acp.V20260417)
	base := s.open().URL
	ctx, create := t.Context(), acp.CreateRequest{Items: []acp.RequestedItem{{ID: "mug", Quantity: 1}}, Currency: "usd"}
	c := newClient(t, base, acp.V20260417)
	if _, err := c.Create(ctx, create, IdempotencyKey("one")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Cancel(ctx, "cs_1", acp.CancelRequest{}); err != nil {
		t.Fatal(err)
	}
	stranger, err := New(Config{BaseURL: base, APIKey: secret.New("csk_test_other"), Version: acp.V20260417})
	if err != nil {
		t.Fatal(err)
	}
	two := create
	two.Items = []acp.RequestedItem{{ID: "mug", Quantity: 2}}
	for _, c := range []struct {
		name   string
		call   func() (*Session, error)
		status int
		code   string
		says   string
	}{
		{"another key", func() (*Session, error) { return stranger.Get(ctx, "cs_1") }, 401, "unauthorized", "refused by the shop"},
		{"another version", func() (*Session, error) { return newClient(t, base, acp.V20250929).Get(ctx, "cs_1") }, 400, "unsupported_api_version", "[supported: 2026-04-17]"},
		{"a key with another body", func() (*Session, error) { return c.Create(ctx, two, IdempotencyKey("one")) }, 422, "idempotency_conflict", ""},
		{"no such session", func() (*Session, error) { return c.Get(ctx, "cs/../1") }, 404, "not_found", ""},
		{"a canceled session, without a body", func() (*Session, error) { return c.Cancel(ctx, "cs_1", acp.CancelRequest{}) }, 405, "", "Method Not Allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.call()
			var refused *Error
			if !errors.As(err, &refused) || refused.HTTPStatus != c.status || refused.Code != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error: %v", err)
			}
			if refused != nil && refused.Repeatable() {
				t.Error("it would be repeated")
			}
		})
	}
	if _, err := c.Get(ctx, ""); err == nil {
		t.Error("a session without an id was asked for")
	}
}

func TestErrorIsReadWhateverItIs(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status     int
		retryAfter string
		body       string
		want       string
		wait       time.Duration
	}{
		{503, "7", `{"type":"service_unavailable","code":"busy","message":"Later."}`, "HTTP 503 busy: Later.", 7 * time.Second},
		{503, "Mon, 04 May 2026 12:00:09 GMT", `{}`, "HTTP 503: Service Unavailable, without an error object of the protocol", 9 * time.Second},
		{503, "Mon, 04 May 2020 12:00:09 GMT", `[]`, "HTTP 503: Service Unavailable, without an error object of the protocol", 0},
		{503, "999999999", ``, "HTTP 503: Service Unavailable, without an error object of the protocol", maxRetryAfter},
		{502, "soon", "<html>", "HTTP 502: Bad Gateway, without an error object of the protocol", 0},
		{400, "", "{\"code\":\"bad\\u001b[31m\",\"message\":\"two\\nlines\",\"param\":\"$.a\"}", "HTTP 400 bad[31m: two lines ($.a)", 0},
		{400, "", `{"code":7,"message":{"a":1},"supported_versions":["2026-04-17",3]}`, "HTTP 400: Bad Request, without an error object of the protocol [supported: 2026-04-17]", 0},
		{600, "", ``, "HTTP 600: , without an error object of the protocol", 0},
	} {
		e := readError(c.status, http.Header{"Retry-After": {c.retryAfter}}, []byte(c.body), now)
		if e.Error() != c.want || e.RetryAfter != c.wait {
			t.Errorf("%d %s:\n%s, after %v; want\n%s, after %v", c.status, c.body, e, e.RetryAfter, c.want, c.wait)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	followed := false
	there := serve(t, func(http.ResponseWriter, *http.Request) { followed = true })
	here := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, there.URL, http.StatusTemporaryRedirect)
	})
	_, err := newClient(t, here.URL, acp.V20260417).Create(t.Context(), acp.CreateRequest{Currency: "usd"})
	if followed || err == nil || !strings.Contains(err.Error(), there.URL) {
		t.Errorf("followed: %v, error: %v", followed, err)
	}
}

func TestAHugeAnswerIsRefused(t *testing.T) {
	for _, status := range []int{200, 500} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			chunk := strings.Repeat(" ", 1<<16)
			for range 2 * MaxResponse / len(chunk) {
				if _, err := w.Write([]byte(chunk)); err != nil {
					return
				}
			}
		})
		if _, err := newClient(t, server.URL, acp.V20260417).Get(t.Context(), "cs_1"); !errors.Is(err, ErrTooLarge) {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

func TestADroppedConnectionIsATransportError(t *testing.T) {
	cut := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte(`{"id":`))
		panic(http.ErrAbortHandler)
	})
	dropped := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for _, base := range []string{cut.URL, dropped.URL, closed.URL} {
		_, err := newClient(t, base, acp.V20260417).Get(t.Context(), "cs_1")
		var lost *TransportError
		if !errors.As(err, &lost) || strings.Count(err.Error(), base) != 1 {
			t.Errorf("error: %v", err)
		}
	}
}

func TestASlowServer(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	server := serve(t, func(http.ResponseWriter, *http.Request) { <-hold })

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := newClient(t, server.URL, acp.V20260417).Get(ctx, "cs_1")
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}

	c, err := New(Config{BaseURL: server.URL, Version: acp.V20260417, Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), "cs_1"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("timed out: %v", err)
	}
}

func TestDemoInfo(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/demo/info" || r.Header.Get("Authorization") != "" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, `{"sandbox_url":"http://127.0.0.1:1","sandbox_key":"psk_agent","webhook_log_url":"http://127.0.0.1:2/events"}`)
	})
	d, err := DemoInfo(t.Context(), server.URL)
	if err != nil || d.SandboxURL != "http://127.0.0.1:1" || d.SandboxKey.Reveal() != "psk_agent" || d.WebhookLogURL != "http://127.0.0.1:2/events" {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := DemoInfo(t.Context(), server.URL+"/else"); !errors.Is(err, ErrNotDemo) {
		t.Errorf("a server without it: %v", err)
	}
	for _, away := range []string{"https://shop.example.com", "http://127.0.0.1.example.com", "http://localhost.example.com"} {
		if _, err := DemoInfo(t.Context(), away); !errors.Is(err, ErrNotDemo) {
			t.Errorf("%s: %v", away, err)
		}
	}
}

func TestDelegatePaymentShowsNoCard(t *testing.T) {
	echo := func(w http.ResponseWriter, card map[string]any) bool {
		refuse(w, 422, "invalid_card", fmt.Sprint("$.", card["number"]), "")
		return true
	}
	p := newPSP()
	server := serve(t, p.ServeHTTP)
	c := newClient(t, "https://shop.example.com", acp.V20260417)
	request := DelegateRequest{Card: Card{Number: secret.New(testNumber), ExpMonth: 3, ExpYear: 2030}, Allowance: Allowance{MaxAmount: 2400, Currency: "USD",
		SessionID: "cs_1", MerchantID: shopMerchant, ExpiresAt: time.Now().Add(time.Hour)}}
	token, err := c.DelegatePayment(t.Context(), server.URL+"/", secret.New(pspKey), request)
	if err != nil || token.ID.Reveal() != "vt_1" || token.HTTPStatus != 201 || strings.Contains(fmt.Sprintf("%+v", token), "vt_1") {
		t.Errorf("%+v, %v", token, err)
	}
	p.refuse = echo
	_, err = c.DelegatePayment(t.Context(), server.URL, secret.New(pspKey), request)
	var refused *Error
	if !errors.As(err, &refused) || strings.Contains(fmt.Sprintf("%+v", refused), testNumber) {
		t.Errorf("the error shows the card: %+v", refused)
	}
	for _, bad := range []Card{{}, {Number: secret.New("4242")}, {Number: secret.New("4242x42424242424")}, {Number: secret.New(testNumber), ExpMonth: 13, ExpYear: 2030},
		{Number: secret.New(testNumber), ExpMonth: 1, ExpYear: 30}} {
		request.Card = bad
		if _, err := c.DelegatePayment(t.Context(), server.URL, secret.New(pspKey), request); err == nil || errors.As(err, &refused) && refused.HTTPStatus == 0 || strings.Contains(err.Error(), "4242") {
			t.Errorf("error: %v", err)
		}
	}
}

func TestVersionsAreOldestFirst(t *testing.T) {
	if v := Versions(); !slices.IsSorted(v) || !slices.Contains(v, acp.V20250912) || !slices.Contains(v, acp.V20260417) {
		t.Errorf("versions: %v", v)
	}
}
