package server_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/store"
)

// setPolicies gives a shop every policy that there is.
func setPolicies(mc *config.MerchantConfig) {
	mc.SuggestedPriceWindow = time.Hour
	mc.Fees = []config.FeeConfig{{ID: "small", Title: "Small order fee", Amount: "2.50", Below: "20.00"}, {ID: "service", Title: "Service", Percent: "1.5"}}
	mc.GiftWrap = config.GiftWrapConfig{Price: "3.00", Per: "line"}
	mc.MaxTip = "50.00"
	mc.Restrictions = []config.RestrictionConfig{{Items: []string{"other"}, MinAge: 18}, {Items: []string{"other", "download"}, NotIn: []string{"US-UT", "SA"}}}
	mc.AgeCheck = "authenticated"
	mc.Business = config.BusinessConfig{TaxExemption: "verify", Certificates: []string{"cert_known", "cert_region", "cert_old"},
		Accounts: []config.AccountConfig{{CustomerID: "cus_invoice", TaxID: "12-3456789", Terms: []string{"net_30", "net_15"}, Limit: "60.00"}, {CustomerID: "cus_asked", Terms: []string{"net_60"}}}}
	mc.MarketingConsents = []config.ConsentConfig{{Channel: "email", Text: "News, once a month"}, {Channel: "sms", Text: "Offers", PrivacyPolicy: mc.Links.PrivacyPolicy + "#sms"}}
}

// member is an agent of the shop with every policy.
type member struct {
	*market
	key string
}

func (m *market) members(t testing.TB) member { return member{m, m.issueFor(t, club)} }

func (c member) post(t testing.TB, v dialect, path string, body any) answer {
	t.Helper()
	return c.send(t, request{method: "POST", path: "/checkout_sessions" + path, version: v, body: body, bearer: c.key})
}

func (c member) opens(t testing.TB, v dialect, body any) answer {
	t.Helper()
	return c.post(t, v, "", body).want(t, 201)
}

func (c member) reads(t testing.TB, v dialect, id string) answer {
	t.Helper()
	return c.send(t, request{method: "GET", path: "/checkout_sessions/" + id, version: v, bearer: c.key}).want(t, 200)
}

// payment is a complete request with a card that is approved.
func (c member) payment(t testing.TB, v dialect, s answer) object {
	t.Helper()
	a := c.pays(s, card(sandbox.Approve))
	a.merchant = "acct_" + club
	return v.paying(s, c.token(t, a))
}

// reprices gives items of the shop new prices.
func (c member) reprices(t testing.TB, items ...catalog.Item) {
	t.Helper()
	c.fillMore(t, club, items...)
}

