package sandbox

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/secret"
)

func pageBody(reference string, change ...any) string {
	m := map[string]any{"amount": 3490, "currency": "eur", "merchant_id": shop, "checkout_session_id": "cs_" + reference, "reference": reference,
		"description": "Acme <Store>", "return_url": "https://shop.example/return?order=7", "cancel_url": "https://shop.example/cart",
		"lines":      []any{map[string]any{"title": "Mug", "quantity": 2, "amount": 2990}, map[string]any{"title": "Delivery", "quantity": 1, "amount": 500}},
		"expires_at": "2026-05-01T13:00:00Z", "locale": "en"}
	for i := 0; i+1 < len(change); i += 2 {
		m[change[i].(string)] = change[i+1]
	}
	b, err := encode(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// page opens a page and gives its id.
func (d *desk) page(reference string, change ...any) string {
	d.t.Helper()
	r := d.merchant("POST", "/v1/pages", pageBody(reference, change...))
	if r.status != http.StatusCreated || r.str("status") != "open" || r.str("url") != d.url+"/pay/"+r.str("id") {
		d.t.Fatalf("%d %s", r.status, r.raw)
	}
	return r.str("id")
}

func TestPageValidation(t *testing.T) {
	d := openDesk(t)
	line := func(title string, quantity, amount any) []any {
		return []any{map[string]any{"title": title, "quantity": quantity, "amount": amount}}
	}
	for name, c := range map[string]struct {
		change []any
		status int
		param  string
	}{
		"no amount":                       {[]any{"amount", nil}, 400, "$.amount"},
		"upper-case currency":             {[]any{"currency", "EUR"}, 400, "$.currency"},
		"no session":                      {[]any{"checkout_session_id", ""}, 400, "$.checkout_session_id"},
		"no reference":                    {[]any{"reference", nil}, 400, "$.reference"},
		"another's merchant id":           {[]any{"merchant_id", "nobody"}, 403, "$.merchant_id"},
		"a relative return address":       {[]any{"return_url", "/return"}, 400, "$.return_url"},
		"a return address that is no URL": {[]any{"return_url", "javascript:alert(1)"}, 400, "$.return_url"},
		"plain http to another machine":   {[]any{"return_url", "http://shop.example/"}, 400, "$.return_url"},
		"a user in the address":           {[]any{"cancel_url", "https://a:b@shop.example/"}, 400, "$.cancel_url"},
		"a fragment":                      {[]any{"cancel_url", "https://shop.example/#x"}, 400, "$.cancel_url"},
		"a host that ends a policy":       {[]any{"cancel_url", "https://shop.example;script-src/"}, 400, "$.cancel_url"},
		"a long address":                  {[]any{"cancel_url", "https://shop.example/" + strings.Repeat("x", MaxPageURL)}, 400, "$.cancel_url"},
		"lines of another sum":            {[]any{"lines", line("Mug", 1, 3489)}, 400, "$.lines"},
		"a line of no units":              {[]any{"lines", line("Mug", 0, 3490)}, 400, "$.lines[0].quantity"},
		"a line without a title":          {[]any{"lines", line("", 1, 3490)}, 400, "$.lines[0].title"},
		"a line of a fraction":            {[]any{"lines", line("Mug", 1, 34.9)}, 400, "$.lines[0].amount"},
		"an end that has been":            {[]any{"expires_at", "2026-05-01T12:00:00Z"}, 400, "$.expires_at"},
		"an end far away":                 {[]any{"expires_at", "2026-05-08T12:00:01Z"}, 400, "$.expires_at"},
		"an end that is no time":          {[]any{"expires_at", "tomorrow"}, 400, "$.expires_at"},
		"a locale that is none":           {[]any{"locale", "en\"><b>"}, 400, "$.locale"},
	} {
		r := d.merchant("POST", "/v1/pages", pageBody("pay_"+name, c.change...))
		if r.status != c.status || r.str("param") != c.param {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	for name, change := range map[string][]any{
		"loopback by name": {"return_url", "http://localhost:8080/r"}, "loopback by address": {"return_url", "http://[::1]:8080/r"},
		"no lines": {"lines", nil}, "a discount": {"lines", append(line("Mug", 1, 4000), line("Discount", 1, -510)...)}, "no end": {"expires_at", nil},
	} {
		d.page("pay_"+strings.ReplaceAll(name, " ", "_"), change...)
	}
	d.do("POST", "/v1/pages", pageBody("pay_x"), "Authorization", "Bearer "+agentKey, "Idempotency-Key", "k").want(t, 401, codeUnauthorized)
	d.do("POST", "/v1/pages", pageBody("pay_x"), "Authorization", "Bearer "+merchantKey).want(t, 400, codeKeyRequired)
}

func TestPageKeyAndReference(t *testing.T) {
	d := openDesk(t)
	first := d.merchantWith("k", "POST", "/v1/pages", pageBody("pay_1"))
	if again := d.merchantWith("k", "POST", "/v1/pages", pageBody("pay_1")); again.raw != first.raw || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("replay: %s", again.raw)
	}
	d.merchantWith("k", "POST", "/v1/pages", pageBody("pay_1", "locale", "de")).want(t, 422, codeConflict)
	d.merchant("POST", "/v1/pages", pageBody("pay_1")).want(t, 409, codeReferenceInUse)
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_1", "pay_1")).want(t, 409, codeReferenceInUse)
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_2", "pay_2"))
	d.merchant("POST", "/v1/pages", pageBody("pay_2")).want(t, 409, codeReferenceInUse)

	if byID := d.merchant("GET", "/v1/pages/"+first.str("id"), ""); byID.raw != first.raw {
		t.Errorf("by id: %s", byID.raw)
	}
	found := d.merchant("GET", "/v1/pages?reference=pay_1&merchant_id="+shop, "")
	if list := found.body["pages"].([]any); len(list) != 1 || list[0].(map[string]any)["id"] != first.str("id") {
		t.Errorf("by reference: %s", found.raw)
	}
	if none := d.merchant("GET", "/v1/pages?reference=pay_2&merchant_id="+shop, ""); len(none.body["pages"].([]any)) != 0 {
		t.Errorf("a reference without a page: %s", none.raw)
	}
	d.merchant("GET", "/v1/pages?merchant_id="+shop, "").want(t, 400, "invalid")
	d.merchant("GET", "/v1/pages/pg_unknown", "").want(t, 404, codeNotFound)
	d.merchant("POST", "/v1/pages/pg_unknown/expire", "").want(t, 404, codeNotFound)

	// What was sent before the closing is refused when it arrives.
	d.merchant("POST", "/v1/references/pay_3/close?merchant_id="+shop, "")
	d.merchant("POST", "/v1/pages", pageBody("pay_3")).want(t, 409, codeReferenceClosed)
}

// A page ends by the clock, by the shop, or with its reference, and stays as it
// ended.
func TestPagesEnd(t *testing.T) {
	d := openDesk(t)
	for name, c := range map[string]struct {
		end    func(id, reference string)
		status string
	}{
		"ended by the shop": {func(id, _ string) { d.merchant("POST", "/v1/pages/"+id+"/expire", "") }, "expired"},
		"with the reference": {func(_, reference string) {
			r := d.merchant("POST", "/v1/references/"+reference+"/close?merchant_id="+shop, "")
			if r.body["closed"] != true || r.body["page"].(map[string]any)["status"] != "canceled" {
				t.Errorf("close: %s", r.raw)
			}
		}, "canceled"},
	} {
		reference := strings.ReplaceAll(name, " ", "_")
		id := d.page(reference)
		c.end(id, reference)
		for range 2 {
			if r := d.merchant("GET", "/v1/pages/"+id, ""); r.str("status") != c.status {
				t.Errorf("%s: %s", name, r.raw)
			}
			if r := d.merchant("POST", "/v1/pages/"+id+"/expire", ""); r.str("status") != c.status {
				t.Errorf("%s, ended again: %s", name, r.raw)
			}
		}
		if s := d.pay(id, "4242424242424242"); s.status != http.StatusGone {
			t.Errorf("%s: paid, %d", name, s.status)
		}
		d.wantCharges("cs_"+reference, 0, 0)
	}

	// By the clock, whoever looks first.
	looks := map[string]func(id string){
		"page":      func(id string) { d.merchant("GET", "/v1/pages/"+id, "") },
		"reference": func(id string) { d.merchant("GET", "/v1/charges?reference=by_reference&merchant_id="+shop, "") },
		"buyer":     func(id string) { d.browse(id) },
		"payment":   func(id string) { d.pay(id, "4242424242424242") },
		"shop":      func(id string) { d.merchant("POST", "/v1/pages/"+id+"/expire", "") },
	}
	ids := map[string]string{}
	for name := range looks {
		ids[name] = d.page("by_" + name)
	}
	d.advance(time.Hour)
	for name, look := range looks {
		look(ids[name])
		if r := d.merchant("GET", "/v1/charges?reference=by_"+name+"&merchant_id="+shop, ""); r.body["page"].(map[string]any)["status"] != "expired" {
			t.Errorf("%s: %s", name, r.raw)
		}
		d.wantCharges("cs_by_"+name, 0, 0)
	}
}

// A payment that was made before a page was ended wins, and a page that was
// ended before is never paid, however the two race.
func TestEndingAndPayingRace(t *testing.T) {
	d := openDesk(t)
	for i := range 12 {
		reference := fmt.Sprint("pay_", i)
		id := d.page(reference)
		var wg sync.WaitGroup
		var ended result
		var paid seen
		wg.Go(func() { paid = d.pay(id, "4242424242424242") })
		wg.Go(func() {
			if i%2 == 0 {
				ended = d.merchant("POST", "/v1/references/"+reference+"/close?merchant_id="+shop, "")
			} else {
				ended = d.merchant("POST", "/v1/pages/"+id+"/expire", "")
			}
		})
		wg.Wait()
		won := strings.Contains(ended.raw, `"amount_captured":3490`)
		if won != (paid.status == http.StatusSeeOther) {
			t.Errorf("the shop was told %s, the buyer %d", ended.raw, paid.status)
		}
		if charges := d.ledger("cs_" + reference).Charges; (charges == 1) != won {
			t.Errorf("%d charges, paid: %v", charges, won)
		}
	}
}

// A file of the first version is opened as it is, and takes pages from then on.
func TestOlderFilesAreOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "older.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		ledgerSchema,
		`INSERT INTO setting (name, value) VALUES ('digest_key', x'` + strings.Repeat("ab", digestKeySize) + `')`,
		`INSERT INTO charge (` + chargeColumns + `) VALUES ('ch_old', '` + shop + `', 'cs_old', 'pay_old', 'tok_visa', 1, 1000, 'usd', 1,
			'captured', '', 1000, 0, 'visa', '4242', '', '{}', 1777000000000)`,
		`PRAGMA user_version = 1`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p, err := Open(context.Background(), Config{Path: path, AgentKey: secret.New(agentKey), MerchantKey: secret.New(merchantKey), MerchantIDs: []string{shop}})
		if err != nil {
			t.Fatal(err)
		}
		l, err := p.Ledger(context.Background(), "cs_old")
		if err != nil || l.Charges != 1 || l.List[0].Page != "" {
			t.Errorf("%+v, %v", l, err)
		}
		var version int
		if err := p.read.QueryRow(`PRAGMA user_version`).Scan(&version); err != nil || version != len(schemas) {
			t.Errorf("version %d, %v", version, err)
		}
		if got := p.digest.key; string(got) != strings.Repeat("\xab", digestKeySize) {
			t.Errorf("the digest key is another")
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}
