package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
)

func TestRulesOfOptions(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	eachVersion(t, "FUL-03 options have ids of their own, a type and amounts", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 1), line("download", 1)))
		seen := map[string]bool{}
		for _, o := range s.list("fulfillment_options") {
			a := v.amounts(o)
			if id := o.text("id"); id == "" || seen[id] || o.text("title") == "" || !slices.Contains([]string{"shipping", "digital"}, o.text("type")) {
				t.Errorf("%v", o)
			}
			seen[o.text("id")] = true
			_, flat := o["total"]
			if o["totals"] == nil && !flat || a.total != a.subtotal+a.tax || o.text("type") == "shipping" && a.total == 0 {
				t.Errorf("amounts %+v of %v", a, o)
			}
		}
		if !seen["standard"] || !seen["express"] || !v.flat() && !seen["electronic"] {
			t.Errorf("%v", seen)
		}
	})
	eachVersion(t, "FUL-08 times of delivery are in order, and to come", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		for _, o := range s.list("fulfillment_options") {
			earliest, err := time.Parse(time.RFC3339, o.text("earliest_delivery_time"))
			latest, err2 := time.Parse(time.RFC3339, o.text("latest_delivery_time"))
			if err != nil || err2 != nil || latest.Before(earliest) || earliest.Before(m.clock.Now()) {
				t.Errorf("%v at %v", o, m.clock.Now())
			}
		}
		if len(s.list("fulfillment_options")) != 2 {
			t.Errorf("%s", s.body)
		}
	})
	eachVersion(t, "CMP-02 the order names its session, and its page opens for the buyer", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		paid := m.complete(t, v, s.text("id"), v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve))))).want(t, 200).is(t, "completed")
		o := paid.at("order")
		if o.text("id") == "" || o.text("checkout_session_id") != s.text("id") {
			t.Errorf("%v", o)
		}
		if page := m.page(t, o.text("permalink_url")); !strings.Contains(page, "<html") {
			t.Errorf("%s", page)
		}
	})
	eachVersion(t, "SES-17 terms, privacy and returns are linked", func(t *testing.T, v dialect) {
		kinds := map[string]bool{}
		for _, l := range m.ready(t, v).list("links") {
			kinds[l.text("type")] = true
		}
		if !kinds["terms_of_use"] || !kinds["privacy_policy"] || !kinds["return_policy"] && !kinds["seller_shop_policies"] {
			t.Errorf("%v", kinds)
		}
	})
	eachVersion(t, "CAP-01 every answer shows them, the last one too", func(t *testing.T, v dialect) {
		s, gone := m.ready(t, v), m.ready(t, v)
		for what, a := range map[string]answer{"create": s, "retrieve": m.get(t, v, s.text("id")), "update": m.update(t, v, s.text("id"), object{"buyer": v.buyer()}),
			"complete": m.complete(t, v, s.text("id"), v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve))))).is(t, "completed"),
			"cancel":   m.cancel(t, v, gone.text("id"), nil).is(t, "canceled")} {
			if len(a.at("capabilities").at("payment").list("handlers")) == 0 {
				t.Errorf("%s: %s", what, a.body)
			}
		}
	}, extended()...)
	eachVersion(t, "AFF-05 a repeat keeps one affiliate, another under the same key is a conflict", func(t *testing.T, v dialect) {
		touch := func(token string) object {
			return v.order(line("ok", 1)).with("affiliate_attribution", object{"provider": "network.example", "token": token})
		}
		r := request{method: "POST", path: "/checkout_sessions", version: v, body: touch("clk-one")}.under(m.freshKey())
		first := m.send(t, r).want(t, 201)
		if again := m.send(t, r).want(t, 201); string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s became %s", first.body, again.body)
		}
		other := r
		other.body = touch("clk-two")
		m.send(t, other).refused(t, v.mismatch(), "idempotency_conflict", "")
		kept, err := m.app.Store().Reader(t.Context()).Session(dollars, first.text("id"))
		if err != nil {
			t.Fatal(err)
		}
		if kept.FirstTouch == nil || kept.FirstTouch.Token != "clk-one" {
			t.Errorf("kept %+v", kept.FirstTouch)
		}
	}, slices.DeleteFunc(spoken(), func(v acp.Version) bool { return v < acp.V20251212 })...)
}

// page opens a page of the shop as a browser does.
func (m *market) page(t testing.TB, at string) string {
	t.Helper()
	path, ours := strings.CutPrefix(at, m.url)
	if !ours {
		t.Fatalf("%q is no page of this shop", at)
	}
	a := m.exchange(t, m.url, request{method: http.MethodGet, path: path, head: map[string]string{"Authorization": "", "Accept": "text/html"}})
	if a.status != http.StatusOK {
		t.Fatalf("%s: %d %s", at, a.status, a.body)
	}
	return string(a.body)
}