// fillMore adds items to the catalogue of a shop.
func (m *market) fillMore(t testing.TB, merchant string, items ...catalog.Item) {
	t.Helper()
	imp, err := m.app.Store().Import(t.Context(), merchant, store.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := imp.Put(items...); err != nil {
		t.Fatal(err)
	}
	if _, err := imp.Commit(); err != nil {
		t.Fatal(err)
	}
}

// warned reports whether a session tells of another price than the agent's. The
// versions before 2026-01-30 have no code for it.
func warned(v dialect, s answer) bool {
	if v.flat() {
		for _, msg := range s.list("messages") {
			if msg.text("type") == "info" {
				return true
			}
		}
		return false
	}
	return s.says("price_change") != nil
}

// facts are what the shop keeps of a session and shows to nobody.
func (c member) facts(t testing.TB, s answer) checkout.Facts {
	t.Helper()
	stored, err := c.app.Store().Reader(t.Context()).Session(club, s.text("id"))
	if err != nil {
		t.Fatal(err)
	}
	return stored.Facts()
}

// consents writes the answers that were kept: "email:yes a@example.com".
func (c member) consents(t testing.TB, s answer) string {
	t.Helper()
	var out []string
	for _, k := range c.facts(t, s).Consents {
		yes := map[bool]string{true: "yes", false: "no"}[k.OptedIn]
		out = append(out, k.Channel+":"+yes+" "+k.Contact)
		if k.Text == "" || k.Agent != theAgent || k.At.IsZero() {
			t.Errorf("%+v", k)
		}
	}
	return strings.Join(out, ", ")
}

func TestRulesOfMarketingConsents(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	c := m.members(t)
	answers := func(pairs ...any) []any {
		var list []any
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, object{"channel": pairs[i], "opted_in": pairs[i+1]})
		}
		return list
	}
	eachVersion(t, "MKT-01 the shop's questions stand in the session until it is over", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.order(line("ok", 1)))
		options := s.list("marketing_consent_options")
		if !v.keyed() {
			if options != nil {
				t.Errorf("%s", s.body)
			}
			return
		}
		want := []object{{"channel": "email", "display_text": "News, once a month", "privacy_policy_url": m.url + "/policies/privacy", "is_subscribed": false},
			{"channel": "sms", "display_text": "Offers", "privacy_policy_url": m.url + "/policies/privacy#sms", "is_subscribed": false}}
		if !reflect.DeepEqual(options, want) {
			t.Errorf("%v", options)
		}
		paid := c.post(t, v, "/"+s.text("id")+"/complete", c.payment(t, v, s)).want(t, 200).is(t, "completed")
		if paid.list("marketing_consent_options") != nil {
			t.Errorf("%s", paid.body)
		}
	})
	eachVersion(t, "MKT-02, MKT-03, MKT-04 answers are kept as they were given, where they can be heeded", func(t *testing.T, v dialect) {
		phone := v.buyer().with("phone_number", "+15550109")
		for name, c2 := range map[string]struct {
			buyer object
			sent  any
			want  string
		}{
			"none":                        {v.buyer(), absent, ""},
			"yes":                         {v.buyer(), answers("email", true), "email:yes test.buyer@example.com"},
			"no":                          {v.buyer(), answers("email", false), "email:no test.buyer@example.com"},
			"both":                        {phone, answers("email", false, "sms", true), "email:no test.buyer@example.com, sms:yes +15550109"},
			"a channel without a contact": {v.buyer(), answers("sms", true, "email", true), "email:yes test.buyer@example.com"},
			"a channel not offered":       {phone, answers("carrier_pigeon", true, "whatsapp", true), ""},
			"twice":                       {v.buyer(), answers("email", true, "email", false), "email:no test.buyer@example.com"},
		} {
			s := c.opens(t, v, v.order(line("ok", 1)).with("buyer", c2.buyer))
			paid := c.post(t, v, "/"+s.text("id")+"/complete", c.payment(t, v, s).with("marketing_consents", c2.sent)).want(t, 200).is(t, "completed")
			if got := c.consents(t, s); got != c2.want {
				t.Errorf("%s: %q; want %q", name, got, c2.want)
			}
			if strings.Contains(string(paid.body), "opted_in") {
				t.Errorf("%s: %s", name, paid.body)
			}
		}
	})
	t.Run("MKT-02, MKT-04 what was answered before a decline stays, and may be answered anew; the delivery's contact comes second", func(t *testing.T) {
		v := dialect("2026-04-17")
		s := c.opens(t, v, v.order(line("ok", 1)))
		c.post(t, v, "/"+s.text("id")+"/complete", v.paying(s, "tok_declined").with("marketing_consents", answers("email", true))).want(t, 200).is(t, "ready_for_payment")
		late := c.payment(t, v, s).with("fulfillment_details", object{"phone_number": "+15550109"}).with("marketing_consents", answers("sms", true))
		c.post(t, v, "/"+s.text("id")+"/complete", late).want(t, 200).is(t, "completed")
		if got := c.consents(t, s); got != "email:yes test.buyer@example.com, sms:yes +15550109" {
			t.Error(got)
		}
	})
	t.Run("MKT-03 a wrong type is refused and changes nothing", func(t *testing.T) {
		v := dialect("2026-04-17")
		s := c.opens(t, v, v.order(line("ok", 1)))
		for _, sent := range []any{object{}, []any{"email"}, []any{object{"channel": "email"}}, []any{object{"channel": "email", "opted_in": "yes"}}} {
			c.post(t, v, "/"+s.text("id")+"/complete", c.payment(t, v, s).with("marketing_consents", sent)).want(t, 400)
		}
		if got := c.consents(t, s); got != "" {
			t.Error(got)
		}
	})
}

