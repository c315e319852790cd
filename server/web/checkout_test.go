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
				"X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "private, no-store", "Cross-Origin-Opener-Policy": "same-origin", "Set-Cookie": ""} {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			page := parse(t, resp)
			checkPolicy(t, resp.Header.Get("Content-Security-Policy"), page, "'self'")
			checkMarkup(t, page, "form")
			if got := text(one(t, page, "h1", "")); !strings.Contains(got, state.says) && name != "link" {
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

func TestLinkIsTakenUpByAPersonOnly(t *testing.T) {
	const navigate = "Sec-Fetch-Mode"
	for name, tt := range map[string]struct {
		method string
		change func(*http.Request)
		taken  bool
	}{
		"a browser that navigates":    {http.MethodGet, header(navigate, "navigate"), true},
		"a browser that says nothing": {http.MethodGet, nil, false},
		"a program that looks":        {http.MethodHead, header(navigate, "navigate"), false},
		"a page that fetches":         {http.MethodGet, header(navigate, "cors"), false},
		"a frame":                     {http.MethodGet, func(r *http.Request) { r.Header.Set(navigate, "navigate"); r.Header.Set("Sec-Fetch-Dest", "iframe") }, false},
		"what might be opened next":   {http.MethodGet, func(r *http.Request) { r.Header.Set(navigate, "navigate"); r.Header.Set("Sec-Purpose", "prefetch") }, false},
		"what is drawn before": {http.MethodGet, func(r *http.Request) {
			r.Header.Set(navigate, "navigate")
			r.Header.Set("Sec-Purpose", "prefetch;prerender")
		}, false},
		"an older sign of the same":     {http.MethodGet, func(r *http.Request) { r.Header.Set(navigate, "navigate"); r.Header.Set("Purpose", "prefetch") }, false},
		"the button":                    {http.MethodPost, nil, true},
		"the button, from another site": {http.MethodPost, header("Sec-Fetch-Site", "cross-site"), false},
	} {
		t.Run(name, func(t *testing.T) {
			c := &checkouts{view: filledIn()}
			resp := ask(counter(t, c), tt.method, session+"/"+proof+"?redirectUrl=https://chatgpt.com/c/1", func(r *http.Request) {
				noCookie(r)
				if tt.change != nil {
					tt.change(r)
				}
			})
			if c.used != tt.taken {
				t.Fatalf("taken up: %v, want %v (%s)", c.used, tt.taken, resp.Status)
			}
			cookies := resp.Cookies()
			if !tt.taken {
				if len(cookies) != 0 {
					t.Errorf("cookies %v", cookies)
				}
				return
			}
			if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != session || c.back != "https://chatgpt.com/c/1" {
				t.Errorf("%s to %q, back to %q", resp.Status, resp.Header.Get("Location"), c.back)
			}
			if len(cookies) != 1 {
				t.Fatalf("cookies %v", cookies)
			}
			got := cookies[0]
			if got.Name != "checkout" || got.Value != visitor || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode || got.Secure ||
				got.Path != session || got.MaxAge < 3500 || got.MaxAge > 3600 || got.Domain != "" {
				t.Errorf("cookie %v", got)
			}
		})
	}
}

func TestCookieOfAnHTTPSShopIsForHTTPS(t *testing.T) {
	cfg := config(t)
	cfg.BaseURL, cfg.Checkouts = "https://shop.example.com", &checkouts{view: filledIn()}
	if c := ask(pages(t, cfg), http.MethodPost, session+"/"+proof, nil).Cookies(); len(c) != 1 || !c[0].Secure {
		t.Errorf("cookies %v", c)
	}
}

func TestUsedLink(t *testing.T) {
	h := counter(t, &checkouts{view: filledIn(), used: true})
	for name, tt := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"in the browser that used it": {header("Sec-Fetch-Mode", "navigate"), http.StatusSeeOther},
		"in another":                  {noCookie, http.StatusGone},
		"with another's cookie":       {header("Cookie", "checkout="+strings.Repeat("A", 43)), http.StatusGone},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			resp := ask(h, method, session+"/"+proof, tt.change)
			if resp.StatusCode != tt.status || resp.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s %s: %s, want %d and no cookie", method, name, resp.Status, tt.status)
			}
		}
	}
}

