package server_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/credential"
)

// carting are the versions that have carts.
var carting = []acp.Version{acp.V20260417, acp.Unreleased}

// sendCart sends a request about carts, and holds a cart in the answer to CRT-02
// beside what every answer is held to.
func (m *market) sendCart(t testing.TB, r request) answer {
	t.Helper()
	if r.method == http.MethodPut && r.head["Idempotency-Key"] == "" {
		head := map[string]string{"Idempotency-Key": m.freshKey()}
		maps.Copy(head, r.head)
		r.head = head
	}
	a := m.send(t, r)
	if r.method != http.MethodGet && a.header.Get("Idempotency-Key") != a.sent.Get("Idempotency-Key") {
		t.Errorf("HDR-02: Idempotency-Key %q came back as %q", a.sent.Get("Idempotency-Key"), a.header.Get("Idempotency-Key"))
	}
	if a.status >= 300 {
		return a
	}
	acptest.Schema(t, acp.Version(r.version), "Cart").Check(t, a.body)
	checkDescribed(t, acp.Version(r.version), "Cart", a.body)
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q of a cart", got)
	}
	if got := a.header.Get("API-Version"); got != string(r.version) {
		t.Errorf("API-Version %q was answered in %q", r.version, got)
	}
	for _, name := range []string{"id", "currency"} {
		if a.text(name) == "" {
			t.Errorf("CRT-02: no %s in %s", name, a.body)
		}
	}
	sum := int64(0)
	for i, l := range a.list("line_items") {
		line := amountsOfLine(l)
		if line.total != line.base-line.discount+line.tax {
			t.Errorf("line %d does not add up: %s", i, a.body)
		}
		sum += line.total
	}
	if len(a.list("line_items")) == 0 || a.total("total") != sum+a.total("fulfillment") {
		t.Errorf("lines of %d and a total of %d: %s", sum, a.total("total"), a.body)
	}
	return a
}

func amountsOfLine(l object) amounts {
	return amounts{l.total("items_base_amount"), l.total("items_discount"), l.total("subtotal"), l.total("tax"), l.total("total")}
}

func basket(lines ...object) object {
	list := make([]any, len(lines))
	for i := range lines {
		list[i] = lines[i]
	}
	return object{"line_items": list}
}

func (m *market) createCart(t testing.TB, v dialect, body any) answer {
	t.Helper()
	return m.sendCart(t, request{method: "POST", path: "/carts", version: v, body: body})
}

func (m *market) getCart(t testing.TB, v dialect, id string) answer {
	t.Helper()
	return m.sendCart(t, request{method: "GET", path: "/carts/" + id, version: v})
}

func (m *market) putCart(t testing.TB, v dialect, id string, body any) answer {
	t.Helper()
	return m.sendCart(t, request{method: "PUT", path: "/carts/" + id, version: v, body: body})
}

func (m *market) cancelCart(t testing.TB, v dialect, id string) answer {
	t.Helper()
	return m.sendCart(t, request{method: "POST", path: "/carts/" + id + "/cancel", version: v})
}

