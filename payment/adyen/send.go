package adyen

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/go-json-experiment/json"
)

// Reasons for an unknown outcome, as DeclineCode.
const (
	noAnswer         = "no_answer"
	unexpectedAnswer = "unexpected_answer"
	otherReference   = "other_reference"
	unreadableAmount = "unreadable_amount"
)

// Send implements payment.Provider. What Adyen says about the payment itself
// is an answer; an error without a known code, a lost answer and every 5xx are
// ClassUnknown, and sending the same again tells what became of it.
func (p *Provider) Send(ctx context.Context, key string, body []byte) (payment.Result, error) {
	var sent paymentRequest
	if err := json.Unmarshal(body, &sent); err != nil {
		return payment.Result{}, fmt.Errorf("%w: the body is not one that Build made", payment.ErrNotSent)
	}
	r, err := p.post(ctx, key, body, "payments")
	if errors.Is(err, payment.ErrNotSent) {
		return payment.Result{}, err
	}
	if err != nil {
		return payment.Result{Class: payment.ClassUnknown, DeclineCode: noAnswer}, nil
	}
	return p.classify(r, sent), nil
}

// post sends body under key; err is as exchange.Client.Do says.
func (p *Provider) post(ctx context.Context, key string, body []byte, path ...string) (exchange.Reply, error) {
	if key == "" || len(key) > MaxKey {
		return exchange.Reply{}, fmt.Errorf("%w: the key is empty or longer than %d characters", payment.ErrNotSent, MaxKey)
	}
	header := p.header()
	header.Set("Idempotency-Key", key)
	return p.client.Do(ctx, http.MethodPost, p.base.JoinPath(path...), header, body)
}

func (p *Provider) header() http.Header {
	h := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}
	h.Set("X-API-Key", p.cfg.APIKey.Reveal())
	return h
}
