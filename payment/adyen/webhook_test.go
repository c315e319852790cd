package adyen_test

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/secret"
)

// event is the item of a webhook, signed; change may alter it afterwards.
func event(code, psp, original, reference string, value int64, currency string, success bool, change ...func(map[string]any)) map[string]any {
	account, ok := adyentest.MerchantAccount, strconv.FormatBool(success)
	m := map[string]any{
		"eventCode": code, "success": ok, "pspReference": psp, "originalReference": original, "merchantAccountCode": account,
		"merchantReference": reference, "amount": map[string]any{"value": value, "currency": currency},
		"eventDate": "2026-05-01T13:00:00+01:00", "reason": "Not enough balance", "operations": []string{"CANCEL", "CAPTURE", "REFUND"},
		"additionalData": map[string]any{"hmacSignature": adyentest.Sign(adyentest.HMACKey, psp, original, account, reference,
			strconv.FormatInt(value, 10), currency, code, ok)},
	}
	for _, f := range change {
		f(m)
	}
	return m
}

// The vector of Adyen's own libraries.
func TestWebhookSignatureVector(t *testing.T) {
	const vector = "ipnxGCaUZ4l8TUW75a71/ghd2Fe5ffvX0pV4TLTntIc="
	if got := adyentest.Sign(adyentest.HMACKey, "pspReference", "originalReference", "merchantAccount", "reference", "1000", "EUR", "EVENT", "true"); got != vector {
		t.Fatalf("signed %s", got)
	}
	cfg := config("http://127.0.0.1:1")
	cfg.MerchantAccount = "merchantAccount"
	item := map[string]any{"pspReference": "pspReference", "originalReference": "originalReference", "merchantAccountCode": "merchantAccount",
		"merchantReference": "reference", "amount": map[string]any{"value": 1000, "currency": "EUR"}, "eventCode": "EVENT", "success": "true",
		"additionalData": map[string]any{"hmacSignature": vector}}
	p := adapter(t, cfg)
	notices, answer, err := p.ReceiveWebhook(adyentest.Webhook("false", item))
	want := []payment.Notice{{ID: "EVENT:pspReference:true", Reference: "reference", PSPRef: "originalReference", OpRef: "pspReference", Kind: "EVENT",
		Result: payment.Result{Class: payment.ClassUnknown, PSPRef: "pspReference", RequestID: "pspReference"}}}
	if diff := cmp.Diff(want, notices); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if answer.Status != 200 || string(answer.Body) != "[accepted]" {
		t.Errorf("%+v", answer)
	}
	item["additionalData"] = map[string]any{"hmacSignature": "x" + vector[1:]}
	if _, answer, err := p.ReceiveWebhook(adyentest.Webhook("false", item)); err == nil || answer.Status != 401 || len(answer.Body) != 0 {
		t.Errorf("a wrong signature: %+v, %v", answer, err)
	}
}

// Who is not Adyen, or of the other mode, learns nothing.
func TestWebhooksThatAreRefused(t *testing.T) {
	p := adapter(t, config("http://127.0.0.1:1"))
	good := func() map[string]any { return event("AUTHORISATION", "P1", "", "pay_1", 1999, "USD", true) }
	set := func(field string, value any) map[string]any {
		m := good()
		m[field] = value
		return m
	}
	for name, r := range map[string]payment.WebhookRequest{
		"another success":    adyentest.Webhook("false", set("success", "false")),
		"another reference":  adyentest.Webhook("false", set("merchantReference", "pay_2")),
		"another payment":    adyentest.Webhook("false", set("pspReference", "P2")),
		"another event":      adyentest.Webhook("false", set("eventCode", "REFUND")),
		"another amount":     adyentest.Webhook("false", set("amount", map[string]any{"value": 1, "currency": "USD"})),
		"another currency":   adyentest.Webhook("false", set("amount", map[string]any{"value": 1999, "currency": "EUR"})),
		"another account":    adyentest.Webhook("false", set("merchantAccountCode", "OtherShopECOM")),
		"no signature":       adyentest.Webhook("false", set("additionalData", map[string]any{})),
		"no base64":          adyentest.Webhook("false", set("additionalData", map[string]any{"hmacSignature": "%%%"})),
		"live":               adyentest.Webhook("true", good()),
		"neither mode":       adyentest.Webhook("", good()),
		"nothing in it":      adyentest.Webhook("false"),
		"one of two unsound": adyentest.Webhook("false", good(), set("success", "false")),
		"no JSON":            {Method: "POST", Body: []byte("live=false")},
		"empty":              {Method: "POST"},
		"huge":               {Method: "POST", Body: append(adyentest.Webhook("false", good()).Body, make([]byte, 1<<20)...)},
	} {
		notices, answer, err := p.ReceiveWebhook(r)
		if err == nil || notices != nil || answer.Status != 401 || len(answer.Body) != 0 {
			t.Errorf("%s: %+v, %+v, %v", name, notices, answer, err)
		}
	}
	cfg := config("http://127.0.0.1:1")
	cfg.HMACKeys = nil
	if _, _, err := adapter(t, cfg).ReceiveWebhook(adyentest.Webhook("false", good())); err == nil {
		t.Error("accepted without a key to check with")
	}
}

