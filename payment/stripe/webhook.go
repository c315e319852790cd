package stripe

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxWebhook is the longest body of a webhook that is read, in bytes.
const MaxWebhook = 1 << 20

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
	if w.Method != http.MethodPost || len(w.Body) > MaxWebhook || !exchange.Signed(p.cfg.WebhookSecret, w.Header.Get("Stripe-Signature"), w.Body, p.now()) {
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
