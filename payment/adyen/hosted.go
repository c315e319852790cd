package adyen

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/go-json-experiment/json"
)

// Kinds of payment page, as Config.Page.
const (
	// PageLink is a Pay by Link, which can be asked about and closed at any time.
	PageLink = "link"
	// PageSession is Hosted Checkout: a session that is asked about once, with
	// what the buyer's browser brings back, and that cannot be closed.
	PageSession = "session"
)

// Limits of pages (v72).
const (
	maxLines    = 100 // of ours; the document names none
	maxLineText = 250 // likewise, in characters
	maxLocale   = 32
)

// Words for a page that is not decided yet, as DeclineCode.
const (
	pageOpen        = "page_open"
	pageInProgress  = "page_in_progress"
	awaitingWebhook = "awaiting_webhook"
)

type lineItem struct {
	Description        string `json:"description"`
	Quantity           int64  `json:"quantity"`
	AmountIncludingTax int64  `json:"amountIncludingTax"` // of one unit
}

// opening is what the requests for both kinds of page have in common. The kind
// is the body's own, so that a page that was asked for under one configuration
// is the same page under another.
type opening struct {
	Mode      string    `json:"mode"` // hostedMode for a session
	Reference string    `json:"reference"`
	Amount    amount    `json:"amount"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// opened is what the answers have in common.
type opened struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Reference string    `json:"reference"`
	Amount    amount    `json:"amount"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// BuildHosted implements payment.Hosted. The line items are sent when each can
// be told exactly as a price per unit, and none otherwise: the amount is what
// is charged, they are for the buyer to recognise. Adyen's pages have no
// address of their own for a buyer who does not pay, so CancelURL is not used.
func (p *Provider) BuildHosted(c payment.HostedCharge) ([]byte, error) {
	value, err := p.checkCharge(c.Charge)
	if err != nil {
		return nil, err
	}
	if !c.Credential.Token.IsZero() {
		return nil, errors.New("adyen payments: a payment page takes no token")
	}
	if c.ReturnURL != "" {
		if u, err := url.Parse(c.ReturnURL); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(c.ReturnURL) > maxReturnURL {
			return nil, fmt.Errorf("adyen payments: the return address is not an http or https address of at most %d bytes", maxReturnURL)
		}
	}
	if p.cfg.Page == PageSession {
		return json.Marshal(p.sessionRequest(c, value), json.Deterministic(true))
	}
	return json.Marshal(p.linkRequest(c, value), json.Deterministic(true))
}

// pageReference is the reference of a payment on a page.
func pageReference(c payment.HostedCharge) string {
	return reference{attempt: c.AttemptID, page: true, held: c.Capture == payment.CaptureLater}.String()
}

// expiry is when a page is to close, as it is sent.
func expiry(c payment.HostedCharge) string {
	if c.ExpiresAt.IsZero() {
		return ""
	}
	return c.ExpiresAt.UTC().Format(time.RFC3339)
}

// atMost is text that is sent whole or not at all.
func atMost(limit int, text string) string {
	if len(text) > limit {
		return ""
	}
	return text
}

func country(c payment.HostedCharge) string {
	if c.Billing != nil && len(c.Billing.Country) == 2 {
		return c.Billing.Country
	}
	return ""
}

func lineItems(c payment.HostedCharge) []lineItem {
	if len(c.Lines) > maxLines {
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
	var sent opening
	if err := json.Unmarshal(body, &sent); err != nil {
		return payment.HostedPage{}, unknown, fmt.Errorf("%w: the body is not one that BuildHosted made", payment.ErrNotSent)
	}
	path, session := "paymentLinks", sent.Mode == hostedMode
	if session {
		path = "sessions"
		if !sent.ExpiresAt.IsZero() && !p.cfg.Now().Before(sent.ExpiresAt) {
			// Adyen would refuse it if it has forgotten the key by now, and that
			// must not pass for a no to a page that was opened, and paid, in time.
			unknown.DeclineCode = pageOver
			return payment.HostedPage{}, unknown, nil
		}
	}
	r, err := p.post(ctx, key, body, path)
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return payment.HostedPage{}, payment.Result{}, err
	case err != nil:
		unknown.DeclineCode = noAnswer
		return payment.HostedPage{}, unknown, nil
	case r.Status != http.StatusCreated:
		return payment.HostedPage{}, p.noPage(r), nil
	}
	var o opened
	err = json.Unmarshal(r.Body, &o)
	minor, currency, readable := o.Amount.minor()
	if err != nil || !readable || !linkID.MatchString(o.ID) || isSession(o.ID) != session || !p.isPage(o.URL) {
		unknown.DeclineCode = unexpectedAnswer
		return payment.HostedPage{}, unknown, nil
	}
	if o.Reference != sent.Reference || o.Amount != sent.Amount {
		unknown.DeclineCode = otherReference
		return payment.HostedPage{}, unknown, nil
	}
	return payment.HostedPage{Ref: o.ID, URL: o.URL, ExpiresAt: o.ExpiresAt},
		payment.Result{Class: payment.ClassPending, RequestID: o.ID, DeclineCode: pageOpen, Amount: minor, Currency: currency}, nil
}

// isPage reports whether a buyer can be sent to an address.
func (p *Provider) isPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http" && !p.cfg.Live) && u.Host != ""
}

// noPage reads the refusal of a page. Whatever the code, a request that Adyen
// has refused has made no page, and nothing was charged by it.
func (p *Provider) noPage(r exchange.Reply) payment.Result {
	result := p.refusal(r)
	refused := r.Status >= 400 && r.Status < 500 && r.Status != http.StatusRequestTimeout && r.Status != http.StatusConflict
	if result.Class == payment.ClassUnknown && refused && !strings.EqualFold(r.Header.Get("Transient-Error"), "true") {
		result.Class = payment.ClassProcessorError
	}
	return result
}

// ReconcileHosted implements payment.Hosted. result is the query of the return
// address. A link is asked about without; a session only with it, see
// askSession.
func (p *Provider) ReconcileHosted(ctx context.Context, a payment.Attempt, ref, result string) (payment.Result, error) {
	if isSession(ref) {
		return p.askSession(ctx, a, ref, result)
	}
	return p.askLink(ctx, http.MethodGet, a, ref, nil)
}

// CloseHosted implements payment.Hosted. A link that is being paid stays
// ClassPending, and so does every session: Adyen cannot close it, and nothing
// is asked for.
func (p *Provider) CloseHosted(ctx context.Context, a payment.Attempt, ref string) (payment.Result, error) {
	if isSession(ref) {
		r := p.unread(a, ref)
		r.DeclineCode = pageStays
		return r, nil
	}
	return p.closeLink(ctx, a, ref)
}
