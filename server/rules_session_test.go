package server_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
)

func TestRulesOfSessions(t *testing.T) {
	t.Parallel()
	m := openMarket(t)

	eachVersion(t, "SES-01 create answers 201 with the full state and an id of its own", func(t *testing.T, v dialect) {
		first, second := m.ready(t, v), m.ready(t, v)
		if first.text("id") == second.text("id") || len(first.text("id")) < 24 {
			t.Errorf("ids %q and %q", first.text("id"), second.text("id"))
		}
	})
	eachVersion(t, "SES-02 every answer is the whole session", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		members := func(a answer) []string { return slices.Sorted(maps.Keys(a.object)) }
		updated := m.update(t, v, s.text("id"), object{"buyer": v.buyer()}).want(t, 200)
		got := m.get(t, v, s.text("id")).want(t, 200)
		if !slices.Equal(members(s), members(updated)) || !slices.Equal(members(s), members(got)) {
			t.Errorf("create %v, update %v, retrieve %v", members(s), members(updated), members(got))
		}
		m.cancel(t, v, s.text("id"), nil).want(t, 200).is(t, "canceled")
	})
	eachVersion(t, "SES-03 retrieving an unknown id is 404, a known one is the last answer", func(t *testing.T, v dialect) {
		for _, id := range []string{"cs_00000000000000000000000000", "nope", "cs_%00", "%ff%fe", "%27%3B--", "a%2Fb", "..%2Fx", "%2e%2e", strings.Repeat("x", 2000)} {
			m.get(t, v, id).refused(t, 404, "not_found", "")
			m.update(t, v, id, object{"buyer": v.buyer()}).refused(t, 404, "not_found", "")
			m.cancel(t, v, id, nil).refused(t, 404, "not_found", "")
		}
		s := m.ready(t, v)
		for range 2 {
			if got := m.get(t, v, s.text("id")); string(got.body) != string(s.body) {
				t.Errorf("written %s\nread %s", s.body, got.body)
			}
		}
	})
	eachVersion(t, "SES-04 an empty list of items is refused", func(t *testing.T, v dialect) {
		create := request{method: "POST", path: "/checkout_sessions", version: v, body: v.cart()}
		m.send(t, create).refused(t, 400, "invalid", v.param("$.line_items"))
		m.update(t, v, m.ready(t, v).text("id"), object{v.items(): []any{}}).refused(t, 400, "invalid", v.param("$.line_items"))
	})
	eachVersion(t, "SES-05 a required field that is missing is named", func(t *testing.T, v dialect) {
		full := v.order(line("ok", 1))
		required := map[string]object{v.param("$.line_items"): full.with(v.items(), absent),
			v.param("$.line_items") + "[0].id": full.with(v.items(), []any{object{"quantity": 1}}),
			"$.buyer.email":                    full.with("buyer", v.buyer().with("email", absent))}
		if !v.flat() {
			required["$.currency"], required["$.capabilities"] = full.with("currency", absent), full.with("capabilities", absent)
		}
		for _, name := range []string{"name", "line_one", "city", "state", "country", "postal_code"} {
			required[v.param("$.fulfillment_details.address")+"."+name] = full.to(v, address("CA", "94105").with(name, absent))
		}
		if v.page() {
			required["$.buyer.name"] = full.with("buyer", v.buyer().with("name", absent))
		} else if v.flat() {
			required["$.buyer.first_name"] = full.with("buyer", v.buyer().with("first_name", absent))
			required["$.buyer.last_name"] = full.with("buyer", v.buyer().with("last_name", absent))
		}
		for param, body := range required {
			m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: body}).refused(t, 400, "missing", param)
		}
	})
	eachVersion(t, "SES-06 an unknown item is refused at its place", func(t *testing.T, v dialect) {
		m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1), line("unicorn", 1))}).
			refused(t, 400, "invalid", v.param("$.line_items[1].id"))
	})
	eachVersion(t, "SES-07 what is out of stock is shown and said, never dropped", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 1), line("oos", 1))).is(t, "not_ready_for_payment")
		if msg := s.says("out_of_stock"); msg == nil || msg.text("param") != "$.line_items[1]" || len(s.list("line_items")) != 2 {
			t.Errorf("%s", s.body)
		}
	})
	eachVersion(t, "SES-08 more than there is blocks; what is no quantity is refused", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("low", 4))).is(t, "not_ready_for_payment")
		if s.says(v.choose("out_of_stock", "low_stock")) == nil {
			t.Errorf("%s", s.body)
		}
		m.update(t, v, s.text("id"), object{v.items(): []any{line("low", 3)}}).want(t, 200).is(t, "ready_for_payment")
		for _, quantity := range []any{0, -1, 1.5, "2", true, []any{1}, object{"n": 1}, 1e15, -9223372036854775807} {
			m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", quantity))}).
				refused(t, 400, "invalid", v.param("$.line_items[0].quantity"))
		}
	})
	eachVersion(t, "SES-09 absent keeps, a list of items replaces, line ids stay", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 1), line("other", 2)))
		ids := lineIDs(s)
		kept := m.update(t, v, s.text("id"), object{"buyer": v.buyer()}).want(t, 200)
		if !maps.Equal(ids, lineIDs(kept)) || kept.total("total") != s.total("total") {
			t.Errorf("lines %v became %v", ids, lineIDs(kept))
		}
		replaced := lineIDs(m.update(t, v, s.text("id"), object{v.items(): []any{line("exempt", 1), line("other", 5)}}).want(t, 200))
		if len(replaced) != 2 || replaced["other"] != ids["other"] || replaced["exempt"] == "" {
			t.Errorf("lines %v became %v", ids, replaced)
		}
	})
	eachVersion(t, "SES-10 null clears, absent keeps", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		details := v.choose("fulfillment_address", "fulfillment_details")
		cleared := m.update(t, v, s.text("id"), object{details: nil}).want(t, 200).is(t, "not_ready_for_payment")
		if _, shown := cleared.object[details]; shown || cleared.at("buyer") == nil {
			t.Errorf("%s", cleared.body)
		}
		if got := m.get(t, v, s.text("id")); string(got.body) != string(cleared.body) {
			t.Errorf("cleared %s, read %s", cleared.body, got.body)
		}
		if nobody := m.update(t, v, s.text("id"), object{"buyer": nil}).want(t, 200); nobody.at("buyer") != nil {
			t.Errorf("%s", nobody.body)
		}
	})
	eachVersion(t, "SES-12 nothing leaves a final status", func(t *testing.T, v dialect) {
		paid := m.ready(t, v)
		m.complete(t, v, paid.text("id"), v.paying(paid, "tok_visa")).want(t, 200).is(t, "completed")
		canceled := m.ready(t, v)
		m.cancel(t, v, canceled.text("id"), nil).want(t, 200)
		for _, s := range []answer{paid, canceled} {
			before := m.get(t, v, s.text("id"))
			m.update(t, v, s.text("id"), object{"buyer": v.buyer()}).refused(t, 409, "conflict", "")
			m.complete(t, v, s.text("id"), v.paying(s, "tok_mastercard")).refused(t, 409, "conflict", "")
			if after := m.get(t, v, s.text("id")); string(after.body) != string(before.body) {
				t.Errorf("%s became %s", before.body, after.body)
			}
		}
	})
	eachVersion(t, "SES-13 cancel ends a session once; a completed one never", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		m.cancel(t, v, s.text("id"), nil).want(t, 200).is(t, "canceled")
		m.cancel(t, v, s.text("id"), nil).refused(t, 405, "conflict", "")
		paid := m.ready(t, v)
		m.complete(t, v, paid.text("id"), v.paying(paid, "tok_visa")).want(t, 200)
		m.cancel(t, v, paid.text("id"), nil).refused(t, 405, "conflict", "")
	})
	eachVersion(t, "SES-14, INT-01 the body of cancel may be anything that says nothing, or a reason", func(t *testing.T, v dialect) {
		for _, body := range []any{nil, "", "{}", "null", `{"intent_trace":null}`, `{"intent_trace":{"reason_code":"shipping_cost"}}`,
			`{"intent_trace":{"reason_code":"alien_reason","trace_summary":"Too far."}}`} {
			s := m.ready(t, v)
			gone := m.cancel(t, v, s.text("id"), body).want(t, 200).is(t, "canceled")
			if strings.Contains(string(gone.body), "shipping_cost") {
				t.Error("INT-04: the intent is shown")
			}
		}
		s := m.ready(t, v)
		m.cancel(t, v, s.text("id"), `{"intent_trace":{"reason_code":"other","metadata":{"a":{"b":1}}}}`).refused(t, 400, "invalid_type", "$.intent_trace.metadata.a")
		m.get(t, v, s.text("id")).is(t, "ready_for_payment")
	})
	eachVersion(t, "SES-16 the currency is the shop's and stays", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		if s.text("currency") != "usd" || m.update(t, v, s.text("id"), object{v.items(): []any{line("other", 1)}}).text("currency") != "usd" {
			t.Error("another currency")
		}
		m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1)).with("currency", "eur")}).refused(t, 400, "invalid", "$.currency")
	})
	eachVersion(t, "SES-17 the links can be read", func(t *testing.T, v dialect) {
		for _, l := range m.ready(t, v).list("links") {
			if !strings.HasPrefix(l.text("url"), m.url+"/policies/") {
				t.Errorf("%v", l)
			}
		}
	})
	eachVersion(t, "SES-21 two keys make two sessions; updates at once end in one of the two states", func(t *testing.T, v dialect) {
		body := v.order(line("ok", 1))
		first, second := m.create(t, v, body), m.create(t, v, body)
		if first.text("id") == second.text("id") {
			t.Fatal("one session for two keys")
		}
		var wg sync.WaitGroup
		results := make([]answer, 2)
		for i, item := range []string{"other", "exempt"} {
			wg.Go(func() {
				results[i] = m.exchange(t, m.url, request{method: "POST", path: "/checkout_sessions/" + first.text("id"), version: v, body: object{v.items(): []any{line(item, 1)}}})
			})
		}
		wg.Wait()
		got := m.get(t, v, first.text("id"))
		if results[0].status != 200 || results[1].status != 200 || string(got.body) != string(results[0].body) && string(got.body) != string(results[1].body) {
			t.Errorf("%d %d; %s is neither of\n%s\n%s", results[0].status, results[1].status, got.body, results[0].body, results[1].body)
		}
	})
	eachVersion(t, "SES-22 a buyer is optional and shown as given", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.cart(line("ok", 1)).to(v, address("CA", "94105"))).is(t, "ready_for_payment")
		if s.at("buyer") != nil {
			t.Errorf("a buyer out of nothing: %s", s.body)
		}
		got := m.update(t, v, s.text("id"), object{"buyer": v.buyer().with("phone_number", "+15550100")}).want(t, 200).at("buyer")
		want := v.buyer().with("phone_number", "+15550100")
		if !maps.EqualFunc(got, want, func(a, b any) bool { return a == b }) {
			t.Errorf("sent %v, shown %v", want, got)
		}
	})
}

