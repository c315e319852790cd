package stripe_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
)

// answering is an adapter whose every request is answered with these bytes.
func answering(t testing.TB, status int, body string) *scripted {
	t.Helper()
	s := &scripted{status: status, body: body}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Request-Id", "req_1")
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, s.body)
	}))
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

type scripted struct {
	url, body string
	status    int
}

// Answers as Stripe gives them, shortened to the fields that are read and some
// that are not.
const (
	succeeded = `{"id":"pi_1","object":"payment_intent","status":"succeeded","amount":1999,"amount_received":1999,"amount_capturable":0,"currency":"usd",
		"latest_charge":"ch_1","payment_method":"pm_1","next_action":null,"last_payment_error":null,"livemode":false,"metadata":{},"something_new":{"a":[1]}}`
	noFunds = `{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","advice_code":"try_again_later",
		"message":"Your card has insufficient funds.","charge":"ch_1","payment_intent":{"id":"pi_1","status":"requires_payment_method","amount":1999,"currency":"usd",
		"last_payment_error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds"}}}}`
	challenge    = `{"id":"pi_1","status":"requires_action","amount":1999,"amount_received":0,"currency":"usd","livemode":false,"next_action":{"type":"use_stripe_sdk"}}`
	overLimit    = `{"error":{"type":"invalid_request_error","message":"The requested amount is greater than the remaining amount capturable with this shared payment granted token."}}`
	deactivated  = `{"error":{"type":"invalid_request_error","message":"The shared payment granted token cannot be used because it is already in a deactivated state."}}`
	unknownToken = `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"payment_method_data[shared_payment_granted_token]","message":"No such token: spt_123"}}`
)

func TestSampleAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   payment.Result
	}{
		"succeeded": {200, succeeded, payment.Result{Class: payment.ClassCaptured, PSPRef: "pi_1", Amount: 1999, Captured: 1999, Currency: "usd"}},
		"held": {200, `{"id":"pi_1","status":"requires_capture","amount":1999,"amount_capturable":1999,"currency":"usd"}`,
			payment.Result{Class: payment.ClassAuthorized, PSPRef: "pi_1", Amount: 1999, Currency: "usd"}},
		"held in part": {200, `{"id":"pi_1","status":"requires_capture","amount":1999,"amount_capturable":1000,"currency":"usd"}`,
			payment.Result{Class: payment.ClassAuthorized, PSPRef: "pi_1", Amount: 1000, Currency: "usd"}},
		"processing": {200, `{"id":"pi_1","status":"processing","amount":1999,"currency":"usd"}`,
			payment.Result{Class: payment.ClassPending, PSPRef: "pi_1", Amount: 1999, Currency: "usd"}},
		"declined":         {402, noFunds, payment.Result{Class: payment.ClassDeclined, PSPRef: "pi_1", DeclineCode: "insufficient_funds", Amount: 1999, Currency: "usd"}},
		"3-D Secure":       {200, challenge, payment.Result{Class: payment.ClassUnknown, PSPRef: "pi_1", DeclineCode: "not_canceled_yet"}}, // this server cancels nothing
		"over the limit":   {400, overLimit, payment.Result{Class: payment.ClassAmountExceeded, DeclineCode: "invalid_request_error"}},
		"deactivated":      {400, deactivated, payment.Result{Class: payment.ClassTokenExpired, DeclineCode: "invalid_request_error"}},
		"unknown token":    {404, unknownToken, payment.Result{Class: payment.ClassTokenInvalid, DeclineCode: "resource_missing"}},
		"no key":           {401, `{"error":{"type":"invalid_request_error","message":"Invalid API Key provided"}}`, payment.Result{Class: payment.ClassConfig, DeclineCode: "invalid_request_error"}},
		"too fast":         {429, `{"error":{"type":"invalid_request_error","code":"rate_limit"}}`, payment.Result{Class: payment.ClassRateLimited, DeclineCode: "rate_limit"}},
		"a tired proxy":    {502, `<html>Bad gateway</html>`, payment.Result{Class: payment.ClassUnknown, DeclineCode: "http_502"}},
		"a strict proxy":   {403, `<html>Forbidden</html>`, payment.Result{Class: payment.ClassConfig}},
		"a lost proxy":     {404, `<html>Not found</html>`, payment.Result{Class: payment.ClassUnknown, DeclineCode: "http_404"}},
		"a proxy's card":   {402, `Payment required`, payment.Result{Class: payment.ClassUnknown, DeclineCode: "http_402"}},
		"a redirect":       {307, ``, payment.Result{Class: payment.ClassUnknown, DeclineCode: "http_307"}},
		"an empty 200":     {200, `{}`, payment.Result{Class: payment.ClassUnknown, DeclineCode: "unexpected_answer"}},
		"fractions of it":  {200, `{"id":"pi_1","status":"succeeded","amount":1050,"amount_received":1050,"currency":"isk"}`, payment.Result{Class: payment.ClassUnknown, PSPRef: "pi_1", DeclineCode: "amount_not_exact"}},
		"no such currency": {200, `{"id":"pi_1","status":"succeeded","amount":1050,"amount_received":1050,"currency":"zzz"}`, payment.Result{Class: payment.ClassUnknown, PSPRef: "pi_1", DeclineCode: "amount_not_exact"}},
		"a new error": {402, `{"error":{"type":"card_error","code":"something_new"}}`,
			payment.Result{Class: payment.ClassUnknown, DeclineCode: "something_new"}},
		"a new error, and the payment says no": {402, `{"error":{"type":"card_error","code":"something_new","payment_intent":{"id":"pi_1","status":"requires_payment_method","amount":5,"currency":"usd"}}}`,
			payment.Result{Class: payment.ClassDeclined, PSPRef: "pi_1", DeclineCode: "something_new", Amount: 5, Currency: "usd"}},
		"a card error, and the payment went on": {402, `{"error":{"type":"card_error","code":"card_declined","payment_intent":{"id":"pi_1","status":"processing","amount":5,"currency":"usd"}}}`,
			payment.Result{Class: payment.ClassPending, PSPRef: "pi_1", DeclineCode: "card_declined", Amount: 5, Currency: "usd"}},
		"the other key's request": {400, `{"error":{"type":"idempotency_error","message":"Keys for idempotent requests can only be used with the same parameters"}}`,
			payment.Result{Class: payment.ClassUnknown, DeclineCode: "idempotency_error"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := adapter(t, answering(t, c.status, c.body).url)
			body, err := p.Build(shopCharge())
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Send(t.Context(), "key", body)
			c.want.RequestID = "req_1"
			if err != nil || got != c.want {
				t.Errorf("%v\n got %+v\nwant %+v", err, got, c.want)
			}
		})
	}
}

// A payment that was created and not confirmed charges nobody. When nobody can
// be at it any more, it is canceled.
func TestAPaymentThatStoppedHalfWay(t *testing.T) {
	const id = `"id":"pi_1","amount":1999,"currency":"usd","metadata":{"acp_payment_id":"pay_1"}`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, _ = io.WriteString(w, `{`+id+`,"status":"canceled","cancellation_reason":null}`)
			return
		}
		_, _ = io.WriteString(w, `{"object":"list","has_more":false,"data":[{`+id+`,"status":"requires_confirmation"}]}`)
	}))
	t.Cleanup(srv.Close)
	a := payment.Attempt{ID: "pay_1", CreatedAt: time.Now()}
	wantClass(t, reconcile(t, adapter(t, srv.URL), a), payment.ClassUnknown, "status_requires_confirmation")
	wantClass(t, reconcile(t, adapter(t, srv.URL, at(time.Hour)), a), payment.ClassProcessorError, "")
}

// What Stripe says in its message stays with Stripe: it may quote what was
// sent.
func TestNothingIsQuoted(t *testing.T) {
	for _, body := range []string{unknownToken, `{"error":{"type":"card_error","message":"spt_123 of buyer@example.com"}}`} {
		p := adapter(t, answering(t, 400, body).url)
		b, err := p.Build(shopCharge())
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Send(t.Context(), "key", b)
		if err != nil || strings.Contains(r.DeclineCode+r.PSPRef, "spt_") || strings.Contains(r.DeclineCode, "@") {
			t.Errorf("%+v %v", r, err)
		}
	}
}