func TestRulesOfLanguage(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	texts := func(s answer) (out []string) {
		for _, e := range append(s.list("totals"), s.list("messages")...) {
			out = append(out, e.text("display_text")+e.text("content"))
		}
		return out
	}
	eachVersion(t, "HDR-05 texts are in the language that is asked for, amounts and codes are the same", func(t *testing.T, v dialect) {
		said := map[string]string{}
		var amounts, codes string
		for _, language := range []string{"en", "de", "fr, en;q=0.5", "ko, es;q=0.8", "ja-JP"} {
			r := request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1), line("oos", 1)), head: map[string]string{"Accept-Language": language}}
			s := m.send(t, r).want(t, 201).is(t, "not_ready_for_payment")
			all := strings.Join(texts(s), "|")
			if before, same := said[all]; same {
				t.Errorf("%q says what %q says: %s", language, before, all)
			}
			said[all] = language
			a, c := "", ""
			for _, e := range s.list("totals") {
				a += e.text("type") + string(bytesOf(t, object{"amount": e["amount"]}))
			}
			for _, msg := range s.list("messages") {
				c += msg.text("type") + msg.text("code") + msg.text("param")
			}
			if amounts == "" {
				amounts, codes = a, c
			}
			if a != amounts || c != codes || c == "" {
				t.Errorf("%q: %s %s; want %s %s", language, a, c, amounts, codes)
			}
		}
		unknown := request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1), line("oos", 1)), head: map[string]string{"Accept-Language": "ko-KR"}}
		if all := strings.Join(texts(m.send(t, unknown).want(t, 201)), "|"); said[all] != "en" {
			t.Errorf("for a language that nobody speaks: %s", all)
		}
	})
	t.Run("DISC-10 languages are listed", func(t *testing.T) {
		locales, _ := m.send(t, request{method: "GET", path: "/.well-known/acp.json"}).want(t, 200).at("capabilities")["supported_locales"].([]any)
		for _, want := range []any{"en", "de", "fr", "es", "ja"} {
			if !slices.Contains(locales, want) {
				t.Errorf("%v has no %v", locales, want)
			}
		}
	})
}

func TestRulesOfWhatIsAdvertised(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	d := m.send(t, request{method: "GET", path: "/.well-known/acp.json"}).want(t, 200)
	t.Run("VER-03, DISC-05, DISC-09 versions, address, transports and services are there", func(t *testing.T) {
		versions, _ := d.at("protocol")["supported_versions"].([]any)
		if d.text("api_base_url") != m.url || len(versions) == 0 {
			t.Fatalf("%s", d.body)
		}
		for _, v := range versions {
			v := dialect(v.(string))
			s := m.ready(t, v)
			m.update(t, v, s.text("id"), object{"buyer": v.buyer()}).want(t, 200)
			m.cancel(t, v, s.text("id"), nil).want(t, 200).is(t, "canceled")
			paid, _ := m.bought(t, v, line("ok", 1))
			m.get(t, v, paid.text("id")).want(t, 200).is(t, "completed")
		}
		services, _ := d.at("capabilities")["services"].([]any)
		transports, _ := d.object["transports"].([]any)
		if !slices.Contains(transports, any("rest")) || len(services) == 0 || slices.ContainsFunc(services, func(s any) bool {
			return !slices.Contains([]any{"checkout", "orders", "delegate_payment", "carts"}, s)
		}) {
			t.Errorf("%s", d.body)
		}
		tools := m.exchange(t, m.url, request{method: "POST", path: mcp.RawBindingPath, body: `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
			head: map[string]string{"Accept": "application/json, text/event-stream"}})
		if there := tools.status == http.StatusOK && strings.Contains(string(tools.body), "create_checkout_session"); there != slices.Contains(transports, any("mcp")) {
			t.Errorf("transports %v, and MCP answers %d %s", transports, tools.status, tools.body)
		}
		cart := m.exchange(t, m.url, request{method: "POST", path: "/carts", version: dialect(acp.V20260417), body: basket(line("ok", 1))})
		if there := cart.status == http.StatusCreated; there != slices.Contains(services, any("carts")) {
			t.Errorf("services %v, and carts answer %d %s", services, cart.status, cart.body)
		}
		// Nobody else's address is served over http: a test's own machine is all
		// that may be.
		_, err := config.Parse("checkstand.yaml", []byte("public_url: http://shop.example.com\n"), nil)
		if err == nil || !strings.Contains(err.Error(), "https://shop.example.com") {
			t.Errorf("an address without TLS: %v", err)
		}
	})
}
