package soak

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/seller"
)

// desk is everything that happens in the background: jobs, the providers'
// webhooks, sweeps, restarts, and an operator who comes in the morning.
type desk struct {
	*sim
	rng    *rand.Rand
	kinds  []string
	do     map[string]func(context.Context, job.Job) error
	orders *order.Service
	wakeAt time.Time // the next job is due then, and the agenda knows
	shut   bool      // nothing goes wrong any more

	mu      sync.Mutex
	rung    bool                       // it is morning
	updates int                        // events of orders beside those of their making
	told    map[string]map[string]bool // events by order that agents have received
}

// How the background is paced. Asking the provider is paced as a server does.
const (
	askFirst   = 2 * time.Second
	askLongest = 15 * time.Minute
	jobLease   = 90 * time.Second
	jobBatch   = 200
	jobWidth   = 40
	day        = 24 * time.Hour
	openFor    = 2 * time.Hour // before the operator looks a payment up
	sweepBatch = 2000
)

// How the background misbehaves, as shares.
const (
	agentDown    = 0.01 // an agent's receiver does not take an event
	workerDies   = 0.01 // a job is done, and its process dies before it says so
	hookLate     = 0.04
	hookTwice    = 0.04
	hookLost     = 0.01
	hookAtOnce   = 0.3 // a webhook overtakes the answer, or nearly
	hookAgain    = 5 * time.Minute
	hookSoon     = 20 * time.Second
	hookMuchLate = 6 * time.Hour
	settlesNow   = 0.8 // a provider finishes what it has accepted
)

func newDesk(s *sim) *desk {
	d := &desk{sim: s, rng: rand.New(rand.NewPCG(s.seed, 2)), told: map[string]map[string]bool{}, do: s.core.Jobs(), orders: s.orderService(nil)}
	maps.Copy(d.do, d.orders.Jobs())
	d.do[order.WebhookKind] = d.deliver
	d.kinds = slices.Sorted(maps.Keys(d.do))
	return d
}

// open begins the days: each ends with a restart, and begins with the operator.
func (d *desk) open() {
	for at := begin.Add(day - 4*time.Hour); at.Before(begin.Add(d.span)); at = at.Add(day) {
		d.agenda.at(at, d.ring)
	}
}

// close ends what goes wrong: from now on everything can come to its end.
func (d *desk) close() {
	for _, sh := range d.shops {
		sh.wire.mend()
		sh.slow.Store(true)
	}
	d.shut = true
	for _, after := range []time.Duration{time.Hour, day, aftermath - time.Hour} {
		d.agenda.at(d.clock.Now().Add(after), d.ring)
	}
}

// work does the jobs that are due, all of them.
func (d *desk) work() {
	for {
		now := d.clock.Now()
		due, err := d.store.NextDue(d.ctx, d.kinds)
		if err != nil {
			d.fail("next job: %v", err)
			return
		}
		if due.IsZero() {
			return
		}
		if due.After(now) {
			if d.wakeAt.Before(now) || due.Before(d.wakeAt) {
				d.wakeAt = due
				d.agenda.at(due, func() {}) // work follows
			}
			return
		}
		jobs, err := d.store.Claim(d.ctx, d.kinds, now, jobLease, jobBatch)
		if err != nil {
			d.fail("claim jobs: %v", err)
			return
		}
		if len(jobs) == 0 {
			return
		}
		parallel(jobs, jobWidth, d.carryOut)
	}
}

// carryOut does one job as a runner does.
func (d *desk) carryOut(j job.Job) {
	err := d.do[j.Kind](d.ctx, j)
	d.mu.Lock()
	dies := d.odds(d.rng, workerDies) && !d.shut
	d.mu.Unlock()
	if dies {
		d.count("oddities", "worker died after a job")
		return
	}
	if err == nil {
		err = d.store.Finish(d.ctx, j)
	} else {
		if job.IsPermanent(err) {
			d.fail("job %s %s was given up: %v", j.Kind, j.ID, err)
		}
		pause, asked := job.AskedDelay(err)
		if !asked {
			pause = min(askFirst<<min(j.Attempt-1, 20), askLongest)
		}
		d.count("jobs", j.Kind+" tried again")
		err = d.store.Retry(d.ctx, j, d.clock.Now().Add(pause), err.Error())
	}
	if err != nil {
		d.fail("end of job %s: %v", j.ID, err)
	}
}

