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

// kind is what the object of an event is.
type kind int

const (
	ofIntent kind = iota
	ofCharge
	ofRefund
	ofDispute
	ofSession
)

// eventRow says which object an event carries.
type eventRow struct {
	Type string
	kind kind
	// Final marks events of a state that no payment leaves again, so that the
	// event itself is the news. All others may be late, and Stripe is asked.
	Final bool
	Means string
}

// eventRows are the events that are read; any other is acknowledged and
// forgotten.
var eventRows = []eventRow{
	{"payment_intent.succeeded", ofIntent, true, "the money is taken"},
	{"payment_intent.payment_failed", ofIntent, false, "a try was declined"},
	{"payment_intent.processing", ofIntent, false, "under way"},
	{"payment_intent.requires_action", ofIntent, false, "the buyer has to authenticate"},
	{"payment_intent.amount_capturable_updated", ofIntent, false, "held"},
	{"payment_intent.canceled", ofIntent, false, "given up, by us or when the hold ran out"},
	{"charge.captured", ofCharge, false, "a hold was captured"},
	{"charge.expired", ofCharge, false, "a hold ran out"},
	{"charge.refunded", ofCharge, false, "refunded, in full or in part"},
	{"charge.dispute.created", ofDispute, false, "the buyer disputes the payment"},
	{"charge.dispute.closed", ofDispute, false, "the dispute is decided"},
	{"refund.created", ofRefund, false, "a refund was made, here or in the dashboard"},
	{"refund.updated", ofRefund, false, "a refund moved on"},
	{"refund.failed", ofRefund, false, "a refund came back"},
	{"checkout.session.completed", ofSession, false, "the buyer finished a payment page"},
	{"checkout.session.async_payment_succeeded", ofSession, false, "a slow method paid"},
	{"checkout.session.async_payment_failed", ofSession, false, "a slow method did not pay"},
	{"checkout.session.expired", ofSession, false, "a payment page ran out"},
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

// notice reads the object of an event.
func (p *Provider) notice(row eventRow, object jsontext.Value) (payment.Notice, error) {
	n := payment.Notice{Result: payment.Result{Class: payment.ClassUnknown}}
	switch row.kind {
	case ofIntent:
		var in intent
		if err := json.Unmarshal(object, &in); err != nil {
			return n, err
		}
		n.PSPRef, n.Reference, n.Result = in.ID, in.Metadata[metaAttempt], p.result(in, "")
		n.Final = row.Final && n.Result.Class == payment.ClassCaptured
	case ofCharge:
		var c charge
		if err := json.Unmarshal(object, &c); err != nil {
			return n, err
		}
		n.PSPRef, n.Reference = c.Intent.ID, c.Metadata[metaAttempt]
	case ofRefund:
		var r refund
		if err := json.Unmarshal(object, &r); err != nil {
			return n, err
		}
		n.PSPRef, n.OpRef, n.Reference, n.Result = r.Intent.ID, r.ID, r.Metadata[metaOp], r.result("")
	case ofDispute:
		var d struct {
			ID     string             `json:"id"`
			Intent expandable[intent] `json:"payment_intent"`
		}
		if err := json.Unmarshal(object, &d); err != nil {
			return n, err
		}
		n.PSPRef, n.OpRef = d.Intent.ID, d.ID
	case ofSession:
		var s session
		if err := json.Unmarshal(object, &s); err != nil {
			return n, err
		}
		n.PSPRef, n.Reference = s.Intent.ID, s.Metadata[metaAttempt]
	}
	return n, nil
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
