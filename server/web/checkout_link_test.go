package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/web"
)

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
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != session+"?waiting=1" || !slices.Equal(c.calls, []string{"returned result=paid"}) {
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
