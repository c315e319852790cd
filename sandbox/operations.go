package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
)

// operationKind is a later move of a charge's money.
type operationKind string

const (
	opCapture operationKind = "capture"
	opVoid    operationKind = "void"
	opRefund  operationKind = "refund"
)

// operation is such a move.
type operation struct {
	ID        string        `json:"id"`
	Kind      operationKind `json:"kind"`
	Charge    string        `json:"charge"`
	Reference string        `json:"reference,omitzero"` // the shop's own
	Amount    int64         `json:"amount"`             // of a void, what was held
	Currency  string        `json:"currency"`
}

// operated is a charge with the move that has just changed it.
type operated struct {
	Charge
	Operation operation `json:"operation"`
}

// amountRequest is the body of capture and refund; all that is left is meant
// when amount is absent. Reference is the shop's name of the move.
type amountRequest struct {
	Amount    *int64  `json:"amount"`
	Reason    *string `json:"reason"`
	Reference *string `json:"reference"`
}

// amount returns how much to move, at most limit.
func (r amountRequest) amount(limit int64) (int64, *acp.Error) {
	switch {
	case r.Amount == nil:
		return limit, nil
	case !validAmount(*r.Amount):
		return 0, acp.Invalid("$.amount", "This field is a positive amount in minor units.")
	case *r.Amount > limit:
		return 0, refused("amount_too_large", "$.amount", "The amount is more than is left.")
	}
	return *r.Amount, nil
}

// captureCharge takes all or a part of a hold; the rest of it is released.
func (p *PSP) captureCharge(ctx context.Context, c *call) (answer, error) {
	return p.operate(ctx, c, func(tx *sql.Tx, ch Charge, r amountRequest) (answer, error) {
		if ch.Status != Authorized {
			return answer{}, notPossible("Only an authorized charge can be captured", ch)
		}
		amount, refusal := r.amount(ch.Amount)
		if refusal != nil {
			return answer{}, refusal
		}
		captured := ch
		captured.Status, captured.Captured = Captured, amount
		op, err := p.move(ctx, tx, ch, captured, r, operation{ID: id.New("cap", p.now()), Kind: opCapture, Amount: amount})
		if err != nil {
			return answer{}, err
		}
		return reply(http.StatusOK, operated{captured, op})
	})
}

// voidCharge gives a hold back. The token stays used.
func (p *PSP) voidCharge(ctx context.Context, c *call) (answer, error) {
	return p.operate(ctx, c, func(tx *sql.Tx, ch Charge, r amountRequest) (answer, error) {
		if ch.Status != Authorized {
			return answer{}, notPossible("Only an authorized charge can be voided", ch)
		}
		voided := ch
		voided.Status = Voided
		op, err := p.move(ctx, tx, ch, voided, r, operation{ID: id.New("void", p.now()), Kind: opVoid, Amount: ch.Amount})
		if err != nil {
			return answer{}, err
		}
		return reply(http.StatusOK, operated{voided, op})
	})
}

// refund is money that went back.
type refund struct {
	ID        string    `json:"id"`
	Object    string    `json:"object"` // "refund"
	Charge    string    `json:"charge"`
	Amount    int64     `json:"amount"`
	Currency  string    `json:"currency"`
	Status    string    `json:"status"` // "succeeded"
	Reason    string    `json:"reason,omitzero"`
	Reference string    `json:"reference,omitzero"`
	Created   time.Time `json:"created"`
}

