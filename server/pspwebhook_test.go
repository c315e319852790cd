package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

const webhookOfTestMode = "/webhooks/payments/" + servertest.MerchantID + "/test"

// callBack makes a provider's request to the server.
func callBack(t *testing.T, shop *servertest.Server, path string, w payment.WebhookRequest) (status int, body string) {
	t.Helper()
	status, body, err := callAt(t.Context(), shop.BaseURL+path, w)
	if err != nil {
		t.Fatal(err)
	}
	return status, body
}

// callAt makes a provider's request to an address, each on a connection of its
// own.
func callAt(ctx context.Context, address string, w payment.WebhookRequest) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, w.Method, address, bytes.NewReader(w.Body))
	if err != nil {
		return 0, "", err
	}
	req.Header, req.URL.RawQuery, req.Close = w.Header.Clone(), w.Query.Encode(), true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// unanswered pays for a session and loses the answer.
func unanswered(t *testing.T, shop *servertest.Server, agent *servertest.Agent) (servertest.Purchase, payment.Attempt) {
	t.Helper()
	s := agent.Open(t, servertest.Mug)
	purchase := servertest.Purchase{Session: s, Key: "lost-" + s.ID, Request: servertest.Payment(s, mint(t, shop.World, s, servertest.CardApproved))}
	loses(t, shop.World)
	_, err := agent.Pay(t.Context(), purchase)
	refused, ok := errors.AsType[*client.Error](err)
	if !ok || refused.HTTPStatus != http.StatusServiceUnavailable {
		t.Fatalf("%v; want 503, as nobody knows", err)
	}
	return purchase, attemptOf(t, shop, s)
}

func attemptOf(t *testing.T, shop *servertest.Server, s *client.Session) payment.Attempt {
	t.Helper()
	attempts, err := shop.Store.SessionAttempts(t.Context(), servertest.MerchantID, s.ID)
	if err != nil || len(attempts) != 1 {
		t.Fatal(attempts, err)
	}
	return attempts[0]
}

// What each provider reports of its own accord settles a payment whose answer
// was lost, without asking. Only its signature makes it the provider's.
func TestAWebhookOfTheProviderSettlesALostAnswer(t *testing.T) {
	t.Parallel()
	for _, name := range companies() {
		t.Run(name, func(t *testing.T) {
			var logs logBuffer
			shop := openShop(t, name, &logs)
			agent := shop.Agent(t)
			purchase, a := unanswered(t, shop, agent)
			asked := shop.PSPRequests()
			calls := shop.PSP.Webhooks(a.ID)
			if len(calls) == 0 {
				t.Fatal("the stand-in calls nobody")
			}

			for _, call := range calls {
				if status, body := callBack(t, shop, webhookOfTestMode, forged(call)); status != http.StatusUnauthorized || body != "unauthorized\n" {
					t.Errorf("forged: %d %q; want a flat 401", status, body)
				}
				if status, _ := callBack(t, shop, strings.Replace(webhookOfTestMode, "/test", "/live", 1), call); status != http.StatusNotFound {
					t.Errorf("in a mode without an account: %d; want 404", status)
				}
			}
			if now := attemptOf(t, shop, purchase.Session); now.State != payment.Unknown || now.Version != a.Version {
				t.Fatalf("a forged webhook changed the payment: %+v", now)
			}

			for range 2 { // each is sent twice
				for _, call := range calls {
					want := map[string]string{"adyen": "[accepted]"}[name]
					if status, body := callBack(t, shop, webhookOfTestMode, call); status != http.StatusOK || body != want {
						t.Errorf("%d %q; want 200 %q", status, body, want)
					}
				}
				bought(t, shop, purchase.Session, name)
			}
			if now := shop.PSPRequests(); now != asked {
				t.Errorf("the provider was asked %d times; its webhook had said all", now-asked)
			}
			if got, err := agent.Pay(t.Context(), purchase); err != nil || got.Status != acp.Completed || got.Order == nil {
				t.Errorf("the agent's repeat: %+v, %v", got, err)
			}
			servertest.Eventually(t, webhookTime, func() error { return shop.ToldOnce(purchase.Session.ID) })

			log := logs.String()
			for _, want := range []string{"by=webhook", "webhook of the payment provider taken", "webhook of the payment provider refused"} {
				if !strings.Contains(log, want) {
					t.Errorf("the log lacks %q", want)
				}
			}
			for _, call := range calls {
				if strings.Contains(log, string(call.Body)) {
					t.Error("the log shows a webhook's body")
				}
			}
		})
	}
}

// forged is a request as it came, but that somebody else signed it.
func forged(w payment.WebhookRequest) payment.WebhookRequest {
	w.Header = w.Header.Clone()
	if s := w.Header.Get("Stripe-Signature"); s != "" {
		w.Header.Set("Stripe-Signature", s[:len(s)-4]+"0000")
		return w
	}
	w.Body = bytes.Replace(w.Body, []byte(`"hmacSignature":"`), []byte(`"hmacSignature":"AAAA`), 1)
	w.Body = bytes.ReplaceAll(w.Body, []byte("public_key_for_tests%7C"), []byte("public_key_for_tests%7C0000"))
	return w
}

