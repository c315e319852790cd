package server

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/sandbox"
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

func newMerchants(cfg *config.Config, now func() time.Time) (*merchants, error) {
	ms := &merchants{byID: map[string]*checkout.Merchant{}, endpoints: map[agentOf]webhook.Endpoint{}}
	for i := range cfg.Merchants {
		mc := &cfg.Merchants[i]
		m, err := mc.Settings(cfg.PublicURL)
		if err != nil {
			return nil, fmt.Errorf("merchants[%d]: %w", i, err)
		}
		if m.Test.Provider, err = newProvider(mc.Payment.Test, cfg, now); err != nil {
			return nil, fmt.Errorf("merchants[%d].payment.test: %w", i, err)
		}
		if m.Live.Provider, err = newProvider(mc.Payment.Live, cfg, now); err != nil {
			return nil, fmt.Errorf("merchants[%d].payment.live: %w", i, err)
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

// newProvider makes the adapter of one account; nil when there is none.
func newProvider(p config.PaymentConfig, cfg *config.Config, now func() time.Time) (payment.Provider, error) {
	switch {
	case p.IsZero():
		return nil, nil
	case p.Provider == "sandbox":
		return sandbox.New(sandbox.Config{BaseURL: p.URL, MerchantKey: p.Key, MerchantID: p.MerchantID, Timeout: cfg.Payments.Timeout, Now: now})
	}
	return nil, fmt.Errorf("provider: %q is not a payment provider; use sandbox", p.Provider)
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

// Currency is the currency of a shop; "" for one that is not configured.
func (a *App) Currency(merchantID string) string {
	m, ok := a.merchants.byID[merchantID]
	if !ok {
		return ""
	}
	return m.Currency
}
