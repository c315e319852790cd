package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/secret"
	"github.com/go-json-experiment/json"
)

const (
	agentKey    = "agent-key-for-tests"
	merchantKey = "merchant-key-for-tests"
	shop        = "acme_store"
	otherShop   = "other_store"
	newest      = "2026-04-17"
	testCVC     = "9371"
)

var testNow = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// desk is a PSP behind a real HTTP server, with a clock that tests move.
type desk struct {
	*PSP
	t    testing.TB
	url  string
	path string
	logs *lockedBuffer
	srv  *httptest.Server

	mu    sync.Mutex
	clock time.Time
	keys  int
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func openDesk(t testing.TB) *desk {
	d := &desk{t: t, path: filepath.Join(t.TempDir(), "psp", "sandbox.db"), logs: &lockedBuffer{}, clock: testNow}
	d.start()
	t.Cleanup(d.stop)
	return d
}

func (d *desk) start() {
	d.t.Helper()
	psp, err := Open(context.Background(), Config{
		Path:        d.path,
		AgentKey:    secret.New(agentKey),
		MerchantKey: secret.New(merchantKey),
		MerchantIDs: []string{shop, otherShop},
		Now:         d.now,
		Log:         slog.New(slog.NewTextHandler(d.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.PSP = psp
	d.srv = httptest.NewUnstartedServer(nil)
	d.srv.Config = psp.Server()
	d.srv.Start()
	d.url = d.srv.URL
}

func (d *desk) stop() {
	d.srv.Close()
	if err := d.Close(); err != nil {
		d.t.Error(err)
	}
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.clock
}

func (d *desk) advance(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = d.clock.Add(by)
}

func (d *desk) freshKey() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys++
	return fmt.Sprintf("key-%d", d.keys)
}

// result is an answer as a test reads it; lost says that there was none.
type result struct {
	lost   bool
	status int
	header http.Header
	raw    string
	body   map[string]any
}

func (r result) str(name string) string { s, _ := r.body[name].(string); return s }
func (r result) num(name string) int64  { n, _ := r.body[name].(float64); return int64(n) }

func (d *desk) do(method, path, body string, header ...string) result {
	d.t.Helper()
	req, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	req.GetBody = nil // net/http must not repeat it by itself
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := d.srv.Client().Do(req)
	if err != nil {
		return result{lost: true}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return result{lost: true}
	}
	r := result{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	if err := json.Unmarshal(raw, &r.body); err != nil {
		d.t.Fatalf("%s %s: answer is not JSON: %v", method, path, err)
	}
	return r
}

func (d *desk) delegate(version, key, body string) result {
	d.t.Helper()
	h := []string{"Authorization", "Bearer " + agentKey, "API-Version", version}
	if key != "" {
		h = append(h, "Idempotency-Key", key)
	}
	return d.do("POST", "/agentic_commerce/delegate_payment", body, h...)
}

// merchant calls the merchant API; a POST gets a fresh key.
func (d *desk) merchant(method, path, body string) result {
	d.t.Helper()
	return d.merchantWith(d.freshKey(), method, path, body)
}

func (d *desk) merchantWith(key, method, path, body string) result {
	d.t.Helper()
	return d.do(method, path, body, "Authorization", "Bearer "+merchantKey, "Idempotency-Key", key)
}

// token issues one for a card, a session and up to 1000 usd cents, valid for
// an hour.
func (d *desk) token(card, session string) string {
	d.t.Helper()
	r := d.delegate(newest, d.freshKey(), delegateBody(card, session))
	if r.status != http.StatusCreated {
		d.t.Fatalf("delegate_payment: %d %s", r.status, r.raw)
	}
	return r.str("id")
}

func delegateBody(card, session string) string {
	return fmt.Sprintf(`{
		"payment_method": {"type": "card", "card_number_type": "fpan", "number": %q, "exp_month": "11", "exp_year": "2027",
			"name": "Test Buyer", "cvc": %q, "display_card_funding_type": "credit", "display_last4": "4242", "metadata": {}},
		"allowance": {"reason": "one_time", "max_amount": 1000, "currency": "usd", "checkout_session_id": %q,
			"merchant_id": %q, "expires_at": "2026-05-01T13:00:00Z"},
		"risk_signals": [{"type": "card_testing", "score": 5, "action": "authorized"}],
		"metadata": {"source": "test"}}`, card, testCVC, session, shop)
}

func chargeBody(token, session, reference string, change ...any) string {
	m := map[string]any{"token": token, "amount": 1000, "currency": "usd", "merchant_id": shop,
		"checkout_session_id": session, "reference": reference}
	for i := 0; i+1 < len(change); i += 2 {
		m[change[i].(string)] = change[i+1]
	}
	b, err := encode(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (d *desk) ledger(session string) Ledger {
	d.t.Helper()
	l, err := d.Ledger(context.Background(), session)
	if err != nil {
		d.t.Fatal(err)
	}
	return l
}

// wantCharges checks how often a session was charged, and how much was taken.
func (d *desk) wantCharges(session string, charges int, captured int64) {
	d.t.Helper()
	l := d.ledger(session)
	var got int64
	for _, total := range l.Totals {
		got += total.Captured
	}
	if l.Charges != charges || got != captured {
		d.t.Errorf("session %s has %d charges and %d captured, want %d and %d", session, l.Charges, got, charges, captured)
	}
}

func (r result) want(t testing.TB, status int, code string) {
	t.Helper()
	if r.lost || r.status != status || r.str("code") != code {
		t.Fatalf("got status %d, code %q (lost %v), want %d %q\n%s", r.status, r.str("code"), r.lost, status, code, r.raw)
	}
}
