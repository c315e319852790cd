package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// Card is a card as its holder gives it. Number and CVC never print.
type Card struct {
	Number   secret.String // 12 to 19 digits; spaces and dashes are dropped
	ExpMonth int           // 1 to 12; 0 with ExpYear 0 for none
	ExpYear  int           // four digits
	CVC      secret.String // three or four digits; may be empty
	Name     string
	Funding  string // credit, debit or prepaid; credit when empty
}

// Allowance is what a delegated token may be used for: one payment of at most
// MaxAmount, for one session of one merchant, until ExpiresAt.
type Allowance struct {
	MaxAmount  int64 // minor units
	Currency   string
	SessionID  string
	MerchantID string
	ExpiresAt  time.Time
}

// DelegateRequest asks a PSP for a token.
type DelegateRequest struct {
	Card      Card
	Allowance Allowance
	Billing   *acp.Address
	Metadata  map[string]string
}

// Token is a delegated payment token.
type Token struct {
	ID      secret.String
	Created string // RFC 3339, as the PSP wrote it

	HTTPStatus int
}

// Risk that an agent reports with a card. The protocol wants a signal; 0 says
// that nothing was found.
const (
	riskType   = "card_testing"
	riskScore  = 0
	riskAction = "authorized"
)

// Bounds of a card number, ISO/IEC 7812.
const (
	minPAN = 12
	maxPAN = 19
)

// DelegatePayment asks the PSP at psp, such as https://psp.example.com, for a
// token (POST /agentic_commerce/delegate_payment), with the agent's key for
// that PSP. A refusal is an *Error; neither it nor any other error shows the
// card.
func (c *Client) DelegatePayment(ctx context.Context, psp string, key secret.String, r DelegateRequest, opts ...CallOption) (*Token, error) {
	at, err := endpoint(psp)
	if err != nil {
		return nil, fmt.Errorf("PSP URL: %w", err)
	}
	number := strings.NewReplacer(" ", "", "-", "").Replace(r.Card.Number.Reveal())
	body, err := r.body(number)
	if err != nil {
		return nil, err
	}
	call := request{method: http.MethodPost, url: at.String() + "/agentic_commerce/delegate_payment", bearer: key, versioned: true}
	if call.body, err = body.encode(); err != nil {
		return nil, err
	}
	for _, o := range opts {
		o(&call)
	}
	a, err := c.send(ctx, call)
	if err != nil {
		var refused *Error
		if errors.As(err, &refused) {
			refused.Message = withoutCard(refused.Message, number)
			refused.Code, refused.Param = withoutCard(refused.Code, number), withoutCard(refused.Param, number)
		}
		return nil, err
	}
	root, err := parse(a.body)
	if err != nil {
		return nil, fmt.Errorf("no payment token: %w", err)
	}
	t := &Token{ID: secret.New(root.get("id").text()), Created: root.get("created").line(), HTTPStatus: a.status}
	if t.ID.IsZero() {
		return nil, errors.New("no payment token: the answer has no id")
	}
	return t, nil
}

// withoutCard takes a card number out of a text that a server made.
func withoutCard(text, number string) string {
	return strings.ReplaceAll(text, number, secret.New(number).String())
}

// body is the request of delegate_payment, with every member that one of the
// released versions requires.
func (r DelegateRequest) body(number string) (object, error) {
	if len(number) < minPAN || len(number) > maxPAN || strings.Trim(number, "0123456789") != "" {
		return nil, fmt.Errorf("card number is not %d to %d digits: check what was typed", minPAN, maxPAN)
	}
	card := object{
		"type": "card", "card_number_type": "fpan", "virtual": false, "number": number,
		"display_card_funding_type": "credit", "display_last4": number[len(number)-4:], "metadata": object{},
	}
	card.text("display_card_funding_type", r.Card.Funding)
	card.text("name", r.Card.Name)
	card.text("cvc", r.Card.CVC.Reveal())
	if m, y := r.Card.ExpMonth, r.Card.ExpYear; m != 0 || y != 0 {
		if m < 1 || m > 12 || y < 1000 || y > 9999 {
			return nil, errors.New("card expiry is not a month of 1 to 12 and a year of four digits: give both, such as 12 and 2030")
		}
		card["exp_month"], card["exp_year"] = fmt.Sprintf("%02d", m), fmt.Sprint(y)
	}
	metadata := r.Metadata
	if metadata == nil {
		metadata = map[string]string{}
	}
	o := object{
		"payment_method": card,
		"allowance": object{
			"reason": "one_time", "max_amount": r.Allowance.MaxAmount, "currency": strings.ToLower(r.Allowance.Currency),
			"checkout_session_id": r.Allowance.SessionID, "merchant_id": r.Allowance.MerchantID,
			"expires_at": r.Allowance.ExpiresAt.UTC().Format(time.RFC3339),
		},
		"risk_signals": []object{{"type": riskType, "score": riskScore, "action": riskAction}},
		"metadata":     metadata,
	}
	if r.Billing != nil {
		o["billing_address"] = r.Billing
	}
	return o, nil
}
