package adyen_test

import (
	"net"
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

// closedPort is an address where nobody listens.
func closedPort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

var cards = map[paymenttest.Outcome]adyentest.Outcome{
	paymenttest.Approve:         adyentest.Authorised,
	paymenttest.Decline:         adyentest.Refused,
	paymenttest.NoFunds:         adyentest.NoBalance,
	paymenttest.ExpiredCard:     adyentest.ExpiredCard,
	paymenttest.WrongCVC:        adyentest.WrongCVC,
	paymenttest.Fraud:           adyentest.Fraud,
	paymenttest.TechnicalFault:  adyentest.AcquirerError,
	paymenttest.Authentication:  adyentest.Redirect,
	paymenttest.ApproveAndDrop:  adyentest.AuthorisedDrop,
	paymenttest.ApproveAndError: adyentest.AuthorisedError,
}

// faults are those of the contract. Adyen has nothing to look up, so that a
// look-up cannot fail.
var faults = map[paymenttest.Fault]adyentest.Fault{
	paymenttest.DropBeforeCommit:  adyentest.DropBefore,
	paymenttest.DropAfterCommit:   adyentest.DropAfter,
	paymenttest.ErrorBeforeCommit: adyentest.ErrorBefore,
	paymenttest.ErrorAfterCommit:  adyentest.ErrorAfter,
	paymenttest.RateLimited:       adyentest.RateLimited,
	paymenttest.WrongAmount:       adyentest.WrongAmount,
}

func harness(t *testing.T) paymenttest.Harness {
	psp := adyentest.New(t)
	p := adapter(t, config(psp.URL()))
	wrongKeys := config(psp.URL())
	wrongKeys.APIKey = secret.New("not-the-key")
	return paymenttest.Harness{
		Provider:        p,
		Unreachable:     adapter(t, config(closedPort(t))),
		WrongKeys:       adapter(t, wrongKeys),
		MerchantID:      adyentest.MerchantAccount,
		SessionsUnbound: true,
		Mint: func(_ testing.TB, a paymenttest.Allowance) payment.Credential {
			g := adyentest.Grant{Outcome: cards[a.Outcome], Currency: upper(a.Currency), MaxAmount: a.MaxAmount, ExpiresAt: psp.Now().Add(a.Lifetime)}
			if a.OtherMerchant {
				g.Account = adyentest.OtherAccount
			}
			return payment.Credential{Type: "spt", Token: secret.New(psp.Mint(g))}
		},
		Books: func(_ testing.TB, session string) paymenttest.Books {
			b := psp.Books(session)
			return paymenttest.Books{Charges: b.Charges, Taken: b.Taken}
		},
		Break: func(_ testing.TB, f paymenttest.Fault) {
			if fault, ok := faults[f]; ok {
				psp.Break(fault)
			}
		},
		Advance: func(_ testing.TB, d time.Duration) { psp.Advance(d) },
		Settle: func(t testing.TB) {
			psp.Settle()
			for _, r := range psp.Notifications() {
				if _, _, err := p.ReceiveWebhook(r); err != nil {
					t.Errorf("a webhook of the PSP was refused: %v", err)
				}
			}
		},
	}
}

func TestContract(t *testing.T)             { paymenttest.TestProvider(t, harness(t)) }
func TestContractOfOperations(t *testing.T) { paymenttest.TestOperator(t, harness(t)) }
