package adyen_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"pgregory.net/rapid"
)

// atSessions is an adapter whose pages are sessions, for an API at url.
func atSessions(t testing.TB, url string, now func() time.Time) *adyen.Provider {
	t.Helper()
	cfg := config(url)
	cfg.Page, cfg.Now = adyen.PageSession, now
	return adapter(t, cfg)
}

// openedSession opens the page of an attempt as a session.
func openedSession(t testing.TB, psp *adyentest.Fake, change ...func(*payment.HostedCharge)) (*adyen.Provider, payment.Attempt, payment.HostedPage) {
	t.Helper()
	p := atSessions(t, psp.URL(), psp.Now)
	c := page
	c.ExpiresAt = psp.Now().Add(time.Hour)
	for _, f := range change {
		f(&c)
	}
	body, err := p.BuildHosted(c)
	if err != nil {
		t.Fatal(err)
	}
	opened, r, err := p.OpenHosted(t.Context(), "k"+c.AttemptID, body)
	if err != nil || r.Class != payment.ClassPending || r.Amount != 1999 || r.Currency != "usd" || !opened.ExpiresAt.Equal(c.ExpiresAt) ||
		!strings.HasPrefix(opened.Ref, "CS") || !strings.HasSuffix(opened.URL, opened.Ref) {
		t.Fatalf("%+v, %+v, %v", opened, r, err)
	}
	return p, payment.Attempt{ID: c.AttemptID, State: payment.Pending, Amount: c.Amount, Currency: c.Currency, CreatedAt: psp.Now()}, opened
}

func TestSessionBytes(t *testing.T) {
	cfg := config("http://127.0.0.1:1")
	cfg.Page, cfg.PageTheme = adyen.PageSession, "theme_1"
	p := adapter(t, cfg)
	const want = `{"merchantAccount":"TestShopECOM","reference":"pay_1-page","amount":{"currency":"USD","value":1999},"mode":"hosted",` +
		`"returnUrl":"https://shop.example/return","themeId":"theme_1","channel":"Web","expiresAt":"2026-05-01T13:00:00Z","shopperLocale":"en-US",` +
		`"shopperEmail":"buyer@example.com","countryCode":"US","captureDelayHours":0,` +
		`"lineItems":[{"description":"Mug","quantity":2,"amountIncludingTax":900},{"description":"Delivery","quantity":1,"amountIncludingTax":199}],` +
		`"metadata":{"acp_order_id":"ord_1","acp_session_id":"cs_1"}}`
	if got, err := p.BuildHosted(page); err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	later := page
	later.Capture, later.ReturnURL = payment.CaptureLater, ""
	got, err := p.BuildHosted(later)
	for _, part := range []string{`"reference":"pay_1-page-held"`, `"additionalData":{"manualCapture":"true"}`, `"returnUrl":"https://shop.example/return"`} {
		if err != nil || !strings.Contains(string(got), part) {
			t.Errorf("%s is not in %s, %v", part, got, err)
		}
	}
	demanded := page
	demanded.RequireAuthentication = true
	if got, err := p.BuildHosted(demanded); err != nil || !strings.Contains(string(got), `"authenticationData":{"attemptAuthentication":"always"}`) {
		t.Errorf("%s, %v", got, err)
	}
	if strings.Contains(string(got), "captureDelayHours") || strings.Contains(string(got), "authenticationData") {
		t.Errorf("%s", got)
	}
	later.ReturnURL = "https://shop.example/" + strings.Repeat("x", 1024)
	if got, err := p.BuildHosted(later); err == nil {
		t.Errorf("a return address that is too long: %s", got)
	}
}

// Which kind a page is goes with its request and its id, so that a change of
// the configuration in between changes nothing.
func TestAPageKeepsItsKind(t *testing.T) {
	psp := adyentest.New(t)
	cfg := config(psp.URL())
	cfg.Now = psp.Now
	kinds := map[string]*adyen.Provider{"PL": adapter(t, cfg), "CS": atSessions(t, psp.URL(), psp.Now)}
	for prefix, before := range kinds {
		after := kinds[map[string]string{"PL": "CS", "CS": "PL"}[prefix]]
		body, err := before.BuildHosted(page)
		if err != nil {
			t.Fatal(err)
		}
		opened, _, err := after.OpenHosted(t.Context(), "k"+prefix, body)
		if err != nil || !strings.HasPrefix(opened.Ref, prefix) {
			t.Fatalf("%s: %+v, %v", prefix, opened, err)
		}
		a := attempt
		a.CreatedAt = psp.Now()
		r, err := after.ReconcileHosted(t.Context(), a, opened.Ref, "")
		if err != nil || r.Class != payment.ClassPending || r.DeclineCode != "page_open" {
			t.Errorf("%s: %+v, %v", prefix, r, err)
		}
		want := map[string]payment.Class{"PL": payment.ClassNotFound, "CS": payment.ClassPending}[prefix]
		if r, err := after.CloseHosted(t.Context(), a, opened.Ref); err != nil || r.Class != want {
			t.Errorf("%s: %+v, %v", prefix, r, err)
		}
	}
}

