package server_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/server/config"
)

// leaks are words of the inside of a program that no agent should read.
var leaks = regexp.MustCompile(`(?i)goroutine|\.go:\d|SELECT |INSERT |sqlite|SQLSTATE|panic|runtime error|postgres|/tmp/`)

// checkAnswer holds one answer to the rules that are true of every answer.
func (m *market) checkAnswer(t testing.TB, r request, a answer) {
	t.Helper()
	if key := a.sent.Get("Idempotency-Key"); key != "" && r.method == http.MethodPost && isASCII(key) && a.header.Get("Idempotency-Key") != key {
		t.Errorf("HDR-02: Idempotency-Key %q came back as %q", key, a.header.Get("Idempotency-Key"))
	}
	if id := a.sent.Get("Request-Id"); id != "" && len(id) < 256 && isASCII(id) && a.header.Get("Request-Id") != id {
		t.Errorf("HDR-02: Request-Id %q came back as %q", id, a.header.Get("Request-Id"))
	}
	if ct := a.header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("HDR-03: Content-Type %q of %s", ct, a.body)
	}
	if a.status >= 500 {
		t.Errorf("%s %s: answer %d %s", r.method, r.path, a.status, a.body)
	}
	for name, s := range m.secrets {
		if strings.Contains(string(a.body), s) {
			t.Errorf("ERR-08: an answer shows the %s", name)
		}
	}
	if a.object == nil {
		t.Errorf("HDR-03: not a JSON object: %q", a.body)
		return
	}
	if a.status >= 400 {
		checkError(t, r, a)
		return
	}
	if strings.HasPrefix(r.path, "/checkout_sessions") {
		if got := a.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control %q of a session", got)
		}
		if got := a.header.Get("API-Version"); got != string(r.version) {
			t.Errorf("API-Version %q was answered in %q", r.version, got)
		}
		m.checkSession(t, r.version, a)
	}
}

// checkError holds an error to the rules ERR-01, -02, -04 and -08 and to the
// schema of its version.
func checkError(t testing.TB, r request, a answer) {
	t.Helper()
	acptest.Schema(t, versionOf(r.version), "Error").Check(t, a.body)
	checkDescribed(t, versionOf(r.version), "Error", a.body)
	for _, name := range []string{"type", "code", "message"} {
		if a.text(name) == "" {
			t.Errorf("ERR-01: no %s in %s", name, a.body)
		}
	}
	if leaks.Match(a.body) {
		t.Errorf("ERR-08: %s", a.body)
	}
	if a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable || a.text("code") == "idempotency_in_flight" {
		if a.header.Get("Retry-After") == "" {
			t.Errorf("ERR-07: no Retry-After with %d %s", a.status, a.text("code"))
		}
	}
	param := a.text("param")
	if param == "" {
		return
	}
	var sent any
	if err := json.Unmarshal(bytesOf(t, r.body), &sent); err != nil {
		return // broken bodies have no paths
	}
	if a.text("code") == "missing" || a.text("code") == "requires_3ds" { // what is not there
		param = param[:max(strings.LastIndexAny(param, ".["), 1)]
	}
	if _, ok, valid := resolve(sent, param); !valid || !ok {
		t.Errorf("ERR-04: param %q of %s leads nowhere in %s", param, a.body, bytesOf(t, r.body))
	}
}

// amounts are those of a line or an option, in the words of either shape.
type amounts struct{ base, discount, subtotal, tax, total int64 }

func (v dialect) amounts(o object) amounts {
	if o["totals"] == nil {
		return amounts{o.integer("base_amount"), o.integer("discount"), o.integer("subtotal"), o.integer("tax"), o.integer("total")}
	}
	a := amounts{o.total("items_base_amount"), o.total("items_discount"), o.total("subtotal"), o.total("tax"), o.total("total")}
	if _, isOption := o["title"]; isOption {
		a.subtotal = o.total("fulfillment")
	}
	return a
}

// checkSession holds a session to its schema and to the rules of sections 3.4
// to 3.6 and 3.8 that one answer can show.
func (m *market) checkSession(t testing.TB, v dialect, s answer) {
	t.Helper()
	def := "CheckoutSession"
	if s.at("order") != nil {
		def = "CheckoutSessionWithOrder"
	}
	acptest.Schema(t, versionOf(v), def).Check(t, s.body)
	checkDescribed(t, versionOf(v), "Session", s.body)
	checkIntegers(t, "$", map[string]any(s.object))
	checkTotals(t, v, s)
	checkLines(t, s)
	m.checkDelivery(t, v, s)
	checkMessages(t, v, s)

	if code := s.text("currency"); len(code) != 3 || strings.ToLower(code) != code {
		t.Errorf("SES-16: currency %q", code)
	}
	if !v.flat() {
		// The draft has no date to show.
		if got := s.at("protocol").text("version"); got != string(v) && (acp.Version(v) != acp.Unreleased || got != "") {
			t.Errorf("VER-04: protocol.version %q", got)
		}
		if len(s.at("capabilities").at("payment").list("handlers")) == 0 {
			t.Errorf("CAP-01, CAP-05: no payment handler in %s", s.body)
		}
	}
	var links []string
	for _, l := range s.list("links") {
		links = append(links, l.text("type"))
	}
	for _, want := range []string{"terms_of_use", "privacy_policy"} {
		if !slices.Contains(links, want) {
			t.Errorf("SES-17: no %s among %v", want, links)
		}
	}
	if o := s.at("order"); o != nil && (o.text("checkout_session_id") != s.text("id") || o.text("id") == "" || !strings.HasPrefix(o.text("permalink_url"), m.url)) {
		t.Errorf("CMP-02: order %v of session %s", o, s.text("id"))
	}
	if (s.text("status") == "completed") != (s.at("order") != nil) {
		t.Errorf("CMP-01: a session that is %s with order %v", s.text("status"), s.at("order"))
	}
	for _, secretly := range []string{"affiliate", "intent", "first_touch", "credential_id"} {
		if strings.Contains(string(s.body), secretly) {
			t.Errorf("AFF-03, INT-04: %s in %s", secretly, s.body)
		}
	}
}

