package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/money"
)

// Limits of a payment page.
const (
	MaxPageLines = 100                // lines of a page
	MaxLineTitle = 120                // characters of a line's title, and of a page's description
	MaxPageURL   = 2048               // bytes of a return or cancel address
	MaxPageLife  = 7 * 24 * time.Hour // how long a page can be paid

	defaultPageLife = 24 * time.Hour
)

var localeForm = regexp.MustCompile(`^[A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8}){0,4}$`)

// pageRequest is the body of POST /v1/pages. Capture is true when absent,
// ExpiresAt a day away.
type pageRequest struct {
	Amount      *int64        `json:"amount"`
	Currency    *string       `json:"currency"`
	MerchantID  *string       `json:"merchant_id"`
	SessionID   *string       `json:"checkout_session_id"`
	Reference   *string       `json:"reference"`
	Capture     *bool         `json:"capture"`
	Description *string       `json:"description"`
	Lines       []lineRequest `json:"lines"`
	ReturnURL   *string       `json:"return_url"`
	CancelURL   *string       `json:"cancel_url"`
	ExpiresAt   *string       `json:"expires_at"`
	Locale      *string       `json:"locale"`
}

type lineRequest struct {
	Title    *string `json:"title"`
	Quantity *int64  `json:"quantity"`
	Amount   *int64  `json:"amount"`
}

// parse checks the shape of the request and makes the page it asks for.
func (r *pageRequest) parse(now time.Time) (page, *acp.Error) {
	ch := &checks{complain: acp.Invalid}
	ch.that(r.Amount != nil && validAmount(*r.Amount), "$.amount", "This field is required: a positive amount in minor units.")
	ch.atMost(r.Description, MaxLineTitle, "$.description")
	ch.that(r.Locale == nil || localeForm.MatchString(*r.Locale), "$.locale", "This field is a BCP 47 tag, such as en-US.")
	pg := page{
		id:        id.New(pagePrefix, now),
		currency:  ch.required(r.Currency, "$.currency"),
		merchant:  ch.short(r.MerchantID, MaxIdentifier, "$.merchant_id"),
		session:   ch.short(r.SessionID, MaxIdentifier, "$.checkout_session_id"),
		reference: ch.short(r.Reference, MaxIdentifier, "$.reference"),
		capture:   r.Capture == nil || *r.Capture,
		returnURL: ch.short(r.ReturnURL, MaxPageURL, "$.return_url"),
		cancelURL: ch.short(r.CancelURL, MaxPageURL, "$.cancel_url"),
		status:    pageOpen,
		expiresAt: now.Add(defaultPageLife).Truncate(time.Millisecond),
		createdAt: now.UTC().Truncate(time.Millisecond),
	}
	ch.that(money.Valid(pg.currency), "$.currency", "This field is an ISO 4217 code in lower case, such as usd.")
	const wantURL = "This field is an absolute https address without user or fragment; http is for loopback hosts."
	ch.that(wayBack(pg.returnURL), "$.return_url", wantURL)
	ch.that(wayBack(pg.cancelURL), "$.cancel_url", wantURL)
	r.readLines(ch, &pg)
	if r.ExpiresAt != nil {
		at, err := time.Parse(time.RFC3339Nano, *r.ExpiresAt)
		ch.that(err == nil, "$.expires_at", "This field is an RFC 3339 time, such as 2026-01-31T18:30:00Z.")
		ch.that(at.After(now) && !at.After(now.Add(MaxPageLife)), "$.expires_at", fmt.Sprintf("This time is to come, and at most %v away.", MaxPageLife))
		pg.expiresAt = at.Truncate(time.Millisecond)
	}
	if ch.err != nil {
		return page{}, ch.err
	}
	pg.amount, pg.expiresAt = *r.Amount, pg.expiresAt.UTC()
	if r.Description != nil {
		pg.description = *r.Description
	}
	if r.Locale != nil {
		pg.locale = *r.Locale
	}
	return pg, nil
}

