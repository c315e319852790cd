package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/web"
)

const cartPath = "/cart/demo/cart_1/" + proof

// carts is one cart in memory, with what was asked of it.
type carts struct {
	view  web.Cart
	fail  error // of every change
	calls []string
}

func (c *carts) Front(_ context.Context, name string) (web.Shop, bool, error) {
	if name != "demo" {
		return web.Shop{}, false, web.ErrNotFound
	}
	return c.view.Shop, c.view.Live, nil
}

func (c *carts) Cart(_ context.Context, v web.CartVisit) (web.Cart, error) {
	if v != (web.CartVisit{Shop: "demo", Cart: "cart_1", Proof: proof}) {
		return web.Cart{}, web.ErrNotFound
	}
	return c.view, nil
}

func (c *carts) OpenCheckout(ctx context.Context, v web.CartVisit, over bool) (string, error) {
	if _, err := c.Cart(ctx, v); err != nil {
		return "", err
	}
	c.calls = append(c.calls, "open "+map[bool]string{true: "over", false: "one"}[over])
	return session + "/" + proof, c.fail
}

func (c *carts) SetQuantity(_ context.Context, _ web.CartVisit, line string, quantity int64) error {
	c.calls = append(c.calls, "quantity "+line+" "+string(rune('0'+quantity)))
	return c.fail
}

// basket is a cart that can be checked out.
func basket() web.Cart {
	c := filledIn()
	return web.Cart{Shop: c.Shop, Locale: c.Locale, Currency: c.Currency, Standing: web.CartOpen, Payable: true, Lines: c.Lines,
		Totals:    []web.Total{{Label: "Subtotal", Amount: 4500}, {Label: "Total", Amount: 4500, Strong: true}},
		TotalNote: "Delivery and tax are added once the address is known."}
}

func withCart(change func(*web.Cart)) web.Cart {
	c := basket()
	c.Lines = append([]web.CheckoutLine(nil), c.Lines...)
	change(&c)
	return c
}

// cartCounter serves the pages of one cart.
func cartCounter(t *testing.T, c *carts) http.Handler {
	t.Helper()
	cfg := config(t)
	cfg.Checkouts, cfg.Carts = &checkouts{view: filledIn()}, c
	return pages(t, cfg)
}

func cartPage(t *testing.T, c *carts, r *http.Request) (*httptest.ResponseRecorder, *html.Node) {
	t.Helper()
	w := httptest.NewRecorder()
	cartCounter(t, c).ServeHTTP(w, r)
	page, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return w, page
}

