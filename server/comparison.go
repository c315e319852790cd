package server

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/reconciliation"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/store"
)

const (
	// compareKind is the job that compares a shop's books with its PSP's. There
	// is one a shop and mode, which is done once a day for ever.
	compareKind  = "payment.compare"
	compareEvery = 24 * time.Hour
	compareTime  = 30 * time.Minute // for reading a PSP's list to its end
	compareFirst = 5 * time.Minute  // before a comparison that failed is tried again
	// compareLogged is how many disagreements are logged one by one.
	compareLogged = 50
)

// Desk is what an operator's command works with, over an open store, beside
// whatever servers run on it.
type Desk struct {
	merchants *merchants
	store     *store.Store
	now       func() time.Time
}

// comparePayload names what a job compares.
type comparePayload struct {
	MerchantID string `json:"merchant_id"`
	Live       bool   `json:"live"`
}

// Compare compares the payments of a shop and mode, made from one time until
// before another, with the list of its PSP. It returns checkout.ErrNotFound for
// a shop, or a mode of it, that is not configured.
func (d *Desk) Compare(ctx context.Context, merchantID string, live bool, from, to time.Time) (reconciliation.Report, error) {
	m, ok := d.merchants.byID[merchantID]
	if !ok || m.Payment(live).Provider == nil {
		return reconciliation.Report{}, checkout.ErrNotFound
	}
	setup := m.Payment(live)
	account := reconciliation.Account{MerchantID: merchantID, Live: live, Provider: setup.Provider, ID: setup.MerchantID}
	for _, id := range d.merchants.order {
		other := d.merchants.byID[id].Payment(live)
		if id != merchantID && other.Provider != nil && other.Provider.Name() == setup.Provider.Name() && other.MerchantID == setup.MerchantID {
			account.Shared = append(account.Shared, id)
		}
	}
	return reconciliation.Compare(ctx, account, books{d.store}, from, to, d.now)
}

// Latest is the report of the last daily comparison; found is false before the
// first.
func (d *Desk) Latest(ctx context.Context, merchantID string, live bool) (r reconciliation.Report, found bool, err error) {
	_, doc, found, err := d.store.Report(ctx, merchantID, live)
	return read(merchantID, doc, found, err)
}

// LatestLedger is the report of the last daily comparison with the shop's own
// ledger; found is false before the first.
func (d *Desk) LatestLedger(ctx context.Context, merchantID string, live bool) (r reconciliation.Report, found bool, err error) {
	_, doc, found, err := d.store.LedgerReport(ctx, merchantID, live)
	return read(merchantID, doc, found, err)
}

// read reads a stored report.
func read(merchantID string, doc []byte, there bool, failure error) (r reconciliation.Report, found bool, err error) {
	if failure != nil || !there {
		return r, false, failure
	}
	if err := json.Unmarshal(doc, &r); err != nil {
		return r, false, fmt.Errorf("the stored report of shop %s cannot be read: %w", merchantID, err)
	}
	return r, true, nil
}

// books is our side of a comparison.
type books struct{ *store.Store }

// Attempt implements reconciliation.Books.
func (b books) Attempt(ctx context.Context, merchantID, id string) (*payment.Attempt, error) {
	a, err := b.Reader(ctx).Attempt(merchantID, id)
	if errors.Is(err, checkout.ErrNotFound) {
		return nil, nil
	}
	return a, err
}

// Operations implements reconciliation.Books.
func (b books) Operations(ctx context.Context, merchantID, attemptID string) ([]payment.Operation, error) {
	return b.Orders(ctx).Operations(merchantID, attemptID)
}

// Shipped implements reconciliation.Books.
func (b books) Shipped(ctx context.Context, merchantID, orderID string) (bool, error) {
	o, err := b.Orders(ctx).Order(merchantID, orderID)
	if errors.Is(err, checkout.ErrNotFound) {
		return false, nil
	}
	return err == nil && o.Shipped(), err
}