// lineIDs gives the line of each item.
func lineIDs(s answer) map[string]string {
	ids := map[string]string{}
	for _, l := range s.list("line_items") {
		ids[l.at("item").text("id")] = l.text("id")
	}
	return ids
}

func TestRulesOfSessionsInTime(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	eachVersion(t, "SES-19 a session ends at its time, to the moment", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		m.clock.Advance(6*time.Hour - time.Minute)
		m.get(t, v, s.text("id")).is(t, "ready_for_payment")
		m.clock.Advance(time.Minute)
		over := v.choose("canceled", "expired")
		if got := m.get(t, v, s.text("id")).is(t, over); len(got.list("messages")) != 0 {
			t.Errorf("%s", got.body)
		}
		m.complete(t, v, s.text("id"), v.paying(s, "tok_visa")).refused(t, 409, "conflict", "")
		m.update(t, v, s.text("id"), object{"buyer": v.buyer()}).refused(t, 409, "conflict", "")
		m.cancel(t, v, s.text("id"), nil).refused(t, 405, "conflict", "")
	})
	eachVersion(t, "SES-20, TOT-13 a price that moves is told, and a binding one is charged", func(t *testing.T, v dialect) {
		defer m.fill(t, dollars, marketItems("usd", 1))
		binding, late, changed := m.ready(t, v), m.ready(t, v), m.ready(t, v)
		dearer := marketItems("usd", 1)
		dearer[0].Price = 2995
		m.fill(t, dollars, dearer)

		paid := m.complete(t, v, binding.text("id"), v.paying(binding, "tok_visa")).want(t, 200).is(t, "completed")
		if paid.total("total") != binding.total("total") {
			t.Errorf("%d was shown, %d is the order's", binding.total("total"), paid.total("total"))
		}
		told := m.update(t, v, changed.text("id"), object{v.items(): []any{line("ok", 2), line("other", 1)}}).want(t, 200)
		if !slices.ContainsFunc(told.list("messages"), func(o object) bool { return strings.Contains(o.text("content"), "$29.95") }) {
			t.Errorf("nothing said about the price: %s", told.body)
		}
		m.clock.Advance(30 * time.Minute)
		shown := m.complete(t, v, late.text("id"), v.paying(late, "tok_visa")).want(t, 200).is(t, "ready_for_payment")
		if shown.total("items_base_amount") != 2*2995 || len(shown.list("messages")) == 0 {
			t.Errorf("%s", shown.body)
		}
		m.complete(t, v, late.text("id"), v.paying(late, "tok_visa")).want(t, 200).is(t, "completed")
	})
	eachVersion(t, "SES-07 what sells out before the payment is not charged", func(t *testing.T, v dialect) {
		defer m.fill(t, dollars, marketItems("usd", 1))
		s := m.ready(t, v)
		gone := marketItems("usd", 1)
		gone[0].Stock = 1
		m.fill(t, dollars, gone)
		m.complete(t, v, s.text("id"), v.paying(s, "tok_visa")).want(t, 200).is(t, "not_ready_for_payment")
		m.update(t, v, s.text("id"), object{v.items(): []any{line("ok", 1)}}).want(t, 200).is(t, "ready_for_payment")
		m.fill(t, dollars, slices.DeleteFunc(marketItems("usd", 1), func(it catalog.Item) bool { return it.ID == "ok" }))
		m.complete(t, v, s.text("id"), v.paying(s, "tok_visa")).want(t, 200).is(t, "not_ready_for_payment")
	})
}

