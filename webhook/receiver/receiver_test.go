package receiver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/secret"
)

const testSecret = "whsec_test_0123456789"

var (
	epoch       = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	timestamped = sign.WebhookScheme{Timestamped: true}
	base64MAC   = sign.WebhookScheme{}
	hexMAC      = sign.WebhookScheme{Encoding: sign.Hex}
)

const created = `{"type":"order_create","data":{"type":"order","id":"ord_1","checkout_session_id":"cs_1","permalink_url":"https://shop.example.com/orders/ord_1"}}`

func newReceiver(t *testing.T) *Receiver {
	t.Helper()
	r, err := New(Config{Secret: secret.New(testSecret), Now: func() time.Time { return epoch }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// post delivers a body with a signature; an empty one sends none.
func post(r *Receiver, signature, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, Path, strings.NewReader(body))
	req.Header.Set("Request-Id", "req_from_shop")
	if signature != "" {
		req.Header.Set(sign.WebhookHeader, signature)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

// deliver posts a body as the shop signs it.
func deliver(r *Receiver, body string) *httptest.ResponseRecorder {
	return post(r, timestamped.Sign([]byte(testSecret), []byte(body), epoch), body)
}

func get(r *Receiver, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestASecretIsRequired(t *testing.T) {
	if _, err := New(Config{}); err == nil || !strings.Contains(err.Error(), "secret") {
		t.Errorf("New without a secret: %v", err)
	}
}

func TestSignatures(t *testing.T) {
	signed := func(s sign.WebhookScheme, key string, at time.Time) string {
		return s.Sign([]byte(key), []byte(created), at)
	}
	for _, c := range []struct {
		name      string
		signature string
		status    int
		code      string
	}{
		{"with a time", signed(timestamped, testSecret, epoch), 200, ""},
		{"300 seconds old", signed(timestamped, testSecret, epoch.Add(-300*time.Second)), 200, ""},
		{"300 seconds ahead", signed(timestamped, testSecret, epoch.Add(300*time.Second)), 200, ""},
		{"base64", signed(base64MAC, testSecret, epoch), 200, ""},
		{"hex", signed(hexMAC, testSecret, epoch), 200, ""},
		{"none", "", 401, "missing_signature"},
		{"too old", signed(timestamped, testSecret, epoch.Add(-301*time.Second)), 401, "timestamp_expired"},
		{"from the future", signed(timestamped, testSecret, epoch.Add(301*time.Second)), 401, "timestamp_expired"},
		{"another key", signed(timestamped, "other", epoch), 401, "invalid_signature"},
		{"another key, base64", signed(base64MAC, "other", epoch), 401, "invalid_signature"},
		{"another key, hex", signed(hexMAC, "other", epoch), 401, "invalid_signature"},
		{"a time that was not signed", strings.Replace(signed(timestamped, testSecret, epoch), "t=", "t=1", 1), 401, "timestamp_expired"},
		{"no MAC", "t=1,v1=", 401, "malformed_signature"},
		{"no known form", "sha256=abc", 401, "malformed_signature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver(t)
			w := post(r, c.signature, created)
			var answer struct{ Code string }
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Fatalf("%v in %s", err, w.Body)
			}
			if w.Code != c.status || answer.Code != c.code {
				t.Errorf("answered %d %q; want %d %q", w.Code, answer.Code, c.status, c.code)
			}
			log := r.Events()
			if len(log) != 1 || log[0].Verified != (c.status == 200) {
				t.Errorf("log: %+v", log)
			}
			if strings.Contains(w.Body.String(), testSecret) {
				t.Error("the answer shows the secret")
			}
		})
	}
}

func TestTheHeaderMayHaveTheShopsName(t *testing.T) {
	r, err := New(Config{Secret: secret.New(testSecret), Header: "Example_Shop-Signature", Now: func() time.Time { return epoch }})
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, Path, strings.NewReader(created))
	req.Header.Set("Example_Shop-Signature", base64MAC.Sign([]byte(testSecret), []byte(created), epoch))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if w.Code != 200 {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

func TestAnswerRepeatsTheRequestID(t *testing.T) {
	w := deliver(newReceiver(t), created)
	if got, want := w.Body.String(), `{"received":true,"request_id":"req_from_shop"}`; w.Code != 200 || got != want {
		t.Errorf("answered %d %s; want 200 %s", w.Code, got, want)
	}
	if w.Header().Get("Request-Id") != "req_from_shop" {
		t.Errorf("Request-Id: %q", w.Header().Get("Request-Id"))
	}
}

func TestWhatIsNotAnEventIsRefused(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "7", "{", `{"type":"order_create"}`, `{"data":{}}`, `{"type":1,"data":{}}`, "\xff\xfe",
		`{"type":"a","type":"b","data":{}}`} {
		r := newReceiver(t)
		if w := deliver(r, body); w.Code != 400 {
			t.Errorf("%q: answered %d %s; want 400", body, w.Code, w.Body)
		}
		if log := r.Events(); len(log) != 1 || !log[0].Verified || !json.Valid(log[0].Body) {
			t.Errorf("%q: log %+v", body, log)
		}
		if w := get(r, "/events"); !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q: /events is not JSON: %s", body, w.Body)
		}
	}
}

func TestRulesOfReceiving(t *testing.T) {
	t.Run("ORD-07 words that nobody knows are taken, and kept", func(t *testing.T) {
		const strange = `{"type":"order_teleported","data":{"type":"order","id":"ord_1","checkout_session_id":"cs_1","permalink_url":"https://shop.example.com/orders/ord_1",
			"status":"beamed_up","line_items":[{"id":"li_1","title":"Mug","quantity":{"ordered":1,"current":1,"fulfilled":0,"beamed":1},"status":"in_limbo"}],
			"fulfillments":[{"id":"ful_1","type":"teleport","status":"rematerialising","events":[{"id":"fev_1","type":"beamed","occurred_at":"2026-05-04T12:00:00Z"}]}],
			"adjustments":[{"id":"adj_1","type":"apology","status":"whispered","occurred_at":"2026-05-04T12:00:00Z"}],
			"totals":[{"type":"karma","display_text":"Karma","amount":1}],"x_mood":{"deep":[null]}}}`
		r := newReceiver(t)
		if w := deliver(r, strange); w.Code != 200 {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
		log := r.Events()
		if len(log) != 1 || !log[0].Verified || log[0].Type != "order_teleported" || log[0].OrderID != "ord_1" || log[0].SessionID != "cs_1" {
			t.Fatalf("log: %+v", log)
		}
		var e struct{ Data acp.Order }
		if err := json.Unmarshal(log[0].Body, &e); err != nil {
			t.Fatal(err)
		}
		if o := e.Data; o.Status != "beamed_up" || o.LineItems[0].Status != "in_limbo" || o.Fulfillments[0].Status != "rematerialising" ||
			o.Fulfillments[0].Type != "teleport" || o.Fulfillments[0].Events[0].Type != "beamed" || o.Adjustments[0].Type != "apology" || o.Totals[0].Type != "karma" {
			t.Errorf("%+v", o)
		}
	})
}

func TestABodyOfMoreThanAMebibyteIsRefused(t *testing.T) {
	r := newReceiver(t)
	if w := deliver(r, strings.Repeat(" ", MaxBody+1)); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("answered %d", w.Code)
	}
	if n := len(r.Events()); n != 0 {
		t.Errorf("%d events were kept", n)
	}
}

func TestDeliveriesOfOneEventAreCounted(t *testing.T) {
	r := newReceiver(t)
	updated := strings.Replace(created, "order_create", "order_update", 1)
	for _, body := range []string{created, updated, created, created} {
		if w := deliver(r, body); w.Code != 200 {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
	}
	post(r, "", created) // unsigned: not one of those above
	log := r.Events()
	var got []string
	for _, e := range log {
		got = append(got, fmt.Sprintf("%s %s %s %v %d", e.Type, e.OrderID, e.SessionID, e.Verified, e.Deliveries))
	}
	want := []string{"order_create ord_1 cs_1 true 3", "order_update ord_1 cs_1 true 1", "order_create ord_1 cs_1 false 1"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("log is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTheLogIsBounded(t *testing.T) {
	event := func(i int) string { return fmt.Sprintf(`{"type":"order_update","data":{"id":"ord_%d"}}`, i) }
	r := newReceiver(t)
	for i := range MaxEvents + 10 {
		deliver(r, event(i))
	}
	log := r.Events()
	if len(log) != MaxEvents || log[0].OrderID != "ord_10" || log[MaxEvents-1].OrderID != fmt.Sprintf("ord_%d", MaxEvents+9) {
		t.Fatalf("%d events from %s to %s", len(log), log[0].OrderID, log[len(log)-1].OrderID)
	}

	post(r, "", event(9999))
	if log := r.Events(); len(log) != MaxEvents || log[0].OrderID != "ord_10" {
		t.Error("an event without a signature pushed out one with it")
	}
}

func TestUnsignedEventsMakeRoomFirst(t *testing.T) {
	r := newReceiver(t)
	deliver(r, created)
	filler := strings.Repeat("x", MaxBody-2)
	for i := range 2 * MaxLogBytes / MaxBody {
		post(r, "", fmt.Sprint(i)+filler[:MaxBody-10])
	}
	log := r.Events()
	if log[0].OrderID != "ord_1" || len(log) > MaxLogBytes/MaxBody+1 {
		t.Errorf("%d events, the first of order %q", len(log), log[0].OrderID)
	}
}

func TestOrderedFailuresLeaveNoTrace(t *testing.T) {
	r := newReceiver(t)
	r.FailNext(2, http.StatusServiceUnavailable)
	for i, want := range []int{503, 503, 200} {
		if w := deliver(r, created); w.Code != want {
			t.Errorf("delivery %d answered %d; want %d", i+1, w.Code, want)
		}
	}
	if log := r.Events(); len(log) != 1 || log[0].Deliveries != 1 {
		t.Errorf("log: %+v", log)
	}
}

func TestEventsAsJSON(t *testing.T) {
	r := newReceiver(t)
	if w := get(r, "/events"); strings.TrimSpace(w.Body.String()) != "[]" {
		t.Errorf("an empty log is %s", w.Body)
	}
	deliver(r, created)
	deliver(r, strings.ReplaceAll(created, "_1", "_2"))
	var log []map[string]any
	if err := json.Unmarshal(get(r, "/events").Body.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	if len(log) != 2 || log[1]["order_id"] != "ord_2" {
		t.Fatalf("log: %v", log)
	}
	for _, member := range []string{"received_at", "verified", "type", "order_id", "checkout_session_id", "deliveries", "body"} {
		if _, ok := log[0][member]; !ok {
			t.Errorf("%s is missing", member)
		}
	}
	if len(log[0]) != 7 {
		t.Errorf("members: %v", log[0])
	}
	if err := json.Unmarshal(get(r, "/events?checkout_session_id=cs_2").Body.Bytes(), &log); err != nil || len(log) != 1 || log[0]["order_id"] != "ord_2" {
		t.Errorf("narrowed to cs_2: %v, %v", log, err)
	}
}

func TestThePage(t *testing.T) {
	r := newReceiver(t)
	w := get(r, "/")
	if !strings.Contains(w.Body.String(), "No events yet") {
		t.Errorf("the empty page does not say so: %s", w.Body)
	}
	hostile := `{"type":"<script>alert(1)</script>","data":{"id":"\"><img src=x>","note":"</pre><script>x</script>"}}`
	deliver(r, created)
	deliver(r, hostile)
	post(r, "", created)
	following := get(r, "/")
	page := following.Body.String()
	if following.Header().Get("Refresh") != "5" {
		t.Error("the page does not follow what comes in")
	}
	for _, path := range []string{"/?still", "/?show=" + r.Events()[1].Anchor()} {
		if h := get(r, path).Header(); h.Get("Refresh") != "" {
			t.Errorf("%s refreshes", path)
		}
	}
	for _, want := range []string{"3 events", "ord_1", "cs_1", "signature correct", "signature wrong", "delivered once", stylePath} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	open := get(r, "/?show="+r.Events()[1].Anchor()).Body.String()
	if !strings.Contains(open, "<pre") {
		t.Error("the page with an open message does not show it")
	}
	for _, p := range []string{page, open} {
		if strings.Contains(p, "<script") || strings.Contains(p, "<img") {
			t.Error("the page has markup out of an event in it")
		}
	}
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("Content-Security-Policy: %s", policy)
	}
	css := get(r, stylePath)
	if css.Code != 200 || !strings.Contains(css.Body.String(), "--surface-1") || strings.Contains(css.Body.String(), "url(") {
		t.Errorf("the style sheet has no tokens, or loads something: %d", css.Code)
	}
}

func TestALongMessageIsShortenedOnThePage(t *testing.T) {
	r := newReceiver(t)
	deliver(r, `{"type":"order_update","data":{"note":"`+strings.Repeat("é", pageBody)+`"}}`)
	page := get(r, "/?show="+r.Events()[0].Anchor()).Body.String()
	if !strings.Contains(page, "Shortened") || len(page) > 2*pageBody {
		t.Errorf("the page has %d bytes", len(page))
	}
}

func TestOtherRoutesAndMethods(t *testing.T) {
	r := newReceiver(t)
	if w := get(r, Path); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET %s answered %d", Path, w.Code)
	}
	if w := get(r, "/else"); w.Code != http.StatusNotFound {
		t.Errorf("GET /else answered %d", w.Code)
	}
}

func TestNothingPersonalIsLogged(t *testing.T) {
	var log bytes.Buffer
	r := newReceiver(t)
	r.cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	deliver(r, `{"type":"order_create","data":{"id":"ord_1","email":"test.buyer@example.com"}}`)
	if !strings.Contains(log.String(), "ord_1") || strings.Contains(log.String(), "test.buyer") {
		t.Errorf("log: %s", log.String())
	}
}

// FuzzReceive holds that any body gets an answer, and that the log stays
// valid JSON and the page free of the body's markup.
func FuzzReceive(f *testing.F) {
	for _, s := range []string{created, "", "{", `{"type":"a","data":null}`, `{"type":"\ud800","data":{}}`, "\xff", `"<script>"`, "{\"type\":\"<script>\",\"data\":{}}"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, body string, signed bool) {
		r := newReceiver(t)
		signature := ""
		if signed {
			signature = timestamped.Sign([]byte(testSecret), []byte(body), epoch)
		}
		w := post(r, signature, body)
		if ok := w.Code == 200 || w.Code == 400; ok != signed {
			t.Fatalf("answered %d", w.Code)
		}
		if out := get(r, "/events").Body.Bytes(); !json.Valid(out) {
			t.Fatalf("/events: %s", out)
		}
		page := get(r, "/?show="+r.Events()[0].Anchor())
		if page.Code != 200 || strings.Contains(page.Body.String(), "<script") {
			t.Fatalf("page: %d %s", page.Code, page.Body)
		}
	})
}
