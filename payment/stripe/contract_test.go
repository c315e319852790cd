package stripe_test

import (
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
	"github.com/checkstand/checkstand/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testKey = "sk_test_stripetest"
	whsec   = "whsec_stripetest"
	profile = "profile_test_shop"
)

// world is a Stripe with a memory and an adapter that talks to it.
type world struct {
	*stripetest.Server
	provider *stripe.Provider
}

func newWorld(t testing.TB, change ...func(*stripe.Config)) *world {
	t.Helper()
	server := stripetest.New(stripetest.Config{})
	t.Cleanup(server.Close)
	return &world{Server: server, provider: adapter(t, server.URL(), change...)}
}

func adapter(t testing.TB, url string, change ...func(*stripe.Config)) *stripe.Provider {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 50}
	t.Cleanup(transport.CloseIdleConnections)
	cfg := stripe.Config{Key: secret.New(testKey), MerchantID: profile, WebhookSecret: secret.New(whsec), BaseURL: url,
		Timeout: 10 * time.Second, Transport: transport}
	for _, f := range change {
		f(&cfg)
	}
	p, err := stripe.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// told takes the webhooks that wait, as the adapter reads them.
func (w *world) told(t testing.TB) (all []payment.Notice) {
	t.Helper()
	for _, r := range w.Webhooks() {
		n, answer, err := w.provider.ReceiveWebhook(r)
		if err != nil || answer.Status != http.StatusOK {
			t.Fatalf("%v %+v: %s", err, answer, r.Body)
		}
		all = append(all, n...)
	}
	return all
}

func (w *world) harness(t testing.TB) paymenttest.Harness {
	psp := w.StandIn()
	return paymenttest.Harness{
		Provider:        w.provider,
		Unreachable:     adapter(t, paymenttest.Unreachable),
		WrongKeys:       adapter(t, w.URL(), func(c *stripe.Config) { c.Key = secret.New("sk_test_another") }),
		MerchantID:      profile,
		Reusable:        payment.Credential{Type: "spt", Token: secret.New("pm_card_visa")},
		SessionsUnbound: true,
		Mint: func(_ testing.TB, a paymenttest.Allowance) payment.Credential {
			return payment.Credential{Type: "spt", Token: secret.New(psp.Mint(a))}
		},
		Keep: func(_ testing.TB, customer string, o paymenttest.Outcome) payment.Stored {
			return psp.Keep(customer, o)
		},
		Forget:  func(_ testing.TB, s payment.Stored) { psp.Forget(s) },
		Prove:   paymenttest.AnyProof,
		Books:   func(_ testing.TB, session string) paymenttest.Books { return psp.Books(session) },
		Break:   func(_ testing.TB, f paymenttest.Fault) { psp.Break(f) },
		Heal:    func(testing.TB) { psp.Heal() },
		Advance: func(_ testing.TB, d time.Duration) { psp.Advance(d) },
		Notices: w.told,
	}
}

func TestContract(t *testing.T) {
	w := newWorld(t)
	paymenttest.TestProvider(t, w.harness(t))
}

func TestOperatorContract(t *testing.T) {
	w := newWorld(t)
	paymenttest.TestOperator(t, w.harness(t))
}

func TestHostedContract(t *testing.T) {
	w := newWorld(t)
	w.provider = adapter(t, w.URL(), func(c *stripe.Config) { c.Now = w.Now }) // pages expire by Stripe's clock
	psp := w.StandIn()
	paymenttest.TestHosted(t, paymenttest.HostedHarness{
		Provider:    w.provider,
		Unreachable: adapter(t, paymenttest.Unreachable),
		WrongKeys:   adapter(t, w.URL(), func(c *stripe.Config) { c.Key = secret.New("sk_test_another") }),
		MerchantID:  profile,
		Pay:         func(_ testing.TB, ref string, o paymenttest.Outcome) bool { return psp.PayPage(ref, o) },
		Decide:      func(_ testing.TB, ref string, paid bool) { w.DecidePage(ref, paid) },
		Leave: func(t testing.TB, ref string) {
			if to := w.LeavePage(ref); to != "https://shop.example/back" {
				t.Errorf("the page leads back to %q", to)
			}
		},
		Shown: func(_ testing.TB, ref string) paymenttest.Shown {
			lines, total, _ := w.Page(ref)
			return paymenttest.Shown{Total: total, Lines: lines}
		},
		Books:    func(_ testing.TB, session string) paymenttest.Books { return psp.Books(session) },
		Break:    func(_ testing.TB, f paymenttest.Fault) { psp.Break(f) },
		Advance:  func(_ testing.TB, d time.Duration) { psp.Advance(d) },
		Now:      w.Now,
		Notices:  w.told,
		Findable: true,
	})
}

func TestStandIn(t *testing.T) {
	w := newWorld(t)
	paymenttest.TestStandIn(t, paymenttest.StandInHarness{PSP: w.StandIn(), MerchantID: profile,
		Provider: adapter(t, w.URL(), func(c *stripe.Config) { c.Now = w.Now })})
}

// charge is a charge of 19.99 USD on a fresh token for a card.
func (w *world) charge(card string) payment.Charge {
	now := time.Now()
	token := w.Grant(stripetest.Grant{Card: card, Currency: "usd", MaxAmount: 5000, ExpiresAt: w.Now().Add(time.Hour)})
	return payment.Charge{AttemptID: id.New(id.Attempt, now), SessionID: id.New(id.Session, now), OrderID: id.New(id.Order, now), Amount: 1999,
		Currency: "usd", Credential: payment.Credential{Type: "spt", Token: secret.New(token)}, MerchantID: profile, StatementText: "Test Shop"}
}

func attempt(c payment.Charge, created time.Time) payment.Attempt {
	return payment.Attempt{ID: c.AttemptID, SessionID: c.SessionID, OrderID: c.OrderID, Provider: stripe.Name, Amount: c.Amount, Currency: c.Currency,
		IdemKey: "acp_" + c.AttemptID, State: payment.Sending, CreatedAt: created}
}

// send builds and sends a charge.
func send(t testing.TB, p *stripe.Provider, c payment.Charge) payment.Result {
	t.Helper()
	body, err := p.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Send(t.Context(), "acp_"+c.AttemptID, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// grant is for a token of some currency and limit, in Stripe's units.
func grant(currency string, limit int64) stripetest.Grant {
	return stripetest.Grant{Currency: currency, MaxAmount: limit, ExpiresAt: time.Now().Add(time.Hour)}
}
