package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/sandbox"
)

func TestRulesOfPaying(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	eachVersion(t, "CMP-01, CMP-02, TOT-13 paying answers 200 with the order, over what was shown", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		paid := m.complete(t, v, s.text("id"), v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve))))).want(t, 200).is(t, "completed")
		if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total") || paid.total("total") != taken {
			t.Errorf("%d was shown, %d was taken", s.total("total"), taken)
		}
		if got := m.get(t, v, s.text("id")); string(got.body) != string(paid.body) {
			t.Errorf("paid %s\nread %s", paid.body, got.body)
		}
	})
	eachVersion(t, "CMP-03 a decline makes no order and leaves the session payable", func(t *testing.T, v dialect) {
		for outcome, code := range map[sandbox.Outcome]string{sandbox.Decline: "payment_declined", sandbox.InsufficientFunds: "payment_declined",
			sandbox.ExpiredCard: "payment_declined", sandbox.IncorrectCVC: "payment_declined", sandbox.FraudBlock: "payment_declined", sandbox.Requires3DS: "requires_3ds"} {
			if v.nested() && outcome == sandbox.Requires3DS {
				continue // these versions' agents authenticate, see TestRulesOfAuthentication
			}
			s := m.ready(t, v)
			declined := m.complete(t, v, s.text("id"), v.paying(s, m.token(t, m.pays(s, card(outcome))))).want(t, 200).is(t, "ready_for_payment")
			if declined.says(code) == nil || len(m.ledger(t, s.text("id"))) != 0 {
				t.Errorf("%s: %s", outcome, declined.body)
			}
			paid := m.complete(t, v, s.text("id"), v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve))))).want(t, 200).is(t, "completed")
			if len(paid.list("messages")) != 0 {
				t.Errorf("%s: the decline is still said: %s", outcome, paid.body)
			}
		}
	})
	eachVersion(t, "CMP-04 what is not ready is not charged", func(t *testing.T, v dialect) {
		for _, body := range []object{v.cart(line("ok", 1)), v.order(line("oos", 1)), v.cart(line("ok", 1)).to(v, address("CA", "nonsense"))} {
			s := m.create(t, v, body)
			m.complete(t, v, s.text("id"), v.paying(s, "tok_visa")).want(t, 200).is(t, "not_ready_for_payment")
			if taken := m.ledger(t, s.text("id")); len(taken) != 0 {
				t.Errorf("charged %v", taken)
			}
		}
	})
	eachVersion(t, "CMP-05 paying again makes no second order", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		token := m.token(t, m.pays(s, card(sandbox.Approve)))
		first := m.complete(t, v, s.text("id"), v.paying(s, token)).want(t, 200)
		again := m.complete(t, v, s.text("id"), v.paying(s, token)).want(t, 200)
		if again.at("order").text("id") != first.at("order").text("id") {
			t.Errorf("%s and %s", first.body, again.body)
		}
		m.complete(t, v, s.text("id"), v.paying(s, "tok_mastercard")).refused(t, 409, "conflict", "")
		if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total") {
			t.Errorf("%d was taken", taken)
		}
	})
	eachVersion(t, "CMP-06, CAP-06, PAY-04 a payment that says nothing, or another way than was offered, is refused", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		good := v.paying(s, "tok_visa")
		pay := good["payment_data"].(object)
		token := v.param("$.payment_data.instrument.credential.token")
		wrong := map[string]struct {
			body any
			code string
		}{
			"$.payment_data": {object{}, "missing"}, token: {strings.Replace(string(bytesOf(t, good)), `"tok_visa"`, `""`, 1), "invalid"},
			v.param("$.payment_data.handler_id"): {object{"payment_data": pay.with(v.choose("provider", "handler_id"), v.choose("braintree", "crypto"))}, "unsupported"},
		}
		if !v.flat() {
			wrong["$.payment_data.purchase_order_number"] = struct {
				body any
				code string
			}{object{"payment_data": object{"purchase_order_number": "PO-1"}}, "unsupported"}
			wrong["$.payment_data.instrument"] = struct {
				body any
				code string
			}{object{"payment_data": pay.with("instrument", absent)}, "missing"}
		}
		for param, w := range wrong {
			m.complete(t, v, s.text("id"), w.body).refused(t, 400, w.code, param)
		}
		other := strings.Replace(string(bytesOf(t, good)), `"card"`, `"wallet"`, 1)
		if !v.flat() {
			if a := m.complete(t, v, s.text("id"), other); a.status != 400 {
				t.Errorf("an instrument that does not fit: %d %s", a.status, a.body)
			}
		}
		m.get(t, v, s.text("id")).is(t, "ready_for_payment")
	})
	eachVersion(t, "CMP-07 ten agents at once make one order", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		token := m.token(t, m.pays(s, card(sandbox.Approve)))
		answers := make([]answer, 10)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() {
				answers[i] = m.exchange(t, m.url, request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v, body: v.paying(s, token)})
			})
		}
		wg.Wait()
		for _, a := range answers {
			if a.status == 409 && a.header.Get("Retry-After") == "" || a.status != 200 && a.status != 409 {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		if paid := m.get(t, v, s.text("id")).is(t, "completed"); m.ledger(t, s.text("id"))["usd"] != paid.total("total") {
			t.Errorf("%v was taken", m.ledger(t, s.text("id")))
		}
	})
	eachVersion(t, "CMP-12, DP-04, DP-08 a token pays once, within its allowance", func(t *testing.T, v dialect) {
		first := m.ready(t, v)
		token := m.token(t, m.pays(first, card(sandbox.Approve)))
		m.complete(t, v, first.text("id"), v.paying(first, token)).want(t, 200).is(t, "completed")
		for name, change := range map[string]func(s answer, a *allowance) string{
			"used before":      func(answer, *allowance) string { return token },
			"unknown":          func(answer, *allowance) string { return "vt_00000000000000000000000000" },
			"a cent too small": func(_ answer, a *allowance) string { a.limit--; return "" },
			"another currency": func(_ answer, a *allowance) string { a.currency = "eur"; return "" },
			"another session":  func(_ answer, a *allowance) string { a.session = first.text("id"); return "" },
			"another shop":     func(_ answer, a *allowance) string { a.merchant = "acct_" + euros; return "" },
			"judged too risky": func(_ answer, a *allowance) string { a.risk = "blocked"; return "" },
		} {
			s := m.ready(t, v)
			a := m.pays(s, card(sandbox.Approve))
			used := change(s, &a)
			if used == "" {
				used = m.token(t, a)
			}
			got := m.complete(t, v, s.text("id"), v.paying(s, used)).want(t, 200).is(t, "ready_for_payment")
			if len(got.list("messages")) == 0 || len(m.ledger(t, s.text("id"))) != 0 {
				t.Errorf("%s: %s", name, got.body)
			}
		}
	})
	eachVersion(t, "AFF-02, AFF-03, AFF-06 an affiliate is checked and never shown", func(t *testing.T, v dialect) {
		for param, a := range map[string]object{
			"$.affiliate_attribution.provider":     {"token": "t"},
			"$.affiliate_attribution.token":        {"provider": "p"},
			"$.affiliate_attribution.metadata.a":   {"provider": "p", "token": "t", "metadata": object{"a": object{}}},
			"$.affiliate_attribution.sub_id":       {"provider": "p", "token": "t", "sub_id": "someone@example.com"},
			"$.affiliate_attribution.touchpoint":   {"provider": "p", "token": "t", "touchpoint": "middle"},
			"$.affiliate_attribution.metadata.tel": {"provider": "p", "token": "t", "metadata": object{"tel": "+1 555 010 0199"}},
		} {
			got := m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1)).with("affiliate_attribution", a)}).want(t, 400)
			if got.text("param") != param {
				t.Errorf("%s; want %s", got.body, param)
			}
		}
		touch := func(token string) object { return object{"provider": "network.example", "token": token} }
		s := m.create(t, v, v.order(line("ok", 1)).with("affiliate_attribution", touch("clk-first-touch")))
		paid := m.complete(t, v, s.text("id"), v.paying(s, "tok_visa").with("affiliate_attribution", touch("clk-last-touch"))).want(t, 200).is(t, "completed")
		if strings.Contains(string(paid.body), "clk-") || strings.Contains(m.logs.String(), "clk-") {
			t.Error("shown or logged")
		}
	})
	eachVersion(t, "WHK-01 to WHK-04, WHK-08, IDM-11 one signed event of the full order in the version of the purchase", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 2), line("download", 1)).with("affiliate_attribution", object{"provider": "p", "token": "clk-hook"}))
		key := map[string]string{"Idempotency-Key": m.freshKey()}
		pay := request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v, body: v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve)))), head: key}
		paid := m.send(t, pay).want(t, 200)
		for range 3 {
			m.send(t, pay).want(t, 200)
		}
		event := m.told(t, s.text("id"))
		acptest.Schema(t, acp.Version(v), "WebhookEvent").Check(t, event)
		checkDescribed(t, acp.Version(v), "OrderEvent", event)
		e := parseObject(event)
		want := map[acp.Version]string{acp.V20250912: "order_created"}[acp.Version(v)]
		if want == "" {
			want = "order_create"
		}
		data := e.at("data")
		if e.text("type") != want || data.text("type") != "order" || data.text("checkout_session_id") != s.text("id") ||
			data.text("permalink_url") != paid.at("order").text("permalink_url") || data.text("status") != "confirmed" {
			t.Errorf("%s", event)
		}
		if v.keyed() && (data.text("id") != paid.at("order").text("id") || len(data.list("line_items")) != 2 || len(data.list("fulfillments")) != 2 || data.total("total") != s.total("total")) {
			t.Errorf("%s", event)
		}
		if !v.keyed() && data["refunds"] == nil || strings.Contains(string(event), "clk-") {
			t.Errorf("%s", event)
		}
	})
}

