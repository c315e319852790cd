// Command bench measures the hot path of a Checkstand server over real HTTP,
// on SQLite and PostgreSQL, beside a floor: the smallest program that answers
// the same requests with the same durable commits. README.md explains it.
//
//	go run ./bench
//	go run ./bench -store sqlite -op create -profile cpu.out
//	go run ./bench -import
//	go run ./bench -search
//	go run ./bench -versions
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/store/pgtest"
)

// options are what the command line says.
type options struct {
	stores   []string
	ops      []string
	conns    int
	rounds   int
	duration time.Duration
	profile  string
	allocs   string
	imports  bool
	searches bool
	versions bool
	sizes    []int
	dir      string // everything is kept here, and removed at the end
}

const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	opts, err := parse(os.Args[1:])
	if err != nil {
		return err
	}
	if opts.dir, err = os.MkdirTemp("", "checkstand-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(opts.dir)) }()
	server.Tune()
	if opts.imports {
		return measureImports(ctx, opts)
	}
	if opts.searches {
		return measureSearches(ctx, opts)
	}
	describeRun(os.Stdout, opts)
	if opts.versions {
		return measureVersions(ctx, opts)
	}
	for _, kind := range opts.stores {
		if err := onStore(ctx, kind, opts); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// onStore measures on one kind of database.
func onStore(ctx context.Context, kind string, opts options) error {
	if kind == onPostgres {
		return withDatabases(2, func(urls []string) error { return onDatabases(ctx, kind, urls[0], urls[1], opts) })
	}
	return onDatabases(ctx, kind, filepath.Join(opts.dir, "shop.db"), filepath.Join(opts.dir, "floor.db"), opts)
}

// withDatabases starts PostgreSQL for as long as do runs with new databases.
// Without PostgreSQL's programs it says so and leaves that half out.
func withDatabases(n int, do func(urls []string) error) (err error) {
	server, err := pgtest.Start()
	if errors.Is(err, pgtest.ErrMissing) {
		fmt.Println("\nPostgreSQL: not measured, its programs are not installed; 'make setup' installs them.")
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	var urls []string
	for range n {
		url, err := server.Database()
		if err != nil {
			return err
		}
		urls = append(urls, url)
	}
	return do(urls)
}

func onDatabases(ctx context.Context, kind, real, floor string, opts options) error {
	rows, err := measure(ctx, kind, real, floor, opts)
	if err != nil {
		return err
	}
	if err := writeAllocs(opts.allocs); err != nil {
		return err
	}
	if opts.profile != "" {
		fmt.Printf("\n%s: CPU profile of the real server and its client in %s\n", kind, opts.profile)
	}
	printRows(os.Stdout, kind, rows)
	return nil
}

func parse(args []string) (options, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	var o options
	store := flags.String("store", "both", "sqlite, postgres or both")
	op := flags.String("op", "all", "create, update, complete, get, several with commas, or all")
	sizes := flags.String("sizes", "", "variants of the catalogues that -import imports, 10000,100000,1000000 if not given, or products of those that -search searches, 1000000")
	flags.IntVar(&o.conns, "conns", 16, "client connections")
	flags.IntVar(&o.rounds, "rounds", 3, "rounds of floor and real; the table shows medians")
	flags.DurationVar(&o.duration, "duration", 5*time.Second, "how long each case of a round is measured")
	flags.StringVar(&o.profile, "profile", "", "write a CPU profile of the real server here; the floor is left out")
	flags.StringVar(&o.allocs, "allocprofile", "", "write an allocation profile of all that ran here, at the end")
	flags.BoolVar(&o.imports, "import", false, "measure catalogue imports instead")
	flags.BoolVar(&o.searches, "search", false, "measure searches of a catalogue instead")
	flags.BoolVar(&o.versions, "versions", false, "measure creates in each API version on SQLite instead")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch *store {
	case "both":
		o.stores = []string{onSQLite, onPostgres}
	case onSQLite, onPostgres:
		o.stores = []string{*store}
	default:
		return o, fmt.Errorf("-store %q: use sqlite, postgres or both", *store)
	}
	if o.ops = strings.Split(*op, ","); *op == "all" {
		o.ops = []string{opCreate, opUpdate, opComplete, opGet}
	}
	for _, name := range o.ops {
		if !slices.Contains([]string{opCreate, opUpdate, opComplete, opGet}, name) {
			return o, fmt.Errorf("-op %q: use create, update, complete, get or all", name)
		}
	}
	if *sizes == "" {
		if *sizes = "10000,100000,1000000"; o.searches {
			*sizes = strconv.Itoa(searchedProducts)
		}
	}
	for _, s := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return o, fmt.Errorf("-sizes %q: give numbers of variants with commas between", *sizes)
		}
		o.sizes = append(o.sizes, n)
	}
	if o.profile != "" && len(o.stores) != 1 {
		return o, errors.New("-profile needs -store sqlite or -store postgres")
	}
	if o.conns < 1 || o.rounds < 1 || o.duration <= 0 || flags.NArg() > 0 {
		return o, errors.New("give -conns and -rounds of at least 1, a positive -duration, and no arguments")
	}
	return o, nil
}
