package stripe

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/payment"
)

// lookback is how far back Send looks for a payment when Stripe repeats a
// stored failure: nobody sends the same bytes again later than this.
const lookback = 10 * time.Minute

// Send implements payment.Provider.
//
// Stripe keeps its first answer under a key for at least 24 hours and repeats
// it, a 500 as well, which says nothing about the money. When it repeats one,
// Send looks for the payment itself.
func (p *Provider) Send(ctx context.Context, key string, body []byte) (payment.Result, error) {
	if key == "" || len(key) > maxKey {
		return payment.Result{Class: payment.ClassProcessorError, DeclineCode: "idempotency_key_length"}, nil
	}
	r, err := p.do(ctx, call{method: http.MethodPost, path: []string{"v1", "payment_intents"}, body: body, key: key, version: p.versionFor(body)})
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return payment.Result{}, err
	case err != nil:
		return payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: "no_answer"}, nil
	case r.status == http.StatusOK:
		in, result, ok := p.readIntent(r)
		if !ok {
			return result, nil
		}
		return p.named(ctx, body, p.finish(ctx, in, result)), nil
	case r.status >= 500 && r.replayed:
		return p.afterReplayedFailure(ctx, r, body), nil
	}
	return p.named(ctx, body, p.refusal(ctx, r, body)), nil
}

// refusal classifies an answer to a charge that is not 200.
func (p *Provider) refusal(ctx context.Context, r reply, body []byte) payment.Result {
	f := r.failure()
	row, known := errorRowOf(r.status, f)
	result := payment.Result{Class: row.Class, RequestID: r.requestID, DeclineCode: f.reason()}
	if f.Type == "" && f.Code == "" && !known {
		result.DeclineCode = "http_" + strconv.Itoa(r.status)
	}
	if r.status == http.StatusPaymentRequired && f.Intent != nil && f.Intent.ID != "" {
		// The payment is there, refused. Its own status has the last word: a card
		// error beside a payment that went on would be no decline.
		in := *f.Intent
		if in.LastError == nil {
			in.LastError = &failure{Type: f.Type, Code: f.Code, Decline: f.Decline, Method: f.Method}
		}
		return p.finish(ctx, in, p.result(in, r.requestID))
	}
	if row.AskToken {
		result.Class, result.DeclineCode = p.explain(ctx, f, body, row.Class)
	}
	return result
}

// explain finds out what is wrong with the token or the stored card of a refused
// charge: the error has no code that tells it. otherwise is the class when it is
// in order and so something else was wrong with the request.
func (p *Provider) explain(ctx context.Context, f failure, body []byte, otherwise payment.Class) (payment.Class, string) {
	sent, err := url.ParseQuery(string(body))
	if customer := sent.Get("customer"); err == nil && customer != "" {
		return p.explainStored(ctx, customer, sent.Get("payment_method"), f, otherwise)
	}
	token := sent.Get(p.cfg.TokenParameter)
	units, err2 := strconv.ParseInt(sent.Get("amount"), 10, 64)
	if err != nil || err2 != nil || token == "" {
		return otherwise, f.reason()
	}
	granted, result, err := p.granted(ctx, token)
	if err == nil && granted != nil {
		if class, reason := p.usable(*granted, units, sent.Get("currency")); class != payment.ClassAuthorized {
			return class, reason
		}
		return otherwise, f.reason()
	}
	if result.Class == payment.ClassTokenInvalid {
		return result.Class, result.DeclineCode
	}
	if class, ok := messageClass(f.Message); ok {
		return class, f.reason()
	}
	return otherwise, f.reason()
}

// afterReplayedFailure looks for the payment of a request whose stored answer
// is a failure.
func (p *Provider) afterReplayedFailure(ctx context.Context, r reply, body []byte) payment.Result {
	unknown := payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: "stored_http_" + strconv.Itoa(r.status)}
	sent, err := url.ParseQuery(string(body))
	attempt := sent.Get("metadata[" + metaAttempt + "]")
	if err != nil || attempt == "" {
		return unknown
	}
	now := p.now()
	in, found, result, err := p.find(ctx, attempt, now.Add(-lookback), now.Add(clockSkew))
	if err != nil || !found {
		return unknown
	}
	return p.finish(ctx, in, result)
}

// isToken reports whether a credential is a shared payment token, as opposed
// to a test card.
func isToken(token string) bool { return token != "" && !strings.HasPrefix(token, testCards) }
