package checkout_test

import (
	"os"
	"testing"

	"github.com/checkstand/checkstand/payment/seller"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/pgtest"
	"github.com/checkstand/checkstand/store/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// nodes are how many servers there are over one PostgreSQL.
const nodes = 3

// onBothStores runs a test on a world of each engine, with all of its nodes: the
// world itself and, over PostgreSQL, others that share nothing with it but the
// database and the clock. SQLite has one server.
func onBothStores(t *testing.T, test func(*testing.T, *world, []*world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		w := newWorld(t)
		test(t, w, []*world{w})
	})
	t.Run("postgres", func(t *testing.T) {
		url := pgtest.Migrated(t)
		w := newWorldOn(t, pgtest.Open(t, url, postgres.Options{}))
		all := []*world{w}
		for len(all) < nodes {
			all = append(all, w.beside(pgtest.Open(t, url, postgres.Options{})))
		}
		test(t, w, all)
	})
}

// beside is another node of the world, over a store of its own.
func (w *world) beside(s *store.Store) *world {
	merchant := *w.merchant
	n := &world{t: w.t, store: s, psp: w.psp, clock: w.clock, merchant: &merchant}
	n.core = n.coreWithBudget(0)
	return n
}

// agree gives all nodes the settings of the first one, each with a ledger over its
// own store.
func agree(all []*world) {
	for _, n := range all {
		merchant := *all[0].merchant
		merchant.Test.Ledger = seller.New(n.store, "shop", false, n.clock.Now)
		merchant.Identifies = map[string]bool{agent.Agent: true}
		n.merchant = &merchant
	}
}
