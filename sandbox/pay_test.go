package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
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
	return d.press(id, "action", "pay", "number", number, "expiry", "11/29", "cvc", testCVC, "name", "Ada Example")
}

func (d *desk) visit(method, id string, form url.Values, header ...string) seen {
	d.t.Helper()
	req, err := http.NewRequest(method, d.url+"/pay/"+id, strings.NewReader(form.Encode()))
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
		if c.Outcome == Approve && c.Number != testCards[0].Number {
			continue
		}
		if !strings.Contains(s.text, grouped(c.Number)) {
			t.Errorf("the page does not name the card for %s", c.Outcome)
		}
	}
	if strings.Contains(s.text, "<script") || strings.Contains(s.text, "style=") || !strings.Contains(s.text, "Test mode.") {
		t.Error("scripts, inline styles, or no ribbon")
	}
	if other := d.browse(d.page("pay_de", "locale", "de")); !strings.HasPrefix(other.first("h1"), "Pay 34,90") {
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

// Every card does on a page what it stands for, and a refusal leaves the page
// open for another.
func TestCardsOnAPage(t *testing.T) {
	d := openDesk(t)
	d.wait = func(time.Duration) error { return nil }
	for _, card := range TestCards() {
		t.Run(string(card.Outcome)+"/"+card.Last4(), func(t *testing.T) {
			reference := "pay_" + card.Number
			id := d.page(reference)
			s := d.pay(id, card.Number)
			v, refuses := verdicts[card.Outcome]
			switch {
			case card.Outcome == Requires3DS:
				if s.status != 200 || s.first("h1") != "Is this payment yours?" {
					t.Fatalf("%d %s", s.status, s.text)
				}
				s = d.press(id, "action", "approve", "challenge", attr(s.field("challenge"), "value"))
			case refuses:
				if s.status != http.StatusPaymentRequired || !strings.Contains(s.alert(), "You have not been charged.") || s.first("h1") != "Pay €34.90" {
					t.Fatalf("%d %s", s.status, s.text)
				}
				if attr(s.field("name"), "value") != "Ada Example" || attr(s.field("expiry"), "value") != "11/29" {
					t.Error("name or date is lost")
				}
				if strings.Contains(s.text, card.Number) || strings.Contains(s.text, testCVC) {
					t.Error("number or code is shown again")
				}
				d.wantCharges("cs_"+reference, 0, 0)
				if r := d.merchant("GET", "/v1/pages/"+id, ""); r.str("status") != "open" || r.str("last_decline_code") != v.decline || r.num("declined_cards") != 1 {
					t.Errorf("%s", r.raw)
				}
				s = d.pay(id, "4242424242424242")
			case card.Outcome == DropAfterCommit:
				if !s.lost {
					t.Fatalf("answered %d", s.status)
				}
				s = d.pay(id, card.Number)
			case card.Outcome == ErrorAfterCommit:
				if s.status != 500 || !strings.Contains(s.text, "You are not charged twice.") {
					t.Fatalf("%d %s", s.status, s.text)
				}
				s = d.pay(id, card.Number)
			}
			if s.status != http.StatusSeeOther || s.to != paidAt+id {
				t.Errorf("%d %q", s.status, s.to)
			}
			d.settled("cs_" + reference)
			d.wantCharges("cs_"+reference, 1, 3490)
		})
	}
}

func TestDeclineIsSaidInWords(t *testing.T) {
	d := openDesk(t)
	if s := d.pay(d.page("pay_1"), "4000000000000002"); s.alert() != "Your card was declined. You have not been charged. Try another card." {
		t.Errorf("%q", s.alert())
	}
}

// The buyer answers the issuer's question on the page. Only the question that
// is open counts.
func TestChallenge(t *testing.T) {
	d := openDesk(t)
	id := d.page("pay_1")
	ask := func() string {
		t.Helper()
		s := d.pay(id, "4000002760003184")
		if attr(s.field("name"), "value") != "Ada Example" || attr(s.field("expiry"), "value") != "11/29" {
			t.Error("the question forgets what was typed")
		}
		return attr(s.field("challenge"), "value")
	}
	first := ask()
	if s := d.browse(id); attr(s.field("challenge"), "value") != first {
		t.Errorf("the question is gone when the page is loaded again: %s", s.text)
	}
	s := d.press(id, "action", "refuse", "challenge", first, "name", "Ada Example", "expiry", "11/29")
	if s.status != http.StatusPaymentRequired || !strings.HasPrefix(s.alert(), "You did not approve the payment. You have not been charged.") || attr(s.field("name"), "value") != "Ada Example" {
		t.Errorf("refused: %d %s", s.status, s.text)
	}
	second := ask()
	for _, stale := range []string{first, "", "chal_unknown"} {
		if s := d.press(id, "action", "approve", "challenge", stale); s.status != 200 || attr(s.field("challenge"), "value") != second {
			t.Errorf("%q counted: %d", stale, s.status)
		}
	}
	d.wantCharges("cs_pay_1", 0, 0)
	if s := d.press(id, "action", "approve", "challenge", second); s.status != http.StatusSeeOther {
		t.Errorf("approved: %d %s", s.status, s.text)
	}
	d.wantCharges("cs_pay_1", 1, 3490)
	if l := d.ledger("cs_pay_1"); l.List[0].Card.Last4 != "3184" {
		t.Errorf("card %+v", l.List[0].Card)
	}
}

// A slow card is charged and the buyer sent on; the charge is settled later, by
// the next process if need be.
func TestSlowCardOnAPage(t *testing.T) {
	d := openDesk(t)
	d.wait = func(time.Duration) error { return ErrClosed }
	id := d.page("pay_1")
	if s := d.pay(id, "4000000000000077"); s.status != http.StatusSeeOther {
		t.Fatalf("%d %s", s.status, s.text)
	}
	if s := d.browse(id); s.first("h1") != "Your payment is being processed" {
		t.Errorf("%q", s.first("h1"))
	}
	if r := d.merchant("POST", "/v1/references/pay_1/close?merchant_id="+shop, ""); r.body["closed"] != false {
		t.Errorf("closed over a payment under way: %s", r.raw)
	}
	d.wantCharges("cs_pay_1", 1, 0)
	d.stop()
	d.start()
	d.wantCharges("cs_pay_1", 1, 3490)
}

func TestCorrections(t *testing.T) {
	d := openDesk(t)
	id := d.page("pay_1")
	good := map[string]string{"action": "pay", "number": "4242424242424242", "expiry": "11/29", "cvc": testCVC, "name": "Ada Example"}
	for name, c := range map[string]struct {
		change map[string]string
		wrong  []string
	}{
		"nothing":            {map[string]string{"number": "", "expiry": "", "cvc": "", "name": ""}, []string{"number", "expiry", "cvc", "name"}},
		"a mistyped number":  {map[string]string{"number": "4242424242424241"}, []string{"number"}},
		"a real card":        {map[string]string{"number": "4539578763621486"}, []string{"number"}},
		"a long number":      {map[string]string{"number": strings.Repeat("4 ", 30)}, []string{"number"}},
		"a date that was":    {map[string]string{"expiry": "04/26"}, []string{"expiry"}},
		"a thirteenth month": {map[string]string{"expiry": "13/29"}, []string{"expiry"}},
		"a date of words":    {map[string]string{"expiry": "soon"}, []string{"expiry"}},
		"a short code":       {map[string]string{"cvc": "12"}, []string{"cvc"}},
		"a number for name":  {map[string]string{"name": "4242 4242 4242 4242"}, []string{"name"}},
		"a number for date":  {map[string]string{"expiry": "4242424242424242"}, []string{"expiry"}},
		"a long name":        {map[string]string{"name": strings.Repeat("x", maxCardName+1)}, []string{"name"}},
	} {
		form := url.Values{}
		for k, v := range good {
			form.Set(k, v)
		}
		for k, v := range c.change {
			form.Set(k, v)
		}
		s := d.visit(http.MethodPost, id, form)
		if s.status != http.StatusUnprocessableEntity || !strings.Contains(s.alert(), "You have not been charged.") {
			t.Errorf("%s: %d %s", name, s.status, s.alert())
		}
		var linked []string
		for _, a := range s.each("a") {
			if target, ok := strings.CutPrefix(attr(a, "href"), "#"); ok && target != "main" {
				linked = append(linked, target)
			}
		}
		if strings.Join(linked, " ") != strings.Join(c.wrong, " ") {
			t.Errorf("%s: the summary leads to %v, want %v", name, linked, c.wrong)
		}
		for _, field := range c.wrong {
			n := s.field(field)
			if attr(n, "aria-invalid") != "true" || !strings.Contains(s.text, `id="`+attr(n, "aria-describedby")+`"`) {
				t.Errorf("%s: field %s does not say what is wrong", name, field)
			}
		}
		if got := attr(s.field("name"), "value"); c.change["name"] == "" && name != "nothing" && got != "Ada Example" {
			t.Errorf("%s: the name is lost", name)
		}
		if typed := form.Get("number"); typed != "" && strings.Contains(s.text, typed) || strings.Contains(s.text, testCVC) || strings.Contains(s.text, `value="4242`) {
			t.Errorf("%s: number or code is shown again", name)
		}
	}
	for _, expiry := range []string{"05/26", "5/26", "0526", "05 / 2026", "05-2026", "05.26", "052026"} {
		if _, wrong := (payForm{number: "4242424242424242", expiry: expiry, cvc: "123", name: "A"}).card(testNow); len(wrong) > 0 {
			t.Errorf("%q: %v", expiry, wrong)
		}
	}
	d.wantCharges("cs_pay_1", 0, 0)
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

// DP-06 on a page: neither number nor code nor name is in a file or a log.
func TestNoCardDataOfAPageIsKept(t *testing.T) {
	d := openDesk(t)
	d.wait = func(time.Duration) error { return nil }
	var cards []string
	for _, card := range TestCards() {
		cards = append(cards, card.Number)
		id := d.page("pay_" + card.Last4() + card.Number[:2])
		d.pay(id, card.Number)
		d.press(id, "action", "pay", "number", card.Number, "expiry", card.Number, "cvc", testCVC, "name", card.Number)
		d.press(id, "action", card.Number, "challenge", card.Number)
		d.visit(http.MethodPost, id, url.Values{card.Number: {testCVC}}, "Content-Type", "text/plain")
	}
	d.settled("cs_pay_007740")
	look := func(when string) {
		t.Helper()
		found := false
		for name, content := range filesOf(t, filepath.Dir(d.path)) {
			mustNotHold(t, when+" "+name, content, append(cards, "Ada Example"))
			found = found || bytes.Contains(content, []byte("cs_pay_9995"))
		}
		if !found {
			t.Errorf("%s: the files do not even hold the session ids", when)
		}
	}
	look("open")
	d.stop()
	look("closed")
	d.start()
	mustNotHold(t, "logs", []byte(d.logs.String()), append(cards, "Ada Example"))
	if strings.Contains(d.logs.String(), "pg_") || !strings.Contains(d.logs.String(), "/pay/{id}") {
		t.Error("the logs hold the address of a page, or nothing of pages")
	}
}

// Whatever bytes are sent as a form: no panic, and either corrections that do
// not repeat what belongs to a card, or a test card.
func FuzzPayForm(f *testing.F) {
	for _, seed := range []string{"", "action=pay", "number=4242424242424242&expiry=11%2F29&cvc=123&name=A&action=pay", "number=%", "expiry=%ff&name=%00",
		"name=4242+4242+4242+4242&expiry=424242424242", "number=1&number=2;x", "expiry=0/0", "expiry=00000", strings.Repeat("a=b&", 3000)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		form, err := decodePayForm(body)
		if err != nil {
			return
		}
		card, wrong := form.card(testNow)
		if len(wrong) == 0 {
			if _, known := testCard(card.Number); !known {
				t.Errorf("took a card that is no test card: %+v", card)
			}
		}
		for _, e := range wrong {
			if e.Says == "" || e.Field == "" {
				t.Errorf("empty correction %+v", e)
			}
		}
		shown := form.forgetCard()
		if shown.number != "" || shown.cvc != "" || len(shown.expiry) > maxExpiry || holdsNumber(shown.name) {
			t.Errorf("would show %+v", shown)
		}
	})
}
