package adyen_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/secret"
)

func mint(psp *adyentest.Fake) payment.Credential {
	return payment.Credential{Type: "spt", Token: secret.New(psp.Mint(adyentest.Grant{Outcome: adyentest.Authorised, Currency: "USD", MaxAmount: 1999}))}
}

var page = payment.HostedCharge{
	Charge: payment.Charge{AttemptID: "pay_1", SessionID: "cs_1", OrderID: "ord_1", Amount: 1999, Currency: "usd", BuyerEmail: "buyer@example.com",
		Billing: &acp.Address{Country: "US"}},
	Lines:     []payment.HostedLine{{Title: "Mug", Quantity: 2, Amount: 1800}, {Title: "Delivery", Quantity: 1, Amount: 199}},
	ReturnURL: "https://shop.example/return", CancelURL: "https://shop.example/cart",
	ExpiresAt: time.Date(2026, 5, 1, 13, 0, 0, 0, time.UTC), Locale: "en-US",
}

func TestHostedBytes(t *testing.T) {
	p := adapter(t, config("http://127.0.0.1:1"))
	const want = `{"merchantAccount":"TestShopECOM","reference":"pay_1-page","amount":{"currency":"USD","value":1999},"reusable":false,` +
		`"returnUrl":"https://shop.example/return","expiresAt":"2026-05-01T13:00:00Z","shopperLocale":"en-US","shopperEmail":"buyer@example.com",` +
		`"countryCode":"US","captureDelayHours":0,"lineItems":[{"description":"Mug","quantity":2,"amountIncludingTax":900},` +
		`{"description":"Delivery","quantity":1,"amountIncludingTax":199}],"metadata":{"acp_order_id":"ord_1","acp_session_id":"cs_1"}}`
	got, err := p.BuildHosted(page)
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	later := page
	later.Capture = payment.CaptureLater
	if got, err := p.BuildHosted(later); err != nil || !strings.Contains(string(got), `"reference":"pay_1-page-held"`) ||
		!strings.Contains(string(got), `"manualCapture":true`) || strings.Contains(string(got), "captureDelayHours") {
		t.Errorf("%s, %v", got, err)
	}
	for name, change := range map[string]func(*payment.HostedCharge){
		"lines that do not add up": func(c *payment.HostedCharge) { c.Lines = c.Lines[:1] },
		"a line without a price of one": func(c *payment.HostedCharge) {
			c.Lines = []payment.HostedLine{{Title: "Mug", Quantity: 2, Amount: 1999}}
		},
		"a discount, which is below nil": func(c *payment.HostedCharge) {
			c.Lines = append(c.Lines[:2:2], payment.HostedLine{Title: "Discount", Quantity: 1, Amount: -1})
		},
	} {
		c := page
		change(&c)
		if got, err := p.BuildHosted(c); err != nil || strings.Contains(string(got), "lineItems") {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for name, change := range map[string]func(*payment.HostedCharge){
		"a token":          func(c *payment.HostedCharge) { c.Credential.Token = secret.New("x") },
		"a return address": func(c *payment.HostedCharge) { c.ReturnURL = "javascript:alert(1)" },
		"nothing to pay":   func(c *payment.HostedCharge) { c.Amount = 0 },
	} {
		c := page
		change(&c)
		if got, err := p.BuildHosted(c); err == nil {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// opened opens the page of the attempt pay_1.
func opened(t *testing.T) (*adyentest.Fake, *adyen.Provider, payment.HostedPage) {
	t.Helper()
	psp := adyentest.New(t)
	p := adapter(t, config(psp.URL()))
	body, err := p.BuildHosted(page)
	if err != nil {
		t.Fatal(err)
	}
	psp.Break(adyentest.DropAfter)
	if _, r, err := p.OpenHosted(t.Context(), "k", body); err != nil || r.Class != payment.ClassUnknown {
		t.Fatalf("%+v, %v", r, err)
	}
	first, r, err := p.OpenHosted(t.Context(), "k", body)
	if err != nil || r.Class != payment.ClassPending || r.Amount != 1999 || r.Currency != "usd" || !first.ExpiresAt.Equal(page.ExpiresAt) ||
		!strings.HasPrefix(first.URL, "https://test.adyen.link/PL") {
		t.Fatalf("%+v, %+v, %v", first, r, err)
	}
	if again, _, err := p.OpenHosted(t.Context(), "k", body); err != nil || again != first {
		t.Fatalf("the same body under the same key is another page: %+v, %v", again, err)
	}
	return psp, p, first
}

var attempt = payment.Attempt{ID: "pay_1", State: payment.Pending, Amount: 1999, Currency: "usd"}

func asked(t *testing.T, p *adyen.Provider, ref string) payment.Result {
	t.Helper()
	r, err := p.ReconcileHosted(t.Context(), attempt, ref, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func closes(t *testing.T, p *adyen.Provider, ref string) payment.Result {
	t.Helper()
	r, err := p.CloseHosted(t.Context(), attempt, ref)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A buyer who is refused may try again on the page; the webhook of the payment
// that succeeds is what settles the attempt.
func TestAPageIsPaid(t *testing.T) {
	psp, p, link := opened(t)
	if r := asked(t, p, link.Ref); r.Class != payment.ClassPending || r.DeclineCode != "page_open" {
		t.Fatalf("%+v", r)
	}
	psp.PayPage(t, link.Ref, adyentest.NoBalance)
	if n := received(t, p, psp); len(n) != 1 || n[0].Final || n[0].Reference != "pay_1" {
		t.Fatalf("%+v", n)
	}
	paid := psp.PayPage(t, link.Ref, adyentest.Authorised)
	if psp.PayPage(t, link.Ref, adyentest.Authorised) != "" {
		t.Fatal("paid twice")
	}
	if r := asked(t, p, link.Ref); r.Class != payment.ClassPending || r.DeclineCode != "awaiting_webhook" {
		t.Fatalf("%+v", r)
	}
	if r := closes(t, p, link.Ref); r.Class != payment.ClassPending || r.DeclineCode != "awaiting_webhook" {
		t.Fatalf("a payment that was made wins: %+v", r)
	}
	n := received(t, p, psp)
	if len(n) != 1 || !n[0].Final || n[0].PSPRef != paid || n[0].Result.Class != payment.ClassCaptured || n[0].Result.Amount != 1999 {
		t.Fatalf("%+v", n)
	}
	a := attempt
	if _, ok := a.Move(n[0].Result, "webhook", psp.Now()); !ok || a.State != payment.Captured || a.PSPRef != paid {
		t.Errorf("%+v", a)
	}
}

func TestAPageIsClosed(t *testing.T) {
	psp, p, link := opened(t)
	if r := closes(t, p, link.Ref); r.Class != payment.ClassNotFound {
		t.Fatalf("%+v", r)
	}
	if psp.PayPage(t, link.Ref, adyentest.Authorised) != "" {
		t.Fatal("a closed page was paid")
	}
	if r := closes(t, p, link.Ref); r.Class != payment.ClassNotFound {
		t.Errorf("closing again: %+v", r)
	}
}

func TestAPageExpires(t *testing.T) {
	psp, p, link := opened(t)
	psp.Advance(time.Hour)
	if r := asked(t, p, link.Ref); r.Class != payment.ClassNotFound {
		t.Errorf("%+v", r)
	}
}

func TestAPageInProgressCannotBeClosed(t *testing.T) {
	psp, p, link := opened(t)
	id := psp.PayPage(t, link.Ref, adyentest.Pending)
	if r := closes(t, p, link.Ref); r.Class != payment.ClassPending || r.DeclineCode != "page_in_progress" {
		t.Fatalf("%+v", r)
	}
	psp.Decide(t, id, true)
	if n := received(t, p, psp); len(n) != 1 || n[0].Result.Class != payment.ClassCaptured {
		t.Errorf("%+v", n)
	}
}

// What is not clearly an answer about this page is unknown.
func TestPageAnswers(t *testing.T) {
	const good = `{"id":"PL61C53A8B97E6915A","url":"https://test.adyen.link/PL61C53A8B97E6915A","status":"active","reference":"pay_1-page","amount":{"currency":"USD","value":1999},"expiresAt":"2026-05-01T13:00:00Z","merchantAccount":"TestShopECOM"}`
	for _, c := range []struct {
		status int
		body   string
		want   payment.Class
	}{
		{200, good, payment.ClassPending},
		{200, strings.Replace(good, "active", "expired", 1), payment.ClassNotFound},
		{200, strings.Replace(good, "active", "paid", 1), payment.ClassPending},
		{200, strings.Replace(good, "active", "teleported", 1), payment.ClassUnknown},
		{200, strings.Replace(good, "pay_1-page", "pay_2-page", 1), payment.ClassUnknown},
		{200, strings.Replace(good, `"id":"PL6`, `"id":"PL7`, 1), payment.ClassUnknown},
		{200, `{}`, payment.ClassUnknown},
		{200, good[:50], payment.ClassUnknown},
		{401, ``, payment.ClassUnknown},
		{404, `{"errorCode":"29_003"}`, payment.ClassUnknown},
		{500, strings.Replace(good, "active", "expired", 1), payment.ClassUnknown},
	} {
		p := adapter(t, config(says(t, c.status, c.body)))
		if r := asked(t, p, "PL61C53A8B97E6915A"); r.Class != c.want {
			t.Errorf("%d %.90s: %+v, want %s", c.status, c.body, r, c.want)
		}
	}
	p := adapter(t, config("http://127.0.0.1:1"))
	if r := asked(t, p, "../payments"); r.Class != payment.ClassUnknown {
		t.Errorf("%+v", r)
	}
	down := adapter(t, config(paymenttest.Unreachable))
	body, err := down.BuildHosted(page)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := down.OpenHosted(t.Context(), "k", body); !errors.Is(err, payment.ErrNotSent) {
		t.Errorf("%v", err)
	}
	for _, c := range []struct {
		status int
		body   string
		want   payment.Class
	}{
		{201, good, payment.ClassPending},
		{201, strings.Replace(good, "1999", "1", 1), payment.ClassUnknown},
		{201, strings.Replace(good, "https://test", "javascript://test", 1), payment.ClassUnknown},
		{200, good, payment.ClassUnknown},
		{401, ``, payment.ClassConfig},
		{500, ``, payment.ClassUnknown},
	} {
		p := adapter(t, config(says(t, c.status, c.body)))
		if link, r, err := p.OpenHosted(t.Context(), "k", body); err != nil || r.Class != c.want || (link.URL != "") != (c.want == payment.ClassPending) {
			t.Errorf("%d %.90s: %+v, %+v, %v", c.status, c.body, link, r, err)
		}
	}
}

// What Adyen has refused is no page, whatever the reason; what it has only not
// managed may be one.
func TestARefusedLinkIsNoPage(t *testing.T) {
	for _, tt := range []struct {
		name, transient, body string
		status                int
		want                  payment.Class
	}{
		{"a code that has no row", "", `{"status":422,"errorCode":"29_001","errorType":"validation"}`, 422, payment.ClassProcessorError},
		{"no code", "", `{}`, 400, payment.ClassProcessorError},
		{"our key", "", `{"status":401,"errorCode":"000"}`, 401, payment.ClassConfig},
		{"Adyen asks for it again", "true", `{"status":422,"errorCode":"704"}`, 422, payment.ClassUnknown},
		{"a fault of theirs", "", `{"status":500}`, 500, payment.ClassUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if tt.transient != "" {
					w.Header().Set("Transient-Error", tt.transient)
				}
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			}))
			defer srv.Close()
			p := adapter(t, config(srv.URL))
			body, err := p.BuildHosted(page)
			if err != nil {
				t.Fatal(err)
			}
			if opened, r, err := p.OpenHosted(t.Context(), "k", body); err != nil || r.Class != tt.want || opened.URL != "" {
				t.Errorf("%+v, %+v, %v", opened, r, err)
			}
		})
	}
}
