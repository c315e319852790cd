package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// agent is a buyer's agent with a clock that moves when it waits.
type agent struct {
	cfg    PurchaseConfig
	now    time.Time
	waited []time.Duration
	steps  []Step
}

func (a *agent) buy(ctx context.Context) (*Result, error) {
	return Purchase(ctx, a.cfg, func(s Step) { a.steps = append(a.steps, s) })
}

func (a *agent) step(name string) Step {
	i := slices.IndexFunc(a.steps, func(s Step) bool { return s.Name == name })
	if i < 0 {
		return Step{}
	}
	return a.steps[i]
}

func newAgent(t *testing.T, s *shop) *agent {
	t.Helper()
	server := s.open()
	a := &agent{now: time.Now()}
	// A connection for each call: net/http would repeat a keyed call by itself
	// when a kept one breaks.
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	c, err := New(Config{HTTPClient: direct, BaseURL: server.URL, APIKey: secret.New(shopKey), Version: s.version, Now: func() time.Time { return a.now }})
	if err != nil {
		t.Fatal(err)
	}
	a.cfg = PurchaseConfig{Client: c, Card: Card{Number: secret.New("4242 4242 4242 4242"), CVC: secret.New("737")},
		PSPURL: server.URL + "/psp", PSPKey: secret.New(pspKey), MerchantID: shopMerchant, LedgerKey: secret.New(ledgerKey),
		WebhookLogURL: server.URL + "/receiver/events",
		Wait: func(ctx context.Context, d time.Duration) error {
			a.now, a.waited = a.now.Add(d), append(a.waited, d)
			return ctx.Err()
		}}
	return a
}

var shapes = []acp.Version{acp.V20250912, acp.V20250929, acp.V20260417}

