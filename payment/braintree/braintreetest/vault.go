package braintreetest

import (
	"crypto/rand"
	"strings"

	"github.com/checkstand/checkstand/payment"
)

// kept is a card of the vault.
type kept struct {
	token
	customer string
}

// Vault keeps a card for a customer, as the shop's own pages do.
func (g *Gateway) Vault(customer string, o Outcome) payment.Stored {
	name := strings.ToLower(rand.Text()[:8])
	g.set(func() { g.vault[name] = &kept{token: token{Allowance: Allowance{Outcome: o}}, customer: customer} })
	return payment.Stored{Customer: customer, Card: name}
}

// Delete takes a card out of the vault.
func (g *Gateway) Delete(card string) { g.set(func() { delete(g.vault, card) }) }

// vaulted finds a card of the vault for a sale; code is "" when it may be
// charged. The lock is held.
func (g *Gateway) vaulted(customer, card string, billing bool) (t *token, code, attribute string) {
	known := false
	for _, k := range g.vault {
		known = known || k.customer == customer
	}
	k := g.vault[card]
	switch {
	case billing:
		return nil, "91530", "base"
	case customer != "" && !known:
		return nil, "91510", "customer_id"
	case k == nil:
		return nil, "91518", "payment_method_token"
	case customer != "" && k.customer != customer:
		return nil, "91516", "base"
	}
	return &k.token, "", ""
}
