package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/money"
)

// chargeRequest is the body of POST /v1/charges: a token, or a card of the vault
// and the customer whose it is. Capture is true when absent.
type chargeRequest struct {
	Token      *string           `json:"token"`
	Card       *string           `json:"card"`
	Customer   *string           `json:"customer"`
	Amount     *int64            `json:"amount"`
	Currency   *string           `json:"currency"`
	MerchantID *string           `json:"merchant_id"`
	SessionID  *string           `json:"checkout_session_id"`
	Reference  *string           `json:"reference"`
	Capture    *bool             `json:"capture"`
	Descriptor *string           `json:"statement_descriptor"`
	Metadata   map[string]string `json:"metadata"`
	// Authenticate asks for a proof whatever the issuer would say; Proof is it.
	Authenticate *bool        `json:"require_authentication"`
	Proof        *proofFields `json:"three_d_secure"`
}

// maxDescriptor is the length of the text on a bank statement.
const maxDescriptor = 22

// parse checks the shape of the request and makes the charge it asks for,
// without an outcome yet.
func (r *chargeRequest) parse(now time.Time) (Charge, *acp.Error) {
	ch := &checks{complain: acp.Invalid}
	ch.that(r.Token == nil || r.Card == nil && r.Customer == nil, "$.token", "A charge is on a token, or on a card of a customer. Leave one out.")
	ch.that(r.Amount != nil && validAmount(*r.Amount), "$.amount", "This field is required: a positive amount in minor units.")
	ch.atMost(r.Descriptor, maxDescriptor, "$.statement_descriptor")
	ch.that(len(r.Metadata) <= MaxMetadata, "$.metadata", fmt.Sprintf("At most %d members are taken.", MaxMetadata))
	for name, value := range r.Metadata {
		ch.that(len(name) <= MaxValue && len(value) <= MaxValue, "$.metadata", fmt.Sprintf("Names and values have at most %d bytes.", MaxValue))
	}
	c := Charge{
		ID:         id.New(id.Charge, now),
		Object:     "charge",
		Currency:   ch.required(r.Currency, "$.currency"),
		MerchantID: ch.short(r.MerchantID, MaxIdentifier, "$.merchant_id"),
		SessionID:  ch.short(r.SessionID, MaxIdentifier, "$.checkout_session_id"),
		Reference:  ch.short(r.Reference, MaxIdentifier, "$.reference"),
		Metadata:   r.Metadata,
		Created:    now.UTC().Truncate(time.Millisecond),
		capture:    r.Capture == nil || *r.Capture,
	}
	if r.Card != nil || r.Customer != nil {
		ch.short(r.Customer, MaxIdentifier, "$.customer")
		c.token = ch.short(r.Card, MaxIdentifier, "$.card")
	} else {
		c.token = ch.short(r.Token, acp.MaxToken, "$.token")
	}
	ch.that(money.Valid(c.Currency), "$.currency", "This field is an ISO 4217 code in lower case, such as usd.")
	if ch.err != nil {
		return Charge{}, ch.err
	}
	c.Amount = *r.Amount
	if r.Descriptor != nil {
		c.Descriptor = *r.Descriptor
	}
	if c.Metadata == nil {
		c.Metadata = map[string]string{}
	}
	return c, nil
}

// createCharge takes or holds money. Charge, token and the answer under the
// Idempotency-Key are committed together. A charge on a slow card is committed
// as processing first and settled afterwards.
func (p *PSP) createCharge(ctx context.Context, c *call) (answer, error) {
	a, err := p.once(ctx, c, func(tx *sql.Tx) (answer, error) { return p.charge(ctx, tx, c) })
	if err != nil || !a.processing {
		return a, err
	}
	if err := p.delayed(p.slow); err != nil {
		return answer{}, err
	}
	return p.finish(ctx, a.chargeID)
}

func (p *PSP) charge(ctx context.Context, tx *sql.Tx, c *call) (answer, error) {
	var r chargeRequest
	if err := decode(c.body, &r, acp.Invalid); err != nil {
		return answer{}, err
	}
	now := p.now()
	ch, refusal := r.parse(now)
	if refusal == nil {
		refusal = r.parseProof()
	}
	if refusal != nil {
		return answer{}, refusal
	}
	if !p.merchants[ch.MerchantID] {
		return answer{}, acp.Refused(http.StatusForbidden, codeForbidden, "$.merchant_id", "This key may not charge for that merchant.")
	}
	if err := p.referenceFree(ctx, tx, c, ch.MerchantID, ch.Reference); err != nil {
		return answer{}, err
	}
	outcome, blocked, err := p.pays(ctx, tx, &r, &ch, now)
	if err != nil {
		return answer{}, err
	}
	v, declined, proven, err := p.judge(ctx, tx, ch, outcome, &r)
	if err != nil {
		return answer{}, err
	}
	if blocked {
		v, declined = riskBlocked, true
	}
	switch {
	case declined:
		ch.Status, ch.Decline = v.status, v.decline
	case outcome == SlowApprove:
		ch.Status = Processing
	default:
		ch.settle()
	}
	if err := insertCharge(ctx, tx, ch); err != nil {
		return answer{}, err
	}
	if err := p.tellCharge(ctx, tx, ch); err != nil {
		return answer{}, err
	}
	if ch.Status.TakesMoney() && !ch.reusable {
		if err := consume(ctx, tx, ch.token, ch.ID); err != nil {
			return answer{}, err
		}
	}
	if ch.Status.TakesMoney() && proven != nil {
		if err := useProof(ctx, tx, *proven, ch.ID); err != nil {
			return answer{}, err
		}
	}
	a, err := chargeAnswer(ch)
	a.mishap = outcome
	return a, err
}

