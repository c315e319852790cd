// Package seller takes payments from what the shop itself owes its customers:
// gift cards, points and store credit, in the ledger of package balance. To the
// core it is a payment provider like any other: it is asked under a reference,
// moves a balance once for it, and can be asked what it did.
package seller

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
)

// Name is the provider's name, as stored with attempts.
const Name = "seller"

// CredentialType is that of a credential made by Credential.
const CredentialType = "seller_backed"

// Credential is a balance to pay with, beside the token that an agent sent: the
// balance is what pays, the token makes the payment traceable to a delegation
// and serves one payment.
func Credential(token, balanceID string) payment.Credential {
	return payment.Credential{Type: CredentialType, Token: secret.New(token + "@" + balanceID)}
}

// Provider takes payments of one shop in one mode. It is safe for concurrent
// use.
type Provider struct {
	ledger   balance.Store
	merchant string
	live     bool
	now      func() time.Time
}

var _ interface {
	payment.Operator
	payment.Lister
} = (*Provider)(nil)

// New makes a provider. now may be nil for time.Now.
func New(ledger balance.Store, merchantID string, live bool, now func() time.Time) *Provider {
	if now == nil {
		now = time.Now
	}
	return &Provider{ledger: ledger, merchant: merchantID, live: live, now: now}
}

// Name implements payment.Provider.
func (p *Provider) Name() string { return Name }

// Reusable implements payment.Provider: a token serves one payment.
func (p *Provider) Reusable(payment.Credential) bool { return false }

// chargeRequest is the body of a charge.
type chargeRequest struct {
	Reference string `json:"reference"`
	BalanceID string `json:"balance_id"`
	SessionID string `json:"checkout_session_id"`
	OrderID   string `json:"order_id"`
	Amount    int64  `json:"amount"`
	Currency  string `json:"currency"`
	Capture   bool   `json:"capture"`
	Token     []byte `json:"token"` // digest
}

// Build implements payment.Provider. The token itself goes no further.
func (p *Provider) Build(c payment.Charge) ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("balances: %w", err)
	}
	if c.MerchantID != "" && c.MerchantID != p.merchant {
		return nil, fmt.Errorf("balances: the charge is for account %q, this ledger is %q", c.MerchantID, p.merchant)
	}
	text, err := c.Token()
	if err != nil {
		return nil, fmt.Errorf("balances: %w", err)
	}
	at := strings.LastIndexByte(text, '@')
	if at < 1 {
		return nil, errors.New("balances: the credential names no balance")
	}
	sum := sha256.Sum256([]byte(text[:at]))
	return json.Marshal(chargeRequest{Reference: c.AttemptID, BalanceID: text[at+1:], SessionID: c.SessionID, OrderID: c.OrderID,
		Amount: c.Amount, Currency: c.Currency, Capture: c.Capture == payment.CaptureNow, Token: sum[:]}, json.Deterministic(true))
}

// reasons are the classes of what the ledger refuses.
var reasons = map[string]payment.Class{
	"insufficient": payment.ClassDeclined,
	"expired":      payment.ClassDeclined,
	"blocked":      payment.ClassDeclined,
	"not_possible": payment.ClassDeclined,
	"unknown":      payment.ClassTokenInvalid,
	"token_used":   payment.ClassTokenUsed,
	"currency":     payment.ClassCurrencyMismatch,
}

// unknown is the result of which nothing is known.
func unknown(detail string) payment.Result {
	return payment.Result{Class: payment.ClassUnknown, DeclineCode: detail}
}

// fault is what an error of the ledger tells of the payment: only that nothing
// was written is certain, where it says so.
func fault(err error) (payment.Result, error) {
	switch {
	case errors.Is(err, balance.ErrClosed):
		return payment.Result{}, fmt.Errorf("%w: %w", payment.ErrNotSent, err)
	case errors.Is(err, balance.ErrBusy):
		return payment.Result{Class: payment.ClassRateLimited, DeclineCode: "busy"}, nil
	}
	return unknown("ledger_failed"), nil
}

// Send implements payment.Provider: one transaction that decides the charge and
// moves the balance. The moment at which it was begun goes with it, so that one
// that was slow cannot get past a Reconcile that has said no.
func (p *Provider) Send(ctx context.Context, key string, body []byte) (payment.Result, error) {
	var r chargeRequest
	if err := json.Unmarshal(body, &r); err != nil || r.Reference == "" {
		return payment.Result{Class: payment.ClassProcessorError, DeclineCode: "unreadable"}, nil
	}
	sent, digest := p.now(), sha256.Sum256(body)
	return p.once(ctx, balance.Request{Reference: r.Reference, Kind: balance.Charge, Of: r.Reference, BalanceID: r.BalanceID, SessionID: r.SessionID,
		Key: key, Body: digest[:], Token: r.Token, Amount: r.Amount, Currency: r.Currency, CreatedAt: sent}, charged,
		func(tx balance.Tx, q *balance.Request) error { return p.decide(tx, q, r.Capture, sent) })
}

