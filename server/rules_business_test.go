package server_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

func TestRulesOfBusinesses(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	c := m.members(t)
	newer := []acp.Version{acp.V20260130, acp.V20260417, acp.Unreleased}
	business := func(v dialect, certificate object) object {
		b := v.buyer().with("account_type", "business").with("company", object{"name": "Example Works", "tax_id": "12-3456789", "department": "Tools", "cost_center": "CC-7"}).
			with("loyalty", object{"tier": "gold", "points_balance": 5000, "member_since": "2024-01-15T09:00:00Z"})
		if certificate != nil {
			b["tax_exemption"] = certificate.with("certificate_type", "resale")
		}
		return b
	}
	eachVersion(t, "SES-02 company, loyalty and exemption are shown as they were said", func(t *testing.T, v dialect) {
		b := business(v, object{"certificate_id": "cert_known", "exempt_regions": []any{"NY"}, "expires_at": "2031-01-01T00:00:00Z"})
		s := c.opens(t, v, v.order(line("ok", 1)).with("buyer", b))
		want := parseObject(bytesOf(t, b))
		if got := map[string]any(s.at("buyer")); !reflect.DeepEqual(got, map[string]any(want)) {
			t.Errorf("%v; want %v", got, want)
		}
	}, newer...)
	eachVersion(t, "TOT-08 a certificate that counts ends the tax where it holds, with its reason", func(t *testing.T, v dialect) {
		for name, c2 := range map[string]struct {
			certificate object
			exempt      bool
			told        bool
		}{
			"none":                  {nil, false, false},
			"known":                 {object{"certificate_id": "cert_known"}, true, false},
			"for this region":       {object{"certificate_id": "cert_region", "exempt_regions": []any{"NY", "CA"}}, true, false},
			"in full":               {object{"certificate_id": "cert_region", "exempt_regions": []any{"US-CA"}}, true, false},
			"for the country":       {object{"certificate_id": "cert_region", "exempt_regions": []any{"US"}}, true, false},
			"for another region":    {object{"certificate_id": "cert_region", "exempt_regions": []any{"NY"}}, false, false},
			"expired":               {object{"certificate_id": "cert_old", "expires_at": "2020-01-01T00:00:00Z"}, false, true},
			"one that nobody knows": {object{"certificate_id": "cert_forged"}, false, true},
		} {
			s := c.opens(t, v, v.order(line("ok", 2)).with("buyer", business(v, c2.certificate))).is(t, "ready_for_payment")
			l := s.list("line_items")[0]
			exempt := s.total("tax") == 0
			told := slices.ContainsFunc(s.list("messages"), func(msg object) bool { return msg.text("param") == "$.buyer.tax_exemption" })
			if exempt != c2.exempt || (l["tax_exempt"] == true) != c2.exempt || (l.text("tax_exemption_reason") == "resale") != c2.exempt || told != c2.told {
				t.Errorf("%s: %s", name, s.body)
			}
		}
	}, newer...)
	eachVersion(t, "TOT-13 the exemption goes with the buyer: a total that was not shown is not charged", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.order(line("ok", 2)).with("buyer", business(v, object{"certificate_id": "cert_known"}))).is(t, "ready_for_payment")
		pay := c.payment(t, v, s)
		got := c.post(t, v, "/"+s.text("id")+"/complete", pay.with("buyer", v.buyer())).want(t, 200).is(t, "ready_for_payment")
		if got.total("tax") == 0 || len(m.ledger(t, s.text("id"))) != 0 {
			t.Errorf("%s", got.body)
		}
		s = c.post(t, v, "/"+s.text("id"), object{"buyer": business(v, object{"certificate_id": "cert_known"})}).want(t, 200)
		c.post(t, v, "/"+s.text("id")+"/complete", pay).want(t, 200).is(t, "completed")
		if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total") || s.total("tax") != 0 {
			t.Errorf("%d taken, %d shown", taken, s.total("total"))
		}
	}, newer...)
}

