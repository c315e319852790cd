package server_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/server/servertest"
)

func TestRulesOfDiscovery(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	const path = "/.well-known/acp.json"
	none := map[string]string{"Authorization": "", "API-Version": ""}
	d := m.send(t, request{method: "GET", path: path, head: none}).want(t, 200)
	t.Run("DISC-01, DISC-03 it is at the root of the origin, and valid", func(t *testing.T) {
		acptest.Schema(t, acp.V20260417, "DiscoveryResponse").Check(t, d.body)
		checkDescribed(t, acp.V20260417, "Discovery", d.body)
		if d.at("protocol").text("name") != "acp" || d.text("api_base_url") != m.url {
			t.Errorf("%s", d.body)
		}
	})
	t.Run("DISC-02, DISC-06, DISC-10 it is the same for everybody, and says nothing of a shop", func(t *testing.T) {
		for _, r := range []request{
			{method: "GET", path: path, head: map[string]string{"Authorization": "Bearer nonsense"}}, {method: "GET", path: path, bearer: m.bearer},
			{method: "GET", path: path + "?merchant_id=shop"}, {method: "GET", path: path, version: "1999-01-01"},
		} {
			if got := m.send(t, r).want(t, 200); string(got.body) != string(d.body) {
				t.Errorf("%v: %s", r, got.body)
			}
		}
		if regexp.MustCompile(`acct_|merchant_id|psp|handlers|sandbox|shop"`).Match(d.body) {
			t.Errorf("%s", d.body)
		}
	})
	t.Run("DISC-04, DISC-05 versions ascend to the newest, each works", func(t *testing.T) {
		versions, _ := d.at("protocol")["supported_versions"].([]any)
		var list []string
		for _, v := range versions {
			list = append(list, v.(string))
			m.ready(t, dialect(v.(string)))
		}
		if !slices.IsSorted(list) || len(list) != len(wire.Supported()) || list[len(list)-1] != d.at("protocol").text("version") {
			t.Errorf("%v", list)
		}
	})
	t.Run("DISC-07 it may be kept for an hour", func(t *testing.T) {
		if got := d.header.Get("Cache-Control"); got != "public, max-age=3600" {
			t.Error(got)
		}
	})
	t.Run("DISC-10 currencies are listed", func(t *testing.T) {
		if !strings.Contains(string(d.body), `["eur","jpy","kwd","usd"]`) {
			t.Errorf("%s", d.body)
		}
	})
}