var amountName = regexp.MustCompile(`^(amount|total|subtotal|base_amount|discount|tax|unit_amount|quantity|available_quantity|unit_price)$`)

// checkIntegers is SES-15.
func checkIntegers(t testing.TB, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if n, ok := member.(json.Number); ok && amountName.MatchString(name) && strings.ContainsAny(n.String(), ".eE") {
				t.Errorf("SES-15: %s.%s is %s", path, name, n)
			}
			checkIntegers(t, path+"."+name, member)
		}
	case []any:
		for _, member := range v {
			checkIntegers(t, path+"[]", member)
		}
	}
}

// checkTotals is section 3.5.
func checkTotals(t testing.TB, v dialect, s answer) {
	t.Helper()
	lists := [][]object{s.list("totals")}
	for _, member := range append(s.list("line_items"), s.list("fulfillment_options")...) {
		lists = append(lists, member.list("totals"))
	}
	for _, list := range lists {
		seen := map[string]bool{}
		for _, e := range list {
			kind := e.text("type")
			if seen[kind] || e.text("display_text") == "" {
				t.Errorf("TOT-11: %v twice or without a text", e)
			}
			if e.integer("amount") < 0 {
				t.Errorf("TOT-15: %v is negative", e)
			}
			seen[kind] = true
			if parts := e.list("breakdown"); parts != nil {
				var sum int64
				for _, p := range parts {
					sum += p.integer("amount")
				}
				if sum != e.integer("amount") {
					t.Errorf("TOT-08: %v does not add up", e)
				}
			}
		}
	}
	var base, discount, tax, delivery, deliveryTax int64
	for _, l := range s.list("line_items") {
		a := v.amounts(l)
		if a.subtotal != a.base-a.discount || a.total != a.subtotal+a.tax || min(a.base, a.discount, a.subtotal, a.tax, a.total) < 0 {
			t.Errorf("TOT-02, TOT-03: line %v", l)
		}
		quantity := max(l.integer("quantity"), l.at("item").integer("quantity"))
		if _, ok := l["unit_amount"]; ok && s.text("currency") != "eur" && a.base != l.integer("unit_amount")*quantity {
			t.Errorf("TOT-04: %d is not %d times %d", a.base, quantity, l.integer("unit_amount"))
		}
		base, discount, tax = base+a.base, discount+a.discount, tax+a.tax
	}
	selected, all := selectedOptions(v, s)
	for _, o := range s.list("fulfillment_options") {
		a := v.amounts(o)
		if a.total != a.subtotal+a.tax {
			t.Errorf("TOT-10: option %v", o)
		}
		if slices.Contains(selected, o.text("id")) {
			delivery, deliveryTax = delivery+a.subtotal, deliveryTax+a.tax
		}
	}
	check := func(rule string, got, want int64) {
		if got != want {
			t.Errorf("%s: %d, want %d, in %s", rule, got, want, s.body)
		}
	}
	check("TOT-04", s.total("items_base_amount"), base)
	check("TOT-05", s.total("items_discount"), discount)
	check("TOT-06", s.total("subtotal"), base-discount)
	check("TOT-07", s.total("total"), s.parts())
	if all {
		if off := s.total("discount"); off > 0 && off == s.total("fulfillment") {
			deliveryTax = 0 // the delivery is free
		}
		// The tax on fees and gift wrap stands in the session's tax alone.
		extraTax := s.total("tax") - tax - deliveryTax
		if extraTax < 0 || extraTax > s.total("fee")+s.total("gift_wrap") {
			check("TOT-08", s.total("tax"), tax+deliveryTax)
		}
		check("TOT-09", s.total("fulfillment"), delivery)
	}
}

// selectedOptions are the options that a session's totals count; all is false
// when the version shows only one of several.
func selectedOptions(v dialect, s answer) (ids []string, all bool) {
	if v.flat() && !v.nested() {
		deliveries := slices.ContainsFunc(s.list("messages"), func(m object) bool { return m.text("param") == "$.fulfillment_option_id" })
		return []string{s.text("fulfillment_option_id")}, !deliveries
	}
	for _, sel := range s.list("selected_fulfillment_options") {
		ids = append(ids, v.selection(sel).text("option_id"))
	}
	return ids, true
}

