package stripe_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
	"github.com/checkstand/checkstand/secret"
)

// The signature of a known body, computed with Stripe's own SDK.
const (
	vectorSecret = "whsec_test_secret"
	vectorTime   = 1700000000
	vectorBody   = `{"id":"evt_1","object":"event"}`
	vectorMAC    = "0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd"
)

func signed(header, body string) payment.WebhookRequest {
	h := http.Header{}
	h.Set("Stripe-Signature", header)
	return payment.WebhookRequest{Method: http.MethodPost, Header: h, Body: []byte(body)}
}

func TestTheSignatureIsStripes(t *testing.T) {
	now := time.Unix(vectorTime, 0)
	p := adapter(t, stripe.DefaultBaseURL, func(c *stripe.Config) {
		c.WebhookSecret, c.Now = secret.New(vectorSecret), func() time.Time { return now }
	})
	other := strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		header string
		body   string
		after  time.Duration
		ok     bool
	}{
		"Stripe's own":               {"t=1700000000,v1=" + vectorMAC, vectorBody, 0, true},
		"five minutes later":         {"t=1700000000,v1=" + vectorMAC, vectorBody, 5 * time.Minute, true},
		"a second too late":          {"t=1700000000,v1=" + vectorMAC, vectorBody, 5*time.Minute + time.Second, false},
		"from the future":            {"t=1700000000,v1=" + vectorMAC, vectorBody, -6 * time.Minute, false},
		"while the secret is rolled": {"t=1700000000,v1=" + other + ",v1=" + vectorMAC + ",v0=" + other, vectorBody, 0, true},
		"with spaces":                {"t=1700000000, v1=" + vectorMAC, vectorBody, 0, true},
		"another body":               {"t=1700000000,v1=" + vectorMAC, vectorBody + " ", 0, false},
		"another time":               {"t=1700000001,v1=" + vectorMAC, vectorBody, 0, false},
		"two times":                  {"t=1700000000,t=1700000000,v1=" + vectorMAC, vectorBody, 0, false},
		"only the old scheme":        {"t=1700000000,v0=" + vectorMAC, vectorBody, 0, false},
		"no time":                    {"v1=" + vectorMAC, vectorBody, 0, false},
		"no signature":               {"t=1700000000", vectorBody, 0, false},
		"half a signature":           {"t=1700000000,v1=" + vectorMAC[:32], vectorBody, 0, false},
		"no header":                  {"", vectorBody, 0, false},
		"a time that overflows":      {"t=9223372036854775807,v1=" + vectorMAC, vectorBody, 0, false},
		"a header without end":       {"t=1700000000" + strings.Repeat(",v1="+other, 100) + ",v1=" + vectorMAC, vectorBody, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			now = time.Unix(vectorTime, 0).Add(c.after)
			_, answer, err := p.ReceiveWebhook(signed(c.header, c.body))
			if refused := errors.Is(err, stripe.ErrWebhook); refused == c.ok {
				t.Errorf("%v", err)
			}
			// The vector's body is signed but is no event.
			if want := map[bool]int{true: http.StatusInternalServerError, false: http.StatusBadRequest}[c.ok]; answer.Status != want || len(answer.Body) != 0 {
				t.Errorf("answered %+v, want %d", answer, want)
			}
		})
	}
	now = time.Unix(vectorTime, 0)
	get := signed("t=1700000000,v1="+vectorMAC, vectorBody)
	get.Method = http.MethodGet
	if _, _, err := p.ReceiveWebhook(get); !errors.Is(err, stripe.ErrWebhook) {
		t.Errorf("a GET: %v", err)
	}
	without := adapter(t, stripe.DefaultBaseURL, func(c *stripe.Config) {
		c.WebhookSecret, c.Now = secret.String{}, func() time.Time { return now }
	})
	if _, _, err := without.ReceiveWebhook(signed("t=1700000000,v1="+vectorMAC, vectorBody)); !errors.Is(err, stripe.ErrWebhook) {
		t.Errorf("without a secret: %v", err)
	}
}