func TestRulesOfAffiliatesAndIntents(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	c := m.members(t)
	touch := func(token string) object {
		return object{"provider": "network.example", "token": token, "campaign_id": "spring", "metadata": object{"slot": 3, "paid": true}}
	}
	eachVersion(t, "AFF-01, AFF-04, AFF-06 the first claim of each moment is kept, whatever comes after it", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.order(line("ok", 1)).with("affiliate_attribution", touch("clk-secret-1")))
		c.post(t, v, "/"+s.text("id")+"/complete", v.paying(s, "tok_declined").with("affiliate_attribution", touch("clk-secret-2"))).want(t, 200).is(t, "ready_for_payment")
		key := map[string]string{"Idempotency-Key": m.freshKey()}
		pay := request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v, bearer: c.key, head: key,
			body: c.payment(t, v, s).with("affiliate_attribution", touch("clk-secret-3"))}
		paid := m.send(t, pay).want(t, 200).is(t, "completed")
		for range 2 { // AFF-05
			if again := m.send(t, pay).want(t, 200); string(again.body) != string(paid.body) {
				t.Errorf("%s", again.body)
			}
		}
		pay.body = c.payment(t, v, s).with("affiliate_attribution", touch("clk-secret-4"))
		if other := m.send(t, pay); other.status != 409 && other.status != 422 {
			t.Errorf("AFF-05: %d %s", other.status, other.body)
		}
		f := c.facts(t, s)
		if f.FirstTouch == nil || f.FirstTouch.Token != "clk-secret-1" || f.LastTouch == nil || f.LastTouch.Token != "clk-secret-2" || f.LastTouch.CampaignID != "spring" {
			t.Errorf("%+v and %+v", f.FirstTouch, f.LastTouch)
		}
		shown := string(paid.body) + string(c.reads(t, v, s.text("id")).body) + string(m.told(t, s.text("id")))
		if strings.Contains(shown, "clk-secret") || strings.Contains(shown, "network.example") { // AFF-03
			t.Errorf("%s", shown)
		}
		if strings.Contains(m.logs.String(), "clk-secret") {
			t.Error("AFF-06: a token was logged")
		}
	})
	eachVersion(t, "AFF-02, AFF-06 what names a person is refused by its place", func(t *testing.T, v dialect) {
		for param, change := range map[string]object{
			"$.affiliate_attribution.campaign_id":             {"campaign_id": "a.buyer@example.com"},
			"$.affiliate_attribution.publisher_id":            {"publisher_id": "(555) 010-0199"},
			"$.affiliate_attribution.source.url":              {"source": object{"type": "url", "url": "https://x.example/?u=a.buyer@example.com"}},
			"$.affiliate_attribution.metadata.note":           {"metadata": object{"note": "+49 30 1234567"}},
			"$.affiliate_attribution.metadata.email":          {"metadata": object{"email": "hidden"}},
			"$.affiliate_attribution.metadata.Street_Address": {"metadata": object{"Street_Address": "hidden"}},
		} {
			body := touch("t")
			for name, value := range change {
				body[name] = value
			}
			got := c.post(t, v, "", v.order(line("ok", 1)).with("affiliate_attribution", body)).want(t, 400)
			if got.text("code") != "pii_not_allowed" || got.text("param") != param {
				t.Errorf("%s: %s", param, got.body)
			}
		}
		for param, change := range map[string]object{"$.affiliate_attribution.metadata.deep": {"metadata": object{"deep": []any{1}}}, "$.affiliate_attribution.provider": {"provider": 7}} {
			body := touch("t")
			for name, value := range change {
				body[name] = value
			}
			if got := c.post(t, v, "", v.order(line("ok", 1)).with("affiliate_attribution", body)).want(t, 400); got.text("code") != "invalid_type" || got.text("param") != param {
				t.Errorf("%s: %s", param, got.body)
			}
		}
	})
	eachVersion(t, "INT-01, INT-02, INT-04, INT-05 why a buyer did not buy is kept once, without who it was, and shown to nobody", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.order(line("ok", 1)))
		r := request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/cancel", version: v, bearer: c.key, head: map[string]string{"Idempotency-Key": m.freshKey()},
			body: object{"intent_trace": object{"reason_code": "alien_reason", "trace_summary": "Asked a.buyer@example.com or +1 555 010 0199 about 2026 prices", "metadata": object{"target": 1500}}}}
		ended := m.send(t, r).want(t, 200).is(t, "canceled")
		if again := m.send(t, r).want(t, 200); string(again.body) != string(ended.body) {
			t.Errorf("%s", again.body)
		}
		f := c.facts(t, s)
		if f.Intent == nil || f.Intent.ReasonCode != "other" || f.Intent.TraceSummary != "Asked [removed] or [removed] about 2026 prices" || f.Intent.Metadata["target"] != int64(1500) && f.Intent.Metadata["target"] != 1500.0 {
			t.Errorf("%+v", f.Intent)
		}
		if shown := string(ended.body) + string(c.reads(t, v, s.text("id")).body); strings.Contains(shown, "alien") || strings.Contains(shown, "trace") || strings.Contains(shown, "Asked") {
			t.Errorf("%s", shown)
		}
	})
	eachVersion(t, "INT-03 what has no sense is refused, and the session stays open", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.order(line("ok", 1)))
		for name, intent := range map[string]any{"nested": object{"reason_code": "other", "metadata": object{"a": object{"b": 1}}}, "a list": []any{},
			"a number": object{"reason_code": 3}, "too long": object{"reason_code": "other", "trace_summary": strings.Repeat("x", 501)}} {
			got := c.post(t, v, "/"+s.text("id")+"/cancel", object{"intent_trace": intent}).want(t, 400)
			if got.text("type") != "invalid_request" {
				t.Errorf("%s: %s", name, got.body)
			}
		}
		c.reads(t, v, s.text("id")).is(t, "ready_for_payment")
		if f := c.facts(t, s); f.Intent != nil {
			t.Errorf("%+v", f.Intent)
		}
	})
}

