package server_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/sandbox"
)

// tap passes webhooks on to a receiver, and keeps them as they came. While it
// is shut, none is answered; those of some sessions fail at first.
type tap struct {
	to http.Handler

	mu    sync.Mutex
	seen  []delivery
	shut  chan struct{}
	fails map[string][]int // statuses by session
}

// delivery is one try to tell of an event.
type delivery struct {
	method, contentType, signature, timestamp string
	body                                      []byte
	answered                                  int
}

func (p *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the shop has hung up
	}
	p.mu.Lock()
	shut := p.shut
	p.mu.Unlock()
	if shut != nil {
		select {
		case <-shut:
		case <-r.Context().Done():
			return
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	if status := p.failure(body); status != 0 {
		answer.WriteHeader(status)
	} else {
		p.to.ServeHTTP(answer, r)
	}
	p.mu.Lock()
	p.seen = append(p.seen, delivery{r.Method, r.Header.Get("Content-Type"), r.Header.Get("Merchant-Signature"), r.Header.Get("Timestamp"), body, answer.Code})
	p.mu.Unlock()
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // whoever hung up gets nothing
}

// close shuts the tap until open is called.
func (p *tap) close() (open func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = make(chan struct{})
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		close(p.shut)
		p.shut = nil
	})
}

// fail makes the next deliveries about a session fail.
func (p *tap) fail(sessionID string, statuses ...int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails == nil {
		p.fails = map[string][]int{}
	}
	p.fails[sessionID] = statuses
}

// failure takes the next failure of an event's session; 0 is none.
func (p *tap) failure(body []byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, statuses := range p.fails {
		if len(statuses) > 0 && bytes.Contains(body, []byte(id)) {
			p.fails[id] = statuses[1:]
			return statuses[0]
		}
	}
	return 0
}

// of are the deliveries about a session.
func (p *tap) of(sessionID string) (out []delivery) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.seen {
		if bytes.Contains(d.body, []byte(sessionID)) {
			out = append(out, d)
		}
	}
	return out
}

// heard waits until n events of a session were taken, moving the clock past the
// pauses between tries, and gives their bodies in the order in which they came.
func (m *market) heard(t testing.TB, sessionID string, n int) []object {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var taken []object
		for _, d := range m.tap.of(sessionID) {
			if d.answered == http.StatusOK {
				taken = append(taken, parseObject(d.body))
			}
		}
		if len(taken) == n {
			return taken
		}
		if len(taken) > n || time.Now().After(deadline) {
			t.Fatalf("%d events were taken; want %d: %v", len(taken), n, taken)
		}
		m.clock.Advance(time.Second)
	}
}

// bought is a session that was paid, and its order.
func (m *market) bought(t testing.TB, v dialect, lines ...object) (answer, *order.Order) {
	t.Helper()
	return m.buy(t, v, m.create(t, v, v.order(lines...)).is(t, "ready_for_payment"))
}

func (m *market) buy(t testing.TB, v dialect, s answer) (answer, *order.Order) {
	t.Helper()
	paid := m.complete(t, v, s.text("id"), v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve))))).want(t, 200).is(t, "completed")
	o, err := m.app.Store().OrderOfSession(t.Context(), dollars, s.text("id"))
	if err != nil {
		t.Fatal(err)
	}
	return paid, o
}

// by is a command of an operator for an order.
func by(o *order.Order) order.Command {
	return order.Command{MerchantID: dollars, OrderID: o.ID, Who: "operator:test"}
}

