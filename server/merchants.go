package server

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/sandbox"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/webhook"
)

// merchants holds the settings of the configured shops. It implements
// checkout.Merchants and webhook.Endpoints.
type merchants struct {
	byID      map[string]*checkout.Merchant
	order     []string
	endpoints map[agentOf]webhook.Endpoint
}

type agentOf struct{ merchant, agent string }

func newMerchants(cfg *config.Config, box *secret.Box, now func() time.Time) (*merchants, error) {
	ms := &merchants{byID: map[string]*checkout.Merchant{}, endpoints: map[agentOf]webhook.Endpoint{}}
	for i := range cfg.Merchants {
		mc := &cfg.Merchants[i]
		m, err := mc.Settings(cfg.PublicURL)
		if err != nil {
			return nil, fmt.Errorf("merchants[%d]: %w", i, err)
		}
		if m.Test.Provider, err = newProvider(mc, &mc.Payment.Test, false, cfg.Payments.Timeout, now); err != nil {
			return nil, fmt.Errorf("merchants[%d].payment.test: %w", i, err)
		}
		if m.Live.Provider, err = newProvider(mc, &mc.Payment.Live, true, cfg.Payments.Timeout, now); err != nil {
			return nil, fmt.Errorf("merchants[%d].payment.live: %w", i, err)
		}
		if mc.Checkout.Enabled {
			m.CheckoutLink = checkout.Links(box, m.BaseURL)
		}
		if m.CartTTL > 0 {
			m.CartLink = checkout.CartLinks(box, m.BaseURL)
		}
		ms.byID[m.ID] = &m
		ms.order = append(ms.order, m.ID)
		for _, agent := range mc.Agents {
			if agent.Webhook.URL == "" {
				continue
			}
			e := webhook.Endpoint{URL: agent.Webhook.URL, Secret: agent.Webhook.Secret, Header: agent.Webhook.Header}
			if agent.Webhook.Encoding == "hex" {
				e.Encoding = sign.Hex
			}
			ms.endpoints[agentOf{m.ID, agent.Name}] = e
		}
	}
	return ms, nil
}

// newProvider makes the adapter of one account of a shop; nil when there is
// none. The timeout is of one exchange with the PSP.
func newProvider(shop *config.MerchantConfig, p *config.PaymentConfig, live bool, timeout time.Duration, now func() time.Time) (payment.Provider, error) {
	if p.IsZero() {
		return nil, nil
	}
	switch p.Provider {
	case sandbox.Name:
		cfg := p.SandboxAccount()
		cfg.Timeout, cfg.Now = timeout, now
		return adapter(sandbox.New(cfg))
	case stripe.Name:
		cfg := p.StripeAccount(live)
		cfg.Timeout, cfg.Now = timeout, now
		return adapter(stripe.New(cfg))
	case adyen.Name:
		cfg := p.AdyenAccount(live)
		cfg.Timeout, cfg.Now = timeout, now
		return adapter(adyen.New(cfg))
	case braintree.Name:
		cfg := p.BraintreeAccount(shop.Currency, live)
		cfg.Timeout, cfg.Now = timeout, now
		return adapter(braintree.New(cfg))
	}
	return nil, fmt.Errorf("provider: %q is not a payment provider; use sandbox, stripe, adyen or braintree", p.Provider)
}

// adapter is what a constructor returned, and truly nil when it failed.
func adapter[P payment.Provider](p P, err error) (payment.Provider, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Merchant implements checkout.Merchants.
func (ms *merchants) Merchant(_ context.Context, id string) (*checkout.Merchant, error) {
	m, ok := ms.byID[id]
	if !ok {
		return nil, checkout.ErrNotFound
	}
	return m, nil
}

// Endpoint implements webhook.Endpoints.
func (ms *merchants) Endpoint(merchantID, agent string, _ bool) (webhook.Endpoint, bool) {
	e, ok := ms.endpoints[agentOf{merchantID, agent}]
	return e, ok
}

// currencies lists what the shops sell in, sorted.
func (ms *merchants) currencies() []string {
	var out []string
	for _, m := range ms.byID {
		out = append(out, m.Currency)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// haveCarts reports whether some shop here has carts.
func (ms *merchants) haveCarts() bool {
	for _, m := range ms.byID {
		if m.CartTTL > 0 {
			return true
		}
	}
	return false
}

// extensions lists those that some shop here has, by name.
func (ms *merchants) extensions() []acp.Extension {
	var out []acp.Extension
	for _, m := range ms.byID {
		out = append(out, m.Extensions()...)
	}
	byName := func(a, b acp.Extension) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(out, byName)
	return slices.CompactFunc(out, func(a, b acp.Extension) bool { return byName(a, b) == 0 })
}

// interventionTypes lists those that some shop here may ask for, sorted.
func (ms *merchants) interventionTypes() []string {
	var out []string
	for _, m := range ms.byID {
		out = append(out, m.InterventionTypes()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Currency is the currency of a shop; "" for one that is not configured.
func (a *App) Currency(merchantID string) string {
	m, ok := a.merchants.byID[merchantID]
	if !ok {
		return ""
	}
	return m.Currency
}
