package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/acp"
)

func (p *PSP) getCharge(ctx context.Context, c *call) (answer, error) {
	ch, err := p.ownCharge(ctx, p.read, c.r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, ch)
}

// references is what is known of a reference: its charge or its operation, if
// there is one, its payment page, if there is one, and whether it is closed.
type references struct {
	Charges    []Charge    `json:"charges"`
	Operations []operation `json:"operations,omitzero"`
	Closed     bool        `json:"closed"`
	Page       *pageView   `json:"page,omitzero"`
}

// listCharges tells what became of a reference. It sees every charge whose
// answer was, or is about to be, sent. An empty list is not a promise: the
// request may be on its way. closeReference makes it one. Asked for a time
// instead of a reference, it lists the account's charges.
func (p *PSP) listCharges(ctx context.Context, c *call) (answer, error) {
	merchantID, err := p.merchantOf(c)
	if err != nil {
		return answer{}, err
	}
	query := c.r.URL.Query()
	reference := query.Get("reference")
	if reference == "" && query.Has("from") {
		return p.listMade(ctx, merchantID, query)
	}
	if reference == "" || len(reference) > MaxIdentifier {
		return answer{}, acp.Invalid("reference", "The query parameter reference is required, or from and to for a list.")
	}
	if err := p.endOverdue(ctx, `merchant_id = ? AND reference = ?`, merchantID, reference); err != nil {
		return answer{}, err
	}
	found, err := p.lookUp(ctx, p.read, c, merchantID, reference)
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, found)
}

// closeRequest is the body of closing a reference. Without SentBefore it is
// closed for good.
type closeRequest struct {
	SentBefore *string `json:"sent_before"`
}

// closeReference answers like listCharges; when there is no charge and no
// operation, the reference is closed in the same transaction: charges, pages
// and operations that were sent until sent_before are refused when they arrive. What the shop sends again
// later has a later Sent-At and is looked at. Both times are the shop's own, so
// that clocks need not agree.
//
// sent_before is about requests that are still on their way: a page that is
// open has arrived, and the reference is left as it is until the page is paid
// or over. Closing for good ends the page with it.
func (p *PSP) closeReference(ctx context.Context, c *call) (answer, error) {
	merchantID, err := p.merchantOf(c)
	if err != nil {
		return answer{}, err
	}
	reference := c.r.PathValue("reference")
	if len(reference) > MaxIdentifier {
		return answer{}, acp.Invalid("reference", "The reference is too long.")
	}
	sentBefore, err := readClose(c)
	if err != nil {
		return answer{}, err
	}
	var found references
	err = p.update(ctx, func(tx *sql.Tx) (err error) {
		page, err := p.currentPage(ctx, tx, `merchant_id = ? AND reference = ?`, merchantID, reference)
		switch {
		case errors.Is(err, errNoRow):
		case err != nil:
			return err
		case page.status == pageOpen && sentBefore == math.MaxInt64:
			if err := p.endPage(ctx, tx, page, pageCanceled); err != nil {
				return err
			}
		}
		if found, err = p.lookUp(ctx, tx, c, merchantID, reference); err != nil || len(found.Charges) > 0 || len(found.Operations) > 0 || found.Page.open() {
			return err
		}
		found.Closed = true
		_, err = tx.ExecContext(ctx, `INSERT INTO closed_reference (merchant_id, reference, sent_before) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET sent_before = max(sent_before, excluded.sent_before)`, merchantID, reference, sentBefore)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, found)
}

func readClose(c *call) (sentBefore int64, err error) {
	var r closeRequest
	if err := decode(c.body, &r, acp.Invalid); err != nil {
		return 0, err
	}
	if r.SentBefore == nil {
		return math.MaxInt64, nil
	}
	at, err := time.Parse(time.RFC3339Nano, *r.SentBefore)
	if err != nil {
		return 0, acp.Invalid("$.sent_before", "This field is an RFC 3339 time, such as 2026-01-31T18:30:00.5Z.")
	}
	return at.UnixNano(), nil
}

// sentAt is the time at which the shop says that it sent a charge, zero when
// it does not say.
func sentAt(c *call) (nanoseconds int64, err error) {
	header := c.r.Header.Get("Sent-At")
	if header == "" {
		return 0, nil
	}
	at, err := time.Parse(time.RFC3339Nano, header)
	if err != nil {
		return 0, acp.Invalid("", "The Sent-At header is an RFC 3339 time, such as 2026-01-31T18:30:00.5Z.")
	}
	return at.UnixNano(), nil
}

// merchantOf reads the query parameter merchant_id. It may be left out where
// there is one account only.
func (p *PSP) merchantOf(c *call) (string, error) {
	merchantID := c.r.URL.Query().Get("merchant_id")
	if merchantID == "" && len(p.merchants) == 1 {
		for only := range p.merchants {
			return only, nil
		}
	}
	if merchantID == "" {
		return "", acp.Invalid("merchant_id", "The query parameter merchant_id is required.")
	}
	if !p.merchants[merchantID] {
		return "", acp.Refused(http.StatusForbidden, codeForbidden, "merchant_id", "This key may not ask for that merchant.")
	}
	return merchantID, nil
}

// lookUp reads what is known of a reference: the page before the charge, so
// that a page which is seen to be paid is seen with its charge.
func (p *PSP) lookUp(ctx context.Context, q querier, c *call, merchantID, reference string) (r references, err error) {
	switch pg, err := findPage(ctx, q, `merchant_id = ? AND reference = ?`, merchantID, reference); {
	case err == nil:
		if r.Page, err = p.viewPage(ctx, q, c, pg); err != nil {
			return references{}, err
		}
	case !errors.Is(err, errNoRow):
		return references{}, err
	}
	if r.Charges, err = findCharges(ctx, q, `merchant_id = ? AND reference = ?`, merchantID, reference); err != nil {
		return references{}, err
	}
	if r.Operations, err = findOperations(ctx, q, merchantID, reference); err != nil {
		return references{}, err
	}
	err = q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM closed_reference WHERE merchant_id = ? AND reference = ?)`,
		merchantID, reference).Scan(&r.Closed)
	return r, err
}
