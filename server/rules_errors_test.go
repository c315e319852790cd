package server_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
)

// errorTypes are those that each version has for an error.
func (v dialect) errorTypes() []string {
	switch {
	case v.page():
		return []string{"invalid_request"}
	case v.keyed():
		return []string{"invalid_request", "processing_error", "service_unavailable"}
	}
	return []string{"invalid_request", "request_not_idempotent", "processing_error", "service_unavailable"}
}

// errorCodes are those that each version has for an error message of a session.
func (v dialect) errorCodes() []string {
	codes := []string{"missing", "invalid", "out_of_stock", "payment_declined", "requires_sign_in", "requires_3ds"}
	if !v.flat() {
		codes = append(codes, "low_stock", "quantity_exceeded", "coupon_invalid", "coupon_expired", "minimum_not_met", "maximum_exceeded", "region_restricted",
			"age_verification_required", "approval_required", "unsupported", "not_found", "conflict", "rate_limited", "expired", "intervention_required")
	}
	return codes
}

// warningCodes are those of warnings, which the versions from 2026-01-30 on have.
var warningCodes = []string{"low_stock", "high_demand", "shipping_delay", "price_change", "expiring_promotion", "limited_availability",
	"discount_code_expired", "discount_code_invalid", "discount_code_already_applied", "discount_code_combination_disallowed", "discount_code_minimum_not_met",
	"discount_code_user_not_logged_in", "discount_code_user_ineligible", "discount_code_usage_limit_reached"}