// once carries out what is asked for under a reference, in one transaction: do
// decides it and makes it, and result is what it came to. What was asked for
// already comes to the same again. A reference that was closed since this was
// sent, or that something else stands under, tells nothing.
func (p *Provider) once(ctx context.Context, asked balance.Request, result func(*balance.Request) payment.Result,
	do func(balance.Tx, *balance.Request) error) (payment.Result, error) {
	asked.MerchantID, asked.Live = p.merchant, p.live
	var out payment.Result
	err := p.ledger.UpdateBalances(ctx, func(tx balance.Tx) error {
		q := asked
		have, err := tx.BalanceRequest(p.merchant, q.Reference)
		switch {
		case err != nil:
			return err
		case have != nil && have.State == balance.Closed && q.CreatedAt.Before(have.ClosedAt):
			out = unknown("reference_closed")
			return nil
		case have != nil && have.State != balance.Closed:
			out = unknown("reference_in_use")
			if have.Key == q.Key && bytes.Equal(have.Body, q.Body) && have.Live == p.live {
				out = result(have)
			}
			return nil
		}
		if have != nil {
			q.Version, q.ClosedAt = have.Version, have.ClosedAt
		}
		if err := do(tx, &q); err != nil {
			return err
		}
		out = result(&q)
		if have != nil {
			return tx.SaveRequest(&q)
		}
		return tx.InsertRequest(&q)
	})
	if err != nil {
		return fault(err)
	}
	return out, nil
}

// decide fills in what becomes of a charge, and moves the balance for it.
func (p *Provider) decide(tx balance.Tx, q *balance.Request, capture bool, now time.Time) error {
	b, err := tx.Balance(p.merchant, q.BalanceID)
	if err != nil && !errors.Is(err, balance.ErrNotFound) {
		return err
	}
	used, err := tx.TokenSpent(p.merchant, q.Token)
	if err != nil {
		return err
	}
	q.State = balance.Refused
	switch {
	case b == nil || b.Live != p.live:
		q.Reason = "unknown"
		return nil
	case used:
		q.Reason = "token_used"
		return nil
	case b.Currency != q.Currency:
		q.Reason = "currency"
		return nil
	case b.Blocked:
		q.Reason = "blocked"
		return nil
	case b.Expired(now):
		q.Reason = "expired"
		return nil
	case !b.Pays(q.Amount, q.Currency, now):
		q.Reason = "insufficient"
		return nil
	}
	q.Units, _ = b.Rate.Cost(q.Amount)
	e := balance.Entry{Kind: balance.Holds, Available: -q.Units, Held: q.Units}
	q.State = balance.Held
	if capture {
		e.Kind, e.Held = balance.Spends, 0
		q.State, q.Captured = balance.Taken, q.Amount
	}
	if err := tx.SpendBalance(p.merchant, b.ID, e.Available, e.Held, now); err != nil {
		return err
	}
	return p.note(tx, e, q, q.Amount, now)
}

// note writes the entry of a move that a request has made.
func (p *Provider) note(tx balance.Tx, e balance.Entry, q *balance.Request, amount int64, now time.Time) error {
	e.ID, e.MerchantID, e.BalanceID, e.Amount, e.Reference, e.Who, e.At = id.New("bent", now), p.merchant, q.BalanceID, amount, q.Reference, "payment", now
	return tx.AppendEntry(e)
}

// charged is the result of a charge as the ledger has it.
func charged(q *balance.Request) payment.Result {
	r := payment.Result{PSPRef: chargeRef(q.Reference), Amount: q.Amount, Captured: q.Captured, Currency: q.Currency, DeclineCode: q.Reason}
	switch q.State {
	case balance.Held:
		r.Class = payment.ClassAuthorized
	case balance.Taken:
		r.Class = payment.ClassCaptured
	case balance.Released:
		r.Class = payment.ClassProcessorError // holds no money any more
	case balance.Refused:
		r.Class = reasons[q.Reason]
		r.Amount = 0
	default:
		return unknown("")
	}
	return r
}

// chargeRef is the ledger's own name for a charge.
func chargeRef(reference string) string {
	return "bch_" + strings.TrimPrefix(reference, id.Attempt+"_")
}

// Reconcile implements payment.Provider. What the ledger does not know is
// closed to everything that was sent until now.
func (p *Provider) Reconcile(ctx context.Context, a payment.Attempt) (payment.Result, error) {
	q, err := p.find(ctx, a.ID, balance.Charge)
	switch {
	case err != nil:
		return payment.Result{Class: payment.ClassUnknown}, err
	case q == nil:
		return unknown("reference_in_use"), nil
	case q.State == balance.Closed:
		return payment.Result{Class: payment.ClassNotFound}, nil
	}
	return charged(q), nil
}

// find gives what was asked for under a reference, and closes one under which
// nothing was. It is nil when the reference belongs to another kind or mode.
func (p *Provider) find(ctx context.Context, reference string, kind balance.RequestKind) (*balance.Request, error) {
	var q *balance.Request
	err := p.ledger.UpdateBalances(ctx, func(tx balance.Tx) (err error) {
		if q, err = tx.BalanceRequest(p.merchant, reference); err != nil {
			return err
		}
		now := p.now()
		switch {
		case q == nil:
			q = &balance.Request{MerchantID: p.merchant, Live: p.live, Reference: reference, Kind: kind, State: balance.Closed, CreatedAt: now, ClosedAt: now}
			return tx.InsertRequest(q)
		case q.Kind != kind || q.Live != p.live:
			q = nil
			return nil
		case q.State == balance.Closed && q.ClosedAt.Before(now):
			q.ClosedAt = now
			return tx.SaveRequest(q)
		}
		return nil
	})
	return q, err
}