func TestLinkThatIsNone(t *testing.T) {
	h := counter(t, &checkouts{view: filledIn()})
	for _, path := range []string{"/checkout/other/cs_1/" + proof, "/checkout/demo/cs_2/" + proof, session + "/" + strings.Repeat("A", 22),
		session + "/" + strings.Repeat("A", 5000), "/checkout/demo/" + strings.Repeat("c", 5000) + "/" + proof} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			resp := ask(h, method, path, header("Sec-Fetch-Mode", "navigate"))
			if page := parse(t, resp); resp.StatusCode != http.StatusNotFound || text(one(t, page, "h1", "")) != "There is no such checkout" {
				t.Errorf("%s %.60s: %s", method, path, resp.Status)
			}
		}
	}
}

// goodDetails is a form that is filled in as it should be.
func goodDetails() []string {
	return []string{"email", "buyer@example.com", "name", "Test Buyer", "phone", "", "country", "US", "line_one", "1 Example Street",
		"line_two", "", "city", "San Francisco", "state", "CA", "postal_code", "94105"}
}

func changed(form []string, name, value string) []string {
	form = slices.Clone(form)
	for i := 0; i < len(form); i += 2 {
		if form[i] == name {
			form[i+1] = value
		}
	}
	return form
}

func TestDetails(t *testing.T) {
	c := &checkouts{view: empty()}
	resp := ask(counter(t, c), http.MethodPost, session+"/details", nil, changed(goodDetails(), "name", "  Ada Ünal ")...)
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != session {
		t.Errorf("%s to %q", resp.Status, resp.Header.Get("Location"))
	}
	want := web.Details{Email: "buyer@example.com", Name: "Ada Ünal", LineOne: "1 Example Street", City: "San Francisco", State: "CA", PostalCode: "94105", Country: "US"}
	if c.saved != want {
		t.Errorf("saved %+v", c.saved)
	}
}

// What is wrong is said at the top and beside the field, nothing is stored, and
// nothing that was typed is lost.
func TestDetailsThatAreWrong(t *testing.T) {
	for name, tt := range map[string]struct{ field, value, says string }{
		"no e-mail":            {"email", "", "Enter your e-mail address."},
		"blanks for an e-mail": {"email", "   ", "Enter your e-mail address."},
		"no address":           {"email", "buyer.example.com", "This is not an e-mail address. Write it like name@example.com."},
		"two addresses":        {"email", "a@example.com, b@example.com", "This is not an e-mail address. Write it like name@example.com."},
		"a named address":      {"email", "Ada <a@example.com>", "This is not an e-mail address. Write it like name@example.com."},
		"a long e-mail":        {"email", strings.Repeat("a", 244) + "@example.com", "This is too long. Shorten it."},
		"no name":              {"name", "", "Enter your name."},
		"a long name":          {"name", strings.Repeat("ä", 257), "This is too long. Shorten it."},
		"a name of two lines":  {"name", "Ada\r\nBcc: b@example.com", "This has signs that cannot be printed. Type it anew."},
		"a name of no text":    {"name", "Ada\xff", "This has signs that cannot be printed. Type it anew."},
		"a long phone number":  {"phone", strings.Repeat("1", 257), "This is too long. Shorten it."},
		"no country":           {"country", "", "Choose a country."},
		"a country elsewhere":  {"country", "FR", "The shop does not deliver to this country. Choose one of the list."},
		"no country at all":    {"country", "XX", "The shop does not deliver to this country. Choose one of the list."},
		"no street":            {"line_one", "", "Enter street and number."},
		"a long street":        {"line_one", strings.Repeat("s", 256), "This is too long. Shorten it."},
		"no city":              {"city", "", "Enter the city."},
		"a long postal code":   {"postal_code", strings.Repeat("9", 21), "This is too long. Shorten it."},
	} {
		t.Run(name, func(t *testing.T) {
			c := &checkouts{view: empty()}
			resp := ask(counter(t, c), http.MethodPost, session+"/details", nil, changed(goodDetails(), tt.field, tt.value)...)
			if resp.StatusCode != http.StatusUnprocessableEntity || len(c.calls) != 0 {
				t.Fatalf("%s, asked %q", resp.Status, c.calls)
			}
			page := parse(t, resp)
			checkMarkup(t, page, "form")
			links := find(one(t, page, "div", "problems"), "a", "")
			if len(links) != 1 || attr(links[0], "href") != "#"+tt.field || text(links[0]) != tt.says {
				t.Errorf("the summary says %q", text(one(t, page, "div", "problems")))
			}
			f := byID(page, tt.field)
			hint := byID(page, attr(f, "aria-describedby"))
			if attr(f, "aria-invalid") != "true" || hint == nil || text(hint) != tt.says {
				t.Errorf("beside the field: %v", hint)
			}
			form := goodDetails()
			for i := 0; i < len(form); i += 2 {
				if form[i] != tt.field && form[i] != "country" && attr(byID(page, form[i]), "value") != form[i+1] {
					t.Errorf("%s has lost %q", form[i], form[i+1])
				}
			}
		})
	}
}

