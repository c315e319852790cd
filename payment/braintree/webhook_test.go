package braintree_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
	"github.com/checkstand/checkstand/secret"
)

// The key pair of the vectors that Braintree's SDKs are tested with.
func integration(t testing.TB) *braintree.Provider {
	cfg := config(t)
	cfg.PublicKey, cfg.PrivateKey = "integration_public_key", secret.New("integration_private_key")
	p, err := braintree.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestChallenge(t *testing.T) {
	p := integration(t)
	ask := func(challenge string) ([]payment.Notice, payment.WebhookAnswer, error) {
		return p.ReceiveWebhook(payment.WebhookRequest{Method: http.MethodGet, Query: url.Values{"bt_challenge": {challenge}}})
	}
	notices, answer, err := ask("20f9f8ed05f77439fe955c977e4c8a53")
	if err != nil || len(notices) != 0 || answer.Status != 200 ||
		string(answer.Body) != "integration_public_key|d9b899556c966b3f06945ec21311865d35df3ce4" {
		t.Errorf("%v, %d %s, %v", notices, answer.Status, answer.Body, err)
	}
	for _, challenge := range []string{"", "bad challenge", "20F9F8ED05F77439FE955C977E4C8A53", strings.Repeat("a", 19), strings.Repeat("a", 33),
		"<notification>", "20f9f8ed05f77439fe955c977e4c8a53\n"} {
		if _, answer, err := ask(challenge); err == nil || answer.Status != 403 || len(answer.Body) != 0 {
			t.Errorf("%q: %d %s, %v", challenge, answer.Status, answer.Body, err)
		}
	}
}

const (
	checkPayload   = "PG5vdGlmaWNhdGlvbj48a2luZD5jaGVjazwva2luZD48L25vdGlmaWNhdGlvbj4=\n"
	checkSignature = "integration_public_key|d53eaf7e941a322fd63f23a4c014828169ba83f4"
)

func post(form url.Values) payment.WebhookRequest {
	return payment.WebhookRequest{Method: http.MethodPost, Body: []byte(form.Encode())}
}

func TestSignatures(t *testing.T) {
	p := integration(t)
	for _, c := range []struct {
		name, signature, payload string
		ok                       bool
	}{
		{"the vector", checkSignature, checkPayload, true},
		{"without the newline", checkSignature, strings.TrimSuffix(checkPayload, "\n"), true},
		{"with those of other keys", "other|00&" + checkSignature + "&third|11", checkPayload, true},
		{"of another key pair", strings.Replace(checkSignature, "integration", "other", 1), checkPayload, false},
		{"none", "", checkPayload, false},
		{"no payload", checkSignature, "", false},
		{"longer", checkSignature + "00", checkPayload, false},
		{"shorter", checkSignature[:len(checkSignature)-1], checkPayload, false},
		{"upper case", strings.ToUpper(checkSignature), checkPayload, false},
		{"empty", "integration_public_key|", checkPayload, false},
		{"no bar", "integration_public_key", checkPayload, false},
		{"another payload", checkSignature, "x" + checkPayload, false},
		{"another character", checkSignature, strings.Replace(checkPayload, "\n", "\r\n", 1), false},
	} {
		notices, answer, err := p.ReceiveWebhook(post(url.Values{"bt_signature": {c.signature}, "bt_payload": {c.payload}}))
		if (err == nil) != c.ok || (answer.Status == 200) != c.ok || len(notices) != 0 || len(answer.Body) != 0 {
			t.Errorf("%s: %v, %+v, %v", c.name, notices, answer, err)
		}
	}
	if got := braintreetest.Sign("integration_public_key", "integration_private_key", checkPayload); got != checkSignature {
		t.Errorf("the gateway signs %s", got)
	}
	body := []byte(url.Values{"bt_signature": {checkSignature}, "bt_payload": {checkPayload}}.Encode())
	for _, method := range []string{http.MethodPut, http.MethodHead, ""} {
		if _, answer, err := p.ReceiveWebhook(payment.WebhookRequest{Method: method, Body: body}); err == nil || answer.Status != 403 {
			t.Errorf("%s: %+v, %v", method, answer, err)
		}
	}
}

func (w *world) receive(t *testing.T, body []byte) []payment.Notice {
	t.Helper()
	notices, answer, err := w.provider.ReceiveWebhook(payment.WebhookRequest{Method: http.MethodPost, Body: body})
	if err != nil || answer.Status != 200 {
		t.Fatalf("%+v, %v", answer, err)
	}
	return notices
}

func TestNotices(t *testing.T) {
	w := newWorld(t)
	x := w.pay(t, "1", payment.CaptureNow)
	early := w.Notice("transaction_disbursed", x.ref) // told before, arrives last
	w.Settle(x.ref)
	refund := x.operate(t, x.op(payment.OpRefund, "1", 500), payment.ClassRefunded, "")

	for _, c := range []struct {
		name string
		body []byte
		want payment.Notice
	}{
		{"settled", w.Notice("transaction_settled", x.ref), payment.Notice{ID: "transaction_settled:" + x.ref + ":settled", Reference: "pay_1", PSPRef: x.ref,
			Kind: "transaction_settled", Final: true, Result: payment.Result{Class: payment.ClassCaptured, PSPRef: x.ref, Amount: 1999, Captured: 1999, Currency: "usd"}}},
		{"disbursed, late", early, payment.Notice{ID: "transaction_disbursed:" + x.ref + ":submitted_for_settlement", Reference: "pay_1", PSPRef: x.ref,
			Kind: "transaction_disbursed", Result: payment.Result{Class: payment.ClassUnknown}}},
		{"a refund settled", w.Notice("transaction_settled", refund.PSPRef), payment.Notice{ID: "transaction_settled:" + refund.PSPRef + ":submitted_for_settlement",
			Reference: "op_1", PSPRef: x.ref, OpRef: refund.PSPRef, Kind: "transaction_settled", Result: payment.Result{Class: payment.ClassUnknown}}},
		{"a refund failed", w.Notice("refund_failed", refund.PSPRef), payment.Notice{ID: "refund_failed:" + refund.PSPRef + ":submitted_for_settlement", Reference: "op_1",
			PSPRef: x.ref, OpRef: refund.PSPRef, Kind: "refund_failed", Result: payment.Result{Class: payment.ClassUnknown, DeclineCode: "1000 Approved"}}},
		{"a dispute", w.DisputeNotice("dispute_opened", "dp_1", "open", x.ref), payment.Notice{ID: "dispute_opened:dp_1:open", Reference: "pay_1",
			PSPRef: x.ref, Kind: "dispute_opened", Result: payment.Result{Class: payment.ClassUnknown, DeclineCode: "open"}}},
		{"a review", w.Webhook(`<notification><timestamp type="datetime">2026-05-01T12:00:00Z</timestamp><kind>transaction_reviewed</kind><subject><transaction-review>` +
			`<transaction-id>abc</transaction-id><decision>Approve</decision><reviewer-email>reviewer@example.com</reviewer-email></transaction-review></subject></notification>`),
			payment.Notice{ID: "transaction_reviewed:abc:Approve", PSPRef: "abc", Kind: "transaction_reviewed", Result: payment.Result{Class: payment.ClassUnknown}}},
	} {
		for range 2 { // a repeat says the same under the same id
			notices := w.receive(t, c.body)
			if len(notices) != 1 {
				t.Fatalf("%s: %+v", c.name, notices)
			}
			got := notices[0]
			if got.At.IsZero() || got.Live {
				t.Errorf("%s: %+v", c.name, got)
			}
			got.At = c.want.At
			if got != c.want {
				t.Errorf("%s:\ngot  %+v\nwant %+v", c.name, got, c.want)
			}
		}
	}

	w.SetStatus(x.ref, "settlement_declined")
	if n := w.receive(t, w.Notice("transaction_settlement_declined", x.ref)); len(n) != 1 || n[0].Final || n[0].Result.Class != payment.ClassUnknown {
		t.Errorf("got %+v", n)
	}
	// A kind and a state that do not agree are asked about.
	w.SetStatus(x.ref, "settling")
	if n := w.receive(t, w.Notice("transaction_settled", x.ref)); len(n) != 1 || n[0].Final {
		t.Errorf("got %+v", n)
	}
	w.SetStatus(x.ref, "settlement_declined")
	if n := w.receive(t, w.Notice("transaction_settled", x.ref)); len(n) != 1 || n[0].Final {
		t.Errorf("got %+v", n)
	}
	for _, other := range []string{
		`<notification><kind>subscription_canceled</kind><subject><subscription><id>1</id></subscription></subject></notification>`,
		`<notification><kind>dispute_opened</kind><subject/></notification>`,
		`<notification><kind>transaction_settled</kind><subject><transaction/></subject></notification>`,
	} {
		if n := w.receive(t, w.Webhook(other)); len(n) != 0 {
			t.Errorf("%s: %+v", other, n)
		}
	}
	for _, broken := range []string{`<notification>`, `<other/>`, ``, `<notification></notification><notification/>`} {
		if n, answer, err := w.provider.ReceiveWebhook(payment.WebhookRequest{Method: http.MethodPost, Body: w.Webhook(broken)}); err == nil || answer.Status == 200 {
			t.Errorf("%s: %+v, %+v", broken, n, answer)
		}
	}
}

// Whatever arrives, nothing is taken for a notice that is not signed.
func FuzzReceiveWebhook(f *testing.F) {
	f.Add("POST", []byte(url.Values{"bt_signature": {checkSignature}, "bt_payload": {checkPayload}}.Encode()), "")
	f.Add("GET", []byte{}, "20f9f8ed05f77439fe955c977e4c8a53")
	settled := base64.StdEncoding.EncodeToString([]byte(`<notification><kind>transaction_settled</kind><subject><transaction><id>a</id><status>settled</status>` +
		`<type>sale</type><amount>1.00</amount><currency-iso-code>USD</currency-iso-code></transaction></subject></notification>`))
	f.Add("POST", []byte(url.Values{"bt_signature": {"integration_public_key|00"}, "bt_payload": {settled}}.Encode()), "")
	f.Add("POST", []byte("bt_signature=%zz&bt_payload="), "")
	p := integration(f)
	f.Fuzz(func(t *testing.T, method string, body []byte, challenge string) {
		notices, answer, err := p.ReceiveWebhook(payment.WebhookRequest{Method: method, Body: body, Query: url.Values{"bt_challenge": {challenge}}})
		if err != nil && (len(notices) != 0 || answer.Status != 403 || len(answer.Body) != 0) {
			t.Errorf("%v with %+v, %+v", err, notices, answer)
		}
		if len(notices) != 0 {
			t.Errorf("%q is signed: %+v", body, notices)
		}
		// The documents themselves, signed, and the errors about them.
		form := url.Values{"bt_payload": {settled}, "bt_signature": {braintreetest.Sign("integration_public_key", "integration_private_key", settled)}}
		if _, _, err := p.ReceiveWebhook(post(form)); err != nil {
			t.Errorf("a signed webhook: %v", err)
		}
		payload := base64.StdEncoding.EncodeToString(body)
		form = url.Values{"bt_payload": {payload}, "bt_signature": {braintreetest.Sign("integration_public_key", "integration_private_key", payload)}}
		notices, _, err = p.ReceiveWebhook(post(form))
		for _, n := range notices {
			if n.ID == "" || (n.Final && (n.Result.Class != payment.ClassCaptured || n.Result.PSPRef == "")) {
				t.Errorf("%+v", n)
			}
		}
		if err != nil && len(notices) != 0 {
			t.Errorf("%v with %+v", err, notices)
		}
	})
}
