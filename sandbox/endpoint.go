package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// maxWebhookSecret bounds the secret of an endpoint, in bytes; MinKey is the
// least.
const maxWebhookSecret = 255

// Webhook is where the events of a merchant's account go.
type Webhook struct {
	MerchantID string
	URL        string // https; http is for loopback hosts
	Secret     secret.String
}

// SetWebhook sets where the events of an account go from now on, in place of
// where they went before: those that wait go there too. What happened while
// there was no endpoint is not reported.
func (p *PSP) SetWebhook(ctx context.Context, w Webhook) error {
	if err := p.checkWebhook(w); err != nil {
		return err
	}
	err := p.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO webhook_endpoint (merchant_id, url, secret, created_at) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET url = excluded.url, secret = excluded.secret, created_at = excluded.created_at`,
			w.MerchantID, w.URL, w.Secret.Reveal(), p.now().UnixMilli())
		if err != nil {
			return err
		}
		// What failed at the old address need not wait for the new one.
		_, err = tx.ExecContext(ctx, `UPDATE outbox SET due_at = min(due_at, ?) WHERE merchant_id = ? AND tries > 0`, p.now().UnixMilli(), w.MerchantID)
		p.news.Store(true)
		return err
	})
	return err
}

// checkWebhook returns an *acp.Error.
func (p *PSP) checkWebhook(w Webhook) error {
	ch := &checks{complain: acp.Invalid}
	ch.that(len(w.URL) <= MaxPageURL && wayBack(w.URL), "$.url", "This field is an absolute https address without user or fragment; http is for loopback hosts.")
	n := len(w.Secret.Reveal())
	ch.that(n >= MinKey && n <= maxWebhookSecret, "$.secret", fmt.Sprintf("This field has %d to %d characters.", MinKey, maxWebhookSecret))
	if ch.err != nil {
		return ch.err
	}
	if !p.merchants[w.MerchantID] {
		return acp.Refused(http.StatusForbidden, codeForbidden, "$.merchant_id", "This key is not for that merchant.")
	}
	return nil
}

// webhookRequest is the body of POST /v1/webhook_endpoint.
type webhookRequest struct {
	MerchantID *string `json:"merchant_id"`
	URL        *string `json:"url"`
	Secret     *string `json:"secret"`
}

// webhookView is an endpoint as it is shown, without its secret.
type webhookView struct {
	MerchantID string    `json:"merchant_id"`
	URL        string    `json:"url"`
	Created    time.Time `json:"created"`
	Waiting    int64     `json:"waiting"` // events that are not delivered yet
}

func (p *PSP) setWebhook(ctx context.Context, c *call) (answer, error) {
	var r webhookRequest
	if err := decode(c.body, &r, acp.Invalid); err != nil {
		return answer{}, err
	}
	ch := &checks{complain: acp.Invalid}
	w := Webhook{
		MerchantID: ch.short(r.MerchantID, MaxIdentifier, "$.merchant_id"),
		URL:        ch.required(r.URL, "$.url"),
		Secret:     secret.New(ch.required(r.Secret, "$.secret")),
	}
	if ch.err != nil {
		return answer{}, ch.err
	}
	if err := p.SetWebhook(ctx, w); err != nil {
		return answer{}, err
	}
	return p.showWebhook(ctx, w.MerchantID, http.StatusCreated)
}

func (p *PSP) getWebhook(ctx context.Context, c *call) (answer, error) {
	merchantID, err := p.merchantOf(c)
	if err != nil {
		return answer{}, err
	}
	return p.showWebhook(ctx, merchantID, http.StatusOK)
}

func (p *PSP) showWebhook(ctx context.Context, merchantID string, status int) (answer, error) {
	v := webhookView{MerchantID: merchantID}
	var created int64
	err := p.read.QueryRowContext(ctx, `SELECT url, created_at, (SELECT count(*) FROM outbox WHERE merchant_id = e.merchant_id)
		FROM webhook_endpoint e WHERE merchant_id = ?`, merchantID).Scan(&v.URL, &created, &v.Waiting)
	if errors.Is(err, sql.ErrNoRows) {
		return answer{}, acp.Refused(http.StatusNotFound, codeNotFound, "", "This account has no webhook endpoint.")
	}
	if err != nil {
		return answer{}, err
	}
	v.Created = fromMillis(created)
	return reply(status, v)
}

// deleteWebhook ends the reporting; what waits is forgotten.
func (p *PSP) deleteWebhook(ctx context.Context, c *call) (answer, error) {
	merchantID, err := p.merchantOf(c)
	if err != nil {
		return answer{}, err
	}
	err = p.update(ctx, func(tx *sql.Tx) error {
		for _, statement := range []string{`DELETE FROM outbox WHERE merchant_id = ?`, `DELETE FROM webhook_endpoint WHERE merchant_id = ?`} {
			if _, err := tx.ExecContext(ctx, statement, merchantID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, struct {
		Deleted bool `json:"deleted"`
	}{true})
}
