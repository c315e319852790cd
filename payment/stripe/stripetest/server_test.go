package stripetest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment/stripe/stripetest"
	"github.com/go-json-experiment/json"
)

// stripe is a server and a way to talk to it in its own words.
type stripe struct {
	*stripetest.Server
	t *testing.T
}

func start(t *testing.T) stripe {
	t.Helper()
	s := stripetest.New(stripetest.Config{})
	t.Cleanup(s.Close)
	return stripe{s, t}
}

type answer struct {
	status   int
	replayed bool
	body     map[string]any
	code     string // of the error, or its type where it has none
}

func (s stripe) ask(method, path, body string, header ...string) (a answer) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Close = true
	req.Header = http.Header{"Authorization": {"Bearer sk_test_stripetest"}, "Stripe-Version": {"2026-04-22.preview"}}
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.Header.Get("Request-Id") == "" {
		s.t.Fatalf("%v, request id %q", err, resp.Header.Get("Request-Id"))
	}
	a.status, a.replayed = resp.StatusCode, resp.Header.Get("Idempotent-Replayed") == "true"
	if err := json.Unmarshal(text, &a.body); err != nil {
		s.t.Fatalf("%s: %v", text, err)
	}
	if e, ok := a.body["error"].(map[string]any); ok {
		if a.code, ok = e["code"].(string); !ok {
			a.code, _ = e["type"].(string)
		}
	}
	return a
}

const charge = "amount=1000&currency=usd&confirm=true&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"

// The server refuses what Stripe refuses.
func TestRefusals(t *testing.T) {
	s := start(t)
	for name, c := range map[string]struct {
		method, path, body string
		header             []string
		status             int
		code               string
	}{
		"no key":                     {"GET", "/v1/payment_intents", "", []string{"Authorization", ""}, 401, "invalid_request_error"},
		"another key":                {"GET", "/v1/payment_intents", "", []string{"Authorization", "Bearer sk_test_x"}, 401, "invalid_request_error"},
		"another account":            {"GET", "/v1/payment_intents", "", []string{"Stripe-Account", "acct_x"}, 403, "account_invalid"},
		"no such address":            {"POST", "/v1/payment_intentions", "", nil, 404, "invalid_request_error"},
		"a body of JSON":             {"POST", "/v1/payment_intents", "{}", []string{"Content-Type", "application/json"}, 400, "invalid_request_error"},
		"an unknown parameter":       {"POST", "/v1/payment_intents", charge + "&payment_method=pm_card_visa&colour=red", nil, 400, "parameter_unknown"},
		"an unknown inner one":       {"POST", "/v1/payment_intents", charge + "&payment_method_data[colour]=red", nil, 400, "parameter_unknown"},
		"an empty parameter":         {"POST", "/v1/payment_intents", charge + "&payment_method=", nil, 400, "parameter_invalid_empty"},
		"no redirect, not said":      {"POST", "/v1/payment_intents", "amount=1000&currency=usd&confirm=true&automatic_payment_methods[enabled]=true", nil, 400, "parameter_missing"},
		"a token as a method":        {"POST", "/v1/payment_intents", charge + "&payment_method=spt_1", nil, 404, "resource_missing"},
		"an unknown token":           {"POST", "/v1/payment_intents", charge + "&payment_method_data[shared_payment_granted_token]=spt_1", nil, 404, "resource_missing"},
		"a token without a preview":  {"POST", "/v1/payment_intents", charge + "&payment_method_data[shared_payment_granted_token]=spt_1", []string{"Stripe-Version", "2026-08-26.dahlia"}, 400, "parameter_unknown"},
		"a token and a card":         {"POST", "/v1/payment_intents", charge + "&payment_method=pm_card_visa&payment_method_data[shared_payment_granted_token]=spt_1", nil, 400, "parameters_exclusive"},
		"too little":                 {"POST", "/v1/payment_intents", strings.Replace(charge, "1000", "49", 1) + "&payment_method=pm_card_visa", nil, 400, "amount_too_small"},
		"upper case":                 {"POST", "/v1/payment_intents", strings.Replace(charge, "usd", "USD", 1) + "&payment_method=pm_card_visa", nil, 400, "invalid_request_error"},
		"a key without end":          {"POST", "/v1/payment_intents", charge, []string{"Idempotency-Key", strings.Repeat("k", 256)}, 400, "invalid_request_error"},
		"a page of 101":              {"GET", "/v1/payment_intents?limit=101", "", nil, 400, "parameter_invalid_integer"},
		"after nothing":              {"GET", "/v1/payment_intents?starting_after=pi_x", "", nil, 400, "resource_missing"},
		"a search for everything":    {"GET", "/v1/payment_intents/search?query=*", "", nil, 400, "invalid_request_error"},
		"a refund of nothing":        {"POST", "/v1/refunds", "payment_intent=pi_x", nil, 404, "resource_missing"},
		"a page of subscriptions":    {"POST", "/v1/checkout/sessions", "mode=subscription", nil, 400, "parameter_missing"},
		"a token without its limits": {"POST", "/v1/test_helpers/shared_payment/granted_tokens", "payment_method=pm_card_visa", nil, 400, "parameter_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := (stripe{s.Server, t}).ask(c.method, c.path, c.body, c.header...); a.status != c.status || a.code != c.code {
				t.Errorf("%d %s, want %d %s", a.status, a.code, c.status, c.code)
			}
		})
	}
}