// Webhooks come twice, late and in any order; one event has one id, and an old
// state is not told as the final one.
func TestNoticesTwiceAndInAnyOrder(t *testing.T) {
	w := newWorld(t)
	c := w.charge("pm_card_fakeProcessing")
	r := send(t, w.provider, c)
	w.SettleIntent(r.PSPRef, true)
	waiting := w.Webhooks()
	if len(waiting) < 2 {
		t.Fatalf("%d webhooks", len(waiting))
	}
	ids := map[string]int{}
	for _, i := range []int{len(waiting) - 1, 0, len(waiting) - 1, 0} {
		n, _, err := w.provider.ReceiveWebhook(waiting[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range n {
			ids[n.ID]++
			if n.Final != (n.Result.Class == payment.ClassCaptured) {
				t.Errorf("%+v", n)
			}
		}
	}
	if len(ids) != 2 {
		t.Errorf("the notices have the ids %v", ids)
	}
}

// Events of another mode, another account or another kind are thanked for.
func TestWebhooksThatAreNotForUs(t *testing.T) {
	p := adapter(t, stripe.DefaultBaseURL)
	now := time.Now().Unix()
	object := `{"object":{"id":"pi_1","status":"succeeded","amount":1,"amount_received":1,"currency":"usd"}}`
	for name, body := range map[string]string{
		"live":            `{"id":"evt_1","type":"payment_intent.succeeded","livemode":true,"data":` + object + `}`,
		"another account": `{"id":"evt_1","type":"payment_intent.succeeded","livemode":false,"account":"acct_1","data":` + object + `}`,
		"another kind":    `{"id":"evt_1","type":"invoice.paid","livemode":false,"data":{"object":{"id":"in_1"}}}`,
	} {
		n, answer, err := p.ReceiveWebhook(stripetest.Sign(whsec, now, []byte(body)))
		if len(n) != 0 || err != nil || answer.Status != http.StatusOK {
			t.Errorf("%s: %+v %+v %v", name, n, answer, err)
		}
	}
	for name, body := range map[string]string{
		"not JSON":             `<event>`,
		"no type":              `{"id":"evt_1"}`,
		"no object":            `{"id":"evt_1","type":"payment_intent.succeeded"}`,
		"an object that lies":  `{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"amount":"1"}}}`,
		"an amount too large":  `{"id":"evt_1","type":"refund.created","data":{"object":{"id":"re_1","amount":1e30}}}`,
		"a dispute of nothing": `{"id":"evt_1","type":"charge.dispute.created","data":{"object":[]}}`,
	} {
		_, answer, err := p.ReceiveWebhook(stripetest.Sign(whsec, now, []byte(body)))
		if err == nil || errors.Is(err, stripe.ErrWebhook) || answer.Status != http.StatusInternalServerError {
			t.Errorf("%s: %+v %v", name, answer, err)
		}
	}
	dispute := `{"id":"evt_1","type":"charge.dispute.created","created":1,"data":{"object":{"id":"dp_1","payment_intent":"pi_1"}}}`
	n, _, err := p.ReceiveWebhook(stripetest.Sign(whsec, now, []byte(dispute)))
	if err != nil || len(n) != 1 || n[0].OpRef != "dp_1" || n[0].PSPRef != "pi_1" || n[0].Final || n[0].Subject != payment.AboutDispute || n[0].Dispute != payment.DisputeOpen || n[0].Result.Class != payment.ClassUnknown {
		t.Errorf("a dispute: %+v, %v", n, err)
	}
}

// Whatever comes, signed or not, is read without a panic; what is not signed is
// refused; and a final notice is always of something that may be recorded.
func FuzzReceiveWebhook(f *testing.F) {
	p := adapter(f, stripe.DefaultBaseURL)
	for _, body := range []string{vectorBody, `{}`, `[]`, ``,
		`{"id":"evt_1","type":"payment_intent.succeeded","created":1,"livemode":false,"data":{"object":{"id":"pi_1","status":"succeeded","amount":5,"amount_received":5,"currency":"usd","metadata":{"acp_payment_id":"pay_1"}}}}`,
		`{"id":"evt_1","type":"checkout.session.completed","data":{"object":{"id":"cs_1","payment_intent":{"id":"pi_1"}}}}`,
		`{"id":"evt_1","type":"refund.failed","data":{"object":{"id":"re_1","status":"failed","amount":-9223372036854775808,"currency":"isk","payment_intent":null}}}`,
		`{"id":"evt_1","type":"payment_intent.canceled","data":{"object":{"id":"pi_1","status":"canceled","amount":5,"currency":"usd","capture_method":"manual","latest_charge":"ch_1"}}}`,
		`{"id":"evt_1","type":"charge.expired","data":{"object":{"id":"ch_1","payment_intent":"pi_1","amount":5,"currency":"usd"}}}`,
		`{"id":"evt_1","type":"charge.captured","data":{"object":{"id":"ch_1","payment_intent":"pi_1","amount":5,"amount_captured":4,"captured":true,"currency":"jpy"}}}`,
		`{"id":"evt_1","type":"charge.dispute.closed","data":{"object":{"id":"du_1","payment_intent":"pi_1","amount":5,"currency":"USD","status":"lost"}}}`,
		`{"id":"evt_1","type":"charge.refunded","data":{"object":{"id":"ch_1","payment_intent":"pi_1","amount_refunded":5}}}`,
	} {
		f.Add("t=1700000000,v1="+vectorMAC, body)
		f.Add("", body)
	}
	f.Fuzz(func(t *testing.T, header, body string) {
		if n, answer, err := p.ReceiveWebhook(signed(header, body)); err == nil || n != nil || answer.Status != http.StatusBadRequest {
			t.Errorf("not signed, and taken: %+v %+v %v", n, answer, err)
		}
		notices, answer, err := p.ReceiveWebhook(stripetest.Sign(whsec, time.Now().Unix(), []byte(body)))
		if (err == nil) != (answer.Status == http.StatusOK) || errors.Is(err, stripe.ErrWebhook) != (len(body) > stripe.MaxWebhook) {
			t.Errorf("%v, answered %s", err, strconv.Itoa(answer.Status))
		}
		for _, n := range notices {
			if n.ID == "" || n.Kind == "" || !soundly(n) {
				t.Errorf("%+v", n)
			}
		}
	})
}

// soundly reports whether a notice that is final says something that may be
// recorded as it is.
func soundly(n payment.Notice) bool {
	switch {
	case (n.Subject == payment.AboutDispute) != (n.Dispute != ""), (n.Subject == payment.AboutOperation) != (n.OpKind != ""):
		return false
	case !n.Final:
		return true
	}
	switch n.Subject {
	case payment.AboutPayment:
		return n.Result.Class == payment.ClassCaptured || n.Result.Class == payment.ClassVoided
	case payment.AboutOperation:
		return !n.Result.Class.OpState().Open()
	case payment.AboutDispute:
		return n.Dispute != payment.DisputeOpen
	}
	return false
}