// A buyer who comes back from a page that is paid has the order before the
// webhook, which then says the same.
func TestAReturnFromASessionNamesThePayment(t *testing.T) {
	for mode, class := range map[payment.CaptureMode]payment.Class{payment.CaptureNow: payment.ClassCaptured, payment.CaptureLater: payment.ClassAuthorized} {
		psp := adyentest.New(t)
		p, a, opened := openedSession(t, psp, func(c *payment.HostedCharge) { c.Capture = mode })
		early := psp.Return(t, opened.Ref)
		paid := psp.PayPage(t, opened.Ref, adyentest.Authorised)
		late := psp.Return(t, opened.Ref)
		if r, err := p.ReconcileHosted(t.Context(), a, opened.Ref, late); err != nil || r.Class != class || r.PSPRef != paid || r.Amount != 1999 || r.Currency != "usd" {
			t.Errorf("%q: %+v, %v", mode, r, err)
		}
		if r, err := p.ReconcileHosted(t.Context(), a, opened.Ref, early); err != nil || r.Class != payment.ClassPending {
			t.Errorf("a result from before, which Adyen does not update: %+v, %v", r, err)
		}
		n := received(t, p, psp)
		if len(n) != 1 || !n[0].Final || n[0].PSPRef != paid || n[0].Result.Class != class || n[0].Reference != a.ID {
			t.Errorf("%+v", n)
		}
	}
}

// Nobody has said what came of it: that is no decline, however long ago.
func TestASessionThatNobodyReturnsFrom(t *testing.T) {
	psp := adyentest.New(t)
	p, a, opened := openedSession(t, psp, func(c *payment.HostedCharge) { c.RequireAuthentication = true })
	for _, tt := range []struct {
		after time.Duration
		want  payment.Class
	}{
		{0, payment.ClassPending},
		{time.Hour, payment.ClassPending},
		{24 * time.Hour, payment.ClassPending}, // somebody may have paid a moment ago
		{25 * time.Hour, payment.ClassUnknown},
		{1000 * time.Hour, payment.ClassUnknown},
	} {
		psp.Advance(a.CreatedAt.Add(tt.after).Sub(psp.Now()))
		r, err := p.ReconcileHosted(t.Context(), a, opened.Ref, "")
		if err != nil || r.Class != tt.want {
			t.Errorf("after %v: %+v, %v", tt.after, r, err)
		}
		if r, err := p.CloseHosted(t.Context(), a, opened.Ref); err != nil || r.Class != tt.want || r.DeclineCode != "page_cannot_be_closed" {
			t.Errorf("closed after %v: %+v, %v", tt.after, r, err)
		}
	}
}

// The end of a page is sealed into its request. Asking for it after that could
// be answered with a no that is none to the payment that was made in time.
func TestASessionIsNotOpenedAfterItsEnd(t *testing.T) {
	psp := adyentest.New(t)
	p, _, _ := openedSession(t, psp)
	c := page
	c.ExpiresAt = psp.Now().Add(time.Hour)
	body, err := p.BuildHosted(c)
	if err != nil {
		t.Fatal(err)
	}
	psp.Advance(time.Hour)
	before := psp.Posts()
	opened, r, err := p.OpenHosted(t.Context(), "k", body)
	if err != nil || r.Class != payment.ClassUnknown || opened.URL != "" || psp.Posts() != before {
		t.Errorf("%+v, %+v, %v, %d requests", opened, r, err, psp.Posts()-before)
	}
}

func TestASessionTakesNoMoreAfterTooManyRefusals(t *testing.T) {
	psp := adyentest.New(t)
	p, a, opened := openedSession(t, psp)
	for psp.PayPage(t, opened.Ref, adyentest.NoBalance) != "" {
		if n := received(t, p, psp); len(n) != 1 || n[0].Final {
			t.Fatalf("the webhook of one try settles the page: %+v", n)
		}
	}
	if r, err := p.ReconcileHosted(t.Context(), a, opened.Ref, psp.Return(t, opened.Ref)); err != nil || r.Class != payment.ClassDeclined {
		t.Errorf("%+v, %v", r, err)
	}
}

