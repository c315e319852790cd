package sandbox

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/checkstand/checkstand/acp"
)

func (p *PSP) getCharge(ctx context.Context, c *call) (answer, error) {
	ch, err := p.ownCharge(ctx, p.read, c.r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, ch)
}

// references is what is known of a reference: no charge or one for each
// merchant that used it, and whether charges may still come.
type references struct {
	Charges []Charge `json:"charges"`
	Closed  bool     `json:"closed"`
}

// listCharges tells what became of a reference. It sees every charge whose
// answer was, or is about to be, sent. An empty list is not a promise: the
// request may be on its way. closeReference makes it one.
func (p *PSP) listCharges(ctx context.Context, c *call) (answer, error) {
	merchantID, err := p.merchantOf(c)
	if err != nil {
		return answer{}, err
	}
	reference := c.r.URL.Query().Get("reference")
	if reference == "" || len(reference) > MaxIdentifier {
		return answer{}, acp.Invalid("reference", "The query parameter reference is required.")
	}
	found, err := p.lookUp(ctx, p.read, merchantID, reference)
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, found)
}

// closeReference answers like listCharges; when there is no charge, the
// reference is closed in the same transaction, and a charge that arrives later
// is refused.
func (p *PSP) closeReference(ctx context.Context, c *call) (answer, error) {
	merchantID, err := p.merchantOf(c)
	if err != nil {
		return answer{}, err
	}
	reference := c.r.PathValue("reference")
	if len(reference) > MaxIdentifier {
		return answer{}, acp.Invalid("reference", "The reference is too long.")
	}
	var found references
	err = p.update(ctx, func(tx *sql.Tx) (err error) {
		if found, err = p.lookUp(ctx, tx, merchantID, reference); err != nil || len(found.Charges) > 0 {
			return err
		}
		found.Closed = true
		_, err = tx.ExecContext(ctx, `INSERT INTO closed_reference (merchant_id, reference, closed_at) VALUES (?, ?, ?)
			ON CONFLICT DO NOTHING`, merchantID, reference, p.now().UnixMilli())
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, found)
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

func (p *PSP) lookUp(ctx context.Context, q querier, merchantID, reference string) (r references, err error) {
	if r.Charges, err = findCharges(ctx, q, `merchant_id = ? AND reference = ?`, merchantID, reference); err != nil {
		return references{}, err
	}
	err = q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM closed_reference WHERE merchant_id = ? AND reference = ?)`,
		merchantID, reference).Scan(&r.Closed)
	return r, err
}
