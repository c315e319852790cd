package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/sandbox"
)

func TestRulesOfOptions(t *testing.T) {
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
