package braintree_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
)

// answering is a gateway that gives one answer to everything.
func answering(t *testing.T, status int, body string, change ...func(*braintree.Config)) *braintree.Provider {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		w.Header().Set("X-Request-Id", "req-7")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	cfg := config(t)
	cfg.BaseURL = srv.URL
	for _, f := range change {
		f(&cfg)
	}
	p, err := braintree.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The documents that the gateway answers with, cut to what matters.
const (
	saleDocument = `<?xml version="1.0" encoding="UTF-8"?>
<transaction>
  <id>abc123</id>
  <status>%s</status>
  <type>sale</type>
  <currency-iso-code>USD</currency-iso-code>
  <amount>19.99</amount>
  <merchant-account-id>acme_usd</merchant-account-id>
  <order-id>pay_1</order-id>
  <created-at type="datetime">2026-05-01T12:00:00Z</created-at>
  <processor-response-code>%s</processor-response-code>
  <processor-response-text>Said by the processor</processor-response-text>
  <gateway-rejection-reason>%s</gateway-rejection-reason>
  <credit-card><id nil="true"/><status>none</status><amount>1.00</amount><last-4>1111</last-4></credit-card>
  <refund-ids type="array"/>
</transaction>
`
	declineDocument = `<?xml version="1.0" encoding="UTF-8"?>
<api-error-response><errors><errors type="array"/></errors><message>Insufficient Funds</message><transaction><id>abc123</id>` +
		`<status>processor_declined</status><amount>2001.00</amount><currency-iso-code>USD</currency-iso-code><processor-response-code>2001</processor-response-code>` +
		`<processor-response-text>Insufficient Funds</processor-response-text><processor-response-type>soft_declined</processor-response-type></transaction></api-error-response>`
	invalidDocument = `<?xml version="1.0" encoding="UTF-8"?>
<api-error-response>
  <errors><errors type="array"/><transaction><errors type="array"><error><code>%s</code><attribute type="symbol">base</attribute><message>Said.</message></error></errors></transaction></errors>
  <params><transaction><type>sale</type></transaction></params>
  <message>Said.</message>
</api-error-response>`
)

func document(status, code, rejection string) string {
	return fmt.Sprintf(saleDocument, status, code, rejection)
}

func refusedWith(code string) string { return fmt.Sprintf(invalidDocument, code) }

func send(t *testing.T, p *braintree.Provider) payment.Result {
	t.Helper()
	body, err := p.Build(charge)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Send(t.Context(), "acp_pay_1", body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every row of every table is one case, and reaches the caller.
func TestEveryRowOfTheTables(t *testing.T) {
	tables := map[string][]braintree.Row{}
	for _, table := range braintree.Tables() {
		tables[table.Title] = table.Rows
	}
	check := func(table string, f func(t *testing.T, row braintree.Row) payment.Result) {
		if len(tables[table]) == 0 {
			t.Errorf("there is no table %q", table)
		}
		for _, row := range tables[table] {
			t.Run(table+"/"+row.Code, func(t *testing.T) {
				r := f(t, row)
				want := row.Class
				if want == payment.ClassTokenUsed {
					want = payment.ClassUnknown // as this gateway cannot be asked who used it
				}
				if r.Class != want || r.RequestID != "req-7" {
					t.Errorf("got %+v, want %s", r, want)
				}
				if r.Class.State().Paid() == (r.DeclineCode != "") && r.Class != payment.ClassRefunded {
					t.Errorf("the reason is %q", r.DeclineCode)
				}
			})
		}
		delete(tables, table)
	}
	check("Status of a sale", func(t *testing.T, row braintree.Row) payment.Result {
		r := send(t, answering(t, 201, document(row.Code, "", "")))
		if r.PSPRef != "abc123" || r.Amount != 1999 || r.Currency != "usd" {
			t.Errorf("got %+v", r)
		}
		return r
	})
	check("Processor response codes with a meaning of their own", func(t *testing.T, row braintree.Row) payment.Result {
		return send(t, answering(t, 201, document("processor_declined", row.Code, "")))
	})
	check("Reasons of a gateway rejection", func(t *testing.T, row braintree.Row) payment.Result {
		return send(t, answering(t, 201, document("gateway_rejected", "", row.Code)))
	})
	check("Validation codes of a sale", func(t *testing.T, row braintree.Row) payment.Result {
		return send(t, answering(t, 422, refusedWith(row.Code)))
	})
	check("Status of a refund", func(t *testing.T, row braintree.Row) payment.Result {
		body := strings.Replace(document(row.Code, "1000", ""), "<type>sale<", "<type>credit<", 1)
		return operate(t, answering(t, 201, body), payment.Op{ID: "op_1", Kind: payment.OpRefund, PSPRef: "abc", Amount: 1999, Currency: "usd",
			Key: "k", CreatedAt: time.Now()})
	})
	check("Validation codes of captures, voids and refunds", func(t *testing.T, row braintree.Row) payment.Result {
		return operate(t, answering(t, 422, refusedWith(row.Code)), payment.Op{ID: "op_1", Kind: payment.OpCapture, PSPRef: "abc", Amount: 1999,
			Currency: "usd", Key: "k", CreatedAt: time.Now()})
	})
	for title := range tables {
		t.Errorf("nothing tests the table %q", title)
	}
}

func operate(t *testing.T, p *braintree.Provider, op payment.Op) payment.Result {
	t.Helper()
	r, err := p.Operate(t.Context(), op)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What is not clearly an answer of the gateway is unknown.
func TestSendClassifies(t *testing.T) {
	captured := document("submitted_for_settlement", "1000", "")
	two := strings.Replace(refusedWith("81503"), "<error>", "<error><code>91565</code></error><error>", 1)
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   payment.Class
		words  string
	}{
		{"captured", 201, captured, payment.ClassCaptured, ""},
		{"captured, as an answer to a repeat", 200, captured, payment.ClassCaptured, ""},
		{"a decline", 422, declineDocument, payment.ClassDeclined, "2001 Insufficient Funds"},
		{"a decline with a new code", 422, strings.ReplaceAll(declineDocument, "<processor-response-code>2001", "<processor-response-code>2998"), payment.ClassDeclined, "2998 Insufficient Funds"},
		{"a rejection with a new reason", 201, document("gateway_rejected", "", "mood"), payment.ClassDeclined, "gateway_rejected mood"},
		{"a new status", 201, document("teleported", "", ""), payment.ClassUnknown, "teleported"},
		{"a decline with a new status", 422, strings.Replace(declineDocument, "processor_declined", "teleported", 1), payment.ClassUnknown, "2001 Insufficient Funds"},
		{"no id", 201, strings.Replace(captured, "abc123", "", 1), payment.ClassUnknown, "unexpected_answer"},
		{"no amount", 201, strings.Replace(captured, "19.99", "", 1), payment.ClassUnknown, "unexpected_answer"},
		{"an amount with three decimals", 201, strings.Replace(captured, "19.99", "19.999", 1), payment.ClassUnknown, "unexpected_answer"},
		{"a negative amount", 201, strings.Replace(captured, "19.99", "-19.99", 1), payment.ClassUnknown, "unexpected_answer"},
		{"a currency that is none", 201, strings.Replace(captured, "USD", "US$", 1), payment.ClassUnknown, "unexpected_answer"},
		{"a refund", 201, strings.Replace(captured, "<type>sale", "<type>credit", 1), payment.ClassUnknown, "unexpected_answer"},
		{"another document", 201, `<customer><id>1</id></customer>`, payment.ClassUnknown, "unexpected_answer"},
		{"half a document", 201, captured[:400], payment.ClassUnknown, "unexpected_answer"},
		{"two documents", 201, captured + captured[40:], payment.ClassUnknown, "unexpected_answer"},
		{"a page", 200, `<html><body>Welcome</body></html>`, payment.ClassUnknown, "unexpected_answer"},
		{"nothing", 201, ``, payment.ClassUnknown, "unexpected_answer"},
		{"too much", 201, captured + strings.Repeat(" ", 1<<20), payment.ClassUnknown, "no_answer"},
		{"a new code", 422, refusedWith("999999"), payment.ClassUnknown, "999999"},
		{"a configured code", 422, refusedWith("999901"), payment.ClassAmountExceeded, "999901"},
		{"two codes", 422, two, payment.ClassTokenExpired, "91565,81503"},
		{"two codes, one new", 422, strings.Replace(two, "81503", "999999", 1), payment.ClassUnknown, "91565,999999"},
		{"no code", 422, refusedWith(""), payment.ClassUnknown, ""},
		{"errors, but none", 422, `<api-error-response><errors/></api-error-response>`, payment.ClassUnknown, "unexpected_answer"},
		{"a transaction that is none", 422, `<api-error-response><transaction/></api-error-response>`, payment.ClassUnknown, "unexpected_answer"},
		{"the transaction itself", 422, captured, payment.ClassUnknown, "unexpected_answer"},
		{"keys refused", 401, ``, payment.ClassConfig, "http_unauthorized"},
		{"forbidden", 403, ``, payment.ClassConfig, "http_forbidden"},
		{"old version", 426, ``, payment.ClassConfig, "http_upgrade_required"},
		{"rate limited", 429, ``, payment.ClassRateLimited, "http_too_many_requests"},
		{"bad request", 400, `Unknown or missing parameters`, payment.ClassUnknown, "unexpected_answer"},
		{"not found", 404, ``, payment.ClassUnknown, "unexpected_answer"},
		{"timeout", 408, declineDocument, payment.ClassUnknown, "unexpected_answer"},
		{"error", 500, captured, payment.ClassUnknown, "unexpected_answer"},
		{"unavailable", 503, declineDocument, payment.ClassUnknown, "unexpected_answer"},
		{"gateway timeout", 504, ``, payment.ClassUnknown, "unexpected_answer"},
		{"elsewhere", 302, captured, payment.ClassUnknown, "unexpected_answer"},
	} {
		r := send(t, answering(t, c.status, c.body))
		if r.Class != c.want || r.DeclineCode != c.words {
			t.Errorf("%s: got %+v, want %s %q", c.name, r, c.want, c.words)
		}
		if r.RequestID != "req-7" {
			t.Errorf("%s: request id %q", c.name, r.RequestID)
		}
	}
}

// A foreign text in an answer cannot break a line of the log or fill it.
func TestWordsAreTame(t *testing.T) {
	body := strings.Replace(document("processor_declined", "2000", ""), "Said by the processor", "no&#10;no "+strings.Repeat("x", 500), 1)
	r := send(t, answering(t, 201, body))
	if r.Class != payment.ClassDeclined || strings.Contains(r.DeclineCode, "\n") || len(r.DeclineCode) > 120 {
		t.Errorf("got %+v", r)
	}
}
