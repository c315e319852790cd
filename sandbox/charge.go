package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// Status is where a charge stands.
type Status string

// Statuses of a charge.
const (
	Processing     Status = "processing"      // not decided yet; the amount is held
	Authorized     Status = "authorized"      // held
	Captured       Status = "captured"        // taken; Refunded says what went back
	Voided         Status = "voided"          // a hold that was given back
	Declined       Status = "declined"        // refused by issuer or fraud rule
	Failed         Status = "failed"          // refused for a technical reason
	RequiresAction Status = "requires_action" // 3-D Secure was asked for
)

// TakesMoney reports whether a charge holds or took the buyer's money.
func (s Status) TakesMoney() bool { return s == Processing || s == Authorized || s == Captured }

// Card is what is shown of a card.
type Card struct {
	Brand string `json:"brand"`
	Last4 string `json:"last4"`
}

// Charge is one attempt to take money, with its outcome. Amounts are minor
// units of Currency.
type Charge struct {
	ID         string            `json:"id"`
	Object     string            `json:"object"` // "charge"
	Status     Status            `json:"status"`
	Decline    string            `json:"decline_code,omitzero"`
	Amount     int64             `json:"amount"`
	Captured   int64             `json:"amount_captured"`
	Refunded   int64             `json:"amount_refunded"`
	Currency   string            `json:"currency"`
	MerchantID string            `json:"merchant_id"`
	SessionID  string            `json:"checkout_session_id"`
	Reference  string            `json:"reference"`
	Page       string            `json:"page,omitzero"` // the payment page that it was made on
	Card       Card              `json:"card"`
	Descriptor string            `json:"statement_descriptor,omitzero"`
	Metadata   map[string]string `json:"metadata"`
	Created    time.Time         `json:"created"`

	token    string
	reusable bool
	capture  bool
}

// verdict is what an outcome makes of a charge.
type verdict struct {
	status  Status
	decline string
	message string
}

// verdicts of the outcomes that refuse. All others approve.
var verdicts = map[Outcome]verdict{
	Decline:           {Declined, "card_declined", "The card was declined."},
	InsufficientFunds: {Declined, "insufficient_funds", "The card has insufficient funds."},
	ExpiredCard:       {Declined, "expired_card", "The card has expired."},
	IncorrectCVC:      {Declined, "incorrect_cvc", "The security code is wrong."},
	FraudBlock:        {Declined, "fraud_blocked", "The payment was blocked as fraudulent."},
	ProcessingError:   {Failed, "processing_error", "The payment could not be processed. Nothing was charged."},
	Requires3DS:       {RequiresAction, "authentication_required", "The issuer asks for 3-D Secure. Nothing was charged."},
}

// riskBlocked is the verdict on a token whose risk signals say "blocked".
var riskBlocked = verdict{Declined, "risk_blocked", "The payment was blocked because of its risk signals."}

// messageOf finds the words for a stored decline code.
func messageOf(decline string) string {
	for _, v := range []verdict{riskBlocked, badProof} {
		if v.decline == decline {
			return v.message
		}
	}
	for _, v := range verdicts {
		if v.decline == decline {
			return v.message
		}
	}
	return "The payment was refused."
}

// settle gives an approved charge its final status.
func (c *Charge) settle() {
	if c.capture {
		c.Status, c.Captured = Captured, c.Amount
	} else {
		c.Status = Authorized
	}
}

const chargeColumns = `id, merchant_id, session_id, reference, token, reusable, amount, currency, capture,
	status, decline, captured, refunded, brand, last4, descriptor, metadata, created_at`

func insertCharge(ctx context.Context, tx *sql.Tx, c Charge) error {
	metadata, err := encode(c.Metadata)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO charge (`+chargeColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.MerchantID, c.SessionID, c.Reference, c.token, c.reusable, c.Amount, c.Currency, c.capture,
		c.Status, c.Decline, c.Captured, c.Refunded, c.Card.Brand, c.Card.Last4, c.Descriptor, string(metadata), c.Created.UnixMilli())
	return err
}

func findCharge(ctx context.Context, q querier, id string) (Charge, error) {
	list, err := findCharges(ctx, q, `id = ?`, id)
	if err == nil && len(list) == 0 {
		err = errNoRow
	}
	if err != nil {
		return Charge{}, err
	}
	return list[0], nil
}

// findCharges reads the charges for which a condition holds, oldest first.
func findCharges(ctx context.Context, q querier, condition string, args ...any) ([]Charge, error) {
	return selectCharges(ctx, q, condition+` ORDER BY created_at, id`, args...)
}

// selectCharges reads charges; rest is what follows WHERE.
func selectCharges(ctx context.Context, q querier, rest string, args ...any) ([]Charge, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+chargeColumns+` FROM charge WHERE `+rest, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Charge{}
	for rows.Next() {
		c := Charge{Object: "charge"}
		var metadata string
		var created int64
		err := rows.Scan(&c.ID, &c.MerchantID, &c.SessionID, &c.Reference, &c.token, &c.reusable, &c.Amount, &c.Currency, &c.capture,
			&c.Status, &c.Decline, &c.Captured, &c.Refunded, &c.Card.Brand, &c.Card.Last4, &c.Descriptor, &metadata, &created)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(metadata), &c.Metadata); err != nil {
			return nil, fmt.Errorf("metadata of charge %s: %w", c.ID, err)
		}
		c.Created, c.Page = fromMillis(created), pageOfToken(c.token)
		list = append(list, c)
	}
	return list, rows.Err()
}

// move writes a charge's new status and amounts, provided that it still has
// the old ones.
func move(ctx context.Context, tx *sql.Tx, old, changed Charge) error {
	res, err := tx.ExecContext(ctx, `UPDATE charge SET status = ?, captured = ?, refunded = ?
		WHERE id = ? AND status = ? AND captured = ? AND refunded = ?`,
		changed.Status, changed.Captured, changed.Refunded, old.ID, old.Status, old.Captured, old.Refunded)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = errors.New("charge changed while it was being written")
	}
	return err
}
