package soak

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/secret"
)

const (
	braintreeMerchant = "soak_gateway"
	braintreePublic   = "public_key_of_soak"
	braintreePrivate  = "private_key_of_soak"
	braintreeField    = "acp_session_id"
)

// braintreeBank is a gateway account at Braintree.
type braintreeBank struct {
	*braintreetest.Gateway
	adapter *braintree.Provider
	now     func() time.Time

	mu      sync.Mutex
	settled time.Time // when the last batch was
}

// batchEvery is how often what was submitted is settled. Only then can it be
// given back.
const batchEvery = 6 * time.Hour

func newBraintree(t testing.TB, w *wire, now func() time.Time, currency string) *braintreeBank {
	t.Helper()
	account := "soak_" + currency
	b := &braintreeBank{now: now, Gateway: braintreetest.New(t, braintreetest.Options{MerchantID: braintreeMerchant, PublicKey: braintreePublic,
		PrivateKey: braintreePrivate, Accounts: map[string]string{account: currency}, CustomFields: []string{braintreeField}, Now: now})}
	b.SetSearchLag(time.Minute)
	transport := w.transport()
	t.Cleanup(transport.CloseIdleConnections)
	var err error
	b.adapter, err = braintree.New(braintree.Config{MerchantID: braintreeMerchant, PublicKey: braintreePublic, PrivateKey: secret.New(braintreePrivate),
		MerchantAccounts: map[string]string{currency: account}, BaseURL: b.URL, SessionField: braintreeField, Now: now, Transport: transport,
		Codes: map[string]payment.Class{braintreetest.CodeAmountExceeded: payment.ClassAmountExceeded,
			braintreetest.CodeCurrencyMismatch: payment.ClassCurrencyMismatch}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *braintreeBank) provider() payment.Provider         { return b.adapter }
func (b *braintreeBank) slow() bool                         { return true }
func (b *braintreeBank) account() string                    { return braintreeMerchant }
func (b *braintreeBank) pass(time.Duration)                 {}
func (b *braintreeBank) webhooks() []payment.WebhookRequest { return b.Webhooks() }
func (b *braintreeBank) elsewhere() elsewhere               { return b.StandIn() }
func (b *braintreeBank) units(minor int64) int64            { return minor }

// sign leaves the call as it is: it was signed when it was made.
func (b *braintreeBank) sign(r payment.WebhookRequest) payment.WebhookRequest { return r }

func (b *braintreeBank) mint(_ context.Context, a paymenttest.Allowance) (string, error) {
	return b.StandIn().Mint(a), nil
}

func (b *braintreeBank) statement(_ context.Context, sessions []string) (map[string]books, error) {
	out := make(map[string]books, len(sessions))
	for _, session := range sessions {
		if s := b.Books(session); s != (braintreetest.Books{}) {
			out[session] = books{charges: s.Charges, in: s.Held + s.Taken, out: s.Refunded}
		}
	}
	return out, nil
}

func (b *braintreeBank) reference(_ context.Context, session, attempt string) (string, error) {
	if ids := b.IDs(attempt); len(ids) > 0 && b.Books(session).Charges > 0 {
		return ids[0], nil
	}
	return "", nil
}

func (b *braintreeBank) settle() {
	b.mu.Lock()
	now := b.now()
	due := now.Sub(b.settled) >= batchEvery
	if due {
		b.settled = now
	}
	b.mu.Unlock()
	if due {
		b.SettleAll()
	}
}