// A key is one request: repeated, refused for another, and not used up by a
// request that was never carried out.
func TestKeys(t *testing.T) {
	s := start(t)
	key := []string{"Idempotency-Key", "k1"}
	if a := s.ask("POST", "/v1/payment_intents", charge+"&payment_method=pm_card_visa&colour=red", key...); a.status != 400 {
		t.Errorf("%+v", a)
	}
	first := s.ask("POST", "/v1/payment_intents", charge+"&payment_method=pm_card_visa&metadata[a]=b", key...)
	again := s.ask("POST", "/v1/payment_intents", charge+"&payment_method=pm_card_visa&metadata[a]=b", key...)
	if first.status != 200 || first.replayed || !again.replayed || again.body["id"] != first.body["id"] {
		t.Errorf("%+v, then %+v", first, again)
	}
	if a := s.ask("POST", "/v1/payment_intents", charge+"&payment_method=pm_card_visa&metadata[a]=c", key...); a.status != 400 || a.code != "idempotency_error" {
		t.Errorf("another body: %+v", a)
	}
	if a := s.ask("POST", fmt.Sprintf("/v1/payment_intents/%s/cancel", first.body["id"]), "", key...); a.code != "idempotency_error" {
		t.Errorf("another address: %+v", a)
	}
	declined := []string{"Idempotency-Key", "k2"}
	for range 2 {
		if a := s.ask("POST", "/v1/payment_intents", charge+"&payment_method=pm_card_visa_chargeDeclined", declined...); a.status != 402 || a.code != "card_declined" {
			t.Errorf("a decline: %+v", a)
		}
	}
	if b := s.Books("b"); b.Charges != 1 || b.Taken != 1000 {
		t.Errorf("books: %+v", b)
	}
}

// A token is minted, read, used once and revoked over the wire, as in Stripe's
// test mode.
func TestTokens(t *testing.T) {
	s := start(t)
	mint := func() string {
		t.Helper()
		a := s.ask("POST", "/v1/test_helpers/shared_payment/granted_tokens",
			fmt.Sprintf("payment_method=pm_card_visa&usage_limits[currency]=usd&usage_limits[max_amount]=1000&usage_limits[expires_at]=%d", time.Now().Add(time.Hour).Unix()))
		id, _ := a.body["id"].(string)
		if a.status != 200 || id == "" {
			t.Fatalf("%+v", a)
		}
		return id
	}
	reason := func(id string) any {
		t.Helper()
		return s.ask("GET", "/v1/shared_payment/granted_tokens/"+id, "").body["deactivated_reason"]
	}
	used, revoked := mint(), mint()
	if got := reason(used); got != nil {
		t.Errorf("fresh: %v", got)
	}
	pay := charge + "&payment_method_data[shared_payment_granted_token]=" + used
	if a := s.ask("POST", "/v1/payment_intents", pay); a.status != 200 || a.body["status"] != "succeeded" {
		t.Errorf("%+v", a)
	}
	if a := s.ask("POST", "/v1/payment_intents", pay); a.status != 400 || a.code != "invalid_request_error" {
		t.Errorf("used again: %+v", a)
	}
	if got := reason(used); got != "consumed" {
		t.Errorf("used: %v", got)
	}
	if a := s.ask("POST", "/v1/test_helpers/shared_payment/granted_tokens/"+revoked+"/revoke", ""); a.status != 200 || reason(revoked) != "revoked" {
		t.Errorf("revoked: %+v", a)
	}
	s.Advance(2 * time.Hour)
	if a := s.ask("POST", "/v1/test_helpers/shared_payment/granted_tokens/spt_x/revoke", ""); a.status != 404 {
		t.Errorf("%+v", a)
	}
}

// The states of a payment allow what Stripe's allow.
func TestMovesThatTheStateForbids(t *testing.T) {
	s := start(t)
	pay := func(extra string) string {
		t.Helper()
		a := s.ask("POST", "/v1/payment_intents", charge+"&payment_method=pm_card_visa"+extra)
		id, _ := a.body["id"].(string)
		if a.status != 200 {
			t.Fatalf("%+v", a)
		}
		return id
	}
	sold, held := pay(""), pay("&capture_method=manual")
	for _, c := range []struct {
		path, body string
		status     int
		code       string
	}{
		{sold + "/capture", "", 400, "payment_intent_unexpected_state"},
		{sold + "/cancel", "", 400, "payment_intent_unexpected_state"},
		{held + "/capture", "amount_to_capture=1001", 400, "amount_too_large"},
		{held + "/capture", "amount_to_capture=0", 400, "parameter_invalid_integer"},
		{held + "/cancel", "cancellation_reason=bored", 400, "invalid_request_error"},
		{held + "/capture", "amount_to_capture=400", 200, ""},
		{held + "/capture", "", 400, "payment_intent_unexpected_state"},
		{"pi_x/capture", "", 404, "resource_missing"},
	} {
		if a := s.ask("POST", "/v1/payment_intents/"+c.path, c.body); a.status != c.status || a.code != c.code {
			t.Errorf("%s %s: %d %s, want %d %s", c.path, c.body, a.status, a.code, c.status, c.code)
		}
	}
	for _, c := range []struct {
		body   string
		status int
		code   string
	}{
		{"payment_intent=" + held + "&amount=401", 400, "invalid_request_error"},
		{"payment_intent=" + held + "&reason=bored", 400, "invalid_request_error"},
		{"payment_intent=" + held, 200, ""},
		{"payment_intent=" + held, 400, "charge_already_refunded"},
	} {
		if a := s.ask("POST", "/v1/refunds", c.body); a.status != c.status || a.code != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.body, a.status, a.code, c.status, c.code)
		}
	}
}
