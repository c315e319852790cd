package stripetest

import (
	"strconv"
	"strings"
	"time"
)

var tokenParams = []string{"payment_method", "usage_limits[currency]", "usage_limits[max_amount]", "usage_limits[expires_at]", "shared_metadata[]", "customer"}

// token is a granted shared payment token.
type token struct {
	id, card, currency string
	account            string
	limit, used        int64
	expires            time.Time
	gone               time.Time
	reason             string // why it is gone
	block              bool
}

// Grant is what a token is made for.
type Grant struct {
	Card      string // "pm_card_visa" when empty; see Cards
	Currency  string
	MaxAmount int64 // in Stripe's units
	ExpiresAt time.Time
	Account   string // another account than the server's, for a token of somebody else
	Block     bool   // Stripe advises against taking it
}

// Grant makes a token, as an agent would.
func (s *Server) Grant(g Grant) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grant(g).id
}

func (s *Server) grant(g Grant) *token {
	t := &token{id: s.id("spt"), card: g.Card, currency: g.Currency, account: g.Account, limit: g.MaxAmount, expires: g.ExpiresAt, block: g.Block}
	if t.card == "" {
		t.card = "pm_card_visa"
	}
	if t.account == "" {
		t.account = s.cfg.Account
	}
	s.tokens[t.id] = t
	return t
}

// Revoke takes a token back, as an agent would.
func (s *Server) Revoke(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deactivate(s.tokens[id], "revoked")
}

func (s *Server) deactivate(t *token, reason string) {
	if t != nil && t.reason == "" {
		t.reason, t.gone = reason, s.now()
		s.emit("shared_payment.granted_token.deactivated", t.show())
	}
}

// known finds a token of the account; it expires here when its time is up.
func (s *Server) known(id string) (*token, bool) {
	t, found := s.tokens[id]
	if !found || t.account != s.cfg.Account {
		return nil, false
	}
	if t.reason == "" && !s.now().Before(t.expires) {
		s.deactivate(t, "expired")
	}
	return t, true
}

func (s *Server) getToken(r request) answer {
	t, found := s.known(r.id)
	if !found || !r.beta {
		return refuse(404, invalid, "resource_missing", "shared_payment_granted_token", "No such shared payment granted token")
	}
	shown := t.show()
	shown["livemode"] = s.cfg.Live
	return ok(shown)
}

func (t *token) show() object {
	action := "continue"
	if t.block {
		action = "block"
	}
	o := object{
		"id": t.id, "object": "shared_payment.granted_token", "livemode": false, "deactivated_at": nil, "deactivated_reason": nil,
		"payment_method_details": object{"type": "card", "card": object{"brand": "visa", "last4": "4242"}},
		"risk_details":           object{"insights": object{"fraudulent_dispute": object{"score": 12, "recommended_action": action}, "bot": object{"score": 1, "recommended_action": "continue"}}},
		"usage_details":          object{"amount_captured": object{"value": t.used, "currency": t.currency}},
		"usage_limits":           object{"currency": t.currency, "max_amount": t.limit, "expires_at": t.expires.Unix()},
	}
	if t.reason != "" {
		o["deactivated_reason"], o["deactivated_at"] = t.reason, t.gone.Unix()
	}
	return o
}

func (s *Server) createToken(r request) answer {
	if !r.test || !r.beta {
		return refuse(404, invalid, "", "", "Unrecognized request URL")
	}
	limit, err := strconv.ParseInt(r.params.Get("usage_limits[max_amount]"), 10, 64)
	expires, err2 := strconv.ParseInt(r.params.Get("usage_limits[expires_at]"), 10, 64)
	card := r.params.Get("payment_method")
	if err != nil || err2 != nil || limit <= 0 || r.params.Get("usage_limits[currency]") == "" || !strings.HasPrefix(card, "pm_card_") {
		return refuse(400, invalid, "parameter_missing", "usage_limits", "Missing required param")
	}
	t := s.grant(Grant{Card: card, Currency: r.params.Get("usage_limits[currency]"), MaxAmount: limit, ExpiresAt: time.Unix(expires, 0)})
	return ok(t.show())
}

func (s *Server) revokeToken(r request) answer {
	t, found := s.known(r.id)
	if !found || !r.test {
		return refuse(404, invalid, "resource_missing", "id", "No such shared payment granted token")
	}
	s.deactivate(t, "revoked")
	return ok(t.show())
}
