package sandbox

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/secret"
	"github.com/go-json-experiment/json"
)

const hookSecret = "secret-of-the-webhooks"

// receiver is a shop that takes webhooks, or refuses the next ones.
type receiver struct {
	t    testing.TB
	d    *desk
	url  string
	come chan event // what was taken, in order of arrival

	mu     sync.Mutex
	refuse int
	tried  int
}

// subscribe sets a receiver as the endpoint of the account.
func (d *desk) subscribe() *receiver {
	r := &receiver{t: d.t, d: d, come: make(chan event, 100)}
	srv := httptest.NewServer(r)
	d.t.Cleanup(srv.Close)
	r.url = srv.URL
	r.set()
	return r
}

func (r *receiver) set() {
	r.t.Helper()
	answer := r.d.merchant("POST", "/v1/webhook_endpoint", fmt.Sprintf(`{"merchant_id": %q, "url": %q, "secret": %q}`, shop, r.url, hookSecret))
	if answer.status != http.StatusCreated || strings.Contains(answer.raw, hookSecret) {
		r.t.Fatalf("%d %s", answer.status, answer.raw)
	}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		r.t.Error(err)
	}
	if want := signWebhook(hookSecret, r.d.now(), body); req.Header.Get(SignatureHeader) != want {
		r.t.Errorf("signature %q, want %q", req.Header.Get(SignatureHeader), want)
	}
	r.mu.Lock()
	r.tried++
	refused := r.refuse > 0
	if refused {
		r.refuse--
	}
	r.mu.Unlock()
	if refused {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var e event
	if err := json.Unmarshal(body, &e, json.RejectUnknownMembers(true)); err != nil {
		r.t.Errorf("event: %v\n%s", err, body)
	}
	r.come <- e
}

func (r *receiver) refuseNext(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = n
}

func (r *receiver) next() event {
	r.t.Helper()
	select {
	case e := <-r.come:
		return e
	case <-time.After(time.Minute):
		r.t.Fatal("no webhook came")
		return event{}
	}
}

// types waits for n events and names them in order of arrival.
func (r *receiver) types(n int) (list []string) {
	r.t.Helper()
	for range n {
		list = append(list, r.next().Type)
	}
	return list
}

func (r *receiver) quiet() {
	r.t.Helper()
	select {
	case e := <-r.come:
		r.t.Errorf("a webhook too many: %+v", e)
	default:
	}
}

// waiting is how many events are not delivered.
func (d *desk) waiting() int64 {
	return d.merchant("GET", "/v1/webhook_endpoint?merchant_id="+shop, "").num("waiting")
}

