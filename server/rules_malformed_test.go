package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/server/servertest"
)

// Whatever comes in, what goes out is a flat error that helps.
func TestRulesOfMalformedInput(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	eachVersion(t, "HDR-07 bodies that are no JSON, or too much of it", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		good := string(bytesOf(t, v.order(line("ok", 1))))
		for name, body := range map[string]string{
			"empty": "", "white space": " \n", "cut off": good[:len(good)/2], "two values": good + good, "trailing text": good + "x", "single quotes": "{'a':1}",
			"a comment": "{/*x*/}", "a comma too many": `{"a":1,}`, "NaN": `{"a":NaN}`, "a leading zero": `{"a":01}`, "a bare word": "hello", "a BOM": "\ufeff" + good,
			"not UTF-8": "{\"a\":\"\xff\xfe\"}", "half a surrogate": `{"a":"\ud800"}`, "a raw control character": "{\"a\":\"\x01\"}", "UTF-16": "{\x00}\x00",
			"a name twice": `{"` + v.items() + `":[],"` + v.items() + `":[]}`, "a name twice by escapes": `{"a":1,"\u0061":2}`, "a name twice, deep": `{"x":{"a":1,"a":1}}`,
			"deep arrays": strings.Repeat("[", 100_000), "deep objects": strings.Repeat(`{"a":`, 50_000), "closed deep arrays": `{"x":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + "}",
			"HTML": "<html><body>hi</body></html>", "a form": "id=1&quantity=2", "an array": "[]", "a string": `"x"`, "a number": "1", "true": "true",
		} {
			for _, path := range []string{"", "/" + s.text("id"), "/" + s.text("id") + "/complete"} {
				a := m.send(t, request{method: "POST", path: "/checkout_sessions" + path, version: v, body: body})
				if a.status != 400 || a.text("type") != "invalid_request" {
					t.Errorf("%s: %d %s", name, a.status, a.body)
				}
			}
		}
		m.get(t, v, s.text("id")).is(t, "ready_for_payment")
	})
	eachVersion(t, "HDR-07 content types", func(t *testing.T, v dialect) {
		r := request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1))}
		for _, ct := range []string{"", "text/plain", "text/html", "application/x-www-form-urlencoded", "application/xml", "application/jsonx", "application", ";;;", "multipart/form-data; boundary=x"} {
			r.head = map[string]string{"Content-Type": ct}
			m.send(t, r).refused(t, 415, "unsupported_media_type", "")
		}
		for _, ct := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"} {
			r.head = map[string]string{"Content-Type": ct}
			m.send(t, r).want(t, 201)
		}
	})
	eachVersion(t, "HDR-07 bodies larger than the limit are 413, as large as it are read", func(t *testing.T, v dialect) {
		const limit = 262144
		fit := func(size int) string {
			b := string(bytesOf(t, v.order(line("ok", 1))))
			return b[:len(b)-1] + strings.Repeat(" ", size-len(b)) + "}"
		}
		m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: fit(limit)}).want(t, 201)
		m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: fit(limit + 1)}).refused(t, 413, "body_too_large", "")
	})
	eachVersion(t, "HDR-07, ERR-04 each field of the wrong type is named", func(t *testing.T, v dialect) {
		details := v.param("$.fulfillment_details.address")
		fields := map[string]func(wrong any) object{
			v.param("$.line_items"):    func(w any) object { return v.order().with(v.items(), w) },
			v.param("$.line_items[0]"): func(w any) object { return v.order().with(v.items(), []any{w}) },
			v.param("$.line_items[0].id"): func(w any) object {
				return v.order(object{"id": w, "quantity": 1})
			},
			v.param("$.line_items[0].quantity"):    func(w any) object { return v.order(line("ok", w)) },
			v.param("$.line_items[0].unit_amount"): func(w any) object { return v.order(line("ok", 1).with("unit_amount", w)) },
			"$.buyer":                              func(w any) object { return v.order(line("ok", 1)).with("buyer", w) },
			"$.buyer.email":                        func(w any) object { return v.order(line("ok", 1)).with("buyer", v.buyer().with("email", w)) },
			"$.buyer.phone_number":                 func(w any) object { return v.order(line("ok", 1)).with("buyer", v.buyer().with("phone_number", w)) },
			details:                                func(w any) object { return v.order(line("ok", 1)).to(v, w) },
			details + ".name":                      func(w any) object { return v.order(line("ok", 1)).to(v, address("CA", "94105").with("name", w)) },
			details + ".country":                   func(w any) object { return v.order(line("ok", 1)).to(v, address("CA", "94105").with("country", w)) },
			"$.metadata":                           func(w any) object { return v.order(line("ok", 1)).with("metadata", w) },
			"$.order_notes":                        func(w any) object { return v.order(line("ok", 1)).with("order_notes", w) },
			"$.locale":                             func(w any) object { return v.order(line("ok", 1)).with("locale", w) },
			"$.currency":                           func(w any) object { return v.order(line("ok", 1)).with("currency", w) },
		}
		if !v.flat() {
			fields["$.capabilities"] = func(w any) object { return v.order(line("ok", 1)).with("capabilities", w) }
			fields["$.fulfillment_details"] = func(w any) object { return v.order(line("ok", 1)).with("fulfillment_details", w) }
		}
		for param, make := range fields {
			for kind, wrong := range map[string]any{"text": "x", "number": 7, "bool": true, "list": []any{}, "object": object{}} {
				a := m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: make(wrong)})
				if a.status == 201 { // that type is right here
					continue
				}
				if got := a.text("param"); a.status != 400 || got != param && !strings.HasPrefix(got, param+".") {
					t.Errorf("%s as %s: %d %s", param, kind, a.status, a.body)
				}
			}
		}
	})
	eachVersion(t, "HDR-07 numbers as text, huge, or not whole", func(t *testing.T, v dialect) {
		for _, quantity := range []string{`"1"`, "1.5", "0.9999999999", "1e400", "-1e400", "1e-400", "9007199254740993", "123456789012345678901234567890", "1000001", "-0.0", "null1"} {
			body := strings.Replace(string(bytesOf(t, v.order(line("ok", 31337)))), "31337", quantity, 1)
			if a := m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: body}); a.status != 400 {
				t.Errorf("%s: %d %s", quantity, a.status, a.body)
			}
		}
		for _, quantity := range []string{"1.0", "2e0", "0.3e1", "null"} {
			body := strings.Replace(string(bytesOf(t, v.order(line("ok", 31337)))), "31337", quantity, 1)
			m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: body}).want(t, 201)
		}
	})
	eachVersion(t, "names of any script, and none that hide something", func(t *testing.T, v dialect) {
		for _, name := range []string{"😀 Ünïcødé 株式会社 مرحبا", "Zoë\u0301", "a\u202eb", "O'Brien & <b>Söhne</b>", `quote " and \ slash`, "tab\tand\nline", "nul\x00", "\x7f", " "} {
			s := m.create(t, v, v.order(line("ok", 1)).to(v, address("CA", "94105").with("name", name)))
			var back struct {
				Flat    struct{ Name string }                   `json:"fulfillment_address"`
				Details struct{ Address struct{ Name string } } `json:"fulfillment_details"`
			}
			must(t, json.Unmarshal(s.body, &back))
			if back.Flat.Name+back.Details.Address.Name != name {
				t.Errorf("%q became %s", name, s.body)
			}
		}
		for _, item := range []string{"nul\x00", "\x7f", "tab\t", strings.Repeat("i", 256), ""} {
			m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line(item, 1))}).refused(t, 400, "invalid", v.param("$.line_items[0].id"))
		}
		for _, email := range []string{"nobody", "a@b@c", "Test <t@example.com>", "t@example.com\r\nBcc: x@example.com", strings.Repeat("a", 250) + "@example.com", ""} {
			m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1)).with("buyer", v.buyer().with("email", email))}).refused(t, 400, "invalid", "$.buyer.email")
		}
	})
	eachVersion(t, "too many lines, and the same item over and over", func(t *testing.T, v dialect) {
		lines := make([]object, 10_000)
		for i := range lines {
			lines[i] = object{"id": fmt.Sprint("i", i)}
		}
		m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: v.cart(lines...)}).refused(t, 400, "invalid", v.param("$.line_items"))
		s := m.create(t, v, v.order(slices.Repeat([]object{line("ok", 2)}, 200)...))
		if len(s.list("line_items")) != 1 || s.total("items_base_amount") != 400*1995 {
			t.Errorf("%s", s.body)
		}
		m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(slices.Repeat([]object{line("ok", 999_999)}, 2)...)}).
			refused(t, 400, "invalid", v.param("$.line_items[1].quantity"))
	})
	eachVersion(t, "null is absent where nothing is required", func(t *testing.T, v dialect) {
		s := m.create(t, v, v.order(line("ok", 1)).with("metadata", nil).with("order_notes", nil).with("affiliate_attribution", nil).with("locale", nil).with("discounts", nil))
		m.update(t, v, s.text("id"), object{"order_notes": nil, "discounts": nil}).want(t, 200)
		m.update(t, v, s.text("id"), object{}).want(t, 200)
		m.update(t, v, s.text("id"), object{v.items(): nil}).refused(t, 400, "missing", v.param("$.line_items"))
	})
	t.Run("headers beyond the limit are refused before anything", func(t *testing.T) {
		a := m.exchange(t, m.url, request{method: "GET", path: "/checkout_sessions/x", version: dialect(acp.V20260417), head: map[string]string{"X-Long": strings.Repeat("x", 64<<10)}})
		if a.status != http.StatusRequestHeaderFieldsTooLarge || bytes.Contains(a.body, []byte("<")) {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// Not every database can be asked for any text that a request can hold.
func TestOddIdentifiersAreNotFoundOnEveryEngine(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		s := servertest.Start(t, servertest.Options{Database: database})
		m := &market{url: s.BaseURL, bearer: s.APIKey.Reveal(), client: http.DefaultClient, clock: &movingClock{}}
		for _, v := range wire.Supported() {
			v := dialect(v)
			for _, id := range []string{"%00", "cs_%00x", "%ff", "%c3%28", "%ed%a0%80", "cs_%e2%80%ae", strings.Repeat("c", 3000)} {
				m.get(t, v, id).refused(t, 404, "not_found", "")
				m.complete(t, v, id, v.paying(answer{object: object{"payment_provider": map[string]any{"provider": "stripe"}}}, "tok_visa")).refused(t, 404, "not_found", "")
			}
			for _, item := range []string{"a\x00b", "\x00", "\x01", "\u202e", "\ufffd", "'; --", "😀"} {
				m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line(item, 1))}).refused(t, 400, "invalid", v.param("$.line_items[0].id"))
			}
			body := v.order(line(servertest.Mug, 1)).with("metadata", object{"n\x00": "v\x00"}).with("order_notes", "\x00\u202e").to(v, address("CA", "94105").with("name", "nul\x00"))
			m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: body}.under("key \x7e "+string(v))).want(t, 201)
		}
	})
}

