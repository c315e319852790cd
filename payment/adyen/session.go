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

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// hostedMode makes a session one of Hosted Checkout: a page of Adyen's and not
// a form on one of ours.
const hostedMode = "hosted"

// How long nobody can know better than that a session may be paid.
const (
	// maxSessionLife is the longest that Adyen lets a session live. When exactly
	// one ends is sealed with its attempt and not known here.
	maxSessionLife = 24 * time.Hour
	// webhookMargin is for the webhook of somebody who paid in the last moment.
	webhookMargin = time.Hour
)

// Words for a session, as DeclineCode.
const (
	pageCanceled = "page_canceled"
	pageStays    = "page_cannot_be_closed"
	pageOver     = "page_over" // its time is over, and nobody has said what came of it
	pageRefused  = "page_refused"
)

// sessionRequest is the body of POST /sessions.
type sessionRequest struct {
	MerchantAccount   string              `json:"merchantAccount"`
	Reference         string              `json:"reference"`
	Amount            amount              `json:"amount"`
	Mode              string              `json:"mode"`
	ReturnURL         string              `json:"returnUrl"`
	ThemeID           string              `json:"themeId,omitzero"`
	Channel           string              `json:"channel"`
	ExpiresAt         string              `json:"expiresAt,omitzero"`
	ShopperLocale     string              `json:"shopperLocale,omitzero"`
	ShopperEmail      string              `json:"shopperEmail,omitzero"`
	ShopperStatement  string              `json:"shopperStatement,omitzero"`
	CountryCode       string              `json:"countryCode,omitzero"`
	CaptureDelayHours *int                `json:"captureDelayHours,omitzero"`
	AdditionalData    map[string]string   `json:"additionalData,omitempty"`
	Authentication    *authenticationData `json:"authenticationData,omitzero"`
	LineItems         []lineItem          `json:"lineItems,omitempty"`
	Metadata          map[string]string   `json:"metadata"`
}

// session is the answer to GET /sessions/{id}. It is of the moment at which the
// buyer was sent back, and Adyen does not update it.
type session struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Reference string `json:"reference"`
	Payments  []struct {
		PSPReference string `json:"pspReference"`
		ResultCode   string `json:"resultCode"`
		Amount       amount `json:"amount"`
	} `json:"payments"`
}

// sessionStatuses are the values of status in the answer to a session that is
// asked about with its result.
var sessionStatuses = []row{
	{"active", "it can be paid", payment.ClassPending, fromSpec},
	{"canceled", "the buyer has left it; whether it can be paid later is not said", payment.ClassPending, fromSpec},
	{"paymentPending", "the buyer is paying, or the method takes its time", payment.ClassPending, fromSpec},
	{"completed", "paid, when the answer names the one payment; else the webhook tells", payment.ClassAuthorized, fromSpec},
	{"refused", "too many payments were refused, and it takes no more", payment.ClassDeclined, fromSpec},
	{"expired", "its time is over, and it was not paid", payment.ClassNotFound, fromSpec},
}

var sessionClass = index(sessionStatuses)

func (p *Provider) sessionRequest(c payment.HostedCharge, value amount) sessionRequest {
	r := sessionRequest{
		MerchantAccount:  p.cfg.MerchantAccount,
		Reference:        pageReference(c),
		Amount:           value,
		Mode:             hostedMode,
		ReturnURL:        c.ReturnURL,
		ThemeID:          p.cfg.PageTheme,
		Channel:          "Web",
		ExpiresAt:        expiry(c),
		ShopperLocale:    atMost(maxLocale, c.Locale),
		ShopperEmail:     atMost(maxEmail, c.BuyerEmail),
		ShopperStatement: statement(c.StatementText),
		CountryCode:      country(c),
		LineItems:        lineItems(c),
		Metadata:         metadata(c.Charge),
	}
	if r.ReturnURL == "" { // which a session requires
		r.ReturnURL = p.cfg.ReturnURL
	}
	if c.RequireAuthentication {
		r.Authentication = &authenticationData{"always"}
	}
	if c.Capture == payment.CaptureLater {
		r.AdditionalData = map[string]string{manualCapture: "true"}
	} else {
		r.CaptureDelayHours = new(int)
	}
	return r
}