// readLines takes the lines, which add up to the amount when there are any: a
// page must not show another sum than it charges.
func (r *pageRequest) readLines(ch *checks, pg *page) {
	ch.that(len(r.Lines) <= MaxPageLines, "$.lines", fmt.Sprintf("At most %d lines are taken.", MaxPageLines))
	pg.lines = []pageLine{}
	if ch.err != nil || len(r.Lines) == 0 {
		return
	}
	amounts := make([]int64, len(r.Lines))
	for i, l := range r.Lines {
		at := fmt.Sprintf("$.lines[%d].", i)
		title := ch.short(l.Title, MaxLineTitle, at+"title")
		ch.that(l.Quantity != nil && *l.Quantity > 0 && *l.Quantity <= money.Max, at+"quantity", "This field is required: a positive number of units.")
		ch.that(l.Amount != nil && *l.Amount >= -money.Max && *l.Amount <= money.Max, at+"amount", "This field is required: the minor units of all units together.")
		if ch.err != nil {
			return
		}
		amounts[i] = *l.Amount
		pg.lines = append(pg.lines, pageLine{Title: title, Quantity: *l.Quantity, Amount: *l.Amount})
	}
	sum, err := money.Add(amounts...)
	ch.that(err == nil && r.Amount != nil && sum == *r.Amount, "$.lines", "The lines do not add up to the amount.")
}

// hostForm is a host, with a port or without, as it can stand in an address and
// in a content policy.
var hostForm = regexp.MustCompile(`^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$`)

// wayBack reports whether a buyer may be sent to the address.
func wayBack(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Fragment != "" || !hostForm.MatchString(u.Host) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}

func loopback(host string) bool {
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.IsLoopback()
}

// pageView is a page as the merchant API shows it.
type pageView struct {
	ID         string     `json:"id"`
	Object     string     `json:"object"` // "page"
	URL        string     `json:"url"`
	Status     pageStatus `json:"status"`
	Amount     int64      `json:"amount"`
	Currency   string     `json:"currency"`
	MerchantID string     `json:"merchant_id"`
	SessionID  string     `json:"checkout_session_id"`
	Reference  string     `json:"reference"`
	Capture    bool       `json:"capture"`
	Declines   int64      `json:"declined_cards"`
	Decline    string     `json:"last_decline_code,omitzero"`
	Charge     *Charge    `json:"charge,omitzero"` // once it is paid
	ExpiresAt  time.Time  `json:"expires_at"`
	Created    time.Time  `json:"created"`
}

// open reports whether there is a page that can be paid.
func (v *pageView) open() bool { return v != nil && v.Status == pageOpen }

// viewPage shows a page with its charge. c is the request that asks, whose Host
// the page's address has where the configuration does not say another.
func (p *PSP) viewPage(ctx context.Context, q querier, c *call, pg page) (*pageView, error) {
	v := &pageView{ID: pg.id, Object: "page", URL: p.addressOf(c.r) + "/pay/" + pg.id, Status: pg.status, Amount: pg.amount, Currency: pg.currency,
		MerchantID: pg.merchant, SessionID: pg.session, Reference: pg.reference, Capture: pg.capture, Declines: pg.declines, Decline: pg.lastDecline,
		ExpiresAt: pg.expiresAt, Created: pg.createdAt}
	if pg.chargeID != "" {
		ch, err := findCharge(ctx, q, pg.chargeID)
		if err != nil {
			return nil, err
		}
		v.Charge = &ch
	}
	return v, nil
}