// News that says no outcome makes the provider be asked at once, not when the
// payment's turn comes.
func TestAWebhookMakesTheProviderBeAsked(t *testing.T) {
	t.Parallel()
	var logs logBuffer
	shop := openShop(t, "stripe", &logs)
	purchase, a := unanswered(t, shop, shop.Agent(t))
	for _, call := range shop.PSP.Webhooks(a.ID) {
		body := bytes.Replace(call.Body, []byte("payment_intent.succeeded"), []byte("payment_intent.processing"), 1)
		if status, text := callBack(t, shop, webhookOfTestMode, stripetest.Sign("whsec_stripetest", time.Now().Unix(), body)); status != http.StatusOK {
			t.Errorf("%d %q", status, text)
		}
	}
	// Its turn would come when the lease of the request that paid has run out.
	servertest.Eventually(t, servertest.DefaultPaymentTimeout/2, func() error {
		if now := attemptOf(t, shop, purchase.Session); now.State != payment.Captured {
			return errors.New("the payment is " + string(now.State))
		}
		return nil
	})
	bought(t, shop, purchase.Session, "stripe")
	servertest.Eventually(t, webhookTime, func() error { // the log has it a moment after the shop
		if !strings.Contains(logs.String(), "by=reconcile") {
			return errors.New("it was not the background job that learned the outcome")
		}
		return nil
	})
}

// Without its secret, no request is the provider's.
func TestWithoutASecretEveryWebhookIsRefused(t *testing.T) {
	t.Parallel()
	var logs logBuffer
	shop := openShop(t, "stripe", &logs, func(p *config.PaymentConfig) { p.Stripe.WebhookSecret = secret.String{} })
	for _, key := range []string{"", "whsec_stripetest"} {
		call := stripetest.Sign(key, time.Now().Unix(), []byte(`{"id":"evt_1","type":"payment_intent.succeeded"}`))
		if status, body := callBack(t, shop, webhookOfTestMode, call); status != http.StatusUnauthorized || body != "unauthorized\n" {
			t.Errorf("signed with %q: %d %q", key, status, body)
		}
	}
}

func TestWebhooksOfNoProvider(t *testing.T) {
	t.Parallel()
	var logs logBuffer
	shop := openShop(t, "stripe", &logs)
	call := stripetest.Sign("whsec_stripetest", time.Now().Unix(), []byte(`{"id":"evt_1","type":"customer.created","livemode":false}`))
	for path, want := range map[string]int{
		webhookOfTestMode:                http.StatusOK,
		"/webhooks/payments/nobody/test": http.StatusNotFound,
		webhookOfTestMode + "ing":        http.StatusNotFound,
	} {
		if status, _ := callBack(t, shop, path, call); status != want {
			t.Errorf("%s: %d; want %d", path, status, want)
		}
	}
	call.Body = bytes.Repeat([]byte("x"), 1<<20+1)
	if status, _ := callBack(t, shop, webhookOfTestMode, call); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body that is too long: %d", status)
	}
	call.Body = []byte("{}")
	sandbox := servertest.Start(t, servertest.Options{})
	if status, _ := callBack(t, sandbox, webhookOfTestMode, call); status != http.StatusUnauthorized {
		t.Errorf("a provider whose secret is not configured: %d", status)
	}
}

// A failure of ours is no answer: the provider has to call again.
func TestAWebhookThatCannotBeRecordedIsToBeRepeated(t *testing.T) {
	t.Parallel()
	var logs logBuffer
	shop := openShop(t, "adyen", &logs)
	purchase, a := unanswered(t, shop, shop.Agent(t))
	calls := shop.PSP.Webhooks(a.ID)
	if err := shop.App.Store().Close(); err != nil {
		t.Fatal(err)
	}
	for _, call := range calls {
		if status, _ := callBack(t, shop, webhookOfTestMode, call); status != http.StatusInternalServerError {
			t.Errorf("%d; want 500", status)
		}
	}
	if now := attemptOf(t, shop, purchase.Session); !now.State.Live() {
		t.Errorf("the payment is %s", now.State)
	}
}

// Braintree checks a new webhook with a challenge.
func TestBraintreesChallenge(t *testing.T) {
	t.Parallel()
	var logs logBuffer
	shop := openShop(t, "braintree", &logs)
	const challenge = "20f9f8ed05f77439fe955c977e4c8a53"
	ask := func(c string) (int, string) {
		return callBack(t, shop, webhookOfTestMode, payment.WebhookRequest{Method: http.MethodGet, Query: map[string][]string{"bt_challenge": {c}}})
	}
	want := braintreetest.Sign("public_key_for_tests", "private_key_for_tests", challenge)
	if status, body := ask(challenge); status != http.StatusOK || body != want {
		t.Errorf("%d %q; want %q", status, body, want)
	}
	if status, body := ask("<notification>"); status != http.StatusUnauthorized || body != "unauthorized\n" {
		t.Errorf("no challenge: %d %q", status, body)
	}
}
