package braintree_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

func TestListerContract(t *testing.T) {
	h := harness(t)
	ahead := time.Duration(0)
	advance := h.Advance
	h.Advance = func(t testing.TB, d time.Duration) { ahead += d; advance(t, d) }
	paymenttest.TestLister(t, h, func() time.Time { return time.Now().Add(ahead) })
}

// A page that lacks a sale which the search has named is an error, and never a
// short list.
func TestAListThatLacksASale(t *testing.T) {
	const sale = `<transaction><id>a1</id><type>sale</type><status>settled</status><amount>19.99</amount><currency-iso-code>USD</currency-iso-code><order-id>pay_1</order-id><created-at>2026-05-01T00:00:01Z</created-at></transaction>`
	ids := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "_ids") {
			_, _ = io.WriteString(w, `<search-results><page-size>50</page-size><ids>`+ids+`</ids></search-results>`)
			return
		}
		_, _ = io.WriteString(w, `<credit-card-transactions>`+sale+`</credit-card-transactions>`)
	}))
	defer srv.Close()
	w := newWorld(t)
	p := w.adapter(t, func(c *braintree.Config) { c.BaseURL = srv.URL })
	from := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	ids = `<item>a1</item>`
	if page, next, err := p.List(t.Context(), from, from.Add(time.Minute), ""); err != nil || len(page) != 1 || next != "" || page[0].Result.Captured != 1999 {
		t.Errorf("%+v, %q, %v", page, next, err)
	}
	ids += `<item>a2</item>`
	if page, _, err := p.List(t.Context(), from, from.Add(time.Minute), ""); err == nil || !strings.Contains(err.Error(), "asked for 2 transactions, got 1") {
		t.Errorf("%+v, %v", page, err)
	}
}