func TestRulesOfExtras(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	c := m.members(t)
	type extras struct{ fee, wrap, tip int64 }
	// The flat versions have no total for gift wrap and tips: they show them as fees.
	want := func(t *testing.T, v dialect, s answer, e extras) {
		t.Helper()
		got := extras{s.total("fee"), s.total("gift_wrap"), s.total("tip")}
		if v.flat() {
			e = extras{fee: e.fee + e.wrap + e.tip}
		}
		if got != e {
			t.Errorf("%+v; want %+v: %s", got, e, s.body)
		}
		sum := s.total("items_base_amount") - s.total("items_discount") - s.total("discount") + s.total("fulfillment") + s.total("tax") + got.fee + got.wrap + got.tip
		if s.total("total") != sum {
			t.Errorf("TOT-07: %d; want %d: %s", s.total("total"), sum, s.body)
		}
	}
	wrap := func(enabled bool) object { return object{"enabled": enabled, "style": "birthday"} }
	eachVersion(t, "TOT-07, TOT-11, TOT-12, TOT-13 fees, gift wrap and tips are totals of their own and are charged", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.order(line("ok", 1), line("download", 1)).with("buyer", v.buyer().with("authentication_status", "authenticated")).with("gift_wrap", wrap(true)).with("tip", object{"amount": 300}))
		want(t, v, s, extras{45, 300, 300}) // 1.5 % of 29.94, one line to wrap
		if !v.flat() {
			for _, total := range s.list("totals") {
				if total.text("type") == "fee" && total.text("display_text") != "Service" {
					t.Errorf("%v", total)
				}
			}
		}
		s = c.post(t, v, "/"+s.text("id"), object{v.items(): []any{line("ok", 1)}}).want(t, 200)
		want(t, v, s, extras{250 + 30, 300, 300}) // below 20.00
		s = c.post(t, v, "/"+s.text("id"), object{v.items(): []any{line("ok", 1), line("other", 2)}}).want(t, 200)
		want(t, v, s, extras{40, 600, 300})
		s = c.post(t, v, "/"+s.text("id"), object{"gift_wrap": wrap(false), "tip": nil}).want(t, 200)
		want(t, v, s, extras{fee: 40})
		s = c.post(t, v, "/"+s.text("id"), object{"gift_wrap": wrap(true), "tip": object{"amount": 5000}}).want(t, 200)
		want(t, v, s, extras{40, 600, 5000})
		c.post(t, v, "/"+s.text("id")+"/complete", c.payment(t, v, s)).want(t, 200).is(t, "completed")
		if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total") {
			t.Errorf("%d taken, %d shown", taken, s.total("total"))
		}
		if f := c.facts(t, s); f.GiftWrap == nil || f.GiftWrap.Style != "birthday" {
			t.Errorf("%+v", f)
		}
	})
	eachVersion(t, "EXT-04 what has no sense is refused, and nothing changes", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.order(line("ok", 2)))
		for param, body := range map[string]object{
			"$.tip.amount":        {"tip": object{"amount": 5001}},
			"$.tip":               {"tip": 300},
			"$.gift_wrap.enabled": {"gift_wrap": object{"style": "holiday"}},
			"$.gift_wrap.style":   {"gift_wrap": object{"enabled": true, "style": "loud"}},
		} {
			if got := c.post(t, v, "/"+s.text("id"), body).want(t, 400); got.text("param") != param {
				t.Errorf("%s: %s", param, got.body)
			}
		}
		if got := c.post(t, v, "/"+s.text("id"), object{"tip": object{"amount": -1}}); got.status != 400 {
			t.Errorf("%d %s", got.status, got.body)
		}
		if got := c.reads(t, v, s.text("id")); string(got.body) != string(s.body) {
			t.Errorf("%s became %s", s.body, got.body)
		}
	})
	eachVersion(t, "EXT-03 a shop without them ignores them and declares nothing", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 1)).with("gift_wrap", wrap(true)).with("tip", object{"amount": 300}))
		want(t, v, s, extras{})
		declared := func(s answer) (names []string) {
			for _, e := range s.at("capabilities").list("extensions") {
				names = append(names, e.text("name"))
			}
			return names
		}
		if got := declared(s); got != nil {
			t.Errorf("%v", got)
		}
		with := c.opens(t, v, v.order(line("ok", 1)))
		if got := declared(with); !v.flat() && !slices.Equal(got, []string{"gift_wrap", "tip"}) {
			t.Errorf("%v", got)
		}
	})
}

