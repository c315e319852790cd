package server_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// Where the specification contradicts itself or its examples: what of it is
// taken from an agent, in every version, and what is answered. The numbers are
// those of the list of inconsistencies. What one answer can show is held in
// checkAnswer; the tests named by rules show the rest of the list.
func TestInconsistenciesOfTheSpecification(t *testing.T) {
	m := openMarket(t)
	each := func(name string, test func(t *testing.T, v dialect)) {
		t.Helper()
		eachVersion(t, name, test)
	}
	lines := func(v dialect, list ...object) object {
		body := v.order()
		all := make([]any, len(list))
		for i := range list {
			all[i] = list[i]
		}
		return body.with(v.items(), all)
	}
	quantities := func(s answer) map[string]int64 {
		got := map[string]int64{}
		for _, l := range s.list("line_items") {
			got[l.at("item").text("id")] = max(l.integer("quantity"), l.at("item").integer("quantity"))
		}
		return got
	}
	each("1 a quantity, none, and the same item twice", func(t *testing.T, v dialect) {
		s := m.create(t, v, lines(v, object{"id": "ok"}, line("other", 2), object{"id": "ok"}))
		if got := quantities(s); got["ok"] != 2 || got["other"] != 2 {
			t.Errorf("%v: %s", got, s.body)
		}
		if got := quantities(m.update(t, v, s.text("id"), object{v.items(): []any{object{"id": "other"}}}).want(t, 200)); len(got) != 1 || got["other"] != 1 {
			t.Errorf("%v", got)
		}
	})
	each("2 the other name of the list of items, with a word in the log", func(t *testing.T, v dialect) {
		own, foreign := "line_items", "items"
		if v.flat() {
			own, foreign = foreign, own
		}
		body := v.order(line("ok", 3))
		s := m.create(t, v, body.with(own, absent).with(foreign, body[own]))
		if quantities(s)["ok"] != 3 || s.list("line_items") == nil || s.list("items") != nil {
			t.Errorf("%s", s.body)
		}
		if log := m.logged(t, s); !strings.Contains(log, "aliases=[$."+foreign+"]") {
			t.Errorf("nothing says that %s came for %s: %s", foreign, own, log)
		}
	})
	each("8 a selection names lines, items, or has the nested form", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		lineID := s.list("line_items")[0].text("id")
		for i, choice := range []object{
			{"type": "shipping", "option_id": "express", "item_ids": []any{lineID}},
			{"type": "shipping", "option_id": "standard", "item_ids": []any{"ok"}},
			{"type": "shipping", "shipping": object{"option_id": "express", "item_ids": []any{lineID}}},
			{"type": "shipping", "shipping": object{"option_id": "standard", "item_ids": []any{"ok"}}},
		} {
			shown := m.update(t, v, s.text("id"), object{"selected_fulfillment_options": []any{choice}}).want(t, 200)
			want := []string{"express", "standard"}[i%2]
			if ids, _ := selectedOptions(v, shown); !slices.Equal(ids, []string{want}) {
				t.Errorf("%d: %v: %s", i, ids, shown.body)
			}
			for _, sel := range shown.list("selected_fulfillment_options") {
				if named, _ := v.selection(sel)["item_ids"].([]any); !slices.Equal(named, []any{lineID}) {
					t.Errorf("%d: of %v, not of the line: %s", i, named, shown.body)
				}
			}
		}
	})
	each("11 what nobody knows is ignored, and named in the log without its value", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 1)).with("x_mood", "Quillfeather").with("x 4242424242424242", "Quillfeather").with("x4242424242424242", 1))
		log := m.logged(t, s)
		if !strings.Contains(log, "ignored=[$.x_mood]") || strings.Contains(log, "Quillfeather") || strings.Contains(log, "4242") {
			t.Errorf("%q", log)
		}
	})
	each("2, 8 what is refused is named as it was sent", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		unknown := []any{line("ok", 1), line("nothing-of-the-kind", 1)}
		for _, list := range []string{"items", "line_items"} {
			m.update(t, v, s.text("id"), object{list: unknown}).refused(t, 400, "invalid", "$."+list+"[1].id")
		}
		for param, body := range map[string]object{
			"$.fulfillment_option_id":                                {"fulfillment_option_id": "nope"},
			"$.selected_fulfillment_options[0].option_id":            {"selected_fulfillment_options": []any{object{"type": "shipping", "option_id": "nope"}}},
			"$.selected_fulfillment_options[0].shipping.option_id":   {"selected_fulfillment_options": []any{object{"type": "shipping", "shipping": object{"option_id": "nope"}}}},
			"$.selected_fulfillment_options[0].item_ids[0]":          {"selected_fulfillment_options": []any{object{"type": "shipping", "option_id": "express", "item_ids": []any{"nope"}}}},
			"$.selected_fulfillment_options[0].shipping.item_ids[0]": {"selected_fulfillment_options": []any{object{"type": "shipping", "shipping": object{"option_id": "express", "item_ids": []any{"nope"}}}}},
		} {
			m.update(t, v, s.text("id"), body).refused(t, 400, "invalid", param)
		}
		for param, body := range map[string]object{
			"$.fulfillment_address":         {"fulfillment_address": address("NV", "89101")},
			"$.fulfillment_details.address": {"fulfillment_details": object{"address": address("NV", "89101")}},
		} {
			m.complete(t, v, s.text("id"), v.paying(s, "tok_visa").with(strings.Split(param, ".")[1], body[strings.Split(param, ".")[1]])).refused(t, 409, "conflict", param)
		}
	})
	for name, pay := range map[string]func(v dialect, token string) object{
		"13 an instrument with an id and the handler": func(_ dialect, token string) object {
			return object{"handler_id": "card_tokenized", "instrument": object{"id": "inst_1", "handler_id": "card_tokenized", "type": "card",
				"display": object{"brand": "visa"}, "credential": object{"type": "spt", "token": token}}}
		},
		"13 the handler in the instrument": func(_ dialect, token string) object {
			return object{"instrument": object{"handler_id": "card_tokenized", "type": "card", "credential": object{"type": "spt", "token": token}}}
		},
		"a provider and a token": func(_ dialect, token string) object { return object{"provider": "stripe", "token": token} },
		"the provider as the type": func(_ dialect, token string) object {
			return object{"type": "stripe", "token": token, "payment_method_details": object{"card": object{"brand": "visa", "last4": "4242"}}}
		},
		"a card and a token, with nobody named": func(_ dialect, token string) object {
			return object{"type": "card", "token": token, "payment_method_details": object{"card": object{"brand": "visa", "last4": "4242"}},
				"billing_address": address("CA", "94105")}
		},
		"the kind of token, with nobody named": func(_ dialect, token string) object { return object{"type": "spt", "token": token} },
	} {
		each("payment_data: "+name, func(t *testing.T, v dialect) {
			s := m.ready(t, v)
			token := m.token(t, m.pays(s, card(sandbox.Approve)))
			paid := m.complete(t, v, s.text("id"), object{"payment_data": pay(v, token)}).want(t, 200).is(t, "completed")
			if taken := m.ledger(t, s.text("id"))["usd"]; taken != paid.total("total") {
				t.Errorf("%d was taken", taken)
			}
		})
	}
	each("payment_data: another provider as the type is refused", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		m.complete(t, v, s.text("id"), object{"payment_data": object{"type": "braintree", "token": "tok_visa"}}).refused(t, 400, "unsupported", "$.payment_data.type")
		m.complete(t, v, s.text("id"), object{"payment_data": object{"token": "tok_visa"}}).
			refused(t, 400, "missing", "$.payment_data."+v.choose("provider", "handler_id"))
		m.complete(t, v, s.text("id"), object{"payment_data": object{"handler_id": "card_tokenized", "instrument": object{"type": "card",
			"credential": object{"type": "script", "token": "tok_visa"}}}}).refused(t, 400, "unsupported", "$.payment_data.instrument.credential.token")
		if taken := m.ledger(t, s.text("id")); len(taken) != 0 {
			t.Errorf("%v was taken", taken)
		}
	})
	each("who has to be known before something is charged", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.cart(line("download", 1))).is(t, "ready_for_payment")
		pay := v.paying(s, "tok_visa")
		m.complete(t, v, s.text("id"), pay).refused(t, 400, "missing", "$.buyer")
		m.complete(t, v, s.text("id"), pay.with("buyer", v.buyer())).want(t, 200).is(t, "completed")

		sent := m.create(t, v, v.cart(line("ok", 1)).to(v, address("CA", "94105"))).is(t, "ready_for_payment")
		a := m.complete(t, v, sent.text("id"), v.paying(sent, "tok_visa"))
		if !v.page() {
			a.want(t, 200).is(t, "completed")
			return
		}
		a.refused(t, 400, "missing", "$.buyer") // its answer would have to show one
		m.complete(t, v, sent.text("id"), v.paying(sent, "tok_visa").with("buyer", v.buyer())).want(t, 200).is(t, "completed")
	})
}