// later moves the clock, and has the worker look at it.
func (d *desk) later(by time.Duration) {
	d.advance(by)
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// pauses waits until the worker has given n events up for now.
func (d *desk) pauses(tries int64) {
	d.t.Helper()
	for {
		var n int64
		if err := d.read.QueryRow(`SELECT coalesce(max(tries + held), 0) FROM outbox`).Scan(&n); err != nil {
			d.t.Fatal(err)
		}
		if n >= tries {
			return
		}
	}
}

// The life of payments as the shop is told of it.
func TestEventsTellWhatHappened(t *testing.T) {
	d := openDesk(t)
	d.wait = func(time.Duration) error { return nil }
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_before", "pay_before")) // nobody listens yet
	r := d.subscribe()
	charge := func(token, session string, change ...any) string {
		return d.merchant("POST", "/v1/charges", chargeBody(token, session, "pay_"+session, change...)).str("id")
	}
	want := func(kind, status string, check func(eventData) bool) {
		t.Helper()
		e := r.next()
		if e.Type != kind || e.Data.Status != status || e.MerchantID != shop || !strings.HasPrefix(e.ID, "evt_") || !e.Created.Equal(d.now()) || !check(e.Data) {
			t.Errorf("got %+v, want %s %s", e, kind, status)
		}
	}
	op := func(e eventData, kind operationKind, reference string, amount int64) bool {
		return e.Operation != nil && e.Operation.Kind == kind && e.Operation.Reference == reference && e.Operation.Amount == amount && e.Operation.ID != ""
	}

	one := charge("tok_visa", "cs_1")
	want("charge.succeeded", "captured", func(e eventData) bool {
		return e.Charge == one && e.Reference == "pay_cs_1" && e.SessionID == "cs_1" && e.Amount == 1000 && e.Captured == 1000 && e.Currency == "usd" && e.Page == "" && e.Operation == nil
	})
	charge("tok_chargeDeclined", "cs_2")
	want("charge.failed", "declined", func(e eventData) bool { return e.Charge != "" && e.Decline == "card_declined" })
	held := charge("tok_visa", "cs_3", "capture", false)
	want("charge.authorized", "authorized", func(e eventData) bool { return e.Charge == held && e.Captured == 0 })
	d.merchant("POST", "/v1/charges/"+held+"/capture", `{"amount": 700, "reference": "op_1"}`)
	want("charge.captured", "captured", func(e eventData) bool { return e.Captured == 700 && op(e, opCapture, "op_1", 700) })
	refund := d.merchant("POST", "/v1/charges/"+held+"/refund", `{"amount": 200, "reference": "op_2"}`)
	want("charge.refunded", "captured", func(e eventData) bool {
		return e.Refunded == 200 && op(e, opRefund, "op_2", 200) && e.Operation.ID == refund.str("id")
	})
	d.merchant("POST", "/v1/charges/"+held+"/refund", `{"amount": 100, "reference": "op_2"}`).want(t, 409, codeReferenceInUse)
	d.merchant("POST", "/v1/charges/"+charge("tok_visa", "cs_4", "capture", false)+"/void", "")
	want("charge.authorized", "authorized", func(eventData) bool { return true })
	want("charge.voided", "voided", func(e eventData) bool { return op(e, opVoid, "", 1000) })

	page := d.page("pay_page")
	d.pay(page, "4000000000009995")
	want("charge.failed", "declined", func(e eventData) bool {
		return e.Page == page && e.Charge == "" && e.Decline == "insufficient_funds" && e.Reference == "pay_page"
	})
	d.pay(page, "4242424242424242")
	want("charge.succeeded", "captured", func(e eventData) bool {
		return e.Page == page && e.Charge != "" && e.Amount == 3490 && e.Reference == "pay_page"
	})
	d.pay(d.page("pay_slow"), "4000000000000077")
	want("charge.succeeded", "captured", func(e eventData) bool { return e.Reference == "pay_slow" })
	ended := d.page("pay_ended")
	d.merchant("POST", "/v1/pages/"+ended+"/expire", "")
	want("page.expired", "expired", func(e eventData) bool { return e.Page == ended && e.Reference == "pay_ended" })
	d.page("pay_closed")
	d.merchant("POST", "/v1/references/pay_closed/close?merchant_id="+shop, "")
	want("page.canceled", "canceled", func(e eventData) bool { return e.Reference == "pay_closed" })
	forgotten := d.page("pay_forgotten")
	d.later(time.Hour) // nobody looks, and the shop is told nevertheless
	want("page.expired", "expired", func(e eventData) bool { return e.Page == forgotten })
	r.quiet()
}

// What is refused comes again, ever later, until it is taken; the process may
// end meanwhile.
func TestWebhooksAreRepeatedUntilTaken(t *testing.T) {
	d := openDesk(t)
	r := d.subscribe()
	r.refuseNext(4)
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_1", "pay_1"))
	d.pauses(1)
	for i, wait := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		d.later(wait - time.Millisecond)
		d.later(time.Millisecond)
		d.pauses(int64(i) + 2)
	}
	if d.waiting() != 1 {
		t.Errorf("%d events wait", d.waiting())
	}
	d.stop()
	d.start()
	d.later(8 * time.Second)
	if e := r.next(); e.Type != "charge.succeeded" {
		t.Errorf("%+v", e)
	}
	for d.waiting() != 0 {
	}
	r.quiet()
}

