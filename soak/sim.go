package soak

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/pgtest"
	"github.com/checkstand/checkstand/store/postgres"
	"github.com/checkstand/checkstand/store/sqlite"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
)

// begin is when each simulation begins, a Friday noon.
var begin = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// The service's times. Nothing waits for them in earnest: an answer that is lost
// is lost at once.
const (
	paymentTimeout = 30 * time.Second
	sessionTTL     = 24 * time.Hour
	quoteTTL       = 30 * time.Minute
)

// options are what a simulation is given.
type options struct {
	seed     uint64
	buyers   int           // who come
	faults   float64       // share of the calls to providers that go wrong
	oddities float64       // how much odder buyers, processes and webhooks behave than in life: 1 is life
	span     time.Duration // over which the buyers come
	burst    int           // buyers who come at the same instant
	mall     []plan
	open     func(t testing.TB, now func() time.Time) *store.Store
	defect   defect // of the tills
}

// sim is one simulation.
type sim struct {
	options
	t         testing.TB
	ctx       context.Context
	clock     *clock
	agenda    *agenda
	store     *store.Store
	box       *secret.Box
	core      *checkout.Service
	shops     []*shop
	byID      map[string]*shop
	bySession sync.Map // visits
	desk      *desk
	visits    []*visit
	started   time.Time

	mu     sync.Mutex
	counts map[string]map[string]int
}

// openSQLite is a store as a server has it, in a file of its own.
func openSQLite(t testing.TB, now func() time.Time) *store.Store {
	t.Helper()
	return sqlitetest.Open(t, sqlitetest.File(t), sqlite.Options{Clock: now})
}

// openPostgres is a store in a database of its own.
func openPostgres(t testing.TB, now func() time.Time) *store.Store {
	t.Helper()
	return pgtest.Open(t, pgtest.Migrated(t), postgres.Options{Clock: now})
}

func newSim(t testing.TB, o options) *sim {
	t.Helper()
	s := &sim{options: o, t: t, ctx: context.Background(), clock: newClock(begin), agenda: newAgenda(), byID: map[string]*shop{},
		counts: map[string]map[string]int{}, started: time.Now()}
	s.store = o.open(t, s.clock.Now)
	var err error
	if s.box, err = secret.NewBox(bytes.Repeat([]byte{7}, secret.KeySize)); err != nil {
		t.Fatal(err)
	}
	s.core = s.service(nil)
	for i, p := range o.mall {
		sh := s.newShop(i, p)
		s.shops = append(s.shops, sh)
		s.byID[sh.merchant.ID] = sh
	}
	s.desk = newDesk(s)
	return s
}

// service is the core of one process. onStep may kill it.
func (s *sim) service(onStep func(checkout.Step)) *checkout.Service {
	return checkout.New(checkout.Config{Store: s.store, Merchants: s, Box: s.box, Now: s.clock.Now, PaymentTimeout: paymentTimeout, OnStep: onStep})
}

// Merchant implements checkout.Merchants.
func (s *sim) Merchant(_ context.Context, id string) (*checkout.Merchant, error) {
	sh := s.byID[id]
	if sh == nil {
		return nil, checkout.ErrNotFound
	}
	return sh.merchant, nil
}

// run lets everything happen.
func (s *sim) run() {
	s.t.Helper()
	s.invite()
	s.desk.open()
	s.goOn(begin.Add(s.span))
	s.desk.close()
	s.goOn(begin.Add(s.span + aftermath))
	s.check()
}

// aftermath is how long things that have begun may take to come to their end,
// once nobody comes any more and nothing goes wrong any more.
const aftermath = 48 * time.Hour

// goOn lets happen what is on the agenda until a time.
func (s *sim) goOn(until time.Time) {
	last := s.clock.Now()
	for {
		at, todo, ok := s.agenda.next()
		if !ok {
			break
		}
		if at.After(until) {
			for _, do := range todo {
				s.agenda.at(at, do)
			}
			break
		}
		s.passTo(at, &last)
		for _, sh := range s.shops {
			todo = append(todo, func() { s.desk.collect(sh) })
		}
		together(todo)
		s.desk.work()
		s.desk.morning()
		if s.t.Failed() {
			s.t.FailNow()
		}
	}
	s.passTo(until, &last)
}

func (s *sim) passTo(at time.Time, last *time.Time) {
	if !at.After(*last) {
		return
	}
	for _, sh := range s.shops {
		sh.bank.pass(at.Sub(*last))
	}
	s.clock.set(at)
	*last = at
}

// together does things at the same time.
func together(todo []func()) {
	var wg sync.WaitGroup
	for _, do := range todo {
		wg.Go(do)
	}
	wg.Wait()
}

// invite puts the buyers on the agenda, in bursts at random times.
func (s *sim) invite() {
	rng := rand.New(rand.NewPCG(s.seed, 0))
	weights := 0
	for _, sh := range s.shops {
		weights += sh.weight
	}
	for len(s.visits) < s.buyers {
		at := begin.Add(time.Duration(rng.Int64N(int64(s.span))))
		for range min(s.burst, s.buyers-len(s.visits)) {
			pick := rng.IntN(weights)
			i := 0
			for ; pick >= s.shops[i].weight; i++ {
				pick -= s.shops[i].weight
			}
			v := newVisit(s, len(s.visits), s.shops[i])
			s.visits = append(s.visits, v)
			s.agenda.at(at, v.begin)
		}
	}
}

// count counts something of a kind, for the report.
func (s *sim) count(kind, what string) { s.countMore(kind, what, 1) }

func (s *sim) countMore(kind, what string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts[kind] == nil {
		s.counts[kind] = map[string]int{}
	}
	s.counts[kind][what] += int(n)
}

// countedAll is how much was counted of a kind.
func (s *sim) countedAll(kind string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range s.counts[kind] {
		n += of
	}
	return n
}

// fail reports something that must not be, with the seed that leads to it.
func (s *sim) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf("seed %d: %s", s.seed, fmt.Sprintf(format, args...))
}

// odds reports whether something happens that happens in a share of all cases.
func (s *sim) odds(rng *rand.Rand, share float64) bool { return rng.Float64() < share*s.oddities }
