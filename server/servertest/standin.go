package servertest

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/sandbox"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
)

// PSPs lists the names that Options.PSP may have.
func PSPs() []string { return []string{sandbox.Name, stripe.Name, adyen.Name, braintree.Name} }

// StandIn plays the PSP of a world. It has books of its own, which nothing of
// the shop's writes to.
type StandIn interface {
	// Mint makes a token of a card for one payment of the session's total, as
	// the agent's delegate_payment does.
	Mint(ctx context.Context, s *client.Session, c Card) (string, error)
	// Keep keeps a card for a customer, named by a word, as the shop's own pages
	// would have done. CardPending is not among them. Forget takes it away again.
	Keep(ctx context.Context, customer string, c Card) (payment.Stored, error)
	Forget(ctx context.Context, stored payment.Stored) error
	// Books tells what was taken for a session.
	Books(ctx context.Context, sessionID string) (Books, error)
	// Break makes faults befall the next requests that they concern, one each.
	Break(ctx context.Context, faults ...Fault) error
	// Webhooks takes what the PSP would report of an attempt, signed and in the
	// order of its making; none where the PSP reports nothing.
	Webhooks(attemptID string) []payment.WebhookRequest
	// Charges reports whether a request asks for money.
	Charges(r *http.Request) bool
}

// Undecided is a StandIn that can leave a payment open by itself, on a
// CardPending.
type Undecided interface {
	StandIn
	// Settle decides about such a payment.
	Settle(t testing.TB, a payment.Attempt, paid bool)
}

// Card is what a token stands for, whatever number the stand-in has for it.
type Card string

// Cards.
const (
	CardApproved   Card = "approved"
	CardDeclined   Card = "declined"
	CardChallenged Card = "challenged" // 3-D Secure is asked for
	CardPending    Card = "pending"    // not at the sandbox
)

// Books are what a PSP has for one session.
type Books struct {
	Charges int   // payments that hold or took money
	Taken   int64 // held or taken and not given back, minor units
}

// Fault is something that goes wrong at the PSP. What goes wrong on the way
// there is the business of World.Wire.
type Fault string

// Faults.
const (
	RequestLost Fault = "request_lost" // the connection breaks, nothing was charged
	AnswerLost  Fault = "answer_lost"  // charged, and the connection breaks
	WrongAmount Fault = "wrong_amount" // charged, and the answer tells another amount
	LookupFails Fault = "lookup_fails" // asked what became of a payment, it does not say
)

// openPSP opens the stand-in that the world's options name, at an address of
// its own.
func (w *World) openPSP(t testing.TB) {
	t.Helper()
	opened := map[string]func(testing.TB) http.Handler{sandbox.Name: w.openSandbox, stripe.Name: w.openStripe,
		adyen.Name: w.openAdyen, braintree.Name: w.openBraintree}[w.opts.PSP]
	if opened == nil {
		t.Fatalf("no stand-in of %q", w.opts.PSP)
	}
	w.PSPURL = serve(t, &http.Server{Handler: w.counted(w.pspWrap.around(opened(t))), ReadHeaderTimeout: startTimeout})
	w.blueprint.PSPURL = w.PSPURL
	if w.opts.Wired {
		w.wire(t)
	}
}

func (w *World) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.pspRequests.Add(1)
		next.ServeHTTP(rw, r)
	})
}

// PSPRequests is how many requests have come to the PSP.
func (w *World) PSPRequests() int { return int(w.pspRequests.Load()) }

// Account is the shop's account at the PSP, as its configuration has it.
func (w *World) Account() config.PaymentConfig {
	p := config.DefaultMerchant().Payment.Test
	w.blueprint.account(&p)
	return p
}

// Keys and names of the shop at the stand-ins that are not the sandbox.
const (
	stripeKey           = "sk_test_stripetest"
	stripeWebhookSecret = "whsec_stripetest"
	stripeProfile       = "profile_test_shop"

	braintreeMerchant   = "test_gateway"
	braintreePublicKey  = "public_key_for_tests"
	braintreePrivateKey = "private_key_for_tests"
	braintreeAccount    = "test_" + Currency
	braintreeField      = "acp_session_id"
)

// account fills the shop's account in.
func (b *blueprint) account(p *config.PaymentConfig) {
	p.Provider, p.URL = b.PSP, b.PSPURL
	switch b.PSP {
	case sandbox.Name:
		p.Key, p.MerchantID = secret.New(b.PSPKey), accountID
	case stripe.Name:
		p.Key, p.MerchantID = secret.New(stripeKey), stripeProfile
		p.Stripe.WebhookSecret = secret.New(stripeWebhookSecret)
	case adyen.Name:
		p.URL += adyenVersion
		p.Key, p.MerchantID = secret.New(adyenKey), adyenAccount
		p.Adyen.ReturnURL = "https://shop.example.com"
		p.Adyen.HMACKeys = []secret.String{secret.New(adyenHMACKey)}
	case braintree.Name:
		p.Key, p.MerchantID = secret.New(braintreePrivateKey), braintreeMerchant
		p.Braintree.PublicKey, p.Braintree.MerchantAccount, p.Braintree.SessionField = braintreePublicKey, braintreeAccount, braintreeField
	default:
		panic(fmt.Sprintf("no account at %q", b.PSP))
	}
}
