package braintree

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/checkstand/checkstand/secret"
)

// Whatever an answer looks like, money counts only with a transaction, an
// amount and a currency, and a decline only in the gateway's own words.
func FuzzAnswer(f *testing.F) {
	const sale = `<transaction><id>abc</id><status>settled</status><type>sale</type><amount>19.99</amount><currency-iso-code>USD</currency-iso-code></transaction>`
	for _, body := range []string{
		sale,
		xml.Header + sale + "\n",
		strings.Replace(sale, "settled", "processor_declined", 1),
		`<api-error-response><errors><errors/></errors><message>No</message>` + sale + `</api-error-response>`,
		`<api-error-response><errors><transaction><errors><error><code>91565</code></error></errors></transaction></errors></api-error-response>`,
		`<transaction><id>abc</id><status>settled</status><amount>1e9</amount><currency-iso-code>USD</currency-iso-code></transaction>`,
		`<!DOCTYPE transaction [<!ENTITY a "settled">]><transaction><status>&a;</status></transaction>`,
	} {
		f.Add(201, []byte(body))
		f.Add(422, []byte(body))
	}
	p, err := New(Config{MerchantID: "acme", PublicKey: "public", PrivateKey: secret.New("private"), MerchantAccounts: map[string]string{"usd": "acme_usd"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		r := p.classifySale(exchange.Reply{Status: status, Body: body})
		switch r.Class.State() {
		case payment.Authorized, payment.Captured:
			if r.PSPRef == "" || r.Amount < 0 || r.Currency == "" || (status != 200 && status != 201 && status != 422) {
				t.Errorf("%d %q: %+v", status, body, r)
			}
		case payment.Declined:
			if status != 200 && status != 201 && status != 422 {
				t.Errorf("%d %q: %+v", status, body, r)
			}
		}
		if len([]rune(r.DeclineCode)) > maxCodes*(maxWords+1) || strings.ContainsAny(r.DeclineCode, "\r\n") {
			t.Errorf("the reason is %q", r.DeclineCode)
		}
	})
}

// What is written as an amount is read as the same, and nothing else is read.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"19.99", "0.01", "1000", "1.234", ".5", "5.", "1e3", "-1", "+1", "00.10", "9007199254740991", "99999999999999999999", "1.2.3", "１"} {
		for _, c := range []string{"usd", "jpy", "kwd", "isk"} {
			f.Add(s, c)
		}
	}
	p := &Provider{decimals: payment.Scale{"isk": 2}}
	f.Fuzz(func(t *testing.T, text, currency string) {
		minor, err := p.minor(text, currency)
		if err != nil {
			return
		}
		written, err := p.decimal(minor, currency)
		if err != nil {
			t.Fatalf("%q %s is %d, which cannot be written: %v", text, currency, minor, err)
		}
		if again, err := p.minor(written, currency); err != nil || again != minor || minor < 0 {
			t.Errorf("%q %s is %d, written %q, read %d, %v", text, currency, minor, written, again, err)
		}
	})
}
