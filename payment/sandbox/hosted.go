package sandbox

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
	"github.com/go-json-experiment/json"
)

// Limits of a payment page.
const (
	maxLines = 100      // lines of a page; of more, none is shown
	maxTitle = 120      // characters of a line
	maxBody  = 60 << 10 // bytes of a request with lines, below what the PSP takes
)

// pageRequest is the body of POST /v1/pages.
type pageRequest struct {
	Amount      int64      `json:"amount"`
	Currency    string     `json:"currency"`
	MerchantID  string     `json:"merchant_id"`
	SessionID   string     `json:"checkout_session_id"`
	Reference   string     `json:"reference"`
	Capture     bool       `json:"capture"`
	Description string     `json:"description,omitzero"`
	Lines       []pageLine `json:"lines,omitzero"`
	ReturnURL   string     `json:"return_url"`
	CancelURL   string     `json:"cancel_url"`
	ExpiresAt   string     `json:"expires_at,omitzero"`
	Locale      string     `json:"locale,omitzero"`
}

type pageLine struct {
	Title    string `json:"title"`
	Quantity int64  `json:"quantity"`
	Amount   int64  `json:"amount"`
}

// page is a payment page as the PSP shows it.
type page struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Status    string    `json:"status"` // open, paid, expired, canceled
	Amount    int64     `json:"amount"`
	Currency  string    `json:"currency"`
	Reference string    `json:"reference"`
	ExpiresAt time.Time `json:"expires_at"`
}

// usable reports whether a buyer can be sent to the page.
func (p page) usable() bool {
	u, err := url.Parse(p.URL)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && p.ID != "" && !p.ExpiresAt.IsZero()
}

// BuildHosted implements payment.Hosted. Without lines, or with more than the
// page can show, it shows the total alone. A zero ExpiresAt is a day.
func (p *Provider) BuildHosted(h payment.HostedCharge) ([]byte, error) {
	if err := p.check(h.Charge); err != nil {
		return nil, err
	}
	for _, way := range []struct{ field, url string }{{"return_url", h.ReturnURL}, {"cancel_url", h.CancelURL}} {
		u, err := url.Parse(way.url)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.Fragment != "" {
			return nil, fmt.Errorf("sandbox payments: %s is not an http or https address without user and fragment", way.field)
		}
	}
	lines, err := pageLines(h)
	if err != nil {
		return nil, err
	}
	r := pageRequest{
		Amount:      h.Amount,
		Currency:    h.Currency,
		MerchantID:  p.merchant,
		SessionID:   h.SessionID,
		Reference:   h.AttemptID,
		Capture:     h.Capture == payment.CaptureNow,
		Description: truncate(h.StatementText, maxTitle),
		Lines:       lines,
		ReturnURL:   h.ReturnURL,
		CancelURL:   h.CancelURL,
		Locale:      h.Locale,
	}
	if !h.ExpiresAt.IsZero() {
		r.ExpiresAt = h.ExpiresAt.UTC().Format(time.RFC3339Nano)
	}
	body, err := json.Marshal(r, json.Deterministic(true))
	if err == nil && len(body) > maxBody {
		r.Lines = nil
		body, err = json.Marshal(r, json.Deterministic(true))
	}
	return body, err
}

// pageLines are the lines of the page. They add up to the amount, or it is an
// error: a page must never show another sum than it charges.
func pageLines(h payment.HostedCharge) ([]pageLine, error) {
	amounts := make([]int64, len(h.Lines))
	var lines []pageLine
	for i, l := range h.Lines {
		if l.Quantity <= 0 {
			return nil, fmt.Errorf("sandbox payments: lines[%d].quantity: %d is not a number of units", i, l.Quantity)
		}
		amounts[i] = l.Amount
		title := truncate(l.Title, maxTitle)
		if title == "" {
			title = "Item"
		}
		lines = append(lines, pageLine{Title: title, Quantity: l.Quantity, Amount: l.Amount})
	}
	if sum, err := money.Add(amounts...); len(lines) > 0 && (err != nil || sum != h.Amount) {
		return nil, errors.New("sandbox payments: lines do not add up to the amount")
	}
	if len(lines) > maxLines {
		return nil, nil
	}
	return lines, nil
}

// OpenHosted implements payment.Hosted. A refusal is classified as one of a
// charge is; ClassUnknown says that there may be a page, and that asking again
// under the same key gives it.
func (p *Provider) OpenHosted(ctx context.Context, key string, body []byte) (payment.HostedPage, payment.Result, error) {
	r, err := p.exchange(ctx, http.MethodPost, "/v1/pages", nil, body, key)
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return payment.HostedPage{}, payment.Result{}, err
	case err != nil:
		return payment.HostedPage{}, payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: "no_answer"}, nil
	case r.status != http.StatusCreated:
		return payment.HostedPage{}, classify(r), nil
	}
	var made page
	if err := json.Unmarshal(r.body, &made); err != nil || !made.usable() {
		return payment.HostedPage{}, payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: "unexpected_answer"}, nil
	}
	return payment.HostedPage{Ref: made.ID, URL: made.URL, ExpiresAt: made.ExpiresAt},
		payment.Result{Class: payment.ClassPending, RequestID: r.requestID, Amount: made.Amount, Currency: made.Currency}, nil
}

// ReconcileHosted implements payment.Hosted. ClassPending while the page can be
// paid, ClassNotFound once it is over without a payment. The page is found by
// the attempt alone: ref only says which one is meant, and what the buyer's
// browser brought back is not read, because it proves nothing. Where the PSP
// has no page, the reference is closed to what is still on its way, as by
// Reconcile; an open page is never closed by asking.
func (p *Provider) ReconcileHosted(ctx context.Context, a payment.Attempt, ref, _ string) (payment.Result, error) {
	return p.reconcile(ctx, a, ref)
}

// CloseHosted implements payment.Hosted. The attempt's reference is closed for
// good, and its page with it, known or not: a request for a page that is still
// on its way is refused.
func (p *Provider) CloseHosted(ctx context.Context, a payment.Attempt, ref string) (payment.Result, error) {
	found, result, err := p.close(ctx, a.ID, []byte("{}"))
	if err != nil || found == nil {
		return result, err
	}
	return found.result(a, ref, result.RequestID), nil
}

// result says what the PSP's knowledge of an attempt comes to. ref is the page
// that is meant, "" for whichever there is.
func (r references) result(a payment.Attempt, ref, requestID string) payment.Result {
	unknown := payment.Result{Class: payment.ClassUnknown, RequestID: requestID, DeclineCode: "unexpected_answer"}
	if r.Page != nil && (r.Page.Reference != a.ID || ref != "" && r.Page.ID != ref) || r.Page == nil && ref != "" {
		unknown.DeclineCode = "page_of_another_payment"
		return unknown
	}
	switch {
	case len(r.Charges) == 1 && r.Charges[0].Reference == a.ID:
		charged := r.Charges[0].result()
		charged.RequestID = requestID
		return charged
	case len(r.Charges) > 0:
		return unknown
	case r.Page == nil:
		if !r.Closed {
			return unknown
		}
		return payment.Result{Class: payment.ClassNotFound, RequestID: requestID}
	}
	switch r.Page.Status {
	case "open":
		return payment.Result{Class: payment.ClassPending, RequestID: requestID, Currency: r.Page.Currency}
	case "expired", "canceled":
		return payment.Result{Class: payment.ClassNotFound, RequestID: requestID, DeclineCode: "page_" + r.Page.Status}
	}
	unknown.DeclineCode = "page_" + strings.ToLower(truncate(r.Page.Status, maxTitle))
	return unknown
}