func cartForm(path string, values ...string) *http.Request {
	form := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestCartPage(t *testing.T) {
	c := &carts{view: basket()}
	w, page := cartPage(t, c, httptest.NewRequest(http.MethodGet, cartPath, nil))
	if w.Code != 200 || text(one(t, page, "h1", "")) != "Your cart" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	checkPolicy(t, w.Header().Get("Content-Security-Policy"), page, "'self'")
	checkMarkup(t, page, "form")
	for name, want := range map[string]string{"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "same-origin"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(w.Result().Cookies()) != 0 || len(c.calls) != 0 {
		t.Errorf("looking at a cart sets %v and does %v", w.Result().Cookies(), c.calls)
	}
	for _, says := range []string{"Stoneware Mug", "$45.00", "Delivery and tax are added once the address is known.", "Check out"} {
		if !strings.Contains(w.Body.String(), says) {
			t.Errorf("the page does not say %q", says)
		}
	}
}

// What the page offers depends on where the checkout of the cart stands.
func TestCartPageStandings(t *testing.T) {
	for name, test := range map[string]struct {
		view web.Cart
		says []string
		not  []string
	}{
		"open":          {basket(), []string{"Check out", "<summary>"}, []string{"Start over", "Go to the checkout"}},
		"no page":       {withCart(func(c *web.Cart) { c.Payable = false }), []string{"go on in the conversation"}, []string{"Check out", "Start over"}},
		"in a browser":  {withCart(func(c *web.Cart) { c.Standing, c.Checkout = web.CartElsewhere, session }), []string{"Start over", `href="` + session + `"`}, []string{">Check out<"}},
		"by the agent":  {withCart(func(c *web.Cart) { c.Standing = web.CartElsewhere }), []string{"Start over", "conversation"}, []string{">Check out<", "/checkout/"}},
		"paying":        {withCart(func(c *web.Cart) { c.Standing, c.Checkout = web.CartPaying, session }), []string{"being ordered", `href="` + session + `"`}, []string{">Check out<", "Start over", "<summary>"}},
		"paid by agent": {withCart(func(c *web.Cart) { c.Standing = web.CartPaying }), []string{"being ordered"}, []string{">Check out<", "Start over", "/checkout/"}},
	} {
		w, _ := cartPage(t, &carts{view: test.view}, httptest.NewRequest(http.MethodGet, cartPath, nil))
		for _, s := range test.says {
			if !strings.Contains(w.Body.String(), s) {
				t.Errorf("%s: the page does not say %q", name, s)
			}
		}
		for _, s := range test.not {
			if strings.Contains(w.Body.String(), s) {
				t.Errorf("%s: the page says %q", name, s)
			}
		}
	}
}

func TestCartForms(t *testing.T) {
	const back = "https://chatgpt.com/c/1"
	asked := "?" + url.Values{"return_url": {back}}.Encode()
	fromPage := cartForm(cartPath+"/items", "line", "li_1", "quantity", "3")
	fromPage.Header.Set("Referer", "http://example.com"+cartPath+"?redirectUrl="+url.QueryEscape(back))
	for name, test := range map[string]struct {
		r      *http.Request
		view   web.Cart
		fail   error
		status int
		to     string
		did    string
	}{
		"check out":           {cartForm(cartPath), basket(), nil, 303, session + "/" + proof, "open one"},
		"with a way back":     {cartForm(cartPath + "?redirectUrl=" + url.QueryEscape(back)), basket(), nil, 303, session + "/" + proof + asked, "open one"},
		"start over":          {cartForm(cartPath, "over", "yes"), basket(), nil, 303, session + "/" + proof, "open over"},
		"meanwhile elsewhere": {cartForm(cartPath), basket(), web.ErrChanged, 303, cartPath, "open one"},
		"how many":            {cartForm(cartPath+"/items", "line", "li_1", "quantity", " 3 "), basket(), nil, 303, cartPath + "#items", "quantity li_1 3"},
		"with the way kept":   {fromPage, basket(), nil, 303, cartPath + asked + "#items", "quantity li_1 3"},
		"remove":              {cartForm(cartPath+"/items", "line", "li_1", "quantity", "3", "remove", "yes"), basket(), nil, 303, cartPath + "#items", "quantity li_1 0"},
		"no number":           {cartForm(cartPath+"/items", "line", "li_1", "quantity", "many"), basket(), nil, 422, "", ""},
		"the last one":        {cartForm(cartPath+"/items", "line", "li_1", "remove", "yes"), withCart(func(c *web.Cart) { c.Lines = c.Lines[:1] }), nil, 422, "", ""},
		"what is not sold":    {cartForm(cartPath+"/items", "line", "li_1", "quantity", "3"), basket(), &web.Refusal{Message: "Too many."}, 422, "", "quantity li_1 3"},
		"a line that is gone": {cartForm(cartPath+"/items", "line", "nope", "quantity", "3"), basket(), nil, 303, cartPath, ""},
		"loaded anew":         {httptest.NewRequest(http.MethodGet, cartPath+"/items", nil), basket(), nil, 303, cartPath, ""},
		"no form":             {httptest.NewRequest(http.MethodPost, cartPath, strings.NewReader("over=yes")), basket(), nil, 415, "", ""},
		"what cannot be read": {cartForm(cartPath + "?x=%zz"), basket(), nil, 400, "", ""},
		"too long":            {cartForm(cartPath, "x", strings.Repeat("x", 100_000)), basket(), nil, 413, "", ""},
		"no such cart":        {cartForm("/cart/demo/cart_2/" + proof), basket(), nil, 404, "", ""},
		"a wrong proof":       {cartForm("/cart/demo/cart_1/x"), basket(), nil, 404, "", ""},
		"a long one":          {cartForm("/cart/demo/cart_1/" + strings.Repeat("x", 1000)), basket(), nil, 404, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := &carts{view: test.view, fail: test.fail}
			w, _ := cartPage(t, c, test.r)
			if w.Code != test.status || w.Header().Get("Location") != test.to || strings.Join(c.calls, ", ") != test.did {
				t.Errorf("%d to %q after %v; want %d to %q after %s", w.Code, w.Header().Get("Location"), c.calls, test.status, test.to, test.did)
			}
		})
	}
}

