package soak

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/sandbox"
	psp "github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
)

const (
	sandboxAgentKey    = "agent-key-of-the-soak-test"
	sandboxMerchantKey = "merchant-key-of-the-soak-test"
	sandboxSecret      = "webhook-secret-of-the-soak-test"
)

// sandboxBank is an account at the sandbox PSP, which is a real one but for the
// money.
type sandboxBank struct {
	psp     *psp.PSP
	url     string
	shop    string
	adapter *sandbox.Provider
	now     func() time.Time
	keys    atomic.Int64

	mu     sync.Mutex
	called []payment.WebhookRequest // by the PSP, and not yet delivered
}

var sandboxCards = map[paymenttest.Outcome]string{
	paymenttest.Approve:        "4242424242424242",
	paymenttest.Decline:        "4000000000000002",
	paymenttest.NoFunds:        "4000000000009995",
	paymenttest.TechnicalFault: "4000000000000119",
	paymenttest.Authentication: "4000002760003184",
}

func newSandbox(t testing.TB, w *wire, now func() time.Time, shop string) *sandboxBank {
	t.Helper()
	b := &sandboxBank{shop: shop, now: now}
	var err error
	if b.psp, err = psp.Open(context.Background(), psp.Config{Path: filepath.Join(t.TempDir(), "sandbox.db"), AgentKey: secret.New(sandboxAgentKey),
		MerchantKey: secret.New(sandboxMerchantKey), MerchantIDs: []string{shop}, Now: now}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = b.psp.Server()
	server.Start()
	b.url = server.URL
	t.Cleanup(func() {
		server.Close()
		if err := b.psp.Close(); err != nil {
			t.Error(err)
		}
	})
	hooks := httptest.NewServer(http.HandlerFunc(b.take))
	t.Cleanup(hooks.Close)
	if err = b.psp.SetWebhook(context.Background(), psp.Webhook{MerchantID: shop, URL: hooks.URL, Secret: secret.New(sandboxSecret)}); err != nil {
		t.Fatal(err)
	}
	transport := w.transport()
	t.Cleanup(transport.CloseIdleConnections)
	if b.adapter, err = sandbox.New(sandbox.Config{BaseURL: b.url, MerchantKey: secret.New(sandboxMerchantKey), MerchantID: shop, Now: now,
		WebhookSecret: secret.New(sandboxSecret), Transport: transport}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *sandboxBank) provider() payment.Provider { return b.adapter }
func (b *sandboxBank) slow() bool                 { return false }
func (b *sandboxBank) account() string            { return b.shop }
func (b *sandboxBank) pass(time.Duration)         {}
func (b *sandboxBank) settle()                    {}
func (b *sandboxBank) elsewhere() elsewhere       { return sandboxDashboard{b} }
func (b *sandboxBank) units(minor int64) int64    { return minor }

// take receives what the PSP calls, to be delivered when the simulation says.
func (b *sandboxBank) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.called = append(b.called, payment.WebhookRequest{Method: r.Method, Header: r.Header, Body: body})
	w.WriteHeader(http.StatusNoContent)
}

func (b *sandboxBank) webhooks() []payment.WebhookRequest {
	b.mu.Lock()
	defer b.mu.Unlock()
	called := b.called
	b.called = nil
	return called
}

func (b *sandboxBank) sign(r payment.WebhookRequest) payment.WebhookRequest {
	stamp := strconv.FormatInt(b.now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(sandboxSecret))
	mac.Write([]byte(stamp + "."))
	mac.Write(r.Body)
	r.Header = r.Header.Clone()
	r.Header.Set(psp.SignatureHeader, "t="+stamp+",v1="+hex.EncodeToString(mac.Sum(nil)))
	return r
}

// mint goes the way of an agent, by delegate_payment.
func (b *sandboxBank) mint(ctx context.Context, a paymenttest.Allowance) (string, error) {
	body, err := json.Marshal(map[string]any{
		"payment_method": map[string]any{"type": "card", "card_number_type": "fpan", "number": sandboxCards[a.Outcome], "exp_month": "11", "exp_year": "2030",
			"display_card_funding_type": "credit", "metadata": map[string]any{}},
		"allowance": map[string]any{"reason": "one_time", "max_amount": a.MaxAmount, "currency": a.Currency, "checkout_session_id": a.SessionID,
			"merchant_id": b.shop, "expires_at": b.now().Add(a.Lifetime).Format(time.RFC3339)},
		"risk_signals": []any{}, "metadata": map[string]any{}})
	if err != nil {
		return "", err
	}
	header := http.Header{"Authorization": {"Bearer " + sandboxAgentKey}, "Content-Type": {"application/json"},
		"Idempotency-Key": {fmt.Sprintf("mint-%d", b.keys.Add(1))}}
	header.Set("API-Version", "2026-04-17")
	var token struct {
		ID string `json:"id"`
	}
	err = call(ctx, http.MethodPost, b.url+"/agentic_commerce/delegate_payment", header, string(body), &token)
	return token.ID, err
}

func (b *sandboxBank) statement(ctx context.Context, sessions []string) (map[string]books, error) {
	out := make(map[string]books, len(sessions))
	for _, session := range sessions {
		l, err := b.psp.Ledger(ctx, session)
		if err != nil {
			return nil, err
		}
		s := books{charges: l.Charges}
		for _, t := range l.Totals {
			s.in += t.Authorized + t.Captured
			s.out += t.Refunded
		}
		if s != (books{}) {
			out[session] = s
		}
	}
	return out, nil
}

func (b *sandboxBank) reference(ctx context.Context, session, attempt string) (string, error) {
	l, err := b.psp.Ledger(ctx, session)
	if err != nil {
		return "", err
	}
	for _, c := range l.List {
		if c.Reference == attempt && c.Status.TakesMoney() {
			return c.ID, nil
		}
	}
	return "", nil
}

// sandboxDashboard is somebody with the merchant's key who is not the shop. The
// sandbox knows no disputes, and decides about slow payments by itself.
type sandboxDashboard struct{ b *sandboxBank }

func (d sandboxDashboard) EndHold(ref string) { d.move(ref, "void", "{}") }

func (d sandboxDashboard) RefundElsewhere(ref string, units int64) {
	d.move(ref, "refund", fmt.Sprintf(`{"amount":%d}`, units))
}

func (d sandboxDashboard) Dispute(string) string     { return "" }
func (d sandboxDashboard) CloseDispute(string, bool) {}
func (d sandboxDashboard) Decide(bool)               {}

// Keep implements elsewhere.
func (d sandboxDashboard) Keep(customer string, ends paymenttest.Outcome) payment.Stored {
	var card struct {
		ID string `json:"id"`
	}
	d.ask(http.MethodPost, "/v1/cards", fmt.Sprintf(`{"merchant_id":%q,"customer":%q,"number":%q,"exp_month":12,"exp_year":%d}`,
		d.b.shop, customer, sandboxCards[ends], begin.Year()+4), &card)
	return payment.Stored{Customer: customer, Card: card.ID}
}

// Forget implements elsewhere.
func (d sandboxDashboard) Forget(stored payment.Stored) {
	d.ask(http.MethodDelete, "/v1/cards/"+stored.Card, "", new(struct{}))
}

// move asks for a move; one that is refused changes nothing, which the sandbox's
// books tell.
func (d sandboxDashboard) move(ref, verb, body string) {
	d.ask(http.MethodPost, "/v1/charges/"+ref+"/"+verb, body, new(struct{}))
}

// ask asks the sandbox past the wire.
func (d sandboxDashboard) ask(method, path, body string, into any) {
	header := http.Header{"Authorization": {"Bearer " + sandboxMerchantKey}, "Content-Type": {"application/json"},
		"Idempotency-Key": {fmt.Sprintf("dashboard-%d", d.b.keys.Add(1))}}
	err := call(context.Background(), method, d.b.url+path, header, body, into)
	if refused := refusal(0); err != nil && !errors.As(err, &refused) {
		panic(err) // it is on this machine
	}
}
