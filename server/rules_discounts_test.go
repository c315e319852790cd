package server_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/server/config"
)

// marketDiscounts are those of the shop that has any. OK is the agent's to try,
// the others each have a reason to be rejected.
func marketDiscounts() []config.DiscountConfig {
	discount := func(id, code string, change func(*config.DiscountConfig)) config.DiscountConfig {
		d := config.DiscountConfig{ID: id, Name: "Discount " + id, Code: code, Kind: "percent", Percent: "10", Priority: 1, Combines: true}
		if change != nil {
			change(&d)
		}
		return d
	}
	return []config.DiscountConfig{
		discount("ok", "OK10", nil),
		discount("five", "FIVE", func(d *config.DiscountConfig) { d.Kind, d.Percent, d.Amount, d.Priority = "amount", "", "5.00", 2 }),
		discount("free", "FREESHIP", func(d *config.DiscountConfig) {
			d.Kind, d.Percent, d.Delivery = "free_delivery", "", []string{"standard"}
		}),
		discount("huge", "HUGE", func(d *config.DiscountConfig) {
			d.Kind, d.Percent, d.Amount, d.Combines = "amount", "", "99999.00", false
		}),
		discount("half", "HALF", func(d *config.DiscountConfig) { d.Percent, d.Items, d.Method = "50", []string{"other"}, "across" }),
		discount("expired", "EXPIRED", func(d *config.DiscountConfig) { d.Ends = "2026-01-01T00:00:00Z" }),
		discount("combo", "COMBO", func(d *config.DiscountConfig) { d.Percent, d.Combines = "1", false }),
		discount("minimum", "MINIMUM", func(d *config.DiscountConfig) { d.MinSubtotal = "100000.00" }),
		discount("member", "MEMBER", func(d *config.DiscountConfig) { d.RequiresLogin = true }),
		discount("vip", "VIP", func(d *config.DiscountConfig) { d.Customers = []string{"cus_of_the_shop"} }),
		discount("once", "ONCE", func(d *config.DiscountConfig) { d.MaxUses = 1 }),
		discount("bulk", "", func(d *config.DiscountConfig) { d.Percent, d.MinQuantity = "2.5", 10 }),
	}
}

// bargain is the shop with discounts, as one of its agents sees it.
type bargain struct {
	*market
	key string
}

func (m *market) bargains(t testing.TB) bargain { return bargain{m, m.issueFor(t, bargains)} }

func (b bargain) opens(t testing.TB, v dialect, body object) answer {
	t.Helper()
	return b.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: body, bearer: b.key}).want(t, 201)
}

func (b bargain) changes(t testing.TB, v dialect, id string, body object) answer {
	t.Helper()
	return b.send(t, request{method: "POST", path: "/checkout_sessions/" + id, version: v, body: body, bearer: b.key})
}

// pay completes a session with a card that is approved, or, where there is
// nothing to pay, with any token.
func (b bargain) pay(t testing.TB, v dialect, s answer) answer {
	t.Helper()
	token := "nothing_to_pay"
	if s.total("total") > 0 {
		a := b.pays(s, card(sandbox.Approve))
		a.merchant = "acct_" + bargains
		token = b.token(t, a)
	}
	return b.send(t, request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v,
		body: v.paying(s, token), bearer: b.key}).want(t, 200)
}

func codes(list ...string) object {
	values := make([]any, len(list))
	for i := range list {
		values[i] = list[i]
	}
	return object{"codes": values}
}