func TestRulesOfErrors(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	b := m.bargains(t)
	signing := m.issue(t, credential.Params{MerchantID: dollars, Agent: theAgent, SignaturePolicy: credential.SignatureRequired, SignatureSecret: secret.New(m.secrets["signature key"])})

	// refusals are one of every kind that a request can bring about.
	refusals := func(t *testing.T, v dialect) map[int]answer {
		t.Helper()
		s := m.ready(t, v)
		at := "/checkout_sessions/" + s.text("id")
		used := request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1))}.under(m.freshKey())
		m.send(t, used).want(t, 201)
		mismatched := used
		mismatched.body = v.order(line("ok", 2))
		gone := m.ready(t, v)
		m.cancel(t, v, gone.text("id"), nil).want(t, 200)
		live := m.issue(t, credential.Params{MerchantID: dollars, Agent: theAgent, Live: true})
		out := map[int]answer{}
		for _, r := range []request{
			{method: "POST", path: "/checkout_sessions", version: v, body: "{"},
			{method: "POST", path: "/checkout_sessions", version: v, body: v.cart()},
			{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("unicorn", 1))},
			{method: "GET", path: at, version: "1999-01-01"},
			{method: "GET", path: at, version: v, head: map[string]string{"Authorization": ""}},
			{method: "GET", path: at, version: v, bearer: signing},
			{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1)), bearer: live},
			{method: "GET", path: "/checkout_sessions/nothing", version: v},
			{method: "GET", path: "/checkout_sessions/a/b/c", version: v},
			{method: "DELETE", path: at, version: v},
			{method: "POST", path: "/checkout_sessions/" + gone.text("id") + "/cancel", version: v},
			{method: "POST", path: "/checkout_sessions/" + gone.text("id"), version: v, body: object{"buyer": v.buyer()}},
			mismatched,
			{method: "POST", path: "/checkout_sessions", version: v, body: `{"x":"` + strings.Repeat("x", 300_000) + `"}`},
			{method: "POST", path: "/checkout_sessions", version: v, body: "a=b", head: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
		} {
			a := m.send(t, r)
			if a.status < 400 {
				t.Fatalf("%s %s: %d %s", r.method, r.path, a.status, a.body)
			}
			out[a.status] = a
		}
		return out
	}

	eachVersion(t, "ERR-01, ERR-02, HDR-03 a refusal is one flat object with a type of its version", func(t *testing.T, v dialect) {
		got := refusals(t, v)
		for _, status := range []int{400, 401, 403, 404, 405, 409, 413, 415} {
			if _, ok := got[status]; !ok {
				t.Errorf("no refusal with %d was brought about", status)
			}
		}
		for status, a := range got {
			if !slices.Contains(v.errorTypes(), a.text("type")) || a.text("code") == "" || a.text("message") == "" || a.object["error"] != nil {
				t.Errorf("%d %s", status, a.body)
			}
			for name, member := range a.object {
				_, isText := member.(string)
				if _, isList := member.([]any); !isText && (!isList || name != "supported_versions") {
					t.Errorf("%s of %s is not flat", name, a.body)
				}
			}
			if ct := a.header.Get("Content-Type"); ct != "application/json" {
				t.Errorf("%d as %s", status, ct)
			}
		}
		if ct := m.ready(t, v).header.Get("Content-Type"); ct != "application/json" {
			t.Errorf("a session as %s", ct)
		}
	})
	eachVersion(t, "ERR-03 what can be a session is one, with messages; what cannot is an error", func(t *testing.T, v dialect) {
		for name, body := range map[string]object{"sold out": v.order(line("oos", 1)), "too many": v.order(line("low", 4)), "no address": v.cart(line("ok", 1)),
			"an address that is wrong": v.cart(line("ok", 1)).to(v, address("CA", "nonsense"))} {
			if s := m.create(t, v, body).is(t, "not_ready_for_payment"); !slices.ContainsFunc(s.list("messages"), func(o object) bool { return o.text("type") == "error" }) {
				t.Errorf("%s: %s", name, s.body)
			}
		}
		declined := m.ready(t, v)
		if s := m.complete(t, v, declined.text("id"), v.paying(declined, m.token(t, m.pays(declined, card(sandbox.Decline))))).want(t, 200); s.says("payment_declined") == nil {
			t.Errorf("%s", s.body)
		}
		for name, body := range map[string]any{"no items": v.cart(), "an unknown item": v.order(line("unicorn", 1)), "no quantity": v.order(line("ok", 0)), "no JSON": "{"} {
			if a := m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: body}); a.status != 400 || a.text("id") != "" {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
	})
	eachVersion(t, "ERR-04 a path leads to what is wrong, in the request or in the session", func(t *testing.T, v dialect) {
		for _, c := range []struct {
			body  object
			wrong any // what the path leads to
		}{
			{v.order(line("ok", 1), line("unicorn", 1)), "unicorn"},
			{v.order(line("ok", 1)).with("buyer", v.buyer().with("email", "nobody")), "nobody"},
			{v.order(line("ok", 1)).to(v, address("CA", "94105").with("country", "USA")), "USA"},
			{v.order(line("ok", 1)).with("order_notes", true), true},
		} {
			a := m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: c.body}).want(t, 400)
			if got, ok, valid := resolve(parseAny(t, bytesOf(t, c.body)), a.text("param")); !ok || !valid || got != c.wrong {
				t.Errorf("%q leads to %v, not to %v: %s", a.text("param"), got, c.wrong, a.body)
			}
		}
		s := m.create(t, v, v.order(line("ok", 1), line("oos", 1)))
		msg := s.says("out_of_stock")
		if got, ok, _ := resolve(map[string]any(s.object), msg.text("param")); !ok || lineOf(got) != "oos" {
			t.Errorf("%v leads to %v", msg, got)
		}
	})
	eachVersion(t, "ERR-05 codes of messages are the version's; information has none", func(t *testing.T, v dialect) {
		newest := dialect(acp.V20260417)
		declined, moved := m.ready(t, v), m.ready(t, v)
		m.update(t, v, moved.text("id"), v.selecting(moved, "express")).want(t, 200)
		kinds := map[string]int{}
		for _, s := range []answer{m.create(t, v, v.cart(line("ok", 1))), m.create(t, v, v.order(line("oos", 1), line("low", 4))),
			m.create(t, v, v.cart(line("ok", 1)).to(v, address("", "10115").with("country", "NZ"))),
			m.complete(t, v, declined.text("id"), v.paying(declined, m.token(t, m.pays(declined, card(sandbox.Decline))))),
			m.update(t, v, moved.text("id"), object{}.to(v, address("HI", "96801"))),
			b.send(t, request{method: "GET", path: "/checkout_sessions/" + b.opens(t, newest, newest.order(line("ok", 1)).with("discounts", codes("WHAT", "EXPIRED"))).text("id"),
				version: v, bearer: b.key}),
			m.create(t, v, v.order(line("ok", 1)).with("capabilities", object{"interventions": object{"supported": []any{"telepathy"}}}))} {
			for _, msg := range s.list("messages") {
				kind, code := msg.text("type"), msg.text("code")
				kinds[kind]++
				if kind == "error" && !slices.Contains(v.errorCodes(), code) || kind == "warning" && (v.flat() || !slices.Contains(warningCodes, code)) ||
					kind == "info" && msg["code"] != nil || !slices.Contains([]string{"error", "warning", "info"}, kind) || msg.text("content") == "" {
					t.Errorf("%v", msg)
				}
			}
		}
		if kinds["error"] < 4 || kinds["info"] == 0 || !v.flat() && kinds["warning"] == 0 {
			t.Errorf("too few messages to tell: %v", kinds)
		}
	})
	eachVersion(t, "ERR-06 an error says how it can be resolved", func(t *testing.T, v dialect) {
		declined := m.ready(t, v)
		for _, s := range []answer{m.create(t, v, v.cart(line("ok", 1))), m.create(t, v, v.order(line("oos", 1))),
			m.complete(t, v, declined.text("id"), v.paying(declined, m.token(t, m.pays(declined, card(sandbox.Decline)))))} {
			n := 0
			for _, msg := range s.list("messages") {
				if msg.text("type") != "error" {
					continue
				}
				n++
				if !slices.Contains([]string{"recoverable", "requires_buyer_input", "requires_buyer_review"}, msg.text("resolution")) {
					t.Errorf("%v", msg)
				}
			}
			if n == 0 {
				t.Errorf("no error: %s", s.body)
			}
		}
	}, acp.V20260417, acp.Unreleased)
	eachVersion(t, "ERR-08 a refusal tells nothing of the inside, of keys, tokens and cards", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		pan, token := card(sandbox.Decline), m.token(t, m.pays(s, card(sandbox.Approve)))
		pay := string(bytesOf(t, v.paying(s, token)))
		signature, at, err := sign.SignRequest(sign.TimestampMode, secret.New("another"), nil, m.clock.Now())
		must(t, err)
		for _, r := range []request{
			{method: "GET", path: "/checkout_sessions/%27%3B%20DROP%20TABLE%20sessions%3B--", version: v},
			{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: v, bearer: m.bearer + "x"},
			{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: v, bearer: signing, head: map[string]string{"Signature": signature, "Timestamp": at}},
			{method: "POST", path: "/checkout_sessions", version: v, body: `{"a":` + strings.Repeat("[", 5000)},
			{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line(pan, 1))},
			{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1)).with("order_notes", "my card is "+pan)},
			{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v, body: strings.Replace(pay, `"`+token+`"`, `["`+token+`"]`, 1)},
			{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v, body: strings.Replace(pay, token, token+" x", 1)},
			{method: "POST", path: "/checkout_sessions/nothing/complete", version: v, body: pay},
		} {
			a := m.send(t, r)
			if a.status < 400 || a.status >= 500 {
				t.Fatalf("%s %s: %d %s", r.method, r.path, a.status, a.body)
			}
			for _, secret := range []string{pan, token, m.bearer, signing, signature} {
				if strings.Contains(string(a.body), secret) {
					t.Errorf("%s %s: %s", r.method, r.path, a.body)
				}
			}
			if leaks.Match(a.body) || regexp.MustCompile(`[0-9]{12,}`).Match(a.body) {
				t.Errorf("%s", a.body)
			}
		}
	})
	eachVersion(t, "HDR-02 what identifies a request comes back, whatever becomes of it", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		for _, r := range []request{
			{method: "POST", path: "/checkout_sessions", body: v.order(line("ok", 1))}, {method: "POST", path: "/checkout_sessions", body: "{"},
			{method: "GET", path: "/checkout_sessions/" + s.text("id")}, {method: "POST", path: "/checkout_sessions/nothing/cancel"},
			{method: "POST", path: "/checkout_sessions/" + s.text("id"), body: object{"buyer": v.buyer()}},
			{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", body: v.paying(s, "tok_visa")},
			{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/cancel", bearer: "wrong"},
		} {
			r.version, r.head = v, map[string]string{"Request-Id": "my own: " + m.freshKey()}
			a := m.send(t, r)
			if a.header.Get("Request-Id") != r.head["Request-Id"] || r.method == http.MethodPost && (a.sent.Get("Idempotency-Key") == "" || a.header.Get("Idempotency-Key") != a.sent.Get("Idempotency-Key")) {
				t.Errorf("%s %s: %d with %v", r.method, r.path, a.status, a.header)
			}
		}
	})
}

// lineOf is the item of a line of a session.
func lineOf(v any) string {
	o, _ := v.(map[string]any)
	return object(o).at("item").text("id")
}

// parseAny reads JSON as it was sent.
func parseAny(t *testing.T, body []byte) any {
	t.Helper()
	o := parseObject(body)
	if o == nil {
		t.Fatalf("no object: %s", body)
	}
	return map[string]any(o)
}
