package server_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// shownAddress is in the page that stands there, for the browser that asked for
// it; nothing keeps it.
const shownAddress = "the address /checkout/shop/%s/details"

// cardWorld is a shop that is told card data in every place there is.
type cardWorld struct {
	*servertest.Server
	logs   logBuffer
	client http.Client
	told   []string // by the number of the mark: where it was put
	keys   int

	answers, refusals bytes.Buffer
}

// mark makes a number for a place.
func (w *cardWorld) mark(place string) string {
	w.told = append(w.told, place)
	return marked(len(w.told) - 1)
}

var markedNumber = regexp.MustCompile(cardMark + `([0-9]{4})[0-9]`)

// placesIn lists the places whose numbers are in a text.
func (w *cardWorld) placesIn(text []byte) []string {
	found := map[string]bool{}
	for _, m := range markedNumber.FindAllSubmatch(text, -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err == nil && n < len(w.told) {
			found[w.told[n]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// send makes a request; head adds to its headers.
func (w *cardWorld) send(t *testing.T, method, address string, body []byte, head map[string]string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	w.keys++
	req.Header.Set("Authorization", "Bearer "+w.APIKey.Reveal())
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", fmt.Sprint("key-", w.keys))
	for name, value := range head {
		req.Header.Set(name, value)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	w.answers.Write(text)
	if resp.StatusCode >= 400 && resp.Header.Get("Content-Type") == "application/json" {
		w.refusals.Write(text)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: text, object: parseObject(text)}
}

func (w *cardWorld) call(t *testing.T, v dialect, path string, body any) answer {
	t.Helper()
	return w.send(t, http.MethodPost, w.BaseURL+path, bytesOf(t, body), map[string]string{"API-Version": string(v)})
}

// session opens one that can be paid.
func (w *cardWorld) session(t *testing.T, v dialect) answer {
	t.Helper()
	return w.call(t, v, "/checkout_sessions", v.order(line(servertest.Mug, 1))).want(t, 201)
}

// eachField puts a marked number into every text of a request, one at a time,
// and then bodies that are broken around one.
func (w *cardWorld) eachField(t *testing.T, v dialect, what string, whole object, send func(body any) answer) {
	if a := send(whole); a.status >= 300 {
		t.Fatalf("%s in %s: %d %s", what, v, a.status, a.body)
	}
	w.fields(t, v, what, whole, send)
}

// fields does so for a request that need not be taken as it is.
func (w *cardWorld) fields(t *testing.T, v dialect, what string, whole object, send func(body any) answer) {
	t.Helper()
	leaves(whole, "$", func(v any) any { return v }, func(path string, with func(string) any) {
		number := w.mark(what + " " + strings.Replace(path, v.items(), "line_items", 1))
		if strings.HasSuffix(path, "email") {
			number += "@example.com"
		}
		send(with(number))
		if strings.HasSuffix(path, "_notes") || strings.HasSuffix(path, "cvc") {
			spaced := number[:4] + " " + number[4:8] + " " + number[8:12] + " " + number[12:]
			send(with("card " + spaced + " cvc 737"))
		}
	})
	number := w.mark(what + " broken")
	text := string(bytesOf(t, whole.with("broken", number)))
	for _, body := range []string{text[:len(text)-1], text + text, strings.Replace(text, number, number+`\ud800`, 1), number, `"` + number + `"`,
		strings.Replace(text, `"`+number+`"`, number+"x", 1), "{'card':'" + number + "'}", `{"` + number + `":1,"` + number + `":2}`,
		strings.Replace(text, `"Test Buyer"`, `["`+number+`"]`, 1), strings.Replace(text, `"`+number+`"`, `{"number":`+number+`}`, 1)} {
		send(body)
	}
}

// Card data never touches the shop: an agent that sends a card where a token
// belongs, in fields that nobody asked for, in bodies that cannot be read or in
// an address, or among the words that are kept of buyer and order, finds it in
// no answer, no log, no webhook, and in no file or table.
func TestCardDataNeverTouchesTheShop(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		t.Parallel()
		w := &cardWorld{client: http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
		t.Cleanup(w.client.CloseIdleConnections)
		log := slog.New(slog.NewTextHandler(&w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
		w.Server = servertest.Start(t, servertest.Options{Database: database, Log: log, Configure: generous})
		versions := wire.Supported()
		if config.Database(database).Engine() == config.PostgreSQL {
			versions = []acp.Version{wire.Newest().Version()} // what is read of a request is no matter of the store
		}
		for _, version := range versions {
			v := dialect(version)
			w.eachField(t, v, "create", v.wholeCreate(), func(body any) answer { return w.call(t, v, "/checkout_sessions", body) })
			w.eachField(t, v, "update", v.wholeUpdate(), func(body any) answer {
				return w.call(t, v, "/checkout_sessions/"+w.session(t, v).text("id"), body)
			})
			provider := w.session(t, v).at("payment_provider").text("provider")
			complete := func(body any) answer {
				return w.call(t, v, "/checkout_sessions/"+w.session(t, v).text("id")+"/complete", body)
			}
			whole := v.wholeComplete(provider)
			w.eachField(t, v, "complete", whole.with("authentication_result", absent), complete)
			// No session has asked for this yet.
			w.fields(t, v, "complete", object{"payment_data": v.paying(w.session(t, v), "tok_visa")["payment_data"],
				"authentication_result": whole["authentication_result"]}, complete)
			cancel := object{"intent_trace": object{"reason_code": "other", "trace_summary": "too dear", "metadata": object{"key": "value"}, "other": "x"}, "other": "x"}
			w.eachField(t, v, "cancel", cancel, func(body any) answer {
				return w.call(t, v, "/checkout_sessions/"+w.session(t, v).text("id")+"/cancel", body)
			})
			if slices.Contains(carting, acp.Version(v)) {
				w.carts(t, v)
			}
			w.addresses(t, v)
			w.pays(t, v)
		}
		w.onPages(t)
		w.webhooks(t)
		servertest.Eventually(t, webhookTime, w.quiet(t))
		w.search(t)
	})
}

// carts puts numbers into carts, new ones and one that is replaced.
func (w *cardWorld) carts(t *testing.T, v dialect) {
	t.Helper()
	create := func(body any) answer { return w.call(t, v, "/carts", body) }
	w.eachField(t, v, "cart", v.wholeCart(), create)
	address := w.BaseURL + "/carts/" + create(v.wholeCart()).text("id")
	w.eachField(t, v, "cart again", v.wholeCart(), func(body any) answer {
		return w.send(t, http.MethodPut, address, bytesOf(t, body), map[string]string{"API-Version": string(v)})
	})
}

// addresses puts numbers into paths, queries and headers.
func (w *cardWorld) addresses(t *testing.T, v dialect) {
	t.Helper()
	at := w.session(t, v).text("id")
	for _, path := range []string{"/checkout_sessions/%s", "/checkout_sessions/" + at + "?card=%s", "/orders/%s", "/orders/%s?number=%[1]s", "/pictures/%s", "/%s",
		"/policies/%s", "/checkout/%s", "/checkout/shop/%s", "/checkout/shop/%s/details", "/checkout/shop/" + at + "/%s", "/webhooks/payments/%s/test", "/webhooks/payments/shop/%s"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			number := w.mark("the address " + path)
			form := url.Values{"card": {number}, "number": {number}, "name": {number}}.Encode()
			w.send(t, method, w.BaseURL+fmt.Sprintf(path, number), []byte(form), map[string]string{"Content-Type": "application/x-www-form-urlencoded",
				"API-Version": string(v)})
		}
	}
	for _, header := range []string{"Authorization", "API-Version", "Accept", "Accept-Language", "Request-Id", "User-Agent", "Idempotency-Key", "Signature", "Timestamp", "Cookie",
		"Content-Type", "Origin", "Referer", "X-Forwarded-For"} {
		w.send(t, http.MethodPost, w.BaseURL+"/checkout_sessions", bytesOf(t, v.order(line(servertest.Mug, 1))),
			map[string]string{"API-Version": string(v), header: w.mark("the header " + header)})
	}
}

// theCard is a card that the sandbox takes, and what is behind it.
const (
	theCard = "2223003122003222"
	theCVC  = "9137"
)

// pays gives the sandbox a card, and the shop its token.
func (w *cardWorld) pays(t *testing.T, v dialect) {
	t.Helper()
	s := w.session(t, v)
	total := s.total("total")
	good := allowance{card: theCard, session: s.text("id"), merchant: w.Account().MerchantID, currency: "usd", limit: total, lifetime: time.Hour, risk: "authorized"}.delegation()
	method := good["payment_method"].(object).with("cvc", theCVC)
	good = good.with("payment_method", method)
	desk := w.PSPURL + "/agentic_commerce/delegate_payment"
	head := map[string]string{"Authorization": "Bearer " + w.AgentKey.Reveal(), "API-Version": string(wire.Newest().Version())}
	text := string(bytesOf(t, good))
	for _, bad := range []string{text[:len(text)-1], strings.Replace(text, theCard, theCard[:15]+"0", 1), strings.Replace(text, `"usd"`, `"`+theCard+`"`, 1),
		strings.Replace(text, `"`+theCard+`"`, theCard, 1), strings.Replace(text, theCard, w.mark("delegate_payment $.payment_method.number"), 1)} {
		if a := w.send(t, http.MethodPost, desk, []byte(bad), head); a.status < 400 {
			t.Errorf("taken: %s", a.body)
		}
	}
	token := w.send(t, http.MethodPost, desk, []byte(text), head).want(t, 201).text("id")
	if got := w.call(t, v, "/checkout_sessions/"+s.text("id")+"/complete", v.paying(s, token)).want(t, 200); got.text("status") != "completed" {
		t.Errorf("not bought: %s", got.body)
	}
	// The whole request goes to the wrong address, too.
	w.call(t, v, "/checkout_sessions", text)
	w.call(t, v, "/checkout_sessions/"+s.text("id")+"/complete", text)
	w.call(t, v, "/agentic_commerce/delegate_payment", text)
}

// webhooks sends what no PSP sends to where a PSP calls.
func (w *cardWorld) webhooks(t *testing.T) {
	t.Helper()
	number := w.mark("a webhook of the PSP's")
	for _, call := range cardWebhooks(number) {
		w.send(t, call.Method, w.BaseURL+webhookOfTestMode, call.Body, map[string]string{"Stripe-Signature": call.Header.Get("Stripe-Signature"), "Signature": number})
	}
}

// quiet reports whether all webhooks of orders have gone out.
func (w *cardWorld) quiet(t *testing.T) func() error {
	return func() error {
		if placed, told := w.Rows(t, "orders"), len(w.Webhooks.Events()); told != placed {
			return fmt.Errorf("%d orders, %d webhooks", placed, told)
		}
		return nil
	}
}

// holdsCVC reports whether the security code stands somewhere beside its name.
func holdsCVC(text []byte) bool {
	for {
		i := bytes.Index(text, []byte(theCVC))
		if i < 0 {
			return false
		}
		if nearby := text[max(i-12, 0):i]; bytes.Contains(bytes.ToLower(nearby), []byte("cv")) {
			return true
		}
		text = text[i+len(theCVC):]
	}
}

// search looks everywhere for what the shop was told.
func (w *cardWorld) search(t *testing.T) {
	t.Helper()
	card, anyMark := searchFor(theCard), searchFor(theCard, cardMark)
	shown := map[string]bool{}
	// look searches for the card, and collects what else is there; nothing must
	// be when into is nil.
	look := func(where string, text []byte, into map[string]bool) {
		t.Helper()
		if len(text) == 0 {
			t.Errorf("%s is empty: the test looks in the wrong place", where)
		}
		search := card
		if into == nil {
			search = anyMark
		}
		for _, found := range search.in(text) {
			t.Errorf("%s holds %s", where, found)
		}
		if holdsCVC(text) {
			t.Errorf("%s holds the card's security code", where)
		}
		for _, place := range w.placesIn(text) {
			if into == nil {
				t.Errorf("%s holds %s", where, place)
			} else {
				into[place] = true
			}
		}
	}
	look("the log", []byte(w.logs.String()), nil)
	look("a refusal", w.refusals.Bytes(), nil)
	look("an answer", w.answers.Bytes(), shown)
	for _, e := range w.Webhooks.Events() {
		look("a webhook", e.Body, nil)
	}
	for name, content := range w.Files(t) {
		if len(content) == 0 {
			continue // a lock
		}
		look("the file "+name, content, nil)
	}
	for name, content := range w.Tables(t) {
		if len(content) > 0 {
			look("the table "+name, content, nil)
		}
	}
	for place := range shown {
		if place != shownAddress {
			t.Errorf("an answer shows %s", place)
		}
	}
}