func TestCartFormsOfOtherSites(t *testing.T) {
	for _, path := range []string{cartPath, cartPath + "/items"} {
		r := cartForm(path, "line", "li_1", "quantity", "1")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		c := &carts{view: basket()}
		if w, _ := cartPage(t, c, r); w.Code != http.StatusForbidden || len(c.calls) != 0 {
			t.Errorf("%s: %d, %v", path, w.Code, c.calls)
		}
	}
}

func TestCartInBrowser(t *testing.T) {
	b := browsertest.Open(t)
	soldOut := withCart(func(c *web.Cart) {
		c.Lines[0].Note = &web.Notice{Tone: web.Negative, Text: "Stoneware Mug is out of stock. Remove it to go on."}
		c.Lines[1].Note = &web.Notice{Tone: web.Caution, Text: "The price of Sewing Pattern is now $9.00; it was $8.00."}
		c.Notices = []web.Notice{{Tone: web.Neutral, Text: "Orders of this week are sent on Monday."}}
	})
	for name, state := range map[string]struct {
		view   web.Cart
		path   string
		status int
		says   string
	}{
		"open":      {basket(), cartPath, 200, "Your cart"},
		"sold-out":  {soldOut, cartPath, 200, "Your cart"},
		"elsewhere": {withCart(func(c *web.Cart) { c.Standing, c.Checkout = web.CartElsewhere, session }), cartPath, 200, "Your cart"},
		"agent":     {withCart(func(c *web.Cart) { c.Standing = web.CartElsewhere }), cartPath, 200, "Your cart"},
		"paying":    {withCart(func(c *web.Cart) { c.Standing, c.Checkout = web.CartPaying, session }), cartPath, 200, "Your cart"},
		"no-page":   {withCart(func(c *web.Cart) { c.Payable, c.Live = false, true }), cartPath, 200, "Your cart"},
		"gone":      {basket(), "/cart/demo/cart_2/" + proof, 404, "This cart is not there any more"},
	} {
		srv := httptest.NewServer(cartCounter(t, &carts{view: state.view}))
		t.Cleanup(srv.Close)
		looks := screens()
		if name != "open" && name != "sold-out" {
			looks = map[string]browsertest.Options{"320-dark": looks["320-dark"], "1280-light": looks["1280-light"]}
		}
		for screen, opts := range looks {
			t.Run(name+"-"+screen, func(t *testing.T) {
				t.Parallel()
				tab := b.Tab(t, opts)
				tab.GoStatus(srv.URL+state.path, state.status)
				tab.WaitText("h1", state.says)
				tab.Screenshot("cart-" + name + "-" + screen)
				checkOrder(t, tab.Check())
			})
		}
	}
}

func TestCartBendsToItsReader(t *testing.T) {
	b := browsertest.Open(t)
	long := withCart(func(c *web.Cart) {
		c.Currency, c.Locale, c.Standing, c.Checkout = "clp", "es-CL", web.CartElsewhere, session
		c.Lines[0].Title, c.Lines[0].Amount = strings.Repeat("Donaudampfschifffahrt", 6), 999_999_999
		c.Lines[0].Note = &web.Notice{Tone: web.Negative, Text: strings.Repeat("Ausverkauft ", 12)}
		c.Totals[1].Amount = 999_999_999
	})
	for name, opts := range map[string]browsertest.Options{
		"grown":      {Width: 320, TextSize: 140, Touch: true},
		"zoomed":     {Width: 640, Height: 400},
		"rtl":        {Width: 390, RightToLeft: true},
		"scriptless": {Width: 390, NoJavaScript: true, ReducedMotion: true},
	} {
		for state, view := range map[string]web.Cart{"open": basket(), "long": long} {
			t.Run(state+"-"+name, func(t *testing.T) {
				t.Parallel()
				srv := httptest.NewServer(cartCounter(t, &carts{view: view}))
				defer srv.Close()
				tab := b.Tab(t, opts)
				tab.Go(srv.URL + cartPath)
				tab.Screenshot("cart-" + state + "-" + name)
				tab.Check()
			})
		}
	}
}