// questions answers by the path that is asked.
func questions(t *testing.T, answers map[string]string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := answers[r.Method+" "+r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// Lists and pages that are not what they should be say nothing.
func TestAnswersThatDoNotFit(t *testing.T) {
	a := payment.Attempt{ID: "pay_1", SessionID: "cs_1", Amount: 1999, Currency: "usd", CreatedAt: time.Now().Add(-time.Hour)}
	for name, list := range map[string]string{
		"no list":                    `{"object":"payment_intent","data":[]}`,
		"no data":                    `{"object":"list"}`,
		"more after nothing":         `{"object":"list","data":[],"has_more":true}`,
		"data of something else":     `{"object":"list","data":["pi_1"]}`,
		"an answer that was cut":     `{"object":"list","data":[`,
		"a field that is said twice": `{"object":"list","data":[],"data":[]}`,
	} {
		p := adapter(t, questions(t, map[string]string{"GET /v1/payment_intents": list, "GET /v1/checkout/sessions": list, "GET /v1/refunds": list}))
		if r := reconcile(t, p, a); r.Class != payment.ClassUnknown {
			t.Errorf("%s: %+v", name, r)
		}
		if r, err := p.ReconcileHosted(t.Context(), a, "", ""); err != nil || r.Class != payment.ClassUnknown {
			t.Errorf("%s: page: %+v, %v", name, r, err)
		}
		if r := reconcileOp(t, p, payment.Op{ID: "op_1", Kind: payment.OpRefund, PSPRef: "pi_1", CreatedAt: a.CreatedAt}); r.Class != payment.ClassUnknown {
			t.Errorf("%s: refund: %+v", name, r)
		}
	}
	for name, page := range map[string]string{
		"complete and unpaid for":   `{"id":"cs_9","status":"complete","metadata":{"acp_payment_id":"pay_1"}}`,
		"of a status that is new":   `{"id":"cs_9","status":"paused","metadata":{"acp_payment_id":"pay_1"}}`,
		"of the other mode":         `{"id":"cs_9","status":"expired","livemode":true,"metadata":{"acp_payment_id":"pay_1"}}`,
		"another page":              `{"id":"cs_8","status":"expired","metadata":{"acp_payment_id":"pay_1"}}`,
		"a payment it does not say": `{"id":"cs_9","status":"complete","payment_intent":"pi_1","metadata":{"acp_payment_id":"pay_1"}}`,
	} {
		p := adapter(t, questions(t, map[string]string{"GET /v1/checkout/sessions/cs_9": page}))
		if r, err := p.ReconcileHosted(t.Context(), a, "cs_9", ""); err != nil || r.Class != payment.ClassUnknown {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	for status, want := range map[string]payment.Class{"processing": payment.ClassPending, "something_new": payment.ClassUnknown, "canceled": payment.ClassDeclined} {
		p := adapter(t, questions(t, map[string]string{"GET /v1/payment_intents/pi_1": `{"id":"pi_1","amount":5,"currency":"usd","status":"` + status + `"}`}))
		if r := reconcileOp(t, p, payment.Op{ID: "op_1", Kind: payment.OpCapture, PSPRef: "pi_1", CreatedAt: a.CreatedAt}); r.Class != want {
			t.Errorf("a capture of what is %s: %+v, want %s", status, r, want)
		}
	}
	for name, made := range map[string]string{
		"another refund":  `{"id":"re_8","status":"succeeded","amount":5,"currency":"usd"}`,
		"not a refund":    `[]`,
		"half a krona":    `{"id":"re_9","status":"succeeded","amount":50,"currency":"isk"}`,
		"a new condition": `{"id":"re_9","status":"resting","amount":5,"currency":"usd"}`,
	} {
		p := adapter(t, questions(t, map[string]string{"GET /v1/refunds/re_9": made}))
		if r := reconcileOp(t, p, payment.Op{ID: "op_1", Kind: payment.OpRefund, PSPRef: "pi_1", OpRef: "re_9", CreatedAt: a.CreatedAt}); r.Class != payment.ClassUnknown {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