func TestPurchase(t *testing.T) {
	for _, version := range shapes {
		t.Run(string(version), func(t *testing.T) {
			s := newShop(t, version)
			a := newAgent(t, s)
			a.cfg.Quantity = 2
			got, err := a.buy(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := Result{SessionID: "cs_1", OrderID: "ord_cs_1", Permalink: "https://shop.example.com/o/cs_1", Status: acp.Completed,
				Total: 2*mugPrice + standardRate, Currency: "usd", Charges: 1, Webhook: true}
			if !s.flat {
				want.OrderNumber = "1001"
			}
			if *got != want {
				t.Errorf("result\n%+v\nwant\n%+v", *got, want)
			}
			var names []string
			for _, step := range a.steps {
				names = append(names, step.Name)
				if step.Detail == "" || step.Err != nil {
					t.Errorf("step %+v", step)
				}
			}
			order := []string{StepItem, StepDiscover, StepCreate, StepAddress, StepDelivery, StepDelegate, StepComplete, StepGet, StepWebhook, StepLedger}
			if !slices.Equal(names, order) {
				t.Errorf("steps %v", names)
			}
			if create := a.step(StepCreate); create.Status != acp.NotReadyForPayment || create.HTTPStatus != 201 || create.Session == nil {
				t.Errorf("create: %+v", create)
			}
			if d := a.step(StepDelivery); !d.Skipped || !strings.Contains(d.Detail, "STANDARD ($5.00)") {
				t.Errorf("delivery: %+v", d)
			}
		})
	}
}

func TestCheapestDeliveryIsChosen(t *testing.T) {
	for _, version := range shapes {
		s := newShop(t, version)
		s.preselect = false
		a := newAgent(t, s)
		got, err := a.buy(t.Context())
		if err != nil {
			t.Fatal(version, err)
		}
		if d := a.step(StepDelivery); d.Skipped || got.Total != mugPrice+standardRate {
			t.Errorf("%s: total %d, %+v", version, got.Total, d)
		}
	}
}

func TestDeliveryThatWasAskedFor(t *testing.T) {
	for _, version := range shapes {
		a := newAgent(t, newShop(t, version))
		a.cfg.Option = "express"
		got, err := a.buy(t.Context())
		if err != nil || got.Total != mugPrice+expressRate || got.OrderID == "" {
			t.Errorf("%s: %+v, %v", version, got, err)
		}

		a = newAgent(t, newShop(t, version))
		a.cfg.Option = "drone"
		if _, err := a.buy(t.Context()); err == nil || !strings.Contains(err.Error(), "express, standard") {
			t.Errorf("%s: an option that is not offered: %v", version, err)
		}
	}
}

func TestDownloadsNeedNoAddress(t *testing.T) {
	for _, version := range shapes {
		s := newShop(t, version)
		s.digital = true
		a := newAgent(t, s)
		got, err := a.buy(t.Context())
		if err != nil || got.OrderID == "" || !a.step(StepAddress).Skipped {
			t.Errorf("%s: %+v, %v", version, got, err)
		}
		if s.sessions["cs_1"].address {
			t.Errorf("%s: the shop was told an address", version)
		}
	}
}

func TestStaticToken(t *testing.T) {
	s := newShop(t, acp.V20260417)
	a := newAgent(t, s)
	a.cfg.Token, a.cfg.Card, a.cfg.PSPKey = secret.New("tok_visa"), Card{}, secret.String{}
	got, err := a.buy(t.Context())
	if err != nil || got.OrderID == "" || !a.step(StepDelegate).Skipped {
		t.Errorf("%+v, %v", got, err)
	}
}

// A purchase that a person pays for ends with the link, and needs nothing to
// pay with.
func TestPaymentOnThePageOfTheShop(t *testing.T) {
	s := newShop(t, acp.V20260417)
	s.page = true
	a := newAgent(t, s)
	a.cfg.OnPage, a.cfg.Card, a.cfg.PSPURL, a.cfg.PSPKey = true, Card{}, "", secret.String{}
	got, err := a.buy(t.Context())
	if err != nil || got.CheckoutURL != "https://shop.example.com/pay/cs_1" || got.Status != acp.ReadyForPayment || s.orders != 0 {
		t.Errorf("%+v, %v; %d orders", got, err, s.orders)
	}

	for _, version := range shapes {
		s := newShop(t, version)
		a := newAgent(t, s)
		a.cfg.OnPage = true
		if got, err := a.buy(t.Context()); err == nil || !strings.Contains(err.Error(), "no continue_url") || got.CheckoutURL != "" || s.orders != 0 {
			t.Errorf("%s: a shop without a page: %+v, %v", version, got, err)
		}
	}
}

func TestDeclinesAreResults(t *testing.T) {
	for _, c := range []struct {
		outcome string
		status  acp.Status
		message string
	}{
		{"decline", acp.ReadyForPayment, "Your card was declined."},
		{"decline402", acp.ReadyForPayment, "refused by the shop"},
		{"3ds", acp.AuthenticationRequired, "3-D Secure"},
	} {
		for _, version := range shapes {
			s := newShop(t, version)
			s.outcome = c.outcome
			a := newAgent(t, s)
			got, err := a.buy(t.Context())
			if err != nil {
				t.Fatalf("%s %s: %v", version, c.outcome, err)
			}
			if c.outcome == "3ds" && version == acp.V20260417 { // the provider cannot authenticate, which is reported
				c.status, c.message = acp.ReadyForPayment, "Your bank could not be asked."
				if step := a.step(StepAuthenticate); !strings.Contains(step.Detail, "reporting not_supported") {
					t.Errorf("%+v", step)
				}
			}
			if got.OrderID != "" || got.Status != c.status || !strings.Contains(got.Message, c.message) || got.Charges != 0 || got.Webhook {
				t.Errorf("%s %s: %+v", version, c.outcome, got)
			}
			if !a.step(StepWebhook).Skipped {
				t.Errorf("%s %s: waited for a webhook", version, c.outcome)
			}
		}
	}
}

func TestCompleteIsRepeatedWithTheSameKey(t *testing.T) {
	busy := fault{status: 503, code: "unavailable", retryAfter: "2"}
	for _, c := range []struct {
		name   string
		faults []fault
		waits  []time.Duration
	}{
		{"busy", []fault{busy}, []time.Duration{2 * time.Second}},
		{"in flight", []fault{{status: 409, code: "idempotency_in_flight", retryAfter: "1"}}, []time.Duration{time.Second}},
		{"too many requests", []fault{{status: 429, code: "rate_limited", retryAfter: "3"}}, []time.Duration{3 * time.Second}},
		{"gateway without a body of the protocol", []fault{{status: 502}}, []time.Duration{firstRepeatWait}},
		{"no answer", []fault{{}}, []time.Duration{firstRepeatWait}},
		{"no answer after the order was made", []fault{{committed: true}}, []time.Duration{firstRepeatWait}},
		{"500 after the order was made", []fault{{status: 500, committed: true}}, []time.Duration{firstRepeatWait}},
		{"one after the other", []fault{busy, {}, {committed: true}}, []time.Duration{2 * time.Second, 2 * firstRepeatWait, 4 * firstRepeatWait}},
	} {
		for _, version := range []acp.Version{acp.V20250929, acp.V20260417} {
			t.Run(c.name+" "+string(version), func(t *testing.T) {
				s := newShop(t, version)
				s.faults = slices.Clone(c.faults)
				a := newAgent(t, s)
				got, err := a.buy(t.Context())
				if err != nil || got.OrderID == "" || got.Charges != 1 || s.orders != 1 {
					t.Fatalf("%+v, %v; %d orders", got, err, s.orders)
				}
				if !slices.Equal(a.waited, c.waits) {
					t.Errorf("waited %v; want %v", a.waited, c.waits)
				}
				var keys []string
				for _, call := range s.seen {
					if strings.HasSuffix(call.Path, "/complete") {
						keys = append(keys, call.Key)
					}
				}
				if len(keys) != len(c.faults)+1 || len(slices.Compact(keys)) != 1 {
					t.Errorf("keys of complete: %v", keys)
				}
				if step := a.step(StepComplete); step.Attempts != len(c.faults)+1 || step.Duration < c.waits[0] {
					t.Errorf("step %+v", step)
				}
			})
		}
	}
}

func TestRepeatingIsBounded(t *testing.T) {
	s := newShop(t, acp.V20260417)
	s.faults = slices.Repeat([]fault{{status: 503, retryAfter: "1"}}, MaxAttempts+1)
	a := newAgent(t, s)
	_, err := a.buy(t.Context())
	var refused *Error
	if !errors.As(err, &refused) || refused.HTTPStatus != 503 || len(s.faults) != 1 {
		t.Errorf("%v, %d faults left", err, len(s.faults))
	}
	if !strings.HasPrefix(err.Error(), StepComplete+": ") {
		t.Errorf("the error does not name its step: %v", err)
	}

	s = newShop(t, acp.V20260417)
	s.faults = []fault{{status: 503, retryAfter: "3600"}}
	a = newAgent(t, s)
	if _, err := a.buy(t.Context()); !errors.As(err, &refused) || len(a.waited) != 0 {
		t.Errorf("an hour's Retry-After: %v, waited %v", err, a.waited)
	}
}

func TestAPaymentInProgressIsFollowed(t *testing.T) {
	s := newShop(t, acp.V20260417)
	s.outcome = "slow"
	a := newAgent(t, s)
	if got, err := a.buy(t.Context()); err != nil || got.OrderID == "" || len(a.waited) != 3 {
		t.Errorf("%+v, %v, waited %v", got, err, a.waited)
	}

	s = newShop(t, acp.V20260417)
	s.outcome = "pending"
	a = newAgent(t, s)
	a.cfg.SettleWait = 2 * time.Second
	got, err := a.buy(t.Context())
	if err != nil || got.OrderID != "" || got.Status != acp.CompleteInProgress || got.Message == "" {
		t.Errorf("%+v, %v", got, err)
	}
	if want := int(2 * time.Second / pollInterval); len(a.waited) != want {
		t.Errorf("looked %d times; want %d", len(a.waited), want)
	}
}

func TestWebhookThatDoesNotComeOrIsForged(t *testing.T) {
	s := newShop(t, acp.V20260417)
	s.receiver.FailNext(1, 500)
	a := newAgent(t, s)
	a.cfg.WebhookWait = time.Second
	got, err := a.buy(t.Context())
	if err != nil || got.OrderID == "" || got.Webhook || a.step(StepWebhook).Err == nil {
		t.Errorf("%+v, %v, %+v", got, err, a.step(StepWebhook))
	}
	if want := int(time.Second / pollInterval); len(a.waited) != want {
		t.Errorf("waited %v; want %d times", a.waited, want)
	}
	if a.step(StepLedger).Detail == "" {
		t.Error("the purchase ended with the missing webhook")
	}

	s = newShop(t, acp.V20260417)
	s.forged = true
	a = newAgent(t, s)
	if got, err := a.buy(t.Context()); err != nil || got.Webhook || !strings.Contains(fmt.Sprint(a.step(StepWebhook).Err), "wrong signature") {
		t.Errorf("%+v, %v, %v", got, err, a.step(StepWebhook).Err)
	}

	// It is the better reason when there is no time to wait for another.
	a = newAgent(t, s)
	a.cfg.Wait = func(context.Context, time.Duration) error { return context.DeadlineExceeded }
	if _, err := a.buy(t.Context()); err != nil || !strings.Contains(fmt.Sprint(a.step(StepWebhook).Err), "wrong signature") {
		t.Errorf("%v, %v", err, a.step(StepWebhook).Err)
	}
}

func TestItemOfADemoServer(t *testing.T) {
	a := newAgent(t, newShop(t, acp.V20260417))
	if _, err := a.buy(t.Context()); err != nil || a.step(StepItem).Detail != "Mug (mug), $19.00" {
		t.Errorf("%v, %+v", err, a.step(StepItem))
	}

	s := newShop(t, acp.V20260417)
	a = newAgent(t, s)
	a.cfg.ItemID = "no-such-item"
	_, err := a.buy(t.Context())
	var refused *Error
	if !errors.As(err, &refused) || refused.Param != "$.line_items[0].id" || a.step(StepCreate).HTTPStatus != 400 {
		t.Errorf("an unknown item: %v", err)
	}
}

func TestAServerThatDoesNotListItsItems(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	c := newClient(t, server.URL, acp.V20260417)
	_, err := Purchase(t.Context(), PurchaseConfig{Client: c, Token: secret.New("tok_visa")}, nil)
	if err == nil || !strings.Contains(err.Error(), "--item") {
		t.Errorf("error: %v", err)
	}
}

func TestDiscoveryMovesWithinTheOriginOnly(t *testing.T) {
	s := newShop(t, acp.V20260417)
	s.apiPath = "/acp/v1"
	a := newAgent(t, s)
	if got, err := a.buy(t.Context()); err != nil || got.OrderID == "" || !strings.Contains(a.step(StepDiscover).Detail, "API at") {
		t.Errorf("%+v, %v, %+v", got, err, a.step(StepDiscover))
	}

	stolen := false
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { stolen = true })
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/acp.json" {
			fmt.Fprintf(w, `{"protocol":{"version":"2026-04-17"},"api_base_url":%q}`, elsewhere.URL)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	})
	c := newClient(t, server.URL, acp.V20260417)
	if _, err := Purchase(t.Context(), PurchaseConfig{Client: c, ItemID: "mug", Token: secret.New("tok_visa")}, nil); err == nil || stolen {
		t.Errorf("the credential went to another origin: %v (%v)", stolen, err)
	}
}