// What is not clearly an answer about this session is unknown; what does not
// name the payment waits for the webhook.
func TestSessionAnswers(t *testing.T) {
	const ref = "CS451F2AB1ED897A94"
	const good = `{"id":"CS451F2AB1ED897A94","status":"completed","reference":"pay_1-page","payments":[{"pspReference":"NC6HT9CRT65ZGN82","resultCode":"Authorised","amount":{"currency":"USD","value":1999}}]}`
	const pay = `{"pspReference":"NC6HT9CRT65ZGN82","resultCode":"Authorised","amount":{"currency":"USD","value":1999}}`
	status := func(s string) string { return strings.Replace(good, "completed", s, 1) }
	for _, c := range []struct {
		status int
		body   string
		want   payment.Class
	}{
		{200, good, payment.ClassCaptured},
		{200, strings.Replace(good, "pay_1-page", "pay_1-page-held", 1), payment.ClassAuthorized},
		{200, strings.Replace(good, `"reference":"pay_1-page",`, "", 1), payment.ClassPending},
		{200, strings.Replace(good, pay, "", 1), payment.ClassPending},
		{200, strings.Replace(good, pay, pay+","+pay, 1), payment.ClassPending},
		{200, strings.Replace(good, "Authorised", "Received", 1), payment.ClassPending},
		{200, strings.Replace(good, "NC6HT9CRT65ZGN82", "", 1), payment.ClassPending},
		{200, strings.Replace(good, "USD", "XXY", 1), payment.ClassPending},
		{200, `{"id":"CS451F2AB1ED897A94","status":"completed"}`, payment.ClassPending}, // the specification's example
		{200, `{"id":"CS451F2AB1ED897A94","status":"expired"}`, payment.ClassNotFound},
		{200, status("active"), payment.ClassPending},
		{200, status("canceled"), payment.ClassPending},
		{200, status("paymentPending"), payment.ClassPending},
		{200, status("refused"), payment.ClassDeclined},
		{200, status("teleported"), payment.ClassUnknown},
		{200, strings.Replace(good, "pay_1-page", "pay_2-page", 1), payment.ClassUnknown},
		{200, strings.Replace(good, "pay_1-page", "pay_1", 1), payment.ClassUnknown},
		{200, strings.Replace(status("expired"), "CS4", "CS5", 1), payment.ClassUnknown},
		{200, `{}`, payment.ClassUnknown},
		{200, good[:60], payment.ClassUnknown},
		{400, status("expired"), payment.ClassPending},
		{422, status("expired"), payment.ClassPending},
		{401, status("expired"), payment.ClassUnknown},
		{404, status("expired"), payment.ClassUnknown},
		{500, status("expired"), payment.ClassUnknown},
	} {
		p := atSessions(t, says(t, c.status, c.body), time.Now)
		a := attempt
		a.CreatedAt = time.Now()
		if r, err := p.ReconcileHosted(t.Context(), a, ref, "sessionResult=x"); err != nil || r.Class != c.want {
			t.Errorf("%d %.120s: %+v, %v, want %s", c.status, c.body, r, err, c.want)
		}
	}
}

func TestOpenedSessionAnswers(t *testing.T) {
	const good = `{"id":"CS451F2AB1ED897A94","url":"https://checkout.example/x","mode":"hosted","reference":"pay_1-page","amount":{"currency":"USD","value":1999},"expiresAt":"2026-05-01T13:00:00Z","sessionData":"Ab02b4c0!"}`
	for _, c := range []struct {
		status int
		body   string
		want   payment.Class
	}{
		{201, good, payment.ClassPending},
		{201, strings.Replace(good, "1999", "1", 1), payment.ClassUnknown},
		{201, strings.Replace(good, "pay_1", "pay_2", 1), payment.ClassUnknown},
		{201, strings.Replace(good, `"url":"https://checkout.example/x",`, "", 1), payment.ClassUnknown}, // an embedded one
		{201, strings.Replace(good, "https:", "javascript:", 1), payment.ClassUnknown},
		{201, strings.Replace(good, "CS451F2AB1ED897A94", "PL451F2AB1ED897A94", 1), payment.ClassUnknown},
		{201, strings.Replace(good, "CS451F2AB1ED897A94", "../payments", 1), payment.ClassUnknown},
		{200, good, payment.ClassUnknown},
		{401, ``, payment.ClassConfig},
		{422, `{"errorCode":"14_030"}`, payment.ClassConfig},
		{422, `{"errorCode":"99_999"}`, payment.ClassProcessorError},
		{500, ``, payment.ClassUnknown},
	} {
		p := atSessions(t, says(t, c.status, c.body), func() time.Time { return page.ExpiresAt.Add(-time.Minute) })
		body, err := p.BuildHosted(page)
		if err != nil {
			t.Fatal(err)
		}
		if opened, r, err := p.OpenHosted(t.Context(), "k", body); err != nil || r.Class != c.want || (opened.URL != "") != (c.want == payment.ClassPending) {
			t.Errorf("%d %.90s: %+v, %+v, %v", c.status, c.body, opened, r, err)
		}
	}
}

