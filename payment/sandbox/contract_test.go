package sandbox_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/sandbox"
	psp "github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
	"github.com/go-json-experiment/json"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	agentKey    = "agent-key-for-tests"
	merchantKey = "merchant-key-for-tests"
	shop        = "acme_store"
	otherShop   = "other_store"
)

// world is the real sandbox PSP behind a real HTTP server, and an adapter.
type world struct {
	psp      *psp.PSP
	url      string
	provider *sandbox.Provider

	taps    sync.Mutex // one buyer looks at a page and pays at a time
	mu      sync.Mutex
	clock   time.Time
	keys    int
	numbers map[string]string // by token
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{numbers: map[string]string{}, clock: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	p, err := psp.Open(context.Background(), psp.Config{
		Path:        filepath.Join(t.TempDir(), "sandbox.db"),
		AgentKey:    secret.New(agentKey),
		MerchantKey: secret.New(merchantKey),
		MerchantIDs: []string{shop, otherShop},
		Now:         w.now,
		SlowAnswer:  100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = p.Server()
	srv.Start()
	t.Cleanup(func() {
		srv.Close()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	w.psp, w.url = p, srv.URL
	w.provider = adapter(t, srv.URL, merchantKey)
	return w
}

func adapter(t *testing.T, url, key string) *sandbox.Provider {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 50}
	t.Cleanup(transport.CloseIdleConnections)
	p, err := sandbox.New(sandbox.Config{BaseURL: url, MerchantKey: secret.New(key), MerchantID: shop, Timeout: 10 * time.Second, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) advance(_ testing.TB, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

var cards = map[paymenttest.Outcome]psp.Outcome{
	paymenttest.Approve:         psp.Approve,
	paymenttest.Decline:         psp.Decline,
	paymenttest.NoFunds:         psp.InsufficientFunds,
	paymenttest.ExpiredCard:     psp.ExpiredCard,
	paymenttest.WrongCVC:        psp.IncorrectCVC,
	paymenttest.Fraud:           psp.FraudBlock,
	paymenttest.TechnicalFault:  psp.ProcessingError,
	paymenttest.Authentication:  psp.Requires3DS,
	paymenttest.ApproveAndDrop:  psp.DropAfterCommit,
	paymenttest.ApproveAndError: psp.ErrorAfterCommit,
	paymenttest.Slow:            psp.SlowApprove,
}

func (w *world) mint(t testing.TB, a paymenttest.Allowance) payment.Credential {
	t.Helper()
	merchant := shop
	if a.OtherMerchant {
		merchant = otherShop
	}
	number := ""
	for _, c := range psp.TestCards() {
		if c.Outcome == cards[a.Outcome] && number == "" {
			number = c.Number
		}
	}
	token := w.issue(t, number, merchant, a.SessionID, a.Currency, a.MaxAmount, a.Lifetime)
	return payment.Credential{Type: "spt", Token: secret.New(token)}
}

// keep has the PSP keep the test card of an outcome for a customer.
func (w *world) keep(t testing.TB, customer string, o paymenttest.Outcome) payment.Stored {
	t.Helper()
	for _, c := range psp.TestCards() {
		if c.Outcome == cards[o] {
			return w.store(t, c.Number, customer, shop, w.now().Year()+1)
		}
	}
	t.Fatalf("no card is for %s", o)
	return payment.Stored{}
}

// store puts a card into the vault that expires with the year.
func (w *world) store(t testing.TB, number, customer, merchant string, year int) payment.Stored {
	t.Helper()
	return payment.Stored{Customer: customer, Card: w.made(t, "/v1/cards", merchantKey, number,
		fmt.Sprintf(`{"merchant_id": %q, "customer": %q, "number": %q, "exp_month": 12, "exp_year": %d}`, merchant, customer, number, year))}
}

// made has the PSP make something of a card, and gives its id.
func (w *world) made(t testing.TB, path, bearer, number, body string) string {
	t.Helper()
	w.mu.Lock()
	w.keys++
	key := fmt.Sprint("made-", w.keys)
	w.mu.Unlock()
	answer := w.post(t, path, bearer, key, body)
	var of struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(answer, &of); err != nil || of.ID == "" {
		t.Fatalf("%s: %s", path, answer)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.numbers[of.ID] = number
	return of.ID
}

// forget takes a card out of the vault.
func (w *world) forget(t testing.TB, s payment.Stored) {
	t.Helper()
	w.delete(t, "/v1/cards/"+s.Card)
}

func (w *world) issue(t testing.TB, number, merchant, session, currency string, limit int64, lifetime time.Duration) string {
	t.Helper()
	return w.made(t, "/agentic_commerce/delegate_payment", agentKey, number, fmt.Sprintf(`{
		"payment_method": {"type": "card", "card_number_type": "fpan", "number": %q, "exp_month": "11", "exp_year": "2027",
			"display_card_funding_type": "credit", "metadata": {}},
		"allowance": {"reason": "one_time", "max_amount": %d, "currency": %q, "checkout_session_id": %q, "merchant_id": %q, "expires_at": %q},
		"risk_signals": [], "metadata": {}}`,
		number, limit, currency, session, merchant, w.now().Add(lifetime).Format(time.RFC3339)))
}

func (w *world) post(t testing.TB, path, bearer, key, body string) []byte {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, w.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	for name, value := range map[string]string{"Authorization": "Bearer " + bearer, "Idempotency-Key": key,
		"API-Version": "2026-04-17", "Content-Type": "application/json"} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func (w *world) books(t testing.TB, session string) (b paymenttest.Books) {
	t.Helper()
	l, err := w.psp.Ledger(context.Background(), session)
	if err != nil {
		t.Fatal(err)
	}
	b.Charges = l.Charges
	for _, total := range l.Totals {
		b.Taken += total.Authorized + total.Captured - total.Refunded
	}
	return b
}

var faults = map[paymenttest.Fault]string{
	paymenttest.DropBeforeCommit:  `{"next": "drop_before_commit"}`,
	paymenttest.DropAfterCommit:   `{"next": "drop_after_commit"}`,
	paymenttest.ErrorBeforeCommit: `{"next": "500_before_commit"}`,
	paymenttest.ErrorAfterCommit:  `{"next": "500_after_commit"}`,
	paymenttest.RateLimited:       `{"next": "rate_limited"}`,
	paymenttest.WrongAmount:       `{"next": "wrong_amount"}`,
	paymenttest.LookupFails:       `{"next": "unavailable", "on": "lookup"}`,
}

func (w *world) breakNext(t testing.TB, f paymenttest.Fault) {
	t.Helper()
	if answer := w.post(t, "/v1/test/faults", merchantKey, "", faults[f]); !strings.Contains(string(answer), `"next"`) {
		t.Fatalf("faults: %s", answer)
	}
}

func (w *world) harness(t *testing.T) paymenttest.Harness {
	return paymenttest.Harness{
		Provider:    w.provider,
		Unreachable: adapter(t, paymenttest.Unreachable, merchantKey),
		WrongKeys:   adapter(t, w.url, "not-the-merchant-key"),
		MerchantID:  shop,
		Reusable:    payment.Credential{Type: "spt", Token: secret.New("tok_visa")},
		Mint:        w.mint,
		Keep:        w.keep,
		Forget:      w.forget,
		Prove:       w.prove,
		Books:       w.books,
		Break:       w.breakNext,
		Heal:        w.heal,
		Advance:     w.advance,
	}
}

// prove has the issuer of a token's card authenticate the buyer.
func (w *world) prove(t testing.TB, c payment.Charge) payment.Proof {
	t.Helper()
	w.mu.Lock()
	number := w.numbers[c.Credential.Token.Reveal()]
	if card := c.Credential.Stored.Card; card != "" {
		number = w.numbers[card]
	}
	w.keys++
	key := fmt.Sprint("auth-", w.keys)
	w.mu.Unlock()
	ask := func(method, path, body string, into any) {
		t.Helper()
		req, err := http.NewRequest(method, w.url+"/delegate_authentication"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Close = true
		for name, value := range map[string]string{"Authorization": "Bearer " + agentKey, "Idempotency-Key": key + path, "API-Version": "2026-01-28", "Content-Type": "application/json"} {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil || json.Unmarshal(answer, into) != nil || resp.StatusCode >= 300 {
			t.Fatalf("%d %s %v", resp.StatusCode, answer, err)
		}
	}
	var a struct {
		ID     string `json:"authentication_session_id"`
		Action struct {
			Challenge struct {
				URL    string `json:"acs_url"`
				ACS    string `json:"acs_trans_id"`
				Server string `json:"three_ds_server_trans_id"`
			} `json:"challenge"`
		} `json:"action"`
		Result struct {
			ECI        string `json:"electronic_commerce_indicator"`
			Cryptogram string `json:"three_ds_cryptogram"`
			Directory  string `json:"transaction_id"`
			Version    string `json:"version"`
		} `json:"authentication_result"`
	}
	ask("POST", "", fmt.Sprintf(`{"merchant_id": %q, "payment_method": {"type": "card", "number": %q, "exp_month": "11", "exp_year": "2027", "name": "Test Buyer"},
		"amount": {"value": %d, "currency": %q}, "checkout_session_id": %q, "challenge_notification_url": "https://agent.example/3ds"}`,
		shop, number, c.Amount, strings.ToUpper(c.Currency), c.SessionID), &a)
	ask("POST", "/"+a.ID+"/authenticate", `{"fingerprint_completion": "U", "channel": {"type": "browser", "browser": {"accept_header": "text/html",
		"ip_address": "192.0.2.1", "javascript_enabled": false, "language": "en", "user_agent": "Test"}}}`, &a)
	if q := a.Action.Challenge; q.URL != "" {
		creq := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"threeDSServerTransID":%q,"acsTransID":%q,"messageType":"CReq"}`, q.Server, q.ACS))
		resp, err := http.PostForm(q.URL, url.Values{"creq": {creq}, "action": {"approve"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		http.DefaultClient.CloseIdleConnections()
	}
	ask("GET", "/"+a.ID, "", &a)
	return payment.Proof{Cryptogram: secret.New(a.Result.Cryptogram), ECI: a.Result.ECI, TransactionID: a.Result.Directory, Version: a.Result.Version}
}

// heal forgets the faults that have not struck.
func (w *world) heal(t testing.TB) {
	t.Helper()
	w.delete(t, "/v1/test/faults")
}

func (w *world) delete(t testing.TB, path string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodDelete, w.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	req.Header.Set("Authorization", "Bearer "+merchantKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d", path, resp.StatusCode)
	}
}

func TestContract(t *testing.T) { paymenttest.TestProvider(t, newWorld(t).harness(t)) }

func TestContractOfOperations(t *testing.T) { paymenttest.TestOperator(t, newWorld(t).harness(t)) }

func TestContractOfLists(t *testing.T) {
	w := newWorld(t)
	paymenttest.TestLister(t, w.harness(t), w.now)
}
