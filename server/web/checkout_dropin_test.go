package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/web"
)

// standIn plays the provider's script: it draws a field, and hands back what is
// typed into it.
const standIn = `window.braintree = {dropin: {create: ({authorization, container, locale}) => {
	const field = Object.assign(document.createElement("input"), {id: "card", name: "card", ariaLabel: "Card " + authorization + " " + locale});
	container.append(field);
	return Promise.resolve({requestPaymentMethod: () => field.value === "" ? Promise.reject(new Error("empty"))
		: new Promise(done => setTimeout(() => done({nonce: "nonce-of-" + field.value}), 50))});
}}};`

// embedding serves a session that is paid by a script, of which the server
// holds the given text; "" is one that cannot be loaded.
func embedding(t *testing.T, c *checkouts, script string) string {
	t.Helper()
	h := counter(t, c)
	var payments atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/standin.js" && script != "":
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = io.WriteString(w, script)
			return
		case r.URL.Path == "/standin.js":
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case strings.HasSuffix(r.URL.Path, "/pay"):
			if payments.Add(1) > 1 {
				t.Error("paid twice")
			}
		}
		r.AddCookie(&http.Cookie{Name: "checkout", Value: visitor})
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	c.token = "client-token"
	c.view.Embed = &web.Embed{Name: "braintree-dropin", Script: srv.URL + "/standin.js", Sources: []string{srv.URL}}
	return srv.URL
}

func TestPaymentFormOfTheProvider(t *testing.T) {
	c := &checkouts{view: filledIn()}
	base := embedding(t, c, standIn)
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Width: 390})
	tab.Go(base + session)
	tab.WaitGone("#pay button[disabled]")
	tab.Screenshot("checkout-form-390-light")
	tab.Check()

	tab.Click("#pay button")
	tab.WaitText("#dropin-said", "Check the payment details above. You have not been charged.")
	tab.Click("#card")
	if got := tab.Focused().Name; got != "Card client-token en-US" {
		t.Errorf("the script was given %q", got)
	}
	tab.Type("4242")
	c.view = done()
	tab.Click("#pay button")
	tab.Keys("Enter", "Enter") // a second press pays nothing
	tab.WaitText("h1", "Thank you")
	if want := []string{"pay nonce-of-4242"}; !slices.Equal(c.calls, want) {
		t.Errorf("%q, want %q", c.calls, want)
	}
}

// A box that has to be ticked is asked for before the script is: what was typed
// into its form is not lost.
func TestPaymentFormWaitsForTheTerms(t *testing.T) {
	c := &checkouts{view: with(filledIn(), func(c *web.Checkout) { c.Asked = beside().Asked })}
	base := embedding(t, c, standIn)
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Width: 390})
	tab.Go(base + session)
	tab.WaitGone("#pay button[disabled]")
	tab.Click("#card")
	tab.Type("4242")
	tab.Click("#pay button")
	if got := tab.Focused(); got.String() != `checkbox "I accept the shop's terms."` || len(c.calls) != 0 {
		t.Errorf("the focus is on %s, asked %q", got, c.calls)
	}
	tab.Keys("Space")
	c.view = with(done(), func(c *web.Checkout) { c.State, c.Asked = web.CheckoutOpen, beside().Asked })
	tab.Click("#pay button")
	tab.WaitText("h1", "Checkout")
	if want := []string{"agree terms", "pay nonce-of-4242"}; !slices.Equal(c.calls, want) {
		t.Errorf("%q, want %q", c.calls, want)
	}
}

func TestPaymentFormThatDoesNotCome(t *testing.T) {
	b := browsertest.Open(t)
	for name, script := range map[string]string{
		"no script":         "",
		"another script":    "window.other = 1",
		"a form that fails": `window.braintree = {dropin: {create: () => Promise.reject(new Error("no"))}}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := &checkouts{view: filledIn()}
			page := embedding(t, c, script) + session // outlives the tab
			tab := b.Tab(t, browsertest.Options{})
			tab.Go(page)
			tab.WaitText("#dropin-said", "The payment form could not be loaded. You have not been charged. Load the page again.")
			if tab.Count("#pay button[disabled]") != 1 {
				t.Error("there is something to press that pays nothing")
			}
			for _, problem := range tab.Problems() {
				if script != "" || !strings.Contains(problem, "503") {
					t.Error(problem)
				}
			}
		})
	}
	t.Run("no JavaScript", func(t *testing.T) {
		c := &checkouts{view: filledIn()}
		page := embedding(t, c, standIn) + session
		tab := b.Tab(t, browsertest.Options{NoJavaScript: true})
		tab.Go(page)
		tab.WaitText("noscript", "The payment form needs JavaScript, which is off in this browser.")
		tab.Check()
	})
}