// FuzzHTTP throws bodies, paths and headers at the handler: never a fault of
// the server, never anything else than flat JSON.
func FuzzHTTP(f *testing.F) {
	m := openMarket(f)
	newest, page := dialect(acp.V20260417), dialect(acp.V20250912)
	s := m.ready(f, newest)
	for _, v := range []dialect{newest, page} {
		for path, body := range map[string]any{"": v.order(line("ok", 1)), "/" + s.text("id"): v.selecting(s, "express"), "/" + s.text("id") + "/complete": v.paying(s, "tok_chargeDeclined"), "/" + s.text("id") + "/cancel": `{"intent_trace":{"reason_code":"other"}}`} {
			f.Add("POST", "/checkout_sessions"+path, string(v), "application/json", "", "2026-04-17T09:30:00Z", "AAAA", bytesOf(f, body))
		}
	}
	f.Add("GET", "/checkout_sessions/"+s.text("id"), string(newest), "", "", "", "", []byte{})
	f.Add("GET", "/.well-known/acp.json", "", "", "", "", "", []byte(`{"a":1,"a":2}`))
	f.Add("PUT", "/checkout_sessions/%00/../x", "banana", "text/html", "\xff", "never", "\x00", []byte("{\"\xff\":[[[[1e999]]]]}"))
	f.Fuzz(func(t *testing.T, method, path, version, contentType, key, timestamp, signature string, body []byte) {
		r, err := http.NewRequest(method, "http://shop.example"+path, bytes.NewReader(body))
		if err != nil || !strings.HasPrefix(r.URL.Path, "/checkout_sessions/") && r.URL.Path != "/checkout_sessions" && r.URL.Path != "/.well-known/acp.json" {
			return // no client could send it, or not to the API
		}
		r.Header.Set("Authorization", "Bearer "+m.bearer)
		for name, value := range map[string]string{"API-Version": version, "Content-Type": contentType, "Idempotency-Key": key, "Request-Id": key, "Timestamp": timestamp, "Signature": signature} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		m.handler.ServeHTTP(w, r)
		if w.Code >= 500 || w.Header().Get("Content-Type") != "application/json" {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		o := parseObject(w.Body.Bytes())
		if w.Code >= 400 && (o.text("type") == "" || o.text("code") == "" || o.text("message") == "" || o["error"] != nil) || w.Code < 400 && o == nil && r.Method != http.MethodHead {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	})
}
