package soak

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"

	"github.com/checkstand/checkstand/store/pgtest"
)

var (
	week      = flag.Bool("week", false, "simulate a week; it takes some minutes")
	purchases = flag.Int("purchases", 100_000, "of the week, at least")
	faults    = flag.Float64("faults", 0.01, "share of the calls to payment providers that go wrong, of the week")
	seed      = flag.Uint64("seed", 1, "of everything that is random")
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// A week of business ends with books that agree: what the providers have taken
// is what the shops have recorded, and each difference on the way was one that
// somebody has caused.
func TestWeek(t *testing.T) {
	if !*week {
		t.Skip("a week takes some minutes; run make soak")
	}
	const (
		perBuyer = 0.88 // purchases, or some more
		malls    = 30
		garbage  = 400 // per cent; a simulation keeps most of what it makes
	)
	defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	s := newSim(t, options{seed: *seed, buyers: int(float64(*purchases) / perBuyer), faults: *faults, oddities: 1,
		span: 7 * day, burst: 150, mall: town(malls), open: openSQLite})
	s.run()
	t.Log("\n" + s.report())
	if got := s.orders(); got < int64(*purchases) {
		t.Errorf("%d purchases, fewer than %d", got, *purchases)
	}
}

// Thousands of sessions in which much more goes wrong than in life keep the
// books in order too.
func TestRandomOperations(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		buyers := 2000
		if testing.Short() {
			buyers = 300
		}
		wild(t, options{buyers: buyers, open: openSQLite})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		wild(t, options{buyers: 300, open: openPostgres})
	})
}

func wild(t *testing.T, o options) {
	o.seed, o.faults, o.oddities, o.span, o.burst, o.mall = *seed, 0.1, 5, day, 40, mall
	s := newSim(t, o)
	s.run()
	t.Log("\n" + s.report())
	// A simulation in which nothing happens proves nothing.
	for kind, least := range map[string]int{"faults": o.buyers / 10, "oddities": o.buyers / 10, "visits": o.buyers, "discounts": o.buyers / 10, "balances": o.buyers / 20, "saved cards": o.buyers / 40} {
		if n := s.countedAll(kind); n < least {
			t.Errorf("%d %s; want %d at least", n, kind, least)
		}
	}
	if n := s.orders(); n < int64(o.buyers/2) {
		t.Errorf("%d purchases of %d buyers", n, o.buyers)
	}
}
