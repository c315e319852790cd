package server_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// outcome is what a token of a provider's stand-in comes to.
type outcome int

const (
	approved outcome = iota
	declined
	challenged // 3-D Secure is asked for
)

// books are what a provider has taken for one session.
type books struct {
	charges int
	taken   int64
}

// psp is the stand-in of one provider, and the account of the shop there.
type psp struct {
	account  config.PaymentConfig
	wrongKey string
	mint     func(s *client.Session, o outcome) string
	// lose makes the provider charge and lose its answers to the next sales.
	lose  func()
	books func(sessionID string) books
	// webhooks are those that are signed and wait about an attempt, and
	// requests how often the provider was asked for anything.
	webhooks func(attemptID string) []payment.WebhookRequest
	requests func() int
}

// standIns open the stand-ins by the provider's name.
var standIns = map[string]func(t testing.TB) psp{"stripe": stripeStandIn, "adyen": adyenStandIn, "braintree": braintreeStandIn}

func stripeStandIn(t testing.TB) psp {
	fake := stripetest.New(stripetest.Config{})
	t.Cleanup(fake.Close)
	p := psp{account: account("stripe", fake.URL(), "sk_test_stripetest", "profile_test_shop"), wrongKey: "sk_test_of_somebody_else"}
	cards := map[outcome]string{approved: "pm_card_visa", declined: "pm_card_visa_chargeDeclined", challenged: "pm_card_authenticationRequired"}
	p.mint = func(s *client.Session, o outcome) string {
		return fake.Grant(stripetest.Grant{Card: cards[o], Currency: s.Currency, MaxAmount: s.Total, ExpiresAt: time.Now().Add(time.Hour)})
	}
	p.account.Stripe.WebhookSecret = secret.New("whsec_stripetest")
	p.webhooks = func(string) []payment.WebhookRequest { return fake.Webhooks() }
	p.requests = fake.Requests
	p.lose = func() { fake.Break(stripetest.DropAfter, stripetest.LookupFails) }
	p.books = func(sessionID string) books {
		b := fake.Books(sessionID)
		return books{b.Charges, b.Taken}
	}
	return p
}

func adyenStandIn(t testing.TB) psp {
	fake := adyentest.New(t)
	p := psp{account: account("adyen", fake.URL(), adyentest.APIKey, adyentest.MerchantAccount), wrongKey: "AQEofSomebodyElse"}
	p.account.Adyen.ReturnURL = "https://shop.example.com"
	cards := map[outcome]adyentest.Outcome{approved: adyentest.Authorised, declined: adyentest.Refused, challenged: adyentest.NeedsSCA}
	p.mint = func(s *client.Session, o outcome) string {
		return fake.Mint(adyentest.Grant{Outcome: cards[o], Currency: strings.ToUpper(s.Currency), MaxAmount: s.Total})
	}
	p.account.Adyen.HMACKeys = []secret.String{secret.New(adyentest.HMACKey)}
	p.webhooks = func(string) []payment.WebhookRequest { return fake.Notifications() }
	p.requests = fake.Posts
	p.lose = func() { fake.Break(adyentest.DropAfter, adyentest.DropAfter) }
	p.books = func(sessionID string) books {
		b := fake.Books(sessionID)
		return books{b.Charges, b.Taken}
	}
	return p
}

func braintreeStandIn(t testing.TB) psp {
	fake := braintreetest.New(t, braintreetest.Options{MerchantID: "test_gateway", PublicKey: "public_key_for_tests", PrivateKey: "private_key_for_tests",
		Accounts: map[string]string{"test_usd": "usd"}, CustomFields: []string{"acp_session_id"}})
	p := psp{account: account("braintree", fake.URL, "private_key_for_tests", "test_gateway"), wrongKey: "key_of_somebody_else"}
	p.account.Braintree.PublicKey, p.account.Braintree.MerchantAccount = "public_key_for_tests", "test_usd"
	p.account.Braintree.SessionField = "acp_session_id"
	cards := map[outcome]braintreetest.Outcome{approved: braintreetest.Approve, declined: braintreetest.DoNotHonor, challenged: braintreetest.ThreeDSecure}
	p.mint = func(s *client.Session, o outcome) string {
		return fake.Mint(braintreetest.Allowance{Outcome: cards[o], SessionID: s.ID, MaxAmount: s.Total, Currency: s.Currency, Lifetime: time.Hour})
	}
	// Braintree calls when the money is settled, in the night.
	p.webhooks = func(attemptID string) (out []payment.WebhookRequest) {
		for _, id := range fake.IDs(attemptID) {
			fake.Settle(id)
			out = append(out, payment.WebhookRequest{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
				Body: fake.Notice("transaction_settled", id)})
		}
		return out
	}
	p.requests = func() int { return len(fake.Requests()) }
	p.lose = func() { fake.Break(braintreetest.DropAfter, braintreetest.LookupFails) }
	p.books = func(sessionID string) books {
		b := fake.Books(sessionID)
		return books{b.Charges, b.Held + b.Taken - b.Refunded}
	}
	return p
}

func account(provider, url, key, merchantID string) config.PaymentConfig {
	p := config.DefaultMerchant().Payment.Test
	p.Provider, p.URL, p.Key, p.MerchantID = provider, url, secret.New(key), merchantID
	return p
}

// openShop starts a server whose shop has an account at a stand-in.
func openShop(t *testing.T, account config.PaymentConfig, logs *logBuffer) *servertest.Server {
	t.Helper()
	log := slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return servertest.Start(t, servertest.Options{Log: log, UnknownBudget: time.Millisecond, Configure: func(cfg *config.Config) {
		cfg.Merchants[0].Payment.Test = account
		for _, problem := range cfg.Validate() {
			if strings.Contains(problem.Path, ".payment") {
				t.Errorf("the configuration: %s", problem)
			}
		}
	}})
}