// checkDiscounts holds what a session says of its discounts to the rules that
// are true of every session.
func checkDiscounts(t testing.TB, s answer) {
	t.Helper()
	d := s.at("discounts")
	var applied int64
	ids := map[string]bool{}
	for _, a := range d.list("applied") {
		coupon, amount := a.at("coupon"), a.integer("amount")
		if ids[a.text("id")] || a.text("id") == "" || coupon.text("id") == "" || coupon.text("name") == "" || amount <= 0 {
			t.Errorf("DSC-04: %v", a)
		}
		ids[a.text("id")] = true
		if automatic := a["automatic"] == true; automatic != (a.text("code") == "") {
			t.Errorf("DSC-04: automatic %v with code %q", automatic, a.text("code"))
		}
		_, percent := coupon["percent_off"]
		_, off := coupon["amount_off"]
		if percent == off || off != (coupon.text("currency") != "") {
			t.Errorf("DSC-09: %v", coupon)
		}
		var parts int64
		for _, p := range a.list("allocations") {
			if v, ok, valid := resolve(map[string]any(s.object), p.text("path")); !ok || !valid || v == nil {
				t.Errorf("DSC-05: %s leads nowhere", p.text("path"))
			}
			parts += p.integer("amount")
		}
		if parts != amount {
			t.Errorf("DSC-05: allocations of %d for %d", parts, amount)
		}
		applied += amount
	}
	if off := s.total("items_discount") + s.total("discount"); applied != off {
		t.Errorf("DSC-07: %d is applied, the totals say %d", applied, off)
	}
	sent, _ := d["codes"].([]any)
	for _, r := range d.list("rejected") {
		found := slices.ContainsFunc(s.list("messages"), func(m object) bool {
			index, ok := strings.CutPrefix(m.text("param"), "$.discounts.codes[")
			i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
			return ok && err == nil && i < len(sent) && sent[i] == r.text("code") && m.text("type") == "warning" && m.text("code") == r.text("reason")
		})
		if !found {
			t.Errorf("DSC-06: no warning about %v among %v", r, s.list("messages"))
		}
	}
	if s.total("total") < 0 || s.total("subtotal") < 0 {
		t.Errorf("DSC-12: %s", s.body)
	}
}

// discounted writes what became of the codes: "ok:798 | WHAT=invalid".
func discounted(s answer) string {
	var on, off []string
	for _, a := range s.at("discounts").list("applied") {
		on = append(on, fmt.Sprintf("%s:%d", a.at("coupon").text("id"), a.integer("amount")))
	}
	for _, r := range s.at("discounts").list("rejected") {
		off = append(off, r.text("code")+"="+strings.TrimPrefix(r.text("reason"), "discount_code_"))
	}
	return strings.TrimSpace(strings.Join(on, " ") + " | " + strings.Join(off, " "))
}

// extended are the versions with the extension for discounts.
func extended() []acp.Version {
	return slices.DeleteFunc(spoken(), func(v acp.Version) bool { return v < acp.V20260130 })
}