var errAgentDown = errors.New("the agent's receiver does not answer")

// deliver is the job that tells an agent about an order.
func (d *desk) deliver(_ context.Context, j job.Job) error {
	var e order.Event
	if err := json.Unmarshal(j.Payload, &e); err != nil {
		return job.Permanent(err)
	}
	first, err := d.tell(e)
	if err != nil || !first {
		return err
	}
	v, ok := d.bySession.Load(e.Order.CheckoutSessionID)
	if !ok {
		d.fail("an agent is told of order %s of a session that nobody has opened", e.Order.ID)
		return nil
	}
	o, err := d.store.Orders(d.ctx).Order(e.MerchantID, e.Order.ID)
	if err != nil {
		return err
	}
	v.(*visit).keep(o)
	return nil
}

// tell is the agent's receiver. first is the first news of an order.
func (d *desk) tell(e order.Event) (first bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.odds(d.rng, agentDown) && !d.shut {
		return false, errAgentDown
	}
	events := d.told[e.Order.ID]
	switch {
	case e.Kind != order.Created && events == nil:
		d.fail("an agent is told of a change of order %s, and not of its making before", e.Order.ID)
	case e.Kind != order.Created:
		d.updates++
	case events == nil:
		d.told[e.Order.ID] = map[string]bool{e.ID: true}
		return true, nil
	default:
		events[e.ID] = true
	}
	return false, nil
}

// collect takes the webhooks that a provider has to deliver, and sends each on
// its way.
func (d *desk) collect(sh *shop) {
	now := d.clock.Now()
	d.mu.Lock()
	settles := d.shut || d.rng.Float64() < settlesNow
	d.mu.Unlock()
	if settles {
		sh.bank.settle()
		if e := sh.bank.elsewhere(); e != nil && sh.slow.Swap(false) {
			d.mu.Lock()
			paid := d.rng.IntN(2) == 0
			d.mu.Unlock()
			e.Decide(paid)
		}
	}
	for _, w := range sh.bank.webhooks() {
		d.mu.Lock()
		p := d.rng.Float64()
		soon := time.Duration(d.rng.Int64N(int64(hookSoon)))
		late := time.Duration(d.rng.Int64N(int64(hookMuchLate)))
		d.mu.Unlock()
		deliver := func() { d.receive(sh, w) }
		switch lost, delayed, doubled := hookLost*d.oddities, hookLate*d.oddities, hookTwice*d.oddities; {
		case d.shut || p > 1-hookAtOnce:
			deliver()
		case p < lost:
			d.count("webhooks", "lost")
			sh.lost.Store(true)
		case p < lost+delayed:
			d.count("webhooks", "late")
			d.agenda.at(now.Add(late), deliver)
		case p < lost+delayed+doubled:
			d.count("webhooks", "twice")
			d.agenda.at(now.Add(soon), deliver)
			d.agenda.at(now.Add(late), deliver)
		default:
			d.agenda.at(now.Add(soon), deliver)
		}
	}
}

// receive is a webhook that arrives.
func (d *desk) receive(sh *shop, w payment.WebhookRequest) {
	hooks, ok := sh.bank.provider().(payment.Webhooks)
	if !ok {
		d.fail("%s calls, and its adapter cannot be called", sh.provider)
		return
	}
	notices, _, err := hooks.ReceiveWebhook(sh.bank.sign(w))
	if err != nil {
		d.fail("a webhook of %s was refused: %v", sh.provider, err)
		return
	}
	for _, n := range notices {
		d.count("webhooks", "received")
		if err := d.notice(sh, n); err != nil {
			d.count("webhooks", "to be repeated")
			d.agenda.at(d.clock.Now().Add(hookAgain), func() { d.receive(sh, w) })
			return
		}
	}
}