// refundCharge gives back all that is left of a captured amount, or a part.
func (p *PSP) refundCharge(ctx context.Context, c *call) (answer, error) {
	return p.operate(ctx, c, func(tx *sql.Tx, ch Charge, r amountRequest) (answer, error) {
		if ch.Status != Captured || ch.Refunded == ch.Captured {
			return answer{}, notPossible("Only a captured charge with something left can be refunded", ch)
		}
		amount, refusal := r.amount(ch.Captured - ch.Refunded)
		if refusal != nil {
			return answer{}, refusal
		}
		less := ch
		less.Refunded += amount
		now := p.now().UTC().Truncate(time.Millisecond)
		op, err := p.move(ctx, tx, ch, less, r, operation{ID: id.New("re", now), Kind: opRefund, Amount: amount})
		if err != nil {
			return answer{}, err
		}
		re := refund{ID: op.ID, Object: "refund", Charge: ch.ID, Amount: amount, Currency: ch.Currency, Status: "succeeded", Reference: op.Reference, Created: now}
		if r.Reason != nil {
			re.Reason = *r.Reason
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO refund (id, charge_id, amount, reason, created_at) VALUES (?, ?, ?, ?, ?)`,
			re.ID, re.Charge, re.Amount, re.Reason, now.UnixMilli())
		if err != nil {
			return answer{}, err
		}
		return reply(http.StatusCreated, re)
	})
}

// operate runs an operation on the charge of the path, once for its key.
func (p *PSP) operate(ctx context.Context, c *call, do func(*sql.Tx, Charge, amountRequest) (answer, error)) (answer, error) {
	return p.once(ctx, c, func(tx *sql.Tx) (answer, error) {
		var r amountRequest
		if err := decode(c.body, &r, acp.Invalid); err != nil {
			return answer{}, err
		}
		ch := &checks{complain: acp.Invalid}
		ch.atMost(r.Reason, MaxValue, "$.reason")
		ch.atMost(r.Reference, MaxIdentifier, "$.reference")
		if ch.err != nil {
			return answer{}, ch.err
		}
		charge, err := p.ownCharge(ctx, tx, c.r.PathValue("id"))
		if err != nil {
			return answer{}, err
		}
		if err := operationFree(ctx, tx, c, charge, r); err != nil {
			return answer{}, err
		}
		return do(tx, charge, r)
	})
}

// operationFree refuses a reference that an operation of the account has, or
// that was closed after the request was sent, as with charges.
func operationFree(ctx context.Context, tx *sql.Tx, c *call, ch Charge, r amountRequest) error {
	if r.Reference == nil || *r.Reference == "" {
		return nil
	}
	sent, err := sentAt(c)
	if err != nil {
		return err
	}
	var closed bool
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM closed_reference WHERE merchant_id = ? AND reference = ? AND sent_before >= ?)`,
		ch.MerchantID, *r.Reference, sent).Scan(&closed)
	if err != nil {
		return err
	}
	if closed {
		return acp.Refused(http.StatusConflict, codeReferenceClosed, "$.reference", "The reference was closed after this was sent; nothing was moved.")
	}
	made, err := findOperations(ctx, tx, ch.MerchantID, *r.Reference)
	if err == nil && len(made) > 0 {
		err = acp.Refused(http.StatusConflict, codeReferenceInUse, "$.reference", "There is an operation with this reference under another Idempotency-Key. GET /v1/charges?reference= shows it.")
	}
	return err
}

// findOperations reads the operations of an account under a reference.
func findOperations(ctx context.Context, q querier, merchantID, reference string) ([]operation, error) {
	rows, err := q.QueryContext(ctx, `SELECT o.id, o.kind, o.charge_id, o.reference, o.amount, c.currency
		FROM operation o JOIN charge c ON c.id = o.charge_id WHERE o.reference = ? AND o.reference <> '' AND c.merchant_id = ? ORDER BY o.created_at, o.id`, reference, merchantID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []operation
	for rows.Next() {
		var op operation
		if err := rows.Scan(&op.ID, &op.Kind, &op.Charge, &op.Reference, &op.Amount, &op.Currency); err != nil {
			return nil, err
		}
		list = append(list, op)
	}
	return list, rows.Err()
}

// move writes what an operation makes of a charge, the operation, and the event
// that tells of it.
func (p *PSP) move(ctx context.Context, tx *sql.Tx, old, changed Charge, r amountRequest, op operation) (operation, error) {
	op.Charge, op.Currency = old.ID, old.Currency
	if r.Reference != nil {
		op.Reference = *r.Reference
	}
	if err := move(ctx, tx, old, changed); err != nil {
		return operation{}, err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO operation (id, charge_id, kind, reference, amount, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		op.ID, old.ID, op.Kind, op.Reference, op.Amount, p.now().UnixMilli())
	if err != nil {
		return operation{}, err
	}
	return op, p.tellOperation(ctx, tx, changed, op)
}

func notPossible(rule string, ch Charge) *acp.Error {
	return acp.Refused(http.StatusConflict, codeNotPossible, "", rule+"; this one is "+string(ch.Status)+".")
}

func (p *PSP) ownCharge(ctx context.Context, q querier, chargeID string) (Charge, error) {
	ch, err := findCharge(ctx, q, chargeID)
	if errors.Is(err, errNoRow) || (err == nil && !p.merchants[ch.MerchantID]) {
		return Charge{}, acp.Refused(http.StatusNotFound, codeNotFound, "", "There is no such charge.")
	}
	return ch, err
}