func TestRulesOfDiscounts(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	b := m.bargains(t)
	// is stops the test unless the discounts are these.
	is := func(t *testing.T, s answer, want string) {
		t.Helper()
		checkDiscounts(t, s)
		if got := discounted(s); got != want {
			t.Fatalf("%s; want %s: %s", got, want, s.body)
		}
	}
	// Two at 19.95 and three at 3.33, delivery 5.90.
	cart := func(v dialect) object { return v.order(line("ok", 2), line("other", 3)) }

	eachVersion(t, "DSC-01 codes are taken by create and update, and come back", func(t *testing.T, v dialect) {
		s := b.opens(t, v, cart(v).with("discounts", codes("OK10")))
		is(t, s, "ok:499 |")
		s = b.changes(t, v, s.text("id"), object{"discounts": codes("FIVE", "WHAT")}).want(t, 200)
		is(t, s, "five:500 | WHAT=invalid")
		if got := fmt.Sprint(s.at("discounts")["codes"]); got != "[FIVE WHAT]" {
			t.Errorf("codes %s", got)
		}
	}, extended()...)
	eachVersion(t, "DSC-02 a list replaces, an empty one clears, none keeps", func(t *testing.T, v dialect) {
		s := b.opens(t, v, cart(v).with("discounts", codes("OK10")))
		id := s.text("id")
		is(t, b.changes(t, v, id, object{"buyer": v.buyer()}), "ok:499 |")
		is(t, b.changes(t, v, id, object{"discounts": object{}}), "ok:499 |")
		is(t, b.changes(t, v, id, object{"discounts": codes("FIVE")}), "five:500 |")
		is(t, b.changes(t, v, id, object{"discounts": codes()}), "|")
		is(t, b.changes(t, v, id, object{"discounts": codes("OK10")}), "ok:499 |")
		is(t, b.changes(t, v, id, object{"discounts": nil}), "|")
	}, extended()...)
	eachVersion(t, "DSC-03 case does not matter, twice counts once", func(t *testing.T, v dialect) {
		is(t, b.opens(t, v, cart(v).with("discounts", codes("ok10", "OK10", "Ok10"))), "ok:499 | OK10=already_applied Ok10=already_applied")
	}, extended()...)
	eachVersion(t, "DSC-04 codes and automatic discounts are listed", func(t *testing.T, v dialect) {
		s := b.opens(t, v, v.order(line("other", 10)).with("discounts", codes("FIVE")))
		is(t, s, "bulk:83 five:500 |")
		if a := s.at("discounts").list("applied"); a[0]["automatic"] != true || a[0].text("code") != "" || a[1].text("code") != "FIVE" {
			t.Errorf("%v", a)
		}
	}, extended()...)
	eachVersion(t, "DSC-05, DSC-07, DSC-09 each way to discount, its parts and the totals", func(t *testing.T, v dialect) {
		for sent, want := range map[string]string{
			"OK10": "ok:499 |", "FIVE": "five:500 |", "FREESHIP": "free:590 |", "HALF": "half:500 |",
			"OK10 FIVE FREESHIP HALF": "half:500 ok:449 free:590 five:500 |", "FREESHIP HALF FIVE OK10": "half:500 ok:449 free:590 five:500 |",
		} {
			is(t, b.opens(t, v, cart(v).with("discounts", codes(strings.Fields(sent)...))), want)
		}
	}, extended()...)
	eachVersion(t, "DSC-06, DSC-11 every reason to reject a code, and none blocks", func(t *testing.T, v dialect) {
		// Of all versions the first has the only use.
		b.pay(t, v, b.opens(t, v, v.order(line("download", 1)).with("discounts", codes("ONCE")))).is(t, "completed")
		for sent, want := range map[string]string{
			"WHAT": "| WHAT=invalid", "EXPIRED": "| EXPIRED=expired", "OK10 OK10": "ok:499 | OK10=already_applied",
			"COMBO OK10": "ok:499 | COMBO=combination_disallowed", "MINIMUM": "| MINIMUM=minimum_not_met",
			"MEMBER": "| MEMBER=user_not_logged_in", "ONCE": "| ONCE=usage_limit_reached",
		} {
			is(t, b.opens(t, v, cart(v).with("discounts", codes(strings.Fields(sent)...))).is(t, "ready_for_payment"), want)
		}
		stranger := cart(v).with("discounts", codes("VIP")).with("buyer", v.buyer().with("customer_id", "cus_of_another"))
		is(t, b.opens(t, v, stranger).is(t, "ready_for_payment"), "| VIP=user_ineligible")
	}, extended()...)
	eachVersion(t, "DSC-06 versions without the extension tell of a rejected code too", func(t *testing.T, v dialect) {
		newest := dialect(acp.V20260417)
		s := b.opens(t, newest, cart(newest).with("discounts", codes("WHAT")))
		shown := b.send(t, request{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: v, bearer: b.key}).want(t, 200)
		if !slices.ContainsFunc(shown.list("messages"), func(m object) bool { return m.text("content") == "This shop has no such discount code." }) {
			t.Errorf("%s", shown.body)
		}
	})
	eachVersion(t, "DSC-08 coupons are codes, but discounts.codes wins", func(t *testing.T, v dialect) {
		s := b.opens(t, v, cart(v).with("coupons", []any{"OK10"}))
		is(t, s, "ok:499 |")
		is(t, b.changes(t, v, s.text("id"), object{"coupons": []any{"OK10"}, "discounts": codes("FIVE")}), "five:500 |")
		is(t, b.changes(t, v, s.text("id"), object{"coupons": []any{}}), "|")
	}, extended()...)
	eachVersion(t, "DSC-10 codes cannot be tried out", func(t *testing.T, v dialect) {
		b := m.bargains(t) // a key of its own: the count is by key
		id := b.opens(t, v, cart(v)).text("id")
		tries := 0
		for range 30 {
			tries++
			if a := b.changes(t, v, id, object{"discounts": codes(fmt.Sprintf("GUESS%d", tries))}); a.status != 200 {
				a.refused(t, 429, "rate_limited", "$.discounts.codes")
				if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 1 {
					t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
				}
				break
			}
		}
		if tries != 11 {
			t.Errorf("refused at try %d", tries)
		}
		// Nor told from those that there are.
		b.changes(t, v, id, object{"discounts": codes("OK10")}).refused(t, 429, "rate_limited", "$.discounts.codes")
		is(t, b.changes(t, v, id, object{"discounts": codes()}), "|")
	}, extended()...)
	eachVersion(t, "DSC-12 nothing is ever negative", func(t *testing.T, v dialect) {
		s := b.opens(t, v, cart(v).with("discounts", codes("HUGE")))
		is(t, s, "huge:4989 |")
		if s.total("subtotal") != 0 || s.total("total") <= 0 {
			t.Errorf("%s", s.body)
		}
		free := b.opens(t, v, v.order(line("download", 1)).with("discounts", codes("HUGE")))
		if free.total("total") != 0 {
			t.Errorf("%s", free.body)
		}
		b.pay(t, v, free).is(t, "completed")
	}, extended()...)
	eachVersion(t, "DSC-07, TOT-13 what was shown is charged, in every version", func(t *testing.T, v dialect) {
		newest := dialect(acp.V20260417)
		s := b.opens(t, newest, cart(newest).with("discounts", codes("OK10", "FREESHIP")))
		shown := b.send(t, request{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: v, bearer: b.key}).want(t, 200)
		if shown.total("items_discount") != 499 || shown.total("discount") != 590 || shown.total("total") != s.total("total") {
			t.Errorf("%s", shown.body)
		}
		paid := b.pay(t, v, shown).is(t, "completed")
		if got := m.ledger(t, s.text("id"))["usd"]; got != s.total("total") || paid.total("total") != got {
			t.Errorf("charged %d; want %d", got, s.total("total"))
		}
	})
	eachVersion(t, "EXT-03, DSC-06 a shop without discounts has no such extension, and takes no code", func(t *testing.T, v dialect) {
		body := cart(v).with("discounts", codes("OK10")).with("capabilities", object{"extensions": []any{"discount"}})
		s := m.create(t, v, body).is(t, "ready_for_payment")
		rejected := s.at("discounts").list("rejected")
		if len(s.at("capabilities").list("extensions")) != 0 || s.total("items_discount") != 0 || len(rejected) != 1 || rejected[0].text("reason") != "discount_code_invalid" {
			t.Errorf("%s", s.body)
		}
		if said := s.says("discount_code_invalid"); said.text("param") != "$.discounts.codes[0]" || said.text("type") != "warning" {
			t.Errorf("%s", s.body)
		}
		if none := m.update(t, v, s.text("id"), object{"discounts": codes()}).want(t, 200); none.at("discounts") != nil || len(none.list("messages")) != 0 {
			t.Errorf("%s", none.body)
		}
	}, extended()...)
	eachVersion(t, "EXT-04 codes are checked as strictly as the rest", func(t *testing.T, v dialect) {
		for path, list := range map[string]any{"$.discounts.codes[1]": []any{"A", 7}, "$.discounts.codes": "OK10", "$.discounts.codes[0]": []any{object{}}} {
			b.send(t, request{method: "POST", path: "/checkout_sessions", version: v, bearer: b.key,
				body: cart(v).with("discounts", object{"codes": list})}).refused(t, 400, "invalid", path)
		}
	}, extended()...)
}
