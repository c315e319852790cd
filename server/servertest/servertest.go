// Package servertest runs whole servers for tests: the App that a deployment
// runs, on a real listener and a real database, with a PSP, a webhook
// receiver and agents around it. Servers run in the test's own process (Start)
// or in one of their own (World.Spawn), which can be killed and started again
// while everything around it lives on.
//
// Packages that use it have
//
//	func TestMain(m *testing.M) { servertest.Main(m) }
package servertest

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/store/pgtest"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
)

// Defaults of Options.
const (
	DefaultPaymentTimeout = 10 * time.Second
	DefaultUnknownBudget  = 2 * time.Second
)

// Options say what kind of world a test needs. The zero value is one on a new
// SQLite file.
type Options struct {
	Database string         // path of a SQLite file or postgres:// URL
	Items    []catalog.Item // what the shop sells; Goods when nil
	PSP      string         // one of PSPs; the sandbox when empty
	// Shipping are more ways of delivery than the two and the electronic one.
	Shipping []config.ShippingConfig
	// Discounts are the shop's; none when nil. Codes are those that each session
	// of Agent.Open asks for.
	Discounts []config.DiscountConfig
	Codes     []string
	Wired     bool // with World.Wire between the servers and the PSP
	// PaymentTimeout bounds one exchange with the PSP and UnknownBudget what a
	// request spends on an unclear outcome; the defaults when zero.
	PaymentTimeout time.Duration
	UnknownBudget  time.Duration
	// OnStep is told of the steps of purchases, by servers in this process.
	OnStep func(checkout.Step)
	// Configure, if set, changes the configuration of servers in this process.
	Configure func(*config.Config)
	// Log is where servers in this process log; nowhere when nil.
	Log *slog.Logger
}

// sideBySide is how many parallel tests run at once at least: they wait for
// leases, time limits and pages for longer than they compute.
const sideBySide = 6

// Main runs the tests of a package, or, in a process that World.Spawn started,
// the server. It does not return.
func Main(m *testing.M) {
	if os.Getenv(spawnedVariable) != "" {
		os.Exit(serveSpawned(os.Stdin, os.Stderr))
	}
	if err := overlap(); err != nil {
		fmt.Fprintln(os.Stderr, "servertest:", err)
		os.Exit(2)
	}
	os.Exit(pgtest.Main(m))
}

// overlap lets more tests run at once than there are processors, unless the
// command line says how many.
func overlap() error {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if said {
		return nil
	}
	return flag.Set("test.parallel", strconv.Itoa(max(sideBySide, runtime.GOMAXPROCS(0))))
}

// EachStore runs a test on a new database of each engine.
func EachStore(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, sqlitetest.File(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, pgtest.Migrated(t)) })
}

// Start runs a server in this process, in a world of its own.
func Start(t testing.TB, opts Options) *Server {
	t.Helper()
	return NewWorld(t, opts).Start(t)
}
