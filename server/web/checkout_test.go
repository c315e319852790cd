package web_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/checkstand/checkstand/server/web"
)

func parse(t *testing.T, resp *http.Response) *html.Node {
	t.Helper()
	page, err := html.Parse(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// byID finds the element with an id; nil is none.
func byID(page *html.Node, id string) *html.Node {
	for n := range page.Descendants() {
		if n.Type == html.ElementNode && attr(n, "id") == id {
			return n
		}
	}
	return nil
}

// Every page of a checkout keeps to itself, whatever its state.
func TestEveryCheckoutPageKeepsToItself(t *testing.T) {
	for name, state := range checkoutStates() {
		t.Run(name, func(t *testing.T) {
			change := func(*http.Request) {}
			if strings.HasSuffix(state.path, "?as=stranger") {
				change = noCookie
			}
			resp := ask(counter(t, state.c), http.MethodGet, state.path, change)
			if resp.StatusCode != state.status {
				t.Fatalf("%s, want %d", resp.Status, state.status)
			}
			for name, want := range map[string]string{"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
				"X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "private, no-store", "Cross-Origin-Opener-Policy": "same-origin"} {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if kept := len(resp.Cookies()) > 0; kept != (name == "pending") { // which outlives the session's own time
				t.Errorf("cookies: %v", resp.Cookies())
			}
			page := parse(t, resp)
			checkPolicy(t, resp.Header.Get("Content-Security-Policy"), page, "'self'")
			checkMarkup(t, page, "form")
			if got := text(one(t, page, "h1", "")); !strings.Contains(got, state.says) {
				t.Errorf("the heading says %q, want %q", got, state.says)
			}
			for _, f := range find(page, "form", "") {
				if to := attr(f, "action"); attr(f, "method") != "post" || to != "" && !strings.HasPrefix(to, session+"/") {
					t.Errorf("a form goes to %s %q", attr(f, "method"), to)
				}
			}
			for _, field := range append(find(page, "input", ""), find(page, "select", "")...) {
				if kind := attr(field, "type"); kind != "hidden" && kind != "radio" && attr(field, "autocomplete") == "" {
					t.Errorf("field %q has no autocomplete", attr(field, "name"))
				}
			}
			buttons := 0
			for _, tag := range []string{"a", "button"} {
				buttons += len(find(page, tag, "primary"))
			}
			if buttons > 1 {
				t.Errorf("%d primary actions, want one", buttons)
			}
			if ribbon := len(find(page, "p", "ribbon")) == 1; ribbon == state.c.view.Live {
				t.Errorf("live %v, ribbon %v", state.c.view.Live, ribbon)
			}
		})
	}
}

func TestFormsAsked(t *testing.T) {
	const away = "https://pay.example.com/p/1?a=b&c=d"
	for name, tt := range map[string]struct {
		c        *checkouts
		path     string
		form     []string
		status   int
		location string
		calls    []string
		says     string
	}{
		"another delivery":     {&checkouts{view: filledIn()}, "/delivery", []string{"delivery", "express"}, 303, session + "#delivery", []string{"delivery express"}, ""},
		"no delivery of these": {&checkouts{view: filledIn()}, "/delivery", []string{"delivery", "drone"}, 303, session, nil, ""},
		"no delivery":          {&checkouts{view: filledIn()}, "/delivery", nil, 303, session, nil, ""},
		"more of a thing":      {&checkouts{view: filledIn()}, "/items", []string{"line", "li_1", "quantity", " 3 "}, 303, session + "#items", []string{"quantity li_1 3"}, ""},
		"none of a thing":      {&checkouts{view: filledIn()}, "/items", []string{"line", "li_1", "quantity", "0"}, 303, session + "#items", []string{"quantity li_1 0"}, ""},
		"a thing removed":      {&checkouts{view: filledIn()}, "/items", []string{"line", "li_1", "quantity", "2", "remove", "yes"}, 303, session + "#items", []string{"quantity li_1 0"}, ""},
		"a thing that is gone": {&checkouts{view: filledIn()}, "/items", []string{"line", "li_9", "quantity", "3"}, 303, session, nil, ""},
		"a fraction":           {&checkouts{view: filledIn()}, "/items", []string{"line", "li_1", "quantity", "1.5"}, 422, "", nil, "Write how many you want as a whole number, at most 9999."},
		"less than none":       {&checkouts{view: filledIn()}, "/items", []string{"line", "li_1", "quantity", "-1"}, 422, "", nil, "Write how many you want as a whole number, at most 9999."},
		"far too many":         {&checkouts{view: filledIn()}, "/items", []string{"line", "li_1", "quantity", "99999999999999999999"}, 422, "", nil, "Write how many you want as a whole number, at most 9999."},
		"the only thing": {&checkouts{view: with(filledIn(), func(c *web.Checkout) { c.Lines = c.Lines[:1] })}, "/items", []string{"line", "li_1", "remove", "yes"},
			422, "", nil, "This is the only item of the order, so it cannot be removed."},
		"a change that the shop refuses": {&checkouts{view: filledIn(), fail: &web.Refusal{Message: "Lower it."}}, "/items", []string{"line", "li_1", "quantity", "9"},
			422, "", []string{"quantity li_1 9"}, "Lower it."},
		"a change that comes too late": {&checkouts{view: filledIn(), fail: web.ErrChanged}, "/delivery", []string{"delivery", "express"}, 303, session, []string{"delivery express"}, ""},
		"details that come too late":   {&checkouts{view: done()}, "/details", goodDetails(), 303, session, nil, ""},
		"a code":                       {&checkouts{view: reduced()}, "/codes", []string{"code", " ten "}, 303, session + "#codes", []string{"enter ten"}, ""},
		"a code removed":               {&checkouts{view: reduced()}, "/codes", []string{"remove", "WINTER"}, 303, session + "#codes", []string{"remove WINTER"}, ""},
		"no code":                      {&checkouts{view: reduced()}, "/codes", []string{"code", " "}, 422, "", nil, "Enter a code."},
		"a card for a code":            {&checkouts{view: reduced()}, "/codes", []string{"code", "4242 4242 4242 4242"}, 422, "", nil, "This looks like a card number."},
		"a code of great length":       {&checkouts{view: reduced()}, "/codes", []string{"code", strings.Repeat("A", 300)}, 422, "", nil, "This is not a discount code. Check it."},
		"a code that does not apply":   {&checkouts{view: reduced(), fail: &web.Refusal{Message: "This shop has no such discount code."}}, "/codes", []string{"code", "WHAT"}, 422, "", []string{"enter WHAT"}, "This shop has no such discount code."},
		"a code where there are none":  {&checkouts{view: filledIn()}, "/codes", []string{"code", "TEN"}, 303, session, nil, ""},
		"a code that comes too late":   {&checkouts{view: done()}, "/codes", []string{"code", "TEN"}, 303, session, nil, ""},
		"pay":                          {&checkouts{view: filledIn(), page: away}, "/pay", []string{"total", "5478 usd"}, 200, "", []string{"pay"}, "Continue to payment"},
		"pay what cannot be paid":      {&checkouts{view: filledIn()}, "/pay", []string{"total", "5478 usd"}, 303, session, []string{"pay"}, ""},
		"pay what is paid":             {&checkouts{view: done(), fail: web.ErrChanged}, "/pay", nil, 303, session, []string{"pay"}, ""},
		"pay while the provider is down": {&checkouts{view: filledIn(), fail: web.ErrNotCharged}, "/pay", []string{"total", "5478 usd"}, 503, "", []string{"pay"},
			"The payment provider does not answer. You have not been charged. Try again in a moment."},
		"pay at a strange address":   {&checkouts{view: filledIn(), page: "javascript:alert(1)"}, "/pay", []string{"total", "5478 usd"}, 500, "", []string{"pay"}, "You are never charged twice for this order."},
		"pay another total":          {&checkouts{view: filledIn(), page: "https://pay.example.com/p"}, "/pay", []string{"total", "5477 usd"}, 409, "", nil, "The order has changed. You have not been charged."},
		"pay no total by the script": {&checkouts{view: embedded()}, "/pay", []string{"payment_method_nonce", "n_1"}, 409, "", nil, "The order has changed. You have not been charged."},
		"go on to the open page":     {&checkouts{view: ended(web.CheckoutPaying), page: "https://pay.example.com/p"}, "/pay", nil, 200, "", []string{"pay"}, "Continue to payment"},
		"pay by the script":          {&checkouts{view: embedded()}, "/pay", []string{"payment_method_nonce", "n_1", "total", "5478 usd"}, 303, session, []string{"pay n_1"}, ""},
		"leave the payment page":     {&checkouts{view: ended(web.CheckoutPaying)}, "/leave", nil, 303, session, []string{"leave"}, ""},
		"a fault of ours":            {&checkouts{view: filledIn(), fail: errors.New("database is gone")}, "/leave", nil, 500, "", []string{"leave"}, "You are never charged twice for this order."},
	} {
		t.Run(name, func(t *testing.T) {
			resp := ask(counter(t, tt.c), http.MethodPost, session+tt.path, nil, tt.form...)
			if resp.StatusCode != tt.status || resp.Header.Get("Location") != tt.location {
				t.Errorf("%s to %q, want %d to %q", resp.Status, resp.Header.Get("Location"), tt.status, tt.location)
			}
			if !slices.Equal(tt.c.calls, tt.calls) {
				t.Errorf("asked %q, want %q", tt.c.calls, tt.calls)
			}
			page := parse(t, resp)
			if !strings.Contains(text(page), tt.says) {
				t.Errorf("the page does not say %q: %s", tt.says, text(page))
			}
			if tt.c.page != away {
				return
			}
			if got := resp.Header.Get("Refresh"); got != "0; url="+away || attr(one(t, page, "a", "primary"), "href") != away {
				t.Errorf("leads to %q", got)
			}
			if !strings.Contains(resp.Header.Get("Content-Security-Policy"), "form-action 'self';") {
				t.Error("forms may go elsewhere")
			}
		})
	}
}

// What was typed stays in the field, and the reason is tied to it.
func TestACodeThatDoesNotApply(t *testing.T) {
	c := &checkouts{view: reduced(), fail: &web.Refusal{Message: "This shop has no such discount code."}}
	page := parse(t, ask(counter(t, c), http.MethodPost, session+"/codes", nil, "code", "WHAT"))
	field, problem := byID(page, "code"), byID(page, "code-problem")
	if field == nil || problem == nil || attr(field, "value") != "WHAT" || attr(field, "aria-describedby") != "code-problem" || attr(field, "aria-invalid") != "true" ||
		text(problem) != "This shop has no such discount code." {
		t.Errorf("field %v, problem %v", field, problem)
	}
	for _, says := range []string{"Spring sale", "This discount code has expired.", "Remove code WINTER", "-$4.50"} {
		if !strings.Contains(text(page), says) {
			t.Errorf("the page does not say %q: %s", says, text(page))
		}
	}
}

// Nobody but the browser that took up the link, and no other site, does
// anything.
func TestFormsOfOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"another site":            {header("Sec-Fetch-Site", "cross-site"), 403},
		"a neighbouring site":     {header("Sec-Fetch-Site", "same-site"), 403},
		"another origin":          {header("Origin", "https://evil.example"), 403},
		"no origin":               {header("Origin", "null"), 403},
		"no cookie":               {noCookie, 403},
		"another's cookie":        {header("Cookie", "checkout="+strings.Repeat("A", 43)), 403},
		"an endless cookie":       {header("Cookie", "checkout="+strings.Repeat("A", 4000)), 403},
		"JSON":                    {header("Content-Type", "application/json"), 415},
		"a form with files":       {header("Content-Type", "multipart/form-data; boundary=x"), 415},
		"plain text":              {header("Content-Type", "text/plain"), 415},
		"no type":                 {func(r *http.Request) { r.Header.Del("Content-Type") }, 415},
		"this site":               {header("Sec-Fetch-Site", "same-origin"), 0},
		"this origin":             {header("Origin", "http://example.com"), 0},
		"a browser that is quiet": {nil, 0},
	} {
		for _, form := range []string{"details", "delivery", "items", "pay", "leave"} {
			t.Run(name+"/"+form, func(t *testing.T) {
				c := &checkouts{view: filledIn(), page: "https://pay.example.com/p/1"}
				values := append(goodDetails(), "delivery", "express", "line", "li_1", "quantity", "3", "total", "5478 usd")
				// To leave is passed on to the core, which looks at the visitor.
				if tt.status == 403 && form == "leave" {
					c.fail = web.ErrNotVisitor
				}
				resp := ask(counter(t, c), http.MethodPost, session+"/"+form, tt.change, values...)
				if tt.status == 0 {
					if resp.StatusCode >= 400 || len(c.calls) != 1 {
						t.Errorf("%s, asked %q", resp.Status, c.calls)
					}
					return
				}
				if resp.StatusCode != tt.status || c.fail == nil && len(c.calls) != 0 {
					t.Errorf("%s, asked %q; want %d", resp.Status, c.calls, tt.status)
				}
			})
		}
	}
}

