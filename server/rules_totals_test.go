package server_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/sandbox"
)

// The amounts of the sessions below, worked out by hand: two at 19.95 and three
// at 3.33, less 10 percent, to California with 8.625 percent of tax. Of the
// discount of 4.99 the lines have 3.99 and 1.00; delivery is taxed like goods.
const (
	handBase     = 4989
	handDiscount = 499
	handDelivery = 590
)

// worked is a session with a discount on items, delivery and tax, opened in the
// newest version, as v shows it.
func (b bargain) worked(t *testing.T, v dialect, list ...string) answer {
	t.Helper()
	newest := dialect(acp.V20260417)
	s := b.opens(t, newest, newest.order(line("ok", 2), line("other", 3)).with("discounts", codes(list...))).is(t, "ready_for_payment")
	return b.send(t, request{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: v, bearer: b.key}).want(t, 200)
}

// taxOf is a share of an amount at the market's rate for California, rounded
// half up.
func taxOf(amount int64) int64 { return (amount*8625 + 50_000) / 100_000 }

func TestRulesOfTotals(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	b := m.bargains(t)
	// byLine gives the amounts of a session's lines in their order.
	byLine := func(v dialect, s answer) []amounts {
		var out []amounts
		for _, l := range s.list("line_items") {
			out = append(out, v.amounts(l))
		}
		return out
	}
	want := func(t *testing.T, what string, got, want int64) {
		t.Helper()
		if got != want {
			t.Errorf("%s is %d; want %d", what, got, want)
		}
	}

	eachVersion(t, "TOT-01 there is one total, in every state", func(t *testing.T, v dialect) {
		nowhere, gone, canceled, paid := m.create(t, v, v.cart(line("ok", 1))), m.create(t, v, v.order(line("oos", 1))), m.ready(t, v), m.ready(t, v)
		for _, s := range []answer{nowhere, gone, canceled, paid, m.cancel(t, v, canceled.text("id"), nil),
			m.complete(t, v, paid.text("id"), v.paying(paid, "tok_visa")).is(t, "completed"), m.create(t, v, v.cart(line("free", 1)))} {
			n := 0
			for _, e := range s.list("totals") {
				if e.text("type") == "total" {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%s, with %d totals: %s", s.text("status"), n, s.body)
			}
		}
	})
	perLine := func(t *testing.T, v dialect) {
		s := b.worked(t, v, "OK10")
		got := byLine(v, s)
		for i, a := range []amounts{{base: 3990, discount: 399}, {base: 999, discount: 100}} {
			a.subtotal = a.base - a.discount
			a.tax = got[i].tax // TOT-08 has it
			a.total = a.subtotal + a.tax
			if got[i] != a || a.tax == 0 {
				t.Errorf("line %d: %+v; want %+v", i, got[i], a)
			}
		}
	}
	eachVersion(t, "TOT-02 base less discount is subtotal, with the tax it is total", perLine, acp.V20250912, acp.V20250929, acp.V20251212, acp.V20260116)
	eachVersion(t, "TOT-03 base less discount is subtotal, with the tax it is total", perLine, acp.V20260130, acp.V20260417, acp.Unreleased)
	eachVersion(t, "TOT-04, TOT-05, TOT-06 the goods' sums are those of their lines", func(t *testing.T, v dialect) {
		s := b.worked(t, v, "OK10")
		want(t, "items_base_amount", s.total("items_base_amount"), handBase)
		want(t, "items_discount", s.total("items_discount"), handDiscount)
		want(t, "subtotal", s.total("subtotal"), handBase-handDiscount)
		var base, discount int64
		for _, a := range byLine(v, s) {
			base, discount = base+a.base, discount+a.discount
		}
		want(t, "the base of all lines", base, handBase)
		want(t, "the discount of all lines", discount, handDiscount)
		prices := map[string]int64{"ok": 1995, "other": 333}
		for _, l := range s.list("line_items") {
			quantity := max(l.integer("quantity"), l.at("item").integer("quantity"))
			want(t, "the base of a line", v.amounts(l).base, quantity*prices[l.at("item").text("id")])
		}
	})
	eachVersion(t, "TOT-07, TOT-15 the total is what its parts come to, discounts are positive and taken off", func(t *testing.T, v dialect) {
		s := b.worked(t, v, "OK10", "FREESHIP")
		want(t, "items_discount", s.total("items_discount"), handDiscount)
		want(t, "discount", s.total("discount"), handDelivery)
		want(t, "fulfillment", s.total("fulfillment"), handDelivery)
		want(t, "total", s.total("total"), handBase-handDiscount-handDelivery+handDelivery+s.total("tax"))
		for _, e := range s.list("totals") {
			if e.integer("amount") < 0 {
				t.Errorf("%v", e)
			}
		}
	})
	eachVersion(t, "TOT-08, TOT-09, TOT-10 tax and delivery are those of the lines and of the option", func(t *testing.T, v dialect) {
		s := b.worked(t, v, "OK10")
		var tax int64
		for i, a := range byLine(v, s) {
			if off := a.tax - taxOf(a.subtotal); off < -1 || off > 1 {
				t.Errorf("line %d of %d has a tax of %d", i, a.subtotal, a.tax)
			}
			tax += a.tax
		}
		deliveryTax := taxOf(handDelivery)
		want(t, "tax", s.total("tax"), tax+deliveryTax)
		want(t, "fulfillment", s.total("fulfillment"), handDelivery)
		for _, o := range s.list("fulfillment_options") {
			price := map[string]int64{"standard": 590, "express": 1490}[o.text("id")]
			a := v.amounts(o)
			if price == 0 || a.subtotal != price || a.tax != taxOf(price) || a.total != price+a.tax {
				t.Errorf("option %v", o)
			}
		}
		parts := int64(0)
		for _, e := range s.list("totals") {
			for _, p := range e.list("breakdown") {
				parts += p.integer("amount")
			}
		}
		if !v.flat() {
			want(t, "the breakdown of the tax", parts, s.total("tax"))
		}
	})
	eachVersion(t, "TOT-11 each kind of amount once in a list, with a text", func(t *testing.T, v dialect) {
		s := b.worked(t, v, "OK10", "FREESHIP")
		lists := [][]object{s.list("totals")}
		if !v.flat() {
			for _, o := range append(s.list("line_items"), s.list("fulfillment_options")...) {
				lists = append(lists, o.list("totals"))
			}
		}
		for _, list := range lists {
			seen := map[string]bool{}
			for _, e := range list {
				if kind := e.text("type"); kind == "" || seen[kind] || strings.TrimSpace(e.text("display_text")) == "" {
					t.Errorf("%v", list)
				}
				seen[e.text("type")] = true
			}
			if len(seen) == 0 || !seen["total"] {
				t.Errorf("%v", list)
			}
		}
	})
	eachVersion(t, "SES-15 amounts are whole numbers, from the first answer to the event", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 2), line("exempt", 1)))
		paid := m.complete(t, v, s.text("id"), v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve))))).want(t, 200).is(t, "completed")
		for what, body := range map[string]answer{"create": s, "complete": paid, "the event": {object: parseObject(m.told(t, s.text("id")))}} {
			whole := map[string]int{}
			countAmounts(t, what, map[string]any(body.object), whole)
			if what != "the event" && len(whole) < 2 || what == "the event" && v.keyed() && whole["amount"] == 0 {
				t.Errorf("%s: hardly an amount was seen: %v", what, whole)
			}
		}
	})
	eachVersion(t, "SES-11 ready is what can be paid, nothing else", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.cart(line("ok", 1)).with("buyer", v.buyer())).is(t, "not_ready_for_payment")
		steps := []struct {
			change object
			status string
		}{
			{object{}.to(v, address("CA", "94105")), "ready_for_payment"},
			{object{v.items(): []any{line("ok", 1), line("oos", 1)}}, "not_ready_for_payment"},
			{object{v.items(): []any{line("low", 4)}}, "not_ready_for_payment"},
			{object{v.items(): []any{line("low", 3)}}, "ready_for_payment"},
			{object{v.items(): []any{line("ok", 2)}}, "ready_for_payment"}, // the low ones are for other versions too
			{object{}.to(v, address("QQ", "94105")), "not_ready_for_payment"},
			{object{}.to(v, address("NV", "89101")), "ready_for_payment"},
		}
		for i, step := range steps {
			s = m.update(t, v, s.text("id"), step.change).want(t, 200).is(t, step.status)
			blocking := slices.ContainsFunc(s.list("messages"), func(m object) bool { return m.text("type") == "error" })
			ids, _ := selectedOptions(v, s)
			ready := !blocking && len(ids) > 0 && ids[0] != "" && s.total("total") > 0
			if ready != (step.status == "ready_for_payment") {
				t.Errorf("step %d: %s", i, s.body)
			}
		}
		m.complete(t, v, s.text("id"), v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve))))).want(t, 200).is(t, "completed")
	})
	eachVersion(t, "SES-18 a line for each item, with an id of its own", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 2), object{"id": "other"}, line("download", 7), line("ok", 1)))
		ids, quantities := lineIDs(s), map[string]int64{}
		for _, l := range s.list("line_items") {
			quantities[l.at("item").text("id")] = max(l.integer("quantity"), l.at("item").integer("quantity"))
		}
		if want := map[string]int64{"ok": 3, "other": 1, "download": 7}; !maps.Equal(quantities, want) || len(s.list("line_items")) != 3 {
			t.Errorf("%v: %s", quantities, s.body)
		}
		if distinct := slices.Compact(slices.Sorted(maps.Values(ids))); len(distinct) != 3 || distinct[0] == "" {
			t.Errorf("line ids %v", ids)
		}
	})
}

// countAmounts counts the whole amounts in a body by their names, and reports
// those that are not.
func countAmounts(t *testing.T, path string, value any, whole map[string]int) {
	t.Helper()
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if amountName.MatchString(name) {
				switch n := member.(type) {
				case json.Number:
					if _, err := n.Int64(); err != nil || strings.ContainsAny(n.String(), ".eE") {
						t.Errorf("%s.%s is %s", path, name, n)
					}
					whole[name]++
				case string, bool:
					t.Errorf("%s.%s is %v", path, name, n)
				}
			}
			countAmounts(t, path+"."+name, member, whole)
		}
	case []any:
		for _, member := range value {
			countAmounts(t, path+"[]", member, whole)
		}
	}
}
