package adyen

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/go-json-experiment/json"
)

// linkRequest is the body of POST /paymentLinks.
type linkRequest struct {
	MerchantAccount   string            `json:"merchantAccount"`
	Reference         string            `json:"reference"`
	Amount            amount            `json:"amount"`
	Reusable          bool              `json:"reusable"`
	ReturnURL         string            `json:"returnUrl,omitzero"`
	ExpiresAt         string            `json:"expiresAt,omitzero"`
	ShopperLocale     string            `json:"shopperLocale,omitzero"`
	ShopperEmail      string            `json:"shopperEmail,omitzero"`
	ShopperStatement  string            `json:"shopperStatement,omitzero"`
	CountryCode       string            `json:"countryCode,omitzero"`
	CaptureDelayHours *int              `json:"captureDelayHours,omitzero"`
	ManualCapture     bool              `json:"manualCapture,omitzero"`
	LineItems         []lineItem        `json:"lineItems,omitempty"`
	Metadata          map[string]string `json:"metadata"`
}

// link is a payment link as Adyen shows it.
type link struct {
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	Reference string    `json:"reference"`
	Amount    amount    `json:"amount"`
	ExpiresAt time.Time `json:"expiresAt"`
}

func (p *Provider) linkRequest(c payment.HostedCharge, value amount) linkRequest {
	r := linkRequest{
		MerchantAccount:  p.cfg.MerchantAccount,
		Reference:        pageReference(c),
		Amount:           value,
		ReturnURL:        c.ReturnURL,
		ExpiresAt:        expiry(c),
		ShopperLocale:    atMost(maxLocale, c.Locale),
		ShopperEmail:     atMost(maxEmail, c.BuyerEmail),
		ShopperStatement: statement(c.StatementText),
		CountryCode:      country(c),
		ManualCapture:    c.Capture == payment.CaptureLater,
		LineItems:        lineItems(c),
		Metadata:         metadata(c.Charge),
	}
	if c.Capture == payment.CaptureNow {
		r.CaptureDelayHours = new(int)
	}
	return r
}

// closeLink expires a link. A page that is being paid stays ClassPending.
func (p *Provider) closeLink(ctx context.Context, a payment.Attempt, ref string) (payment.Result, error) {
	closed, err := p.askLink(ctx, http.MethodPatch, a, ref, []byte(`{"status":"expired"}`))
	if err != nil || closed.Class == payment.ClassNotFound {
		return closed, err
	}
	// Adyen refuses to expire a page that was paid, and does not say so in
	// words that are documented. Asking tells.
	return p.askLink(ctx, http.MethodGet, a, ref, nil)
}

var linkID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// askLink reads or changes a link. That it is paid does not name the payment,
// which every later move of the money needs: until the AUTHORISATION webhook
// names it the class is ClassPending.
func (p *Provider) askLink(ctx context.Context, method string, a payment.Attempt, ref string, body []byte) (payment.Result, error) {
	unknown := payment.Result{Class: payment.ClassUnknown, RequestID: ref}
	if ref == "" { // pages cannot be looked for; opening it again gives its id
		return payment.Result{Class: payment.ClassUnknown, DeclineCode: NoLookup}, nil
	}
	if !linkID.MatchString(ref) {
		return payment.Result{Class: payment.ClassUnknown, DeclineCode: unexpectedAnswer}, nil
	}
	r, err := p.client.Do(ctx, method, p.base.JoinPath("paymentLinks", ref), p.header(), body)
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return unknown, err
	case err != nil:
		unknown.DeclineCode = noAnswer
		return unknown, nil
	case r.Status != http.StatusOK:
		unknown.DeclineCode = fmt.Sprintf("http_%d", r.Status)
		return unknown, nil
	}
	l, ok := readLink(r)
	if !ok || l.ID != ref {
		unknown.DeclineCode = unexpectedAnswer
		return unknown, nil
	}
	if parsed := parseReference(l.Reference); parsed.attempt != a.ID || !parsed.page {
		unknown.DeclineCode = otherReference
		return unknown, nil
	}
	result := payment.Result{Class: payment.ClassPending, RequestID: ref}
	result.Amount, result.Currency, _ = l.Amount.minor()
	switch l.Status {
	case "active":
		result.DeclineCode = pageOpen
	case "paymentPending":
		result.DeclineCode = pageInProgress
	case "completed", "paid":
		result.DeclineCode = awaitingWebhook
	case "expired":
		result.Class = payment.ClassNotFound
	default:
		unknown.DeclineCode = code(l.Status)
		return unknown, nil
	}
	return result, nil
}

func readLink(r exchange.Reply) (link, bool) {
	var l link
	err := json.Unmarshal(r.Body, &l)
	_, _, ok := l.Amount.minor()
	return l, err == nil && ok && linkID.MatchString(l.ID)
}