func TestNothingToPayWithIsRefusedAtOnce(t *testing.T) {
	c := newClient(t, "https://shop.example.com", acp.V20260417)
	card := Card{Number: secret.New(testNumber)}
	for _, cfg := range []PurchaseConfig{{}, {Client: c}, {Client: c, Card: card}, {Client: c, Card: card, PSPURL: "https://psp.example.com"},
		{Client: c, Token: secret.New("tok_visa"), Quantity: -1}} {
		if _, err := Purchase(t.Context(), cfg, nil); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}

// Whatever a purchase reports, neither card nor token nor keys are in it.
func TestStepsShowNoSecrets(t *testing.T) {
	for _, outcome := range []string{"", "decline"} {
		s := newShop(t, acp.V20260417)
		s.outcome = outcome
		a := newAgent(t, s)
		got, err := a.buy(t.Context())
		said := fmt.Sprintf("%+v %v", got, err)
		for _, step := range a.steps {
			step.Session = nil
			said += fmt.Sprintf("%+v", step)
		}
		said += fmt.Sprintf("%+v %#v", a.cfg.Card, a.cfg.Card)
		for _, hidden := range []string{testNumber, "4242", "737", "vt_1", shopKey, pspKey, ledgerKey, "test.buyer", "Example Street"} {
			if strings.Contains(said, hidden) {
				t.Errorf("%q is in %s", hidden, said)
			}
		}
	}
}

func TestAPurchaseEndsWithItsContext(t *testing.T) {
	s := newShop(t, acp.V20260417)
	s.faults = slices.Repeat([]fault{{status: 503}}, MaxAttempts)
	a := newAgent(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	a.cfg.Wait = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	if _, err := a.buy(ctx); !errors.Is(err, context.Canceled) || len(s.faults) != MaxAttempts-1 {
		t.Errorf("%v, %d faults left", err, len(s.faults))
	}
}
