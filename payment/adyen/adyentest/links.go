package adyentest

import (
	"net/http"
	"testing"
	"time"
)

// linkRequest holds the fields of PaymentLinkRequest that the Fake knows.
type linkRequest struct {
	MerchantAccount   string  `json:"merchantAccount"`
	Reference         string  `json:"reference"`
	Amount            *amount `json:"amount"`
	Reusable          bool    `json:"reusable"`
	ReturnURL         string  `json:"returnUrl"`
	ExpiresAt         string  `json:"expiresAt"`
	ShopperLocale     string  `json:"shopperLocale"`
	ShopperEmail      string  `json:"shopperEmail"`
	ShopperStatement  string  `json:"shopperStatement"`
	CountryCode       string  `json:"countryCode"`
	CaptureDelayHours *int    `json:"captureDelayHours"`
	ManualCapture     bool    `json:"manualCapture"`
	LineItems         []struct {
		Description        string `json:"description"`
		Quantity           int64  `json:"quantity"`
		AmountIncludingTax int64  `json:"amountIncludingTax"`
	} `json:"lineItems"`
	Metadata map[string]string `json:"metadata"`
}

type link struct {
	linkRequest
	id, status string
	expires    time.Time
}

type linkAnswer struct {
	ID              string `json:"id"`
	URL             string `json:"url"`
	Status          string `json:"status"`
	Reference       string `json:"reference"`
	Amount          amount `json:"amount"`
	ExpiresAt       string `json:"expiresAt"`
	MerchantAccount string `json:"merchantAccount"`
	Reusable        bool   `json:"reusable"`
}

// maxLinkLife is how long a link may live; defaultLinkLife is how long it does.
const (
	maxLinkLife     = 70 * 24 * time.Hour
	defaultLinkLife = 24 * time.Hour
)

// openLink is POST /paymentLinks.
func (f *Fake) openLink(body []byte) answer {
	l := &link{id: "PL" + newReference(), status: "active", expires: f.now.Add(defaultLinkLife)}
	if a, ok := decode(body, &l.linkRequest); !ok {
		return a
	}
	if a, ok := checkMoney(l.MerchantAccount, l.Reference, l.Amount); !ok {
		return a
	}
	if l.ExpiresAt != "" {
		at, err := time.Parse(time.RFC3339, l.ExpiresAt)
		if err != nil || !at.After(f.now) || at.Sub(f.now) > maxLinkLife {
			return fail(http.StatusUnprocessableEntity, "29_001", "expiresAt is not a time within 70 days")
		}
		l.expires = at
	}
	f.links[l.id] = l
	return answer{status: http.StatusCreated, body: l.answer()}
}

func (l *link) answer() linkAnswer {
	return linkAnswer{ID: l.id, URL: "https://test.adyen.link/" + l.id, Status: l.status, Reference: l.Reference, Amount: *l.Amount,
		ExpiresAt: l.expires.Format(time.RFC3339), MerchantAccount: l.MerchantAccount, Reusable: l.Reusable}
}

// linkRequest is GET and PATCH /paymentLinks/{linkId}.
func (f *Fake) linkRequest(method string, path []string, body []byte) answer {
	if len(path) != 2 || path[0] != "paymentLinks" || f.links[path[1]] == nil {
		return fail(http.StatusNotFound, "29_003", "Payment link not found")
	}
	l := f.links[path[1]]
	f.expire(l)
	if method == http.MethodPatch {
		var u struct {
			Status string `json:"status"`
		}
		if a, ok := decode(body, &u); !ok {
			return a
		}
		if u.Status != "expired" || l.status != "active" {
			return fail(http.StatusUnprocessableEntity, "29_004", "the link cannot be updated")
		}
		l.status = "expired"
	}
	return answer{status: http.StatusOK, body: l.answer()}
}

func (f *Fake) expire(l *link) {
	if l.status == "active" && !f.now.Before(l.expires) {
		l.status = "expired"
	}
}

// PayLink is a buyer paying on the page. It returns the pspReference, or ""
// when the page takes no payment any more.
func (f *Fake) PayLink(t testing.TB, id string, o Outcome) string {
	t.Helper()
	psp, known := f.payLink(id, o)
	if !known {
		t.Fatalf("no payment link %s", id)
	}
	return psp
}

func (f *Fake) payLink(id string, o Outcome) (psp string, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.links[id]
	if l == nil {
		return "", false
	}
	if f.expire(l); l.status != "active" {
		return "", true
	}
	c := &charge{psp: newReference(), reference: l.Reference, session: l.Metadata["acp_session_id"], amount: *l.Amount, state: refused, manual: l.ManualCapture, link: l}
	f.payments = append(f.payments, c)
	switch o {
	case Authorised:
		f.authorise(c)
		l.status = "completed"
	case Pending:
		c.state, l.status = pending, "paymentPending"
		return c.psp, true
	}
	f.notify(c, "AUTHORISATION", c.state == authorised, outcomes[o].RefusalReason)
	return c.psp, true
}

// DecideLink ends the wait for a pending payment on a page.
func (f *Fake) DecideLink(t testing.TB, id string, ok bool) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.payments {
		if c.link != nil && c.link.id == id && c.state == pending {
			f.decide(c, ok)
			return
		}
	}
	t.Fatalf("no pending payment on the link %s", id)
}

// Page is what a page shows: what each line comes to, and the total, in Adyen's
// minor units.
func (f *Fake) Page(id string) (lines []int64, total int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.links[id]
	if l == nil {
		return nil, 0
	}
	for _, item := range l.LineItems {
		lines = append(lines, item.Quantity*item.AmountIncludingTax)
	}
	return lines, l.Amount.Value
}
