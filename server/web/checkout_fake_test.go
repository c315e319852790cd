package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/demo/shop"
	"github.com/checkstand/checkstand/server/web"
)

const (
	session = "/checkout/demo/cs_1"
	proof   = "qv9rPG05XOSiUYdUgG9NtQ"
	visitor = "W92UqAgIMyKV4IBhfK2H8QU6iqeIa2dVdYVpgkDptaY"
)

// checkouts is one session in memory, with what was asked of it.
type checkouts struct {
	view    web.Checkout
	fail    error    // of every change
	page    string   // address of the payment page
	token   string   // for the script
	used    bool     // the link
	over    bool     // the time to pay, when the link is taken up
	calls   []string // changes, in order
	saved   web.Details
	back    string
	outcome *web.Outcome // for a browser that has another secret
}

// misfit is a postal code that the shop knows to be wrong.
const misfit = "ABC"

func (c *checkouts) did(words ...string) error {
	c.calls = append(c.calls, strings.Join(words, " "))
	return c.fail
}

func (c *checkouts) Front(_ context.Context, name string) (web.Shop, bool, error) {
	if name != "demo" {
		return web.Shop{}, false, web.ErrNotFound
	}
	return c.view.Shop, c.view.Live, nil
}

func (c *checkouts) LinkOpen(_ context.Context, name, sess, shown string) error {
	switch {
	case name+"/"+sess != "demo/cs_1" || shown != proof:
		return web.ErrNotFound
	case c.used:
		return web.ErrLinkUsed
	}
	return nil
}

func (c *checkouts) Redeem(ctx context.Context, name, sess, shown, returnTo string) (string, time.Time, error) {
	if err := c.LinkOpen(ctx, name, sess, shown); err != nil {
		return "", time.Time{}, err
	}
	c.used, c.back = true, returnTo
	expires := time.Now().Add(time.Hour)
	if c.over {
		expires = time.Now().Add(-48 * time.Hour)
	}
	return visitor, expires, c.did("redeem")
}

func (c *checkouts) Checkout(_ context.Context, v web.Visit) (web.Checkout, error) {
	switch {
	case v.Shop+"/"+v.Session != "demo/cs_1":
		return web.Checkout{}, web.ErrNotFound
	case v.Visitor != visitor:
		return web.Checkout{}, web.ErrNotVisitor
	}
	return c.view, nil
}

func (c *checkouts) Misfits(d web.Details, _ string) map[string]string {
	switch {
	case d.PostalCode == misfit, d.PostalCode == "" && slices.Contains([]string{"AT", "DE", "US"}, d.Country):
		return map[string]string{"postal_code": "Check the code.", "email": "This is not about the address."}
	}
	return nil
}

func (c *checkouts) SaveDetails(_ context.Context, _ web.Visit, d web.Details) error {
	c.saved = d
	if c.fail == nil {
		c.view.Details = d
	}
	return c.did("details")
}

func (c *checkouts) ChooseDelivery(_ context.Context, _ web.Visit, option string) error {
	return c.did("delivery", option)
}

func (c *checkouts) SetQuantity(_ context.Context, _ web.Visit, line string, quantity int64) error {
	return c.did("quantity", line, string(rune('0'+quantity)))
}

func (c *checkouts) EnterCode(_ context.Context, _ web.Visit, code string) error {
	return c.did("enter", code)
}

func (c *checkouts) RemoveCode(_ context.Context, _ web.Visit, code string) error {
	return c.did("remove", code)
}

func (c *checkouts) Outcome(_ context.Context, v web.Visit) (web.Outcome, error) {
	if c.outcome == nil || v.Visitor == visitor {
		return web.Outcome{}, web.ErrNotVisitor
	}
	return *c.outcome, nil
}

func (c *checkouts) SetWrap(_ context.Context, _ web.Visit, wrap bool) error {
	return c.did("wrap", strconv.FormatBool(wrap))
}

func (c *checkouts) SetTip(_ context.Context, _ web.Visit, amount int64) error {
	return c.did("tip", strconv.FormatInt(amount, 10))
}

func (c *checkouts) Agree(_ context.Context, _ web.Visit, ticked []string) error {
	return c.did(append([]string{"agree"}, ticked...)...)
}

func (c *checkouts) Pay(context.Context, web.Visit) (string, error) { return c.page, c.did("pay") }

func (c *checkouts) PayToken(_ context.Context, _ web.Visit, token string) error {
	return c.did("pay", token)
}

func (c *checkouts) ClientToken(context.Context, web.Visit) (string, error) { return c.token, c.fail }

func (c *checkouts) ClosePage(context.Context, web.Visit) error { return c.did("leave") }

func (c *checkouts) Returned(_ context.Context, _ web.Visit, result string) error {
	return c.did("returned", result)
}

