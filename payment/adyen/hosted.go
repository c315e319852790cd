package adyen

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/go-json-experiment/json"
)

// A payment page is a Pay by Link and not a hosted session, because a link can
// be asked about and closed, and a session can be neither.

// Limits of payment links (v72).
const (
	maxLinkLines = 100 // of ours; the document names none
	maxLineText  = 250 // likewise, in characters
	maxLocale    = 32
)

// Words for a page that is not decided yet, as DeclineCode.
const (
	pageOpen        = "page_open"
	pageInProgress  = "page_in_progress"
	awaitingWebhook = "awaiting_webhook"
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

type lineItem struct {
	Description        string `json:"description"`
	Quantity           int64  `json:"quantity"`
	AmountIncludingTax int64  `json:"amountIncludingTax"` // of one unit
}

// link is a payment link as Adyen shows it.
type link struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Status    string    `json:"status"`
	Reference string    `json:"reference"`
	Amount    amount    `json:"amount"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// BuildHosted implements payment.Hosted. The line items are sent when each can
// be told exactly as a price per unit, and none otherwise: the amount is what
// is charged, they are for the buyer to recognise. Adyen's page has no way
// back for a buyer who does not pay, so CancelURL is not used.
func (p *Provider) BuildHosted(c payment.HostedCharge) ([]byte, error) {
	value, err := p.checkCharge(c.Charge)
	if err != nil {
		return nil, err
	}
	if !c.Credential.Token.IsZero() {
		return nil, errors.New("adyen payments: a payment page takes no token")
	}
	if c.ReturnURL != "" {
		if u, err := url.Parse(c.ReturnURL); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
			return nil, errors.New("adyen payments: the return address is not an http or https address")
		}
	}
	r := linkRequest{
		MerchantAccount:  p.cfg.MerchantAccount,
		Reference:        reference{attempt: c.AttemptID, page: true, held: c.Capture == payment.CaptureLater}.String(),
		Amount:           value,
		ReturnURL:        c.ReturnURL,
		ShopperStatement: statement(c.StatementText),
		ManualCapture:    c.Capture == payment.CaptureLater,
		LineItems:        lineItems(c),
		Metadata:         metadata(c.Charge),
	}
	if c.Capture == payment.CaptureNow {
		r.CaptureDelayHours = new(int)
	}
	if !c.ExpiresAt.IsZero() {
		r.ExpiresAt = c.ExpiresAt.UTC().Format(time.RFC3339)
	}
	if len(c.Locale) <= maxLocale {
		r.ShopperLocale = c.Locale
	}
	if len(c.BuyerEmail) <= maxEmail {
		r.ShopperEmail = c.BuyerEmail
	}
	if c.Billing != nil && len(c.Billing.Country) == 2 {
		r.CountryCode = c.Billing.Country
	}
	return json.Marshal(r, json.Deterministic(true))
}

func lineItems(c payment.HostedCharge) []lineItem {
	if len(c.Lines) > maxLinkLines {
		return nil
	}
	var items []lineItem
	var total int64
	for _, l := range c.Lines {
		text := []rune(l.Title)
		if l.Quantity <= 0 || l.Amount < 0 || l.Amount%l.Quantity != 0 {
			return nil
		}
		unit, err := scale.ToPSP(l.Amount/l.Quantity, c.Currency)
		if err != nil {
			return nil
		}
		if total, err = money.Add(total, l.Amount); err != nil {
			return nil
		}
		items = append(items, lineItem{Description: string(text[:min(len(text), maxLineText)]), Quantity: l.Quantity, AmountIncludingTax: unit})
	}
	if total != c.Amount {
		return nil
	}
	return items
}

// OpenHosted implements payment.Hosted.
func (p *Provider) OpenHosted(ctx context.Context, key string, body []byte) (payment.HostedPage, payment.Result, error) {
	unknown := payment.Result{Class: payment.ClassUnknown}
	var sent linkRequest
	if err := json.Unmarshal(body, &sent); err != nil {
		return payment.HostedPage{}, unknown, fmt.Errorf("%w: the body is not one that BuildHosted made", payment.ErrNotSent)
	}
	r, err := p.post(ctx, key, body, "paymentLinks")
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return payment.HostedPage{}, payment.Result{}, err
	case err != nil:
		unknown.DeclineCode = noAnswer
		return payment.HostedPage{}, unknown, nil
	case r.Status != http.StatusCreated:
		return payment.HostedPage{}, p.noLink(r), nil
	}
	l, ok := readLink(r)
	target, err := url.Parse(l.URL)
	if !ok || err != nil || (target.Scheme != "https" && (p.cfg.Live || target.Scheme != "http")) || target.Host == "" {
		unknown.DeclineCode = unexpectedAnswer
		return payment.HostedPage{}, unknown, nil
	}
	if l.Reference != sent.Reference || l.Amount != sent.Amount {
		unknown.DeclineCode = otherReference
		return payment.HostedPage{}, unknown, nil
	}
	minor, currency, _ := l.Amount.minor()
	return payment.HostedPage{Ref: l.ID, URL: l.URL, ExpiresAt: l.ExpiresAt},
		payment.Result{Class: payment.ClassPending, RequestID: l.ID, DeclineCode: pageOpen, Amount: minor, Currency: currency}, nil
}

// noLink reads the refusal of a link. Whatever the code, a request that Adyen
// has refused has made no page, and nothing was charged by it.
func (p *Provider) noLink(r exchange.Reply) payment.Result {
	result := p.refusal(r)
	refused := r.Status >= 400 && r.Status < 500 && r.Status != http.StatusRequestTimeout && r.Status != http.StatusConflict
	if result.Class == payment.ClassUnknown && refused && !strings.EqualFold(r.Header.Get("Transient-Error"), "true") {
		result.Class = payment.ClassProcessorError
	}
	return result
}

// ReconcileHosted implements payment.Hosted. That a page is paid does not name
// the payment, which every later move of the money needs: until the
// AUTHORISATION webhook names it the class is ClassPending. result is not
// used: a link's return address carries none.
func (p *Provider) ReconcileHosted(ctx context.Context, a payment.Attempt, ref, _ string) (payment.Result, error) {
	return p.askLink(ctx, http.MethodGet, a, ref, nil)
}

// CloseHosted implements payment.Hosted. A page that is being paid stays
// ClassPending.
func (p *Provider) CloseHosted(ctx context.Context, a payment.Attempt, ref string) (payment.Result, error) {
	closed, err := p.askLink(ctx, http.MethodPatch, a, ref, []byte(`{"status":"expired"}`))
	if err != nil || closed.Class == payment.ClassNotFound {
		return closed, err
	}
	// Adyen refuses to expire a page that was paid, and does not say so in
	// words that are documented. Asking tells.
	return p.askLink(ctx, http.MethodGet, a, ref, nil)
}

var linkID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (p *Provider) askLink(ctx context.Context, method string, a payment.Attempt, ref string, body []byte) (payment.Result, error) {
	unknown := payment.Result{Class: payment.ClassUnknown, RequestID: ref}
	if ref == "" { // links cannot be looked for; opening it again gives its id
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
