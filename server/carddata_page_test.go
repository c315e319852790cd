package server_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp/wire"
)

// pageForms are the forms of a buyer's checkout page, with what may stand in
// their fields, and with fields that they do not have.
var pageForms = map[string]map[string]string{
	"details": {"email": "test.buyer@example.com", "name": "Test Buyer", "phone": "+15550100", "country": "US", "line_one": "1 Example Street",
		"line_two": "Floor 2", "city": "Example City", "state": "CA", "postal_code": "94105", "card": "x", "number": "x"},
	"items":    {"line": "x", "quantity": "2", "card": "x"},
	"delivery": {"delivery": "standard", "card": "x"},
	"codes":    {"code": "x", "remove": "x", "card": "x"},
	"wrap":     {"wrap": "yes", "card": "x"},
	"tip":      {"tip": "x", "amount": "2", "card": "x"},
	"leave":    {"card": "x"},
	"pay":      {"terms": "yes", "consent_email": "yes", "total": "x", "payment_method_nonce": "tok_visa", "card": "x", "number": "x", "cvc": "x"},
}

// onPages has a buyer type numbers into each field of each form of the checkout
// page, and into its addresses.
func (w *cardWorld) onPages(t *testing.T) {
	t.Helper()
	v := dialect(wire.Newest().Version())
	for _, form := range slices.Sorted(maps.Keys(pageForms)) {
		for _, field := range slices.Sorted(maps.Keys(pageForms[form])) {
			filled := url.Values{}
			for name, value := range pageForms[form] {
				filled.Set(name, value)
			}
			number := w.mark("page $." + form + "." + field)
			if field == "email" {
				number += "@example.com"
			}
			filled.Set(field, number)
			filled.Set(w.mark("page $."+form+" (a name)"), "x")
			page, cookie := w.visit(t, v)
			a := w.send(t, http.MethodPost, page+"/"+form+"?card="+w.mark("page $."+form+" (the query)"), []byte(filled.Encode()),
				map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie})
			if a.status >= 500 || a.status == http.StatusNotFound || a.status == http.StatusUnauthorized || a.status == http.StatusForbidden {
				t.Errorf("%s of %s: %d", field, form, a.status)
			}
			w.send(t, http.MethodGet, page, nil, map[string]string{"Cookie": cookie})
		}
	}
}

// visit opens the page of a new session, as a browser does; the link has a
// number in it, and the buyer wants to go back to one.
func (w *cardWorld) visit(t *testing.T, v dialect) (page, cookie string) {
	t.Helper()
	link := w.session(t, v).text("continue_url")
	if link == "" {
		t.Fatal("the session has no page")
	}
	a := w.send(t, http.MethodPost, link+"?redirectUrl="+url.QueryEscape("https://chatgpt.com/"+w.mark("page $.redirectUrl")), nil, nil)
	cookie, _, _ = strings.Cut(a.header.Get("Set-Cookie"), ";")
	if a.status != http.StatusSeeOther || cookie == "" {
		t.Fatalf("the link answers %d %s", a.status, a.body)
	}
	return link[:strings.LastIndexByte(link, '/')], cookie
}
