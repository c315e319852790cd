package braintree

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// Send implements payment.Provider. It is sure that nothing was sent only when
// it never got a connection, or when body and key are none that it could send;
// an exchange without a clear answer is ClassUnknown.
//
// A repeat under the same key is answered with the current state of the first
// request's transaction, for 30 days.
func (p *Provider) Send(ctx context.Context, key string, body []byte) (payment.Result, error) {
	wire, err := p.withKey(key, body)
	if err != nil {
		return payment.Result{}, fmt.Errorf("%w: braintree payments: %w", payment.ErrNotSent, err)
	}
	if result, asked, err := p.unasked(ctx, body); asked {
		return result, err
	}
	r, err := p.do(ctx, http.MethodPost, wire, "transactions")
	if errors.Is(err, payment.ErrNotSent) {
		return payment.Result{}, err
	}
	if err != nil {
		return unknown(r, noAnswer), nil
	}
	result := p.classifySale(r)
	if result.Class == payment.ClassTokenUsed {
		return p.usedByUs(ctx, body, result), nil
	}
	return result, nil
}

// usedByUs looks whether the token was used up by this very attempt, whose
// answer was lost. Request keys answer that by themselves; without them, or
// should an account ignore them, only a search does, and without keys it is
// not believed at once when it finds nothing.
func (p *Provider) usedByUs(ctx context.Context, body []byte, used payment.Result) payment.Result {
	var sent saleRequest
	if err := json.Unmarshal(body, &sent); err != nil {
		return payment.Result{Class: payment.ClassUnknown, RequestID: used.RequestID, DeclineCode: used.DeclineCode}
	}
	sales, asked, err := p.byOrder(ctx, sent.Transaction.OrderID)
	switch {
	case err != nil || asked.Class == payment.ClassUnknown:
		used.Class = payment.ClassUnknown
	case len(sales) > 0:
		return p.pick(sales, asked)
	case !p.keyed:
		used.Class = payment.ClassUnknown
	}
	return used
}
