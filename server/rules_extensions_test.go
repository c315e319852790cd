package server_test

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"testing"

	"github.com/checkstand/checkstand/acp"
)

// A shop with discounts has an extension, one without has none: what differs
// between their sessions is the extension's doing.
func TestRulesOfExtensions(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	b := m.bargains(t)
	listing := func(body object, names ...any) object {
		return body.with("capabilities", object{"extensions": names})
	}
	name := regexp.MustCompile(`^([a-z][a-z0-9_]*|[a-z0-9-]+(\.[a-z0-9_-]+)+)(@\d{4}-\d{2}-\d{2})?$`)
	place := regexp.MustCompile(`^\$\.[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$`)

	eachVersion(t, "EXT-01 an active extension says its name, what it extends and where its schema is", func(t *testing.T, v dialect) {
		active := b.opens(t, v, listing(v.order(line("ok", 1)), "discount", "com.example.x")).at("capabilities").list("extensions")
		if len(active) != 1 {
			t.Fatalf("%v", active)
		}
		e := active[0]
		if !name.MatchString(e.text("name")) {
			t.Errorf("%v", e)
		}
		extends, _ := e["extends"].([]any)
		for _, at := range extends {
			if path, _ := at.(string); !place.MatchString(path) {
				t.Errorf("extends %v", at)
			}
		}
		if len(extends) == 0 {
			t.Errorf("%v extends nothing", e)
		}
		for _, member := range []string{"schema", "spec"} {
			if at := e.text(member); at != "" {
				if u, err := url.Parse(at); err != nil || u.Scheme != "https" || u.Host == "" {
					t.Errorf("%s %q", member, at)
				}
			}
		}
	}, extended()...)
	eachVersion(t, "EXT-02 with an extension at work the core is what it was, and so is the door", func(t *testing.T, v dialect) {
		body := listing(v.order(line("ok", 2)), "discount")
		plain := m.create(t, v, body).is(t, "ready_for_payment")
		with := b.opens(t, v, body.with("discounts", codes("WHAT"))).is(t, "ready_for_payment")
		for member, value := range plain.object {
			if _, there := with.object[member]; !there {
				t.Errorf("%s is gone", member)
			}
			if slices.Contains([]string{"currency", "status", "buyer", "fulfillment_details"}, member) && !equalJSON(value, with.object[member]) {
				t.Errorf("%s was %v, is %v", member, value, with.object[member])
			}
		}
		for member := range with.object {
			if _, there := plain.object[member]; !there && member != "discounts" {
				t.Errorf("%s is new", member)
			}
		}
		for _, kind := range []string{"items_base_amount", "subtotal", "fulfillment", "tax", "total"} { // no code applies
			if plain.total(kind) != with.total(kind) {
				t.Errorf("%s was %d, is %d", kind, plain.total(kind), with.total(kind))
			}
		}
		// The door.
		for _, r := range []request{
			{method: "POST", path: "/checkout_sessions", body: body.with("discounts", codes("OK10"))},
			{method: "POST", path: "/checkout_sessions/" + with.text("id"), body: object{"discounts": codes("OK10")}},
		} {
			r.version, r.bearer = v, "wrong"
			m.send(t, r).refused(t, 401, "unauthorized", "")
			r.bearer, r.version = b.key, "1999-01-01"
			m.send(t, r).refused(t, 400, "unsupported_api_version", "")
		}
		m.send(t, request{method: "POST", path: "/checkout_sessions/" + with.text("id"), version: v, body: object{"discounts": codes("OK10")}}).refused(t, 404, "not_found", "") // of another shop
		// What the core asks for is still asked for.
		for param, wrong := range map[string]object{"$.currency": body.with("currency", absent), "$.capabilities": body.with("capabilities", absent), "$.line_items": body.with("line_items", absent)} {
			b.send(t, request{method: "POST", path: "/checkout_sessions", version: v, bearer: b.key, body: wrong.with("discounts", codes("OK10"))}).refused(t, 400, "missing", param)
		}
		b.pay(t, v, with).is(t, "completed")
	}, extended()...)
	eachVersion(t, "EXT-03 what only one side has is left out, and is no error", func(t *testing.T, v dialect) {
		for _, names := range [][]any{{"com.example.x"}, {"com.example.x", "org.example.y@2026-01-01"}, {"discount"}} {
			if s := m.create(t, v, listing(v.order(line("ok", 1)), names...)).is(t, "ready_for_payment"); s.at("capabilities").list("extensions") != nil {
				t.Errorf("%v: %s", names, s.body)
			}
		}
		s := b.opens(t, v, listing(v.order(line("ok", 1)), "com.example.x").with("discounts", codes("OK10"))).is(t, "ready_for_payment")
		if len(s.at("capabilities").list("extensions")) != 0 {
			t.Errorf("%s", s.body)
		}
	}, extended()...)
	t.Run("DISC-10 extensions and interventions are listed, and the document stays the same", func(t *testing.T) {
		r := request{method: "GET", path: "/.well-known/acp.json"}
		d, again := m.send(t, r).want(t, 200), m.send(t, r).want(t, 200)
		if string(d.body) != string(again.body) {
			t.Errorf("%s became %s", d.body, again.body)
		}
		var listed []string
		for _, e := range d.at("capabilities").list("extensions") {
			listed = append(listed, e.text("name"))
		}
		newest := dialect(acp.V20260417)
		active := b.opens(t, newest, listing(newest.order(line("ok", 1)), "discount")).at("capabilities").list("extensions")
		if len(active) != 1 || !slices.Contains(listed, active[0].text("name")) || len(slices.Compact(slices.Sorted(slices.Values(listed)))) != len(listed) {
			t.Errorf("listed %v, active %v", listed, active)
		}
		if types, _ := d.at("capabilities")["intervention_types"].([]any); !slices.Equal(types, []any{"3ds"}) {
			t.Errorf("%v", types)
		}
	})
}

// equalJSON compares what was read out of two answers.
func equalJSON(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equalJSON)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equalJSON)
	}
	return a == b
}
