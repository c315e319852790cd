package sandbox

import (
	"context"
	"database/sql"
	"maps"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/id"
)

// issued is the answer of delegate_payment; its schema allows nothing else.
type issued struct {
	ID       string            `json:"id"`
	Created  time.Time         `json:"created"`
	Metadata map[string]string `json:"metadata"`
}

// delegatePayment trades a card and an allowance for a token.
func (p *PSP) delegatePayment(ctx context.Context, c *call) (answer, error) {
	return p.once(ctx, c, func(tx *sql.Tx) (answer, error) {
		now := p.now().UTC()
		g, refusal := parseGrant(c.body, c.edition, c.key, now)
		if refusal != nil {
			return answer{}, refusal
		}
		if !p.merchants[g.merchant] {
			return answer{}, unacceptable("$.allowance.merchant_id",
				"This PSP has no account with that id. Use the merchant_id of the checkout session's payment handler.")
		}
		t := token{
			id:        id.New(id.VaultTok, now),
			merchant:  g.merchant,
			session:   g.session,
			maxAmount: g.maxAmount,
			currency:  g.currency,
			expiresAt: g.expiresAt,
			brand:     g.card.Brand,
			last4:     g.card.Last4(),
			outcome:   g.card.Outcome,
			blocked:   g.blocked,
			state:     active,
			createdAt: now,
		}
		if err := insertToken(ctx, tx, t, p.digest.sum("card", []byte(g.number))); err != nil {
			return answer{}, err
		}
		metadata := maps.Clone(g.metadata)
		metadata["merchant_id"] = g.merchant
		if c.key != "" {
			metadata["idempotency_key"] = c.key
		}
		return reply(http.StatusCreated, issued{ID: t.id, Created: now.Truncate(time.Millisecond), Metadata: metadata})
	})
}
