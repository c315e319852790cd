package server_test

import (
	"bytes"
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
// It is for tests that run by themselves: payments of others would be given up
// under the moving clock, and their webhooks sent again.
func (m *market) heard(t testing.TB, sessionID string, n int) []object {
	t.Helper()
	for deadline := time.Now().Add(webhookTime); ; time.Sleep(10 * time.Millisecond) {
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
		m.app.Wake()
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
	t.Parallel()
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
