package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// tokenState is what is stored of a token's life; that it expired follows from
// the clock.
type tokenState string

const (
	active   tokenState = "active"
	consumed tokenState = "consumed" // took or held money once
	revoked  tokenState = "revoked"
)

// token is a delegated payment token: what it may be used for, and what comes
// of using it.
type token struct {
	id        string
	merchant  string
	session   string
	maxAmount int64
	currency  string
	expiresAt time.Time
	brand     string
	last4     string
	outcome   Outcome
	blocked   bool
	state     tokenState
	chargeID  string
	createdAt time.Time
}

// permits checks a charge against the allowance, in the order in which the
// reasons are reported. The token is valid until, not at, its expiry.
func (t token) permits(c Charge, now time.Time) *acp.Error {
	switch {
	case t.merchant != c.MerchantID:
		return refused(codeTokenMerchant, "$.token", "The token was issued for another merchant.")
	case t.session != c.SessionID:
		return refused(codeTokenSession, "$.token", "The token was issued for another checkout session.")
	case !now.Before(t.expiresAt):
		return refused(codeTokenExpired, "$.token", "The token has expired. Ask the agent for a new one.")
	case t.state == consumed:
		return refused(codeTokenUsed, "$.token", "The token was already charged. Ask the agent for a new one.")
	case t.state == revoked:
		return refused(codeTokenRevoked, "$.token", "The token was revoked. Ask the agent for a new one.")
	case t.currency != c.Currency:
		return refused(codeCurrency, "$.currency", "The token is limited to another currency.")
	case c.Amount > t.maxAmount:
		return refused(codeAmount, "$.amount", "The amount is above the token's limit.")
	}
	return nil
}

func insertToken(ctx context.Context, tx *sql.Tx, t token, cardDigest []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO token
		(id, merchant_id, session_id, max_amount, currency, expires_at, card_digest, brand, last4, outcome, blocked, state, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.id, t.merchant, t.session, t.maxAmount, t.currency, t.expiresAt.UnixMilli(), cardDigest,
		t.brand, t.last4, t.outcome, t.blocked, t.state, t.createdAt.UnixMilli())
	return err
}

// errNoRow is returned for a token or charge that does not exist.
var errNoRow = errors.New("no such row")

func findToken(ctx context.Context, q querier, id string) (token, error) {
	t := token{id: id}
	var expires, created int64
	err := q.QueryRowContext(ctx, `SELECT merchant_id, session_id, max_amount, currency, expires_at,
		brand, last4, outcome, blocked, state, charge_id, created_at FROM token WHERE id = ?`, id).
		Scan(&t.merchant, &t.session, &t.maxAmount, &t.currency, &expires,
			&t.brand, &t.last4, &t.outcome, &t.blocked, &t.state, &t.chargeID, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return token{}, errNoRow
	}
	t.expiresAt, t.createdAt = fromMillis(expires), fromMillis(created)
	return t, err
}

// consume marks the token used by the charge. The state is compared in the
// statement that sets it.
func consume(ctx context.Context, tx *sql.Tx, tokenID, chargeID string) error {
	res, err := tx.ExecContext(ctx, `UPDATE token SET state = 'consumed', charge_id = ? WHERE id = ? AND state = 'active'`, chargeID, tokenID)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = errors.New("token changed while it was being charged")
	}
	return err
}

// tokenView is a token as the merchant API shows it.
type tokenView struct {
	ID        string    `json:"id"`
	Object    string    `json:"object"`
	State     string    `json:"state"` // active, consumed, revoked, expired
	Merchant  string    `json:"merchant_id"`
	Session   string    `json:"checkout_session_id"`
	MaxAmount int64     `json:"max_amount"`
	Currency  string    `json:"currency"`
	ExpiresAt time.Time `json:"expires_at"`
	Card      Card      `json:"card"`
	ChargeID  string    `json:"charge,omitzero"`
	Created   time.Time `json:"created"`
}

func (t token) view(now time.Time) tokenView {
	state := string(t.state)
	if t.state == active && !now.Before(t.expiresAt) {
		state = "expired"
	}
	return tokenView{ID: t.id, Object: "token", State: state, Merchant: t.merchant, Session: t.session,
		MaxAmount: t.maxAmount, Currency: t.currency, ExpiresAt: t.expiresAt,
		Card: Card{Brand: t.brand, Last4: t.last4}, ChargeID: t.chargeID, Created: t.createdAt}
}

func (p *PSP) getToken(ctx context.Context, c *call) (answer, error) {
	t, err := p.ownToken(ctx, p.read, c.r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, t.view(p.now()))
}

// revokeToken ends a token that was not used. Revoking twice is the same as
// once; a used token is not revoked but its charge refunded.
func (p *PSP) revokeToken(ctx context.Context, c *call) (answer, error) {
	var t token
	err := p.update(ctx, func(tx *sql.Tx) (err error) {
		if t, err = p.ownToken(ctx, tx, c.r.PathValue("id")); err != nil {
			return err
		}
		if t.state == consumed {
			return acp.Refused(http.StatusConflict, codeTokenUsed, "", "The token was already charged. Refund the charge instead.")
		}
		t.state = revoked
		_, err = tx.ExecContext(ctx, `UPDATE token SET state = 'revoked' WHERE id = ? AND state = 'active'`, t.id)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, t.view(p.now()))
}

func (p *PSP) ownToken(ctx context.Context, q querier, id string) (token, error) {
	t, err := findToken(ctx, q, id)
	if errors.Is(err, errNoRow) || (err == nil && !p.merchants[t.merchant]) {
		return token{}, acp.Refused(http.StatusNotFound, codeNotFound, "", "There is no such token.")
	}
	return t, err
}