func TestRulesOfFulfillmentAndTotals(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	eachVersion(t, "FUL-01 without an address there is a session, and what is missing is said", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.cart(line("ok", 1))).is(t, "not_ready_for_payment")
		if msg := s.says("missing"); msg == nil || msg.text("param") != v.param("$.fulfillment_details.address") {
			t.Errorf("%s", s.body)
		}
	})
	eachVersion(t, "FUL-02, FUL-05 an address brings options and tax, the cheapest preselected; another option another total", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		if ids, _ := selectedOptions(v, s); ids[0] != "standard" || s.total("fulfillment") != 590 || s.total("tax") == 0 {
			t.Errorf("%s", s.body)
		}
		express := m.update(t, v, s.text("id"), v.selecting(s, "express")).want(t, 200)
		if ids, _ := selectedOptions(v, express); ids[0] != "express" || express.total("fulfillment") != 1490 || express.total("total") <= s.total("total") {
			t.Errorf("%s", express.body)
		}
	})
	eachVersion(t, "FUL-04 an option that is not on offer is refused, and nothing changes", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		m.update(t, v, s.text("id"), v.selecting(s, "nope")).refused(t, 400, "invalid", v.param("$.selected_fulfillment_options[0].option_id"))
		if got := m.get(t, v, s.text("id")); string(got.body) != string(s.body) {
			t.Errorf("%s became %s", s.body, got.body)
		}
	})
	t.Run("FUL-06 lines are selected by their ids or items', each once", func(t *testing.T) {
		v := dialect(acp.V20260417)
		s := m.ready(t, v)
		pick := func(ids ...any) object {
			return object{"selected_fulfillment_options": []any{object{"type": "shipping", "option_id": "express", "item_ids": ids}}}
		}
		m.update(t, v, s.text("id"), pick("ok")).want(t, 200)
		m.update(t, v, s.text("id"), pick("nothing")).refused(t, 400, "invalid", "$.selected_fulfillment_options[0].item_ids[0]")
		m.update(t, v, s.text("id"), pick("ok", "ok")).refused(t, 400, "invalid", "$.selected_fulfillment_options[0].item_ids[1]")
		nested := `{"selected_fulfillment_options":[{"type":"shipping","shipping":{"option_id":"standard","item_ids":["ok"]}}]}`
		if got := m.update(t, v, s.text("id"), nested).want(t, 200); got.total("fulfillment") != 590 {
			t.Errorf("%s", got.body)
		}
	})
	eachVersion(t, "FUL-07 an address that is wrong or not served blocks and says where", func(t *testing.T, v dialect) {
		at := v.param("$.fulfillment_details.address")
		for _, wrong := range []struct {
			address object
			code    string
			param   string
		}{
			{address("CA", "nonsense"), "invalid", at + ".postal_code"},
			{address("QQ", "94105"), "invalid", at + ".state"},
			{address("", "10115").with("country", "NZ"), v.choose("invalid", "region_restricted"), at},
			{address("", "1").with("country", "ZZ"), "invalid", at + ".country"},
		} {
			s := m.create(t, v, v.cart(line("ok", 1)).to(v, wrong.address)).is(t, "not_ready_for_payment")
			if msg := s.says(wrong.code); msg == nil || msg.text("param") != wrong.param {
				t.Errorf("want %s at %s: %s", wrong.code, wrong.param, s.body)
			}
		}
	})
	eachVersion(t, "FUL-09 electronic goods need no address", func(t *testing.T, v dialect) {
		m.create(t, v, v.cart(line("download", 3))).is(t, "ready_for_payment")
		m.create(t, v, v.order(line("download", 1), line("ok", 1))).is(t, "ready_for_payment")
	})
	eachVersion(t, "FUL-10 another address drops an option that does not go there, and says so", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		m.update(t, v, s.text("id"), v.selecting(s, "express")).want(t, 200)
		moved := m.update(t, v, s.text("id"), object{}.to(v, address("HI", "96801"))).want(t, 200).is(t, "ready_for_payment")
		if ids, _ := selectedOptions(v, moved); ids[0] != "standard" || len(moved.list("messages")) == 0 {
			t.Errorf("%s", moved.body)
		}
	})
	eachVersion(t, "FUL-12 countries are two letters, lengths are held", func(t *testing.T, v dialect) {
		limits := map[string]int{"name": 256, "line_one": 255, "line_two": 255, "city": 255, "postal_code": 20}
		if v.page() {
			limits["line_one"], limits["line_two"], limits["city"] = 60, 60, 60
		}
		at := v.param("$.fulfillment_details.address")
		for name, limit := range limits {
			body := v.cart(line("ok", 1)).to(v, address("CA", "94105").with(name, strings.Repeat("ä", limit+1)))
			m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: body}).refused(t, 400, "invalid", at+"."+name)
			if name != "postal_code" {
				m.create(t, v, v.cart(line("ok", 1)).to(v, address("CA", "94105").with(name, strings.Repeat("ä", limit))))
			}
		}
		for _, country := range []string{"USA", "U", "U1", "美国"} {
			body := v.cart(line("ok", 1)).to(v, address("CA", "94105").with("country", country))
			m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: body}).refused(t, 400, "invalid", at+".country")
		}
	})
	eachVersion(t, "TOT-12 what the price depends on changes it, nothing else does", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		if same := m.update(t, v, s.text("id"), object{"buyer": v.buyer()}); same.total("total") != s.total("total") {
			t.Errorf("%d became %d", s.total("total"), same.total("total"))
		}
		for name, change := range map[string]object{"quantity": {v.items(): []any{line("ok", 3)}}, "address": object{}.to(v, address("NV", "89101")), "option": v.selecting(s, "express")} {
			before := m.get(t, v, s.text("id")).total("total")
			if after := m.update(t, v, s.text("id"), change).want(t, 200).total("total"); after == before {
				t.Errorf("%s: still %d", name, after)
			}
		}
	})
	eachVersion(t, "TOT-14 currencies of no and of three decimals, and prices with their tax", func(t *testing.T, v dialect) {
		for shop, place := range map[string]object{
			yen: address("", "100-0001").with("country", "JP"), dinars: address("", "13001").with("country", "KW"), euros: address("", "10115").with("country", "DE")} {
			bearer := m.issueFor(t, shop)
			currency := map[string]string{yen: "jpy", dinars: "kwd", euros: "eur"}[shop]
			body := v.cart(line("ok", 3), line("other", 7), line("exempt", 1)).with("buyer", v.buyer()).to(v, place)
			if !v.flat() {
				body["currency"] = currency
			}
			s := m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: body, bearer: bearer}).want(t, 201).is(t, "ready_for_payment")
			if shop == euros && s.total("total") != 3*1995+7*333+1234+490 {
				t.Errorf("§7-7: a total of %d is not what the shelf says", s.total("total"))
			}
			paid := m.send(t, request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v, body: v.paying(s, "tok_visa"), bearer: bearer}).want(t, 200).is(t, "completed")
			if charged := m.ledger(t, s.text("id"))[currency]; charged != s.total("total") || paid.total("total") != charged {
				t.Errorf("TOT-13: %d was shown, %d was charged", s.total("total"), charged)
			}
		}
	})
	eachVersion(t, "TOT-07 amounts that cannot be charged are refused, not wrapped around", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 1_000_000))).is(t, "ready_for_payment")
		if s.total("items_base_amount") != 1_995_000_000 {
			t.Errorf("%s", s.body)
		}
	})
}
