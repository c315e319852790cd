package server_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
)

// cardWebhooks are webhooks with a number in them.
func cardWebhooks(number string) []payment.WebhookRequest {
	event := func(object string) []byte {
		return []byte(`{"id":"evt_1","type":"payment_intent.succeeded","livemode":false,"data":{"object":` + object + `}}`)
	}
	return []payment.WebhookRequest{
		stripetest.Sign("whsec_stripetest", time.Now().Unix(), event(`{"object":"payment_intent","id":"pi_1","metadata":{"acp_payment_id":"`+number+`"},"description":"`+number+`"}`)),
		stripetest.Sign("whsec_stripetest", time.Now().Unix(), event(`"`+number+`"`)),
		stripetest.Sign("whsec_of_somebody_else", time.Now().Unix(), event(`{}`)),
		stripetest.Sign("whsec_stripetest", time.Now().Unix(), []byte(number)),
	}
}

// What a PSP tells of a card in its webhooks stays out as well, also when the
// signature is right.
func TestCardDataInAWebhookOfThePSPs(t *testing.T) {
	t.Parallel()
	w := &cardWorld{}
	w.Server = openShop(t, "stripe", &w.logs)
	purchase, a := unanswered(t, w.Server, w.Server.Agent(t))
	number := w.mark("a webhook of Stripe's")
	for _, call := range w.PSP.Webhooks(a.ID) {
		body := bytes.Replace(call.Body, []byte(`"payment_method":"pm_card_visa"`), []byte(`"payment_method":"pm_card_visa","description":"`+number+`","card":{"number":"`+number+`"}`), 1)
		if !bytes.Contains(body, []byte(number)) {
			continue // it is about something else
		}
		callBack(t, w.Server, webhookOfTestMode, stripetest.Sign("whsec_somebody_else", time.Now().Unix(), body))
		if status, text := callBack(t, w.Server, webhookOfTestMode, stripetest.Sign("whsec_stripetest", time.Now().Unix(), body)); status != http.StatusOK {
			t.Errorf("%d %q", status, text)
		}
	}
	bought(t, w.Server, purchase.Session, "stripe")
	for _, call := range cardWebhooks(number) {
		callBack(t, w.Server, webhookOfTestMode, call)
	}
	search := searchFor(cardMark)
	for _, found := range search.in([]byte(w.logs.String())) {
		t.Errorf("the log holds %s", found)
	}
	for name, content := range w.Tables(t) {
		for _, found := range search.in(content) {
			t.Errorf("the table %s holds %s", name, found)
		}
	}
}
