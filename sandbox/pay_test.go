package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// seen is what a buyer's browser got.
type seen struct {
	lost   bool
	status int
	header http.Header
	to     string
	text   string
	page   *html.Node
}

// browse opens a payment page.
func (d *desk) browse(id string) seen { d.t.Helper(); return d.visit(http.MethodGet, id, nil) }

// press sends a form of a payment page, as a browser does.
func (d *desk) press(id string, fields ...string) seen {
	d.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return d.visit(http.MethodPost, id, form)
}

// pay types a card in and sends it.
func (d *desk) pay(id, number string) seen {
	d.t.Helper()
	return d.press(id, "action", "pay", "number", number, "expiry", "11/29", "cvc", testCVC, "name", "Test Buyer")
}

func (d *desk) visit(method, id string, form url.Values, header ...string) seen {
	d.t.Helper()
	return d.visitAt(method, "/pay/"+id, form, header...)
}

func (d *desk) visitAt(method, path string, form url.Values, header ...string) seen {
	d.t.Helper()
	req, err := http.NewRequest(method, d.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Transport: d.srv.Client().Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return seen{lost: true}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	s := seen{status: resp.StatusCode, header: resp.Header, to: resp.Header.Get("Location"), text: string(raw)}
	if s.page, err = html.Parse(bytes.NewReader(raw)); err != nil {
		d.t.Fatal(err)
	}
	return s
}

// settled waits until no charge of a session is being processed.
func (d *desk) settled(session string) {
	d.t.Helper()
	for processing := true; processing; {
		processing = false
		for _, c := range d.ledger(session).List {
			processing = processing || c.Status == Processing
		}
	}
}

// each gives the elements of a kind.
func (s seen) each(tag string) (list []*html.Node) {
	for n := range s.page.Descendants() {
		if n.Type == html.ElementNode && n.Data == tag {
			list = append(list, n)
		}
	}
	return list
}

func (s seen) first(tag string) string {
	if list := s.each(tag); len(list) > 0 {
		return words(list[0])
	}
	return ""
}

func words(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// field gives an input by its name.
func (s seen) field(name string) *html.Node {
	for _, n := range s.each("input") {
		if attr(n, "name") == name {
			return n
		}
	}
	return &html.Node{}
}

// alert is what the page says that went wrong.
func (s seen) alert() string {
	for n := range s.page.Descendants() {
		if n.Type == html.ElementNode && attr(n, "role") == "alert" {
			return words(n)
		}
	}
	return ""
}

const paidAt = "https://shop.example/return?order=7&page="

func TestPageOfABuyer(t *testing.T) {
	d := openDesk(t)
	s := d.browse(d.page("pay_1"))
	if s.status != 200 || s.first("h1") != "Pay €34.90" || s.first("title") != "Pay €34.90 · Acme <Store>" {
		t.Errorf("%d %q %q", s.status, s.first("h1"), s.first("title"))
	}
	var lines []string
	for _, n := range s.each("li") {
		lines = append(lines, words(n))
	}
	if got := strings.Join(lines, "; "); got != "Mug × 2€29.90; Delivery€5.00" {
		t.Errorf("lines %q", got)
	}
	var buttons []string
	for _, n := range s.each("button") {
		buttons = append(buttons, words(n))
	}
	if got := strings.Join(buttons, "; "); got != "Pay €34.90; Cancel and go back" || len(s.each("form")) != 2 {
		t.Errorf("buttons %q in %d forms", got, len(s.each("form")))
	}
	for name, want := range map[string][2]string{"number": {"numeric", "cc-number"}, "expiry": {"numeric", "cc-exp"}, "cvc": {"numeric", "cc-csc"}, "name": {"", "cc-name"}} {
		n := s.field(name)
		if attr(n, "inputmode") != want[0] || attr(n, "autocomplete") != want[1] || attr(n, "maxlength") == "" {
			t.Errorf("field %s: %v", name, n.Attr)
		}
		labelled := false
		for _, l := range s.each("label") {
			labelled = labelled || attr(l, "for") == attr(n, "id") && words(l) != ""
		}
		if !labelled {
			t.Errorf("field %s has no label", name)
		}
	}
	for _, c := range testCards {
		first := slices.IndexFunc(testCards, func(o TestCard) bool { return o.Outcome == c.Outcome })
		if c.Number != testCards[first].Number {
			continue
		}
		if !strings.Contains(s.text, grouped(c.Number)) {
			t.Errorf("the page does not name the card for %s", c.Outcome)
		}
	}
	if strings.Contains(s.text, "<script") || strings.Contains(s.text, "style=") || !strings.Contains(s.text, "Test mode.") {
		t.Error("scripts, inline styles, or no ribbon")
	}
	if other := d.browse(d.page("pay_de", "locale", "de")); other.first("h1") != "34,90 € bezahlen" {
		t.Errorf("for a German reader: %q", other.first("h1"))
	}
	if s := d.browse("pg_unknown"); s.status != 404 || s.first("h1") == "" || s.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("a page that is not there: %d", s.status)
	}
}

func TestPageHeaders(t *testing.T) {
	d := openDesk(t)
	id := d.page("pay_1", "cancel_url", "http://127.0.0.1:8080/cart")
	for name, s := range map[string]seen{"form": d.browse(id), "corrections": d.press(id, "action", "pay"), "decline": d.pay(id, "4000000000000002")} {
		for header, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; " +
				"form-action 'self' https://shop.example http://127.0.0.1:8080; frame-ancestors 'none'",
			"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "private, no-store",
			"X-Robots-Tag": "noindex, nofollow, noarchive",
		} {
			if got := s.header.Get(header); got != want {
				t.Errorf("%s: %s\n got %s\nwant %s", name, header, got, want)
			}
		}
	}
	for _, path := range []string{payStylePath, payIconPath} {
		resp, err := http.Get(d.url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != 200 || !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") || strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
}

// A page that was paid is a charge like any other, under the page's reference.
func TestPayingMakesAnOrdinaryCharge(t *testing.T) {
	d := openDesk(t)
	for capture, status := range map[bool]string{true: "captured", false: "authorized"} {
		reference := "pay_" + status
		id := d.page(reference, "capture", capture)
		if s := d.pay(id, "4242 4242 4242 4242"); s.status != http.StatusSeeOther || s.to != paidAt+id {
			t.Fatalf("%d %q %s", s.status, s.to, s.alert())
		}
		found := d.merchant("GET", "/v1/charges?reference="+reference+"&merchant_id="+shop, "")
		list := found.body["charges"].([]any)
		if len(list) != 1 {
			t.Fatalf("%s", found.raw)
		}
		c := list[0].(map[string]any)
		if c["status"] != status || c["page"] != id || c["checkout_session_id"] != "cs_"+reference || c["amount"] != 3490.0 || c["card"].(map[string]any)["last4"] != "4242" {
			t.Errorf("charge %v", c)
		}
		charge := "/v1/charges/" + c["id"].(string)
		if !capture {
			if r := d.merchant("POST", charge+"/capture", `{"amount": 3000}`); r.num("amount_captured") != 3000 {
				t.Errorf("capture: %s", r.raw)
			}
		}
		if r := d.merchant("POST", charge+"/refund", `{"amount": 100}`); r.status != 201 {
			t.Errorf("refund: %s", r.raw)
		}
		if r := d.merchant("POST", "/v1/pages/"+id+"/expire", ""); r.str("status") != "paid" || r.body["charge"].(map[string]any)["id"] != c["id"] {
			t.Errorf("ended after it was paid: %s", r.raw)
		}
		s := d.browse(id)
		if s.status != 200 || s.first("h1") != "This is paid" || len(s.each("form")) != 0 || attr(s.each("a")[1], "href") != paidAt+id {
			t.Errorf("a paid page: %d %s", s.status, s.text)
		}
		// A form that is sent again, and a buyer who goes back, end where one ends.
		for _, again := range []seen{d.pay(id, "5555555555554444"), d.press(id, "action", "pay"), d.press(id, "action", "cancel")} {
			if again.status != http.StatusSeeOther || again.to != paidAt+id {
				t.Errorf("again: %d %q", again.status, again.to)
			}
		}
		if l := d.ledger("cs_" + reference); l.Attempts != 1 {
			t.Errorf("%d charges", l.Attempts)
		}
	}
}

func TestTwentyTabsPayOnce(t *testing.T) {
	d := openDesk(t)
	id := d.page("pay_1")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if s := d.pay(id, "4242424242424242"); s.status != http.StatusSeeOther || s.to != paidAt+id {
				t.Errorf("%d %q", s.status, s.to)
			}
		})
	}
	wg.Wait()
	d.wantCharges("cs_pay_1", 1, 3490)
}