func TestWebhookFaults(t *testing.T) {
	d := openDesk(t)
	r := d.subscribe()
	fault := func(body string) {
		if answer := d.merchant("POST", "/v1/test/faults", body); answer.status != 201 {
			t.Fatalf("%s", answer.raw)
		}
	}
	pay := func(n int) {
		d.merchant("POST", "/v1/charges", chargeBody("tok_visa", fmt.Sprint("cs_", n), fmt.Sprint("pay_", n)))
	}
	fault(`{"next": "duplicate", "on": "webhook"}`)
	pay(1)
	if a, b := r.next(), r.next(); a.ID != b.ID {
		t.Errorf("%s and %s, want one event twice", a.ID, b.ID)
	}
	fault(`{"next": "late", "on": "webhook", "delay_ms": 5000}`)
	pay(2)
	d.pauses(1)
	pay(3)
	if e := r.next(); e.Data.Reference != "pay_3" {
		t.Errorf("first came %s", e.Data.Reference)
	}
	d.later(5 * time.Second)
	if e := r.next(); e.Data.Reference != "pay_2" {
		t.Errorf("then came %s", e.Data.Reference)
	}
	fault(`{"next": "drop_once", "on": "webhook"}`)
	pay(4)
	d.pauses(1)
	r.quiet()
	d.later(time.Second)
	if e := r.next(); e.Data.Reference != "pay_4" {
		t.Errorf("after the loss came %s", e.Data.Reference)
	}
	d.merchant("POST", "/v1/test/faults", `{"next": "late", "on": "webhook"}`).want(t, 400, "invalid")
	d.merchant("POST", "/v1/test/faults", `{"next": "duplicate", "on": "charge"}`).want(t, 400, "invalid")
}

// An event is of the transaction that it tells of: what is undone is not told.
func TestNoEventOfWhatDidNotHappen(t *testing.T) {
	d := openDesk(t)
	r := d.subscribe()
	d.merchant("POST", "/v1/test/faults", `{"next": "drop_before_commit"}`)
	body := chargeBody("tok_visa", "cs_1", "pay_1")
	d.merchantWith("k", "POST", "/v1/charges", body)
	d.merchant("POST", "/v1/charges", chargeBody("vt_unknown", "cs_2", "pay_2"))
	d.merchantWith("k", "POST", "/v1/charges", body)
	d.merchantWith("k", "POST", "/v1/charges", body)
	if got := r.types(1); !slices.Equal(got, []string{"charge.succeeded"}) || d.ledger("cs_1").Charges != 1 {
		t.Errorf("%v", got)
	}
	r.quiet()
}

func TestWebhookEndpoint(t *testing.T) {
	d := openDesk(t)
	const path = "/v1/webhook_endpoint?merchant_id=" + shop
	d.merchant("GET", path, "").want(t, 404, codeNotFound)
	for name, c := range map[string]struct {
		url, secret, merchant, param string
		status                       int
	}{
		"plain http":     {"http://shop.example/hook", hookSecret, shop, "$.url", 400},
		"no address":     {"", hookSecret, shop, "$.url", 400},
		"a short secret": {"https://shop.example/hook", "short", shop, "$.secret", 400},
		"another's":      {"https://shop.example/hook", hookSecret, "nobody", "$.merchant_id", 403},
	} {
		r := d.merchant("POST", "/v1/webhook_endpoint", fmt.Sprintf(`{"merchant_id": %q, "url": %q, "secret": %q}`, c.merchant, c.url, c.secret))
		if r.status != c.status || r.str("param") != c.param {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	// An event that a broken endpoint did not take goes to the one set after it.
	if err := d.SetWebhook(t.Context(), Webhook{MerchantID: shop, URL: "http://127.0.0.1:1/hook", Secret: secret.New(hookSecret)}); err != nil {
		t.Fatal(err)
	}
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_1", "pay_1"))
	d.pauses(1)
	r := d.subscribe()
	if e := r.next(); e.Data.Reference != "pay_1" {
		t.Errorf("%+v", e)
	}
	if got := d.merchant("GET", path, ""); got.str("url") != r.url || strings.Contains(got.raw, hookSecret) {
		t.Errorf("%s", got.raw)
	}
	d.merchant("DELETE", path, "")
	d.merchant("GET", path, "").want(t, 404, codeNotFound)
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_2", "pay_2"))
	r.set()
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_3", "pay_3"))
	if e := r.next(); e.Data.Reference != "pay_3" {
		t.Errorf("told of what nobody listened to: %+v", e)
	}
	if strings.Contains(d.logs.String(), hookSecret) {
		t.Error("the logs hold the secret")
	}
}

// The signature as it is documented, by a value worked out elsewhere.
func TestWebhookSignature(t *testing.T) {
	const want = "t=1700000000,v1=0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd"
	if got := signWebhook("whsec_test_secret", time.Unix(1700000000, 0), []byte(`{"id":"evt_1","object":"event"}`)); got != want {
		t.Errorf("got %s", got)
	}
}
