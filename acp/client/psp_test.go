package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	pspKey     = "psk_agent"
	ledgerKey  = "psk_merchant"
	testNumber = "4242424242424242"
)

// psp makes tokens and keeps a ledger. A token is good for one charge of its
// exact terms; static tokens are always good.
type psp struct {
	http.ServeMux
	mu      sync.Mutex
	tokens  map[string]allowance
	keys    map[string]string // Idempotency-Key to token
	charges map[string]int    // by session
	refuse  func(w http.ResponseWriter, body map[string]any) bool
}

type allowance struct {
	Reason     string
	MaxAmount  int64 `json:"max_amount"`
	Currency   string
	SessionID  string    `json:"checkout_session_id"`
	MerchantID string    `json:"merchant_id"`
	ExpiresAt  time.Time `json:"expires_at"`
}

func newPSP() *psp {
	p := &psp{tokens: map[string]allowance{}, keys: map[string]string{}, charges: map[string]int{}}
	p.HandleFunc("POST /agentic_commerce/delegate_payment", p.delegate)
	p.HandleFunc("GET /v1/ledger", p.ledger)
	return p
}

func (p *psp) delegate(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := r.Header.Get("Idempotency-Key")
	if r.Header.Get("Authorization") != "Bearer "+pspKey || r.Header.Get("API-Version") == "" || key == "" {
		refuse(w, 401, "unauthorized", "", "")
		return
	}
	var said struct {
		PaymentMethod map[string]any `json:"payment_method"`
		Allowance     allowance
		RiskSignals   []any          `json:"risk_signals"`
		Metadata      map[string]any `json:"metadata"`
	}
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil || len(said.RiskSignals) == 0 || said.Metadata == nil {
		refuse(w, 400, "invalid_card", "", "")
		return
	}
	if p.refuse != nil && p.refuse(w, said.PaymentMethod) {
		return
	}
	a := said.Allowance
	if said.PaymentMethod["number"] != testNumber || a.Reason != "one_time" || a.MerchantID != shopMerchant || a.SessionID == "" || a.Currency != "usd" || a.ExpiresAt.IsZero() {
		refuse(w, 422, "invalid_card", "$.payment_method.number", "")
		return
	}
	token, known := p.keys[key]
	if !known {
		token = fmt.Sprintf("vt_%d", len(p.tokens)+1)
		p.keys[key], p.tokens[token] = token, a
	}
	w.WriteHeader(201)
	fmt.Fprintf(w, `{"id":%q,"created":"2026-05-04T12:00:00Z","metadata":{}}`, token)
}

// charge takes the whole amount, once.
func (p *psp) charge(token, session string, amount int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.tokens[token]
	if !ok && token != "tok_visa" || ok && (a.SessionID != session || a.MaxAmount != amount) {
		return false
	}
	delete(p.tokens, token)
	p.charges[session]++
	return true
}

func (p *psp) ledger(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+ledgerKey {
		refuse(w, 401, "unauthorized", "", "")
		return
	}
	fmt.Fprintf(w, `{"checkout_session_id":%q,"charges":%d,"list":[]}`, r.URL.Query().Get("checkout_session_id"), p.charges[r.URL.Query().Get("checkout_session_id")])
}