func TestRulesOfVersionsAndHeaders(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	newest := dialect(acp.V20260417)
	s := m.ready(t, newest)
	every := func(t *testing.T, test func(t *testing.T, r request)) {
		t.Helper()
		base := "/checkout_sessions"
		for _, r := range []request{
			{method: "POST", path: base, body: newest.order(line("ok", 1))}, {method: "GET", path: base + "/" + s.text("id")},
			{method: "POST", path: base + "/" + s.text("id"), body: object{"buyer": newest.buyer()}},
			{method: "POST", path: base + "/" + s.text("id") + "/complete", body: newest.paying(s, "tok_visa")}, {method: "POST", path: base + "/" + s.text("id") + "/cancel"},
		} {
			r.version = newest
			test(t, r)
		}
		if got := m.get(t, newest, s.text("id")); string(got.body) != string(s.body) {
			t.Errorf("a refused request changed %s into %s", s.body, got.body)
		}
	}
	t.Run("VER-01 no version is refused with the list, newest first", func(t *testing.T) {
		every(t, func(t *testing.T, r request) {
			r.version = ""
			a := m.send(t, r).refused(t, 400, "missing_api_version", "")
			if list, _ := a.object["supported_versions"].([]any); len(list) != len(wire.Supported()) || list[0] != string(acp.V20260417) {
				t.Errorf("%s", a.body)
			}
		})
	})
	t.Run("VER-02 the draft is refused where it is not switched on", func(t *testing.T) {
		s := servertest.Start(t, servertest.Options{})
		off := &market{url: s.BaseURL, bearer: s.APIKey.Reveal(), client: http.DefaultClient, clock: &movingClock{}}
		draft := dialect(acp.Unreleased)
		for _, r := range []request{{method: "POST", path: "/checkout_sessions", version: draft, body: draft.cart(line(servertest.Mug, 1))}, {method: "GET", path: "/checkout_sessions/x", version: draft}} {
			if a := off.send(t, r).refused(t, 400, "unsupported_api_version", ""); strings.Contains(string(a.body), "unreleased") {
				t.Errorf("%s", a.body)
			}
		}
	})
	eachVersion(t, "VER-03, VER-04 every version works, and says which it is", func(t *testing.T, v dialect) {
		a := m.send(t, request{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: v}).want(t, 200)
		if got := a.header.Get("API-Version"); got != string(v) {
			t.Errorf("asked in %s, answered in %q", v, got)
		}
		refused := m.send(t, request{method: "GET", path: "/checkout_sessions/nothing", version: v}).refused(t, 404, "not_found", "")
		if refused.object["supported_versions"] != nil {
			t.Errorf("%s", refused.body)
		}
	})
	t.Run("VER-02 an unknown version is refused with the list", func(t *testing.T) {
		for _, v := range []dialect{"1999-01-01", "banana", "2026-04-17 ", "2026-4-17", "2026-01-15", "2026-01-28", "2026-01-22", "2026-04-17,2025-09-29", "latest", "Unreleased"} {
			every(t, func(t *testing.T, r request) {
				if r.version = v; strings.TrimSpace(string(v)) == string(acp.V20260417) {
					return // space around a header's value is none
				}
				if a := m.send(t, r).refused(t, 400, "unsupported_api_version", ""); a.object["supported_versions"] == nil {
					t.Errorf("%s", a.body)
				}
			})
		}
	})
	t.Run("HDR-01 without a valid key there is nothing to see", func(t *testing.T) {
		expired := m.issue(t, credential.Params{MerchantID: dollars, Agent: theAgent, ExpiresAt: m.clock.Now().Add(time.Minute)})
		m.clock.Advance(time.Minute)
		for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Basic " + m.bearer, m.bearer, "Bearer " + m.bearer + "x", "Bearer " + strings.ToUpper(m.bearer), "Bearer " + expired} {
			every(t, func(t *testing.T, r request) {
				r.head = map[string]string{"Authorization": authorization}
				a := m.send(t, r).refused(t, 401, "unauthorized", "")
				if a.header.Get("WWW-Authenticate") == "" || len(a.object) != 3 {
					t.Errorf("%v %s", a.header, a.body)
				}
			})
		}
	})
	t.Run("HDR-02 a Request-Id that cannot be repeated is replaced", func(t *testing.T) {
		for _, id := range []string{"", strings.Repeat("r", 256), "caf\u00e9"} {
			a := m.exchange(t, m.url, request{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: newest, head: map[string]string{"Request-Id": id}})
			if got := a.header.Get("Request-Id"); got == "" || got == id {
				t.Errorf("%q came back as %q", id, got)
			}
		}
	})
	t.Run("HDR-06 another shop, another mode, another agent: not found", func(t *testing.T) {
		for name, key := range map[string]string{"another shop": m.issueFor(t, euros)} {
			every(t, func(t *testing.T, r request) {
				if r.bearer = key; r.path == "/checkout_sessions" {
					return
				}
				if a := m.send(t, r); a.status != 404 {
					t.Errorf("%s: %d %s", name, a.status, a.body)
				}
			})
		}
		live := m.issue(t, credential.Params{MerchantID: dollars, Agent: theAgent, Live: true})
		m.send(t, request{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: newest, bearer: live}).refused(t, 404, "not_found", "")
		m.send(t, request{method: "POST", path: "/checkout_sessions", version: newest, body: newest.order(line("ok", 1)), bearer: live}).refused(t, 403, "forbidden", "")
		other := m.issue(t, credential.Params{MerchantID: dollars, Agent: "second-agent"})
		m.send(t, request{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: newest, bearer: other}).refused(t, 404, "not_found", "")
		second := m.issue(t, credential.Params{MerchantID: dollars, Agent: theAgent})
		m.send(t, request{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: newest, bearer: second}).want(t, 200)
	})
	eachVersion(t, "HDR-08 unknown fields do not break a request", func(t *testing.T, v dialect) {
		body := v.order(line("ok", 1).with("x_unknown", object{"a": []any{nil}})).with("x_unknown", 1).with("buyer", v.buyer().with("x_mood", "good"))
		s := m.create(t, v, body)
		m.update(t, v, s.text("id"), object{"x_unknown": true}).want(t, 200)
		m.complete(t, v, s.text("id"), v.paying(s, "tok_visa").with("x_unknown", "y")).want(t, 200).is(t, "completed")
	})
	t.Run("other methods and paths are flat errors", func(t *testing.T) {
		for _, r := range []request{
			{method: "DELETE", path: "/checkout_sessions/" + s.text("id")}, {method: "PUT", path: "/checkout_sessions/" + s.text("id"), body: object{}},
			{method: "PATCH", path: "/checkout_sessions"}, {method: "GET", path: "/checkout_sessions"}, {method: "OPTIONS", path: "/checkout_sessions"},
			{method: "GET", path: "/checkout_sessions/" + s.text("id") + "/complete"}, {method: "POST", path: "/.well-known/acp.json"}, {method: "BREW", path: "/checkout_sessions"},
		} {
			r.version = newest
			if a := m.send(t, r).refused(t, 405, "method_not_allowed", ""); a.header.Get("Allow") == "" {
				t.Errorf("%s %s: no Allow", r.method, r.path)
			}
		}
		for _, path := range []string{"/checkout_sessions/", "/checkout_sessions//", "/checkout_sessions//complete", "/checkout_sessions/./x", "/checkout_sessions/../checkout_sessions",
			"/checkout_sessions/a/b/c", "/checkout_sessions/" + s.text("id") + "/", "/checkout_sessions/" + s.text("id") + "/refund", "/checkout_sessions/x/../y"} {
			for _, method := range []string{"GET", "POST"} {
				m.send(t, request{method: method, path: path, version: newest}).refused(t, 404, "not_found", "")
			}
		}
		head := m.exchange(t, m.url, request{method: "HEAD", path: "/checkout_sessions/" + s.text("id"), version: newest})
		if head.status != http.StatusOK || len(head.body) != 0 {
			t.Errorf("HEAD: %d %s", head.status, head.body)
		}
	})
}

