package server_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/sandbox"
)

// object is a JSON object in the making, or one that was received.
type object map[string]any

// with is a copy of o with more members; one that is nil is sent as null, and
// absent leaves one out.
func (o object) with(name string, value any) object {
	c := maps.Clone(o)
	if value == absent {
		delete(c, name)
		return c
	}
	c[name] = value
	return c
}

type nothing struct{}

// absent stands for a member that is not sent.
var absent = nothing{}

// dialect writes requests in an API version.
type dialect acp.Version

// flat is a version before 2026-01-30: items, a provider and a token.
func (v dialect) flat() bool { return acp.Version(v) < acp.V20260130 }

// nested is one of them with details of the delivery, and selections with an
// object for their kind.
func (v dialect) nested() bool { return v.flat() && acp.Version(v) >= acp.V20251212 }

// keyed is a version from 2026-04-17 on: keys are required, webhooks carry the
// order.
func (v dialect) keyed() bool { return acp.Version(v) >= acp.V20260417 }

func (v dialect) page() bool { return acp.Version(v) == acp.V20250912 }

// choose is the word of the flat versions or of the newest.
func (v dialect) choose(flat, newest string) string {
	if v.flat() {
		return flat
	}
	return newest
}

func (v dialect) items() string { return v.choose("items", "line_items") }

// param is a path into the newest request in the version's own words.
func (v dialect) param(newest string) string {
	if !v.flat() {
		return newest
	}
	if v.nested() {
		return strings.NewReplacer("$.line_items", "$.items", "$.selected_fulfillment_options[0].option_id", "$.selected_fulfillment_options[0].shipping.option_id",
			"$.payment_data.handler_id", "$.payment_data.provider", "$.payment_data.instrument.credential.token", "$.payment_data.token").Replace(newest)
	}
	return strings.NewReplacer("$.line_items", "$.items", "$.fulfillment_details.address", "$.fulfillment_address",
		"$.selected_fulfillment_options[0].option_id", "$.fulfillment_option_id",
		"$.payment_data.handler_id", "$.payment_data.provider", "$.payment_data.instrument.credential.token", "$.payment_data.token").Replace(newest)
}

// line is one entry of the list of items.
func line(item string, quantity any) object { return object{"id": item, "quantity": quantity} }

// cart is a create request without an address.
func (v dialect) cart(lines ...object) object {
	list := make([]any, len(lines))
	for i := range lines {
		list[i] = lines[i]
	}
	o := object{v.items(): list}
	if !v.flat() {
		o["currency"], o["capabilities"] = "usd", object{}
	}
	return o
}

// order is a create request with all that a payment needs.
func (v dialect) order(lines ...object) object {
	return v.cart(lines...).with("buyer", v.buyer()).to(v, address("CA", "94105"))
}

// to sets where the goods go.
func (o object) to(v dialect, address any) object {
	if v.flat() && !v.nested() {
		return o.with("fulfillment_address", address)
	}
	return o.with("fulfillment_details", object{"name": "Test Buyer", "address": address})
}

func (v dialect) buyer() object {
	b := object{"email": "test.buyer@example.com"}
	switch {
	case v.page():
		b["name"] = "Test Buyer"
	default:
		b["first_name"], b["last_name"] = "Test", "Buyer"
	}
	return b
}

func address(state, postalCode string) object {
	return object{"name": "Test Buyer", "line_one": "1 Example Street", "city": "Example City", "state": state, "country": "US", "postal_code": postalCode}
}

// selecting is an update that chooses a way of delivery for a session.
func (v dialect) selecting(s answer, option string) object {
	if v.flat() && !v.nested() {
		return object{"fulfillment_option_id": option}
	}
	var lines []any
	for _, l := range s.list("line_items") {
		lines = append(lines, l["id"])
	}
	choice := object{"option_id": option, "item_ids": lines}
	if v.nested() {
		choice = object{"shipping": choice}
	}
	return object{"selected_fulfillment_options": []any{choice.with("type", "shipping")}}
}

// paying is a complete request. In the flat versions the provider is the one
// that the session names.
func (v dialect) paying(s answer, token string) object {
	if v.flat() {
		return object{"payment_data": object{"token": token, "provider": s.at("payment_provider").text("provider")}}
	}
	return object{"payment_data": object{"handler_id": "card_tokenized",
		"instrument": object{"type": "card", "credential": object{"type": "spt", "token": token}}}}
}

// allowance is what a token may be used for.
type allowance struct {
	card, session, merchant, currency string
	limit                             int64
	lifetime                          time.Duration
	risk                              string // action of the one risk signal
}

// delegation is a delegate_payment request.
func (a allowance) delegation() object {
	return object{
		"payment_method": object{"type": "card", "card_number_type": "fpan", "number": a.card, "exp_month": "11", "exp_year": "2031",
			"cvc": "737", "name": "Test Buyer", "display_card_funding_type": "credit", "metadata": object{}},
		"allowance": object{"reason": "one_time", "max_amount": a.limit, "currency": a.currency, "checkout_session_id": a.session,
			"merchant_id": a.merchant, "expires_at": time.Now().Add(a.lifetime).UTC().Format(time.RFC3339)},
		"risk_signals": []any{object{"type": "card_testing", "score": 10, "action": a.risk}},
		"metadata":     object{"source": "rules"},
	}
}

// pays is the allowance for a session's total.
func (m *market) pays(s answer, card string) allowance {
	return allowance{card: card, session: s.text("id"), merchant: m.account, currency: s.text("currency"), limit: s.total("total"),
		lifetime: time.Hour, risk: "authorized"}
}

// token has the PSP issue a token.
func (m *market) token(t testing.TB, a allowance) string {
	t.Helper()
	r := m.delegate(t, acp.V20260417, a.delegation())
	if r.status != 201 {
		t.Fatalf("delegate_payment: %d %s", r.status, r.body)
	}
	return r.text("id")
}

// delegate sends a delegate_payment request.
func (m *market) delegate(t testing.TB, version acp.Version, body object) answer {
	t.Helper()
	return m.exchange(t, m.pspURL, request{method: "POST", path: "/agentic_commerce/delegate_payment", version: dialect(version), body: body,
		bearer: m.secrets["key of delegate_payment"]})
}

// card is the number of a test card of the PSP.
func card(outcome sandbox.Outcome) string {
	for _, c := range sandbox.TestCards() {
		if c.Outcome == outcome {
			return c.Number
		}
	}
	panic("no test card for " + outcome)
}