func did(t testing.TB, what string) func(order.Outcome, error) {
	t.Helper()
	return func(_ order.Outcome, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

func TestRulesOfWebhooks(t *testing.T) {
	m := openMarket(t)
	v1, v2 := "order_create", "order_update"
	kind := func(v dialect, newest string) string {
		if v.page() {
			return newest + "d"
		}
		return newest
	}
	eachVersion(t, "WHK-01, WHK-02, WHK-03 one event of the order, and one of each change of it", func(t *testing.T, v dialect) {
		s, o := m.bought(t, v, line("ok", 2))
		did(t, "ship")(m.app.Orders().Ship(t.Context(), by(o), nil, order.Parcel{Carrier: "Post", TrackingNumber: "T1"}))
		did(t, "deliver")(m.app.Orders().Deliver(t.Context(), by(o), ""))
		events := m.heard(t, s.text("id"), 3)
		schema := acptest.Schema(t, acp.Version(v), "WebhookEvent")
		for i, d := range m.tap.of(s.text("id")) {
			schema.Check(t, d.body)
			want := kind(v, []string{v1, v2, v2}[i])
			data := events[i].at("data")
			if events[i].text("type") != want || data.text("type") != "order" || data.text("checkout_session_id") != s.text("id") || data.text("permalink_url") == "" || data.text("status") == "" {
				t.Errorf("%s", d.body)
			}
			if v.keyed() && (data.text("id") != o.ID || !strings.HasPrefix(d.signature, "t=")) || d.signature == "" || d.method != "POST" || d.contentType != "application/json" {
				t.Errorf("%+v", d)
			}
		}
		for _, e := range m.hooks.Events() {
			if e.SessionID == s.text("id") && !e.Verified {
				t.Errorf("an event whose signature is wrong: %s", e.Body)
			}
		}
	})
	eachVersion(t, "WHK-05 a receiver that fails is told again, signed anew, until it takes the event", func(t *testing.T, v dialect) {
		t.Parallel() // it waits for the next look at the jobs most of the time
		s := m.ready(t, v)
		m.tap.fail(s.text("id"), http.StatusServiceUnavailable, http.StatusInternalServerError)
		m.buy(t, v, s)
		m.heard(t, s.text("id"), 1)
		tries := m.tap.of(s.text("id"))
		var answers []int
		times, signatures := map[string]bool{}, map[string]bool{}
		for _, d := range tries {
			answers = append(answers, d.answered)
			times[d.timestamp], signatures[d.signature] = true, true
			if !bytes.Equal(d.body, tries[0].body) {
				t.Errorf("the event became %s", d.body)
			}
		}
		if !slices.Equal(answers, []int{503, 500, 200}) || len(times) != 3 || v.keyed() && len(signatures) != 3 {
			t.Errorf("answers %v at %v with %v", answers, times, signatures)
		}
		// Nothing more comes, however late: the next purchase is heard of, and no
		// more of this one.
		m.clock.Advance(10 * time.Minute)
		next, _ := m.bought(t, v, line("ok", 1))
		m.heard(t, next.text("id"), 1)
		if again := m.tap.of(s.text("id")); len(again) != 3 {
			t.Errorf("%d deliveries", len(again))
		}
	})
	eachVersion(t, "WHK-06 a receiver that does not answer holds up no purchase", func(t *testing.T, v dialect) {
		open := m.tap.close()
		defer open()
		s, _ := m.bought(t, v, line("ok", 1)) // while nothing is answered
		if n := len(m.tap.of(s.text("id"))); n != 0 {
			t.Fatalf("%d deliveries were answered", n)
		}
		m.get(t, v, s.text("id")).is(t, "completed")
		open()
		m.heard(t, s.text("id"), 1)
	})
	eachVersion(t, "WHK-07 events of an order come in its order, the first one late", func(t *testing.T, v dialect) {
		t.Parallel()
		s := m.ready(t, v)
		m.tap.fail(s.text("id"), http.StatusServiceUnavailable, http.StatusServiceUnavailable)
		s, o := m.buy(t, v, s)
		did(t, "ship one")(m.app.Orders().Ship(t.Context(), by(o), []order.Line{{ID: o.LineItems[0].ID, Quantity: 1}}, order.Parcel{}))
		did(t, "ship the rest")(m.app.Orders().Ship(t.Context(), by(o), nil, order.Parcel{}))
		did(t, "deliver")(m.app.Orders().Deliver(t.Context(), by(o), ""))
		var got []string
		for _, e := range m.heard(t, s.text("id"), 4) {
			got = append(got, e.text("type")+" "+e.at("data").text("status"))
		}
		want := []string{kind(v, v1) + " confirmed", kind(v, v2) + " processing", kind(v, v2) + " shipped", kind(v, v2) + " completed"}
		if !v.keyed() { // these have other words for the last three
			for i := range got {
				got[i], want[i] = strings.Fields(got[i])[0], strings.Fields(want[i])[0]
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v; want %v", got, want)
		}
	})
	eachVersion(t, "WHK-04, WHK-09 money that goes back is in refunds or in adjustments, as the version has it", func(t *testing.T, v dialect) {
		s, o := m.bought(t, v, line("ok", 2))
		did(t, "ship")(m.app.Orders().Ship(t.Context(), by(o), nil, order.Parcel{}))
		did(t, "refund")(m.app.Orders().Refund(t.Context(), by(o), 500, nil, order.Reason{Code: "requested_by_customer"}))
		events := m.heard(t, s.text("id"), 4)
		last := events[len(events)-1].at("data")
		if !v.keyed() {
			refunds := last.list("refunds")
			if len(refunds) != 1 || refunds[0].text("type") != "original_payment" || refunds[0].integer("amount") != 500 || last["adjustments"] != nil {
				t.Errorf("%v", last)
			}
			for _, e := range events[:2] {
				if list, ok := e.at("data")["refunds"].([]any); !ok || len(list) != 0 {
					t.Errorf("refunds before there were any: %v", e)
				}
			}
			return
		}
		adjustments := last.list("adjustments")
		if len(adjustments) != 1 || adjustments[0].text("type") != "refund" || adjustments[0].text("status") != "completed" || adjustments[0].integer("amount") != 500 || last["refunds"] != nil {
			t.Errorf("%v", last)
		}
		for _, name := range []string{"line_items", "fulfillments", "totals"} {
			for i, e := range events {
				if len(e.at("data").list(name)) == 0 {
					t.Errorf("event %d has no %s: %v", i, name, e)
				}
			}
		}
	})
	eachVersion(t, "WHK-08 nothing of affiliates and intents is in any event", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 1)).with("affiliate_attribution", object{"provider": "network.example", "token": "clk-first"}))
		pay := v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve)))).with("affiliate_attribution", object{"provider": "network.example", "token": "clk-last"})
		m.complete(t, v, s.text("id"), pay).want(t, 200).is(t, "completed")
		o, err := m.app.Store().OrderOfSession(t.Context(), dollars, s.text("id"))
		must(t, err)
		did(t, "ship")(m.app.Orders().Ship(t.Context(), by(o), nil, order.Parcel{}))
		m.heard(t, s.text("id"), 2)
		for _, d := range m.tap.of(s.text("id")) {
			for _, word := range []string{"clk-", "affiliate", "attribution", "intent", "network.example"} {
				if bytes.Contains(d.body, []byte(word)) {
					t.Errorf("%s in %s", word, d.body)
				}
			}
		}
	})
}