func TestRulesOfRestrictions(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	c := m.members(t)
	adult := func(v dialect) object { return v.buyer().with("authentication_status", "authenticated") }
	c.reprices(t, catalog.Item{ID: "knife", ProductID: "knife", Title: "Knife", ProductTitle: "Knife", Price: 3000, Currency: "usd",
		Kind: catalog.Physical, Availability: catalog.InStock, MinAge: 21, NotSoldIn: []string{"US-NV"}})
	newer := []acp.Version{acp.V20260130, acp.V20260417, acp.Unreleased}
	eachVersion(t, "FUL-07 what is not sold to a place blocks there, and there alone", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.cart(line("ok", 1), line("other", 1)).with("buyer", adult(v)).to(v, address("UT", "84101"))).is(t, "not_ready_for_payment")
		msg := s.says(v.choose("invalid", "region_restricted"))
		if msg == nil || msg.text("param") != "$.line_items[1]" {
			t.Errorf("%s", s.body)
		}
		c.post(t, v, "/"+s.text("id")+"/complete", v.paying(s, "tok_visa")).want(t, 200).is(t, "not_ready_for_payment")
		c.post(t, v, "/"+s.text("id"), v.cart().with(v.items(), absent).to(v, address("CA", "94105"))).want(t, 200).is(t, "ready_for_payment")
		c.opens(t, v, v.cart(line("knife", 1)).with("buyer", adult(v)).to(v, address("NV", "89101"))).is(t, "not_ready_for_payment")
		c.opens(t, v, v.cart(line("knife", 1)).with("buyer", adult(v)).to(v, address("CA", "94105"))).is(t, "ready_for_payment")
	})
	eachVersion(t, "FUL-07 what nobody carries needs an address when it is not sold everywhere", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.cart(line("download", 1)).with("buyer", v.buyer())).is(t, "not_ready_for_payment")
		if s.says("missing") == nil {
			t.Errorf("%s", s.body)
		}
		c.post(t, v, "/"+s.text("id"), v.cart().with(v.items(), absent).to(v, address("CA", "94105"))).want(t, 200).is(t, "ready_for_payment")
	})
	eachVersion(t, "a least age blocks until the agent has authenticated the buyer", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.order(line("knife", 1))).is(t, "not_ready_for_payment")
		msg := s.says("age_verification_required")
		if msg == nil || msg.text("param") != "$.line_items[0]" || !strings.Contains(msg.text("content"), "21") {
			t.Fatalf("%s", s.body)
		}
		s = c.post(t, v, "/"+s.text("id"), object{"buyer": adult(v)}).want(t, 200).is(t, "ready_for_payment")
		// Another buyer at the last moment is another answer.
		pay := c.payment(t, v, s)
		c.post(t, v, "/"+s.text("id")+"/complete", pay.with("buyer", v.buyer())).want(t, 200).is(t, "not_ready_for_payment")
		if len(m.ledger(t, s.text("id"))) != 0 {
			t.Error("money was taken")
		}
		s = c.post(t, v, "/"+s.text("id"), object{"buyer": adult(v)}).want(t, 200).is(t, "ready_for_payment")
		c.post(t, v, "/"+s.text("id")+"/complete", pay).want(t, 200).is(t, "completed")
	}, newer...)
	eachVersion(t, "a shop that checks no age sells nothing with one to anybody", func(t *testing.T, v dialect) {
		m.fillMore(t, dollars, catalog.Item{ID: "wine", ProductID: "wine", Title: "Wine", ProductTitle: "Wine", Price: 900, Currency: "usd",
			Kind: catalog.Physical, Availability: catalog.InStock, MinAge: 18})
		m.create(t, v, v.order(line("wine", 1)).with("buyer", adult(v))).is(t, "not_ready_for_payment")
	})
}

