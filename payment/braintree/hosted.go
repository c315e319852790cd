package braintree

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
	"github.com/go-json-experiment/json"
)

const (
	// clientTokenVersion is the form of client tokens that the drop-in reads.
	clientTokenVersion = 2
	// clientTokenLife is for how long a client token works. Unverified: 24 hours
	// by Braintree's guides.
	clientTokenLife = 24 * time.Hour
)

// clientTokenRequest is the body of POST /client_token.
type clientTokenRequest struct {
	ClientToken clientTokenOptions `json:"client_token"`
}

type clientTokenOptions struct {
	Version         int    `json:"version"`
	MerchantAccount string `json:"merchant_account_id"`
}

// BuildHosted implements payment.Hosted. Braintree has no page of its own: the
// body asks for a client token, with which its drop-in script runs on a page of
// ours. The charge is checked as a whole, though only its currency is sent.
func (p *Provider) BuildHosted(c payment.HostedCharge) ([]byte, error) {
	_, account, err := p.price(c.Charge)
	if err != nil {
		return nil, err
	}
	if !c.Credential.Token.IsZero() {
		return nil, errors.New("braintree payments: a hosted charge has no payment token")
	}
	var total int64
	for _, line := range c.Lines {
		if total, err = money.Add(total, line.Amount); err != nil {
			return nil, fmt.Errorf("braintree payments: the lines of a hosted charge: %w", err)
		}
	}
	if len(c.Lines) > 0 && total != c.Amount {
		return nil, fmt.Errorf("braintree payments: the lines of a hosted charge add up to %d, the charge is %d", total, c.Amount)
	}
	return json.Marshal(clientTokenRequest{clientTokenOptions{clientTokenVersion, account}}, json.Deterministic(true))
}

// OpenHosted implements payment.Hosted. The page is ours and has no id at
// Braintree. Each call gives another client token; they are equal in effect,
// and none of them can move money.
func (p *Provider) OpenHosted(ctx context.Context, _ string, body []byte) (payment.HostedPage, payment.Result, error) {
	r, err := p.do(ctx, http.MethodPost, body, "client_token")
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return payment.HostedPage{}, payment.Result{}, err
	case err != nil:
		return payment.HostedPage{}, unknown(r, noAnswer), nil
	}
	if refused, ok := refusedOutright(r); ok {
		return payment.HostedPage{}, refused, nil
	}
	var token clientToken
	switch r.Status {
	case http.StatusOK, http.StatusCreated:
		if err := decode(r.Body, rootClientToken, &token); err != nil || token.Value == "" {
			return payment.HostedPage{}, unknown(r, unexpectedAnswer), nil
		}
	case http.StatusUnprocessableEntity:
		// Nothing can be charged by a request for a token: whatever the code, it
		// is our configuration that Braintree does not like.
		result := unknown(r, unexpectedAnswer)
		if _, codes, ok := made(r); ok {
			result = refusal(codes, nil)
			result.Class, result.RequestID = payment.ClassConfig, requestID(r)
		}
		return payment.HostedPage{}, result, nil
	default:
		return payment.HostedPage{}, unknown(r, httpReason(r.Status)), nil
	}
	page := payment.HostedPage{ClientToken: secret.New(token.Value), ExpiresAt: p.now().Add(clientTokenLife)}
	return page, payment.Result{Class: payment.ClassPending, RequestID: requestID(r)}, nil
}

// ReconcileHosted implements payment.Hosted. What the script hands back is a
// nonce, which is the credential of an attempt of its own, built, sealed and
// sent as any other; the page's attempt takes no money, and waits until it is
// closed. Should a sale have been made under it nevertheless, that is the
// Result.
func (p *Provider) ReconcileHosted(ctx context.Context, a payment.Attempt, _, _ string) (payment.Result, error) {
	return p.paidOnPage(ctx, a, payment.ClassPending)
}

// CloseHosted implements payment.Hosted. A client token cannot be taken back,
// but without a sale of ours it charges nothing, so that there is nothing to
// close.
func (p *Provider) CloseHosted(ctx context.Context, a payment.Attempt, _ string) (payment.Result, error) {
	return p.paidOnPage(ctx, a, payment.ClassNotFound)
}

// paidOnPage gives the sale under the page's attempt, or otherwise.
func (p *Provider) paidOnPage(ctx context.Context, a payment.Attempt, otherwise payment.Class) (payment.Result, error) {
	sales, asked, err := p.byOrder(ctx, a.ID)
	switch {
	case err != nil || asked.Class == payment.ClassUnknown:
		return asked, err
	case len(sales) > 0:
		return ended(a, sales, p.pick(sales, asked)), nil
	}
	asked.Class = otherwise
	return asked, nil
}