// The signed fields are joined by colons that are not escaped. A colon inside
// a field would let one signature stand for two readings; such a webhook is
// another system's, and is accepted without a notice so that Adyen stops
// sending it.
func TestAColonMovesNoFields(t *testing.T) {
	p := adapter(t, config("http://127.0.0.1:1"))
	genuine := event("AUTHORISATION", "P1", "", "pay_9:1999:USD", 1, "EUR", true)
	shifted := event("AUTHORISATION", "P1", "", "pay_9", 1999, "USD:1:EUR", true)
	signature := func(m map[string]any) string { return m["additionalData"].(map[string]any)["hmacSignature"].(string) }
	if signature(genuine) != signature(shifted) {
		t.Fatal("the two readings do not share a signature")
	}
	for _, m := range []map[string]any{genuine, shifted} {
		notices, answer, err := p.ReceiveWebhook(adyentest.Webhook("false", m))
		if err != nil || len(notices) != 0 || answer.Status != 200 {
			t.Errorf("%+v, %+v, %v", notices, answer, err)
		}
	}
}

func TestWebhooksOfOtherAccountsAreAccepted(t *testing.T) {
	p := adapter(t, config("http://127.0.0.1:1"))
	m := event("AUTHORISATION", "P1", "", "pay_1", 1, "USD", true)
	m["merchantAccountCode"] = adyentest.OtherAccount
	m["additionalData"] = map[string]any{"hmacSignature": adyentest.Sign(adyentest.HMACKey, "P1", "", adyentest.OtherAccount, "pay_1", "1", "USD", "AUTHORISATION", "true")}
	notices, answer, err := p.ReceiveWebhook(adyentest.Webhook("false", m))
	if err != nil || len(notices) != 0 || string(answer.Body) != "[accepted]" {
		t.Errorf("%+v, %+v, %v", notices, answer, err)
	}
}

func TestWebhookKeysRotate(t *testing.T) {
	other := strings.Repeat("0a", 32)
	cfg := config("http://127.0.0.1:1")
	cfg.HMACKeys = []secret.String{secret.New(other), secret.New(adyentest.HMACKey)}
	if _, _, err := adapter(t, cfg).ReceiveWebhook(adyentest.Webhook("false", event("EXPIRE", "P1", "", "pay_1", 1, "USD", true))); err != nil {
		t.Errorf("the older key: %v", err)
	}
}

func TestWebhookBasicAuthentication(t *testing.T) {
	cfg := config("http://127.0.0.1:1")
	cfg.WebhookUser, cfg.WebhookPassword = "adyen", secret.New("hunter2")
	p := adapter(t, cfg)
	for header, ok := range map[string]bool{
		"":              false,
		"adyen:hunter2": true,
		"adyen:hunter3": false,
		"adien:hunter2": false,
		"adyen:":        false,
	} {
		r := adyentest.Webhook("false", event("EXPIRE", "P1", "", "pay_1", 1, "USD", true))
		if header != "" {
			r.Header = http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(header))}}
		}
		if _, _, err := p.ReceiveWebhook(r); (err == nil) != ok {
			t.Errorf("%q: %v", header, err)
		}
	}
}