// However a session goes: what is said of it is in the books, and a no is only
// said of a page that nobody can pay any more.
func TestWhatIsSaidOfASessionIsSo(t *testing.T) {
	psp, run := adyentest.New(t), 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		name := "pay_" + strconv.Itoa(run)
		p, a, opened := openedSession(t, psp, func(c *payment.HostedCharge) { c.AttemptID, c.SessionID = name, name })
		received(t, p, psp)
		results := []string{"", "sessionResult=forged"}
		waiting := false
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"pay", "slow", "refuse", "decide", "leave", "return", "wait"}).Draw(r, "step") {
			case "pay":
				psp.PayPage(t, opened.Ref, adyentest.Authorised)
			case "slow":
				waiting = psp.PayPage(t, opened.Ref, adyentest.Pending) != "" || waiting
			case "refuse":
				psp.PayPage(t, opened.Ref, adyentest.Refused)
			case "decide":
				if waiting {
					psp.DecidePage(t, opened.Ref, rapid.Bool().Draw(r, "paid"))
					waiting = false
				}
			case "leave":
				psp.Leave(t, opened.Ref)
			case "return":
				results = append(results, psp.Return(t, opened.Ref))
			case "wait":
				psp.Advance(rapid.SampledFrom([]time.Duration{time.Minute, 30 * time.Minute, 26 * time.Hour}).Draw(r, "for"))
			}
			ask := p.CloseHosted
			if !rapid.Bool().Draw(r, "close") {
				result := rapid.SampledFrom(results).Draw(r, "result")
				ask = func(ctx context.Context, a payment.Attempt, ref string) (payment.Result, error) {
					return p.ReconcileHosted(ctx, a, ref, result)
				}
			}
			said, err := ask(t.Context(), a, opened.Ref)
			if err != nil {
				r.Fatal(err)
			}
			switch taken := psp.Books(name).Taken; said.Class {
			case payment.ClassCaptured:
				if taken != a.Amount || said.Amount != a.Amount {
					r.Fatalf("%+v, the books say %d", said, taken)
				}
			case payment.ClassNotFound, payment.ClassDeclined:
				if taken != 0 || waiting || psp.PayPage(t, opened.Ref, adyentest.Authorised) != "" {
					r.Fatalf("%+v of a page that was paid, or that can be", said)
				}
			case payment.ClassPending, payment.ClassUnknown:
			default:
				r.Fatalf("%+v", said)
			}
		}
	})
}

// Whatever a browser brings back, it reaches nothing but this session and says
// nothing by itself.
func FuzzReturnFromASession(f *testing.F) {
	const ref = "CS451F2AB1ED897A94"
	for _, seed := range []string{"", "sessionResult=x", "sessionId=" + ref + "&sessionResult=X%21%2B%2F", "sessionId=CS00000000000000&sessionResult=x",
		"sessionResult=../../payments", "sessionResult=%zz", "sessionResult=a&sessionResult=b", "completed", "\x00", "sessionResult=x%26status%3Dcompleted"} {
		f.Add(seed)
	}
	var asked *url.URL
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL
		w.WriteHeader(http.StatusUnprocessableEntity)
	}))
	f.Cleanup(srv.Close)
	p := atSessions(f, srv.URL+"/v72", time.Now)
	f.Fuzz(func(t *testing.T, returned string) {
		asked = nil
		a := attempt
		a.CreatedAt = time.Now()
		r, err := p.ReconcileHosted(t.Context(), a, ref, returned)
		if err != nil || r.Class != payment.ClassPending {
			t.Fatalf("%q: %+v, %v", returned, r, err)
		}
		if asked == nil {
			return
		}
		brought, err := url.ParseQuery(returned)
		if q := asked.Query(); err != nil || asked.Path != "/v72/sessions/"+ref || len(q) != 1 || q.Get("sessionResult") != brought.Get("sessionResult") {
			t.Errorf("%q was asked for, of %q", asked, returned)
		}
	})
}