func TestLargeForms(t *testing.T) {
	c := &checkouts{view: filledIn()}
	resp := ask(counter(t, c), http.MethodPost, session+"/details", nil, changed(goodDetails(), "name", strings.Repeat("n", 64<<10))...)
	if resp.StatusCode != http.StatusRequestEntityTooLarge || len(c.calls) != 0 {
		t.Errorf("%s, asked %q", resp.Status, c.calls)
	}
	resp = ask(counter(t, c), http.MethodPost, session+"/pay", func(r *http.Request) { r.Body = http.NoBody; r.URL.RawQuery = "%zz" })
	if resp.StatusCode != http.StatusBadRequest || len(c.calls) != 0 {
		t.Errorf("%s, asked %q", resp.Status, c.calls)
	}
}

func TestPagesWithTheProvidersForm(t *testing.T) {
	c := &checkouts{view: embedded(), token: `"><script>alert(1)</script>`}
	resp := ask(counter(t, c), http.MethodGet, session, nil)
	page := parse(t, resp)
	const sources = "https://*.braintreegateway.com https://*.braintree-api.com"
	policy := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"script-src 'self' https://js.braintreegateway.com;", "connect-src " + sources + ";", "frame-src " + sources + ";", "form-action 'self';"} {
		if !strings.Contains(policy+";", want) {
			t.Errorf("the policy has no %q: %s", want, policy)
		}
	}
	checkMarkup(t, page, "form", "script")
	if scripts := find(page, "script", ""); len(scripts) != 2 || attr(scripts[0], "src") != c.view.Embed.Script {
		t.Errorf("%d scripts", len(scripts))
	} else if own := get(t, counter(t, c), attr(scripts[1], "src")); own.StatusCode != 200 || own.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || own.ContentLength > 3<<10 {
		t.Errorf("our script: %s, %d bytes", own.Status, own.ContentLength)
	}
	if got := attr(byID(page, "dropin"), "data-token"); got != c.token {
		t.Errorf("the token is %q", got)
	}
	for _, view := range []web.Checkout{with(embedded(), func(c *web.Checkout) { c.Payable = false }), with(embedded(), func(c *web.Checkout) { c.State = web.CheckoutConfirming })} {
		resp := ask(counter(t, &checkouts{view: view, token: "t"}), http.MethodGet, session, nil)
		if strings.Contains(resp.Header.Get("Content-Security-Policy"), "script-src") || len(find(parse(t, resp), "script", "")) != 0 {
			t.Error("there is a script before there is something to pay")
		}
	}
}