// notice takes a notice in as a server does.
func (d *desk) notice(sh *shop, n payment.Notice) error {
	if handled, err := d.orders.Notice(d.ctx, sh.merchant.ID, false, n); handled || err != nil {
		return err
	}
	return d.core.Notice(d.ctx, sh.merchant.ID, false, n)
}

// ring lets it be morning, once the things of this instant are over.
func (d *desk) ring() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rung = true
}

// morning is the server's restart, its sweep, and the operator's work, if it is
// time for it. Nothing else happens meanwhile.
func (d *desk) morning() {
	d.mu.Lock()
	rung := d.rung
	d.rung = false
	d.mu.Unlock()
	if !rung {
		return
	}
	if err := d.store.EndLeases(d.ctx); err != nil {
		d.fail("restart: %v", err)
	}
	for {
		n, err := d.store.SweepExpired(d.ctx, d.clock.Now(), sweepBatch)
		if err != nil {
			d.fail("sweep: %v", err)
		}
		if n == 0 || err != nil {
			break
		}
	}
	d.t.Logf("%s: %d orders so far, after %.0f s", d.clock.Now().Format("Mon 2 Jan 15:04"), d.ordersTold(), time.Since(d.started).Seconds())
	d.comparison(d.clock.Now().Add(-compareDays))
	d.settlePayments()
	d.settleMoves()
}

// settlePayments is the operator, who looks up at the provider what nobody could learn.
func (d *desk) settlePayments() {
	open, err := d.store.OpenAttempts(d.ctx, d.clock.Now().Add(-openFor), "", 10_000)
	if err != nil {
		d.fail("open payments: %v", err)
		return
	}
	d.decideSlow(open)
	for i := range open {
		a := &open[i]
		if a.Provider == seller.Name {
			continue // the ledger is here, and is asked in time
		}
		ref, err := d.byID[a.MerchantID].bank.reference(d.ctx, a.SessionID, a.ID)
		if err != nil {
			d.fail("look up payment %s: %v", a.ID, err)
			continue
		}
		verdict := checkout.NotCharged
		if ref != "" {
			verdict = checkout.WasCharged
		}
		switch _, err := d.core.Decide(d.ctx, a.MerchantID, a.ID, verdict, ref, "operator"); {
		case err == nil:
			d.count("differences explained", "unknown at "+a.Provider+", settled by the operator: "+string(verdict))
		case !errors.Is(err, checkout.ErrSettled) && !errors.Is(err, checkout.ErrBusy):
			d.fail("settle payment %s: %v", a.ID, err)
		}
	}
}

// decideSlow lets the providers decide about their slow payments, which are as
// old as the open ones by now: nobody may settle what the provider itself has
// not decided.
func (d *desk) decideSlow(open []payment.Attempt) {
	decided := map[*shop]bool{}
	for i := range open {
		sh := d.byID[open[i].MerchantID]
		if e := sh.bank.elsewhere(); e != nil && !decided[sh] {
			decided[sh] = true
			e.Decide(d.rng.IntN(2) == 0)
			d.collect(sh)
		}
	}
}

// settleMoves is the operator, who looks up captures, voids and refunds that
// the provider has accepted and whose webhook never came.
func (d *desk) settleMoves() {
	ops, err := d.store.OpenOperations(d.ctx, "", 10_000)
	if err != nil {
		d.fail("open operations: %v", err)
		return
	}
	for i := range ops {
		op := &ops[i]
		b, asked := d.byID[op.MerchantID].bank.(*adyenBank) // the others can be asked by the adapter
		if !asked || d.clock.Now().Sub(op.CreatedAt) < openFor {
			continue
		}
		m, known := b.moved(op.ID)
		if !known {
			continue
		}
		switch _, err := d.orders.Decide(d.ctx, op.MerchantID, op.ID, m.ok, m.ref, "operator"); {
		case err == nil:
			d.count("differences explained", "open "+string(op.Kind)+" at "+op.Provider+", settled by the operator")
		case !errors.Is(err, order.ErrSettled) && !errors.Is(err, order.ErrBusy):
			d.fail("settle operation %s: %v", op.ID, err)
		}
	}
}

// ordersTold counts the orders that agents know of.
func (d *desk) ordersTold() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.told)
}
