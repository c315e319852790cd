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
			recorded := map[payment.Subject]bool{
				payment.AboutPayment:   n.Result.Class == payment.ClassCaptured && n.Result.PSPRef != "",
				payment.AboutOperation: !n.Result.Class.OpState().Open() && n.OpKind != "",
				payment.AboutDispute:   n.Dispute == payment.DisputeWon || n.Dispute == payment.DisputeLost,
			}
			if n.ID == "" || (n.Final && !recorded[n.Subject]) {
				t.Errorf("%+v", n)
			}
		}
		if err != nil && len(notices) != 0 {
			t.Errorf("%v with %+v", err, notices)
		}
	})
}
