package adyentest

import (
	"net/http"
	"time"
)

// linkRequest holds the fields of PaymentLinkRequest that the Fake knows.
type linkRequest struct {
	MerchantAccount   string            `json:"merchantAccount"`
	Reference         string            `json:"reference"`
	Amount            *amount           `json:"amount"`
	Reusable          bool              `json:"reusable"`
	ReturnURL         string            `json:"returnUrl"`
	ExpiresAt         string            `json:"expiresAt"`
	ShopperLocale     string            `json:"shopperLocale"`
	ShopperEmail      string            `json:"shopperEmail"`
	ShopperStatement  string            `json:"shopperStatement"`
	CountryCode       string            `json:"countryCode"`
	CaptureDelayHours *int              `json:"captureDelayHours"`
	ManualCapture     bool              `json:"manualCapture"`
	LineItems         []lineItem        `json:"lineItems"`
	Metadata          map[string]string `json:"metadata"`
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
	var r linkRequest
	if a, ok := decode(body, &r); !ok {
		return a
	}
	if a, ok := checkMoney(r.MerchantAccount, r.Reference, r.Amount); !ok {
		return a
	}
	expires, ok := f.expiry(r.ExpiresAt, defaultLinkLife, maxLinkLife)
	if !ok {
		return fail(http.StatusUnprocessableEntity, "29_001", "expiresAt is not a time within 70 days")
	}
	l := &page{id: "PL" + newReference(), status: "active", expires: expires, reference: r.Reference, amount: *r.Amount,
		checkout: r.Metadata["acp_session_id"], manual: r.ManualCapture, lines: r.LineItems, reusable: r.Reusable}
	f.pages[l.id] = l
	return answer{status: http.StatusCreated, body: l.link()}
}

// link is the page as a link's answer.
func (p *page) link() linkAnswer {
	return linkAnswer{ID: p.id, URL: "https://test.adyen.link/" + p.id, Status: p.status, Reference: p.reference, Amount: p.amount,
		ExpiresAt: p.expires.Format(time.RFC3339), MerchantAccount: MerchantAccount, Reusable: p.reusable}
}

// linkRequest is GET and PATCH /paymentLinks/{linkId}.
func (f *Fake) linkRequest(method string, path []string, body []byte) answer {
	if len(path) != 2 || path[0] != "paymentLinks" || f.pages[path[1]] == nil || f.pages[path[1]].session {
		return fail(http.StatusNotFound, "29_003", "Payment link not found")
	}
	l := f.pages[path[1]]
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
	return answer{status: http.StatusOK, body: l.link()}
}