func TestRulesOfCarts(t *testing.T) {
	t.Parallel()
	m := openMarket(t)

	eachVersion(t, "CRT-01 create 201, retrieve 200, replace 200, cancel 200 with the last state, then 404", func(t *testing.T, v dialect) {
		c := m.createCart(t, v, basket(line("ok", 2), line("other", 1)).with("buyer", v.buyer())).want(t, 201)
		if got := m.getCart(t, v, c.text("id")).want(t, 200); string(got.body) != string(c.body) {
			t.Errorf("made %s, read %s", c.body, got.body)
		}
		ids := lineIDs(c)
		for _, method := range []string{"PUT", "POST"} { // the text has POST, the OpenAPI document PUT
			r := m.sendCart(t, request{method: method, path: "/carts/" + c.text("id"), version: v, body: basket(line("other", 5), line("download", 1))}).want(t, 200)
			if got := lineIDs(r); len(got) != 2 || got["other"] != ids["other"] || r.at("buyer") != nil || r.text("id") != c.text("id") {
				t.Errorf("%s: not replaced in full: %s", method, r.body)
			}
		}
		before := m.getCart(t, v, c.text("id")).want(t, 200)
		if last := m.cancelCart(t, v, c.text("id")).want(t, 200); string(last.body) != string(before.body) {
			t.Errorf("was %s, canceled %s", before.body, last.body)
		}
		m.getCart(t, v, c.text("id")).refused(t, 404, "not_found", "")
	}, carting...)
	eachVersion(t, "CRT-02 id, line_items, currency and totals in every answer", func(t *testing.T, v dialect) {
		for shop, currency := range map[string]string{dollars: "usd", euros: "eur", yen: "jpy", dinars: "kwd", bargains: "usd"} {
			key := m.issueFor(t, shop)
			c := m.sendCart(t, request{method: "POST", path: "/carts", version: v, bearer: key, body: basket(line("ok", 3), line("exempt", 1), line("download", 2))}).want(t, 201)
			if c.text("currency") != currency || len(c.list("line_items")) != 3 {
				t.Errorf("%s", c.body)
			}
			m.sendCart(t, request{method: "PUT", path: "/carts/" + c.text("id"), version: v, bearer: key, body: basket(line("free", 1))}).want(t, 200)
		}
	}, carting...)
	eachVersion(t, "CRT-03 what is expired, canceled or unknown is 404", func(t *testing.T, v dialect) {
		canceled := m.createCart(t, v, basket(line("ok", 1))).want(t, 201)
		m.cancelCart(t, v, canceled.text("id")).want(t, 200)
		expired := m.createCart(t, v, basket(line("ok", 1))).want(t, 201)
		m.clock.Advance(8 * 24 * time.Hour)
		m.bearer = m.issueFor(t, dollars)
		for _, id := range []string{canceled.text("id"), expired.text("id"), "cart_00000000000000000000000000", "nope", "cs_%00", "%ff%fe", "a%2Fb", "%2e%2e", strings.Repeat("x", 2000)} {
			m.getCart(t, v, id).refused(t, 404, "not_found", "")
			m.putCart(t, v, id, basket(line("ok", 1))).refused(t, 404, "not_found", "")
			m.cancelCart(t, v, id).refused(t, 404, "not_found", "")
		}
	}, carting...)
	eachVersion(t, "CRT-04 what cannot be had is shown and said, never dropped; nothing to be had is 422", func(t *testing.T, v dialect) {
		c := m.createCart(t, v, basket(line("ok", 1), line("oos", 1), line("low", 4))).want(t, 201)
		if msg := c.says("out_of_stock"); msg == nil || msg.text("param") != "$.line_items[1]" || len(c.list("line_items")) != 3 {
			t.Errorf("%s", c.body)
		}
		if msg := c.says("low_stock"); msg == nil || msg.text("param") != "$.line_items[2]" {
			t.Errorf("%s", c.body)
		}
		m.createCart(t, v, basket(line("oos", 1))).refused(t, 422, "out_of_stock", "$.line_items")
		m.putCart(t, v, c.text("id"), basket(line("oos", 2))).refused(t, 422, "out_of_stock", "$.line_items")
		if got := m.getCart(t, v, c.text("id")).want(t, 200); len(got.list("line_items")) != 3 {
			t.Errorf("a refused change has changed the cart: %s", got.body)
		}
		m.createCart(t, v, basket(line("ok", 1), line("unicorn", 1))).refused(t, 400, "invalid", "$.line_items[1].id")
	}, carting...)
	eachVersion(t, "CRT-05 replacing puts the end off; there is a continue_url; a currency that cannot be is 422", func(t *testing.T, v dialect) {
		c := m.createCart(t, v, basket(line("ok", 1))).want(t, 201)
		ends := func(a answer) time.Time {
			at, err := time.Parse(time.RFC3339, a.text("expires_at"))
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		m.clock.Advance(2 * time.Hour)
		if got := m.getCart(t, v, c.text("id")); !ends(got).Equal(ends(c)) {
			t.Errorf("reading moved the end from %v to %v", ends(c), ends(got))
		}
		if r := m.putCart(t, v, c.text("id"), basket(line("ok", 2))).want(t, 200); ends(r).Sub(ends(c)) < 2*time.Hour {
			t.Errorf("ends at %v, and at %v two hours later", ends(c), ends(r))
		}
		if !strings.HasPrefix(c.text("continue_url"), m.url+"/cart/"+dollars+"/"+c.text("id")+"/") {
			t.Errorf("continue_url %q", c.text("continue_url"))
		}
		m.createCart(t, v, basket(line("ok", 1)).with("currency", "eur")).refused(t, 422, "invalid", "$.currency")
	}, carting...)
	eachVersion(t, "CRT-06 a key is required; ids are opaque; discovery names the service", func(t *testing.T, v dialect) {
		body := basket(line("ok", 1))
		c := m.createCart(t, v, body).want(t, 201)
		path := "/carts/" + c.text("id")
		for _, r := range []request{{method: "POST", path: "/carts", body: body}, {method: "POST", path: path, body: body}, {method: "PUT", path: path, body: body}, {method: "POST", path: path + "/cancel"}} {
			r.version, r.head = v, map[string]string{"Idempotency-Key": ""}
			m.exchange(t, m.url, r).refused(t, 400, "idempotency_key_required", "")
		}
		form := regexp.MustCompile(`^cart_[0-9a-z]{26}$`)
		for range 5 {
			next := m.createCart(t, v, body).want(t, 201)
			if !form.MatchString(next.text("id")) || next.text("id")[15:] == c.text("id")[15:] {
				t.Errorf("ids %q and %q", c.text("id"), next.text("id"))
			}
		}
		d := m.send(t, request{method: "GET", path: "/.well-known/acp.json"}).want(t, 200)
		if services, _ := d.at("capabilities")["services"].([]any); !slices.Contains(services, any("carts")) {
			t.Errorf("%s", d.body)
		}
	}, carting...)
	eachVersion(t, "CRT-06 a key carries a request out once, replacing too", func(t *testing.T, v dialect) {
		again := func(r request, other any, status int) answer {
			t.Helper()
			r.version, r.head = v, map[string]string{"Idempotency-Key": m.freshKey()}
			first, second := m.sendCart(t, r).want(t, status), m.sendCart(t, r).want(t, status)
			if string(first.body) != string(second.body) || second.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s %s: first %s, then %s", r.method, r.path, first.body, second.body)
			}
			if other != nil {
				r.body = other
				m.sendCart(t, r).refused(t, 422, "idempotency_conflict", "")
			}
			return first
		}
		c := again(request{method: "POST", path: "/carts", body: basket(line("ok", 1))}, basket(line("ok", 2)), 201)
		again(request{method: "PUT", path: "/carts/" + c.text("id"), body: basket(line("ok", 3))}, basket(line("ok", 4)), 200)
		if got := m.getCart(t, v, c.text("id")).want(t, 200); got.list("line_items")[0].integer("quantity") != 3 {
			t.Errorf("%s", got.body)
		}
		again(request{method: "POST", path: "/carts/" + c.text("id") + "/cancel"}, nil, 200)
	}, carting...)
	eachVersion(t, "versions without carts say which have them", func(t *testing.T, v dialect) {
		for _, r := range []request{{method: "POST", path: "/carts", body: basket(line("ok", 1))}, {method: "GET", path: "/carts/cart_1"},
			{method: "PUT", path: "/carts/cart_1", body: basket(line("ok", 1))}, {method: "POST", path: "/carts/cart_1/cancel"}} {
			r.version = v
			a := m.sendCart(t, r).refused(t, 400, "unsupported_api_version", "")
			if versions, _ := a.object["supported_versions"].([]any); !slices.Equal(versions, []any{string(acp.V20260417)}) {
				t.Errorf("%s", a.body)
			}
		}
	}, acp.V20250912, acp.V20250929, acp.V20251212, acp.V20260116, acp.V20260130)
}