// told waits for the one verified event of a session and returns its body.
func (m *market) told(t testing.TB, sessionID string) []byte {
	t.Helper()
	for deadline := time.Now().Add(webhookTime); ; time.Sleep(5 * time.Millisecond) {
		var of []json.RawMessage
		for _, e := range m.hooks.Events() {
			if e.SessionID == sessionID {
				if !e.Verified || e.Deliveries != 1 {
					t.Fatalf("WHK-02: verified %v, delivered %d times", e.Verified, e.Deliveries)
				}
				of = append(of, json.RawMessage(e.Body))
			}
		}
		if len(of) == 1 {
			return of[0]
		}
		if len(of) > 1 || time.Now().After(deadline) {
			t.Fatalf("%d events of %s", len(of), sessionID)
		}
	}
}

func TestRulesOfDelegatedPayment(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	versions := []acp.Version{acp.V20250929, acp.V20260417}
	grant := func() object {
		return allowance{card: card(sandbox.Approve), session: "cs_1", merchant: m.account, currency: "usd", limit: 100, lifetime: time.Hour, risk: "authorized"}.delegation()
	}
	eachVersion(t, "DP-01 a token is new, and its answer repeats what was sent", func(t *testing.T, v dialect) {
		a, b := m.delegate(t, acp.Version(v), grant()).want(t, 201), m.delegate(t, acp.Version(v), grant()).want(t, 201)
		if a.text("id") == b.text("id") || !strings.HasPrefix(a.text("id"), "vt_") || a.at("metadata").text("merchant_id") != m.account ||
			a.at("metadata").text("idempotency_key") != a.header.Get("Idempotency-Key") || len(a.object) != 3 {
			t.Errorf("%s", a.body)
		}
	}, versions...)
	eachVersion(t, "DP-02 what is no card or no allowance is refused at its place", func(t *testing.T, v dialect) {
		for _, wrong := range []struct {
			group, name string
			value       any
		}{
			{"payment_method", "type", "wallet"}, {"payment_method", "card_number_type", "pan"}, {"payment_method", "number", "4242424242424241"},
			{"payment_method", "number", absent}, {"payment_method", "exp_month", "13"}, {"payment_method", "exp_month", "0"}, {"payment_method", "exp_year", "31"},
			{"payment_method", "display_card_funding_type", "gift"}, {"payment_method", "cvc", "12345"}, {"payment_method", "metadata", absent},
			{"allowance", "reason", "recurring"}, {"allowance", "max_amount", 0}, {"allowance", "max_amount", -5}, {"allowance", "max_amount", 1.5},
			{"allowance", "max_amount", "100"}, {"allowance", "currency", "USD"}, {"allowance", "currency", "xxq"}, {"allowance", "expires_at", "tomorrow"},
			{"allowance", "expires_at", "2020-01-01T00:00:00Z"}, {"allowance", "merchant_id", "acct_nobody"}, {"allowance", "checkout_session_id", ""},
		} {
			body := grant()
			body[wrong.group] = body[wrong.group].(object).with(wrong.name, wrong.value)
			a := m.delegate(t, acp.Version(v), body)
			if (a.status != 400 && a.status != 422) || a.text("param") != "$."+wrong.group+"."+wrong.name || strings.Contains(string(a.body), "42424") {
				t.Errorf("%s.%s = %v: %d %s", wrong.group, wrong.name, wrong.value, a.status, a.body)
			}
		}
	}, versions...)
	t.Run("DP-03 risk signals are required, and may be none from 2026-04-17 on", func(t *testing.T) {
		none := grant().with("risk_signals", []any{})
		m.delegate(t, acp.V20260417, none).want(t, 201)
		m.delegate(t, acp.V20250929, none).want(t, 400)
		m.delegate(t, acp.V20260417, grant().with("risk_signals", absent)).want(t, 400)
	})
	eachVersion(t, "DP-05 keys are kept as in the checkout", func(t *testing.T, v dialect) {
		body, key := grant(), map[string]string{"Idempotency-Key": m.freshKey()}
		r := request{method: "POST", path: "/agentic_commerce/delegate_payment", version: v, body: body, bearer: m.secrets["key of delegate_payment"], head: key}
		first := m.exchange(t, m.pspURL, r).want(t, 201)
		if again := m.exchange(t, m.pspURL, r).want(t, 201); string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s became %s", first.body, again.body)
		}
		r.body = grant().with("metadata", object{"other": "x"})
		if a := m.exchange(t, m.pspURL, r); a.status != map[bool]int{true: 409, false: 422}[v.flat()] || a.text("code") != "idempotency_conflict" {
			t.Errorf("%d %s", a.status, a.body)
		}
	}, versions...)
	t.Run("DP-06 without a key there is nothing", func(t *testing.T) {
		m.exchange(t, m.pspURL, request{method: "POST", path: "/agentic_commerce/delegate_payment", version: dialect(acp.V20260417), body: grant(), bearer: "wrong"}).want(t, 401)
	})
}

