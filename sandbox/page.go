package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// pageStatus is where a payment page stands. It is open until it is something
// else for good.
type pageStatus string

const (
	pageOpen     pageStatus = "open"
	pagePaid     pageStatus = "paid"     // its charge took or holds money, or is being processed
	pageExpired  pageStatus = "expired"  // by the clock, or by the shop
	pageCanceled pageStatus = "canceled" // with its reference
)

// pagePrefix is that of the ids of pages. The id is in the page's address and
// is all that opens it.
const pagePrefix = "pg"

// page is a payment page: what a buyer may pay there, once.
type page struct {
	id          string
	merchant    string
	session     string
	reference   string
	amount      int64
	currency    string
	capture     bool
	description string
	lines       []pageLine
	returnURL   string
	cancelURL   string
	locale      string
	status      pageStatus
	challenge   *challenge
	declines    int64  // cards that were refused
	lastDecline string // why the last of them was
	chargeID    string
	expiresAt   time.Time
	createdAt   time.Time
}

// pageLine is one line of what is paid for.
type pageLine struct {
	Title    string `json:"title"`
	Quantity int64  `json:"quantity"`
	Amount   int64  `json:"amount"` // minor units, of all units together
}

// challenge is the question whether the buyer approves of a payment with a
// card, which the page asks in the issuer's place. Of the card it holds what is
// shown of it.
type challenge struct {
	ID   string `json:"id"`
	Card Card   `json:"card"`
}

// pageOfToken tells which page a charge was made on. Its token is the page's
// id, which is no token that anyone can be issued.
func pageOfToken(token string) string {
	if strings.HasPrefix(token, pagePrefix+"_") {
		return token
	}
	return ""
}

const pageColumns = `id, merchant_id, session_id, reference, amount, currency, capture, description, lines,
	return_url, cancel_url, locale, status, challenge, declines, last_decline, charge_id, expires_at, created_at`

func insertPage(ctx context.Context, tx *sql.Tx, pg page) error {
	lines, err := encode(pg.lines)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO page (`+pageColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, '', '', ?, ?)`,
		pg.id, pg.merchant, pg.session, pg.reference, pg.amount, pg.currency, pg.capture, pg.description, string(lines),
		pg.returnURL, pg.cancelURL, pg.locale, pg.status, pg.expiresAt.UnixMilli(), pg.createdAt.UnixMilli())
	return err
}

// findPage reads the page for which a condition holds, or errNoRow.
func findPage(ctx context.Context, q querier, condition string, args ...any) (page, error) {
	var pg page
	var lines, asked string
	var expires, created int64
	err := q.QueryRowContext(ctx, `SELECT `+pageColumns+` FROM page WHERE `+condition, args...).
		Scan(&pg.id, &pg.merchant, &pg.session, &pg.reference, &pg.amount, &pg.currency, &pg.capture, &pg.description, &lines,
			&pg.returnURL, &pg.cancelURL, &pg.locale, &pg.status, &asked, &pg.declines, &pg.lastDecline, &pg.chargeID, &expires, &created)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return page{}, errNoRow
	case err != nil:
		return page{}, err
	}
	if err := json.Unmarshal([]byte(lines), &pg.lines); err != nil {
		return page{}, fmt.Errorf("lines of page %s: %w", pg.id, err)
	}
	if asked != "" {
		if err := json.Unmarshal([]byte(asked), &pg.challenge); err != nil {
			return page{}, fmt.Errorf("challenge of page %s: %w", pg.id, err)
		}
	}
	pg.expiresAt, pg.createdAt = fromMillis(expires), fromMillis(created)
	return pg, nil
}

// currentPage reads a page in the write transaction, and ends one whose time
// is up. Whoever pays reads it there too, so that a page that was once seen to
// be over is never paid.
func (p *PSP) currentPage(ctx context.Context, tx *sql.Tx, condition string, args ...any) (page, error) {
	pg, err := findPage(ctx, tx, condition, args...)
	if err != nil || pg.status != pageOpen || p.now().Before(pg.expiresAt) {
		return pg, err
	}
	if err := p.endPage(ctx, tx, pg, pageExpired); err != nil {
		return page{}, err
	}
	pg.status, pg.challenge = pageExpired, nil
	return pg, nil
}

// endOverdue ends the open pages, of those for which the condition holds, whose
// time is up.
func (p *PSP) endOverdue(ctx context.Context, condition string, args ...any) error {
	var overdue bool
	now := p.now().UnixMilli()
	err := p.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM page WHERE status = 'open' AND expires_at <= ? AND `+condition+`)`,
		append([]any{now}, args...)...).Scan(&overdue)
	if err != nil || !overdue {
		return err
	}
	return p.update(ctx, func(tx *sql.Tx) error {
		for {
			pg, err := findPage(ctx, tx, `status = 'open' AND expires_at <= ? AND `+condition+` LIMIT 1`, append([]any{now}, args...)...)
			if errors.Is(err, errNoRow) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := p.endPage(ctx, tx, pg, pageExpired); err != nil {
				return err
			}
		}
	})
}

// endPage closes an open page without a payment.
func (p *PSP) endPage(ctx context.Context, tx *sql.Tx, pg page, end pageStatus) error {
	if err := changePage(ctx, tx, pg, `status = ?, challenge = ''`, end); err != nil {
		return err
	}
	kind := eventPageEnd
	if end == pageCanceled {
		kind = eventPageCancel
	}
	return p.tellPage(ctx, tx, pg, kind, string(end), "")
}

// changePage writes to a page, provided that it is still open.
func changePage(ctx context.Context, tx *sql.Tx, pg page, set string, args ...any) error {
	res, err := tx.ExecContext(ctx, `UPDATE page SET `+set+` WHERE id = ? AND status = 'open'`, append(args, pg.id)...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = errors.New("page changed while it was being written")
	}
	return err
}
