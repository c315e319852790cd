package web_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/web"
)

// visited serves a session to a browser that has taken up its link.
func visited(t *testing.T, c *checkouts) (origin string) {
	t.Helper()
	h := counter(t, c)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("as") == "stranger" {
			r.Header.Del("Sec-Fetch-Mode") // one that is shown the button
		} else {
			r.AddCookie(&http.Cookie{Name: "checkout", Value: visitor})
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// checkoutStates is a session in each state that its page has.
func checkoutStates() map[string]struct {
	c      *checkouts
	path   string
	status int
	says   string
} {
	type state = struct {
		c      *checkouts
		path   string
		status int
		says   string
	}
	soldOut := with(filledIn(), func(c *web.Checkout) {
		c.Payable = false
		c.Lines[0].Note = &web.Notice{Tone: web.Negative, Text: "Only 1 of Stoneware Mug left. Lower the quantity to go on."}
		c.Lines[1].Note = &web.Notice{Tone: web.Caution, Text: "The price of Sewing Pattern is now $9.00; it was $8.00."}
	})
	wrong := with(filledIn(), func(c *web.Checkout) {
		c.Payable = false
		c.Problems = map[string]string{"postal_code": "This postal code does not fit the country. Check both."}
	})
	noCode := with(reduced(), func(c *web.Checkout) {
		c.Codes.Typed, c.Codes.Problem = "SUMMER", "This shop has no such discount code."
	})
	declined := with(filledIn(), func(c *web.Checkout) {
		c.Notices = []web.Notice{{Tone: web.Negative, Text: "Your payment was declined. You have not been charged. Try again, or pay in another way."}}
	})
	live := with(filledIn(), func(c *web.Checkout) { c.Live, c.Shop.Logo = true, "/pictures/mug-stoneware-sand.svg" })
	refused := with(given(), func(c *web.Checkout) {
		c.Tip.Typed, c.Tip.Problem = "lots", "This is not an amount. Write it like $5.00."
		c.Asked[2].Problem, c.Asked[0].Ticked = c.Asked[2].Missing, true
	})
	invoiced := with(done(), func(c *web.Checkout) { c.Invoice, c.Totals = pending().Invoice, given().Totals })
	gross := with(empty(), func(c *web.Checkout) {
		c.Stateless, c.Totals = true, []web.Total{{Label: "Items", Amount: 5000}, {Label: "Item discounts", Amount: -500}, {Label: "Subtotal", Amount: 4500},
			{Label: "Total", Amount: 4500, Strong: true, Note: "The prices include $7.18 of tax."}}
		c.TotalNote = "Delivery is added once the address is known."
	})
	return map[string]state{
		"gross":     {&checkouts{view: gross}, session, 200, "Checkout"},
		"beside":    {&checkouts{view: beside()}, session, 200, "Review and pay"},
		"given":     {&checkouts{view: given()}, session, 200, "Review and pay"},
		"refused":   {&checkouts{view: refused}, session, 200, "Review and pay"},
		"paid-here": {&checkouts{view: filledIn(), outcome: &web.Outcome{Order: done().Order}}, session + "?as=stranger", 200, "Thank you"},
		"not-here":  {&checkouts{view: filledIn(), outcome: &web.Outcome{}}, session + "?as=stranger", 403, "not open in this browser"},
		"pending":   {&checkouts{view: pending()}, session, 200, "Your order waits for the shop to approve it"},
		"invoiced":  {&checkouts{view: invoiced}, session, 200, "Thank you"},
		"link":      {&checkouts{view: filledIn()}, session + "/" + proof + "?as=stranger", 200, "Your checkout is ready"},
		"used":      {&checkouts{view: filledIn(), used: true}, session + "/" + proof + "?as=stranger", 410, "This link was used"},
		"unknown":   {&checkouts{view: filledIn()}, session + "/other", 404, "There is no such checkout"},
		"stranger":  {&checkouts{view: filledIn()}, session + "?as=stranger", 403, "not open in this browser"},
		"empty":     {&checkouts{view: empty()}, session, 200, "Checkout"},
		"review":    {&checkouts{view: filledIn()}, session, 200, "Review and pay"},
		"change":    {&checkouts{view: filledIn()}, session + "?change=details", 200, "Checkout"},
		"reduced":   {&checkouts{view: reduced()}, session, 200, "Review and pay"},
		"no-code":   {&checkouts{view: noCode}, session, 200, "Review and pay"},
		"live":      {&checkouts{view: live}, session, 200, "Review and pay"},
		"sold-out":  {&checkouts{view: soldOut}, session, 200, "Checkout"},
		"wrong":     {&checkouts{view: wrong}, session, 200, "Checkout"},
		"declined":  {&checkouts{view: declined}, session, 200, "Review and pay"},
		"paying":    {&checkouts{view: ended(web.CheckoutPaying)}, session, 200, "Your payment page is open"},
		"returned":  {&checkouts{view: ended(web.CheckoutPaying)}, session + "?waiting=1", 200, "Your payment is being confirmed"},
		"confirmed": {&checkouts{view: ended(web.CheckoutConfirming)}, session + "?waiting=20", 200, "Your payment is being confirmed"},
		"done":      {&checkouts{view: done()}, session, 200, "Thank you"},
		"canceled":  {&checkouts{view: ended(web.CheckoutCanceled)}, session, 200, "This checkout was canceled"},
		"expired":   {&checkouts{view: ended(web.CheckoutExpired)}, session, 200, "This checkout has expired"},
		"no-form":   {&checkouts{view: embedded()}, session, 200, "Review and pay"},
	}
}

func TestCheckoutInBrowser(t *testing.T) {
	b := browsertest.Open(t)
	for name, state := range checkoutStates() {
		base := visited(t, state.c)
		looks := screens()
		if !slices.Contains([]string{"empty", "review", "wrong", "paying", "done", "beside", "refused", "pending"}, name) {
			looks = map[string]browsertest.Options{"320-dark": looks["320-dark"], "1280-light": looks["1280-light"]}
		}
		for screen, opts := range looks {
			t.Run(name+"-"+screen, func(t *testing.T) {
				t.Parallel()
				tab := b.Tab(t, opts)
				tab.GoStatus(base+state.path, state.status)
				tab.WaitText("h1", state.says)
				tab.Screenshot("checkout-" + name + "-" + screen)
				checkOrder(t, tab.Check())
			})
		}
	}
}

func TestCheckoutBendsToItsReader(t *testing.T) {
	b := browsertest.Open(t)
	long := with(filledIn(), func(c *web.Checkout) {
		c.Payable, c.Currency, c.Locale = false, "clp", "es-CL"
		c.Lines[0].Title, c.Lines[0].Amount = strings.Repeat("Donaudampfschifffahrt", 6), 999_999_999
		c.Lines[0].Note = &web.Notice{Tone: web.Negative, Text: strings.Repeat("Ausverkauft ", 12)}
		c.Deliveries[0].Method, c.Deliveries[0].Price = strings.Repeat("Overnight", 12), 999_999_999
		c.Totals[3].Amount = 999_999_999
		c.Details.LineOne = strings.Repeat("Hauptstrasse", 12)
	})
	states := map[string]*checkouts{"empty": {view: empty()}, "review": {view: filledIn()}, "beside": {view: given()}, "long": {view: long}, "done": {view: done()}}
	for name, opts := range map[string]browsertest.Options{
		"grown":      {Width: 320, TextSize: 140, Touch: true},
		"zoomed":     {Width: 640, Height: 400}, // a desk at 200 %
		"rtl":        {Width: 390, RightToLeft: true},
		"scriptless": {Width: 390, NoJavaScript: true, ReducedMotion: true},
	} {
		for state, c := range states {
			t.Run(state+"-"+name, func(t *testing.T) {
				t.Parallel()
				tab := b.Tab(t, opts)
				tab.Go(visited(t, c) + session)
				tab.Screenshot("checkout-" + state + "-" + name)
				tab.Check()
			})
		}
	}
}

// The summary of errors leads to the fields, which say what is wrong with them.
func TestCheckoutErrorsByKeyboard(t *testing.T) {
	c := &checkouts{view: empty()}
	base := visited(t, c)
	tab := browsertest.Open(t).Tab(t, browsertest.Options{Width: 390, NoJavaScript: true})
	tab.Go(base + session)
	tab.Click("#email")
	tab.Type("buyer@example.com")
	tab.Keys("Tab")
	tab.Type("Test Buyer")
	tab.Keys("Enter")
	tab.WaitText(".problems h2", "3 things are left to correct")
	for _, problem := range tab.Problems() { // the browser tells of the status too
		if !strings.Contains(problem, "422") {
			t.Error(problem)
		}
	}
	tab.Check()
	tab.Click(".problems li:nth-child(2) a")
	tab.WaitURL(base + session + "/details#line_one")
	tab.Keys("Tab")
	if got := tab.Focused(); got.String() != `textbox "Apartment or floor optional"` {
		t.Errorf("after the link to the street, the next stop is %s", got)
	}
	tab.Keys("Shift+Tab")
	if got := tab.Focused(); got.String() != `textbox "Street and number"` || !got.Invalid || got.Description != "Enter street and number." {
		t.Errorf("the field says %+v", got)
	}
	tab.Click("#email")
	if got := tab.Focused().Value; got != "buyer@example.com" {
		t.Errorf("what was typed is gone: %q", got)
	}
}
