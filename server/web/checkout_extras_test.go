package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/web"
)

func TestFormsBesideTheOrder(t *testing.T) {
	const away = "https://pay.example.com/p/1"
	required := func() *checkouts { return &checkouts{view: beside(), page: away} }
	free := with(beside(), func(c *web.Checkout) { c.Asked = c.Asked[:2] })
	for name, tt := range map[string]struct {
		c        *checkouts
		path     string
		form     []string
		status   int
		location string
		calls    []string
		says     string
	}{
		"wrap it":                       {&checkouts{view: beside()}, "/wrap", []string{"wrap", "yes"}, 303, session + "#wrap", []string{"wrap true"}, ""},
		"do without":                    {&checkouts{view: given()}, "/wrap", []string{"wrap", "no"}, 303, session + "#wrap", []string{"wrap false"}, ""},
		"wrap where nobody wraps":       {&checkouts{view: filledIn()}, "/wrap", []string{"wrap", "yes"}, 303, session, nil, ""},
		"wrap what is paid":             {&checkouts{view: done()}, "/wrap", []string{"wrap", "yes"}, 303, session, nil, ""},
		"a tip that is suggested":       {&checkouts{view: beside()}, "/tip", []string{"tip", "450"}, 303, session + "#tip", []string{"tip 450"}, ""},
		"no tip":                        {&checkouts{view: given()}, "/tip", []string{"tip", "0"}, 303, session + "#tip", []string{"tip 0"}, ""},
		"a tip of one's own":            {&checkouts{view: beside()}, "/tip", []string{"amount", " 2,50 "}, 303, session + "#tip", []string{"tip 250"}, ""},
		"a tip of nothing":              {&checkouts{view: given()}, "/tip", []string{"amount", "0"}, 303, session + "#tip", []string{"tip 0"}, ""},
		"no amount":                     {&checkouts{view: beside()}, "/tip", []string{"amount", " "}, 422, "", nil, "Enter an amount."},
		"what is no amount":             {&checkouts{view: beside()}, "/tip", []string{"amount", "lots"}, 422, "", nil, "This is not an amount. Write it like $5.00."},
		"too large a tip":               {&checkouts{view: beside()}, "/tip", []string{"amount", "50.01"}, 422, "", nil, "The shop takes tips of at most $50.00."},
		"a tip that no button has":      {&checkouts{view: beside()}, "/tip", []string{"tip", "5001"}, 303, session, nil, ""},
		"a tip below nothing":           {&checkouts{view: beside()}, "/tip", []string{"tip", "-1"}, 303, session, nil, ""},
		"a tip where nobody takes any":  {&checkouts{view: filledIn()}, "/tip", []string{"tip", "100"}, 303, session, nil, ""},
		"a tip that comes too late":     {&checkouts{view: beside(), fail: web.ErrChanged}, "/tip", []string{"tip", "450"}, 303, session, []string{"tip 450"}, ""},
		"a tip that the shop refuses":   {&checkouts{view: beside(), fail: &web.Refusal{Message: "Less, please."}}, "/tip", []string{"amount", "4"}, 422, "", []string{"tip 400"}, "Less, please."},
		"pay without the required box":  {required(), "/pay", []string{"total", "5478 usd", "consent_email", "yes"}, 422, "", nil, "Accept the shop's terms to go on."},
		"pay with the required box":     {required(), "/pay", []string{"total", "5478 usd", "terms", "yes"}, 200, "", []string{"agree terms", "pay"}, "Continue to payment"},
		"pay with all boxes":            {required(), "/pay", []string{"total", "5478 usd", "terms", "yes", "consent_sms", "yes", "consent_email", "yes"}, 200, "", []string{"agree consent_email consent_sms terms", "pay"}, "Continue to payment"},
		"pay with a box of another":     {&checkouts{view: free, page: away}, "/pay", []string{"total", "5478 usd", "consent_whatsapp", "yes"}, 200, "", []string{"agree", "pay"}, "Continue to payment"},
		"pay another total with a box":  {required(), "/pay", []string{"total", "1 usd", "terms", "yes"}, 409, "", nil, "The order has changed."},
		"go on to the open page":        {&checkouts{view: with(ended(web.CheckoutPaying), func(c *web.Checkout) { c.Asked = beside().Asked }), page: away}, "/pay", nil, 200, "", []string{"pay"}, "Continue to payment"},
		"what waits cannot be paid":     {&checkouts{view: pending(), fail: web.ErrChanged}, "/pay", nil, 303, session, []string{"pay"}, ""},
		"what waits cannot be changed":  {&checkouts{view: pending()}, "/details", goodDetails(), 303, session, nil, ""},
		"the script without the box":    {&checkouts{view: with(embedded(), func(c *web.Checkout) { c.Asked = beside().Asked }), token: "ct"}, "/pay", []string{"payment_method_nonce", "n_1", "total", "5478 usd"}, 422, "", nil, "Accept the shop's terms to go on."},
		"an answer that comes too late": {&checkouts{view: beside(), fail: web.ErrChanged}, "/pay", []string{"total", "5478 usd", "terms", "yes"}, 303, session, []string{"agree terms"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			resp := ask(counter(t, tt.c), http.MethodPost, session+tt.path, nil, tt.form...)
			if resp.StatusCode != tt.status || resp.Header.Get("Location") != tt.location {
				t.Errorf("%s to %q, want %d to %q", resp.Status, resp.Header.Get("Location"), tt.status, tt.location)
			}
			if !slices.Equal(tt.c.calls, tt.calls) {
				t.Errorf("asked %q, want %q", tt.c.calls, tt.calls)
			}
			if page := parse(t, resp); !strings.Contains(text(page), tt.says) {
				t.Errorf("the page does not say %q: %s", tt.says, text(page))
			}
		})
	}
}

