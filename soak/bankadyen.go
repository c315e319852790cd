package soak

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/secret"
)

// adyenBank is a merchant account at Adyen.
type adyenBank struct {
	*adyentest.Fake
	adapter *adyen.Provider

	mu   sync.Mutex
	paid map[string]string // pspReference by attempt
	done map[string]move   // by operation
}

// move is what became of a capture, cancel or refund.
type move struct {
	ref string
	ok  bool
}

func newAdyen(t testing.TB, w *wire, now func() time.Time) *adyenBank {
	t.Helper()
	b := &adyenBank{Fake: adyentest.New(t), paid: map[string]string{}, done: map[string]move{}}
	b.Advance(now().Sub(b.Now()))
	transport := w.transport()
	t.Cleanup(transport.CloseIdleConnections)
	var err error
	b.adapter, err = adyen.New(adyen.Config{APIKey: secret.New(adyentest.APIKey), MerchantAccount: adyentest.MerchantAccount, BaseURL: b.URL(),
		ReturnURL: "https://shop.example/return", HMACKeys: []secret.String{secret.New(adyentest.HMACKey)}, ErrorClasses: adyentest.AllowanceErrors(),
		Now: now, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *adyenBank) provider() payment.Provider { return b.adapter }
func (b *adyenBank) slow() bool                 { return true }
func (b *adyenBank) account() string            { return adyentest.MerchantAccount }
func (b *adyenBank) pass(d time.Duration)       { b.Advance(d) }
func (b *adyenBank) settle()                    { b.Settle() }
func (b *adyenBank) elsewhere() elsewhere       { return b.StandIn() }
func (b *adyenBank) units(minor int64) int64    { return minor }

// sign leaves the call as it is: Adyen's signature has no time in it.
func (b *adyenBank) sign(r payment.WebhookRequest) payment.WebhookRequest { return r }

func (b *adyenBank) mint(_ context.Context, a paymenttest.Allowance) (string, error) {
	return b.StandIn().Mint(a), nil
}

func (b *adyenBank) statement(_ context.Context, sessions []string) (map[string]books, error) {
	out := make(map[string]books, len(sessions))
	for _, session := range sessions {
		if s := b.Books(session); s != (adyentest.Books{}) {
			out[session] = books{charges: s.Charges, in: s.Taken + s.Refunded, out: s.Refunded}
		}
	}
	return out, nil
}

// webhooks takes the calls that wait, and keeps what they say of payments:
// Adyen cannot be asked.
func (b *adyenBank) webhooks() []payment.WebhookRequest {
	calls := b.Notifications()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range calls {
		var n struct {
			Items []struct {
				Item struct {
					Event     string `json:"eventCode"`
					Success   string `json:"success"`
					Ref       string `json:"pspReference"`
					Reference string `json:"merchantReference"`
				} `json:"NotificationRequestItem"`
			} `json:"notificationItems"`
		}
		if err := json.Unmarshal(r.Body, &n); err != nil {
			panic(err) // the stand-in wrote it
		}
		for _, i := range n.Items {
			// What follows the hyphen says how it is captured.
			name, _, _ := strings.Cut(i.Item.Reference, "-")
			ok := i.Item.Success == "true"
			switch {
			case i.Item.Event == "AUTHORISATION" && ok:
				b.paid[name] = i.Item.Ref
			case strings.HasPrefix(name, id.Op+"_"):
				b.done[name] = move{i.Item.Ref, ok}
			}
		}
	}
	return calls
}

func (b *adyenBank) reference(_ context.Context, _, attempt string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.paid[attempt], nil
}

// moved is what became of an operation, as the Customer Area shows it; known is
// false while nothing has.
func (b *adyenBank) moved(op string) (m move, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, known = b.done[op]
	return m, known
}
