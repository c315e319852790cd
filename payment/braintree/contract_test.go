package braintree_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/secret"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	merchantID = "acme_gateway"
	publicKey  = "public_key_for_tests"
	privateKey = "private_key_for_tests"
)

var merchantAccounts = map[string]string{"usd": "acme_usd", "eur": "acme_eur", "jpy": "acme_jpy", "kwd": "acme_kwd"}

// world is a gateway with an adapter for it, and a clock that both have.
type world struct {
	*braintreetest.Gateway
	provider *braintree.Provider

	mu    sync.Mutex
	ahead time.Duration
}

func newWorld(t testing.TB, change ...func(*braintree.Config)) *world {
	t.Helper()
	w := &world{}
	accounts := map[string]string{}
	for currency, account := range merchantAccounts {
		accounts[account] = currency
	}
	w.Gateway = braintreetest.New(t, braintreetest.Options{MerchantID: merchantID, PublicKey: publicKey, PrivateKey: privateKey,
		Accounts: accounts, CustomFields: []string{"acp_session_id"}, Now: w.now})
	w.provider = w.adapter(t, change...)
	return w
}

// adapter makes another adapter for the same gateway.
func (w *world) adapter(t testing.TB, change ...func(*braintree.Config)) *braintree.Provider {
	t.Helper()
	cfg := config(t)
	cfg.BaseURL, cfg.Now = w.URL, w.now
	for _, f := range change {
		f(&cfg)
	}
	p, err := braintree.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func config(t testing.TB) braintree.Config {
	transport := &http.Transport{MaxIdleConnsPerHost: 50}
	t.Cleanup(transport.CloseIdleConnections)
	return braintree.Config{MerchantID: merchantID, PublicKey: publicKey, PrivateKey: secret.New(privateKey),
		MerchantAccounts: merchantAccounts, SessionField: "acp_session_id", Timeout: 10 * time.Second, Transport: transport,
		Codes: map[string]payment.Class{
			braintreetest.CodeAmountExceeded:   payment.ClassAmountExceeded,
			braintreetest.CodeCurrencyMismatch: payment.ClassCurrencyMismatch,
		}}
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead)
}

func (w *world) advance(_ testing.TB, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += d
}

// told takes the webhooks that wait, as the adapter reads them.
func (w *world) told(t testing.TB) (all []payment.Notice) {
	t.Helper()
	for _, r := range w.Webhooks() {
		notices, answer, err := w.provider.ReceiveWebhook(r)
		if err != nil || answer.Status != http.StatusOK {
			t.Fatalf("%+v, %v", answer, err)
		}
		all = append(all, notices...)
	}
	return all
}

func harness(t *testing.T) paymenttest.Harness {
	w := newWorld(t)
	psp := w.StandIn()
	return paymenttest.Harness{
		Provider:    w.provider,
		Unreachable: w.adapter(t, func(c *braintree.Config) { c.BaseURL = paymenttest.Unreachable }),
		WrongKeys:   w.adapter(t, func(c *braintree.Config) { c.PrivateKey = secret.New("not_the_private_key") }),
		MerchantID:  merchantID,
		Reusable:    payment.Credential{Type: "spt", Token: secret.New("fake-valid-nonce")},
		Mint: func(_ testing.TB, a paymenttest.Allowance) payment.Credential {
			return payment.Credential{Type: "spt", Token: secret.New(psp.Mint(a))}
		},
		Keep: func(_ testing.TB, customer string, o paymenttest.Outcome) payment.Stored {
			return psp.Keep(customer, o)
		},
		Forget:  func(_ testing.TB, s payment.Stored) { psp.Forget(s) },
		Books:   func(_ testing.TB, session string) paymenttest.Books { return psp.Books(session) },
		Break:   func(_ testing.TB, f paymenttest.Fault) { psp.Break(f) },
		Heal:    func(testing.TB) { psp.Heal() },
		Advance: w.advance,
		// One code says "unknown or expired".
		Alike:           map[payment.Class]payment.Class{payment.ClassTokenInvalid: payment.ClassTokenExpired},
		SessionsUnbound: true,
		Prove:           paymenttest.AnyProof,
		AskedFirst:      true,
		Mature:          func(_ testing.TB, ref string) { w.Settle(ref) },
		Notices:         w.told,
	}
}

func TestContract(t *testing.T) { paymenttest.TestProvider(t, harness(t)) }

func TestOperatorContract(t *testing.T) { paymenttest.TestOperator(t, harness(t)) }

// Braintree itself does not say that it has not decided, and does not call when
// a hold ends.
func TestStandIn(t *testing.T) {
	w := newWorld(t)
	paymenttest.TestStandIn(t, paymenttest.StandInHarness{PSP: w.StandIn(), MerchantID: merchantID, Provider: w.provider,
		Undecided: payment.ClassUnknown, SilentHolds: true})
}
