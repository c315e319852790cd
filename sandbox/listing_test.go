package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

// The list has every charge of the account and the time once, the newest first,
// however many are on a page.
func TestList(t *testing.T) {
	d := openDesk(t)
	var want []string // the newest first
	for i := range 7 {
		change := []any{}
		if i == 3 {
			change = append(change, "merchant_id", otherShop)
		}
		r := d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_1", fmt.Sprint("pay_", i), change...))
		if r.status != http.StatusCreated {
			t.Fatalf("%s", r.raw)
		}
		if i != 3 {
			want = slices.Insert(want, 0, fmt.Sprint("pay_", i))
		}
		if i%2 == 1 {
			d.advance(time.Second) // two of a millisecond, then a second on
		}
	}
	d.pay(d.page("pay_page"), "4242424242424242")
	want = slices.Insert(want, 0, "pay_page")
	list := func(query url.Values) (references []string, next string) {
		t.Helper()
		query.Set("merchant_id", shop)
		r := d.merchant("GET", "/v1/charges?"+query.Encode(), "")
		if r.status != http.StatusOK {
			t.Fatalf("%s: %d %s", query.Encode(), r.status, r.raw)
		}
		for _, c := range r.body["charges"].([]any) {
			references = append(references, c.(map[string]any)["reference"].(string))
		}
		return references, r.str("next")
	}
	at := func(s int) string {
		return testNow.Add(time.Duration(s) * time.Second).Format(time.RFC3339Nano)
	}
	whole := func() url.Values { return url.Values{"from": {at(0)}, "to": {at(60)}} }
	sorted := func(list []string) []string { return slices.Sorted(slices.Values(list)) }
	one, next := list(whole())
	if !slices.Equal(sorted(one), sorted(want)) || next != "" {
		t.Errorf("got %v and %q, want %v", one, next, want)
	}
	for _, limit := range []string{"1", "2", "3", "7"} {
		var all []string
		q := whole()
		q.Set("limit", limit)
		for cursor := "."; cursor != ""; {
			var page []string
			page, cursor = list(q)
			q.Set("cursor", cursor)
			all = append(all, page...)
			if len(all) > 2*len(want) {
				t.Fatal("the list does not end")
			}
		}
		if !slices.Equal(all, one) {
			t.Errorf("%s at a time: %v, in one piece %v", limit, all, one)
		}
	}
	if got, _ := list(url.Values{"from": {at(1)}, "to": {at(2)}}); !slices.Equal(got, []string{"pay_2"}) {
		t.Errorf("of one second: %v", got)
	}
	if got, _ := list(url.Values{"from": {at(2)}}); len(got) != 2 {
		t.Errorf("without an end, of charges made before now: %v", got)
	}
	if got, _ := list(url.Values{"from": {at(60)}, "to": {at(0)}}); len(got) != 0 {
		t.Errorf("of no time: %v", got)
	}
	for _, bad := range []url.Values{{"from": {"yesterday"}}, {"from": {at(0)}, "to": {"now"}}, {"from": {at(0)}, "limit": {"0"}}, {"from": {at(0)}, "limit": {"101"}},
		{"from": {at(0)}, "cursor": {"x"}}, {"from": {at(0)}, "cursor": {"1."}}} {
		bad.Set("merchant_id", shop)
		d.merchant("GET", "/v1/charges?"+bad.Encode(), "").want(t, 400, "invalid")
	}
	d.merchant("GET", "/v1/charges?from="+at(0)+"&merchant_id=nobody", "").want(t, 403, codeForbidden)
}
