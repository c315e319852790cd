package server

import (
	"context"
	"sync"
	"time"

	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/webhook"
)

// How the background work is paced.
const (
	sweepPause  = time.Minute     // between sweeps of what has expired
	sweepBatch  = 500             // rows of one transaction of a sweep
	askFirst    = 2 * time.Second // before a payment's outcome is asked for again
	askLongest  = 15 * time.Minute
	recordTime  = 10 * time.Second // for writing an outcome down
	tellFirst   = 5 * time.Second  // before a webhook is tried again
	tellLongest = 6 * time.Hour
	tellTries   = 24 // with the pauses above: about three days
)

// background is what an App does without being asked: it delivers webhooks,
// learns the outcome of payments that were left open, and sweeps up.
//
// Each kind of job has a runner of its own: a slow receiver of webhooks holds
// no payment up, and what a dead process had claimed waits no longer than its
// own kind may take.
type background struct {
	runners []*job.Runner
	app     *App
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	once    sync.Once
	ended   sync.Once
}

func newBackground(a *App) *background {
	deliverer := &webhook.Deliverer{Endpoints: a.merchants, Client: webhook.NewClient(), Now: a.now, Log: a.log}
	handlers := map[string]job.Handler{
		order.WebhookKind: {Do: deliverer.Deliver, Timeout: webhook.Timeout + time.Second, MaxAttempts: tellTries, First: tellFirst, Longest: tellLongest},
	}
	for kind, do := range a.core.Jobs() {
		// A payment is asked about until its outcome is known: it is never
		// given up on, only asked about less often. One asking takes no longer
		// than a call and the budget; the rest is for recording what was learned.
		// What a session must not keep is forgotten in the same way, by one commit.
		handlers[kind] = job.Handler{Do: do, Timeout: a.cfg.Payments.Timeout + a.cfg.Payments.UnknownBudget + recordTime, MaxAttempts: job.NoLimit, First: askFirst, Longest: askLongest}
	}
	for kind, do := range a.orders.Jobs() {
		handlers[kind] = job.Handler{Do: do, Timeout: a.orders.JobTime() + recordTime, MaxAttempts: job.NoLimit, First: askFirst, Longest: askLongest}
	}
	// A comparison that is done is due again a day later, so that it is never
	// given up either.
	handlers[compareKind] = job.Handler{Do: a.compareDaily, Timeout: compareTime, MaxAttempts: job.NoLimit, First: compareFirst, Longest: time.Hour}
	b := &background{app: a}
	for kind, h := range handlers {
		b.runners = append(b.runners, &job.Runner{Store: a.store, Handlers: map[string]job.Handler{kind: h}, Logger: a.log, Clock: a.now,
			Grace: a.cfg.Limits.ShutdownGrace})
	}
	return b
}

// start begins the work, once.
func (b *background) start() {
	b.once.Do(func() {
		ctx, cancel := context.WithCancel(context.Background())
		b.cancel = cancel
		for _, r := range b.runners {
			b.app.store.OnEnqueue(r.Wake)
			b.wg.Go(func() {
				if err := r.Run(ctx); err != nil {
					b.app.log.Error("jobs do not run", "error", err)
				}
			})
		}
		b.wg.Go(func() { b.sweep(ctx) })
	})
}

// Wake makes the background work look for due jobs at once: it sleeps by real
// time, which whoever moves the clock need not wait for.
func (a *App) Wake() {
	for _, r := range a.work.runners {
		r.Wake()
	}
}

// stop ends the work and waits for what is in flight. It may be called twice,
// and without start.
func (b *background) stop() {
	b.once.Do(func() {}) // a later start does nothing
	b.ended.Do(func() {
		if b.cancel != nil {
			b.cancel()
		}
		b.wg.Wait()
	})
}

func (b *background) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepPause)
	defer tick.Stop()
	for {
		n, err := b.app.store.SweepExpired(ctx, b.app.now(), sweepBatch)
		if err != nil && ctx.Err() == nil {
			b.app.log.ErrorContext(ctx, "sweep", "error", err)
		}
		if n > 0 && err == nil {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
