package adyen

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// Limits of one webhook.
const (
	maxWebhook = 1 << 20 // bytes
	maxItems   = 100     // Adyen sends one
)

// errWebhook is all that a caller learns who is not Adyen.
var errWebhook = errors.New("adyen payments: the webhook is not signed with the keys of this account and mode")

// notification is a standard webhook's body.
type notification struct {
	Live  string `json:"live"`
	Items []struct {
		Item item `json:"NotificationRequestItem"`
	} `json:"notificationItems"`
}

// item is one event. Its signature covers the eight fields of signed, and no
// other: what it says beside them is for the log, and tells one refusal from
// another.
type item struct {
	EventCode         string `json:"eventCode"`
	Success           string `json:"success"`
	PSPReference      string `json:"pspReference"`
	OriginalReference string `json:"originalReference"`
	MerchantReference string `json:"merchantReference"`
	MerchantAccount   string `json:"merchantAccountCode"`
	Amount            struct {
		Value    *int64 `json:"value"`
		Currency string `json:"currency"`
	} `json:"amount"`
	EventDate      string `json:"eventDate"`
	Reason         string `json:"reason"`
	PaymentMethod  string `json:"paymentMethod"`
	AdditionalData struct {
		Signature string `json:"hmacSignature"`
	} `json:"additionalData"`
}

// signed are the fields under the signature, in its order.
func (i item) signed() []string {
	value := ""
	if i.Amount.Value != nil {
		value = strconv.FormatInt(*i.Amount.Value, 10)
	}
	return []string{i.PSPReference, i.OriginalReference, i.MerchantAccount, i.MerchantReference, value, i.Amount.Currency, i.EventCode, i.Success}
}

// ReceiveWebhook implements payment.Webhooks. Every item must be signed with
// one of the configured keys, and the whole must be of our mode. Adyen wants
// "[accepted]" and sends again for days what is not answered so; therefore
// events of other accounts and of other systems' payments are accepted and
// make no notice that names a payment of ours.
func (p *Provider) ReceiveWebhook(r payment.WebhookRequest) ([]payment.Notice, payment.WebhookAnswer, error) {
	refuse := func() ([]payment.Notice, payment.WebhookAnswer, error) {
		return nil, payment.WebhookAnswer{Status: http.StatusUnauthorized}, errWebhook
	}
	if !p.basicAuth(r) || len(r.Body) > maxWebhook {
		return refuse()
	}
	var n notification
	if err := json.Unmarshal(r.Body, &n); err != nil || len(n.Items) == 0 || len(n.Items) > maxItems ||
		n.Live != strconv.FormatBool(p.cfg.Live) {
		return refuse()
	}
	for _, i := range n.Items {
		if !p.genuine(i.Item) {
			return refuse()
		}
	}
	var notices []payment.Notice
	for _, i := range n.Items {
		if i.Item.MerchantAccount == p.cfg.MerchantAccount && i.Item.unambiguous() {
			notices = append(notices, p.notice(i.Item))
		}
	}
	return notices, payment.WebhookAnswer{Status: http.StatusOK, Type: "text/plain", Body: []byte("[accepted]")}, nil
}

func (p *Provider) basicAuth(r payment.WebhookRequest) bool {
	if p.cfg.WebhookUser == "" {
		return true
	}
	user, password, ok := (&http.Request{Header: r.Header}).BasicAuth()
	sameUser := subtle.ConstantTimeCompare([]byte(user), []byte(p.cfg.WebhookUser))
	samePassword := subtle.ConstantTimeCompare([]byte(password), []byte(p.cfg.WebhookPassword.Reveal()))
	return ok && sameUser&samePassword == 1
}

// genuine reports whether one of the keys signed the item.
func (p *Provider) genuine(i item) bool {
	given, err := base64.StdEncoding.DecodeString(i.AdditionalData.Signature)
	if err != nil || len(given) != sha256.Size {
		return false
	}
	text := []byte(strings.Join(i.signed(), ":"))
	match := false
	for _, key := range p.hmacKeys {
		m := hmac.New(sha256.New, key)
		m.Write(text)
		match = hmac.Equal(m.Sum(nil), given) || match
	}
	return match
}

// unambiguous reports whether the signature leaves one way to read the fields.
// They are joined by colons and not escaped, so a field with a colon in it
// could be two. None of ours has one.
func (i item) unambiguous() bool {
	for _, f := range i.signed() {
		if strings.Contains(f, ":") {
			return false
		}
	}
	return true
}