// A box that has to be ticked is named at the top, marked, and tied to what is
// wrong with it; what was ticked beside it stays, and nothing is ticked before.
func TestTheRequiredBoxIsRefusedByName(t *testing.T) {
	c := &checkouts{view: beside()}
	h := counter(t, c)
	page := parse(t, ask(h, http.MethodGet, session, nil))
	for _, name := range []string{"consent_email", "consent_sms", "terms"} {
		if box := byID(page, name); box == nil || hasAttr(box, "checked") || hasAttr(box, "required") != (name == "terms") {
			t.Errorf("%s: %v", name, box)
		}
	}
	page = parse(t, ask(h, http.MethodPost, session+"/pay", nil, "total", "5478 usd", "consent_email", "yes"))
	terms, problem := byID(page, "terms"), byID(page, "terms-problem")
	if attr(terms, "aria-invalid") != "true" || attr(terms, "aria-describedby") != "terms-problem" || problem == nil {
		t.Errorf("%v, %v", terms, problem)
	}
	if links := find(one(t, page, "div", "problems"), "a", ""); len(links) != 1 || attr(links[0], "href") != "#terms" {
		t.Errorf("the summary leads to %v", links)
	}
	if !hasAttr(byID(page, "consent_email"), "checked") || hasAttr(byID(page, "consent_sms"), "checked") || hasAttr(terms, "checked") {
		t.Error("what was ticked is lost, or more is")
	}
	if text(one(t, page, "h1", "")) != "Review and pay" {
		t.Error("the form to fill in is open")
	}
}

// No tip is chosen until the buyer does.
func TestNoTipIsPreselected(t *testing.T) {
	pressed := func(c web.Checkout) (list []string) {
		page := parse(t, ask(counter(t, &checkouts{view: c}), http.MethodGet, session, nil))
		for _, b := range find(page, "button", "") {
			if attr(b, "name") == "tip" && attr(b, "aria-pressed") == "true" {
				list = append(list, attr(b, "value"))
			}
		}
		return list
	}
	if got := pressed(beside()); got != nil {
		t.Errorf("%q is chosen", got)
	}
	if got := pressed(given()); !slices.Equal(got, []string{"450"}) {
		t.Errorf("%q is chosen", got)
	}
}

// Where a shop offers none of it, none of it is there.
func TestNothingIsBesideAPlainOrder(t *testing.T) {
	page := parse(t, ask(counter(t, &checkouts{view: filledIn()}), http.MethodGet, session, nil))
	for _, id := range []string{"wrap", "tip", "amount", "terms", "consent_email"} {
		if byID(page, id) != nil {
			t.Errorf("%s is on the page", id)
		}
	}
}

// What waits for approval has no form, looks again by itself, and is kept in the
// browser for as long as somebody may take over it.
func TestAPurchaseOrderWaits(t *testing.T) {
	resp := ask(counter(t, &checkouts{view: pending()}), http.MethodGet, session, nil)
	page := parse(t, resp)
	if len(find(page, "form", "")) != 0 || resp.Header.Get("Refresh") != "60; url="+session {
		t.Errorf("%d forms, %q", len(find(page, "form", "")), resp.Header.Get("Refresh"))
	}
	for _, says := range []string{"you are not charged", "PO-1042", "March 28, 2026", "Back to chatgpt.com", "Stoneware Mug", "$54.78"} {
		if !strings.Contains(text(page), says) {
			t.Errorf("the page does not say %q: %s", says, text(page))
		}
	}
	if c := resp.Cookies(); len(c) != 1 || c[0].Value != visitor || c[0].MaxAge != 30*24*3600 || !c[0].HttpOnly || c[0].Path != session {
		t.Errorf("%v", c)
	}
	// Who opens the link days later has time to be led on to the page.
	resp = ask(counter(t, &checkouts{view: pending(), over: true}), http.MethodPost, session+"/"+proof, noCookie)
	if c := resp.Cookies(); len(c) != 1 || c[0].Value != visitor || c[0].MaxAge < 3500 {
		t.Errorf("%s %v", resp.Status, c)
	}
}