// selection is where an entry of selected_fulfillment_options has its option
// and lines.
func (v dialect) selection(o object) object {
	if v.nested() {
		return o.at(o.text("type"))
	}
	return o
}

// checkLines is SES-18.
func checkLines(t testing.TB, s answer) {
	t.Helper()
	seen := map[string]bool{}
	for _, l := range s.list("line_items") {
		quantity := max(l.integer("quantity"), l.at("item").integer("quantity"))
		if id := l.text("id"); id == "" || seen[id] || l.at("item").text("id") == "" || quantity < 1 {
			t.Errorf("SES-18: line %v", l)
		}
		seen[l.text("id")] = true
	}
}

// checkDelivery is FUL-03, -04, -06 and -08.
func (m *market) checkDelivery(t testing.TB, v dialect, s answer) {
	t.Helper()
	offered := map[string]bool{}
	final := slices.Contains([]string{"completed", "canceled", "expired"}, s.text("status"))
	for _, o := range s.list("fulfillment_options") {
		if offered[o.text("id")] {
			t.Errorf("FUL-03: option %s twice", o.text("id"))
		}
		offered[o.text("id")] = true
		earliest, latest := o.text("earliest_delivery_time"), o.text("latest_delivery_time")
		if earliest == "" && latest == "" {
			continue
		}
		from, err1 := time.Parse(time.RFC3339Nano, earliest)
		to, err2 := time.Parse(time.RFC3339Nano, latest)
		if err1 != nil || err2 != nil || to.Before(from) || !final && from.Before(m.clock.Now().Add(-config.DefaultMerchant().SessionTTL)) {
			t.Errorf("FUL-08: from %q to %q", earliest, latest)
		}
	}
	ids, _ := selectedOptions(v, s)
	for _, id := range ids {
		if id != "" && !offered[id] {
			t.Errorf("FUL-04: %s is selected and not on offer", id)
		}
	}
	if v.flat() && !v.nested() {
		return
	}
	lines, covered := map[string]bool{}, map[string]bool{}
	for _, l := range s.list("line_items") {
		lines[l.text("id")] = true
	}
	for _, sel := range s.list("selected_fulfillment_options") {
		list, _ := v.selection(sel)["item_ids"].([]any)
		for _, ref := range list {
			id, _ := ref.(string)
			if !lines[id] || covered[id] {
				t.Errorf("FUL-06: %s is no line or selected twice", id)
			}
			covered[id] = true
		}
	}
	if s.text("status") == "ready_for_payment" && len(covered) != len(lines) {
		t.Errorf("FUL-06: %d of %d lines have a delivery", len(covered), len(lines))
	}
}

// checkMessages is SES-11 and ERR-04 to -06.
func checkMessages(t testing.TB, v dialect, s answer) {
	t.Helper()
	blocking := 0
	for _, m := range s.list("messages") {
		param := m.text("param")
		aboutPayment := strings.HasPrefix(param, "$.payment_data")
		if m.text("type") == "error" {
			if !aboutPayment {
				blocking++
			}
			if v.keyed() && m.text("resolution") == "" {
				t.Errorf("ERR-06: no resolution in %v", m)
			}
		}
		if param == "" || aboutPayment {
			continue
		}
		_, ok, valid := resolve(map[string]any(s.object), param)
		if !valid || !ok && m.text("code") != "missing" {
			t.Errorf("ERR-04: param %q of message %v leads nowhere in %s", param, m, s.body)
		}
	}
	switch s.text("status") {
	case "ready_for_payment":
		if ids, _ := selectedOptions(v, s); blocking > 0 || len(ids) == 0 || ids[0] == "" {
			t.Errorf("SES-11: ready with %d blocking messages and options %v: %s", blocking, ids, s.body)
		}
	case "not_ready_for_payment":
		if blocking == 0 {
			t.Errorf("ERR-03: not ready, and no message says why: %s", s.body)
		}
	}
}

// parts is what the parts of a session's totals come to. Store credit is taken
// off, for sessions of shops that do so: decision 13 says why this one does not.
func (a answer) parts() int64 {
	return a.total("items_base_amount") - a.total("items_discount") - a.total("discount") + a.total("fulfillment") + a.total("tax") +
		a.total("fee") + a.total("gift_wrap") + a.total("tip") - a.total("store_credit")
}

// The identity of the totals holds for a shop that takes store credit off.
func TestTotalsWithStoreCreditAddUp(t *testing.T) {
	entry := func(kind string, amount int64) any {
		return object{"type": kind, "display_text": kind, "amount": amount}
	}
	theirs := answer{object: object{"totals": []any{entry("items_base_amount", 5000), entry("items_discount", 500), entry("subtotal", 4500), entry("discount", 250),
		entry("fulfillment", 590), entry("tax", 410), entry("tip", 100), entry("store_credit", 2000), entry("total", 3350)}}}
	if theirs.parts() != theirs.total("total") {
		t.Errorf("%d, want %d", theirs.parts(), theirs.total("total"))
	}
}