// filledIn is a session to which nothing is missing.
func filledIn() web.Checkout {
	return web.Checkout{
		Shop:   web.Shop{Name: shop.Name, AccentColor: shop.AccentColor, URL: "https://shop.example.com", Links: []web.Link{{Title: "Terms", URL: "/policies/terms"}}},
		Locale: "en-US", Currency: "usd", State: web.CheckoutOpen, Payable: true, NotCharged: true, Shipped: true, Countries: []string{"US", "DE", "AT"},
		Details: web.Details{Email: "buyer@example.com", Name: "Test Buyer", Phone: "+1 555 0100", LineOne: "1 Example Street", City: "San Francisco",
			State: "CA", PostalCode: "94105", Country: "US"},
		Lines: []web.CheckoutLine{
			{ID: "li_1", Line: web.Line{Title: "Stoneware Mug", Options: "Color Sand", Quantity: 2, Amount: 3600, ImageURL: "/pictures/mug-stoneware-sand.svg"}},
			{ID: "li_2", Line: web.Line{Title: "Sewing Pattern", Quantity: 1, Amount: 900}}},
		Totals: []web.Total{{Label: "Subtotal", Amount: 4500}, {Label: "Delivery", Amount: 590}, {Label: "Tax", Amount: 388}, {Label: "Total", Amount: 5478, Strong: true}},
		Deliveries: []web.DeliveryChoice{
			{ID: "standard", Price: 590, Chosen: true, Detail: "By post", Delivery: web.Delivery{Method: "Standard", Earliest: day(16), Latest: day(19)}},
			{ID: "express", Price: 1490, Detail: "By courier", Delivery: web.Delivery{Method: "Express", Earliest: day(13), Latest: day(14)}},
			{ID: "pickup", Delivery: web.Delivery{Method: "Pick up"}}},
	}
}

// empty is a session of which the agent has said nothing but the items.
func empty() web.Checkout {
	c := filledIn()
	c.Payable, c.Details, c.Deliveries = false, web.Details{}, nil
	c.Totals = []web.Total{{Label: "Subtotal", Amount: 4500}, {Label: "Total", Amount: 4500, Strong: true}}
	c.TotalNote = "Delivery and tax are added once the address is known."
	return c
}

// reduced is a session with a code that applies and one that does not.
func reduced() web.Checkout {
	c := filledIn()
	c.Codes = &web.Codes{Given: []web.GivenCode{
		{Code: "SPRING10", Name: "Spring sale"},
		{Code: "WINTER", Note: &web.Notice{Tone: web.Caution, Text: "This discount code has expired."}}}}
	c.Totals = []web.Total{{Label: "Item discounts", Amount: -450}, {Label: "Subtotal", Amount: 4050}, {Label: "Delivery", Amount: 590},
		{Label: "Tax", Amount: 349}, {Label: "Total", Amount: 4989, Strong: true}}
	return c
}

// beside is a session of a shop that wraps, takes tips and asks for consents.
func beside() web.Checkout {
	c := filledIn()
	c.Wrap = &web.GiftWrap{Price: 300}
	c.Tip = &web.Tip{Max: 5000, Suggested: []web.SuggestedTip{{Amount: 450, Share: "10%"}, {Amount: 675, Share: "15%"}, {Amount: 200}}}
	c.Asked = []web.Question{
		{Name: "consent_email", Words: "By e-mail: News and offers, once a month", Link: "/policies/privacy", LinkIs: "Privacy"},
		{Name: "consent_sms", Words: "By text message: Offers of the day", Link: "/policies/privacy", LinkIs: "Privacy"},
		{Name: "terms", Words: "I accept the shop's terms.", Link: "/policies/terms", LinkIs: "Terms", Required: true, Missing: "Accept the shop's terms to go on."}}
	return c
}

// given is the same with all of it chosen.
func given() web.Checkout {
	c := beside()
	c.Wrap = &web.GiftWrap{Price: 300, Chosen: true}
	tip := *c.Tip
	tip.Amount, tip.Suggested = 450, slices.Clone(tip.Suggested)
	tip.Suggested[0].Chosen = true
	c.Tip = &tip
	c.Totals = []web.Total{{Label: "Subtotal", Amount: 4500}, {Label: "Delivery", Amount: 590}, {Label: "Tax", Amount: 410}, {Label: "Small order fee", Amount: 250},
		{Label: "Gift wrap", Amount: 300}, {Label: "Tip", Amount: 450}, {Label: "Total", Amount: 6500, Strong: true}}
	return c
}

// pending is a session whose purchase order waits for the shop's approval.
func pending() web.Checkout {
	c := ended(web.CheckoutPending)
	c.Invoice = &web.Invoice{Number: "PO-1042", Due: day(28)}
	c.ReturnURL = "https://chatgpt.com/c/1"
	return c
}

func ended(state web.CheckoutState) web.Checkout {
	c := filledIn()
	c.State, c.Payable, c.Deliveries = state, false, nil
	return c
}

func done() web.Checkout {
	c := ended(web.CheckoutDone)
	c.NotCharged = false
	c.Order = &web.PlacedOrder{Number: "KHHFE-FBTG9", URL: "/orders/ord_1"}
	c.ReturnURL = "https://chatgpt.com/c/1"
	return c
}

func embedded() web.Checkout {
	c := filledIn()
	c.Embed = &web.Embed{Name: "braintree-dropin", Script: "https://js.braintreegateway.com/web/dropin/1/js/dropin.min.js",
		Sources: []string{"https://*.braintreegateway.com", "https://*.braintree-api.com"}}
	return c
}

func with(c web.Checkout, change func(*web.Checkout)) web.Checkout {
	change(&c)
	return c
}

// counter serves the pages of one session.
func counter(t *testing.T, c *checkouts) http.Handler {
	t.Helper()
	cfg := config(t)
	cfg.Checkouts = c
	return pages(t, cfg)
}

// ask sends a request as the session's browser does.
func ask(h http.Handler, method, path string, change func(*http.Request), form ...string) *http.Response {
	values := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	r := httptest.NewRequest(method, path, strings.NewReader(values.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.AddCookie(&http.Cookie{Name: "checkout", Value: visitor})
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func noCookie(r *http.Request) { r.Header.Del("Cookie") }
