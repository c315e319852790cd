package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// Limits of a payment page.
const (
	maxLines     = 100 // lines of a page; more become one
	maxTitle     = 250 // characters of a line
	maxReference = 200 // bytes of client_reference_id
)

// locales are the languages of Stripe's pages, beside "auto".
var locales = strings.Fields(`bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt
	nb nl pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW`)

// session is a Checkout Session, as far as it is read.
type session struct {
	ID       string             `json:"id"`
	URL      string             `json:"url"`
	Status   string             `json:"status"` // open, complete, expired
	Total    int64              `json:"amount_total"`
	Currency string             `json:"currency"`
	Live     bool               `json:"livemode"`
	Expires  int64              `json:"expires_at"`
	Intent   expandable[intent] `json:"payment_intent"`
	Metadata map[string]string  `json:"metadata"`
}

// BuildHosted implements payment.Hosted. The lines are shown one by one where
// Stripe can; where they cannot (a discount is a line below zero, or there are
// more than a hundred) the page shows the total as one line, because the total
// that was agreed is what must be charged. Stripe wants ExpiresAt between 30
// minutes and 24 hours away and refuses the page otherwise; zero is 24 hours.
func (p *Provider) BuildHosted(h payment.HostedCharge) ([]byte, error) {
	total, err := p.check(h.Charge)
	if err != nil {
		return nil, err
	}
	var f form
	f.add("mode", "payment")
	for _, page := range []struct{ field, parameter, url string }{{"return_url", "success_url", h.ReturnURL}, {"cancel_url", "cancel_url", h.CancelURL}} {
		u, err := url.Parse(page.url)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
			return nil, fmt.Errorf("stripe payments: %s is not an http or https address", page.field)
		}
		f.add(page.parameter, page.url)
	}
	lines, err := hostedLines(h, total)
	if err != nil {
		return nil, err
	}
	for i, l := range lines {
		at := "line_items[" + strconv.Itoa(i) + "]"
		f.addInt(at+"[quantity]", l.quantity)
		f.add(at+"[price_data][currency]", h.Currency)
		f.addInt(at+"[price_data][unit_amount]", l.unit)
		f.add(at+"[price_data][product_data][name]", l.title)
	}
	if len(h.SessionID) <= maxReference {
		f.add("client_reference_id", h.SessionID)
	}
	if len(h.BuyerEmail) <= maxEmail {
		f.add("customer_email", h.BuyerEmail)
	}
	if !h.ExpiresAt.IsZero() {
		f.addInt("expires_at", h.ExpiresAt.Unix())
	}
	f.add("locale", locale(h.Locale))
	addMetadata(&f, "metadata", h.Charge)
	if h.RequireAuthentication {
		f.add(threeDS+"[request_three_d_secure]", "any")
	}
	f.add("payment_intent_data[capture_method]", captureMethod(h.Capture))
	f.add("payment_intent_data[description]", description(h.Charge))
	addMetadata(&f, "payment_intent_data[metadata]", h.Charge)
	f.add("payment_intent_data[metadata]["+metaHosted+"]", "true")
	return f.b, nil
}

// line is a line of a page, in Stripe's units.
type line struct {
	title          string
	quantity, unit int64
}

// hostedLines turns the lines into Stripe's. Their sum is the total, or it is
// an error: a page must never charge another amount.
func hostedLines(h payment.HostedCharge, total int64) ([]line, error) {
	one := []line{{title: clip(or(strings.TrimSpace(h.StatementText+" "+h.OrderID), "Order"), maxTitle), quantity: 1, unit: total}}
	if len(h.Lines) == 0 {
		return one, nil
	}
	amounts := make([]int64, len(h.Lines))
	for i, l := range h.Lines {
		if l.Quantity <= 0 {
			return nil, fmt.Errorf("stripe payments: lines[%d].quantity: %d is not a number of units", i, l.Quantity)
		}
		amounts[i] = l.Amount
	}
	if sum, err := money.Add(amounts...); err != nil || sum != h.Amount {
		return nil, errors.New("stripe payments: lines do not add up to the amount")
	}
	if len(h.Lines) > maxLines {
		return one, nil
	}
	lines := make([]line, len(h.Lines))
	for i, l := range h.Lines {
		units, err := toStripe(l.Amount, h.Currency)
		if err != nil || units < 0 {
			return one, nil
		}
		lines[i] = line{title: clip(or(strings.TrimSpace(l.Title), "Item"), maxTitle), quantity: l.Quantity, unit: units / l.Quantity}
		if units%l.Quantity != 0 { // three for ten: no unit has that price
			lines[i] = line{title: clip(strconv.FormatInt(l.Quantity, 10)+" × "+lines[i].title, maxTitle), quantity: 1, unit: units}
		}
	}
	return lines, nil
}

