package servertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
)

// The shop's account at Adyen's stand-in.
const (
	adyenKey     = adyentest.APIKey
	adyenAccount = adyentest.MerchantAccount
	adyenHMACKey = adyentest.HMACKey
	adyenVersion = "/v72"
)

// tokenLife is how long tokens are good for.
const tokenLife = time.Hour

// sandboxDesk is the sandbox, which is a PSP and needs no fake.
type sandboxDesk struct {
	world  *World
	client *client.Client
}

// sandboxNumbers are the sandbox's test cards.
var sandboxNumbers = map[Card]string{CardApproved: "4242424242424242", CardDeclined: "4000000000000002", CardChallenged: "4000002760003184"}

func (w *World) openSandbox(t testing.TB) http.Handler {
	w.sandboxFile = filepath.Join(t.TempDir(), "psp.db")
	psp, err := sandbox.Open(t.Context(), sandbox.Config{Path: w.sandboxFile, AgentKey: w.AgentKey, MerchantKey: w.PSPKey,
		MerchantIDs: []string{accountID}, Name: "sandbox", Log: w.opts.Log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, psp) })
	transport := &http.Transport{MaxIdleConnsPerHost: maxConnections}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := client.New(client.Config{BaseURL: "http://sandbox.invalid", APIKey: w.AgentKey, Version: acp.V20260417, HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	w.Sandbox, w.PSP = psp, &sandboxDesk{w, c}
	return psp.Server().Handler
}

func (d *sandboxDesk) Mint(ctx context.Context, s *client.Session, c Card) (string, error) {
	number, known := sandboxNumbers[c]
	if !known {
		return "", fmt.Errorf("the sandbox has no card that is %s", c)
	}
	if len(s.Handlers) == 0 {
		return "", fmt.Errorf("session %s offers no way to pay", s.ID)
	}
	r := client.DelegateRequest{Card: client.Card{Number: secret.New(number), ExpMonth: 12, ExpYear: time.Now().Year() + 3},
		Allowance: client.Allowance{MaxAmount: s.Total, Currency: s.Currency, SessionID: s.ID, MerchantID: s.Handlers[0].MerchantID,
			ExpiresAt: time.Now().Add(tokenLife)}}
	token, err := d.client.DelegatePayment(ctx, d.world.PSPURL, d.world.AgentKey, r)
	if err != nil {
		return "", err
	}
	return token.ID.Reveal(), nil
}

func (d *sandboxDesk) Books(ctx context.Context, sessionID string) (Books, error) {
	ledger, err := d.world.Sandbox.Ledger(ctx, sessionID)
	b := Books{Charges: ledger.Charges}
	for _, total := range ledger.Totals {
		b.Taken += total.Authorized + total.Captured - total.Refunded
	}
	return b, err
}

func (d *sandboxDesk) Break(ctx context.Context, faults ...Fault) error {
	for _, f := range faults {
		body := map[Fault]string{
			RequestLost: `{"next":"drop_before_commit"}`, AnswerLost: `{"next":"drop_after_commit"}`,
			WrongAmount: `{"next":"wrong_amount"}`, LookupFails: `{"next":"unavailable","on":"lookup"}`}[f]
		if err := d.ask(ctx, http.MethodPost, "/v1/test/faults", http.StatusCreated, json.RawMessage(body), nil); err != nil {
			return fmt.Errorf("the sandbox does not take the fault %s: %w", f, err)
		}
	}
	return nil
}

func (d *sandboxDesk) Webhooks(string) []payment.WebhookRequest { return nil }

func (d *sandboxDesk) Charges(r *http.Request) bool { return posts(r, "/v1/charges") }

type stripeDesk struct {
	outbox
	keeper
	fake *stripetest.Server
}

func (w *World) openStripe(t testing.TB) http.Handler {
	fake := stripetest.New(stripetest.Config{Key: stripeKey, WebhookSecret: stripeWebhookSecret})
	t.Cleanup(fake.Close)
	w.PSP = &stripeDesk{fake: fake, keeper: keeper{fake.StandIn()}}
	return forward(t, fake.URL())
}

func (d *stripeDesk) Mint(_ context.Context, s *client.Session, c Card) (string, error) {
	card := map[Card]string{CardApproved: "pm_card_visa", CardDeclined: "pm_card_visa_chargeDeclined",
		CardChallenged: "pm_card_authenticationRequired", CardPending: "pm_card_fakeProcessing"}[c]
	return d.fake.Grant(stripetest.Grant{Card: card, Currency: s.Currency, MaxAmount: s.Total, ExpiresAt: time.Now().Add(tokenLife)}), nil
}

func (d *stripeDesk) Books(_ context.Context, sessionID string) (Books, error) {
	b := d.fake.Books(sessionID)
	return Books{b.Charges, b.Held + b.Taken - b.Refunded}, nil
}

func (d *stripeDesk) Break(_ context.Context, faults ...Fault) error {
	for _, f := range faults {
		d.fake.Break(map[Fault]stripetest.Fault{RequestLost: stripetest.DropBefore, AnswerLost: stripetest.DropAfter,
			WrongAmount: stripetest.WrongAmount, LookupFails: stripetest.LookupFails}[f])
	}
	return nil
}

func (d *stripeDesk) Webhooks(attemptID string) []payment.WebhookRequest {
	return d.about(attemptID, d.fake.Webhooks)
}

func (d *stripeDesk) Charges(r *http.Request) bool { return posts(r, "/v1/payment_intents") }

func (d *stripeDesk) Settle(_ testing.TB, a payment.Attempt, paid bool) {
	d.fake.SettleIntent(a.PSPRef, paid)
}

type adyenDesk struct {
	outbox
	keeper
	fake *adyentest.Fake
}

func (w *World) openAdyen(t testing.TB) http.Handler {
	fake := adyentest.New(t)
	w.PSP = &adyenDesk{fake: fake, keeper: keeper{fake.StandIn()}}
	return forward(t, strings.TrimSuffix(fake.URL(), adyenVersion))
}

func (d *adyenDesk) Mint(_ context.Context, s *client.Session, c Card) (string, error) {
	o := map[Card]adyentest.Outcome{CardApproved: adyentest.Authorised, CardDeclined: adyentest.Refused,
		CardChallenged: adyentest.NeedsSCA, CardPending: adyentest.Pending}[c]
	return d.fake.Mint(adyentest.Grant{Outcome: o, Currency: strings.ToUpper(s.Currency), MaxAmount: s.Total}), nil
}

func (d *adyenDesk) Books(_ context.Context, sessionID string) (Books, error) {
	b := d.fake.Books(sessionID)
	return Books{b.Charges, b.Taken}, nil
}

// Break breaks the next payments. Adyen is asked by sending one again, so that
// a lookup that fails is a lost answer.
func (d *adyenDesk) Break(_ context.Context, faults ...Fault) error {
	for _, f := range faults {
		d.fake.Break(map[Fault]adyentest.Fault{RequestLost: adyentest.DropBefore, AnswerLost: adyentest.DropAfter,
			WrongAmount: adyentest.WrongAmount, LookupFails: adyentest.DropAfter}[f])
	}
	return nil
}

// Webhooks has Adyen carry out what it has accepted, and tell of it.
func (d *adyenDesk) Webhooks(attemptID string) []payment.WebhookRequest {
	d.fake.Settle()
	return d.about(attemptID, d.fake.Notifications)
}

func (d *adyenDesk) Charges(r *http.Request) bool { return posts(r, adyenVersion+"/payments") }

func (d *adyenDesk) Settle(t testing.TB, a payment.Attempt, paid bool) {
	d.fake.Decide(t, a.PSPRef, paid)
}

type braintreeDesk struct {
	keeper
	fake *braintreetest.Gateway
}

func (w *World) openBraintree(t testing.TB) http.Handler {
	fake := braintreetest.New(t, braintreetest.Options{MerchantID: braintreeMerchant, PublicKey: braintreePublicKey, PrivateKey: braintreePrivateKey,
		Accounts: map[string]string{braintreeAccount: Currency}, CustomFields: []string{braintreeField}})
	w.PSP = braintreeDesk{keeper{fake.StandIn()}, fake}
	return forward(t, fake.URL)
}

func (d braintreeDesk) Mint(_ context.Context, s *client.Session, c Card) (string, error) {
	o := map[Card]braintreetest.Outcome{CardApproved: braintreetest.Approve, CardDeclined: braintreetest.DoNotHonor,
		CardChallenged: braintreetest.ThreeDSecure, CardPending: braintreetest.Undecided}[c]
	return d.fake.Mint(braintreetest.Allowance{Outcome: o, SessionID: s.ID, MaxAmount: s.Total, Currency: s.Currency, Lifetime: tokenLife}), nil
}

func (d braintreeDesk) Books(_ context.Context, sessionID string) (Books, error) {
	b := d.fake.Books(sessionID)
	return Books{b.Charges, b.Held + b.Taken - b.Refunded}, nil
}

func (d braintreeDesk) Break(_ context.Context, faults ...Fault) error {
	for _, f := range faults {
		d.fake.Break(map[Fault]braintreetest.Fault{RequestLost: braintreetest.DropBefore, AnswerLost: braintreetest.DropAfter,
			WrongAmount: braintreetest.WrongAmount, LookupFails: braintreetest.LookupFails}[f])
	}
	return nil
}

// Webhooks settles the payment, which is when Braintree calls: in the night.
func (d braintreeDesk) Webhooks(attemptID string) (out []payment.WebhookRequest) {
	for _, id := range d.fake.IDs(attemptID) {
		d.fake.Settle(id)
		out = append(out, payment.WebhookRequest{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
			Body: d.fake.Notice("transaction_settled", id)})
	}
	return out
}

func (d braintreeDesk) Charges(r *http.Request) bool {
	return posts(r, "/merchants/"+braintreeMerchant+"/transactions")
}

func (d braintreeDesk) Settle(t testing.TB, a payment.Attempt, paid bool) {
	t.Helper()
	ids := d.fake.IDs(a.ID)
	if len(ids) != 1 {
		t.Fatalf("%d transactions of attempt %s", len(ids), a.ID)
	}
	o := braintreetest.DoNotHonor
	if paid {
		o = braintreetest.Approve
	}
	d.fake.Decide(ids[0], o)
}

// outbox holds the webhooks that a stand-in has made and nobody has taken.
type outbox struct {
	mu      sync.Mutex
	waiting []payment.WebhookRequest
}

// about takes those that name an attempt, after the new ones have come in.
func (o *outbox) about(attemptID string, made func() []payment.WebhookRequest) (taken []payment.WebhookRequest) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = slices.DeleteFunc(append(o.waiting, made()...), func(w payment.WebhookRequest) bool {
		found := bytes.Contains(w.Body, []byte(attemptID))
		if found {
			taken = append(taken, w)
		}
		return found
	})
	return taken
}

func posts(r *http.Request, path string) bool {
	return r.Method == http.MethodPost && r.URL.Path == path
}

// forward passes requests on to a stand-in that serves by itself, so that
// World.InterceptPSP can stand before it. A connection that breaks behind
// breaks before.
func forward(t testing.TB, origin string) http.Handler {
	t.Helper()
	target, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: maxConnections}
	t.Cleanup(transport.CloseIdleConnections)
	return &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }}
}