// What the shop finds wrong with an address is said at once.
func TestAddressThatTheShopRefuses(t *testing.T) {
	c := &checkouts{view: with(filledIn(), func(c *web.Checkout) {
		c.Payable, c.Problems = false, map[string]string{"postal_code": "Check the code."}
	})}
	resp := ask(counter(t, c), http.MethodPost, session+"/details", nil, goodDetails()...)
	page := parse(t, resp)
	if resp.StatusCode != http.StatusUnprocessableEntity || len(c.calls) != 1 || text(byID(page, "postal_code-problem")) != "Check the code." {
		t.Errorf("%s, asked %q", resp.Status, c.calls)
	}
}

func TestGoodsThatAreNotShippedNeedNoAddress(t *testing.T) {
	c := &checkouts{view: with(empty(), func(c *web.Checkout) { c.Shipped = false })}
	h := counter(t, c)
	page := parse(t, ask(h, http.MethodGet, session, nil))
	if byID(page, "email") == nil || byID(page, "line_one") != nil {
		t.Error("the form does not ask for the contact alone")
	}
	if resp := ask(h, http.MethodPost, session+"/details", nil, "email", "buyer@example.com", "name", "Ada"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("%s", resp.Status)
	}
}

func TestCountries(t *testing.T) {
	for name, tt := range map[string]struct {
		locale string
		served []string
		want   []string // the first and last of those to choose from
		count  int
	}{
		"those of the shop":         {"en-US", []string{"US", "DE", "AT"}, []string{"Choose", "Austria", "Germany", "United States"}, 4},
		"in the shop's language":    {"de", []string{"US", "DE", "AT"}, []string{"Choose", "Deutschland", "Österreich", "Vereinigte Staaten"}, 4},
		"the only one is chosen":    {"fr", []string{"DE"}, []string{"Allemagne"}, 1},
		"everywhere":                {"en-US", nil, []string{"Choose", "Afghanistan"}, 250},
		"a language without tables": {"tlh", nil, []string{"Choose", "Afghanistan"}, 250},
	} {
		t.Run(name, func(t *testing.T) {
			c := &checkouts{view: with(empty(), func(c *web.Checkout) { c.Locale, c.Countries = tt.locale, tt.served })}
			var got []string
			for _, o := range find(parse(t, ask(counter(t, c), http.MethodGet, session, nil)), "option", "") {
				got = append(got, text(o))
			}
			if len(got) != tt.count || !slices.Equal(got[:len(tt.want)], tt.want) {
				t.Errorf("%d countries: %q", len(got), got)
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
		"pay":                          {&checkouts{view: filledIn(), page: away}, "/pay", nil, 200, "", []string{"pay"}, "Continue to payment"},
		"pay what cannot be paid":      {&checkouts{view: filledIn()}, "/pay", nil, 303, session, []string{"pay"}, ""},
		"pay what is paid":             {&checkouts{view: done(), fail: web.ErrChanged}, "/pay", nil, 303, session, []string{"pay"}, ""},
		"pay while the provider is down": {&checkouts{view: filledIn(), fail: web.ErrNotCharged}, "/pay", nil, 503, "", []string{"pay"},
			"The payment provider does not answer. You have not been charged. Try again in a moment."},
		"pay at a strange address": {&checkouts{view: filledIn(), page: "javascript:alert(1)"}, "/pay", nil, 500, "", []string{"pay"}, "You are never charged twice for this order."},
		"pay by the script":        {&checkouts{view: embedded()}, "/pay", []string{"payment_method_nonce", "n_1"}, 303, session, []string{"pay n_1"}, ""},
		"leave the payment page":   {&checkouts{view: ended(web.CheckoutPaying)}, "/leave", nil, 303, session, []string{"leave"}, ""},
		"a fault of ours":          {&checkouts{view: filledIn(), fail: errors.New("database is gone")}, "/leave", nil, 500, "", []string{"leave"}, "You are never charged twice for this order."},
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
				values := append(goodDetails(), "delivery", "express", "line", "li_1", "quantity", "3")
				// The fake looks at the visitor where the page reads the session;
				// pay and leave go to the core, which does.
				if tt.status == 403 && (form == "pay" || form == "leave") {
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

// A page that waits looks again by itself, and never says that it is paid.
func TestWaiting(t *testing.T) {
	for name, tt := range map[string]struct {
		view    web.Checkout
		query   string
		refresh string
		says    string
	}{
		"back from the page":    {ended(web.CheckoutPaying), "?waiting=1", "3; url=" + session + "?waiting=2", "Not paid yet? Go back to the payment page"},
		"a while later":         {ended(web.CheckoutPaying), "?waiting=11", "10; url=" + session + "?waiting=12", "It takes longer than usual."},
		"much later":            {ended(web.CheckoutPaying), "?waiting=41", "30; url=" + session + "?waiting=42", "you are charged once at most"},
		"for ever":              {ended(web.CheckoutPaying), "?waiting=999999", "30; url=" + session + "?waiting=1001", "you are charged once at most"},
		"an open page":          {ended(web.CheckoutPaying), "", "", "Continue to payment"},
		"no number":             {ended(web.CheckoutPaying), "?waiting=x", "", "Continue to payment"},
		"a payment by a script": {ended(web.CheckoutConfirming), "", "3; url=" + session + "?waiting=2", "You need not do anything"},
	} {
		t.Run(name, func(t *testing.T) {
			resp := ask(counter(t, &checkouts{view: tt.view}), http.MethodGet, session+tt.query, nil)
			page := parse(t, resp)
			if got := resp.Header.Get("Refresh"); got != tt.refresh || !strings.Contains(text(page), tt.says) {
				t.Errorf("Refresh %q, %s", got, text(page))
			}
			for _, word := range []string{"Thank you", "placed.", "Pay $"} {
				if strings.Contains(text(one(t, page, "main", "")), word) {
					t.Errorf("it says %q", word)
				}
			}
		})
	}
	for _, view := range []web.Checkout{done(), filledIn(), ended(web.CheckoutExpired)} {
		resp := ask(counter(t, &checkouts{view: view}), http.MethodGet, session+"?waiting=3", nil)
		if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != session {
			t.Errorf("%s: %s to %q", view.State, resp.Status, resp.Header.Get("Location"))
		}
	}
}

func TestReturn(t *testing.T) {
	c := &checkouts{view: ended(web.CheckoutPaying)}
	h := counter(t, c)
	resp := ask(h, http.MethodGet, session+"/return?result=paid", header("Sec-Fetch-Site", "cross-site"))
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != session+"?waiting=1" || !slices.Equal(c.calls, []string{"returned"}) {
		t.Errorf("%s to %q, asked %q", resp.Status, resp.Header.Get("Location"), c.calls)
	}
	c.fail = web.ErrNotVisitor
	if resp := ask(h, http.MethodGet, session+"/return", noCookie); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a stranger: %s", resp.Status)
	}
}

// A form's address that is loaded anew is the page.
func TestFormsLoadedAnew(t *testing.T) {
	c := &checkouts{view: filledIn()}
	h := counter(t, c)
	for _, form := range []string{"details", "delivery", "items", "pay", "leave"} {
		resp := ask(h, http.MethodGet, session+"/"+form, nil)
		if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != session || len(c.calls) != 0 {
			t.Errorf("GET %s: %s, asked %q", form, resp.Status, c.calls)
		}
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
	ask(h, http.MethodPost, session+"/pay", nil, "payment_method_nonce", "n_secret")
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