// compareDaily is the job: it compares the last days with the shop's own ledger
// and with its PSP, keeps the reports in place of the ones before, logs what
// differs, and is due again a day later.
func (a *App) compareDaily(ctx context.Context, j job.Job) error {
	var p comparePayload
	if err := json.Unmarshal(j.Payload, &p); err != nil {
		return job.Permanent(err)
	}
	now := a.now()
	from := now.Add(-time.Duration(a.cfg.Payments.CompareDays) * 24 * time.Hour)
	ledger := a.compareLedger(ctx, p.MerchantID, p.Live, from, now)
	r, err := a.desk().Compare(ctx, p.MerchantID, p.Live, from, now)
	if errors.Is(err, checkout.ErrNotFound) {
		return nil // the shop, or the mode, is not configured any more
	}
	if err != nil {
		return errors.Join(err, ledger)
	}
	doc, err := json.Marshal(r)
	if err != nil {
		return job.Permanent(err)
	}
	if err := a.store.PutReport(ctx, p.MerchantID, p.Live, now, doc); err != nil {
		return err
	}
	a.logReport(ctx, r)
	if ledger != nil {
		return ledger
	}
	return job.RetryAfter(compareEvery)
}

func (a *App) logReport(ctx context.Context, r reconciliation.Report) {
	log := a.log.With("merchant", r.MerchantID, "live", r.Live, "provider", r.Provider)
	for i, d := range r.Differences {
		if i == compareLogged {
			break
		}
		log.ErrorContext(ctx, "the books disagree", "kind", string(d.Kind), "attempt", d.AttemptID, "operation", d.OpID, "psp_ref", d.PSPRef,
			"currency", d.Currency, "ours", d.Ours, "theirs", d.Theirs, "delta", d.Delta)
	}
	log.InfoContext(ctx, "payments compared with the provider's list", "compared", r.Compared, "payments", r.Counts.Paid,
		"differences", len(r.Differences), "moving", r.Counts.Moving)
}

func compareJobID(merchantID string, live bool) string {
	if live {
		return "job_compare_live_" + merchantID
	}
	return "job_compare_test_" + merchantID
}

// scheduleComparisons makes sure that there is a job for each shop and mode.
// The shops are spread over the day, the same way at every start.
func (a *App) scheduleComparisons(ctx context.Context) error {
	if a.cfg.Payments.CompareDays == 0 {
		return nil
	}
	now := a.now()
	for _, id := range a.merchants.order {
		for _, live := range []bool{false, true} {
			if a.merchants.byID[id].Payment(live).Provider == nil {
				continue
			}
			payload, err := json.Marshal(comparePayload{id, live})
			if err != nil {
				return err
			}
			h := fnv.New64a()
			h.Write(payload)
			j := job.Job{ID: compareJobID(id, live), MerchantID: id, Kind: compareKind, Payload: payload, CreatedAt: now}
			midnight := now.Truncate(compareEvery)
			if j.Due = midnight.Add(time.Duration(h.Sum64() % uint64(compareEvery))); j.Due.Before(now) {
				j.Due = j.Due.Add(compareEvery)
			}
			if err := a.store.EnsureJob(ctx, j); err != nil {
				return err
			}
		}
	}
	return nil
}

// NewDesk makes a desk over an open store. now may be nil for time.Now.
func NewDesk(cfg *config.Config, st *store.Store, now func() time.Time) (*Desk, error) {
	if now == nil {
		now = time.Now
	}
	box, err := OpenBox(cfg)
	if err != nil {
		return nil, err
	}
	ms, err := newMerchants(cfg, box, now)
	if err != nil {
		return nil, err
	}
	ms.keep(st, now)
	return &Desk{merchants: ms, store: st, now: now}, nil
}

func (a *App) desk() *Desk { return &Desk{merchants: a.merchants, store: a.store, now: a.now} }