// The AUTHORISATION webhook tells what a lost answer did not, once, however
// often and late it comes.
func TestAWebhookTellsALostAnswer(t *testing.T) {
	psp := adyentest.New(t)
	p := adapter(t, config(psp.URL()))
	psp.Break(adyentest.DropAfter)
	psp.Deliver(paymenttest.Delivery{Twice: true, Backwards: true})
	if r, err := p.Send(t.Context(), "k", prepared(t, psp, p, adyentest.Authorised)); err != nil || r.Class != payment.ClassUnknown {
		t.Fatalf("%+v, %v", r, err)
	}
	psp.Advance(48 * time.Hour)
	a := payment.Attempt{ID: "pay_1", State: payment.Unknown, Amount: 1999, Currency: "usd"}
	moved := 0
	ids := map[string]bool{}
	for _, n := range received(t, p, psp) {
		ids[n.ID] = true
		if n.Reference == a.ID && n.Final {
			if _, ok := a.Move(n.Result, "webhook", psp.Now()); ok {
				moved++
			}
		}
	}
	if moved != 1 || len(ids) != 1 || a.State != payment.Captured || a.Captured != 1999 || a.PSPRef == "" {
		t.Errorf("%d moves, %v: %+v", moved, ids, a)
	}
	if got := psp.BooksOf("pay_1"); got.Charges != 1 {
		t.Errorf("%+v", got)
	}
}

// A webhook with another amount passes it on; the core compares.
func TestAWebhookWithAnotherAmount(t *testing.T) {
	psp := adyentest.New(t)
	p := adapter(t, config(psp.URL()))
	psp.Deliver(paymenttest.Delivery{WrongAmount: true})
	if _, err := p.Send(t.Context(), "k", prepared(t, psp, p, adyentest.Authorised)); err != nil {
		t.Fatal(err)
	}
	if n := received(t, p, psp); len(n) != 1 || n[0].Result.Amount != 1998 {
		t.Errorf("%+v", n)
	}
}

// received takes the waiting webhooks.
func received(t testing.TB, p *adyen.Provider, psp *adyentest.Fake) []payment.Notice {
	t.Helper()
	all := told(t, p, psp)
	for _, n := range all {
		// The reason of a success holds card data.
		if strings.Contains(n.Result.DeclineCode, "1111") || n.Live {
			t.Errorf("%+v", n)
		}
	}
	return all
}

// Whatever arrives, nothing is taken for Adyen's that is not signed, and what
// is final has an amount and a reference.
func FuzzReceiveWebhook(f *testing.F) {
	f.Add(adyentest.Webhook("false", event("AUTHORISATION", "P1", "", "pay_1", 1999, "USD", true)).Body)
	f.Add(adyentest.Webhook("false", event("REFUND", "O1", "P1", "op_1", 500, "JPY", false)).Body)
	f.Add(adyentest.Webhook("true", event("CAPTURE", "O1", "P1", "pay_1-page-held", -1, "CLP", true)).Body)
	f.Add([]byte(`{"live":"false","notificationItems":[{"NotificationRequestItem":{"amount":null}}]}`))
	f.Add([]byte(`{"live":"false","notificationItems":[{}]}`))
	f.Add([]byte(`[]`))
	cfg := config("http://127.0.0.1:1")
	p := adapter(f, cfg)
	genuine := map[string]bool{}
	for _, seed := range []string{"P1", "O1"} {
		genuine[seed] = true
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		notices, answer, err := p.ReceiveWebhook(payment.WebhookRequest{Method: "POST", Body: body})
		if (err == nil) != (answer.Status == 200) || (err != nil && notices != nil) {
			t.Fatalf("%+v, %+v, %v", notices, answer, err)
		}
		for _, n := range notices {
			if !genuine[n.PSPRef] {
				t.Fatalf("nobody signed %+v", n)
			}
			if (n.Subject == payment.AboutDispute) != (n.Dispute != "") || (n.OpKind != "" && n.Subject != payment.AboutOperation) {
				t.Fatalf("%+v", n)
			}
			if n.Final && (n.Result.Currency == "" || n.Result.Amount < 0) {
				t.Fatalf("%+v", n)
			}
		}
	})
}