// referenceFree refuses a reference that has a charge or a page, or that was
// closed after the request was sent. A shop that asks what became of a reference, and closes
// it on a no, can rely on the no even when its request is still on the way.
func (p *PSP) referenceFree(ctx context.Context, tx *sql.Tx, c *call, merchantID, reference string) error {
	sent, err := sentAt(c)
	if err != nil {
		return err
	}
	var closed, used bool
	err = tx.QueryRowContext(ctx, `SELECT
		EXISTS (SELECT 1 FROM closed_reference WHERE merchant_id = ?1 AND reference = ?2 AND sent_before >= ?3),
		EXISTS (SELECT 1 FROM charge WHERE merchant_id = ?1 AND reference = ?2)
			OR EXISTS (SELECT 1 FROM page WHERE merchant_id = ?1 AND reference = ?2)`, merchantID, reference, sent).Scan(&closed, &used)
	switch {
	case err != nil:
		return err
	case closed:
		return acp.Refused(http.StatusConflict, codeReferenceClosed, "$.reference", "The reference was closed after this was sent; nothing was charged.")
	case used:
		return acp.Refused(http.StatusConflict, codeReferenceInUse, "$.reference", "There is a charge or a page with this reference under another Idempotency-Key. GET /v1/charges?reference= shows it.")
	}
	return nil
}

// pays finds what a charge is made on, and says what comes of it.
func (p *PSP) pays(ctx context.Context, tx *sql.Tx, r *chargeRequest, ch *Charge, now time.Time) (o Outcome, blocked bool, err error) {
	if r.Card == nil {
		return p.useToken(ctx, tx, ch, now)
	}
	o, err = p.useCard(ctx, tx, ch, *r.Customer, now)
	return o, false, err
}

// useToken finds the token, checks that it may be used, and says what comes of
// it. The card's shown part is set on the charge.
func (p *PSP) useToken(ctx context.Context, tx *sql.Tx, ch *Charge, now time.Time) (o Outcome, blocked bool, err error) {
	if s, ok := staticToken(ch.token); ok {
		ch.Card, ch.reusable = Card{Brand: s.Brand, Last4: s.Last4}, true
		return s.Outcome, false, nil
	}
	t, err := findToken(ctx, tx, ch.token)
	if errors.Is(err, errNoRow) {
		return "", false, refused(codeTokenUnknown, "$.token", "There is no such token.")
	}
	if err != nil {
		return "", false, err
	}
	if refusal := t.permits(*ch, now); refusal != nil {
		return "", false, refusal
	}
	ch.Card = Card{Brand: t.brand, Last4: t.last4}
	return t.outcome, t.blocked, nil
}

// refusedCharge is the answer to a charge that was declined: the flat error,
// and the charge that records it.
type refusedCharge struct {
	Type    string `json:"type"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Charge  Charge `json:"charge"`
}

// chargeAnswer is the answer that a charge's key gets, now and on replays.
func chargeAnswer(c Charge) (a answer, err error) {
	switch c.Status {
	case Declined, Failed, RequiresAction:
		a, err = reply(http.StatusPaymentRequired, refusedCharge{Type: acp.ProcessingError, Code: c.Decline, Message: messageOf(c.Decline), Charge: c})
		a.code = c.Decline
	default:
		a, err = reply(http.StatusCreated, c)
	}
	a.chargeID, a.processing = c.ID, c.Status == Processing
	return a, err
}

// finish settles a charge that was being processed and completes the answer
// under its key. It does nothing to a charge that is settled.
func (p *PSP) finish(ctx context.Context, chargeID string) (a answer, err error) {
	err = p.update(ctx, func(tx *sql.Tx) error {
		old, err := findCharge(ctx, tx, chargeID)
		if err != nil {
			return err
		}
		settled := old
		if old.Status == Processing {
			settled.settle()
			if err := move(ctx, tx, old, settled); err != nil {
				return err
			}
			if err := p.tellCharge(ctx, tx, settled); err != nil {
				return err
			}
		}
		if a, err = chargeAnswer(settled); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE answered_key SET status = ?, body = ? WHERE charge_id = ? AND status = 0`, a.status, a.body, chargeID)
		return err
	})
	return a, err
}

// finishProcessing settles what an earlier process left in processing.
func (p *PSP) finishProcessing(ctx context.Context) error {
	list, err := findCharges(ctx, p.read, `status = 'processing'`)
	if err != nil {
		return err
	}
	for _, c := range list {
		if _, err := p.finish(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}
