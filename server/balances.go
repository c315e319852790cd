package server

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/reconciliation"
	"github.com/checkstand/checkstand/payment/seller"
)

var _ order.Ledgers = (*merchants)(nil)

// keep gives every shop a ledger of what it owes its customers, in each mode
// that it takes payments in.
func (ms *merchants) keep(st balance.Store, now func() time.Time) {
	for _, m := range ms.byID {
		if m.Test.Provider != nil {
			m.Test.Ledger = seller.New(st, m.ID, false, now)
		}
		if m.Live.Provider != nil {
			m.Live.Ledger = seller.New(st, m.ID, true, now)
		}
	}
}

// LedgerAccount implements order.Ledgers.
func (ms *merchants) LedgerAccount(merchantID string, live bool) (payment.Provider, string) {
	m, ok := ms.byID[merchantID]
	if !ok {
		return nil, ""
	}
	return m.Payment(live).Ledger, m.ID
}

// CompareLedger is Compare with the shop's own ledger in the place of its PSP:
// the attempts and operations that were paid out of balances, beside what the
// ledger says that it did for them.
func (d *Desk) CompareLedger(ctx context.Context, merchantID string, live bool, from, to time.Time) (reconciliation.Report, error) {
	pr, account := d.merchants.LedgerAccount(merchantID, live)
	if pr == nil {
		return reconciliation.Report{}, checkout.ErrNotFound
	}
	return reconciliation.Compare(ctx, reconciliation.Account{MerchantID: merchantID, Live: live, Provider: pr, ID: account}, books{d.store}, from, to, d.now)
}

// compareLedger compares a shop's ledger, keeps the report in place of the one
// before and logs what differs.
func (a *App) compareLedger(ctx context.Context, merchantID string, live bool, from, to time.Time) error {
	r, err := a.desk().CompareLedger(ctx, merchantID, live, from, to)
	if err != nil {
		return err
	}
	doc, err := json.Marshal(r)
	if err != nil {
		return job.Permanent(err)
	}
	if err := a.store.PutLedgerReport(ctx, merchantID, live, to, doc); err != nil {
		return err
	}
	if r.Counts.Paid > 0 || len(r.Differences) > 0 {
		a.logReport(ctx, r)
	}
	return nil
}