// locale picks the page's language: the tag itself, its language, or the
// browser's.
func locale(tag string) string {
	language, _, _ := strings.Cut(tag, "-")
	for _, want := range []string{tag, language} {
		if slices.Contains(locales, want) {
			return want
		}
	}
	return "auto"
}

// OpenHosted implements payment.Hosted. A refusal is classified as one of a
// charge is; ClassUnknown says that there may be a page, and that asking again
// under the same key gives it. err is ErrNotSent or nil.
func (p *Provider) OpenHosted(ctx context.Context, key string, body []byte) (payment.HostedPage, payment.Result, error) {
	if key == "" || len(key) > maxKey {
		return payment.HostedPage{}, payment.Result{Class: payment.ClassProcessorError, DeclineCode: "idempotency_key_length"}, nil
	}
	r, err := p.do(ctx, call{method: http.MethodPost, path: []string{"v1", "checkout", "sessions"}, body: body, key: key})
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return payment.HostedPage{}, payment.Result{}, err
	case err != nil:
		return payment.HostedPage{}, payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: "no_answer"}, nil
	case r.status >= 500 && r.replayed:
		return p.pageOfFailure(ctx, r, body)
	case r.status != http.StatusOK:
		f := r.failure()
		row, _ := errorRowOf(r.status, f)
		return payment.HostedPage{}, payment.Result{Class: row.Class, RequestID: r.requestID, DeclineCode: or(f.reason(), "http_"+strconv.Itoa(r.status))}, nil
	}
	var s session
	if json.Unmarshal(r.body, &s) != nil {
		return payment.HostedPage{}, r.unexpected(), nil
	}
	page, result := p.opened(s, r.requestID)
	return page, result, nil
}

// opened gives the page of a session that is open.
func (p *Provider) opened(s session, requestID string) (payment.HostedPage, payment.Result) {
	unexpected := reply{requestID: requestID}.unexpected()
	amount, err := fromStripe(s.Total, s.Currency)
	if u, err2 := url.Parse(s.URL); s.ID == "" || s.Live != p.cfg.Live || err != nil || err2 != nil || u.Host == "" {
		return payment.HostedPage{}, unexpected
	}
	page := payment.HostedPage{Ref: s.ID, URL: s.URL, ExpiresAt: time.Unix(s.Expires, 0).UTC()}
	return page, payment.Result{Class: payment.ClassPending, PSPRef: s.Intent.ID, RequestID: requestID, Amount: amount, Currency: s.Currency}
}

// pageOfFailure looks for the page of a request whose stored answer is a
// failure: Stripe repeats that for a day, and there may be a page all the same.
func (p *Provider) pageOfFailure(ctx context.Context, r reply, body []byte) (payment.HostedPage, payment.Result, error) {
	unknown := payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: "stored_http_" + strconv.Itoa(r.status)}
	sent, err := url.ParseQuery(string(body))
	attempt := sent.Get("metadata[" + metaAttempt + "]")
	if err != nil || attempt == "" {
		return payment.HostedPage{}, unknown, nil
	}
	now := p.now()
	if found, result, err := p.findSession(ctx, attempt, now.Add(-lookback), now.Add(clockSkew)); err == nil && found.ID != "" {
		page, result := p.opened(found, result.RequestID)
		return page, result, nil
	}
	return payment.HostedPage{}, unknown, nil // asking failed; the request itself was sent
}

