package stripe

import (
	"context"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// granted is a SharedPaymentGrantedToken, as far as it is read.
type granted struct {
	ID     string `json:"id"`
	Reason string `json:"deactivated_reason"`
	Gone   int64  `json:"deactivated_at"`
	Live   bool   `json:"livemode"`
	Method struct {
		Type string `json:"type"`
		Card struct {
			Brand string `json:"brand"`
			Last4 string `json:"last4"`
		} `json:"card"`
	} `json:"payment_method_details"`
	Risk struct {
		Insights map[string]struct {
			Action string `json:"recommended_action"`
		} `json:"insights"`
	} `json:"risk_details"`
	Usage struct {
		Captured struct {
			Value int64 `json:"value"`
		} `json:"amount_captured"`
	} `json:"usage_details"`
	Limits struct {
		Currency  string `json:"currency"`
		MaxAmount int64  `json:"max_amount"`
		ExpiresAt int64  `json:"expires_at"`
	} `json:"usage_limits"`
}

// left is what the token may still be charged with, in Stripe's units.
func (g granted) left() int64 { return max(g.Limits.MaxAmount-g.Usage.Captured.Value, 0) }

// granted asks for a token. It is nil when there is no usable answer; result
// says why then, with ClassTokenInvalid when Stripe does not know the token.
func (p *Provider) granted(ctx context.Context, token string) (*granted, payment.Result, error) {
	r, err := p.do(ctx, call{method: http.MethodGet, path: []string{"v1", "shared_payment", "granted_tokens", token}, version: p.cfg.TokenAPIVersion})
	if err != nil {
		result, err := silence(r, err)
		return nil, result, err
	}
	result := payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID}
	f := r.failure()
	switch {
	case r.status == http.StatusOK:
		var g granted
		if json.Unmarshal(r.body, &g) != nil || g.ID != token {
			return nil, r.unexpected(), nil
		}
		return &g, result, nil
	case r.status == http.StatusNotFound && f.Code == "resource_missing":
		result.Class = payment.ClassTokenInvalid
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		result.Class = payment.ClassConfig
	case r.status == http.StatusTooManyRequests:
		result.Class = payment.ClassRateLimited
	}
	result.DeclineCode = f.reason()
	return nil, result, nil
}

// usable says whether a token can be charged with an amount in Stripe's units:
// ClassAuthorized, or why not.
func (p *Provider) usable(g granted, units int64, currency string) (payment.Class, string) {
	if class, reason := p.standing(g); class != payment.ClassAuthorized {
		return class, reason
	}
	switch {
	case g.Limits.Currency != currency:
		return payment.ClassCurrencyMismatch, "token_currency"
	case units > g.left():
		return payment.ClassAmountExceeded, "token_max_amount"
	}
	return payment.ClassAuthorized, ""
}

// standing says whether a token can be charged at all.
func (p *Provider) standing(g granted) (payment.Class, string) {
	if g.Live != p.cfg.Live {
		return payment.ClassTokenInvalid, "token_of_another_mode"
	}
	if g.Reason != "" || g.Gone != 0 {
		for _, row := range tokenRows {
			if row.Reason == g.Reason {
				return row.Class, "token_" + g.Reason
			}
		}
		return payment.ClassTokenExpired, "token_deactivated"
	}
	if g.Limits.ExpiresAt != 0 && !p.now().Before(time.Unix(g.Limits.ExpiresAt, 0)) {
		return payment.ClassTokenExpired, "token_expired"
	}
	return payment.ClassAuthorized, ""
}

// InspectToken implements payment.TokenInspector. Class is ClassAuthorized for
// a token that can be charged, else TokenInvalid, TokenExpired or TokenUsed;
// ClassConfig or ClassRateLimited when Stripe refused the question, and
// ClassUnknown when there was no clear answer. MaxAmount is what is left of
// the token's limit. err is ErrNotSent or nil.
func (p *Provider) InspectToken(ctx context.Context, c payment.Credential) (payment.TokenInfo, error) {
	token := c.Token.Reveal()
	if !isToken(token) {
		return payment.TokenInfo{Class: payment.ClassTokenInvalid}, nil
	}
	g, result, err := p.granted(ctx, token)
	if err != nil || g == nil {
		return payment.TokenInfo{Class: result.Class}, err
	}
	info := payment.TokenInfo{Live: g.Live, Currency: g.Limits.Currency, Brand: g.Method.Card.Brand, Last4: g.Method.Card.Last4}
	if g.Limits.ExpiresAt != 0 {
		info.ExpiresAt = time.Unix(g.Limits.ExpiresAt, 0).UTC()
	}
	for _, insight := range g.Risk.Insights {
		info.Block = info.Block || insight.Action == "block"
	}
	info.Class, _ = p.standing(*g)
	if info.MaxAmount, err = fromStripe(g.left(), g.Limits.Currency); err != nil {
		return payment.TokenInfo{Class: payment.ClassUnknown, Live: g.Live}, nil
	}
	return info, nil
}
