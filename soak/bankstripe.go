package soak

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
	"github.com/checkstand/checkstand/secret"
)

const (
	stripeKey    = "sk_test_soak"
	stripeSecret = "whsec_soak"

	ownTokens    = "spt_000" // how the stand-in's begin, and five digits more
	manyAccounts = 1000
)

// stripeBank is an account at Stripe. Stripe counts some currencies with other
// decimals than everybody else; unit is how many of Stripe's units are one
// minor unit.
type stripeBank struct {
	*stripetest.Server
	adapter *stripe.Provider
	profile string
	tokens  string // how those of this account begin
	unit    int64
	now     func() time.Time
}

func newStripe(t testing.TB, w *wire, now func() time.Time, number int, currency string) *stripeBank {
	t.Helper()
	profile := fmt.Sprintf("profile_test_%d", number)
	b := &stripeBank{tokens: fmt.Sprintf("spt_%03d", 1+number%(manyAccounts-1)), Server: stripetest.New(stripetest.Config{Key: stripeKey, WebhookSecret: stripeSecret, Now: now}), profile: profile, unit: 1, now: now}
	if currency == "isk" {
		b.unit = 100 // from Stripe's page on currencies
	}
	t.Cleanup(b.Close)
	w.names = [2][]byte{[]byte(b.tokens), []byte(ownTokens)}
	transport := w.transport()
	t.Cleanup(transport.CloseIdleConnections)
	var err error
	b.adapter, err = stripe.New(stripe.Config{Key: secret.New(stripeKey), MerchantID: profile, WebhookSecret: secret.New(stripeSecret),
		BaseURL: b.URL(), Now: now, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *stripeBank) provider() payment.Provider { return b.adapter }
func (b *stripeBank) slow() bool                 { return true }
func (b *stripeBank) account() string            { return b.profile }
func (b *stripeBank) pass(time.Duration)         {}
func (b *stripeBank) settle()                    {}
func (b *stripeBank) elsewhere() elsewhere       { return b.StandIn() }
func (b *stripeBank) units(minor int64) int64    { return minor * b.unit }

// mint makes a token that is of this account alone. Each stand-in counts its own
// from 1, and Stripe's are never alike: so the number of the account is put into
// those that leave it, and is taken out again on the wire.
func (b *stripeBank) mint(_ context.Context, a paymenttest.Allowance) (string, error) {
	a.MaxAmount *= b.unit
	token := b.StandIn().Mint(a)
	number, ours := strings.CutPrefix(token, ownTokens)
	if !ours {
		return "", fmt.Errorf("the stand-in has made more tokens than there are numbers for: %s", token)
	}
	return b.tokens + number, nil
}

func (b *stripeBank) webhooks() []payment.WebhookRequest { return b.Webhooks() }

func (b *stripeBank) sign(r payment.WebhookRequest) payment.WebhookRequest {
	return stripetest.Sign(stripeSecret, b.now().Unix(), r.Body)
}

// stripePayment is a payment as Stripe lists it.
type stripePayment struct {
	ID         string            `json:"id"`
	Status     string            `json:"status"`
	Received   int64             `json:"amount_received"`
	Capturable int64             `json:"amount_capturable"`
	Metadata   map[string]string `json:"metadata"`
}

// charged reports whether the payment holds or took money.
func (p stripePayment) charged() bool {
	return p.Status == "succeeded" || p.Status == "requires_capture" || p.Status == "processing"
}

// stripeRefund is a refund as Stripe lists it.
type stripeRefund struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Amount  int64  `json:"amount"`
	Payment string `json:"payment_intent"`
}

// each reads a list of the account's, as its dashboard does, until visit has
// seen enough.
func each[T any](ctx context.Context, b *stripeBank, path string, id func(T) string, visit func(T) (more bool)) error {
	query := url.Values{"limit": {"100"}}
	for {
		var page struct {
			Data []T  `json:"data"`
			More bool `json:"has_more"`
		}
		if err := call(ctx, http.MethodGet, b.URL()+path+"?"+query.Encode(), http.Header{"Authorization": {"Bearer " + stripeKey}}, "", &page); err != nil {
			return err
		}
		for _, item := range page.Data {
			if !visit(item) {
				return nil
			}
		}
		if !page.More {
			return nil
		}
		query.Set("starting_after", id(page.Data[len(page.Data)-1]))
	}
}

func (b *stripeBank) payments(ctx context.Context, visit func(stripePayment) (more bool)) error {
	return each(ctx, b, "/v1/payment_intents", func(p stripePayment) string { return p.ID }, visit)
}

// statement adds refunds up by themselves: what Stripe calls refunded of a
// charge has the part of a hold in it that was never taken.
func (b *stripeBank) statement(ctx context.Context, sessions []string) (map[string]books, error) {
	out, back := make(map[string]books, len(sessions)), map[string]int64{}
	err := each(ctx, b, "/v1/refunds", func(r stripeRefund) string { return r.ID }, func(r stripeRefund) bool {
		if r.Status == "succeeded" || r.Status == "pending" {
			back[r.Payment] += r.Amount
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	var odd error
	err = b.payments(ctx, func(p stripePayment) bool {
		session := p.Metadata["acp_session_id"]
		s := out[session]
		if p.charged() {
			s.charges++
		}
		in, refunded := p.Received+p.Capturable, back[p.ID]
		if in%b.unit != 0 || refunded%b.unit != 0 {
			odd = fmt.Errorf("payment %s is over a part of a minor unit", p.ID)
		}
		s.in += in / b.unit
		s.out += refunded / b.unit
		out[session] = s
		return odd == nil
	})
	return out, errors.Join(err, odd)
}

func (b *stripeBank) reference(ctx context.Context, _, attempt string) (ref string, err error) {
	err = b.payments(ctx, func(p stripePayment) bool {
		if p.charged() && p.Metadata["acp_payment_id"] == attempt {
			ref = p.ID
		}
		return ref == ""
	})
	return ref, err
}
