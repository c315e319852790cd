package stripe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits of a webhook.
const (
	// WebhookTolerance is how old, or how far in the future, a signature may be.
	WebhookTolerance = 5 * time.Minute
	// MaxWebhook is the longest body that is read, in bytes.
	MaxWebhook = 1 << 20

	maxSignatures = 16   // of one header; while a secret is rolled there are two
	maxHeader     = 4096 // bytes of the header
)

// ErrWebhook is returned for a request that is not Stripe's: the wrong method,
// no signature, a wrong one, or one that is too old.
var ErrWebhook = errors.New("stripe payments: the webhook is not signed by Stripe")

// event is an Event, as far as it is read.
type event struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Created int64  `json:"created"`
	Live    bool   `json:"livemode"`
	Account string `json:"account"`
	Data    struct {
		Object jsontext.Value `json:"object"`
	} `json:"data"`
}

// ReceiveWebhook implements payment.Webhooks. The error is ErrWebhook for what
// is not signed by Stripe, answered with 400; another error says that a signed
// event cannot be read, answered with 500 so that Stripe sends it again and
// shows it as failing. Events of the other mode or another account, and those
// that are of no interest, are acknowledged without a notice.
func (p *Provider) ReceiveWebhook(w payment.WebhookRequest) ([]payment.Notice, payment.WebhookAnswer, error) {
	if w.Method != http.MethodPost || len(w.Body) > MaxWebhook || !p.signed(w.Header.Get("Stripe-Signature"), w.Body) {
		return nil, payment.WebhookAnswer{Status: http.StatusBadRequest}, ErrWebhook
	}
	var e event
	if err := json.Unmarshal(w.Body, &e); err != nil || e.ID == "" || e.Type == "" {
		return nil, payment.WebhookAnswer{Status: http.StatusInternalServerError}, errors.New("stripe payments: a signed webhook is not an event")
	}
	thanks := payment.WebhookAnswer{Status: http.StatusOK}
	if e.Live != p.cfg.Live || e.Account != p.cfg.Account {
		return nil, thanks, nil
	}
	for _, row := range eventRows {
		if row.Type != e.Type {
			continue
		}
		n, err := p.notice(row, e.Data.Object)
		if err != nil {
			return nil, payment.WebhookAnswer{Status: http.StatusInternalServerError}, fmt.Errorf("stripe payments: the object of event %s cannot be read", e.ID)
		}
		n.ID, n.Kind, n.Live, n.At = e.ID, e.Type, e.Live, time.Unix(e.Created, 0).UTC()
		return []payment.Notice{n}, thanks, nil
	}
	return nil, thanks, nil
}

// signed checks a Stripe-Signature header: t=<seconds>,v1=<hex>[,v1=…], where
// v1 is HMAC-SHA256 of "<seconds>.<body>" under the endpoint's secret. Any v1
// will do; other schemes are not signatures.
func (p *Provider) signed(header string, body []byte) bool {
	if p.cfg.WebhookSecret.IsZero() || len(header) > maxHeader {
		return false
	}
	var stamp string
	var given [][]byte
	for field := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "t":
			if stamp != "" {
				return false
			}
			stamp = value
		case "v1":
			if mac, err := hex.DecodeString(value); err == nil && len(given) < maxSignatures {
				given = append(given, mac)
			}
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || p.now().Sub(time.Unix(seconds, 0)).Abs() > WebhookTolerance {
		return false
	}
	mac := hmac.New(sha256.New, []byte(p.cfg.WebhookSecret.Reveal()))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	want, ok := mac.Sum(nil), false
	for _, g := range given {
		ok = hmac.Equal(g, want) || ok
	}
	return ok
}
