package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// Only the browser that took up the newest link is let in.
func TestWhoIsLetIn(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{})
	agent := shop.Agent(t)
	s, first := onPage(t, agent, servertest.Mug)
	old := linkOf(t, s)
	_, elsewhere := onPage(t, agent, servertest.Lamp)

	if got := newBuyer(t).send(http.MethodGet, old, nil); got.status != http.StatusGone || got.heading() != "This link was used" {
		t.Errorf("the link again: %d %s", got.status, got.heading())
	}
	if got := first.send(http.MethodGet, old, nil); got.status != http.StatusSeeOther {
		t.Errorf("the link again, in the same browser: %d", got.status)
	}
	for name, link := range map[string]string{"a forged proof": first.page + "/AAAAAAAAAAAAAAAAAAAAAA", "another session's proof": first.page + old[strings.LastIndex(old, "/"):] + "A",
		"no proof": first.page + "/x", "an unknown session": shop.BaseURL + "/checkout/shop/cs_00000000000000000000000000" + old[strings.LastIndex(old, "/"):],
		"another shop": strings.Replace(old, "/checkout/shop/", "/checkout/other/", 1)} {
		if got := newBuyer(t).send(http.MethodGet, link, nil); got.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", name, got.status, got.heading())
		}
	}
	// A cookie of one session opens no other.
	page, err := url.Parse(elsewhere.page)
	if err != nil {
		t.Fatal(err)
	}
	stolen := newBuyer(t)
	target, err := url.Parse(first.page)
	if err != nil {
		t.Fatal(err)
	}
	cookies := elsewhere.http.Jar.Cookies(page)
	if len(cookies) != 1 {
		t.Fatalf("cookies %v", cookies)
	}
	stolen.http.Jar.SetCookies(target, []*http.Cookie{{Name: cookies[0].Name, Value: cookies[0].Value, Path: "/"}})
	stolen.page = first.page
	if got := stolen.look(); got.status != http.StatusForbidden || strings.Contains(got.text, servertest.Buyer().Email) {
		t.Errorf("another session's cookie: %d", got.status)
	}

	// A new link takes the session over.
	if s, err = agent.Get(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	second := newBuyer(t)
	if got := second.take(linkOf(t, s)); got.status != http.StatusSeeOther || linkOf(t, s) == old {
		t.Fatalf("the new link: %d", got.status)
	}
	second.wants("Review and pay")
	if got := first.look(); got.status != http.StatusForbidden || got.heading() != "This checkout is not open in this browser" {
		t.Errorf("the browser before: %d %s", got.status, got.heading())
	}
	for _, form := range []string{"details", "delivery", "items", "pay", "leave"} {
		if got := first.post(form, "delivery", "express", "line", "x", "quantity", "1"); got.status != http.StatusForbidden {
			t.Errorf("%s in the browser before: %d", form, got.status)
		}
	}
}

// The buyer goes back to an address of the origins that the shop allows, and
// to no other, however it is dressed up.
func TestReturnAddresses(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{Configure: func(cfg *config.Config) {
		cfg.Merchants[0].Checkout.ReturnOrigins = []string{"https://chatgpt.com", "https://agent.example:8443"}
	}})
	agent := shop.Agent(t)
	for address, allowed := range map[string]bool{
		"https://chatgpt.com/c/1?a=b#c":                                    true,
		"https://CHATGPT.com/c/1":                                          true,
		"https://agent.example:8443/":                                      true,
		"https://agent.example/":                                           false,
		"http://chatgpt.com/":                                              false,
		"https://chatgpt.com:444/":                                         false,
		"https://evil.example/":                                            false,
		"https://chatgpt.com.evil.example/":                                false,
		"https://chatgpt.com@evil.example/":                                false,
		"https://user:pass@chatgpt.com/":                                   false,
		"https:chatgpt.com":                                                false,
		"https:///chatgpt.com":                                             false,
		"//chatgpt.com/":                                                   false,
		"/c/1":                                                             false,
		"javascript:alert(1)//https://chatgpt.com":                         false,
		"data:text/html,https://chatgpt.com":                               false,
		`https://evil.example\@chatgpt.com/`:                               false,
		`https:\\evil.example`:                                             false,
		"https://chatgpt.com/\r\nSet-Cookie: a=b":                          false,
		"https://chatgpt.com/\t":                                           false,
		" https://chatgpt.com/":                                            false,
		"https://chatgpt.com/" + strings.Repeat("a", 3000):                 false,
		"https://chatgpt%2ecom/":                                           false,
		"https://chatgpt.com\u3002evil.example/":                           false,
		"https://chatgpt.com/c/\"><script>alert(document.cookie)</script>": true,
	} {
		for _, name := range []string{"redirectUrl", "return_url"} {
			s, b := agent.Open(t, servertest.Mug), newBuyer(t)
			if got := b.take(linkOf(t, s) + "?" + name + "=" + url.QueryEscape(address)); got.status != http.StatusSeeOther {
				t.Fatalf("%q: %d", address, got.status)
			}
			if _, err := agent.Cancel(t.Context(), s.ID, acp.CancelRequest{}); err != nil {
				t.Fatal(err)
			}
			got := b.wants("This checkout was canceled")
			if strings.Contains(got.text, "Back to ") != allowed {
				t.Errorf("%s=%q is allowed: %v, want %v", name, address, !allowed, allowed)
			}
			for _, evil := range []string{"evil.example", "javascript:", "<script"} {
				if strings.Contains(got.text, evil) {
					t.Errorf("%q: the page has %q", address, evil)
				}
			}
		}
	}
}

// A shop's pages look like the shop.
func TestShopsLookIsOnItsPages(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{Configure: func(cfg *config.Config) {
		m := &cfg.Merchants[0]
		m.Website, m.Logo, m.Accent = "https://shop.example.com", "https://shop.example.com/logo.svg", "#7a1f5c"
	}})
	agent := shop.Agent(t)
	paid, err := agent.Pay(t.Context(), agent.Prepare(t, servertest.Mug))
	if err != nil {
		t.Fatal(err)
	}
	s, b := onPage(t, agent, servertest.Mug)
	for name, page := range map[string]screen{"checkout": b.look(), "used link": newBuyer(t).send(http.MethodGet, linkOf(t, s), nil),
		"order": b.send(http.MethodGet, paid.Order.PermalinkURL, nil)} {
		for _, want := range []string{`<a class="name" href="https://shop.example.com">`, `src="https://shop.example.com/logo.svg" alt="Test Shop"`, ":root{--accent:light-dark("} {
			if !strings.Contains(page.text, want) {
				t.Errorf("%s: the page has no %s", name, want)
			}
		}
	}
}