func TestRulesOfPurchaseOrders(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	c := m.members(t)
	newer := []acp.Version{acp.V20260130, acp.V20260417, acp.Unreleased}
	buyer := func(v dialect, id string) object {
		return v.buyer().with("customer_id", id).with("authentication_status", "authenticated").with("company", object{"name": "Example Works", "tax_id": "12-3456789"})
	}
	po := func(more object) object {
		pay := object{"purchase_order_number": "PO-2026-7"}
		for name, value := range more {
			pay[name] = value
		}
		return object{"payment_data": pay}
	}
	opened := func(t *testing.T, v dialect, customer string, quantity int) answer {
		t.Helper()
		return c.opens(t, v, v.order(line("ok", quantity)).with("buyer", buyer(v, customer))).is(t, "ready_for_payment")
	}
	complete := func(t *testing.T, v dialect, s answer, body any) answer {
		t.Helper()
		return c.post(t, v, "/"+s.text("id")+"/complete", body)
	}
	nothingTaken := func(t *testing.T, s answer) {
		t.Helper()
		if taken := m.ledger(t, s.text("id")); len(taken) != 0 {
			t.Errorf("%v was taken", taken)
		}
	}
	stock := func(t *testing.T) int64 {
		t.Helper()
		items, err := c.app.Store().Reader(t.Context()).Items(club, []string{"ok"})
		if err != nil {
			t.Fatal(err)
		}
		if items["ok"].Reserved != 0 {
			t.Errorf("%d reserved", items["ok"].Reserved)
		}
		return items["ok"].Stock
	}
	eachVersion(t, "CMP-01, WHK-01 an order within the limit of an account is confirmed without a charge, once", func(t *testing.T, v dialect) {
		before := stock(t)
		s := opened(t, v, "cus_invoice", 2)
		r := request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v, bearer: c.key, body: po(nil), head: map[string]string{"Idempotency-Key": m.freshKey()}}
		paid := m.send(t, r).want(t, 200).is(t, "completed")
		if again := m.send(t, r).want(t, 200); string(again.body) != string(paid.body) {
			t.Errorf("%s", again.body)
		}
		complete(t, v, s, po(nil)).want(t, 409)
		nothingTaken(t, s)
		f := c.facts(t, s).PurchaseOrder
		if f == nil || f.Number != "PO-2026-7" || f.Terms != "net_30" || f.ApprovedBy != "limit" || f.DueDate.Sub(f.Requested) != 30*24*time.Hour {
			t.Errorf("%+v", f)
		}
		if event := parseObject(m.told(t, s.text("id"))).at("data"); event.text("checkout_session_id") != s.text("id") || strings.Contains(string(paid.body), "PO-2026") {
			t.Errorf("%v", event)
		}
		if after := stock(t); after != before-2 {
			t.Errorf("stock %d became %d", before, after)
		}
	}, newer...)
	eachVersion(t, "who has no account pays in another way", func(t *testing.T, v dialect) {
		for name, b := range map[string]object{
			"nobody":           v.buyer(),
			"another customer": buyer(v, "cus_other"),
			"another company":  buyer(v, "cus_invoice").with("company", object{"name": "Other"}),
		} {
			s := c.opens(t, v, v.order(line("ok", 1)).with("buyer", b))
			if got := complete(t, v, s, po(nil)); got.status != 400 || got.text("code") != "unsupported" {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
			if got := c.reads(t, v, s.text("id")); string(got.body) != string(s.body) {
				t.Errorf("%s: %s", name, got.body)
			}
		}
		s := m.create(t, v, v.order(line("ok", 1)).with("buyer", buyer(v, "cus_invoice")))
		m.complete(t, v, s.text("id"), po(nil)).want(t, 400) // a shop without accounts
	}, newer...)
	eachVersion(t, "terms that were not agreed on, or a date beyond them, are refused by their place", func(t *testing.T, v dialect) {
		s := opened(t, v, "cus_invoice", 1)
		for param, more := range map[string]object{
			"$.payment_data.payment_terms":         {"payment_terms": "net_90"},
			"$.payment_data.due_date":              {"due_date": time.Now().AddDate(0, 0, 40).UTC().Format(time.RFC3339)},
			"$.payment_data.purchase_order_number": {"purchase_order_number": ""},
			"$.payment_data.approval_required":     {"approval_required": "yes"},
		} {
			if got := complete(t, v, s, po(more)).want(t, 400); got.text("param") != param {
				t.Errorf("%s: %s", param, got.body)
			}
		}
		due := time.Now().AddDate(0, 0, 7).UTC().Truncate(time.Second)
		complete(t, v, s, po(object{"payment_terms": "net_15", "due_date": due.Format(time.RFC3339)})).want(t, 200).is(t, "completed")
		if f := c.facts(t, s).PurchaseOrder; f.Terms != "net_15" || !f.DueDate.Equal(due) {
			t.Errorf("%+v", f)
		}
	}, newer...)
	waits := map[string]struct {
		customer string
		quantity int
		more     object
		change   object
	}{
		"above the limit":           {"cus_invoice", 5, nil, nil},
		"an account without limit":  {"cus_asked", 1, nil, nil},
		"the buyer's side wants it": {"cus_invoice", 1, object{"approval_required": true}, nil},
		"nobody authenticated them": {"cus_invoice", 1, nil, object{"authentication_status": "guest"}},
	}
	eachVersion(t, "what is not agreed on beforehand waits for an operator, who makes it an order", func(t *testing.T, v dialect) {
		for name, w := range waits {
			s := opened(t, v, w.customer, w.quantity)
			body := po(w.more)
			if w.change != nil {
				body["buyer"] = buyer(v, w.customer).with("authentication_status", "guest")
			}
			before := stock(t)
			got := complete(t, v, s, body).want(t, 200).is(t, "pending_approval")
			if got.at("order") != nil || got.text("continue_url") == "" || stock(t) != before {
				t.Errorf("%s: %s", name, got.body)
			}
			c.post(t, v, "/"+s.text("id"), object{"buyer": v.buyer()}).want(t, 409)
			complete(t, v, s, c.payment(t, v, s)).want(t, 409)
			nothingTaken(t, s)
			if _, err := c.app.Core().Approve(t.Context(), club, s.text("id"), "night shift"); err != nil {
				t.Fatal(err)
			}
			if _, err := c.app.Core().Approve(t.Context(), club, s.text("id"), "night shift"); !errors.Is(err, checkout.ErrNotPending) {
				t.Errorf("%s: approved twice: %v", name, err)
			}
			c.reads(t, v, s.text("id")).is(t, "completed")
			m.told(t, s.text("id"))
			nothingTaken(t, s)
			if f := c.facts(t, s).PurchaseOrder; f.ApprovedBy != "night shift" || stock(t) != before-int64(w.quantity) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}, newer...)
	eachVersion(t, "what an operator refuses can be paid in another way, or canceled", func(t *testing.T, v dialect) {
		s := opened(t, v, "cus_asked", 1)
		complete(t, v, s, po(nil)).want(t, 200).is(t, "pending_approval")
		if _, err := c.app.Core().Refuse(t.Context(), club, s.text("id"), "night shift"); err != nil {
			t.Fatal(err)
		}
		got := c.reads(t, v, s.text("id")).is(t, "ready_for_payment")
		if len(got.list("messages")) == 0 {
			t.Errorf("%s", got.body)
		}
		complete(t, v, s, c.payment(t, v, s)).want(t, 200).is(t, "completed")
		if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total") {
			t.Errorf("%d taken", taken)
		}
		s = opened(t, v, "cus_asked", 1)
		complete(t, v, s, po(nil)).want(t, 200).is(t, "pending_approval")
		c.post(t, v, "/"+s.text("id")+"/cancel", nil).want(t, 200).is(t, "canceled")
		if _, err := c.app.Core().Approve(t.Context(), club, s.text("id"), "night shift"); !errors.Is(err, checkout.ErrNotPending) {
			t.Errorf("%v", err)
		}
	}, newer...)
	t.Run("a session that waits is shown in every version, and stays as long as it waits", func(t *testing.T) {
		v := dialect("2026-04-17")
		s := opened(t, v, "cus_asked", 1)
		complete(t, v, s, po(nil)).want(t, 200).is(t, "pending_approval")
		m.clock.Advance(48 * time.Hour)
		for _, version := range spoken() {
			v := dialect(version)
			// Not by the rules: its days of delivery are over.
			got := m.exchange(t, m.url, request{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: v, bearer: c.key})
			got.is(t, v.choose("in_progress", "pending_approval"))
		}
		if _, err := c.app.Core().Approve(t.Context(), club, s.text("id"), "night shift"); err != nil {
			t.Error(err)
		}
	})
	t.Run("what is sold out meanwhile is told to the operator, and nothing changes", func(t *testing.T) {
		v := dialect("2026-04-17")
		s := c.opens(t, v, v.order(line("low", 2)).with("buyer", buyer(v, "cus_asked")))
		complete(t, v, s, po(nil)).want(t, 200).is(t, "pending_approval")
		rival := c.opens(t, v, v.order(line("low", 3)))
		complete(t, v, rival, c.payment(t, v, rival)).want(t, 200).is(t, "completed")
		var refusal *acp.Error
		if _, err := c.app.Core().Approve(t.Context(), club, s.text("id"), "night shift"); !errors.As(err, &refusal) || refusal.Code != "out_of_stock" {
			t.Errorf("%v", err)
		}
		c.reads(t, v, s.text("id")).is(t, "pending_approval")
	})
}
