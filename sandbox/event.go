package sandbox

import (
	"context"
	"database/sql"
	"time"

	"github.com/checkstand/checkstand/id"
)

// Types of event.
const (
	eventSucceeded  = "charge.succeeded"  // taken at once
	eventAuthorized = "charge.authorized" // held
	eventFailed     = "charge.failed"     // refused; on a page, one card was
	eventCaptured   = "charge.captured"   // a hold was
	eventVoided     = "charge.voided"
	eventRefunded   = "charge.refunded"
	eventPageEnd    = "page.expired"  // by the clock, or by the shop
	eventPageCancel = "page.canceled" // with its reference
)

// event is the body of a webhook.
type event struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	Created    time.Time `json:"created"`
	MerchantID string    `json:"merchant_id"`
	Data       eventData `json:"data"`
}

// eventData is what an event is about. Amounts are those of the payment, in
// minor units; an operation has its own.
type eventData struct {
	Reference string     `json:"reference"`
	SessionID string     `json:"checkout_session_id"`
	Charge    string     `json:"charge,omitzero"` // none while a page is not paid
	Status    string     `json:"status"`          // of the charge; without one, of the page
	Decline   string     `json:"decline_code,omitzero"`
	Amount    int64      `json:"amount"`
	Captured  int64      `json:"amount_captured"`
	Refunded  int64      `json:"amount_refunded"`
	Currency  string     `json:"currency"`
	Page      string     `json:"page,omitzero"`
	Brand     string     `json:"card_brand,omitzero"`
	Operation *operation `json:"operation,omitzero"`
}

// tellCharge reports what became of a charge, once that is decided.
func (p *PSP) tellCharge(ctx context.Context, tx *sql.Tx, c Charge) error {
	kind := eventFailed
	switch c.Status {
	case Processing:
		return nil
	case Captured:
		kind = eventSucceeded
	case Authorized:
		kind = eventAuthorized
	}
	return p.tell(ctx, tx, c.MerchantID, kind, dataOf(c))
}

// tellOperation reports a later move of a charge's money.
func (p *PSP) tellOperation(ctx context.Context, tx *sql.Tx, c Charge, op operation) error {
	data := dataOf(c)
	data.Operation = &op
	kind := map[operationKind]string{opCapture: eventCaptured, opVoid: eventVoided, opRefund: eventRefunded}[op.Kind]
	return p.tell(ctx, tx, c.MerchantID, kind, data)
}

func dataOf(c Charge) eventData {
	return eventData{Reference: c.Reference, SessionID: c.SessionID, Charge: c.ID, Status: string(c.Status), Decline: c.Decline,
		Amount: c.Amount, Captured: c.Captured, Refunded: c.Refunded, Currency: c.Currency, Page: c.Page, Brand: c.Card.Brand}
}

// tellPage reports a card that a page refused, or the end of a page.
func (p *PSP) tellPage(ctx context.Context, tx *sql.Tx, pg page, kind, status, decline string) error {
	return p.tell(ctx, tx, pg.merchant, kind, eventData{Reference: pg.reference, SessionID: pg.session, Status: status, Decline: decline,
		Amount: pg.amount, Currency: pg.currency, Page: pg.id})
}

// tell puts an event into the outbox, in the transaction of what it is about,
// if the merchant's account has an endpoint.
func (p *PSP) tell(ctx context.Context, tx *sql.Tx, merchantID, kind string, data eventData) error {
	now := p.now()
	e := event{ID: id.New(id.Event, now), Type: kind, Created: now.UTC().Truncate(time.Millisecond), MerchantID: merchantID, Data: data}
	body, err := encode(e)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO outbox (id, merchant_id, type, body, due_at)
		SELECT ?1, ?2, ?3, ?4, ?5 FROM webhook_endpoint WHERE merchant_id = ?2`, e.ID, merchantID, kind, body, now.UnixMilli())
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if n > 0 {
		p.news.Store(true)
	}
	return err
}
