package server_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
)

// knowingAgent may say who its buyers are.
const knowingAgent = "knowing-agent"

// handling are the versions whose sessions let a buyer be signed in.
var handling = []acp.Version{acp.V20260130, acp.V20260417, "unreleased"}

// of is a customer of the tests of one version.
func (v dialect) of(customer string) string { return customer + " in " + string(v) }

// signedIn is an order of a customer that the agent has signed in.
func (v dialect) signedIn(customer string, lines ...object) object {
	return v.order(lines...).with("buyer", v.buyer().with("customer_id", customer).with("authentication_status", "authenticated"))
}

// backed are the seller-backed handlers of a session, by id.
func (a answer) backed() map[string]object {
	found := map[string]object{}
	for _, h := range a.at("capabilities").at("payment").list("handlers") {
		if strings.HasPrefix(h.text("name"), "dev.acp.seller_backed.") {
			found[h.text("id")] = h
		}
	}
	return found
}

// paysBy is a complete request that pays by a seller-backed handler of a kind.
func paysBy(handler, kind, token string) object {
	return object{"payment_data": object{"handler_id": handler,
		"instrument": object{"type": "seller_backed_" + kind, "credential": object{"type": "spt", "token": token}}}}
}

// ownAlone checks that customer "one" and customer "two", who have one handler
// each, are shown their own, and that nobody else is shown the first's or can
// pay by it.
func (m *market) ownAlone(t *testing.T, v dialect, first, second string, pays func() object) {
	t.Helper()
	one, two := v.of("one"), v.of("two")
	for customer, own := range map[string]string{one: first, two: second} {
		s := m.create(t, v, v.signedIn(customer, line("ok", 2)))
		for _, a := range []answer{s, m.get(t, v, s.text("id"))} {
			if handlers := a.backed(); len(handlers) != 1 || handlers[own] == nil {
				t.Errorf("%s is shown %v", customer, handlers)
			}
		}
		if customer == two {
			m.notPaidBy(t, v, s, m.bearer, pays())
		}
	}
	strangers := m.issueFor(t, dollars)
	buyer := v.buyer().with("customer_id", one)
	for name, sent := range map[string]struct {
		bearer string
		body   object
	}{
		"nobody":                        {m.bearer, v.order(line("ok", 2))},
		"a guest":                       {m.bearer, v.order(line("ok", 2)).with("buyer", buyer.with("authentication_status", "guest"))},
		"not signed in":                 {m.bearer, v.order(line("ok", 2)).with("buyer", buyer.with("authentication_status", "requires_signin"))},
		"nothing said":                  {m.bearer, v.order(line("ok", 2)).with("buyer", buyer)},
		"another buyer":                 {m.bearer, v.signedIn(v.of("three"), line("ok", 2))},
		"a like name":                   {m.bearer, v.signedIn(strings.ToUpper(one), line("ok", 2))},
		"told by an agent not believed": {strangers, v.signedIn(one, line("ok", 2))},
	} {
		s := m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, bearer: sent.bearer, body: sent.body}).want(t, 201)
		if handlers := s.backed(); len(handlers) != 0 {
			t.Errorf("%s: shown %v", name, handlers)
		}
		m.notPaidBy(t, v, s, sent.bearer, pays())
	}
	// Signing in and out changes what is shown.
	s := m.create(t, v, v.order(line("ok", 2)))
	if in := m.update(t, v, s.text("id"), object{"buyer": v.signedIn(one)["buyer"]}).want(t, 200).backed(); len(in) != 1 {
		t.Errorf("signed in: %v", in)
	}
	if out := m.update(t, v, s.text("id"), object{"buyer": v.buyer()}).want(t, 200).backed(); len(out) != 0 {
		t.Errorf("signed out: %v", out)
	}
}

// notPaidBy checks that a session cannot be completed by a handler that is not
// its buyer's, and that nothing was taken.
func (m *market) notPaidBy(t *testing.T, v dialect, s answer, bearer string, pays object) {
	t.Helper()
	m.send(t, request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v, bearer: bearer, body: pays}).
		refused(t, 400, "unsupported", "$.payment_data.handler_id")
	if taken := m.ledger(t, s.text("id")); len(taken) != 0 {
		t.Errorf("the PSP took %v", taken)
	}
}