// A session is one thing, whichever version looks at it.
func TestRulesAcrossVersions(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	for _, a := range spoken() {
		for _, b := range spoken() {
			if a == b {
				continue
			}
			from, to := dialect(a), dialect(b)
			t.Run(fmt.Sprintf("%s read, changed and paid in %s", a, b), func(t *testing.T) {
				s := m.create(t, from, from.order(line("ok", 1), line("download", 2)))
				seen := m.get(t, to, s.text("id")).want(t, 200)
				if seen.total("total") != s.total("total") || seen.text("status") != s.text("status") || !slices.Equal(lineOrder(seen), lineOrder(s)) {
					t.Errorf("%s\nin %s: %s", s.body, b, seen.body)
				}
				changed := m.update(t, to, s.text("id"), object{to.items(): []any{line("other", 3)}}).want(t, 200)
				changed = m.update(t, to, s.text("id"), to.selecting(changed, "express")).want(t, 200).is(t, "ready_for_payment")
				if back := m.get(t, from, s.text("id")); back.total("total") != changed.total("total") {
					t.Errorf("%s\nin %s: %s", changed.body, a, back.body)
				}
				paid := m.complete(t, to, s.text("id"), to.paying(changed, m.token(t, m.pays(changed, card(sandbox.Approve))))).want(t, 200).is(t, "completed")
				if back := m.get(t, from, s.text("id")).is(t, "completed"); back.at("order").text("id") != paid.at("order").text("id") {
					t.Errorf("%s\nin %s: %s", paid.body, a, back.body)
				}
				m.cancel(t, from, s.text("id"), nil).refused(t, 405, "conflict", "")
			})
		}
	}
	t.Run("what a version cannot say is left out or shortened, never an error", func(t *testing.T) {
		newest := dialect(acp.V20260417)
		long := address("CA", "94105").with("line_one", strings.Repeat("ä", 255)).with("company", "Example GmbH")
		for _, buyer := range []object{{"email": "one@example.com"}, {"email": "one@example.com", "full_name": "Mononym"}, {"email": "one@example.com", "first_name": "Only"},
			{"email": "one@example.com", "account_type": "business", "company": object{"name": "Example GmbH"}}} {
			s := m.create(t, newest, newest.cart(line("ok", 1), line("download", 1)).with("buyer", buyer).to(newest, long).with("metadata", object{"x": object{"y": 1.5}}).with("order_notes", "🎁"))
			for _, v := range spoken() {
				m.get(t, dialect(v), s.text("id")).want(t, 200)
			}
			flat := dialect(acp.V20250912)
			m.complete(t, flat, s.text("id"), flat.paying(m.get(t, flat, s.text("id")), "tok_visa")).want(t, 200).is(t, "completed")
			for _, v := range spoken() {
				m.get(t, dialect(v), s.text("id")).want(t, 200).is(t, "completed")
			}
		}
	})
}

func lineOrder(s answer) (items []string) {
	for _, l := range s.list("line_items") {
		items = append(items, l.at("item").text("id"))
	}
	return items
}