func TestACartIsNobodyElses(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	v := dialect(acp.V20260417)
	c := m.createCart(t, v, basket(line("ok", 1)).with("buyer", v.buyer())).want(t, 201)
	strangers := map[string]string{
		"another shop":  m.issueFor(t, euros),
		"another agent": m.issue(t, credential.Params{MerchantID: dollars, Agent: "somebody-else"}),
	}
	for name, key := range strangers {
		for _, r := range []request{{method: "GET", path: "/carts/" + c.text("id")}, {method: "PUT", path: "/carts/" + c.text("id"), body: basket(line("other", 1))},
			{method: "POST", path: "/carts/" + c.text("id"), body: basket(line("other", 1))}, {method: "POST", path: "/carts/" + c.text("id") + "/cancel"}} {
			r.version, r.bearer = v, key
			if a := m.sendCart(t, r).refused(t, 404, "not_found", ""); strings.Contains(string(a.body), "example.com") {
				t.Errorf("%s: %s", name, a.body)
			}
		}
		body := object{"cart_id": c.text("id"), "line_items": []any{}, "currency": map[bool]string{true: "eur", false: "usd"}[name == "another shop"], "capabilities": object{}}
		m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, bearer: key, body: body}).refused(t, 404, "not_found", "$.cart_id")
	}
	for name, head := range map[string]map[string]string{"no key": {"Authorization": ""}, "a wrong one": {"Authorization": "Bearer csk_test_0"}} {
		a := m.exchange(t, m.url, request{method: "GET", path: "/carts/" + c.text("id"), version: v, head: head})
		if a.status != 401 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if got := m.getCart(t, v, c.text("id")).want(t, 200); string(got.body) != string(c.body) {
		t.Errorf("was %s, is %s", c.body, got.body)
	}
}