// A form from another site is not taken, and neither is what is no form.
func TestStrangePosts(t *testing.T) {
	d := openDesk(t)
	id := d.page("pay_1")
	card := url.Values{"action": {"pay"}, "number": {"4242424242424242"}, "expiry": {"11/29"}, "cvc": {"123"}, "name": {"A"}}
	for name, c := range map[string]struct {
		form   url.Values
		header []string
		status int
	}{
		"from another site":   {card, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"from a sibling":      {card, []string{"Sec-Fetch-Site", "same-site"}, 403},
		"from another origin": {card, []string{"Origin", "https://evil.example"}, 403},
		"as JSON":             {card, []string{"Content-Type", "application/json"}, 415},
		"too long":            {url.Values{"action": {"pay"}, "name": {strings.Repeat("x", maxPayForm)}}, nil, 400},
		"another button":      {url.Values{"action": {"refund"}}, nil, 400},
		"no button":           {url.Values{}, nil, 400},
		"to no page":          {nil, nil, 405},
	} {
		method := http.MethodPost
		if c.form == nil {
			method = http.MethodPut
		}
		if s := d.visit(method, id, c.form, c.header...); s.status != c.status || s.first("h1") == "" {
			t.Errorf("%s: %d, want %d", name, s.status, c.status)
		}
	}
	d.wantCharges("cs_pay_1", 0, 0)
	if s := d.visit(http.MethodPost, id, card, "Sec-Fetch-Site", "same-origin", "Origin", d.url); s.status != http.StatusSeeOther {
		t.Errorf("its own form: %d", s.status)
	}
}

func TestLeavingAPage(t *testing.T) {
	d := openDesk(t)
	id := d.page("pay_1")
	for range 2 {
		if s := d.press(id, "action", "cancel"); s.status != http.StatusSeeOther || s.to != "https://shop.example/cart" {
			t.Errorf("%d %q", s.status, s.to)
		}
	}
	d.advance(time.Hour)
	s := d.browse(id)
	if s.status != http.StatusGone || s.first("h1") != "This payment page has expired" || attr(s.each("a")[1], "href") != "https://shop.example/cart" {
		t.Errorf("%d %s", s.status, s.text)
	}
	if s := d.press(id, "action", "cancel"); s.to != "https://shop.example/cart" {
		t.Errorf("leaving an expired page: %d %q", s.status, s.to)
	}
}
