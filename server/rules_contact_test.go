package server_test

import (
	"testing"

	"github.com/checkstand/checkstand/sandbox"
)

// What the draft adds to requests, which every version reads.
func TestRulesOfTheLastMoment(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	eachVersion(t, "FUL-11 whom the goods go to may change on complete, where they go may not", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 1))).is(t, "ready_for_payment")
		pay := func() object { return v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve)))) }
		at := v.param("$.fulfillment_details.address")
		for name, where := range map[string]any{"another state": address("NV", "89101"), "another country": address("", "10115").with("country", "DE"), "nowhere": nil} {
			if a := m.complete(t, v, s.text("id"), pay().to(v, where)); a.status != 409 || a.text("code") != "conflict" || a.text("param") != at {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
			if got := m.get(t, v, s.text("id")).is(t, "ready_for_payment"); string(got.body) != string(s.body) {
				t.Errorf("%s: %s became %s", name, s.body, got.body)
			}
		}
		if len(m.ledger(t, s.text("id"))) != 0 {
			t.Error("money was taken")
		}
		next := address("CA", "94105").with("line_one", "2 Example Street").with("name", "Test Neighbour")
		m.complete(t, v, s.text("id"), pay().to(v, next)).want(t, 200).is(t, "completed")
		newest := dialect("2026-04-17")
		shown := m.get(t, newest, s.text("id")).at("fulfillment_details").at("address")
		if shown.text("line_one") != "2 Example Street" || shown.text("name") != "Test Neighbour" {
			t.Errorf("%v", shown)
		}
	})
	eachVersion(t, "FUL-11 a contact is merged into what is known", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 1)))
		body := v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve)))).
			with("fulfillment_details", object{"phone_number": "+15550109", "email": "late@example.com"})
		m.complete(t, v, s.text("id"), body).want(t, 200).is(t, "completed")
		shown := m.get(t, dialect("2026-04-17"), s.text("id")).at("fulfillment_details")
		if shown.text("phone_number") != "+15550109" || shown.text("email") != "late@example.com" || shown.at("address").text("line_one") != "1 Example Street" {
			t.Errorf("%v", shown)
		}
	})
	eachVersion(t, "SES-20 a price that a feed told is compared, and the shop's wins", func(t *testing.T, v dialect) {
		told := func(amount int) object {
			return line("ok", 1).with("suggested_price", object{"amount": amount, "source": object{"feed_id": "feed_1"}, "observed_at": "2026-05-20T14:35:00Z"})
		}
		right, wrong := m.create(t, v, v.order(told(1995))), m.create(t, v, v.order(told(1500)))
		if right.total("total") != wrong.total("total") {
			t.Errorf("%s and %s", right.body, wrong.body)
		}
		messages := func(s answer) int { return len(s.list("messages")) }
		if messages(wrong) != messages(right)+1 || !v.flat() && wrong.says("price_change") == nil {
			t.Errorf("%s", wrong.body)
		}
	})
}