func TestRulesOfCapabilities(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	asking := func(v dialect, capabilities any) object {
		return v.order(line("ok", 1)).with("capabilities", capabilities)
	}
	eachVersion(t, "CAP-01 they are in every answer", func(t *testing.T, v dialect) { // checkSession holds every answer to it
		s := m.ready(t, v)
		m.update(t, v, s.text("id"), object{"buyer": v.buyer()}).want(t, 200)
		m.cancel(t, v, s.text("id"), nil).want(t, 200)
	}, extended()...)
	eachVersion(t, "CAP-02 create needs them", func(t *testing.T, v dialect) {
		for _, capabilities := range []any{absent, nil} {
			m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: asking(v, capabilities)}).refused(t, 400, "missing", "$.capabilities")
		}
	}, extended()...)
	eachVersion(t, "CAP-03, CAP-04, CAP-08, EXT-03 the intersection is answered, the unknown is ignored, nothing in common is said", func(t *testing.T, v dialect) {
		for _, supported := range [][]any{{"3ds"}, {"3ds", "biometric", "address_verification"}, {}, {"telepathy"}} {
			s := m.create(t, v, asking(v, object{"interventions": object{"supported": supported}, "extensions": []any{"discount", "com.example.x", "com.example.y@2026-01-01"}}))
			got, _ := s.at("capabilities").at("interventions")["supported"].([]any)
			for _, can := range got {
				if !slices.Contains(supported, can) {
					t.Errorf("%v is not among %v", can, supported)
				}
			}
			if len(got) == 0 && !slices.ContainsFunc(s.list("messages"), func(m object) bool { return strings.HasPrefix(m.text("param"), "$.capabilities.interventions") }) {
				t.Errorf("CAP-08: nothing in common, and nobody says so: %s", s.body)
			}
			if s.at("capabilities").list("extensions") != nil {
				t.Errorf("an extension that is not there: %s", s.body)
			}
		}
	}, extended()...)
	eachVersion(t, "EXT-04 inputs of extensions are checked like any", func(t *testing.T, v dialect) {
		for param, body := range map[string]object{
			"$.discounts.codes":                      v.order(line("ok", 1)).with("discounts", object{"codes": "SAVE"}),
			"$.discounts.codes[0]":                   v.order(line("ok", 1)).with("discounts", object{"codes": []any{5}}),
			"$.capabilities.extensions[0]":           asking(v, object{"extensions": []any{7}}),
			"$.capabilities.interventions":           asking(v, object{"interventions": "3ds"}),
			"$.capabilities.extensions":              asking(v, object{"extensions": object{}}),
			"$.capabilities.interventions.supported": asking(v, object{"interventions": object{"supported": "3ds"}}),
		} {
			m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: body}).refused(t, 400, "invalid", param)
		}
	}, extended()...)
	eachVersion(t, "CAP-05, PAY-01 to PAY-05 a handler says all that an agent needs, and no secret", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		if len(s.at("capabilities").at("payment").list("handlers")) == 0 {
			t.Fatalf("no way to pay: %s", s.body)
		}
		for _, h := range s.at("capabilities").at("payment").list("handlers") {
			config := h.at("config")
			if !regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(h.text("id")) || h.text("name") != "dev.acp.tokenized.card" ||
				h["requires_delegate_payment"] != true || h["requires_pci_compliance"] != false || config.text("psp") != h.text("psp") ||
				config.text("merchant_id") != m.account || !regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`).MatchString(h.text("version")) || len(config["accepted_brands"].([]any)) == 0 || len(h["instrument_schemas"].([]any)) == 0 {
				t.Errorf("%v", h)
			}
		}
	}, extended()...)
}