// addressOf is where buyers reach the sandbox.
func (p *PSP) addressOf(r *http.Request) string {
	if p.publicURL != "" {
		return p.publicURL
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// createPage makes a page that a buyer can pay on.
func (p *PSP) createPage(ctx context.Context, c *call) (answer, error) {
	if p.publicURL == "" && !hostForm.MatchString(c.r.Host) {
		return answer{}, acp.Invalid("", "The Host header is no host that a page could have.")
	}
	return p.once(ctx, c, func(tx *sql.Tx) (answer, error) {
		var r pageRequest
		if err := decode(c.body, &r, acp.Invalid); err != nil {
			return answer{}, err
		}
		pg, refusal := r.parse(p.now())
		if refusal != nil {
			return answer{}, refusal
		}
		if !p.merchants[pg.merchant] {
			return answer{}, acp.Refused(http.StatusForbidden, codeForbidden, "$.merchant_id", "This key may not charge for that merchant.")
		}
		if err := p.referenceFree(ctx, tx, c, pg.merchant, pg.reference); err != nil {
			return answer{}, err
		}
		if err := insertPage(ctx, tx, pg); err != nil {
			return answer{}, err
		}
		p.news.Store(true) // when it expires, that is to be noticed
		v, err := p.viewPage(ctx, tx, c, pg)
		if err != nil {
			return answer{}, err
		}
		return reply(http.StatusCreated, v)
	})
}

func (p *PSP) getPage(ctx context.Context, c *call) (answer, error) {
	pageID := c.r.PathValue("id")
	if err := p.endOverdue(ctx, `id = ?`, pageID); err != nil {
		return answer{}, err
	}
	pg, err := p.ownPage(findPage(ctx, p.read, `id = ?`, pageID))
	if err != nil {
		return answer{}, err
	}
	v, err := p.viewPage(ctx, p.read, c, pg)
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, v)
}

// listPages finds the page of a reference. An empty list is not a promise, as
// with charges.
func (p *PSP) listPages(ctx context.Context, c *call) (answer, error) {
	merchantID, err := p.merchantOf(c)
	if err != nil {
		return answer{}, err
	}
	reference := c.r.URL.Query().Get("reference")
	if reference == "" || len(reference) > MaxIdentifier {
		return answer{}, acp.Invalid("reference", "The query parameter reference is required.")
	}
	if err := p.endOverdue(ctx, `merchant_id = ? AND reference = ?`, merchantID, reference); err != nil {
		return answer{}, err
	}
	found, err := p.lookUp(ctx, p.read, c, merchantID, reference)
	if err != nil {
		return answer{}, err
	}
	pages := []*pageView{}
	if found.Page != nil {
		pages = append(pages, found.Page)
	}
	return reply(http.StatusOK, struct {
		Pages []*pageView `json:"pages"`
	}{pages})
}

// expirePage makes a page unusable. A payment that was made before wins and is
// in the answer; ending a page that is over changes nothing.
func (p *PSP) expirePage(ctx context.Context, c *call) (answer, error) {
	var v *pageView
	err := p.update(ctx, func(tx *sql.Tx) error {
		pg, err := p.ownPage(p.currentPage(ctx, tx, `id = ?`, c.r.PathValue("id")))
		if err != nil {
			return err
		}
		if pg.status == pageOpen {
			if err := p.endPage(ctx, tx, pg, pageExpired); err != nil {
				return err
			}
			pg.status = pageExpired
		}
		v, err = p.viewPage(ctx, tx, c, pg)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, v)
}

// ownPage refuses a page that is not there or of another PSP's shop.
func (p *PSP) ownPage(pg page, err error) (page, error) {
	if errors.Is(err, errNoRow) || (err == nil && !p.merchants[pg.merchant]) {
		return page{}, acp.Refused(http.StatusNotFound, codeNotFound, "", "There is no such page.")
	}
	return pg, err
}

// checkPublicURL says what is wrong with the address that buyers reach the
// sandbox at.
func checkPublicURL(address string) error {
	u, err := url.Parse(address)
	if address != "" && (err != nil || !wayBack(address) || u.RawQuery != "" || strings.HasSuffix(u.Path, "/")) {
		return errors.New("public_url is not an https address without query and trailing slash; http is for loopback hosts")
	}
	return nil
}
