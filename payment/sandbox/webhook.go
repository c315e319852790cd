package sandbox

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/go-json-experiment/json"
)

const maxWebhook = 64 << 10 // bytes of a body

// ErrWebhook is returned for a request that the sandbox PSP did not sign: no
// secret is configured, the method is another, or the signature is missing,
// wrong or too old.
var ErrWebhook = errors.New("sandbox payments: the webhook is not signed by the sandbox")

// event is a webhook's body.
type event struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	Created    time.Time `json:"created"`
	MerchantID string    `json:"merchant_id"`
	Data       struct {
		Reference string `json:"reference"`
		Charge    string `json:"charge"`
		Status    string `json:"status"`
		Decline   string `json:"decline_code"`
		Amount    int64  `json:"amount"`
		Captured  int64  `json:"amount_captured"`
		Currency  string `json:"currency"`
		Page      string `json:"page"`
		Brand     string `json:"card_brand"`
		Operation *struct {
			ID        string `json:"id"`
			Kind      string `json:"kind"`
			Reference string `json:"reference"`
			Amount    int64  `json:"amount"`
		} `json:"operation"`
	} `json:"data"`
}

// ReceiveWebhook implements payment.Webhooks. The error is ErrWebhook for what
// the sandbox did not sign; another says that a signed event cannot be read,
// answered with 500 so that it comes again. Events of other accounts, and of
// types that are not known, are acknowledged without a notice.
func (p *Provider) ReceiveWebhook(w payment.WebhookRequest) ([]payment.Notice, payment.WebhookAnswer, error) {
	if w.Method != http.MethodPost || len(w.Body) > maxWebhook || !exchange.Signed(p.webhookSecret, w.Header.Get("Sandbox-Signature"), w.Body, p.now()) {
		return nil, payment.WebhookAnswer{Status: http.StatusUnauthorized}, ErrWebhook
	}
	var e event
	if err := json.Unmarshal(w.Body, &e); err != nil || e.ID == "" || e.Type == "" {
		return nil, payment.WebhookAnswer{Status: http.StatusInternalServerError}, errors.New("sandbox payments: a signed webhook is not an event")
	}
	thanks := payment.WebhookAnswer{Status: http.StatusOK}
	if e.MerchantID != p.merchant {
		return nil, thanks, nil
	}
	n, known := e.notice()
	if !known {
		return nil, thanks, nil
	}
	return []payment.Notice{n}, thanks, nil
}

// operationClass says what a move of each kind has come to when it is reported.
var operationClass = map[payment.OpKind]payment.Class{
	payment.OpCapture: payment.ClassCaptured,
	payment.OpVoid:    payment.ClassVoided,
	payment.OpRefund:  payment.ClassRefunded,
}

// notice says what an event means. Every one of them is about something that
// is decided, but for a card that a page refused: another may be tried there.
func (e event) notice() (n payment.Notice, known bool) {
	n = payment.Notice{ID: e.ID, Reference: e.Data.Reference, PSPRef: e.Data.Charge, PageRef: e.Data.Page, Kind: e.Type, At: e.Created,
		Result: payment.Result{Class: payment.ClassUnknown, PSPRef: e.Data.Charge, DeclineCode: e.Data.Decline, Currency: e.Data.Currency}}
	switch e.Type {
	case "charge.succeeded", "charge.authorized", "charge.failed":
		c := charge{ID: e.Data.Charge, Status: e.Data.Status, Decline: e.Data.Decline, Amount: e.Data.Amount, Captured: e.Data.Captured, Currency: e.Data.Currency}
		c.Card.Brand = e.Data.Brand
		n.Result = c.result()
		n.Final = n.Result.Class != payment.ClassUnknown && n.Result.Class != payment.ClassPending
	case "charge.captured", "charge.voided", "charge.refunded":
		op := e.Data.Operation
		if op == nil {
			return payment.Notice{}, false
		}
		n.Subject, n.Reference, n.OpRef, n.OpKind = payment.AboutOperation, op.Reference, op.ID, payment.OpKind(op.Kind)
		n.Result = payment.Result{Class: operationClass[n.OpKind], PSPRef: op.ID, Amount: op.Amount, Currency: e.Data.Currency}
		if n.Result.Class == "" {
			n.Result.Class = payment.ClassUnknown
		}
		if n.Result.Class == payment.ClassCaptured {
			n.Result.Captured = op.Amount
		}
		n.Final = n.Result.Class != payment.ClassUnknown
	case "page.expired", "page.canceled":
		n.Subject, n.Final = payment.AboutPage, true
		n.Result = payment.Result{Class: payment.ClassNotFound, DeclineCode: strings.ReplaceAll(e.Type, ".", "_")}
	default:
		return payment.Notice{}, false
	}
	return n, true
}