// carriesOrders are the versions whose events carry the whole order.
var carriesOrders = []acp.Version{acp.V20260417, acp.Unreleased}

// fitting are the statuses that a fulfillment of each type can have.
var fitting = map[string][]string{
	"shipping": {"pending", "processing", "shipped", "in_transit", "out_for_delivery", "delivered", "failed", "canceled"},
	"pickup":   {"pending", "processing", "ready_for_pickup", "delivered", "failed", "canceled"},
	"digital":  {"pending", "processing", "delivered", "failed", "canceled"},
}

func TestRulesOfOrders(t *testing.T) {
	m := openMarket(t)
	// story is what befalls an order, and every event of it: one of three goes,
	// one is not wanted any more, the rest goes, all arrives, money goes back.
	story := func(t *testing.T, v dialect) (s answer, states []object) {
		t.Helper()
		s, o := m.bought(t, v, line("ok", 3), line("other", 1), line("download", 1))
		ids := map[string]string{}
		for _, l := range o.LineItems {
			ids[l.ProductID] = l.ID
		}
		ok, other := ids["p-ok"], ids["p-other"]
		if ok == "" || other == "" {
			t.Fatalf("lines %+v", o.LineItems)
		}
		orders := m.app.Orders()
		did(t, "ship one")(orders.Ship(t.Context(), by(o), []order.Line{{ID: ok, Quantity: 1}}, order.Parcel{Carrier: "Post", TrackingNumber: "T1"}))
		did(t, "call one off")(orders.Refund(t.Context(), by(o), 0, []order.Line{{ID: other, Quantity: 1}}, order.Reason{Code: "requested_by_customer"}))
		did(t, "ship the rest")(orders.Ship(t.Context(), by(o), nil, order.Parcel{Carrier: "Post", TrackingNumber: "T2"}))
		did(t, "deliver")(orders.Deliver(t.Context(), by(o), ""))
		did(t, "give something back")(orders.Refund(t.Context(), by(o), 250, nil, order.Reason{}))
		for _, e := range m.heard(t, s.text("id"), 8) {
			states = append(states, e.at("data"))
		}
		return s, states
	}
	// lineAt is a line of an order by its product.
	lineAt := func(o object, product string) object {
		for _, l := range o.list("line_items") {
			if l.text("product_id") == product {
				return l
			}
		}
		return nil
	}
	eachVersion(t, "ORD-01, ORD-02 quantities hold, and give each line its status", func(t *testing.T, v dialect) {
		_, states := story(t, v)
		var seen []string
		for _, o := range states {
			for _, l := range o.list("line_items") {
				q := l.at("quantity")
				ordered, current, fulfilled := q.integer("ordered"), q.integer("current"), q.integer("fulfilled")
				if ordered < 1 || fulfilled < 0 || fulfilled > current || current > ordered {
					t.Errorf("ORD-01: %v", l)
				}
				want := "processing"
				switch {
				case current == 0:
					want = "removed"
				case fulfilled == current:
					want = "fulfilled"
				case fulfilled > 0:
					want = "partial"
				}
				if l.text("status") != want {
					t.Errorf("ORD-02: %v; want %s", l, want)
				}
			}
			seen = append(seen, lineAt(o, "p-ok").text("status")+"/"+lineAt(o, "p-other").text("status"))
		}
		if got := slices.Compact(seen); !slices.Equal(got, []string{"processing/processing", "partial/processing", "partial/removed", "fulfilled/removed"}) {
			t.Errorf("%v", got)
		}
	}, carriesOrders...)
	eachVersion(t, "ORD-03 the order's status follows from lines and fulfillments", func(t *testing.T, v dialect) {
		_, states := story(t, v)
		var seen []string
		for _, o := range states {
			removed, all, some, arrived := true, true, false, true
			for _, l := range o.list("line_items") {
				q := l.at("quantity")
				removed = removed && q.integer("current") == 0
				all = all && q.integer("fulfilled") == q.integer("current")
				some = some || q.integer("fulfilled") > 0
			}
			for _, f := range o.list("fulfillments") {
				arrived = arrived && (f.text("status") == "delivered" || f.text("status") == "canceled")
				some = some || !slices.Contains([]string{"pending", "canceled"}, f.text("status"))
			}
			want := "confirmed"
			switch {
			case removed:
				want = "canceled"
			case all && arrived:
				want = "completed"
			case all:
				want = "shipped"
			case some:
				want = "processing"
			}
			if o.text("status") != want {
				t.Errorf("%s; want %s: %v", o.text("status"), want, o)
			}
			seen = append(seen, o.text("status"))
		}
		if got := slices.Compact(seen); got[0] == got[len(got)-1] || got[len(got)-1] != "completed" || !slices.Contains(got, "processing") || !slices.Contains(got, "shipped") {
			t.Errorf("%v", got)
		}
		s, o := m.bought(t, v, line("ok", 1))
		did(t, "cancel")(m.app.Orders().Cancel(t.Context(), by(o), order.Reason{Note: "sold out"}))
		events := m.heard(t, s.text("id"), 3)
		if last := events[2].at("data"); last.text("status") != "canceled" {
			t.Errorf("%v", last)
		}
	}, carriesOrders...)
	eachVersion(t, "ORD-04, ORD-06 fulfillments have a status of their type, and lines that exist", func(t *testing.T, v dialect) {
		_, states := story(t, v)
		types := map[string]int{}
		for _, o := range states {
			inDeliveries := map[string]int64{}
			for _, f := range o.list("fulfillments") {
				types[f.text("type")]++
				if !slices.Contains(fitting[f.text("type")], f.text("status")) {
					t.Errorf("ORD-04: %v", f)
				}
				if f.text("status") == "canceled" {
					continue
				}
				for _, l := range f.list("line_items") {
					inDeliveries[l.text("id")] += l.integer("quantity")
					if l.integer("quantity") < 1 {
						t.Errorf("ORD-06: %v", f)
					}
				}
			}
			for _, l := range o.list("line_items") {
				if n := inDeliveries[l.text("id")]; n > l.at("quantity").integer("current") {
					t.Errorf("ORD-06: %d in deliveries of %v", n, l)
				}
				delete(inDeliveries, l.text("id"))
			}
			if len(inDeliveries) != 0 {
				t.Errorf("ORD-06: of no line: %v", inDeliveries)
			}
		}
		if types["shipping"] == 0 || types["digital"] == 0 {
			t.Errorf("%v", types)
		}
	}, carriesOrders...)
	eachVersion(t, "ORD-05 the total stays, and refunds add up beside it with their tax", func(t *testing.T, v dialect) {
		s, states := story(t, v)
		for i, o := range states {
			var back int64
			for _, a := range o.list("adjustments") {
				if a.text("type") == "refund" && a.text("status") == "completed" {
					back += a.integer("amount")
				}
			}
			if o.total("total") != s.total("total") || o.total("amount_refunded") != back {
				t.Errorf("state %d: a total of %d, was %d; %d refunded, want %d", i, o.total("total"), s.total("total"), o.total("amount_refunded"), back)
			}
		}
		last := states[len(states)-1]
		other := int64(333) + taxOf(333)
		if got := last.total("amount_refunded"); got != other+250 {
			t.Errorf("%d was refunded; want %d with tax and 250", got, other)
		}
		if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total")-other-250 {
			t.Errorf("the PSP has kept %d of %d", taken, s.total("total"))
		}
	}, carriesOrders...)
	eachVersion(t, "ORD-08 what happens to a fulfillment is dated, only added to, and keeps its id", func(t *testing.T, v dialect) {
		_, states := story(t, v)
		history := map[string][]string{} // by fulfillment
		n := 0
		for i, o := range states {
			ids := map[string]bool{}
			for _, f := range o.list("fulfillments") {
				var now []string
				for _, e := range f.list("events") {
					if _, err := time.Parse(time.RFC3339Nano, e.text("occurred_at")); err != nil || e.text("id") == "" || ids[e.text("id")] || e.text("type") == "" {
						t.Errorf("state %d: %v", i, e)
					}
					ids[e.text("id")] = true
					now = append(now, fmt.Sprint(e.text("id"), e.text("type"), e.text("occurred_at")))
				}
				before := history[f.text("id")]
				if len(now) < len(before) || !slices.Equal(now[:len(before)], before) {
					t.Errorf("state %d: %v became %v", i, before, now)
				}
				history[f.text("id")] = now
				n = max(n, len(now))
			}
			for _, a := range o.list("adjustments") {
				if _, err := time.Parse(time.RFC3339Nano, a.text("occurred_at")); err != nil || a.text("id") == "" {
					t.Errorf("state %d: %v", i, a)
				}
			}
		}
		if n < 2 {
			t.Errorf("at most %d events of a fulfillment", n)
		}
	}, carriesOrders...)
}