// ReconcileHosted implements payment.Hosted. ClassPending while the page is
// open or a slow method is under way; ClassNotFound when it expired unpaid.
// What the buyer's browser brought back is not read: it proves nothing. Without
// a ref the page is looked for by the attempt's id.
func (p *Provider) ReconcileHosted(ctx context.Context, a payment.Attempt, ref, _ string) (payment.Result, error) {
	if ref == "" {
		found, result, err := p.lost(ctx, a)
		if err != nil || found.ID == "" {
			return result, err
		}
		ref = found.ID
	}
	var s session
	r, result, ok, err := p.get(ctx, call{path: []string{"v1", "checkout", "sessions", ref}, query: url.Values{"expand[]": {"payment_intent"}}.Encode()}, &s)
	if !ok {
		return result, err
	}
	if s.ID != ref {
		return r.unexpected(), nil
	}
	return p.sessionResult(a, s, r.requestID), nil
}

// sessionResult says what a page, with its payment expanded, comes to.
func (p *Provider) sessionResult(a payment.Attempt, s session, requestID string) payment.Result {
	unknown := payment.Result{Class: payment.ClassUnknown, RequestID: requestID}
	if s.Metadata[metaAttempt] != a.ID || s.Live != p.cfg.Live {
		unknown.DeclineCode = "page_of_another_payment"
		return unknown
	}
	switch s.Status {
	case "open":
		return payment.Result{Class: payment.ClassPending, PSPRef: s.Intent.ID, RequestID: requestID, Currency: s.Currency}
	case "expired":
		return payment.Result{Class: payment.ClassNotFound, RequestID: requestID, DeclineCode: "page_expired"}
	case "complete":
		if s.Intent.Object == nil {
			unknown.DeclineCode = "page_without_payment"
			return unknown
		}
		// The page is closed: a refusal is final now.
		in := *s.Intent.Object
		in.Metadata = nil
		return ended(a, in, p.result(in, requestID))
	}
	unknown.DeclineCode = "page_" + s.Status
	return unknown
}

// lost looks for the page of an attempt of which we never learned. Without one
// the result says what may be said: nobody has the address of a page that we do
// not know of.
func (p *Provider) lost(ctx context.Context, a payment.Attempt) (session, payment.Result, error) {
	found, result, err := p.findSession(ctx, a.ID, a.CreatedAt.Add(-clockSkew), a.CreatedAt.Add(settled+clockSkew))
	if err == nil && result.Class == payment.ClassNotFound {
		result = p.notFound(a.CreatedAt, result)
	}
	return found, result, err
}

// findSession looks for the page of an attempt among those made between two
// times. The result is of ClassNotFound when there is none.
func (p *Provider) findSession(ctx context.Context, attempt string, from, to time.Time) (session, payment.Result, error) {
	var found session
	query := url.Values{"created[gte]": {unix(from)}, "created[lte]": {unix(to)}}
	whole, result, err := eachPage(ctx, p, []string{"v1", "checkout", "sessions"}, query, maxPages, func(s session) bool {
		if s.Metadata[metaAttempt] == attempt {
			found = s
		}
		return found.ID == ""
	}, func(s session) string { return s.ID })
	switch {
	case err != nil || result.DeclineCode != "" || found.ID != "":
		return found, result, err
	case !whole:
		result.DeclineCode = "too_many_pages_to_list"
		return found, result, nil
	}
	result.Class = payment.ClassNotFound
	return found, result, nil
}

// CloseHosted implements payment.Hosted.
func (p *Provider) CloseHosted(ctx context.Context, a payment.Attempt, ref string) (payment.Result, error) {
	if ref == "" {
		found, result, err := p.lost(ctx, a)
		if err != nil || found.ID == "" {
			return result, err
		}
		ref = found.ID
	}
	r, err := p.do(ctx, call{method: http.MethodPost, path: []string{"v1", "checkout", "sessions", ref, "expire"}})
	if err != nil {
		return silence(r, err)
	}
	var s session
	if r.status == http.StatusOK && json.Unmarshal(r.body, &s) == nil && s.ID == ref && s.Status == "expired" {
		return p.sessionResult(a, s, r.requestID), nil
	}
	// It is not open any more, or the answer is not clear: the page knows.
	return p.ReconcileHosted(ctx, a, ref, "")
}
