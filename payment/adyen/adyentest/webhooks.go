package adyentest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/go-json-experiment/json"
)

// notice is one webhook that waits to be delivered.
type notice struct {
	event, psp, original, reference, reason string
	success                                 bool
	amount                                  amount
	at                                      time.Time
}

// Deliver sets how webhooks go out from now on.
func (f *Fake) Deliver(d paymenttest.Delivery) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delivery = d
}

// Notifications is Webhooks, in Adyen's word.
func (f *Fake) Notifications() []payment.WebhookRequest { return f.Webhooks() }

// Webhooks takes the webhooks that wait, as requests that are signed and ready
// for a receiver. Taking them late is what a late webhook is.
func (f *Fake) Webhooks() []payment.WebhookRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []payment.WebhookRequest
	for _, n := range f.outbox {
		if f.delivery.WrongAmount {
			n.amount.Value--
		}
		for range map[bool]int{false: 1, true: 2}[f.delivery.Twice] {
			out = append(out, n.request())
		}
	}
	if f.delivery.Backwards {
		slices.Reverse(out)
	}
	f.outbox = nil
	return out
}

func (f *Fake) notify(c *charge, event string, ok bool, why string) {
	if ok {
		why = "031559:1111:03/2030" // authorisation code, last four digits, expiry
	}
	f.queue(notice{event: event, psp: c.psp, reference: c.reference, success: ok, reason: why, amount: c.amount})
}

func (f *Fake) notifyOp(c *charge, op, event string, m modification, a amount, why string) {
	f.queue(notice{event: event, psp: op, original: c.psp, reference: m.Reference, success: why == "", reason: why, amount: a})
}

func (f *Fake) queue(n notice) {
	n.at = f.now
	f.outbox = append(f.outbox, n)
}

func (n notice) request() payment.WebhookRequest {
	item := map[string]any{
		"eventCode":           n.event,
		"success":             strconv.FormatBool(n.success),
		"pspReference":        n.psp,
		"merchantReference":   n.reference,
		"merchantAccountCode": MerchantAccount,
		"amount":              n.amount,
		"eventDate":           n.at.Format("2006-01-02T15:04:05-07:00"),
		"reason":              n.reason,
		"paymentMethod":       "visa",
		"operations":          []string{"CANCEL", "CAPTURE", "REFUND"},
		"additionalData": map[string]string{"hmacSignature": Sign(HMACKey, n.psp, n.original, MerchantAccount, n.reference,
			strconv.FormatInt(n.amount.Value, 10), n.amount.Currency, n.event, strconv.FormatBool(n.success))},
	}
	if n.original != "" {
		item["originalReference"] = n.original
	}
	return Webhook("false", item)
}

// Webhook wraps items into the request that Adyen makes. live is "true" or
// "false".
func Webhook(live string, items ...map[string]any) payment.WebhookRequest {
	wrapped := make([]map[string]any, len(items))
	for i, it := range items {
		wrapped[i] = map[string]any{"NotificationRequestItem": it}
	}
	body, err := json.Marshal(map[string]any{"live": live, "notificationItems": wrapped}, json.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("adyentest: %v", err))
	}
	return payment.WebhookRequest{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// Sign is the signature of the fields that Adyen signs, in its order:
// pspReference, originalReference, merchantAccountCode, merchantReference,
// amount.value, amount.currency, eventCode, success. key is hexadecimal.
func Sign(key string, fields ...string) string {
	k, err := hex.DecodeString(key)
	if err != nil {
		panic(fmt.Sprintf("adyentest: %v", err))
	}
	m := hmac.New(sha256.New, k)
	m.Write([]byte(strings.Join(fields, ":")))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}