func TestRulesOfMarkdown(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	eachVersion(t, "MD-01 the shop speaks plain text, and takes texts as plain", func(t *testing.T, v dialect) {
		const notes = "# Ring <b>twice</b> <script>alert(1)</script>"
		// Several messages of all kinds: stock, an address, a price.
		s := m.create(t, v, v.cart(line("oos", 1), line("low", 1).with("unit_amount", 1)).with("buyer", v.buyer()).with("order_notes", notes))
		messages := s.list("messages")
		for _, msg := range messages {
			if msg.text("content_type") != "plain" || strings.ContainsAny(msg.text("content"), "<>*#`") {
				t.Errorf("%v", msg)
			}
		}
		if len(messages) < 3 {
			t.Errorf("%s", s.body)
		}
		s = m.create(t, v, v.order(line("ok", 1)).with("order_notes", notes))
		paid := m.complete(t, v, s.text("id"), v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve))))).want(t, 200).is(t, "completed")
		if got := paid.at("order").at("confirmation").text("order_notes"); v.keyed() && got != notes {
			t.Errorf("%q", got)
		}
	})
}

func TestRulesOfSuggestedPrices(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	c := m.members(t)
	cheap := catalog.Item{ID: "rising", ProductID: "p-rising", Title: "Rising", ProductTitle: "Rising", Price: 1000, Currency: "usd",
		Kind: catalog.Physical, Availability: catalog.InStock}
	dear := cheap
	dear.Price = 1300
	c.reprices(t, cheap)
	seen := time.Now()
	for until := seen.Add(5 * time.Millisecond); time.Now().Before(until); {
	}
	c.reprices(t, dear)
	told := func(amount int, at time.Time) object {
		return line("rising", 2).with("suggested_price", object{"amount": amount, "source": object{"feed_id": "feed_1"}, "observed_at": at.UTC().Format(time.RFC3339Nano)})
	}
	eachVersion(t, "SES-20 a price of a feed that was ours then is kept for a while", func(t *testing.T, v dialect) {
		for name, c2 := range map[string]struct {
			line object
			base int64
			warn bool
		}{
			"ours then":                    {told(1000, seen), 2000, false},
			"ours now":                     {told(1300, time.Now()), 2600, false},
			"never ours":                   {told(900, seen), 2600, true},
			"not ours any more then":       {told(1000, time.Now()), 2600, true},
			"before it was ours":           {told(1300, seen), 2600, false},
			"long ago":                     {told(1000, seen.Add(-2*time.Hour)), 2600, true},
			"in the future":                {told(1000, seen.Add(time.Hour)), 2600, true},
			"at no time":                   {line("rising", 2).with("suggested_price", object{"amount": 1000, "source": object{"feed_id": "f"}}), 2600, true},
			"said without where it's from": {line("rising", 2).with("unit_amount", 1000), 2600, true},
		} {
			s := c.opens(t, v, v.order(c2.line))
			if got := s.total("items_base_amount"); got != c2.base || warned(v, s) != c2.warn {
				t.Errorf("%s: %d, told of another price: %v: %s", name, got, warned(v, s), s.body)
			}
		}
	})
	eachVersion(t, "SES-20, TOT-13 a price that is kept stays through the session and is charged", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.order(line("ok", 1)))
		s = c.post(t, v, "/"+s.text("id"), object{v.items(): []any{told(1000, seen), line("ok", 1)}}).want(t, 200)
		if s.total("items_base_amount") != 2000+1995 || warned(v, s) {
			t.Fatalf("%s", s.body)
		}
		s = c.post(t, v, "/"+s.text("id"), v.cart().to(v, address("NV", "89101")).with(v.items(), []any{line("rising", 2)})).want(t, 200)
		if s.total("items_base_amount") != 2000 {
			t.Fatalf("%s", s.body)
		}
		c.post(t, v, "/"+s.text("id")+"/complete", c.payment(t, v, s)).want(t, 200).is(t, "completed")
		if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total") {
			t.Errorf("%d taken, %d shown", taken, s.total("total"))
		}
	})
	t.Run("SES-20 when the window ends, the shop's price is shown before it is charged", func(t *testing.T) {
		v := dialect("2026-04-17")
		s := c.opens(t, v, v.order(told(1000, seen)))
		pay := c.payment(t, v, s)
		m.clock.Advance(time.Hour)
		got := c.post(t, v, "/"+s.text("id")+"/complete", pay).want(t, 200).is(t, "ready_for_payment")
		if got.total("items_base_amount") != 2600 || got.says("price_change") == nil || len(m.ledger(t, s.text("id"))) != 0 {
			t.Errorf("%s", got.body)
		}
	})
}