// A purchase over HTTP with each provider, as a deployment has it: from the
// configuration through the App to the provider's own books.
func TestEachProviderTakesPayments(t *testing.T) {
	for name, open := range standIns {
		t.Run(name, func(t *testing.T) {
			var logs logBuffer
			psp := open(t)
			shop := openShop(t, psp.account, &logs)
			agent := shop.Agent(t)
			var tokens []string
			mint := func(s *client.Session, o outcome) string {
				token := psp.mint(s, o)
				tokens = append(tokens, token)
				return token
			}

			t.Run("approved", func(t *testing.T) {
				s := agent.Open(t, servertest.Mug)
				if len(s.Handlers) == 0 || s.Handlers[0].PSP != name || s.Handlers[0].MerchantID != psp.account.MerchantID {
					t.Errorf("agents are told to pay with %+v", s.Handlers)
				}
				pay(t, agent, s, mint(s, approved))
				bought(t, shop, psp, s, name)
			})
			t.Run("refused, then approved", func(t *testing.T) {
				for o, code := range map[outcome]string{declined: "payment_declined", challenged: "requires_3ds"} {
					s := agent.Open(t, servertest.Mug)
					got, err := agent.Complete(t.Context(), s.ID, servertest.Payment(s, mint(s, o)))
					if err != nil {
						t.Fatal(err)
					}
					if got.Status != acp.ReadyForPayment || !got.HasCode(code) || psp.books(s.ID) != (books{}) {
						t.Errorf("%s; want %s, with nothing taken but %+v", got.Raw, code, psp.books(s.ID))
					}
					pay(t, agent, s, mint(s, approved))
					bought(t, shop, psp, s, name)
				}
			})
			t.Run("a lost answer", func(t *testing.T) {
				s := agent.Open(t, servertest.Mug)
				purchase := servertest.Purchase{Session: s, Key: "lost-" + s.ID, Request: servertest.Payment(s, mint(s, approved))}
				psp.lose()
				_, err := agent.Pay(t.Context(), purchase)
				refused, ok := errors.AsType[*client.Error](err)
				if !ok || refused.HTTPStatus != http.StatusServiceUnavailable {
					t.Fatalf("%v; want 503, as nobody knows", err)
				}
				if b := psp.books(s.ID); b.charges != 1 {
					t.Fatalf("the stand-in took %+v: the test loses nothing", b)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				got, err := servertest.Persist(ctx, func() (*client.Session, error) { return agent.Pay(ctx, purchase) })
				if err != nil || got.Status != acp.Completed {
					t.Fatalf("%+v, %v", got, err)
				}
				bought(t, shop, psp, s, name)
			})

			log := logs.String()
			if !strings.Contains(log, "payment settled") {
				t.Error("the log says nothing of the purchases: the test looks in the wrong place")
			}
			for _, secret := range append(tokens, psp.account.Key.Reveal(), servertest.Buyer().Email) {
				if strings.Contains(log, secret) {
					t.Errorf("the log shows %q", secret)
				}
			}
		})
	}
}

// A key that the provider does not know is the shop's fault, and said so.
func TestAWrongKeyIsTheShopsFault(t *testing.T) {
	for name, open := range standIns {
		t.Run(name, func(t *testing.T) {
			var logs logBuffer
			psp := open(t)
			psp.account.Key = secret.New(psp.wrongKey)
			shop := openShop(t, psp.account, &logs)
			agent := shop.Agent(t)
			s := agent.Open(t, servertest.Mug)
			_, err := agent.Complete(t.Context(), s.ID, servertest.Payment(s, psp.mint(s, approved)))
			refused, ok := errors.AsType[*client.Error](err)
			if !ok || refused.HTTPStatus != http.StatusInternalServerError || refused.Code != "payment_provider_error" {
				t.Errorf("%v; want 500 payment_provider_error", err)
			}
			if b := psp.books(s.ID); b != (books{}) {
				t.Errorf("took %+v", b)
			}
			if _, err := shop.Store.OrderOfSession(t.Context(), servertest.MerchantID, s.ID); !errors.Is(err, checkout.ErrNotFound) {
				t.Errorf("an order: %v", err)
			}
			if strings.Contains(logs.String(), psp.wrongKey) {
				t.Error("the log shows the key")
			}
		})
	}
}

func pay(t *testing.T, agent *servertest.Agent, s *client.Session, token string) {
	t.Helper()
	got, err := agent.Complete(t.Context(), s.ID, servertest.Payment(s, token))
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != acp.Completed || got.Order == nil {
		t.Fatalf("not bought: %s", got.Raw)
	}
}

// bought checks that the shop's database and the provider's books agree on one
// order and one charge of its total.
func bought(t *testing.T, shop *servertest.Server, psp psp, s *client.Session, provider string) {
	t.Helper()
	order, err := shop.Store.OrderOfSession(t.Context(), servertest.MerchantID, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if b := psp.books(s.ID); b != (books{1, s.Total}) || order.Total != s.Total {
		t.Errorf("an order of %d, and the provider has %+v; want %d once", order.Total, b, s.Total)
	}
	attempts, err := shop.Store.SessionAttempts(t.Context(), servertest.MerchantID, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	paid := 0
	for _, a := range attempts {
		if a.Provider != provider || a.State.Live() {
			t.Errorf("an attempt at %s is %s", a.Provider, a.State)
		}
		if a.State == payment.Captured && a.Captured == s.Total && a.PSPRef != "" {
			paid++
		}
	}
	if paid != 1 {
		t.Errorf("%d attempts captured the total; want one", paid)
	}
}