func TestACartBecomesASession(t *testing.T) {
	t.Parallel()
	m := openMarket(t)

	eachVersion(t, "by its id: its items and its buyer, one session as long as it is open", func(t *testing.T, v dialect) {
		c := m.createCart(t, v, basket(line("ok", 2), line("download", 1)).with("buyer", v.buyer())).want(t, 201)
		from := object{"cart_id": c.text("id"), "line_items": []any{line("other", 9)}, "buyer": object{"email": "somebody@example.com"},
			"currency": "usd", "capabilities": object{}, "fulfillment_details": object{"name": "Test Buyer", "address": address("CA", "94105")}}
		s := m.create(t, v, from).is(t, "ready_for_payment")
		if ids := lineIDs(s); len(ids) != 2 || !maps.Equal(ids, lineIDs(c)) || s.at("buyer").text("email") != v.buyer().text("email") {
			t.Errorf("%s became %s", c.body, s.body)
		}
		if again := m.create(t, v, object{"cart_id": c.text("id"), "line_items": []any{}, "currency": "usd", "capabilities": object{}}); again.text("id") != s.text("id") {
			t.Errorf("a second session: %s", again.body)
		}
		m.putCart(t, v, c.text("id"), basket(line("other", 1))).want(t, 200)
		if again := m.create(t, v, from); again.text("id") != s.text("id") || len(again.list("line_items")) != 1 {
			t.Errorf("%s", again.body)
		}
		m.complete(t, v, s.text("id"), v.paying(m.get(t, v, s.text("id")), "tok_visa")).want(t, 200).is(t, "completed")
		m.getCart(t, v, c.text("id")).refused(t, 404, "not_found", "")
		m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: from}).refused(t, 404, "not_found", "$.cart_id")
	}, carting...)
	eachVersion(t, "by its items, as the text that was released has it", func(t *testing.T, v dialect) {
		c := m.createCart(t, v, basket(line("ok", 2))).want(t, 201)
		var lines []object
		for _, l := range m.getCart(t, v, c.text("id")).want(t, 200).list("line_items") {
			lines = append(lines, line(l.at("item").text("id"), l.integer("quantity")))
		}
		if s := m.create(t, v, v.order(lines...)).is(t, "ready_for_payment"); s.list("line_items")[0].integer("quantity") != 2 {
			t.Errorf("%s", s.body)
		}
		m.getCart(t, v, c.text("id")).want(t, 200) // it knows nothing of that session
	}, carting...)
	eachVersion(t, "before there were carts, cart_id is like any member that nobody knows", func(t *testing.T, v dialect) {
		c := m.createCart(t, dialect(acp.V20260417), basket(line("ok", 2))).want(t, 201)
		s := m.create(t, v, v.order(line("other", 1)).with("cart_id", c.text("id")))
		if ids := lineIDs(s); len(ids) != 1 || ids["other"] == "" {
			t.Errorf("%s", s.body)
		}
	}, acp.V20250912, acp.V20250929, acp.V20251212, acp.V20260116, acp.V20260130)
	t.Run("a hundred at once are one session", func(t *testing.T) {
		v := dialect(acp.V20260417)
		c := m.createCart(t, v, basket(line("ok", 1))).want(t, 201)
		seen := make([]string, 100)
		var wg sync.WaitGroup
		for i := range seen {
			wg.Go(func() {
				a := m.exchange(t, m.url, request{method: "POST", path: "/checkout_sessions", version: v,
					body: object{"cart_id": c.text("id"), "line_items": []any{}, "currency": "usd", "capabilities": object{}}})
				if seen[i] = a.text("id"); a.status != 201 {
					t.Errorf("%d %s", a.status, a.body)
				}
			})
		}
		wg.Wait()
		slices.Sort(seen)
		if opened := slices.Compact(seen); len(opened) != 1 {
			t.Errorf("sessions %v", opened)
		}
	})
}

func TestACartFollowsTheCatalogue(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	v := dialect(acp.V20260417)
	c := m.createCart(t, v, basket(line("ok", 1), line("other", 1))).want(t, 201)
	items := marketItems("usd", 1)
	m.fill(t, dollars, slices.DeleteFunc(items, func(it catalog.Item) bool { return it.ID == "other" }))
	got := m.getCart(t, v, c.text("id")).want(t, 200)
	if msg := got.says("out_of_stock"); msg == nil || msg.text("param") != "$.line_items[1]" || len(got.list("line_items")) != 2 {
		t.Errorf("%s", got.body)
	}
	cheaper := marketItems("usd", 1)
	cheaper[0].Price = 995
	m.fill(t, dollars, cheaper)
	got = m.getCart(t, v, c.text("id")).want(t, 200)
	if msg := got.says("price_change"); msg == nil || msg.text("param") != "$.line_items[0]" || got.total("total") != 995+333 {
		t.Errorf("%s", got.body)
	}
}
