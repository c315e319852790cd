package server

import (
	"log/slog"
	"slices"
	"time"

	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/store"
)

// newOrders makes the service that looks after orders once they are sold.
func newOrders(cfg *config.Config, ms *merchants, st *store.Store, now func() time.Time, log *slog.Logger) *order.Service {
	return order.New(order.Config{Store: st, Payments: ms, Now: now, Log: log, Timeout: cfg.Payments.Timeout})
}

// NewOrders makes the service over an open store, beside whatever servers run
// on it: for an operator's commands.
func NewOrders(cfg *config.Config, st *store.Store, log *slog.Logger) (*order.Service, error) {
	box, err := OpenBox(cfg)
	if err != nil {
		return nil, err
	}
	ms, err := newMerchants(cfg, box, time.Now)
	if err != nil {
		return nil, err
	}
	ms.keep(st, time.Now)
	return newOrders(cfg, ms, st, time.Now, log), nil
}

// tellsOfOrders reports whether some agent has a webhook, which is how orders are
// served in the protocol.
func tellsOfOrders(cfg *config.Config) bool {
	return slices.ContainsFunc(cfg.Merchants, func(m config.MerchantConfig) bool {
		return slices.ContainsFunc(m.Agents, func(a config.AgentConfig) bool { return a.Webhook.URL != "" })
	})
}

// Orders is the App's service for the time after the sale.
func (a *App) Orders() *order.Service { return a.orders }

// PaymentAccount implements order.Payments.
func (ms *merchants) PaymentAccount(merchantID string, live bool) (payment.Provider, string) {
	m, ok := ms.byID[merchantID]
	if !ok {
		return nil, ""
	}
	setup := m.Payment(live)
	return setup.Provider, setup.MerchantID
}
