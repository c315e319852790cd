package adyentest

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

// sessionRequest holds the fields of CreateCheckoutSessionRequest that the Fake
// knows.
type sessionRequest struct {
	MerchantAccount  string  `json:"merchantAccount"`
	Reference        string  `json:"reference"`
	Amount           *amount `json:"amount"`
	Mode             string  `json:"mode"`
	ReturnURL        string  `json:"returnUrl"`
	ThemeID          string  `json:"themeId"`
	Channel          string  `json:"channel"`
	ExpiresAt        string  `json:"expiresAt"`
	ShopperLocale    string  `json:"shopperLocale"`
	ShopperEmail     string  `json:"shopperEmail"`
	ShopperStatement string  `json:"shopperStatement"`
	Authentication   struct {
		Attempt string `json:"attemptAuthentication"`
	} `json:"authenticationData"`
	CountryCode       string            `json:"countryCode"`
	CaptureDelayHours *int              `json:"captureDelayHours"`
	AdditionalData    map[string]string `json:"additionalData"`
	LineItems         []lineItem        `json:"lineItems"`
	Metadata          map[string]string `json:"metadata"`
}

// sessionAnswer is CreateCheckoutSessionResponse.
type sessionAnswer struct {
	ID              string `json:"id"`
	URL             string `json:"url,omitzero"`
	Mode            string `json:"mode"`
	Reference       string `json:"reference"`
	Amount          amount `json:"amount"`
	ExpiresAt       string `json:"expiresAt"`
	MerchantAccount string `json:"merchantAccount"`
	ReturnURL       string `json:"returnUrl"`
	SessionData     string `json:"sessionData"`
}

// sessionResult is SessionResultResponse.
type sessionResult struct {
	ID        string          `json:"id"`
	Status    string          `json:"status"`
	Reference string          `json:"reference,omitzero"`
	Payments  []sessionCharge `json:"payments,omitempty"`
}

type sessionCharge struct {
	PSPReference string `json:"pspReference"`
	ResultCode   string `json:"resultCode"`
	Amount       amount `json:"amount"`
}

const (
	maxSessionLife     = 24 * time.Hour
	defaultSessionLife = time.Hour
	// maxRefusals is after how many refused payments a session takes no more.
	// Adyen does not say how many.
	maxRefusals = 10
)

// openSession is POST /sessions.
func (f *Fake) openSession(body []byte) answer {
	var r sessionRequest
	if a, ok := decode(body, &r); !ok {
		return a
	}
	if a, ok := checkMoney(r.MerchantAccount, r.Reference, r.Amount); !ok {
		return a
	}
	refuse := func(code, message string) answer { return fail(http.StatusUnprocessableEntity, code, message) }
	switch {
	case r.ReturnURL == "" || len(r.ReturnURL) > 1024:
		return refuse("14_030", "Return URL is missing.")
	case !slices.Contains([]string{"", "embedded", "hosted"}, r.Mode),
		!slices.Contains([]string{"", "iOS", "Android", "Web"}, r.Channel),
		!slices.Contains([]string{"", "always", "never"}, r.Authentication.Attempt),
		r.CountryCode != "" && len(r.CountryCode) != 2:
		return refuse("702", "a field has a value that is not allowed")
	case len(r.Metadata) > 20:
		return refuse("177", "Metadata size exceeds limit")
	}
	expires, ok := f.expiry(r.ExpiresAt, defaultSessionLife, maxSessionLife)
	if !ok {
		return refuse("702", "expiresAt is not a time within 24 hours")
	}
	s := &page{id: "CS" + newReference(), session: true, status: "active", expires: expires, reference: r.Reference, amount: *r.Amount,
		checkout: r.Metadata["acp_session_id"], manual: r.AdditionalData["manualCapture"] == "true", lines: r.LineItems, results: map[string]sessionResult{}}
	f.pages[s.id] = s
	a := sessionAnswer{ID: s.id, Mode: r.Mode, Reference: s.reference, Amount: s.amount, ExpiresAt: s.expires.Format(time.RFC3339),
		MerchantAccount: MerchantAccount, ReturnURL: r.ReturnURL, SessionData: rand.Text()}
	if r.Mode == "hosted" {
		a.URL = "https://checkout.example/" + s.id // what Adyen's look like is not documented
	}
	return answer{status: http.StatusCreated, body: a}
}

// readSession is GET /sessions/{sessionId}. Without the result, or with one of
// another session, it is refused, in words that are not published.
func (f *Fake) readSession(path []string, result string) answer {
	if len(path) != 2 || f.pages[path[1]] == nil || !f.pages[path[1]].session {
		return fail(http.StatusNotFound, "000", "Not Found")
	}
	r, known := f.pages[path[1]].results[result]
	if !known {
		return fail(http.StatusUnprocessableEntity, "702", "sessionResult is not valid")
	}
	return answer{status: http.StatusOK, body: r}
}

// Return is a buyer who is sent back from the page of a session. It gives the
// query that the browser brings to the return address, whose result stays what
// it is now. Whether Adyen sends a buyer back from a page that is not paid, and
// with what, is not published.
func (f *Fake) Return(t testing.TB, id string) string {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.pages[id]
	if s == nil || !s.session {
		t.Fatalf("no session %s", id)
	}
	f.expire(s)
	r := sessionResult{ID: s.id, Status: s.status, Reference: s.reference}
	if s.paid != nil {
		r.Payments = []sessionCharge{{PSPReference: s.paid.psp, ResultCode: "Authorised", Amount: s.paid.amount}}
	}
	name := rand.Text() + "!+/=" // which an address has to escape
	s.results[name] = r
	return url.Values{"sessionId": {s.id}, "sessionResult": {name}}.Encode()
}

// Leave is a buyer who cancels on the page of a session. That it takes payments
// all the same is assumed.
func (f *Fake) Leave(t testing.TB, id string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.pages[id]
	if s == nil || !s.session {
		t.Fatalf("no session %s", id)
	}
	if s.status == "active" {
		s.status = "canceled"
	}
}