// logged is the line that the server writes for a request once it is answered.
func (m *market) logged(t *testing.T, a answer) string {
	t.Helper()
	found := ""
	servertest.Eventually(t, time.Minute, func() error {
		for l := range strings.SplitSeq(m.logs.String(), "\n") {
			if strings.Contains(l, "msg=request") && strings.Contains(l, "request_id="+a.header.Get("Request-Id")) {
				found = l
				return nil
			}
		}
		return errors.New("the request is in no line of the log")
	})
	return found
}

// Older versions do without a key; the log says that nobody can repeat such a
// request.
func TestARequestWithoutAKeyIsMarkedInTheLog(t *testing.T) {
	m := openMarket(t)
	for _, version := range spoken() {
		v := dialect(version)
		bare := request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1)), head: map[string]string{"Idempotency-Key": ""}}
		a := m.send(t, bare)
		if v.keyed() {
			a.refused(t, 400, "idempotency_key_required", "")
		} else if log := m.logged(t, a.want(t, 201)); !strings.Contains(log, "repeatable=false") {
			t.Errorf("%s: %s", v, log)
		}
		if log := m.logged(t, m.ready(t, v)); strings.Contains(log, "repeatable") {
			t.Errorf("%s: %s", v, log)
		}
	}
}

// 4: where one status is configured for a key that comes with another body, it
// is that of every version.
func TestTheStatusOfAConflictIsConfigured(t *testing.T) {
	for _, status := range []int{409, 422} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			m := openMarketWith(t, func(c *config.Config) { c.Idempotency.MismatchStatus = status })
			for _, version := range spoken() {
				v := dialect(version)
				first := request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1))}.under("key-" + string(version))
				m.send(t, first).want(t, 201)
				other := first
				other.body = v.order(line("ok", 2))
				m.send(t, other).refused(t, status, "idempotency_conflict", "")
			}
		})
	}
}
