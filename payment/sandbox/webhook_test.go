package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/sandbox"
	psp "github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
)

const hookSecret = "secret-of-the-webhooks"

// listener is an adapter whose PSP is the one at the address and which knows
// the secret of its webhooks.
func (w *world) listener(t *testing.T, secrets ...string) *sandbox.Provider {
	t.Helper()
	cfg := sandbox.Config{BaseURL: w.url, MerchantKey: secret.New(merchantKey), MerchantID: shop, Now: w.now}
	for _, s := range secrets {
		cfg.WebhookSecret = secret.New(s)
	}
	p, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// subscribe takes the PSP's webhooks as they come.
func (w *world) subscribe(t *testing.T) <-chan payment.WebhookRequest {
	t.Helper()
	calls := make(chan payment.WebhookRequest, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		calls <- payment.WebhookRequest{Method: r.Method, Header: r.Header, Query: r.URL.Query(), Body: body}
	}))
	t.Cleanup(srv.Close)
	if err := w.psp.SetWebhook(t.Context(), psp.Webhook{MerchantID: shop, URL: srv.URL, Secret: secret.New(hookSecret)}); err != nil {
		t.Fatal(err)
	}
	return calls
}

// What the sandbox reports is read as what it is.
func TestWebhooksOfTheSandbox(t *testing.T) {
	w := newWorld(t)
	p, calls := w.listener(t, hookSecret), w.subscribe(t)
	take := func() payment.Notice {
		t.Helper()
		select {
		case call := <-calls:
			notices, answer, err := p.ReceiveWebhook(call)
			if err != nil || answer.Status != http.StatusOK || len(notices) != 1 {
				t.Fatalf("%v, %+v, %v", notices, answer, err)
			}
			n := notices[0]
			if n.ID == "" || n.Live || !n.At.Equal(w.now()) {
				t.Errorf("%+v", n)
			}
			return n
		case <-time.After(20 * time.Second):
			t.Fatal("no webhook came")
			return payment.Notice{}
		}
	}
	pays := func(name, token string, change ...func(*payment.Charge)) payment.Result {
		t.Helper()
		c := charge
		c.AttemptID, c.SessionID, c.Credential.Token = "pay_"+name, "cs_"+name, secret.New(token)
		for _, f := range change {
			f(&c)
		}
		body, err := p.Build(c)
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Send(t.Context(), "key_"+name, body)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	held := func(c *payment.Charge) { c.Capture = payment.CaptureLater }
	about := func(n payment.Notice, name string, r payment.Result) {
		t.Helper()
		r.RequestID = ""
		if n.Subject != payment.AboutPayment || n.Reference != "pay_"+name || n.PSPRef != r.PSPRef || n.Result != r || !n.Final {
			t.Errorf("%s: %+v\nwant %+v", name, n, r)
		}
	}
	aboutMove := func(n payment.Notice, kind payment.OpKind, reference, pspRef string, class payment.Class, amount int64) {
		t.Helper()
		if n.Subject != payment.AboutOperation || n.OpKind != kind || n.Reference != reference || n.PSPRef != pspRef || n.OpRef == "" ||
			n.Result.PSPRef != n.OpRef || n.Result.Class != class || n.Result.Amount != amount || n.Result.Currency != "usd" || !n.Final {
			t.Errorf("%+v, want %s %s of %d", n, kind, class, amount)
		}
	}
	r := pays("taken", "tok_visa")
	about(take(), "taken", r)
	r = pays("refused", "tok_chargeDeclined")
	about(take(), "refused", r)
	r = pays("asked", "tok_threeDSecure2Required")
	about(take(), "asked", r)
	r = pays("held", "tok_visa", held)
	about(take(), "held", r)
	w.post(t, "/v1/charges/"+r.PSPRef+"/capture", merchantKey, "c1", `{"amount": 1500, "reference": "op_1"}`)
	aboutMove(take(), payment.OpCapture, "op_1", r.PSPRef, payment.ClassCaptured, 1500)
	w.post(t, "/v1/charges/"+r.PSPRef+"/refund", merchantKey, "r1", `{"amount": 400}`) // in the PSP's dashboard
	aboutMove(take(), payment.OpRefund, "", r.PSPRef, payment.ClassRefunded, 400)
	r = pays("given_back", "tok_visa", held)
	about(take(), "given_back", r)
	w.post(t, "/v1/charges/"+r.PSPRef+"/void", merchantKey, "v1", `{"reference": "op_2"}`)
	aboutMove(take(), payment.OpVoid, "op_2", r.PSPRef, payment.ClassVoided, 1999)

	open := func(name string) payment.HostedPage {
		t.Helper()
		h := w.hostedCharge()
		h.AttemptID, h.SessionID = "pay_"+name, "cs_"+name
		body, err := p.BuildHosted(h)
		if err != nil {
			t.Fatal(err)
		}
		page, _, err := p.OpenHosted(t.Context(), "key_"+name, body)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	page := open("page")
	w.pay(t, page.Ref, paymenttest.Decline)
	if n := take(); n.Subject != payment.AboutPayment || n.PageRef != page.Ref || n.Reference != "pay_page" || n.Final || n.Result.Class != payment.ClassUnknown {
		t.Errorf("a card that a page refused: %+v", n)
	}
	w.pay(t, page.Ref, paymenttest.Approve)
	n := take()
	known, err := p.ReconcileHosted(t.Context(), payment.Attempt{ID: "pay_page"}, page.Ref, "")
	if err != nil || n.PageRef != page.Ref {
		t.Errorf("%+v, %v", n, err)
	}
	about(n, "page", known)
	left := open("left")
	w.post(t, "/v1/pages/"+left.Ref+"/expire", merchantKey, "", "")
	if n := take(); n.Subject != payment.AboutPage || n.PageRef != left.Ref || n.Reference != "pay_left" || !n.Final || n.Result.Class != payment.ClassNotFound {
		t.Errorf("a page that ended: %+v", n)
	}
}

// Only what the sandbox signed, not long ago, is read.
func TestForgedWebhooks(t *testing.T) {
	w := newWorld(t)
	p := w.listener(t, hookSecret)
	const body = `{"id":"evt_1","type":"charge.succeeded","created":"2026-05-01T12:00:00Z","merchant_id":"acme_store","data":{"reference":"pay_1",` +
		`"charge":"ch_1","status":"captured","amount":1999,"amount_captured":1999,"currency":"usd"}}`
	sign := func(key string, at time.Time, body string) string {
		mac := hmac.New(sha256.New, []byte(key))
		fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
		return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
	}
	good := sign(hookSecret, w.now(), body)
	for name, c := range map[string]struct {
		p            *sandbox.Provider
		method, head string
		body         string
		ok           bool
	}{
		"as it was sent":         {p, "POST", good, body, true},
		"at the end of its time": {p, "POST", sign(hookSecret, w.now().Add(-exchange.SignatureTolerance), body), body, true},
		"too old":                {p, "POST", sign(hookSecret, w.now().Add(-exchange.SignatureTolerance-time.Second), body), body, false},
		"from the future":        {p, "POST", sign(hookSecret, w.now().Add(exchange.SignatureTolerance+time.Second), body), body, false},
		"another body":           {p, "POST", good, strings.Replace(body, "1999", "1998", 1), false},
		"another secret":         {p, "POST", sign("another-secret", w.now(), body), body, false},
		"no signature":           {p, "POST", "", body, false},
		"an empty signature":     {p, "POST", fmt.Sprintf("t=%d,v1=", w.now().Unix()), body, false},
		"half of it":             {p, "POST", good[:len(good)-32], body, false},
		"no time":                {p, "POST", good[strings.Index(good, "v1"):], body, false},
		"another method":         {p, "GET", good, body, false},
		"a huge header":          {p, "POST", good + strings.Repeat("0", 1<<11), body, false},
		"no secret configured":   {w.listener(t), "POST", sign("", w.now(), body), body, false},
	} {
		notices, answer, err := c.p.ReceiveWebhook(payment.WebhookRequest{Method: c.method, Header: http.Header{"Sandbox-Signature": {c.head}}, Body: []byte(c.body)})
		if c.ok != (err == nil && len(notices) == 1) || (!c.ok && (!errors.Is(err, sandbox.ErrWebhook) || answer.Status != http.StatusUnauthorized)) {
			t.Errorf("%s: %v, %+v, %v", name, notices, answer, err)
		}
	}

	// What is signed and none of ours, or not known, is acknowledged; what cannot
	// be read is not.
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"another account's": {strings.Replace(body, shop, otherShop, 1), 200},
		"another type":      {strings.Replace(body, "charge.succeeded", "charge.painted", 1), 200},
		"no operation":      {strings.Replace(body, "charge.succeeded", "charge.refunded", 1), 200},
		"no event":          {`{}`, 500},
		"no JSON":           {`nonsense`, 500},
	} {
		notices, answer, err := p.ReceiveWebhook(payment.WebhookRequest{Method: "POST", Header: http.Header{"Sandbox-Signature": {sign(hookSecret, w.now(), c.body)}}, Body: []byte(c.body)})
		if len(notices) != 0 || answer.Status != c.status || (err == nil) != (c.status == 200) || errors.Is(err, sandbox.ErrWebhook) {
			t.Errorf("%s: %v, %+v, %v", name, notices, answer, err)
		}
	}
	// A status that is not known is no outcome.
	odd := strings.Replace(body, `"captured"`, `"teleported"`, 1)
	notices, _, err := p.ReceiveWebhook(payment.WebhookRequest{Method: "POST", Header: http.Header{"Sandbox-Signature": {sign(hookSecret, w.now(), odd)}}, Body: []byte(odd)})
	if err != nil || len(notices) != 1 || notices[0].Final || notices[0].Result.Class != payment.ClassUnknown {
		t.Errorf("%+v, %v", notices, err)
	}
}