var sessionID = regexp.MustCompile(`^[A-Z0-9]{8,64}$`)

// isSession tells the id of a session from that of a link, which starts with
// PL. OpenHosted takes no page whose id says that it is of the other kind.
func isSession(ref string) bool { return sessionID.MatchString(ref) && !strings.HasPrefix(ref, "PL") }

// askSession asks about a session. Adyen wants the result that it has given to
// the buyer's browser for that; what it answers counts, and of the browser's
// word nothing does. Without a result, and with one that Adyen does not take,
// nobody can be asked: see unread.
func (p *Provider) askSession(ctx context.Context, a payment.Attempt, ref, returned string) (payment.Result, error) {
	result := resultOf(ref, returned)
	if result == "" {
		return p.unread(a, ref), nil
	}
	unknown := payment.Result{Class: payment.ClassUnknown, RequestID: ref}
	target := p.base.JoinPath("sessions", ref)
	target.RawQuery = url.Values{"sessionResult": {result}}.Encode()
	r, err := p.client.Do(ctx, http.MethodGet, target, p.header(), nil)
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return unknown, err
	case err != nil:
		unknown.DeclineCode = noAnswer
		return unknown, nil
	case r.Status == http.StatusBadRequest, r.Status == http.StatusUnprocessableEntity:
		return p.unread(a, ref), nil
	case r.Status != http.StatusOK:
		unknown.DeclineCode = fmt.Sprintf("http_%d", r.Status)
		return unknown, nil
	}
	var s session
	if err := json.Unmarshal(r.Body, &s); err != nil || s.ID != ref {
		unknown.DeclineCode = unexpectedAnswer
		return unknown, nil
	}
	// The reference need not be there.
	if parsed := parseReference(s.Reference); s.Reference != "" && (parsed.attempt != a.ID || !parsed.page) {
		unknown.DeclineCode = otherReference
		return unknown, nil
	}
	return s.result(), nil
}

// resultOf takes the session's result out of the query of a return address. It
// is "" when there is none, or one of another session.
func resultOf(ref, returned string) string {
	query, err := url.ParseQuery(returned)
	if err != nil || query.Has("sessionId") && query.Get("sessionId") != ref {
		return ""
	}
	return query.Get("sessionResult")
}

// unread is what is known of a session that cannot be asked about. While it may
// be paid it is pending. After that it is unknown and stays so until the
// webhook tells, or an operator: that no webhook came is no proof that nobody
// has paid.
func (p *Provider) unread(a payment.Attempt, ref string) payment.Result {
	if p.cfg.Now().Before(a.CreatedAt.Add(maxSessionLife + webhookMargin)) {
		return payment.Result{Class: payment.ClassPending, RequestID: ref, DeclineCode: pageOpen}
	}
	return payment.Result{Class: payment.ClassUnknown, RequestID: ref, DeclineCode: pageOver}
}

// result classifies the answer about a session.
func (s session) result() payment.Result {
	class, known := sessionClass[s.Status]
	if !known {
		return payment.Result{Class: payment.ClassUnknown, RequestID: s.ID, DeclineCode: code(s.Status)}
	}
	if s.Status == "completed" {
		return s.paid()
	}
	word := map[string]string{"active": pageOpen, "canceled": pageCanceled, "paymentPending": pageInProgress, "refused": pageRefused}[s.Status]
	return payment.Result{Class: class, RequestID: s.ID, DeclineCode: word}
}

// paid is the result of a session that was completed by one payment that the
// answer names in full. Any other waits for the webhook.
func (s session) paid() payment.Result {
	waiting := payment.Result{Class: payment.ClassPending, RequestID: s.ID, DeclineCode: awaitingWebhook}
	if s.Reference == "" || len(s.Payments) != 1 {
		return waiting
	}
	one := s.Payments[0]
	minor, currency, ok := one.Amount.minor()
	psp := pspReference(one.PSPReference)
	if !ok || psp == "" || one.ResultCode != "Authorised" {
		return waiting
	}
	result := payment.Result{Class: parseReference(s.Reference).class(), RequestID: s.ID, PSPRef: psp, Amount: minor, Currency: currency}
	if result.Class == payment.ClassCaptured {
		result.Captured = minor
	}
	return result
}
