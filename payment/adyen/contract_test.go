package adyen_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/secret"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// config is a configuration that New takes, for an API at url.
func config(url string) adyen.Config {
	return adyen.Config{
		APIKey:          secret.New(adyentest.APIKey),
		MerchantAccount: adyentest.MerchantAccount,
		BaseURL:         url,
		ReturnURL:       "https://shop.example/return",
		HMACKeys:        []secret.String{secret.New(adyentest.HMACKey)},
		ErrorClasses:    adyentest.AllowanceErrors(),
		Timeout:         10 * time.Second,
	}
}

func adapter(t testing.TB, cfg adyen.Config) *adyen.Provider {
	t.Helper()
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{MaxIdleConnsPerHost: 50}
	}
	t.Cleanup(cfg.Transport.CloseIdleConnections)
	p, err := adyen.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// told takes the webhooks that wait, as the adapter reads them.
func told(t testing.TB, p *adyen.Provider, psp *adyentest.Fake) (all []payment.Notice) {
	t.Helper()
	for _, r := range psp.Webhooks() {
		notices, answer, err := p.ReceiveWebhook(r)
		if err != nil || string(answer.Body) != "[accepted]" {
			t.Fatalf("%+v, %v", answer, err)
		}
		all = append(all, notices...)
	}
	return all
}

// stranger is an adapter with a key that the PSP refuses.
func stranger(t testing.TB, psp *adyentest.Fake) *adyen.Provider {
	t.Helper()
	cfg := config(psp.URL())
	cfg.APIKey = secret.New("not-the-key")
	return adapter(t, cfg)
}

func harness(t *testing.T) paymenttest.Harness {
	psp := adyentest.New(t)
	fake := psp.StandIn()
	p := adapter(t, config(psp.URL()))
	return paymenttest.Harness{
		Provider:        p,
		Unreachable:     adapter(t, config(paymenttest.Unreachable)),
		WrongKeys:       stranger(t, psp),
		MerchantID:      adyentest.MerchantAccount,
		SessionsUnbound: true,
		Mint: func(_ testing.TB, a paymenttest.Allowance) payment.Credential {
			return payment.Credential{Type: "spt", Token: secret.New(fake.Mint(a))}
		},
		Keep: func(_ testing.TB, customer string, o paymenttest.Outcome) payment.Stored {
			return fake.Keep(customer, o)
		},
		Forget:  func(_ testing.TB, s payment.Stored) { fake.Forget(s) },
		Prove:   paymenttest.AnyProof,
		Books:   func(_ testing.TB, session string) paymenttest.Books { return fake.Books(session) },
		Break:   func(_ testing.TB, f paymenttest.Fault) { fake.Break(f) },
		Heal:    func(testing.TB) { fake.Heal() },
		Advance: func(_ testing.TB, d time.Duration) { fake.Advance(d) },
		Settle:  func(testing.TB) { fake.Settle() },
		Notices: func(t testing.TB) []payment.Notice { return told(t, p, psp) },
	}
}

func TestContract(t *testing.T)             { paymenttest.TestProvider(t, harness(t)) }
func TestContractOfOperations(t *testing.T) { paymenttest.TestOperator(t, harness(t)) }

// A page cannot be looked for, and a link that is paid does not name its
// payment: the webhook does.
func TestContractOfPages(t *testing.T) {
	psp := adyentest.New(t)
	paymenttest.TestHosted(t, pages(t, psp, adyen.PageLink))
}

// A session is asked about with what the buyer's browser brings back, and
// cannot be closed.
func TestContractOfSessionPages(t *testing.T) {
	psp := adyentest.New(t)
	h := pages(t, psp, adyen.PageSession)
	h.Leave = func(t testing.TB, ref string) { psp.Leave(t, ref) }
	h.Result = func(t testing.TB, ref string) string { return psp.Return(t, ref) }
	h.Unclosable = true
	paymenttest.TestHosted(t, h)
}

func pages(t *testing.T, psp *adyentest.Fake, kind string) paymenttest.HostedHarness {
	fake := psp.StandIn()
	of := func(url string) adyen.Config {
		cfg := config(url)
		cfg.Page, cfg.Now = kind, psp.Now
		return cfg
	}
	p := adapter(t, of(psp.URL()))
	strange := of(psp.URL())
	strange.APIKey = secret.New("not-the-key")
	return paymenttest.HostedHarness{
		Provider:    p,
		Unreachable: adapter(t, of(paymenttest.Unreachable)),
		WrongKeys:   adapter(t, strange),
		MerchantID:  adyentest.MerchantAccount,
		Pay:         func(_ testing.TB, ref string, o paymenttest.Outcome) bool { return fake.PayPage(ref, o) },
		Decide:      func(t testing.TB, ref string, paid bool) { psp.DecidePage(t, ref, paid) },
		Leave:       func(testing.TB, string) {}, // there is no way back: the buyer closes the tab
		Shown: func(_ testing.TB, ref string) paymenttest.Shown {
			lines, total := psp.Page(ref)
			return paymenttest.Shown{Total: total, Lines: lines}
		},
		Books:         func(_ testing.TB, session string) paymenttest.Books { return fake.Books(session) },
		Break:         func(_ testing.TB, f paymenttest.Fault) { fake.Break(f) },
		Advance:       func(_ testing.TB, d time.Duration) { fake.Advance(d) },
		Now:           psp.Now,
		Settle:        func(testing.TB) { fake.Settle() },
		Notices:       func(t testing.TB) []payment.Notice { return told(t, p, psp) },
		ToldByWebhook: true,
	}
}

func TestStandIn(t *testing.T) {
	psp := adyentest.New(t)
	paymenttest.TestStandIn(t, paymenttest.StandInHarness{PSP: psp.StandIn(), MerchantID: adyentest.MerchantAccount, Provider: adapter(t, config(psp.URL()))})
}