func TestWhatABuyerWritesIsTextOnly(t *testing.T) {
	const evil = `"><img src=x onerror=alert(1)>{{.}}`
	c := &checkouts{view: with(filledIn(), func(c *web.Checkout) {
		c.Details.Name, c.Details.LineOne, c.Details.City, c.Details.Phone = evil, evil, evil, evil
		c.Lines[0].Title, c.Lines[0].ID = evil, evil
		c.Deliveries[0].Method, c.Deliveries[0].ID = evil, evil
		c.Notices = []web.Notice{{Text: evil}}
		c.Codes = &web.Codes{Given: []web.GivenCode{{Code: evil, Name: evil, Note: &web.Notice{Text: evil}}}, Typed: evil, Problem: evil}
		c.Shop.Logo = "javascript:alert(1)"
	})}
	h := counter(t, c)
	bad := changed(goodDetails(), "email", evil)
	for name, resp := range map[string]*http.Response{"review": ask(h, http.MethodGet, session, nil), "form": ask(h, http.MethodGet, session+"?change=details", nil),
		"refused": ask(h, http.MethodPost, session+"/details", nil, bad...)} {
		page := parse(t, resp)
		checkMarkup(t, page, "form")
		for _, img := range find(page, "img", "") {
			if src := attr(img, "src"); src == "x" || strings.HasPrefix(src, "javascript:") {
				t.Errorf("%s: a picture of %q", name, src)
			}
		}
	}
	c.view = with(done(), func(c *web.Checkout) { c.ReturnURL = "javascript:alert(1)" })
	for _, a := range find(parse(t, ask(h, http.MethodGet, session, nil)), "a", "") {
		if strings.HasPrefix(attr(a, "href"), "javascript:") {
			t.Error("a link runs a script")
		}
	}
}

// Neither the buyer nor what opens the page is in the log.
func TestTheLogOfACheckoutSaysNothingOfTheBuyer(t *testing.T) {
	var log bytes.Buffer
	cfg := config(t)
	c := &checkouts{view: filledIn(), fail: errors.New("database is gone")}
	cfg.Checkouts, cfg.Log = c, slog.New(slog.NewTextHandler(&log, nil))
	h := pages(t, cfg)
	ask(h, http.MethodPost, session+"/details", nil, goodDetails()...)
	ask(h, http.MethodPost, session+"/"+proof, nil)
	ask(h, http.MethodPost, session+"/pay", nil, "payment_method_nonce", "n_secret", "total", "5478 usd")
	if strings.Count(log.String(), "database is gone") != 3 {
		t.Fatalf("the log has not all three failures: %s", log.String())
	}
	for _, secret := range []string{proof, visitor, "buyer@example.com", "Example Street", "n_secret"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q: %s", secret, log.String())
		}
	}
}

func TestWithoutCheckoutsThereIsNoSuchPage(t *testing.T) {
	h := pages(t, config(t))
	for _, path := range []string{session, session + "/" + proof} {
		if got := get(t, h, path); got.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %s", path, got.Status)
		}
	}
}
