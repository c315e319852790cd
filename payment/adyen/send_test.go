package adyen_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/secret"
)

// says is an API that always gives one answer.
func says(t *testing.T, status int, body string, header ...string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func sendTo(t *testing.T, url string, change ...func(*payment.Charge)) payment.Result {
	t.Helper()
	p := adapter(t, config(url))
	c := charge
	for _, f := range change {
		f(&c)
	}
	body, err := p.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Send(t.Context(), "k", body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The samples are those of the OpenAPI document and of Adyen's pages.
func TestSendReadsSamples(t *testing.T) {
	held := func(c *payment.Charge) { c.Capture = payment.CaptureLater }
	for _, c := range []struct {
		name   string
		body   string
		change func(*payment.Charge)
		want   payment.Result
	}{
		{"authorised, as the OpenAPI example has it, without an amount",
			`{"additionalData":{"cvcResult":"1 Matches","authCode":"044925"},"pspReference":"993617895204576J","resultCode":"Authorised","merchantReference":"pay_1"}`, nil,
			payment.Result{Class: payment.ClassCaptured, PSPRef: "993617895204576J", RequestID: "993617895204576J", Amount: 1999, Captured: 1999, Currency: "usd"}},
		{"authorised with its amount",
			`{"pspReference":"993617895204576J","resultCode":"Authorised","amount":{"currency":"USD","value":1999},"merchantReference":"pay_1"}`, nil,
			payment.Result{Class: payment.ClassCaptured, PSPRef: "993617895204576J", RequestID: "993617895204576J", Amount: 1999, Captured: 1999, Currency: "usd"}},
		{"authorised to be captured later",
			`{"pspReference":"993617895204576J","resultCode":"Authorised","amount":{"currency":"USD","value":1999},"merchantReference":"pay_1-held"}`, held,
			payment.Result{Class: payment.ClassAuthorized, PSPRef: "993617895204576J", RequestID: "993617895204576J", Amount: 1999, Currency: "usd"}},
		{"refused with HTTP 200",
			`{"pspReference":"NC6HT9CRT65ZGN82","resultCode":"Refused","refusalReason":"Not enough balance","refusalReasonCode":"12","merchantReference":"pay_1"}`, nil,
			payment.Result{Class: payment.ClassDeclined, PSPRef: "NC6HT9CRT65ZGN82", RequestID: "NC6HT9CRT65ZGN82", DeclineCode: "Refused 12"}},
		{"3-D Secure", `{"resultCode":"RedirectShopper","action":{"type":"redirect","url":"https://x.example","method":"GET","paymentMethodType":"scheme"}}`, nil,
			payment.Result{Class: payment.ClassRequiresAction, DeclineCode: "RedirectShopper"}},
		{"another amount is passed on",
			`{"pspReference":"993617895204576J","resultCode":"Authorised","amount":{"currency":"EUR","value":5},"merchantReference":"pay_1"}`, nil,
			payment.Result{Class: payment.ClassCaptured, PSPRef: "993617895204576J", RequestID: "993617895204576J", Amount: 5, Captured: 5, Currency: "eur"}},
		{"a part", `{"pspReference":"993617895204576J","resultCode":"PartiallyAuthorised","amount":{"currency":"USD","value":999},"merchantReference":"pay_1"}`, nil,
			payment.Result{Class: payment.ClassUnknown, PSPRef: "993617895204576J", RequestID: "993617895204576J", DeclineCode: "PartiallyAuthorised", Amount: 999, Currency: "usd"}},
		{"of another payment", `{"pspReference":"993617895204576J","resultCode":"Authorised","merchantReference":"pay_2"}`, nil,
			payment.Result{Class: payment.ClassUnknown, PSPRef: "993617895204576J", RequestID: "993617895204576J", DeclineCode: "other_reference"}},
		{"without a reference", `{"resultCode":"Authorised","merchantReference":"pay_1"}`, nil,
			payment.Result{Class: payment.ClassUnknown, DeclineCode: "unexpected_answer"}},
		{"a negative amount", `{"pspReference":"993617895204576J","resultCode":"Authorised","amount":{"currency":"USD","value":-1}}`, nil,
			payment.Result{Class: payment.ClassUnknown, PSPRef: "993617895204576J", RequestID: "993617895204576J", DeclineCode: "unreadable_amount"}},
		{"a currency that is none", `{"pspReference":"993617895204576J","resultCode":"Authorised","amount":{"currency":"ZZZ","value":1}}`, nil,
			payment.Result{Class: payment.ClassUnknown, PSPRef: "993617895204576J", RequestID: "993617895204576J", DeclineCode: "unreadable_amount"}},
		{"a new word", `{"pspReference":"993617895204576J","resultCode":"Teleported","merchantReference":"pay_1"}`, nil,
			payment.Result{Class: payment.ClassUnknown, PSPRef: "993617895204576J", RequestID: "993617895204576J", DeclineCode: "Teleported"}},
		{"a word that quotes the request", `{"pspReference":"993617895204576J","resultCode":"no <token> here","merchantReference":"pay_1"}`, nil,
			payment.Result{Class: payment.ClassUnknown, PSPRef: "993617895204576J", RequestID: "993617895204576J", DeclineCode: "unexpected_answer"}},
		{"nothing", `{}`, nil, payment.Result{Class: payment.ClassUnknown}},
		{"half an answer", `{"pspReference":"9936`, nil, payment.Result{Class: payment.ClassUnknown, DeclineCode: "unexpected_answer"}},
		{"too long an answer", `{"pad":"` + strings.Repeat("x", 1<<20) + `"}`, nil, payment.Result{Class: payment.ClassUnknown, DeclineCode: "no_answer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			change := c.change
			if change == nil {
				change = func(*payment.Charge) {}
			}
			if got := sendTo(t, says(t, 200, c.body), change); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// A status alone may come from anything between here and there; only a code
// that is known is a no.
func TestSendReadsErrors(t *testing.T) {
	const sample = `{"status":422,"errorCode":%q,"message":"secret FKSPNCQ8HXSKGK82","errorType":"validation","pspReference":"8816118280275544"}`
	for _, c := range []struct {
		status int
		body   string
		header []string
		want   payment.Class
	}{
		{422, fmt.Sprintf(sample, "803"), nil, payment.ClassTokenInvalid},
		{422, fmt.Sprintf(sample, "704"), nil, payment.ClassUnknown},
		{422, fmt.Sprintf(sample, "803"), []string{"Transient-Error", "true"}, payment.ClassUnknown},
		{422, fmt.Sprintf(sample, "999_999"), nil, payment.ClassUnknown},
		{422, `<html>`, nil, payment.ClassUnknown},
		{400, fmt.Sprintf(sample, "702"), nil, payment.ClassProcessorError},
		{401, `{"status":401,"errorCode":"000","message":"HTTP Status Response - Unauthorized","errorType":"security"}`, nil, payment.ClassConfig},
		{401, ``, nil, payment.ClassConfig},
		{403, `{"status":403,"errorCode":"901","message":"Invalid Merchant Account","errorType":"security","pspReference":"881611827877203B"}`, nil, payment.ClassConfig},
		{403, `<html>`, nil, payment.ClassConfig},
		{404, fmt.Sprintf(sample, "803"), nil, payment.ClassUnknown},
		{429, ``, nil, payment.ClassRateLimited},
		{500, `{"status":500,"errorCode":"905","message":"Payment details are not supported","errorType":"configuration","pspReference":"8516091485743033"}`, nil, payment.ClassUnknown},
		{503, ``, nil, payment.ClassUnknown},
		{201, `{"pspReference":"993617895204576J","resultCode":"Authorised"}`, nil, payment.ClassUnknown},
		{302, `{"pspReference":"993617895204576J","resultCode":"Authorised"}`, nil, payment.ClassUnknown},
		{204, ``, nil, payment.ClassUnknown},
	} {
		got := sendTo(t, says(t, c.status, c.body, c.header...))
		if got.Class != c.want {
			t.Errorf("%d %.60s: %+v, want %s", c.status, c.body, got, c.want)
		}
		if strings.Contains(c.body, "8816118280275544") && got.RequestID != "8816118280275544" {
			t.Errorf("%d %.60s: request id %q", c.status, c.body, got.RequestID)
		}
		if strings.Contains(fmt.Sprintf("%+v", got), token) {
			t.Errorf("%d: the result shows the token: %+v", c.status, got)
		}
	}
}

// How Adyen refuses a token for what it was granted is not published: without
// a word from the configuration it is unknown, and nothing was charged.
func TestAllowanceErrorsAreUnknownUntilTheyAreNamed(t *testing.T) {
	psp := adyentest.New(t)
	cfg := config(psp.URL())
	cfg.ErrorClasses = nil
	p := adapter(t, cfg)
	c := charge
	c.Credential.Token = secret.New(psp.Mint(adyentest.Grant{Outcome: adyentest.Authorised, Currency: "USD", MaxAmount: 1}))
	body, err := p.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Send(t.Context(), "k", body)
	if err != nil || r.Class != payment.ClassUnknown || r.DeclineCode != "FAKE_LIMIT" || psp.Books("cs_1").Charges != 0 {
		t.Errorf("%+v, %v, %+v", r, err, psp.Books("cs_1"))
	}
}

// prepared is a payment that only needs to be sent.
func prepared(t *testing.T, psp *adyentest.Fake, p *adyen.Provider, o adyentest.Outcome) []byte {
	t.Helper()
	c := charge
	c.Credential.Token = secret.New(psp.Mint(adyentest.Grant{Outcome: o, Currency: "USD", MaxAmount: 1999}))
	body, err := p.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// However an answer is lost, the same bytes under the same key bring it back,
// and there is one charge.
func TestResendingTells(t *testing.T) {
	for _, faults := range [][]adyentest.Fault{
		{adyentest.DropBefore}, {adyentest.DropAfter}, {adyentest.HangBefore}, {adyentest.HangAfter},
		{adyentest.ErrorBefore}, {adyentest.ErrorAfter}, {adyentest.InProgress},
		{adyentest.Unavailable, adyentest.Unavailable, adyentest.Unavailable, adyentest.Unavailable},
		{adyentest.DropAfter, adyentest.InProgress, adyentest.Unavailable, adyentest.HangBefore, adyentest.ErrorBefore},
	} {
		t.Run(fmt.Sprint(faults), func(t *testing.T) {
			t.Parallel()
			psp := adyentest.New(t)
			cfg := config(psp.URL())
			cfg.Timeout = paymenttest.Silence
			slow := adapter(t, cfg)
			body := prepared(t, psp, slow, adyentest.Authorised)
			psp.Break(faults...)
			for range faults {
				if r, err := slow.Send(t.Context(), "k", body); err != nil || r.Class != payment.ClassUnknown {
					t.Fatalf("%+v, %v", r, err)
				}
			}
			r, err := adapter(t, config(psp.URL())).Send(t.Context(), "k", body)
			if err != nil || r.Class != payment.ClassCaptured || r.Amount != 1999 {
				t.Fatalf("%+v, %v", r, err)
			}
			if got := psp.Books("cs_1"); got.Charges != 1 || got.Taken != 1999 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestOutcomesOfTheStandIn(t *testing.T) {
	for o, want := range map[adyentest.Outcome]payment.Class{
		adyentest.Pending:  payment.ClassPending,
		adyentest.Partial:  payment.ClassUnknown,
		adyentest.NeedsSCA: payment.ClassRequiresAction,
	} {
		psp := adyentest.New(t)
		p := adapter(t, config(psp.URL()))
		if r, err := p.Send(t.Context(), "k", prepared(t, psp, p, o)); err != nil || r.Class != want {
			t.Errorf("%s: %+v, %v", o, r, err)
		}
	}
	psp := adyentest.New(t)
	p := adapter(t, config(psp.URL()))
	psp.Break(adyentest.WithoutAmount)
	if r, err := p.Send(t.Context(), "k", prepared(t, psp, p, adyentest.Authorised)); err != nil || r.Class != payment.ClassCaptured || r.Amount != 1999 {
		t.Errorf("without an amount: %+v, %v", r, err)
	}
}

// What cannot be sent is not, and what is sent is sent once.
func TestOneSendIsOnePost(t *testing.T) {
	var posts atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != adyentest.APIKey || r.Header.Get("Idempotency-Key") != "k" || r.URL.Path != "/v72/payments" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		if posts.Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	p := adapter(t, config(srv.URL+"/v72"))
	body, err := p.Build(charge)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds the connection of the first
		if r, err := p.Send(t.Context(), "k", body); err != nil || r.Class != payment.ClassUnknown {
			t.Errorf("%+v, %v", r, err)
		}
	}
	for name, send := range map[string]func() error{
		"no key":     func() error { _, err := p.Send(t.Context(), "", body); return err },
		"a long key": func() error { _, err := p.Send(t.Context(), strings.Repeat("k", 65), body); return err },
		"not a body": func() error { _, err := p.Send(t.Context(), "k", []byte("<xml>")); return err },
		"unreachable": func() error {
			_, err := adapter(t, config(paymenttest.Unreachable)).Send(t.Context(), "k", body)
			return err
		},
	} {
		err := send()
		if !errors.Is(err, payment.ErrNotSent) {
			t.Errorf("%s: %v", name, err)
		}
		for _, secret := range []string{adyentest.APIKey, token} {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, p, p), secret) {
				t.Errorf("%s: %v shows a secret", name, err)
			}
		}
	}
	if n := posts.Load(); n != 2 {
		t.Errorf("%d requests for two sends", n)
	}
}
